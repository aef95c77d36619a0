from libc.stddef cimport ptrdiff_t, size_t
from libcpp cimport bool
from libcpp.vector cimport vector


cdef extern from "geometry.hpp" namespace "subinterp" nogil:
    const int kMaxDimensions

    cdef cppclass Geometry:
        Geometry()
        char code
        ptrdiff_t itemsize
        ptrdiff_t offset
        bool readonly
        vector[ptrdiff_t] extents
        int ndim()
        ptrdiff_t *shape()
        ptrdiff_t *strides()
        ptrdiff_t count()
        bool is_contiguous(char order)

    bool lay_out(Geometry &geometry, const vector[ptrdiff_t] &shape, char order) noexcept
    bool lies_within(const Geometry &geometry, size_t nbytes) noexcept
    void copy_elements(
        char *target, const ptrdiff_t *target_strides, const char *source, const ptrdiff_t *source_strides,
        const ptrdiff_t *shape, int ndim, ptrdiff_t itemsize) noexcept
    void span_of(
        const char *first, const ptrdiff_t *shape, const ptrdiff_t *strides, int ndim, ptrdiff_t itemsize,
        const char *&low, const char *&high) noexcept
