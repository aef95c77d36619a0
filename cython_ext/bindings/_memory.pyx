"""Blocks of shared memory as Python objects, and the list of all shared objects."""

import sys

from block cimport Block, block_bytes, block_create, block_limit, kCapsuleName, set_block_limit
from capsule cimport capsule_adopt, capsule_new
from cpython.buffer cimport PyBuffer_FillInfo
from geometry cimport Geometry
from held cimport Held, raise_gone, this_interpreter
from libc.stdint cimport int64_t, uintptr_t
from libcpp cimport bool
from libcpp.vector cimport vector
from module_reference cimport drop_surplus_module_reference
from shared_object cimport Kind, SharedObjectInfo, shared_count, shared_list
from status cimport Status
cimport cython

CAPSULE_NAME = (<bytes>kCapsuleName).decode()

KINDS = (
    "memory", "AtomicInt", "AtomicFlag", "Lock", "RLock", "Event", "Condition", "Semaphore", "Barrier", "Queue",
)  # in the order of Kind


@cython.final
cdef class SharedBlock:
    """Raw memory that interpreters share.

    Parameters
    ----------
    nbytes : int
        The size; the memory is zero-filled and 64-byte aligned.

    Raises
    ------
    MemoryError
        There is not enough memory, or the limit of :func:`set_memory_limit` would be exceeded.
    ValueError
        The size is negative.

    Notes
    -----
    Supports the buffer protocol (writable, one-dimensional, format ``"B"``, honouring every flag), so ``memoryview``,
    ``ctypes``, ``struct``, ``array`` and NumPy work on it without a copy. The memory is freed when the last holder in
    any interpreter is gone: objects of this class, exports of their buffers, capsules and messages in flight. Holding
    and releasing are thread-safe; reading and writing the bytes are not synchronized, as in C. Another interpreter
    receives another object over the same memory.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> with sk.SharedBlock(16) as block:
    ...     memoryview(block)[:2] = b"ab"
    ...     bytes(block)[:3]
    b'ab\\x00'
    """

    _crosses_by_reference = True

    cdef Held[Block] _block
    cdef Py_ssize_t _exports
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self, nbytes=None):
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

    @staticmethod
    def attach(id):
        """Return another object over the live block of that id, or raise SharedObjectGoneError."""
        cdef SharedBlock self = SharedBlock.__new__(SharedBlock)
        find_block(id, self._block)
        return self

    @staticmethod
    def from_capsule(capsule):
        """Return the block of a capsule made by :meth:`capsule`, and take over its hold.

        Raises
        ------
        TypeError
            It is not a capsule, or one of another name.
        ValueError
            It was adopted before, or it was made from a read-only array.
        """
        cdef SharedBlock self = SharedBlock.__new__(SharedBlock)
        cdef Geometry geometry
        cdef bool has_geometry = False
        raise_unless_adopted(capsule_adopt(capsule, self._block, geometry, has_geometry), capsule)
        if has_geometry and geometry.readonly:
            raise ValueError("this capsule was made from a read-only array: adopt it with SharedArray.from_capsule")
        return self

    def capsule(self):
        """Return a new ``PyCapsule`` named ``subinterp_kernel.block`` that owns one hold on the block.

        The capsule releases the hold when it is destroyed, unless :meth:`from_capsule` took it over.

        Notes
        -----
        See https://docs.python.org/3/c-api/capsule.html. Its pointer is not the address of the memory, which is
        :attr:`address`.
        """
        return capsule_new(self._open_block(), NULL)

    def close(self):
        """Release the memory now. Using this object afterwards is an error; other holders are not affected.

        Raises
        ------
        BufferError
            A memoryview, a ctypes object or an array still uses the memory through this object. Nothing was changed.
        """
        if self._exports:
            raise BufferError(f"this block is still in use by exported buffers ({self._exports}): release them first")
        self._block.reset()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    cdef Block *_open_block(self) except NULL:
        if self._block.get() == NULL:
            raise ValueError("this shared block was closed")
        return self._block.get()

    def __getbuffer__(self, Py_buffer *view, int flags):
        cdef Block *block = self._open_block()
        PyBuffer_FillInfo(view, self, block.data, <Py_ssize_t>block.nbytes, 0, flags)
        self._exports += 1

    def __releasebuffer__(self, Py_buffer *view):
        self._exports -= 1

    def __len__(self):
        return self._open_block().nbytes

    def __reduce__(self):
        return _attach, (self.id,)

    def __repr__(self):
        if self._block.get() == NULL:
            return "<SharedBlock, closed>"
        return f"<SharedBlock {self.id}: {self.nbytes} bytes at {self.address:#x}>"

    @property
    def id(self):
        """The number of the block in the process, never used twice."""
        return self._open_block().id()

    @property
    def nbytes(self):
        """The size in bytes."""
        return self._open_block().nbytes

    @property
    def address(self):
        """The address of the first byte, for ``ctypes``. It is valid only while some interpreter holds the block."""
        return <uintptr_t>self._open_block().data


