"""The compiled extensions, or one sentence that says why they are not there."""

from __future__ import annotations

import sysconfig

__all__ = ["array", "atomic", "inside", "lifecycle", "memory", "queue_watch", "queues"]

if sysconfig.get_config_var("Py_GIL_DISABLED"):
    raise ImportError(
        "subinterp_kernel needs a CPython with the GIL; in this one, which is free-threaded, threads run in parallel"
    )

try:
    from subinterp_kernel import _array as array
    from subinterp_kernel import _atomic as atomic
    from subinterp_kernel import _inside as inside
    from subinterp_kernel import _lifecycle as lifecycle
    from subinterp_kernel import _memory as memory
    from subinterp_kernel import _queue_watch as queue_watch
    from subinterp_kernel import _queues as queues
except ImportError as missing:
    raise ImportError(
        "subinterp_kernel's compiled core cannot be loaded; install the package with `pip install .` (a C++ compiler "
        f"is needed) instead of importing it from its source folder [{missing}]"
    ) from missing
