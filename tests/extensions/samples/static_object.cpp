// A single-phase module with a static object that has a constructor, and a destructor that uses a Python object.
#include <Python.h>

namespace {

struct Holder {
    PyObject *held = nullptr;
    long made = 7;
    ~Holder() { Py_XDECREF(held); }
};
Holder holder;

PyObject *hold(PyObject *, PyObject *object) {
    Py_XSETREF(holder.held, Py_NewRef(object));
    return PyLong_FromLong(holder.made++);
}

PyMethodDef methods[] = {{"hold", hold, METH_O, nullptr}, {nullptr, nullptr, 0, nullptr}};
PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "static_object", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit_static_object() { return PyModule_Create(&definition); }
