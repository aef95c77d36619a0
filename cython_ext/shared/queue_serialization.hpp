// Converts Python objects to items of a queue and back. Attached.
#pragma once

#include <Python.h>

#include "shared/queue_item.hpp"

namespace subinterp {

// Copies None, bool, int of up to 64 bits, float, str, bytes or bytearray, but no instance of a subclass, into the
// item. Returns false for other objects, which need pickle. Throws std::bad_alloc.
bool serialize_plain(PyObject *object, Item &item);
// Copies the bytes that a pickler returned. Throws std::bad_alloc.
void serialize_pickle(PyObject *bytes, Item &item);

// Returns a new object; for a pickled item its pickle as bytes. Returns nullptr with an exception set on failure. Frees
// the bytes of a large item, except for a pickle, which may fail to load and go back into the queue.
PyObject *deserialize(Item &item);

}  // namespace subinterp
