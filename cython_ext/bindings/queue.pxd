from libc.stddef cimport size_t
from libc.stdint cimport int64_t
from libcpp cimport bool
from queue_item cimport Item
from shared_object cimport Shared
from status cimport Status
from wait cimport Wait


cdef extern from "shared/queue.hpp" namespace "subinterp" nogil:
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
        int64_t maxsize
        int64_t maxbytes
        Status try_put(Item &item) noexcept
        Status try_get(Item &item) noexcept
        void cancel(Watch &watch) noexcept
        void put_back(Item &item) noexcept
        bool task_done() noexcept
        Status shutdown(bool immediate) noexcept
        size_t size() noexcept
        bool is_full() noexcept
        bool is_shut_down() noexcept
