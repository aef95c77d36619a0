"""Faults in cells of a real kernel: the kernel and all other interpreters must still answer afterwards."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fault import Fault
from faults import FAULTS
from kernel_client import Answer, KernelClient

SHUTDOWN_LIMIT = 5
GROUP_SHUTDOWN_LIMIT = 10  # up to thirty damaged interpreters
ANSWER_TIMEOUT = 15
SETUP = """
import threading
class Unloadable:
    def __reduce__(self): return int, ("not a number",)
unpicklable, unloadable = threading.Lock(), Unloadable()
"""

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]
_names = (f"faulty{number}" for number in itertools.count())


def rows(alone: bool) -> list[object]:
    """Return the faults as parameters: group, fault."""
    return [
        pytest.param(group, fault, id=f"{group}: {name}", marks=marks(fault))
        for group, faults in FAULTS.items()
        for name, fault in faults.items()
        if fault.alone == alone
    ]


def marks(fault: Fault) -> list[pytest.MarkDecorator]:
    return [pytest.mark.xfail(reason=fault.broken, strict=True)] if fault.broken else []


def started_kernel() -> KernelClient:
    kernel = KernelClient("subinterp")
    kernel.run(SETUP)
    kernel.run("%%subinterp other\nkept = 6")
    return kernel


class Group:
    """The kernel that the faults of a group share; a fault that breaks it has it replaced for the next one."""

    def __init__(self) -> None:
        self.kernel: KernelClient | None = None

    @contextmanager
    def use(self) -> Iterator[KernelClient]:
        self.kernel = self.kernel or started_kernel()
        try:
            yield self.kernel
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        if self.kernel is not None:
            self.kernel.shut_down()
            self.kernel = None


@pytest.fixture(scope="module")
def group(request) -> Iterator[Group]:
    made = Group()
    yield made
    made.end()


@pytest.fixture
def own_kernel() -> Iterator[KernelClient]:
    kernel = started_kernel()
    yield kernel
    kernel.shut_down()


def run_fault(kernel: KernelClient, name: str, fault: Fault) -> Answer:
    kernel.run(f"%subinterp new {name}")
    message_id = kernel.send(f"%%subinterp {name} {fault.options}\n{fault.code}", stop_on_error=False)
    if fault.stop:
        kernel.wait_for_text("started", ANSWER_TIMEOUT)
        kernel.interrupt()
    return kernel.collect(message_id, ANSWER_TIMEOUT)


def check_reply(answer: Answer, fault: Fault) -> None:
    """Check that the cell succeeded or reported the expected error; `*` allows both."""
    reply = answer.reply
    if fault.error != "*":
        assert reply.get("ename", "") == fault.error, reply.get("evalue")


def check_answers(kernel: KernelClient, name: str, fault: Fault) -> None:
    """Check that the kernel, another interpreter and the faulty one answer."""
    assert kernel.run("6 * 7", ANSWER_TIMEOUT).result == "42"
    assert kernel.run("%%subinterp other\nkept * 7", ANSWER_TIMEOUT).result == "42"
    again = kernel.run(f"%%subinterp {name}\n6 * 7", ANSWER_TIMEOUT, stop_on_error=False)
    if again.reply["status"] == "error" and fault.answers:
        # What the cell broke in its own interpreter is reported, and a reset must repair it.
        reset = kernel.run(f"%subinterp reset {name}", ANSWER_TIMEOUT, stop_on_error=False)
        assert reset.reply["status"] == "ok", reset.reply["evalue"]
        again = kernel.run(f"%%subinterp {name}\n6 * 7", ANSWER_TIMEOUT, stop_on_error=False)
        assert again.reply["status"] == "ok", again.reply["evalue"]


def check_shutdown(kernel: KernelClient, limit: float = SHUTDOWN_LIMIT) -> None:
    seconds, status = kernel.request_shutdown(timeout=30)
    assert status == 0
    assert seconds < limit


def check_stderr(written: str, fault: Fault) -> None:
    if fault.stderr:
        written = re.sub(fault.stderr, "", written)
    assert written == ""


@pytest.mark.parametrize(("group", "fault"), rows(alone=False), indirect=["group"], scope="module")
def test_a_fault_does_no_harm_to_others(group, fault):
    name = next(_names)
    with group.use() as kernel:
        before = kernel.stderr
        check_reply(run_fault(kernel, name, fault), fault)
        check_answers(kernel, name, fault)
        check_stderr(kernel.stderr[len(before) :], fault)


@pytest.mark.parametrize("group", FAULTS, indirect=True, scope="module")
def test_shutdown_is_quick_after_a_group_of_faults(group):
    with group.use() as kernel:
        before = kernel.stderr
        check_shutdown(kernel, GROUP_SHUTDOWN_LIMIT)
        assert kernel.stderr == before


@pytest.mark.parametrize(("_group", "fault"), rows(alone=True))
def test_a_fault_in_the_process_does_no_harm(own_kernel, _group, fault):
    name = next(_names)
    check_reply(run_fault(own_kernel, name, fault), fault)
    check_answers(own_kernel, name, fault)
    check_shutdown(own_kernel)
    check_stderr(own_kernel.stderr, fault)


def test_there_are_enough_faults():
    assert sum(map(len, FAULTS.values())) >= 150
