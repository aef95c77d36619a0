"""The compiled part of SharedArray: memory, buffers, elements, atomic operations."""

import sys

from array_buffer cimport Refusal, fill_buffer, format_of
from atomic cimport Operation, Word, atomic_compare_exchange, atomic_load, atomic_store, atomic_update
from block cimport Block, block_create
from capsule cimport capsule_adopt, capsule_new
from dlpack cimport dlpack_capsule
from element cimport element_get, element_size, native_code, quick_position, quick_set
from geometry cimport Geometry, kMaxDimensions, lay_out, lies_within
from holder cimport this_interpreter
from libc.stdint cimport int64_t, uintptr_t
from libcpp cimport bool
from libcpp.vector cimport vector
from module_reference cimport drop_surplus_module_reference
from shared cimport shared_release
from subinterp_kernel._atomic cimport Use, memory_order_named
from subinterp_kernel._elements cimport assign, fill, select, store
from subinterp_kernel._memory cimport block_of, raise_unless_adopted, raise_unless_allocated
cimport cython

cdef extern from *:
    """
    // A new object of the same class; an ordinary call of __new__ takes as long as the rest of a slice.
    static PyObject *new_like(PyObject *object, PyObject *no_arguments) {
        return Py_TYPE(object)->tp_new(Py_TYPE(object), no_arguments, nullptr);
    }
    """
    ArrayMemory new_like(object, tuple)

MAX_DIMENSIONS = kMaxDimensions


@cython.final
cdef class _Root:
    """One interpreter's hold on a block, for all arrays over it here."""

    cdef Block *block
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self):
        self.block = NULL

    def __dealloc__(self):
        if self.block != NULL:
            shared_release(self.block, this_interpreter())


