"""Waits of the standard library that an interrupt must be able to end.

A signal never reaches a sub-interpreter, and an interrupt is noticed only between bytecodes. So waits in C are cut into
slices, and ``time.sleep`` waits where the interrupt wakes it at once. Only the interpreter's main thread can be
interrupted; waits on other threads keep to the originals where that makes a difference.
"""

from __future__ import annotations

import _thread
import functools
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

__all__ = ["make_interruptible"]

_SLICE = 0.1  # seconds until an interrupt is noticed in a sliced wait


def make_interruptible(sleep: Callable[[float], None]) -> None:
    """Patch this interpreter's waits; `sleep` is the one that an interrupt wakes."""
    _patch_sleep(sleep)
    _patch_condition()
    patches = {
        "selectors": _patch_selectors,
        "subprocess": _patch_subprocess,
        "IPython.core.magics.script": _patch_script_magics,
        "rich.live": _patch_rich,
        "rich.progress": _patch_rich,
        "tqdm.std": _patch_tqdm,
    }
    sys.meta_path.insert(0, _PatchOnImport(patches))


def _patch_sleep(interruptible: Callable[[float], None]) -> None:
    original = time.sleep
    own_thread = threading.get_ident()

    @functools.wraps(original)
    def sleep(seconds: float, /) -> None:
        if threading.get_ident() != own_thread or not isinstance(seconds, int | float) or not 0 < seconds < 1e8:
            original(seconds)
        else:
            interruptible(seconds)

    time.sleep = sleep  # type: ignore[assignment]


class _SlicedLock:
    """A lock whose acquisition is a series of short waits, between which an interrupt is noticed."""

    __slots__ = ("_lock", "locked", "release")

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self.release = self._lock.release
        self.locked = self._lock.locked

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Acquire it, as ``threading.Lock.acquire`` does."""
        if self._lock.acquire(False):
            return True
        if not blocking:
            return False
        end = None if timeout < 0 else time.monotonic() + timeout
        while True:
            left = _SLICE if end is None else min(_SLICE, end - time.monotonic())
            if left <= 0:
                return False
            if self._lock.acquire(True, left):
                return True


def _patch_condition() -> None:
    # Condition.wait makes a lock of its own and waits for it; Event.wait, Queue.get, Barrier.wait, the results of
    # thread pools and Semaphore.acquire all wait there. Slicing the whole of Condition.wait would lose notifications
    # that come just when a slice ends.
    threading._allocate_lock = _SlicedLock  # type: ignore[attr-defined]


def _patch_selectors(selectors: ModuleType) -> None:
    # asyncio's loop, and everything else that waits for files.
    for name in ("SelectSelector", "PollSelector", "EpollSelector", "DevpollSelector", "KqueueSelector"):
        cls = getattr(selectors, name, None)
        if cls is not None:
            cls.select = _sliced(cls.select)


def _sliced(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def select(self: Any, timeout: float | None = None) -> Any:
        if timeout is not None and timeout <= _SLICE:
            return original(self, timeout)
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _SLICE if end is None else max(0.0, min(_SLICE, end - time.monotonic()))
            ready = original(self, left)
            if ready or (end is not None and time.monotonic() >= end):
                return ready

    return select


def _patch_subprocess(subprocess: ModuleType) -> None:
    original = subprocess.Popen._wait

    @functools.wraps(original)
    def _wait(self: Any, timeout: float | None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        pause = 0.0005
        while self.poll() is None:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired(self.args, timeout)
            pause = min(pause * 2, 0.05) if left is None else min(pause * 2, left, 0.05)
            time.sleep(pause)
        return int(self.returncode)

    subprocess.Popen._wait = _wait


def _patch_script_magics(script: ModuleType) -> None:
    # %%bash and the like run in a loop on a daemon thread, which no sub-interpreter may have. An exit function of
    # IPython's stops that loop, so it may be an ordinary thread.
    def thread(*, target: Callable[[], object], daemon: bool) -> threading.Thread:  # noqa: ARG001
        return threading.Thread(target=target)

    script.Thread = thread  # type: ignore[attr-defined]


class _OrdinaryThread(threading.Thread):
    def __init__(self, *args: Any, daemon: bool | None = None, **kwargs: Any) -> None:  # noqa: ARG002 - refused here
        super().__init__(*args, **kwargs)


def _patch_rich(module: ModuleType) -> None:
    # The threads that draw its progress bars end with those.
    for name in ("_RefreshThread", "_TrackThread"):
        cls = vars(module).get(name)
        if cls is not None:
            cls.__bases__ = (_OrdinaryThread,)


def _patch_tqdm(module: ModuleType) -> None:
    # Its monitor is a daemon thread; without one it would warn.
    module.tqdm.monitor_interval = 0


class _PatchOnImport(importlib.abc.MetaPathFinder):
    """Patches modules when they are first imported, so that nobody pays for those that are not."""

    def __init__(self, patches: dict[str, Callable[[ModuleType], None]]) -> None:
        self._patches = patches
        for name in [name for name in patches if name in sys.modules]:
            patches.pop(name)(sys.modules[name])

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        patch = self._patches.pop(fullname, None)
        if patch is None:
            return None
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            _call_after(spec.loader, patch)
        return spec


def _call_after(loader: Any, patch: Callable[[ModuleType], None]) -> None:
    run = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        run(module)
        patch(module)

    loader.exec_module = exec_module
