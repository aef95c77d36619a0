"""Tries packages in child processes: imports in main and in strict interpreters, and whole lives of interpreters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from subinterp_kernel.doctor import child_process
from subinterp_kernel.doctor.item_runs import run_items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from subinterp_kernel.doctor.child_process import Limits

__all__ = ["Imports", "Lives", "import_everywhere", "live"]


@dataclass(frozen=True)
class Imports:
    """What importing some modules has shown.

    Attributes
    ----------
    loaded : dict of str to (str, tuple of str)
        The extension modules that main has loaded: the file, and the modules whose imports led to it.
    loaded_by : dict of str to str
        Which of the tried modules has loaded each of them.
    main : dict of str to str
        By module: why it cannot be imported in main.
    deaths : dict of str to str
        By module: how its import ended the process, in main or elsewhere.
    strict : dict of str to str
        By module that main can import: why an interpreter with a GIL of its own cannot.
    untried : frozenset of str
        The modules that were left when the time was over, or when too many others had ended the process.
    """

    loaded: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    loaded_by: dict[str, str] = field(default_factory=dict)
    main: dict[str, str] = field(default_factory=dict)
    deaths: dict[str, str] = field(default_factory=dict)
    strict: dict[str, str] = field(default_factory=dict)
    untried: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Lives:
    """What several interpreters with the same modules have shown.

    Attributes
    ----------
    works : bool or None
        False if something was wrong, None if the time was over before all was tried.
    problems : tuple of str
        What was wrong, how far it got, or which optional modules are missing.
    missing : tuple of str
        Their names.
    """

    works: bool | None
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def import_everywhere(targets: Sequence[str], limits: Limits) -> Imports:
    """Import modules, each in main and in an interpreter with a GIL of its own.

    Parameters
    ----------
    targets : sequence of str
        The modules: the packages, which users import, come first, and extension modules last.
    limits : Limits
        For each child process.
    """
    loaded: dict[str, tuple[str, tuple[str, ...]]] = {}
    loaded_by: dict[str, str] = {}
    main, deaths, strict = {}, {}, {}
    answers = run_items("main_imports", targets, limits)
    for index, answer in answers.items():
        for name, path, chain in answer.get("loaded", ()):
            loaded.setdefault(name, (path, tuple(chain)))
            loaded_by.setdefault(name, targets[index])
        if answer.get("error"):
            main[targets[index]] = answer["error"]
        if "died" in answer:
            main[targets[index]] = deaths[targets[index]] = f"{answer['died']}, in the main interpreter, too"
    left = [name for index, name in enumerate(targets) if index in answers and name not in main]
    answers = run_items("strict_imports", left, limits)
    for index, answer in answers.items():
        if "died" in answer:
            deaths[left[index]] = answer["died"]
        if answer.get("error") or "died" in answer:
            strict[left[index]] = answer.get("error") or answer["died"]
    tried = {*main, *(left[index] for index in answers)}
    return Imports(loaded, loaded_by, main, deaths, strict, frozenset(targets) - tried)


def live(modules: Sequence[str], policy: str, cycles: int, limits: Limits, optional: Sequence[str] = ()) -> Lives:
    """Import modules in three interpreters at once, compare these, then make and destroy many more.

    Parameters
    ----------
    modules : sequence of str
        What each of them imports.
    policy : {"strict", "auto", "private"}
        How they load extension modules.
    cycles : int
        How many are made and destroyed after the three.
    limits : Limits
        For the child process.
    optional : sequence of str
        Those of the modules that may be missing, if they are in every interpreter.

    Notes
    -----
    With the policy "strict", the allocator is the one that detects what is used after it was freed. Private copies
    belong to one interpreter, so they would gain nothing from it.
    """
    variables = {"PYTHONMALLOC": "debug"} if policy == "strict" else {}
    problems: list[str] = []
    missing: dict[str, str] = {}
    stage, done = "at the start", 0
    request = {"modules": list(modules), "policy": policy, "cycles": cycles, "optional": list(optional)}
    with child_process.run("lives", request, limits, variables) as child:
        for event in child.events():
            missing = event.get("missing", missing)
            stage, done = event.get("stage", stage), event.get("cycles", done)
            if "problem" in event:
                problems.append(event["problem"])
    ending = child.ending
    if ending.status == "out of time" and done and not problems:
        return Lives(None, (f"{done} of {cycles} cycles were right when the time was over",))
    if not ending.is_done:
        problems.append(f"{ending.detail} {stage}")
    parts = [f"without {text}" for text in missing.values()]
    return Lives(not problems, (*dict.fromkeys(problems), *parts), tuple(missing))
