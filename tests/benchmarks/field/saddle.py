"""The saddle of |x|² - |y|², x and y in the plane: least in x, of the greatest in y. A descent within a descent."""

from collections.abc import Callable
from typing import Any

from tests.benchmarks.field.descent import SMALL, lowest
from tests.benchmarks.field.problem import Nested


def problem(x1: float = 1.0, x2: float = 1.0) -> Nested:
    """With a descent that ends early, or others take minutes for one gradient."""
    return Nested([x1, x2], lambda within, m: made([x1, x2], within, m, small=1e-2))


def made(start: list[float], within: Any, m: Any, small: float = SMALL) -> Callable[[list[Any]], Any]:
    """The greatest that y makes of the function, of x: an inner descent, from the start."""
    slope = within(depth)
    return lambda x: -depth(deepest(x, slope, start, m, small), x)


def found(start: list[float], gradient_of: Any, within: Any, m: Any, small: float = SMALL) -> list[Any]:
    """x, then y, at the saddle, by two operators for gradients."""
    greatest = made(start, within, m, small)
    x = lowest(greatest, gradient_of(greatest), start, m, small)
    return [*x, *deepest(x, gradient_of(depth), start, m, small)]


def deepest(x: list[Any], slope: Any, start: list[float], m: Any, small: float) -> list[Any]:
    """The y that makes the function greatest; slope is the gradient of depth."""
    return lowest(lambda y: depth(y, x), lambda y: slope(y, x), start, m, small)


def depth(y: list[Any], x: list[Any]) -> Any:
    """The function upside down: where it is least, the function itself is greatest."""
    return y[0] * y[0] + y[1] * y[1] - (x[0] * x[0] + x[1] * x[1])
