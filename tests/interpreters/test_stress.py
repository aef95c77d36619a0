"""Everything at once, at random, in a child process: what aborts there is a failure here."""

from __future__ import annotations

import textwrap

import pytest

STRESS = textwrap.dedent(
    """
    import os, random, sys, threading, time
    import subinterp_kernel as sk

    CODES = [
        "import json, datetime, decimal, re; x = [datetime.datetime.now() for _ in range(200)]",
        "def f(n): return n if n < 2 else f(n - 1) + f(n - 2)\\nf(15)",
        "class A: pass\\nL = [A() for _ in range(2000)]\\nL.append(L)",
        "1 / 0",
        "import asyncio\\nasyncio.run(asyncio.sleep(0.001))",
        "import threading\\nt = threading.Thread(target=sum, args=(range(1000),)); t.start(); t.join()",
        "import sqlite3; sqlite3.connect(':memory:').execute('select 1').fetchall()",
        "import subinterp_kernel as sk\\nb = sk.SharedBlock(1000); v = memoryview(b); v[:3] = b'abc'",
        "import time; time.sleep(0.002)",
        "print('x' * 1000, end='')",
        "import sys; sys.exit(1)",
    ]
    ENDLESS = ["while True: pass", "import time; time.sleep(100)", "import threading; threading.Event().wait()"]
    seconds, seed = float(sys.argv[1]), int(sys.argv[2])
    end = time.monotonic() + seconds
    made = interrupted = 0

    def work(seed):
        global made, interrupted
        r = random.Random(seed)
        while time.monotonic() < end:
            interpreter = sk.create(gil=r.choice(["own", "own", "own", "shared"]))
            made += 1
            for _ in range(r.randint(0, 6)):
                if r.random() < 0.25:
                    future = interpreter.submit(exec, r.choice(ENDLESS))
                    time.sleep(r.random() * 0.01)
                    while not future.done():
                        interpreter.interrupt()
                        time.sleep(0.001)
                    interrupted += 1
                else:
                    try: interpreter.exec(r.choice(CODES))
                    except sk.ExecutionFailed: pass
            if r.random() < 0.9:
                interpreter.close()
                assert interpreter.state == "closed", interpreter

    threads = [threading.Thread(target=work, args=(seed * 10 + n,)) for n in range(3)]
    for thread in threads: thread.start()
    forks = 0
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.05)
        if hasattr(os, "fork"):
            pid = os.fork()
            if pid == 0: os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
            forks += 1
    assert len(sk.close_all(10)) == 0
    assert sk.live_object_count() == 0
    print(made > 0, interrupted > 0, file=sys.stderr)
    """
)


@pytest.mark.parametrize("seed", [1, 2])
def test_interpreters_survive_anything_at_once(run_python, seed):
    done = run_python(STRESS, "5", str(seed))
    assert (done.returncode, done.stderr) == (0, "True True\n")
