"""Each allocation of the shared library fails in turn: that is a MemoryError, never an abort or a leak."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COMPILER = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs LD_PRELOAD"),
    pytest.mark.skipif(COMPILER is None, reason="needs a C++ compiler"),
]

# Replaces operator new: the n-th call after fail_allocation(n) throws, once or (n < 0) from then on.
FAILING_NEW = r"""
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

static std::atomic<long> countdown{0};
static std::atomic<bool> stays{false};

extern "C" void fail_allocation(long n) { stays = n < 0; countdown = n < 0 ? -n : n; }
extern "C" long allocations_left() { return countdown; }

static void *allocate(std::size_t size, std::size_t alignment) {
    const long left = countdown.load();
    if (left > 1) --countdown;
    if (left == 1) {
        if (!stays) countdown = 0;
        throw std::bad_alloc();
    }
    void *memory = nullptr;
    if (posix_memalign(&memory, alignment < sizeof(void *) ? sizeof(void *) : alignment, size ? size : 1) != 0) {
        throw std::bad_alloc();
    }
    return memory;
}

void *operator new(std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void *operator new[](std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void *operator new(std::size_t size, std::align_val_t alignment) { return allocate(size, std::size_t(alignment)); }
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete[](void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void *memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void *memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
"""

CHILD = r"""
import ctypes, gc, operator, pickle, queue, sys
import subinterp_kernel as sk
from subinterp_kernel.bindings import memory, queue_watch, queues
from subinterp_kernel.shared import serialization

fail = ctypes.CDLL(None).fail_allocation
left = ctypes.CDLL(None).allocations_left
fail.argtypes = [ctypes.c_long]
left.restype = ctypes.c_long


def cross(object):
    return pickle.loads(pickle.dumps(object))


def locks():
    for lock in (sk.Lock(), sk.RLock()):
        with lock, cross(lock).__class__():
            pass
    condition = cross(sk.Condition())
    with condition:
        condition.wait(0)
        condition.notify_all()
    event = cross(sk.Event())
    event.wait(0.001)
    event.set()
    semaphore = cross(sk.Semaphore(1))
    semaphore.acquire()
    semaphore.acquire(timeout=0.001)
    semaphore.release()


def barriers():
    number = sk.AtomicInt()
    barrier = cross(sk.Barrier(1, number.fetch_add))
    barrier.wait()
    barrier.abort()
    barrier.reset()
    barrier.wait(1)


def atomics():
    cross(sk.AtomicInt(3)).fetch_add(1)
    cross(sk.AtomicFlag()).test_and_set()


def queues_():
    q = cross(sk.Queue())
    many = [None, True, 1, 1.5, "text", b"bytes", bytearray(b"b"), {"lock": sk.Lock()}, b"x" * 100_000]
    for item in many:
        q.put(item)
    for item in many:
        q.get(timeout=1)
    queues.Parcel(q, [sk.Event()]).offer()
    watch = queue_watch.Watch(q.id)
    watch.wait()
    watch.cancel()
    q.put(sk.Lock)
    q.shutdown(immediate=True)


def arrays():
    block = sk.SharedBlock(64)
    sk.SharedBlock.from_capsule(cross(block).capsule())
    array = sk.SharedArray((4, 5), "d")
    array[1:3, ::-1] = array[2:4]
    array[0] = [1, 2, 3, 4, 5]
    array[None, ..., 2].fill(7)
    sk.SharedArray.from_capsule(array.T.capsule())
    cross(array.reshape(20).cast("q")).fetch_add(3, 1)
    array.__dlpack__(max_version=(1, 0))
    memoryview(array).tolist()
    memory.rows()


scenario = {"locks": locks, "barriers": barriers, "atomics": atomics, "queues": queues_, "arrays": arrays}[sys.argv[1]]
sign = int(sys.argv[2])
scenario()  # imports what it needs
errors = 0
for n in range(1, 5000):
    fail(sign * n)
    try:
        scenario()
    except MemoryError:
        errors += 1
    finally:
        reached = left() <= 1 if sign < 0 else left() == 0
        fail(0)
    gc.collect()
    assert sk.live_object_count() == 0, (n, sk.live_object_count())
    if not reached:
        break
else:
    raise AssertionError("the scenario never passed")
assert sk.memory_in_use() == 0
print("errors:", errors)
"""


@pytest.fixture(scope="module")
def failing_new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("failing_new")
    source = folder / "failing_new.cpp"
    source.write_text(FAILING_NEW)
    library = folder / "failing_new.so"
    command = [str(COMPILER), "-std=c++17", "-O1", "-shared", "-fPIC", str(source), "-o", str(library)]
    subprocess.run(command, check=True, timeout=500)
    return library


@pytest.mark.timeout(600)
@pytest.mark.parametrize("sign", ["1", "-1"], ids=["once", "from then on"])
@pytest.mark.parametrize("scenario", ["locks", "barriers", "atomics", "queues", "arrays"])
def test_a_failed_allocation_is_a_memory_error(failing_new: Path, scenario: str, sign: str) -> None:
    preload = " ".join(filter(None, [os.environ.get("LD_PRELOAD"), str(failing_new)]))
    child = subprocess.run(
        [sys.executable, "-P", "-c", CHILD, scenario, sign],
        env={**os.environ, "LD_PRELOAD": preload},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    assert child.stdout.startswith("errors: ")
    assert int(child.stdout.split()[1]) > 0
