"""Holds every entry of the table of derivatives against mpmath, SymPy and PyTorch: values, gradients, edges, errors.

A new entry of the table needs definitions in mpmath and SymPy and points, in tests/helpers/operations.py, and its
errors, if it has any: a test says which of them are missing.
"""

import itertools
import math
import operator
import random
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
import pytest
import sympy

import autograd
from autograd import Value, functions, topological_order
from autograd.derivatives import TABLE, Operation
from tests.helpers.operations import (
    AFTER_1,
    FUNCTIONS,
    GRADIENT_SCALE,
    IN_MPMATH,
    IN_SYMPY,
    KINKS,
    NEXT_TO_1,
    POINTS,
    VALUE_SCALE,
    ByTheTable,
    bits,
    mp,
    public,
    random_points,
    signed,
    true_gradient,
    ulps,
)

inf, nan = math.inf, math.nan

# Errors are counted in units in the last place of the true result.
VALUE_ULP = 2.0  # math's functions promise about 1
GRADIENT_ULP = 3.0  # a few roundings


def values(xs: tuple[float, ...]) -> list[Value]:
    return [Value(x, label=f"x{i}") for i, x in enumerate(xs)]


def gradients(op: Callable[..., Value], xs: tuple[float, ...]) -> list[float]:
    operands = values(xs)
    op(*operands).backward()
    return [operand.grad for operand in operands]


every_operation = pytest.mark.parametrize("op", TABLE.values(), ids=list(TABLE))


@every_operation
def test_value_and_gradient_have_the_digits_of_mpmath(op: Operation, in_full) -> None:
    for xs in POINTS[op.name].ordinary + POINTS[op.name].edges + random_points(op.name, 30 if in_full else 3):
        operands = values(xs)
        out = op(*operands)
        out.backward()
        found = [operand.grad for operand in operands]
        with mp.workdps(900):
            exact = [mp.mpf(x) for x in xs]
            true, slopes = IN_MPMATH[op.name](*exact), true_gradient(op.name, xs)
            value_scale = VALUE_SCALE.get(op.name, lambda *_: 0)(*exact)
            slope_scale = GRADIENT_SCALE.get(op.name, lambda *_: 0)(*exact)
            value_error = ulps(out.data, true, value_scale, math.ulp(0.0))
            errors = [ulps(g, slope, slope_scale, sys.float_info.min) for g, slope in zip(found, slopes, strict=True)]
        assert value_error <= (2.5 if op.name == "gelu" else VALUE_ULP), (xs, out.data, true)
        assert max(errors) <= GRADIENT_ULP, (xs, found, slopes)
        assert bits([op(*xs)]) == bits([out.data])
        # a leaf's grad grows from 0.0, and 0.0 + -0.0 is 0.0
        assert bits(0.0 + slope for slope in op.partials(out.data, *xs)) == bits(found)


@every_operation
def test_backward_succeeds_wherever_the_value_exists(op: Operation) -> None:
    extremes = (0.0, -0.0, 5e-324, 1e-200, 0.5, -1.0, 1e200, -1e308, inf, -inf, nan)
    for xs in itertools.product(extremes, repeat=len(op.operands) or 2):
        operands = values(xs)
        try:
            out = op(*operands)
        except (ValueError, ArithmeticError):
            continue
        out.backward()
        assert all(isinstance(operand.grad, float) for operand in operands)


@pytest.mark.parametrize(
    ("name", "xs", "expected"),
    [
        ("/", (1.0, 1e-200), (1e200, -inf)),
        ("**", (1e-200, -1.0), (-inf, -200 * math.log(10) * 1e200)),
        ("log", (5e-324,), (inf,)),
        ("log1p", (-NEXT_TO_1,), (2.0**53,)),
    ],
)
def test_a_gradient_beyond_the_largest_float_is_infinite(name, xs, expected) -> None:
    assert gradients(TABLE[name], xs) == pytest.approx(expected, rel=1e-15)


# The local gradient as an expression


