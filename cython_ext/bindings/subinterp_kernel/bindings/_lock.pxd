from libc.stddef cimport size_t
from lock cimport SharedLock


# Acquire the lock `depth` times: at once, keeping the GIL, or after a wait of at most `limit` seconds. Return whether
# it was acquired in time; raise AbandonedLockError if the interpreter of its owner has ended.
cdef bint acquire_lock(SharedLock *lock, size_t depth, double limit) except -1
