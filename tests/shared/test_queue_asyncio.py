"""Queues for coroutines: they wait without their loop, and leave nothing behind when they are cancelled."""

from __future__ import annotations

import asyncio
import queue
import threading
import time

import pytest
from conditions import until, until_it_waits

import subinterp_kernel as sk


@pytest.fixture(autouse=True)
def no_thread_left():
    """Whatever a coroutine has waited for, the thread that did it ends."""
    yield
    end = time.monotonic() + 60
    while any(thread.name == "queue watch" for thread in threading.enumerate()):
        assert time.monotonic() < end
        time.sleep(0.001)


async def waiting(coroutine):
    """Start a coroutine and let it come to where it waits."""
    task = asyncio.ensure_future(coroutine)
    await asyncio.sleep(0.05)
    assert not task.done()
    return task


def run(coroutine):
    async def limited():
        return await asyncio.wait_for(coroutine, 100)

    return asyncio.run(limited())


def test_what_need_not_wait_takes_no_thread():
    q = sk.Queue()

    async def main():
        before = threading.active_count()
        await q.aput(1)
        assert threading.active_count() == before
        return await q.aget()

    assert run(main()) == 1


def test_a_coroutine_gets_what_another_thread_puts():
    q = sk.Queue()

    async def main():
        task = await waiting(q.aget())
        threading.Thread(target=q.put, args=("hello",)).start()
        return await task

    assert run(main()) == "hello"


def test_a_coroutine_puts_when_there_is_room():
    q = sk.Queue(1)
    q.put(1)

    async def main():
        task = await waiting(q.aput(2))
        assert q.get_nowait() == 1
        await task

    run(main())
    assert q.get() == 2


def test_the_item_is_copied_when_aput_is_called():
    q, item = sk.Queue(), [1]
    coroutine = q.aput(item)
    item.append(2)
    run(coroutine)
    assert q.get() == [1]
    with pytest.raises(sk.NotShareableError):
        q.aput(threading.Lock())


def test_the_loop_runs_on_meanwhile():
    q = sk.Queue()

    async def main():
        task = await waiting(q.aget())
        for _ in range(1000):
            await asyncio.sleep(0)
        assert not task.done()
        await q.aput(1)
        await task

    run(main())


def test_producer_and_consumer_share_a_small_queue():
    q = sk.Queue(1)

    async def produce():
        for number in range(100):
            await q.aput(number)

    async def main():
        producer = asyncio.ensure_future(produce())
        got = [await q.aget() for _ in range(100)]
        await producer
        return got

    assert run(main()) == list(range(100))


def test_many_coroutines_each_get_one():
    q = sk.Queue()

    async def main():
        tasks = [asyncio.ensure_future(q.aget()) for _ in range(20)]
        await asyncio.sleep(0.05)
        for number in range(20):
            q.put(number)
        return await asyncio.gather(*tasks)

    assert sorted(run(main())) == list(range(20))


def test_room_for_small_items_is_not_kept_from_them_by_a_large_one():
    q = sk.Queue(maxbytes=100)
    q.put(bytes(60))
    q.put(bytes(40))

    async def main():
        large = await waiting(q.aput(bytes(90)))
        small = await waiting(q.aput(bytes(10)))
        q.get()
        await small
        assert not large.done()
        q.get()
        q.get()
        await large

    run(main())
    assert len(q.get()) == 90


def test_wait_for_gives_up_in_time_and_loses_nothing():
    q = sk.Queue()

    async def main():
        begin = time.monotonic()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(q.aget(), 0.1)
        return time.monotonic() - begin

    assert 0.09 < run(main()) < 20
    q.put(1)
    assert q.get_nowait() == 1


def test_a_cancelled_coroutine_neither_takes_nor_puts():
    q, full = sk.Queue(), sk.Queue(1)
    full.put(1)

    async def main():
        for task in (await waiting(q.aget()), await waiting(full.aput(2))):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(main())
    q.put(5)
    assert (q.qsize(), full.qsize()) == (1, 1)


