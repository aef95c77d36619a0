"""zlib of blocks, as pigz does it: each block of a long text is compressed by itself, and the parts are joined.

A task gets the bytes of a block and returns those of its compressed form. zlib releases the GIL, so threads compress
in parallel, too, and copy nothing.
"""

from __future__ import annotations

import random
import zlib
from pathlib import Path

from programs import RunTasks

__all__ = ["compress_block", "prepare", "solve"]

BLOCKS = 32
BLOCK = 1 << 20  # bytes
LEVEL = 6


def prepare(_folder: Path, scale: float) -> list[bytes]:
    """Return the blocks of a text of random words."""
    chance = random.Random(2025)
    letters = "etaoinshrdlucmfwypvbgk"
    words = ["".join(chance.choices(letters, k=chance.randrange(2, 11))) for _ in range(5_000)]
    blocks = []
    for _ in range(max(2, round(BLOCKS * scale))):
        text = " ".join(chance.choices(words, k=BLOCK // 6))
        blocks.append(text.encode("ascii")[:BLOCK])
    return blocks


def compress_block(block: bytes) -> bytes:
    """Return the compressed block."""
    return zlib.compress(block, LEVEL)


def solve(run_tasks: RunTasks, blocks: list[bytes]) -> tuple[int, int]:
    """Return the length and the checksum of the compressed text."""
    joined = b"".join(run_tasks(compress_block, blocks))
    return len(joined), zlib.crc32(joined)
