"""What is shown of errors that code of this package raises: one line, and the frames of the user."""

from __future__ import annotations

import re

import pytest

IN_PACKAGE = re.compile(r"subinterp_kernel[/.]|\.pyx|Could not get source")

ERRORS = {
    "index of an array": "sk.SharedArray((3, 3), 'd')[5, 5]",
    "taken name": "sk.create('taken')",
    "empty queue": "sk.Queue().get(timeout=0)",
    "wrong argument": "sk.Semaphore(-1)",
    "code elsewhere": "sk.get('taken').exec('1 / 0')",
    "function elsewhere": "sk.get('taken').call(divide, 1, 0)",
    "no pickle": "sk.get('taken').call(print, (n for n in 'ab'))",
}


@pytest.fixture(scope="module")
def kernel(kernel):
    kernel.run("import subinterp_kernel as sk\nsk.create('taken')\ndef divide(a, b): return a / b")
    kernel.run("%%subinterp inside\nimport subinterp_kernel as sk\ndef divide(a, b): return a / b")
    return kernel


def shown(kernel, code):
    """Return the traceback of a cell, without colours."""
    lines = kernel.run(code, stop_on_error=False).content("error")["traceback"]
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines))


@pytest.mark.parametrize("mode", ["Context", "Plain", "Verbose", "Minimal"])
@pytest.mark.parametrize("first_line", ["", "%%subinterp inside\n"], ids=["main", "inside"])
def test_frames_of_this_package_are_not_shown(kernel, first_line, mode):
    kernel.run(f"{first_line}%xmode {mode}")
    for code in ERRORS.values():
        text = shown(kernel, f"{first_line}{code}")
        assert not IN_PACKAGE.search(text), text
        assert (code in text) == (mode != "Minimal"), text
    kernel.run(f"{first_line}%xmode Context")


def test_the_frames_of_the_user_are_shown(kernel):
    text = shown(kernel, "def read(queue):\n    return queue.get(timeout=0)\nread(sk.Queue())")
    assert text.count("Cell In[") == 2
    assert text.count("---->") == 2


def test_a_callback_of_the_user_is_shown_without_the_frames_that_called_it(kernel):
    kernel.run("class Odd:\n    def __reduce__(self):\n        raise LookupError('odd')")
    text = shown(kernel, "sk.get('taken').prepare_main(odd=Odd())")
    assert "variable 'odd' cannot cross" in text
    assert "raise LookupError('odd')" in text
    assert not IN_PACKAGE.search(text)


def test_the_error_of_the_users_own_try_is_shown_as_the_context(kernel):
    text = shown(kernel, "try:\n    1 / 0\nexcept ZeroDivisionError:\n    sk.create('taken')")
    assert "During handling of the above exception" in text
    assert "ZeroDivisionError: division by zero" in text


def test_debug_opens_the_users_frame(kernel):
    kernel.run("def read(queue):\n    return queue.get(timeout=0)\nread(sk.Queue())", stop_on_error=False)
    message = kernel.send("%debug")
    assert kernel.asked()["prompt"].startswith("ipdb>")
    kernel.client.input("p queue")
    assert kernel.asked()["prompt"].startswith("ipdb>")
    kernel.client.input("q")
    assert "<Queue" in kernel.collect(message).text()


def test_debug_after_an_error_inside_says_where_its_frames_are(kernel):
    kernel.run("1 / 0", stop_on_error=False)  # whose frames %debug must not open
    kernel.run("%%subinterp inside\n{}['key']", stop_on_error=False)
    answer = kernel.run("%debug")
    assert answer.text() == (
        "KeyError was raised in interpreter 'inside'. To debug it, run %debug there: in a cell that starts with "
        "%%subinterp inside\n"
    )
    message = kernel.send("%%subinterp inside\n%debug")
    kernel.asked()
    kernel.client.input("q")
    assert "'key'" in kernel.collect(message).text()
