from libc.stdint cimport uint64_t
from libcpp cimport bool
from libcpp.vector cimport vector
from shared_object cimport Holder, Kind, SharedRef, raise_memory_error, shared_pin


cdef extern from "shared/holder.hpp" namespace "subinterp":
    Holder this_interpreter() noexcept


cdef extern from "shared/held.hpp" namespace "subinterp":
    cdef cppclass Held[Object]:
        Held()
        Object *get() noexcept nogil
        void make(Holder holder, ...) except +raise_memory_error
        bool find(Holder holder, uint64_t id, Kind kind) except +raise_memory_error
        void reset() noexcept


# Raise SharedObjectGoneError.
cdef inline int raise_gone(str kind, id) except -1:
    from subinterp_kernel.errors import SharedObjectGoneError
    raise SharedObjectGoneError(f"no live {kind} has the id {id}: its last holder released it")


# Add a hold on the shared object of that id to `pins`.
cdef inline int pin(id, vector[SharedRef] &pins) except -1:
    if not shared_pin(<uint64_t>id, pins):
        raise_gone("shared object", id)
    return 0
