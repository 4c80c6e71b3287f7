"""Your own derivatives: custom_derivative, closures that are asked for further derivatives, and stop_gradient."""

import math
from collections import defaultdict, namedtuple
from functools import partial

import numpy as np
import pytest

from autograd import (
    Value,
    custom_derivative,
    derivative,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    laplacian,
    no_grad,
    stop_gradient,
    taylor,
    topological_order,
    vjp,
)
from autograd import functions as f

Point = namedtuple("Point", "x y")


def test_a_custom_derivative_is_used_and_checked() -> None:
    calls = []

    @custom_derivative(lambda out, x: calls.append("slope") or 3 * x**2, check=True)
    def cube(x):
        """A cube."""
        assert type(x) is float
        return x**3

    assert cube(2) == 8.0
    assert (cube.__name__, cube.__doc__) == ("cube", "A cube.")
    assert [grad(cube)(2.0), grad(grad(cube))(2.0), derivative(cube, 3)(2.0), hvp(cube, 2.0, 1.0)] == [12, 12, 6, 12]
    assert topological_order(cube(Value(1.0)))[-1].op == "cube"

    @custom_derivative(lambda out, x: 2 * x**2, check=True)
    def wrong(x):
        return x**3

    for _ in range(2):
        with pytest.raises(AssertionError, match=r"the derivative of wrong with respect to args\[0\] = 2.0 is 8.0"):
            wrong(2.0)

    @custom_derivative(lambda out, x, y: (1.0,))
    def short(x, y):
        return x + y

    with pytest.raises(ValueError, match="the derivative of short must return one number for each operand, 2, got"):
        grad(short)(1.0, 2.0)

    @custom_derivative(lambda out, x: math.cos(x))
    def floats_only(x):
        return math.sin(x)

    assert grad(floats_only)(0.0) == 1.0
    with pytest.raises(TypeError, match="would lose the gradient"):
        grad(grad(floats_only))(0.0)

    @custom_derivative(lambda out, x: 1.0)
    def no_number(x):
        return "text"

    with pytest.raises(TypeError, match="the result of no_number must be a real number, got str"):
        no_number(1.0)
    with pytest.raises(TypeError, match="custom_derivative needs a function"):
        custom_derivative(3.0)


def test_a_custom_derivative_may_be_found_by_a_transform() -> None:
    """It is given floats or Values, and nothing else."""

    @custom_derivative(lambda out, x: grad(f.sin)(x))
    def sine(x):
        return math.sin(x)

    def twice(x):
        return sine(x * x) + sine(x)

    def true(x):
        return f.sin(x * x) + f.sin(x)

    assert taylor(twice, 0.5, 5) == pytest.approx(taylor(true, 0.5, 5), rel=1e-14)
    for second in (hessian, laplacian, partial(derivative, n=2), lambda g: lambda x: hvp(g, x, 1.0)):
        assert second(twice)(0.5) == pytest.approx(hessian(true)(0.5), rel=1e-14)
        with no_grad():
            assert second(twice)(0.5) == pytest.approx(hessian(true)(0.5), rel=1e-14)
    w = Value(2.0)
    found = [taylor(lambda x, g=g: g(w * x), 0.5, 3)[3] for g in (twice, true)]
    assert gradients(found[0], w) == pytest.approx(gradients(found[1], w), rel=1e-14)

    @custom_derivative(lambda out, x: sigmoid(x) * sigmoid(-x))
    def sigmoid(x):
        return 1 / (1 + math.exp(-x))

    assert taylor(sigmoid, 0.5, 16) == pytest.approx(taylor(f.sigmoid, 0.5, 16), rel=1e-12, abs=1e-12)


def test_an_operation_of_ones_own_has_derivatives_of_any_order() -> None:
    def cube(v):
        x = v.data

        def local_gradient(gradient):  # in floats for a float, in Values for a Value
            return (gradient * 3 * (v * v if isinstance(gradient, Value) else x * x),)

        return Value(x**3, (v,), "cube", local_gradient)

    assert taylor(lambda x: f.sin(cube(x)), 0.5, 5) == pytest.approx(taylor(lambda x: f.sin(x**3), 0.5, 5))
    assert hvp(lambda x: cube(x) ** 2, 2.0, 1.0) == 30 * 16.0
    assert hessian(lambda x: cube(x[0]) * cube(x[1]))([1.0, 2.0]) == [[48.0, 36.0], [36.0, 12.0]]
    assert jvp(cube, (2.0,), (0.5,)) == (8.0, 6.0)
    with no_grad():
        assert hvp(lambda x: cube(x) ** 2, 2.0, 1.0) == 30 * 16.0


