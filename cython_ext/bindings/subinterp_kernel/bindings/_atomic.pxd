from libcpp.atomic cimport memory_order, memory_order_seq_cst


# The kind of operation that a memory order is for.
cdef enum class Use(int):
    load
    store
    update


# Return the order of that name (None: seq_cst), or raise ValueError if the operation does not accept it.
cdef memory_order memory_order_named(name, Use use) except *


# The same, without a call into the other module for None: that would add a tenth to the time of an operation.
cdef inline memory_order memory_order_of(name, Use use) except *:
    return memory_order_seq_cst if name is None else memory_order_named(name, use)
