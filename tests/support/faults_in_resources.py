"""Faults with streams, threads, asyncio, waits, variables and the operating system."""

from __future__ import annotations

from fault import LOOP, STARTED, VALUE, row

# ruff: noqa: E501

__all__ = ["ASYNCIO", "STREAMS", "SYSTEM", "THREADS", "VARIABLES", "WAITS"]

STREAMS = {
    "stdout replaced by None": row("import sys\nsys.stdout = None", "*"),
    "stderr replaced by None": row("import sys\nsys.stderr = None", "*"),
    "stdin replaced by None": row("import sys\nsys.stdin = None"),
    "stdout deleted": row("import sys\ndel sys.stdout", "*"),
    "stdout closed": row("import sys\nsys.stdout.close()"),
    "stderr closed": row("import sys\nsys.stderr.close()"),
    "stdout replaced by a closed file": row("import io, sys\nsys.stdout = io.StringIO()\nsys.stdout.close()"),
    "stdout raises": row(
        "import sys\nclass W:\n    def write(self, s): 1 / 0\n    flush = write\nsys.stdout = W()", "*"
    ),
    "both streams raise": row("import sys\nclass W: write = flush = None\nsys.stdout = sys.stderr = W()\n1 / 0", "*"),
    "stdout is itself": row("import sys\nclass W:\n    def write(self, s): print(s)\nsys.stdout = W()"),
    "stdout refers to fd 2": row("import sys\nsys.stdout = open(2, 'w', closefd=False)", "*"),
    "output of 20 MB": row("print('x' * 20_000_000)"),
    "200,000 lines": row("for n in range(200_000): print(n)"),
    "line of 10 MB to stderr": row("import sys\nprint('x' * 10_000_000, file=sys.stderr)"),
    "1000 displays": row("for n in range(1000): display(n)"),
    "NULs": row("print('\\0' * 1000)"),
    "surrogates": row("print('\\ud800' * 100)"),
    "terminal codes": row("print('\\x1b[2J\\x1b]0;x\\x07' * 100)"),
    "bytes to stdout": row("import sys\nsys.stdout.write(b'x')", "TypeError"),
    "print during a stop": row(STARTED + "while True: print('x' * 1000)", "KeyboardInterrupt", stop=True),
}

THREADS = {
    "sleeping thread": row("import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()"),
    "looping thread": row("import threading\ndef f():\n    while True: pass\nthreading.Thread(target=f).start()"),
    "20 waiting threads": row(
        "import threading\nfor _ in range(20): threading.Thread(target=threading.Event().wait).start()"
    ),
    "thread that prints": row(
        "import threading, time\ndef f():\n    while True: print('t'); time.sleep(0.01)\nthreading.Thread(target=f).start()"
    ),
    "thread that raises": row("import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start(); t.join()"),
    "thread that exits": row("import sys, threading\nt = threading.Thread(target=sys.exit)\nt.start(); t.join()"),
    "threading.excepthook raises": row(
        "import threading\nthreading.excepthook = lambda a: 1 / 0\nt = threading.Thread(target=lambda: 1 / 0)\nt.start(); t.join()"
    ),
    "daemon thread": row("import threading\nthreading.Thread(target=print, daemon=True).start()", "RuntimeError"),
    "endless timer": row("import threading\nthreading.Timer(1000, print).start()"),
    "thread pool left": row(
        "from concurrent.futures import ThreadPoolExecutor\nimport time\np = ThreadPoolExecutor(2)\np.submit(time.sleep, 1000);"
    ),
    "thread with a lock": row(
        "import threading\nlock = threading.Lock(); lock.acquire()\nthreading.Thread(target=lambda: lock.acquire(timeout=1000)).start()"
    ),
    "thread starts threads": row(
        "import threading, time\ndef f():\n    time.sleep(0.05)\n    threading.Thread(target=f).start()\nf()"
    ),
    "atexit raises": row("import atexit\natexit.register(lambda: 1 / 0);"),
    "atexit exits": row("import atexit, sys\natexit.register(sys.exit, 5);"),
    "atexit prints": row("import atexit\natexit.register(print, 'bye' * 1000);"),
    "atexit registers atexit": row("import atexit\ndef f(): atexit.register(f)\natexit.register(f);"),
    "atexit sleeps": row("import atexit, time\natexit.register(time.sleep, 1000);"),
    "exception across threads": row(
        "import concurrent.futures as c\nwith c.ThreadPoolExecutor() as p: p.submit(lambda: 1 / 0).result()",
        "ZeroDivisionError",
    ),
}

