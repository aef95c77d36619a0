"""Completion, inspection and is_complete requests for cells of sub-interpreters."""

from __future__ import annotations

import os

import pytest
from conditions import until

HEAD = "%%subinterp a -o total\n"


@pytest.fixture(scope="module")
def prepared(kernel):
    kernel.run("only_in_main = 1\nonly_here_too = 2")
    kernel.run('%%subinterp a\nonly_inside = [1]\ndef documented(first, second=2):\n    """It is documented."""')
    return kernel


def ask(kernel, kind, code, cursor=None, **options):
    cursor = len(code) if cursor is None else cursor
    return kernel.reply_to(getattr(kernel.client, kind)(code, cursor, **options))


def completed(kernel, code, cursor=None):
    reply = ask(kernel, "complete", code, cursor)
    return [code[: reply["cursor_start"]] + match + code[reply["cursor_end"] :] for match in reply["matches"]]


def test_the_body_is_completed_from_the_namespace_of_the_interpreter(prepared):
    assert completed(prepared, HEAD + "only_") == [HEAD + "only_inside"]
    assert completed(prepared, HEAD + "x = 'é😀'\nif 1:\n    only_inside.appe") == [
        HEAD + "x = 'é😀'\nif 1:\n    only_inside.append"
    ]
    assert completed(prepared, "only_in_") == ["only_in_main"]


def test_the_cursor_can_be_in_the_middle_of_the_code(prepared):
    code = HEAD + "print(only_) # ü\nmore"
    assert completed(prepared, code, code.index(")")) == [HEAD + "print(only_inside) # ü\nmore"]


def test_completions_have_types_and_correct_positions(prepared):
    reply = ask(prepared, "complete", HEAD + "only_in")
    (one,) = reply["metadata"]["_jupyter_types_experimental"]
    assert (one["start"], one["end"], one["text"]) == (len(HEAD), len(HEAD) + 7, "only_inside")


@pytest.mark.parametrize(
    "busy", ["while True: pass", "import time; time.sleep(30)", "__import__('threading').Event().wait()"]
)
def test_a_busy_interpreter_answers(prepared, busy):
    running = prepared.send(f"%%subinterp a\nprint('busy')\n{busy}", stop_on_error=False)
    prepared.wait_for_text("busy")
    try:
        # On a busy machine it may miss the half second after which main answers.
        until(lambda: completed(prepared, HEAD + "only_") == [HEAD + "only_inside"])
        until(lambda: "It is documented" in str(ask(prepared, "inspect", HEAD + "documented")["data"]))
    finally:
        prepared.interrupt()
        prepared.collect(running)


def test_main_answers_for_an_interpreter_that_cannot(prepared, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    code = (
        f"%%subinterp c\nimport ctypes, os\ngate = os.open({str(gate)!r}, os.O_RDWR)\nprint('in C')\n"
        "ctypes.PyDLL(None).read(gate, ctypes.create_string_buffer(1), 1);"
    )
    running = prepared.send(code)
    prepared.wait_for_text("in C")
    until(lambda: completed(prepared, "%%subinterp c\nonly_in_") == ["%%subinterp c\nonly_in_main"])
    gate.write_bytes(b"x")
    prepared.collect(running)


def test_main_answers_for_an_interpreter_that_does_not_exist_yet(prepared):
    assert completed(prepared, "%%subinterp nobody\nonly_in_") == ["%%subinterp nobody\nonly_in_main"]


def test_inspection_describes_the_interpreters_own_objects(prepared):
    reply = ask(prepared, "inspect", HEAD + "x = 1\ndocumented(1, ")
    assert reply["found"]
    assert "It is documented." in reply["data"]["text/plain"]
    assert not ask(prepared, "inspect", HEAD + "only_in_main")["found"]
    assert "Source:" in ask(prepared, "inspect", HEAD + "documented", detail_level=1)["data"]["text/plain"]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("%%subinterp ", {"a", "--fresh", "-i"}),
        ("%%subinterp --f", {"--fresh"}),
        ("%%subinterp a --gil ", {"own", "shared"}),
        ("%%subinterp a -i only_h", {"only_here_too"}),
        ("%subinterp ", {"list", "close", "memory"}),
        ("%subinterp clo", {"close"}),
        ("%subinterp reset ", {"a"}),
        ("%subinterp close ", {"a", "--all"}),
        ("%subinterp push a only_h", {"only_here_too"}),
        ("%subinterp new x --gil s", {"shared"}),
        ("%subinterp new x --", {"--gil", "--path", "--venv", "--env", "--clone-imports"}),
    ],
)
def test_the_first_line_is_completed(prepared, line, wanted):
    assert wanted <= set(ask(prepared, "complete", line)["matches"])
    assert wanted <= set(ask(prepared, "complete", line + "\nx = 1", len(line))["matches"])


@pytest.mark.parametrize("line", ["%%subinterp x --path ", "%subinterp new x --venv "])
def test_folders_are_completed_and_files_are_not(prepared, tmp_path, line):
    (tmp_path / "library").mkdir()
    (tmp_path / "list.txt").write_text("")
    line += str(tmp_path / "li")
    matches = ask(prepared, "complete", line)["matches"]
    assert str(tmp_path / "library") + os.sep in matches
    assert not any("txt" in match for match in matches)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", "incomplete"),
        ("x = 1", "incomplete"),
        ("x = 1\n", "complete"),
        ("x = 1\ny = 2", "incomplete"),
        ("x = 1\ny = 2\n", "complete"),
        ("for i in y:", "incomplete"),
        ("f(1,", "incomplete"),
        ("1 +* 2", "invalid"),
    ],
)
def test_is_complete_checks_the_body_and_a_blank_line_ends_it(prepared, body, status):
    assert prepared.reply_to(prepared.client.is_complete("%%subinterp a\n" + body))["status"] == status
