"""Spectral norm of the Computer Language Benchmarks Game: the largest singular value of an infinite matrix's corner.

The matrix has the elements 1 / ((i + j) (i + j + 1) / 2 + i + 1). Ten steps of the power method multiply a vector by
it and by its transpose; each multiplication is cut into ranges of rows, so the tasks are small and wait for each
other forty times.
"""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from pathlib import Path

from programs import RunTasks

__all__ = ["multiply_rows", "prepare", "solve"]

SIZE = 280
STEPS = 10
PARTS = 4

Task = tuple[list[float], int, int, bool]


def element(row: int, column: int) -> float:
    """Return one element of the matrix."""
    return 1.0 / ((row + column) * (row + column + 1) // 2 + row + 1)


def product(vector: list[float], row: int, transpose: bool) -> float:
    """Multiply one row of the matrix, or of its transpose, by a vector."""
    if transpose:
        return sum(element(column, row) * value for column, value in enumerate(vector))
    return sum(element(row, column) * value for column, value in enumerate(vector))


def multiply_rows(task: Task) -> list[float]:
    """Multiply some rows by a vector."""
    vector, begin, end, transpose = task
    return [product(vector, row, transpose) for row in range(begin, end)]


def multiply(run_tasks: RunTasks, vector: list[float], transpose: bool) -> list[float]:
    """Multiply all rows, some in each task."""
    size = len(vector)
    bounds = [size * part // PARTS for part in range(PARTS + 1)]
    tasks: list[Task] = [(vector, *rows, transpose) for rows in pairwise(bounds)]
    return [value for part in run_tasks(multiply_rows, tasks) for value in part]


def prepare(_folder: Path, scale: float) -> int:
    """Return the number of rows; the work grows with its square."""
    return round(SIZE * sqrt(scale))


def solve(run_tasks: RunTasks, size: int) -> float:
    """Return the norm."""
    u = [1.0] * size
    v = u
    for _ in range(STEPS):
        v = multiply(run_tasks, multiply(run_tasks, u, False), True)
        u = multiply(run_tasks, multiply(run_tasks, v, False), True)
    return sqrt(sum(a * b for a, b in zip(u, v, strict=True)) / sum(b * b for b in v))
