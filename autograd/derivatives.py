"""The table of derivatives: for every operation its value on floats and its local gradient, one entry each.

This is the one place where the mathematics is written. An entry reads

    exp = operation("exp", math.exp, lambda out, x: (out,))

and says: the operation is shown as "exp"; on floats it is math.exp; and its partial derivatives with
respect to its operands, one per operand, are (out,), where out is the result. The lambda is written in
arithmetic that holds for floats and for Values alike, so that gradients can be differentiated again, and it
may call other entries, as sin needs cos. Adding an operation is adding an entry here, and giving it a
documented name in functions.py.

The rules are those of any table of derivatives: Abramowitz & Stegun, Handbook of Mathematical Functions,
chapters 3, 4 and 7. Where the textbook form would lose digits, the entry has an equal form that does not.
At kinks and poles the conventions are PyTorch's; the comment beside the entry says which.

A partial derivative that is a plain number says that it does not move: its own derivatives are 0. Where it does move,
at a pole too, it is computed from the operands or from out: with `reciprocal` where it is infinite, with `flat` where
it is 0 by convention, with `undefined` where it does not exist. Its own derivatives are then infinite or nan.
"""

import inspect
import math
import numbers
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import accumulate
from typing import Any

from autograd.recording import tell, tracer

inf, nan = math.inf, math.nan
LN2, LOG2_E, LOG10_E = math.log(2), 1.4426950408889634, 0.4342944819032518
SQRT2, ONE_OVER_SQRT_2PI, TWO_OVER_SQRT_PI = math.sqrt(2), 0.3989422804014327, 1.1283791670955126
SPLIT = 2.0**27 + 1  # halves the digits of a factor
SQRT2_REST = -9.667293313452913e-17  # what SQRT2 lacks to the square root of 2
ONE_OVER_SQRT_2PI_REST = -2.49232720227773e-17  # and ONE_OVER_SQRT_2PI to its number


@dataclass(frozen=True, eq=False)
class Operation:
    """One entry of the table. Called with numbers it answers a float.

    name: what a node made by it has as its op, "tanh" or "*".
    value: the operation on floats.
    partials: (out, *operands) to the partial derivatives, one per operand.
    domain: what the operands must satisfy, as shown in errors; "" if every number will do.
    """

    name: str
    value: Callable[..., float]
    partials: Callable[..., Sequence[Any]]
    domain: str = ""

    @property
    def operands(self) -> tuple[str, ...]:
        """The names of the operands, ("x", "y"); () where any number of them is taken."""
        code = self.partials.__code__
        return () if code.co_flags & inspect.CO_VARARGS else code.co_varnames[1 : code.co_argcount]

    def __call__(self, *operands: Any) -> Any:
        """The value at numbers; operands of another kind, such as Values, answer for themselves."""
        for operand in operands:
            if is_value(operand):
                return type(operand).__operation__(self, operands)
        floats = [to_float(operand, f"an operand of '{self.name}'") for operand in operands]
        try:
            return self.value(*floats)
        except (ValueError, ArithmeticError) as error:
            raise self.explained(error, floats) from None

    def as_values(self, gradient: Any, parents: Sequence[Any], xs: Sequence[float]) -> list[Any]:
        """The chain rule in Values, for derivatives of derivatives: gradient times each partial, from the parents.

        RuntimeError if the data of a parent is no longer x, the number that the operation was computed with.
        """
        for parent, x in zip(parents, xs):
            if parent._data != x and x == x:
                raise RuntimeError(
                    f"the data of {parent!r} was {x!r} when '{self.name}' was computed and has been set since; "
                    "for derivatives of derivatives compute the forward pass again"
                )
        operands = [parent._data if parent.op == "constant" else parent for parent in parents]
        return [gradient * partial for partial in self.partials(self(*operands), *operands)]

    def explained(self, error: Exception, operands: Sequence[Any]) -> Exception:
        """Python's terse error as one of the same type that names operation, operands and labels.

        Its attributes `operation` and `operands` are for pictures of what was there before it. A function that is being
        compiled may catch it, so its tracer is told.
        """
        tell("failed", self, operands)
        names = self.operands or [f"x[{i}]" for i in range(len(operands))]
        found = [
            f"{name} = {number_of(operand)!r}"
            + (f" (labelled {operand.label!r})" if getattr(operand, "label", "") else "")
            for name, operand in zip(names, operands, strict=True)
        ]
        place = f"'{self.name}' {{}} at {', '.join(found[:5])}{', …' if len(found) > 5 else ''}"
        if isinstance(error, OverflowError):
            words = f"{place.format('overflows')}: the result is beyond the largest float, 1.8e308"
        else:
            words = place.format("is not defined") + (f": it needs {self.domain}" if self.domain else "")
        told = OverflowError(words) if isinstance(error, OverflowError) else type(error)(words)
        vars(told).update(operation=self.name, operands=tuple(operands))
        return told


