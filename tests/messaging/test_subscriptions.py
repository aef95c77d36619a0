"""Which sink gets the events of which request."""

from __future__ import annotations

import pytest

from subinterp_kernel.messaging.subscriptions import Subscription, Subscriptions

WORKER, OTHER = 7, 8


def sink(name):
    def show(kind, payload): ...

    show.__name__ = name
    return show


@pytest.fixture
def subscriptions():
    return Subscriptions()


def test_an_active_request_has_its_own_sink(subscriptions):
    one, two = sink("one"), sink("two")
    subscriptions.add(Subscription(1, WORKER, one))
    subscriptions.add(Subscription(2, WORKER, two))
    assert subscriptions.sink_of(WORKER, 1) is one
    assert subscriptions.sink_of(WORKER, 2) is two


def test_an_ended_request_keeps_its_sink_for_late_output(subscriptions):
    one = sink("one")
    subscriptions.add(Subscription(1, WORKER, one))
    subscriptions.end(1)
    subscriptions.add(Subscription(2, WORKER, sink("two")))
    assert subscriptions.find(1) is None
    assert subscriptions.sink_of(WORKER, 1) is one


def test_output_of_an_unknown_request_goes_to_the_latest_sink_of_the_worker(subscriptions):
    latest = sink("latest")
    subscriptions.add(Subscription(1, WORKER, sink("first")))
    subscriptions.add(Subscription(2, WORKER, latest))
    assert subscriptions.sink_of(WORKER, 99) is latest
    assert subscriptions.sink_of(OTHER, 99) is None


def test_a_bounded_number_of_ended_requests_is_kept_those_that_printed_last(subscriptions):
    for number in range(64):
        subscriptions.add(Subscription(number, WORKER, sink(str(number))))
        subscriptions.end(number)
    subscriptions.sink_of(WORKER, 0)
    subscriptions.add(Subscription(64, WORKER, sink("64")))
    subscriptions.end(64)
    assert subscriptions.sink_of(WORKER, 0).__name__ == "0"
    assert subscriptions.sink_of(WORKER, 1).__name__ == "64"


def test_a_request_that_is_not_sent_after_all_leaves_nothing(subscriptions):
    one = sink("one")
    subscriptions.add(Subscription(1, WORKER, one))
    subscriptions.end(1)
    subscriptions.add(Subscription(2, WORKER, sink("two")))
    subscriptions.cancel(2)
    assert subscriptions.find(2) is None
    assert subscriptions.sink_of(WORKER, 2) is one
    subscriptions.add(Subscription(3, OTHER, sink("three")))
    subscriptions.cancel(3)
    assert not subscriptions.has_worker(OTHER)


def test_workers_that_are_gone_are_forgotten(subscriptions):
    for number, worker in enumerate((WORKER, OTHER)):
        subscriptions.add(Subscription(number, worker, sink("any")))
    subscriptions.forget_other_workers({OTHER})
    assert not subscriptions.has_worker(WORKER)
    assert subscriptions.has_worker(OTHER)


def test_a_closed_worker_is_forgotten(subscriptions):
    subscriptions.add(Subscription(1, WORKER, sink("one")))
    subscriptions.end(1)
    subscriptions.forget_worker(WORKER)
    assert subscriptions.sink_of(WORKER, 1) is None


def test_a_request_without_a_sink_leaves_nothing_behind(subscriptions):
    subscriptions.add(Subscription(1, WORKER, on_reply=lambda: None))
    subscriptions.end(1)
    assert subscriptions.find(1) is None
    assert subscriptions.sink_of(WORKER, 1) is None
