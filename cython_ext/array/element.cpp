#include "array/element.hpp"

#include <climits>
#include <cmath>
#include <complex>
#include <limits>
#include <type_traits>

namespace subinterp {

namespace {

enum class Encoding { none, character, boolean, integer, half, real, complex, pointer };

struct Format {
    Encoding encoding = Encoding::none;
    bool is_signed = false;
    Py_ssize_t size = 0;
};

// Calls the visitor with a zero of the C type of an integer code. Returns Result{} for all other codes.
template <typename Result, typename Visitor>
Result visit_integer(char code, Visitor visit) {
    switch (code) {
        case 'b':
            return visit(static_cast<signed char>(0));
        case 'B':
            return visit(static_cast<unsigned char>(0));
        case 'h':
            return visit(static_cast<short>(0));
        case 'H':
            return visit(static_cast<unsigned short>(0));
        case 'i':
            return visit(0);
        case 'I':
            return visit(0U);
        case 'l':
            return visit(0L);
        case 'L':
            return visit(0UL);
        case 'q':
            return visit(0LL);
        case 'Q':
            return visit(0ULL);
        case 'n':
            return visit(static_cast<Py_ssize_t>(0));
        case 'N':
            return visit(static_cast<std::size_t>(0));
        default:
            return {};
    }
}

Format format_of(char code) {
    switch (code) {
        case 'c':
            return {Encoding::character, false, 1};
        case '?':
            return {Encoding::boolean, false, sizeof(bool)};
        case 'e':
            return {Encoding::half, true, 2};
        case 'f':
            return {Encoding::real, true, sizeof(float)};
        case 'd':
            return {Encoding::real, true, sizeof(double)};
        case 'P':
            return {Encoding::pointer, false, sizeof(void *)};
        case kComplexFloat:
            return {Encoding::complex, true, sizeof(std::complex<float>)};
        case kComplexDouble:
            return {Encoding::complex, true, sizeof(std::complex<double>)};
        default:
            return visit_integer<Format>(code, [](auto zero) -> Format {
                return {Encoding::integer, std::is_signed_v<decltype(zero)>, sizeof zero};
            });
    }
}

template <typename Value>
Value read(const char *address) {
    Value value;
    std::memcpy(&value, address, sizeof value);  // an address in a cast view need not be aligned
    return value;
}

template <typename Value>
Fit write(char *address, Value value) {
    std::memcpy(address, &value, sizeof value);
    return Fit::fits;
}

Fit failure() {
    const bool type = PyErr_ExceptionMatches(PyExc_TypeError);
    if (!type && !PyErr_ExceptionMatches(PyExc_OverflowError) && !PyErr_ExceptionMatches(PyExc_ValueError)) {
        return Fit::raised;
    }
    PyErr_Clear();
    return type ? Fit::wrong_type : Fit::wrong_value;
}

template <typename Integer>
Fit set_integer(char *address, PyObject *value) {
    PyObject *const number = PyNumber_Index(value);
    if (!number) return failure();
    using Wide = std::conditional_t<std::is_signed_v<Integer>, long long, unsigned long long>;
    Wide wide;
    if constexpr (std::is_signed_v<Integer>) {
        wide = PyLong_AsLongLong(number);
    } else {
        wide = PyLong_AsUnsignedLongLong(number);
    }
    Py_DECREF(number);
    if (wide == static_cast<Wide>(-1) && PyErr_Occurred()) return failure();
    if (wide < std::numeric_limits<Integer>::min() || wide > std::numeric_limits<Integer>::max()) {
        return Fit::wrong_value;
    }
    return write(address, static_cast<Integer>(wide));
}

bool is_too_large(double value) { return std::isfinite(value) && !std::isfinite(static_cast<float>(value)); }

Fit set_real(char code, char *address, PyObject *value) {
    const double real = PyFloat_AsDouble(value);
    if (real == -1.0 && PyErr_Occurred()) return failure();
    if (code == 'd') return write(address, real);
    if (code == 'f') return is_too_large(real) ? Fit::wrong_value : write(address, static_cast<float>(real));
    char packed[2];
    if (PyFloat_Pack2(real, packed, PY_LITTLE_ENDIAN) < 0) return failure();
    std::memcpy(address, packed, sizeof packed);
    return Fit::fits;
}

Fit set_complex(char code, char *address, PyObject *value) {
    const Py_complex number = PyComplex_AsCComplex(value);
    if (number.real == -1.0 && PyErr_Occurred()) return failure();
    if (code == kComplexDouble) return write(address, std::complex<double>(number.real, number.imag));
    if (is_too_large(number.real) || is_too_large(number.imag)) return Fit::wrong_value;
    return write(address, std::complex<float>(static_cast<float>(number.real), static_cast<float>(number.imag)));
}

Fit set_character(char *address, PyObject *value) {
    if (!PyBytes_Check(value)) return Fit::wrong_type;
    if (PyBytes_GET_SIZE(value) != 1) return Fit::wrong_value;
    return write(address, PyBytes_AS_STRING(value)[0]);
}

Fit set_pointer(char *address, PyObject *value) {
    PyObject *const number = PyNumber_Index(value);
    if (!number) return failure();
    void *const pointer = PyLong_AsVoidPtr(number);
    Py_DECREF(number);
    if (!pointer && PyErr_Occurred()) return failure();
    return write(address, pointer);
}

Fit set_boolean(char *address, PyObject *value) {
    const int truth = PyObject_IsTrue(value);
    return truth < 0 ? Fit::raised : write(address, truth != 0);
}

template <typename Integer>
PyObject *get_integer(const char *address) {
    if constexpr (std::is_signed_v<Integer>) {
        return PyLong_FromLongLong(read<Integer>(address));
    } else {
        return PyLong_FromUnsignedLongLong(read<Integer>(address));
    }
}

template <typename Real>
PyObject *get_complex(const char *address) {
    return PyComplex_FromDoubles(read<Real>(address), read<Real>(address + sizeof(Real)));
}

// In standard sizes, which "=" and "<" stand for, a long has 4 bytes, and there is no size_t and no pointer.
char native_code_of_standard(char code) {
    switch (code) {
        case 'l':
            return 'i';
        case 'L':
            return 'I';
        case 'n':
        case 'N':
        case 'P':
            return 0;
        default:
            return code;
    }
}

// The code of what follows the byte order in a format, or 0.
char code_of(const char *type) {
    const bool is_complex = type[0] == 'Z';
    if (is_complex) ++type;
    if (!type[0] || type[1]) return 0;
    if (is_complex) return type[0] == 'f' ? kComplexFloat : type[0] == 'd' ? kComplexDouble : '\0';
    return type[0] == kComplexFloat || type[0] == kComplexDouble || !element_size(type[0]) ? '\0' : type[0];
}

}  // namespace

char native_code(const char *format) {
    if (!format) return 'B';
    const bool big = *format == '>' || *format == '!';
    const bool standard = big || *format == '<' || *format == '=';
    if (standard && *format != '=' && big == static_cast<bool>(PY_LITTLE_ENDIAN)) return 0;
    const char code = code_of(format + (standard || *format == '@'));
    return standard ? native_code_of_standard(code) : code;
}

Py_ssize_t element_size(char code) { return format_of(code).size; }

bool same_encoding(char one, char other) {
    const Format first = format_of(one), second = format_of(other);
    return first.encoding == second.encoding && first.is_signed == second.is_signed && first.size == second.size;
}

PyObject *get_any_element(char code, const char *address) {
    switch (code) {
        case 'c':
            return PyBytes_FromStringAndSize(address, 1);
        case '?':
            return PyBool_FromLong(read<unsigned char>(address) != 0);
        case 'e':
            return PyFloat_FromDouble(PyFloat_Unpack2(address, PY_LITTLE_ENDIAN));
        case 'f':
            return PyFloat_FromDouble(read<float>(address));
        case 'd':
            return PyFloat_FromDouble(read<double>(address));
        case kComplexFloat:
            return get_complex<float>(address);
        case kComplexDouble:
            return get_complex<double>(address);
        case 'P':
            return PyLong_FromVoidPtr(read<void *>(address));
        default:
            return visit_integer<PyObject *>(code, [=](auto zero) { return get_integer<decltype(zero)>(address); });
    }
}

Fit set_any_element(char code, char *address, PyObject *value) {
    switch (code) {
        case 'c':
            return set_character(address, value);
        case '?':
            return set_boolean(address, value);
        case 'e':
        case 'f':
        case 'd':
            return set_real(code, address, value);
        case kComplexFloat:
        case kComplexDouble:
            return set_complex(code, address, value);
        case 'P':
            return set_pointer(address, value);
        default:
            return visit_integer<Fit>(code, [=](auto zero) { return set_integer<decltype(zero)>(address, value); });
    }
}

}  // namespace subinterp
