"""Private copies leave no files and descriptors behind; what cannot be copied or loaded is one clear error."""

from __future__ import annotations

import pytest
from extension_build import SUFFIX, build

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


# Imports the module `none` from each damaged file; another module shows afterwards that the interpreter still works.
DAMAGED = """
import random, struct, sys
from pathlib import Path
import subinterp_kernel as sk

good, folder = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2])
IMPORT = '''
from importlib.util import module_from_spec, spec_from_file_location
def attempt(path):
    spec = spec_from_file_location("none", path)
    try:
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    except ImportError as error:
        return f"ImportError: {error}"
    return "imported"
'''

table, count = struct.unpack_from("<Q", good, 32)[0], struct.unpack_from("<H", good, 56)[0]
segments = [struct.unpack_from("<IIQQQQQQ", good, table + 56 * i) for i in range(count)]

def attempt(number, content):
    file = folder / f"{number}.so"
    file.write_bytes(content)
    return interpreter.call(eval, f"attempt({str(file)!r})")

interpreter = sk.create()
interpreter.exec(IMPORT)
"""

# A file that is cut behind what is mapped can be imported.
TRUNCATED = """
mapped = max(segment[2] + segment[5] for segment in segments if segment[0] == 1)
lengths = sorted({*range(0, 200, 7), *range(200, len(good), len(good) // 60), mapped - 1, mapped})
for length in lengths:
    outcome = attempt(length, good[:length])
    if outcome.startswith("ImportError: ") != (length < mapped):
        print(length, mapped, outcome)
print(attempt("good", good))
interpreter.close()
"""


def test_a_truncated_file_is_an_import_error(stdout_of, samples, tmp_path):
    assert stdout_of(DAMAGED + TRUNCATED, str(samples / f"none{SUFFIX}"), str(tmp_path)) == "imported\n"


FLIPPED = """
source = random.Random(int(sys.argv[3]))
for number in range(100):
    content = bytearray(good)
    content[source.randrange(64)] ^= source.randrange(1, 256)
    outcome = attempt(number, bytes(content))
    assert outcome == "imported" or outcome.startswith("ImportError: "), outcome
machine = bytearray(good)
machine[18] = 8  # MIPS
print(attempt("machine", bytes(machine)))
print(attempt("text", b"not a library"))
print(attempt("good", good))
interpreter.close()
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_a_damaged_header_is_an_import_error(stdout_of, samples, tmp_path, seed):
    printed = stdout_of(DAMAGED + FLIPPED, str(samples / f"none{SUFFIX}"), str(tmp_path), str(seed))
    assert printed.splitlines() == [
        f"ImportError: {tmp_path}/machine.so is not a usable library: it was built for another kind of machine",
        f"ImportError: {tmp_path}/text.so is not a usable library: it is damaged",
        "imported",
    ]
