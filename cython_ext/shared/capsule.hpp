// PyCapsules that own one hold on a block. Attached; see https://docs.python.org/3/c-api/capsule.html.
#pragma once

#include <Python.h>

#include "array/geometry.hpp"
#include "shared/block.hpp"

namespace subinterp {

// Returns a new capsule named kCapsuleName that holds the block until it is adopted or destroyed. `geometry` describes
// the array that it is made from (nullptr: none). Returns nullptr with an exception set, or throws std::bad_alloc.
PyObject *capsule_new(Block *block, const Geometry *geometry);

// Takes over the hold of a capsule, which is renamed to kUsedCapsuleName, as in DLPack. Leaves `geometry` alone if the
// capsule has none. Returns Status::not_found for other objects, and Status::closed for a capsule that was adopted
// before.
Status capsule_adopt(PyObject *capsule, Held<Block> &block, Geometry &geometry, bool &has_geometry) noexcept;

}  // namespace subinterp
