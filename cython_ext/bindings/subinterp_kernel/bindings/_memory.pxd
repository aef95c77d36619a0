from block cimport Block
from held cimport Held
from status cimport Status


# Hold the live block of that id, or raise SharedObjectGoneError.
cdef int find_block(id, Held[Block] &block) except -1

# Raise MemoryError for the status of block_create().
cdef int raise_unless_allocated(Status status, nbytes, str what) except -1

# Raise TypeError or ValueError for the status of capsule_adopt().
cdef int raise_unless_adopted(Status status, capsule) except -1
