from block cimport Allocation, Block
from capsule cimport Adoption


# Return the live block of that id, held once more by this interpreter; BlockGoneError where there is none.
cdef Block *block_of(id) except NULL

# Raise MemoryError, or what was wrong with a capsule, where it is not `done`.
cdef int raise_unless_allocated(Allocation allocation, nbytes, str what) except -1
cdef int raise_unless_adopted(Adoption adopted, capsule) except -1
