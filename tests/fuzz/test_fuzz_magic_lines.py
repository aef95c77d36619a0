"""Lines of the magics: each is accepted, or refused with an error for the user; completion raises nothing."""

from __future__ import annotations

import pytest
from fuzzing import SECONDS, fuzz
from hypothesis import strategies as st
from IPython.core.error import UsageError

import subinterp_kernel as sk
from subinterp_kernel.messaging.cells import Assignment
from subinterp_kernel.notebook.execution import targets
from subinterp_kernel.notebook.magics import options
from subinterp_kernel.notebook.magics.argument_parser import split
from subinterp_kernel.notebook.magics.magic_completion import MagicCompletion
from subinterp_kernel.notebook.magics.routing import Router

pytestmark = pytest.mark.timeout(60 + 2 * SECONDS)

CELL = options.cell_parser(lambda _fragment, _given: ["x"])
SUBCOMMANDS = options.subcommand_parsers(lambda _fragment, _given: ["x"], lambda _fragment, _given: ["1"])
OPTIONS = ("-i", "-o", "--bg", "--job", "--fresh", "--timeout", "--group", "--gil", "--env", "--extensions", "--nope")
REFUSED = (UsageError, sk.InvalidNameError)

pieces = st.sampled_from([
    *OPTIONS, *SUBCOMMANDS, "a", "main", "w1..w3", "w3..1", "x*", "[", "[!", "a,b", ",", "=", "==", "x=y", "x.y=z",
    "--", "-", "-1", "1e400", "nan", "'", '"', "\\", "#", "# subinterp: ", "%%subinterp ", "%subinterp", "own", "A=B",
    "\0", "\n", "\r", "\t", "\ud800", "\u0663..\u0665", "9" * 5000, "w1..w" + "9" * 5000, "{", "}", "$x", "é",
])  # fmt: skip
lines = st.lists(st.one_of(pieces, st.text(st.characters(), max_size=6)), max_size=8).flatmap(
    lambda words: st.sampled_from(["", " ", ","]).map(lambda space: space.join(words))
)


@fuzz(300, line=lines, body=st.sampled_from(["", "1", "x = 1\n"]))
def test_the_line_of_a_cell_is_accepted_or_refused(line, body):
    try:
        request = options.parse_cell(CELL, line, body)
        names = targets.names_of(request.targets)
    except REFUSED:
        return
    assert names
    assert all(isinstance(part, str) for pair in (*request.options.inputs, *request.options.outputs) for part in pair)
    options.creation_options(request.options)


@fuzz(300, line=lines, name=st.sampled_from(sorted(SUBCOMMANDS)))
def test_the_line_of_a_subcommand_is_accepted_or_refused(line, name):
    try:
        given = SUBCOMMANDS[name].parse_args(split(line))
        targets.existing(",".join(getattr(given, "names", [])) or "main")
    except REFUSED:
        pass


@fuzz(300, line=lines, body=lines, active=st.sampled_from([None, "a"]))
def test_routing_raises_nothing(line, body, active):
    router = Router(CELL)
    router.active = active
    cell = f"{line}\n{body}"
    router.request_of(cell)
    given = cell.splitlines(keepends=True)
    rest = given[1:]
    assert not rest or router(given)[-len(rest) :] == rest


@fuzz(300, line=lines, symbol=lines, magic=st.sampled_from(["%%subinterp ", "%subinterp ", "%subinterp new "]))
def test_completion_raises_nothing(line, symbol, magic):
    found = MagicCompletion(CELL, SUBCOMMANDS).find(magic + line + symbol)
    assert found is None or all(isinstance(word, str) for word in found.words)


@fuzz(300, text=lines)
def test_looking_for_a_live_target_raises_nothing(text):
    assert targets.first_live_target(text) is None


@fuzz(300, text=lines)
def test_assignments_are_names_and_paths(text):
    try:
        assignments: list[Assignment] = options.parse_assignments(text)
    except UsageError:
        return
    assert all(name.isidentifier() for name, _ in assignments)
