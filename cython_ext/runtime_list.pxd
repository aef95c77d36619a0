cdef extern from "runtime_list.hpp" namespace "subinterp" nogil:
    bint runtime_list_prepare() noexcept
    bint install_fork_handlers() noexcept
