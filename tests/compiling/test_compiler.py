"""Holds compiled functions against the same functions as they are: values, gradients, guards, rows and training."""

import gc
import os
import random
import sys
import threading
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn
from autograd import Value, custom_derivative, gradients, no_grad, stop_gradient
from autograd import functions as f
from autograd.classroom.panels.views import view_of
from autograd.compiling.compiler import MOST_RECORDINGS, compile
from autograd.compiling.tracing import CannotCompile
from tests.helpers.programs import long_programs, programs, several_outputs

W = Value(1.5, label="w")


def close(x, y, size=1.0):
    """To 1e-12, relative to the size of what was added up."""
    return abs(x - y) <= 1e-12 * max(abs(x), abs(y), size)


def gradients_of(result, leaves):
    for leaf in leaves:
        leaf.grad = 0.0
    result.backward()
    return [leaf.grad for leaf in leaves]


def model_and_points(n=8, activation="tanh", sizes=(5, 4, 1), seed=1):
    rng = random.Random(seed)
    model = nn.MLP(2, list(sizes), activation=activation, rng=rng)
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(n)]
    return model, points, [1.0 if x * y > 0 else -1.0 for x, y in points]


# Values and gradients are those of the function itself


@given(programs(), st.lists(st.floats(-3, 3), min_size=4, max_size=4))
def test_random_programs_give_the_same_at_several_points(program, other) -> None:
    compiled = compile(program.run)
    for point in (program.leaves, other[: len(program.leaves)], program.leaves):
        own, its = [Value(x) for x in point], [Value(x) for x in point]
        expected, found = program.run(own), compiled(its)
        assert close(found.data, expected.data)
        for x, y in zip(gradients_of(found, its), gradients_of(expected, own), strict=True):
            assert close(x, y)


@given(long_programs())
@settings(max_examples=10)
def test_long_programs_with_containers_and_several_outputs_give_the_same(program) -> None:
    a, *b = (Value(x) for x in program.leaves)
    function = partial(several_outputs, program)
    found, expected = compile(function)({"a": a, "b": tuple(b)}), function({"a": a, "b": tuple(b)})
    assert list(found) == ["mean", "last"]
    for x, y in zip([found["mean"], *found["last"]], [expected["mean"], *expected["last"]], strict=True):
        assert close(x.data, y.data)
        for p, q in zip(gradients_of(x, [a, *b]), gradients_of(y, [a, *b]), strict=True):
            assert abs(p - q) <= 1e-11 * max(abs(p), 1.0)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "softplus", "gelu", "silu"])
def test_a_network_gives_the_same_with_changing_parameters_and_data(activation) -> None:
    model, points, targets = model_and_points(activation=activation)
    parameters = model.parameters()

    def loss(x, y):
        return (model(x) - y) ** 2

    step = compile(loss)
    for x, y in zip(points, targets):
        found, expected = step(x, y), loss(x, y)
        assert close(found.data, expected.data)
        assert all(map(close, gradients_of(found, parameters), gradients_of(expected, parameters)))
        for p in parameters:
            p.data -= 0.1 * p.grad
    assert step.statistics["recordings"] == 1


def test_value_and_grad_does_what_backward_does_and_adds() -> None:
    model, points, targets = model_and_points()
    step = compile(lambda x, y: nn.mse_loss(model(x), y))
    expected = gradients_of(step(points[0], targets[0]), model.parameters())
    model.zero_grad()
    for _ in range(2):
        assert step.value_and_grad(points[0], targets[0]) == step(points[0], targets[0]).data
    assert [p.grad for p in model.parameters()] == [2 * g for g in expected]


def test_values_among_the_arguments_get_gradients_and_go_on_to_what_made_them() -> None:
    a, w = Value(3.0), Value(2.0)
    step = compile(lambda x: x["v"][0] * w + x["c"])
    v = a * a
    result = step({"v": [v], "c": 1.0})
    assert result.data == 19.0
    result.backward()
    assert (a.grad, w.grad) == (12.0, 9.0)
    assert step.value_and_grad({"v": [a * a], "c": 1.0}) == 19.0
    assert (a.grad, w.grad) == (24.0, 18.0)


