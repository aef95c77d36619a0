"""A report as the XML of JUnit, which CI systems show: a suite for each package, a case for each level."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from subinterp_kernel.doctor.records import Package, Report

__all__ = ["junit"]

_LEVELS = ("imports", "survives", "private", "tests")


def junit(report: Report) -> str:
    """Return the report as XML; a level that was not tried is skipped."""
    root = ElementTree.Element("testsuites", name="subinterp-kernel doctor")
    for package in report.packages:
        root.append(_suite(package))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(package: Package) -> ElementTree.Element:
    results = {level: getattr(package.levels, level) for level in _LEVELS}
    counts = {"failures": list(results.values()).count(False), "skipped": list(results.values()).count(None)}
    suite = ElementTree.Element("testsuite", name=f"{package.name} {package.version}", tests=str(len(results)))
    suite.attrib.update({name: str(count) for name, count in counts.items()})
    for level, result in results.items():
        case = ElementTree.SubElement(suite, "testcase", classname=package.name, name=level)
        if result is None:
            ElementTree.SubElement(case, "skipped", message="not tried")
        elif result is False:
            seen = [finding for finding in package.findings if finding.startswith(f"{level}:")]
            failure = ElementTree.SubElement(case, "failure", message=_printable(seen[0] if seen else "failed"))
            failure.text = _printable("\n".join(package.findings))
    return suite


def _printable(text: str) -> str:
    """Return a text without the characters that XML cannot express."""
    return "".join(character for character in text if character.isprintable() or character == "\n")
