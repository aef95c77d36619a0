"""Packages with compiled parts in three interpreters at once: their answers are those of the main interpreter."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

import subinterp_kernel as sk

ANSWERS = {path.stem.removesuffix("_answer"): path for path in Path(__file__).parent.glob("packages/*_answer.py")}

# The main interpreter imports the package after the others, while these compute.
COMPARE = """
import sys
from pathlib import Path
import subinterp_kernel as sk

code = Path(sys.argv[1]).read_text() + f"\\nanswers = [answer(seed) for seed in range(1, 1 + {sys.argv[2]})]"
interpreters = [sk.create() for _ in range(3)]
done = [interpreter.submit(exec, code) for interpreter in interpreters]
exec(code, globals())
for each in done:
    each.result(150)
for interpreter in interpreters:
    for seed, found in enumerate(interpreter.call(eval, "answers"), 1):
        assert found == answers[seed - 1], (seed, found, answers[seed - 1])
assert sk.close_all(60) == []
print("equal")
"""


@pytest.mark.parametrize("package", sorted(ANSWERS))
def test_three_interpreters_give_the_answers_of_main(stdout_of, monkeypatch, package):
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed: it may have no wheel for this Python")
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")  # joblib warns if it has to count the cores and cannot
    assert stdout_of(COMPARE, str(ANSWERS[package]), "20") == "equal\n"


# pyzmq frees such a frame in a daemon thread.
LARGE_FRAME = """
import zmq
with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
    socket.linger = 0
    socket.bind_to_random_port("tcp://127.0.0.1")
    socket.send(bytes(100_000), copy=False)
"""


def test_a_large_frame_of_pyzmq_that_is_not_copied_is_refused(interpreter):
    pytest.importorskip("zmq")
    with pytest.raises(sk.ExecutionFailed, match="daemon threads are disabled"):
        interpreter.exec(LARGE_FRAME)
