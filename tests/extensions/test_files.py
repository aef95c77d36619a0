"""Private copies leave no files and descriptors behind; what cannot be copied or loaded is one clear error."""

from __future__ import annotations

from pathlib import Path

from extension_build import SUFFIX, build

import subinterp_kernel as sk

USE = """
import os, sys
import subinterp_kernel as sk

def descriptors():
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{name}"))
        except FileNotFoundError:
            pass  # the one that has listed the folder
    return found

def use():
    with sk.create(path=[sys.argv[1]]) as interpreter:
        interpreter.exec("import single_phase, none, library_user")
        assert interpreter.call(eval, "none.increment()") == 2
        return descriptors()

use()
"""

LEFT = """
before = len(descriptors())
inside = use()
left = [each for each in inside + descriptors() if "none" in each or "single_phase" in each]
print(len(descriptors()) <= before, left)
"""


def test_no_descriptors_are_left(stdout_of, samples):
    assert stdout_of(USE + LEFT, str(samples)) == "True []\n"


def test_without_files_in_memory_a_temporary_file_is_used_and_removed(stdout_of, samples, tmp_path, monkeypatch):
    preloaded = build("no_memfd.c", tmp_path / "no_memfd.so")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("LD_PRELOAD", str(preloaded))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    mapped = f"print(any({str(tmp_path)!r} in line and 'deleted' in line for line in open('/proc/self/maps')))"
    assert stdout_of(USE + mapped + LEFT, str(samples)) == "True\nTrue []\n"
    assert list((tmp_path / "temporary").iterdir()) == []


MAPPINGS = """
def count():
    return sum("single_phase" in line or "none" in line or "_python.so" in line for line in open("/proc/self/maps"))

for _ in range(4):
    print(count() > 0, count())
    use()
"""


def test_copies_that_are_used_again_need_no_new_mappings(stdout_of, samples):
    (line,) = set(stdout_of(USE + MAPPINGS, str(samples)).splitlines())
    assert line.startswith("True ")


# The limit holds for files in memory, too. Python ignores the signal.
LIMITED = """
import resource, sys
import subinterp_kernel as sk

with sk.create(path=[sys.argv[1]]) as interpreter:
    interpreter.exec("import single_phase")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    try:
        interpreter.exec("import none")
    except sk.ExecutionFailed as failed:
        print(failed.excinfo.type.__name__, failed.excinfo.msg)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    interpreter.exec("import none")
    print(interpreter.call(eval, "none.increment()"))
"""


def test_a_copy_that_cannot_be_written_is_one_clear_error(stdout_of, samples):
    error, count = stdout_of(LIMITED, str(samples)).splitlines()
    assert error.startswith(f"ImportError no private copy of {samples / f'none{SUFFIX}'} can be loaded: ")
    assert "File too large" in error
    assert count == "2"


# What debuggers and libraries that look for files beside them see.
PLACE = """
import ctypes, none, os
class Info(ctypes.Structure):
    _fields_ = [("path", ctypes.c_char_p), ("base_name_and_address", ctypes.c_void_p * 3)]
info = Info()
assert ctypes.CDLL(None).dladdr(ctypes.c_void_p(none.address()), ctypes.byref(info))
path = info.path.decode()
"""


def test_the_place_of_a_copy_is_that_of_the_original(samples):
    with sk.create(path=[samples]) as first, sk.create(path=[samples]) as second:
        for interpreter in (first, second):
            interpreter.exec(PLACE)
        paths = [interpreter.call(eval, "path") for interpreter in (first, second)]
    original = samples / f"none{SUFFIX}"
    assert all(Path(path).samefile(original) for path in paths)
    assert len({*paths, str(original)}) == 3  # equal paths would be one library for the dynamic loader
