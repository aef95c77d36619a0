from geometry cimport Geometry


cdef extern from "array/array_buffer.hpp" namespace "subinterp":
    char *format_of(char code) noexcept
    const char *fill_buffer(Py_buffer *view, char *data, Geometry *geometry, int flags) noexcept