def is_value(operand: object) -> bool:
    """Whether an operand answers for itself when an operation meets it, as Values do."""
    return hasattr(type(operand), "__operation__")


def number_of(operand: Any) -> Any:
    """The number of a Value or of its like; what has none, and a number, is itself."""
    return getattr(operand, "data", operand) if is_value(operand) else operand


def rounded_number_of(operand: Any) -> Any:
    """The number of which is asked what its rounding costs; nan, for which that is left out, in a function that is
    being compiled: there the number is another one at every call."""
    return nan if is_value(operand) and tracer() is not None else number_of(operand)


# The types of NumPy's numbers at which no closer look is needed, which takes long
NUMPY_REALS = {f"{kind}{bits}" for kind in ("int", "uint", "float") for bits in (8, 16, 32, 64)}


def to_float(number: object, what: str) -> float:
    """A real number of any type as a float; TypeError, naming `what`, for anything else.

    Strings are not parsed, complex numbers not cut, and arrays not opened: each would hide a mistake.
    """
    if type(number) is float:
        return number
    kind = type(number)
    if kind is not int and kind.__module__ == "numpy":
        if kind.__name__ in NUMPY_REALS:
            return float(number)  # type: ignore[arg-type]
        if getattr(number, "ndim", 1) == 0:
            number = number.item()  # type: ignore[attr-defined]
    if isinstance(number, (float, int, numbers.Real)):
        try:
            return float(number)
        except OverflowError:
            raise OverflowError(f"{what} is beyond the largest float, 1.8e308") from None
    hint = ""
    if is_value(number):
        hint = "; take its .data, or for a copy its .detach()"
    elif hasattr(number, "__float__") and not hasattr(number, "__array__"):
        return float(number)  # Decimal, mpmath and their like
    elif isinstance(number, str):
        hint = "; convert text with float(...)"
    elif hasattr(number, "__array__"):
        hint = "; take one number with .item(), or use NumPy's own functions on an array of Values"
    elif isinstance(number, (list, tuple)):
        hint = "; make one Value per number: [Value(x) for x in ...]"
    raise TypeError(f"{what} must be a real number, got {kind.__name__}{hint}")


TABLE: dict[str, Operation] = {}


def operation(
    name: str, value: Callable[..., float], partials: Callable[..., Sequence[Any]], domain: str = ""
) -> Operation:
    """Enter an operation into the table."""
    TABLE[name] = Operation(name, value, partials, domain)
    return TABLE[name]


def is_zero(x: Any) -> bool:
    """Whether x is 0.0 or -0.0. (Values compare equal by identity, but are ordered by their data.)"""
    return bool(0 <= x <= 0)


# Arithmetic


def product_error(x: float, y: float) -> float:
    """What x * y lacks to the exact product, for factors and products of medium size. (Dekker 1971)"""
    x_head, y_head = (z * SPLIT - (z * SPLIT - z) for z in (x, y))
    x_tail, y_tail = x - x_head, y - y_head
    return x_tail * y_tail - (((x * y - x_head * y_head) - x_tail * y_head) - x_head * y_tail)


