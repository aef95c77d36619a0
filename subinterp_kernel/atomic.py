"""Numbers and flags that all interpreters change in one step. Importable in every interpreter."""

from __future__ import annotations

from subinterp_kernel.compiled import atomic as _atomic

__all__ = ["AtomicFlag", "AtomicInt"]

AtomicFlag = _atomic.AtomicFlag
AtomicInt = _atomic.AtomicInt
