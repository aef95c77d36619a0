"""Has three interpreters at once import the same modules, compares them, and then makes and destroys many more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from subinterp_kernel.doctor.programs import answers
from subinterp_kernel.doctor.programs.reporting import one_line, request_and_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from subinterp_kernel.interpreters.interpreter import Interpreter

__all__ = ["main"]

_AT_ONCE = 3

type Modules = tuple[list[str], list[str]]  # all of them, and those of them that are optional


def main() -> None:
    """Answer the doctor."""
    request, report = request_and_report()
    modules, policy = (request["modules"], request.get("optional", [])), request["policy"]
    try:
        _live_together(modules, policy, report)
        for cycle in range(request["cycles"]):
            report(stage=f"in cycle {cycle + 1} of create, import and destroy", cycles=cycle)
            _live(modules, policy)
    except Exception as error:  # noqa: BLE001, whatever a package raises is its answer
        report(problem=one_line(error))
    report(stage="at the end of the process", cycles=request["cycles"])
    _check_nothing_left(report)


def _live_together(modules: Modules, policy: str, report: Callable[..., None]) -> None:
    """Have three interpreters at once; report how they differ, and what they share."""
    import subinterp_kernel as sk

    report(stage="in three interpreters at once")
    interpreters = [sk.create(extensions=policy) for _ in range(_AT_ONCE)]
    futures = [interpreter.submit(answers.of, *modules) for interpreter in interpreters]
    found, missing = zip(*[future.result() for future in futures], strict=True)
    report(missing=missing[0])
    _report_all(answers.differences(found), report)  # before something crashes because of it
    for number, interpreter in enumerate(interpreters):
        report(stage=f"at the end of interpreter {number + 1} of three")
        interpreter.close()
        for survivor, before in list(zip(interpreters, found, strict=True))[number + 1 :]:
            _report_all(_changes(survivor, modules, before), report)


def _report_all(problems: list[str], report: Callable[..., None]) -> None:
    for problem in problems:
        report(problem=problem)


def _changes(survivor: Interpreter, modules: Modules, before: answers.Answers) -> list[str]:
    """Return what the end of another interpreter has changed in one that lives on."""
    after, _ = survivor.call(answers.of, *modules)
    changed = answers.differences([before, after], may_share=True)
    return [f"after the end of another interpreter, {problem}" for problem in changed]


def _live(modules: Modules, policy: str) -> None:
    import subinterp_kernel as sk

    with sk.create(extensions=policy) as interpreter:
        interpreter.call(answers.import_all, *modules)


def _check_nothing_left(report: Callable[..., None]) -> None:
    from subinterp_kernel.bindings import control

    if left := len(control.abandoned()):
        report(problem=f"it leaves threads behind: {left} interpreters could not be destroyed")


if __name__ == "__main__":
    main()
