"""NumPy in interpreters with GILs of their own: BLAS, threads, shared memory, interrupts, forks, memory."""

from __future__ import annotations

import sys

MATMUL = """
import subinterp_kernel as sk
CODE = '''
import numpy as np
a = np.arange(250_000.0).reshape(500, 500) % 7
results = [int((a @ a).sum()) for _ in range(6)]
'''
interpreters = [sk.create() for _ in range(4)]
for done in [interpreter.submit(exec, CODE) for interpreter in interpreters]:
    done.result(150)
exec(CODE)
print({tuple(interpreter.call(eval, "results")) for interpreter in interpreters} == {tuple(results)}, len(set(results)))
assert sk.close_all(60) == []
"""


def test_matrix_products_in_four_interpreters_at_once(stdout_of):
    assert stdout_of(MATMUL) == "True 1\n"


THREADS = """
import subinterp_kernel as sk
CODE = '''
import threading, numpy as np
def work(number):
    for _ in range(20):
        sums[number] = float(np.sort(np.random.default_rng(number).normal(size=20_000)).sum().round(6))
sums = {}
threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
'''
with sk.create() as first, sk.create() as second:
    for done in [each.submit(exec, CODE) for each in (first, second)]:
        done.result(150)
    sums = first.call(eval, "sums")
    print(sorted(sums), sums == second.call(eval, "sums"))
"""


def test_threads_of_python_inside(stdout_of):
    assert stdout_of(THREADS) == "[0, 1, 2, 3] True\n"


SHARED = """
import numpy as np
import subinterp_kernel as sk
with sk.create() as first, sk.create() as second:
    shared = sk.SharedArray.copy_of(np.zeros((4, 3)))
    for interpreter in (first, second):
        interpreter.prepare_main(shared=shared)
        interpreter.exec("import numpy as np; a = np.asarray(shared)")
    first.exec("a[...] = np.arange(12.0).reshape(4, 3); np.multiply(a, 2, out=a)")
    print(second.call(eval, "a.sum().item()"), second.call(eval, "a.ctypes.data") == shared.address)
    second.exec("a[:, 1] = -1")
    print(np.asarray(shared).tolist())
"""


def test_an_array_inside_is_the_shared_memory(stdout_of):
    first, second = stdout_of(SHARED).splitlines()
    assert first == "132.0 True"
    assert second == "[[0.0, -1.0, 4.0], [6.0, -1.0, 10.0], [12.0, -1.0, 16.0], [18.0, -1.0, 22.0]]"


INTERRUPTS = """
import time
import subinterp_kernel as sk
CODE = '''
import numpy as np
a = np.random.default_rng(1).normal(size=20_000)
def work():
    while True:
        np.sort(a)
        np.sort(a.astype(object))[:3].sum()
        rounds.fetch_add(1)
'''
with sk.create() as interpreter, sk.create() as other:
    rounds = sk.AtomicInt()
    interpreter.prepare_main(rounds=rounds)
    interpreter.exec(CODE)
    beside = other.submit(exec, "import numpy as np\\nfor n in range(2000): np.sort(np.arange(1000.0)[::-1])")
    for _ in range(20):
        before = rounds.load()
        running = interpreter.submit(eval, "work()")
        while rounds.load() == before:
            time.sleep(0.001)
        interpreter.interrupt()
        print(type(running.exception(120)).__name__, running.exception().excinfo.type.__name__)
    beside.result(120)
    print(bool(interpreter.call(eval, "(np.sort(a)[0] == a.min()).item()")))
"""


def test_twenty_interrupts_into_sorting(stdout_of):
    lines = stdout_of(INTERRUPTS).splitlines()
    assert lines == ["ExecutionFailed KeyboardInterrupt"] * 20 + ["True"]


FORKS = """
import os
import subinterp_kernel as sk
CODE = '''
import numpy as np
for n in range(300):
    a = np.random.default_rng(n).normal(size=(60, 60))
    np.linalg.inv(a @ a.T + np.eye(60))
'''
with sk.create() as first, sk.create() as second:
    running = [each.submit(exec, CODE) for each in (first, second)]
    statuses = []
    while len(statuses) < 10 or not all(each.done() for each in running):
        pid = os.fork()
        if pid == 0:
            exec("import numpy as np; np.linalg.inv(np.eye(50) + 1)")
            os._exit(3)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    for each in running:
        each.result()
    print(set(statuses))
"""


def test_forks_in_main_while_numpy_computes_inside(stdout_of):
    assert stdout_of(FORKS) == "{3}\n"


CYCLES = """
import sys
import subinterp_kernel as sk
def mapped():
    lines = open("/proc/self/maps").readlines()
    return sum("_multiarray_umath" in line for line in lines), len(lines)
def memory():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmRSS:")).split()[1]) / 1024
seen = []
for number in range(int(sys.argv[1])):
    with sk.create() as interpreter:
        interpreter.exec("import numpy as np; total = np.arange(10.0).sum().item()")
        assert interpreter.call(eval, "total") == 45.0
    seen.append((memory(), *mapped()))
early, late = seen[len(seen) // 3], seen[-1]
print(late[0] - early[0], late[1] - early[1], late[2] - early[2])
"""


def test_cycles_of_create_import_and_close_keep_memory_bounded(stdout_of):
    megabytes, copies, mappings = map(float, stdout_of(CYCLES, "30").split())
    limit = 8 if sys.version_info < (3, 14) else 3  # a cycle; CPython 3.13 itself leaves 5.5 MB of each interpreter
    assert megabytes / 20 < limit
    assert (copies, mappings < 100) == (0, True)


# Kilobytes of memory that two copies of NumPy's largest module take, and whether other pages are those of its file.
PAGES = """
import re
import subinterp_kernel as sk
def resident():
    for block in re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", open("/proc/self/smaps").read(), flags=re.M):
        name = block.partition("\\n")[0].split()[-1:]
        if "_multiarray_umath" in str(name) or "(deleted)" in block.partition("\\n")[0]:
            yield name[0], int(re.search(r"^Rss: +(\\d+)", block, re.M)[1])
with sk.create() as first, sk.create() as second:
    for interpreter in (first, second):
        interpreter.exec("import numpy as np; np.sort(np.arange(5.0))")
    path = first.call(eval, "np._core._multiarray_umath.__file__")
    found = list(resident())
    print(sum(size for name, size in found if name != path), sum(size for name, size in found if name == path))
"""


def test_copies_share_the_pages_that_nobody_writes(stdout_of):
    own, shared = map(int, stdout_of(PAGES).split())
    assert own < 3000
    assert shared > 1000


MANY = """
import subinterp_kernel as sk
interpreters = [sk.create() for _ in range(64)]
for interpreter in interpreters:
    interpreter.exec("import numpy as np; total = np.sort(np.arange(1000.0)[::-1]).sum().item()")
print({interpreter.call(eval, "total") for interpreter in interpreters}, sk.close_all(200))
"""


def test_sixty_four_interpreters_with_numpy(stdout_of):
    assert stdout_of(MANY) == "{499500.0} []\n"
