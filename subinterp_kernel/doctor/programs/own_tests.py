"""Runs a package's own tests with pytest, here or in an interpreter with a GIL of its own, and reports each result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from subinterp_kernel.doctor.programs.reporting import request_and_report

if TYPE_CHECKING:
    from subinterp_kernel.doctor.programs.reporting import Report

__all__ = ["main"]

_OPTIONS = ("-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist", "-o", "addopts=")


class _Reporter:
    """A plugin of pytest that reports the tests that fail, and those that pass."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def pytest_collectreport(self, report: Any) -> None:
        """Report a module whose tests cannot be collected."""
        if report.failed:
            self._report(test=report.nodeid, passed=False)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Report a test that has passed, or any part of one that has failed."""
        if report.failed or (report.when == "call" and report.passed):
            self._report(test=report.nodeid, passed=report.passed)


def main() -> None:
    """Answer the doctor."""
    import pytest

    request, report = request_and_report()
    inside = ["--subinterp"] if request["inside"] else []
    status = pytest.main([*_OPTIONS, *inside, "--pyargs", *request["packages"]], plugins=[_Reporter(report)])
    report(status=int(status))


if __name__ == "__main__":
    main()
