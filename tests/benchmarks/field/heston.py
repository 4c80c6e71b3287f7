"""The price of a call by Heston, whose volatility is random itself, and its sensitivities.

The price is an integral of the characteristic function, which is complex: in scalars a complex number is a pair. The
form is the one without jumps of the logarithm. (Albrecher, Mayer, Schoutens and Tistaert 2007)
"""

from functools import cache
from typing import Any

import numpy as np

from tests.benchmarks.field.problem import Problem

END = 100.0  # of the integral, which goes on to infinity


def problem(nodes: int = 64) -> Problem:
    """Variables: spot, strike, rate, years, then variance now, its mean, speed, volatility and correlation."""
    points, weights = nodes_of_gauss(nodes)

    def scalars(xs: list[Any], m: Any) -> Any:
        spot, strike, rate, years, *_ = xs
        log_moneyness = m.log(spot / strike) + rate * years
        both = []
        for shifted in (True, False):
            terms = []
            for u, weight in zip(points, weights):
                real, imaginary = exponent(u, shifted, xs, m)
                # the part of exp(i u log(S/K) + exponent) / (i u) that is real
                terms.append(weight / u * m.exp(real) * m.sin(imaginary + u * log_moneyness))
            both.append(0.5 + m.sum(terms) * (1 / 3.141592653589793))
        return spot * both[0] - strike * m.exp(-rate * years) * both[1]

    def arrays(x: Any, lib: Any) -> Any:
        spot, strike, rate, years, v0, mean, speed, sigma, rho = (x[i] for i in range(9))
        u, w = lib.array(points), lib.array(weights)
        both = []
        for shift, b in ((1, speed - rho * sigma), (-1, speed)):
            drift = b - 1j * rho * sigma * u
            d = lib.sqrt(drift**2 - sigma**2 * (shift * 1j * u - u**2))
            g, decay = (drift - d) / (drift + d), lib.exp(-d * years)
            c = speed * mean / sigma**2 * ((drift - d) * years - 2 * lib.log((1 - g * decay) / (1 - g)))
            f = lib.exp(c + v0 / sigma**2 * (drift - d) * (1 - decay) / (1 - g * decay))
            f = f * lib.exp(1j * u * (lib.log(spot / strike) + rate * years))
            both.append(0.5 + lib.sum(w * lib.real(f / (1j * u))) / 3.141592653589793)
        return spot * both[0] - strike * lib.exp(-rate * years) * both[1]

    return Problem([100.0, 105.0, 0.03, 0.75, 0.06, 0.05, 1.5, 0.4, -0.6], scalars, arrays)


@cache
def nodes_of_gauss(n: int) -> tuple[list[float], list[float]]:
    """Points from 0 to the end, and their weights. (Gauss and Legendre)"""
    x, w = np.polynomial.legendre.leggauss(n)
    return ((x + 1) * END / 2).tolist(), (w * END / 2).tolist()


Complex = tuple[Any, Any]


def exponent(u: float, shifted: bool, xs: list[Any], m: Any) -> Complex:
    """The logarithm of the characteristic function at u, without the drift of the logarithm of the spot."""
    _, _, _, years, v0, mean, speed, sigma, rho = xs
    drift = (speed - rho * sigma if shifted else speed, -rho * sigma * u)
    square = times(drift, drift)
    d = root((square[0] + sigma * sigma * (u * u), square[1] - sigma * sigma * (u if shifted else -u)), m)
    lower, upper = (drift[0] - d[0], drift[1] - d[1]), (drift[0] + d[0], drift[1] + d[1])
    g = over(lower, upper)
    size = m.exp(-d[0] * years)
    decay = (size * m.cos(d[1] * years), -size * m.sin(d[1] * years))
    shrunk = times(g, decay)
    rest = (1 - shrunk[0], -shrunk[1])
    quotient = over(rest, (1 - g[0], -g[1]))
    logarithm = (0.5 * m.log(quotient[0] * quotient[0] + quotient[1] * quotient[1]), m.atan2(quotient[1], quotient[0]))
    moving = over(times(lower, (1 - decay[0], -decay[1])), rest)
    a, b = speed * mean / (sigma * sigma), v0 / (sigma * sigma)
    return (a * (lower[0] * years - 2.0 * logarithm[0]) + b * moving[0],
            a * (lower[1] * years - 2.0 * logarithm[1]) + b * moving[1])  # fmt: skip


def times(x: Complex, y: Complex) -> Complex:
    return x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]


def over(x: Complex, y: Complex) -> Complex:
    square = y[0] * y[0] + y[1] * y[1]
    return (x[0] * y[0] + x[1] * y[1]) / square, (x[1] * y[0] - x[0] * y[1]) / square


def root(x: Complex, m: Any) -> Complex:
    """The square root with a real part above 0; x must have one that is not on the negative axis."""
    size = m.sqrt(x[0] * x[0] + x[1] * x[1])
    real = m.sqrt(0.5 * (size + x[0]))
    return real, 0.5 * x[1] / real
