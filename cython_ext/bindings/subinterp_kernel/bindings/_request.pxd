from status cimport Status
from worker cimport Request as CRequest, Worker as CWorker, WorkerPtr


# What wait_for() waits for: the reply to the request, its events to be shown, the worker to be up, or to be down.
cdef enum class Awaited(int):
    REPLY
    SHOWN
    UP
    DOWN


# Return a new `Request`, which is not sent yet. Raise NotShareableError if one of the shared objects is gone.
cdef object make_request(const WorkerPtr &worker, int kind, bytes payload, pins, bint announce)

# Wait without the GIL, in slices. Return False after `timeout` seconds (negative: no limit), on a wake-up, and in a
# forked child. Raise KeyboardInterrupt, or what the handler of a signal raises.
cdef bint wait_for(Awaited awaited, CWorker *worker, CRequest *request, double timeout) except -1

# Return whether an interrupt with that status reached a request; raise if CPython refused it.
cdef bint interrupted(CWorker *worker, Status status) except -1

# Raise the exception for a status other than ok and timeout; `what` is the interpreter.
cdef int raise_if(Status status, str what) except -1
