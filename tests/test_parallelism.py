"""Two interpreters compute at the same time, which two threads of one interpreter cannot."""

from __future__ import annotations

import os
import threading
import time

import pytest

import subinterp_kernel as sk

# Each side counts in its own half of a block until both have been stopped.
COUNT = (
    "counter, flags = memoryview(block).cast('q'), memoryview(block).cast('q')\n"
    "while not flags[2]: pass\n"
    "while flags[2] == 1: counter[number] += 1\n"
)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core runs one interpreter at a time")
def test_both_count_during_the_same_scheduler_slice():
    """Sample both counters many times in short succession: in parallel both move between two samples.

    Threads of one interpreter hand the GIL over every 5 ms, so that between samples 1 ms apart mostly one of them
    moves. Not a matter of speed, hence not of noise.
    """
    block = sk.SharedBlock(24)
    view = memoryview(block).cast("q")
    futures = []
    for number in (0, 1):
        made = sk.create(f"counter{number}")
        made.prepare_main(block=block, number=number)
        futures.append(made.submit(exec, f"import __main__; exec({COUNT!r}, vars(__main__))"))
    view[2] = 1
    both = 0
    for _ in range(500):
        before = view[0], view[1]
        time.sleep(0.001)
        both += view[0] > before[0] and view[1] > before[1]
    view[2] = 2
    for future in futures:
        future.result(20)
    assert both >= 50


def test_main_goes_on_while_an_interpreter_spins(interpreter):
    future = interpreter.submit(exec, "while True: pass")
    ticks = 0
    end = time.monotonic() + 1
    while time.monotonic() < end:
        ticks += 1
        time.sleep(0.001)
    assert not future.done()
    assert ticks > 100
    interpreter.interrupt()
    assert isinstance(future.exception(20), sk.ExecutionFailed)


def test_a_c_call_that_keeps_its_gil_stops_nobody_else(interpreter):
    future = interpreter.submit(exec, "sum(range(10**8))")
    done = threading.Event()
    with sk.create("other") as other:
        other.exec("x = 1")
        done.set()
    assert done.is_set()
    assert future.result(60) is None
