// Makes a module object from what the functions of an extension module return.
#pragma once

struct _object;  // PyObject

namespace subinterp {

// Whether this Python knows PyModExport functions (PEP 793).
bool has_export_functions() noexcept;

using InitFunction = _object *(*)();

// Calls an init function; returns nullptr with an exception set if it fails. Attached.
_object *call_init(InitFunction function) noexcept;

// The slots that a PyModExport function returns; nullptr if it fails.
const void *slots_from(void *function) noexcept;

// Returns a new reference, or nullptr with an exception set. `made` is what an init function has returned: a
// definition, or a module, whose reference is taken over. Attached.
_object *module_from_init(_object *made, _object *spec);

// The same from the slots of a PyModExport function.
_object *module_from_slots(const void *slots, _object *spec);

}  // namespace subinterp
