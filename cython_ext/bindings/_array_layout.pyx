"""How an array gets its memory and layout: from arguments, from the records of a block, from a capsule."""

import sys

from array_buffer cimport format_of
from block cimport Block, block_create
from capsule cimport capsule_adopt, capsule_new
from dlpack cimport dlpack_capsule
from element cimport element_size, native_code
from geometry cimport Geometry, fits_block, kMaxDimensions, lay_out
from held cimport Held, this_interpreter
from libc.stdint cimport int64_t
from libcpp cimport bool
from libcpp.vector cimport vector
from module_reference cimport drop_surplus_module_reference
from subinterp_kernel.bindings._array cimport ArrayMemory, Root
from subinterp_kernel.bindings._memory cimport find_block, raise_unless_adopted, raise_unless_allocated

MAX_DIMENSIONS = kMaxDimensions


cdef class _Nothing:
    """Without a class, CPython 3.15 never frees a Cython module at the end of a sub-interpreter, which leaks 3.6 MB."""

    cdef object _collectable  # see module_reference.hpp


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


def allocate(ArrayMemory array not None, str format, tuple shape, str order):
    """Give a new array zero-filled memory."""
    cdef Root root = _new_root(array)
    cdef Geometry geometry
    _allocate(format, shape, order, root.block, geometry)
    array._set(root, geometry)


def attach(
    ArrayMemory array not None, id, str format, Py_ssize_t offset, tuple shape, tuple strides, bint readonly
):
    """Put a new array over a part of the block of that id, or raise ValueError if it does not lie within the block."""
    cdef Root root = _new_root(array)
    cdef Geometry geometry
    find_block(id, root.block)
    _lay_out_part(root.block.get(), format, offset, shape, strides, readonly, geometry)
    array._set(root, geometry)


def attach_whole(ArrayMemory array not None, id):
    """Put a new array over a whole block, with the format and shape that its creator gave it."""
    cdef Root root = _new_root(array)
    cdef Geometry geometry
    find_block(id, root.block)
    _lay_out_whole(root.block.get(), geometry)
    array._set(root, geometry)


def adopt(ArrayMemory array not None, capsule):
    """Give a new array the hold and the layout of a capsule."""
    cdef Root root = _new_root(array)
    cdef Geometry geometry
    _adopt(capsule, root.block, geometry)
    array._set(root, geometry)


def view(ArrayMemory array not None, str format, tuple shape, tuple strides, bint readonly):
    """Return an array over the same memory that starts at the same element."""
    cdef Root root = array._open_root()
    cdef Geometry geometry
    _lay_out_part(root.block.get(), format, array._geometry.offset, shape, strides, readonly, geometry)
    return array._view(root, geometry)


def offset_of(ArrayMemory array not None):
    """Return the bytes from the start of the block to the element with all indices 0."""
    return array._open_geometry().offset


def capsule_of(ArrayMemory array not None):
    """Return a new capsule that holds the memory and knows the layout."""
    return capsule_new(array._open_root().block.get(), &array._geometry)


def dlpack_of(ArrayMemory array not None, bint versioned):
    """Return a new DLPack capsule, or raise BufferError if DLPack has no such element type."""
    made = dlpack_capsule(array._open_root().block.get(), array._geometry, versioned)
    if made is None:
        raise BufferError(f"DLPack has no element type for format {array.format!r}")
    return made


cdef Root _new_root(ArrayMemory array):
    # Exported buffers point to the shape of this object, and rely on its hold.
    if array._root is not None:
        raise RuntimeError("this array was made already: make another one")
    return Root.__new__(Root)


cdef int _set_code(Geometry &geometry, char code) except -1:
    geometry.code = code
    geometry.itemsize = element_size(code)
    return 0


cdef int _allocate(str format, tuple shape, str order, Held[Block] &block, Geometry &geometry) except -1:
    cdef vector[Py_ssize_t] lengths
    cdef vector[int64_t] recorded
    _set_code(geometry, _code_of(format))
    for length in shape:
        lengths.push_back(length)
        recorded.push_back(length)
    if not lay_out(geometry, lengths, ord(order)):
        raise ValueError(f"an array of shape {shape} and format {format!r} has more bytes than can be addressed")
    nbytes = geometry.count() * geometry.itemsize
    raise_unless_allocated(
        block_create(nbytes, format.encode(), recorded, this_interpreter(), block), nbytes, "an array")
    return 0


cdef int _adopt(capsule, Held[Block] &block, Geometry &geometry) except -1:
    cdef bool has_geometry = False
    raise_unless_adopted(capsule_adopt(capsule, block, geometry, has_geometry), capsule)
    return _raise_unless_fitting(block.get(), geometry) if has_geometry else _lay_out_whole(block.get(), geometry)


cdef int _lay_out_whole(Block *block, Geometry &geometry) except -1:
    cdef vector[Py_ssize_t] lengths
    for axis in range(<int>block.shape.size()):
        lengths.push_back(block.shape[axis])
    _set_code(geometry, native_code(block.format.c_str()))
    lay_out(geometry, lengths, c"C")
    return _raise_unless_fitting(block, geometry)


cdef int _lay_out_part(
    Block *block, str format, Py_ssize_t offset, tuple shape, tuple strides, bint readonly, Geometry &geometry
) except -1:
    _set_code(geometry, _code_of(format))
    geometry.offset = offset
    geometry.readonly = readonly
    if len(shape) != len(strides):
        raise ValueError(f"shape {shape} and strides {strides} must have the same length")
    for number in shape + strides:
        geometry.extents.push_back(number)
    return _raise_unless_fitting(block, geometry)


cdef int _raise_unless_fitting(Block *block, Geometry &geometry) except -1:
    if not fits_block(geometry, block.nbytes):
        raise ValueError(
            f"this shape ({geometry.ndim()} dimensions of {geometry.itemsize}-byte elements, from byte "
            f"{geometry.offset}) does not fit into the {block.nbytes} bytes of the shared memory")
    return 0


drop_surplus_module_reference(sys.modules[__name__])
