"""A chain of linear differential equations by the classical Runge-Kutta method.

y0' = x0, and yi' = xi y(i-1), from 0, for t from 0 to 2. The result is the last y; its gradient is by all x.
"""

from typing import Any

import numpy as np

from tests.benchmarks.field.problem import Problem, numbers

END = 2.0


def problem(n: int = 16, steps: int = 20) -> Problem:
    return of(numbers(n, 2.0, 4.0), steps)


def of(xs: list[float], steps: int) -> Problem:
    def scalars(xs: list[Any], m: Any) -> Any:
        return solved(xs, steps)[-1]

    def arrays(x: Any, lib: Any) -> Any:
        def slope(y: Any) -> Any:
            return lib.concatenate((x[:1], x[1:] * y[:-1]))

        y, h = x * 0, END / steps
        for _ in range(steps):
            k1 = slope(y)
            k2 = slope(y + h / 2 * k1)
            k3 = slope(y + h / 2 * k2)
            k4 = slope(y + h * k3)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return y[-1]

    return Problem(xs, scalars, arrays, by_hand, (steps,))


def solved(xs: list[Any], steps: int) -> list[Any]:
    """All y at the end."""

    def slopes(y: list[Any]) -> list[Any]:
        return [xs[0], *(x * before for x, before in zip(xs[1:], y))]

    def moved(y: list[Any], h: float, k: list[Any]) -> list[Any]:
        return [each + h * slope for each, slope in zip(y, k)]

    h = END / steps
    y: list[Any] = [0.0] * len(xs)
    for _ in range(steps):
        k1 = slopes(y)
        k2 = slopes(moved(y, h / 2, k1))
        k3 = slopes(moved(y, h / 2, k2))
        k4 = slopes(moved(y, h, k3))
        y = [each + h / 6 * (a + 2.0 * b + 2.0 * c + d) for each, a, b, c, d in zip(y, k1, k2, k3, k4)]
    return y


def by_hand(x: Any, steps: Any) -> tuple[float, Any]:
    n, h = len(x), END / steps
    weights, ahead = (1.0, 2.0, 2.0, 1.0), (h / 2, h / 2, h)
    states = np.zeros((steps, 4, n))  # at which the slopes are taken
    y, slopes = np.zeros(n), np.empty((4, n))
    for s in range(steps):
        for k in range(4):
            for i in range(n):
                at = y[i] + (ahead[k - 1] * slopes[k - 1, i] if k else 0.0)
                states[s, k, i] = at
            slopes[k, 0] = x[0]
            for i in range(1, n):
                slopes[k, i] = x[i] * states[s, k, i - 1]
        for i in range(n):
            for k in range(4):
                y[i] += h / 6 * weights[k] * slopes[k, i]
    gradient, of_y, of_state = np.zeros(n), np.zeros(n), np.zeros(n)
    of_y[n - 1] = 1.0
    for s in range(steps - 1, -1, -1):
        of_state[:] = 0.0
        total = of_y.copy()
        for k in range(3, -1, -1):
            of_slope = of_y * (h / 6 * weights[k])
            if k < 3:
                of_slope += of_state * ahead[k]
            of_state[:] = 0.0
            gradient[0] += of_slope[0]
            for i in range(1, n):
                gradient[i] += of_slope[i] * states[s, k, i - 1]
                of_state[i - 1] = of_slope[i] * x[i]
            total += of_state
        of_y = total
    return y[n - 1], gradient
