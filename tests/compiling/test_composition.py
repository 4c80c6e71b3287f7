"""Transforms and compile compose in both orders, to any order of derivative, and say the same."""

import math
import warnings
from functools import wraps

import numpy as np
import pytest

import autograd
from autograd import (
    Value,
    compile,
    derivative,
    erfc,
    exp,
    fixed_point,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    root,
    sin,
    sqrt,
    tanh,
    taylor,
    value_and_grad,
    vjp,
)
from autograd.compiling import compiler
from autograd.derivatives import TABLE
from autograd.transforms.containers import leaves, paths


def numbers(tree):
    return [x.data if isinstance(x, Value) else x for x in leaves(tree)]


def of_one(x):
    return tanh(x) * x**3 + sin(x)


def of_many(v):
    return exp(v[0] * v[1]) + v[1] ** 2 * v[0] + sqrt(v[0])


def black_scholes(s, k, r, sigma, t):
    d1 = (log(s / k) + (r + sigma * sigma / 2) * t) / (sigma * sqrt(t))
    d2 = d1 - sigma * sqrt(t)
    below = lambda z: erfc(-z / 2**0.5) / 2  # noqa: E731
    return s * below(d1) - k * exp(-r * t) * below(d2)


V = [0.3, 0.4]
OF_ONE = {
    "grad": grad,
    "grad of grad": lambda f: grad(grad(f)),
    "grad of grad of grad": lambda f: grad(grad(grad(f))),
    "value_and_grad": value_and_grad,
    "the third derivative": lambda f: derivative(f, 3),
    "taylor": lambda f: lambda x: taylor(f, x, 5),
    "jvp": lambda f: lambda x: jvp(f, (x,), (2.0,)),
    "vjp": lambda f: lambda x: vjp(f, x)[1](3.0),
    "grad of a product": lambda f: lambda x: grad(f)(x) * x + f(x),
    "gradients": lambda f: lambda x: gradients(f(x), x, create_graph=True) if isinstance(x, Value) else grad(f)(x),
}
OF_MANY = {
    "grad": grad,
    "hessian": hessian,
    "jacobian": lambda f: jacobian(lambda v: [f(v), v[0] * f(v)]),
    "jacobian of the gradient": lambda f: jacobian(grad(f)),
    "hvp": lambda f: lambda v: hvp(f, v, [1.0, 2.0]),
    "grad of a number of the Hessian": lambda f: grad(lambda v: hessian(f)(v)[0][1]),
}


@pytest.fixture(params=[2, 1_000], ids=["called often", "called seldom"])
def often(request, monkeypatch):
    """From which call on a derivative of a compiled function is compiled too."""
    monkeypatch.setattr(compiler, "WORTHWHILE", request.param)


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("name", OF_ONE)
def test_both_orders_for_a_function_of_one_number(name) -> None:
    transform = OF_ONE[name]
    plain, inside, outside = transform(of_one), transform(compile(of_one)), compile(transform(of_one))
    for x in (0.7, -1.3, 0.2, 2.5, 0.7):
        expected = numbers(plain(x))
        assert numbers(inside(x)) == pytest.approx(expected, rel=1e-11, abs=1e-13)
        assert numbers(outside(x)) == pytest.approx(expected, rel=1e-11, abs=1e-13)
        assert name == "grad of a product" or set(map(type, leaves(inside(x)))) == {float}


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("name", OF_MANY)
def test_both_orders_for_a_function_of_several_numbers(name) -> None:
    transform = OF_MANY[name]
    plain, inside, outside = transform(of_many), transform(compile(of_many)), compile(transform(of_many))
    for v in (V, [1.1, -0.6], np.array(V), V):
        expected = plain(v)
        for found in (inside(v), outside(v)):
            assert numbers(found) == pytest.approx(numbers(expected), rel=1e-11, abs=1e-13)
            assert type(found) is type(expected)


