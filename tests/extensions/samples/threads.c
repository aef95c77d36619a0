// A single-phase module that calls back into Python from threads of its own.
#include <Python.h>
#include <pthread.h>

static PyObject *callback = NULL;

static void *call_back(void *unused) {
    const PyGILState_STATE state = PyGILState_Ensure();
    PyObject *result = PyObject_CallFunction(
        callback, "Li", (long long)PyInterpreterState_GetID(PyInterpreterState_Get()), PyGILState_Check());
    if (!result) PyErr_WriteUnraisable(callback);
    Py_XDECREF(result);
    PyGILState_Release(state);
    return NULL;
}

// Calls the function with the interpreter's id and whether the thread has the GIL, in each of `count` threads at once.
static PyObject *in_threads(PyObject *module, PyObject *arguments) {
    pthread_t threads[32];
    int count, made = 0;
    if (!PyArg_ParseTuple(arguments, "Oi", &callback, &count)) return NULL;
    Py_BEGIN_ALLOW_THREADS;
    while (made < count && made < 32 && pthread_create(&threads[made], NULL, call_back, NULL) == 0) ++made;
    for (int i = 0; i < made; ++i) pthread_join(threads[i], NULL);
    Py_END_ALLOW_THREADS;
    return PyLong_FromLong(made);
}

// The same in the calling thread, which has the GIL already; then once more from a state in which it does not have it.
static PyObject *here(PyObject *module, PyObject *arguments) {
    if (!PyArg_ParseTuple(arguments, "O", &callback)) return NULL;
    call_back(NULL);
    Py_BEGIN_ALLOW_THREADS;
    call_back(NULL);
    Py_END_ALLOW_THREADS;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"in_threads", in_threads, METH_VARARGS, NULL}, {"here", here, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT, .m_name = "threads", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_threads(void) { return PyModule_Create(&definition); }
