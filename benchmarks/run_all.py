"""Runs every benchmark in a process of its own, then shows all figures; exit status 1 if a limit was missed."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

TOPICS = (
    "exec_round_trip",
    "cell_round_trip",
    "completion",
    "first_cell",
    "many_prints",
    "two_cpu_cells",
    "numpy_parallel",
    "creation",
    "startup",
    "pools",
    "queues",
    "shared_arrays",
    "numpy_arrays",
    "atomics",
)


def run_topic(topic: str) -> tuple[list[str], bool]:
    """Return a benchmark's lines, echoing them as they come, and whether it went well."""
    script = Path(__file__).with_name(f"{topic}.py")
    lines = []
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode not in (0, 1) or not lines:
        lines.append(f"{topic} ended with status {process.returncode}\n")
    return lines, process.returncode == 0


def main() -> int:
    """Run all topics; a missed limit in one does not keep the others from running."""
    results = {topic: run_topic(topic) for topic in TOPICS}
    print(f"\nCPython {platform.python_version()}, {platform.machine()}")
    for topic, (lines, _) in results.items():
        print(f"\n{topic.replace('_', ' ')}\n" + "".join(f"  {line}" for line in lines), end="")
    failed = [topic for topic, (_, well) in results.items() if not well]
    print(f"\n{'MISSED: ' + ', '.join(failed) if failed else 'every limit is kept'}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
