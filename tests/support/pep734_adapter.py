"""This package under the module names of CPython's implementation of PEP 734, so that CPython's tests can import it."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import subinterp_kernel as sk
from subinterp_kernel.bindings import queues as _queues

# The package of the interpreters, and its module of queues.
STDLIB = (
    ("concurrent.interpreters", "_queues") if sys.version_info >= (3, 14) else ("test.support.interpreters", "queues")
)

_SAME_NAMES = (
    "get_current", "get_main", "list_all", "is_shareable", "Interpreter", "InterpreterError",
    "InterpreterNotFoundError", "ExecutionFailed", "NotShareableError", "create_queue", "QueueEmpty", "QueueFull",
)  # fmt: skip


def install() -> None:
    """Make ``import concurrent.interpreters`` give this package, here and in the interpreters that it creates."""
    package, queues = STDLIB
    stdlib_queues = importlib.import_module(f"{package}.{queues}")
    stdlib = importlib.import_module(package)
    ours = _module(package, {name: getattr(sk, name) for name in _SAME_NAMES})
    ours.__path__ = stdlib.__path__
    ours.create = _create
    ours.Queue = _queue_with_id
    ours._crossinterp = importlib.import_module(f"{package}._crossinterp")
    setattr(ours, queues, _queues_module(f"{package}.{queues}", stdlib_queues))
    parent, _, name = package.rpartition(".")
    setattr(sys.modules[parent], name, ours)


def _module(name: str, attributes: dict[str, object]) -> ModuleType:
    module = sys.modules[name] = ModuleType(name)
    vars(module).update(attributes)
    return module


def _queues_module(name: str, stdlib: ModuleType) -> ModuleType:
    kept = ("UNBOUND", "UNBOUND_ERROR", "UNBOUND_REMOVE", "ItemInterpreterDestroyed")
    module = _module(name, {each: getattr(stdlib, each) for each in kept})
    module.create = sk.create_queue
    module.list_all = _list_queues
    module.Queue = _queue_with_id
    module.QueueEmpty = sk.QueueEmpty
    module.QueueFull = sk.QueueFull
    module.QueueError = sk.InterpreterError
    module.QueueNotFoundError = sk.SharedObjectGoneError
    return module


def _create() -> sk.Interpreter:
    made = sk.create()
    made.call(install)
    return made


def _queue_with_id(id: int) -> sk.Queue:
    return _queues._attach_queue(id)


def _list_queues() -> list[sk.Queue]:
    return [_queue_with_id(each["id"]) for each in sk.shared_objects() if each["kind"] == "Queue"]
