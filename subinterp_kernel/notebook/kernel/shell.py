"""The kernel's shell: ipykernel's, which does not analyze the calls that IPython makes of cell magics."""

from __future__ import annotations

import re
from typing import Any

from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.inputtransformer2 import TransformerManager
from traitlets import Instance

__all__ = ["NotebookShell"]

_STRING = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CELL_MAGIC = re.compile(rf"get_ipython\(\)\.run_cell_magic\({_STRING}, {_STRING}, {_STRING}\)\n")


class CellMagicTransformerManager(TransformerManager):
    """IPython's input transforms, of which those that need tokens are skipped for the call of a cell magic."""

    def __init__(self) -> None:
        super().__init__()
        self._known = list(self.token_transformers)

    def do_token_transforms(self, lines: list[str]) -> list[str]:
        """Apply the transforms that need tokens.

        Parameters
        ----------
        lines : list of str
            The lines of a cell, with their ends.
        """
        if len(lines) == 1 and _CELL_MAGIC.fullmatch(lines[0]) and self.token_transformers == self._known:
            return lines
        transformed: list[str] = super().do_token_transforms(lines)
        return transformed


class NotebookShell(ZMQInteractiveShell):
    """ipykernel's shell, which starts cell magics sooner."""

    input_transformer_manager = Instance(CellMagicTransformerManager, ())

    def should_run_async(self, raw_cell: str, *, transformed_cell: str | None = None, **kwargs: Any) -> bool:
        """Return whether a cell needs a running event loop; the call of a cell magic does not."""
        if transformed_cell is not None and _CELL_MAGIC.fullmatch(transformed_cell):
            return False
        return bool(super().should_run_async(raw_cell, transformed_cell=transformed_cell, **kwargs))


# Libraries detect a notebook by this name.
NotebookShell.__name__ = "ZMQInteractiveShell"
