"""Arrays in memory that all interpreters share. Importable in every interpreter."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from subinterp_kernel.bindings import array_layout as _array_layout
from subinterp_kernel.shared.array_arithmetic import ArrayArithmetic
from subinterp_kernel.shared.array_views import ArrayViews

__all__ = ["SharedArray", "as_local_array"]


class SharedArray(ArrayViews, ArrayArithmetic):
    """An n-dimensional array of numbers in memory that all interpreters share.

    Parameters
    ----------
    shape : int or sequence of int
        The length of each dimension; an int means one dimension.
    dtype : str, type or NumPy dtype
        The type of an element. One of NumPy's names: ``"bool"``, ``"int8"`` to ``"int64"``, ``"uint8"`` to
        ``"uint64"``, ``"float16"``, ``"float32"``, ``"float64"``, ``"complex64"``, ``"complex128"``; a type string such
        as ``"<f4"`` in this machine's byte order; a type such as ``float`` or ``numpy.float32``; a ``numpy.dtype`` of
        such numbers; or a native :mod:`struct` code: ``c ? b B h H i I l L q Q n N e f d P``, or ``Zf`` or ``Zd`` for
        complex numbers (:class:`memoryview` can index those from Python 3.15 on). NumPy is not imported.
    order : {"C", "F"}
        The memory layout: the last index changes fastest ("C"), or the first one does ("F", for Fortran).

    Raises
    ------
    TypeError
        The shape or the dtype is not one, or they are in the wrong order.
    ValueError
        The dtype is not supported, a length is negative, or the array has more bytes than can be addressed.
    MemoryError
        Memory ran out, or the array would exceed :func:`subinterp_kernel.set_memory_limit`.

    Notes
    -----
    The memory is zero-filled and aligned to 64 bytes; large arrays are mapped, so that untouched pages cost nothing. An
    array that is sent to another interpreter becomes a new object over the same memory. The memory is freed when
    nothing uses it: arrays, slices, exported buffers, NumPy and ctypes views, capsules and messages, in all
    interpreters, keep it alive. This reference counting is thread-safe. Reads and writes of elements are not
    synchronised, as in C: if several interpreters change the same element, use the atomic operations or a lock.

    ``memoryview(a)`` and ``numpy.asarray(a)`` are views, without a copy (:pep:`3118`). Slices share memory, as in
    NumPy. Values that do not fit the dtype raise, as in a :class:`memoryview`; ``"float32"`` raises for numbers that
    are too large for it.

    Operators and NumPy's functions work on arrays in every interpreter that can import NumPy, and return NumPy arrays;
    ``a += b`` and ``numpy.add(a, b, out=a)`` change the shared memory. ``a == b`` is one bool, as for a
    :class:`memoryview`; ``numpy.equal(a, b)`` compares the elements.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> a = sk.SharedArray((2, 3))
    >>> a[0] = [1, 2, 3]
    >>> a[:, 1].tolist()
    [2.0, 0.0]

    Arithmetic gives NumPy arrays, and needs NumPy:

    >>> (a[0] * 2 + 1).tolist()
    [3.0, 5.0, 7.0]

    Another interpreter sees the same memory:

    >>> with sk.create("worker") as worker:
    ...     worker.prepare_main(a=a)
    ...     worker.exec("a[1, 2] = 7")
    >>> a.tolist()
    [[1.0, 2.0, 3.0], [0.0, 0.0, 7.0]]
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    _crosses_by_reference = True

    # ----------------------------------------------------------------------------------------------------- values

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers, or as one number if there are no dimensions.

        Examples
        --------
        >>> import subinterp_kernel as sk
        >>> sk.SharedArray((2, 2), "int32").tolist()
        [[0, 0], [0, 0]]
        """
        if self._opaque:
            return [row.tolist() if self.ndim > 1 else row for row in self] if self.ndim else self[()]
        return memoryview(self).tolist()

    @property
    def _opaque(self) -> bool:
        # Before 3.15 a memoryview can have a complex format, but cannot read its elements.
        return self.format in ("Zf", "Zd") and sys.version_info < (3, 15)

    def tobytes(self) -> bytes:
        """Return a copy of the elements as bytes, in C order.

        Examples
        --------
        >>> import subinterp_kernel as sk
        >>> sk.SharedArray.copy_of(b"abc").tobytes()
        b'abc'
        """
        return memoryview(self).tobytes()

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 1 and not self._opaque:
            return iter(memoryview(self))
        return map(self.__getitem__, range(len(self)))

    def __eq__(self, other: object) -> bool:
        try:
            view = memoryview(other)  # type: ignore[arg-type]
        except TypeError:
            return NotImplemented
        if self._opaque and _array_layout.native_format(view.format) == self.format:
            return view.shape == self.shape and type(self).copy_of(view).tolist() == self.tolist()
        return memoryview(self) == view

    def __copy__(self) -> SharedArray:
        return type(self).copy_of(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> SharedArray:
        return type(self).copy_of(self)

    def __enter__(self) -> SharedArray:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        offset = _array_layout.offset_of(self)
        geometry = (self.id, self.format, offset, self.shape, self.strides, not self.writable)
        return (_attach_numpy if self._from_numpy else _attach), geometry

    # --------------------------------------------------------------------------------------------- other libraries

    def capsule(self) -> Any:
        """Return a new ``PyCapsule`` named ``subinterp_kernel.block`` that owns one hold on the memory.

        The capsule releases the hold when it is destroyed, unless :meth:`from_capsule` took it over. The array made by
        that has the same shape and dtype.

        Notes
        -----
        See https://docs.python.org/3/c-api/capsule.html. Its pointer is not the address of the memory, which is
        :attr:`address`.
        """
        return _array_layout.capsule_of(self)

    def as_ctypes(self) -> Any:
        """Return a ctypes object over the same memory. The object keeps the memory alive.

        Returns
        -------
        ctypes object
            Of a type such as ``c_double * 3 * 2`` for shape (2, 3) of dtype ``"float64"``; a single ``c_double``
            without dimensions.

        Raises
        ------
        BufferError
            The array is read-only or not C-contiguous.
        TypeError
            ctypes has no type for the format (``e``, ``Zf``, ``Zd``).

        Examples
        --------
        >>> import subinterp_kernel as sk
        >>> list(sk.SharedArray(3).as_ctypes())
        [0.0, 0.0, 0.0]
        """
        from subinterp_kernel.shared import array_ctypes

        return array_ctypes.view_of(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        # For libraries that try this before the buffer protocol, as pandas does.
        import numpy

        return numpy.array(memoryview(self), dtype=dtype, copy=copy)

    def __dlpack_device__(self) -> tuple[int, int]:
        """Return DLPack's device type and number of main memory."""
        from subinterp_kernel.shared import array_dlpack

        return array_dlpack.CPU

    def __dlpack__(
        self,
        *,
        stream: None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """Return a DLPack capsule, for ``numpy.from_dlpack(a)`` and the like.

        Raises
        ------
        BufferError
            DLPack cannot describe it: format ``c``; a read-only array for a consumer older than DLPack 1.0; another
            device; a stream.
        """
        from subinterp_kernel.shared import array_dlpack

        versioned = array_dlpack.takes_versioned(self, stream, max_version, dl_device)
        return _array_layout.dlpack_of(type(self).copy_of(self) if copy else self, versioned)

    def __repr__(self) -> str:
        from subinterp_kernel.shared import array_repr

        return array_repr.text(self)

    def _repr_html_(self) -> str:
        from subinterp_kernel.shared import array_repr

        return array_repr.html(self)


def as_local_array(array: SharedArray) -> Any:
    """Return a NumPy array over the same memory if NumPy can be imported in this interpreter, else the argument.

    In the second case it becomes a NumPy array again when it is sent back to an interpreter that has NumPy.
    """
    try:
        import numpy
    except ImportError:
        array._from_numpy = True
        return array
    return numpy.asarray(array)


def _attach(id: int, *geometry: Any) -> SharedArray:
    self = SharedArray.__new__(SharedArray)
    _array_layout.attach(self, id, *geometry)
    return self


def _attach_numpy(id: int, *geometry: Any) -> Any:
    return as_local_array(_attach(id, *geometry))
