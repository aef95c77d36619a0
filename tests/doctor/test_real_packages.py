"""What the doctor says of packages from real wheels."""

from __future__ import annotations

import json

import pytest

from subinterp_kernel.doctor import Report, examine


@pytest.fixture(scope="module")
def numpy_package(tmp_path_factory):
    pytest.importorskip("numpy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return examine("numpy").packages[0]


def test_numpy_is_refused_and_works_from_private_copies(numpy_package):
    levels = numpy_package.levels
    assert (levels.imports, levels.survives, levels.private) == (False, None, True)
    assert "Cython" in numpy_package.toolchains


def test_each_module_of_numpy_that_is_loaded_has_the_imports_that_lead_to_it(numpy_package):
    core = next(module for module in numpy_package.modules if module.name == "numpy._core._multiarray_umath")
    assert core.refuses
    assert core.imported_by[0] == "numpy"
    assert "numpy._core.multiarray" in core.imported_by


def test_a_report_survives_json(numpy_package):
    report = Report("3.13.0", "2026-11-27", (numpy_package,))
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report


@pytest.mark.parametrize(
    ("name", "toolchain"), [("PyYAML", "Cython"), ("pydantic_core", "PyO3"), ("contourpy", "pybind11")]
)
def test_the_toolchain_is_recognized(name, toolchain):
    pytest.importorskip({"PyYAML": "yaml"}.get(name, name))
    assert examine(name, level="declared", cached=False).packages[0].toolchains == (toolchain,)


def test_own_bindings_support_own_gils():
    assert examine("subinterp-kernel", level="declared", cached=False).packages[0].levels.declared == "own-gil"