def test_values_that_were_computed_before_are_captured_and_go_on_to_what_made_them() -> None:
    a = Value(3.0)
    square = a * a
    step = compile(lambda x: x * square)
    for _ in range(2):
        step(2.0).backward()
    assert a.grad == 24.0
    assert step.value_and_grad(2.0) == 18.0
    assert a.grad == 36.0


def test_a_result_that_is_an_argument_a_parameter_or_a_plain_number() -> None:
    w = Value(2.0)
    step = compile(lambda x: [x, w, 3.0, "name"])
    x, y, three, name = step(5.0)
    assert (x.data, y.data, three, name) == (5.0, 2.0, 3.0, "name")
    y.backward()
    assert w.grad == 1.0


def test_arrays_and_whole_numbers_among_the_arguments() -> None:
    w = [Value(0.5), Value(-0.25)]
    step = compile(lambda x, power: f.sum(w[i] * x[i] ** power for i in range(2)))
    x = np.array([2.0, 3.0])
    assert step(x, 2).data == step.function(x, 2).data == -0.25
    assert step(x, 3).data == step.function(x, 3).data
    assert step.statistics["recordings"] == 2
    assert step(np.array([1, 2], dtype=np.float32), 2).data == -0.5
    assert step(np.array([1, 2]), 2).data == -0.5


def test_derivatives_of_derivatives_come_from_the_function_itself() -> None:
    w = Value(1.5)
    step = compile(lambda x: f.sin(w * x))
    slope = gradients(step(2.0), w, create_graph=True)
    assert gradients(slope, w) == gradients(gradients(f.sin(w * 2.0), w, create_graph=True), w)
    result = step(2.0)
    w.data = 7.0
    with pytest.raises(RuntimeError, match="has been set since"):
        gradients(result, w, create_graph=True)


def test_within_no_grad_there_is_no_way_back() -> None:
    w = Value(2.0)
    step = compile(lambda x: w * x)
    with no_grad():
        assert step(3.0).parents == ()
    step(3.0).backward()
    assert w.grad == 3.0


def test_constants_stop_gradients_and_softmax_follow_the_numbers() -> None:
    w = [Value(0.5), Value(1.0), Value(-2.0)]

    def loss(x):
        p = f.softmax([wi * x for wi in w])
        return p[0] * stop_gradient(w[1] * x) + f.log_softmax([wi - x for wi in w])[2] + (w[0] * x).detach() * w[2]

    step = compile(loss)
    for x in (1.0, 800.0, -900.0, 0.0):  # of which only the shift of a softmax keeps exp from overflowing
        found, expected = step(x), loss(x)
        assert close(found.data, expected.data)
        assert all(map(close, gradients_of(found, w), gradients_of(expected, w)))
    assert step.statistics["recordings"] == 1


def test_operations_of_ones_own_are_compiled() -> None:
    @custom_derivative(lambda out, x, y: (y * out / x, out * f.log(x)))
    def power(x, y):
        return x**y

    w = Value(2.0)
    step = compile(lambda x: power(w, x) + 1)
    for x in (3.0, 2.5):
        assert close(step(x).data, 2.0**x + 1)
        assert close(gradients_of(step(x), [w])[0], x * 2.0 ** (x - 1))


def test_one_compiled_function_within_another() -> None:
    w = Value(2.0)
    inner = compile(lambda x: w * x)
    outer = compile(lambda x: inner(x) * inner(x + 1))
    assert outer(3.0).data == 48.0
    assert gradients_of(outer(3.0), [w]) == [48.0]


# Passes and layout


def test_what_does_not_matter_is_not_computed() -> None:
    w = Value(2.0)

    def wasteful(x):
        _ = f.tanh(x * w)  # dead
        return (w * x + Value(1.0) * 3.0) * (w * x)  # a constant, and the same twice

    step = compile(wasteful)
    assert step(2.0).data == 28.0
    counts = step.program.counts
    assert counts["recorded"] == 5
    assert counts["dead code"] == 3


