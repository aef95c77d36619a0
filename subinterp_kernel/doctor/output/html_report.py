"""A report as one self-contained HTML file: a table with a filter, light or dark as the reader prefers."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from subinterp_kernel.doctor.output.words import COLUMNS, NOT_TRIED, cells, refusals

if TYPE_CHECKING:
    from subinterp_kernel.doctor.records import Package, Report

__all__ = ["html_report"]

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Packages in sub-interpreters</title>
<style>
:root {{ color-scheme: light dark; --line: #ccc; --good: #176f2c; --bad: #b3261e; --dim: #666; }}
@media (prefers-color-scheme: dark) {{ :root {{ --line: #444; --good: #6fcf80; --bad: #ff8a80; --dim: #aaa; }} }}
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }}
input {{ font: inherit; padding: .3rem .5rem; width: 20rem; max-width: 100%; }}
table {{ border-collapse: collapse; margin-top: 1rem; width: 100%; }}
th, td {{ border-bottom: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top; }}
.yes, .own-gil, .pure {{ color: var(--good); }} .no {{ color: var(--bad); }} .dim {{ color: var(--dim); }}
summary {{ cursor: pointer; }} details ul {{ margin: .3rem 0; padding-left: 1.2rem; }}
</style>
</head>
<body>
<h1>Packages in sub-interpreters</h1>
<p>Python {python}, {date}. A dash means: not tried.</p>
<label>Filter: <input id="filter" type="search" placeholder="a name, a level such as absent, a toolchain"></label>
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
<script>
const filter = document.getElementById("filter");
filter.addEventListener("input", () => {{
  const words = filter.value.toLowerCase().split(/\\s+/);
  for (const row of document.querySelectorAll("tbody tr")) {{
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }}
}});
</script>
</body>
</html>
"""


def html_report(report: Report) -> str:
    """Return the report as an HTML page."""
    head = "".join(f"<th>{escape(column)}</th>" for column in COLUMNS)
    rows = "\n".join(map(_row, report.packages))
    return _PAGE.format(python=escape(report.python), date=escape(report.date), head=head, rows=rows)


def _row(package: Package) -> str:
    first, *rest = cells(package)
    classes = {NOT_TRIED: "dim"}
    others = "".join(f'<td class="{classes.get(cell, escape(cell))}">{escape(cell)}</td>' for cell in rest)
    return f"<tr><td>{_details(package, first)}</td>{others}</tr>"


def _details(package: Package, name: str) -> str:
    refused = [f"<b>{escape(module.name)}</b>: {escape(str(module.refused_because))}<br>"
               f'<span class="dim">{escape(way)}</span>' for module, way in refusals(package)]  # fmt: skip
    items = [*refused, *map(escape, package.findings), *(f"<i>{escape(each)}</i>" for each in package.advice)]
    if not items:
        return escape(name)
    return (
        f"<details><summary>{escape(name)}</summary><ul>{''.join(f'<li>{item}</li>' for item in items)}</ul></details>"
    )
