"""What no_grad() and detach() promise: nothing is recorded within, and everything outside."""

import threading

import pytest

import autograd
from autograd import Value, no_grad


def test_within_no_grad_nothing_is_recorded():
    a, b = Value(2.0), Value(3.0)
    with no_grad():
        results = [a * b, -a, 2 - a, autograd.sum([a, b]), Value(8.0, (a,), "own", lambda gradient: (gradient,))]
    for result in results:
        assert (result.parents, result.op, result.local_gradient) == ((), "", None)
    assert [result.data for result in results] == [6.0, -2.0, 0.0, 5.0, 8.0]
    assert (a * b).parents == (a, b)


def test_no_grad_ends_with_its_block_even_after_an_error_and_nests():
    a = Value(2.0)
    with no_grad():
        with no_grad():
            pass
        assert (a * a).parents == ()
    with pytest.raises(ZeroDivisionError), no_grad():
        a / 0
    assert (a * a).parents == (a, a)


def test_no_grad_can_be_entered_again_and_decorate_a_function():
    a = Value(2.0)
    pause = no_grad()
    for _ in range(2):
        with pause:
            assert (a * a).parents == ()
        assert (a * a).parents == (a, a)

    @no_grad()
    def square(v):
        return v * v

    assert square(a).parents == ()
    assert square(a).data == 4.0


def test_no_grad_refuses_to_decorate_what_runs_in_pieces():
    with pytest.raises(TypeError, match="write 'with no_grad\\(\\):' inside it"):

        @no_grad()
        def pieces():
            yield


def test_generators_that_pause_do_not_disturb_each_other():
    a = Value(2.0)

    def pausing():
        with no_grad():
            yield (a * a).parents
            yield (a * a).parents

    first = pausing()
    next(first)
    with no_grad():
        first.close()
        assert (a * a).parents == ()
    with no_grad():
        second = pausing()
        next(second)
    assert next(second) == ()
    second.close()
    assert (a * a).parents == (a, a)


def test_a_thread_that_ends_within_no_grad_leaves_it_to_no_other():
    a = Value(2.0)
    abandoned = []

    def abandon():
        def pausing():
            with no_grad():
                yield

        abandoned.append(pausing())
        next(abandoned[-1])

    seen = []
    for target in [abandon] * 5 + [lambda: seen.append((a * a).parents)] * 5:
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
    assert seen == [(a, a)] * 5
    for generator in abandoned:
        generator.close()  # by another thread than the one that paused
    assert (a * a).parents == (a, a)


def test_an_own_operation_is_recorded_while_another_thread_pauses():
    a = Value(2.0)
    seen = []
    with no_grad():
        other = threading.Thread(target=lambda: seen.append(Value(1.0, (a,), "own", lambda gradient: (gradient,)).op))
        other.start()
        other.join()
    assert seen == ["own"]


def test_no_grad_holds_for_one_thread_only():
    a = Value(2.0)
    seen = []
    with no_grad():
        other = threading.Thread(target=lambda: seen.append((a * a).parents))
        other.start()
        other.join()
        assert (a * a).parents == ()
    assert seen == [(a, a)]


def test_detach_stops_the_gradient():
    a = Value(3.0, label="a")
    d = (a * 2).detach()
    assert (d.data, d.parents, d.op) == (6.0, (), "")
    (a * d).backward()
    assert (a.grad, d.grad) == (6.0, 3.0)
    assert a.detach().label == "a"
