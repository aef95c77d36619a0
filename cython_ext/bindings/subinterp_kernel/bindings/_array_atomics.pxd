from atomic cimport Operation
from geometry cimport Geometry


# Access one element of an array. Raise TypeError unless it is an integer of 8 aligned bytes; the methods of a value may
# close the array, so the caller holds its memory.
cdef object load_atomically(Geometry &array, char *element, order)
cdef int store_atomically(Geometry &array, char *element, value, order) except -1
cdef object update_atomically(Operation operation, Geometry &array, char *element, value, order)
cdef bint compare_exchange_atomically(Geometry &array, char *element, expected, desired, order) except -1
