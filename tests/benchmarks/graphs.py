"""Programs on scalars for every engine: given its Value, each returns a function that builds and differentiates."""

import random
from collections.abc import Callable
from typing import Any


def expression(value: Any) -> Callable[[], None]:
    """Sums, products, powers, quotients and relu of two numbers, forty nodes at a time."""

    def run() -> None:
        for _ in range(50):
            a, b = value(-4.0), value(2.0)
            c, d = a + b, a * b + b**3
            for _ in range(3):
                c = c + (1 + c - a)
                d = d + (3 * d + (b - a).relu())
            e = c - d
            (e**2 / 2.0 + 10.0 / e).backward()

    return run


def network(value: Any) -> Callable[[], None]:
    """A 2-16-16-1 network with relu, spelled out in + and *, on the max-margin loss of three points."""
    rng = random.Random(0)
    layers = [
        [([value(rng.uniform(-1, 1)) for _ in range(n_in)], value(0.0)) for _ in range(n_out)]
        for n_in, n_out in ((2, 16), (16, 16), (16, 1))
    ]
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(3)]

    def run() -> None:
        losses = []
        for x in points:
            for depth, layer in enumerate(layers):
                x = [sum((wi * xi for wi, xi in zip(w, x)), b) for w, b in layer]
                if depth < 2:
                    x = [xi.relu() for xi in x]
            losses.append((1 + -1 * x[0]).relu())
        (sum(losses) * (1 / 3)).backward()

    return run


def chain(value: Any) -> Callable[[], None]:
    """A thousand nodes one after the other, x * b + a."""

    def run() -> None:
        a, b, x = value(1.0), value(0.5), value(1.0)
        for _ in range(500):
            x = x * b + a
        x.backward()

    return run


GRAPHS = {"expression": expression, "network": network, "chain": chain}
