"""Forged and cut events and replies: the event reader goes on, and every caller gets a result or an exception."""

from __future__ import annotations

import contextlib
import json
import marshal

import pytest
from fuzzing import SECONDS, fuzz
from hypothesis import strategies as st

from subinterp_kernel.messaging import protocol, replies
from subinterp_kernel.messaging.cells import CellOutcome, ExecuteCell, RaisedError

pytestmark = pytest.mark.timeout(120 + 2 * SECONDS)

EMIT = """
from subinterp_kernel.messaging import outbox
for kind, payload, request in events:
    outbox.current().emit(kind, payload, request)
"""

plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=10,
)
fields = st.sampled_from(
    ["data", "metadata", "transient", "update", "wait", "error", "in_result", "source", "fraction"]
)
contents = st.one_of(
    plain, st.dictionaries(fields, plain), st.fixed_dictionaries(dict.fromkeys(["data", "metadata"], plain))
)
jsons = contents.map(lambda content: json.dumps(content).encode())


@st.composite
def damaged(draw, payloads):
    """Draw a payload, often with its end cut off, or with one byte changed."""
    payload = bytearray(draw(payloads))
    if payload and draw(st.booleans()):
        payload[draw(st.integers(0, len(payload) - 1))] = draw(st.integers(0, 255))
    return bytes(payload[: draw(st.integers(0, len(payload)))] if draw(st.booleans()) else payload)


kinds = st.one_of(
    st.integers(0, 12).filter(lambda kind: kind != protocol.STDIN_REQUEST), st.integers(-(2**31), 2**31 - 1)
)
payloads = damaged(st.one_of(jsons, st.binary(max_size=100), st.sampled_from([b"1", b"2", b"-1", b"9" * 5000])))
requests = st.one_of(st.just(0), st.integers(0, 50), st.integers(0, 2**64 - 1))
events = st.lists(st.tuples(kinds, payloads, requests), max_size=10)


@fuzz(60, events=events)
def test_forged_events_of_a_call_do_not_end_the_reader(interpreter, capsys, events):
    interpreter.prepare_main(events=events)
    future = interpreter.submit(exec, f"from __main__ import events\n{EMIT}")
    assert future.exception(20) is None or protocol.FINISHED in [kind for kind, _, _ in events]
    assert interpreter.submit(abs, -1).result(20) == 1
    interpreter.exec("print('seen')")
    assert capsys.readouterr().out.endswith("seen\n")


@fuzz(40, events=events)
def test_forged_events_of_a_cell_do_not_end_the_reader(shell, capsys, events):
    shell.user_ns["events"] = events
    shell.run_cell(f"%%subinterp worker -i events\n{EMIT}").raise_error()
    capsys.readouterr()
    shell.run_cell("%%subinterp worker\nprint('seen')").raise_error()
    assert "seen\n" in capsys.readouterr().out


class Reply:
    """A request that has that reply."""

    def __init__(self, kind, payload):
        self.reply = lambda: (kind, payload)

    def release(self):
        pass


class Worker:
    name = "worker"


marshalled = st.one_of(st.tuples(*[st.text(max_size=5)] * 5), plain).map(marshal.dumps)
outcomes = st.builds(
    CellOutcome,
    st.none() | st.builds(RaisedError, st.text(), st.text(), st.lists(st.text(), max_size=3), st.booleans()),
    st.binary(max_size=20),
    st.binary(max_size=20),
    st.text(max_size=20),
)
reply_kinds = st.integers(0, 12) | st.integers(-(2**31), 2**31 - 1)


@fuzz(
    200,
    kind=reply_kinds,
    payload=damaged(st.one_of(marshalled, outcomes.map(CellOutcome.encode), st.binary(max_size=50))),
)
def test_a_forged_reply_is_a_result_or_an_exception(kind, payload):
    with contextlib.suppress(Exception):  # any exception will do, but no crash and no exit
        replies.decode(Reply(kind, payload), Worker())


@fuzz(200, outcome=outcomes)
def test_an_outcome_is_the_same_after_its_way(outcome):
    assert CellOutcome.decode(outcome.encode()) == outcome


@fuzz(200, cell=st.builds(ExecuteCell, st.text(), st.text(st.characters()), st.integers(0, 2**31), st.text()))
def test_a_cell_is_the_same_after_its_way(cell):
    assert ExecuteCell.decode(cell.encode()) == cell