def real_power(x: float, y: float) -> float:
    """x ** y where Python would answer a complex number: ValueError."""
    result = x**y
    if isinstance(result, complex):
        raise ValueError("a negative base needs a whole exponent")
    return float(result)


def power_by_base(out: Any, x: Any, y: Any) -> Any:
    """∂(x ** y)/∂x, at x = 0 too."""
    if is_zero(x) and y < 1:
        if is_zero(y):  # 0 ** 0 counts as the constant 1
            return at_exponent_zero(x, y) if is_value(y) else 0.0
        return y * reciprocal(x ** (1 - y))
    if is_zero(x) and is_value(y):
        return y * power_with_logs(0)(x, y - 1)
    # below 0.5 the rounding of y - 1 would cost digits, and x ** (y - 1) could overflow where x ** y did not
    return y * out / x if y < 0.5 and -inf < x < inf else y * x ** (y - 1)


def at_exponent_zero(x: Any, y: Any) -> Any:
    """0, the derivative of x ** y by x at y = 0; when y moves, it has none."""
    return flat(y) * exp(x)


def power_by_exponent(out: Any, x: Any, y: Any) -> Any:
    """∂(x ** y)/∂y."""
    if x > 0:
        return out * log(x)
    if is_zero(x):
        if y > 0:  # 0, which for large y does not move either
            return power_with_logs(1)(x, y) if is_value(x) or is_value(y) else 0.0
        return flat(x + y)
    return undefined(out)  # a negative base has a power at whole exponents only


@lru_cache(maxsize=64)
def power_with_logs(n: int) -> Operation:
    """x ** y log(x)ⁿ, at x = 0 the limit from above: the n-th derivative of x ** y by y. (No entry of the table.)"""

    def value(x: float, y: float) -> float:
        if x > 0:
            return float(x**y * math.log(x) ** n)
        if y > 0 or n == y == 0:
            return 0.0 if y > 0 else 1.0
        return inf if n % 2 == 0 else -inf

    def partials(out: Any, x: Any, y: Any) -> tuple[Any, Any]:
        by_base = at_exponent_zero(x, y) if is_zero(y) else y * power_with_logs(n)(x, y - 1)
        return by_base + n * power_with_logs(n - 1)(x, y - 1) if n else by_base, power_with_logs(n + 1)(x, y)

    return Operation("x ** y log(x)ⁿ", value, partials)


add = operation("+", operator.add, lambda out, x, y: (1.0, 1.0))
subtract = operation("-", operator.sub, lambda out, x, y: (1.0, -1.0))
multiply = operation("*", operator.mul, lambda out, x, y: (y, x))
divide = operation("/", operator.truediv, lambda out, x, y: (1 / y, -out / y), "y != 0")
power = operation(
    "**",
    real_power,
    lambda out, x, y: (power_by_base(out, x, y), power_by_exponent(out, x, y)),
    "x > 0, or x = 0 and y >= 0, or y whole",
)
negative = operation("neg", operator.neg, lambda out, x: (-1.0,))


def steep_reciprocal(x: float) -> float:
    """1 / x, infinite at 0."""
    return inf if x == 0 else 1 / x


reciprocal: Operation = operation("reciprocal", steep_reciprocal, lambda out, x: (-out * out,))


def flat(x: Any) -> Any:
    """0, whatever number x is; its derivatives with respect to x are nan, of all orders."""
    return exp(-reciprocal(0 * x))


def undefined(x: Any) -> Any:
    """nan, as are its derivatives with respect to x, of all orders."""
    return reciprocal(nan * x)


# the sign of x; |x|'(0) = 0
absolute = operation("abs", math.fabs, lambda out, x: (float((x > 0) - (x < 0)),))


# Whole numbers: steps, whose slope is 0, at the jump too


def whole_below(x: float) -> float:
    """The largest whole number that is not above x."""
    return math.floor(x) + 0.0 if math.isfinite(x) else x


