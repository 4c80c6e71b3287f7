"""Bundle adjustment: cameras and points in space that explain what the cameras saw.

A camera has 11 numbers: a rotation (its axis times its angle), a centre, a focal length, the principal point, and two
coefficients of radial distortion. An observation has a weight, by which its two errors are multiplied, and its own
error 1 - weight². The measured function is half the sum of the squares of all errors.
"""

from typing import Any

from tests.benchmarks.field.problem import Problem, numbers, rows

CAMERA = 11


def problem(cameras: int = 4, points: int = 20, observations: int = 60) -> Problem:
    camera = [0.02, -0.03, 0.04, 0.1, -0.1, -5.0, 0.9, 0.01, -0.02, 0.05, -0.01]
    moves = numbers(cameras * CAMERA, -0.01, 0.01)
    cams = [camera[i % CAMERA] + move for i, move in enumerate(moves)]
    return of(cams, numbers(3 * points, seed=2), numbers(observations, 0.5, 1.5, seed=3),
              rows(numbers(2 * observations, -0.5, 0.5, seed=4), 2))  # fmt: skip


def of(cameras: list[float], points: list[float], weights: list[float], seen: list[list[float]]) -> Problem:
    """Observation i is of camera i and point i, each counted around."""
    n, m = len(cameras) // CAMERA, len(points) // 3

    def scalars(xs: list[Any], lib: Any) -> Any:
        cams, places = rows(xs[: CAMERA * n], CAMERA), rows(xs[CAMERA * n : CAMERA * n + 3 * m], 3)
        found = []
        for i, (weight, feature) in enumerate(zip(xs[CAMERA * n + 3 * m :], seen)):
            found += [*errors(cams[i % n], places[i % m], weight, feature, lib), 1 - weight * weight]
        return 0.5 * lib.dot(found, found)

    def arrays(x: Any, np: Any) -> Any:
        which = np.indices(len(seen))
        cams = x[: CAMERA * n].reshape(n, CAMERA)[which % n]
        places = x[CAMERA * n : CAMERA * n + 3 * m].reshape(m, 3)[which % m]
        weight = x[CAMERA * n + 3 * m :]
        angle = np.sqrt(np.sum(cams[:, :3] ** 2, 1))[:, None]
        axis, v = cams[:, :3] / angle, places - cams[:, 3:6]
        along = np.sum(axis * v, 1)[:, None]
        turned = v * np.cos(angle) + np.cross(axis, v) * np.sin(angle) + axis * along * (1 - np.cos(angle))
        flat = turned[:, :2] / turned[:, 2:]
        square = np.sum(flat**2, 1)[:, None]
        flat = flat * (1 + cams[:, 9:10] * square + cams[:, 10:11] * square**2)
        off = weight[:, None] * (flat * cams[:, 6:7] + cams[:, 7:9] - np.array(seen))
        return 0.5 * (np.sum(off**2) + np.sum((1 - weight**2) ** 2))

    return Problem([*cameras, *points, *weights], scalars, arrays)


def errors(camera: list[Any], point: list[Any], weight: Any, feature: list[float], m: Any) -> list[Any]:
    """How far the projection of the point is from the feature, times the weight."""
    x, y, z = rotated(camera[:3], [p - c for p, c in zip(point, camera[3:6])], m)
    u, v = x / z, y / z
    square = u * u + v * v
    stretch = (1.0 + camera[9] * square + camera[10] * (square * square)) * camera[6]
    return [weight * (u * stretch + camera[7] - feature[0]), weight * (v * stretch + camera[8] - feature[1])]


def rotated(rotation: list[Any], v: list[Any], m: Any) -> list[Any]:
    """The vector turned about an axis, by an angle that is the axis' length. (Rodrigues)"""
    angle = m.sqrt(m.dot(rotation, rotation))
    axis = [r / angle for r in rotation]
    cosine, sine = m.cos(angle), m.sin(angle)
    along = m.dot(axis, v) * (1.0 - cosine)
    return [a * cosine + b * sine + c * along for a, b, c in zip(v, cross(axis, v), axis)]


def cross(a: list[Any], b: list[Any]) -> list[Any]:
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
