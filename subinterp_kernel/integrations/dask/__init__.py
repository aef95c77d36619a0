"""Interpreters in the workers of a Dask cluster.

Importing this package also lets a SharedArray travel between processes and machines, by its content. Each process that
receives one needs that: the workers import it with the plugin, a client that only reads results imports it itself.
"""

from __future__ import annotations

from subinterp_kernel.integrations.dask import arrays
from subinterp_kernel.integrations.dask.plugin import InterpreterPlugin

__all__ = ["InterpreterPlugin"]

arrays.register()
