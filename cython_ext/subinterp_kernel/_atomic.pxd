from libcpp.atomic cimport memory_order


# Return the order of that name for a "load", a "store" or an "update"; ValueError where it cannot be. None is seq_cst.
cdef memory_order memory_order_named(name, str use) except *
