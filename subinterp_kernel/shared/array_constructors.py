"""The ways to make an array: new, a copy, from a capsule, from an id. Importable in every interpreter."""

from __future__ import annotations

from collections.abc import Buffer, Sequence
from typing import Any, Self

from subinterp_kernel.bindings import array as _array
from subinterp_kernel.bindings import array_layout as _array_layout
from subinterp_kernel.shared.array_dtype import struct_code
from subinterp_kernel.shared.array_shape import as_shape

__all__ = ["ArrayConstructors"]


class ArrayConstructors(_array.ArrayMemory):
    """A base class of SharedArray: the constructors."""

    __slots__ = ()

    def __init__(self, shape: int | Sequence[int], dtype: Any = "float64", *, order: str = "C") -> None:
        if isinstance(shape, str | type):
            raise TypeError(f"the shape comes first, then the dtype: use SharedArray({dtype!r}, {shape!r})")
        if order not in ("C", "F"):
            raise ValueError(f"order is 'C' (last index changes fastest) or 'F' (first index), not {order!r}")
        _array_layout.allocate(self, struct_code(dtype), as_shape(shape), order)

    @classmethod
    def copy_of(cls, buffer: Buffer, /) -> Self:
        """Return a new array in C order with the dtype, shape and values of a buffer.

        Parameters
        ----------
        buffer : object with the buffer protocol
            For example ``bytes``, an ``array.array``, a NumPy array, a memoryview or another SharedArray.

        Returns
        -------
        SharedArray
            The copy.

        Raises
        ------
        TypeError
            The object does not support the buffer protocol.
        ValueError
            Its elements are not single numbers in this machine's byte order.

        Examples
        --------
        >>> import array
        >>> import subinterp_kernel as sk
        >>> sk.SharedArray.copy_of(array.array("i", [1, 2, 3])).tolist()
        [1, 2, 3]
        """
        view = memoryview(buffer)
        code = _array_layout.native_format(view.format)
        if code is None:
            raise ValueError(
                f"elements of format {view.format!r} cannot be shared: they must be single numbers in this machine's "
                "byte order; convert them first"
            )
        made = cls(view.shape or (), code)
        made[...] = view
        return made

    @classmethod
    def from_capsule(cls, capsule: Any, /) -> Self:
        """Return the array of a capsule that :meth:`capsule` made. The capsule can be used once.

        Raises
        ------
        TypeError
            The object is not a capsule, or has another name.
        ValueError
            The capsule was used before.

        Examples
        --------
        >>> import subinterp_kernel as sk
        >>> a = sk.SharedArray(2, "int32")
        >>> sk.SharedArray.from_capsule(a.capsule()) == a
        True
        """
        self = cls.__new__(cls)
        _array_layout.adopt(self, capsule)
        return self

    @classmethod
    def attach(cls, id: int, /) -> Self:
        """Return an array over the whole memory with that id, with the dtype and shape that its creator gave it.

        Raises
        ------
        SharedObjectGoneError
            No shared memory has that id.

        Examples
        --------
        >>> import subinterp_kernel as sk
        >>> a = sk.SharedArray(2, "int32")
        >>> sk.SharedArray.attach(a.id) == a
        True
        """
        self = cls.__new__(cls)
        _array_layout.attach_whole(self, id)
        return self