def test_layers_written_out_number_by_number_become_single_instructions() -> None:
    rng = random.Random(0)
    weights = [[Value(rng.uniform(-1, 1)) for _ in range(3)] for _ in range(16)]
    biases = [Value(rng.uniform(-1, 1)) for _ in range(16)]

    def layer(xs):
        return [sum((w * x for w, x in zip(row, xs)), b).relu() for row, b in zip(weights, biases)]

    step = compile(layer)
    assert [y.data for y in step([0.5, -1.0, 2.0])] == pytest.approx([y.data for y in layer([0.5, -1.0, 2.0])])
    assert step.program.counts["instructions"] == 2
    model, points, targets = model_and_points(50, "relu", (16, 16, 1))
    whole = compile(lambda: nn.mse_loss([model(x) for x in points], targets))
    whole()
    assert whole.program.counts["recorded"] > 4000
    assert whole.program.counts["instructions"] < 15


@pytest.mark.once
def test_compiling_takes_time_linear_in_the_graph() -> None:
    """Counted in calls of Python functions, which no other program on the machine slows down."""

    def calls(n):
        w = Value(1.0)
        step = compile(lambda x: f.sum([f.tanh(w * x + i) for i in range(n)]) + w)
        counted = 0

        def count(frame, event, argument):
            nonlocal counted
            counted += event == "call"

        sys.setprofile(count)
        try:
            step(1.0)
        finally:
            sys.setprofile(None)
        return counted

    assert calls(4000) < 5 * calls(1000)


# Comparisons


def test_comparisons_are_made_again_both_ways() -> None:
    w = Value(1.0)

    def absolute(x):
        return w * x if x > 0 else -w * x if w * x else w * 0.0 + 7

    step = compile(absolute)
    for x in (2.0, -2.0, 3.0, 0.0, -3.0, 0.0):
        assert step(x).data == absolute(x).data
        assert gradients_of(step(x), [w]) == gradients_of(absolute(Value(x)), [w])
    assert step.statistics["recordings"] == 3
    assert step.statistics["guard misses"] > 0
    w.data = -1.0  # a comparison of a captured number
    assert step(-2.0).data == absolute(-2.0).data


def test_loops_until_a_number_is_small_and_the_largest_of_several() -> None:
    def newton(a):
        x = a
        while abs(x * x - a) > 1e-9:
            x = (x + a / x) / 2
        return x

    step = compile(newton)
    for a in (2.0, 9.0, 2.1, 100.0):
        assert step(a).data == pytest.approx(a**0.5)
    best = compile(lambda xs: max(xs) * 2 + min(xs))
    for xs in ([1.0, 2.0, 3.0], [3.0, 1.0, 2.0], [2.0, 3.0, 1.0], [1.0, 2.0, 3.0]):
        assert best(xs).data == 7.0


def test_a_comparison_that_always_changes_is_not_recorded_forever() -> None:
    step = compile(lambda x: x * Value(2.0) if any(x < k for k in range(1000)) else x)
    for k in range(MOST_RECORDINGS):
        assert step(k + 0.5).data == 2 * k + 1
    with pytest.warns(UserWarning, match=f"was recorded {MOST_RECORDINGS} times"):
        assert step(700.5).data == 1401.0
    assert step(800.5).data == 1601.0
    assert step.statistics["recordings"] == MOST_RECORDINGS


def test_what_is_not_finite_is_left_to_the_function_which_says_why() -> None:
    w = Value(1.0, label="w")
    step = compile(lambda x: f.log(w * x) + 1 / x)
    assert close(step(2.0).data, f.log(2.0) + 0.5)
    with pytest.raises(ValueError, match="'log' is not defined"):
        step(-1.0)
    w.data = float("inf")
    assert step(2.0).data == float("inf")
    w.data = 1.0
    root = compile(lambda x: f.sqrt(w * x))
    root(4.0)
    assert str(gradients_of(root(0.0), [w])) == str(gradients_of(f.sqrt(w * 0.0), [w])) == "[nan]"
    hidden = compile(lambda x: 1 / (1 + f.exp(-w * x)))  # whose result is finite where exp overflows
    hidden(1.0)
    with pytest.raises(OverflowError, match="'exp' overflows"):
        hidden(-1000.0)


# Rows


