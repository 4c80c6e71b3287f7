"""Second derivatives whose numbers on the way are no floats: the right number, an infinity or nan, by every route."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import autograd
from autograd import (
    Value,
    derivative,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    laplacian,
    log,
    norm,
    sqrt,
    sum,
    tanh,
    vjp,
)
from autograd.transforms import ranges
from tests.helpers.ranges import answers


def by_graphs(f: Callable[..., Any], x: float) -> float:
    v = Value(x)
    slope = gradients(f(v), v, create_graph=True)
    assert gradients(slope, v) == pytest.approx(gradients(slope, v, create_graph=True).data, rel=1e-14, nan_ok=True)
    return gradients(slope, v)


ROUTES: dict[str, Callable[..., float]] = {
    "grad of grad": lambda f, x: grad(grad(f))(x),
    "hessian": lambda f, x: hessian(f)(x),
    "hessian of a Value": lambda f, x: hessian(f)(Value(x)).data,
    "hvp": lambda f, x: hvp(f, x, 1.0),
    "hvp of a Value": lambda f, x: hvp(f, Value(x), 1.0).data,
    "laplacian": lambda f, x: laplacian(f)(x),
    "jacobian": lambda f, x: jacobian(grad(f))(x),
    "jvp": lambda f, x: jvp(grad(f), (x,), (1.0,))[1],
    "vjp": lambda f, x: vjp(grad(f), x)[1](1.0)[0],
    "power series": lambda f, x: derivative(f, 2)(x),
    "slope of a power series": lambda f, x: grad(derivative(f, 1))(x),
    "gradients": by_graphs,
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("f", "x", "second"),
    [  # each by hand
        (lambda x: sqrt(x) * x, 1e250, 7.5e-126),  # 3/4 / √x
        (lambda x: x**1.5, 1e200, 7.5e-101),
        (lambda x: log(x) * x, 1e250, 1e-250),
        (lambda x: x**3 * 1e300, 1e-200, 6e100),
        (lambda x: 1e-200 * (1e-200 * (1e300 * x * x)), 1.0, 2e-100),
        (lambda x: tanh(x * 1e-300) * 1e300 * x, 1.0, 2.0),
        (lambda x: sum([sqrt(x), 1.0]) * x, 1e250, 7.5e-126),
        (lambda x: norm([x, 1e200]) * x, 1e200, 2.5 / math.sqrt(2)),  # at a = x: (3 - 1/2) / √2
    ],
)
def test_a_lost_number_on_the_way_is_found_again(route: str, f: Callable[..., Any], x: float, second: float) -> None:
    assert ROUTES[route](f, x) == pytest.approx(second, rel=1e-14)


@pytest.mark.parametrize("n", [3, 4])
def test_higher_orders_too(n: int) -> None:
    def f(x: Any) -> Any:  # whose n-th derivative is c x^(3/2 - n)
        return sqrt(x) * x * 1e100

    coefficient = {3: -3 / 8, 4: 9 / 16}[n]
    nested: Callable[..., Any] = f
    for _ in range(n):
        nested = grad(nested)
    for found in (nested(1e100), derivative(f, n)(1e100), derivative(hessian(f), n - 2)(1e100)):
        assert found == pytest.approx(coefficient * 1e100 * 1e100 ** (1.5 - n), rel=1e-13)


def test_all_numbers_of_a_hessian_and_its_products() -> None:
    def f(v: Sequence[Any]) -> Any:
        return sqrt(v[0]) * v[1]

    at = [1e250, 1e240]  # ∂²/∂x² = -y/4 x^(-3/2), ∂²/∂x∂y = 1/2 x^(-1/2)
    expected = [[-0.25e-135, 0.5e-125], [0.5e-125, 0.0]]
    for found in (hessian(f)(at), jacobian(grad(f))(at), [hvp(f, at, unit) for unit in ([1.0, 0.0], [0.0, 1.0])]):
        for row, right in zip(found, expected, strict=True):
            assert row == pytest.approx(right, rel=1e-14, abs=0)


def test_a_number_put_right_can_be_differentiated_again() -> None:
    second = hessian(lambda x: log(x) * x)(Value(1e250))
    assert second.data == pytest.approx(1e-250, rel=1e-14)
    assert derivative(lambda x: hessian(lambda y: log(y) * y)(x), 1)(1e100) == pytest.approx(-1e-200, rel=1e-14)
    assert grad(lambda x: hessian(lambda y: log(y) * y)(x))(1e100) == pytest.approx(-1e-200, rel=1e-14)


def test_what_was_lost_in_one_call_does_not_slow_later_ones(monkeypatch) -> None:
    looks = []
    monkeypatch.setattr(ranges, "has_lost", lambda results, since: bool(looks.append(since)))
    second = grad(grad(lambda x: x * x * x))
    grad(grad(lambda x: sqrt(x) * x))(1e250)
    assert looks
    looks.clear()
    assert second(2.0) == 12.0
    assert not looks or autograd.engine_name == "python"  # which can ask no mark, and looks always


def test_random_programs_at_the_ends_of_the_range_are_never_finite_and_wrong() -> None:
    n_tried, n_finite = answers(ROUTES.values(), range(120))
    assert n_tried > 30
    assert n_finite > 8 * n_tried  # it answers most
