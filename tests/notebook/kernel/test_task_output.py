"""Tasks of pools in a real kernel: where they print, and what Stop does to them."""

from __future__ import annotations

import re

POOL = "import subinterp_kernel as sk, time\npool = sk.InterpreterPoolExecutor(1)\npool.submit(abs, 1).result()"


def test_what_a_task_prints_appears_in_the_cell_that_submitted_it(kernel):
    kernel.run(POOL)
    first = kernel.send(
        "def f(go_on, text):\n    go_on.wait(60)\n    print(text)\n"
        "go_on = sk.Event()\nwaiting = pool.submit(f, go_on, 'late')"
    )
    kernel.collect(first)
    second = kernel.run("go_on.set(); waiting.result()\nprint('second')")
    assert second.text() == "second\n"
    told = kernel.run("pool.submit(print, 'own').result()\npool.shutdown()")
    assert told.text() == "own\n"


def test_stop_ends_what_the_cell_has_submitted_and_keeps_the_results_so_far(kernel):
    kernel.run(POOL + "\ndone = []")
    running = kernel.send(
        "def f(n):\n    while n: pass\n    return n\n"
        "for result in pool.map(f, [0, 0, 1, 1, 1]):\n    done.append(result)\n    print('result', len(done))",
        stop_on_error=False,
    )
    kernel.wait_for_text("result 2")
    kernel.interrupt()
    assert kernel.collect(running).reply["ename"] == "KeyboardInterrupt"
    assert kernel.run("done, pool.submit(abs, -1).result(60)").result == "([0, 0], 1)"


def test_stop_ends_tasks_that_the_cell_waits_for_by_their_futures(kernel):
    kernel.run(POOL)
    running = kernel.send(
        "def f():\n    print('started', flush=True)\n    while True: pass\n"
        "futures = [pool.submit(f), pool.submit(abs, 1)]\nfutures[0].result()",
        stop_on_error=False,
    )
    kernel.wait_for_text("started")
    kernel.interrupt()
    kernel.collect(running)
    answer = kernel.run("type(futures[0].exception(60)).__name__, futures[1].cancelled()")
    assert answer.result == "('ExecutionFailed', True)"


def test_stop_keeps_the_results_of_a_map_so_far(kernel):
    kernel.run("def f(n):\n    if n > 2: print('started', flush=True)\n    while n > 2: pass\n    return n")
    running = kernel.send("%subinterp map f range(5) -o found --workers 1", stop_on_error=False)
    kernel.wait_for_text("started")
    kernel.interrupt()
    answer = kernel.collect(running)
    assert answer.reply["status"] == "ok"
    count = int(re.search(r"stopped: ([0-3]) of 5 results", answer.text()).group(1))  # those that main has taken
    assert kernel.run("found").result == str([0, 1, 2][:count])
    kernel.run("%subinterp close pool:map")
