"""What a reset restores: the builtins, the hooks of :mod:`sys`, and modules of the standard library."""

from __future__ import annotations

import builtins
import contextlib
import sys
from types import ModuleType

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    _Names = dict[str, Any]

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

__all__ = ["Baseline"]

_SYS_OBJECTS = ("stdin", "path_hooks", "meta_path")


class Baseline:
    """The state of an interpreter before user code runs.

    Notes
    -----
    Of a module, only functions and classes are recorded: other attributes, such as caches and registries, change while
    it is used. Modules that only user code imports are not recorded.
    """

    def __init__(self) -> None:
        self._main = dict(vars(sys.modules["__main__"]))
        self._builtins = dict(vars(builtins))
        self._sys: _Names = {name: getattr(sys, name) for name in _SYS_OBJECTS}
        self._hooks = {name: list(getattr(sys, name)) for name in ("path_hooks", "meta_path")}
        self._registry = sys.modules
        self._modules = dict(sys.modules)
        self._functions = _functions(self._modules)

    @contextlib.contextmanager
    def extended(self) -> Iterator[None]:
        """Make what changes in this context part of the baseline, such as the modules that are imported."""
        builtins_before, modules_before = dict(vars(builtins)), dict(sys.modules)
        functions_before = _functions(modules_before)
        yield
        self._builtins |= _changes(builtins_before, vars(builtins))
        self._modules |= _changes(modules_before, sys.modules)
        for name in modules_before.keys() - sys.modules.keys():
            self._modules.pop(name, None)
            self._functions.pop(name, None)
        for name, functions in _functions(self._modules).items():
            changed = _changes(functions_before.get(name, {}), functions)
            self._functions.setdefault(name, {}).update(changed)

    def restore(self) -> None:
        """Restore the recorded state. Modules that were imported since then stay."""
        _replace(vars(builtins), self._builtins)
        self._restore_modules()
        sys.settrace(None)
        sys.setprofile(None)
        vars(sys).update(self._sys)
        for name, hooks in self._hooks.items():
            found = self._sys[name]
            found[:] = [*hooks, *(hook for hook in found if hook not in hooks)]

    def _restore_modules(self) -> None:
        sys.modules = self._registry
        for name in [name for name, module in self._registry.items() if _is_standard(name) and not _is_module(module)]:
            del self._registry[name]  # it will be imported again
        self._registry.update(self._modules)
        for name, functions in self._functions.items():
            vars(self._modules[name]).update(functions)
        self._modules["__main__"].__dict__.update(self._main)


def _functions(modules: dict[str, ModuleType]) -> dict[str, _Names]:
    """Return the functions and classes of each module of the standard library."""
    return {
        name: {attribute: value for attribute, value in dict(vars(module)).items() if callable(value)}
        for name, module in modules.items()
        if _is_standard(name) and _is_module(module)
    }


def _is_standard(name: object) -> bool:
    return isinstance(name, str) and name.partition(".")[0] in sys.stdlib_module_names


def _is_module(value: object) -> bool:
    return isinstance(value, ModuleType)


def _changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in after.items() if value is not before.get(name)}


def _replace(names: _Names, wanted: _Names) -> None:
    for name in names.keys() - wanted.keys():
        del names[name]
    names.update(wanted)
