"""Burgers' equation, u_t + u u_x = nu u_xx, on a ring: how the wave at the end depends on the wave at the start.

Steps of Euler and central differences. The result is half the squared distance of the last wave from a wanted one.
"""

import math
from typing import Any

import numpy as np

from tests.benchmarks.field.problem import Problem

VISCOSITY, STEP = 0.02, 0.004


def problem(points: int = 32, steps: int = 40) -> Problem:
    wave = [math.sin(2 * math.pi * i / points) for i in range(points)]
    wanted = [0.5 * math.cos(2 * math.pi * i / points) for i in range(points)]
    carried, spread = STEP * points / 4, VISCOSITY * STEP * points**2  # of (u²/2)_x by central differences

    def scalars(xs: list[Any], m: Any) -> Any:
        u = xs
        for _ in range(steps):
            flux = [carried * (x * x) for x in u]
            u = [
                x + spread * (u[i - 1] - 2.0 * x + u[i + 1 - points]) - (flux[i + 1 - points] - flux[i - 1])
                for i, x in enumerate(u)
            ]
        return 0.5 * m.sum([(x - y) ** 2 for x, y in zip(u, wanted)])

    def arrays(x: Any, lib: Any) -> Any:
        u = x
        for _ in range(steps):
            before, after = lib.roll(u, 1), lib.roll(u, -1)
            u = u + spread * (before - 2 * u + after) - carried * (after**2 - before**2)
        return 0.5 * lib.sum((u - lib.array(wanted)) ** 2)

    return Problem(wave, scalars, arrays, by_hand, (wanted, steps, carried, spread))


def by_hand(x: Any, wanted: Any, steps: Any, carried: Any, spread: Any) -> tuple[float, Any]:
    n = len(x)
    waves = np.empty((steps + 1, n))
    waves[0] = x
    for s in range(steps):
        u = waves[s]
        for i in range(n):
            before, after = u[i - 1], u[(i + 1) % n]
            waves[s + 1, i] = u[i] + spread * (before - 2 * u[i] + after) - carried * (after**2 - before**2)
    value, gradient = 0.0, np.empty(n)
    for i in range(n):
        gradient[i] = waves[steps, i] - wanted[i]
        value += 0.5 * gradient[i] ** 2
    for s in range(steps - 1, -1, -1):
        u, old = waves[s], gradient.copy()
        for i in range(n):
            gradient[i] = old[i] * (1 - 2 * spread) + spread * (old[i - 1] + old[(i + 1) % n])
            gradient[i] += 2 * carried * u[i] * (old[(i + 1) % n] - old[i - 1])
    return value, gradient