ASYNCIO = {
    "task that fails": row("import asyncio\nasync def f(): 1 / 0\nt = asyncio.create_task(f())"),
    "task that exits": row("import asyncio\nasync def f(): raise SystemExit\nt = asyncio.create_task(f())", "*"),
    "task that never awaits": row(
        STARTED + "import asyncio\nasync def f():\n    while True: pass\nt = asyncio.create_task(f())\nawait t",
        "*",
        stop=True,
    ),
    "task that ignores cancellation": row(
        "import asyncio\nasync def f():\n    while True:\n        try: await asyncio.sleep(1000)\n"
        "        except asyncio.CancelledError: pass\nt = asyncio.create_task(f())"
    ),
    "1000 tasks": row("import asyncio\nts = [asyncio.create_task(asyncio.sleep(1000)) for _ in range(1000)]"),
    "loop stopped": row("import asyncio\nasyncio.get_running_loop().stop()", "*"),
    "loop closed by call_soon": row(
        "import asyncio\nl = asyncio.get_running_loop()\nl.call_soon(l.close);",
        "*",
    ),
    "loop closed": row("import asyncio\nasyncio.get_event_loop().close()", "*"),
    "exception handler raises": row(
        "import asyncio\nasyncio.get_running_loop().set_exception_handler(lambda *a: 1 / 0)"
    ),
    "callback raises": row("import asyncio\nasyncio.get_running_loop().call_soon(lambda: 1 / 0);"),
    "loop policy replaced": row("import asyncio\nasyncio.set_event_loop(None)"),
    "asyncio.run": row("import asyncio\nc = asyncio.sleep(0)\ntry: asyncio.run(c)\nfinally: c.close()", "RuntimeError"),
    "await of no coroutine": row("await 5", "TypeError"),
    "coroutine not awaited": row("async def f(): pass\nf();"),
    "endless await": row(STARTED + "import asyncio\nawait asyncio.Event().wait()", "KeyboardInterrupt", stop=True),
    "selector closed": row("import asyncio\nasyncio.get_running_loop()._selector.close()", "*"),
}

WAITS = {
    "loop": row(STARTED + LOOP, "KeyboardInterrupt", stop=True),
    "loop in a generator": row(STARTED + "for x in iter(int, 1): pass", "KeyboardInterrupt", stop=True),
    "infinite generator in a repr": row(
        STARTED + "class B:\n    def __repr__(self): return ''.join('x' for _ in iter(int, 1))\nB()", "*", stop=True
    ),
    "loop in a display": row(
        STARTED + "class B:\n    def _repr_html_(self):\n        while True: pass\ndisplay(B())", "*", stop=True
    ),
    "loop in a __del__": row(
        "class B:\n    def __del__(self):\n        print('started')\n        while True: pass\nb = B()\ndel b", "", stop=True
    ),
    "loop in a finally": row(
        STARTED + "try: 1 / 0\nfinally:\n    while True: pass", "KeyboardInterrupt", stop=True
    ),
    "loop in an exception's __str__": row(
        "class E(Exception):\n    def __str__(self):\n        print('started')\n        while True: pass\nraise E", "E", stop=True,
    ),
    "sleep": row(STARTED + "import time\ntime.sleep(1000)", "KeyboardInterrupt", stop=True),
    "event": row(STARTED + "import threading\nthreading.Event().wait()", "KeyboardInterrupt", stop=True),
    "queue": row(STARTED + "import queue\nqueue.Queue().get()", "KeyboardInterrupt", stop=True),
    "joined thread": row(
        STARTED + "import threading, time\nt = threading.Thread(target=time.sleep, args=(3,))\nt.start()\nt.join()",
        "*", stop=True,
    ),
    "subprocess": row(
        STARTED + "import subprocess\nsubprocess.run(['sleep', '1000'])", "*", stop=True
    ),
    "our lock": row(
        STARTED + "import subinterp_kernel as sk\nl = sk.Lock(); l.acquire(); l.acquire()", "KeyboardInterrupt", stop=True
    ),
    "our queue": row(STARTED + "import subinterp_kernel as sk\nsk.Queue().get()", "KeyboardInterrupt", stop=True),
    "our event": row(STARTED + "import subinterp_kernel as sk\nsk.Event().wait()", "KeyboardInterrupt", stop=True),
    "interrupt swallowed once": row(
        "import time\ntry:\n    print('started')\n    time.sleep(1000)\nexcept KeyboardInterrupt: pass", stop=True
    ),
    "own interpreter interrupted": row(
        "import subinterp_kernel as sk\nsk.list_all()[-1].interrupt()\nimport time\ntime.sleep(0.01)", "*"
    ),
    "input without an answer": row(STARTED + "input()", "KeyboardInterrupt", stop=True),
    "time limit": row(LOOP, "TimeoutError", options="--timeout 0.2"),
}  # fmt: skip

