"""The distributions: what is in them, and that the wheel alone makes a working kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# All that a wheel is built of.
SOURCES = ["pyproject.toml", "kernel.json", "README.md", "LICENSE"] + [
    path.relative_to(ROOT).as_posix()
    for folder in ("cython_ext", "logos", "subinterp_kernel")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.is_file() and path.suffix not in {".pyc", ".so"}
]

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(900)]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=800, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "build", "--sdist", "--outdir", folder, cwd=ROOT)
    (archive,) = folder.glob("*.tar.gz")
    return archive


@pytest.fixture(scope="module")
def wheel(request, tmp_path_factory) -> Path:
    """The wheel that `make` has built of these sources and installed; else one that is built of the sdist."""
    built = os.environ.get("SUBINTERP_WHEEL")
    if built:
        return Path(built)
    folder = tmp_path_factory.mktemp("wheel")
    sources = request.getfixturevalue("sdist")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, sources, cwd=folder)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def empty_environment(wheel, tmp_path_factory) -> Path:
    """A venv outside the source tree with nothing but the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    binaries = folder / ("Scripts" if sys.platform == "win32" else "bin")
    run(binaries / "python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return binaries


def test_the_wheel_carries_kernelspec_extensions_types_and_licence(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in ("kernels/subinterp/kernel.json", "kernels/subinterp/logo-svg.svg",
                   "kernels/subinterp/logo-64x64.png", "py.typed", "_control.pyi", "licenses/LICENSE"):  # fmt: skip
        assert [name for name in names if name.endswith(wanted)], wanted
    extensions = {Path(name).name.partition(".")[0] for name in names if name.endswith((".so", ".pyd"))}
    sources = {path.stem for path in (ROOT / "cython_ext/bindings").glob("_*.pyx")}
    assert len(sources) > 10
    assert sources <= extensions
    assert not [name for name in names if name.endswith((".pyx", ".cpp", ".hpp"))]


def test_the_sdist_carries_all_sources_unchanged(sdist, tmp_path):
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (root,) = tmp_path.iterdir()
    assert not [name for name in SOURCES if (root / name).read_bytes() != (ROOT / name).read_bytes()]
    assert (root / "tests/conftest.py").exists()


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
