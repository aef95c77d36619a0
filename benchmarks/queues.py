"""``Queue`` between two interpreters, beside a bare hand-over between C++ threads and beside plain copies."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

from exec_round_trip import load_condvar
from side_by_side import STDLIB_MISSING, Figure, best, interleave, median, run

import subinterp_kernel
from subinterp_kernel import Interpreter, Queue

ROUNDS = 50
CALLS = 1000  # round trips in a batch
ITEMS = 20_000  # in a batch of one-way traffic
LARGE_ROUNDS = 15
LARGE = 100 << 20  # bytes

# What the other side does until it gets a None; the same source for all kinds of queues.
ECHO = "while (item := there.get()) is not None: back.put(item)"
FEED = "while (number := there.get()) is not None:\n    for item in range(number): back.put(item)"


@contextlib.contextmanager
def other_side(interpreter: Interpreter, source: str) -> Iterator[tuple[Queue, Queue]]:
    """Run the source in an interpreter between two queues, which the body gets."""
    there, back = Queue(), Queue()
    interpreter.prepare_main(there=there, back=back)
    ended = interpreter.submit(exec, f"import __main__\nexec({source!r}, vars(__main__))")
    yield there, back
    there.put(None)
    ended.result(60)


def round_trips(there: Queue, back: Queue) -> Callable[[], float]:
    """Return a contender that sends small ints to and fro and returns the mean seconds of a round trip."""

    def contender() -> float:
        begin = time.perf_counter()
        for number in range(CALLS):
            there.put(number)
            back.get()
        return (time.perf_counter() - begin) / CALLS

    return contender


def one_way(there: Queue, back: Queue) -> Callable[[], float]:
    """Return a contender that gets small ints as fast as another interpreter puts them; seconds per item."""

    def contender() -> float:
        begin = time.perf_counter()
        there.put(ITEMS)
        for _ in range(ITEMS):
            back.get()
        return (time.perf_counter() - begin) / ITEMS

    return contender


def timed(call: Callable[[], object]) -> Callable[[], float]:
    """Return a contender that makes one call, and frees its result within the time."""

    def contender() -> float:
        begin = time.perf_counter()
        call()
        return time.perf_counter() - begin

    return contender


def measure() -> Iterator[Figure]:
    with subinterp_kernel.create() as interpreter:
        yield from small_items(interpreter)
        yield throughput(interpreter)
    yield large_items()
    yield from beside_stdlib()


def small_items(interpreter: Interpreter) -> Iterator[Figure]:
    """Compare round trips of small ints with the bare hand-over."""
    with tempfile.TemporaryDirectory() as folder, other_side(interpreter, ECHO) as queues:
        condvar = load_condvar(folder)
        samples = interleave({"queue": round_trips(*queues), "condvar": lambda: condvar(CALLS)}, ROUNDS)
    us, them = best(samples["queue"]) * 1e6, best(samples["condvar"]) * 1e6
    note = "best of {} batches: {:.1f} / {:.1f} µs; ratio of medians {:.2f}".format(
        ROUNDS, us, them, median(samples["queue"]) / median(samples["condvar"])
    )
    yield Figure(
        "ping-pong of ints between interpreters / C condvar round trip", us / them, "x", at_most=2.0, note=note
    )
    yield Figure("ping-pong of ints between interpreters", median(samples["queue"]) * 1e6, "µs", note="median")


def throughput(interpreter: Interpreter) -> Figure:
    """Count how many small ints a second one interpreter gets from another."""
    with other_side(interpreter, FEED) as queues:
        samples = interleave({"queue": one_way(*queues)}, ROUNDS)
    rate = 1e-3 / median(samples["queue"])
    return Figure("small ints from one interpreter to another", rate, "k/s", at_least=300, note="median")


def large_items() -> Figure:
    """Compare putting and getting many bytes with two plain copies of them."""
    data, queue = bytes(LARGE), Queue()

    def through() -> bytes:
        queue.put(data)
        return queue.get()  # type: ignore[no-any-return]

    samples = interleave({"queue": timed(through), "copies": timed(lambda: bytes(bytearray(data)))}, LARGE_ROUNDS)
    us, them = median(samples["queue"]), median(samples["copies"])
    note = f"medians: {us * 1e3:.0f} / {them * 1e3:.0f} ms"
    return Figure("100 MiB of bytes through a queue / bytes(bytearray(...))", us / them, "x", at_most=1.3, note=note)


def beside_stdlib() -> Iterator[Figure]:
    """Show the standard library's round trip; its queue looks every 10 ms whether something has come."""
    what = "ping-pong of ints, stdlib's concurrent.interpreters queues"
    if sys.version_info < (3, 14):
        yield Figure(what, None, "µs", note=STDLIB_MISSING)
        return
    from concurrent import interpreters

    there, back = interpreters.create_queue(), interpreters.create_queue()
    with contextlib.closing(interpreters.create()) as peer:
        peer.prepare_main(there=there, back=back)
        thread = peer.call_in_thread(exec, f"import __main__\nexec({ECHO!r}, vars(__main__))")
        rounds = 20
        begin = time.perf_counter()
        for number in range(rounds):
            there.put(number)
            back.get()
        yield Figure(what, (time.perf_counter() - begin) / rounds * 1e6, "µs", note=f"mean of {rounds}")
        there.put(None)
        thread.join()


if __name__ == "__main__":
    run(measure)
