"""Views of the whole array: other shapes and dtypes of the same memory. Importable in every interpreter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

from subinterp_kernel.bindings import array_layout as _array_layout
from subinterp_kernel.shared.array_constructors import ArrayConstructors
from subinterp_kernel.shared.array_dtype import struct_code
from subinterp_kernel.shared.array_shape import as_lengths, infer_length

__all__ = ["ArrayViews"]


class ArrayViews(ArrayConstructors):
    """A base class of SharedArray: the methods that return another view of its memory."""

    __slots__ = ()

    @property
    def T(self) -> Self:  # noqa: N802 - NumPy's name
        """A view with the dimensions in reverse order."""
        return _array_layout.view(self, self.format, self.shape[::-1], self.strides[::-1], not self.writable)

    def reshape(self, *shape: int | Sequence[int]) -> Self:
        """Return a view of the elements, in C order, with another shape.

        Parameters
        ----------
        *shape : int
            The lengths of the dimensions, or one sequence of them. One length may be -1 and is then computed.

        Returns
        -------
        SharedArray
            A view of the same memory.

        Raises
        ------
        ValueError
            The number of elements differs, or the array is not C-contiguous.

        Examples
        --------
        >>> import subinterp_kernel as sk
        >>> sk.SharedArray(6, "int32").reshape(2, -1).shape
        (2, 3)
        """
        lengths = infer_length(as_lengths(shape[0] if len(shape) == 1 else shape), self.size)
        return self._recast(self.format, lengths, "reshape")

    def cast(self, dtype: Any, shape: int | Sequence[int] | None = None) -> Self:
        """Return a view of the same bytes with elements of another dtype.

        Parameters
        ----------
        dtype : str, type or NumPy dtype
            As for a new array.
        shape : int or sequence of int, optional
            By default one dimension.

        Returns
        -------
        SharedArray
            A view of the same memory.

        Raises
        ------
        ValueError
            The bytes are not a whole number of elements, or the array is not C-contiguous.

        Examples
        --------
        >>> import subinterp_kernel as sk
        >>> a = sk.SharedArray(4, "uint8")
        >>> a.fill(1)
        >>> a.cast("uint32").tolist()
        [16843009]
        """
        format = struct_code(dtype)
        itemsize = _array_layout.itemsize_of(format)
        if shape is not None:
            return self._recast(format, infer_length(as_lengths(shape), self.nbytes // itemsize), "cast")
        if self.nbytes % itemsize:
            raise ValueError(f"{self.nbytes} bytes are not a whole number of elements of {itemsize} bytes")
        return self._recast(format, (self.nbytes // itemsize,), "cast")

    def readonly(self) -> Self:
        """Return a view that cannot be written to. Its elements change when other code sets them.

        Examples
        --------
        >>> import subinterp_kernel as sk
        >>> sk.SharedArray(2, "int32").readonly().writable
        False
        """
        return _array_layout.view(self, self.format, self.shape, self.strides, True)

    def _recast(self, format: str, shape: tuple[int, ...], verb: str) -> Self:
        if not self.c_contiguous:
            raise ValueError(
                f"cannot {verb} an array with gaps or in Fortran order: use SharedArray.copy_of(...) first"
            )
        itemsize = _array_layout.itemsize_of(format)
        if math.prod(shape) * itemsize != self.nbytes:
            raise ValueError(f"cannot {verb} {self.nbytes} bytes to shape {shape} of elements of {itemsize} bytes")
        strides, stride = [], itemsize
        for length in reversed(shape):
            strides.append(stride)
            stride *= max(length, 1)
        return _array_layout.view(self, format, shape, tuple(reversed(strides)), not self.writable)
