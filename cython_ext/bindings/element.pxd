cdef extern from "array/element.hpp" namespace "subinterp":
    cdef enum class Fit(int):
        fits
        wrong_type
        wrong_value
        raised

    Py_ssize_t element_size(char code) noexcept nogil
    char native_code(const char *format) noexcept nogil
    bint same_encoding(char one, char other) noexcept nogil
    object element_get(char code, const char *address)
    Fit element_set(char code, char *address, object value) noexcept
    Py_ssize_t quick_position(object key, Py_ssize_t length) noexcept
    bint quick_set(char code, char *address, object value) noexcept
