"""SciPy's optimisers and integrators get their derivatives from here, as functions of NumPy arrays."""

import math
from itertools import pairwise

import numpy as np
import pytest

from autograd import functions as f
from autograd import grad, hessian, hvp, jacobian, value_and_grad

optimize = pytest.importorskip("scipy.optimize", reason="SciPy is not installed")
integrate = pytest.importorskip("scipy.integrate", reason="SciPy is not installed")


def rosenbrock(x):
    return f.sum([100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x)])


START = np.array([1.3, 0.7, 0.8, 1.9])


def test_the_derivatives_are_those_that_scipy_has_of_this_function() -> None:
    assert grad(rosenbrock)(START) == pytest.approx(optimize.rosen_der(START), rel=1e-13)
    assert hessian(rosenbrock)(START) == pytest.approx(optimize.rosen_hess(START), rel=1e-13)
    direction = np.array([1.0, -2.0, 0.5, 3.0])
    product = hvp(rosenbrock, START, direction)
    assert product == pytest.approx(optimize.rosen_hess_prod(START, direction), rel=1e-13)


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "CG"])
def test_minimize_takes_the_gradient(method) -> None:
    found = optimize.minimize(rosenbrock, START, method=method, jac=grad(rosenbrock), tol=1e-12)
    assert found.x == pytest.approx(np.ones(4), abs=1e-5)
    both = optimize.minimize(value_and_grad(rosenbrock), START, method=method, jac=True, tol=1e-12)
    assert both.x.tolist() == found.x.tolist()


@pytest.mark.parametrize("method", ["Newton-CG", "trust-ncg", "trust-exact"])
def test_minimize_takes_the_hessian_or_its_products(method) -> None:
    by = {"hess": hessian(rosenbrock)}
    found = optimize.minimize(rosenbrock, START, method=method, jac=grad(rosenbrock), tol=1e-10, **by)
    assert found.x == pytest.approx(np.ones(4), abs=1e-8)
    if method != "trust-exact":  # which wants the matrix
        products = {"hessp": lambda x, v: hvp(rosenbrock, x, v)}
        found = optimize.minimize(rosenbrock, START, method=method, jac=grad(rosenbrock), tol=1e-10, **products)
        assert found.x == pytest.approx(np.ones(4), abs=1e-8)


def test_least_squares_takes_the_jacobian() -> None:
    times = [0.1 * i for i in range(20)]

    def residuals(p):
        return np.array([p[0] * f.exp(-p[1] * t) - 3 * math.exp(-0.5 * t) for t in times])

    found = optimize.least_squares(residuals, [1.0, 1.0], jac=jacobian(residuals))
    assert found.x == pytest.approx([3.0, 0.5], rel=1e-8)
    assert found.njev is not None


@pytest.mark.parametrize("method", ["Radau", "BDF", "LSODA"])
def test_solve_ivp_takes_the_jacobian_of_a_stiff_system(method) -> None:
    """Robertson's reactions, whose rates differ by nine orders of magnitude."""

    def reactions(t, y):
        return np.array(
            [
                -0.04 * y[0] + 1e4 * y[1] * y[2],
                0.04 * y[0] - 1e4 * y[1] * y[2] - 3e7 * y[1] ** 2,
                3e7 * y[1] ** 2,
            ]
        )

    solution = integrate.solve_ivp(
        reactions, (0, 40), [1.0, 0.0, 0.0], method, jac=jacobian(reactions, argnums=1), rtol=1e-8, atol=1e-12
    )
    assert solution.success
    # Hairer & Wanner, Solving Ordinary Differential Equations II, chapter IV.10
    assert solution.y[:, -1] == pytest.approx([0.7158, 9.185e-6, 0.2842], rel=1e-3)


def test_root_takes_the_jacobian() -> None:
    def system(x):
        return [x[0] + 0.5 * (x[0] - x[1]) ** 3 - 1.0, 0.5 * (x[1] - x[0]) ** 3 + x[1]]

    found = optimize.root(system, [0.0, 0.0], jac=jacobian(system))
    assert found.success
    assert system(found.x) == pytest.approx([0.0, 0.0], abs=1e-10)
