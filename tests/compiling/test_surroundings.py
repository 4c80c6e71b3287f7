"""Facts: a compiled function follows what it names, and what it cannot follow is an error, never an old number."""

import asyncio
import copy
import math
import pickle
import random
import threading
from collections import OrderedDict
from dataclasses import dataclass

import pytest

from autograd import Value, compile, gradients, tanh
from autograd import functions as f
from autograd.compiling.tracing import CannotCompile
from nn import BatchNorm, Dropout, Layer, Module, Sequential

rate = 0.5


def test_globals_and_outer_variables_that_are_replaced_are_seen() -> None:
    global rate
    rate, factor, w, listed, named = 0.5, 2.0, Value(3.0), [Value(1.0)], {"a": [1.0, 2.0]}
    function = lambda x: sum(rate * factor * w * v * x for v in listed) + named["a"][1]  # noqa: E731
    step = compile(function)

    def agrees() -> None:
        for run in (step.value_and_grad, step.map.value_and_grad):
            w.grad = 0.0
            loss = run(1.5) if run == step.value_and_grad else run([1.5, 1.5])
            slope, w.grad = w.grad, 0.0
            function(1.5).backward()
            assert (loss, slope) == (step(1.5).data, w.grad) == (function(1.5).data, w.grad)

    agrees()
    assert step.statistics["recordings"] == 1
    rate = 0.25
    agrees()
    factor = 3.0
    agrees()
    w = Value(-1.0)
    agrees()
    listed[0] = Value(7.0)
    agrees()
    listed.append(Value(0.5))
    agrees()
    named["a"][1] = 11.0
    agrees()
    w.data = 4.0
    agrees()
    assert step.statistics["recordings"] == 1


def test_arrays_that_are_named_are_told_by_which_they_are() -> None:
    np = pytest.importorskip("numpy")
    arrays = [np.array([1.0, 2.0]), np.array([3.0, 4.0])]
    step = compile(lambda x: x * arrays[0][1] + arrays[1][0])
    program = step(1.0) and step.program
    assert step(2.0).data == 7.0
    assert step.program is program
    arrays[0] = np.array([0.0, 5.0])
    assert step(2.0).data == 13.0


def test_what_is_within_other_objects_cannot_be_returned() -> None:
    @dataclass
    class Loss:
        value: Value

    def pieces(x):
        yield x

    async def later(x):
        return x

    for function in (lambda x: Loss(x * x), lambda x: {x * x}, lambda x: lambda: x, pieces, later):
        with pytest.raises(CannotCompile, match="Values would not be found"):
            compile(function)(2.0)
    assert asyncio.run(later(1.0)) == 1.0


def test_plain_results_must_be_the_same_at_both_recordings() -> None:
    count = iter(range(100))
    with pytest.raises(CannotCompile, match="computed different things"):
        compile(lambda x: (x, next(count)))(1.0)
    for result in (3.0, [None], "name", [], {"a": 1}):
        assert compile(lambda x: result)(1.0) == result  # noqa: B023


def test_a_function_that_forgets_its_return_is_told() -> None:
    def forgetful(x: Value) -> None:
        x * 2

    with pytest.raises(CannotCompile, match="forgetful cannot be compiled: it returns nothing"):
        compile(forgetful)(1.0)


def test_the_mode_of_a_model_is_followed() -> None:
    class Model(Module):
        def __init__(self) -> None:
            self.w = Value(3.0)

        def __call__(self, x: float | Value) -> Value:
            return self.w * x if self.training else self.w * x + 100

    model = Model()
    step = compile(lambda x: model(x))
    for training in (True, False, True, False):
        model.train(training)
        expected = 6.0 + 100.0 * (not training)
        assert step(2.0).data == step.value_and_grad(2.0) == expected
        assert step.map([2.0, 2.0]).data == step.map.value_and_grad([2.0, 2.0]) == expected
    assert step.statistics["recordings"] == 2
    model.w.grad = 0.0
    loss = step(2.0)
    model.train()
    with pytest.raises(RuntimeError, match="has been set since"):
        gradients(loss, [model.w], create_graph=True)