class Symbolic(ByTheTable):
    """A SymPy expression; comparisons, which choose the branch, are decided at a sample point."""

    def __init__(self, expression: Any, sample: dict[sympy.Symbol, float]) -> None:
        self.expression = expression
        self.sample = sample

    @staticmethod
    def __operation__(op: Operation, operands: tuple[Any, ...]) -> "Symbolic":
        sample = next(x.sample for x in operands if isinstance(x, Symbolic))
        return Symbolic(IN_SYMPY[op.name](*map(expression_of, operands)), sample)

    def at_sample(self) -> float:
        return float(self.expression.evalf(30, subs=self.sample))

    __lt__, __le__ = (lambda x, y: x.at_sample() < sample_of(y)), (lambda x, y: x.at_sample() <= sample_of(y))
    __gt__, __ge__ = (lambda x, y: x.at_sample() > sample_of(y)), (lambda x, y: x.at_sample() >= sample_of(y))


def sample_of(x: Any) -> float:
    return x.at_sample() if isinstance(x, Symbolic) else x


def expression_of(x: Any) -> Any:
    """The exact number that a float of the table stands for: log(2) for 0.6931471805599453, 1/3 for 0.333…"""
    if isinstance(x, Symbolic):
        return x.expression
    if math.isnan(x):
        return sympy.nan
    roots = [sympy.sqrt(2), sympy.sqrt(sympy.pi), sympy.sqrt(2 * sympy.pi), 2 / sympy.sqrt(sympy.pi)]
    for constant in [
        sympy.pi,
        sympy.log(2),
        1 / sympy.log(2),
        1 / sympy.log(10),
        *roots,
        1 / sympy.sqrt(2 * sympy.pi),
    ]:
        if abs(abs(x) - float(constant)) <= math.ulp(x):
            return constant * int(math.copysign(1, x))
    simple = Fraction(x).limit_denominator(1000)
    return sympy.Rational(simple if float(simple) == x else Fraction(x))


def vanishes(expression: Any, sample: dict[sympy.Symbol, float]) -> bool:
    """By proof, or else to 40 digits at the sample and four points around it."""
    if expression == 0 or sympy.simplify(expression) == 0:
        return True
    around = [{x: sympy.Rational(at) * (1 + sympy.Rational(k, 97)) for x, at in sample.items()} for k in range(5)]
    return all(abs(expression.subs(point).evalf(60)) < sympy.Float("1e-40") for point in around)


@pytest.mark.once
@pytest.mark.parametrize(("name", "xs"), [(name, xs) for name in TABLE for xs in POINTS[name].ordinary])
def test_partials_is_the_derivative_that_sympy_finds(name, xs) -> None:
    symbols = sympy.symbols(f"x:{len(xs)}", real=True)
    sample = dict(zip(symbols, xs, strict=True))
    operands = [Symbolic(symbol, sample) for symbol in symbols]
    out = TABLE[name](*operands)
    for symbol, slope in zip(symbols, TABLE[name].partials(out, *operands), strict=True):
        difference = sympy.diff(out.expression, symbol) - expression_of(slope)
        assert vanishes(difference, sample), (symbol, sympy.diff(out.expression, symbol), expression_of(slope))


def test_a_power_of_a_negative_base_has_the_derivative_that_sympy_finds() -> None:
    x = sympy.Symbol("x", negative=True)
    for exponent in (3.0, 2.0, 1.0, 0.0, -1.0, -2.0):
        base = Symbolic(x, {x: -1.5})
        slope, _ = TABLE["**"].partials(base**exponent, base, exponent)
        assert vanishes(sympy.diff(x ** int(exponent), x) - expression_of(slope), {x: -1.5})


# Kinks and poles: conventions, which are PyTorch's where PyTorch has the operation

# PyTorch has no cube root, and no derivative of //. At (0, 0) its hypot answers nan, where ours agrees with norm, and
# with PyTorch's norm; and its xlogy 0 by x and nan by y, where the limits are -inf, and 0 for x = 0.
NOT_AS_IN_PYTORCH = {"cbrt", "hypot", "//", "xlogy"}


@pytest.mark.parametrize(("name", "xs", "expected"), KINKS)
def test_convention_at_a_kink_or_pole(name, xs, expected) -> None:
    assert gradients(TABLE[name], xs) == pytest.approx(expected, rel=0, abs=0, nan_ok=True)


