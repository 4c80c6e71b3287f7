"""k-means: the sum, over points, of the squared distance to the nearest centre, and a step of Newton's method."""

from typing import Any

import numpy as np

from tests.benchmarks.field.problem import Problem, numbers, rows


def problem(points: int = 100, centres: int = 8, dimensions: int = 4) -> Problem:
    found = rows(numbers(points * dimensions), dimensions)
    return of(found, found[-centres:])


def of(points: list[list[float]], centres: list[list[float]]) -> Problem:
    dimensions = len(points[0])

    def scalars(xs: list[Any], m: Any) -> Any:
        found = rows(xs, dimensions)
        return m.sum([m.min([squared_distance(point, centre, m) for centre in found]) for point in points])

    def arrays(x: Any, lib: Any) -> Any:
        differences = lib.array(points)[:, None, :] - x.reshape(-1, dimensions)[None, :, :]
        return lib.sum(lib.amin(lib.sum(differences**2, 2), 1))

    return Problem([x for centre in centres for x in centre], scalars, arrays, by_hand, (points,))


def squared_distance(point: list[float], centre: list[Any], m: Any) -> Any:
    return m.sum([(x - c) ** 2 for x, c in zip(point, centre)])


def by_hand(x: Any, points: Any) -> tuple[float, Any]:
    n, d = points.shape
    gradient, value = np.zeros_like(x), 0.0
    for i in range(n):
        nearest, least = 0, np.inf
        for j in range(len(x) // d):
            distance = 0.0
            for k in range(d):
                distance += (points[i, k] - x[j * d + k]) ** 2
            if distance < least:
                nearest, least = j, distance
        value += least
        for k in range(d):
            gradient[nearest * d + k] -= 2 * (points[i, k] - x[nearest * d + k])
    return value, gradient
