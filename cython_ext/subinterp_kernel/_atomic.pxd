from libcpp.atomic cimport memory_order


# What an order is for.
cdef enum class Use(int):
    load
    store
    update


# Return the order of that name; ValueError where that use has none of that name. None is seq_cst.
cdef memory_order memory_order_named(name, Use use) except *
