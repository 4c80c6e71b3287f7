"""The transforms are right on random programs and on every operation, and each mistake gets its sentence."""

import math
import operator
import random
from functools import partial, reduce
from itertools import chain, repeat

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import (
    Value,
    check_grad,
    custom_derivative,
    derivative,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    laplacian,
    stop_gradient,
    taylor,
    vjp,
)
from autograd import functions as f
from autograd.derivatives import TABLE, number_of
from tests.helpers.operations import IN_MPMATH, NEXT_TO_1, POINTS, bits, mp, public, random_points, true_seconds, ulps
from tests.helpers.programs import long_programs, programs, several_outputs, torch_number

# Random programs


def close(a, b, tolerance=1e-9):
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)


@given(programs())
def test_reverse_mode_forward_mode_and_backward_are_one(program) -> None:
    leaves = [Value(x) for x in program.leaves]
    program.run(leaves).backward()
    reverse = grad(program.run)(program.leaves)
    assert bits(reverse) == bits(0.0 + leaf.grad for leaf in leaves)
    for i, slope in enumerate(reverse):
        unit = [float(i == j) for j in range(len(leaves))]
        value, forward = jvp(program.run, (program.leaves,), (unit,))
        assert value == program.run(leaves).data
        assert close(forward, slope, 1e-12)


@given(programs(), st.lists(st.floats(-1, 1), min_size=4, max_size=4))
def test_the_hessian_is_symmetric_and_hvp_is_its_product(program, direction) -> None:
    n = len(program.leaves)
    second = hessian(program.run)(program.leaves)
    assert all(close(second[i][j], second[j][i]) for i in range(n) for j in range(n))
    product = hvp(program.run, program.leaves, direction[:n])
    assert all(close(p, sum(map(operator.mul, row, direction))) for p, row in zip(product, second, strict=True))
    assert close(laplacian(program.run)(program.leaves), sum(second[i][i] for i in range(n)))
    over_reverse = jacobian(grad(program.run))(program.leaves)  # by graphs of gradients instead of power series
    assert all(close(a, b) for a, b in zip(chain(*second), chain(*over_reverse), strict=True))


@given(long_programs())
@settings(max_examples=20)
def test_long_programs_have_the_derivatives_of_finite_differences_and_of_pytorch(program) -> None:
    torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    a, *b = program.leaves
    tree = {"a": a, "b": tuple(b)}
    by_reverse = jacobian(partial(several_outputs, program))(tree)  # as many outputs as inputs
    directions = ({"a": 1.0, "b": (0.0, 0.0)}, {"a": 0.0, "b": (1.0, 0.0)}, {"a": 0.0, "b": (0.0, 1.0)})
    by_forward = [jvp(partial(several_outputs, program), (tree,), (v,))[1] for v in directions]
    rows = [by_reverse["mean"], *by_reverse["last"]]
    columns = [[c["mean"], *c["last"]] for c in by_forward]
    for i, row in enumerate(rows):
        assert all(close(x, column[i]) for x, column in zip([row["a"], *row["b"]], columns, strict=True))
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in program.leaves]
    program.run(list(map(torch_number(torch), tensors))).number.backward()
    assert all(close(x, t.grad.item(), 1e-8) for x, t in zip([rows[0]["a"], *rows[0]["b"]], tensors, strict=True))
    h = 1e-6
    ahead, behind = (several_outputs(program, {"a": a + step, "b": b})["mean"] for step in (h, -h))
    slope = (ahead - behind) / (2 * h)
    assert math.isclose(slope, rows[0]["a"], rel_tol=1e-5, abs_tol=1e-5)


# Every operation, forward and reverse, to any order


@pytest.mark.parametrize("name", TABLE)
def test_forward_mode_has_the_partial_derivatives_of_reverse_mode_to_the_last_bit(name) -> None:
    for xs in POINTS[name].ordinary + POINTS[name].edges + random_points(name):
        for i, x in enumerate(xs):

            def section(x, i=i, xs=xs):
                return public(name)(*xs[:i], x, *xs[i + 1 :])

            assert bits([0.0 + jvp(section, (x,), (1.0,))[1]]) == bits([grad(section)(x)])