def nearest_whole(x: float) -> float:
    """The whole number next to x; between two the even one."""
    below = whole_below(x)
    if x - below > 0.5 or (x - below == 0.5 and below / 2 > whole_below(below / 2)):
        return below + 1
    return below if math.isfinite(x) else x


def modulo(x: float, y: float) -> float:
    """What is left of x after subtracting y as often as it fits in: it has the sign of y."""
    if y == 0:
        raise ZeroDivisionError
    rest = math.fmod(x, y)
    return rest + y if (rest < 0 < y) or (rest > 0 > y) else rest


def floor_quotient(x: float, y: float) -> float:
    """How often y fits into x."""
    if y == 0:
        raise ZeroDivisionError
    rest = math.fmod(x, y)
    quotient = (x - rest) / y - (1.0 if (rest < 0 < y) or (rest > 0 > y) else 0.0)
    below = whole_below(quotient)
    return below + 1 if quotient - below > 0.5 else below


floor = operation("floor", whole_below, lambda out, x: (0.0,))
round_to_whole = operation("round", nearest_whole, lambda out, x: (0.0,))
floor_divide = operation("//", floor_quotient, lambda out, x, y: (0.0, 0.0), "y != 0 and x finite")
remainder = operation("%", modulo, lambda out, x, y: (1.0, -floor_divide(x, y)), "y != 0 and x finite")


class Operators:
    """The operators of Python as operations of the table, with a plain number on either side."""

    __add__, __radd__ = (lambda x, y: add(x, y)), (lambda x, y: add(y, x))
    __sub__, __rsub__ = (lambda x, y: subtract(x, y)), (lambda x, y: subtract(y, x))
    __mul__, __rmul__ = (lambda x, y: multiply(x, y)), (lambda x, y: multiply(y, x))
    __truediv__, __rtruediv__ = (lambda x, y: divide(x, y)), (lambda x, y: divide(y, x))
    __pow__, __rpow__ = (lambda x, y: power(x, y)), (lambda x, y: power(y, x))
    __mod__, __rmod__ = (lambda x, y: remainder(x, y)), (lambda x, y: remainder(y, x))
    __floordiv__, __rfloordiv__ = (lambda x, y: floor_divide(x, y)), (lambda x, y: floor_divide(y, x))
    __neg__, __abs__ = (lambda x: negative(x)), (lambda x: absolute(x))


# Exponentials and logarithms

exp = operation("exp", math.exp, lambda out, x: (out,))
exp2 = operation("exp2", math.exp2, lambda out, x: (out * LN2,))
expm1 = operation("expm1", math.expm1, lambda out, x: (exp(x),))
log = operation("log", math.log, lambda out, x: (1 / x,), "x > 0")
log2 = operation("log2", math.log2, lambda out, x: (LOG2_E / x,), "x > 0")
log10 = operation("log10", math.log10, lambda out, x: (LOG10_E / x,), "x > 0")
log1p = operation("log1p", math.log1p, lambda out, x: (1 / (1 + x),), "x > -1")


def product_with_log(x: float, y: float) -> float:
    """x log(y), which is 0 where x is 0, at y = 0 too."""
    return 0.0 if x == 0 and y >= 0 else x * math.log(y)


# at x = 0 the slope by y is 0, whatever y is
xlogy = operation(
    "xlogy",
    product_with_log,
    lambda out, x, y: (flat(y) - reciprocal(y), flat(x)) if is_zero(y) else (log(y), x / y),
    "y > 0, or x = 0 and y = 0",
)

# Roots and lengths: infinitely steep at 0, except that lengths have gradient 0 there


def stable_cbrt(x: float) -> float:
    """The cube root with a last step of Newton's method: C libraries have been seen 2.4 ulp away."""
    y = math.cbrt(x)
    if 0 < abs(x) < 1e-280:  # where the error of y³ would be out of range
        return math.ldexp(stable_cbrt(math.ldexp(x, 300)), -100)
    if y == 0 or not math.isfinite(y):
        return y
    square = y * y
    residual = (square * y - x) + product_error(square, y) + product_error(y, y) * y  # y³ - x
    return y - residual / (3 * square)


