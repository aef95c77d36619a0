"""Queues between the threads of all interpreters. Importable in every interpreter."""

from __future__ import annotations

from subinterp_kernel.compiled import queues as _queues

__all__ = ["Queue"]

Queue = _queues.Queue
