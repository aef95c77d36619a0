"""Memory that every interpreter of the process sees. Importable in every interpreter."""

from __future__ import annotations

from subinterp_kernel.compiled import memory as _memory

__all__ = ["CAPSULE_NAME", "SharedBlock", "live_block_count", "shared_blocks"]

SharedBlock = _memory.SharedBlock
CAPSULE_NAME = _memory.CAPSULE_NAME
live_block_count = _memory.live_block_count
shared_blocks = _memory.shared_blocks
