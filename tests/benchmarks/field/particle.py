"""A charge that flies between two others: where one of them must stand for it to cross the axis at the origin.

The force is the gradient of a potential, and the place is found along a gradient: a derivative of a derivative, of a
loop that ends when a number says so. (Pearlmutter and Siskind 2008)
"""

from collections.abc import Callable
from typing import Any

from tests.benchmarks.field.descent import SMALL, lowest
from tests.benchmarks.field.problem import Nested

STEP = 0.1  # of Euler's method


def problem(w: float = 0.0) -> Nested:
    return Nested([w], made)


def made(within: Any, m: Any) -> Callable[[list[Any]], Any]:
    """How far the particle misses, squared, of a list that has w alone."""

    def potential(x: list[Any], w: Any) -> Any:
        charges = ([10.0, 10.0 - w], [10.0, 0.0])
        return m.sum([1.0 / m.sqrt((x[0] - c[0]) ** 2 + (x[1] - c[1]) ** 2) for c in charges])

    slope = within(potential)
    return lambda w: squared_miss(w[0], slope)


def found(start: list[float], gradient_of: Any, within: Any, m: Any, small: float = SMALL) -> list[Any]:
    """The w with which it misses least, by two operators for gradients."""
    missed = made(within, m)
    return lowest(missed, gradient_of(missed), start, m, small)


def squared_miss(w: Any, slope: Any) -> Any:
    """The square of where the particle crosses the x axis; slope is the gradient of the potential."""
    x: list[Any] = [0.0, 8.0]
    v: list[Any] = [0.75, 0.0]
    while True:
        uphill = slope(x, w)
        moved = [a + STEP * b for a, b in zip(x, v)]
        if moved[1] <= 0:
            break
        x, v = moved, [a - STEP * b for a, b in zip(v, uphill)]
    crossing = x[0] - x[1] / v[1] * v[0]
    return crossing * crossing
