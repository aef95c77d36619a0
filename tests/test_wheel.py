"""The distributions: what is in them, and that the wheel alone makes a working kernel."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# What is built is the same, in half the time; all other tests use an optimized build.
UNOPTIMIZED = "-Ccmake.define.CMAKE_CXX_FLAGS_RELEASE=-O0"

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(900)]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=800, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def distributions(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, UNOPTIMIZED, cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
def empty_environment(distributions, tmp_path_factory) -> Path:
    """A venv outside the source tree with nothing but the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    (wheel,) = distributions.glob("*.whl")
    binaries = folder / ("Scripts" if sys.platform == "win32" else "bin")
    run(binaries / "python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return binaries


def test_the_wheel_carries_kernelspec_extensions_types_and_licence(distributions):
    (wheel,) = distributions.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in ("kernels/subinterp/kernel.json", "kernels/subinterp/logo-svg.svg",
                   "kernels/subinterp/logo-64x64.png", "py.typed", "_control.pyi", "licenses/LICENSE"):  # fmt: skip
        assert [name for name in names if name.endswith(wanted)], wanted
    extensions = {Path(name).name.partition(".")[0] for name in names if name.endswith((".so", ".pyd"))}
    sources = {path.stem for path in (ROOT / "cython_ext/bindings").glob("_*.pyx")}
    assert len(sources) > 10
    assert sources <= extensions
    assert not [name for name in names if name.endswith((".pyx", ".cpp", ".hpp"))]


def test_the_sdist_carries_all_sources(distributions):
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    for wanted in ("kernel.json", "cython_ext/CMakeLists.txt", "cython_ext/control/lifecycle.cpp",
                   "cython_ext/bindings/_control.pyx", "pyproject.toml", "LICENSE", "logos/logo-svg.svg",
                   "tests/conftest.py"):  # fmt: skip
        assert wanted in names, wanted


def test_the_wheel_alone_makes_a_kernel(empty_environment, tmp_path):
    listed = json.loads(run(empty_environment / "jupyter", "kernelspec", "list", "--json", cwd=tmp_path))
    spec = listed["kernelspecs"]["subinterp"]["spec"]
    assert spec["display_name"] == "Python 3 (sub-interpreters)"
    code = (
        "from jupyter_client.manager import run_kernel\n"
        "with run_kernel(kernel_name='subinterp') as client:\n"
        "    seen = []\n"
        "    client.execute_interactive('%%subinterp a\\n6 * 7', output_hook=seen.append, timeout=60)\n"
        "print([m['content']['data']['text/plain'] for m in seen if m['msg_type'] == 'execute_result'])\n"
    )
    assert run(empty_environment / "python", "-c", code, cwd=tmp_path) == "['42']\n"


def test_the_wheel_works_in_a_plain_script_outside_the_source_tree(empty_environment, tmp_path):
    code = "import subinterp_kernel as sk\nprint(sk.__file__)\na = sk.create()\na.exec('print(6 * 7)')"
    where, answer = run(empty_environment / "python", "-c", code, cwd=tmp_path).splitlines()
    assert not where.startswith(str(ROOT))
    assert answer == "42"