@pytest.mark.parametrize("name", TABLE)
def test_second_derivatives_are_the_same_forward_over_reverse_and_by_graphs_of_gradients(name) -> None:
    for xs in POINTS[name].ordinary:
        point = list(xs)
        forward, graphs = hessian(lambda p: public(name)(*p))(point), jacobian(grad(lambda p: public(name)(*p)))(point)
        assert all(row == pytest.approx(other, rel=1e-14) for row, other in zip(forward, graphs, strict=True))


FAR = {
    "hypot": [(-6.25, -1.85e69), (-1.5e68, 2.5e-20), (1e-10, 1e10)],
    "norm": [(3e25, -2e-43, -8e69, 1.5e41), (1.0, 1e-9)],
    "asin": [(1e-300,), (-1e-8,), (0.49,), (-0.51,), (NEXT_TO_1,)],
    "acos": [(1e-300,), (-1e-8,), (0.49,), (-0.51,), (NEXT_TO_1,)],
    "atanh": [(1e-300,), (-1e-8,), (0.49,), (-0.51,), (NEXT_TO_1,)],
    "atan": [(-1e8,), (2e9,), (-4e84,), (1e99,)],
    "atan2": [(-1e-51, -4e69), (3e-39, 6e68), (1e60, 3e-30)],
    "sigmoid": [(1e-300,), (-1e-8,), (0.9,), (-1.1,), (1000.0,), (-700.0,)],
    "gelu": [(-3.0,), (-30.0,), (1e-8,)],
    "logsumexp": [(0.0, -40.0), (-846.67, 460.25, 1.5, 1.25), (3.5, 3.5, -700.0)],
}


@pytest.mark.parametrize("name", FAR)
def test_second_derivatives_keep_their_digits_far_from_1_too(name) -> None:
    for xs in FAR[name]:
        point = list(xs)
        with mp.workdps(1200):
            true = true_seconds(name, xs)
        for second in (hessian, lambda g: jacobian(grad(g))):
            found = chain(*second(lambda p: public(name)(*p))(point))
            with mp.workdps(900):
                assert max(map(ulps, found, true, repeat(0), repeat(1e-307))) <= 6, xs


SMOOTH = [name for name in TABLE if name not in ("relu", "abs", "max", "min", "clip", "leaky_relu")]


@pytest.mark.parametrize(("name", "xs"), [(name, xs) for name in SMOOTH for xs in POINTS[name].ordinary])
def test_higher_derivatives_of_every_operation_are_those_of_mpmath(name, xs) -> None:
    """The Taylor coefficients along a line through the point, up to the sixth."""
    direction = [1.0, -0.5, 0.25, 0.5, -1.0, 0.75][: len(xs)]

    def line(t):
        return public(name)(*[x + t * v for x, v in zip(xs, direction, strict=True)])

    def exact(t):
        return IN_MPMATH[name](*[mp.mpf(x) + t * mp.mpf(v) for x, v in zip(xs, direction, strict=True)])

    with mp.workdps(60):
        true = mp.taylor(exact, 0, 6)
    size = max(abs(float(c)) for c in true)
    found = taylor(line, 0.0, 6)
    assert found == pytest.approx([float(c) for c in true], rel=1e-12, abs=1e-13 * size)
    nested = [line, grad(line), grad(grad(line)), grad(grad(grad(line)))]
    assert [g(0.0) / math.factorial(k) for k, g in enumerate(nested)] == pytest.approx(found[:4], rel=1e-12, abs=1e-13)


def test_taylor_reaches_high_orders() -> None:
    assert taylor(f.exp, 0.0, 40) == pytest.approx([1 / math.factorial(k) for k in range(41)], rel=1e-13)
    assert taylor(lambda x: 1 / (1 - x), 0.0, 30) == pytest.approx([1.0] * 31)
    with mp.workdps(50):
        true = mp.taylor(lambda x: mp.tanh(x) / (1 + x * x), mp.mpf("0.25"), 20)
    assert taylor(lambda x: f.tanh(x) / (1 + x * x), 0.25, 20) == pytest.approx([float(c) for c in true], rel=1e-11)
    assert derivative(f.sin, 12)(0.5) == pytest.approx(math.sin(0.5), rel=1e-12)
    assert taylor(lambda x: 3.0, 1.0, 2) == [3.0, 0.0, 0.0]
    assert taylor(f.exp, 0.0, 0) == [1.0]
    assert derivative(f.exp, 0)(1.0) == math.exp(1.0)
    assert derivative(lambda x: x, 200)(1.0) == 0.0  # 200! is beyond the largest float
    assert derivative(lambda x: f.exp(x / 10), 200)(0.0) == pytest.approx(1e-200, rel=1e-10)


