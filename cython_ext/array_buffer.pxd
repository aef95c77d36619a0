from geometry cimport Geometry


cdef extern from "array_buffer.hpp" namespace "subinterp":
    cdef enum class Refusal(int):
        none
        readonly
        not_c
        not_f
        not_contiguous
        needs_strides
        needs_shape

    char *format_of(char code) noexcept
    Refusal fill_buffer(Py_buffer *view, char *data, Geometry *geometry, int flags) noexcept
