"""Interpreters with NumPy and pandas live at random: made, used, interrupted, closed, while main forks.

Usage: life.py [SECONDS [SEED]]          the last line has the figures; the status is not 0 if anything went wrong
"""

from __future__ import annotations

import collections
import contextlib
import os
import random
import sys
import threading
import time
import warnings

import subinterp_kernel as sk

CODES = {
    "numpy": "import numpy as np\nassert np.sort(np.arange(5000.0)[::-1])[1] == 1",
    "linalg": "import numpy as np\nassert abs(np.linalg.det(np.eye(60) * 1.01) - 1.01**60) < 1e-6",
    "random": "import numpy as np\nassert np.random.default_rng(1).integers(1, 7, 3).tolist() == [3, 4, 5]",
    "pandas": "import pandas as pd\nassert pd.DataFrame({'k': [1, 1], 'v': [1, 2]}).groupby('k')['v'].sum()[1] == 3",
    "objects": "import numpy as np\nassert np.array([[1], 'x', None], dtype=object)[1] == 'x'",
    "raises": "import numpy as np\ntry: np.zeros(3) + np.zeros(4)\nexcept ValueError: pass\nelse: raise SystemExit",
    "thread": "import threading, numpy as np\nt = threading.Thread(target=np.arange, args=(5,)); t.start(); t.join()",
    "cycle": "import numpy as np\nkeep = [np.arange(1000)]; keep.append(keep)\nnp.kept = keep",
    "callback": "import numpy as np\nassert np.vectorize(lambda n: n * 2)(np.arange(50)).sum() == 2450",
    "shared": "import numpy as np\na = np.asarray(shared)\na[:10] += 1\nassert a.shape == (1000,)",
}
ENDLESS = "import numpy as np\na = np.arange(5000.0)\nstarted.set()\nwhile True: np.sort(a[::-1])"


class Life:
    """What one thread of main does with interpreters of its own."""

    def __init__(self, seed: int, end: float) -> None:
        self.random = random.Random(seed)
        self.end = end
        self.counts: collections.Counter[str] = collections.Counter()
        self.failures: list[str] = []

    def run(self) -> None:
        """Make, use and close interpreters until the time is over or something went wrong."""
        while time.monotonic() < self.end and not self.failures:
            try:
                self.one_interpreter()
            except Exception as error:  # noqa: BLE001
                self.failures.append(f"{type(error).__name__}: {error}")

    def one_interpreter(self) -> None:
        """Let one interpreter live."""
        interpreter = sk.create()
        with contextlib.ExitStack() as stack:
            stack.callback(interpreter.close, 100)  # a busy machine needs longer than the usual limit
            self.counts["created"] += 1
            shared = sk.SharedArray.copy_of(memoryview(bytearray(8000)).cast("d"))
            interpreter.prepare_main(shared=shared, started=sk.Event())
            for _ in range(self.random.randint(1, 8)):
                if time.monotonic() > self.end:
                    break
                if self.random.random() < 0.2:
                    self.interrupt(interpreter)
                else:
                    name = self.random.choice(list(CODES))
                    interpreter.exec(CODES[name])
                    self.counts[name] += 1

    def interrupt(self, interpreter: sk.Interpreter) -> None:
        """Interrupt endless code after it has begun."""
        started = sk.Event()
        interpreter.prepare_main(started=started)
        running = interpreter.submit(exec, ENDLESS)
        assert started.wait(100)
        interpreter.interrupt()
        error = running.exception(100)
        assert isinstance(error, sk.ExecutionFailed), error
        assert error.excinfo.type.__name__ == "KeyboardInterrupt", error
        self.counts["interrupted"] += 1


def fork() -> None:
    """Fork a child that uses NumPy in main and exits."""
    pid = os.fork()
    if pid == 0:
        exec(CODES["linalg"], {})
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0


def main() -> int:
    """Run three lives for a time; print the figures."""
    seconds, seed = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0, int(sys.argv[2]) if len(sys.argv) > 2 else 1
    warnings.simplefilter("ignore", DeprecationWarning)  # main has threads when it forks: that is meant here
    # A child forked while another thread loads a library may be unable to load any: so main has NumPy before.
    exec(CODES["linalg"], {})
    end = time.monotonic() + seconds
    lives = [Life(seed * 10 + number, end) for number in range(3)]
    threads = [threading.Thread(target=life.run) for life in lives]
    for thread in threads:
        thread.start()
    forks = 0
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.1)
        fork()
        forks += 1
    left = sk.close_all(60)
    failures = [failure for life in lives for failure in life.failures]
    figures = sum((life.counts for life in lives), collections.Counter(forks=forks))
    print(*failures, sep="\n", end="\n" if failures else "")
    print(f"left {len(left)}, shared objects {sk.live_object_count()}, {dict(figures)}")
    return int(bool(failures or left))


if __name__ == "__main__":
    sys.exit(main())