def test_a_local_gradient_may_answer_any_collection() -> None:
    def by_name(x, y):
        return Value(x.data * y.data, (x, y), "own", lambda gradient: {"x": gradient * 5, "y": gradient * 2}.values())

    assert grad(by_name, (0, 1))(2.0, 5.0) == (5.0, 2.0)
    assert jvp(by_name, (2.0, 5.0), (1.0, 1.0)) == (10.0, 7.0)


OWN = "the derivative of 'own' cannot be differentiated again"


def in_floats(v):
    x = v.data
    return Value(x * x, (v,), "own", lambda gradient: (gradient * 2 * x,))


def in_floats_whatever_comes(v):
    return Value(v.data**2, (v,), "own", lambda gradient: (getattr(gradient, "data", gradient) * 2 * v.data,))


def in_a_copy(v):
    x = v.detach()
    return Value(x.data**2, (v,), "own", lambda gradient: (gradient * 2 * x,))


SECOND_ORDER = [
    lambda f, x: grad(grad(f))(x),
    lambda f, x: derivative(f, 2)(x),
    lambda f, x: hessian(lambda v: f(v[0]))([x]),
    lambda f, x: hvp(f, x, 1.0),
    lambda f, x: jvp(grad(f), (x,), (1.0,)),
    lambda f, x: jacobian(jacobian(f))(x),
    lambda f, x: gradients(gradients(f(v := Value(x)), v, create_graph=True), v),
]


@pytest.mark.parametrize("x", [2.0, 0.0])  # where the first derivative is 0, too
@pytest.mark.parametrize("own", [in_floats, in_floats_whatever_comes, in_a_copy])
def test_a_closure_that_computes_with_floats_has_a_first_derivative_only(own, x) -> None:
    assert [grad(own)(x), derivative(own)(x), jvp(own, (x,), (1.0,))[1]] == [2 * x] * 3
    for second in SECOND_ORDER:
        with pytest.raises(TypeError, match=OWN) as found:
            second(own, x)
        assert "gradient * 3 * v**2" in str(found.value)
    w = Value(3.0)
    slope = grad(lambda x: own(x) * w)(x)  # a Value, because of w
    assert slope.data == 6 * x
    with pytest.raises(TypeError, match=OWN):
        slope.backward()


@pytest.mark.parametrize("x", [2.0, 0.0])
def test_a_closure_that_computes_with_its_parents_is_differentiated_again(x) -> None:
    def own(v):
        return Value(v.data**3, (v,), "own", local_gradient=lambda gradient: (gradient * 3 * v**2,))

    v = Value(x)
    own(v).backward()
    assert (v.grad, grad(own)(x)) == (3 * x**2, 3 * x**2)
    for second in SECOND_ORDER:
        assert np.ravel(second(own, x))[-1] == 6 * x


def test_a_linear_closure_is_differentiated_again() -> None:
    def difference(x, y):
        return Value(2 * x.data - y.data, (x, y), "own", lambda gradient: (2 * gradient, -gradient))

    assert hessian(lambda v: difference(*v) ** 2)([3.0, 1.0]) == [[8.0, -4.0], [-4.0, 2.0]]


def test_a_custom_derivative_that_computes_with_floats_has_a_first_derivative_only() -> None:
    @custom_derivative(lambda out, x: 3 * getattr(x, "data", x) ** 2)
    def cube(x):
        return x**3

    assert grad(cube)(2.0) == 12.0
    for second in SECOND_ORDER:
        with pytest.raises(TypeError, match=r"the derivative of cube returned the plain number .* changes"):
            second(cube, 2.0)


@pytest.mark.parametrize(("slope", "x"), [(lambda out, x: 2.0, 1.5), (lambda out, x: float(x > 0) * 2, 1.5)])
def test_a_custom_derivative_that_does_not_move_may_be_a_number(slope, x) -> None:
    twice = custom_derivative(slope)(lambda x: 2 * x)
    for second in SECOND_ORDER:
        assert np.ravel(second(twice, x))[-1] == 0.0


def test_a_local_gradient_may_use_nodes_further_back_than_its_parents() -> None:
    def own(x):
        u = x * x
        return Value(u.data**1.5, (u,), "own", lambda gradient: (gradient * 1.5 * x,))  # u ** 0.5 is x

    assert hvp(own, 3.0, 1.0) == hessian(own)(3.0) == grad(grad(own))(3.0) == derivative(own, 2)(3.0) == 18.0
    assert laplacian(lambda p: own(p[0] * p[1]))([3.0, 2.0]) == pytest.approx(6 * 3.0 * 8 + 6 * 2.0 * 27)


