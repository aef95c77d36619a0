"""%subinterp doctor."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError

pytest.importorskip("elftools")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_the_line_shows_a_table(shell, capsys):
    shell.run_line_magic("subinterp", "doctor cloudpickle --level declared")
    assert "cloudpickle" in capsys.readouterr().out


def test_without_a_name_the_imported_packages_are_examined(shell, capsys):
    shell.run_cell("import cloudpickle, json")
    shell.run_line_magic("subinterp", "doctor --level declared")
    output = capsys.readouterr().out
    assert "cloudpickle" in output
    assert "json" not in output


def test_a_package_that_is_not_installed_is_an_error(shell):
    with pytest.raises(UsageError, match="no_such_thing is not installed here"):
        shell.run_line_magic("subinterp", "doctor no_such_thing")


def test_a_notebook_without_imports_is_an_error(shell):
    with pytest.raises(UsageError, match="imported no package"):
        shell.run_line_magic("subinterp", "doctor")
