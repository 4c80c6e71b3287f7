"""The logarithm of a sum of exponentials, without overflow: one wide reduction."""

from typing import Any

import numpy as np

from tests.benchmarks.field.problem import Problem, numbers


def problem(n: int = 1000) -> Problem:
    return of(numbers(n, -5, 5))


def of(xs: list[float]) -> Problem:
    return Problem(xs, scalars, arrays, by_hand)


def scalars(xs: list[Any], m: Any) -> Any:
    return m.logsumexp(xs)


def arrays(x: Any, lib: Any) -> Any:
    largest = lib.max(x)
    return largest + lib.log(lib.sum(lib.exp(x - largest)))


def by_hand(x: Any) -> tuple[float, Any]:
    largest = x[0]
    for each in x:
        largest = max(largest, each)
    gradient, total = np.empty_like(x), 0.0
    for i in range(len(x)):
        gradient[i] = np.exp(x[i] - largest)
        total += gradient[i]
    for i in range(len(x)):
        gradient[i] /= total
    return largest + np.log(total), gradient
