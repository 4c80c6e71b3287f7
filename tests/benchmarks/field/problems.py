"""The evaluations by name, each at the size that the table has."""

from collections.abc import Callable

from tests.benchmarks.field import (
    ba,
    black_scholes,
    burgers,
    det,
    fastest,
    gmm,
    hello,
    heston,
    kmeans,
    llsq,
    lse,
    lstm,
    ode,
    particle,
    saddle,
)
from tests.benchmarks.field.problem import Nested, Problem

PROBLEMS: dict[str, Callable[[], Problem | Nested]] = {
    "hello": hello.problem,
    "gmm": gmm.problem,
    "ba": ba.problem,
    "lstm": lstm.problem,
    "lse": lse.problem,
    "llsq": llsq.problem,
    "ode": ode.problem,
    "det": det.problem,
    "kmeans": kmeans.problem,
    "particle": particle.problem,
    "saddle": saddle.problem,
    "fastest in the west": fastest.problem,
    "Black–Scholes": black_scholes.problem,
    "Heston": heston.problem,
    "Burgers": burgers.problem,
}
