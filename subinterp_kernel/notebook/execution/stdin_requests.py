"""``input()`` and ``getpass()`` of a cell in another interpreter, answered by the user of the notebook."""

from __future__ import annotations

import builtins
import getpass
import json
import marshal
from collections import deque
from collections.abc import Callable

__all__ = ["StdinRequests"]


class StdinRequests:
    """The prompts of one cell that have not been answered yet.

    Parameters
    ----------
    wake : callable
        Wakes the thread that waits for the cell. Called without arguments on the event reader's thread.
    answer : callable
        Takes the encoded answer to the interpreter.
    """

    def __init__(self, wake: Callable[[], None], answer: Callable[[bytes], None]) -> None:
        self._wake = wake
        self._answer = answer
        self._pending: deque[bytes] = deque()

    def add(self, payload: bytes) -> None:
        """Queue a prompt, the payload of a STDIN_REQUEST event."""
        self._pending.append(payload)
        self._wake()

    def answer_all(self) -> None:
        """Ask the user; on the thread that runs the cell.

        Raises
        ------
        KeyboardInterrupt
            The user pressed Stop instead of answering.
        """
        while self._pending:
            prompt = json.loads(self._pending.popleft())
            ask = getpass.getpass if prompt["password"] else builtins.input
            answer: tuple[str, str | None]
            try:
                answer = (ask(prompt["prompt"]), None)
            except Exception as error:  # noqa: BLE001 - it is raised in the cell that asked
                answer = (str(error), type(error).__name__)
            self._answer(marshal.dumps(answer))