cdef class ArrayMemory:
    """An n-dimensional array in a shared block; subinterp_kernel.array.SharedArray is its public face."""

    cdef _Root _root  # None: closed
    cdef Geometry _geometry
    cdef char *_data  # the element with all indices 0
    cdef Py_ssize_t _length  # of the one dimension; -1 for other numbers of dimensions, and when closed
    cdef Py_ssize_t _stride
    cdef Py_ssize_t _exports
    cdef public bint _from_numpy  # it stands for a NumPy array, in an interpreter that has no NumPy

    def __cinit__(self):
        self._data = NULL
        self._length = -1
        self._exports = 0

    # -------------------------------------------------------------------------------------------------- its memory

    def _allocate(self, str format, tuple shape, str order):
        cdef vector[Py_ssize_t] lengths
        cdef vector[int64_t] recorded
        cdef _Root root = self._new_root()
        self._geometry.code = _code_of(format)
        self._geometry.itemsize = element_size(self._geometry.code)
        for length in shape:
            lengths.push_back(length)
            recorded.push_back(length)
        if not lay_out(self._geometry, lengths, ord(order)):
            raise ValueError(f"an array of shape {shape} and format {format!r} has more bytes than can be addressed")
        nbytes = self._geometry.count() * self._geometry.itemsize
        raise_unless_allocated(
            block_create(nbytes, format.encode(), recorded, this_interpreter(), root.block), nbytes, "an array")
        self._take(root)

    def _attach(self, id, str format, Py_ssize_t offset, tuple shape, tuple strides, bint readonly):
        cdef _Root root = self._new_root()
        root.block = block_of(id)
        self._lie(root, format, offset, shape, strides, readonly)

    def _attach_whole(self, id):
        cdef _Root root = self._new_root()
        root.block = block_of(id)
        self._take_whole(root)

    def _adopt(self, capsule):
        cdef _Root root = self._new_root()
        cdef bool has_geometry = False
        raise_unless_adopted(capsule_adopt(capsule, root.block, self._geometry, has_geometry), capsule)
        self._take(root) if has_geometry else self._take_whole(root)

    cdef _Root _new_root(self):
        # Buffers that were exported point to this object's shape, and rely on its hold.
        if self._root is not None:
            raise RuntimeError("this array was made already: make another one")
        return _Root.__new__(_Root)

    cdef int _take_whole(self, _Root root) except -1:
        """See the block as its maker did: its format and shape, in C order."""
        cdef vector[Py_ssize_t] lengths
        for axis in range(<int>root.block.shape.size()):
            lengths.push_back(root.block.shape[axis])
        self._geometry.code = native_code(root.block.format.c_str())
        self._geometry.itemsize = element_size(self._geometry.code)
        lay_out(self._geometry, lengths, c"C")
        return self._take(root)

    cdef int _lie(self, _Root root, str format, Py_ssize_t offset, tuple shape, tuple strides, bint readonly) except -1:
        self._geometry.code = _code_of(format)
        self._geometry.itemsize = element_size(self._geometry.code)
        self._geometry.offset = offset
        self._geometry.readonly = readonly
        if len(shape) != len(strides) or len(shape) > kMaxDimensions:
            raise ValueError(f"shape {shape} and strides {strides} do not belong together")
        self._geometry.extents.clear()
        for number in shape + strides:
            self._geometry.extents.push_back(number)
        if not lies_within(self._geometry, root.block.nbytes):
            raise ValueError(
                f"shape {shape} with strides {strides} from byte {offset} is not within {root.block.nbytes} bytes")
        return self._take(root)

    cdef int _take(self, _Root root) except -1:
        self._root = root
        self._data = <char *>root.block.data + self._geometry.offset
        if self._geometry.ndim() == 1:
            self._length = self._geometry.shape()[0]
            self._stride = self._geometry.strides()[0]
        return 0

    def _over(self, str format, Py_ssize_t offset, tuple shape, tuple strides, bint readonly):
        """Return an array over the same block."""
        cdef ArrayMemory made = new_like(self, ())
        made._lie(self._held(), format, offset, shape, strides, readonly)
        made._from_numpy = self._from_numpy
        return made

    cdef ArrayMemory _view(self, _Root root, Geometry &geometry):
        cdef ArrayMemory made = new_like(self, ())
        made._geometry = geometry
        made._from_numpy = self._from_numpy
        made._take(root)
        return made

    cdef _Root _held(self):
        if self._root is None:
            raise ValueError("this shared array was closed")
        return self._root

    cdef _Root _writable_root(self):
        cdef _Root root = self._held()
        if self._geometry.readonly:
            raise TypeError("cannot modify a read-only array: set elements of the array it was made from")
        return root

    def close(self):
        """Let go of the memory now; further use of this object is an error, views and other holders are not affected.

        Raises
        ------
        BufferError
            A memoryview, a NumPy array or a ctypes object still uses the memory through this object. Nothing has
            changed.
        """
        if self._exports:
            raise BufferError(f"this array is still in use by exported buffers ({self._exports}): release them first")
        self._root = None
        self._data = NULL
        self._length = -1

    def capsule(self):
        """Return a new ``PyCapsule`` named ``subinterp_kernel.block`` that owns one hold on the memory.

        The hold goes when the capsule is destroyed, or over to whoever adopts it with :meth:`from_capsule`, and then
        the array has the same shape and format there.

        Notes
        -----
        See https://docs.python.org/3/c-api/capsule.html. The pointer in it is this package's own record of the block,
        not the memory: :attr:`address` is that.
        """
        return capsule_new(self._held().block, &self._geometry)

    def _dlpack(self, bint versioned):
        made = dlpack_capsule(self._held().block, self._geometry, versioned)
        if made is None:
            raise BufferError(f"DLPack has no element type for format {self.format!r}")
        return made

    # ---------------------------------------------------------------------------------------------------- buffers

    def __getbuffer__(self, Py_buffer *view, int flags):
        self._held()
        cdef Refusal refusal = fill_buffer(view, self._data, &self._geometry, flags)
        if refusal != Refusal.none:
            raise BufferError(_REFUSALS[<int>refusal])
        view.obj = self
        self._exports += 1

    def __releasebuffer__(self, Py_buffer *view):
        self._exports -= 1

    # ------------------------------------------------------------------------------------------------- what it is

    @property
    def id(self):
        """The number of the block in the process, never given out twice."""
        return self._held().block.id()

    @property
    def format(self):
        """The struct format code of an element, such as ``"d"``."""
        self._held()
        return format_of(self._geometry.code).decode()

    @property
    def itemsize(self):
        """Bytes of an element."""
        self._held()
        return self._geometry.itemsize

    @property
    def ndim(self):
        """The number of dimensions."""
        self._held()
        return self._geometry.ndim()

    @property
    def shape(self):
        """The length of each dimension, a tuple."""
        self._held()
        return tuple([self._geometry.shape()[axis] for axis in range(self._geometry.ndim())])

    @property
    def strides(self):
        """Bytes from one element to the next in each dimension, a tuple."""
        self._held()
        return tuple([self._geometry.strides()[axis] for axis in range(self._geometry.ndim())])

    @property
    def size(self):
        """The number of elements."""
        self._held()
        return self._geometry.count()

    @property
    def nbytes(self):
        """Bytes of all elements together."""
        self._held()
        return self._geometry.count() * self._geometry.itemsize

    @property
    def c_contiguous(self):
        """Whether the elements lie without gaps, the last index running fastest."""
        self._held()
        return self._geometry.is_contiguous(c"C")

    @property
    def f_contiguous(self):
        """Whether the elements lie without gaps, the first index running fastest."""
        self._held()
        return self._geometry.is_contiguous(c"F")

    @property
    def writable(self):
        """Whether elements can be set through this object; see :meth:`readonly`."""
        self._held()
        return not self._geometry.readonly

    @property
    def address(self):
        """The address of the first element, for ``ctypes``. It is valid only while somebody holds the memory."""
        self._held()
        return <uintptr_t>self._data

    @property
    def _offset(self):
        self._held()
        return self._geometry.offset

    def __len__(self):
        self._held()
        if self._geometry.ndim() == 0:
            raise TypeError("an array with no dimensions has no length")
        return self._geometry.shape()[0]

    # ---------------------------------------------------------------------------------------------- elements and slices

    def __getitem__(self, key):
        cdef Py_ssize_t index = quick_position(key, self._length)
        if index >= 0:
            return element_get(self._geometry.code, self._data + index * self._stride)
        return self._get(key)

    def __setitem__(self, key, value):
        cdef Py_ssize_t index = quick_position(key, self._length)
        if index < 0:
            self._set(key, value)
        elif self._geometry.readonly or not quick_set(self._geometry.code, self._data + index * self._stride, value):
            self._set_at(index, value)

    # The key's and the value's own methods may close the array. So whoever touches memory holds the root meanwhile.

    cdef object _get(self, key):
        cdef Geometry chosen
        cdef _Root root = self._held()
        if select(self._geometry, key, &chosen):
            return element_get(chosen.code, <char *>root.block.data + chosen.offset)
        return self._view(root, chosen)

    cdef int _set_at(self, Py_ssize_t index, value) except -1:
        cdef _Root root = self._writable_root()
        return store(self._geometry.code, <char *>root.block.data + self._geometry.offset + index * self._stride, value)

    cdef int _set(self, key, value) except -1:
        cdef Geometry chosen
        cdef _Root root = self._writable_root()
        if select(self._geometry, key, &chosen):
            store(chosen.code, <char *>root.block.data + chosen.offset, value)
        else:
            assign(<char *>root.block.data + chosen.offset, chosen, value)
        return 0

    def __delitem__(self, key):
        raise TypeError("elements of an array cannot be deleted; set them to another value")

    def fill(self, value):
        """Set every element to the same value.

        Raises
        ------
        TypeError, ValueError
            The value does not fit the format, or the array is read-only. Nothing has changed.
        """
        cdef _Root root = self._writable_root()
        fill(<char *>root.block.data + self._geometry.offset, self._geometry, value)

    # ---------------------------------------------------------------------------------------------------- atomics

    def load(self, index, /, order=None):
        """Return an element, read atomically.

        Parameters
        ----------
        index : int or tuple of int
            Of an element of 8 aligned bytes in an integer format.
        order : {"seq_cst", "acquire", "relaxed"}, optional
            As ``std::memory_order`` in C++; sequentially consistent by default.

        Raises
        ------
        TypeError
            The elements are not integers of 8 aligned bytes.
        """
        cdef _Root root = self._held()
        cdef Word word = atomic_load(self._atomic_element(root, index), memory_order_named(order, Use.load))
        return element_get(self._geometry.code, <char *>&word)

    def store(self, index, value, /, order=None):
        """Set an element atomically; `order` may be ``"seq_cst"``, ``"release"`` or ``"relaxed"``. See :meth:`load`."""
        cdef _Root root = self._writable_root()
        atomic_store(self._atomic_element(root, index), self._word(value), memory_order_named(order, Use.store))

    def exchange(self, index, value, /, order=None):
        """Set an element atomically and return what it was; see :meth:`load`."""
        return self._update(Operation.exchange, index, value, order)

    def fetch_add(self, index, value=1, /, order=None):
        """Add to an element atomically and return what it was.

        A sum that does not fit wraps around, as C's unsigned numbers do: ``2**63 - 1`` plus 1 is ``-2**63`` in a signed
        format. The value itself must fit. See :meth:`load`.
        """
        return self._update(Operation.add, index, value, order)

    def fetch_sub(self, index, value=1, /, order=None):
        """Subtract from an element atomically and return what it was; see :meth:`fetch_add`."""
        return self._update(Operation.subtract, index, value, order)

    def compare_exchange(self, index, expected, desired, /, order=None):
        """Set an element to `desired` if it is `expected`, atomically; tell whether it was. See :meth:`load`."""
        cdef _Root root = self._writable_root()
        cdef void *element = self._atomic_element(root, index)
        return atomic_compare_exchange(
            element, self._word(expected), self._word(desired), memory_order_named(order, Use.update))

    cdef object _update(self, Operation operation, index, value, order):
        cdef _Root root = self._writable_root()
        cdef void *element = self._atomic_element(root, index)
        cdef Word word = atomic_update(operation, element, self._word(value), memory_order_named(order, Use.update))
        return element_get(self._geometry.code, <char *>&word)

    cdef Word _word(self, value) except? 0:
        cdef Word word = 0
        store(self._geometry.code, <char *>&word, value)
        return word

    cdef void *_atomic_element(self, _Root root, index) except NULL:
        cdef Geometry chosen
        cdef Py_ssize_t place = quick_position(index, self._length)
        cdef char *element
        if place >= 0:
            element = self._data + place * self._stride
        elif select(self._geometry, index, &chosen):
            element = <char *>root.block.data + chosen.offset
        else:
            raise TypeError("an atomic operation works on one element: give one index for each dimension")
        if self._geometry.itemsize != 8 or self._geometry.code not in b"lLqQnN":
            raise TypeError(
                f"atomic operations need integers of 8 bytes, such as format 'q', not format {self.format!r}")
        if <uintptr_t>element % 8:
            raise TypeError("atomic operations need elements at addresses that are multiples of 8")
        return element


_REFUSALS = (
    "", "the array is read-only", "the array is not C-contiguous", "the array is not Fortran-contiguous",
    "the array is not contiguous", "an array of this shape needs a consumer that asks for strides",
    "a consumer that asks for the format must ask for the shape, too",
)  # in the order of Refusal


cdef char _code_of(str format) except 0:
    cdef char code = 0
    if format.isascii() and format[:1] not in ("=", "<", ">", "!"):
        code = native_code(format.encode())
    if code == 0:
        raise ValueError(
            f"{format!r} is not a native struct format code such as 'd' (float), 'q' (64-bit integer) or 'B' (byte)")
    return code


def itemsize_of(str format):
    """Return the bytes of an element of that format, or raise ValueError."""
    return element_size(_code_of(format))


def native_format(str format):
    """Return the native code for the format of a buffer, or None."""
    cdef char code = native_code(format.encode())
    return format_of(code).decode() if code else None


drop_surplus_module_reference(sys.modules[__name__])
