"""The pools that the magics have made, by their names."""

from __future__ import annotations

from IPython.core.error import UsageError

from subinterp_kernel.interpreters import registry
from subinterp_kernel.interpreters.pool.executor import InterpreterPoolExecutor

__all__ = ["Pools"]


class Pools:
    """Named pools. The interpreters of the pool ``crowd`` are ``crowd_0``, ``crowd_1`` and so on."""

    def __init__(self) -> None:
        self._by_name: dict[str, InterpreterPoolExecutor] = {}

    def names(self) -> list[str]:
        """Return the names of all pools."""
        return list(self._by_name)

    def make(self, name: str, count: int | None) -> InterpreterPoolExecutor:
        """Make a pool of that name and start its interpreters.

        Raises
        ------
        UsageError
            There is a pool of that name.
        """
        if name in self._by_name:
            raise UsageError(f"there is already a pool named {name!r}: run `%subinterp close pool:{name}` first")
        registry.check_name(name)
        pool = InterpreterPoolExecutor(count, thread_name_prefix=name)
        pool.start()
        self._by_name[name] = pool
        return pool

    def get(self, name: str) -> InterpreterPoolExecutor:
        """Return the pool of that name.

        Raises
        ------
        UsageError
            There is none.
        """
        if name not in self._by_name:
            others = ", ".join(self._by_name)
            listed = f"there are: {others}" if others else f"`%subinterp pool {name}` makes it"
            raise UsageError(f"there is no pool {name!r}; {listed}")
        return self._by_name[name]

    def get_or_make(self, name: str, count: int | None) -> InterpreterPoolExecutor:
        """Return the pool of that name, made anew if it is broken or has another number of interpreters."""
        pool = self._by_name.get(name)
        if pool is not None and (pool.broken or count not in (None, pool.max_workers)):
            self.close(name)
            pool = None
        if pool is None:
            pool = self._by_name[name] = InterpreterPoolExecutor(count, thread_name_prefix=name)
        return pool

    def close(self, name: str) -> None:
        """Stop the tasks of a pool, and end its interpreters."""
        pool = self.get(name)
        del self._by_name[name]
        pool.stop()
        pool.shutdown()

    def close_all(self) -> None:
        """Close all pools."""
        for name in self.names():
            self.close(name)
