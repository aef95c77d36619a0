// A library beside an extension module that keeps a Python object in a C variable.
#include <Python.h>

static PyObject *kept = NULL;

PyObject *library_keep(PyObject *object) {
    PyObject *before = kept ? kept : Py_NewRef(Py_None);
    kept = Py_NewRef(object);
    return before;
}
