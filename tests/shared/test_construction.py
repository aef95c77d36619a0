"""Objects of compiled classes made in unusual ways raise exceptions or work; they never crash."""

from __future__ import annotations

import pytest

CHILD = r"""
import gc, pickle, sys
import subinterp_kernel as sk
from subinterp_kernel.bindings import _array, _queue_watch, _queues

CLASSES = {
    "Lock": sk.Lock, "RLock": sk.RLock, "Condition": sk.Condition, "Event": sk.Event, "Semaphore": sk.Semaphore,
    "Barrier": sk.Barrier, "Queue": sk.Queue, "AtomicInt": sk.AtomicInt, "AtomicFlag": sk.AtomicFlag,
    "SharedBlock": sk.SharedBlock, "SharedArray": sk.SharedArray, "ArrayMemory": _array.ArrayMemory,
    "Root": _array.Root, "Parcel": _queues.Parcel, "Watch": _queue_watch.Watch,
}
# With these arguments a method could wait for ever: such a wait is of the kind that the other tests cover.
WAITS = {"acquire", "wait", "wait_for", "__enter__", "get", "join", "aget", "aput"}
ARGUMENTS = [(), (0,), (None,), ("x",), (1, 2), (None, None), (-1,), (2**70,), (b"x", 1, 2)]
cls = CLASSES[sys.argv[1]]


def attempt(function, *arguments, **keywords):
    try:
        return function(*arguments, **keywords)
    except Exception:
        return None


def use(made):
    for name in dir(cls):
        if name in {"__class__", "__init_subclass__", "__subclasshook__"}:
            continue
        member = attempt(getattr, made, name)
        if not callable(member) or name in WAITS:
            continue
        for arguments in ARGUMENTS:
            attempt(member, *arguments)
    attempt(pickle.dumps, made)
    attempt(memoryview, made)
    attempt(repr, made)


for keywords in ({}, {"_id": 0}, {"_id": -1}, {"_id": 2**70}, {"_id": "x"}, {"_id": None}):
    for arguments in ARGUMENTS:
        made = attempt(cls.__new__, cls, *arguments, **keywords)
        if made is not None:
            use(made)
            for again in ARGUMENTS:
                attempt(made.__init__, *again)
            use(made)
attempt(object.__new__, cls)
del made
gc.collect()
print("alive")
"""

NAMES = [
    "Lock", "RLock", "Condition", "Event", "Semaphore", "Barrier", "Queue", "AtomicInt", "AtomicFlag", "SharedBlock",
    "SharedArray", "ArrayMemory", "Root", "Parcel", "Watch",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_way_of_making_an_object_crashes(run_python, name):
    child = run_python(CHILD, name)
    assert (child.returncode, child.stdout) == (0, "alive\n"), child.stderr[-2000:]


@pytest.mark.parametrize("result", ["5", "shared"])
def test_a_subclass_whose_new_returns_another_object_does_not_crash(run_python, result):
    code = """
        import sys
        import subinterp_kernel as sk

        class Odd(sk.SharedArray):
            def __new__(cls, *args, **kwargs):
                return eval(result)

        result = "sk.SharedArray.__new__(Odd)"
        array = Odd(4, "d")
        shared = array
        view = memoryview(array)
        result = sys.argv[1]
        for use in (lambda: array[1:], lambda: array.T, lambda: array[None]):
            try:
                use()
            except (TypeError, RuntimeError):
                print("refused")
        print(view.tolist())
    """
    child = run_python("\n".join(line[8:] for line in code.splitlines()), result)
    assert child.stdout == "refused\nrefused\nrefused\n[0.0, 0.0, 0.0, 0.0]\n", child.stderr[-2000:]
