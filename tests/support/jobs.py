"""Jobs of `%%subinterp --job` in a plain IPython shell."""

from __future__ import annotations

from IPython.utils.capture import capture_output

from subinterp_kernel.notebook.execution.job import Job

__all__ = ["ENDLESS", "start"]

ENDLESS = "import time\nprint('up')\nwhile True: time.sleep(0.01)"


def start(shell, line, code, **variables) -> Job:
    """Start a job in the background, with these variables in the notebook; it is the notebook's `j`."""
    shell.push(variables)
    with capture_output():
        shell.run_cell_magic("subinterp", f"{line} --job j", code)
    return shell.user_ns["j"]
