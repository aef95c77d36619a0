"""Two clients use one kernel at random for a while; the last line has the figures, and the status is 1 if any is bad.

Usage: soak.py [SECONDS [SEED]]          `make soak SECONDS=600`
"""

from __future__ import annotations

import queue
import random
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from jupyter_client.blocking import BlockingKernelClient
from kernel_client import KernelClient

_STOP_AFTER = 3.0  # seconds without a reply after which a client presses Stop, again and again
_PROBE_AFTER = 15.0  # seconds without a reply after which a client sends another cell
_IDLE_AFTER = 5.0  # seconds after the reply in which the kernel says that it is idle, if a Stop has not prevented it
_HANG = 90.0  # seconds without a reply that count as a hang

# Stop sends SIGINT to the whole process group. A child that got a KeyboardInterrupt before its _exit would go on as a
# second kernel on the same sockets: so the signal is blocked around the fork.
_FORK = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
pid = os.fork()
if pid == 0:
    os._exit(0)
status = os.waitpid(pid, 0)[1]
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
assert status == 0, status
"""
CELLS = [
    "%%subinterp {a}\nx = sum(range(10_000)); print(x)",
    "%%subinterp {a} --fresh\nimport json, datetime; json.dumps([1, 2, 3])",
    "%%subinterp {a}\n1 / 0",
    "%%subinterp {a}\nimport asyncio\nawait asyncio.sleep(0.01)\nt = asyncio.ensure_future(asyncio.sleep(5))",
    "%%subinterp {a}\nimport time\ntime.sleep(0.05)",
    "%%subinterp {a}\nprint('y' * 100_000)",
    "%%subinterp {a} --timeout 0.2\nwhile True: pass",
    "%%subinterp {a} --bg\nimport time\nfor i in range(20): time.sleep(0.005); print(i)",
    "%%subinterp {a},{b}\nprint(rank, size)",
    "%%subinterp {a} -o y\ny = [1] * 1000",
    "array = sk.SharedArray(1000, 'q'); array[:] = array",
    "%%subinterp {a}\nimport subinterp_kernel as sk\nk = sk.SharedArray((100, 100), 'd'); k[0, 0] = 1.0",
    "%%subinterp {a} -i q\nimport subinterp_kernel as sk\nq.put([1, 2, sk.AtomicInt(3)])\nq.get()",
    "%%subinterp {a} -i lock\nwith lock:\n    sum(range(1000))",
    "%%subinterp {a} -i lock --bg\nimport time\nwith lock: time.sleep(0.05)",
    "%subinterp close {a}",
    "%subinterp reset {a}",
    "%subinterp",
    "%subinterp memory",
    "%subinterp wait",
    _FORK,
]
ENDLESS = [
    "%%subinterp {a}\nwhile True: pass",
    "%%subinterp {a}\nimport time\ntime.sleep(1000)",
    "%%subinterp {a}\nimport asyncio\nawait asyncio.sleep(1000)",
    "%%subinterp {a} -i q\nwhile True: q.get()",
    "%%subinterp {a},{b}\nwhile True: pass",
    "while True: pass",
]
PREPARE = "import subinterp_kernel as sk\nq, lock = sk.Queue(), sk.Lock()"
CLEAN_UP = """
import gc, os, sys, threading, time
# Tracebacks, such as that of the last Stop, keep the variables of functions alive; IPython keeps the last one twice.
sys.last_exc = sys.last_value = sys.last_traceback = None
get_ipython().last_execution_result = get_ipython().InteractiveTB.tb = None
get_ipython().run_line_magic('subinterp', 'close --all')
for name in ('array', 'q', 'lock', 'k', 'y', '_', '__', '___'): globals().pop(name, None)
get_ipython().displayhook.flush()
end = time.monotonic() + 20
count = sk.live_object_count
while gc.collect() >= 0 and count() and time.monotonic() < end: time.sleep(0.1)
for found in sk.shared_objects(): print('left', found)
print('figures', count(), threading.active_count(), len(os.listdir('/proc/self/fd')), len(sk.list_all()) - 1)
"""


class HangError(Exception):
    """The kernel gave no reply."""


@dataclass
class Client:
    """One frontend: sends a cell, waits for its reply, and presses Stop meanwhile."""

    channels: Any
    kernel: KernelClient
    random: random.Random
    cells: int = 0
    stops: int = 0
    lost: int = 0
    failures: list[str] = field(default_factory=list)

    def run(self, code: str, stop_after: float = _STOP_AFTER) -> str:
        """Return what the cell printed, and its error."""
        message_id = self.channels.execute(code, stop_on_error=False)
        self.cells += 1
        begin = time.monotonic()
        next_stop, next_probe = begin + stop_after, begin + _PROBE_AFTER
        probes: set[str] = set()
        while (replied := self._reply()) != message_id:
            now = time.monotonic()
            if replied in probes:  # cells are answered in order: a Stop between two cells has lost this one
                self.lost += 1
                return ""
            if now > begin + _HANG or not self.kernel.manager.is_alive():
                raise HangError(code)
            if now > next_probe:
                probes.add(self.channels.execute("None", stop_on_error=False))
                next_probe = now + _PROBE_AFTER
                next_stop = max(next_stop, now + _STOP_AFTER)  # else Stop would lose the probe, too
            elif now > next_stop:
                self.stop()
                next_stop = now + 1
        return self._printed(message_id)

    def stop(self) -> None:
        """Press Stop; it may hit a cell of either client."""
        self.stops += 1
        self.kernel.interrupt()

    def _reply(self) -> str:
        try:
            reply = self.channels.get_shell_msg(timeout=0.05)
        except queue.Empty:
            return ""
        return str(reply["parent_header"].get("msg_id"))

    def _printed(self, message_id: str) -> str:
        text = ""
        while True:
            try:
                message = self.channels.get_iopub_msg(timeout=_IDLE_AFTER)
            except queue.Empty:
                return text
            if message["parent_header"].get("msg_id") == message_id:
                content = message["content"]
                text += content.get("text", "")
                if message["msg_type"] == "error":
                    text += f"{content['ename']}: {content['evalue']}\n"
                if content.get("execution_state") == "idle":
                    return text

    def use(self, end: float) -> None:
        """Run cells until that time."""
        try:
            while time.monotonic() < end:
                names = dict(zip("ab", self.random.sample(["one", "two", "three"], 2), strict=True))
                if self.random.random() < 0.15:
                    self.run(self.random.choice(ENDLESS).format(**names), stop_after=self.random.random())
                else:
                    self.run(self.random.choice(CELLS).format(**names))
                if self.random.random() < 0.05:
                    self.stop()
        except HangError as error:
            self.failures.append(str(error))


def figures(client: Client) -> list[int]:
    """Close all interpreters; return how many objects, threads, descriptors and interpreters there are."""
    for _ in range(10):
        printed = client.run(CLEAN_UP, stop_after=60)
        lines = printed.splitlines()
        for line in [line for line in lines if line.startswith("figures ")]:
            print(*[f"{line}\n" for line in lines if line.startswith("left ")], sep="", end="", file=sys.stderr)
            return [int(word) for word in line.split()[1:]]
    raise HangError(f"{CLEAN_UP}\nwhich printed:\n{printed}")


def soak(kernel: KernelClient, seconds: float, seed: int) -> bool:
    """Use the kernel; print the figures and return whether all are good."""
    second = BlockingKernelClient()  # with a session, hence a socket identity, of its own
    second.load_connection_info(kernel.manager.get_connection_info())
    second.start_channels()
    second.wait_for_ready(timeout=60)
    clients = [Client(c, kernel, random.Random(seed + n)) for n, c in enumerate((kernel.client, second))]
    first = clients[0]
    for code in [PREPARE, *CELLS]:  # so that what is made once is made before counting
        first.run(code.format(a="one", b="two"))
    before = figures(first)
    first.run(PREPARE)
    end = time.monotonic() + seconds
    threads = [threading.Thread(target=client.use, args=(end,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 2 * _HANG)
    return report(kernel, clients, before)


def report(kernel: KernelClient, clients: list[Client], before: list[int]) -> bool:
    """Print one line; return whether it is good."""
    hangs = [failure for client in clients for failure in client.failures]
    after = before
    if not hangs and kernel.manager.is_alive():
        try:
            after = figures(clients[0])
        except HangError as error:
            hangs.append(str(error))
    crashes = int(not kernel.manager.is_alive())
    for code in hangs:
        print(f"no reply to:\n{code}", file=sys.stderr)
    print(kernel.stderr[-4000:], end="", file=sys.stderr)
    objects, threads, descriptors, interpreters = after
    lost = sum(client.lost for client in clients)
    print(
        f"soak: {sum(c.cells for c in clients)} cells, {sum(c.stops for c in clients)} Stops, {crashes} crashes, "
        f"{len(hangs)} hangs, {lost} cells lost to a Stop, "
        f"{objects} live objects, {interpreters} interpreters, threads {before[1]} -> {threads}, "
        f"descriptors {before[2]} -> {descriptors}"
    )
    flat = threads <= before[1] + 2 and descriptors <= before[2] + 4
    return not crashes and not hangs and objects == 0 and interpreters == 0 and flat


def main(seconds: str = "600", seed: str = "") -> int:
    """Return the exit status."""
    chosen = int(seed or time.time())
    print(f"seed {chosen}", flush=True)
    kernel = KernelClient("subinterp")
    try:
        return 0 if soak(kernel, float(seconds), chosen) else 1
    finally:
        kernel.shut_down()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
