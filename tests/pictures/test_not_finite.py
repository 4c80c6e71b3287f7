"""find_nan: the operation that first made a value or a gradient nan or infinite, and why."""

import math

import pytest

from autograd import Value, draw, explain, find_nan, log, logsumexp, norm, sqrt, topological_order
from nn import MLP, gradient_report, mse_loss

inf, nan = math.inf, math.nan


def leaf(x: float, name: str) -> Value:
    return Value(x, label=name)


@pytest.mark.parametrize(
    ("compute", "what", "operation", "sentence"),
    [
        (
            lambda: sqrt(leaf(0.0, "x")) * 0.0,
            "gradient",
            "sqrt",
            "The gradient of x is nan. It comes from v₁ = √x = √0 = 0: there ∂v₁/∂x is infinite, and 0 × inf is nan.",
        ),
        (
            lambda: sqrt(leaf(0.0, "x")) * 3.0,
            "gradient",
            "sqrt",
            "The gradient of x is infinite. It comes from v₁ = √x = √0 = 0: there ∂v₁/∂x is infinite.",
        ),
        (
            lambda: leaf(-2.0, "a") ** leaf(3.0, "n"),
            "gradient",
            "**",
            "The gradient of n is nan. It comes from v₁ = a^n = (−2)^3 = −8: there ∂v₁/∂n is nan, because the slope "
            "does not exist.",
        ),
        (
            lambda: leaf(1e200, "a") * 1e200,
            "value",
            "*",
            "v₁ = a × 1e+200 = 1e+200 × 1e+200 = inf: the result is beyond the largest float, 1.8e308.",
        ),
        (
            lambda: (a := leaf(1e200, "a") * 1e200) - a + leaf(1.0, "b"),
            "value",
            "*",
            "v₁ = a × 1e+200 = 1e+200 × 1e+200 = inf: the result is beyond the largest float, 1.8e308. It makes v₂ = "
            "v₁ − v₁ = inf − inf = nan.",
        ),
        (lambda: leaf(nan, "x") + 1.0, "value", "", "x is nan from the start."),
        (
            lambda: (x := leaf(inf, "x")) - x,
            "value",
            "",
            "x is infinite from the start. It makes v₁ = x − x = inf − inf = nan.",
        ),
        (
            lambda: (x := leaf(0.0, "x")) * 1e308 + x * 1e308,
            "gradient",
            "*",
            "The gradient of x is infinite. It comes from v₁ = x × 1e+308 = 0 × 1e+308 = 0: the sum of what the "
            "gradient gets is beyond the largest float, 1.8e308.",
        ),
        (
            lambda: leaf(1.0, "x") * 1e200 * 1e200 * 1e-200,
            "value",
            "*",
            None,
        ),
        (
            lambda: leaf(1e-200, "x") * 1e200 * 1e200,
            "gradient",
            "*",
            "The gradient of x is infinite. It comes from v₁ = x × 1e+200 = 1e−200 × 1e+200 = 1: 1e+200 × 1e+200 is "
            "beyond the largest float, 1.8e308.",
        ),
    ],
)
def test_the_first_operation_is_named_with_its_numbers(compute, what, operation, sentence) -> None:
    result = compute()
    before = [node.grad for node in topological_order(result)]
    found = find_nan(result)
    assert (found.what, found.operation) == (what, operation)
    assert sentence in (None, str(find_nan(compute())))  # where no variable gives it a name
    assert [node.grad for node in topological_order(result)] == before


@pytest.mark.parametrize(
    "compute",
    [
        lambda: sqrt(leaf(4.0, "x")),
        lambda: logsumexp([leaf(-inf, "masked"), leaf(1.0, "x")]),
        lambda: norm([leaf(0.0, "x"), leaf(0.0, "y")]),
        lambda: log(leaf(1e-300, "x")),
        lambda: leaf(1.0, "x"),
    ],
)
def test_where_all_is_finite_there_is_nothing_to_say(compute) -> None:
    assert find_nan(compute()) is None
    assert "nan" not in str(explain(compute()))


def test_an_operation_of_ones_own_is_found() -> None:
    x = leaf(2.0, "x")
    own = Value(1.0, (x,), "own", local_gradient=lambda gradient: (gradient * nan,))
    assert str(find_nan(own * 3)).startswith("The gradient of x is nan. It comes from own = own(x)")
    assert find_nan(Value(nan, (x,), "own", local_gradient=lambda gradient: (gradient,))).node.op == "own"


def test_values_of_another_engine_are_followed() -> None:
    class Number:
        def __init__(self, data, _prev=(), _op=""):
            self.data, self._prev, self._op, self.grad = data, _prev, _op, 0.0

    a = Number(inf)
    assert find_nan(Number(nan, (a, a), "-")).sentence.startswith("a is infinite from the start")
    with pytest.raises(TypeError, match="find_nan takes a Value, got float"):
        find_nan(1.0)


def test_an_explanation_ends_with_it() -> None:
    x = leaf(0.0, "x")
    y = sqrt(x) * 0.0
    assert str(find_nan(y)) in str(explain(y))
    assert draw(y).svg


def test_the_report_of_gradients_says_where_a_nan_came_from() -> None:
    model = MLP(1, [2, 1])
    loss = sqrt(mse_loss([model([1.0])], [model([1.0]).data]))  # no error at all: the root is infinitely steep
    loss.backward()
    report = gradient_report(model, loss)
    assert "infinite" in report.trouble
    assert repr(report).endswith(report.trouble)
    assert "Give the loss" in repr(gradient_report(model))
    good = mse_loss([model([1.0])], [0.0])
    model.zero_grad()
    good.backward()
    assert gradient_report(model, good).trouble == ""
