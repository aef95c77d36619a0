// A single-phase module whose state is in a library beside it.
#include <Python.h>

PyObject *library_keep(PyObject *object);

static PyObject *keep(PyObject *module, PyObject *object) { return library_keep(object); }

static PyMethodDef methods[] = {{"keep", keep, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT, .m_name = "library_user", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_library_user(void) { return PyModule_Create(&definition); }
