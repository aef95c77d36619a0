// The calling interpreter as a holder of shared objects. Attached.
#pragma once

#include <Python.h>

#include "shared.hpp"

namespace subinterp {

inline Holder this_interpreter() { return PyInterpreterState_GetID(PyInterpreterState_Get()); }

}  // namespace subinterp
