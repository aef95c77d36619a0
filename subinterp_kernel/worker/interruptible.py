"""Patches of the standard library and of some packages, for interrupts and for threads.

Signals do not reach a sub-interpreter, and an interrupt is noticed only between bytecodes, so a wait in C would not
end. Only the interpreter's main thread can be interrupted. These waits are patched:

* ``time.sleep``: waits in C code that an interrupt wakes at once;
* the lock of ``threading.Condition.wait``, which ``Event``, ``Semaphore``, ``Barrier``, ``queue.Queue`` and the futures
  of thread pools wait for: waits in slices of 0.1 seconds;
* ``select`` of the classes of ``selectors``, which asyncio uses: waits in slices;
* ``subprocess.Popen.wait``: polls.

Sub-interpreters refuse daemon threads, so code that starts them is patched, too:

* ``%%bash`` and the other script magics of IPython, and the progress bars of ``rich``: use ordinary threads;
* ``tqdm``: has no monitor thread.

``tqdm.notebook``, whose widgets work only in the main interpreter, prints its bars as text.
"""

from __future__ import annotations

import _thread
import functools
import sys
import threading
import time

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

__all__ = ["make_interruptible"]

_SLICE = 0.1  # seconds; the longest time until a sliced wait notices an interrupt


def make_interruptible(sleep: Callable[[float], None]) -> None:
    """Patch this interpreter; `sleep` is the function that an interrupt wakes."""
    _patch_sleep(sleep)
    _patch_condition()
    patches = {
        "selectors": _patch_selectors,
        "subprocess": _patch_subprocess,
        "IPython.core.magics.script": _patch_script_magics,
        "rich.live": _patch_rich,
        "rich.progress": _patch_rich,
        "tqdm.std": _patch_tqdm,
        "tqdm.notebook": _patch_tqdm_notebook,
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
    """A lock that is acquired in a series of short waits, between which interrupts are noticed."""

    __slots__ = ("_lock", "locked", "release")

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self.release = self._lock.release
        self.locked = self._lock.locked

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Acquire the lock, as ``threading.Lock.acquire`` does."""
        if not blocking or (timeout != -1 and not _SLICE < timeout <= threading.TIMEOUT_MAX):
            return self._lock.acquire(blocking, timeout)  # which also refuses wrong arguments
        if self._lock.acquire(False):
            return True
        end = None if timeout == -1 else time.monotonic() + timeout
        while True:
            left = _SLICE if end is None else min(_SLICE, end - time.monotonic())
            if left <= 0:
                return False
            if self._lock.acquire(True, left):
                return True


def _patch_condition() -> None:
    # Condition.wait creates a lock and waits for it. Slicing Condition.wait itself would lose notifications that come
    # just when a slice ends.
    threading._allocate_lock = _SlicedLock  # type: ignore[attr-defined]


def _patch_selectors(selectors: ModuleType) -> None:
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
    # %%bash and the like run in a loop on a daemon thread. An exit function of IPython stops that loop, so an ordinary
    # thread can replace it.
    def thread(*, target: Callable[[], object], daemon: bool) -> threading.Thread:  # noqa: ARG001
        return threading.Thread(target=target)

    script.Thread = thread  # type: ignore[attr-defined]


class _OrdinaryThread(threading.Thread):
    def __init__(self, *args: Any, daemon: bool | None = None, **kwargs: Any) -> None:  # noqa: ARG002 - always False here
        super().__init__(*args, **kwargs)


def _patch_rich(module: ModuleType) -> None:
    # The threads that draw progress bars end with them.
    for name in ("_RefreshThread", "_TrackThread"):
        cls = vars(module).get(name)
        if cls is not None:
            cls.__bases__ = (_OrdinaryThread,)


def _patch_tqdm(module: ModuleType) -> None:
    # Without a daemon thread its monitor would warn.
    module.tqdm.monitor_interval = 0


def _patch_tqdm_notebook(module: ModuleType) -> None:
    class tqdm(module.std_tqdm):  # type: ignore[misc, name-defined]  # noqa: N801 - the name that users import
        def __init__(self, *arguments: Any, display: bool = True, **options: Any) -> None:  # noqa: ARG002
            super().__init__(*arguments, **options)  # the text has no use for `display`

    def trange(*arguments: int, **options: Any) -> tqdm:
        return tqdm(range(*arguments), **options)

    vars(module).update(tqdm=tqdm, tqdm_notebook=tqdm, trange=trange, tnrange=trange)


class _PatchOnImport:
    """A finder that patches modules when they are first imported, so that unused ones are not imported for it."""

    def __init__(self, patches: dict[str, Callable[[ModuleType], None]]) -> None:
        self._patches = patches
        for name in [name for name in patches if name in sys.modules]:
            patches.pop(name)(sys.modules[name])

    def find_spec(  # as importlib.abc.MetaPathFinder, whose module imports a hundred others
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        patch = self._patches.pop(fullname, None)
        if patch is None:
            return None
        from importlib.util import find_spec

        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            _call_after(spec.loader, patch)
        return spec


def _call_after(loader: Any, patch: Callable[[ModuleType], None]) -> None:
    run = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        run(module)
        patch(module)

    loader.exec_module = exec_module
