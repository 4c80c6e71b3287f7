"""Blocks of recording.py hold for one context, end however they are left, and leave nothing behind."""

import asyncio
import gc
import os
import sys
import threading

import pytest

import autograd
from autograd import Value, compile, grad, no_grad
from autograd.classroom.panels import showing
from autograd.classroom.panels.places import Board
from autograd.recording import aside, is_paused, latest, open_blocks, recording, traced_blocks, tracer
from autograd.transforms.closures import doubted


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert not is_paused()
    assert tracer() is None
    assert (open_blocks, traced_blocks, latest.get()) == (set(), set(), None)


def test_a_task_that_pauses_leaves_the_others_alone():
    seen = []

    async def evaluates():
        with no_grad():
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            seen.append(is_paused())

    async def trains():
        v = Value(2.0)
        await asyncio.sleep(0)
        (v * v).backward()
        seen.append(v.grad)

    async def both():
        await asyncio.gather(evaluates(), trains(), evaluates())

    asyncio.run(both())
    assert sorted(seen) == [1, 1, 4.0]


def test_a_task_begun_within_a_block_is_within_it_as_long_as_it_is_open():
    seen = []

    async def looks():
        seen.append(is_paused())
        await asyncio.sleep(0)
        seen.append(is_paused())

    async def begins():
        with no_grad():
            task = asyncio.create_task(looks())
            await asyncio.sleep(0)
        await task

    asyncio.run(begins())
    assert seen == [True, False]


def test_another_thread_is_not_traced():
    """What it detaches is a leaf of its own, and what it reads is a number."""
    outside = Value(3.0)
    seen = []

    def look():
        detached = outside.detach()
        seen.append((detached.op, detached.data, outside.grad, outside > 2))

    @compile
    def f(x):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        return x * outside

    assert f(2.0).data == 6.0
    assert set(seen) == {("", 3.0, 0.0, True)}


def test_functions_are_recorded_in_several_threads_at_once():
    meeting = threading.Barrier(2, timeout=60)
    found = []

    def work(factor):
        @compile
        def f(x):
            meeting.wait()
            return x * factor if x > 0 else x

        found.append((factor, f(1.5).data))

    threads = [threading.Thread(target=work, args=(factor,)) for factor in (2.0, 3.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(2.0, 3.0), (3.0, 4.5)]


def test_what_looks_on_from_aside_may_read_numbers_and_records():
    @compile
    def f(x):
        y = x * 2
        with aside():
            assert (y.data, is_paused(), (y + 1).parents[0] is y) == (4.0, False, True)
        return y

    assert f(2.0).data == 4.0


def test_a_panel_that_is_due_is_drawn_while_a_function_is_recorded(monkeypatch):
    panels = []
    monkeypatch.setattr(showing, "_places", [Board(lambda *panel: panels.append(panel)).show])

    @compile
    def f(x):
        y = x * 2
        autograd.show(y, "y")
        return y

    assert f(2.0).data == 4.0
    assert panels[0][0] == "label y"


def program():
    """Everything that opens a block: what it does is right, or an interrupt comes."""
    a = Value(2.0)
    with no_grad():
        with recording():
            assert (a * a).parents == (a, a)
        assert (a * a).parents == ()

    @no_grad()
    def square(v):
        return v * v

    assert square(a).parents == ()
    assert grad(lambda x: x * x)(3.0) == 6.0
    assert compile(lambda x: x * x if x > 1 else x)(3.0).data == 9.0
    assert compile(lambda x: x * x if threading.main_thread else x)(3.0).data == 9.0  # which might ask the system


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # generators that are freed meanwhile
@pytest.mark.parametrize("event", ["call", "line", "return"])
def test_an_interrupt_at_any_moment_leaves_nothing_behind(event, in_full):
    """At every call, line and return of Python code of ours in turn; without --all at some of them."""
    program()  # what is imported or kept at the first time
    left = 0

    def interrupt(frame, happening, argument):
        nonlocal left
        if os.sep + "autograd" + os.sep not in frame.f_code.co_filename or frame.f_code.co_name == "__del__":
            return None if happening == "call" else interrupt
        if happening == event:
            left -= 1
            if left < 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return interrupt

    interrupted, collecting = 0, gc.isenabled()
    while True:
        left = interrupted
        sys.settrace(interrupt)
        try:
            program()
            finished = True
        except KeyboardInterrupt:
            finished = False
        finally:
            sys.settrace(None)
        a = Value(2.0)
        assert (a * a).parents == (a, a), interrupted
        assert (tracer(), gc.isenabled()) == (None, collecting), interrupted
        assert (len(open_blocks), doubted(), sys.getprofile()) == (0, None, None), interrupted
        if finished:
            break
        interrupted += 1 if in_full or event != "line" else 7
    assert interrupted > 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*JAX is multithreaded.*:RuntimeWarning")  # where another test has imported it
def test_a_fork_while_another_thread_records_keeps_its_own_blocks_alone():
    recording_now, forked = threading.Event(), threading.Event()

    @compile
    def slow(x):
        recording_now.set()
        forked.wait(60)
        return x * 2

    thread = threading.Thread(target=slow, args=(1.0,))
    thread.start()
    recording_now.wait(60)
    with no_grad():
        child = os.fork()
        if child == 0:
            status = 1
            try:
                a = Value(2.0)
                assert (a * a).parents == ()
                assert len(open_blocks) == 1
                assert not traced_blocks
                with recording():
                    assert compile(lambda x: x * 3)(a).data == 6.0
                status = 0
            finally:
                os._exit(status)
    forked.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
