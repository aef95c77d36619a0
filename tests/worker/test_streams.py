"""stdout and stderr of an interpreter: live, in order, without loss, with bounded memory."""

from __future__ import annotations

import hashlib
import io
import itertools
import sys
import threading
import time

import pytest
from conditions import until, until_it_waits

import subinterp_kernel as sk
from subinterp_kernel.messaging import event_reader, protocol


class Recorder:
    """A sink that keeps what it gets, and can be made to wait."""

    def __init__(self):
        self.events = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def __call__(self, kind, payload):
        self.may_go_on.wait(60)
        self.events.append((kind, payload))

    def text(self, kind=protocol.STDOUT):
        return b"".join(payload for k, payload in self.events if k == kind).decode()


@pytest.fixture
def recorder():
    return Recorder()


def start(interpreter, code, sink):
    worker = interpreter._worker
    request = worker.request(protocol.EXEC, code.encode())
    event_reader.subscribe(request, worker, sink)
    request.post()
    return request


def run(interpreter, code, sink):
    request = start(interpreter, code, sink)
    assert request.wait(60)
    assert request.wait_shown(60)
    assert request.reply()[0] == protocol.RETURNED, request.reply()


def test_streams_keep_their_order(interpreter, recorder):
    code = "import sys\nfor i in range(100):\n    print(i, file=(sys.stdout, sys.stderr)[i % 2])"
    run(interpreter, code, recorder)
    # The size of the events depends on timing; their order does not.
    merged = [
        (kind, b"".join(p for _, p in group)) for kind, group in itertools.groupby(recorder.events, lambda e: e[0])
    ]
    assert merged == [((protocol.STDOUT, protocol.STDERR)[i % 2], f"{i}\n".encode()) for i in range(100)]


def test_text_arrives_while_the_code_is_running(interpreter, recorder):
    gate = sk.SharedBlock(1)
    interpreter.prepare_main(gate=gate)
    code = "view = memoryview(gate)\nprint('now', end='')\nimport time\nwhile not view[0]: time.sleep(0.001)"
    request = start(interpreter, code, recorder)
    until(lambda: recorder.events)
    assert recorder.text() == "now"
    assert not request.done()
    memoryview(gate)[0] = 1
    assert request.wait(60)


def test_ten_megabytes_arrive_without_loss(interpreter, recorder):
    code = "import hashlib\nh = hashlib.sha256()\nfor i in range(100_000):\n    line = f'{i:099}'\n    print(line)\n"
    run(interpreter, code + "    h.update(line.encode() + b'\\n')\ndigest = h.hexdigest()", recorder)
    text = recorder.text().encode()
    assert len(text) == 10_000_000
    assert hashlib.sha256(text).hexdigest() == interpreter.get("digest")


def test_one_large_write_arrives_completely(interpreter, recorder):
    run(interpreter, "print('x' * 5_000_000, end='')", recorder)
    assert recorder.text() == "x" * 5_000_000


def test_a_slow_reader_makes_the_writer_wait(interpreter, recorder):
    progress = sk.SharedBlock(8)
    interpreter.prepare_main(progress=progress)
    recorder.may_go_on.clear()
    code = "v = memoryview(progress).cast('q')\nfor i in range(10_000):\n    print('x' * 999)\n    v[0] = i"
    request = start(interpreter, code, recorder)
    count = memoryview(progress).cast("q")

    def stands_still():
        before = count[0]
        time.sleep(0.3)
        return before == count[0] > 0

    until(stands_still)
    # At most two queues of 1 MiB of events are in flight: one at the reader and one behind it.
    assert count[0] < 2_200
    recorder.may_go_on.set()
    assert request.wait(60)
    assert request.wait_shown(60)
    assert len(recorder.text()) == 10_000_000


def test_a_blocked_writer_can_be_interrupted(interpreter, recorder):
    recorder.may_go_on.clear()
    request = start(interpreter, "while True: print('x' * 1000)", recorder)
    until_it_waits(interpreter, 0.3)
    assert interpreter.interrupt()
    assert request.wait(60)
    recorder.may_go_on.set()
    assert request.wait_shown(60)
    assert request.reply()[0] == protocol.RAISED


def test_threads_can_print_after_their_request_has_ended(interpreter, recorder):
    code = "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.1), print('late'))).start()"
    run(interpreter, code, recorder)
    until(lambda: recorder.events)
    assert recorder.text() == "late\n"


def test_lone_surrogates_are_escaped(interpreter, recorder):
    run(interpreter, "print('a\\ud800b')", recorder)
    assert recorder.text() == "a\\ud800b\n"


def test_bytes_can_be_written_to_the_buffer(interpreter, recorder):
    run(interpreter, "import sys; sys.stdout.buffer.write(b'raw\\n'); sys.stdout.flush()", recorder)
    assert recorder.text() == "raw\n"


def test_a_sink_that_raises_does_not_stop_the_others(interpreter, recorder, caplog):
    def broken(kind, payload):
        raise RuntimeError("broken sink")

    run(interpreter, "print(1)", broken)
    run(interpreter, "print(2)", recorder)
    assert recorder.text() == "2\n"
    assert "could not show an event" in caplog.text


def test_code_runs_if_main_has_no_stdout(interpreter, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    interpreter.exec("print('nowhere'); x = 1")
    assert interpreter.get("x") == 1


def test_code_can_replace_stdout(interpreter):
    out = io.StringIO()
    interpreter.exec("import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()) as f: print('caught')")
    assert interpreter.call(eval, "__import__('__main__').f.getvalue()") == "caught\n"
    assert out.getvalue() == ""