@pytest.mark.parametrize(("name", "xs", "expected"), [kink for kink in KINKS if kink[0] not in NOT_AS_IN_PYTORCH])
def test_convention_is_that_of_pytorch(name, xs, expected) -> None:
    torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    in_torch = {
        "**": torch.pow,
        "%": torch.remainder,
        "norm": lambda *xs: torch.linalg.vector_norm(torch.stack(xs)),
        "max": lambda *xs: torch.amax(torch.stack(xs), 0),
        "min": lambda *xs: torch.amin(torch.stack(xs), 0),
        "clip": torch.clamp,
        "leaky_relu": lambda x, slope: torch.nn.functional.prelu(x.reshape(1), slope.reshape(1)).sum(),
        # elu's alpha is a constant in PyTorch
        "elu": lambda x, alpha: torch.nn.functional.elu(x, alpha.item()) + 0 * alpha,
    }
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in xs]
    in_torch.get(name, getattr(torch, name, None))(*tensors).backward()
    assert [tensor.grad.item() for tensor in tensors] == pytest.approx(expected, rel=0, abs=0, nan_ok=True)


# Domain errors

ERRORS = [
    ("/", (3.0, 0.0), ZeroDivisionError),
    ("/", (0.0, -0.0), ZeroDivisionError),
    *[(name, (5.0, 0.0), ZeroDivisionError) for name in ("%", "//")],
    *[(name, (inf, 2.0), ValueError) for name in ("%", "//")],
    *[("xlogy", (x, y), ValueError) for x, y in ((2.0, 0.0), (1.0, -1.0), (0.0, -1.0))],
    ("**", (0.0, -1.5), ZeroDivisionError),
    ("**", (-8.0, 0.5), ValueError),
    ("**", (1e200, 2.0), OverflowError),
    ("exp", (1000.0,), OverflowError),
    ("exp2", (1024.0,), OverflowError),
    ("expm1", (1000.0,), OverflowError),
    ("sinh", (-1000.0,), OverflowError),
    ("cosh", (1000.0,), OverflowError),
    *[(name, (x,), ValueError) for name in ("log", "log2", "log10") for x in (0.0, -0.0, -1.5, -inf)],
    *[("log1p", (x,), ValueError) for x in (-1.0, -1.5)],
    *[("sqrt", (x,), ValueError) for x in (-5e-324, -1.5, -inf)],
    *[(name, (x,), ValueError) for name in ("sin", "cos", "tan") for x in (inf, -inf)],
    *[(name, (x,), ValueError) for name in ("asin", "acos") for x in (AFTER_1, -1.5, inf)],
    *[("acosh", (x,), ValueError) for x in (NEXT_TO_1, -1.5)],
    *[("atanh", (x,), ValueError) for x in (1.0, -1.0, 1.5)],
    ("clip", (0.5, 2.0, 1.0), ValueError),
]
WITHOUT_ERRORS = {
    *(
        "+",
        "-",
        "*",
        "neg",
        "floor",
        "round",
        "reciprocal",
        "sinc",
        "abs",
        "cbrt",
        "hypot",
        "atan",
        "atan2",
        "sech",
        "tanh",
        "asinh",
    ),
    *("erf", "erfc", "bell", "gauss"),
    *("relu", "leaky_relu", "elu", "sigmoid", "softplus", "silu", "gelu"),
    *("max", "min", "sum", "mean", "prod", "dot", "norm", "logsumexp"),
}


def test_the_cases_cover_the_whole_table() -> None:
    for cases in (IN_MPMATH, IN_SYMPY, POINTS):
        assert set(cases) == set(TABLE)
    assert {name for name, _, _ in ERRORS} | WITHOUT_ERRORS == set(TABLE)


@pytest.mark.parametrize(("name", "xs", "error"), ERRORS)
def test_error_names_operation_operands_and_labels(name, xs, error) -> None:
    with pytest.raises(error) as of_floats:
        public(name, tables=True)(*xs)
    with pytest.raises(error) as of_values:
        public(name)(*values(xs))
    assert type(of_floats.value) is type(of_values.value) is error
    for message in (str(of_floats.value), str(of_values.value)):
        assert f"'{name}'" in message
        assert all(repr(x) in message for x in xs)
        assert ("overflows" if error is OverflowError else "it needs") in message
    assert "labelled" not in str(of_floats.value)
    assert all(f"{x!r} (labelled 'x{i}')" in str(of_values.value) for i, x in enumerate(xs))


