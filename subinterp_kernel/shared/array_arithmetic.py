"""Arithmetic on shared arrays, by NumPy, which is imported at its first use. Importable in every interpreter."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Self

__all__ = ["ArrayArithmetic"]


def as_ndarray(array: ArrayArithmetic) -> Any:
    """Return a NumPy array over the same memory, or raise TypeError if NumPy cannot be imported."""
    try:
        import numpy
    except ImportError as error:
        raise TypeError(
            f"arithmetic on a SharedArray needs NumPy, and its import failed in this interpreter ({error}): install "
            "NumPy, or compute with the elements one by one"
        ) from error
    return numpy.asarray(array)


def _unary(operation: Callable[[Any], Any]) -> Callable[..., Any]:
    def method(self: ArrayArithmetic) -> Any:
        return operation(as_ndarray(self))

    return method


def _binary(operation: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def method(self: ArrayArithmetic, other: object) -> Any:
        return operation(as_ndarray(self), other)

    return method


def _reflected(operation: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def method(self: ArrayArithmetic, other: object) -> Any:
        return operation(other, as_ndarray(self))

    return method


def _in_place(operation: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def method(self: ArrayArithmetic, other: object) -> ArrayArithmetic:
        operation(as_ndarray(self), other)
        return self

    return method


class ArrayArithmetic:
    """A base class of SharedArray: operators and NumPy's ufuncs. Results are NumPy arrays; ``a += b`` changes `a`."""

    __slots__ = ()

    __neg__, __pos__, __invert__ = _unary(operator.neg), _unary(operator.pos), _unary(operator.invert)
    __abs__ = _unary(abs)

    __add__, __radd__, __iadd__ = _binary(operator.add), _reflected(operator.add), _in_place(operator.iadd)
    __sub__, __rsub__, __isub__ = _binary(operator.sub), _reflected(operator.sub), _in_place(operator.isub)
    __mul__, __rmul__, __imul__ = _binary(operator.mul), _reflected(operator.mul), _in_place(operator.imul)
    __pow__, __rpow__, __ipow__ = _binary(operator.pow), _reflected(operator.pow), _in_place(operator.ipow)
    __mod__, __rmod__, __imod__ = _binary(operator.mod), _reflected(operator.mod), _in_place(operator.imod)
    __and__, __rand__, __iand__ = _binary(operator.and_), _reflected(operator.and_), _in_place(operator.iand)
    __or__, __ror__, __ior__ = _binary(operator.or_), _reflected(operator.or_), _in_place(operator.ior)
    __xor__, __rxor__, __ixor__ = _binary(operator.xor), _reflected(operator.xor), _in_place(operator.ixor)
    __truediv__, __rtruediv__ = _binary(operator.truediv), _reflected(operator.truediv)
    __itruediv__ = _in_place(operator.itruediv)
    __floordiv__, __rfloordiv__ = _binary(operator.floordiv), _reflected(operator.floordiv)
    __ifloordiv__ = _in_place(operator.ifloordiv)
    __lshift__, __rlshift__ = _binary(operator.lshift), _reflected(operator.lshift)
    __ilshift__ = _in_place(operator.ilshift)
    __rshift__, __rrshift__ = _binary(operator.rshift), _reflected(operator.rshift)
    __irshift__ = _in_place(operator.irshift)
    __matmul__, __rmatmul__ = _binary(operator.matmul), _reflected(operator.matmul)
    __imatmul__ = _in_place(operator.imatmul)
    __divmod__, __rdivmod__ = _binary(divmod), _reflected(divmod)

    __lt__, __le__ = _binary(operator.lt), _binary(operator.le)
    __gt__, __ge__ = _binary(operator.gt), _binary(operator.ge)

    def __array_ufunc__(
        self: Self, ufunc: Any, method: str, *inputs: Any, out: tuple[Any, ...] = (), **options: Any
    ) -> Any:
        """Apply a NumPy ufunc to arrays over the same memory. The result is `out`, if that is given."""
        if out:
            options["out"] = tuple(_unwrapped(array) for array in out)
        options = {name: _unwrapped(option) for name, option in options.items()}
        result = getattr(ufunc, method)(*(_unwrapped(value) for value in inputs), **options)
        if not out:
            return result
        results = result if len(out) > 1 else (result,)
        given = tuple(made if array is None else array for array, made in zip(out, results, strict=True))
        return given if len(out) > 1 else given[0]


def _unwrapped(value: Any) -> Any:
    return as_ndarray(value) if isinstance(value, ArrayArithmetic) else value
