"""Reads what the file of an extension module says by itself, without loading it."""

from __future__ import annotations

import mmap
import os
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from subinterp_kernel.doctor.errors import DoctorError
from subinterp_kernel.doctor.toolchains import toolchain_in

if TYPE_CHECKING:
    from typing import Any

__all__ = ["Contents", "own_machine", "read"]

_INIT, _EXPORT = "PyInit", "PyModExport"


@dataclass(frozen=True)
class Contents:
    """What the tables of a shared library say.

    Attributes
    ----------
    machine : str
        The processor that it is for, as ELF names it.
    imports : frozenset of str
        The functions and variables of CPython that it uses.
    exports : frozenset of str
        Its init functions.
    toolchain : str
        What made it.
    writable : int
        The size of its variables in bytes.
    """

    machine: str
    imports: frozenset[str]
    exports: frozenset[str]
    toolchain: str
    writable: int

    def defines_module(self, name: str) -> bool:
        """Return whether the file has an init function for a module of that name."""
        last = name.rpartition(".")[2]
        suffix = f"_{last}" if last.isascii() else "U_" + last.encode("punycode").decode().replace("-", "_")
        return not self.exports.isdisjoint({_INIT + suffix, _EXPORT + suffix})

    @property
    def is_single_phase(self) -> bool:
        """Whether the init function makes the module itself, and so only one for the whole process."""
        return "PyModule_Create2" in self.imports and "PyModuleDef_Init" not in self.imports and not self.has_export

    @property
    def has_export(self) -> bool:
        """Whether it has a function as in PEP 793."""
        return any(name.startswith(_EXPORT) for name in self.exports)

    @property
    def attaches_to_main(self) -> bool:
        """Whether it attaches threads with a function that knows the main interpreter only."""
        return "PyGILState_Ensure" in self.imports

    @property
    def has_static_types(self) -> bool:
        """Whether it probably defines classes as C variables, which all interpreters would share."""
        return "PyType_Ready" in self.imports


def read(path: str) -> Contents:
    """Read the tables of a shared library.

    Raises
    ------
    OSError
        The file cannot be read.
    ValueError
        It is not a shared library of this system, or is damaged.
    DoctorError
        pyelftools is not installed.
    """
    elf_file, error_class = _elftools()
    with open(path, "rb") as file:
        try:
            elf = elf_file(file)
            imports, exports = _symbols(elf)
            machine, writable = elf["e_machine"], _writable(elf)
        # A damaged file makes the reader stumble in many ways.
        except (error_class, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ValueError(
                f"it is damaged or not a shared library of this system ({error or error_class})"
            ) from error
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return Contents(machine, imports, exports, toolchain_in(content), writable)


@cache
def own_machine() -> str:
    """Return the processor that this Python is for, as ELF names it."""
    elf_file, _ = _elftools()
    with open(os.path.realpath(sys.executable), "rb") as file:
        return str(elf_file(file)["e_machine"])


def _elftools() -> tuple[Any, type[Exception]]:
    try:
        from elftools.common.exceptions import ELFError
        from elftools.elf.elffile import ELFFile
    except ImportError as error:
        raise DoctorError(
            "the doctor reads extension modules with pyelftools, which is not installed: "
            "install it with `pip install 'subinterp-kernel[doctor]'`"
        ) from error
    return ELFFile, ELFError


def _symbols(elf: Any) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of CPython that a library needs, and the init functions that it has."""
    imports, exports = set(), set()
    table = elf.get_section_by_name(".dynsym")
    for symbol in table.iter_symbols() if table else ():
        if symbol["st_shndx"] != "SHN_UNDEF":
            if symbol.name.startswith((_INIT, _EXPORT)):
                exports.add(symbol.name)
        elif symbol.name.startswith(("Py", "_Py")):
            imports.add(symbol.name)
    return frozenset(imports), frozenset(exports)


def _writable(elf: Any) -> int:
    sections = map(elf.get_section_by_name, (".data", ".bss"))
    return sum(int(section["sh_size"]) for section in sections if section)
