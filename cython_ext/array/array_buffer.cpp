#include "array/array_buffer.hpp"

#include "array/element.hpp"

namespace subinterp {

namespace {

bool asks(int flags, int what) { return (flags & what) == what; }

const char *reason_against(const Geometry &geometry, int flags) {
    const bool c = geometry.is_contiguous('C');
    const bool f = geometry.is_contiguous('F');
    if (asks(flags, PyBUF_WRITABLE) && geometry.readonly) return "the array is read-only";
    if (asks(flags, PyBUF_C_CONTIGUOUS) && !c) return "the array is not C-contiguous";
    if (asks(flags, PyBUF_F_CONTIGUOUS) && !f) return "the array is not Fortran-contiguous";
    if (asks(flags, PyBUF_ANY_CONTIGUOUS) && !c && !f) return "the array is not contiguous";
    if (!asks(flags, PyBUF_STRIDES) && !c) return "the array is not C-contiguous: request its strides, too";
    // Without a shape the buffer is a sequence of bytes, which no other format describes.
    if (!asks(flags, PyBUF_ND) && asks(flags, PyBUF_FORMAT)) return "a request for the format must include the shape";
    return nullptr;
}

}  // namespace

char *format_of(char code) noexcept {
    // Each code is followed by a null byte, so that a pointer to it is a format string.
    static char formats[] = "c\0?\0b\0B\0h\0H\0i\0I\0l\0L\0q\0Q\0n\0N\0e\0f\0d\0P";
    static char complex_float[] = "Zf", complex_double[] = "Zd";
    if (code == kComplexFloat) return complex_float;
    if (code == kComplexDouble) return complex_double;
    for (char *format = formats; format < formats + sizeof formats; format += 2) {
        if (*format == code) return format;
    }
    return nullptr;
}

const char *fill_buffer(Py_buffer *view, char *data, Geometry *geometry, int flags) noexcept {
    if (const char *const reason = reason_against(*geometry, flags)) return reason;
    const bool with_shape = asks(flags, PyBUF_ND);
    view->buf = data;
    view->len = geometry->count() * geometry->itemsize;
    view->itemsize = geometry->itemsize;
    view->readonly = geometry->readonly;
    view->format = asks(flags, PyBUF_FORMAT) ? format_of(geometry->code) : nullptr;
    view->ndim = with_shape ? geometry->ndim() : 1;
    view->shape = with_shape ? geometry->shape() : nullptr;
    view->strides = asks(flags, PyBUF_STRIDES) ? geometry->strides() : nullptr;
    view->suboffsets = nullptr;
    view->internal = nullptr;
    return nullptr;
}

}  // namespace subinterp
