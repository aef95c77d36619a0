"""A badge for a README: the level that a package reaches, and the date."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from subinterp_kernel.doctor.output.words import level_reached

if TYPE_CHECKING:
    from subinterp_kernel.doctor.records import Report

__all__ = ["badge"]

_LABEL = "sub-interpreters"
_CHARACTER = 6.6  # units of width, with room for wide ones
_COLOURS = {
    "tests pass": "#2e7d32",
    "survives": "#2e7d32",
    "imports": "#558b2f",
    "private copies": "#b26a00",
    "declared own-gil": "#558b2f",
}
_OTHER_COLOUR = "#b3261e"
_SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{label}: {text}">
<title>{label}: {text}</title>
<rect width="{width}" height="20" rx="3" fill="#444"/>
<path d="M{left} 0h{right}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right}z" fill="{colour}"/>
<g fill="#fff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11">
<text x="8" y="14">{label}</text>
<text x="{start}" y="14">{text}</text>
</g>
</svg>
"""


def badge(report: Report) -> str:
    """Return an SVG for the first package of a report."""
    package = report.packages[0]
    level = level_reached(package)
    text = f"{level} ({report.date})"
    left, right = (round(len(each) * _CHARACTER) + 16 for each in (_LABEL, text))
    colour = (
        "#2e7d32" if package.levels.declared == "pure" and level == "imports" else _COLOURS.get(level, _OTHER_COLOUR)
    )
    return _SVG.format(
        width=left + right, left=left, right=right - 3, start=left + 8, label=_LABEL, text=escape(text), colour=colour
    )
