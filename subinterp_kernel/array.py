"""Arrays in memory that every interpreter of the process sees. Importable in every interpreter."""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Buffer, Iterator, Sequence
from typing import Any

from subinterp_kernel.compiled import array as _array

__all__ = ["SharedArray", "arrive"]

_CPU = (1, 0)  # DLPack's name for ordinary memory


class SharedArray(_array.ArrayMemory):
    """An n-dimensional array of numbers in memory that every interpreter sees, and that is freed when nobody holds it.

    Parameters
    ----------
    format : str
        A native :mod:`struct` format code: one of ``c ? b B h H i I l L q Q n N e f d P``, or ``Zf`` or ``Zd`` for
        complex numbers (:class:`memoryview` can index those from Python 3.15 on). ``"@"`` may precede it.
    shape : int or sequence of int
        The length of each dimension; an int means one dimension.
    order : {"C", "F"}
        Which index runs fastest in memory: the last (C), or the first (Fortran).

    Raises
    ------
    ValueError
        The format is none of these, a length is negative, or there would be more bytes than can be addressed.
    MemoryError
        The system has no such amount, or :func:`subinterp_kernel.set_memory_limit` does not allow it.

    Notes
    -----
    The memory is zero-filled and 64-byte aligned; large arrays are mapped, so that pages nobody touches cost nothing.
    Passed to another interpreter it arrives as another object over the same memory. Everything that uses the memory,
    in whichever interpreter, keeps it alive: arrays, slices, exported buffers, NumPy and ctypes views, capsules,
    messages. Holding and releasing are atomic and thread-safe. Reading and writing elements are as unsynchronised as
    in C: what several interpreters change at the same time needs the atomic operations, or a lock.

    ``memoryview(a)`` and ``numpy.asarray(a)`` are further views, without a copy (:pep:`3118`). Slices share memory as
    NumPy's do. Values that do not fit the format raise, as they do in a :class:`memoryview`, and ``"f"`` refuses
    numbers that are too large for it.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> a = sk.SharedArray("d", (2, 3))
    >>> a[0] = [1, 2, 3]
    >>> a[:, 1].tolist()
    [2.0, 0.0]
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    _crosses_by_reference = True

    def __init__(self, format: str, shape: int | Sequence[int], *, order: str = "C") -> None:
        if order not in ("C", "F"):
            raise ValueError(f"order is 'C' (last index fastest) or 'F' (first index fastest), not {order!r}")
        self._allocate(format, _as_shape(shape), order)

    @classmethod
    def copy_of(cls, buffer: Buffer, /) -> SharedArray:
        """Return a new array in C order with the format, the shape and the values of a buffer.

        Parameters
        ----------
        buffer : object with the buffer protocol
            ``bytes``, ``array.array``, a NumPy array, a memoryview, another SharedArray …

        Raises
        ------
        TypeError
            It has no buffer.
        ValueError
            Its elements are not single numbers in this machine's byte order.
        """
        view = memoryview(buffer)
        code = _array.native_format(view.format)
        if code is None:
            raise ValueError(
                f"elements of format {view.format!r} cannot be shared: they must be single numbers in this machine's "
                "byte order; convert them first"
            )
        made = cls(code, view.shape or ())
        made[...] = view
        return made

    @classmethod
    def from_capsule(cls, capsule: Any, /) -> SharedArray:
        """Return the array that a capsule made by :meth:`capsule` stands for, and take its hold over.

        Raises
        ------
        TypeError
            It is not a capsule, or one of another name.
        ValueError
            It was adopted before.
        """
        self = cls.__new__(cls)
        self._adopt(capsule)
        return self

    @classmethod
    def attach(cls, id: int, /) -> SharedArray:
        """Return the whole block of that id as its maker sees it.

        Raises
        ------
        BlockGoneError
            No such block lives.
        """
        self = cls.__new__(cls)
        self._attach_whole(id)
        return self

    # ------------------------------------------------------------------------------------------------ other views

    @property
    def T(self) -> SharedArray:  # noqa: N802 - NumPy's name
        """The array with its dimensions in reverse order; no copy."""
        return self._over(self.format, self._offset, self.shape[::-1], self.strides[::-1], not self.writable)

    def reshape(self, *shape: int | Sequence[int]) -> SharedArray:
        """Return the same elements, in C order, with another shape; no copy.

        Parameters
        ----------
        *shape : int
            The lengths, or one sequence of them. One of them may be -1: what is left.

        Raises
        ------
        ValueError
            The number of elements differs, or the array is not C-contiguous.
        """
        lengths = _infer(_as_lengths(shape[0] if len(shape) == 1 else shape), self.size)
        return self._recast(self.format, lengths, "reshape")

    def cast(self, format: str, shape: int | Sequence[int] | None = None) -> SharedArray:
        """Return the same bytes with elements of another format; no copy.

        Parameters
        ----------
        format : str
            As for a new array.
        shape : int or sequence of int, optional
            By default one dimension.

        Raises
        ------
        ValueError
            The bytes do not make such elements, or the array is not C-contiguous.
        """
        itemsize = _array.itemsize_of(format)
        if shape is not None:
            return self._recast(format, _infer(_as_lengths(shape), self.nbytes // itemsize), "cast")
        if self.nbytes % itemsize:
            raise ValueError(f"{self.nbytes} bytes are not a whole number of elements of {itemsize} bytes")
        return self._recast(format, (self.nbytes // itemsize,), "cast")

    def readonly(self) -> SharedArray:
        """Return a view that cannot be written through; the elements still change when others set them."""
        return self._over(self.format, self._offset, self.shape, self.strides, True)

    def _recast(self, format: str, shape: tuple[int, ...], verb: str) -> SharedArray:
        if not self.c_contiguous:
            raise ValueError(
                f"cannot {verb} an array with gaps or in Fortran order: use SharedArray.copy_of(...) first"
            )
        itemsize = _array.itemsize_of(format)
        if math.prod(shape) * itemsize != self.nbytes:
            raise ValueError(f"cannot {verb} {self.nbytes} bytes to shape {shape} of elements of {itemsize} bytes")
        strides, stride = [], itemsize
        for length in reversed(shape):
            strides.append(stride)
            stride *= max(length, 1)
        return self._over(format, self._offset, shape, tuple(reversed(strides)), not self.writable)

    # ----------------------------------------------------------------------------------------------------- values

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers; a plain number without dimensions."""
        if self._opaque:
            return [row.tolist() if self.ndim > 1 else row for row in self] if self.ndim else self[()]
        return memoryview(self).tolist()

    @property
    def _opaque(self) -> bool:
        # This Python's memoryview can carry complex numbers, but not look at them.
        return self.format in ("Zf", "Zd") and sys.version_info < (3, 15)

    def tobytes(self) -> bytes:
        """Return a copy of the elements' bytes in C order."""
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
        if self._opaque and _array.native_format(view.format) == self.format:
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
        geometry = (self.id, self.format, self._offset, self.shape, self.strides, not self.writable)
        return (_attach_numpy if self._from_numpy else _attach), geometry

    # --------------------------------------------------------------------------------------------- other libraries

    def as_ctypes(self) -> Any:
        """Return a ctypes object over the same memory, which it keeps alive.

        Returns
        -------
        ctypes object
            Of a type such as ``c_double * 3 * 2`` for shape (2, 3) of format ``"d"``; a single ``c_double`` without
            dimensions.

        Raises
        ------
        BufferError
            The array is read-only or not C-contiguous.
        TypeError
            ctypes has no type for the format (``e``, ``Zf``, ``Zd``).
        """
        from subinterp_kernel import array_ctypes

        return array_ctypes.view_of(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        # For libraries that look for this before they look for a buffer, as pandas does.
        import numpy

        return numpy.array(memoryview(self), dtype=dtype, copy=copy)

    def __dlpack_device__(self) -> tuple[int, int]:
        """Return DLPack's number for ordinary memory."""
        return _CPU

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
        if stream is not None or dl_device not in (None, _CPU):
            raise BufferError("a shared array lies in ordinary memory: there are no streams and no other devices")
        versioned = max_version is not None and max_version[0] >= 1
        if not versioned and not self.writable:
            raise BufferError("a read-only array cannot be given to a consumer that knows DLPack before 1.0 only")
        return (type(self).copy_of(self) if copy else self)._dlpack(versioned)

    def __repr__(self) -> str:
        from subinterp_kernel import array_repr

        return array_repr.text(self)

    def _repr_html_(self) -> str:
        from subinterp_kernel import array_repr

        return array_repr.html(self)


def arrive(array: SharedArray) -> Any:
    """Return what stands for a NumPy array here: one over the same memory, or where NumPy is not loaded, the argument.

    That will be a NumPy array again when it comes back.
    """
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        return numpy.asarray(array)
    array._from_numpy = True
    return array


def _attach(id: int, *geometry: Any) -> SharedArray:
    self = SharedArray.__new__(SharedArray)
    self._attach(id, *geometry)
    return self


def _attach_numpy(id: int, *geometry: Any) -> Any:
    return arrive(_attach(id, *geometry))


def _as_lengths(shape: int | Sequence[int] | Sequence[int | Sequence[int]]) -> tuple[int, ...]:
    lengths = shape if isinstance(shape, Sequence) else (shape,)
    numbers = tuple(operator.index(length) for length in lengths)  # type: ignore[arg-type]
    if len(numbers) > _array.MAX_DIMENSIONS:
        raise ValueError(f"an array has at most {_array.MAX_DIMENSIONS} dimensions, not {len(numbers)}")
    return numbers


def _as_shape(shape: int | Sequence[int]) -> tuple[int, ...]:
    lengths = _as_lengths(shape)
    for length in lengths:
        if length < 0:
            raise ValueError(f"a dimension has at least length 0, not {length}")
        if length > sys.maxsize:
            raise ValueError(f"a dimension of length {length} has more elements than can be addressed")
    return lengths


def _infer(lengths: tuple[int, ...], size: int) -> tuple[int, ...]:
    """Replace one length of -1 by what is left."""
    if lengths.count(-1) > 1:
        raise ValueError("only one length of a shape can be -1")
    known = math.prod(length for length in lengths if length != -1)
    if -1 in lengths and known > 0:
        lengths = tuple(size // known if length == -1 else length for length in lengths)
    return _as_shape(lengths)
