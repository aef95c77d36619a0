"""Finds out what extension modules declare: from their files if these say it, else from their init functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from subinterp_kernel.doctor import cache
from subinterp_kernel.doctor.advice import reason_of
from subinterp_kernel.doctor.item_runs import run_items
from subinterp_kernel.doctor.records import DECLARATIONS, Module
from subinterp_kernel.extensions import policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from subinterp_kernel.doctor.cache import Cache
    from subinterp_kernel.doctor.child_process import Limits
    from subinterp_kernel.doctor.extension_files import ExtensionFile

__all__ = ["Declarations", "least"]


@dataclass(frozen=True)
class Declarations:
    """Reads declarations.

    Parameters
    ----------
    cache : Cache
        Knows those of files that were read before.
    limits : Limits
        For each child process.
    """

    cache: Cache
    limits: Limits

    def of(self, files: Sequence[ExtensionFile]) -> list[Module]:
        """Return a record of each module."""
        answers: dict[str, dict[str, Any]] = {}
        asked = []
        for file in files:
            answer = self._known(file)
            if answer is None:
                asked.append(file)
            else:
                answers[file.path] = answer
        answers.update(self._ask(asked))
        return [_record(file, answers.get(file.path, {})) for file in files]

    def _known(self, file: ExtensionFile) -> dict[str, Any] | None:
        """Return what is known of a file without a child process, or None."""
        if file.problem:
            return {"error": file.problem}
        if file.contents and file.contents.is_single_phase:
            return {"declared": "single_phase"}
        if not policy.SUPPORTED:  # the slots are read in a copy, and none can be made here
            return {}
        answer: dict[str, Any] | None = self.cache.get("slots", file.name, cache.hash_of_file(file.path))
        return answer

    def _ask(self, files: list[ExtensionFile]) -> dict[str, dict[str, Any]]:
        items = [(file.name, file.path) for file in files]
        found = {}
        for index, answer in run_items("slots", items, self.limits).items():
            found[files[index].path] = answer
            if "died" not in answer:
                self.cache.put(answer, "slots", files[index].name, cache.hash_of_file(files[index].path))
        return found


def least(modules: Iterable[Module]) -> str | None:
    """Return what the module declares that helps least; ``"pure"`` if there is none, None if one is not known."""
    declared = {module.declared for module in modules}
    if None in declared:
        declared.discard(None)
        declared &= {"single-phase", "none", "absent", "shared-gil"}
        if not declared:
            return None
    return max(filter(None, declared), key=DECLARATIONS.index, default="pure")


def _record(file: ExtensionFile, answer: dict[str, Any]) -> Module:
    spelled = {"own_gil_with_capsules": "own-gil"}
    raw = answer.get("declared")
    declared = None if raw in {None, "unknown"} else spelled.get(raw, raw.replace("_", "-"))
    return Module(file.name, file.path, declared, reason_of(declared) or _problem(answer, raw))


def _problem(answer: dict[str, Any], raw: str | None) -> str | None:
    if "died" in answer:
        return f"its init function {answer['died']}"
    if "error" in answer:
        return str(answer["error"])
    return "the file is damaged" if raw == "unknown" else None
