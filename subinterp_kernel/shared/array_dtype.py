"""Element types of shared arrays: NumPy's names and objects as struct codes, without NumPy.

Importable in every interpreter.
"""

from __future__ import annotations

import struct
import sys
from typing import Any

from subinterp_kernel.bindings import array_layout as _array_layout

__all__ = ["name_of", "struct_code"]


def _integer_codes() -> dict[str, str]:
    # The first code of a size wins: like NumPy's, the code of int64 is "l" where a C long has 64 bits.
    codes: dict[str, str] = {}
    for code in "bhilq":
        bits = 8 * struct.calcsize(code)
        codes.setdefault(f"int{bits}", code)
        codes.setdefault(f"uint{bits}", code.upper())
    return codes


_CODES = {
    "bool": "?", **_integer_codes(), "float16": "e", "float32": "f", "float64": "d", "complex64": "Zf",
    "complex128": "Zd", "intp": "n", "uintp": "N",
}  # fmt: skip
_NAMES = {code: name for name, code in _CODES.items()}
_BUILTIN = {bool: "bool", int: "int64", float: "float64", complex: "complex128"}
_KINDS = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}  # of NumPy's type strings, as in "<f4"
_NATIVE_ORDER = "<" if sys.byteorder == "little" else ">"
_COMPLEX = {"F": "Zf", "D": "Zd"}  # NumPy's codes


def struct_code(dtype: Any) -> str:
    """Return the native struct code of a dtype.

    Parameters
    ----------
    dtype : str, type or NumPy dtype
        See :class:`SharedArray`.

    Raises
    ------
    ValueError
        A shared array cannot have such elements.
    TypeError
        The argument is not a dtype.
    """
    text = dtype if isinstance(dtype, str) else _type_string(dtype)
    code = _CODES.get(text) or _code_of_type_string(text) or _COMPLEX.get(text) or text
    try:
        _array_layout.itemsize_of(code)
    except ValueError:
        raise ValueError(_reason_against(text, dtype)) from None
    return code.removeprefix("@")


def name_of(code: str) -> str:
    """Return NumPy's name for a struct code, such as ``"float64"``, or the code if there is none (``"c"``, ``"P"``)."""
    if code in "lLqQnN":
        return f"{'u' if code.isupper() else ''}int{8 * struct.calcsize(code)}"
    return _NAMES.get(code, code)


def _type_string(dtype: Any) -> str:
    if isinstance(dtype, type):
        if dtype in _BUILTIN:
            return _BUILTIN[dtype]
        if not hasattr(dtype, "dtype"):
            raise TypeError(f"{dtype!r} is not a dtype: use a name such as 'float64', or a NumPy dtype")
        dtype = _dtype_of_scalars(dtype)
    text = getattr(dtype, "str", None)
    if not isinstance(text, str):
        raise TypeError(f"{dtype!r} is not a dtype: use a name such as 'float64', or a NumPy dtype")
    return "void" if getattr(dtype, "names", None) or getattr(dtype, "shape", ()) else text


def _dtype_of_scalars(scalar_type: Any) -> Any:
    try:
        return scalar_type().dtype
    except TypeError:
        raise TypeError(f"{scalar_type!r} has no size: use a name such as 'float64', or a NumPy dtype") from None


def _code_of_type_string(text: str) -> str | None:
    order, kind, size = text[:1], text[1:2], text[2:]
    if order not in ("<", ">", "=", "|"):
        order, kind, size = "=", text[:1], text[1:]
    if order not in ("=", "|", _NATIVE_ORDER) or kind not in _KINDS or not (size.isascii() and size.isdecimal()):
        return None
    name = _KINDS[kind]
    return _CODES.get(name if (kind, size) == ("b", "1") else f"{name}{8 * int(size)}")


def _reason_against(text: str, dtype: Any) -> str:
    if text[:1] in (">", "<") and text[:1] != _NATIVE_ORDER:
        return f"a shared array has this machine's byte order, which {dtype!r} has not: use {text[1:]!r}"
    return (
        f"a shared array cannot have dtype {dtype!r}: use a name such as 'float64', 'int32', 'uint8', 'bool' or "
        "'complex128', or a native struct code such as 'd'"
    )