def test_a_compiled_function_has_one_derivative_of_each_kind() -> None:
    c = compile(of_many)
    assert hessian(c) is hessian(c)
    assert grad(c) is grad(c)
    assert grad(grad(compile(of_one))) is not grad(grad(compile(of_one)))
    assert hessian(c, (0,)) is not hessian(c)
    assert numbers(hessian(c, [0])(V)) == pytest.approx(numbers(hessian(of_many)(V)))


def test_what_wraps_a_derivative_of_a_compiled_function_is_not_passed_over() -> None:
    slope = grad(compile(lambda x: x**3))
    twice = wraps(slope)(lambda x: 2 * slope(x))
    assert grad(twice)(1.5) == pytest.approx(18.0)
    wrapped = wraps(compile(of_one))(lambda x: 5 * x**2)
    assert hvp(wrapped, 2.0, 1.0) == hessian(wrapped)(2.0) == 10.0


def test_several_arguments_of_several_kinds() -> None:
    point = (100.0, 95.0, 0.03, 0.2, 1.0)
    for argnums in (0, 3, (0, 1, 2, 3, 4), (4, 1), [2]):
        for transform in (grad, value_and_grad):
            expected = numbers(transform(black_scholes, argnums)(*point))
            assert numbers(transform(compile(black_scholes), argnums)(*point)) == pytest.approx(expected, rel=1e-12)
            assert numbers(compile(transform(black_scholes, argnums))(*point)) == pytest.approx(expected, rel=1e-12)
    mixed = lambda p, x, n: p["a"] * x[0] ** n + sum(p["b"]) * x[1]  # noqa: E731
    args = {"a": 2.0, "b": [1.0, 3.0]}, np.array([1.5, 2.5]), 3
    expected = value_and_grad(mixed, (0, 1))(*args)
    found = value_and_grad(compile(mixed), (0, 1))(*args)
    assert numbers(found) == pytest.approx(numbers(expected))
    assert isinstance(found[1][1], np.ndarray)
    with pytest.raises(TypeError, match="an int; derivatives are with respect to floats"):
        grad(compile(lambda n: n * 2.0))(3)


def test_results_keep_their_form() -> None:
    for result in (lambda x: [[x]], lambda x: ([x],), lambda x: [x], lambda x: {"a": (x,)}, lambda x: [(x,), 1]):
        expected = result(3.0)
        found = compile(result)(3.0)
        assert paths(found, "") == paths(expected, "")
        assert numbers(found) == numbers(expected)


def test_values_from_outside_stay_differentiable() -> None:
    w = Value(1.5)
    f = lambda x: tanh(w * x) * x  # noqa: E731
    t, s = math.tanh(1.05), math.cosh(1.05) ** -2
    for slope in (grad(f), grad(compile(f)), compile(grad(f))):
        w.grad = 0.0
        result = slope(0.7)
        result.backward()
        assert result.data == pytest.approx(t + 1.05 * s, rel=1e-12)
        assert w.grad == pytest.approx(1.4 * s - 1.47 * s * t, rel=1e-10)
    c = compile(f)
    x = Value(0.7)
    assert isinstance(grad(c)(x), Value)
    assert grad(lambda x: grad(c)(x))(x).data == pytest.approx(grad(grad(f))(0.7).data, rel=1e-12)


