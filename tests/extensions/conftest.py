"""Extension modules that are built once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import extension_build
import pytest
from extension_build import COUNTER_OPTIONS, SUFFIX, build, skip_where_not_supported

import subinterp_kernel as sk


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of private copies where none can be made."""
    skip_where_not_supported(items, Path(__file__).parent, "private copies are made on Linux only")


@pytest.fixture(scope="session")
def samples(tmp_path_factory) -> Path:
    """A folder with the extension modules."""
    if extension_build.compiler() is None:
        pytest.skip("needs a C compiler and the header files of Python")
    folder = tmp_path_factory.mktemp("samples")
    for name, option in COUNTER_OPTIONS.items():
        build("counter.c", folder / f"{name}{SUFFIX}", f"-DMODULE={name}", option)
    (folder / "package").mkdir()
    (folder / "package" / "__init__.py").touch()
    build("counter.c", folder / "package" / f"part{SUFFIX}", "-DMODULE=part", "-DSINGLE_PHASE")
    for name in ("threads.c", "static_object.cpp", "missing_symbol.c"):
        build(name, folder / f"{Path(name).stem}{SUFFIX}", "-pthread")
    library = build("library.c", folder / "libs" / "libsample_python.so", "-Wl,-soname,libsample_python.so")
    origin = "-Wl,-rpath,$ORIGIN/libs"
    build("library_user.c", folder / f"library_user{SUFFIX}", link=(f"-L{library.parent}", "-lsample_python", origin))
    return folder


@pytest.fixture
def two(samples) -> Iterator[tuple[sk.Interpreter, sk.Interpreter]]:
    """Two interpreters that find the samples."""
    with sk.create("first", path=[samples]) as first, sk.create("second", path=[samples]) as second:
        yield first, second
