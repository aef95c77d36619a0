"""Timers of the notebook: one thread for all."""

from __future__ import annotations

import threading

from subinterp_kernel.notebook.scheduler import Scheduler


def test_timers_run_in_the_order_of_their_times_on_one_thread():
    scheduler, done, seen = Scheduler(), threading.Event(), []
    scheduler.call_later(0.2, lambda: (seen.append((2, threading.current_thread())), done.set()))
    scheduler.call_later(0.0, lambda: seen.append((0, threading.current_thread())))
    scheduler.call_later(0.1, lambda: seen.append((1, threading.current_thread())))
    assert done.wait(60)
    assert [number for number, _ in seen] == [0, 1, 2]
    assert len({thread for _, thread in seen}) == 1


def test_a_cancelled_timer_does_not_run():
    scheduler, done, seen = Scheduler(), threading.Event(), []
    scheduler.call_later(0.05, lambda: seen.append(1)).cancel()
    scheduler.call_later(0.1, done.set)
    assert done.wait(60)
    assert seen == []


def test_a_timer_that_raises_does_not_stop_the_others(caplog):
    scheduler, done = Scheduler(), threading.Event()
    scheduler.call_later(0.0, lambda: 1 / 0)
    scheduler.call_later(0.05, done.set)
    assert done.wait(60)
    assert "a timer failed" in caplog.text


def test_a_new_timer_that_is_due_earlier_runs_earlier():
    scheduler, done = Scheduler(), threading.Event()
    late = scheduler.call_later(60, lambda: None)
    scheduler.call_later(0.01, done.set)
    assert done.wait(60)
    late.cancel()
