"""The kinds of messages between interpreters. cython_ext/message_kind.hpp repeats those that C++ must know.

Payloads are bytes: UTF-8 where the message is a text, :mod:`marshal` for fixed structures of plain values (both sides
are the same process and the same Python), JSON for what user code has put together, pickle for objects.
"""

from __future__ import annotations

__all__ = [
    "ANSWERED",
    "ASK",
    "CALL",
    "CELL",
    "CELL_DONE",
    "CENSUS",
    "CLEAR_OUTPUT",
    "CLOSED",
    "COMPLETE",
    "DISPLAY",
    "ERROR",
    "EXEC",
    "FINISHED",
    "FLUSH",
    "GET",
    "INSPECT",
    "PAYLOAD",
    "PREPARE_MAIN",
    "RAISED",
    "RESET",
    "RESULT",
    "RETURNED",
    "SET_PATH",
    "STDERR",
    "STDOUT",
    "UNSHAREABLE",
    "WARM",
]

# Requests
EXEC = 1  # source text -> nothing
CALL = 2  # pickled (callable, args, kwargs) -> pickled result
CELL = 3  # marshalled (code, execution count, store history, silent, colors) -> CELL_DONE
PREPARE_MAIN = 4  # pickled dict -> nothing
GET = 5  # name -> pickled value
RESET = 6  # nothing -> nothing
WARM = 7  # nothing: build the IPython shell now
CENSUS = 8  # nothing -> marshalled number of bytes
SET_PATH = 9  # marshalled list of str: the new sys.path -> nothing

# Queries, which are answered while a request runs, too
COMPLETE = 10  # marshalled (code, cursor position) -> ANSWERED
INSPECT = 11  # marshalled (code, cursor position, detail level, sections to omit) -> ANSWERED

# Replies
RETURNED = 0
RAISED = 1  # marshalled (name, qualname, module, message, traceback text)
UNSHAREABLE = 2  # a sentence: the result exists but cannot cross
CELL_DONE = 3  # marshalled None, or (ename, evalue, traceback lines, whether they have been shown)
ANSWERED = 4  # JSON: the content of a complete_reply, or of an inspect_reply
CLOSED = 9  # the worker closed before it took the request

# Events
FINISHED = 0
STDOUT = 1  # UTF-8 text
STDERR = 2  # UTF-8 text
DISPLAY = 3  # JSON: data, metadata, transient, update
CLEAR_OUTPUT = 4  # JSON: wait
RESULT = 5  # JSON: data, metadata
ASK = 6  # JSON: prompt, password; the answer is marshalled (text, None), or (message, name of the error's class)
ERROR = 7  # JSON: error (ename, evalue, lines), shown while the cell goes on; in_result: in a value's representation
PAYLOAD = 8  # JSON: one payload of the execute_reply: a page, the next input
FLUSH = 9  # the kind of the stream, in ASCII