@pytest.mark.parametrize("name", sorted(WITHOUT_ERRORS))
def test_operation_answers_every_number(name) -> None:
    extremes = (0.0, -0.0, 5e-324, 0.5, -1.0, 1e308, -1e308, inf, -inf, nan)
    for xs in itertools.product(extremes, repeat=len(TABLE[name].operands) or 2):
        assert isinstance(TABLE[name](*xs), float)


@pytest.mark.parametrize("name", ["max", "min", "mean", "logsumexp", "softmax", "log_softmax"])
def test_no_numbers_at_all_are_an_error_that_names_the_function(name) -> None:
    with pytest.raises(ValueError, match=f"^{name} needs at least one number"):
        getattr(functions, name)([])


@pytest.mark.parametrize(("name", "expected"), [("sum", 0.0), ("prod", 1.0), ("norm", 0.0)])
def test_of_no_numbers_sum_product_and_norm_are_the_neutral_element(name, expected) -> None:
    assert getattr(functions, name)([]) == expected


def test_dot_needs_as_many_numbers_on_both_sides() -> None:
    with pytest.raises(ValueError, match=r"dot .* got 1 and 2 numbers"):
        functions.dot([Value(1.0)], [1.0, 2.0])


@pytest.mark.parametrize("wrong", ["0.5", 1j, None, [1.0]])
def test_what_is_not_a_real_number_is_refused(wrong) -> None:
    for name in ("exp", "hypot", "leaky_relu"):
        xs = (wrong,) if name == "exp" else (Value(1.0), wrong)
        with pytest.raises(TypeError, match=f"'{name}' must be a real number, got {type(wrong).__name__}"):
            getattr(functions, name)(*xs)


# Functions, operators and methods


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_operation_has_a_documented_public_function(name) -> None:
    function = getattr(functions, name)
    assert getattr(autograd, name) is function
    assert ">>> " in function.__doc__


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_makes_floats_of_numbers(name) -> None:
    xs = POINTS[name].ordinary[0]
    assert type(public(name)(*xs)) is float
    whole = [0 if name == "atanh" else 1] * len(xs)
    found = public(name)(*whole)
    assert type(found) is float
    assert bits([found]) == bits([TABLE[name](*map(float, whole))])


@every_operation
def test_function_or_operator_makes_values_of_values_and_of_mixtures(op: Operation) -> None:
    for xs in POINTS[op.name].ordinary:
        all_gradients = gradients(op, xs)
        for mixture in itertools.product((True, False), repeat=len(xs)):
            if any(mixture):
                operands = [Value(x) if is_value else x for x, is_value in zip(xs, mixture, strict=True)]
                out = public(op.name)(*operands)
                assert isinstance(out, Value)
                assert (out.op, bits([out.data])) == (op.name, bits([op(*xs)]))
                out.backward()
                found = [x.grad for x in operands if isinstance(x, Value)]
                assert bits(found) == bits(itertools.compress(all_gradients, mixture))


@pytest.mark.parametrize("two", [2, 2.0, Fraction(2)])
@pytest.mark.parametrize(
    ("of", "data", "grad"),
    [
        (lambda v, two: two + v, 6.0, 1.0),
        (lambda v, two: v + two, 6.0, 1.0),
        (lambda v, two: two - v, -2.0, -1.0),
        (lambda v, two: v - two, 2.0, 1.0),
        (lambda v, two: two * v, 8.0, 2.0),
        (lambda v, two: v * two, 8.0, 2.0),
        (lambda v, two: two / v, 0.5, -0.125),
        (lambda v, two: v / two, 2.0, 0.5),
        (lambda v, two: two**v, 16.0, 16 * math.log(2)),
        (lambda v, two: v**two, 16.0, 8.0),
    ],
)
def test_a_number_may_stand_on_either_side_of_an_operator(of, data, grad, two) -> None:
    v = Value(4.0)
    out = of(v, two)
    out.backward()
    assert (out.data, v.grad) == (data, grad)


