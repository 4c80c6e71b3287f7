"""The square of a number, and its derivative: what a call costs by itself."""

from typing import Any

from tests.benchmarks.field.problem import Problem


def problem(x: float = 1.5) -> Problem:
    return Problem([x], scalars, scalars_of_array, by_hand)


def scalars(xs: list[Any], m: Any) -> Any:
    return xs[0] * xs[0]


def scalars_of_array(x: Any, np: Any) -> Any:
    return np.sum(x * x)


def by_hand(x: Any) -> tuple[float, Any]:
    return x[0] * x[0], 2.0 * x
