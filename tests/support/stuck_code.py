"""Code that neither ends nor reacts to interrupts, for tests of closing and of the end of the process."""

from __future__ import annotations

__all__ = [
    "DEAF", "ENDLESS_MATCH", "LOCK", "LOCK_BESIDE_A_THREAD", "RAW_LOCK", "get_stuck", "read_with_the_gil", "stay_in_c",
]  # fmt: skip

# Handles every interrupt and goes on.
DEAF = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"

# Waits in C, without a time limit, for a lock that nothing releases.
RAW_LOCK = "import _thread\nl = _thread.allocate_lock(); l.acquire(); l.acquire()"

# C functions that take their time: what they need, the function, and its argument.
LOCK = ("import _thread; l = _thread.allocate_lock(); l.acquire()", "l.acquire", "True")
ENDLESS_MATCH = ("import re", "re.compile('(a+)+$').match", "'a' * 40 + 'b'")
LOCK_BESIDE_A_THREAD = (  # which sees the interrupt, and ends the wait when `over` is set
    f"""{LOCK[0]}
def release(sleep):
    while not over.is_set():
        sleep(0.001)
    l.release()
_thread.start_new_thread(release, (__import__("time").sleep,))""",
    *LOCK[1:],
)


def read_with_the_gil(path: str) -> tuple[str, str, str]:
    """Return what it takes to read one byte from a named pipe in C, which keeps the GIL until somebody writes it."""
    needs = f"import ctypes, functools, os; pipe = os.open({path!r}, os.O_RDWR)"
    return needs, "functools.partial(ctypes.PyDLL(None).read, pipe, ctypes.create_string_buffer(1))", "1"


def stay_in_c(signal: str, argument: str, block: tuple[str, str, str] = LOCK) -> str:
    """Return code that calls the C function `signal` with an argument, and then the other one.

    No Python code runs between the two that could see an interrupt: after the signal, the code is stuck.
    """
    needs, function, blocks_with = block
    calls = f"map({signal}, [{argument}]), map({function}, [{blocks_with}])"
    return f"import collections, itertools\n{needs}\ncollections.deque(itertools.chain({calls}), 0)"


def get_stuck(statement: str = "pass") -> str:
    """Return code for a process with an interpreter ``a``, which runs the statement and then never ends."""
    stuck = stay_in_c("type(started).set", "started")
    return (
        "started = sk.Event(); a.prepare_main(started=started)\n"
        f"a.submit(exec, {f'from __main__ import *; import __main__; {statement}{chr(10)}{stuck}'!r})\n"
        "assert started.wait(60)\n"
    )
