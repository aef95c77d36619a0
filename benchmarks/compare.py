"""Compares pools of interpreters with those of other kinds, and writes the results: one command, some minutes.

``make results`` writes results.json, RESULTS.md and plots/*.svg to this folder; ``--output FOLDER`` to another one.
``--quick`` uses small sizes, to try the suite, and writes to build/quick. ``--from FILE`` writes the report of an older
results.json again.

The standard library has an InterpreterPoolExecutor since Python 3.14. On a machine with an older one, in a folder that
.ci/make-forky has made (as root)::

    .ci/test-in-forky FOLDER 3.14 results RESULTS_ARGS="--output /var/tmp/results"
    cp -r FOLDER/var/tmp/results/. benchmarks/
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from comparison import TOPICS
from comparison.bounded_process import ChildFailedError, call
from comparison.machine import describe
from comparison.plots import draw
from comparison.report import markdown, table_lines
from comparison.tables import Table
from side_by_side import wait_for_calm

RESULTS, REPORT, PLOTS = "results.json", "RESULTS.md", "plots"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare pools of interpreters with those of other kinds.")
    parser.add_argument("--quick", action="store_true", help="small sizes, to try the suite")
    parser.add_argument("--output", type=Path, help="folder for the results")
    parser.add_argument("--topics", nargs="+", choices=TOPICS, default=list(TOPICS), help="measure these only")
    parser.add_argument("--from", dest="source", type=Path, help="measure nothing: report what this file has")
    return parser.parse_args()


def measure(topics: list[str], quick: bool) -> dict[str, Any]:
    """Run each topic in a process of its own; one that fails does not keep the others from running."""
    results: dict[str, Any] = {"quick": quick, "machine": describe(), "busy": 0.0, "tables": [], "failures": {}}
    for topic in topics:
        if not quick:
            results["busy"] = max(results["busy"], round(wait_for_calm(), 2))
        begin = time.monotonic()
        try:
            tables = call(f"comparison.{topic}:measure", [quick], TOPICS[topic])
        except ChildFailedError as error:
            results["failures"][topic] = str(error)
            print(f"{topic}: {error}", file=sys.stderr)
            continue
        results["tables"] += tables
        for table in tables:
            print(f"\n{table['title']}\n" + "\n".join(table_lines(Table(**table))))
        print(f"({time.monotonic() - begin:.0f} s)", flush=True)
    return results


def write(results: dict[str, Any], folder: Path) -> None:
    """Write the results, the report and the plots."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULTS).write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (folder / REPORT).write_text(markdown(results), "utf-8")
    for table in results["tables"]:
        draw(Table(**table), folder / PLOTS)
    print(f"\nwrote {folder / REPORT}, {RESULTS} and {PLOTS}/")


def main() -> int:
    """Measure, or read what was measured, and write it; exit status 1 if a topic failed."""
    options = arguments()
    here = Path(__file__).parent
    folder = options.output or (here.parent / "build" / "quick" if options.quick else here)
    if options.source:
        results = json.loads(options.source.read_text("utf-8"))
    else:
        results = measure(options.topics, options.quick)
    write(results, folder)
    return bool(results["failures"])


if __name__ == "__main__":
    sys.exit(main())
