from atomic cimport Operation
from block cimport Block
from geometry cimport Geometry
from held cimport Held
cimport cython


# The hold on a block that an array shares with its views.
@cython.final
cdef class Root:
    cdef Held[Block] block
    cdef object _collectable  # see module_reference.hpp


cdef class ArrayMemory:
    cdef Root _root  # None: closed
    cdef Geometry _geometry
    cdef char *_data  # the element with all indices 0
    cdef Py_ssize_t _length  # of the one dimension; -1 for other numbers of dimensions, and when closed
    cdef Py_ssize_t _stride
    cdef Py_ssize_t _exports
    cdef public bint _from_numpy  # represents a NumPy array in an interpreter without NumPy

    # Give a new array its memory. Raise RuntimeError if it has memory already.
    cdef int _set(self, Root root, Geometry &geometry) except -1

    # Return an array of the same class over the same memory, which `root` holds.
    cdef ArrayMemory _view(self, Root root, Geometry &geometry)

    # Return the hold on the memory, or raise ValueError if the array is closed.
    cdef Root _open_root(self)

    cdef Geometry *_open_geometry(self) except NULL
    cdef Root _writable_root(self)
    cdef object _get(self, key)
    cdef int _set_at(self, Py_ssize_t index, value) except -1
    cdef int _set_item(self, key, value) except -1
    cdef object _update(self, Operation operation, index, value, order)
    cdef char *_element(self, Root root, index) except NULL
