"""k-means in NumPy: Lloyd's algorithm, which moves each centre to the mean of the points that are nearest to it.

Each step is cut into parts of the points. A task gets its points, as an array, and the centres, and returns the sums
and numbers of its points by centre; so all points are sent in each step.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from programs import RunTasks

__all__ = ["prepare", "solve", "sums_of_part"]

POINTS = 120_000
DIMENSIONS = 8
CENTRES = 16
PARTS = 4
STEPS = 10


def prepare(_folder: Path, scale: float) -> Any:
    """Return points around random centres."""
    import numpy as np

    chance = np.random.default_rng(2025)
    around = chance.uniform(-10, 10, (CENTRES, DIMENSIONS))
    count = round(POINTS * scale)
    return around[chance.integers(0, CENTRES, count)] + chance.normal(size=(count, DIMENSIONS))


def sums_of_part(task: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return the sum and the number of the points that are nearest to each centre."""
    import numpy as np

    points, centres = task
    distances = np.stack([((points - centre) ** 2).sum(axis=1) for centre in centres])
    nearest = distances.argmin(axis=0)
    columns = [np.bincount(nearest, weights=column, minlength=len(centres)) for column in points.T]
    return np.stack(columns, axis=1), np.bincount(nearest, minlength=len(centres))


def solve(run_tasks: RunTasks, points: Any) -> list[float]:
    """Return the coordinates of the centres after some steps."""
    import numpy as np

    centres = points[:CENTRES].copy()
    parts = np.array_split(points, PARTS)
    for _ in range(STEPS):
        answers = run_tasks(sums_of_part, [(part, centres) for part in parts])
        totals = np.sum([sums for sums, _ in answers], axis=0)
        numbers = np.sum([counts for _, counts in answers], axis=0)
        centres = np.where(numbers[:, None] > 0, totals / np.maximum(numbers, 1)[:, None], centres)
    coordinates: list[float] = centres.ravel().tolist()
    return coordinates