@pytest.mark.parametrize("a", [2.0, *(pytest.param(a, marks=pytest.mark.slow) for a in (3.0, 9.0, 0.5))])
def test_solutions_of_equations(a, in_full) -> None:
    by_root = lambda a: root(lambda x: x * x - a, 1.0)  # noqa: E731
    by_iteration = lambda a: fixed_point(lambda x: (x + a / x) / 2, 1.0)  # noqa: E731
    of_two = lambda a: root(lambda v: [v[0] * v[1] - a, v[0] - v[1]], [1.0, 1.5])[1]  # noqa: E731
    for solve in (by_root, by_iteration, of_two):
        assert compile(solve)(a).data == pytest.approx(a**0.5, rel=1e-14)
        assert compile(grad(solve))(a).data == pytest.approx(0.5 * a**-0.5, rel=1e-13)
        if in_full or solve is by_root:
            assert compile(grad(grad(solve)))(a).data == pytest.approx(-0.25 * a**-1.5, rel=1e-12)
        assert grad(compile(solve))(a) == pytest.approx(0.5 * a**-0.5, rel=1e-13)
    compiled = compile(by_root)
    for other in (a, 2 * a, 100.0, a):
        assert compiled(other).data == pytest.approx(other**0.5, rel=1e-14)
    with pytest.raises(ArithmeticError, match=r"no root|singular"):
        compile(lambda a: root(lambda x: x * x + a, 1.0))(a)


ONE = [name for name, op in TABLE.items() if len(op.operands) == 1]


@pytest.mark.parametrize("name", ONE)
def test_derivatives_of_every_operation_are_compiled(name) -> None:
    op = TABLE[name]
    first, second = compile(grad(op)), compile(grad(grad(op)))
    tried = 0
    for x in (0.3, -0.4, 1.7, 2.6, -2.2, 0.31, 5.0):
        try:
            expected = grad(op)(x), grad(grad(op))(x)
        except (ValueError, ArithmeticError):
            continue
        tried += 1
        assert first(x).data == pytest.approx(expected[0], rel=1e-12, abs=1e-300)
        assert second(x).data == pytest.approx(expected[1], rel=1e-11, abs=1e-300)
        assert grad(compile(op))(x) == pytest.approx(expected[0], rel=1e-12, abs=1e-300)
        assert grad(grad(compile(op)))(x) == pytest.approx(expected[1], rel=1e-11, abs=1e-300)
    assert tried > 1


