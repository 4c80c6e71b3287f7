"""check_grad passes what is right, and finds and explains what is wrong."""

import math
import random

import numpy as np
import pytest

from autograd import Value, check_grad, custom_derivative, grad, hvp
from autograd import functions as f
from autograd.derivatives import TABLE
from tests.helpers.operations import POINTS, public


def own(value, slope):
    """An operation of one number with a closure: value(x), slope(x)."""

    def operation(v):
        x = v.data
        return Value(value(x), (v,), "own", local_gradient=lambda gradient: (gradient * slope(x),))

    return operation


@pytest.mark.parametrize("name", TABLE)
def test_every_operation_of_the_table_passes(name) -> None:
    for xs in POINTS[name].ordinary:
        check_grad(public(name), *xs, order=2)


def test_containers_closures_and_several_outputs_pass() -> None:
    w = Value(3.0)
    check_grad(lambda p: w * p["a"] * p["b"][0] ** 2, {"a": 2.0, "b": [3.0]}, order=2)
    check_grad(lambda x, y: [x * y, {"q": x / y}], 2.0, 3.0)
    check_grad(lambda x: f.log(x), 1e-3, order=2)
    check_grad(lambda x: f.exp(x), 300.0)
    check_grad(lambda x: x * 1e-5, 1e6)
    check_grad(own(lambda x: x**3, lambda x: 3 * x**2), Value(2.0))
    check_grad(lambda xs: 1.0, [])
    assert w.grad == 0.0


def forgetful(v):
    """x³ from three uses of x, of which each overwrites the one before."""
    x = v.data
    return Value(x**3, (v,), "forgetful", local_gradient=lambda gradient: (gradient * x**2,))


@pytest.mark.parametrize(
    ("function", "args", "message"),
    [
        (own(math.sin, lambda x: -math.cos(x)), (1.0,), "the sign is wrong"),
        (own(lambda x: x * x, lambda x: 4 * x), (3.0,), "it is twice as much"),
        (own(lambda x: x * x, lambda x: x), (3.0,), "half of it.*or does one contribution overwrite another"),
        (forgetful, (2.0,), "it is 1/3 of it. Do contributions of 3 uses overwrite each other"),
        (own(lambda x: x * x, lambda x: 0.0), (3.0,), "no gradient arrives"),
        (lambda x: x.detach() * 2, (3.0,), "no gradient arrives"),
        (own(lambda x: 1.0, lambda x: 0.5), (3.0,), "the function does not depend on it"),
        (own(lambda x: x, lambda x: math.inf), (3.0,), "it is not finite"),
        (own(lambda x: x**2, lambda x: 7.5 * x), (1.0,), "it is 3.75 times as much"),
        (f.relu, (0.0,), "not differentiable there. From the left the slope is 0, from the right 1"),
        (lambda x: abs(x - 1), (1.0,), None),  # central differences agree with the convention |x|'(0) = 0
        (lambda x: f.sqrt(x), (0.0,), "on one side of this number the function does not exist"),
        (lambda x: f.asin(x), (1.0,), "on one side of this number the function does not exist"),
        (lambda x: x * random.random(), (2.0,), "answers the same numbers differently every time"),
        (lambda x: f.log(x), (1e-8,), None),
        (lambda x: f.sin(x * 1e6), (1.0,), None),  # coarse steps see noise of a small slope
        (lambda x: f.sin(x) - x, (0.0,), None),
    ],
)
def test_the_usual_mistakes_are_guessed(function, args, message) -> None:
    if message is None:
        check_grad(function, *args)
    else:
        with pytest.raises(AssertionError, match=message):
            check_grad(function, *args)


def test_the_message_names_argument_and_output_and_shows_both_numbers() -> None:
    wrong = own(lambda x: x * x, lambda x: -2 * x)
    with pytest.raises(AssertionError) as error:
        check_grad(lambda x, p: {"r": [x, wrong(p["w"][1])]}, 1.0, {"w": [0.0, 3.0]})
    assert str(error.value) == (
        'the derivative of ["r"][1] of <lambda> with respect to args[1]["w"][1] = 3.0 is -6.0, but finite differences '
        "find 6: the sign is wrong"
    )


def test_a_closure_in_floats_has_no_second_derivative() -> None:
    cube = own(lambda x: x**3, lambda x: 3 * x**2)
    check_grad(cube, 2.0)
    with pytest.raises(TypeError, match=r"the derivative of 'own' cannot be differentiated again"):
        check_grad(cube, 2.0, order=2)


def test_a_custom_derivative_can_be_checked_to_second_order() -> None:
    @custom_derivative(lambda out, x: f.cos(x))
    def sine(x):
        return math.sin(x)

    check_grad(sine, 0.5, order=2)


def test_scalars_of_numpy_are_numbers() -> None:
    check_grad(f.sin, np.float64(1.0), order=2)
    check_grad(lambda p: p["a"] * p["b"], {"a": np.float32(0.5), "b": 2.0})
    assert grad(lambda x: x * x)(np.float64(3.0)) == hvp(lambda x: x**3, np.float64(1.0), np.float64(1.0)) == 6.0
    check_grad(own(lambda x: x * x, lambda x: np.float64(2 * x)), 3.0)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match=r"args\[0\] is 2, an int"):
        check_grad(f.sin, 2)
    with pytest.raises(ValueError, match="order must be 1 or 2, got 3"):
        check_grad(f.sin, 2.0, order=3)
    with pytest.raises(TypeError, match="must return one number"):
        check_grad(lambda x: [x, x], 2.0, order=2)