@pytest.mark.parametrize("n", [1, 3, 8, 50])
def test_map_gives_the_mean_and_the_sum_over_rows(n) -> None:
    model, points, targets = model_and_points(n)
    parameters = model.parameters()
    step = compile(lambda x, y: nn.mse_loss(model(x), y))
    for reduction in ("mean", "sum"):
        expected = nn.mse_loss([model(x) for x in points], targets, reduction=reduction)
        own = gradients_of(expected, parameters)
        for columns in ((points, targets), (np.array(points), np.array(targets))):
            found = step.map(*columns, reduction=reduction)
            assert close(found.data, expected.data)
            assert all(map(close, gradients_of(found, parameters), own))
            model.zero_grad()
            assert close(step.map.value_and_grad(*columns, reduction=reduction), expected.data)
            assert all(map(close, (p.grad for p in parameters), own))
    each = step.map(points, targets, reduction="none")
    assert [x.data for x in each] == pytest.approx([nn.mse_loss(model(x), y).data for x, y in zip(points, targets)])
    assert gradients_of(each[-1], parameters) == pytest.approx(
        gradients_of(step(points[-1], targets[-1]), parameters), rel=1e-12, abs=1e-15
    )
    assert step.statistics["recordings"] <= 2  # for lists, and for arrays


def test_rows_take_different_paths_and_whole_numbers_vary_from_row_to_row() -> None:
    w = Value(2.0)

    def bent(x, k):
        return w * x * k if x > 0 else w - x

    step = compile(bent)
    xs, ks = [1.0, -2.0, 3.0, -4.0, 5.0], [1, 2, 3, 4, 5]
    expected = sum(bent(x, k) for x, k in zip(xs, ks)) / 5
    found = step.map(xs, ks)
    assert close(found.data, expected.data)
    assert gradients_of(found, [w]) == pytest.approx(gradients_of(expected, [w]))
    w.grad = 0.0
    assert close(step.map.value_and_grad(xs, ks), expected.data)
    assert [w.grad] == pytest.approx(gradients_of(expected, [w]))
    assert step.statistics["recordings"] == 2


def test_classes_vary_from_row_to_row() -> None:
    rng = random.Random(3)
    model = nn.MLP(4, [6, 3], activation="tanh", rng=rng)
    points = [[rng.gauss(0, 1) for _ in range(4)] for _ in range(7)]
    classes = [rng.randrange(3) for _ in points]
    step = compile(lambda x, y: nn.cross_entropy(model(x), y))
    expected = nn.cross_entropy([model(x) for x in points], classes)
    found = step.map(points, classes)
    assert close(found.data, expected.data)
    parameters = model.parameters()
    assert all(map(close, gradients_of(found, parameters), gradients_of(expected, parameters)))
    assert step.statistics["recordings"] == 1


def test_a_row_that_is_not_finite_is_left_to_the_function() -> None:
    w = Value(1.0)
    step = compile(lambda x: f.log(w * x))
    step.map([1.0, 2.0])
    with pytest.raises(ValueError, match="'log' is not defined"):
        step.map([1.0, -1.0, 2.0])
    with pytest.raises(ValueError, match="'log' is not defined"):
        step.map.value_and_grad([1.0, -1.0, 2.0])
    assert w.grad == 0.0
    assert step.map([1.0, float("inf")]).data == float("inf")


# Training


def test_update_is_a_whole_step_of_training() -> None:
    models = [model_and_points()[0] for _ in range(2)]
    _, points, targets = model_and_points()
    optimizers = [nn.optim.Adam(model.parameters(), lr=0.05) for model in models]
    step = compile(lambda x, y: nn.mse_loss(models[0](x), y))
    for _ in range(20):
        loss = step.map.update(optimizers[0], points, targets)
        expected = nn.mse_loss([models[1](x) for x in points], targets)
        optimizers[1].zero_grad()
        expected.backward()
        optimizers[1].step()
        assert abs(loss - expected.data) < 1e-11
    assert step.update(optimizers[0], points[0], targets[0]) < 1.0


@pytest.mark.parametrize("loss", [nn.mse_loss, lambda outputs, targets: nn.mse_loss(outputs, targets, reduction="sum")])
def test_fit_gives_the_same_compiled(loss) -> None:
    found = []
    for compiled in (False, True):
        model, points, targets = model_and_points(20)
        history = nn.fit(
            model, loss, zip(points, targets), 5, 7, rng=random.Random(2), progress=False, compile=compiled
        )
        found.append(history.losses + [p.data for p in model.parameters()])
    assert found[0] == pytest.approx(found[1], rel=1e-9)


