"""Blocks of the process's memory as Python objects, and the table of everything that interpreters share."""

import sys

from block cimport (
    Allocation, Block, block_bytes, block_create, block_limit, kCapsuleName, set_block_limit,
)
from capsule cimport Adoption, capsule_adopt, capsule_new
from cpython.buffer cimport PyBuffer_FillInfo
from geometry cimport Geometry
from holder cimport this_interpreter
from libc.stdint cimport int64_t, uint64_t, uintptr_t
from libcpp cimport bool
from libcpp.vector cimport vector
from module_reference cimport drop_surplus_module_reference
from shared cimport Kind, SharedInfo, shared_acquire, shared_count, shared_list, shared_release
cimport cython

from subinterp_kernel.errors import BlockGoneError

CAPSULE_NAME = (<bytes>kCapsuleName).decode()

KINDS = (
    "memory", "AtomicInt", "AtomicFlag", "Lock", "RLock", "Event", "Condition", "Semaphore", "Barrier", "Queue",
)  # in the order of Kind


@cython.final
cdef class SharedBlock:
    """Raw memory of the process, seen by every interpreter that holds it.

    Parameters
    ----------
    nbytes : int
        The size; the memory is zero-filled and 64-byte aligned.

    Raises
    ------
    MemoryError
        The system has no such amount, or :func:`set_memory_limit` does not allow it.
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

    _crosses_by_reference = True

    cdef Block *_block
    cdef Py_ssize_t _exports
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self, nbytes=None):
        self._block = NULL
        self._exports = 0
        if nbytes is None:
            return
        if nbytes < 0:
            raise ValueError(f"a block has at least 0 bytes, not {nbytes}")
        cdef size_t size = nbytes
        cdef vector[int64_t] shape
        shape.push_back(nbytes)
        raise_unless_allocated(block_create(size, b"B", shape, this_interpreter(), self._block), nbytes, "a block")

    def __init__(self, nbytes):
        pass

    def __dealloc__(self):
        if self._block != NULL:
            shared_release(self._block, this_interpreter())

    @staticmethod
    def attach(id):
        """Return another holder of the live block of that id, or raise BlockGoneError."""
        cdef SharedBlock self = SharedBlock.__new__(SharedBlock)
        self._block = block_of(id)
        return self

    @staticmethod
    def from_capsule(capsule):
        """Return the block that a capsule made by :meth:`capsule` owns, and take its hold over.

        Raises
        ------
        TypeError
            It is not a capsule, or one of another name.
        ValueError
            It was adopted before, or it stands for a read-only array.
        """
        cdef SharedBlock self = SharedBlock.__new__(SharedBlock)
        cdef Geometry geometry
        cdef bool has_geometry = False
        raise_unless_adopted(capsule_adopt(capsule, self._block, geometry, has_geometry), capsule)
        if has_geometry and geometry.readonly:
            raise ValueError("this capsule stands for a read-only array: adopt it with SharedArray.from_capsule")
        return self

    def capsule(self):
        """Return a new ``PyCapsule`` named ``subinterp_kernel.block`` that owns one hold on the block.

        The hold goes when the capsule is destroyed, or over to whoever adopts it with :meth:`from_capsule`.

        Notes
        -----
        See https://docs.python.org/3/c-api/capsule.html. The pointer in it is this package's own record of the block,
        not the memory: :attr:`address` is that.
        """
        return capsule_new(self._held(), NULL)

    def close(self):
        """Let go of the memory now; further use of this object is an error, other holders are not affected.

        Raises
        ------
        BufferError
            A memoryview, a ctypes object or an array still uses the memory through this object. Nothing has changed.
        """
        if self._exports:
            raise BufferError(f"this block is still in use by exported buffers ({self._exports}): release them first")
        if self._block != NULL:
            shared_release(self._block, this_interpreter())
            self._block = NULL

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    cdef Block *_held(self) except NULL:
        if self._block == NULL:
            raise ValueError("this shared block was closed")
        return self._block

    def __getbuffer__(self, Py_buffer *view, int flags):
        cdef Block *block = self._held()
        PyBuffer_FillInfo(view, self, block.data, <Py_ssize_t>block.nbytes, 0, flags)
        self._exports += 1

    def __releasebuffer__(self, Py_buffer *view):
        self._exports -= 1

    def __len__(self):
        return self._held().nbytes

    def __reduce__(self):
        return _attach, (self.id,)

    def __repr__(self):
        if self._block == NULL:
            return "<SharedBlock, closed>"
        return f"<SharedBlock {self.id}: {self.nbytes} bytes at {self.address:#x}>"

    @property
    def id(self):
        """The block's number in the process, never given out twice."""
        return self._held().id()

    @property
    def nbytes(self):
        """The size in bytes."""
        return self._held().nbytes

    @property
    def address(self):
        """The address of the first byte, for ``ctypes``. It is valid only while somebody holds the block."""
        return <uintptr_t>self._held().data


def _attach(id):
    return SharedBlock.attach(id)


cdef Block *block_of(id) except NULL:
    cdef Block *block = <Block *>shared_acquire(<uint64_t>id, Kind.memory, this_interpreter())
    if block == NULL:
        raise BlockGoneError(f"there is no shared block {id}: everyone who held it has let it go")
    return block


cdef int raise_unless_allocated(Allocation allocation, nbytes, str what) except -1:
    if allocation == Allocation.over_limit:
        raise MemoryError(
            f"{what} of {nbytes} bytes would exceed the limit of {block_limit()} bytes for all shared memory "
            f"({block_bytes()} are in use); free some, or raise it with set_memory_limit()")
    if allocation == Allocation.no_memory:
        raise MemoryError(f"no memory for {what} of {nbytes} bytes")
    return 0


cdef int raise_unless_adopted(Adoption adopted, capsule) except -1:
    if adopted == Adoption.used:
        raise ValueError("this capsule was adopted before and owns nothing any more: make another with capsule()")
    if adopted == Adoption.not_a_capsule:
        raise TypeError(f"expected a capsule named {CAPSULE_NAME!r}, got {capsule!r}")
    return 0


def live_block_count():
    """Return how many shared objects live in the process: blocks of memory, locks, queues and so on."""
    return shared_count()


def rows():
    """Return ``(id, kind, format, shape, nbytes, [(holder, count), ...])`` of all live shared objects, oldest first.

    A holder is the id of an interpreter, or -1 for messages that nobody has read yet.
    """
    cdef vector[SharedInfo] infos = shared_list()
    return [
        (info.id, KINDS[<int>info.kind], info.format.decode(), tuple(info.shape), info.nbytes, info.holds)
        for info in infos
    ]


def set_memory_limit(nbytes):
    """Limit how many bytes all shared memory of the process may take together.

    Parameters
    ----------
    nbytes : int or None
        The limit; ``None`` for no other than the system's. What exists stays, even if it is more.

    Raises
    ------
    ValueError
        It is negative.
    """
    if nbytes is not None and nbytes < 0:
        raise ValueError(f"a limit has at least 0 bytes, not {nbytes}")
    set_block_limit(-1 if nbytes is None else nbytes)


def memory_limit():
    """Return the limit set by :func:`set_memory_limit`, or ``None``."""
    cdef int64_t limit = block_limit()
    return None if limit < 0 else limit


def memory_in_use():
    """Return how many bytes all blocks take together."""
    return block_bytes()


drop_surplus_module_reference(sys.modules[__name__])
