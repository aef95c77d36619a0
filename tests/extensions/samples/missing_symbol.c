// A module that needs a function which no library has.
#include <Python.h>

int function_that_no_library_has(void);

static struct PyModuleDef definition = {.m_base = PyModuleDef_HEAD_INIT, .m_name = "missing_symbol", .m_size = -1};

PyMODINIT_FUNC PyInit_missing_symbol(void) {
    if (function_that_no_library_has()) return NULL;
    return PyModule_Create(&definition);
}
