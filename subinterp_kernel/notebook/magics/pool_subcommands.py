"""The subcommands for parallel work: ``pool``, ``map``, ``scatter`` and ``gather``."""

from __future__ import annotations

import warnings
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sized
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.errors import NotShareableError
from subinterp_kernel.interpreters import partition
from subinterp_kernel.interpreters.interpreter import Interpreter
from subinterp_kernel.interpreters.pool.executor import InterpreterPoolExecutor
from subinterp_kernel.messaging.cells import Assignment
from subinterp_kernel.notebook.execution import variables
from subinterp_kernel.notebook.execution.pools import Pools
from subinterp_kernel.notebook.magics.pool_options import DEFAULT_POOL

__all__ = ["gather", "make_pool", "map_items", "scatter"]


def make_pool(shell: InteractiveShell, pools: Pools, given: Namespace) -> None:
    """Make a pool, and bind its executor."""
    known = shell.user_ns.get(given.name)
    if known is not None and not isinstance(known, InterpreterPoolExecutor):
        raise UsageError(f"the notebook has a variable {given.name!r} already: choose another name for the pool")
    pool = pools.make(given.name, given.count)
    shell.push({given.name: pool})
    names = [interpreter.name for interpreter in pool.interpreters]
    listed = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    print(f"pool {given.name!r}: {listed}. `%%subinterp pool:{given.name}` runs a cell in all of them")


def map_items(shell: InteractiveShell, pools: Pools, given: Namespace) -> Any:
    """Call a function for each item with a progress bar; keep the results so far if it ends early."""
    function, items = _evaluate(shell, given.function), _evaluate(shell, given.items)
    if not callable(function):
        raise UsageError(f"{given.function} is not a function, but {type(function).__name__}: write map FUNCTION ITEMS")
    if not isinstance(items, Iterable):
        raise UsageError(f"{given.items} is not iterable, but {type(items).__name__}: write map FUNCTION ITEMS")
    if given.pool is not None and given.workers is not None:
        raise UsageError("--workers is for a new pool: omit it, or --pool")
    pool = pools.get(given.pool) if given.pool else pools.get_or_make(DEFAULT_POOL, given.workers)
    results: list[Any] = []
    try:
        total = len(items) if isinstance(items, Sized) else None
        results.extend(_with_bar(pool.map(function, items), total))  # keeps what came before an exception
    except KeyboardInterrupt:
        print(f"stopped: {_counted(len(results), total)}")
        if given.output is None:
            raise
    finally:
        if given.output is not None:
            shell.push({given.output: results})
    return None if given.output is not None else results


def scatter(shell: InteractiveShell, interpreters: list[Interpreter], assignments: Iterable[Assignment]) -> None:
    """Give each interpreter its part of sequences and arrays of the notebook."""
    for name, value in variables.collect(shell, assignments).items():
        try:
            parts = partition.split(value, len(interpreters))
        except TypeError as error:
            raise UsageError(f"variable {name!r}: {error}") from None
        for interpreter, part in zip(interpreters, parts, strict=True):
            interpreter.prepare_main({name: part})


def gather(shell: InteractiveShell, interpreters: list[Interpreter], assignments: Iterable[Assignment]) -> None:
    """Join parts of sequences and arrays from the interpreters in the notebook."""
    joined = {}
    for name, source in assignments:
        try:
            joined[name] = partition.join([interpreter.get(source) for interpreter in interpreters])
        except (KeyError, NotShareableError) as error:
            raise UsageError(str(error.args[0])) from None
    shell.push(joined)


def _evaluate(shell: InteractiveShell, text: str) -> Any:
    try:
        return shell.ev(text)
    except NameError as error:
        raise UsageError(f"{error}: write the function and the items as they are named in the notebook") from None
    except SyntaxError:
        raise UsageError(f"{text!r} is not an expression: quote it if it has spaces in it") from None


def _with_bar(results: Iterator[Any], total: int | None) -> Iterator[Any]:
    """Yield the results and show how many there are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without ipywidgets, tqdm warns that its bar will be text
        from tqdm.auto import tqdm
    with tqdm(total=total, unit="item") as bar:
        for result in results:
            yield result
            bar.update()


def _counted(count: int, total: int | None) -> str:
    return f"{count} results" if total is None else f"{count} of {total} results"
