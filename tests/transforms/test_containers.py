"""Derivatives come back in the form of the argument: lists, dicts, classes, arrays, several arguments and outputs."""

from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest

from autograd import Value, derivative, grad, hessian, hvp, jacobian, jvp, taylor, value_and_grad, vjp
from autograd import functions as f
from autograd.transforms.containers import leaves, rebuilt

Point = namedtuple("Point", "x y")


def test_the_gradient_has_the_form_of_the_argument() -> None:
    def energy(p):
        return p["w"][0] * p["w"][1] + p["b"][0] ** 2 + p["p"].x * p["p"].y

    point = {"w": [2.0, 3.0], "b": (4.0,), "p": Point(5.0, 6.0), "empty": []}
    assert grad(energy)(point) == {"w": [3.0, 2.0], "b": (8.0,), "p": Point(6.0, 5.0), "empty": []}
    assert isinstance(grad(energy)(point)["p"], Point)
    assert point == {"w": [2.0, 3.0], "b": (4.0,), "p": Point(5.0, 6.0), "empty": []}
    assert grad(lambda p: 1.0)([]) == []
    ordered = grad(lambda p: p["b"] * p["a"])(OrderedDict(b=2.0, a=3.0))
    assert (type(ordered), list(ordered.items())) == (OrderedDict, [("b", 3.0), ("a", 2.0)])
    assert grad(lambda p: p["a"])(defaultdict(list, a=2.0))["b"] == []
    assert hessian(lambda p: p["a"] * p["b"])({"a": 2.0, "b": 3.0}) == {
        "a": {"a": 0.0, "b": 1.0},
        "b": {"a": 1.0, "b": 0.0},
    }


def test_arrays_of_numpy_are_containers() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    slopes = grad(lambda x: (x * x).sum())(x)
    assert slopes.dtype == float
    assert slopes.tolist() == [[2.0, 4.0], [6.0, 8.0]]
    matrix = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert jacobian(lambda v: matrix @ v)(np.ones(3)).tolist() == matrix.tolist()
    curvature = hessian(lambda v: f.exp(v[0]) * v[1])(np.array([0.0, 1.0]))
    assert curvature.shape == (2, 2)
    assert curvature.tolist() == [[1.0, 1.0], [1.0, 0.0]]
    assert hvp(lambda v: (v**3).sum(), np.ones(2), np.array([1.0, 2.0])).tolist() == [6.0, 12.0]
    assert grad(lambda v: v.sum())(np.array([], dtype=float)).shape == (0,)
    assert grad(lambda x: x * x)(np.float64(3.0)) == 6.0
    assert jacobian(lambda x: np.outer(x, x))(np.array([1.0, 2.0])).shape == (2, 2, 2)
    assert grad(lambda x: np.array(x * x, dtype=object))(3.0) == 6.0  # an array without dimensions is its number
    assert grad(lambda x: x * x)(np.array(3.0)) == 6.0
    assert vjp(lambda x: [np.array(x * x), x], 3.0)[1]([np.array(1.0), 0.0]) == (6.0,)


def test_argnums_choose_arguments() -> None:
    def g(x, y, name, z=1.0):
        assert name == "left alone"
        return x**2 * y * z

    assert grad(g)(3.0, 2.0, "left alone") == 12.0
    assert grad(g, 1)(3.0, 2.0, "left alone", z=2.0) == 18.0
    assert grad(g, (0, 1))(3.0, 2.0, "left alone") == (12.0, 9.0)
    assert grad(g, -2)(3.0, 2.0, "left alone") == 9.0
    assert grad(g, np.int64(1))(3.0, 2.0, "left alone") == 9.0
    assert derivative(f.exp, np.int64(1))(0.0) == taylor(f.exp, 0.0, np.int64(1))[1] == 1.0
    assert grad(g, (1,))(3.0, 2.0, "left alone") == (9.0,)
    assert hessian(g, (0, 1))(3.0, 2.0, "left alone") == ((4.0, 6.0), (6.0, 0.0))
    assert jacobian(lambda x, y: [x * y, x], argnums=(0, 1))(2.0, 3.0) == [(3.0, 2.0), (1.0, 0.0)]
    assert value_and_grad(g, 1)(3.0, 2.0, "left alone") == (18.0, 9.0)


def test_aux_is_passed_through() -> None:
    def g(x):
        return x**2, {"half": x / 2, "name": "g", "list": [x]}

    slope, aux = grad(g, has_aux=True)(3.0)
    assert (slope, aux) == (6.0, {"half": 1.5, "name": "g", "list": [3.0]})
    assert value_and_grad(g, has_aux=True)(3.0) == ((9.0, aux), 6.0)
    assert isinstance(grad(g, has_aux=True)(Value(3.0))[1]["half"], Value)
    with pytest.raises(TypeError, match="must return a pair"):
        grad(lambda x: x, has_aux=True)(1.0)


def test_several_outputs_are_pulled_back_and_pushed_forward() -> None:
    def g(x, p):
        return {"a": x * p[0], "b": [x + p[1], 7.0]}

    value, pull = vjp(g, 2.0, (3.0, 4.0))
    assert value == {"a": 6.0, "b": [6.0, 7.0]}
    assert pull({"a": 1.0, "b": [0.0, 0.0]}) == (3.0, (2.0, 0.0))
    assert pull({"a": 0.0, "b": [1.0, 5.0]}) == (1.0, (0.0, 1.0))
    assert jvp(g, (2.0, (3.0, 4.0)), (1.0, (0.5, 0.0))) == (value, {"a": 4.0, "b": [1.0, 0.0]})
    assert jacobian(lambda x: {"p": [x, 2 * x], "q": 1.0})(3.0) == {"p": [1.0, 2.0], "q": 0.0}
    assert jvp(lambda x: 5, (1.0,), (1.0,)) == (5.0, 0.0)


def test_a_container_that_hides_some_of_its_numbers_is_refused() -> None:
    class Hiding(dict):
        def values(self):
            return []

    with pytest.raises(RuntimeError, match="has more numbers now than when it was read before"):
        rebuilt(Hiding(x=1.0), leaves(Hiding(x=1.0)))
