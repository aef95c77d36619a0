"""The kinds of requests, replies and events. ``cython_ext/control/message_kind.hpp`` repeats those that C++ handles.

Payloads are bytes: UTF-8 for plain text, :mod:`marshal` for fixed structures of plain values (both sides are the same
process and the same Python), JSON for data that user code has composed, pickle for objects.
"""

from __future__ import annotations

__all__ = [
    # requests
    "EXEC",
    "CALL",
    "CELL",
    "PREPARE_MAIN",
    "GET",
    "RESET",
    "PRELOAD_SHELL",
    "MEMORY_USAGE",
    "CONFIGURE",
    "TASK",
    "INITIALIZE",
    # queries
    "COMPLETE",
    "INSPECT",
    "VARIABLES",
    # replies
    "RETURNED",
    "RAISED",
    "UNSHAREABLE",
    "CELL_DONE",
    "QUERY_ANSWER",
    "CLOSED",
    "WITHDRAWN",
    "LEFT_BEHIND",
    "TASK_RAISED",
    # events
    "FINISHED",
    "STDOUT",
    "STDERR",
    "DISPLAY",
    "CLEAR_OUTPUT",
    "RESULT",
    "STDIN_REQUEST",
    "ERROR",
    "PAYLOAD",
    "FLUSH",
    "STARTED",
    "PROGRESS",
]

# Requests, served one after the other on the interpreter's own thread
EXEC = 1  # source text -> RETURNED without a payload
CALL = 2  # pickled (callable, args, kwargs) -> pickled result
CELL = 3  # ExecuteCell -> CELL_DONE
PREPARE_MAIN = 4  # pickled dict -> RETURNED without a payload
GET = 5  # dotted name -> pickled value
RESET = 6  # nothing -> RETURNED without a payload
PRELOAD_SHELL = 7  # marshalled names of modules to import -> RETURNED without a payload; builds the IPython shell
MEMORY_USAGE = 8  # nothing -> marshalled number of bytes
CONFIGURE = 9  # marshalled: main's sys.path, folders, site-packages, inherited folders, environment, policy -> RETURNED
TASK = 12  # the id of a function as 8 bytes, pickled arguments (see interpreters.pool.functions) -> pickled result
INITIALIZE = 13  # as CALL, before the first task of a pool; if it fails, the interpreter takes no tasks

# Queries, answered on a second thread, also while a request runs
COMPLETE = 10  # marshalled (code, cursor position) -> QUERY_ANSWER
INSPECT = 11  # marshalled (code, cursor position, detail level, sections to omit) -> QUERY_ANSWER
VARIABLES = 12  # marshalled () -> QUERY_ANSWER

# Replies
RETURNED = 0
RAISED = 1  # marshalled (name, qualname, module, message, traceback text)
UNSHAREABLE = 2  # text: the result exists but cannot cross
CELL_DONE = 3  # CellOutcome
QUERY_ANSWER = 4  # JSON: the content of a complete_reply or an inspect_reply; or names
CLOSED = 9  # the interpreter closed before it ran the request
WITHDRAWN = 10  # the sender withdrew the request before it ran
LEFT_BEHIND = 11  # the interpreter was left behind while it ran the request
TASK_RAISED = 12  # marshalled (what RAISED has, the pickled exception or b"")

# Events
FINISHED = 0
STDOUT = 1  # UTF-8 text
STDERR = 2  # UTF-8 text
DISPLAY = 3  # JSON: data, metadata, transient, update
CLEAR_OUTPUT = 4  # JSON: wait
RESULT = 5  # JSON: data, metadata
STDIN_REQUEST = 6  # JSON: prompt, password; the answer is marshalled (text, None), or (message, error class name)
ERROR = 7  # JSON: error (ename, evalue, traceback), shown while the cell goes on; in_result: in a value's repr
PAYLOAD = 8  # JSON: one payload of the execute_reply, such as a page or the next input
FLUSH = 9  # the kind of the stream, in ASCII
STARTED = 10  # nothing: a cell whose sender asked for it has started
PROGRESS = 11  # JSON: fraction, text