def directions(out: Any, xs: Sequence[Any]) -> list[Any]:
    """Each x divided by the length of all, out."""
    if is_zero(out):
        return [flat(out)] * len(xs)
    if out < 1e-290:  # made larger, because so small a length has few digits
        xs = [x * 2.0**600 for x in xs]
        out = norm(*xs)
    found = [x / out for x in xs]
    for i, share in enumerate(found):
        # nearly all of the length, which will be differentiated: in this form its derivatives lose no digits
        if is_value(out) and (share <= -0.8 or share >= 0.8):
            x = xs[i]
            along = 1 / norm(1.0, *[other / x for j, other in enumerate(xs) if j != i])
            found[i] = along if x > 0 else -along
    return found


sqrt = operation("sqrt", math.sqrt, lambda out, x: (0.5 * reciprocal(out) if is_zero(out) else 0.5 / out,), "x >= 0")
cbrt = operation("cbrt", stable_cbrt, lambda out, x: (reciprocal(out * out) / 3 if is_zero(out) else out / x / 3,))
hypot: Operation = operation("hypot", math.hypot, lambda out, x, y: directions(out, [x, y]))

# Trigonometry: infinitely steep where asin and acos end

sin = operation("sin", math.sin, lambda out, x: (cos(x),), "x finite")
cos: Operation = operation("cos", math.cos, lambda out, x: (-sin(x),), "x finite")
tan = operation("tan", math.tan, lambda out, x: (1 + out * out,), "x finite")


def stable_sinc(x: float) -> float:
    """sin(πx) / (πx), with the digits that sin loses because πx is rounded."""
    if x == 0 or math.isinf(x):
        return 1.0 if x == 0 else 0.0
    turn_ = math.fmod(abs(x), 2.0)  # exact
    half = turn_ if turn_ < 1 else turn_ - 1
    height = math.sin(math.pi * (half if half < 0.5 else 1 - half))
    return (height if turn_ < 1 else -height) / (math.pi * abs(x))


# of sinc'(x) / x as a power series in x²: (-1)ᵏ 2k π²ᵏ / (2k + 1)!
SINC_SLOPE = [(-1) ** k * 2 * k * math.pi ** (2 * k) / math.factorial(2 * k + 1) for k in range(1, 16)]


def sinc_slope(out: Any, x: Any) -> Any:
    """(cos(πx) - out) / x, without the loss of digits near 0."""
    if -0.5 < x < 0.5:
        square = x * x
        return x * reduce(lambda total, coefficient: total * square + coefficient, reversed(SINC_SLOPE))
    if -1e15 < x < 1e15:  # x + 0.5 is exact
        return (math.pi * (x + 0.5) * sinc(x + 0.5) - out) / x
    sine = math.pi / 2 * x * sinc(x / 2)  # of πx/2
    return (1 - 2 * sine * sine - out) / x


sinc: Operation = operation("sinc", stable_sinc, lambda out, x: (sinc_slope(out, x),))


def one_minus_square(x: Any) -> Any:
    """1 - x², without the loss of digits near ±1."""
    if -0.5 < x < 0.5:
        return 1 - x * x
    d = 1 - x if x > 0 else 1 + x
    return d + d - d * d


def arc_slope(x: Any) -> Any:
    """1 / √(1 - x²); at ±1 with what grows fastest alone, for infinities of different signs would make nan."""
    return sqrt(1 / one_minus_square(x)) if -1 < x < 1 else reciprocal(sqrt(1 - x if x > 0 else 1 + x))


asin = operation("asin", math.asin, lambda out, x: (arc_slope(x),), "-1 <= x <= 1")
acos = operation("acos", math.acos, lambda out, x: (-arc_slope(x),), "-1 <= x <= 1")
atan = operation("atan", math.atan, lambda out, x: (1 / (1 + x * x) if -1e9 < x < 1e9 else 1 / x / x,))


