// Plain Python values to items of a queue and back, without pickle. Attached.
#pragma once

#include <Python.h>

#include "queue_item.hpp"

namespace subinterp {

enum class Packing : int { done, needs_pickle, no_memory };

// Packs None, bool, int of up to 64 bits, float, str, bytes and bytearray; exactly these types, no classes derived from
// them.
Packing pack_plain(PyObject *object, Item &item);
// Packs the bytes that a pickler has made.
Packing pack_pickle(PyObject *bytes, Item &item);

// A new object; for a pickled item its pickle as bytes. nullptr: CPython has set an exception. Frees the bytes of the
// item when it has made something of them, unless they are a pickle, which may yet fail to load.
PyObject *unpack(Item &item);

}  // namespace subinterp
