// Arrays for other libraries by the DLPack protocol, https://dmlc.github.io/dlpack/latest/. Attached.
#pragma once

#include <Python.h>

#include "array/geometry.hpp"
#include "shared/block.hpp"

namespace subinterp {

// Returns a capsule named "dltensor" or, with `versioned`, "dltensor_versioned", that holds the block until its
// consumer calls the deleter, on any thread, or until it is destroyed. Returns None if DLPack has no such element type,
// and nullptr with an exception set on failure, or throws std::bad_alloc.
PyObject *dlpack_capsule(Block *block, const Geometry &geometry, bool versioned);

}  // namespace subinterp
