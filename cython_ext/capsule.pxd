from block cimport Block
from geometry cimport Geometry
from libcpp cimport bool


cdef extern from "capsule.hpp" namespace "subinterp":
    cdef enum class Adoption(int):
        done
        not_a_capsule
        used

    object capsule_new(Block *block, const Geometry *geometry)
    Adoption capsule_adopt(object capsule, Block *&block, Geometry &geometry, bool &has_geometry) noexcept
