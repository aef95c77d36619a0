"""``%%subinterp NAME`` and ``%subinterp SUBCOMMAND``."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.display import display
from traitlets import Integer, observe

from subinterp_kernel import registry
from subinterp_kernel.errors import InterpreterError, InterpreterNotFoundError
from subinterp_kernel.interpreter import MAIN_NAME, Interpreter
from subinterp_kernel.notebook import cells, several, variables
from subinterp_kernel.notebook.drawing import DrawOnce
from subinterp_kernel.notebook.first_line import FirstLine
from subinterp_kernel.notebook.options import LineParser
from subinterp_kernel.notebook.routing import Router
from subinterp_kernel.notebook.spares import Spares
from subinterp_kernel.notebook.tables import InterpreterTable, SharedTable

__all__ = ["SubinterpMagics"]

_USAGE = "%%subinterp NAME [options] on the first line, the cell's code below"
_HELP = ("-h", "--help", "help")


def _cell_parser() -> LineParser:
    parser = LineParser(prog="%%subinterp", description="Run the cell in the interpreter NAME.", add_help=False)
    parser.add_argument("names", metavar="NAME[,NAME...]", help="the interpreter, made at its first use; or several")
    parser.add_argument(
        "--gil", choices=("own", "shared"), help="for a new interpreter: a GIL of its own (default), or main's"
    )
    parser.add_argument(
        "-i", "--input", action="append", default=[], metavar="NAME[=SOURCE],...", help="copy variables in, first"
    )
    parser.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="NAME[=SOURCE],...",
        help="copy variables out, afterwards",
    )
    parser.add_argument("--fresh", action="store_true", help="clear the namespace first")
    parser.add_argument(
        "--group", choices=several.GROUPS, default="name", help="how the outputs of several interpreters are grouped"
    )
    return parser


def _new_parser() -> LineParser:
    parser = LineParser(prog="%subinterp new", description="Make an interpreter.", add_help=False)
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--gil", choices=("own", "shared"), default="own")
    return parser


@magics_class
class SubinterpMagics(Magics):
    """The magics of this package; ``%config SubinterpMagics`` shows what can be set."""

    spares = Integer(1, min=0, help="How many interpreters with IPython loaded to keep ready for new names.").tag(
        config=True
    )

    def __init__(self, shell: InteractiveShell, **kwargs: Any) -> None:
        super().__init__(shell, **kwargs)
        self._cell_parser = _cell_parser()
        self._new_parser = _new_parser()
        self._spares = Spares(self.spares)
        self.router = Router()
        self.draw_once: DrawOnce
        self._subcommands: dict[str, Callable[[list[str], str], None]] = {
            "list": self._list,
            "new": self._new,
            "close": self._close,
            "reset": self._reset,
            "interrupt": self._interrupt,
            "run": self._run,
            "memory": self._memory,
            "use": self._use,
            "push": self._push,
            "pull": self._pull,
        }

    @observe("spares")
    def _resize_spares(self, change: Any) -> None:
        if hasattr(self, "_spares"):
            self._spares.resize(change["new"])

    def refill_spares(self, *_event: object) -> None:
        """Replace the spares that were taken, a moment after the cell; called after each one."""
        self._spares.refill_soon()

    def first_line(self) -> FirstLine:
        """Return the completers of the magics' own lines."""
        return FirstLine(self._cell_parser, self._subcommands, self.shell.user_ns)

    def close_spares(self) -> None:
        """Close the spares; called when the extension is unloaded."""
        self._spares.close()

    @cell_magic("subinterp")
    def subinterp_cell(self, line: str, cell: str) -> None:
        """Run the cell in a named sub-interpreter, made at its first use; its namespace is kept.

        ::

            %%subinterp NAME[,NAME...] [-i a,b=c] [-o x,y=z] [--fresh] [--gil own|shared] [--group name|type|order]
            code

        Output, the last expression's value and errors appear as those of an ordinary cell. Stop interrupts it.
        ``-i`` copies variables of the notebook in before it runs (``b=c``: as b what is c here), ``-o`` copies
        variables out when it has succeeded; shared objects cross by reference. ``--fresh`` clears the namespace first.

        Several names, or patterns such as ``w*`` for those there are, run the cell in all of them at once, with
        ``rank`` and ``size`` defined; ``-o`` then gives lists, in the order of the ranks. Only ``--group order`` shows
        output live.
        """
        self.draw_once.stand_first()
        if line.strip() in _HELP:
            self.shell.run_line_magic("pinfo", "%%subinterp")
            return
        options = self._cell_parser.parse_args(_split(line))
        inputs, outputs = variables.parse(options.input), variables.parse(options.output)
        try:
            interpreters = [self._get_or_create(name, options.gil) for name in several.names_of(options.names)]
            for interpreter in interpreters:
                if options.fresh:
                    interpreter.reset()
                variables.push(self.shell, interpreter, inputs)
        except InterpreterError as error:
            raise UsageError(str(error)) from None
        if len(interpreters) == 1:
            cells.run_cell(self.shell, interpreters[0], cell)
        else:
            several.run_in_all(self.shell, interpreters, cell, options.group)
        _pull(self.shell, interpreters, outputs)

    @line_magic("subinterp")
    def subinterp_line(self, line: str) -> None:
        """List, make, end, clear or interrupt interpreters, evaluate an expression in one, or list what they share.

        ::

            %subinterp                        the list
            %subinterp new NAME [--gil own|shared]
            %subinterp close NAME...          --all for all of them
            %subinterp reset NAME...
            %subinterp interrupt NAME...
            %subinterp run NAME EXPRESSION
            %subinterp use NAME               where plain cells go from now on; `use main`: back
            %subinterp push NAME a,b=c        copy variables of the notebook in
            %subinterp pull NAME x,y=z        copy variables out
            %subinterp memory                 what is shared, and who holds it
        """
        self.draw_once.stand_first()
        if line.strip() in _HELP:
            self.shell.run_line_magic("pinfo", "%subinterp")
            return
        words = line.split(maxsplit=1)
        name, rest = (*(words or ["list"]), "")[:2]
        subcommand = self._subcommands.get(name)
        if subcommand is None:
            known = ", ".join(self._subcommands)
            raise UsageError(f"%subinterp knows {known}; not {name!r}. A cell begins with {_USAGE}")
        try:
            # An expression is not a list of words: its quotes and brackets are Python's.
            subcommand([] if name == "run" else _split(rest), rest)
        except InterpreterError as error:
            raise UsageError(str(error)) from None

    def _get_or_create(self, name: str, gil: str | None) -> Interpreter:
        if name == MAIN_NAME:
            registry.check_name(name)
        try:
            interpreter = registry.get(name)
        except InterpreterNotFoundError:
            return self._create(name, gil or "own")
        if gil is not None and gil != interpreter.gil:
            raise UsageError(
                f"interpreter {name!r} exists and has its {interpreter.gil} GIL; close it first to make another"
            )
        return interpreter

    def _create(self, name: str, gil: str) -> Interpreter:
        return self._spares.take(name) if gil == "own" else registry.create(name, gil=gil)

    def _list(self, words: list[str], _rest: str) -> None:
        if words:
            raise UsageError("%subinterp list takes no arguments")
        display(InterpreterTable(self.router.active))

    def _push(self, words: list[str], _rest: str) -> None:
        interpreter, assignments = _interpreter_and_variables(words, "push")
        variables.push(self.shell, interpreter, assignments)

    def _pull(self, words: list[str], _rest: str) -> None:
        interpreter, assignments = _interpreter_and_variables(words, "pull")
        variables.pull(self.shell, interpreter, assignments)

    def _memory(self, words: list[str], _rest: str) -> None:
        if words:
            raise UsageError("%subinterp memory takes no arguments")
        display(SharedTable())

    def _new(self, words: list[str], _rest: str) -> None:
        options = self._new_parser.parse_args(words)
        self._create(options.name, options.gil)

    def _close(self, words: list[str], _rest: str) -> None:
        if words == ["--all"]:
            words = [interpreter.name for interpreter in registry.list_all()[1:]]
        elif not words:
            raise UsageError("%subinterp close NAME... (or --all)")
        for interpreter in [registry.get(word) for word in words]:
            interpreter.close()
            if interpreter.name == self.router.active:
                self._send_cells_to(None)

    def _use(self, words: list[str], _rest: str) -> None:
        if len(words) != 1:
            raise UsageError("%subinterp use NAME (or `use main`)")
        if words[0] != MAIN_NAME:
            self._get_or_create(words[0], None)
        self._send_cells_to(None if words[0] == MAIN_NAME else words[0])

    def _send_cells_to(self, name: str | None) -> None:
        self.router.active = name
        if name is None:
            print("plain cells run in the main interpreter again")
        else:
            print(f"plain cells run in interpreter {name!r} from now on; `%subinterp use {MAIN_NAME}` leads back")

    def _reset(self, words: list[str], _rest: str) -> None:
        for interpreter in self._named(words, "reset"):
            interpreter.reset()

    def _interrupt(self, words: list[str], _rest: str) -> None:
        for interpreter in self._named(words, "interrupt"):
            interpreter.interrupt()

    def _named(self, words: list[str], subcommand: str) -> list[Interpreter]:
        if not words:
            raise UsageError(f"%subinterp {subcommand} NAME...")
        return [registry.get(word) for word in words]

    def _run(self, _words: list[str], rest: str) -> None:
        words = rest.split(maxsplit=1)
        if len(words) < 2:
            raise UsageError("%subinterp run NAME EXPRESSION")
        cells.run_cell(self.shell, registry.get(words[0]), words[1])


def _interpreter_and_variables(words: list[str], subcommand: str) -> tuple[Interpreter, list[variables.Assignment]]:
    if len(words) < 2:
        raise UsageError(f"%subinterp {subcommand} NAME VARIABLE[=SOURCE],...")
    return registry.get(words[0]), variables.parse(words[1:])


def _pull(shell: InteractiveShell, interpreters: list[Interpreter], outputs: list[variables.Assignment]) -> None:
    try:
        if len(interpreters) == 1:
            variables.pull(shell, interpreters[0], outputs)
        else:
            variables.gather(shell, interpreters, outputs)
    except InterpreterError as error:
        raise UsageError(str(error)) from None


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(f"cannot read the line {line!r}: {error}") from None
