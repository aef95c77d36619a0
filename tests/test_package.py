"""The public names of the package, their docstrings, and the error of an uncompiled import."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import subinterp_kernel as sk

PACKAGE = Path(sk.__file__).parent


@pytest.mark.parametrize("name", sk.__all__)
def test_every_public_name_exists_and_is_documented(name):
    assert getattr(sk, name).__doc__


def test_an_unknown_name_raises_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = sk.nothing


def test_dir_lists_the_public_names():
    assert set(sk.__all__) <= set(dir(sk))


def test_types_are_shipped():
    assert (PACKAGE / "py.typed").exists()


def test_every_error_derives_from_one_base():
    errors = [getattr(sk, name) for name in sk.__all__ if name.endswith(("Error", "Failed"))]
    assert len(errors) >= 8
    assert all(issubclass(error, sk.InterpreterError) for error in errors)


def test_importing_without_compiled_modules_says_what_to_do(tmp_path):
    ignore = shutil.ignore_patterns("*.so", "*.pyd", "*.dylib", "*.dll", "__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "subinterp_kernel", ignore=ignore)
    code = "import sys; sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in str(type(f)).lower()]\n"
    code += f"sys.path.insert(0, {str(tmp_path)!r})\nimport subinterp_kernel\nsubinterp_kernel.create"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "compiled core cannot be loaded; install the package with `pip install .`" in done.stderr.splitlines()[-1]
