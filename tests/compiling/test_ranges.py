"""Second derivatives within compiled functions, whose numbers on the way are no floats: right, an infinity or nan."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from autograd import (
    Value,
    compile,
    derivative,
    engine_name,
    exp,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    laplacian,
    log,
    norm,
    sigmoid,
    sqrt,
    tanh,
    value_and_grad,
    vjp,
)
from autograd.compiling import compiler
from tests.helpers.ranges import answers


def after(compiled: Callable[..., Any]) -> Callable[..., Any]:
    """One that was recorded where nothing is lost."""
    compiled(2.0)
    return compiled


COMPILED: dict[str, Callable[..., Any]] = {
    "hessian": lambda f: compile(hessian(f)),
    "grad of grad": lambda f: compile(grad(grad(f))),
    "power series": lambda f: compile(derivative(f, 2)),
    "hvp": lambda f: compile(lambda x: hvp(f, x, 1.0)),
    "laplacian": lambda f: compile(laplacian(f)),
    "jacobian": lambda f: compile(jacobian(grad(f))),
    "jvp": lambda f: compile(lambda x: jvp(grad(f), (x,), (1.0,))[1]),
    "vjp": lambda f: compile(lambda x: vjp(grad(f), x)[1](1.0)[0]),
    "grad of compiled grad": lambda f: grad(compile(grad(f))),
    "value_and_grad of compiled grad": lambda f: second_of(value_and_grad(compile(grad(f)))),
    "grad of a call of compiled grad": lambda f: grad(called(compile(grad(f)))),
    "gradients of compiled grad": lambda f: slope_at(compile(grad(f))),
    "a mean over rows": lambda f: of_rows(compile(hessian(f)), "mean"),
    "a row": lambda f: of_rows(compile(hessian(f)), "none"),
    "a row of another path": lambda f: of_rows(
        compile(lambda x: hessian(f)(x) if x < 2.5 else hessian(f)(x) * 1.0), "none"
    ),
}


def called(g: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: g(x)


def second_of(g: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: g(x)[1]


def slope_at(g: Callable[..., Any]) -> Callable[..., Any]:
    def at(x: float) -> Any:
        v = Value(x)
        return gradients(g(v), v)

    return at


def of_rows(c: Any, reduction: str) -> Callable[..., Any]:
    return lambda x: c.map([x, x]) if reduction == "mean" else c.map([2.0, x], reduction="none")[1]


CASES = [  # each by hand
    (lambda x: sqrt(x) * x, 1e250, 7.5e-126),
    (lambda x: log(x) * x, 1e250, 1e-250),
    (lambda x: x**3 * 1e300, 1e-200, 6e100),
    (lambda x: 1e-200 * (1e-200 * (1e300 * x * x)), 1.0, 2e-100),  # what is lost is no variable number
    (lambda x: norm([x, 1e200]) * x, 1e200, 2.5 / math.sqrt(2)),
    (lambda x: sqrt(x) * x if x != 3.0 else x, 1e250, 7.5e-126),  # a comparison of plain numbers
]


@pytest.mark.parametrize("route", COMPILED)
def test_a_lost_number_on_the_way_is_found_again(route: str) -> None:
    for k, (f, x, second) in enumerate(CASES):
        for way in (COMPILED[route](f), after(COMPILED[route](f)))[k % 2 :]:
            found = way(x)
            assert getattr(found, "data", found) == pytest.approx(second, rel=1e-14, abs=0)


def test_derivatives_of_compiled_functions_that_are_recorded_after_many_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "WORTHWHILE", 2)
    for f, x, second in CASES:
        for way in (hessian(compile(f)), grad(grad(compile(f)))):
            for _ in range(3):
                way(2.0)
            assert way(x) == pytest.approx(second, rel=1e-14, abs=0)


def test_a_gradient_that_goes_on_from_second_derivatives() -> None:
    c, v = compile(hessian(lambda x: log(x) * x)), Value(1e100)
    assert c.value_and_grad(1e250) == pytest.approx(1e-250, rel=1e-14, abs=0)
    c(v).backward()
    assert v.grad == pytest.approx(-1e-200, rel=1e-14, abs=0)


@pytest.mark.slow
def test_random_programs_at_the_ends_of_the_range_are_never_finite_and_wrong() -> None:
    routes = [COMPILED[name] for name in ("hessian", "power series", "grad of compiled grad", "a mean over rows")]
    n_tried, n_finite = answers([lambda f, x, route=route: route(f)(x) for route in routes], range(1000, 1045))
    assert n_tried > 15
    assert n_finite > 0.8 * len(routes) * n_tried  # it answers most


@pytest.mark.skipif(engine_name != "native", reason="the textbook engine looks at the numbers, not at marks")
@pytest.mark.parametrize("f", [exp, tanh, sigmoid, log, sqrt, lambda x: x**2.5, lambda x: exp(-x * x) / (1 + x)])
def test_ordinary_numbers_run_as_a_program(f: Callable[..., Any]) -> None:
    c = compile(hessian(lambda x: f(x) * x))
    rows = [1.0 + k / 64 for k in range(40)]
    c(rows[0])
    its = c._latest
    assert all(machine.finite for machine in [its.machine.run(its.captured, [x]) for x in rows])
    assert its.machine_of_rows((1.0,)).run_rows(its.captured, [rows], "none").outputs()


def test_first_derivatives_are_not_watched_forward() -> None:
    assert [after(compile(g)).program.order for g in (lambda x: x * x, grad(sqrt), hessian(sqrt))] == [0, 1, 2]