def turn(y: Any, x: Any) -> Sequence[Any]:
    """How the angle of (x, y) changes with y and with x."""
    a, b = abs(x), abs(y)
    if 1e-70 < a < 1e70 and 1e-70 < b < 1e70 and a > b * 1e-20 and b > a * 1e-20:
        square = x * x + y * y
        return x / square, -y / square
    r = hypot(x, y)
    cosine, sine = directions(r, [x, y])
    return (cosine, sine) if is_zero(r) else (cosine / r, -sine / r)  # the square could be out of range


atan2 = operation("atan2", math.atan2, lambda out, y, x: turn(y, x))

# Hyperbolic functions


def stable_sech(x: float) -> float:
    """1 / cosh(x), where cosh would overflow too."""
    t = math.exp(-abs(x))
    return 2 * t / (1 + t * t)


sinh = operation("sinh", math.sinh, lambda out, x: (cosh(x),))
cosh: Operation = operation("cosh", math.cosh, lambda out, x: (sinh(x),))
sech = operation("sech", stable_sech, lambda out, x: (-out * tanh(x),))
# sech² = 1 - tanh², which would lose all its digits where tanh is nearly 1
tanh: Operation = operation(
    "tanh", math.tanh, lambda out, x: (1 - out * out if -0.5 < out < 0.5 else (s := sech(x)) * s,)
)
asinh = operation("asinh", math.asinh, lambda out, x: (1 / hypot(x, 1.0),))
acosh = operation(
    "acosh",
    math.acosh,
    lambda out, x: (1 / x if x >= 1e100 else 1 / sqrt((x - 1) * (x + 1)) if x > 1 else reciprocal(sqrt(x - 1)),),
    "x >= 1",
)
atanh = operation("atanh", math.atanh, lambda out, x: (1 / one_minus_square(x),), "-1 < x < 1")

# Bell curves and the error function


def stable_bell(x: float, width: float = 2.0) -> float:
    """exp(-x²/width), with the digits that exp(-x * x) loses because exp enlarges the rounding error of x * x."""
    if abs(x) > 40:  # 0 in floats
        return 0.0
    head = x + 2.0**32 - 2.0**32  # the leading bits of x, so that head * head is exact
    t = math.exp(-head * head / width)
    return t + t * math.expm1((head - x) * (head + x) / width)


bell = operation("bell", stable_bell, lambda out, x: (-x * out,))
gauss = operation("gauss", lambda x: stable_bell(x, 1.0), lambda out, x: (-2 * x * out,))
erf = operation("erf", math.erf, lambda out, x: (TWO_OVER_SQRT_PI * gauss(x),))
erfc = operation("erfc", math.erfc, lambda out, x: (-TWO_OVER_SQRT_PI * gauss(x),))

# Activations, in forms that do not overflow. At a kink the slope is that of the left side, as in PyTorch


def stable_sigmoid(x: float) -> float:
    """1 / (1 + exp(-x)), where exp would overflow too."""
    t = math.exp(-abs(x))
    sum_ = 1 + t
    result = (1.0 if x >= 0 else t) / sum_
    return result - result * (t - (sum_ - 1)) / sum_  # with what the sum has lost


relu = operation("relu", lambda x: 0.0 if x <= 0 else x, lambda out, x: (0.0 if x <= 0 else 1.0,))
leaky_relu = operation(
    "leaky_relu",
    lambda x, slope: x if x > 0 else slope * x,
    lambda out, x, slope: (1.0, 0.0) if x > 0 else (slope, x),
)
elu = operation(
    "elu",
    lambda x, alpha: x if x > 0 else alpha * math.expm1(x),
    lambda out, x, alpha: (1.0, 0.0) if x > 0 else (alpha * exp(x), expm1(x)),
)
# sigmoid(-x) is 1 - sigmoid(x) without the loss of digits; near 0 the second derivative would lose its own, so there
# the first is taken as (1 - tanh²(x/2)) / 4
sigmoid: Operation = operation(
    "sigmoid",
    stable_sigmoid,
    lambda out, x: ((1 - (t := tanh(x / 2)) * t) / 4 if -1 < x < 1 else out * sigmoid(-x),),
)
softplus = operation(
    "softplus",
    lambda x: (x if x > 0 else 0.0) + math.log1p(math.exp(-abs(x))),
    lambda out, x: (sigmoid(x),),
)
silu = operation(
    "silu",
    lambda x: x * stable_sigmoid(x),
    lambda out, x: (sigmoid(x) * (1 + x * sigmoid(-x)),),
)


