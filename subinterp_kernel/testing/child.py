"""The child process: makes the interpreters, runs the tests in them, and ends when the controller is gone."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import signal
import threading
import time
from concurrent.futures import Future
from typing import IO, Any

from subinterp_kernel.interpreters import registry
from subinterp_kernel.interpreters.interpreter import Interpreter
from subinterp_kernel.shared.sync import Event
from subinterp_kernel.testing import inside
from subinterp_kernel.testing.assignment import Assignment
from subinterp_kernel.testing.events import EventWriter
from subinterp_kernel.testing.inherited_pipes import descriptor_of

__all__ = ["main"]

_PATIENCE = 5.0  # seconds in which tests can clean up after the controller is gone


def main() -> None:
    """Serve the controller at the other end of standard input."""
    commands = _take_standard_input()
    # Ctrl-C reaches all processes of a terminal. The controller decides what it means. A handler, unlike SIG_IGN, is
    # not inherited by the processes that tests start.
    signal.signal(signal.SIGINT, lambda *_: None)
    faulthandler.enable(all_threads=False)  # of the thread that crashes; all threads would be those of main
    configuration = json.loads(commands.readline())
    numbers = configuration["numbers"]
    pipes = {int(number): descriptor_of(pipe) for number, pipe in configuration["pipes"].items()}
    interpreters = _make(numbers, pipes, configuration)
    if interpreters is None:
        return
    go, finish = Event(), Event()
    threading.Thread(target=_obey, args=(commands, interpreters, go, finish), daemon=True).start()
    running = [
        _start(interpreter, number, pipes[number], configuration, go, finish)
        for number, interpreter in zip(numbers, interpreters, strict=True)
    ]
    for future in running:
        with contextlib.suppress(Exception):  # it was reported as an event
            future.result()
    for interpreter in interpreters:
        interpreter.close()


def _take_standard_input() -> IO[bytes]:
    """Return standard input as a file of its own: the processes that tests start must not read it."""
    commands = os.fdopen(os.dup(0), "rb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return commands


def _make(numbers: list[int], pipes: dict[int, int], configuration: dict[str, Any]) -> list[Interpreter] | None:
    """Make the interpreters; None if one could not be made, which was sent as an event."""
    # strict begins when pytest is imported
    extensions = "private" if configuration["extensions"] == "private" else None
    # pytest changes the environment for each test: interpreters that run at once must not change that of the process.
    environment: dict[str, str] | None = {} if configuration["count"] > 1 else None
    made: list[Interpreter] = []
    for number in numbers:
        try:
            made.append(registry.create(env=environment, extensions=extensions))
        except Exception as error:  # noqa: BLE001 - whatever it is, the user must see it
            EventWriter(pipes[number]).send("start_failed", text=f"{type(error).__name__}: {error}")
            return None
    return made


def _start(
    interpreter: Interpreter, number: int, pipe: int, configuration: dict[str, Any], *events: Event
) -> Future[Any]:
    assignment = Assignment(
        number=number,
        count=configuration["count"],
        pipe=pipe,
        arguments=configuration["arguments"][str(number)],
        extensions=configuration["extensions"],
        done=configuration["done"][str(number)],
    )
    return interpreter.submit(inside.run, assignment, *events)


def _obey(commands: IO[bytes], interpreters: list[Interpreter], go: Event, finish: Event) -> None:
    """Do what the controller says, and end the process when it is gone."""
    for command in commands:
        if command == b"go\n":
            go.set()
        elif command == b"finish\n":
            finish.set()
        elif command == b"interrupt\n":
            _interrupt(interpreters)
    _interrupt(interpreters)
    time.sleep(_PATIENCE)
    os._exit(1)


def _interrupt(interpreters: list[Interpreter]) -> None:
    for interpreter in interpreters:
        interpreter.interrupt()
