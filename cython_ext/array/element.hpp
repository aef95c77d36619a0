// One element of an array as a Python object and back, for every native struct format code that memoryview can index.
#pragma once

#include <Python.h>

#include <cstring>

namespace subinterp {

// Codes for the formats "Zf" and "Zd".
constexpr char kComplexFloat = 'F';
constexpr char kComplexDouble = 'D';

// Returns the bytes of one element; 0 for an unknown code.
Py_ssize_t element_size(char code);

// The native code of a buffer's format (nullptr means bytes): "d", "@d", "<i" if that is the byte order of the machine,
// "Zd". 0 if there is none.
char native_code(const char *format);

// Whether two codes encode values alike, as 'l' and 'q' do if a long has 64 bits.
bool same_encoding(char one, char other);

PyObject *get_any_element(char code, const char *address);

// A new reference, or nullptr with MemoryError set. The most common formats are read inline: a call to
// another library would add a tenth to the time.
inline PyObject *element_get(char code, const char *address) {
    if (code == 'd') {
        double value;
        std::memcpy(&value, address, sizeof value);  // an address in a cast view need not be aligned
        return PyFloat_FromDouble(value);
    }
    if (code == 'B') return PyLong_FromLong(static_cast<unsigned char>(*address));
    if (code == 'q' || (code == 'l' && sizeof(long) == sizeof(long long))) {
        long long value;
        std::memcpy(&value, address, sizeof value);
        return PyLong_FromLongLong(value);
    }
    return get_any_element(code, address);
}

// Returns the position that a small int selects in one dimension, counted from the end if negative; -1 for other keys,
// larger ints and those out of bounds.
inline Py_ssize_t quick_position(PyObject *key, Py_ssize_t length) {
    if (!PyLong_CheckExact(key)) return -1;
    const auto *const number = reinterpret_cast<PyLongObject *>(key);
    if (!PyUnstable_Long_IsCompact(number)) return -1;
    Py_ssize_t index = PyUnstable_Long_CompactValue(number);
    if (index < 0) index += length;
    return 0 <= index && index < length ? index : -1;
}

enum class Fit : int { fits, wrong_type, wrong_value, raised };

Fit set_any_element(char code, char *address, PyObject *value);

// Stores the most common values in the most common formats, and returns whether this was one of them. Never raises, and
// never calls methods of the value.
inline bool quick_set(char code, char *address, PyObject *value) {
    if (code == 'd') {
        if (!PyFloat_CheckExact(value)) return false;
        const double real = PyFloat_AS_DOUBLE(value);
        std::memcpy(address, &real, sizeof real);
        return true;
    }
    if (!PyLong_CheckExact(value)) return false;
    const auto *const number = reinterpret_cast<PyLongObject *>(value);
    if (code == 'B') {
        if (!PyUnstable_Long_IsCompact(number)) return false;
        const Py_ssize_t byte = PyUnstable_Long_CompactValue(number);
        if (byte < 0 || byte > 255) return false;
        *address = static_cast<char>(byte);
        return true;
    }
    if (code == 'q' || (code == 'l' && sizeof(long) == sizeof(long long))) {
        int overflow = 0;
        const long long wide = PyUnstable_Long_IsCompact(number) ? PyUnstable_Long_CompactValue(number)
                                                                 : PyLong_AsLongLongAndOverflow(value, &overflow);
        if (overflow) return false;
        std::memcpy(address, &wide, sizeof wide);
        return true;
    }
    return false;
}

// Stores the value; writes nothing unless it fits. Fit::raised: a method of the value raised an exception.
inline Fit element_set(char code, char *address, PyObject *value) {
    return quick_set(code, address, value) ? Fit::fits : set_any_element(code, address, value);
}

}  // namespace subinterp