def test_a_cancelled_coroutine_passes_on_what_it_was_told():
    q = sk.Queue()

    async def main():
        for number in range(30):
            first, second = [asyncio.ensure_future(q.aget()) for _ in range(2)]
            await asyncio.sleep(0.01)
            q.put(number)
            time.sleep(0.002)  # a thread has seen the item, but the loop cannot know yet
            first.cancel()
            assert await second == number

    run(main())
    assert q.empty()


@pytest.mark.parametrize("immediate", [False, True])
def test_shutdown_wakes_coroutines(immediate):
    q, full = sk.Queue(), sk.Queue(1)
    full.put(1)

    async def main():
        tasks = [await waiting(q.aget()), await waiting(full.aput(2))]
        q.shutdown(immediate)
        full.shutdown(immediate)
        for task in tasks:
            with pytest.raises(queue.ShutDown):
                await task
        with pytest.raises(queue.ShutDown):
            await q.aput(1)

    run(main())


def test_two_loops_use_one_queue():
    there, back = sk.Queue(1), sk.Queue(1)

    async def serve():
        while (item := await there.aget()) is not None:
            await back.aput(item + 1)

    async def ask():
        answers = []
        for number in range(50):
            await there.aput(number)
            answers.append(await back.aget())
        await there.aput(None)
        return answers

    server = threading.Thread(target=run, args=(serve(),))
    server.start()
    assert run(ask()) == list(range(1, 51))
    server.join(60)
    assert not server.is_alive()


def test_coroutines_inside_talk_to_those_in_main(interpreter):
    there, back = sk.Queue(1), sk.Queue(1)
    interpreter.prepare_main(there=there, back=back)
    interpreter.exec(
        "import asyncio\n"
        "async def serve():\n"
        "    while (item := await there.aget()) is not None: await back.aput(item * 2)\n"
    )
    future = interpreter.submit(exec, "import __main__ as m; m.asyncio.run(m.asyncio.wait_for(m.serve(), 100))")

    async def ask():
        answers = []
        for number in range(50):
            await there.aput(number)
            answers.append(await back.aget())
        await there.aput(None)
        return answers

    assert run(ask()) == list(range(0, 100, 2))
    future.result(60)


def test_wait_for_gives_up_inside(interpreter):
    interpreter.prepare_main(q=sk.Queue())
    interpreter.exec(
        "import asyncio, threading\n"
        "async def main():\n"
        "    try: await asyncio.wait_for(q.aget(), 0.1)\n"
        "    except TimeoutError: return 'gave up'\n"
        "said = asyncio.run(main())"
    )
    assert interpreter.get("said") == "gave up"
    until(lambda: interpreter.call(eval, "threading.active_count()") == 1)


def test_an_interrupt_ends_a_loop_that_waits_inside(interpreter):
    q = sk.Queue()
    future = interpreter.submit(lambda q: __import__("asyncio").run(q.aget()), q)
    until_it_waits(interpreter, 0.4)
    assert interpreter.interrupt()
    with pytest.raises(sk.ExecutionFailed, match="KeyboardInterrupt"):
        future.result(60)
    q.put(1)
    assert q.qsize() == 1


def test_an_interpreter_closes_with_a_coroutine_left_waiting():
    q = sk.Queue()
    with sk.create("left") as left:
        left.prepare_main(q=q)
        left.exec(
            "import asyncio\nloop = asyncio.new_event_loop()\ntask = loop.create_task(q.aget())\n"
            "loop.run_until_complete(asyncio.sleep(0.05))"
        )
    assert left.state == "closed"


def test_the_process_ends_with_coroutines_left_waiting(run_python):
    done = run_python(
        "import asyncio, subinterp_kernel as sk\n"
        "q, loop = sk.Queue(), asyncio.new_event_loop()\n"
        "task = loop.create_task(q.aget()); loop.run_until_complete(asyncio.sleep(0.1)); print('end')\n"
        "task._log_destroy_pending = False\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")
