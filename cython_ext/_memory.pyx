"""Shared blocks as Python objects: one exporter per interpreter over memory that all of them see."""

import sys

from block cimport Block, block_acquire, block_count, block_create, block_hold, block_list, block_release, kCapsuleName
from cpython.buffer cimport PyBuffer_FillInfo
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_IsValid, PyCapsule_New
from libc.stdint cimport uint64_t, uintptr_t
from module_reference cimport drop_surplus_module_reference

from subinterp_kernel.errors import BlockGoneError

CAPSULE_NAME = (<bytes>kCapsuleName).decode()


cdef void _release_capsule(object capsule) noexcept:
    cdef Block *block = <Block *>PyCapsule_GetPointer(capsule, kCapsuleName)
    if block != NULL:
        block_release(block)


cdef class SharedBlock:
    """Raw memory of the process, seen by every interpreter that holds it.

    Parameters
    ----------
    nbytes : int
        The size; the memory is zero-filled and 64-byte aligned.

    Raises
    ------
    MemoryError
        The system has no such amount.
    ValueError
        The size is negative.

    Notes
    -----
    Supports the buffer protocol (writable, one-dimensional, format ``"B"``, honouring every flag), so ``memoryview``,
    ``ctypes``, ``struct``, ``array`` and NumPy work on it without a copy. The block lives until the last of its holders
    has gone, in whichever interpreter: objects of this class, exports of their buffers, capsules, messages in flight.
    Holding and releasing are atomic; reading and writing the bytes are as unsynchronised as in C.
    Passed to another interpreter it arrives as another object over the same memory.
    """

    cdef Block *_block
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self, nbytes=None):
        self._block = NULL
        if nbytes is None:
            return
        if nbytes < 0:
            raise ValueError(f"a block has at least 0 bytes, not {nbytes}")
        cdef size_t size = nbytes
        with nogil:
            self._block = block_create(size)
        if self._block == NULL:
            raise MemoryError(f"no memory for a block of {nbytes} bytes")

    def __init__(self, nbytes):
        pass

    def __dealloc__(self):
        if self._block != NULL:
            block_release(self._block)

    @staticmethod
    def attach(id):
        """Return another holder of the live block of that id, or raise BlockGoneError."""
        cdef SharedBlock self = SharedBlock.__new__(SharedBlock)
        self._block = block_acquire(<uint64_t>id)
        if self._block == NULL:
            raise BlockGoneError(f"there is no shared block {id}: everyone who held it has let it go")
        return self

    @staticmethod
    def from_capsule(capsule):
        """Return another holder of the block that a capsule made by :meth:`capsule` owns.

        Raises
        ------
        TypeError
            It is not a capsule, or one of another name.
        """
        if not PyCapsule_IsValid(capsule, kCapsuleName):
            raise TypeError(f"expected a capsule named {CAPSULE_NAME!r}, got {capsule!r}")
        cdef SharedBlock self = SharedBlock.__new__(SharedBlock)
        self._block = <Block *>PyCapsule_GetPointer(capsule, kCapsuleName)
        block_hold(self._block)
        return self

    def capsule(self):
        """Return a new ``PyCapsule`` named ``subinterp_kernel.block`` that holds the block until it is destroyed.

        Notes
        -----
        See https://docs.python.org/3/c-api/capsule.html. The pointer in it is this package's own record of the block,
        not the memory: :attr:`address` is that.
        """
        block_hold(self._block)
        try:
            return PyCapsule_New(self._block, kCapsuleName, _release_capsule)
        except BaseException:
            block_release(self._block)
            raise

    def __getbuffer__(self, Py_buffer *view, int flags):
        PyBuffer_FillInfo(view, self, self._block.data, <Py_ssize_t>self._block.nbytes, 0, flags)

    def __len__(self):
        return self._block.nbytes

    def __reduce__(self):
        return _attach, (self.id,)

    def __repr__(self):
        return f"<SharedBlock {self.id}: {self.nbytes} bytes at {self.address:#x}>"

    @property
    def id(self):
        """The block's number, never given out twice in a process."""
        return self._block.id

    @property
    def nbytes(self):
        """The size in bytes."""
        return self._block.nbytes

    @property
    def address(self):
        """The address of the first byte, for ``ctypes``. It is valid only while somebody holds the block."""
        return <uintptr_t>self._block.data


def _attach(id):
    return SharedBlock.attach(id)


def live_block_count():
    """Return how many blocks live in the process."""
    return block_count()


def shared_blocks():
    """Return a list of dicts with ``id``, ``nbytes`` and ``holders`` (their number) of all live blocks."""
    return [{"id": row.id, "nbytes": row.nbytes, "holders": row.holders} for row in block_list()]


drop_surplus_module_reference(sys.modules[__name__])
