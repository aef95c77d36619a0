from block cimport Block
from geometry cimport Geometry
from libcpp cimport bool


cdef extern from "dlpack.hpp" namespace "subinterp":
    object dlpack_capsule(Block *block, const Geometry &geometry, bool versioned)
