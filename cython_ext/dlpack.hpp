// Arrays for other libraries by the DLPack protocol, https://dmlc.github.io/dlpack/latest/. Attached.
#pragma once

#include <Python.h>

#include "block.hpp"
#include "geometry.hpp"

namespace subinterp {

// A capsule named "dltensor" or, with `versioned`, "dltensor_versioned", that holds the block until its consumer calls
// the deleter, on whatever thread, or until it is destroyed. None where DLPack has no such element type; a null pointer
// with an exception set on failure.
PyObject *dlpack_capsule(Block *block, const Geometry &geometry, bool versioned);

}  // namespace subinterp
