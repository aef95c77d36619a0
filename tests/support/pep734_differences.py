"""The tests of CPython's test.test_interpreters that this package does not pass, as patterns, and why."""

from __future__ import annotations

BY_VALUE = "functions that pickle refuses, such as closures, and local classes are copied by value, with cloudpickle"
PICKLED = "values are not only shared, but also copied with pickle"
FOREIGN = "interpreters that other code made are neither listed nor controlled"
NO_ORIGIN = "items do not belong to the interpreter that put them, and outlive it"
NAMED = "an interpreter is also found by its name, a str"
PRIVATE = "uses private attributes of CPython's module"
MADE_IN_C = "interpreters are made with the C API, and whence says so"
NO_SCRIPT = "the caller's script is not run again: functions of __main__ are sent by value"
NORMALIZED = "cloudpickle normalizes the names in code"
OWN_GLOBALS = "functions sent by value have globals of their own, not those of the target's __main__"

DIFFERENCES = {
    # queues
    "QueueTests.test_shareable [[]same interpreter[]]": "references to one queue are equal, not identical",
    "TestQueueOps.test_put_cleared_with_subinterpreter*": NO_ORIGIN,
    "TestQueueOps.test_timeout_uses_monotonic_clock": PRIVATE,
    # interpreters
    "*.test_created_with_capi*": FOREIGN,
    "InterpreterObjectTests.test_whence [[]from _interpreters[]]": MADE_IN_C,
    "InterpreterObjectTests.test_init_interpreter_id": PRIVATE,
    "InterpreterObjectTests.test_init_unsupported [[]'*'[]]": NAMED,
    "ListAllTests.test_destroyed_by_gc": "an interpreter lives until close(), also without a reference to it",
    "TestInterpreterClose.test_already_destroyed": "close() of a closed interpreter does nothing, as for files",
    "TestInterpreterIsRunning.test_from_subinterpreter": "_interpreters.is_running() does not see our requests",
    # variables and calls
    "TestInterpreterPrepareMain.test_not_shareable": PICKLED,
    "TestInterpreterCall.test_call_in_thread [[]invalid case*": BY_VALUE,
    "TestInterpreterCall.test_call [[]*": "3.13 only: call() drops the result and takes no arguments",
    "TestInterpreterCall.test_call_invalid *": BY_VALUE,
    "TestInterpreterCall.test_func_in___main___invalid *": BY_VALUE,
    "TestInterpreterCall.test_stateless_func_returns_arg [[]unpickleable *": BY_VALUE,
    "TestInterpreterCall.test_stateless_funcs [[]no args, returns unpickleable[]]": BY_VALUE,
    "TestInterpreterCall.test_callable_requires_frame [[]*": "globals() and the like return a copy of the namespace",
    "TestInterpreterCall.test_func_in___main___hidden": NO_SCRIPT,
    "TestInterpreterCall.test_func_in___main___valid *": "the globals of such functions keep the name of the module",
    "TestInterpreterCall.test_globals_from_stateless_func": OWN_GLOBALS,
    "TestInterpreterCall.test_stateless_func_returns_arg [[]stateless func *": NORMALIZED,
    "TestInterpreterCall.test_stateless_funcs [[]no args, returns stateless func[]]": NORMALIZED,
}

NOT_RUN = {
    "TestInterpreterPrepareMain.test_running": "requests wait for their turn, so that this test would wait for itself",
}