SMALL = [np.float32, np.float16, np.float64, lambda x: np.array(x, np.float32), lambda x: np.array(x, np.float16)]
OF_VECTORS = {
    "softmax": functions.softmax,
    "log_softmax": functions.log_softmax,
    "linear": lambda xs: functions.linear([xs, xs], xs, xs[:2]),
    "linear and tanh": lambda xs: functions.linear([xs, xs], xs, xs[:2], functions.tanh),
    "logsumexp of an array": lambda xs: [functions.logsumexp(np.array(xs))],
    "max of an array": lambda xs: [functions.max(np.array(xs)), functions.min(xs)],
}


@pytest.mark.parametrize("small", SMALL)
@pytest.mark.parametrize("name", [*FUNCTIONS, *OF_VECTORS])
def test_small_floats_of_numpy_are_computed_with_as_floats(name, small) -> None:
    for xs in POINTS[name].ordinary if name in POINTS else [(1.1, 2.2, 0.3)]:
        numbers = [small(x) for x in xs]
        function = OF_VECTORS.get(name) or (lambda xs: [public(name)(*xs)])
        found, expected = function(numbers), function([float(x) for x in numbers])
        assert all(type(x) is float for x in found), found
        assert bits(found) == bits(expected)


METHODS = [name for name in FUNCTIONS if hasattr(Value, name)]


def test_every_function_of_one_number_is_a_method_too() -> None:
    of_one_number = {name for name in FUNCTIONS if len(TABLE[name].operands) == 1}
    only_functions = {
        "abs",
        "sech",
        "bell",
        "gauss",
        "reciprocal",
        "floor",
        "round",
        "sinc",
    }  # abs(v) is Python's; others serve derivatives
    assert of_one_number - set(METHODS) <= only_functions


@pytest.mark.parametrize("name", METHODS)
def test_method_agrees_with_function_bit_for_bit(name) -> None:
    for xs in POINTS[name].ordinary + POINTS[name].edges:
        first, *others = values(xs)
        out = getattr(first, name)(*others)
        out.backward()
        assert bits([out.data]) == bits([getattr(functions, name)(*values(xs)).data])
        assert bits([x.grad for x in (first, *others)]) == bits(gradients(getattr(functions, name), xs))


# Derivatives of derivatives

SMOOTH_AT_ZERO = [
    *[(name, (0.0,)) for name in ("exp", "exp2", "expm1", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "neg")],
    *[(name, (0.0,)) for name in ("sinh", "cosh", "sech", "tanh", "asinh", "atanh", "erf", "erfc")],
    *[(name, (0.0,)) for name in ("sigmoid", "softplus", "silu", "gelu")],
    *[(name, (0.0, 0.0)) for name in ("+", "-", "*", "logsumexp", "dot")],
    *[(name, (0.0, 0.0, 0.0)) for name in ("sum", "mean", "prod")],
    *[(name, (0.0, 2.0)) for name in ("/", "hypot", "norm", "atan2", "max", "min")],
]


def derivatives(out: Value, xs: list[Value]) -> list[Value]:
    """backward() with Values for gradients, which can be differentiated again."""
    arriving = {out: Value(1.0)}
    for node in reversed(topological_order(out)):
        if node.parents and node in arriving:
            for parent, contribution in zip(node.parents, node.local_gradient(arriving[node]), strict=True):
                assert isinstance(contribution, Value)
                arriving[parent] = arriving[parent] + contribution if parent in arriving else contribution
    return [arriving.get(x, Value(0.0)) for x in xs]


@pytest.mark.parametrize(
    ("name", "xs"), [*SMOOTH_AT_ZERO, *[(name, xs) for name in TABLE for xs in POINTS[name].ordinary]]
)
def test_second_and_third_derivatives_are_those_of_mpmath(name, xs) -> None:
    operands = values(xs)
    numbers = range(len(xs))
    first = derivatives(TABLE[name](*operands), operands)
    second = [derivatives(slope, operands) for slope in first]
    found = {(i, j): second[i][j].data for i in numbers for j in numbers}
    for i, j in itertools.combinations_with_replacement(numbers, 2):
        found |= {(i, j, k): third.data for k, third in enumerate(derivatives(second[i][j], operands)) if k >= j}
    for which, derivative in found.items():
        orders = tuple(which.count(i) for i in numbers)
        true = mp.diff(IN_MPMATH[name], tuple(map(mp.mpf, xs)), orders)
        assert derivative == pytest.approx(float(true), rel=1e-13, abs=1e-14), which


