"""The round trip of a cell through the Jupyter protocol."""

from __future__ import annotations

import importlib.util
from contextlib import ExitStack
from functools import partial
from typing import Any

from live_kernel import LiveKernel
from side_by_side import interleave, median

from comparison.tables import Table

__all__ = ["measure"]

ROUNDS = (20, 300)  # quick, and usually
CELL = "x = 1"

START_ENGINES = """
import ipyparallel, logging
cluster = ipyparallel.Cluster(n=1, engine_timeout=60, log_level=logging.ERROR)
client = cluster.start_and_connect_sync(activate=True)
client[:].execute('x = 0').get(60)
"""
END_ENGINES = "client.close(); cluster.stop_cluster_sync()"


def measure(quick: bool) -> list[dict[str, Any]]:
    note = f"The cell {CELL!r}: until its reply and the kernel's `idle` are there. Median."
    table = Table("cells", "Round trip of a cell", "ms", ["one cell"], note=note)
    with ExitStack() as stack:
        ours = stack.enter_context(LiveKernel("subinterp"))
        usual = stack.enter_context(LiveKernel("python3"))
        contenders = {
            "plain cell, kernel python3": partial(usual.seconds_of, CELL),
            "plain cell, kernel subinterp": partial(ours.seconds_of, CELL),
            "%%subinterp, one interpreter": partial(ours.seconds_of, f"%%subinterp a\n{CELL}"),
            "%%subinterp, two interpreters": partial(ours.seconds_of, f"%%subinterp a,b\n{CELL}"),
        }
        if importlib.util.find_spec("ipyparallel") is not None:
            usual.seconds_of(START_ENGINES)
            stack.callback(usual.seconds_of, END_ENGINES)
            contenders["%%px of ipyparallel, one engine"] = partial(usual.seconds_of, f"%%px\n{CELL}")
        for name, seconds in interleave(contenders, ROUNDS[not quick]).items():
            table.put(name, "one cell", median(seconds) * 1e3, seconds[:20])
    return [table.as_json()]
