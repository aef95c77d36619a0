"""A notebook in JupyterLab, in a real browser without a window, driven as a person does: keys, buttons, and looking."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from lab_server import LabServer

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["Cell", "Lab", "NotebookPage", "missing_piece"]

_TIMEOUT = 100_000  # milliseconds, for whatever the page is waited for
_BROWSER_OPTIONS = [
    "--no-sandbox",  # which root cannot have
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The page shows "idle" too early: before it has a kernel at all.
_KERNEL_IS_THERE = """() => {
    const kernel = window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""
_KERNEL = {"name": "subinterp", "display_name": "Python 3 (sub-interpreters)", "language": "python"}


def missing_piece() -> str | None:
    """Say what these tests lack on this machine, and how to get it."""
    for module in ("jupyterlab", "playwright"):
        if importlib.util.find_spec(module) is None:
            return f"{module} is not installed: `make browser` installs it"
    if shutil.which("chromium") is None:
        return "there is no command chromium: install Debian's package of that name, as .ci/get-chromium does"
    return None


class Cell:
    """A code cell: what it shows now, and what it is waited for."""

    def __init__(self, locator: Locator) -> None:
        self.output = locator.locator(".jp-Cell-outputArea")
        self._prompt = locator.locator(".jp-InputPrompt")

    @property
    def text(self) -> str:
        """What is visible below the cell."""
        return self.output.inner_text()

    @property
    def is_running(self) -> bool:
        return self._prompt.inner_text() == "[*]:"

    def wait_for_text(self, text: str) -> Cell:
        _expect(self.output).to_contain_text(text, timeout=_TIMEOUT)
        return self

    def wait_until_done(self) -> Cell:
        """Wait for its number, which comes with the kernel's reply. The last output may be rendered later."""
        _expect(self._prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=_TIMEOUT)
        return self

    def wait_for_rows(self) -> list[str]:
        """Wait for a table; return what is in each row of it, below its head."""
        self.output.locator("table tbody tr").first.wait_for()
        return self.output.locator("table tbody tr").all_inner_texts()

    def answer(self, text: str) -> None:
        """Type an answer to the question that the cell asks."""
        box = self.output.locator("input.jp-Stdin-input")
        box.fill(text)
        box.press("Enter")


class NotebookPage:
    """The notebook that is open in a page; new code always goes into its last cell, which is the active one."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.wait_for_function(_KERNEL_IS_THERE)

    def type(self, code: str) -> Cell:
        """Write into the last cell, without running it; the cursor stays behind the text."""
        cell = self.page.locator(".jp-Notebook .jp-CodeCell").last
        cell.locator(".cm-content").click()
        # Not key by key: the editor would indent lines and close brackets of its own accord.
        self.page.keyboard.insert_text(code)
        return Cell(self.page.locator(".jp-Notebook .jp-CodeCell").nth(self._number_of_cells() - 1))

    def clear(self) -> None:
        """Close what is offered, and empty the last cell."""
        self.page.keyboard.press("Escape")
        cell = self.page.locator(".jp-Notebook .jp-CodeCell").last
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")

    def start(self, code: str) -> Cell:
        """Run the code in the last cell; a new last cell appears below."""
        cell, before = self.type(code), self._number_of_cells()
        self.page.keyboard.press("Shift+Enter")
        _expect(self.page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(before + 1, timeout=_TIMEOUT)
        return cell

    def run(self, code: str) -> Cell:
        """Run the code, and wait until the cell has ended, well or not."""
        return self.start(code).wait_until_done()

    def complete(self, code: str) -> list[str]:
        """Press Tab behind the code; return what is offered."""
        self.type(code)
        self.page.keyboard.press("Tab")
        offers = self.page.locator(".jp-Completer-item .jp-Completer-match")
        offers.first.wait_for()
        return offers.all_inner_texts()

    def describe(self, code: str) -> str:
        """Press Shift-Tab behind the code; return what the tooltip says."""
        self.type(code)
        self.page.keyboard.press("Shift+Tab")
        return self.page.locator(".jp-Tooltip").inner_text()

    def stop(self) -> None:
        self._press("interrupt")

    def save(self) -> None:
        """Save the notebook, and wait until its file is written."""
        self._press("save")
        self.page.locator(".jp-NotebookPanel .jp-mod-dirty").wait_for(state="detached")
        self.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")

    def load_again(self) -> NotebookPage:
        """Load the page again, as a person does after a lost connection."""
        self.page.reload()
        return NotebookPage(self.page)

    def cell(self, number: int) -> Cell:
        return Cell(self.page.locator(".jp-Notebook .jp-CodeCell").nth(number))

    def restart(self) -> None:
        """Restart the kernel, say yes to the question whether to, and wait for the new one."""
        self._press("restart")
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        self.page.locator(".jp-Dialog").wait_for(state="detached")
        self.page.wait_for_function(_KERNEL_IS_THERE)

    def _press(self, button: str) -> None:
        self.page.locator(f".jp-NotebookPanel-toolbar [data-jp-item-name={button}] jp-button").click()

    def _number_of_cells(self) -> int:
        return self.page.locator(".jp-Notebook .jp-CodeCell").count()


class Lab:
    """A server and a browser, both of the tests' own."""

    def __init__(self) -> None:
        from playwright.sync_api import sync_playwright

        with contextlib.ExitStack() as opened:
            self.server = opened.enter_context(contextlib.closing(LabServer()))
            playwright = opened.enter_context(sync_playwright())
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=_BROWSER_OPTIONS)
            opened.enter_context(contextlib.closing(browser))
            self._context = browser.new_context(viewport={"width": 1200, "height": 900})
            self._context.set_default_timeout(_TIMEOUT)
            self.close = opened.pop_all().close

    def open(self, path: str) -> Page:
        """Open a page of the server in a new tab."""
        page = self._context.new_page()
        page.goto(f"{self.server.url}{path}?token={self.server.token}")
        return page

    def open_notebook(self, name: str) -> NotebookPage:
        """Open a new notebook of that name, with our kernel, and with one cell, which is empty."""
        cells = [nbformat.v4.new_code_cell(id="first")]
        empty = nbformat.v4.new_notebook(metadata={"kernelspec": _KERNEL}, cells=cells)
        nbformat.write(empty, self.server.notebooks / f"{name}.ipynb")
        return NotebookPage(self.open(f"doc/tree/{name}.ipynb"))

    def take_picture(self, folder: Path, name: str) -> None:
        """Save what the last page shows."""
        self._context.pages[-1].screenshot(path=folder / f"{name}.png")

    def end_test(self, folder: Path, name: str) -> None:
        """Save what the open pages show, close them, end their kernels, and remove the test's files."""
        for number, page in enumerate(self._context.pages):
            page.screenshot(path=folder / f"{name}{number or ''}.png")
            page.close()
        self.server.clear()


def _expect(locator: Locator) -> Any:
    from playwright.sync_api import expect

    return expect(locator)
