"""Modules of the standard library that refuse sub-interpreters, and what an import of them gives here."""

from __future__ import annotations

from types import ModuleType

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

__all__ = ["refuses", "stand_in"]

# Their state belongs to the process by nature, or they have none: they may be loaded although they refuse.
_REFUSING = frozenset({"faulthandler", "_suggestions"})


def refuses(name: str) -> bool:
    """Return whether a built-in module refuses sub-interpreters without need."""
    return name in _REFUSING


def stand_in(name: str) -> ModuleType | None:
    """Return the module to use instead of one that cannot work here, or None if there is none of that name."""
    make = _STAND_INS.get(name)
    return make() if make else None


def _tracemalloc() -> ModuleType:
    """Return a ``_tracemalloc`` that never traces: the real one counts the memory of main's allocator only."""
    module = ModuleType("_tracemalloc", "Stands in for _tracemalloc in a sub-interpreter; nothing is traced.")

    def start(_nframe: int = 1, /) -> NoReturn:
        raise RuntimeError("tracemalloc cannot trace a sub-interpreter; call tracemalloc.start() in main")

    _add(module, start)
    for name, value in _NOT_TRACING.items():
        setattr(module, name, _constant(name, value))
    return module


def _readline() -> ModuleType:
    """Return a ``readline`` without effect: line editing belongs to the terminal, and so to main."""
    module = ModuleType("readline", "Stands in for readline in a sub-interpreter; its functions have no effect.")
    module.__dict__["backend"] = "none"
    for name in _READLINE_FUNCTIONS:
        setattr(module, name, _constant(name, None))
    for name, value in _READLINE_VALUES.items():
        setattr(module, name, _constant(name, value))
    return module


def _add(module: ModuleType, function: Callable[..., object]) -> None:
    setattr(module, function.__name__, function)


def _constant(name: str, value: object) -> Callable[..., object]:
    def function(*_arguments: object) -> object:
        return value

    function.__name__ = function.__qualname__ = name
    return function


_NOT_TRACING: dict[str, object] = {
    "is_tracing": False, "stop": None, "clear_traces": None, "get_traceback_limit": 1, "get_traced_memory": (0, 0),
    "reset_peak": None, "get_tracemalloc_memory": 0, "_get_traces": [], "_get_object_traceback": None,
}  # fmt: skip
_READLINE_FUNCTIONS = (
    "add_history", "append_history_file", "clear_history", "insert_text", "parse_and_bind", "read_history_file",
    "read_init_file", "redisplay", "remove_history_item", "replace_history_item", "set_auto_history", "set_completer",
    "set_completer_delims", "set_completion_display_matches_hook", "set_history_length", "set_pre_input_hook",
    "set_startup_hook", "write_history_file", "get_completer", "get_history_item",
)  # fmt: skip
_READLINE_VALUES: dict[str, object] = {
    "get_begidx": 0, "get_completer_delims": "", "get_completion_type": 0, "get_current_history_length": 0,
    "get_endidx": 0, "get_history_length": -1, "get_line_buffer": "",
}  # fmt: skip
_STAND_INS: dict[str, Callable[[], ModuleType]] = {"_tracemalloc": _tracemalloc, "readline": _readline}