def test_stop_gradient_makes_constants() -> None:
    assert grad(lambda x: x * stop_gradient(x))(3.0) == 3.0
    stopped = stop_gradient({"a": Value(2.0, label="w"), "b": [1.0, "text"]})
    assert (stopped["a"].data, stopped["a"].label, stopped["b"]) == (2.0, "w", [1.0, "text"])
    assert type(grad(lambda x: x * stop_gradient(x))(3.0)) is float
    counts, rows = np.array([1, 2]), defaultdict(list)
    kept = stop_gradient([counts, rows, Value(2.0), (Point(Value(1.0), 2.0),)])
    assert kept[0] is counts
    assert kept[1] is rows
    assert isinstance(kept[3][0], Point)
    assert grad(lambda x: (x * x, (counts, x)), has_aux=True)(3.0)[1][0] is counts
    assert derivative(lambda x: x * stop_gradient(x) ** 2, 2)(3.0) == 0.0


def half_cube(v):
    kept = v.data
    return Value(kept**3, (v,), "cube", lambda gradient: (gradient * 3 * v * kept,))


def half_tanh(v):
    out = math.tanh(v.data)
    return Value(out, (v,), "tanh", lambda gradient: (gradient * (1 - out * v.tanh()),))


def half_product(v):
    w, kept = v * v, v.data
    return Value(w.data * kept, (w, v), "product", lambda gradient: (gradient * (w.data / kept), gradient * w))


def detached_cube(v):
    return Value(v.data**3, (v,), "cube", lambda gradient: (gradient * 3 * v * v.detach(),))


SECOND = {
    "grad of grad": lambda g: grad(grad(g))(1.5),
    "hessian": lambda g: hessian(lambda x: g(x[0] * x[1]) + x[1])([1.0, 1.5]),
    "hvp": lambda g: hvp(g, 1.5, 2.0),
    "laplacian": lambda g: laplacian(g)(1.5),
    "taylor": lambda g: taylor(g, 1.5, 3),
    "derivative": lambda g: derivative(g, 2)(1.5),
    "jacobian of grad": lambda g: jacobian(grad(g))(1.5),
    "jvp of grad": lambda g: jvp(grad(g), (1.5,), (1.0,)),
    "vjp of grad": lambda g: vjp(grad(g), 1.5)[1](1.0),
    "a penalty": lambda g: grad(lambda x: grad(g)(x) ** 2)(1.5),
    "the third": lambda g: grad(grad(grad(g)))(1.5),
    "for a Value": lambda g: grad(grad(g))(Value(1.5)),
}


@pytest.mark.parametrize("g", [half_cube, half_tanh, half_product, detached_cube])
@pytest.mark.parametrize("route", SECOND)
def test_a_closure_that_mixes_values_with_kept_numbers_is_found_out(g, route: str) -> None:
    """Its second derivative would be finite and wrong."""
    with pytest.raises(TypeError, match="cannot be differentiated again"):
        SECOND[route](g)


@pytest.mark.parametrize("route", SECOND)
def test_numbers_that_belong_to_an_operation_may_be_kept(route: str) -> None:
    def power(v, n=2.5):
        return Value(v.data**n, (v,), "power", lambda gradient: (gradient * n * v ** (n - 1),))

    def leaves_of(found):
        return [getattr(x, "data", x) for x in topological_leaves(found)]

    assert leaves_of(SECOND[route](power)) == pytest.approx(leaves_of(SECOND[route](lambda v: v**2.5)), rel=1e-12)


def topological_leaves(tree):
    return [y for x in tree for y in topological_leaves(x)] if isinstance(tree, (list, tuple)) else [tree]


def test_at_a_kink_a_closure_with_a_slope_of_its_own_is_left_alone() -> None:
    def bent(v, slope=0.3):
        x = v.data
        factor = 1.0 if x > 0 else slope
        return Value(factor * x * x, (v,), "bent", lambda gradient: (gradient * 2 * factor * v,))

    assert [grad(grad(bent))(x) for x in (-1.0, 0.0, 1.0)] == [0.6, 0.6, 2.0]


def test_without_a_function_to_ask_a_number_of_the_forward_pass_is_warned_of() -> None:
    v = Value(1.5)
    with pytest.warns(UserWarning, match="'cube' computes with Values and with 1.5, a number of the forward pass"):
        gradients(half_cube(v), v, create_graph=True)
