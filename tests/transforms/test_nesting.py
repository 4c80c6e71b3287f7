"""Derivatives within derivatives, Values from outside, and gradients of gradients through Value keep apart."""

import gc
import itertools
import operator
import random
import sys
import tracemalloc
import weakref
from functools import partial
from itertools import chain

import pytest

from autograd import (
    Value,
    derivative,
    draw,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    laplacian,
    no_grad,
    root,
    stop_gradient,
    taylor,
    value_and_grad,
    vjp,
)
from autograd import functions as f
from autograd.transforms.sweeps import Graph, tape
from autograd.value import new_call
from nn import MLP, mse_loss


def test_derivatives_within_derivatives_keep_their_variables_apart() -> None:
    assert grad(lambda x: grad(lambda y: x * y)(2.0))(3.0) == 1.0
    for inner in (grad, derivative, jvp_of, jacobian, lambda g: lambda x: vjp(g, x)[1](1.0)[0]):
        slope = grad(lambda x, inner=inner: inner(lambda y: x * y * y)(2.0))(3.0)
        assert (type(slope), slope) == (float, 4.0)  # the inner 2.0 is nobody's Value
        assert hessian(lambda x, inner=inner: inner(lambda y: x * x * y * y)(2.0))(3.0) == 8.0
    w = Value(3.0)
    slope = grad(lambda y: grad(lambda x: w * x * y * y)(5.0))(2.0)
    assert (type(slope), slope.data, gradients(slope, w)) == (Value, 12.0, 4.0)
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0  # Siskind & Pearlmutter 2005
    assert grad(lambda x: grad(lambda y: x * y)(x))(3.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y * y)(x))(3.0) == 6 * 9.0
    for inner in (jvp_of, derivative, lambda g: lambda x: taylor(g, x, 1)[1], lambda g: lambda x: vjp(g, x)[1](1.0)[0]):
        assert derivative(lambda x, inner=inner: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
        assert grad(lambda x, inner=inner: inner(lambda y: x * y * y)(x))(3.0) == 12.0
        assert jvp_of(lambda x, inner=inner: inner(lambda y: x * y * y)(x))(3.0) == 12.0
        assert hvp(lambda x, inner=inner: inner(lambda y: x * y * y)(x), 3.0, 1.0) == 4.0


def jvp_of(g):
    return lambda x: jvp(g, (x,), (1.0,))[1]


def test_all_transforms_nest_in_all_others() -> None:
    """x**6 differentiated thrice is 120 x³, whichever way."""
    ways = {
        "grad": grad,
        "derivative": derivative,
        "jvp": jvp_of,
        "vjp": lambda g: lambda x: vjp(g, x)[1](1.0)[0],
        "jacobian": jacobian,
        "value_and_grad": lambda g: lambda x: value_and_grad(g)(x)[1],
        "taylor": lambda g: lambda x: taylor(g, x, 2)[1],
        "gradients": lambda g: lambda x: gradient_by_hand(g, x),
    }
    for outer, middle, inner in itertools.product(ways.values(), repeat=3):
        assert number(outer(middle(inner(lambda x: x**6)))(2.0)) == pytest.approx(960.0, rel=1e-14)
    twice = [hessian, laplacian, partial(derivative, n=2), lambda g: lambda x: hvp(g, x, 1.0)]
    for outer, inner in itertools.product(ways.values(), twice):
        assert number(outer(inner(lambda x: x**6))(2.0)) == pytest.approx(960.0, rel=1e-14)
        assert number(inner(outer(lambda x: x**6))(2.0)) == pytest.approx(960.0, rel=1e-14)


def number(x):
    return getattr(x, "data", x)


def gradient_by_hand(g, x):
    v = x if isinstance(x, Value) else Value(x)
    return gradients(g(v), v, create_graph=True)


def test_values_go_in_and_come_out() -> None:
    x = Value(3.0)
    slope = grad(lambda x: x**3)(x)
    assert isinstance(slope, Value)
    slope.backward()
    assert (slope.data, x.grad) == (27.0, 18.0)
    assert type(grad(lambda x: x**3)(3.0)) is float
    assert isinstance(grad(lambda x: 1.0)(x), Value)
    assert isinstance(hessian(lambda x: x**3)(x), Value)


def test_values_from_outside_take_part() -> None:
    w = Value(2.0, label="w")
    slope = grad(lambda x: w * x**2)(3.0)
    slope.backward()
    assert (slope.data, w.grad) == (12.0, 6.0)
    for second in (hessian, laplacian, partial(derivative, n=2), lambda g: lambda x: hvp(g, x, 1.0)):
        w.grad = 0
        found = second(lambda x: w**2 * x**2)(3.0)
        found.backward()
        assert (found.data, w.grad) == (8.0, 8.0)


def test_within_no_grad_derivatives_are_numbers() -> None:
    w = Value(2.0)
    with no_grad():
        assert grad(lambda x: w * x**2)(3.0) == 12.0
        assert type(grad(lambda x: w * x**2)(3.0)) is float
        slope = grad(lambda x: x**3)(w)
        assert (type(slope), slope.data, slope.parents) == (Value, 12.0, ())
        assert jvp(f.tanh, (0.0,), (1.0,)) == (0.0, 1.0)
        assert taylor(f.exp, 0.0, 1) == [1.0, 1.0]
        assert (w * 2).parents == ()  # and nothing is recorded outside

    @no_grad()
    def silent(x):
        return x * x

    assert number(grad(silent)(3.0)) == 0.0  # what f does not record has no derivative
    assert (w * 2).parents


def test_no_grad_of_any_kind_touches_grad() -> None:
    w, x = Value(2.0), Value(3.0)
    inner = w * x
    out = inner**2
    out.backward()
    before = [node.grad for node in (w, x, inner, out)]
    gradients(out, [w, inner], create_graph=True)
    gradients(out, [w, inner])
    grad(lambda y: out * y)(2.0)
    hessian(lambda y: out * y[0] ** 2)([2.0])
    jvp(lambda y: out * y, (2.0,), (1.0,))
    assert [node.grad for node in (w, x, inner, out)] == before

    def failing(y):
        (w * y).backward()
        raise KeyError("midway")

    with pytest.raises(KeyError):
        grad(failing)(1.0)
    broken = Value(1.0, (w,), "broken", local_gradient=lambda gradient: (gradient, gradient))
    w.grad = 7.0
    with pytest.raises(ValueError, match="'broken' returned 2 contributions, not 1: one for each parent"):
        gradients(broken * inner, w)
    assert [node.grad for node in (w, x, inner, out)] == [7.0, *before[1:]]
    assert (w * 2).parents  # recording goes on after an error


# Gradients of gradients through Value


def test_gradients_answers_what_was_asked() -> None:
    x, unused = Value(3.0, label="x"), Value(1.0)
    y = x * x
    z = y * y + x
    assert gradients(z, [x, y, z, unused]) == [4 * 27.0 + 1, 18.0, 1.0, 0.0]  # y is a part of the way from x
    assert gradients(z, {"x": (x, x)}) == {"x": (109.0, 109.0)}
    second = gradients(gradients(z, x, create_graph=True), x, create_graph=True)
    assert second.data == 108.0
    assert gradients(second, x) == 24 * 3.0
    zero = gradients(z, unused, create_graph=True)
    assert (type(zero), zero.data) == (Value, 0.0)
    assert "<svg" in draw(second).svg
    with pytest.raises(TypeError, match="gradients needs a Value as its output, got 3"):
        gradients(3.0, x)
    with pytest.raises(TypeError, match=r'inputs\["x"\]\[1\] must be a Value'):
        gradients(z, {"x": [x, 2.0]})


ONE_PARENT = [f.exp, f.log, f.sqrt, f.tanh, f.sigmoid, f.relu, operator.neg]
TWO_PARENTS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, lambda x, y: f.sum([x, y])]


