"""Every operation of the table once more, from other sources: in mpmath and SymPy, with points and its kinks.

A new entry of the table needs an entry here too: test_derivatives.py says which are missing.
"""

import itertools
import math
import operator
import random
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import sympy

from autograd import functions
from autograd.derivatives import TABLE

inf, nan = math.inf, math.nan

# What every operation means, written independently of the table. Its own context: nobody else's precision moves it.

mp = mpmath.MPContext()
mp.dps = 50

IN_MPMATH: dict[str, Callable[..., Any]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "**": mp.power,
    "neg": lambda x: -x,
    "floor": mp.floor,
    "round": mp.nint,
    "%": lambda x, y: x - y * mp.floor(x / y),
    "//": lambda x, y: mp.floor(x / y),
    "reciprocal": lambda x: 1 / x,
    "abs": mp.fabs,
    "exp": mp.exp,
    "exp2": lambda x: mp.power(2, x),
    "expm1": mp.expm1,
    "log": mp.log,
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log10": lambda x: mp.log(x) / mp.log(10),
    "log1p": mp.log1p,
    "xlogy": lambda x, y: x * mp.log(y),
    "sqrt": mp.sqrt,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "hypot": mp.hypot,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "sinc": mp.sincpi,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "atan2": mp.atan2,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "sech": mp.sech,
    "tanh": mp.tanh,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "bell": lambda x: mp.exp(-x * x / 2),
    "gauss": lambda x: mp.exp(-x * x),
    "erf": mp.erf,
    "erfc": mp.erfc,
    "relu": lambda x: max(x, mp.zero),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": lambda x, alpha: x if x > 0 else alpha * (mp.exp(x) - 1),
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "gelu": lambda x: x * mp.ncdf(x),
    "clip": lambda x, low, high: min(max(x, low), high),
    "max": lambda *xs: max(xs),
    "min": lambda *xs: min(xs),
    "sum": lambda *xs: mp.fsum(xs),
    "mean": lambda *xs: mp.fsum(xs) / len(xs),
    "prod": lambda *xs: mp.fprod(xs),
    "dot": lambda *xy: mp.fsum(x * y for x, y in zip(xy[: len(xy) // 2], xy[len(xy) // 2 :], strict=True)),
    "norm": lambda *xs: mp.sqrt(mp.fsum(x * x for x in xs)),
    "logsumexp": lambda *xs: mp.log(mp.fsum(mp.exp(x) for x in xs)),
}


class Steps(sympy.Function):  # type: ignore[misc]
    """floor, whose derivative is 0."""

    @classmethod
    def eval(cls, x: Any) -> Any:
        return sympy.floor(x) if x.is_number else None

    def fdiff(self, argindex: int = 1) -> Any:
        return sympy.Integer(0)


IN_SYMPY: dict[str, Callable[..., Any]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "**": lambda x, y: x**y,
    "neg": lambda x: -x,
    "floor": lambda x: Steps(x),
    "round": lambda x: Steps(x + sympy.Rational(1, 2)),  # but for x between two whole numbers
    "%": lambda x, y: x - y * Steps(x / y),
    "//": lambda x, y: Steps(x / y),
    "reciprocal": lambda x: 1 / x,
    "abs": sympy.Abs,
    "exp": sympy.exp,
    "exp2": lambda x: 2**x,
    "expm1": lambda x: sympy.exp(x) - 1,
    "log": sympy.log,
    "log2": lambda x: sympy.log(x, 2),
    "log10": lambda x: sympy.log(x, 10),
    "log1p": lambda x: sympy.log(1 + x),
    "xlogy": lambda x, y: x * sympy.log(y),
    "sqrt": sympy.sqrt,
    "cbrt": lambda x: sympy.Piecewise((sympy.cbrt(x), x > 0), (-sympy.cbrt(-x), True)),
    "hypot": lambda x, y: sympy.sqrt(x**2 + y**2),
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "sinc": lambda x: sympy.sin(sympy.pi * x) / (sympy.pi * x),
    "asin": sympy.asin,
    "acos": sympy.acos,
    "atan": sympy.atan,
    "atan2": sympy.atan2,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "sech": sympy.sech,
    "tanh": sympy.tanh,
    "asinh": sympy.asinh,
    "acosh": sympy.acosh,
    "atanh": sympy.atanh,
    "bell": lambda x: sympy.exp(-(x**2) / 2),
    "gauss": lambda x: sympy.exp(-(x**2)),
    "erf": sympy.erf,
    "erfc": sympy.erfc,
    "relu": lambda x: sympy.Max(x, 0),
    "leaky_relu": lambda x, slope: sympy.Piecewise((x, x > 0), (slope * x, True)),
    "elu": lambda x, alpha: sympy.Piecewise((x, x > 0), (alpha * (sympy.exp(x) - 1), True)),
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    "silu": lambda x: x / (1 + sympy.exp(-x)),
    "gelu": lambda x: x * (1 + sympy.erf(x / sympy.sqrt(2))) / 2,
    "clip": lambda x, low, high: sympy.Min(sympy.Max(x, low), high),
    "max": sympy.Max,
    "min": sympy.Min,
    "sum": lambda *xs: sympy.Add(*xs),
    "mean": lambda *xs: sympy.Add(*xs) / len(xs),
    "prod": lambda *xs: sympy.Mul(*xs),
    "dot": lambda a, b, c, x, y, z: a * x + b * y + c * z,
    "norm": lambda *xs: sympy.sqrt(sympy.Add(*[x**2 for x in xs])),
    "logsumexp": lambda *xs: sympy.log(sympy.Add(*map(sympy.exp, xs))),
}

# Where every operation is tried


class Points(NamedTuple):
    """ordinary: one in every branch. edges: borders, zeros, the large and the tiny. draw: random operands."""

    ordinary: list[tuple[float, ...]]
    edges: list[tuple[float, ...]]
    draw: list[Callable[[random.Random], float]]


def positive(low: float, high: float) -> Callable[[random.Random], float]:
    """A number between low and high, half the time of any magnitude, half the time of that of high."""

    def draw(chance: random.Random) -> float:
        if chance.random() < 0.5:
            return chance.uniform(low, high)
        return min(high, 10 ** chance.uniform(math.log10(low), math.log10(high)))

    return draw


def signed(low: float, high: float) -> Callable[[random.Random], float]:
    """A number of either sign and of any magnitude between low and high."""
    return lambda chance: chance.choice((-1.0, 1.0)) * positive(low, high)(chance)


NEXT_TO_1 = 1 - 2.0**-53
AFTER_1 = 1 + 2.0**-52
ANY = signed(1e-300, 1e300)
MEDIUM = signed(1e-70, 1e70)  # four of them can be multiplied
ZEROS = [(0.0,), (-0.0,)]
TINY_AND_LARGE = [(1e-300,), (-1e-300,), (1e-8,), (-1e-8,), (1e300,), (-1e300,)]
TINY = [*ZEROS, *TINY_AND_LARGE[:4]]

POINTS = {
    "+": Points([(2.0, -3.0)], [(1e308, -1e308), (1e-300, 1e300), (0.0, -0.0)], [ANY, ANY]),
    "-": Points([(2.0, -3.0)], [(1e308, 1e308), (1e-300, 1e300), (0.0, 0.0)], [ANY, ANY]),
    "*": Points([(2.0, -3.0)], [(1e-300, 1e300), (0.0, 5.0), (0.0, 0.0)], [MEDIUM, MEDIUM]),
    "/": Points([(2.0, -3.0)], [(1e-300, 1e-300), (0.0, 5.0), (1e300, 1e300), (3.0, 1e300)], [MEDIUM, MEDIUM]),
    "**": Points(
        [(2.0, 3.0), (0.7, -1.3)],
        [
            (AFTER_1, 1e15),
            (NEXT_TO_1, 3.0),
            (1e-300, 1.01),
            (1e-300, 0.5),
            (1e300, 1.01),
            (3.0, 0.0),
            (2.0, 1e-300),
            (1e-200, 2.0),
            (1e200, -1.5),
            (5e-324, 1.0),
            (1e300, 0.1),
            (0.9, 6000.0),
            (1e-300, 0.1),
        ],
        [positive(1e-30, 1e30), signed(1e-300, 9.0)],
    ),
    "neg": Points([(2.0,)], [*ZEROS, *TINY_AND_LARGE], [ANY]),
    "reciprocal": Points([(2.0,), (-0.3,)], [*TINY_AND_LARGE, (5e-324,)], [signed(1e-150, 1e300)]),
    "abs": Points([(2.0,), (-3.0,)], TINY_AND_LARGE, [ANY]),
    "floor": Points([(2.7,), (-2.7,)], [(1e-300,), (-1e-300,), (0.5,), (NEXT_TO_1,)], [signed(1e-3, 1e6)]),
    "round": Points([(2.7,), (-2.2,)], [(1e-300,), (7.0,), (0.5 - 2.0**-54,), (1e300,)], [signed(1e-3, 1e6)]),
    "%": Points(
        [(5.5, 2.0), (-5.5, 2.0), (5.5, -2.0)], [(0.7, 0.1), (1e-300, 3.0), (-1e-3, 3.0)], [signed(1e-3, 1e3)] * 2
    ),
    "//": Points(
        [(5.5, 2.0), (-5.5, 2.0), (5.5, -2.0)], [(0.7, 0.1), (1e-300, 3.0), (-1e-3, 3.0)], [signed(1e-3, 1e3)] * 2
    ),
    "exp": Points([(2.0,), (-3.0,)], [*TINY, (709.78,), (-740.0,)], [signed(1e-300, 700)]),
    "exp2": Points([(2.5,), (-3.5,)], [*TINY, (1023.9,), (-1070.0,)], [signed(1e-300, 1000)]),
    "expm1": Points([(2.0,), (-3.0,)], [*TINY, (709.78,), (-40.0,), (-700.0,)], [signed(1e-300, 700)]),
    "log": Points([(2.0,), (0.3,)], [(1e-307,), (1e308,), (NEXT_TO_1,), (AFTER_1,)], [positive(1e-307, 1e307)]),
    "log2": Points([(3.0,), (0.3,)], [(1e-307,), (1e308,), (NEXT_TO_1,), (AFTER_1,)], [positive(1e-307, 1e307)]),
    "log10": Points([(3.0,), (0.3,)], [(1e-307,), (1e308,), (NEXT_TO_1,), (AFTER_1,)], [positive(1e-307, 1e307)]),
    "log1p": Points([(2.0,), (-0.3,)], [*TINY, (-NEXT_TO_1,), (-0.999,), (1e308,)], [positive(1e-300, 1e300)]),
    "xlogy": Points(
        [(2.0, 3.0), (-0.7, 0.3)],
        [(0.0, 2.0), (-0.0, 0.3), (2.0, 1e-300), (1e-300, 1e300), (3.0, NEXT_TO_1)],
        [MEDIUM, positive(1e-70, 1e70)],
    ),
    "sqrt": Points([(2.0,), (0.3,)], [(5e-324,), (1e-300,), (1e308,)], [positive(1e-300, 1e300)]),
    "cbrt": Points([(2.0,), (-3.0,)], [*TINY_AND_LARGE, (5e-324,), (-1e308,)], [ANY]),
    "hypot": Points([(2.0, -3.0)], [(0.0, -2.0), (1e300, 1e300), (1e-300, 1e-300), (1e-10, 1e10)], [MEDIUM, MEDIUM]),
    "sin": Points([(2.0,), (-3.0,)], [*TINY, (math.pi,), (math.pi / 2,), (1e22,)], [signed(1e-300, 1e22)]),
    "cos": Points([(2.0,), (-3.0,)], [*TINY, (math.pi,), (math.pi / 2,), (1e22,)], [signed(1e-300, 1e22)]),
    "tan": Points([(2.0,), (-3.0,)], [*TINY, (math.pi,), (math.pi / 2,), (1e22,)], [signed(1e-300, 1e22)]),
    "sinc": Points(
        [(0.7,), (-2.3,)],
        [*TINY[:2], (1e-8,), (-1e-20,), (0.3,), (0.5,), (-0.5 + 2.0**-54,), (20.5,), (3.0,), (1e6 + 0.3,)],
        [signed(1e-300, 1e3)],
    ),
    "asin": Points([(0.3,), (-0.6,)], [*TINY, (NEXT_TO_1,), (-NEXT_TO_1,), (0.999,)], [signed(1e-300, NEXT_TO_1)]),
    "acos": Points([(0.3,), (-0.6,)], [*TINY, (NEXT_TO_1,), (-NEXT_TO_1,), (0.999,)], [signed(1e-300, NEXT_TO_1)]),
    "atan": Points([(2.0,), (-0.6,)], [*ZEROS, *TINY_AND_LARGE, (1e154,)], [ANY]),
    "atan2": Points(
        [(2.0, -3.0), (-1.0, 2.0)], [(1.0, 0.0), (0.0, 1.0), (1e-300, 1e-300), (1e300, -1e300)], [MEDIUM, MEDIUM]
    ),
    "sinh": Points([(2.0,), (-3.0,)], [*TINY, (710.0,), (-710.0,)], [signed(1e-300, 700)]),
    "cosh": Points([(2.0,), (-3.0,)], [*TINY, (710.0,), (-710.0,)], [signed(1e-300, 700)]),
    "sech": Points([(2.0,), (-3.0,)], [*TINY, (20.0,), (-700.0,), (1e4,)], [signed(1e-300, 700)]),
    "tanh": Points([(2.0,), (-0.3,)], [*TINY, (20.0,), (-300.0,), (1e4,)], [signed(1e-300, 300)]),
    "asinh": Points([(2.0,), (-0.3,)], [*ZEROS, *TINY_AND_LARGE], [ANY]),
    "acosh": Points([(2.0,), (1.3,)], [(AFTER_1,), (1.001,), (1e300,)], [positive(1.001, 1e300)]),
    "atanh": Points([(0.3,), (-0.6,)], [*TINY, (NEXT_TO_1,), (-NEXT_TO_1,), (0.999,)], [signed(1e-300, NEXT_TO_1)]),
    "bell": Points([(0.5,), (-1.5,)], [*TINY, (6.0,), (-26.0,), (1e4,)], [signed(1e-300, 37)]),
    "gauss": Points([(0.5,), (-1.5,)], [*TINY, (6.0,), (-26.0,), (1e4,)], [signed(1e-300, 26)]),
    "erf": Points([(0.5,), (-1.5,)], [*TINY, (6.0,), (-26.0,), (1e4,)], [signed(1e-300, 26)]),
    "erfc": Points([(0.5,), (-1.5,)], [*TINY, (6.0,), (-26.0,), (26.0,)], [signed(1e-300, 26)]),
    "relu": Points([(2.0,), (-3.0,)], TINY_AND_LARGE, [ANY]),
    "leaky_relu": Points(
        [(2.0, 0.1), (-3.0, 0.1)], [(-1e-300, 0.3), (1e300, 0.3), (-2.0, 0.0)], [ANY, signed(0.01, 9)]
    ),
    "elu": Points(
        [(2.0, 1.5), (-0.7, 1.5)],
        [(-1e-300, 1.0), (1e-300, 1.0), (-700.0, 2.0), (1e300, 1.0), (-3.0, 0.0)],
        [signed(1e-300, 700), signed(0.01, 9)],
    ),
    "sigmoid": Points([(2.0,), (-3.0,)], [*TINY, (1000.0,), (-1000.0,), (37.0,), (-700.0,)], [signed(1e-300, 700)]),
    "softplus": Points([(2.0,), (-3.0,)], [*TINY, (1000.0,), (-1000.0,), (37.0,), (-700.0,)], [signed(1e-300, 700)]),
    "silu": Points([(2.0,), (-3.0,)], [*TINY, (1000.0,), (-1000.0,), (-1.2784645,), (-700.0,)], [signed(1e-300, 700)]),
    "gelu": Points(
        [(0.5,), (-1.5,), (-3.0,)], [*TINY, (40.0,), (-0.7517916,), (-8.0,), (-30.0,)], [signed(1e-300, 37)]
    ),
    "clip": Points(
        [(0.5, -1.0, 2.0), (-3.0, -1.0, 2.0), (5.0, -1.0, 2.0)],
        [(1e300, -1.0, 1.0), (1e-300, 2e-300, 1.0), (AFTER_1, 0.0, 1.0), (NEXT_TO_1, 0.0, 1.0)],
        [ANY, signed(1.0, 1e3), positive(1e4, 1e5)],
    ),
    "max": Points(
        [(2.0, 3.0, -1.0), (4.0, 3.0, -1.0), (2.0, 3.0, 5.0)], [(1.0, AFTER_1), (1e300, -1e300), (7.0,)], [ANY] * 4
    ),
    "min": Points(
        [(2.0, 3.0, -1.0), (2.0, 1.0, 5.0), (0.5, 3.0, 1.0)], [(1.0, AFTER_1), (1e300, -1e300), (7.0,)], [ANY] * 4
    ),
    "sum": Points([(2.0, -3.0, 0.5)], [(7.0,), (1e16, 1.0, -1e16), (0.1,) * 10], [signed(1e-9, 1e9)] * 4),
    "mean": Points([(2.0, -3.0, 0.5)], [(7.0,), (1e16, 1.0, -1e16), (0.1,) * 10], [signed(1e-9, 1e9)] * 4),
    "prod": Points(
        [(2.0, -3.0, 0.5)],
        [(7.0,), (2.0, 0.0, 3.0), (0.0, 0.0, 3.0), (0.0, 0.0, 0.0), (1e200, 1e-200, 1e100)],
        [MEDIUM] * 4,
    ),
    "dot": Points([(2.0, -3.0, 0.5, 4.0, 5.0, -6.0)], [(7.0, 3.0), (0.0,) * 4], [signed(1e-9, 1e9)] * 6),
    "norm": Points([(2.0, -3.0, 0.5)], [(-7.0,), (0.0, 2.0), (1e300, 1e300), (1e-300, -1e-300)], [MEDIUM] * 4),
    "logsumexp": Points(
        [(2.0, -3.0, 0.5)],
        [(7.0,), (0.0, 0.0), (1000.0, 999.0, -1000.0), (-1000.0, -1000.0), (-math.log(2), -math.log(2)), (0.0, -40.0)],
        [signed(1e-3, 1e3)] * 4,
    ),
}


def random_points(name: str, number: int = 30) -> list[tuple[float, ...]]:
    chance = random.Random(name)  # the same points on every run
    return [tuple(draw(chance) for draw in POINTS[name].draw) for _ in range(number)]


# Errors are counted in ulp, units in the last place, of the true result.


def summands(*xs: Any) -> Any:
    return mp.fsum(map(abs, xs))


# Where summands cancel, no float computation can keep the digits: there the error is counted in ulp of the summands.
VALUE_SCALE: dict[str, Callable[..., Any]] = {
    "sum": summands,
    "mean": lambda *xs: summands(*xs) / len(xs),
    "dot": lambda *xy: summands(*map(operator.mul, xy[: len(xy) // 2], xy[len(xy) // 2 :])),
    "logsumexp": lambda *xs: abs(max(xs)) + len(xs),
}
GRADIENT_SCALE: dict[str, Callable[..., Any]] = {
    "sinc": lambda x: 1 / abs(x) if abs(x) >= 0.5 else 0,
    "silu": lambda x: (1 + abs(x) / (1 + mp.exp(x))) / (1 + mp.exp(-x)),
    "gelu": lambda x: mp.ncdf(x) + abs(x) * mp.npdf(x),
}


def ulps(found: float, true: Any, scale: Any, floor: float) -> float:
    """The error of `found`; below `floor`, where floats run out of digits or of range, errors do not count."""
    largest = mp.mpf(sys.float_info.max)
    if not abs(found) <= largest or abs(true) > largest:  # beyond the floats the right answer is an infinity
        return 0.0 if abs(true) > largest * NEXT_TO_1 and found == math.copysign(inf, true) else inf
    error = abs(mp.mpf(found) - true)
    return 0.0 if error <= floor else float(error / math.ulp(float(min(max(scale, abs(true)), largest))))


def true_gradient(name: str, xs: tuple[float, ...]) -> list[Any]:
    """Central differences whose step is 1e-60 of each operand, with so many digits that 100 remain."""
    exact = [mp.mpf(x) for x in xs]
    slopes = []
    for i, x in enumerate(exact):
        h = mp.mpf("1e-60") * min(abs(x) or 1, 1)
        ahead, behind = (IN_MPMATH[name](*exact[:i], x + step, *exact[i + 1 :]) for step in (h, -h))
        slopes.append((ahead - behind) / (2 * h))
    return slopes


def true_seconds(name: str, xs: tuple[float, ...]) -> list[Any]:
    """The second derivatives, by central differences with so many digits that 100 remain."""
    exact = [mp.mpf(x) for x in xs]
    steps = [mp.mpf("1e-60") * min(abs(x) or 1, 1) for x in exact]

    def at(*moves: tuple[int, Any]) -> Any:
        point = list(exact)
        for i, step in moves:
            point[i] += step
        return IN_MPMATH[name](*point)

    found = []
    for (i, h), (j, k) in itertools.product(enumerate(steps), repeat=2):
        corners = at((i, h), (j, k)) - at((i, h), (j, -k)) - at((i, -h), (j, k)) + at((i, -h), (j, -k))
        found.append(corners / (4 * h * k))
    return found


def bits(numbers: Any) -> list[str]:
    """Floats so that they are equal if every bit is: 0.0 is not -0.0, and nan is nan."""
    return [float(number).hex() for number in numbers]


# Kinks and poles: conventions, which are PyTorch's where PyTorch has the operation

KINKS = [
    ("relu", (0.0,), (0.0,)),
    ("relu", (-0.0,), (0.0,)),
    ("abs", (0.0,), (0.0,)),
    ("abs", (-0.0,), (0.0,)),
    ("leaky_relu", (0.0, 0.25), (0.25, 0.0)),
    ("elu", (0.0, 2.5), (2.5, 0.0)),
    ("max", (1.0, 1.0, 0.0), (0.5, 0.5, 0.0)),
    ("max", (2.0, 2.0, 2.0), (1 / 3, 1 / 3, 1 / 3)),
    ("max", (0.0, -0.0), (0.5, 0.5)),
    ("min", (1.0, 1.0, 3.0), (0.5, 0.5, 0.0)),
    ("min", (-0.0, 0.0), (0.5, 0.5)),
    ("clip", (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
    ("clip", (1.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
    ("clip", (0.5, 0.5, 0.5), (1.0, 0.0, 0.0)),
    ("floor", (2.0,), (0.0,)),
    ("round", (0.5,), (0.0,)),
    ("%", (4.0, 2.0), (1.0, -2.0)),
    ("%", (-4.0, 2.0), (1.0, 2.0)),
    ("//", (4.0, 2.0), (0.0, 0.0)),
    ("xlogy", (0.0, 0.0), (-inf, 0.0)),
    ("sqrt", (0.0,), (inf,)),
    ("cbrt", (0.0,), (inf,)),
    ("cbrt", (-0.0,), (inf,)),
    ("asin", (1.0,), (inf,)),
    ("asin", (-1.0,), (inf,)),
    ("acos", (1.0,), (-inf,)),
    ("acos", (-1.0,), (-inf,)),
    ("acosh", (1.0,), (inf,)),
    ("norm", (0.0, 0.0), (0.0, 0.0)),
    ("norm", (0.0,), (0.0,)),
    ("hypot", (0.0, 0.0), (0.0, 0.0)),
    ("atan2", (0.0, 0.0), (0.0, 0.0)),
    ("**", (0.0, 0.0), (0.0, 0.0)),
    ("**", (0.0, 0.5), (inf, 0.0)),
    ("**", (0.0, 1.0), (1.0, 0.0)),
    ("**", (0.0, 2.0), (0.0, 0.0)),
    ("**", (0.0, 2.5), (0.0, 0.0)),
    ("**", (-2.0, 3.0), (12.0, nan)),
    ("**", (-2.0, 0.0), (0.0, nan)),
    ("**", (-2.0, -2.0), (0.25, nan)),
    ("**", (-0.5, 1.0), (1.0, nan)),
]

# What a user calls, and what answers the operators in its place

OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "%": operator.mod,
    "//": operator.floordiv,
    "neg": operator.neg,
}
FUNCTIONS = [name for name in TABLE if name not in OPERATORS]


def public(name: str, tables: bool = False) -> Callable[..., Any]:
    """What a user calls: operator or function. For plain numbers the operators are Python's own: the table's."""
    if name in OPERATORS:
        return TABLE[name] if tables else OPERATORS[name]
    function = getattr(functions, name)
    if name in ("sum", "mean", "prod", "norm", "logsumexp"):
        return lambda *xs: function(xs)
    if name == "dot":
        return lambda *xy: function(xy[: len(xy) // 2], xy[len(xy) // 2 :])
    return function


class ByTheTable:
    """Something whose operators are the operations of the table."""

    __add__, __radd__ = (lambda x, y: TABLE["+"](x, y)), (lambda x, y: TABLE["+"](y, x))
    __sub__, __rsub__ = (lambda x, y: TABLE["-"](x, y)), (lambda x, y: TABLE["-"](y, x))
    __mul__, __rmul__ = (lambda x, y: TABLE["*"](x, y)), (lambda x, y: TABLE["*"](y, x))
    __truediv__, __rtruediv__ = (lambda x, y: TABLE["/"](x, y)), (lambda x, y: TABLE["/"](y, x))
    __pow__, __rpow__ = (lambda x, y: TABLE["**"](x, y)), (lambda x, y: TABLE["**"](y, x))
    __mod__, __floordiv__ = (lambda x, y: TABLE["%"](x, y)), (lambda x, y: TABLE["//"](x, y))
    __neg__, __abs__ = (lambda x: TABLE["neg"](x)), (lambda x: TABLE["abs"](x))