def test_dropout_that_is_turned_on_is_not_left_out() -> None:
    model = Sequential(Layer(2, 2), Dropout(0.5)).eval()
    step = compile(lambda x: model(x)[0])
    step([1.0, 2.0])
    model.train()
    for _ in range(8):  # masks that come out alike twice do not help
        with pytest.raises(CannotCompile, match="it draws random numbers"):
            step([1.0, 2.0])
    coin = compile(lambda x: x * random.choice([2, 3]))
    for _ in range(8):
        with pytest.raises(CannotCompile, match="it draws random numbers"):
            coin(1.0)


def test_running_means_that_have_moved_are_followed() -> None:
    model = Sequential(BatchNorm(1))
    step = compile(lambda x: model(x)[0] if isinstance(model(x), list) else model(x))
    for _ in range(3):
        model.train()
        model([[1.0], [3.0]])
        with pytest.raises(CannotCompile, match="it trains a BatchNorm"):
            compile(lambda x, y: model([x, y])[0])([1.0], [2.0])
        model.eval()
        found, expected = step([5.0]), model([5.0])
        assert found.data == (expected[0] if isinstance(expected, list) else expected).data


def test_a_method_is_compiled_for_each_instance() -> None:
    class Line:
        def __init__(self, slope: float) -> None:
            self.slope = Value(slope)

        @compile
        def at(self, x: float) -> Value:
            return self.slope * x

    one, two = Line(2.0), Line(3.0)
    for _ in range(2):
        assert (one.at(5.0).data, two.at(5.0).data) == (10.0, 15.0)
        assert two.at.value_and_grad(1.0) == 3.0
        assert one.at.map([1.0, 2.0], reduction="sum").data == 6.0
    assert (one.slope.grad, two.slope.grad) == (0.0, 2.0)
    assert one.at is one.at is not two.at
    other = copy.deepcopy(two)
    other.slope.data = 7.0
    assert (other.at(1.0).data, two.at(1.0).data) == (7.0, 3.0)
    Line.later = compile(lambda self, x: self.slope + x)  # type: ignore[attr-defined]
    assert (one.later(1.0).data, two.later(1.0).data) == (3.0, 4.0)  # type: ignore[attr-defined]

    class Slotted:
        __slots__ = ("slope",)
        at = compile(lambda self, x: x)

    with pytest.raises(TypeError, match="compiled for each instance, and a Slotted has __slots__"):
        Slotted().at(1.0)


def test_arguments_may_be_given_by_name() -> None:
    def loss(x: float, y: float = 2.0) -> Value:
        return Value(1.0) * x - y

    step = compile(loss)
    for args, named in (((5.0, 1.0), {}), ((5.0,), {"y": 1.0}), ((), {"y": 1.0, "x": 5.0}), ((6.0,), {})):
        assert step(*args, **named).data == step.value_and_grad(*args, **named) == 4.0
    with pytest.raises(TypeError, match=r"loss\(\): got an unexpected keyword argument 'z'"):
        step(5.0, z=1.0)
    with pytest.raises(TypeError, match="cannot have keyword-only arguments, and <lambda> has y"):
        compile(lambda x, *, y: x + y)(1.0, y=2.0)


def test_the_numbers_of_an_instance_are_followed() -> None:
    class Line:
        def __init__(self) -> None:
            self.slope, self.scales = 2.0, [1.0, 3.0]

        @compile
        def at(self, x: float) -> Value:
            return Value(0.0) + self.slope * x * self.scales[1]

    line = Line()
    assert line.at(1.0).data == 6.0
    line.slope = 20.0
    assert line.at(1.0).data == line.at.value_and_grad(1.0) == line.at.map([1.0]).data == 60.0
    line.scales[1] = 1.0
    assert line.at(1.0).data == 20.0


