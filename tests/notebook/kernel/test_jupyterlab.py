"""The kernel in JupyterLab, in a real Chromium; each test leaves a picture of its page in build/screenshots."""

from __future__ import annotations

import os
import re
from pathlib import Path

import conditions
import pytest
from lab_page import Lab, NotebookPage, missing_piece
from stuck_code import ENDLESS_MATCH, stay_in_c

PICTURES = Path(os.environ.get("SUBINTERP_SCREENSHOTS") or Path(__file__).parents[3] / "build" / "screenshots")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def running_lab():
    missing = missing_piece()
    if missing:
        # `make browser` asks for these tests, and a run without them must not look like one that went well.
        (pytest.fail if os.environ.get("SUBINTERP_BROWSER") == "required" else pytest.skip)(missing)
    lab = Lab()
    yield lab
    lab.close()


@pytest.fixture
def name(request) -> str:
    """The test's name without the brackets of its parameter."""
    return re.sub(r"\W+", "_", request.node.name).strip("_")


@pytest.fixture
def lab(running_lab, name):
    yield running_lab
    running_lab.end_test(PICTURES, name)


@pytest.fixture
def notebook(lab, name) -> NotebookPage:
    return lab.open_notebook(name)


def test_the_launcher_offers_the_kernel(lab):
    page = lab.open("lab")
    card = page.locator(".jp-LauncherCard[data-category=Notebook]", has_text="Python 3 (sub-interpreters)")
    card.click()
    NotebookPage(page).run("%%subinterp a\n6 * 7").wait_for_text("42")


def test_output_is_there_before_the_cell_has_ended(lab, notebook):
    waiting = "import os, time\nprint('first line')\nwhile not os.path.exists('go on'): time.sleep(0.02)\n"
    cell = notebook.start(f"%%subinterp a\n{waiting}print('last line')")
    cell.wait_for_text("first line")
    assert cell.is_running
    assert "last line" not in cell.text
    (lab.server.notebooks / "go on").touch()
    cell.wait_for_text("last line").wait_until_done()
    assert cell.text.splitlines() == ["first line", "last line"]


PICTURE = """
import struct, zlib
from IPython.display import HTML, Image, display
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
rows = b"".join(b"\\0" + bytes(channel for x in range(64) for channel in (4 * x, 4 * y, 128)) for y in range(48))
header = struct.pack(">IIBBBBB", 64, 48, 8, 2, 0, 0, 0)
png = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
display(HTML("<table><tr><th>made in</th><td>an interpreter</td></tr></table>"))
Image(png)
"""


def test_tables_and_pictures_are_drawn(notebook):
    cell = notebook.run(f"%%subinterp a\n{PICTURE}")
    assert cell.wait_for_rows() == ["made in\tan interpreter"]
    size = "image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])"
    assert cell.output.locator("img").evaluate(size) == [64, 48]


def test_the_list_of_interpreters_is_a_table(notebook):
    notebook.run("%%subinterp left,right\nx = 1")
    rows = notebook.run("%subinterp").wait_for_rows()
    assert [row.split()[0] for row in rows] == ["main", "left", "right"]


def test_stop_interrupts_a_busy_cell_and_keeps_its_variables(notebook):
    busy = notebook.start("%%subinterp a\nkept = 6\nprint('started')\nwhile True: kept += 0")
    busy.wait_for_text("started")
    notebook.stop()
    busy.wait_until_done().wait_for_text("KeyboardInterrupt")
    notebook.run("%%subinterp a\nkept * 7").wait_for_text("42")


def test_one_stop_explains_why_a_cell_goes_on_and_close_frees_the_name(notebook, tmp_path):
    entered = tmp_path / "entered"
    in_c = stay_in_c("__import__('os').mkdir", repr(str(entered)), ENDLESS_MATCH)
    stuck = notebook.start(f"%%subinterp a\n{in_c}")
    conditions.until(entered.exists)
    notebook.stop()
    stuck.wait_for_text("interpreter 'a' cannot stop now: it is inside C code")
    assert stuck.output.locator("[data-mime-type$=stderr]").count() == 0  # which is red
    notebook.stop()
    stuck.wait_until_done()
    notebook.run("%%subinterp a\n1").wait_for_text("`%subinterp close a`")
    notebook.run("%subinterp close a").wait_for_text("the name is free")
    notebook.run("%%subinterp a\n6 * 7").wait_for_text("42")
    assert [row.split("\t")[3] for row in notebook.run("%subinterp").wait_for_rows()] == [
        "running",
        "idle",
        "left behind",
    ]


def test_errors_show_the_users_line_and_one_sentence(notebook):
    cell = notebook.run("import subinterp_kernel as sk\nsk.SharedArray((3, 3), 'd')[5, 5]")
    cell.wait_for_text("IndexError: index 5 is out of bounds")
    assert "Could not get source" not in cell.text
    cell = notebook.run("%%subinterp b --extensions strict\nimport readline")
    cell.wait_for_text("readline cannot be imported here, because it does not support")
    notebook.run("def slow(x): return x")
    notebook.run("%%subinterp b\nslow(1)").wait_for_text("it exists in main: `%%subinterp b -i slow` copies it")


BARS = """%%subinterp left,right
import os, sys, time
print("step", 1)
for done in range(10**6):
    print(f"\\r{rank}: {done} done", end="", file=sys.stderr, flush=True)
    time.sleep(0.05)
    if os.path.exists("go on"): break
print("end")"""


