from block cimport Block
from geometry cimport Geometry
from held cimport Held
from libcpp cimport bool
from shared_object cimport raise_memory_error
from status cimport Status


cdef extern from "shared/capsule.hpp" namespace "subinterp":
    object capsule_new(Block *block, const Geometry *geometry) except +raise_memory_error
    Status capsule_adopt(object capsule, Held[Block] &block, Geometry &geometry, bool &has_geometry) noexcept