def test_whole_numbers_that_vary_are_warned_of() -> None:
    step = compile(lambda x, n: x * n)
    for n in range(100):
        step(1.0, n)
    with pytest.warns(UserWarning, match=r"recorded 100 times.*A whole number is part of a recording"):
        step(1.0, 100)
    assert step(1.0, 7).data == 7.0


def test_update_takes_an_optimiser() -> None:
    step = compile(lambda x: x * x)
    for update in (step.update, step.map.update):
        with pytest.raises(TypeError, match=r"update takes an optimiser, .* got 1\.0 first"):
            update(1.0)


def test_a_compiled_function_says_what_it_is() -> None:
    def loss(x: float) -> Value:
        return Value(1.0) * x

    step = compile(loss)
    assert repr(step) == "<loss, compiled; 0 recordings so far, the latest is .program>"
    step(1.0)
    assert repr(step) == "<loss, compiled; 1 recording so far, the latest is .program>"
    assert repr(step.map) == "<loss, compiled, over rows>"


def test_rows_of_which_some_return_plain_numbers() -> None:
    w = Value(3.0)
    step = compile(lambda x: w * x if x > 0 else 0.0)
    for rows in ([-1.0, 2.0, 4.0], [2.0, -1.0, 4.0]):
        w.grad = 0.0
        loss = step.map(rows)
        loss.backward()
        assert (loss.data, w.grad) == (6.0, 2.0)
        assert step.map(rows, reduction="sum").data == 18.0
    assert compile(lambda x: {"loss": w * x, "one": 1.0}).map([1.0, 3.0], reduction="sum")["one"] == 2.0
    with pytest.raises(ValueError, match="rows 0 and 1 are containers of different shapes"):
        compile(lambda x: [w] if x > 0 else [w, x]).map([1.0, -1.0])


def test_one_compiled_function_within_another_in_every_way() -> None:
    w = Value(2.0)
    for known in (False, True):
        inner = compile(lambda x: w * x * x)
        if known:
            inner(1.0)
        outer = compile(lambda x: inner.map([x, 1.0]) + inner(x))  # noqa: B023
        assert [outer(2.0).data, outer(3.0).data] == [13.0, 28.0]
        w.grad = 0.0
        with pytest.raises(CannotCompile, match="calls backward"):
            compile(lambda x: x * inner.value_and_grad(x))(2.0)  # noqa: B023
        with pytest.raises(CannotCompile, match="calls backward"):
            compile(lambda x: x * inner.map.value_and_grad([x]))(2.0)  # noqa: B023
        assert w.grad == 0.0


def test_the_function_itself_gets_values_too_where_a_program_is_of_no_use() -> None:
    step = compile(lambda x: x * 2 if x > 0 else x * 3)
    assert step(1.0).data == 2.0
    assert math.isnan(step(math.nan).data)
    assert step(math.inf).data == math.inf


def test_derivatives_of_derivatives_of_long_sums_and_of_one_of_several_outputs() -> None:
    ws = [Value(math.sin(3.7 * i)) for i in range(37)]
    function = lambda xs: (xs[0] * 2.0, tanh(f.dot(ws, xs)) * sum(w * w * x for w, x in zip(ws, xs)))  # noqa: E731
    step = compile(function)
    for k in range(10):
        xs = [math.cos(i * (k + 1.3)) for i in range(37)]
        slopes = [gradients(each(xs)[1], ws, create_graph=True)[k] for each in (step, function)]
        first, second = [gradients(slope, ws) for slope in slopes]
        assert first == pytest.approx(second, rel=1e-9, abs=1e-12)


def test_derivatives_as_values_within_a_compiled_function() -> None:
    function = lambda x: gradients(tanh(x[0] * x[1]) + x[0] ** 3, x, create_graph=True)  # noqa: E731
    step = compile(function)
    for numbers in ([1.5, 0.7], [0.1, -2.0]):
        found, right = ([v.data for v in each([Value(x) for x in numbers])] for each in (step, function))
        assert found == pytest.approx(right, rel=1e-12)


