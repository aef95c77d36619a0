from libc.stddef cimport size_t
from libc.stdint cimport int64_t
from libcpp cimport bool
from queue_item cimport Item
from shared cimport Shared
from waiting cimport Outcome, Wait


cdef extern from "queue.hpp" namespace "subinterp" nogil:
    cdef enum class Awaited(int):
        room
        item
        tasks_done

    cdef cppclass QueueWait(Wait):
        QueueWait()
        Queue *queue
        Awaited awaited
        Item *item

    cdef cppclass Watch(Wait):
        Queue *queue
        bool for_room
        size_t weight

    cdef cppclass Queue(Shared):
        Queue(int64_t items, int64_t bytes) except +
        int64_t maxsize
        int64_t maxbytes
        Outcome try_put(Item &item) noexcept
        Outcome try_get(Item &item) noexcept
        void cancel(Watch &watch) noexcept
        void give_back(Item &item) noexcept
        bool task_done() noexcept
        void shutdown(bool immediate) noexcept
        size_t size() noexcept
        bool is_full() noexcept
        bool is_shut_down() noexcept
