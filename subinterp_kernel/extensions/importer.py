"""Replaces the loader of extension modules in this interpreter.

CPython refuses a module that does not declare support for GILs of their own, because its C variables would be shared by
interpreters that run at the same time. Here it is loaded from a copy of its file, whose variables belong to this
interpreter alone. Its init function is called here: CPython's own loader would first call that of a single-phase module
in the main interpreter.
"""

from __future__ import annotations

import sys
from importlib.machinery import BuiltinImporter, ExtensionFileLoader, ModuleSpec

from subinterp_kernel.extensions import builtin_modules, policy

TYPE_CHECKING = False

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from subinterp_kernel.bindings import extensions

__all__ = ["install", "loaded", "set_policy"]

_create = ExtensionFileLoader.create_module
_execute = ExtensionFileLoader.exec_module
_create_builtin = BuiltinImporter.create_module

_policy: str = policy.AUTO
_loaded: dict[str, tuple[str, str, int]] = {}  # by name: path, declaration, bytes that the private copy does not share
_copies: dict[tuple[str, str], extensions.PrivateCopy] = {}  # by path and name of the module


def install() -> None:
    """Load extension modules by this interpreter's policy from now on; without effect where none can be copied."""
    if not policy.SUPPORTED:
        return
    owner: Any = ExtensionFileLoader
    owner.create_module, owner.exec_module = _create_module, _execute_module
    owner = BuiltinImporter
    owner.create_module = staticmethod(_create_builtin_module)


def set_policy(chosen: str) -> None:
    """Load extension modules by that policy from now on."""
    global _policy
    _policy = chosen


def loaded() -> list[tuple[str, str, str, int]]:
    """Return the extension modules that were loaded by the policy: name, path, declaration, bytes of the private copy.

    Those of the standard library are not among them.
    """
    return [(name, *found) for name, found in _loaded.items()]


def _create_module(self: ExtensionFileLoader, spec: ModuleSpec) -> ModuleType | None:
    if _policy == policy.STRICT or policy.is_known_to_support(spec.name, self.path):
        return _create(self, spec)
    stand_in = builtin_modules.stand_in(spec.name)
    return stand_in if stand_in is not None else _create_by_policy(self, spec)


def _create_by_policy(loader: ExtensionFileLoader, spec: ModuleSpec) -> ModuleType | None:
    from subinterp_kernel.bindings import extensions

    policy.check_not_unsafe(spec.name, loader.path)
    copy = _copies.pop((loader.path, spec.name), None)
    declaration = extensions.known_declaration(loader.path)
    if declaration is None:  # only its init function knows; called in a copy, it changes nothing for other interpreters
        copy = copy or extensions.PrivateCopy(loader.path)
        declaration = copy.declaration(spec.name)
    if not policy.needs_private_copy(_policy, declaration):
        _loaded[spec.name] = loader.path, declaration, 0
        return extensions.with_check(_create, loader, spec)  # type: ignore[no-any-return]
    copy = copy or extensions.PrivateCopy(loader.path)
    module = copy.create(spec)
    _copies[loader.path, spec.name] = copy  # not if that failed: then another attempt starts with new variables
    _loaded[spec.name] = loader.path, declaration, copy.nbytes
    return module


def _execute_module(self: ExtensionFileLoader, module: ModuleType) -> None:
    key = self.path, module.__spec__.name if module.__spec__ else module.__name__
    if key not in _copies:
        _execute(self, module)
        return
    from subinterp_kernel.bindings import extensions

    try:
        extensions.execute(module)
    except BaseException:
        del _copies[key]
        del _loaded[key[1]]
        raise


def _create_builtin_module(spec: ModuleSpec) -> ModuleType | None:
    if _policy != policy.STRICT and (stand_in := builtin_modules.stand_in(spec.name)) is not None:
        return stand_in
    if spec.name not in sys.builtin_module_names or not builtin_modules.refuses(spec.name):
        return _create_builtin(spec)
    from subinterp_kernel.bindings import extensions

    checked = extensions.with_check if _policy == policy.STRICT else extensions.with_any_extension
    module: ModuleType | None = checked(_create_builtin, spec)
    return module
