"""The light runner: source code, calls and variables, with nothing but the standard library."""

from __future__ import annotations

import builtins
import functools
import gc
import linecache
import marshal
import sys
from collections.abc import Callable
from types import CodeType
from typing import TYPE_CHECKING, Any

from subinterp_kernel import protocol, transfer
from subinterp_kernel.compiled import inside as _inside
from subinterp_kernel.errors import NotShareableError

if TYPE_CHECKING:
    from subinterp_kernel._inside import Reply
    from subinterp_kernel.transfer import Pin

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

__all__ = ["Runner", "clear_main"]

_NOTHING: Reply = (protocol.RETURNED, b"", ())
_PRISTINE = ("__name__", "__doc__", "__package__", "__loader__", "__spec__", "__builtins__")


class _CannotFetchError(Exception):
    """There is no such variable, or no such attribute."""


class Runner:
    """Serves the requests that work on ``__main__``; the IPython shell joins in at the first cell."""

    def __init__(self, outbox: _inside.Outbox) -> None:
        self._outbox = outbox
        self._main = sys.modules["__main__"].__dict__
        self._builtins = dict(vars(builtins))
        self._executed = 0
        self._shell: Any = None

    def handlers(self) -> dict[int, Callable[[bytes], Reply]]:
        """Return the method for each kind of request."""
        return {
            protocol.EXEC: self.exec,
            protocol.CALL: self.call,
            protocol.PREPARE_MAIN: self.prepare_main,
            protocol.GET: self.get,
            protocol.RESET: self.reset,
            protocol.CELL: self.cell,
            protocol.WARM: self.warm,
            protocol.CENSUS: self.census,
            protocol.SETTLE: self.settle,
        }

    def exec(self, payload: bytes) -> Reply:
        """Run source code in ``__main__``."""
        source = payload.decode("utf-8", "surrogatepass")
        self._executed += 1
        filename = f"<exec {self._executed}>"
        try:
            code = compile(source, filename, "exec", dont_inherit=True)
            if _defines_something(code):
                _remember_source(filename, source)
            exec(code, self._main)
        except BaseException:
            _remember_source(filename, source)
            raise
        return _NOTHING

    def call(self, payload: bytes) -> Reply:
        """Call a function and return its pickled result."""
        function, args, kwargs = transfer.loads(payload)
        return _returned(function(*args, **kwargs), "the result")

    def prepare_main(self, payload: bytes) -> Reply:
        """Bind variables in ``__main__``."""
        self._main.update(transfer.loads(payload))
        return _NOTHING

    def get(self, payload: bytes) -> Reply:
        """Return a pickled variable of ``__main__``."""
        path = payload.decode("utf-8", "surrogatepass")
        name, *attributes = path.split(".")
        value = functools.reduce(getattr, attributes, self._main[name])
        return _returned(value, f"variable {path!r}")

    def reset(self, _payload: bytes) -> Reply:
        """Clear ``__main__`` and restore the builtins."""
        for name in vars(builtins).keys() - self._builtins.keys():
            delattr(builtins, name)
        vars(builtins).update(self._builtins)
        clear_main()
        if self._shell is not None:
            self._shell.start_afresh()
        return _NOTHING

    def cell(self, payload: bytes) -> Reply:
        """Run a notebook cell, with the variables that it takes in and gives back."""
        order = protocol.CellOrder(*marshal.loads(payload))
        shell = self._ipython()
        if order.fresh:
            self.reset(b"")
        if order.imports:
            self._import(order.imports)
        if order.variables:
            self._main.update(transfer.loads(order.variables))
        error, value = shell.run_order(order)
        if error is None:
            outcome, pins = self._given_back(order, value)
        else:
            outcome, pins = protocol.CellOutcome(error), []
        return protocol.CELL_DONE, marshal.dumps(tuple(outcome)), pins

    def _import(self, modules: dict[str, str]) -> None:
        from subinterp_kernel.imports import bind_modules

        missing = bind_modules(modules)
        if missing:
            print(f"not imported here: {missing}", file=sys.stderr)

    def _given_back(self, order: protocol.CellOrder, value: Any) -> tuple[protocol.CellOutcome, list[Pin]]:
        fields: dict[str, Any] = {}
        pins: list[Pin] = []
        if order.outputs:
            try:
                variables = {target: self._fetch(source) for target, source in order.outputs}
                fields["outputs"], pins = transfer.dumps_variables(variables)
            except (_CannotFetchError, NotShareableError) as error:
                fields["outputs_problem"] = str(error)
        if order.background:
            try:
                fields["value"], more_pins = transfer.dumps(value, "the value of the last expression")
                pins += more_pins
            except NotShareableError as error:
                fields["value_problem"] = str(error)
        return protocol.CellOutcome(None, **fields), pins

    def _fetch(self, path: str) -> Any:
        name, *attributes = path.split(".")
        if name not in self._main:
            raise _CannotFetchError(f"has no variable {name!r}")
        try:
            return functools.reduce(getattr, attributes, self._main[name])
        except Exception as error:
            raise _CannotFetchError(f"cannot give {path!r}: {type(error).__name__}: {error}") from error

    def warm(self, _payload: bytes) -> Reply:
        """Build the IPython shell ahead of the first cell."""
        shell = self._ipython()
        # What the first cell and the first question would otherwise wait for: what IPython imports only then, and the
        # collection that is due.
        shell.run_cell("None", silent=True)
        shell.object_inspect_mime("print")
        gc.collect()
        return _NOTHING

    def census(self, _payload: bytes) -> Reply:
        """Return how many bytes the objects that the garbage collector knows take, without what only they refer to."""
        return protocol.RETURNED, marshal.dumps(sum(map(_size_of, gc.get_objects()))), ()

    def settle(self, payload: bytes) -> Reply:
        """Take over the path, and the environment if there is one."""
        from subinterp_kernel.inside import surroundings

        surroundings.settle(payload)
        return _NOTHING

    def _ipython(self) -> Any:
        if self._shell is None:
            # Nothing of what is imported here can be garbage: collecting meanwhile is an eighth of the time.
            gc.disable()
            before = dict(vars(builtins))
            _inside.hold_interrupts(True)  # modules that were imported half would stay so
            try:
                self._shell = self._make_shell()
            finally:
                gc.enable()
                _inside.hold_interrupts(False)
            # IPython's own builtins, such as display, are part of what a reset restores.
            self._builtins |= {name: value for name, value in vars(builtins).items() if value is not before.get(name)}
        return self._shell

    def _make_shell(self) -> Any:
        from subinterp_kernel.inside.surroundings import importing_as_main

        with importing_as_main():
            from subinterp_kernel.inside.queries import Queries
            from subinterp_kernel.inside.shell import make_shell

            shell = make_shell(self._outbox)
        Queries(shell).start(self._outbox)
        return shell


def clear_main() -> None:
    """Empty ``__main__``, so that finalizers of the user's objects run while everything they may need still works."""
    namespace = sys.modules["__main__"].__dict__
    for name in [name for name in namespace if name not in _PRISTINE]:
        del namespace[name]
    gc.collect()


def _size_of(value: object) -> int:
    try:
        return sys.getsizeof(value)
    except Exception:  # noqa: BLE001 - user code's __sizeof__ may raise anything
        return 0


def _returned(value: Any, what: str) -> Reply:
    try:
        data, pins = transfer.dumps(value, what)
    except NotShareableError as error:
        return protocol.UNSHAREABLE, str(error).encode("utf-8", "backslashreplace"), ()
    return protocol.RETURNED, data, pins


def _defines_something(code: CodeType) -> bool:
    # A function or class may raise later; then its traceback wants the source.
    return any(isinstance(constant, CodeType) for constant in code.co_consts)


def _remember_source(filename: str, source: str) -> None:
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
