"""The logarithm of the posterior probability of a mixture of Gaussians, with a Wishart prior on their precisions.

A component has a weight alpha (its probability is the softmax), a mean mu, and a lower triangular matrix Q whose
diagonal is exp(q) and whose other entries, column by column, are l. Its precision is the transpose of Q times Q.
"""

import math
from typing import Any

import numpy as np

from tests.benchmarks.field.problem import Problem, numbers, rows


def problem(points: int = 50, components: int = 4, dimensions: int = 3) -> Problem:
    k, d = components, dimensions
    given = [numbers(k), numbers(k * d, seed=2), numbers(k * d, seed=3), numbers(k * d * (d - 1) // 2, seed=4)]
    return of(*given, rows(numbers(points * d, seed=5), d), 0, 1.0)


def of(alpha: list[float], mu: list[float], q: list[float], l: list[float], points: list[list[float]],  # noqa: E741
       m: int, gamma: float) -> Problem:  # fmt: skip
    """Of flat lists; m is how many degrees of freedom the prior has beyond d + 1, gamma its precision."""
    k, d, n = len(alpha), len(points[0]), len(points)
    constant = -n * d / 2 * math.log(2 * math.pi) + k * log_prior_constant(d, m, gamma)

    unit, places = identity(d), positions(d)  # the latter: from entries of l to those of a matrix

    def scalars(xs: list[Any], lib: Any) -> Any:
        weights, means, logs, lower = taken_apart(xs, k, d)
        sums = [lib.sum(each) for each in logs]
        below = [triangle(each, d) for each in lower]
        diagonals = [[lib.exp(x) for x in each] for each in logs]
        likelihoods = []
        for point in points:
            betas = []
            for weight, mean, total, diagonal, rest in zip(weights, means, sums, diagonals, below):
                difference = [x - mu for x, mu in zip(point, mean)]
                image = [lib.dot([*rest[i], diagonal[i]], difference[: i + 1]) for i in range(d)]
                betas.append(weight + total - 0.5 * lib.dot(image, image))
            likelihoods.append(lib.logsumexp(betas))
        entries = [x for each in [*diagonals, *lower] for x in each]
        prior = m * lib.sum(sums) - gamma**2 / 2 * lib.dot(entries, entries)
        return constant + lib.sum(likelihoods) - n * lib.logsumexp(weights) + prior

    def arrays(x: Any, lib: Any) -> Any:
        weights, means, logs = x[:k], x[k : k + k * d].reshape(k, d), x[k + k * d : k + 2 * k * d].reshape(k, d)
        lower = x[k + 2 * k * d :].reshape(k, -1)
        matrices = lib.exp(logs)[:, :, None] * lib.array(unit) + (lower @ lib.array(places)).reshape(k, d, d)
        differences = lib.array(points)[:, None, :, None] - means[None, :, :, None]
        images = lib.sum((matrices[None] @ differences) ** 2, (2, 3))
        betas = weights + lib.sum(logs, 1) - 0.5 * images
        prior = m * lib.sum(logs) - gamma**2 / 2 * (lib.sum(lib.exp(2 * logs)) + lib.sum(lower**2))
        return constant + lib.sum(log_of_sum(betas, lib)) - n * log_of_sum(weights[None], lib)[0] + prior

    return Problem([*alpha, *mu, *q, *l], scalars, arrays, by_hand, (points, k, m, gamma, constant))


def log_prior_constant(d: int, m: int, gamma: float) -> float:
    """What the Wishart density has beside the matrix itself."""
    freedom = d + m + 1
    log_gamma = d * (d - 1) / 4 * math.log(math.pi) + sum(math.lgamma((freedom - j) / 2) for j in range(d))
    return freedom * d * math.log(gamma / math.sqrt(2)) - log_gamma


def taken_apart(xs: list[Any], k: int, d: int) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """Weights, means, logarithms of the diagonals, and what is below them."""
    end = k + 2 * k * d
    lower = rows(xs[end:], d * (d - 1) // 2) if d > 1 else [[] for _ in range(k)]
    return xs[:k], rows(xs[k : k + k * d], d), rows(xs[k + k * d : end], d), lower


def triangle(entries: list[Any], d: int) -> list[list[Any]]:
    """The rows below the diagonal, of entries column by column."""
    made: list[list[Any]] = [[] for _ in range(d)]
    given = iter(entries)
    for column in range(d):
        for row in range(column + 1, d):
            made[row].append(next(given))
    return made


def positions(d: int) -> list[list[float]]:
    """For each entry below the diagonal, column by column, a flat matrix that is 1 there."""
    places = [(row, column) for column in range(d) for row in range(column + 1, d)]
    return [[float(i == row * d + column) for i in range(d * d)] for row, column in places]


def identity(d: int) -> list[list[float]]:
    return [[float(i == j) for j in range(d)] for i in range(d)]


def log_of_sum(x: Any, lib: Any) -> Any:
    """The logarithm of the sum of exponentials of each row."""
    largest = lib.amax(x, 1)
    return largest + lib.log(lib.sum(lib.exp(x - largest[:, None]), 1))


def by_hand(x: Any, points: Any, k: Any, m: Any, gamma: Any, constant: Any) -> tuple[float, Any]:
    n, d = points.shape
    mu, q, low = k, k + k * d, k + 2 * k * d
    each = d * (d - 1) // 2
    matrices, of_matrices = np.zeros((k, d, d)), np.zeros((k, d, d))
    gradient, value = np.zeros_like(x), constant
    for c in range(k):
        at = low + c * each
        for j in range(d):
            matrices[c, j, j] = np.exp(x[q + c * d + j])
            for i in range(j + 1, d):
                matrices[c, i, j] = x[at]
                at += 1
    beta, image, difference = np.empty(k), np.empty((k, d)), np.empty((k, d))
    for i in range(n):
        for c in range(k):
            beta[c] = x[c]
            for a in range(d):
                difference[c, a] = points[i, a] - x[mu + c * d + a]
                beta[c] += x[q + c * d + a]
                image[c, a] = 0.0
                for b in range(a + 1):
                    image[c, a] += matrices[c, a, b] * difference[c, b]
                beta[c] -= 0.5 * image[c, a] ** 2
        largest = beta.max()
        total = np.exp(beta - largest).sum()
        value += largest + np.log(total)
        for c in range(k):
            share = np.exp(beta[c] - largest) / total
            gradient[c] += share
            for a in range(d):
                gradient[q + c * d + a] += share
                for b in range(a + 1):
                    of_matrices[c, a, b] -= share * image[c, a] * difference[c, b]
                    gradient[mu + c * d + b] += share * image[c, a] * matrices[c, a, b]
    largest = x[:k].max()
    total = np.exp(x[:k] - largest).sum()
    value -= n * (largest + np.log(total))
    for c in range(k):
        gradient[c] -= n * np.exp(x[c] - largest) / total
        at = low + c * each
        for j in range(d):
            value += m * x[q + c * d + j]
            for i in range(j, d):
                value -= gamma**2 / 2 * matrices[c, i, j] ** 2
                of_matrices[c, i, j] -= gamma**2 * matrices[c, i, j]
            gradient[q + c * d + j] += m + of_matrices[c, j, j] * matrices[c, j, j]
            for i in range(j + 1, d):
                gradient[at] = of_matrices[c, i, j]
                at += 1
    return value, gradient