def _attach(id):
    return SharedBlock.attach(id)


cdef int find_block(id, Held[Block] &block) except -1:
    if not block.find(this_interpreter(), id, Kind.memory):
        raise_gone("shared block", id)
    return 0


cdef int raise_unless_allocated(Status status, nbytes, str what) except -1:
    if status == Status.over_limit:
        raise MemoryError(
            f"{what} of {nbytes} bytes would exceed the limit of {block_limit()} bytes for all shared memory "
            f"({block_bytes()} are in use); free some, or raise it with set_memory_limit()")
    if status == Status.no_memory:
        raise MemoryError(f"no memory for {what} of {nbytes} bytes; free some or ask for less")
    return 0


cdef int raise_unless_adopted(Status status, capsule) except -1:
    if status == Status.closed:
        raise ValueError("this capsule was adopted before and no longer holds memory: make another with capsule()")
    if status == Status.not_found:
        raise TypeError(f"expected a capsule named {CAPSULE_NAME!r}, got {capsule!r}")
    return 0


def live_object_count():
    """Return the number of live shared objects in the process: blocks of memory, locks, queues and so on.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> before = sk.live_object_count()
    >>> lock, array = sk.Lock(), sk.SharedArray(3)
    >>> sk.live_object_count() - before
    2
    """
    return shared_count()


def rows():
    """Return ``(id, kind, format, shape, nbytes, [(holder, count), ...])`` of all live shared objects, oldest first.

    A holder is the id of an interpreter, or -1 for unread messages.
    """
    cdef vector[SharedObjectInfo] infos = shared_list()
    return [_row(&infos[index]) for index in range(infos.size())]


cdef tuple _row(SharedObjectInfo *info):
    return info.id, KINDS[<int>info.kind], info.format.decode(), tuple(info.shape), info.nbytes, info.holds


def set_memory_limit(nbytes):
    """Limit the number of bytes of all shared memory in the process.

    Parameters
    ----------
    nbytes : int or None
        The limit; ``None`` for none. Existing memory stays, even if it exceeds the limit.

    Raises
    ------
    ValueError
        It is negative.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> sk.set_memory_limit(1000)
    >>> sk.SharedBlock(1001)
    Traceback (most recent call last):
    MemoryError
    >>> sk.set_memory_limit(None)
    """
    if nbytes is not None and nbytes < 0:
        raise ValueError(f"a limit is at least 0 bytes, not {nbytes}")
    set_block_limit(-1 if nbytes is None else nbytes)


def memory_limit():
    """Return the limit set by :func:`set_memory_limit` in bytes, or ``None``.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> sk.memory_limit() is None
    True
    """
    cdef int64_t limit = block_limit()
    return None if limit < 0 else limit


def memory_in_use():
    """Return the number of bytes of all shared memory in the process.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> before = sk.memory_in_use()
    >>> array = sk.SharedArray(100)
    >>> sk.memory_in_use() - before
    800
    """
    return block_bytes()


drop_surplus_module_reference(sys.modules[__name__])
