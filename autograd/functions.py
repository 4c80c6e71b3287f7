"""The mathematical functions, for floats and Values alike: exp, tanh, relu, max, dot, softmax and the rest.

Given plain numbers a function returns a float; given a Value among its arguments it returns a Value, through
which gradients flow. All take and return real numbers; angles are in radians. A number outside a function's
domain raises ValueError, a result beyond the largest float OverflowError, something that is not a number
TypeError, each naming the operation and the operand.

The functions are defined in Abramowitz & Stegun, Handbook of Mathematical Functions, chapters 4 and 7, the
activations where their docstrings say. Values and derivatives are in the table, derivatives.py.
"""

import builtins
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

from autograd import derivatives as table
from autograd.derivatives import is_value, to_float
from autograd.value import Number, Value, constant_of, engine_name

# Those named like a builtin are reached as autograd.sum and so on, and not by `from autograd import *`.
__all__ = [
    "acos",
    "acosh",
    "as_values",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bell",
    "cbrt",
    "clip",
    "cos",
    "cosh",
    "dot",
    "elu",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "gauss",
    "gelu",
    "hypot",
    "leaky_relu",
    "linear",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logaddexp",
    "logsumexp",
    "mean",
    "norm",
    "prod",
    "reciprocal",
    "relu",
    "sech",
    "side_by_side",
    "sigmoid",
    "silu",
    "sin",
    "sinc",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "tan",
    "tanh",
    "where",
    "xlogy",
]

N = TypeVar("N", float, Value)

# Exponentials and logarithms


def exp(x: N) -> N:
    """e to the power x. OverflowError if x is above 709.78.

    >>> round(exp(1.0), 6)
    2.718282
    """
    return table.exp(x)


def exp2(x: N) -> N:
    """2 to the power x. OverflowError if x is 1024 or more.

    >>> exp2(10)
    1024.0
    """
    return table.exp2(x)


def expm1(x: N) -> N:
    """exp(x) - 1, without the loss of digits near 0. OverflowError if x is above 709.78.

    >>> expm1(1e-20)
    1e-20
    """
    return table.expm1(x)


def log(x: N) -> N:
    """The natural logarithm of x. ValueError unless x > 0.

    >>> log(1.0)
    0.0
    """
    return table.log(x)


def log2(x: N) -> N:
    """The logarithm of x to base 2. ValueError unless x > 0.

    >>> log2(8.0)
    3.0
    """
    return table.log2(x)


def log10(x: N) -> N:
    """The logarithm of x to base 10. ValueError unless x > 0.

    >>> round(log10(1000.0), 6)
    3.0
    """
    return table.log10(x)


def log1p(x: N) -> N:
    """log(1 + x), without the loss of digits near 0. ValueError unless x > -1.

    >>> log1p(1e-20)
    1e-20
    """
    return table.log1p(x)


@overload
def xlogy(x: float, y: float) -> float: ...
@overload
def xlogy(x: Number, y: Number) -> Value: ...
def xlogy(x: Number, y: Number) -> Number:
    """x · log(y), and 0 where x is 0: the terms of an entropy. ValueError unless y > 0, or x = 0 and y = 0.

    At x = 0 the derivative by y is 0; at y = 0 that by x is -inf.

    >>> xlogy(0.0, 0.0), xlogy(2.0, 1.0)
    (0.0, 0.0)
    """
    return table.xlogy(x, y)


def reciprocal(x: N) -> N:
    """1 / x. At 0 it is inf, not an error, because slopes are infinite too, for example the slope of sqrt at 0.

    >>> reciprocal(4.0), reciprocal(0.0)
    (0.25, inf)
    """
    return table.reciprocal(x)


# Roots and lengths


def sqrt(x: N) -> N:
    """The square root of x. Its derivative at 0 is inf. ValueError unless x >= 0.

    >>> sqrt(9.0)
    3.0
    """
    return table.sqrt(x)


def cbrt(x: N) -> N:
    """The cube root of x, a number of any sign. Its derivative at 0 is inf.

    >>> round(cbrt(-8.0), 6)
    -2.0
    """
    return table.cbrt(x)


@overload
def hypot(x: float, y: float) -> float: ...
@overload
def hypot(x: Number, y: Number) -> Value: ...
def hypot(x: Number, y: Number) -> Number:
    """The length √(x² + y²) of the vector (x, y), without overflow. At (0, 0) both derivatives are 0.

    >>> hypot(3.0, 4.0)
    5.0
    """
    return table.hypot(x, y)


# Trigonometry and hyperbolic functions