def stable_gelu(x: float) -> float:
    """x Φ(x), with the normal distribution function Φ(x) = erfc(-x/√2) / 2."""
    if x < -25:  # erfc runs out of range; -φ(x) (1 - 1/x² + 3/x⁴ - …), Abramowitz & Stegun 26.2.12
        series = 1.0
        for k in range(15, 0, -2):
            series = 1 - k / x / x * series
        return -stable_bell(x) * series * ONE_OVER_SQRT_2PI
    z = -x / SQRT2
    if z > 0.3:  # erfc enlarges the rounding error of z
        missing = (-x - z * SQRT2 - product_error(z, SQRT2) - z * SQRT2_REST) / SQRT2
        return x * (math.erfc(z) - TWO_OVER_SQRT_PI * missing * stable_bell(x)) / 2
    return x * (math.erfc(z) / 2)


def gelu_slope(out: Any, x: Any) -> Any:
    """Φ(x) + x φ(x), with the normal density φ."""
    distribution = out / x if x < -0.5 else erfc(-x / SQRT2) / 2
    density, number = bell(x), rounded_number_of(x)
    if type(number) is float and abs(number) < 40:  # what the rounding of x / √(2π) costs
        lost = product_error(number, ONE_OVER_SQRT_2PI) + number * ONE_OVER_SQRT_2PI_REST
        distribution = distribution + density * lost
    return distribution + density * (x * ONE_OVER_SQRT_2PI)


gelu = operation("gelu", stable_gelu, lambda out, x: (gelu_slope(out, x),))

# Selections: the gradient goes to what was selected; ties share it equally


def greatest(*xs: float) -> float:
    """The maximum, which is nan if any of them is."""
    return nan if any(map(math.isnan, xs)) else max(xs)


def clipped(x: float, low: float, high: float) -> float:
    """x, or the end of the interval that it is beyond."""
    if low > high:
        raise ValueError("the interval is empty")
    if math.isnan(low) or math.isnan(high):
        return nan
    return low if x < low else high if x > high else x


def share(out: Any, xs: Sequence[Any]) -> Sequence[float]:
    """Equal parts of 1 for those of xs that are out."""
    chosen = [not (x < out or x > out) for x in xs]
    return [1 / sum(chosen) if c else 0.0 for c in chosen]


clip = operation(
    "clip",
    clipped,
    lambda out, x, low, high: (0.0, 1.0, 0.0) if x < low else (0.0, 0.0, 1.0) if x > high else (1.0, 0.0, 0.0),
    "low <= high",
)
maximum = operation("max", greatest, lambda out, *xs: share(out, xs))
minimum = operation("min", lambda *xs: -greatest(*[-x for x in xs]), lambda out, *xs: share(out, xs))

# Operations on many operands: one node each. Sums run from left to right, so that the node has bit for bit
# the value of the chain of + that it stands for.


def added(*xs: float) -> float:
    """The sum from left to right. (Python's own sum rounds differently from version to version.)"""
    return reduce(operator.add, xs) if xs else 0.0


