"""The dtypes of shared arrays: NumPy's names and objects, and struct codes, without NumPy."""

from __future__ import annotations

import struct

import pytest

import subinterp_kernel as sk
from subinterp_kernel.shared import array_dtype

INT64 = "l" if struct.calcsize("l") == 8 else "q"
STRUCT_CODES = {
    "bool": "?", "int8": "b", "uint8": "B", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "int64": INT64,
    "uint64": INT64.upper(), "float16": "e", "float32": "f", "float64": "d", "complex64": "Zf", "complex128": "Zd",
}  # fmt: skip


def test_the_default_is_float64():
    assert sk.SharedArray((2, 3)).format == "d"


@pytest.mark.parametrize(("name", "code"), STRUCT_CODES.items())
def test_numpys_names(name, code):
    assert (sk.SharedArray(1, name).format, array_dtype.name_of(code)) == (code, name)


@pytest.mark.parametrize("name", STRUCT_CODES)
def test_numpys_dtypes_scalar_types_and_type_strings(name):
    numpy = pytest.importorskip("numpy", reason="not installed")
    dtype = numpy.dtype(name)
    for given in (dtype, dtype.type, dtype.str, dtype.str[1:], dtype.char):
        a = sk.SharedArray(2, given)
        assert numpy.asarray(a).dtype == dtype, given
    assert numpy.asarray(sk.SharedArray(2, name)).dtype.char == dtype.char


@pytest.mark.parametrize(("dtype", "code"), [(float, "d"), (int, INT64), (bool, "?"), (complex, "Zd")])
def test_types_of_python(dtype, code):
    assert sk.SharedArray(1, dtype).format == code


def test_numpys_dtypes_work_without_numpy(run_python):
    found = run_python(
        "import sys, subinterp_kernel as sk\nsk.SharedArray(2, 'float32')\nprint('numpy' in sys.modules)",
    )
    assert found.stdout.strip() == "False"


@pytest.mark.parametrize(
    "dtype", [">f4", "M8[s]", "i4,f8", "S3", "O", "g", "V8", "(2,)f4"], ids=lambda dtype: dtype.replace(",", " ")
)
def test_dtypes_without_a_struct_code_are_refused(dtype):
    numpy = pytest.importorskip("numpy", reason="not installed")
    if numpy.dtype(dtype).str[1:] == numpy.dtype(float).str[1:]:
        pytest.skip("a long double is a double here")
    with pytest.raises(ValueError, match=r"cannot have dtype|this machine's byte order"):
        sk.SharedArray(1, numpy.dtype(dtype))


@pytest.mark.parametrize("dtype", [None, 3, object, str, ["d"], b"d"])
def test_what_is_no_dtype_is_a_type_error(dtype):
    with pytest.raises(TypeError, match="is not a dtype"):
        sk.SharedArray(1, dtype)


@pytest.mark.parametrize("arguments", [("d", 3), ("float64", (2, 3)), (float, 2)])
def test_the_dtype_first_is_one_clear_error(arguments):
    with pytest.raises(TypeError, match="the shape comes first, then the dtype: use SharedArray"):
        sk.SharedArray(*arguments)


def test_a_cast_takes_the_same_dtypes():
    a = sk.SharedArray(8, "uint8")
    assert (a.cast("int32").format, a.cast("<i2").format, a.cast(float).format) == ("i", "h", "d")