def sin(x: N) -> N:
    """The sine of x, an angle in radians. ValueError for an infinite x.

    >>> sin(0.0)
    0.0
    """
    return table.sin(x)


def cos(x: N) -> N:
    """The cosine of x, an angle in radians. ValueError for an infinite x.

    >>> cos(0.0)
    1.0
    """
    return table.cos(x)


def tan(x: N) -> N:
    """The tangent of x, an angle in radians. ValueError for an infinite x.

    >>> tan(0.0)
    0.0
    """
    return table.tan(x)


def sinc(x: N) -> N:
    """The cardinal sine sin(πx) / (πx) of x, as NumPy's and PyTorch's. It is 1 at 0.

    >>> sinc(0.0), round(sinc(0.5), 6)
    (1.0, 0.63662)
    """
    return table.sinc(x)


def asin(x: N) -> N:
    """The angle in [-π/2, π/2] whose sine is x. At -1 and 1 the derivative is inf. ValueError unless -1 <= x <= 1.

    >>> round(asin(1.0), 6)
    1.570796
    """
    return table.asin(x)


def acos(x: N) -> N:
    """The angle in [0, π] whose cosine is x. At -1 and 1 the derivative is -inf. ValueError unless -1 <= x <= 1.

    >>> acos(1.0)
    0.0
    """
    return table.acos(x)


def atan(x: N) -> N:
    """The angle in (-π/2, π/2) whose tangent is x.

    >>> round(atan(1.0), 6)
    0.785398
    """
    return table.atan(x)


@overload
def atan2(y: float, x: float) -> float: ...
@overload
def atan2(y: Number, x: Number) -> Value: ...
def atan2(y: Number, x: Number) -> Number:
    """The angle in [-π, π] of the point (x, y); y comes first. At (0, 0) both derivatives are 0.

    >>> round(atan2(1.0, -1.0), 6)
    2.356194
    """
    return table.atan2(y, x)


def sinh(x: N) -> N:
    """The hyperbolic sine of x. OverflowError if |x| is above 710.47.

    >>> sinh(0.0)
    0.0
    """
    return table.sinh(x)


def cosh(x: N) -> N:
    """The hyperbolic cosine of x, 1 or more. OverflowError if |x| is above 710.47.

    >>> cosh(0.0)
    1.0
    """
    return table.cosh(x)


def sech(x: N) -> N:
    """The hyperbolic secant 1 / cosh(x), in [0, 1], without overflow. Its square is the derivative of tanh.

    >>> sech(0.0)
    1.0
    """
    return table.sech(x)


def tanh(x: N) -> N:
    """The hyperbolic tangent of x, in [-1, 1].

    >>> round(tanh(0.5), 6)
    0.462117
    """
    return table.tanh(x)


def asinh(x: N) -> N:
    """The number whose hyperbolic sine is x.

    >>> asinh(0.0)
    0.0
    """
    return table.asinh(x)


def acosh(x: N) -> N:
    """The number, 0 or more, whose hyperbolic cosine is x. Its derivative at 1 is inf. ValueError unless x >= 1.

    >>> acosh(1.0)
    0.0
    """
    return table.acosh(x)


def atanh(x: N) -> N:
    """The number whose hyperbolic tangent is x. ValueError unless -1 < x < 1.

    >>> atanh(0.0)
    0.0
    """
    return table.atanh(x)


# Bell curves and the error function


def bell(x: N) -> N:
    """exp(-x²/2), the bell curve over x with the area √(2π). It is part of the derivative of gelu.

    >>> bell(0.0)
    1.0
    """
    return table.bell(x)


def gauss(x: N) -> N:
    """exp(-x²), the bell curve over x with the area √π. It is part of the derivative of erf.

    >>> gauss(0.0)
    1.0
    """
    return table.gauss(x)


def erf(x: N) -> N:
    """The error function of x, 2/√π ∫₀ˣ exp(-t²) dt, in [-1, 1].

    >>> erf(0.0)
    0.0
    """
    return table.erf(x)


def erfc(x: N) -> N:
    """1 - erf(x), without the loss of digits for large x.

    >>> f"{erfc(10.0):.6g}"
    '2.08849e-45'
    """
    return table.erfc(x)


# Activations


def relu(x: N) -> N:
    """The rectifier: x where x > 0, else 0. Its derivative at 0 is 0.

    >>> relu(-2.0), relu(3.0)
    (0.0, 3.0)
    """
    return table.relu(x)