BEYOND = {  # functions whose series run out of range on the way, and the same for mpmath
    "a root times its operand": (lambda x: f.sqrt(x) * x, lambda x: mp.sqrt(x) * x, (1e160, 1e250, 1e-250)),
    "a logarithm times a square": (lambda x: f.log(x) * x * x, lambda x: mp.log(x) * x * x, (1e110, 1e150, 1e-120)),
    "a power": (lambda x: x**1.5, lambda x: x ** mp.mpf(1.5), (1e200, 1e-200)),
    "a cube root times a square": (lambda x: f.cbrt(x) * x * x, lambda x: mp.cbrt(x) * x * x, (1e120, 1e-120)),
    "a large power divided": (lambda x: x**2.5 / x, lambda x: x ** mp.mpf(1.5), (1e120, 1e-120)),
}


@pytest.mark.parametrize("name", BEYOND)
def test_taylor_is_right_where_numbers_on_the_way_run_out_of_range(name) -> None:
    function, exact, points = BEYOND[name]
    for x in points:
        with mp.workdps(80):
            true = mp.taylor(lambda t, x=x: exact(mp.mpf(x) * (1 + t)), 0, 4)
            right = [c / mp.mpf(x) ** k for k, c in enumerate(true)]
        found = taylor(function, x, 4)
        for k, (one, other) in enumerate(zip(found, right)):
            if abs(other) > 1e308:
                assert math.isinf(one), (x, k)
            elif abs(other) > 1e-300:
                assert one == pytest.approx(float(other), rel=1e-12), (x, k)


# Infinite slopes


@pytest.mark.parametrize("steep", [f.sqrt, f.cbrt, lambda x: x**0.5, lambda x: 2 * f.sqrt(x)])
def test_an_infinite_slope_stays_where_it_is(steep) -> None:
    both = jacobian(lambda x: [steep(x[0]), x[0] * 2, x[1] * 3])([0.0, 1.0])  # reverse mode
    assert both[0][0] == math.inf
    assert both[1:] == [[2.0, 0.0], [0.0, 3.0]]
    by_columns = jacobian(lambda x: [steep(x[0]), x[1] * 2, x[1]])([0.0, 1.0])
    assert [row[1] for row in by_columns] == [0.0, 2.0, 1.0]
    assert jvp(lambda x, y: steep(x) + y, (0.0, 1.0), (0.0, 3.0))[1] == 3.0
    assert hvp(lambda x: steep(x[0]) + x[1] ** 3, [0.0, 1.0], [0.0, 1.0])[1] == 6.0
    assert hvp(lambda x: steep(x[0]) + x[1] ** 3, [0.0, 1.0], [0.0, 1.0])[0] == 0.0
    for second in (hessian, lambda g: jacobian(grad(g))):
        rows = second(lambda x: steep(x[0]) ** 3 + x[1] ** 2)([0.0, 1.0])
        assert [rows[0][1], *rows[1]] == [0.0, 0.0, 2.0]
    assert vjp(lambda x: [steep(x), x], 0.0)[1]([0.0, 1.0]) == (1.0,)


def test_the_hessian_of_a_power_between_1_and_2_at_0() -> None:
    for second in (hessian, lambda g: jacobian(grad(g))):
        assert second(lambda x: x[0] ** 1.5 + x[1] ** 2)([0.0, 1.0]) == [[math.inf, 0.0], [0.0, 2.0]]
    tiny = hessian(lambda x: x[0] / 1e-310 + f.logsumexp([x[0], x[1], x[2]]))([0.0, 0.0, 0.0])
    assert all(row == pytest.approx([2 / 9 if i == j else -1 / 9 for j in range(3)]) for i, row in enumerate(tiny))


