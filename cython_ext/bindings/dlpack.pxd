from block cimport Block
from geometry cimport Geometry
from libcpp cimport bool
from shared_object cimport raise_memory_error


cdef extern from "array/dlpack.hpp" namespace "subinterp":
    object dlpack_capsule(Block *block, const Geometry &geometry, bool versioned) except +raise_memory_error
