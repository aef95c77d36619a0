cdef extern from "cpython/interpreter_list.hpp" namespace "subinterp" nogil:
    bint interpreter_list_prepare() noexcept
    bint install_fork_handlers() noexcept
