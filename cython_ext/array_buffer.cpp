#include "array_buffer.hpp"

#include "element.hpp"

namespace subinterp {

namespace {

bool asks(int flags, int what) { return (flags & what) == what; }

Refusal refusal_of(const Geometry &geometry, int flags) {
    const bool c = geometry.is_contiguous('C');
    const bool f = geometry.is_contiguous('F');
    if (asks(flags, PyBUF_WRITABLE) && geometry.readonly) return Refusal::readonly;
    if (asks(flags, PyBUF_C_CONTIGUOUS) && !c) return Refusal::not_c;
    if (asks(flags, PyBUF_F_CONTIGUOUS) && !f) return Refusal::not_f;
    if (asks(flags, PyBUF_ANY_CONTIGUOUS) && !c && !f) return Refusal::not_contiguous;
    if (!asks(flags, PyBUF_STRIDES) && !c) return Refusal::needs_strides;
    // Without a shape the buffer is so many bytes, and a format of its own would contradict that.
    if (!asks(flags, PyBUF_ND) && asks(flags, PyBUF_FORMAT)) return Refusal::needs_shape;
    return Refusal::none;
}

}  // namespace

char *format_of(char code) {
    // Each code with its end, so that a pointer to it is a format string that lives as long as the process.
    static char formats[] = "c\0?\0b\0B\0h\0H\0i\0I\0l\0L\0q\0Q\0n\0N\0e\0f\0d\0P";
    static char complex_float[] = "Zf", complex_double[] = "Zd";
    if (code == kComplexFloat) return complex_float;
    if (code == kComplexDouble) return complex_double;
    for (char *format = formats; format < formats + sizeof formats; format += 2) {
        if (*format == code) return format;
    }
    return nullptr;
}

Refusal fill_buffer(Py_buffer *view, char *data, Geometry *geometry, int flags) {
    const Refusal refusal = refusal_of(*geometry, flags);
    if (refusal != Refusal::none) return refusal;
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
    return Refusal::none;
}

}  // namespace subinterp
