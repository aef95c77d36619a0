from libc.stddef cimport size_t
from libcpp cimport bool
from libcpp.vector cimport vector


cdef extern from "geometry.hpp" namespace "subinterp" nogil:
    const int kMaxDimensions

    cdef cppclass Geometry:
        Geometry()
        char code
        Py_ssize_t itemsize
        Py_ssize_t offset
        bool readonly
        vector[Py_ssize_t] extents
        int ndim()
        Py_ssize_t *shape()
        Py_ssize_t *strides()
        Py_ssize_t count()
        bool is_contiguous(char order)

    bool lay_out(Geometry &geometry, const vector[Py_ssize_t] &shape, char order) noexcept
    bool lies_within(const Geometry &geometry, size_t nbytes) noexcept
    bool assign_elements(char *target, const Geometry &geometry, const char *source, const Py_ssize_t *strides) noexcept
    void fill_elements(
        char *target, const Py_ssize_t *strides, const Py_ssize_t *shape, int ndim, const char *element,
        Py_ssize_t itemsize) noexcept