# Mistakes

CIRCLE = {"a": 1.0}
CIRCLE["own"] = CIRCLE
WEIGHT = Value(2.0)


def nested(depth):
    return reduce(lambda inner, _: [inner], range(depth), 1.0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: grad(f.sin)(1),
            TypeError,
            r"args\[0\] is 1, an int; derivatives are with respect to floats: write 1.0",
        ),
        (lambda: grad(f.sin)(True), TypeError, r"args\[0\] is True, a bool"),
        (lambda: grad(lambda x: x > 0)(1.0), TypeError, "the result of <lambda> is True, a bool"),
        (
            lambda: grad(lambda x: Value(1.0, (x,), "own"))(1.0),
            TypeError,
            "made by 'own' has parents but no local_grad",
        ),
        (lambda: hvp(lambda x: Value(1.0, (x,), "own"), 1.0, 1.0), TypeError, "made by 'own' has parents but no local"),
        (lambda: grad(f.sin)("x"), TypeError, r"args\[0\] must be a real number, got str"),
        (lambda: grad(f.sin)(None), TypeError, r"args\[0\] must be a real number, got NoneType"),
        (lambda: grad(f.sin)(1j), TypeError, r"args\[0\] must be a real number, got complex"),
        (
            lambda: grad(f.sum)({"w": [1.0, 2.0, "3"]}),
            TypeError,
            r'args\[0\]\["w"\]\[2\] must be a real number, got str',
        ),
        (lambda: grad(f.sum, 1)(1.0, [0.0, 2]), TypeError, r"args\[1\]\[1\] is 2, an int"),
        (lambda: grad(f.sum)(np.array([1, 2])), TypeError, r"args\[0\]\[0\] is 1, an int"),
        (lambda: hessian(f.sum)([[1.0], [None]]), TypeError, r"args\[0\]\[1\]\[0\] must be a real number"),
        (lambda: hvp(f.sum, [1.0, None], [1.0, 1.0]), TypeError, r"x\[1\] must be a real number"),
        (lambda: grad(lambda x: [x, x])(1.0), TypeError, "<lambda> must return one number, got a list of 2"),
        (lambda: grad(lambda x: [x])(1.0), TypeError, "<lambda> must return one number, got a list of 1"),
        (lambda: grad(lambda x: None)(1.0), TypeError, "the result of <lambda> must be a real number, got NoneType"),
        (lambda: grad(lambda x: "9")(1.0), TypeError, "the result of <lambda> must be a real number, got str"),
        (lambda: jacobian(lambda x: {"a": [x, 1j]})(1.0), TypeError, r'the result of <lambda>\["a"\]\[1\] must be'),
        (
            lambda: grad(f.sin, 1)(1.0),
            ValueError,
            "argnums=1 asks for argument 1, but sin was called with 1 positional",
        ),
        (lambda: grad(f.sin, True)(1.0), TypeError, "argnums must be the position of an argument"),
        (lambda: grad(f.sum)([1.0, CIRCLE]), ValueError, r"args\[0\]\[1\]\[\"own\"\] is a dict that contains itself"),
        (lambda: jacobian(lambda x: [x, CIRCLE])(1.0), ValueError, r"the result of <lambda>\[1\]\[\"own\"\] is a dict"),
        (lambda: vjp(f.sum, [1.0])[1](CIRCLE), ValueError, r"weights\[\"own\"\] is a dict that contains itself"),
        (lambda: grad(f.sum)(nested(10_000)), ValueError, r"args\[0\]\[0\]\[0\]\[0\]… is nested too deeply"),
        (lambda: grad(f.sin, (0, 0))(1.0), ValueError, "names an argument twice"),
        (lambda: grad(f.sin, "x")(1.0), TypeError, "argnums must be the position of an argument"),
        (lambda: grad(f.sin, 1.0)(1.0), TypeError, "argnums must be the position of an argument"),
        (lambda: grad(3.0), TypeError, r"grad takes a function, as in grad\(f\)\(x\), got 3.0"),
        (lambda: grad(f.sin(1.0)), TypeError, "grad takes a function"),
        (
            lambda: jvp(f.sin, (1.0,), (1.0, 2.0)),
            ValueError,
            r"there is a number at tangents\[1\], but none at args\[1\]",
        ),
        (lambda: jvp(f.sum, ([1.0, 2.0],), ([1.0],)), ValueError, r"there is no number at tangents\[0\]\[1\]"),
        (lambda: jvp(f.sin, (1.0,), ("v",)), TypeError, r"tangents\[0\] must be a real number, got str"),
        (lambda: jvp(f.sin, 1.0, 1.0), TypeError, "jvp takes the arguments as a tuple"),
        (lambda: hvp(f.sum, {"w": [1.0]}, {"w": 1.0}), ValueError, r'there is no number at v\["w"\]\[0\]'),
        (lambda: vjp(f.sin, 1.0)[1]([1.0]), ValueError, "weights must have the shape of the result of sin"),
        (lambda: derivative(f.sin, -1), ValueError, "whole number, 0 or more; got -1"),
        (lambda: taylor(f.sin, 1.0, 1.5), ValueError, "whole number, 0 or more; got 1.5"),
        (lambda: taylor(f.sum, [1.0], 2), TypeError, "taylor needs a function of one number"),
        (lambda: taylor(lambda x: x[0], np.array([1.0]), 2), TypeError, "taylor needs a function of one number"),
        (lambda: grad(f.sum)({1.0}), TypeError, r"args\[0\] is a set: make it a list, tuple, dict or array of numbers"),
        (
            lambda: jacobian(lambda x: (x * i for i in range(2)))(1.0),
            TypeError,
            "the result of <lambda> is a generator",
        ),
        (lambda: grad(f.sum)([np.ma.array([1.0])]), TypeError, r"args\[0\]\[0\] is a MaskedArray: make it"),
        (lambda: check_grad(3.0, 1.0), TypeError, r"check_grad takes a function, as in check_grad\(f, x\), got 3.0"),
        (
            lambda: grad(custom_derivative(lambda out, x: WEIGHT * x)(lambda x: x))(1.0),
            TypeError,
            "the derivative of <lambda>, computed from its operands, must be a real number, got Value; take its .data",
        ),
        (lambda: grad(f.log)(0.0), ValueError, "'log' is not defined at x = 0.0"),
    ],
)
def test_mistakes_are_named_with_their_place(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_function_may_change_what_it_was_given() -> None:
    def greedy(xs):
        total = reduce(operator.mul, xs)
        xs.clear()
        return total

    point = [2.0, 3.0]
    assert grad(greedy)(point) == [3.0, 2.0]
    assert jacobian(lambda d: d.pop("a") * 2)({"a": 1.0}) == {"a": 2.0}
    assert point == [2.0, 3.0]


def test_data_set_within_the_function_is_not_overlooked() -> None:
    def sly(x):
        y = x * x
        x.data = 5.0
        return y * x

    assert grad(sly)(2.0) == 5.0 * 4.0 + 4.0
    with pytest.raises(RuntimeError, match="has been set since"):
        hvp(sly, 2.0, 1.0)


def test_transforms_say_what_they_are() -> None:
    def potential(x):
        return x * x

    assert grad(potential).__name__ == "grad(potential)"
    assert "potential" in hessian(potential).__doc__
    assert autograd.grad is grad


@pytest.mark.parametrize(
    "derive",
    [grad, hessian, derivative, jacobian, lambda f: lambda x: jvp(f, (x,), (1.0,)), lambda f: lambda x: hvp(f, x, 1.0)],
)
def test_a_function_that_leaves_the_graph_is_refused(derive) -> None:
    for lost in (lambda x: x.data**2, lambda x: math.exp(x.data), lambda x: float(f"{x:.12f}") * 2):
        with pytest.raises(TypeError, match=r"returned the plain number .* Compute with the Values themselves"):
            derive(lost)(3.0)


@pytest.mark.parametrize("derive", [grad, hessian, derivative, jacobian, lambda f: lambda x: jvp(f, (x,), (1.0,))])
def test_a_value_made_of_what_was_read_is_refused(derive) -> None:
    inner = Value(2.0)
    for lost in (lambda x: Value(x.data) ** 2, lambda x: inner * (x * 3).data, lambda x: [Value(x.data)][0] + 1.0):
        for at in (3.0, Value(3.0)):
            with pytest.raises(TypeError, match=r"returned the Value .* Compute with the Values themselves"):
                derive(lost)(at)


def test_values_that_are_meant_to_be_constant_have_the_derivative_0() -> None:
    outer, seen = Value(2.0), []

    def unrecorded(x):
        with autograd.no_grad():
            return x * x.data

    def by_hand(x):
        return Value(0.0) if x.data == 0.0 else x if x > 0 else -x

    def logged(x):
        seen.append(x.data)
        return stop_gradient(x) * 2

    for still in (lambda x: Value(3.0), lambda x: outer * 2, lambda x: Value(float(x.data > 0)), unrecorded, by_hand):
        assert number_of(grad(still)(0.0)) == 0.0
    for still in (logged, lambda x: x.detach() * x.data, lambda x: x if x > 0 else Value(1.0), autograd.floor):
        assert grad(still)(-2.0) == 0.0
    assert grad(lambda x: x - Value(x.data))(3.0) == 1.0
    assert jacobian(lambda x: [x * 2, Value(x.data) * 2])(3.0) == [2.0, 0.0]
    assert grad(lambda x, y: Value(y.data) ** 2)(3.0, outer) == 0.0


def test_plain_numbers_that_do_not_move_have_the_derivative_0() -> None:
    chance = random.Random(0)
    for still in (lambda x: 3.0, lambda x: x if x > 0 else 0.0, lambda x: float(x.data > 0), lambda x: chance.random()):
        assert [grad(still)(-2.0), grad(still)(0.0)] == [0.0, 0.0]
    assert grad(lambda p: p["n"].data // 10)({"n": 25.0}) == {"n": 0.0}
    assert grad(lambda x: stop_gradient(x) ** 2)(3.0) == 0.0
    assert grad(lambda x, y: y * 2)(3.0, 1.0) == 0.0


WHERE_EQUAL = [  # of plain numbers the first is a*a where they are equal
    lambda v: v[0] * v[0] if v[0] == v[1] else v[0] * v[1],
    lambda v: v[0] * v[1] if v[0] != v[1] else v[0] * v[0],
    lambda v: v[0] * v[0] if v[1] in [v[0]] else v[0] * v[1],
    lambda v: v[1] * [v[0], v[1]].index(v[1]),
    lambda v: v[0] * max((v[0], 1.0), (v[1], 2.0))[1],
]


@pytest.mark.parametrize("function", WHERE_EQUAL)
def test_no_derivative_takes_equal_numbers_for_different_ones(function) -> None:
    v = [3.0, 3.0]
    routes = [
        lambda: grad(function)(v),
        lambda: hessian(function)(v),
        lambda: hvp(function, v, v),
        lambda: jvp(function, (v,), (v,)),
        lambda: grad(lambda x: function([x, 1.0 * x]))(3.0),
        lambda: grad(grad(lambda x: function([x, 1.0 * x])))(3.0),
        lambda: derivative(lambda x: function([x, x + 0.0]), 2)(3.0),
    ]
    for route in routes:
        with pytest.raises(TypeError, match=r"asks with == or in(?s:.*)write not \(a < b or a > b\)"):
            route()
    assert grad(lambda x: x * x)(3.0) == 6.0  # the next one is not blamed


def test_different_numbers_and_other_values_may_be_compared() -> None:
    assert grad(WHERE_EQUAL[0])([3.0, 4.0]) == [4.0, 3.0]
    assert grad(lambda v: v[0] * v[1] if v[0] == v[0] else v[0])([3.0, 3.0]) == [3.0, 3.0]
    assert grad(lambda v: sum([x * x for x in {v[0], v[1]}]))([3.0, 3.0]) == [6.0, 6.0]
    weights = [Value(0.0), Value(0.0)]
    assert grad(lambda x: x * len([w for w in weights if w in weights[1:]]))(2.0) == 1.0
    assert weights[0] != weights[1]
    assert grad(lambda v: v[0] * v[1] if not (v[0] < v[1] or v[0] > v[1]) else v[0])([3.0, 3.0]) == [3.0, 3.0]
