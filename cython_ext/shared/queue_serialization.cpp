#include "shared/queue_serialization.hpp"

#include <memory>

namespace subinterp {

namespace {

// Releases the GIL; an object, because the code in its scope may throw.
class WithoutGil {
  public:
    WithoutGil() : state_(PyEval_SaveThread()) {}
    WithoutGil(const WithoutGil &) = delete;
    WithoutGil &operator=(const WithoutGil &) = delete;
    ~WithoutGil() noexcept(false) { PyEval_RestoreThread(state_); }

  private:
    PyThreadState *const state_;
};

// Large ones are copied without the GIL, so the source must not change meanwhile.
void copy_in(Item &item, Tag tag, const void *data, Py_ssize_t size) {
    const auto nbytes = static_cast<std::size_t>(size);
    if (nbytes < kLargeItem) {
        item.copy_in(tag, data, nbytes);
        return;
    }
    const WithoutGil without_gil;
    item.copy_in(tag, data, nbytes);
}

bool serialize_integer(PyObject *object, Item &item) {
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (!overflow) item.set_integer(Tag::integer, value);
    return !overflow;
}

// Copies CPython's own representation, not UTF-8: it is exact for lone surrogates, and needs no conversion.
void serialize_text(PyObject *object, Item &item) {
    const int width = PyUnicode_KIND(object);
    item.integer = width;
    copy_in(item, Tag::text, PyUnicode_DATA(object), PyUnicode_GET_LENGTH(object) * width);
}

struct ReleaseBuffer {
    void operator()(Py_buffer *view) const { PyBuffer_Release(view); }
};

bool serialize_bytearray(PyObject *object, Item &item) {
    Py_buffer view;  // no thread can resize the bytearray while this is held
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        PyErr_Clear();
        return false;
    }
    const std::unique_ptr<Py_buffer, ReleaseBuffer> release(&view);
    copy_in(item, Tag::bytearray, view.buf, view.len);
    return true;
}

// `into` is the memory of a new object that no other thread can see.
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

PyObject *deserialize_bytes(Item &item) {
    PyObject *const made = PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(item.size()));
    if (made) copy_out(item, PyBytes_AS_STRING(made));
    return made;
}

PyObject *deserialize_bytearray(Item &item) {
    PyObject *const made = PyByteArray_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(item.size()));
    if (made) copy_out(item, PyByteArray_AS_STRING(made));
    return made;
}

PyObject *deserialize_text(const Item &item) {
    const int width = static_cast<int>(item.integer);
    return PyUnicode_FromKindAndData(width, item.data(), static_cast<Py_ssize_t>(item.size()) / width);
}

}  // namespace

bool serialize_plain(PyObject *object, Item &item) {
    if (PyLong_CheckExact(object)) return serialize_integer(object, item);
    if (PyByteArray_CheckExact(object)) return serialize_bytearray(object, item);
    if (PyUnicode_CheckExact(object)) {
        serialize_text(object, item);
    } else if (PyBytes_CheckExact(object)) {
        copy_in(item, Tag::bytes, PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object));
    } else if (PyBool_Check(object)) {
        item.set_integer(Tag::boolean, object == Py_True);
    } else if (PyFloat_CheckExact(object)) {
        item.set_real(PyFloat_AS_DOUBLE(object));
    } else {
        return object == Py_None;
    }
    return true;
}

void serialize_pickle(PyObject *bytes, Item &item) {
    copy_in(item, Tag::pickled, PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes));
}

PyObject *deserialize(Item &item) {
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
            return deserialize_text(item);
        case Tag::bytearray:
            return deserialize_bytearray(item);
        case Tag::bytes:
        case Tag::pickled:
            break;
    }
    return deserialize_bytes(item);
}

}  // namespace subinterp