@overload
def leaky_relu(x: float, slope: float = 0.01) -> float: ...
@overload
def leaky_relu(x: Number, slope: Number = 0.01) -> Value: ...
def leaky_relu(x: Number, slope: Number = 0.01) -> Number:
    """x where x > 0, else slope · x. Its derivative at 0 is slope. A slope that is a Value can be learned (PReLU).

    >>> leaky_relu(-2.0, 0.25)
    -0.5
    """
    return table.leaky_relu(x, slope)


@overload
def elu(x: float, alpha: float = 1.0) -> float: ...
@overload
def elu(x: Number, alpha: Number = 1.0) -> Value: ...
def elu(x: Number, alpha: Number = 1.0) -> Number:
    """x where x > 0, else alpha · (exp(x) - 1). Its derivative at 0 is alpha. (Clevert et al. 2016)

    >>> round(elu(-1.0), 6)
    -0.632121
    """
    return table.elu(x, alpha)


def sigmoid(x: N) -> N:
    """The logistic function 1 / (1 + exp(-x)), in [0, 1]; it does not overflow.

    >>> sigmoid(0.0), sigmoid(-1000.0)
    (0.5, 0.0)
    """
    return table.sigmoid(x)


def softplus(x: N) -> N:
    """log(1 + exp(x)), a smooth relu; it does not overflow.

    >>> round(softplus(0.0), 6), softplus(1000.0)
    (0.693147, 1000.0)
    """
    return table.softplus(x)


def silu(x: N) -> N:
    """x · sigmoid(x), also called swish. (Elfwing et al. 2017)

    >>> silu(0.0)
    0.0
    """
    return table.silu(x)


def gelu(x: N) -> N:
    """x · Φ(x) with the normal distribution function Φ, the exact form. (Hendrycks & Gimpel 2016)

    >>> round(gelu(1.0), 6)
    0.841345
    """
    return table.gelu(x)


# Selections


@overload
def clip(x: float, low: float, high: float) -> float: ...
@overload
def clip(x: Number, low: Number, high: Number) -> Value: ...
def clip(x: Number, low: Number, high: Number) -> Number:
    """x, but not less than low and not more than high. Its derivative at both ends is 1. ValueError if low > high.

    >>> clip(7.0, 0.0, 1.0)
    1.0
    """
    return table.clip(x, low, high)


def where(condition: Any, x: Any, y: Any) -> Any:
    """x if the condition holds, else y. The other one gets no gradient, and no nan comes from it, at any order.

    condition: true or false, for example x > 0. x, y: numbers or Values; or functions without arguments, for example
        where(x > 0, lambda: log(x), 0.0). Only the chosen function is called.

    Returns a Value if the condition, x or y is a Value, else a float.

    >>> x = Value(0.0)
    >>> where(x > 0, lambda: log(x), 0.0)
    0.0
    >>> where(x > 0, sqrt(x), x).backward()  # the slope of sqrt at 0 is inf
    >>> x.grad
    1.0
    """
    chosen = x if condition else y
    if callable(chosen) and not is_value(chosen):
        chosen = chosen()
    if is_value(chosen):
        return chosen
    number = to_float(chosen, "what where() has to choose from")
    return Value(number, op="constant") if any(map(is_value, (condition, x, y))) else number


def floor(x: N) -> N:
    """The largest whole number that is not above x; its derivative is 0 everywhere, at the jumps too.

    >>> floor(2.7), floor(-2.7)
    (2.0, -3.0)
    """
    return table.floor(x)


def round(x: N, digits: int | None = None) -> N:
    """The whole number next to x, of two as near the even one; its derivative is 0 everywhere, at the jumps too.

    digits: as in Python's own round, for plain numbers only.

    >>> round(2.7), round(2.5), round(2.71828, 2)
    (3.0, 2.0, 2.72)
    """
    rounded: Any = table.round_to_whole(x) if digits is None else builtins.round(x, digits)
    return rounded


def abs(x: N) -> N:
    """The absolute value of x. Its derivative at 0 is 0.

    >>> abs(-2.0)
    2.0
    """
    return table.absolute(x)


@overload
def max(first: Iterable[float] | float, /, *more: float) -> float: ...
@overload
def max(first: Iterable[Number] | Number, /, *more: Number) -> Value: ...
def max(first: Iterable[Number] | Number, /, *more: Number) -> Number:
    """The largest of several numbers, max(x, y, …), or of the numbers in a list, max(xs).

    first, more: the numbers; or first alone, a list of them. Equal ones share the gradient.

    It is nan if one of them is nan. ValueError for no numbers.

    >>> max(1.0, 3.0, 2.0), max([1.0, 3.0])
    (3.0, 3.0)
    """
    return table.maximum(*_several("max", first, more))


