// PyCapsules that own one hold on a block. Attached; see https://docs.python.org/3/c-api/capsule.html.
#pragma once

#include <Python.h>

#include "block.hpp"
#include "geometry.hpp"

namespace subinterp {

enum class Adoption : int { done, not_a_capsule, used };

// A new capsule named kCapsuleName that holds the block until it is adopted or destroyed. It remembers how the array
// lies in the block, if it is made from one (else `geometry` is nullptr). nullptr with an exception set on failure.
PyObject *capsule_new(Block *block, const Geometry *geometry);

// Takes the capsule's hold over; the capsule is renamed to kUsedCapsuleName, as DLPack does. `geometry` is left alone
// when the capsule has none.
Adoption capsule_adopt(PyObject *capsule, Block *&block, Geometry &geometry, bool &has_geometry);

}  // namespace subinterp