VARIABLES = {
    "-i of a missing name": row("1", "*", options="-i no_such_name"),
    "-i of an invalid name": row("1", "*", options="-i 1x"),
    "-i of what cannot be pickled": row("1", "*", options="-i unpicklable"),
    "-i of a class that fails to unpickle": row("1", "*", options="-i x=unloadable"),
    "-o of a missing name": row("1", "*", options="-o no_such_name"),
    "-o of a thread lock": row("import threading\nx = threading.Lock()", "*", options="-o x"),
    "-o of a generator": row("x = (n for n in ())", "*", options="-o x"),
    "-o of a socket": row("import socket\nx = socket.socket()", "*", options="-o x"),
    "-o with a broken __reduce__": row(VALUE.format("__reduce_ex__") + "x = Bad()", "*", options="-o x"),
    "-o whose __reduce__ exits": row(
        "class B:\n    def __reduce__(self): raise SystemExit\nx = B()", "*", options="-o x"
    ),
    "-o that main cannot load": row(
        "class B:\n    def __reduce__(self): return int, ('no number',)\nx = B()", "*", options="-o x"
    ),
    "-o of a nested list": row("x = []\nfor _ in range(10**5): x = [x]", "*", options="-o x"),
    "-o of 50 MB": row("x = bytes(50_000_000)", options="-o x"),
    "-o of a deleted variable": row("x = 1\ndel x", "*", options="-o x"),
    "-o of a surrogate": row("x = '\\ud800'", options="-o x"),
    "unknown option": row("1", "UsageError", options="--no-such-option"),
    "shared array of a huge shape": row("import subinterp_kernel as sk\nsk.SharedArray(2**60, 'd')", "*"),
    "shared array index": row("import subinterp_kernel as sk\nsk.SharedArray(3, 'd')[3]", "IndexError"),
    "shared block of negative size": row("import subinterp_kernel as sk\nsk.SharedBlock(-1)", "*"),
    "closed shared array": row("import subinterp_kernel as sk\na = sk.SharedArray(3, 'd')\na.close()\na[0]", "*"),
    "lock released twice": row("import subinterp_kernel as sk\nsk.Lock().release()", "RuntimeError"),
    "own interpreter closed": row("import subinterp_kernel as sk\nsk.get_current().close()", "*"),
    "main closed": row("import subinterp_kernel as sk\nsk.get_main().close()", "*"),
}

SYSTEM = {
    "fork": row("import os\nos.fork()", "RuntimeError"),
    "multiprocessing with fork": row(
        "import multiprocessing\nmultiprocessing.get_context('fork').Process(target=print).start()", "*"
    ),
    "exec": row("import os\nos.execv('/bin/true', ['true'])", "RuntimeError", alone=True),
    "signal handler": row("import signal\nsignal.signal(signal.SIGTERM, print)", "ValueError"),
    "signal.alarm in Python": row("import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)", "*"),
    "SIGINT to the process": row(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(1000)", "KeyboardInterrupt"
    ),
    "command that fails": row("!exit 3"),
    "command killed by a signal": row("!kill -9 $$$$"),
    "command that does not exist": row("!no_such_command"),
    "%%bash that fails": row("get_ipython().run_cell_magic('bash', '', 'exit 9')", "*"),
    "file not found": row("open('/no/such/file')", "FileNotFoundError"),
    "fd 1 closed": row("import os\nos.close(1)", alone=True),
    "fd 2 closed": row("import os\nos.close(2)", alone=True),
    "fd 0 closed": row("import os\nos.close(0)", alone=True),
    "fds 0 to 2 closed": row(
        "import os\nfor n in range(3):\n    try: os.close(n)\n    except OSError: pass", alone=True
    ),
    "deleted current directory": row(
        "import os, tempfile\nd = tempfile.mkdtemp()\nos.chdir(d)\nos.rmdir(d)", alone=True
    ),
    "environment emptied": row("import os\nos.environ.clear()", alone=True),
    "os.environ replaced": row("import os\nos.environ = None", alone=True),
    "umask of 0o777": row("import os\nos.umask(0o777);", alone=True),
    "no further descriptors": row(
        "import os\nfds = []\ntry:\n    while True: fds.append(os.dup(0))\nexcept OSError: pass\nfor n in fds: os.close(n)",
        alone=True,
    ),
    "niceness of 19": row("import os\nos.nice(19);", alone=True),
    "timezone changed": row("import os, time\nos.environ['TZ'] = 'no/zone'\ntime.tzset()", alone=True),
}
