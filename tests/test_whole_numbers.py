"""%, //, divmod, floor, ceil, round, int and ^ of Values; and where, which keeps out what was not chosen."""

import math
import operator

import pytest

import autograd
from autograd import Value, grad, hessian, log, logaddexp, no_grad, sqrt, where, xlogy

nan, inf = math.nan, math.inf
PAIRS = [(5.5, 2.0), (-5.5, 2.0), (5.5, -2.0), (-5.5, -2.0), (6.0, 2.0), (0.7, 0.1), (1e17, 3.0), (-1e-20, 3.0)]


@pytest.mark.parametrize(("x", "y"), PAIRS)
@pytest.mark.parametrize("operation", [operator.mod, operator.floordiv])
def test_the_rest_and_the_quotient_are_those_of_python(operation, x, y) -> None:
    for left, right in ((Value(x), y), (x, Value(y)), (Value(x), Value(y))):
        found = operation(left, right)
        assert isinstance(found, Value)
        assert found.data == operation(x, y)
        assert [each.data for each in divmod(left, right)] == list(divmod(x, y))


def test_their_gradients_are_those_of_pytorch() -> None:
    x, y = Value(-5.5), Value(2.0)
    (x % y).backward()
    assert (x.grad, y.grad) == (1.0, 3.0)
    (x // y).backward()
    assert (x.grad, y.grad) == (1.0, 3.0)
    assert grad(grad(lambda x: x * (x % 2.0)))(5.5) == 2.0
    assert grad(lambda x: x * (x // 2.0))(5.5) == 2.0


@pytest.mark.parametrize("x", [2.5, 3.5, -2.5, 0.4, -0.4, 7.0])
def test_steps_are_those_of_python_and_have_slope_0(x) -> None:
    for of_python, ours in ((math.floor, autograd.floor), (math.ceil, None), (round, autograd.round)):
        v = Value(x)
        found = of_python(v)
        found.backward()
        assert (found.data, v.grad) == (of_python(x), 0.0)
        assert ours is None or (ours(x), type(ours(x))) == (of_python(x), float)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda v: int(v), r"use int\(v\.data\), or autograd\.floor\(v\)"),
        (lambda v: math.trunc(v), r"use int\(v\.data\), or autograd\.floor\(v\)"),
        (lambda v: round(v, 2), r'write f"\{v:\.2f\}", or round\(v\.data, 2\)'),
        (lambda v: autograd.round(v, 2), r'write f"\{v:\.2f\}", or round\(v\.data, 2\)'),
        (lambda v: v ^ 2, r"for a power write \*\*, as in v \*\* 2"),
        (lambda v: 2 ^ v, r"for a power write \*\*, as in v \*\* 2"),
        (lambda v: v % "2", "unsupported operand type"),
        (lambda v: None // v, "unsupported operand type"),
        (lambda v: divmod(v, "2"), "unsupported operand type"),
    ],
)
def test_what_would_lose_the_gradient_says_what_to_write(call, sentence) -> None:
    with pytest.raises(TypeError, match=sentence):
        call(Value(2.5))


def test_no_nan_leaks_from_what_was_not_chosen() -> None:
    def f(x):
        return where(x > 0, lambda: log(x), x * x)

    assert [grad(f)(0.0), grad(grad(f))(0.0), grad(grad(grad(f)))(0.0)] == [0.0, 2.0, 0.0]
    assert [f(2.0), grad(f)(2.0)] == [math.log(2.0), 0.5]

    def g(x):
        return where(x > 0, sqrt(x), x * x)  # sqrt has a slope of inf at 0

    assert [grad(g)(0.0), hessian(lambda v: g(v[0]))([0.0])] == [0.0, [[2.0]]]


def test_where_answers_a_value_if_there_is_one_and_a_float_otherwise() -> None:
    v = Value(3.0)
    assert where(True, 1, v).data == 1.0
    assert (where(True, 1, v).op, where(v, 1, 2).op) == ("constant", "constant")
    assert (where(False, 1, v), where(v > 2, v, 1.0)) == (v, v)
    assert (where(True, 1, 2), type(where(True, 1, 2))) == (1.0, float)
    with no_grad():
        assert where(True, lambda: v * 2, 0.0).data == 6.0
    with pytest.raises(TypeError, match="what where\\(\\) has to choose from must be a real number, got str"):
        where(True, "a", 1.0)


def test_terms_of_an_entropy_are_right_at_probability_0() -> None:
    labels, probabilities = [0.0, 1.0], [0.0, 1.0]
    slopes = grad(lambda ps: -autograd.sum([xlogy(y, p) for y, p in zip(labels, ps, strict=True)]))(probabilities)
    assert slopes == [0.0, -1.0]
    assert hessian(lambda ps: autograd.sum([xlogy(0.0, p) for p in ps]))([0.0, 0.5]) == [[0.0, 0.0], [0.0, 0.0]]
    assert grad(lambda p: xlogy(p, p))(0.0) == -inf


def test_logaddexp_is_the_logsumexp_of_two() -> None:
    assert logaddexp(1000.0, 1000.0) == 1000.0 + math.log(2)
    assert grad(lambda x: logaddexp(x, -inf))(1.0) == 1.0
    assert logaddexp(Value(0.0), 0.0).op == "logsumexp"
