"""What a cell's error says about variables and values that exist in the notebook only."""

from __future__ import annotations

import re

import pytest
from IPython.core.error import UsageError
from magic_calls import cell, line

from subinterp_kernel.notebook.errors import CellError


def name_error(shell, body, first_line="a"):
    with pytest.raises(CellError) as caught:
        cell(shell, first_line, body)
    assert caught.value.ename == "NameError"
    return caught.value


def test_a_function_of_main_is_said_to_be_in_main(shell):
    shell.run_cell("def slow(x): return x")
    error = name_error(shell, "slow(1)")
    assert str(error) == "name 'slow' is not defined; it exists in main: `%%subinterp a -i slow` copies it"
    assert re.sub(r"\x1b\[[0-9;]*m", "", error.lines[-1]) == f"NameError: {error}"
    assert "1" in cell(shell, "a -i slow", "print(slow(1))").stdout


def test_a_module_of_main_is_to_be_imported(shell):
    shell.run_cell("import collections.abc as abc")
    message = str(name_error(shell, "abc"))
    assert message == "name 'abc' is not defined; main has imported it: import collections.abc in this interpreter, too"


@pytest.mark.parametrize("body", ["nowhere", "raise NameError('x is not here')", "raise NameError"])
def test_other_name_errors_are_not_changed(shell, body):
    assert "main" not in str(name_error(shell, body))


def test_a_job_and_each_of_several_interpreters_get_the_hint(shell):
    shell.run_cell("slow = 1")
    cell(shell, "a --job job", "slow")
    assert "exists in main" in str(shell.user_ns["job"].exception(20))
    with pytest.raises(CellError, match="`%%subinterp b -i slow` copies it"):
        cell(shell, "a,b", "slow")


# A value that is pickled here and cannot be unpickled there: its module cannot be imported, as that of a DataFrame.
NEEDS_READLINE = "class Needy:\n    def __reduce__(self): return __import__, ('readline',)\nneedy = Needy()"
REASON = "ImportError: readline cannot be imported here, because it does not support"


def test_a_value_that_cannot_be_made_inside_is_one_sentence_of_push(shell):
    shell.run_cell(NEEDS_READLINE)
    line(shell, "new a --extensions strict")
    with pytest.raises(UsageError, match=f"^cannot copy needy into interpreter 'a': {REASON}") as caught:
        line(shell, "push a needy")
    assert "\n" not in str(caught.value)


def test_a_value_that_cannot_be_made_inside_is_one_sentence_of_the_cell(shell):
    shell.run_cell(NEEDS_READLINE)
    with pytest.raises(UsageError, match=f"a variable could not be copied into interpreter 'a': {REASON}") as caught:
        cell(shell, "a --extensions strict -i needy", "print('never')")
    assert "\n" not in str(caught.value)