@overload
def min(first: Iterable[float] | float, /, *more: float) -> float: ...
@overload
def min(first: Iterable[Number] | Number, /, *more: Number) -> Value: ...
def min(first: Iterable[Number] | Number, /, *more: Number) -> Number:
    """The smallest of several numbers, min(x, y, …), or of the numbers in a list, min(xs).

    first, more: the numbers; or first alone, a list of them. Equal ones share the gradient.

    It is nan if one of them is nan. ValueError for no numbers.

    >>> min(1.0, 3.0, 2.0), min([1.0, 3.0])
    (1.0, 1.0)
    """
    return table.minimum(*_several("min", first, more))


# Operations on many numbers: one node each


@overload
def sum(xs: Iterable[float]) -> float: ...
@overload
def sum(xs: Iterable[Number]) -> Value: ...
def sum(xs: Iterable[Number]) -> Number:
    """The sum of the numbers xs, from left to right. Of no numbers it is 0.0.

    >>> sum([1.0, 2.0, 3.0])
    6.0
    """
    return table.total(*_numbers("sum", xs))


@overload
def mean(xs: Iterable[float]) -> float: ...
@overload
def mean(xs: Iterable[Number]) -> Value: ...
def mean(xs: Iterable[Number]) -> Number:
    """The arithmetic mean of the numbers xs. ValueError for no numbers.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    return table.mean(*_some("mean", xs))


@overload
def prod(xs: Iterable[float]) -> float: ...
@overload
def prod(xs: Iterable[Number]) -> Value: ...
def prod(xs: Iterable[Number]) -> Number:
    """The product of the numbers xs, from left to right. Of no numbers it is 1.0. Its gradient is right at zeros too.

    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    return table.product(*_numbers("prod", xs))


