// One element of an array as a Python object and back, for every native struct format code that memoryview can index.
#pragma once

#include <Python.h>

#include <cstring>

namespace subinterp {

// Our letters for what formats call "Zf" and "Zd".
constexpr char kComplexFloat = 'F';
constexpr char kComplexDouble = 'D';

// Bytes of one element; 0 where the code is none of them.
Py_ssize_t element_size(char code);

// The native code of a buffer's format (nullptr means bytes): "d", "@d", "<i" where that is the machine's order, "Zd".
// 0 where there is none.
char native_code(const char *format);

// Whether two codes encode values alike, as 'l' and 'q' do where a long has 64 bits.
bool same_encoding(char one, char other);

// The place that an index of the commonest kind means in a dimension of that length; false for others, which need a
// closer look. A negative length is for no dimension.
inline bool place_of(PyObject *key, Py_ssize_t length, Py_ssize_t &place) {
    if (!PyLong_CheckExact(key) || !PyUnstable_Long_IsCompact(reinterpret_cast<PyLongObject *>(key))) return false;
    place = PyUnstable_Long_CompactValue(reinterpret_cast<PyLongObject *>(key));
    if (place < 0) place += length;
    return place >= 0 && place < length;
}

PyObject *get_any_element(char code, const char *address);

// A new reference, or nullptr with MemoryError set. The commonest formats are read in place: a call between libraries
// is a tenth of the time.
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

enum class Fit : int { fits, wrong_type, wrong_value, raised };

Fit set_any_element(char code, char *address, PyObject *value);

// Stores the value; nothing is written unless it fits. `raised`: the value's own methods have set an exception.
inline Fit element_set(char code, char *address, PyObject *value) {
    if (code == 'd' && PyFloat_CheckExact(value)) {
        const double real = PyFloat_AS_DOUBLE(value);
        std::memcpy(address, &real, sizeof real);
        return Fit::fits;
    }
    return set_any_element(code, address, value);
}

}  // namespace subinterp
