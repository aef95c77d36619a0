// The calling interpreter as a holder of shared objects. Attached.
#pragma once

#include <Python.h>

#include "shared/shared_object.hpp"

namespace subinterp {

inline Holder this_interpreter() { return PyInterpreterState_GetID(PyInterpreterState_Get()); }

}  // namespace subinterp
