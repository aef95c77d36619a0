"""Indexing and assignment for _array.pyx."""

import sys

from array_buffer cimport format_of
from cpython.buffer cimport PyBUF_FULL_RO, PyBuffer_Release, PyObject_CheckBuffer, PyObject_GetBuffer
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from cpython.number cimport PyIndex_Check, PyNumber_AsSsize_t
from cpython.slice cimport PySlice_AdjustIndices, PySlice_Unpack
from element cimport Fit, element_set, native_code, same_encoding
from geometry cimport Geometry, assign_elements, copy_geometry, fill_elements, kMaxDimensions, lay_out
from libcpp.vector cimport vector
from module_reference cimport drop_surplus_module_reference
from status cimport Status

cdef extern from *:
    """
    // The GIL is released for copies of more bytes than this.
    constexpr Py_ssize_t kLongCopy = 1 << 16;
    // The largest size of an element.
    constexpr int kLargestElement = 16;
    """
    const Py_ssize_t kLongCopy
    const int kLargestElement


cdef class _Nothing:
    """Without a class, CPython 3.15 never frees a Cython module at the end of a sub-interpreter, which leaks 3.6 MB."""

    cdef object _collectable  # see module_reference.hpp


cdef Py_ssize_t _position(key, Py_ssize_t length) except -1:
    """Return the position of an index, which counts from the end if it is negative."""
    cdef Py_ssize_t index = PyNumber_AsSsize_t(key, IndexError)
    if index < 0:
        index += length
    if index < 0 or index >= length:
        raise IndexError(f"index {key} is out of bounds for a dimension of length {length}")
    return index


cdef bint select(Geometry &all, key, Geometry *chosen) except -1:
    """Find the part of the array that a key selects, and return whether it is one element."""
    cdef vector[Py_ssize_t] strides
    cdef tuple parts = key if type(key) is tuple else (key,)
    cdef int axis = 0
    cdef int whole = _axes_left_whole(all, parts)
    cdef bint is_element = whole == 0
    copy_geometry(all, chosen[0])
    chosen.extents.clear()
    for part in parts:
        if part is Ellipsis:
            is_element = False
            axis = _keep(all, axis, axis + whole, chosen, &strides)
            whole = 0
        elif part is None:  # a new dimension, as in NumPy
            is_element = False
            chosen.extents.push_back(1)
            strides.push_back(0)
        elif isinstance(part, slice):
            is_element = False
            _slice(all, axis, part, chosen, &strides)
            axis += 1
        else:
            chosen.offset += _position(part, all.shape()[axis]) * all.strides()[axis]
            axis += 1
    _keep(all, axis, axis + whole, chosen, &strides)
    for axis in range(<int>strides.size()):
        chosen.extents.push_back(strides[axis])
    return is_element


cdef int _axes_left_whole(Geometry &all, tuple parts) except -1:
    """Check the parts of a key, and return how many axes they leave to an explicit or implied ellipsis."""
    cdef int given = 0
    cdef int ellipses = 0
    cdef int added = 0
    for part in parts:
        if part is Ellipsis:
            ellipses += 1
        elif isinstance(part, slice) or PyIndex_Check(part):
            given += 1
        elif part is None:
            added += 1
        else:
            raise TypeError(f"an array is indexed by integers, slices, '...' and None, not {type(part).__name__}")
    if ellipses > 1:
        raise IndexError("an index can have only one ellipsis ('...')")
    if given > all.ndim():
        raise IndexError(f"{given} indices are too many for an array of {all.ndim()} dimensions")
    if all.ndim() - given + added > kMaxDimensions:
        raise IndexError(f"an array has at most {kMaxDimensions} dimensions: use fewer None in the index")
    return all.ndim() - given


cdef int _keep(Geometry &all, int axis, int end, Geometry *chosen, vector[Py_ssize_t] *strides) except -1:
    while axis < end:
        chosen.extents.push_back(all.shape()[axis])
        strides.push_back(all.strides()[axis])
        axis += 1
    return axis


cdef int _slice(Geometry &all, int axis, part, Geometry *chosen, vector[Py_ssize_t] *strides) except -1:
    cdef Py_ssize_t start, stop, step
    cdef Py_ssize_t stride = all.strides()[axis]
    PySlice_Unpack(part, &start, &stop, &step)
    cdef Py_ssize_t length = PySlice_AdjustIndices(all.shape()[axis], &start, &stop, step)
    chosen.offset += start * stride if length else 0
    chosen.extents.push_back(length)
    # The stride of an axis of length 1 is never used, and might overflow.
    strides.push_back(stride * step if length > 1 else stride)
    return 0


