// A module that declares support for GILs of their own. Built with -DMODULE=name, and one of -DLIES, -DSTATIC_CLASS,
// -DCRASHES_ON_IMPORT, -DCRASHES_IN_INIT, -DCRASHES_ON_DESTROY, -DHANGS, -DDIFFERS or none.
#include <Python.h>
#include <stdlib.h>
#include <unistd.h>

#define JOIN_NAMES(first, second) first##second
#define JOIN(first, second) JOIN_NAMES(first, second)
#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)

#if defined(LIES)
static PyObject *things = NULL;

// The list belongs to the interpreter that was first, and all others get it, too.
static int execute(PyObject *module) {
    if (!things) things = PyList_New(0);
    return PyModule_AddObjectRef(module, "things", things);
}
#elif defined(STATIC_CLASS)
static PyTypeObject thing = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = TEXT(MODULE) ".Thing", .tp_basicsize = 16};

static int execute(PyObject *module) { return PyModule_AddType(module, &thing); }
#elif defined(CRASHES_ON_IMPORT)
static int execute(PyObject *module) { abort(); }
#elif defined(HANGS)
static int execute(PyObject *module) {
    for (;;) sleep(1);
}
#elif defined(DIFFERS)
static int count = 0;

static int execute(PyObject *module) { return PyModule_AddIntConstant(module, "count", ++count); }
#else
static int execute(PyObject *module) { return PyModule_AddIntConstant(module, "answer", 42); }
#endif

static void destroy(void *module) {
#if defined(CRASHES_ON_DESTROY)
    if (PyInterpreterState_GetID(PyInterpreterState_Get()) != 0) abort();
#endif
}

static struct PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)execute},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, NULL},
};
static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT, .m_name = TEXT(MODULE), .m_slots = slots, .m_free = destroy};

PyMODINIT_FUNC JOIN(PyInit_, MODULE)(void) {
#if defined(CRASHES_IN_INIT)
    abort();
#endif
    return PyModuleDef_Init(&definition);
}
