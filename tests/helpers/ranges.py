"""Random programs whose numbers come near the ends of the range of floats, and their second derivatives by mpmath."""

import math
import random
from collections.abc import Callable, Iterable
from typing import Any

import mpmath

from autograd import Value, atan, log, sqrt, tanh

mp = mpmath.mp.clone()
mp.dps = 700  # the numbers on the way reach 1e±600 and cancel


class Jet:
    """A number of mpmath with two derivatives, and with the sizes of what was added up: floats round these."""

    def __init__(self, x: Any, slope: Any = 0, bend: Any = 0, sizes: tuple[Any, ...] = ()) -> None:
        self.parts = tuple(map(mp.mpf, (x, slope, bend)))
        self.sizes = sizes or tuple(map(abs, self.parts))

    def __add__(self, other: "Jet") -> "Jet":
        return Jet(
            *[x + y for x, y in zip(self.parts, other.parts)], tuple(x + y for x, y in zip(self.sizes, other.sizes))
        )

    def __sub__(self, other: "Jet") -> "Jet":
        return self + Jet(*[-x for x in other.parts], other.sizes)

    def __mul__(self, other: "Jet") -> "Jet":
        def product(x: Any, y: Any) -> Any:
            return x[0] * y[0], x[0] * y[1] + x[1] * y[0], x[0] * y[2] + 2 * x[1] * y[1] + x[2] * y[0]

        return Jet(*product(self.parts, other.parts), product(self.sizes, other.sizes))

    def __truediv__(self, other: "Jet") -> "Jet":
        return self * other.through("reciprocal")

    def through(self, name: str) -> "Jet":
        """A function of it, by the chain rule."""
        (x, slope, bend), sizes = self.parts, self.sizes
        if name == "abs":
            return self if x > 0 else Jet(-x, -slope, -bend, sizes)
        f, first, second = DERIVATIVES[name](x)
        rounding = 1 + 4 * (sizes[0] / abs(x) - 1)
        size = abs(second) * sizes[1] ** 2 + abs(first) * sizes[2]
        return Jet(
            f,
            first * slope,
            second * slope**2 + first * bend,
            (abs(f) * rounding, abs(first) * sizes[1] * rounding, size * rounding),
        )


DERIVATIVES: dict[str, Callable[..., tuple[Any, Any, Any]]] = {
    "reciprocal": lambda x: (1 / x, -1 / x**2, 2 / x**3),
    "sqrt": lambda x: (mp.sqrt(x), 1 / (2 * mp.sqrt(x)), -1 / (4 * x * mp.sqrt(x))),
    "log": lambda x: (mp.log(x), 1 / x, -1 / x**2),
    "tanh": lambda x: (mp.tanh(x), 1 - mp.tanh(x) ** 2, -2 * mp.tanh(x) * (1 - mp.tanh(x) ** 2)),
    "atan": lambda x: (mp.atan(x), 1 / (1 + x**2), -2 * x / (1 + x**2) ** 2),
    "square": lambda x: (x**2, 2 * x, mp.mpf(2)),
    "power": lambda x: (x ** mp.mpf("-1.5"), -1.5 * x ** mp.mpf("-2.5"), 3.75 * x ** mp.mpf("-3.5")),
}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: x**2,
    "power": lambda x: x**-1.5,
    "sqrt": sqrt,
    "log": log,
    "tanh": tanh,
    "atan": atan,
    "abs": abs,
}


def random_program(rng: random.Random) -> list[tuple[Any, ...]]:
    """Steps: a function and a place, or an operator, a place or a number, and a place."""
    steps: list[tuple[Any, ...]] = []
    for i in range(rng.randint(2, 6)):
        if rng.random() < 0.45:
            steps.append((rng.choice([*FUNCTIONS]), rng.randint(0, i)))
        else:
            left = rng.randint(0, i) if rng.random() < 0.6 else 10.0 ** rng.choice([-250, -100, 0, 1, 100, 200, 250])
            steps.append((rng.choice("+-*/***"), left, rng.randint(0, i)))
    return steps


def run(steps: list[tuple[Any, ...]], x: Any) -> list[Any]:
    """The number that goes in, and the result of every step; Jets if it is one."""
    found = [x]
    for name, *operands in steps:
        exact = isinstance(x, Jet)
        a, *others = [found[y] if isinstance(y, int) else Jet(y) if exact else y for y in operands]
        if others:
            b = others[0]
            found.append(a + b if name == "+" else a - b if name == "-" else a * b if name == "*" else a / b)
        else:
            found.append(a.through(name) if exact else FUNCTIONS[name](a))
    return found


def answers(ways: Iterable[Callable[[Callable[[Any], Any], float], Any]], seeds: Iterable[int]) -> tuple[int, int]:
    """How many programs were tried, and how many answers were finite; AssertionError for one that is finite and wrong.

    ways: each is given a function and a number, and answers the second derivative there.
    """
    ways, n_tried, n_finite = [*ways], 0, 0
    for seed in seeds:
        rng = random.Random(seed)
        steps, x = random_program(rng), rng.uniform(1, 2) * 10.0 ** rng.choice([0, 0, 50, 150, 250, -50, -150, -250])
        try:
            floats = [y.data for y in run(steps, Value(x))]
        except (ValueError, ArithmeticError):
            continue
        if not all(1e-305 < abs(y) < 1e305 for y in floats):  # what the function computes itself is in range
            continue
        exact = run(steps, Jet(x, 1))[-1]
        n_tried += 1
        for k, way in enumerate(ways):
            found = way(lambda x, steps=steps: run(steps, x)[-1], x)
            found = getattr(found, "data", found)
            if math.isfinite(found):
                n_finite += 1
                limit = exact.sizes[2] * mp.mpf("1e-12") + mp.mpf("1e-300")
                assert abs(found - exact.parts[2]) <= limit, (seed, k, steps, x)
    return n_tried, n_finite