@pytest.mark.parametrize("make", [*ONE_PARENT, *TWO_PARENTS, lambda x, y: f.dot([x, 2.0], [y, x])])
def test_an_input_that_was_computed_from_others_is_where_the_sweeps_end(make) -> None:
    x = [Value(0.5) for _ in range(1 if make in ONE_PARENT else 2)]
    y = make(*x)
    z = y
    for _ in range(200):
        z = z + y * 1e10
    assert gradients(z, y) == gradients(z, [y, y])[1] == gradients(z, y, create_graph=True).data == 2e12 + 1
    slope = gradients(z * y, y, create_graph=True)
    assert gradients(slope, [y]) == [2 * (2e12 + 1)]
    t = tape([z * y], [y])
    assert t.push([0.5]) == pytest.approx([y.data * (2e12 + 1)])
    assert list(chain(*t.bend([0.5]))) == pytest.approx([y.data * 2 * (2e12 + 1), 2e12 + 1])


def test_a_gradient_penalty_can_be_trained() -> None:
    model = MLP(2, [8, 1], activation="tanh", rng=random.Random(1))
    points = [[0.5, -1.0], [1.0, 2.0], [-1.5, 0.25]]

    def penalty():
        slopes = [grad(lambda p: model(p))(point) for point in points]
        return mse_loss([f.norm(slope) for slope in slopes], [1.0] * len(points))

    losses = []
    for _ in range(200):
        loss = penalty()
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.05 * p.grad
        losses.append(loss.data)
    assert losses[-1] < 1e-3 * losses[0]


