from libc.stddef cimport size_t
from libcpp.vector cimport vector
from shared_object cimport SharedRef


cdef extern from "shared/queue_item.hpp" namespace "subinterp" nogil:
    cdef enum class Tag(int):
        pickled

    cdef cppclass Item:
        Tag tag
        vector[SharedRef] pins
        size_t weight() noexcept