@overload
def dot(xs: Iterable[float], ys: Iterable[float]) -> float: ...
@overload
def dot(xs: Iterable[Number], ys: Iterable[Number]) -> Value: ...
def dot(xs: Iterable[Number], ys: Iterable[Number]) -> Number:
    """The scalar product x₁y₁ + x₂y₂ + … of xs and ys, from left to right. ValueError if their lengths differ.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    xs, ys = _numbers("dot", xs), _numbers("dot", ys)
    if len(xs) != len(ys):
        raise ValueError(f"dot needs two sequences of equal length, got {len(xs)} and {len(ys)} numbers")
    return table.dot(*xs, *ys)


def linear(
    weights: Iterable[Iterable[Number]],
    xs: Iterable[Number],
    biases: Iterable[Number] = (),
    activation: Callable[[Any], Any] | None = None,
) -> list[Any]:
    """A linear layer: dot(w, xs) + b for each row w of the weights and its bias b, as a list.

    Without biases it is the product of a matrix and a vector. With an activation, for example autograd.relu, it is a
    layer of neurons: the activation of each number. ValueError if there are biases, but not one for each row, or if a
    row is not as long as xs.

    >>> linear([[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0], [0.5, -0.5])
    [3.5, 6.5]
    >>> linear([[1.0, 2.0], [3.0, -4.0]], [1.0, 1.0], activation=relu)
    [3.0, 0.0]
    """
    rows, inputs, offsets = _numbers("linear", weights), _numbers("linear", xs), _floats("linear", biases)
    if offsets and len(offsets) != len(rows):
        raise ValueError(f"linear needs one bias for each row of weights, got {len(rows)} rows, {len(offsets)} biases")
    outputs = [dot(row, inputs) for row in rows]
    if offsets:
        outputs = [output + offset for output, offset in zip(outputs, offsets)]
    return [activation(output) for output in outputs] if activation is not None else outputs


def as_values(xs: Iterable[Number]) -> list[Value]:
    """The numbers xs as Values, in a new list. A plain number becomes a leaf. TypeError for anything else.

    >>> as_values([Value(1.0), 2.0])
    [Value(data=1.0, grad=0.0), Value(data=2.0, grad=0.0)]
    """
    return [x if isinstance(x, Value) else Value(x) for x in _numbers("as_values", xs)]


def side_by_side(neurons: Iterable[Callable[[Any], Any]], xs: Any, formula: Callable[..., Any]) -> list[Any]:
    """What each of the neurons answers to the same inputs, as a list: [neuron(xs) for neuron in neurons].

    formula: the __call__ of a class that computes activation(dot(w, xs) + b) with the attributes w, b and activation.
        Neurons that are called by it, and not by a __call__ of a subclass, may be computed all in one go, which is
        faster. xs: a list of Values.

    >>> class Neuron:
    ...     w, b, activation = [2.0, 3.0], 1.0, relu
    ...     def __call__(self, xs):
    ...         return relu(dot(self.w, xs) + self.b)
    >>> side_by_side([Neuron(), Neuron()], [1.0, 10.0], Neuron.__call__)
    [33.0, 33.0]
    """
    return [neuron(xs) for neuron in neurons]


@overload
def norm(xs: Iterable[float]) -> float: ...
@overload
def norm(xs: Iterable[Number]) -> Value: ...
def norm(xs: Iterable[Number]) -> Number:
    """The length √(x₁² + x₂² + …) of the numbers xs, without overflow. Where it is 0, its gradient is 0 too.

    >>> norm([2.0, 3.0, 6.0])
    7.0
    """
    return table.norm(*_numbers("norm", xs))


@overload
def logsumexp(xs: Iterable[float]) -> float: ...
@overload
def logsumexp(xs: Iterable[Number]) -> Value: ...
def logsumexp(xs: Iterable[Number]) -> Number:
    """log(exp(x₁) + exp(x₂) + …) of the numbers xs, without overflow. ValueError for no numbers.

    >>> round(logsumexp([1000.0, 1000.0]), 6)
    1000.693147
    """
    return table.logsumexp(*_some("logsumexp", xs))


@overload
def logaddexp(x: float, y: float) -> float: ...
@overload
def logaddexp(x: Number, y: Number) -> Value: ...
def logaddexp(x: Number, y: Number) -> Number:
    """log(exp(x) + exp(y)), the logsumexp of two; it does not overflow.

    >>> round(logaddexp(1000.0, 1000.0), 6)
    1000.693147
    """
    return table.logsumexp(x, y)


@overload
def softmax(xs: Iterable[float]) -> list[float]: ...
@overload
def softmax(xs: Iterable[Number]) -> list[Value]: ...
def softmax(xs: Iterable[Number]) -> Any:
    """exp(xᵢ) / (exp(x₁) + exp(x₂) + …) for each xᵢ of the logits xs: a list of probabilities.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    >>> softmax([1000.0, 0.0])
    [1.0, 0.0]
    """
    logits = _floats("softmax", _some("softmax", xs))
    return table.softmax(logits, _largest(logits))


@overload
def log_softmax(xs: Iterable[float]) -> list[float]: ...
@overload
def log_softmax(xs: Iterable[Number]) -> list[Value]: ...
def log_softmax(xs: Iterable[Number]) -> Any:
    """The logarithms of softmax(xs), as a list; exact where a probability is too small for a float.

    Of a probability p that is nearly 1 the derivative is computed as 1 - p. It has all its digits in -log(p) written as
    logsumexp([0.0, *differences]), of the other logits from its own, as nn.cross_entropy does.

    >>> log_softmax([1000.0, 0.0])
    [0.0, -1000.0]
    """
    logits = _floats("log_softmax", _some("log_softmax", xs))
    largest = _largest(logits)
    shifted = [x - largest for x in logits]  # so that no digits are lost in large logits
    log_of_sum = table.logsumexp(*shifted)
    return [x - log_of_sum for x in shifted]


# What the arguments must be


def _numbers(name: str, xs: Any) -> list[Any]:
    if isinstance(xs, str) or not isinstance(xs, Iterable):
        how = "two lists, dot([a, b], [c, d])" if name == "dot" else f"one list, {name}([a, b, c])"
        raise TypeError(f"{name} takes the numbers as {how}; got {xs!r}")
    return list(xs)


def _floats(name: str, xs: Any) -> list[Any]:
    """The numbers that are not Values as floats: NumPy's of fewer digits would have the results in so few."""
    return [x if type(x) is float or is_value(x) else to_float(x, f"a number of {name}") for x in _numbers(name, xs)]


def _some(name: str, xs: Any) -> list[Any]:
    numbers = _numbers(name, xs)
    if not numbers:
        raise ValueError(f"{name} needs at least one number, got none")
    return numbers


def _several(name: str, first: Any, more: tuple[Any, ...]) -> list[Any]:
    return [first, *more] if more or not isinstance(first, Iterable) else _some(name, first)


def _largest(xs: list[Any]) -> Number:
    """The maximum as a constant: one node that all can share, if any of them is a Value."""
    largest = table.maximum(*xs)
    return constant_of(largest) if isinstance(largest, Value) else largest


# Where the native engine was built, its functions answer for Values, and these ones for everything else.

if engine_name == "native":
    from autograd.native._engine import hand_over

    for name in [*__all__, "abs", "max", "min", "round", "sum"]:
        globals()[name] = hand_over(globals()[name])
