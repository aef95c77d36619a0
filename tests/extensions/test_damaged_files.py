"""A damaged file of an extension module is an ImportError: it does not end the process."""

from __future__ import annotations

import random
import struct

import pytest
from extension_build import SUFFIX

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


def tables_of(library):
    """Return the offsets of the bytes of a library's program headers and dynamic section."""
    table, count = struct.unpack_from("<Q", library, 32)[0], struct.unpack_from("<H", library, 56)[0]
    segments = [struct.unpack_from("<IIQQQQQQ", library, table + 56 * i) for i in range(count)]
    offset, size = next((segment[2], segment[5]) for segment in segments if segment[0] == 2)
    return [*range(table, table + 56 * count), *range(offset, offset + size)]


def damaged(library, count, seed):
    """Return copies of a library in which one byte of these tables is another one."""
    source, places, files = random.Random(seed), tables_of(library), []
    for _ in range(count):
        changed = bytearray(library)
        changed[source.choice(places)] ^= source.choice([1 << source.randrange(8), source.randrange(1, 256)])
        files.append(bytes(changed))
    return files


# Tries the damaged files from a number on, and prints the number of each that has not ended the process.
ATTEMPTS = """
import os, sys
import subinterp_kernel as sk
interpreter = sk.create()
interpreter.exec(IMPORT)
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    try:
        interpreter.exec(f"attempt({sys.argv[1] + f'/{number}.so'!r})")
    except sk.ExecutionFailed as failed:  # what is damaged may be the module's own data
        assert failed.excinfo.type.__name__ in {"ImportError", "SystemError"}, failed
    print(number, flush=True)
os._exit(0)
"""
IMPORT = """
from importlib.util import module_from_spec, spec_from_file_location
def attempt(path):
    spec = spec_from_file_location("none", path)
    spec.loader.exec_module(module_from_spec(spec))
"""


def survives_in_main(run_python, path):
    code = f"import os, sys\n{IMPORT}\ntry:\n    attempt(sys.argv[1])\nexcept Exception: pass\nos._exit(0)"
    return run_python(code, str(path)).returncode == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_damaged_tables_end_no_process_that_could_import_the_file_itself(run_python, samples, tmp_path, seed):
    files = damaged((samples / f"none{SUFFIX}").read_bytes(), 150, seed)
    for number, content in enumerate(files):
        (tmp_path / f"{number}.so").write_bytes(content)
    first = 0
    while first < len(files):
        done = run_python(f"IMPORT = {IMPORT!r}\n{ATTEMPTS}", str(tmp_path), str(first), str(len(files)))
        first += len(done.stdout.splitlines())
        assert done.returncode <= 0, done.stderr
        if first < len(files):
            assert not survives_in_main(run_python, tmp_path / f"{first}.so"), first
            first += 1
