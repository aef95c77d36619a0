from libc.stddef cimport size_t
from libcpp cimport bool
from libcpp.vector cimport vector
from shared_object cimport raise_memory_error
from status cimport Status


cdef extern from "array/geometry.hpp" namespace "subinterp" nogil:
    const int kMaxDimensions

    cdef cppclass Geometry:
        Geometry()
        char code
        Py_ssize_t itemsize
        Py_ssize_t offset
        bool readonly
        vector[Py_ssize_t] extents
        int ndim() noexcept
        Py_ssize_t *shape() noexcept
        Py_ssize_t *strides() noexcept
        Py_ssize_t count() noexcept
        bool is_contiguous(char order) noexcept

    void copy_geometry(const Geometry &source, Geometry &target) except +raise_memory_error
    bool lay_out(Geometry &geometry, const vector[Py_ssize_t] &shape, char order) except +raise_memory_error
    bool fits_block(const Geometry &geometry, size_t nbytes) noexcept
    Status assign_elements(
        char *target, const Geometry &geometry, const char *source, const Py_ssize_t *strides) noexcept
    void fill_elements(
        char *target, const Py_ssize_t *strides, const Py_ssize_t *shape, int ndim, const char *element,
        Py_ssize_t itemsize) noexcept
