"""Distributions with small extension modules, which are built once for all tests of this folder."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import extension_build
import pytest
from extension_build import COUNTER_OPTIONS, SUFFIX, build, skip_where_not_supported
from installed import Installed

from subinterp_kernel.doctor import Package, examine

BEHAVIOUR = str(Path(__file__).parent / "samples" / "behaviour.c")
COUNTER = "counter.c"
# The file, and the options with which it is built, by the name of the module.
SAMPLES = {
    "own_gil": (BEHAVIOUR,),
    "shared_gil": (COUNTER, COUNTER_OPTIONS["shared_gil"]),
    "unsupported": (COUNTER, COUNTER_OPTIONS["none"]),
    "absent": (COUNTER, COUNTER_OPTIONS["absent"]),
    "single_phase": (COUNTER, COUNTER_OPTIONS["single_phase"]),
    "limited": (BEHAVIOUR, "-DPy_LIMITED_API=0x030D0000"),
    "lies": (BEHAVIOUR, "-DLIES"),
    "static_class": (BEHAVIOUR, "-DSTATIC_CLASS"),
    "crashes_on_import": (BEHAVIOUR, "-DCRASHES_ON_IMPORT"),
    "crashes_in_init": (BEHAVIOUR, "-DCRASHES_IN_INIT"),
    "crashes_on_destroy": (BEHAVIOUR, "-DCRASHES_ON_DESTROY"),
    "hangs": (BEHAVIOUR, "-DHANGS"),
    "differs": (BEHAVIOUR, "-DDIFFERS"),
}
if sys.version_info >= (3, 15):
    SAMPLES["exports"] = (COUNTER, "-DEXPORTS")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests where slots cannot be read."""
    skip_where_not_supported(items, Path(__file__).parent, "slots are read on Linux only")


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """A folder with the extension modules."""
    if extension_build.compiler() is None:
        pytest.skip("needs a C compiler and the header files of Python")
    folder = tmp_path_factory.mktemp("built")
    for name, (source, *options) in SAMPLES.items():
        suffix = ".abi3.so" if name == "limited" else SUFFIX
        build(source, folder / f"{name}{suffix}", f"-DMODULE={name}", *options)
    return folder


@pytest.fixture
def site(tmp_path, monkeypatch) -> Installed:
    """An empty folder of installed distributions that comes first on sys.path; the cache is empty, too."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(tmp_path / "site")
    return Installed(tmp_path / "site")


@pytest.fixture
def examine_sample(site, built) -> Callable[..., Package]:
    """Install one of the samples as a distribution of its name, and examine it."""

    def run(name: str, level: str = "imports", **options) -> Package:
        site.install(name, next(built.glob(f"{name}.*")))
        return examine(name, level=level, **{"cycles": 3, **options}).packages[0]

    return run
