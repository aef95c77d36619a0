// The buffer protocol for arrays.
#pragma once

#include <Python.h>

#include "array/geometry.hpp"

namespace subinterp {

// Returns the struct format of a code, a static string.
char *format_of(char code) noexcept;

// Fills everything but `obj`, and returns nullptr; or, if the array cannot be exported with these flags, the reason.
// The pointers in the view stay valid as long as the geometry does. Follows the table in
// https://docs.python.org/3/c-api/buffer.html#buffer-request-types.
const char *fill_buffer(Py_buffer *view, char *data, Geometry *geometry, int flags) noexcept;

}  // namespace subinterp
