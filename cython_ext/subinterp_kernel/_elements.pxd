from geometry cimport Geometry


# Find what a key means; true when it is one element.
cdef bint select(Geometry &all, key, Geometry *chosen) except -1

# Set one element, or all of them, or each to its own value; TypeError or ValueError where one does not fit.
cdef int store(char code, char *address, value) except -1
cdef int fill(char *first, Geometry &target, value) except -1
cdef int assign(char *first, Geometry &target, value) except -1
