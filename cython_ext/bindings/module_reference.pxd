cdef extern from "cpython/module_reference.hpp" namespace "subinterp":
    void drop_surplus_module_reference(object module)
