"""An error that an operation raises, or would raise at other numbers, is never lost in a compiled function."""

import itertools
import math
from contextlib import suppress

import pytest

import autograd
from autograd import Value
from autograd.compiling.tracing import NEVER_FAIL
from autograd.derivatives import TABLE


@autograd.custom_derivative(lambda out, x: 1 / x)
def own_log(x):
    return math.log(x)


@autograd.custom_derivative(lambda out, x: 1 / x)
def own_logarithm(x):
    if x <= 0:
        raise LookupError(x)
    return math.log(x)


ERRORS = (ValueError, ArithmeticError, LookupError)


def caught(compute, other):
    def f(x):
        try:
            found = compute(x)
        except ERRORS:
            found = other
        return x * 2 + 1 if found < 0 else x * 3 + found

    return f


CAUGHT = {
    "log": autograd.log,
    "sqrt": autograd.sqrt,
    "reciprocal": lambda x: 1 / x,
    "a quotient of two": lambda x: (x + 1) / (x - 2),
    "a power": lambda x: x**0.5,
    "exp, which overflows": autograd.exp,
    "atanh": autograd.atanh,
    "an operation of your own": own_log,
    "one that raises another error": own_logarithm,
}


@pytest.mark.parametrize("other", [-5.0, 5.0])
@pytest.mark.parametrize("name", CAUGHT)
def test_an_error_that_is_caught_decides_anew_at_every_call(name, other):
    f = caught(CAUGHT[name], other)
    points = [-1.0, 3.0, 0.0, -0.0, 2.0, 0.5, 1000.0, -2.0, 800.0, 1.0, 3.0, -1.0, 0.0]
    for order in (points, points[::-1], points[2:]):
        compiled = autograd.compile(f)
        for x in order:
            assert compiled(x).data == pytest.approx(f(Value(x)).data, rel=1e-14), (x, order)


def test_an_error_of_the_domain_takes_one_recording():
    compiled = autograd.compile(caught(autograd.log, -5.0))
    for x in (-1.0, -2.0, -3.0, 0.0):
        compiled(x)
    assert compiled.statistics["recordings"] == 1


def tried(compute):
    """Only whether there is an error decides: no result depends on the number itself."""

    def f(x):
        try:
            compute(x)
            return x * 2
        except ERRORS:
            return x * 3

    return f


def suppressed(compute):
    def f(x):
        found = x * 3
        with suppress(*ERRORS):
            compute(x)
            found = x * 2
        return found

    return f


def tried_further_out(compute):
    def inner(x):
        return [compute(each) for each in (x * 1,)]

    def f(x):
        try:
            inner(x)
        except ERRORS:
            return x * 3
        return x * 2

    return f


POINTS = [3.0, -1.0, 0.0, -0.0, 2.0, 0.5, 1000.0, -2.0, 800.0, 1.0, 3.0]


@pytest.mark.parametrize("catch", [tried, suppressed, tried_further_out])
@pytest.mark.parametrize("name", CAUGHT)
def test_an_operation_whose_result_is_dropped_decides_too(name, catch):
    f = catch(CAUGHT[name])
    for points in (POINTS, POINTS[::-1], POINTS[2:]):
        compiled = autograd.compile(f)
        for x in points:
            assert compiled(x).data == f(Value(x)).data, (x, points)
        rows = autograd.compile(f).map(points, reduction="none")
        assert [x.data for x in rows] == [f(Value(x)).data for x in points]


@pytest.mark.parametrize("name", CAUGHT)
def test_an_error_is_raised_though_the_result_is_dropped(name):
    def f(x):
        CAUGHT[name](x)
        return x * 2

    for points in (POINTS, POINTS[::-1]):
        compiled = autograd.compile(f)
        for x in points:
            try:
                expected = f(Value(x)).data
            except ERRORS as error:
                with pytest.raises(type(error)):
                    compiled(x)
            else:
                assert compiled(x).data == expected


def test_no_comparison_is_added_where_nothing_is_caught_and_nothing_is_dropped():
    compiled = autograd.compile(lambda x: autograd.log(x) / autograd.sqrt(x) + autograd.exp(x))
    compiled(2.0)
    assert not compiled.program.guards


NUMBERS = [0.0, -0.0, 1.0, -2.5, 5e-324, 1e308, -1e308, 800.0, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize("name", sorted(NEVER_FAIL))
def test_what_is_said_never_to_fail_never_does(name):
    op = TABLE[name]
    for operands in itertools.product(NUMBERS, repeat=len(op.operands) or 4):
        op.value(*operands)


@pytest.mark.parametrize("points", [(3.0, -2.0), (-2.0, 3.0)])
@pytest.mark.parametrize("catch", [tried, lambda compute: caught(compute, -5.0)])
@pytest.mark.parametrize("name", ["log", "sqrt"])
def test_a_row_takes_the_path_that_its_domain_allows_in_pytorch(name, catch, points):
    torch = pytest.importorskip("torch")
    f = catch(CAUGHT[name])
    compiled = autograd.compile(f)
    for x in (*points, 0.5):  # a small logarithm is below 0
        compiled(x)
    exported = compiled.to_torch(all_paths=True)
    for x in (3.0, 0.5, -2.0, -7.0):
        leaf, row = Value(x), torch.tensor(x, dtype=torch.float64, requires_grad=True)
        right, found = f(leaf), exported(exported.parameters, row)
        right.backward()
        found.backward()
        assert (found.item(), row.grad.item()) == pytest.approx((right.data, leaf.grad))


def test_a_program_in_pytorch_says_nan_where_the_function_raises_an_error():
    torch = pytest.importorskip("torch")

    def f(x):
        autograd.log(x)
        return x * 2

    exported = autograd.compile(f).to_torch(3.0)
    assert exported(exported.parameters, torch.tensor(2.0)).item() == 4.0
    assert math.isnan(exported(exported.parameters, torch.tensor(-1.0)).item())
