"""The base class of SharedArray: properties, buffers, elements, atomic operations. _array_layout.pyx makes arrays."""

import sys

from array_buffer cimport fill_buffer, format_of
from atomic cimport Operation
from element cimport element_get, quick_position, quick_set
from geometry cimport Geometry, copy_geometry
from libc.stdint cimport uintptr_t
from module_reference cimport drop_surplus_module_reference
from subinterp_kernel.bindings._array_atomics cimport (
    compare_exchange_atomically, load_atomically, store_atomically, update_atomically,
)
from subinterp_kernel.bindings._elements cimport assign, fill, select, store
cimport cython

cdef extern from *:
    """
    // Returns a new object of the same class. Calling __new__ takes as long as the rest of a slice.
    static PyObject *new_like(PyObject *object, PyObject *no_arguments) {
        return Py_TYPE(object)->tp_new(Py_TYPE(object), no_arguments, nullptr);
    }
    """
    object new_like(object, tuple)


@cython.final
cdef class Root:
    """The hold on a block that an array shares with its views."""


cdef class ArrayMemory:
    """An n-dimensional array in a shared block: the base class of SharedArray."""

    def __cinit__(self):
        self._data = NULL
        self._length = -1
        self._exports = 0

    # ------------------------------------------------------------------------------------------------------ memory

    cdef int _set(self, Root root, Geometry &geometry) except -1:
        if self._root is not None:  # returned by the __new__ of a subclass, and perhaps exported
            raise RuntimeError("__new__ must return a new array")
        copy_geometry(geometry, self._geometry)
        self._root = root
        self._data = <char *>root.block.get().data
        # An empty array may start behind the end of the memory.
        if geometry.count():
            self._data += geometry.offset
        if geometry.ndim() == 1:
            self._length = geometry.shape()[0]
            self._stride = geometry.strides()[0]
        return 0

    cdef ArrayMemory _view(self, Root root, Geometry &geometry):
        cdef ArrayMemory made = <ArrayMemory?>new_like(self, ())
        made._set(root, geometry)
        made._from_numpy = self._from_numpy
        return made

    cdef Root _open_root(self):
        if self._root is None:
            raise ValueError("this shared array was closed")
        return self._root

    cdef Geometry *_open_geometry(self) except NULL:
        self._open_root()
        return &self._geometry

    cdef Root _writable_root(self):
        cdef Root root = self._open_root()
        if self._geometry.readonly:
            raise TypeError("cannot modify a read-only array: set elements of the array it was made from")
        return root

    def close(self):
        """Release the memory now. Using this object afterwards is an error; views and other holders are not affected.

        Raises
        ------
        BufferError
            A memoryview, a NumPy array or a ctypes object still uses the memory through this object. Nothing was
            changed.
        """
        if self._exports:
            raise BufferError(f"this array is still in use by exported buffers ({self._exports}): release them first")
        self._root = None
        self._data = NULL
        self._length = -1

    # ---------------------------------------------------------------------------------------------------- buffers

    def __getbuffer__(self, Py_buffer *view, int flags):
        self._open_root()
        cdef const char *problem = fill_buffer(view, self._data, &self._geometry, flags)
        if problem != NULL:
            raise BufferError(problem.decode())
        view.obj = self
        self._exports += 1

    def __releasebuffer__(self, Py_buffer *view):
        self._exports -= 1

    # ------------------------------------------------------------------------------------------------- properties

    @property
    def id(self):
        """The number of the block in the process, never used twice."""
        return self._open_root().block.get().id()

    @property
    def format(self):
        """The struct format code of an element, such as ``"d"``."""
        return format_of(self._open_geometry().code).decode()

    @property
    def itemsize(self):
        """Bytes of an element."""
        return self._open_geometry().itemsize

    @property
    def ndim(self):
        """The number of dimensions."""
        return self._open_geometry().ndim()

    @property
    def shape(self):
        """The length of each dimension, a tuple."""
        cdef Geometry *geometry = self._open_geometry()
        return tuple([geometry.shape()[axis] for axis in range(geometry.ndim())])

    @property
    def strides(self):
        """Bytes from one element to the next in each dimension, a tuple."""
        cdef Geometry *geometry = self._open_geometry()
        return tuple([geometry.strides()[axis] for axis in range(geometry.ndim())])

    @property
    def size(self):
        """The number of elements."""
        return self._open_geometry().count()

    @property
    def nbytes(self):
        """Bytes of all elements together."""
        return self._open_geometry().count() * self._geometry.itemsize

    @property
    def c_contiguous(self):
        """Whether the elements are contiguous and the last index varies fastest."""
        return self._open_geometry().is_contiguous(c"C")

    @property
    def f_contiguous(self):
        """Whether the elements are contiguous and the first index varies fastest."""
        return self._open_geometry().is_contiguous(c"F")

    @property
    def writable(self):
        """Whether elements can be set through this object; see :meth:`readonly`."""
        return not self._open_geometry().readonly

    @property
    def address(self):
        """The address of the first element, for ``ctypes``; valid only while some interpreter holds the memory."""
        self._open_root()
        return <uintptr_t>self._data

    def __len__(self):
        if self._open_geometry().ndim() == 0:
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
            self._set_item(key, value)
        elif self._geometry.readonly or not quick_set(self._geometry.code, self._data + index * self._stride, value):
            self._set_at(index, value)

    # Methods of the key and the value may close the array. So hold the root while accessing memory.

    cdef object _get(self, key):
        cdef Geometry chosen
        cdef Root root = self._open_root()
        if select(self._geometry, key, &chosen):
            return element_get(chosen.code, <char *>root.block.get().data + chosen.offset)
        return self._view(root, chosen)

    cdef int _set_at(self, Py_ssize_t index, value) except -1:
        cdef Root root = self._writable_root()
        cdef Py_ssize_t offset = self._geometry.offset + index * self._stride
        return store(self._geometry.code, <char *>root.block.get().data + offset, value)

    cdef int _set_item(self, key, value) except -1:
        cdef Geometry chosen
        cdef Root root = self._writable_root()
        if select(self._geometry, key, &chosen):
            store(chosen.code, <char *>root.block.get().data + chosen.offset, value)
        else:
            assign(<char *>root.block.get().data + chosen.offset, chosen, value)
        return 0

    def __delitem__(self, key):
        raise TypeError("elements of an array cannot be deleted; set them to another value")

    def fill(self, value):
        """Set every element to the same value.

        Raises
        ------
        TypeError, ValueError
            The value does not fit the format, or the array is read-only. Nothing was changed.
        """
        cdef Root root = self._writable_root()
        fill(<char *>root.block.get().data + self._geometry.offset, self._geometry, value)

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
        cdef Root root = self._open_root()
        return load_atomically(self._geometry, self._element(root, index), order)

    def store(self, index, value, /, order=None):
        """Set an element atomically; `order` may be ``"seq_cst"``, ``"release"`` or ``"relaxed"``. See :meth:`load`."""
        cdef Root root = self._writable_root()
        store_atomically(self._geometry, self._element(root, index), value, order)

    def exchange(self, index, value, /, order=None):
        """Set an element atomically and return the previous value; see :meth:`load`."""
        return self._update(Operation.exchange, index, value, order)

    def fetch_add(self, index, value=1, /, order=None):
        """Add to an element atomically and return the previous value.

        A sum that does not fit wraps around, as unsigned numbers do in C: ``2**63 - 1`` plus 1 is ``-2**63`` in a
        signed format. The value itself must fit. See :meth:`load`.
        """
        return self._update(Operation.add, index, value, order)

    def fetch_sub(self, index, value=1, /, order=None):
        """Subtract from an element atomically and return the previous value; see :meth:`fetch_add`."""
        return self._update(Operation.subtract, index, value, order)

    def compare_exchange(self, index, expected, desired, /, order=None):
        """Set an element to `desired` if it is `expected`, atomically, and return whether it was. See :meth:`load`."""
        cdef Root root = self._writable_root()
        return compare_exchange_atomically(self._geometry, self._element(root, index), expected, desired, order)

    cdef object _update(self, Operation operation, index, value, order):
        cdef Root root = self._writable_root()
        return update_atomically(operation, self._geometry, self._element(root, index), value, order)

    cdef char *_element(self, Root root, index) except NULL:
        cdef Geometry chosen
        cdef Py_ssize_t place = quick_position(index, self._length)
        if place >= 0:
            return self._data + place * self._stride
        if not select(self._geometry, index, &chosen):
            raise TypeError("an atomic operation works on one element: give one index for each dimension")
        return <char *>root.block.get().data + chosen.offset


drop_surplus_module_reference(sys.modules[__name__])