def test_graphs_may_be_deep(deep) -> None:
    def chain(x, links):
        for _ in range(links):
            x = x * 1.0 + 0.0
        return x

    links = deep // 100
    assert grad(chain)(2.0, deep // 5) == 1.0
    assert jvp(lambda x: chain(x, links), (2.0,), (3.0,)) == (2.0, 3.0)
    assert hvp(lambda x: chain(x, links), 2.0, 1.0) == 0.0
    x = Value(2.0)
    assert gradients(chain(x, links), x, create_graph=True).data == 1.0
    assert sys.getrecursionlimit() <= 10_000


def test_nothing_that_a_transform_made_is_left_behind() -> None:
    seen = []

    def watched(p):
        out = f.tanh(p["a"] * p["b"][0]) + p["b"][1] ** 2
        seen.extend(weakref.ref(v) for v in (p["a"], out))
        return out

    point = {"a": 1.0, "b": [2.0, 3.0]}
    gc.collect()
    gc.disable()
    try:
        value_and_grad(watched)(point)
        hessian(watched)(point)
        hvp(watched, point, point)
        jvp(watched, (point,), (point,))
        taylor(lambda x: watched({"a": x, "b": [x, f.sin(x)]}), 1.0, 4)
        assert [ref() for ref in seen] == [None] * len(seen)
        gc.set_debug(gc.DEBUG_SAVEALL)  # so that what other threads of the tests leave is told from ours
        gc.collect()
        modules = [str(getattr(x, "__module__", type(x).__module__)) for x in gc.garbage]
        assert [module for module in modules if module.startswith(("autograd", __name__))] == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def test_what_the_function_makes_itself_is_a_constant() -> None:
    for own in (lambda x: x.detach(), lambda x: Value(3.0), lambda x: stop_gradient(x), lambda x: Value(1.5) * 2):
        assert type(grad(lambda x, own=own: x * own(x))(3.0)) is float
        assert grad(lambda x, own=own: x * own(x))(3.0) == 3.0

    def partly(x):
        with no_grad():
            y = x * x
        return y + x

    assert type(hvp(partly, 3.0, 1.0)) is float
    assert grad(partly)(3.0) == 1.0
    slopes = grad(lambda x: grad(lambda y: partly(x) * y * y)(2.0))(3.0)
    assert (type(slopes), slopes) == (float, 4.0)
    assert type(root(lambda x: x * x - Value(2.0), 1.0)) is float


@pytest.mark.parametrize("since", [0, None])
def test_captured_values_are_found_with_calls_told_apart_or_not(since) -> None:
    """When the numbers of calls have run out, every leaf counts as one from outside."""
    w, c = Value(2.0), Value(2.0, op="constant")
    started = new_call() if since is None else since
    x = Value(3.0)
    own = x * Value(1.0)
    assert not tape([x * 2.0 + c], [x], started).captures
    assert tape([own], [x], started).captures is (since == 0)
    for outputs in ([w * x], [w], [x, c, w * c]):
        assert tape(outputs, [x], started).captures
        assert Graph(outputs, [x], started).captured == [w]


def test_a_graph_from_outside_is_not_walked_over_again() -> None:
    """What a derivative takes does not grow with what was there before it."""
    w = Value(1.0)
    total = w
    for _ in range(20_000):
        total = total + 1e-4

    def captures_it(x):
        return total * x**2

    tracemalloc.start()
    try:
        slope, curvature = grad(captures_it)(2.0), hessian(captures_it)(2.0)
        assert taylor(captures_it, 2.0, 2)[2].data == total.data
        zero = root(lambda x: x - total, 1.0)
        assert root(lambda x: total - x, total.data).data == zero.data
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 100_000
    assert [gradients(y, w) for y in (slope, curvature, zero)] == [4.0, 2.0, 1.0]
    assert gradients(grad(lambda x: total)(2.0), w) == 0.0  # the result is from outside altogether
    assert grad(lambda x: grad(lambda y: total * x * y)(1.0))(2.0).data == total.data
