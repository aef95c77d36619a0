"""The kinds of messages between interpreters. cython_ext/message_kind.hpp repeats those that C++ must know.

Payloads are bytes: UTF-8 where the message is a text, :mod:`marshal` for fixed structures of plain values (both sides
are the same process and the same Python), JSON for what user code has put together, pickle for objects.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "ANSWERED",
    "ASK",
    "BEGUN",
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
    "LEFT_BEHIND",
    "PAYLOAD",
    "PREPARE_MAIN",
    "PROGRESS",
    "RAISED",
    "RESET",
    "RESULT",
    "RETURNED",
    "SETTLE",
    "STDERR",
    "STDOUT",
    "UNSHAREABLE",
    "WARM",
    "WITHDRAWN",
    "CellOrder",
    "CellOutcome",
]

# Requests
EXEC = 1  # source text -> nothing
CALL = 2  # pickled (callable, args, kwargs) -> pickled result
CELL = 3  # marshalled CellOrder -> CELL_DONE
PREPARE_MAIN = 4  # pickled dict -> nothing
GET = 5  # name -> pickled value
RESET = 6  # nothing -> nothing
WARM = 7  # nothing: build the IPython shell now
CENSUS = 8  # nothing -> marshalled number of bytes
SETTLE = 9  # marshalled (main's sys.path, folders, site-packages, inherited folders, environment) -> nothing

# Queries, which are answered while a request runs, too
COMPLETE = 10  # marshalled (code, cursor position) -> ANSWERED
INSPECT = 11  # marshalled (code, cursor position, detail level, sections to omit) -> ANSWERED

# Replies
RETURNED = 0
RAISED = 1  # marshalled (name, qualname, module, message, traceback text)
UNSHAREABLE = 2  # a sentence: the result exists but cannot cross
CELL_DONE = 3  # marshalled CellOutcome
ANSWERED = 4  # JSON: the content of a complete_reply, or of an inspect_reply
CLOSED = 9  # the worker closed before it took the request
WITHDRAWN = 10  # whoever had sent it took it back before the worker came to it
LEFT_BEHIND = 11  # the worker was given up while it worked on it

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
BEGUN = 10  # nothing: a cell that asked for it is being worked on
PROGRESS = 11  # JSON: fraction, text


class CellOrder(NamedTuple):
    """One cell to run. Crosses as a plain tuple, which is what :mod:`marshal` knows.

    Attributes
    ----------
    code : str
        The cell's body.
    number : int
        The prompt's number, so that ``Out[n]`` and tracebacks inside agree with the notebook.
    colors : str
        How tracebacks are coloured, as IPython names it.
    fresh : bool
        Clear the namespace first.
    imports : dict of str to str
        Modules to import before, by the names of the variables that get them.
    variables : bytes
        A pickled dict of what is bound before the code runs; empty for none.
    outputs : tuple of (str, str)
        What is given back: the name it gets, and the name, or dotted path, that it has here.
    background : bool
        Nobody waits for it who could answer ``input()``; a copy of the last expression's value is given back, too.
    """

    code: str
    number: int
    colors: str
    fresh: bool = False
    imports: dict[str, str] = {}  # noqa: RUF012 - never changed
    variables: bytes = b""
    outputs: tuple[tuple[str, str], ...] = ()
    background: bool = False


class CellOutcome(NamedTuple):
    """What became of one cell. Crosses as a plain tuple.

    Attributes
    ----------
    error : tuple of (str, str, list of str, bool), or None
        The name of the exception's class, its message, the lines of its traceback, and whether they have been shown.
    outputs : bytes
        A pickled dict of what is given back; empty for nothing.
    outputs_problem : str
        Why that is missing though the cell has succeeded, to be read after the name of the interpreter.
    value : bytes
        The last expression's value, pickled; empty if the cell did not run in the background.
    value_problem : str
        Why that is missing: a sentence.
    """

    error: tuple[str, str, list[str], bool] | None
    outputs: bytes = b""
    outputs_problem: str = ""
    value: bytes = b""
    value_problem: str = ""