def test_fit_compiles_classes_and_refuses_what_cannot_be_compiled() -> None:
    rng = random.Random(3)
    examples = [([rng.gauss(0, 1), rng.gauss(0, 1)], rng.randrange(3)) for _ in range(12)]
    found = []
    for compiled in (False, True):
        model = nn.MLP(2, [4, 3], activation="tanh", rng=random.Random(4))
        found.append(
            nn.fit(model, nn.cross_entropy, examples, 3, 4, shuffle=False, progress=False, compile=compiled).losses
        )
    assert found[0] == pytest.approx(found[1], rel=1e-9)
    dropout = nn.Sequential(nn.Layer(2, 3), nn.Dropout(0.5))
    with pytest.raises(CannotCompile, match="random numbers"):
        nn.fit(dropout, nn.cross_entropy, examples, 1, progress=False, compile=True)


def test_a_compiled_function_is_drawn() -> None:
    w = Value(2.0, label="w")

    @compile
    def loss(x: float) -> Value:
        return f.tanh(w * x)

    step = loss
    with pytest.raises(RuntimeError, match="was not recorded yet"):
        autograd.draw(step)
    step(1.0)
    picture = autograd.draw(step).svg
    assert ">tanh<" in picture
    assert picture.index(">w<") < picture.index(">loss<")
    assert ">x<" in picture
    assert view_of(loss).content["svg"] == picture
    several = compile(lambda x: [x * w, x + w])
    several(1.0)
    assert ">results<" in autograd.draw(several).svg


def test_all_results_within_no_grad_are_those_of_the_function() -> None:
    model, points, _ = model_and_points(20)
    step = compile(lambda x: [model(x), x[0] * W, 3.0] if x[0] > 0 else [model(x), x[1] * W, 3.0])
    halves = [[p for p in points if (p[0] > 0) == side] for side in (True, False)]
    for rows in (points, *halves):
        with no_grad():
            found = step.map(rows, reduction="none")
            expected = [step.function(row) for row in rows]
        assert [x.parents for row in found for x in row[:2]] == [()] * (2 * len(rows))
        for row, wanted in zip(found, expected, strict=True):
            assert close(row[0].data, wanted[0].data)
            assert (row[1].data, row[2]) == (wanted[1].data, 3.0)


def test_what_depends_on_parameters_alone_is_computed_once_for_all_rows() -> None:
    w = [Value(x) for x in (1.0, 2.0, 3.0)]
    step = compile(lambda x: f.sum(x) + f.sum(w))
    rows = [[1.0, 2.0, 0.0], [3.0, 4.0, 1.0]]  # a sum of two would stand on a tape, without a name of its own
    assert step.map(rows).data == 11.5
    step.map(rows).backward()
    assert [v.grad for v in w] == [1.0, 1.0, 1.0]
    program = step.program
    sums = [x.out.base < program.n_uniform for x in program.each() if x.op.name == "sum"]
    assert sorted(sums) == [False, True]


# Many calls


def test_threads_run_one_compiled_function_at_the_same_time() -> None:
    model, points, targets = model_and_points()
    step = compile(lambda x, y: nn.mse_loss(model(x), y))
    expected = [step(x, y).data for x, y in zip(points, targets)]
    wrong = []

    def work():
        for _ in range(50):
            found = [step(x, y).data for x, y in zip(points, targets)]
            if found != expected or not close(step.map(points, targets).data, sum(expected) / len(expected)):
                wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def memory():
    """The bytes of this process in memory, where Linux says so."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if told.exists() else 0


def test_nothing_is_kept_from_call_to_call(in_full) -> None:
    model, points, targets = model_and_points(3)
    step = compile(lambda x, y: nn.mse_loss(model(x), y))

    def calls(n):
        for _ in range(n):
            step(points[0], targets[0]).backward()
            step.value_and_grad(points[0], targets[0])
            step.map(points, targets).backward()
        gc.collect()
        return len(gc.get_objects()), sys.getallocatedblocks(), memory()

    n = 100 if autograd.engine_name == "python" else 34_000 if in_full else 5_000  # of each of three kinds
    calls(n)
    before = calls(20)
    after = calls(n)
    assert after[0] - before[0] < 20
    assert after[1] - before[1] < 100
    assert after[2] - before[2] < 2_000_000


def test_warnings_are_not_raised_in_ordinary_use() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step = compile(lambda x, n: sum((x for _ in range(n)), 0.0) * W)
        for n in range(1, 10):
            step(1.0, n)