def test_copies_of_values_are_errors_and_copies_of_functions_record_anew() -> None:
    for copied in (copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))):
        with pytest.raises(CannotCompile):
            compile(lambda x: copied(x) * x)(2.0)  # noqa: B023
    step = compile(tanh)
    assert step(1.0).data == copy.deepcopy(step)(1.0).data == pickle.loads(pickle.dumps(step))(1.0).data


def test_dicts_of_other_types_and_comparisons_with_nan() -> None:
    def first(numbers):
        numbers = copy.copy(numbers)
        numbers.move_to_end("a")
        return next(iter(numbers.values())) * 2

    assert compile(first)(OrderedDict(a=1.0, b=2.0)).data == 4.0
    step = compile(lambda x: x * 2 if x < float("nan") else x)
    assert [step(1.0).data, step(3.0).data] == [1.0, 3.0]


def test_other_threads_go_back_as_usual_while_a_function_is_recorded() -> None:
    inside, finished = threading.Event(), threading.Event()

    def slow(x):
        inside.set()
        assert finished.wait(20)
        return x * x

    recorder = threading.Thread(target=compile(slow), args=(2.0,))
    recorder.start()
    try:
        assert inside.wait(20)
        w = Value(3.0)
        (w * w).backward()
        held = (w * w).detach()
        seen = w.grad, w.data, bool(w), w > 2, held.data
    finally:
        finished.set()
        recorder.join()
    assert seen == (6.0, 3.0, True, True, 9.0)


def test_rows_that_are_arrays_are_not_taken_for_lists() -> None:
    np = pytest.importorskip("numpy")
    w = Value(2.0)
    step = compile(lambda x: w * f.mean(2 * x[:1] + x))
    rows = [[1.0, 2.0], [3.0, 5.0]]
    in_lists = (2.0 * ((1 + 1 + 1 + 2) / 4 + (3 + 3 + 3 + 5) / 4)) / 2
    in_arrays = (2.0 * ((3 + 4) / 2 + (9 + 11) / 2)) / 2
    for _ in range(2):
        assert step.map(rows).data == in_lists
        assert step.map(np.array(rows)).data == in_arrays
        assert step.map([np.array(row) for row in rows]).data == in_arrays


def test_derivatives_of_derivatives_want_the_numbers_of_the_call() -> None:
    w = Value(1.0)
    step = compile(lambda x: w * w * x)
    result = step(1.0)
    w.data = -1.0  # which gives the same result
    with pytest.raises(RuntimeError, match="set since"):
        gradients(result, w, create_graph=True)
    w.data = 1.0
    slope = gradients(result, w, create_graph=True)
    assert (slope.data, gradients(slope, w)) == (2.0, 2.0)


def test_a_variable_that_is_set_after_compiling_and_one_that_is_deleted() -> None:
    step = compile(lambda x: later * x)  # noqa: F821
    later = Value(3.0)
    assert [step(2.0).data, step(3.0).data] == [6.0, 9.0]
    assert step.statistics["recordings"] == 1
    del later
    with pytest.raises(NameError, match="later"):
        step(2.0)


def test_derivatives_of_derivatives_of_rows_that_cancel() -> None:
    w = Value(0.3)
    rows = [0.1 * i for i in range(-20, 21)]
    step = compile(lambda x: tanh(w * x))
    result = step.map(rows)
    slope = gradients(result, w, create_graph=True)
    right = gradients(gradients(f.mean([tanh(w * x) for x in rows]), w, create_graph=True), w)
    assert gradients(slope, w) == pytest.approx(right, abs=1e-12)
    w.data = 0.4
    with pytest.raises(RuntimeError, match="set since"):
        gradients(step.map([1.0, 2.0]) + result, w, create_graph=True)
