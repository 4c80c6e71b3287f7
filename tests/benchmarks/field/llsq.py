"""Least squares: half the squared distance of a polynomial from the sign of t, at points from -1 to 1."""

from typing import Any

import numpy as np

from tests.benchmarks.field.problem import Problem, numbers


def problem(points: int = 64, coefficients: int = 16) -> Problem:
    return of(numbers(coefficients), points)


def of(coefficients: list[float], points: int) -> Problem:
    ts = [-1 + 2 * i / (points - 1) for i in range(points)]
    signs = [float((t > 0) - (t < 0)) for t in ts]
    powers = [[t**j for j in range(len(coefficients))] for t in ts]

    def scalars(xs: list[Any], m: Any) -> Any:
        return 0.5 * m.sum([(sign - m.dot(xs, row)) ** 2 for sign, row in zip(signs, powers)])

    def arrays(x: Any, lib: Any) -> Any:
        return 0.5 * lib.sum((lib.array(signs) - lib.array(powers) @ x) ** 2)

    return Problem(coefficients, scalars, arrays, by_hand, (ts, signs))


def by_hand(x: Any, ts: Any, signs: Any) -> tuple[float, Any]:
    gradient, value = np.zeros_like(x), 0.0
    for i in range(len(ts)):
        error, power = signs[i], 1.0
        for j in range(len(x)):
            error -= x[j] * power
            power *= ts[i]
        value += 0.5 * error * error
        power = 1.0
        for j in range(len(x)):
            gradient[j] -= error * power
            power *= ts[i]
    return value, gradient
