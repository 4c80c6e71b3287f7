"""The price of a call by Black and Scholes, and its sensitivities to the spot, the strike and the rest."""

import math
from typing import Any

import numpy as np

from tests.benchmarks.field.problem import Problem

SQRT_HALF, SQRT_TWO_PI = math.sqrt(0.5), math.sqrt(2 * math.pi)


def problem(spot: float = 100.0, strike: float = 105.0, rate: float = 0.03, volatility: float = 0.25,
            years: float = 0.75) -> Problem:  # fmt: skip
    return Problem([spot, strike, rate, volatility, years], scalars, None, by_hand)


def scalars(xs: list[Any], m: Any) -> Any:
    spot, strike, rate, volatility, years = xs
    spread = volatility * m.sqrt(years)
    d1 = (m.log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / spread
    d2 = d1 - spread
    return spot * below(d1, m) - strike * m.exp(-rate * years) * below(d2, m)


def below(x: Any, m: Any) -> Any:
    """The normal distribution: how probable it is to be below x."""
    return 0.5 * (1.0 + m.erf(x * SQRT_HALF))


def by_hand(x: Any) -> tuple[float, Any]:
    spot, strike, rate, volatility, years = x
    root = math.sqrt(years)
    spread = volatility * root
    d1 = (math.log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / spread
    n1 = 0.5 * (1 + math.erf(d1 * SQRT_HALF))
    n2 = 0.5 * (1 + math.erf((d1 - spread) * SQRT_HALF))
    density, discounted = math.exp(-0.5 * d1 * d1) / SQRT_TWO_PI, strike * math.exp(-rate * years)
    gradient = np.empty(5)
    gradient[0] = n1
    gradient[1] = -discounted / strike * n2
    gradient[2] = years * discounted * n2
    gradient[3] = spot * density * root
    gradient[4] = spot * density * volatility / (2 * root) + rate * discounted * n2
    return spot * n1 - discounted * n2, gradient
