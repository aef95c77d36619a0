"""Atomic integers and flags that all interpreters share. Importable in every interpreter."""

from __future__ import annotations

from subinterp_kernel.bindings import atomic as _atomic

__all__ = ["AtomicFlag", "AtomicInt"]

AtomicFlag = _atomic.AtomicFlag
AtomicInt = _atomic.AtomicInt