cdef int store(char code, char *address, value) except -1:
    cdef Fit fit = element_set(code, address, value)
    if fit == Fit.wrong_type:
        raise TypeError(f"invalid type for format {(<bytes>format_of(code)).decode()!r}: {type(value).__name__}")
    if fit == Fit.wrong_value:
        raise ValueError(f"invalid value for format {(<bytes>format_of(code)).decode()!r}: {value!r}")
    return -1 if fit == Fit.raised else 0


cdef int fill(char *first, Geometry &target, value) except -1:
    cdef char element[kLargestElement]
    store(target.code, element, value)
    with nogil:
        fill_elements(first, target.strides(), target.shape(), target.ndim(), element, target.itemsize)
    return 0


cdef int assign(char *first, Geometry &target, value) except -1:
    if PyObject_CheckBuffer(value):
        return _assign_buffer(first, target, value)
    if target.ndim() and hasattr(type(value), "__iter__"):
        return _assign_items(first, target, value)
    return fill(first, target, value)


cdef int _assign_buffer(char *first, Geometry &target, source) except -1:
    cdef Py_buffer view
    cdef bint alike
    # Some exporters, such as ctypes, omit shape and strides; a memoryview fills them in.
    source = memoryview(source)
    PyObject_GetBuffer(source, &view, PyBUF_FULL_RO)
    try:
        shape = tuple([view.shape[axis] for axis in range(view.ndim)])
        wanted = tuple([target.shape()[axis] for axis in range(target.ndim())])
        if shape != wanted:
            raise ValueError(f"cannot assign a buffer of shape {shape} to {wanted}")
        alike = view.suboffsets == NULL and same_encoding(native_code(view.format), target.code)
        if alike:
            _copy(first, target, <char *>view.buf, view.strides)
    finally:
        PyBuffer_Release(&view)
    if alike:
        return 0
    items = source.tolist()
    return _assign_items(first, target, items) if target.ndim() else fill(first, target, items)


cdef int _assign_items(char *first, Geometry &target, items) except -1:
    # All values are checked before the first one is stored.
    cdef Geometry packed
    cdef char *scratch = _scratch(target, packed)
    cdef char *cursor = scratch
    try:
        _pack(packed, items, 0, &cursor)
        _copy(first, target, scratch, packed.strides())
    finally:
        PyMem_RawFree(scratch)
    return 0


cdef int _pack(Geometry &packed, items, int axis, char **cursor) except -1:
    if axis == packed.ndim():
        store(packed.code, cursor[0], items)
        cursor[0] += packed.itemsize
        return 0
    cdef Py_ssize_t length = packed.shape()[axis]
    row = items if type(items) is list or type(items) is tuple else _first(items, length + 1)
    if len(row) != length:
        few = "more" if len(row) > length else f"only {len(row)}"
        raise ValueError(f"there are {few} items for a dimension of length {length}")
    for item in row:
        _pack(packed, item, axis + 1, cursor)
    return 0


cdef list _first(items, Py_ssize_t count):
    """Return the first items of an iterable, at most `count`: it may be infinite."""
    if not hasattr(type(items), "__iter__"):
        raise ValueError(f"expected a sequence for this dimension, got {type(items).__name__}")
    row = []
    for item in items:
        row.append(item)
        if len(row) == count:
            break
    return row


cdef int _copy(char *first, Geometry &target, const char *source, const Py_ssize_t *strides) except -1:
    cdef Status status
    if target.count() * target.itemsize <= kLongCopy:
        status = assign_elements(first, target, source, strides)
    else:
        with nogil:
            status = assign_elements(first, target, source, strides)
    if status == Status.no_memory:
        raise MemoryError("no memory for a temporary copy of overlapping elements")
    return 0


cdef char *_scratch(Geometry &target, Geometry &packed) except NULL:
    """Allocate contiguous memory for the elements of `target`, and describe it in `packed`."""
    cdef vector[Py_ssize_t] shape
    for axis in range(target.ndim()):
        shape.push_back(target.shape()[axis])
    copy_geometry(target, packed)
    lay_out(packed, shape, c"C")
    cdef size_t nbytes = packed.count() * packed.itemsize
    cdef char *scratch = <char *>PyMem_RawMalloc(nbytes)
    if scratch == NULL:
        raise MemoryError(f"no memory for a temporary copy of {nbytes} bytes")
    return scratch


drop_surplus_module_reference(sys.modules[__name__])
