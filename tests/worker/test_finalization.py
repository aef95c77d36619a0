"""What an interpreter leaves in memory after it was closed."""

from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 14), reason="CPython 3.13 never frees an interpreter's interned strings, nor their arenas"
)

RESIDENT_MEMORY = (
    "import ctypes, gc\n"
    "trim = getattr(ctypes.CDLL(None), 'malloc_trim', int)\n"  # glibc gives memory back in large steps otherwise
    "def resident(): gc.collect(); trim(0); return int(open('/proc/self/statm').read().split()[1]) * 4096\n"
    "def run(count):\n"
    "    for _ in range(count): cycle()\n"
    "    return resident()\n"
    "figures = [-run(10) + run(30)]\n"
    # What is left behind is left each time; what a busy machine has not freed yet is not.
    "while min(figures) > 30 * LIMIT and len(figures) < 4: figures.append(-run(0) + run(30))\n"
    "print(min(figures) // 30)\n"
)
# Blocks that an interpreter has not freed at its end are part of this number.
BLOCKS = (
    "import gc, sys\n"
    "def run(count):\n"
    "    for _ in range(count): cycle()\n"
    "    gc.collect(); return sys.getallocatedblocks()\n"
    "print((-run(5) + run(15)) // 15)\n"
)
CELLS = (
    "from IPython.core.interactiveshell import InteractiveShell\nfrom traitlets.config import Config\n"
    "config = Config()\nconfig.HistoryManager.enabled = False\nconfig.SubinterpMagics.spares = 0\n"
    "shell = InteractiveShell.instance(config=config)\nshell.run_line_magic('load_ext', 'subinterp_kernel')\n"
    "def cycle():\n"
    "    shell.run_cell_magic('subinterp', 'a', 'x = 1')\n"
    "    shell.run_line_magic('subinterp', 'close a')\n"
)
CLASS = "import warnings\nclass Kept(UserWarning): pass\n"
KEEPERS = {
    "warning filter for a class": CLASS + "warnings.simplefilter('error', Kept)",
    "warning filter with a pattern": "import warnings; warnings.filterwarnings('ignore', 'never .* seen')",
    "warning shown once": CLASS + "warnings.onceregistry['text', Kept] = 1",
    "catch_warnings that has ended": CLASS
    + "with warnings.catch_warnings():\n    warnings.simplefilter('ignore', Kept); warnings.warn('text', Kept)",
    "catch_warnings that is open": CLASS
    + "warnings.catch_warnings().__enter__(); warnings.simplefilter('ignore', Kept); warnings.warn('text', Kept)",
    "broken filters": CLASS + "warnings.filters[:] = [(Kept,)]; warnings.filters = None",
    "gc.callbacks": "import gc\nclass Kept:\n    def __call__(self, *event): pass\ngc.callbacks.append(Kept())",
    "gc.garbage": "import gc\nclass Kept: pass\ngc.garbage.append(Kept)",
    "a stream in a module": "import logging, sys; logging.kept = sys.stderr",
}  # fmt: skip


def test_a_cell_and_a_close_leave_no_memory_behind(run_python):
    limit = 50_000
    done = run_python(f"LIMIT = {limit}\n" + CELLS + RESIDENT_MEMORY)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) <= limit


@pytest.mark.parametrize("code", KEEPERS.values(), ids=KEEPERS)
def test_a_class_that_only_the_interpreter_itself_refers_to_is_freed(run_python, code):
    cycle = f"import subinterp_kernel as sk\ndef cycle():\n    with sk.create() as a: a.exec({code!r})\n"
    done = run_python(cycle + BLOCKS)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) <= 2  # the smallest class is 6
