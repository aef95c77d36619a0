// A module with a C variable. Built with -DMODULE=name, and one of -DSINGLE_PHASE, -DSUPPORT=Py_MOD_... or neither;
// or with -DEXPORTS for PEP 793.
#include <Python.h>

#define JOIN_NAMES(first, second) first##second
#define JOIN(first, second) JOIN_NAMES(first, second)
#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)
#ifndef INIT
#define INIT JOIN(PyInit_, MODULE)
#endif

static int count = 0;

static PyObject *increment(PyObject *module, PyObject *unused) { return PyLong_FromLong(++count); }

static PyObject *address(PyObject *module, PyObject *unused) { return PyLong_FromVoidPtr(&count); }

static PyObject *interpreter(PyObject *module, PyObject *unused) {
    return PyLong_FromLongLong(PyInterpreterState_GetID(PyInterpreterState_Get()));
}

static PyObject *is_main(PyObject *module, PyObject *unused) {
    return PyBool_FromLong(PyInterpreterState_Get() == PyInterpreterState_Main());
}

static PyObject *found(PyObject *module, PyObject *unused);

static PyMethodDef methods[] = {
    {"increment", increment, METH_NOARGS, NULL},
    {"address", address, METH_NOARGS, NULL},
    {"interpreter", interpreter, METH_NOARGS, NULL},
    {"is_main", is_main, METH_NOARGS, NULL},
    {"found", found, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

#if !defined(SINGLE_PHASE)
// If the interpreter has `sys.refusal`, the module refuses, after it has counted the attempt.
static int execute(PyObject *module) {
    PyObject *refusal = PySys_GetObject("refusal");
    ++count;
    if (!refusal) return 0;
    PyErr_SetObject(PyExc_ValueError, refusal);
    return -1;
}

static PyObject *found(PyObject *module, PyObject *unused) { Py_RETURN_NONE; }
#endif

#if defined(EXPORTS)
PyABIInfo_VAR(abi);

static PySlot slots[] = {
    PySlot_STATIC_DATA(Py_mod_name, TEXT(MODULE)),
    PySlot_STATIC_DATA(Py_mod_methods, methods),
    PySlot_STATIC_DATA(Py_mod_abi, &abi),
    PySlot_FUNC(Py_mod_exec, execute),
    PySlot_END,
};

PyMODEXPORT_FUNC JOIN(PyModExport_, MODULE)(void) { return slots; }
#elif defined(SINGLE_PHASE)
static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT, .m_name = TEXT(MODULE), .m_size = -1, .m_methods = methods};

static PyObject *found(PyObject *module, PyObject *unused) {
    return PyBool_FromLong(PyState_FindModule(&definition) == module);
}

PyMODINIT_FUNC INIT(void) { return PyModule_Create(&definition); }
#else
static struct PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)execute},
#if defined(SUPPORT)
    {Py_mod_multiple_interpreters, SUPPORT},
#endif
    {0, NULL},
};
static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT, .m_name = TEXT(MODULE), .m_methods = methods, .m_slots = slots};

PyMODINIT_FUNC INIT(void) { return PyModuleDef_Init(&definition); }
#endif
