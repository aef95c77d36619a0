"""N-body of the Computer Language Benchmarks Game: the Sun and four planets, moved by a symplectic integrator.

One simulation cannot be cut, as each step needs the one before it. So each task simulates a system of its own, whose
Jupiter is a little faster than that of the system before it, and returns the energy at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import pi, sqrt
from pathlib import Path

from programs import RunTasks

__all__ = ["energy_after", "prepare", "solve"]

SYSTEMS = 8
STEPS = 20_000
STEP = 0.01  # days
DAYS = 365.24  # of a year
SOLAR_MASS = 4 * pi * pi

# Jupiter, Saturn, Uranus and Neptune, by JPL: position in astronomical units, velocity in units per day, solar masses.
PLANETS = (
    ((4.84143144246472090, -1.16032004402742839, -0.103622044471123109),
     (0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023), 0.000954791938424326609),
    ((8.34336671824457987, 4.12479856412430479, -0.403523417114321381),
     (-0.00276742510726411402, 0.00499852801234917238, 0.0000230417297573763929), 0.000285885980666130812),
    ((12.8943695621391310, -15.1111514016986312, -0.223307578892655734),
     (0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556), 0.0000436624404335156298),
    ((15.3796971148509165, -25.9193146099879641, 0.179258772950371181),
     (0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870), 0.0000515138902046611451),
)  # fmt: skip


@dataclass(slots=True)
class Body:
    """A point mass."""

    x: float
    y: float
    z: float
    vx: float
    vy: float
    vz: float
    mass: float


def bodies(faster: float) -> list[Body]:
    """Return the system at rest as a whole, with Jupiter's velocity multiplied."""
    planets = [
        Body(*position, *(v * DAYS for v in velocity), mass * SOLAR_MASS) for position, velocity, mass in PLANETS
    ]
    jupiter = planets[0]
    jupiter.vx, jupiter.vy, jupiter.vz = jupiter.vx * faster, jupiter.vy * faster, jupiter.vz * faster
    momentum = [sum(getattr(p, axis) * p.mass for p in planets) for axis in ("vx", "vy", "vz")]
    sun = Body(0.0, 0.0, 0.0, *(-m / SOLAR_MASS for m in momentum), SOLAR_MASS)
    return [sun, *planets]


def advance(pairs: list[tuple[Body, Body]], system: list[Body]) -> None:
    """Make one step: first the velocities, then the positions."""
    for a, b in pairs:
        dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
        square = dx * dx + dy * dy + dz * dz
        magnitude = STEP / (square * sqrt(square))
        of_a, of_b = a.mass * magnitude, b.mass * magnitude
        a.vx, a.vy, a.vz = a.vx - dx * of_b, a.vy - dy * of_b, a.vz - dz * of_b
        b.vx, b.vy, b.vz = b.vx + dx * of_a, b.vy + dy * of_a, b.vz + dz * of_a
    for body in system:
        body.x, body.y, body.z = body.x + STEP * body.vx, body.y + STEP * body.vy, body.z + STEP * body.vz


def energy(system: list[Body]) -> float:
    """Return the kinetic and potential energy."""
    total = sum(b.mass * (b.vx**2 + b.vy**2 + b.vz**2) / 2 for b in system)
    for a, b in combinations(system, 2):
        total -= a.mass * b.mass / sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2)
    return total


def energy_after(task: tuple[float, int]) -> float:
    """Simulate one system for so many steps."""
    faster, steps = task
    system = bodies(faster)
    pairs = list(combinations(system, 2))
    for _ in range(steps):
        advance(pairs, system)
    return energy(system)


def prepare(_folder: Path, scale: float) -> list[tuple[float, int]]:
    """Return the tasks."""
    return [(1 + number / 1000, round(STEPS * scale)) for number in range(SYSTEMS)]


def solve(run_tasks: RunTasks, tasks: list[tuple[float, int]]) -> list[float]:
    """Return the energy of each system."""
    return run_tasks(energy_after, tasks)
