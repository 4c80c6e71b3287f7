"""root and fixed_point find what they promise, and what they find has exact derivatives of any order."""

import math

import pytest

from autograd import (
    Value,
    check_grad,
    derivative,
    fixed_point,
    grad,
    gradients,
    hessian,
    hvp,
    jvp,
    no_grad,
    root,
    taylor,
    topological_order,
)
from autograd import functions as f
from tests.helpers.operations import mp


def cube_root(a):
    return root(lambda x: x**3 - a, 1.0)


def test_solutions_without_values_are_floats() -> None:
    assert root(lambda x: x * x - 2.0, 1.0) == pytest.approx(math.sqrt(2), rel=1e-15)
    assert type(root(lambda x: x * x - 2.0, 1.0)) is float
    assert fixed_point(f.cos, 1.0) == pytest.approx(float(mp.findroot(lambda x: mp.cos(x) - x, 0.7)), rel=1e-15)
    solution = root(lambda p: {"u": p["a"] + p["b"] - 3.0, "v": p["a"] * p["b"] - 2.0}, {"a": 0.5, "b": 4.0})
    assert solution == {"a": pytest.approx(1.0), "b": pytest.approx(2.0)}


def test_derivatives_of_any_order_are_those_of_the_function_that_is_implied() -> None:
    expected = taylor(f.cbrt, 8.0, 5)
    assert [derivative(cube_root, k)(8.0) / math.factorial(k) for k in range(6)] == pytest.approx(expected, rel=1e-12)
    assert grad(grad(grad(cube_root)))(8.0) == pytest.approx(6 * expected[3], rel=1e-12)
    assert jvp(cube_root, (8.0,), (2.0,))[1] == pytest.approx(2 * expected[1], rel=1e-13)
    assert hvp(cube_root, 8.0, 1.0) == pytest.approx(2 * expected[2], rel=1e-13)
    assert grad(lambda a: cube_root(a * a))(8.0) == pytest.approx(derivative(lambda a: a ** (2 / 3))(8.0), rel=1e-13)


def test_a_fixed_point_has_the_derivatives_of_mpmath() -> None:
    def implied(a):
        return mp.findroot(lambda x: mp.cos(a * x) - x, 0.7)

    def found(a):
        return fixed_point(lambda x: f.cos(a * x), 0.5)

    with mp.workdps(60):
        true = [float(c) for c in mp.taylor(implied, mp.mpf("0.8"), 4)]
    assert taylor(found, 0.8, 4) == pytest.approx(true, rel=1e-12)
    assert taylor(lambda a: root(lambda x: f.cos(a * x) - x, 0.5), 0.8, 4) == pytest.approx(true, rel=1e-12)


def test_systems_are_differentiated_through_containers() -> None:
    def crossing(p):
        """Where a circle of radius p["r"] meets the line y = p["m"] x."""
        at = root(lambda q: [q[0] ** 2 + q[1] ** 2 - p["r"] ** 2, q[1] - p["m"] * q[0]], [1.0, 1.0])
        return f.hypot(at[0], 1.0) * at[1]

    def exact(p):
        x = p["r"] / f.sqrt(1 + p["m"] ** 2)
        return f.hypot(x, 1.0) * p["m"] * x

    point = {"r": 2.0, "m": 0.5}
    assert crossing(point) == pytest.approx(exact(point), rel=1e-14)
    assert grad(crossing)(point) == pytest.approx(grad(exact)(point), rel=1e-13)
    found, true = hessian(crossing)(point), hessian(exact)(point)
    assert all(found[i] == pytest.approx(true[i], rel=1e-12) for i in point)
    check_grad(crossing, point, order=2)


def test_values_from_outside_get_their_gradients_wherever_they_are_in_the_graph() -> None:
    w = Value(2.0)
    a = w * w * 2  # an interior node: 8
    x = cube_root(a)
    x.backward()
    assert x.data == pytest.approx(2.0, rel=1e-15)
    assert w.grad == pytest.approx(8 / 12)
    assert gradients(x, a) == pytest.approx(1 / 12)
    assert topological_order(x)[-1].op == "root"
    used_twice = root(lambda x: x - w * a, 1.0)  # both w and a, which depends on w
    assert gradients(used_twice, w) == pytest.approx(6 * w.data**2)
    slope = gradients(cube_root(w * w * 2), w, create_graph=True)
    assert slope.data == pytest.approx(8 / 12)
    x = cube_root(w)
    w.data = 5.0
    with pytest.raises(RuntimeError, match="has been set since"):
        gradients(x, w, create_graph=True)


def test_within_no_grad_and_for_derivatives_of_the_start_nothing_is_recorded() -> None:
    w = Value(8.0)
    with no_grad():
        assert cube_root(w) == pytest.approx(2.0)
    assert grad(lambda x0: root(lambda x: x * x - 2.0, x0))(1.0) == 0.0


def test_numbers_that_transforms_make_within_do_not_count_as_from_outside() -> None:
    x = root(lambda x: grad(lambda y: x * y * y)(2.0) - 8.0, 1.0)
    assert (type(x), x) == (float, 2.0)

    def nested(a):  # y³ = a x and x = y: x = √a, by a root within a root
        return root(lambda x: x - root(lambda y: y**3 - a * x, 1.0), 1.1)

    expected = taylor(f.sqrt, 4.0, 2)
    assert grad(nested)(4.0) == pytest.approx(expected[1], rel=1e-10)
    assert grad(grad(nested))(4.0) == pytest.approx(2 * expected[2], rel=1e-8)


