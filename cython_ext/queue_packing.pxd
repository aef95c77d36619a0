from queue_item cimport Item


cdef extern from "queue_packing.hpp" namespace "subinterp":
    cdef enum class Packing(int):
        done
        needs_pickle
        no_memory

    Packing pack_plain(object value, Item &item) noexcept
    Packing pack_pickle(object pickle, Item &item) noexcept
    object unpack(Item &item)
