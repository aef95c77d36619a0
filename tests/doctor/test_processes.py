"""Child processes, the cache, and what importing the doctor loads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import conditions
import pytest

from subinterp_kernel.doctor import child_process, examine
from subinterp_kernel.doctor.cache import Cache
from subinterp_kernel.doctor.child_process import Limits

IMPORT = (
    "import sys, subinterp_kernel.doctor.command; from subinterp_kernel.doctor import examine\n"
    "print([name for name in ('IPython', 'zmq', 'rich', 'elftools', 'traitlets') if name in sys.modules])"
)


def test_importing_the_doctor_loads_neither_ipython_nor_zmq(stdout_of):
    assert stdout_of(IMPORT) == "[]\n"


def test_examining_loads_neither_ipython_nor_zmq(stdout_of):
    code = "import sys\nfrom subinterp_kernel.doctor import examine\nexamine('cloudpickle', cached=False)\n"
    assert stdout_of(code + "print('IPython' in sys.modules, 'zmq' in sys.modules)") == "False False\n"


def test_a_child_process_is_reaped_when_the_block_is_left():
    with child_process.run("strict_imports", {"items": ["json"]}, Limits()) as child:
        pid = child._process.pid
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)


def test_the_children_of_a_child_end_with_it(site, tmp_path):
    text = f"import subprocess, sys\nwith open({str(tmp_path / 'pid')!r}, 'w') as file:\n"
    text += "    file.write(str(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid))\n"
    site.install("starter", texts={"starter.py": text})
    examine("starter", cached=False)
    stat = Path(f"/proc/{(tmp_path / 'pid').read_text()}/stat")
    conditions.until(lambda: not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX")


def test_ctrl_c_ends_the_child_process_too(site, tmp_path):
    pid, report = tmp_path / "pid", tmp_path / "report.json"
    text = (
        f"import os, time\nwith open({str(pid)!r}, 'w') as file:\n    file.write(str(os.getpid()))\ntime.sleep(600)\n"
    )
    site.install("plain", texts={"plain.py": ""})
    site.install("waits", texts={"waits.py": text})
    code = f"import sys\nsys.path.insert(0, {str(site.folder)!r})\nfrom subinterp_kernel.doctor.command import main\n"
    code += f"sys.exit(main(['plain', 'waits', '-q', '--json', {str(report)!r}]))"
    with subprocess.Popen([sys.executable, "-P", "-c", code], stderr=subprocess.PIPE) as command:
        conditions.until(lambda: pid.exists() and pid.read_text())
        command.send_signal(signal.SIGINT)
        assert command.wait(120) == 130
    assert [package["name"] for package in json.loads(report.read_text())["packages"]] == ["plain"]
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_result_is_cached_until_the_package_changes(site):
    metadata = site.install("plain", texts={"plain.py": ""})
    assert examine("plain").packages[0].levels.imports is True
    (site.folder / "plain.py").write_text("import what_is_not_there")
    assert examine("plain").packages[0].levels.imports is True
    (metadata / "RECORD").write_text("plain.py,sha256=other,\n")
    assert examine("plain").packages[0].levels.imports is None


def test_results_are_not_cached_if_that_is_not_wanted(site):
    site.install("plain", texts={"plain.py": ""})
    assert examine("plain", cached=False).packages[0].levels.imports is True
    (site.folder / "plain.py").write_text("import what_is_not_there")
    assert examine("plain", cached=False).packages[0].levels.imports is None


def test_the_cache_is_in_the_users_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    Cache().put([1], "key")
    assert Cache().get("key") == [1]
    assert len(list((tmp_path / "subinterp-kernel" / "doctor").iterdir())) == 1


def test_a_cache_that_cannot_be_written_forgets(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    Cache().put([1], "key")
    assert Cache().get("key") is None


def test_a_damaged_cache_is_the_same_as_none(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    Cache().put([1], "key")
    next((tmp_path / "subinterp-kernel" / "doctor").iterdir()).write_text("{")
    assert Cache().get("key") is None