def test_gradients_of_a_network_have_no_warnings_and_stay_right() -> None:
    import random

    from nn import MLP

    model = MLP(2, [6, 1], "tanh", rng=random.Random(0))
    slope = grad(compile(lambda v: model(v)))
    rng = random.Random(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(40):
            v = [rng.uniform(-3, 3), rng.uniform(-3, 3)]
            assert numbers(slope(v)) == pytest.approx(numbers(grad(lambda v: model(v))(v)), rel=1e-10)


def test_what_is_compiled_names_the_users_line_where_it_is_refused() -> None:
    def reads(x):
        return x * x.data

    with pytest.raises(autograd.CannotCompile, match=r"test_composition.py, line \d+: return x \* x.data"):
        compile(lambda x: grad(reads)(x))(1.0)


def test_a_derivative_is_none_where_the_function_is_not_defined() -> None:
    for function in (log, lambda x: autograd.log(x) + x, lambda x: autograd.log2(x) * 2.0, sqrt, lambda x: x + log(x)):
        for compiled in (compile(grad(function)), compile(grad(grad(function))), grad(compile(function))):
            compiled(2.0)
            with pytest.raises(ValueError, match=r"is not defined at x = -1\.0"):
                compiled(-1.0)


def test_a_value_that_comes_in_twice_has_one_second_derivative() -> None:
    w = Value(3.0)
    two = autograd.compile(lambda a, b: a * a * b)
    outside = autograd.compile(lambda a: a * a * w)
    among = autograd.compile(lambda xs: xs[0] * xs[1] * xs[1])
    for f in (lambda x: two(x, x), lambda x: among([x, x])):
        assert [grad(f)(3.0), grad(grad(f))(3.0), grad(grad(grad(f)))(3.0)] == [27.0, 18.0, 6.0]
        assert [hessian(f)(3.0), hvp(f, 3.0, 1.0), taylor(f, 3.0, 3)] == [18.0, 18.0, [27.0, 27.0, 9.0, 1.0]]
    slope = gradients(outside(w), w, create_graph=True)
    assert (slope.data, gradients(slope, w)) == (27.0, 18.0)


def test_arguments_that_depend_on_each_other_are_counted_once() -> None:
    def cube(a, b):
        return a * a * b

    w = Value(3.0)
    w2 = w * 1.0
    compiled = autograd.compile(cube)
    with_outside = autograd.compile(lambda a: a * a * w)
    with_two = autograd.compile(lambda a: a * w * w2)
    for f in (
        lambda x: compiled(x, x * 1.0),
        lambda x: compiled(x * 1.0, x),
        lambda x: compiled(x, compiled(x, 1.0 / x)),
        lambda x: compiled(x * 1.0, x * 1.0),
    ):
        for _ in range(2):
            assert [grad(f)(3.0), grad(grad(f))(3.0), grad(grad(grad(f)))(3.0)] == pytest.approx([27.0, 18.0, 6.0])
            assert [hessian(f)(3.0), hvp(f, 3.0, 1.0), *taylor(f, 3.0, 3)] == pytest.approx([18, 18, 27, 27, 9, 1])
    for f in (lambda: with_outside(w * 1.0), lambda: with_outside(w), lambda: with_two(w), lambda: with_two(w2)):
        slope = gradients(f(), w, create_graph=True)
        assert [slope.data, gradients(slope, w)] == [27.0, 18.0]
    rows = autograd.compile(lambda x: x * w * w2)
    slope = gradients(rows.map([1.0, 2.0, 3.0]), w, create_graph=True)
    assert [slope.data, gradients(slope, w)] == [12.0, 4.0]


def test_second_derivatives_of_what_calls_a_compiled_function_need_no_way_back(monkeypatch) -> None:
    def f(v):
        return tanh(v[0] * v[1]) + v[1] ** 3

    def of(inner):
        return lambda v: inner([v[0], 2.0 * v[1]]) * inner(v) + inner([v[0], 0.5])

    own, compiled = of(f), of(compile(f))
    x, v = [0.3, 0.7], [1.0, -2.0]
    compiled(x)  # it has a program now
    monkeypatch.delattr(compiler.WayBack, "by_the_function")
    assert hvp(compiled, x, v) == hvp(own, x, v)
    assert hessian(compiled)(x) == hessian(own)(x)
    assert autograd.laplacian(compiled)(x) == autograd.laplacian(own)(x)
    assert grad(lambda x: grad(compiled)(x)[0])(x) == grad(lambda x: grad(own)(x)[0])(x)
    assert taylor(lambda t: compiled([t, 0.7]), 0.3, 4) == taylor(lambda t: own([t, 0.7]), 0.3, 4)
    rows = [[0.1, 0.2], [0.3, 0.4]]

    def mean(x):
        return autograd.sum([f([x * a, b]) for a, b in rows]) / 2

    mapped = compile(lambda a, b, x: f([x * a, b]))
    assert hvp(lambda x: mapped.map(*zip(*rows), [x, x]), 0.5, 1.0) == pytest.approx(hvp(mean, 0.5, 1.0), rel=1e-15)


def test_what_another_compiled_function_remembers_is_not_what_a_function_depends_on() -> None:
    scale = [1.0]

    def f(x):
        return scale[0] * (x * x if x > 1.0 else x + 1.0)

    inner = compile(f)
    outer = compile(lambda x: inner.map([x, 2.0 * x]) + inner(x))
    for x in (0.3, 0.7, 1.5):  # a path each
        outer(x)
    recordings = outer.statistics["recordings"]
    for k in range(1, 100):
        x = 0.02 * k
        inner(x)
        inner.map([x] * k)
        assert outer(x).data == pytest.approx((f(x) + f(2.0 * x)) / 2 + f(x))
    assert outer.statistics["recordings"] == recordings
    scale[0] = 3.0
    assert outer(0.25).data == pytest.approx((f(0.25) + f(0.5)) / 2 + f(0.25))
