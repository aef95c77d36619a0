"""NumPy code that spends its time between calls of C, importable by processes and by interpreters alike."""

from __future__ import annotations

__all__ = ["compute"]

_STEPS = 1_500


def compute(_number: int = 0) -> float:
    """Move a hundred points on springs, for some milliseconds: some calls are free of other processes' time slices."""
    import numpy as np

    position, velocity = np.linspace(-1.0, 1.0, 100), np.zeros(100)
    for _ in range(_STEPS):
        velocity -= 0.01 * position
        position += 0.01 * velocity
    return float(np.abs(position).sum())
