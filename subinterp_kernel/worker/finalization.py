"""Drop references that CPython would release only after its last garbage collection.

``Py_EndInterpreter`` clears the warning filters, :data:`gc.callbacks` and :data:`gc.garbage` after that collection.
Every class is part of a reference cycle, so one that is reachable only from there is never freed, and a single object
that is not freed keeps a whole arena of the interpreter's allocator, 1 MiB, in memory. IPython, for example, installs
a filter for a warning class of its own.
"""

from __future__ import annotations

import contextlib
import gc
import warnings

__all__ = ["drop_late_references"]

_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class that is a garbage-collected object


def drop_late_references() -> None:
    """Empty these registries; call it when user code no longer runs."""
    gc.callbacks.clear()
    gc.garbage.clear()
    with contextlib.suppress(Exception):  # user code may have replaced any part of the module
        _drop_warning_filters()


def _drop_warning_filters() -> None:
    filters: object = warnings.filters
    kept = [entry for entry in filters if _is_plain(entry)] if isinstance(filters, list) else []
    # The C code keeps a reference of its own to the list that it used last, which may be one of a catch_warnings()
    # that has ended. A warning makes it look up the current list.
    warnings.filters = [("ignore", None, Warning, None, 0), *kept]
    warnings.warn_explicit("", Warning, "", 0)
    warnings.filters.pop(0)
    warnings.onceregistry.clear()  # type: ignore[attr-defined]


def _is_plain(entry: object) -> bool:
    """Tell whether a warning filter refers to no heap type; a pattern does, for re.Pattern is one."""
    match entry:
        case (_, None | str(), type() as category, None | str(), _):
            return not category.__flags__ & _HEAP_TYPE
    return False
