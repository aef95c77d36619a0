// The buffer protocol for arrays: what a consumer's flags ask for, and whether the array can give it.
#pragma once

#include <Python.h>

#include "geometry.hpp"

namespace subinterp {

enum class Refusal : int { none, readonly, not_c, not_f, not_contiguous, needs_strides, needs_shape };

// The struct format of a code, a text that lives as long as the process.
char *format_of(char code);

// Fills everything but `obj`. The pointers in the view stay valid as long as the geometry does. Follows the table in
// https://docs.python.org/3/c-api/buffer.html#buffer-request-types.
Refusal fill_buffer(Py_buffer *view, char *data, Geometry *geometry, int flags);

}  // namespace subinterp