@pytest.mark.parametrize("x", [0.0, -0.0, -1.5, 2.0])
def test_higher_derivatives_of_a_cube_are_those_of_algebra(x) -> None:
    v = Value(x)
    found = [v**3]
    for _ in range(4):
        found += derivatives(found[-1], [v])
    assert [y.data for y in found] == [x**3, 3 * x**2, 6 * x, 6.0, 0.0]


# Large numbers, zeros and nan

LOGITS = [(1000.0, 0.0, -1000.0), (-1000.0, -1000.0, -1001.0), (1000.0, 1000.0, 999.0), (1e300, -1e300, 0.0), (3.0,)]


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "silu", "gelu", "tanh", "sech", "erfc"])
def test_activation_is_right_where_exp_would_overflow(name) -> None:
    for x in (1000.0, -1000.0):
        with mp.workdps(900):
            value, slope = IN_MPMATH[name](mp.mpf(x)), true_gradient(name, (x,))[0]
        v = Value(x)
        out = TABLE[name](v)
        out.backward()
        assert [out.data, v.grad] == [float(value), float(slope)]


@pytest.mark.parametrize("xs", LOGITS)
def test_softmax_and_its_relatives_do_not_overflow(xs) -> None:
    with mp.workdps(900):
        log_of_sum = IN_MPMATH["logsumexp"](*map(mp.mpf, xs))
        logs = [float(x - log_of_sum) for x in xs]
        probabilities = [float(mp.exp(x - log_of_sum)) for x in xs]
    assert functions.logsumexp(xs) == pytest.approx(float(log_of_sum), rel=1e-15)
    assert functions.softmax(xs) == pytest.approx(probabilities, rel=1e-15)
    assert functions.log_softmax(xs) == pytest.approx(logs, rel=1e-15)
    for i, j in itertools.product(range(len(xs)), repeat=2):
        p_i, p_j, same = probabilities[i], probabilities[j], float(i == j)
        for function, expected in [
            (lambda *xs: functions.logsumexp(xs), p_j),
            (lambda *xs, i=i: functions.softmax(xs)[i], p_i * (same - p_j)),
            (lambda *xs, i=i: functions.log_softmax(xs)[i], same - p_j),
        ]:
            assert gradients(function, xs)[j] == pytest.approx(expected, rel=1e-15, abs=1e-15)


@pytest.mark.parametrize(
    ("xs", "value", "slopes"),
    [
        ((1e200, 1e200, 1e-300), 1e100, (1e-100, 1e-100, inf)),
        ((1e-200, 1e-200, 1e300), 1e-100, (1e100, 1e100, 0.0)),
        ((1e-160, 1.2345e-163, 1e200), 1.2345e-123, (1.2345e37, 1e40, 1.2345e-323)),
        ((1e200, 1e-200, 1e200, 1e-200), 1.0, (1e-200, 1e200, 1e-200, 1e200)),
        ((inf, 2.0), inf, (2.0, inf)),
    ],
)
def test_a_product_does_not_run_out_of_range_on_the_way(xs, value, slopes) -> None:
    assert functions.prod(xs) == pytest.approx(value, rel=1e-15)
    assert gradients(public("prod"), xs) == pytest.approx(slopes, rel=1e-15, abs=1e-323)


@pytest.mark.parametrize(
    ("xs", "expected"),
    [
        ((2.0, 0.0, 5.0), (0.0, 10.0, 0.0)),
        ((0.0, 0.0, 5.0), (0.0, 0.0, 0.0)),
        ((0.0, 0.0), (0.0, 0.0)),
        ((0.0,), (1.0,)),
        ((2.0, 3.0, 5.0), (15.0, 10.0, 6.0)),
    ],
)
def test_gradient_of_a_product_is_right_at_zeros(xs, expected) -> None:
    assert gradients(public("prod"), xs) == list(expected)


