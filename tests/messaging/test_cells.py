"""The shapes in which cells cross, and dotted paths."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from subinterp_kernel.messaging.cells import CellOutcome, ExecuteCell, RaisedError, usage_error
from subinterp_kernel.messaging.dotted_paths import UnknownVariableError, look_up
from subinterp_kernel.shared import serialization


def test_a_cell_survives_the_crossing():
    cell = ExecuteCell("a", "x = 'ü'", 3, "linux", True, {"np": "numpy"}, b"\x80", (("a", "b.c"),), False, True)
    assert ExecuteCell.decode(cell.encode()) == cell


@pytest.mark.parametrize(
    "outcome",
    [
        CellOutcome(),
        CellOutcome(RaisedError("ValueError", "no", ["line 1", "line 2"], shown=True)),
        CellOutcome(usage_error("no such variable")),
        CellOutcome(None, b"out", b"value", "a problem"),
    ],
)
def test_an_outcome_survives_the_crossing(outcome):
    arrived = CellOutcome.decode(outcome.encode())
    assert arrived == outcome
    assert arrived.error is None or type(arrived.error) is RaisedError


def test_an_outcome_without_values_loads_as_nothing():
    assert (CellOutcome().load_outputs(), CellOutcome().load_value()) == ({}, None)


def test_an_outcome_loads_its_values():
    outputs, _ = serialization.dumps({"x": [1]}, "outputs")
    value, _ = serialization.dumps(5, "value")
    outcome = CellOutcome(outputs=outputs, value=value)
    assert (outcome.load_outputs(), outcome.load_value()) == ({"x": [1]}, 5)


def test_paths_are_looked_up():
    namespace = {"a": SimpleNamespace(b=SimpleNamespace(c=5)), "d": 1}
    assert (look_up(namespace, "a.b.c"), look_up(namespace, "d")) == (5, 1)


def test_a_missing_variable_is_not_a_missing_attribute():
    with pytest.raises(UnknownVariableError, match="x"):
        look_up({}, "x.y")
    with pytest.raises(AttributeError, match="y"):
        look_up({"x": 1}, "x.y")
