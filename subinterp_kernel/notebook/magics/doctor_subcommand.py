"""``%subinterp doctor``: which packages work in sub-interpreters, how well, and why not."""

from __future__ import annotations

import sys
import warnings
from argparse import Namespace
from collections.abc import Sequence
from importlib.metadata import Distribution
from types import ModuleType

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from subinterp_kernel.doctor import distributions
from subinterp_kernel.doctor.errors import DoctorError
from subinterp_kernel.doctor.examiner import Examiner, settings_for
from subinterp_kernel.doctor.records import Report
from subinterp_kernel.notebook.magics.cells import print_note
from subinterp_kernel.notebook.output.tables import DoctorTable

__all__ = ["examine"]


def examine(shell: InteractiveShell, given: Namespace) -> None:
    """Examine the packages that were named, or those that the notebook has imported, and show a table."""
    try:
        settings = settings_for(given.level)
        chosen = [distributions.find(name) for name in given.packages or _imported(shell)]
        if not chosen:
            raise DoctorError("the notebook has imported no package: write %subinterp doctor PACKAGE...")
        report = _run(Examiner(settings), chosen)
    except DoctorError as error:
        raise UsageError(str(error)) from None
    if report.packages:
        display(DoctorTable(report))
    if len(report.packages) < len(chosen):
        print_note(f"stopped: {len(report.packages)} of {len(chosen)} packages were examined")


def _run(examiner: Examiner, chosen: Sequence[Distribution]) -> Report:
    """Return the report, with a progress bar if there is more than one package."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without ipywidgets, tqdm warns that its bar will be text
        from tqdm.auto import tqdm
    with tqdm(total=len(chosen), unit="package", disable=len(chosen) < 2) as bar:

        def show(name: str, done: int, _total: int) -> None:
            bar.set_description(name, refresh=False)
            bar.update(done - bar.n)

        examiner.on_progress = show
        report = examiner.run(chosen)
        bar.update(len(report.packages) - bar.n)
    return report


def _imported(shell: InteractiveShell) -> list[str]:
    """Return the names of the distributions whose packages the notebook's variables stand for."""
    modules = {value.__name__.partition(".")[0] for value in shell.user_ns.values() if isinstance(value, ModuleType)}
    foreign = modules - set(sys.stdlib_module_names) - {"subinterp_kernel"}
    found = [each for each in distributions.all_installed() if not foreign.isdisjoint(distributions.roots(each))]
    return [each.metadata["Name"] for each in found]