def test_progress_in_two_interpreters_is_shown_by_interpreter(lab, notebook):
    cell = notebook.start(BARS)
    cell.wait_for_text("[right]").wait_for_text("1: ")
    assert re.fullmatch(r"\[left\]\nstep 1\n0: \d+ done\s+\[right\]\nstep 1\n1: \d+ done", cell.text.strip())
    lab.take_picture(PICTURES, "live_view")
    (lab.server.notebooks / "go on").touch()
    cell.wait_until_done().wait_for_text("end")
    parts = re.split(r"\[(\w+)\]", cell.text)
    assert parts[1::2] == ["left", "right"]
    assert all(re.search(rf"{rank}: \d+ done", part) for rank, part in enumerate(parts[2::2]))


# Their whole names stand nowhere in the notebook: the page itself could offer those.
VARIABLES = "%%subinterp a\nfor end in ('left', 'right'): globals()['variable_' + end] = 1"


def test_tab_offers_the_variables_of_the_interpreter(notebook):
    notebook.run(VARIABLES)
    assert notebook.complete("%%subinterp a\nvariable_") == ["variable_left", "variable_right"]


def test_tab_offers_them_while_the_interpreter_computes(notebook):
    notebook.run(VARIABLES)
    busy = notebook.start("%%subinterp a\nprint('started')\nwhile True: pass")
    busy.wait_for_text("started")
    assert notebook.complete("%%subinterp a\nvariable_") == ["variable_left", "variable_right"]
    assert busy.is_running


def test_shift_tab_shows_the_docstring_of_the_interpreters_function(notebook):
    notebook.run('%%subinterp a\ndef greet(name: str) -> str:\n    """Say good day."""')
    told = notebook.describe("%%subinterp a\ngreet(")
    assert "greet(name: str) -> str" in told
    assert "Say good day." in told


def test_tab_and_shift_tab_know_the_lines_of_the_magics(notebook):
    notebook.run("%%subinterp left,right\nx = 1")
    assert notebook.complete("%%subinterp left,") == ["right"]
    notebook.clear()
    assert notebook.complete("%subinterp cl") == ["close"]
    notebook.clear()
    assert "Run the cell in the interpreter NAME" in notebook.describe("%%subinterp left")


def test_a_question_of_a_cell_is_answered_in_the_page(notebook):
    cell = notebook.start("%%subinterp a\nprint('hello', input('Who is there? '))")
    cell.wait_for_text("Who is there?")
    cell.answer("Ada")
    cell.wait_for_text("hello Ada").wait_until_done()


def test_an_error_is_shown_at_its_line_and_ends_only_its_cell(notebook):
    failed = notebook.run("%%subinterp a\nx = 6\nx / 0").wait_for_text("ZeroDivisionError: division by zero")
    assert "Cell In[1], line 2" in failed.text
    assert "subinterp_kernel" not in failed.text
    notebook.run("%%subinterp a\n7 * x").wait_for_text("42")


@pytest.mark.parametrize("code", ["x = 1", "while True: pass"], ids=["idle", "busy"])
def test_restart_leaves_no_interpreters_and_works_again(notebook, code):
    notebook.start(f"%%subinterp a\nprint('started')\n{code}").wait_for_text("started")
    notebook.restart()
    rows = notebook.run("%subinterp").wait_for_rows()
    assert [row.split()[0] for row in rows] == ["main"]
    notebook.run("%%subinterp a\n6 * 7").wait_for_text("42")


def test_a_job_goes_on_below_its_cell_and_its_button_stops_it(notebook):
    started = notebook.run(
        "%%subinterp a --job j\nimport time\nfor n in range(10**6):\n    print('step', n); time.sleep(0.3)"
    )
    started.wait_for_text("running in a")
    shown = notebook.run("6 * 7").text.split()[-1]
    started.wait_for_text("step 3")
    started.output.get_by_role("button", name="Stop").click()
    started.wait_for_text("stopped in a").wait_for_text("KeyboardInterrupt")
    assert (shown, started.output.get_by_role("button").count()) == ("42", 0)
    assert notebook.run("j.state").text.split()[-1] == "'stopped'"


STEPS = "%%subinterp a --job j\nimport time\nfor n in range(10**6):\n    print('step', n); time.sleep(0.3)"


def last_step(cell) -> int:
    return max(map(int, re.findall(r"step (\d+)", cell.text)), default=-1)


def test_the_output_of_a_job_goes_on_in_a_page_that_was_loaded_again(notebook):
    notebook.run(STEPS).wait_for_text("step 1")
    notebook.save()
    again = notebook.load_again()
    cell = again.cell(0)
    before = last_step(cell.wait_for_text("step"))
    cell.wait_for_text(f"step {before + 8}").wait_for_text("running in a")
    assert cell.text.count("Job 1") == 1
    cell.output.get_by_role("button", name="Stop").click()
    cell.wait_for_text("stopped in a")
    assert cell.output.get_by_role("button").count() == 0
    assert again.run("j.state").text.split()[-1] == "'stopped'"


def test_a_notebook_that_was_saved_with_a_running_job_shows_its_last_state(notebook):
    notebook.run(STEPS).wait_for_text("running in a").wait_for_text("step 1")
    notebook.save()
    notebook.restart()
    cell = notebook.load_again().cell(0)
    cell.wait_for_text("Job 1 running in a")
    cell.output.locator(".jupyter-widgets").wait_for(state="attached")
    assert "not found" not in cell.text


MAP = """
import time
def work(x):
    while x == 3 and not __import__("os").path.exists("go on"): time.sleep(0.02)
    return x * x
"""


def test_a_map_shows_its_progress_and_binds_the_results(lab, notebook):
    notebook.run(MAP)
    cell = notebook.start("%subinterp map work range(8) -o squares --workers 2")
    cell.wait_for_text("/8")
    assert cell.is_running
    (lab.server.notebooks / "go on").touch()
    cell.wait_until_done().wait_for_text("8/8")
    notebook.run("squares").wait_for_text("[0, 1, 4, 9, 16, 25, 36, 49]")
