"""What the user asks for with one cell: its targets, its options and its code."""

from __future__ import annotations

from dataclasses import dataclass, field

from subinterp_kernel.messaging.cells import Assignment

__all__ = ["CellOptions", "CellRequest"]


@dataclass(frozen=True, slots=True)
class CellOptions:
    """The options of ``%%subinterp``.

    Attributes
    ----------
    inputs, outputs : list of Assignment
        Variables to copy in before the cell, and out after it.
    fresh : bool
        Clear the namespace first.
    background : bool
        Run as a job.
    job : str or None
        The variable to store the job in.
    timeout : float or None
        Seconds after which the cell is interrupted.
    queue : bool
        Wait for a busy interpreter; else refuse the cell.
    raise_error : bool
        Let an error fail the cell; else only show it.
    group : str or None
        How the outputs of several targets are grouped; one of
        :data:`subinterp_kernel.notebook.output.grouping.GROUPS`, or None if the user has not chosen.
    gil : str or None
        The GIL of a new interpreter.
    path, venv, env, extensions
        The import path, the virtual environment, the environment variables and the policy for extension modules of a
        new interpreter, as for :func:`subinterp_kernel.create`.
    clone_imports : bool
        Import what the notebook has imported first.
    """

    inputs: list[Assignment] = field(default_factory=list)
    outputs: list[Assignment] = field(default_factory=list)
    fresh: bool = False
    background: bool = False
    job: str | None = None
    timeout: float | None = None
    queue: bool = True
    raise_error: bool = True
    group: str | None = None
    gil: str | None = None
    path: list[str] = field(default_factory=list)
    venv: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    extensions: str | None = None
    clone_imports: bool = False


@dataclass(frozen=True, slots=True)
class CellRequest:
    """A cell for other interpreters.

    Attributes
    ----------
    targets : str
        Names, and patterns of names, with commas between them.
    body : str
        The code.
    options : CellOptions
        How to run it.
    offset : int
        How many characters of the cell precede the body.
    """

    targets: str
    body: str
    options: CellOptions = field(default_factory=CellOptions)
    offset: int = 0
