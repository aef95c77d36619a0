"""Questions of a cell in another interpreter, answered where this interpreter's own ``input()`` is."""

from __future__ import annotations

import builtins
import getpass
import json
import marshal
from collections import deque
from collections.abc import Callable

__all__ = ["Questions"]


class Questions:
    """What one cell has asked and nobody has answered yet.

    Parameters
    ----------
    wake : callable
        Lets the thread that waits for the cell look here; called without arguments on the event reader's thread.
    answer : callable
        Takes the bytes of an answer to the interpreter.
    """

    def __init__(self, wake: Callable[[], None], answer: Callable[[bytes], None]) -> None:
        self._wake = wake
        self._answer = answer
        self._asked: deque[bytes] = deque()

    def add(self, payload: bytes) -> None:
        """Take in a question, the payload of an ASK event."""
        self._asked.append(payload)
        self._wake()

    def answer_all(self) -> None:
        """Ask whoever sits before this notebook; on the thread that runs the cell.

        Raises
        ------
        KeyboardInterrupt
            Stop was pressed instead of an answer.
        """
        while self._asked:
            question = json.loads(self._asked.popleft())
            ask = getpass.getpass if question["password"] else builtins.input
            answer: tuple[str, str | None]
            try:
                answer = (ask(question["prompt"]), None)
            except Exception as error:  # noqa: BLE001 - whatever it is belongs to the cell that has asked
                answer = (str(error), type(error).__name__)
            self._answer(marshal.dumps(answer))