def test_newton_stands_up_to_bad_starts() -> None:
    assert root(lambda x: f.atan(x), 3.0) == pytest.approx(0.0, abs=1e-15)  # undamped it diverges from 1.4 on
    assert root(lambda x: f.log(x), 5.0) == pytest.approx(1.0)  # undamped it leaves the domain
    assert root(lambda x: x**2, 1.0) == pytest.approx(0.0, abs=1e-7)  # a double root
    assert root(lambda x: f.exp(x) - 2, 700.0) == pytest.approx(math.log(2), rel=1e-15)  # a step is 1 at first
    assert root(lambda x: x * x - 2, 1e150) == pytest.approx(math.sqrt(2), rel=1e-15)
    assert root(lambda x: f.log(x) + 690, 1.0) == pytest.approx(math.exp(-690), rel=1e-12)  # small is not 0


SINGULAR = [
    lambda a: root(lambda x: (x - 1) ** 2 - a, 3.0),
    lambda a: root(lambda x: x * x - 2 * x + 1 - a, 3.0),
    lambda a: root(lambda x: x**2 - a, 3.0),
    lambda a: root(lambda x: (x - 1) ** 3 - a, 3.0),
    lambda a: root(lambda x: (x - 1) ** 4 - a, 3.0),
    lambda a: root(lambda x: f.cos(x) - 1 + a, 1.0),
    lambda a: root(lambda x: [(x[0] - 1) ** 2 - a, x[0] + x[1]], [3.0, 1.0])[1],
    lambda a: root(lambda x: [x[0] * x[1] - a, x[0] - x[1]], [3.0, 1.0])[0],
    lambda a: fixed_point(lambda x: x + (x - 1) ** 2 - a, 1 - 1e-9),
]


@pytest.mark.parametrize("solution", SINGULAR)
@pytest.mark.parametrize("order", [1, 2])
def test_a_double_root_has_no_derivative(solution, order) -> None:
    with pytest.raises(ArithmeticError, match=r"is (nearly )?singular|has not settled"):
        derivative(solution, order)(0.0)
    with pytest.raises(ArithmeticError, match=r"is (nearly )?singular|has not settled"):
        grad(grad(solution))(0.0)


@pytest.mark.parametrize(
    ("solution", "a", "slope"),
    [
        (lambda a: root(lambda x: x**2 - a, 1.0), 1e-20, 0.5e10),  # small, and not singular
        (lambda a: root(lambda x: f.exp(x / 0.025) - a, 0.5), 1e6, 0.025e-6),  # steep
        (lambda a: root(lambda x: f.sin(x) - a, 1.0), 0.0, 1.0),
        (lambda a: root(lambda x: [x[0] * x[1] - a, x[0] - x[1]], [3.0, 1.0])[0], 4.0, 0.25),
    ],
)
def test_a_small_or_steep_root_is_not_taken_for_a_double_one(solution, a, slope) -> None:
    assert grad(solution)(a) == pytest.approx(slope, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: root(lambda x: x * x + 1, 0.5), ArithmeticError, "no root of <lambda> was found: at x = "),
        (lambda: root(lambda x: x * x + 1, 0.0), ArithmeticError, "is singular"),
        (
            lambda: root(lambda x: f.exp(x) - 1, 800.0),
            OverflowError,
            "no value at x0 = 800.0, where root begins: 'exp'",
        ),
        (lambda: root(lambda x: [f.log(x[0])], [-1.0]), ValueError, r"no value at x0 = \[-1.0\], where root begins"),
        (lambda: root(lambda x: x * x * x, 1e200), ArithmeticError, "<lambda> is inf at x0 = 1e\\+200, where root"),
        (lambda: root(lambda x: [x[0]], [1.0, 2.0]), TypeError, "it takes 2 and returned 1"),
        (lambda: root(3.0, 1.0), TypeError, r"root takes a function, as in root\(f, x0\), got 3.0"),
        (
            lambda: fixed_point(3.0, 1.0),
            TypeError,
            r"fixed_point takes a function, as in fixed_point\(f, x0\), got 3.0",
        ),
        (lambda: root(lambda x: "0", 1.0), TypeError, "the result of <lambda> must be a real number, got str"),
        (lambda: root(lambda x: x, 1), TypeError, "x0 is 1, an int"),
        (lambda: root(lambda x: f.sum(x), {"a": ["1"]}), TypeError, r'x0\["a"\]\[0\] must be a real number, got str'),
        (lambda: fixed_point(lambda x: 2 * x, 1.0, steps=50), ArithmeticError, "has not settled after 50 steps"),
        (lambda: fixed_point(lambda v: [v[0], v[1] * v[1]], [1.0, 2.0]), ArithmeticError, "has not settled"),
        (lambda: fixed_point(lambda x: [x[0]], [1.0, 2.0]), ValueError, "as many numbers as it takes, 2"),
    ],
)
def test_mistakes_are_explained(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