def halves(xy: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    """The two vectors of a scalar product, which come as one sequence."""
    middle, left_over = divmod(len(xy), 2)
    if left_over:
        raise ValueError("two vectors of unequal length")
    return xy[:middle], xy[middle:]


def stable_product(*xs: float) -> float:
    """The product from left to right, with an exponent beside it that does not run out of range on the way."""
    mantissa, exponent = 1.0, 0
    for x in xs:
        digits, magnitude = math.frexp(x)
        mantissa, shift = math.frexp(mantissa * digits)
        exponent += magnitude + shift
    try:
        return math.ldexp(mantissa, exponent)
    except OverflowError:
        return math.copysign(inf, mantissa)


def products_of_others(xs: Sequence[Any]) -> Sequence[Any]:
    """For each operand the product of all the others, without division: an operand may be 0."""
    before = list(accumulate(xs[:-1], operator.mul, initial=1.0))
    after = list(accumulate(xs[:0:-1], operator.mul, initial=1.0))[::-1]
    if all(1e-150 < abs(p) < 1e150 or (is_zero(p) and any(map(is_zero, xs))) for p in before + after):
        return [b * a for b, a in zip(before, after, strict=True)]
    return [product(*xs[:i], *xs[i + 1 :]) if len(xs) > 1 else 1.0 for i in range(len(xs))]


def average(*xs: float) -> float:
    """The sum divided by their number; where the sum overflows, the sum of the parts."""
    sum_of_all = added(*xs)
    return sum_of_all / len(xs) if math.isfinite(sum_of_all) else added(*[x / len(xs) for x in xs])


def exp_of_difference(x: Any, y: Any) -> Any:
    """exp(x - y), with the digits that exp(x - y) loses because exp enlarges the rounding error of x - y."""
    e = exp(x - y)
    x, y = rounded_number_of(x), rounded_number_of(y)
    if not (type(x) is type(y) is float and math.isfinite(x - y)):
        return e
    back = (x - y) - x
    rounding = (x - ((x - y) - back)) + (-y - back)  # Knuth, The Art of Computer Programming 2, 4.2.2
    return e + e * rounding if rounding else e


def place_of_largest(xs: Sequence[Any]) -> int:
    """The first place where the largest of numbers or Values stands."""
    return max(range(len(xs)), key=xs.__getitem__)


def softmax(xs: Sequence[Any], shift: Any) -> list[Any]:
    """exp(x) / Σ exp(x), one per x; shift, their maximum as a constant, keeps exp from overflowing."""
    exps = [exp(x - shift) for x in xs]
    sum_of_exps = total(*exps)
    return [e / sum_of_exps for e in exps]


def probabilities(xs: Sequence[Any]) -> list[Any]:
    """exp(x) / Σ exp(x), one per x, to the last digits of the small ones too."""
    place = place_of_largest(xs)
    largest = xs[place]
    # divided by exp(largest), which then is 1 and does not move: the derivatives of what is nearly 1 lose no digits
    exps = [1.0 if i == place else exp_of_difference(x, largest) for i, x in enumerate(xs)]
    sum_of_exps = total(*exps)
    return [e / sum_of_exps for e in exps]


def stable_logsumexp(*xs: float) -> float:
    """log Σ exp(x), with the largest exp taken out."""
    largest = greatest(*xs)
    if not math.isfinite(largest):
        return largest
    others = list(xs)
    others.remove(largest)  # its exp(0) = 1 is the 1 in log1p, which keeps the digits of small sums
    return largest + math.log1p(added(*[math.exp(x - largest) for x in others]))


total = operation("sum", added, lambda out, *xs: [1.0] * len(xs))
mean = operation("mean", average, lambda out, *xs: [1 / len(xs)] * len(xs))
product: Operation = operation("prod", stable_product, lambda out, *xs: products_of_others(xs))
dot = operation(
    "dot",
    lambda *xy: added(*map(operator.mul, *halves(xy))),
    lambda out, *xy: [*halves(xy)[1], *halves(xy)[0]],
    "two vectors of equal length",
)
norm: Operation = operation("norm", math.hypot, lambda out, *xs: directions(out, xs))
logsumexp = operation("logsumexp", stable_logsumexp, lambda out, *xs: probabilities(xs))
