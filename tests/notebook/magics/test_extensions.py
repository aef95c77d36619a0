"""Packages whose compiled modules refuse GILs of their own, in cells."""

from __future__ import annotations

import sys

import pytest
from IPython.core.error import UsageError
from magic_calls import cell, line

import subinterp_kernel as sk
from subinterp_kernel.notebook.errors import CellError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="private copies are made on Linux only")


@pytest.fixture(autouse=True)
def _numpy():
    pytest.importorskip("numpy", reason="NumPy is not installed")


def test_numpy_is_imported_in_two_interpreters_with_gils_of_their_own(shell):
    captured = cell(shell, "a,b", "import numpy as np\nint(np.arange(5).sum()) + rank")
    assert [output.data["text/plain"] for output in captured.outputs if "text/plain" in output.data] == ["10", "11"]
    assert {sk.get(name).gil for name in "ab"} == {"own"}


def test_numpys_warning_about_sub_interpreters_is_not_shown(shell):
    assert cell(shell, "a", "import numpy").stderr == ""


def test_packages_shows_what_was_loaded_from_private_copies(shell):
    cell(shell, "a", "import numpy")
    (table,) = line(shell, "packages a").outputs
    text = table.data["text/plain"]
    assert "numpy" in text
    assert "private copies" in text
    assert "<td>numpy</td>" in table.data["text/html"]


def test_packages_of_an_interpreter_that_has_loaded_none_is_an_empty_table(shell):
    cell(shell, "a", "1;")
    (table,) = line(shell, "packages a").outputs
    assert "<tbody></tbody>" in table.data["text/html"]


def test_the_strict_policy_refuses_as_cpython_does(shell):
    with pytest.raises(CellError, match="numpy cannot be imported here, because its compiled module"):
        cell(shell, "a --extensions strict", "import numpy")


def test_an_unknown_policy_is_a_usage_error(shell):
    with pytest.raises(UsageError, match="--extensions"):
        cell(shell, "a --extensions all", "1")
    with pytest.raises(ValueError, match="extensions must be 'auto', 'strict' or 'private', not 'all'"):
        sk.create(extensions="all")


def test_the_policy_of_an_existing_interpreter_cannot_be_changed(shell):
    cell(shell, "a", "1;")
    with pytest.raises(UsageError, match="exists and keeps"):
        cell(shell, "a --extensions strict", "1")


def test_the_usual_policy_can_be_configured(shell):
    shell.run_line_magic("config", "SubinterpMagics.extensions = 'strict'")
    try:
        with pytest.raises(CellError, match="numpy cannot be imported here"):
            cell(shell, "a", "import numpy")
        assert cell(shell, "b --extensions auto", "import numpy; print(1)").stdout == "1\n"
    finally:
        shell.run_line_magic("config", "SubinterpMagics.extensions = 'auto'")


def test_spares_import_modules_ahead(shell):
    shell.run_line_magic("config", "SubinterpMagics.preload = ['numpy', 'no_such_module']")
    shell.run_line_magic("config", "SubinterpMagics.spares = 1")
    try:
        shell.magics_manager.registry["SubinterpMagics"].cells.spares.refill()
        assert cell(shell, "a", "import sys\nprint('numpy' in sys.modules)").stdout == "True\n"
        assert cell(shell, "b --env A=1", "import sys\nprint('numpy' in sys.modules)").stdout == "False\n"
    finally:
        shell.run_line_magic("config", "SubinterpMagics.spares = 0")
        shell.run_line_magic("config", "SubinterpMagics.preload = []")


def test_a_figure_is_shown_in_the_cell(shell):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    code = "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2, 3]);"
    (figure,) = cell(shell, "a", code).outputs
    assert figure.data["image/png"]


def test_a_data_frame_is_shown_as_a_table(shell):
    pytest.importorskip("pandas", reason="pandas is not installed")
    (shown,) = cell(shell, "a", "import pandas as pd\npd.DataFrame({'x': [1, 2]})").outputs
    assert "<table" in shown.data["text/html"]


def test_an_image_is_shown(shell):
    pytest.importorskip("PIL", reason="Pillow is not installed")
    (shown,) = cell(shell, "a", "from PIL import Image\nImage.new('RGB', (4, 4), 'red')").outputs
    assert shown.data["image/png"]