@pytest.mark.parametrize("name", ["sum", "dot"])
def test_one_node_is_bit_for_bit_the_chain_that_it_stands_for(name) -> None:
    chance = random.Random(name)
    for number in (2, 3, 10, 100):
        xs = [signed(1e-9, 1e9)(chance) for _ in range(2 * number)]
        chained = xs if name == "sum" else map(operator.mul, xs[:number], xs[number:])
        assert bits([public(name)(*xs)]) == bits([reduce(operator.add, chained)])
        nodes = values(tuple(xs))
        chained = nodes if name == "sum" else map(operator.mul, nodes[:number], nodes[number:])
        reduce(operator.add, chained).backward()
        assert bits(node.grad for node in nodes) == bits(gradients(public(name), tuple(xs)))
    assert bits([functions.sum([-0.0, -0.0])]) == bits([-0.0])


@pytest.mark.parametrize("name", ["max", "min"])
def test_nan_among_the_operands_is_the_result(name) -> None:
    for xs in itertools.permutations((1.0, nan, 2.0)):
        assert math.isnan(public(name)(*xs))
        assert math.isnan(public(name)(*values(xs)).data)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "abs", "clip"])
def test_nan_passes_through_operations_with_kinks(name) -> None:
    xs = (nan, *POINTS[name].ordinary[0][1:])
    assert math.isnan(public(name)(*xs))
    assert math.isnan(public(name)(*values(xs)).data)


# What an attack on the table found


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda: functions.logsumexp([-inf, -inf]), -inf),
        (lambda: functions.logsumexp([inf, 1.0]), inf),
        (lambda: functions.logsumexp([inf, nan]), nan),
        (lambda: functions.logsumexp([-inf, nan]), nan),
        (lambda: functions.logsumexp([0.0, -40.0]), float(mp.log1p(mp.exp(-40)))),
        (lambda: functions.log_softmax([1e8, 1e8 - 1])[0], float(-mp.log1p(mp.exp(-1)))),
        (lambda: functions.softplus(31.0), float(mp.log1p(mp.exp(31)))),
        (lambda: functions.clip(0.5, nan, 1.0), nan),
        (lambda: functions.clip(0.5, 0.0, nan), nan),
    ],
)
@pytest.mark.parametrize("as_values", [False, True])
def test_values_at_infinities_and_where_digits_are_at_stake(compute, expected, as_values, monkeypatch) -> None:
    if as_values:
        for name in ("logsumexp", "log_softmax"):
            plain = getattr(functions, name)
            monkeypatch.setattr(functions, name, lambda xs, plain=plain: plain([Value(x) for x in xs]))
        for name in ("softplus", "clip"):
            plain = getattr(functions, name)
            monkeypatch.setattr(functions, name, lambda x, *more, plain=plain: plain(Value(x), *more))
    result = compute()
    assert getattr(result, "data", result) == pytest.approx(expected, rel=4e-16, nan_ok=True)


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (1e-310, 0.0, 0.0),
        (inf, 0.4, 0.0),
        (1.2e-309, 5.1e-97, float(mp.mpf(5.1e-97) * mp.power(1.2e-309, mp.mpf(5.1e-97) - 1))),
        (1e-200, -1.0, -inf),
    ],
)
def test_the_slope_of_a_power_at_the_ends_of_the_floats(x, y, expected) -> None:
    v = Value(x)
    (v**y).backward()
    assert v.grad == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("xs", [(2.0, 5.0, 0.0), (0.0, 5.0, 3.0), (2.0, 0.0, 0.0), (2.0, 3.0, 4.0, 5.0)])
def test_the_gradient_of_a_product_is_the_product_of_the_others(xs) -> None:
    values = [Value(x) for x in xs]
    functions.prod(values).backward()
    assert [v.grad for v in values] == [math.prod(xs[:i] + xs[i + 1 :]) for i in range(len(xs))]


@pytest.mark.parametrize("name", ["+", "exp", "max", "dot", "clip"])
def test_a_wrong_number_of_operands_is_an_error(name) -> None:
    wrong = {"max": (), "dot": (Value(1.0),) * 3}.get(name, (Value(1.0),) * 5)
    with pytest.raises((TypeError, ValueError)):
        TABLE[name](*wrong)
