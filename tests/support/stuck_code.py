"""Code that neither ends nor reacts to interrupts, for tests of closing and of the end of the process."""

from __future__ import annotations

__all__ = ["DEAF", "RAW_LOCK", "get_stuck"]

# Handles every interrupt and goes on.
DEAF = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"

# Waits in C, without a time limit, for a lock that nothing releases.
RAW_LOCK = "import _thread\nl = _thread.allocate_lock(); l.acquire(); l.acquire()"

_STUCK = (
    "import __main__, ctypes\n{}\n__main__.started.set()\n"
    "while True:\n    try: ctypes.CDLL(None).sleep(60)\n    except KeyboardInterrupt: pass"
)


def get_stuck(statement: str = "pass") -> str:
    """Return code for a process with an interpreter ``a``, which runs the statement and then never ends."""
    return (
        "started = sk.Event(); a.prepare_main(started=started)\n"
        f"a.submit(exec, {_STUCK.format(statement)!r})\n"
        "assert started.wait(60)\n"
    )
