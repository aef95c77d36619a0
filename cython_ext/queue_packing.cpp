#include "queue_packing.hpp"

namespace subinterp {

namespace {

// The source must stay as it is meanwhile: large ones are copied without the GIL.
Packing copy_in(Item &item, Tag tag, const void *data, Py_ssize_t size) {
    bool copied = false;
    if (static_cast<std::size_t>(size) < kLargeItem) {
        copied = item.copy_in(tag, data, static_cast<std::size_t>(size));
    } else {
        Py_BEGIN_ALLOW_THREADS;
        copied = item.copy_in(tag, data, static_cast<std::size_t>(size));
        Py_END_ALLOW_THREADS;
    }
    return copied ? Packing::done : Packing::no_memory;
}

Packing pack_integer(PyObject *object, Item &item) {
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow) return Packing::needs_pickle;
    item.set_integer(Tag::integer, value);
    return Packing::done;
}

// As CPython stores it, not as UTF-8: exact for lone surrogates, too, and nothing to compute.
Packing pack_text(PyObject *object, Item &item) {
    const int width = PyUnicode_KIND(object);
    item.integer = width;
    return copy_in(item, Tag::text, PyUnicode_DATA(object), PyUnicode_GET_LENGTH(object) * width);
}

Packing pack_bytearray(PyObject *object, Item &item) {
    Py_buffer view;  // while it is held, nobody can resize the bytearray
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        PyErr_Clear();
        return Packing::needs_pickle;
    }
    const Packing packed = copy_in(item, Tag::bytearray, view.buf, view.len);
    PyBuffer_Release(&view);
    return packed;
}

// `into` is the memory of a new object that nobody else has.
void copy_out(Item &item, void *into) {
    if (item.size() < kLargeItem) {
        item.copy_out(into);
        return;
    }
    Py_BEGIN_ALLOW_THREADS;
    item.copy_out(into);
    if (item.tag != Tag::pickled) item.free_bytes();
    Py_END_ALLOW_THREADS;
}

PyObject *unpack_bytes(Item &item) {
    PyObject *const made = PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(item.size()));
    if (made) copy_out(item, PyBytes_AS_STRING(made));
    return made;
}

PyObject *unpack_bytearray(Item &item) {
    PyObject *const made = PyByteArray_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(item.size()));
    if (made) copy_out(item, PyByteArray_AS_STRING(made));
    return made;
}

PyObject *unpack_text(const Item &item) {
    const int width = static_cast<int>(item.integer);
    return PyUnicode_FromKindAndData(width, item.data(), static_cast<Py_ssize_t>(item.size()) / width);
}

}  // namespace

Packing pack_plain(PyObject *object, Item &item) {
    if (PyLong_CheckExact(object)) return pack_integer(object, item);
    if (PyUnicode_CheckExact(object)) return pack_text(object, item);
    if (PyBytes_CheckExact(object)) {
        return copy_in(item, Tag::bytes, PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object));
    }
    if (object == Py_None) return Packing::done;
    if (PyBool_Check(object)) {
        item.set_integer(Tag::boolean, object == Py_True);
    } else if (PyFloat_CheckExact(object)) {
        item.set_real(PyFloat_AS_DOUBLE(object));
    } else {
        return PyByteArray_CheckExact(object) ? pack_bytearray(object, item) : Packing::needs_pickle;
    }
    return Packing::done;
}

Packing pack_pickle(PyObject *bytes, Item &item) {
    return copy_in(item, Tag::pickled, PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes));
}

PyObject *unpack(Item &item) {
    switch (item.tag) {
        case Tag::none:
            return Py_NewRef(Py_None);
        case Tag::boolean:
            return PyBool_FromLong(static_cast<long>(item.integer));
        case Tag::integer:
            return PyLong_FromLongLong(item.integer);
        case Tag::real:
            return PyFloat_FromDouble(item.real);
        case Tag::text:
            return unpack_text(item);
        case Tag::bytearray:
            return unpack_bytearray(item);
        case Tag::bytes:
        case Tag::pickled:
            break;
    }
    return unpack_bytes(item);
}

}  // namespace subinterp
