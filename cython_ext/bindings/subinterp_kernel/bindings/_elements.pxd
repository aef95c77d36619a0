from geometry cimport Geometry


# Find the part of the array that a key selects, and return whether it is one element.
cdef bint select(Geometry &all, key, Geometry *chosen) except -1

# Set one element, all elements to one value, or each to its own. Raise TypeError or ValueError if a value does not fit.
cdef int store(char code, char *address, value) except -1
cdef int fill(char *first, Geometry &target, value) except -1
cdef int assign(char *first, Geometry &target, value) except -1
