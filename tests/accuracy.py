"""Prints the largest error of every operation, in units in the last place, beside PyTorch's and JAX's.

python -m tests.accuracy [--points N] [--operations exp log …]

The truth is mpmath's, with hundreds of digits, at the edges and at random points of the whole range of floats that
tests/helpers/operations.py has for the operation; all engines get the same points. An error of 0.5 is that of the
nearest float. Results beyond the largest float count as right if they are infinite. Where summands cancel, in sum,
mean, dot and logsumexp and in the slopes of silu and gelu, errors are counted in ulp of the summands, for all alike.
"""

import argparse
import itertools
import math
import warnings
from collections.abc import Callable, Sequence

from autograd import Value, gradients
from autograd.derivatives import TABLE
from tests.helpers.operations import (
    GRADIENT_SCALE,
    IN_MPMATH,
    POINTS,
    VALUE_SCALE,
    mp,
    random_points,
    true_gradient,
    true_seconds,
    ulps,
)

Point = tuple[float, ...]
# the value, the first derivatives, and of ours the second ones, by pairs of operands
Results = tuple[float, list[float], list[float]]


def ours(name: str, points: Sequence[Point]) -> list[Results]:
    """This project's."""
    found = []
    for xs in points:
        operands = [Value(x) for x in xs]
        out = TABLE[name](*operands)
        first = gradients(out, operands)
        try:
            slopes = gradients(out, operands, create_graph=True)
            second = [y for slope in slopes for y in gradients(slope, operands)]
        except ArithmeticError:  # a part of the second derivative overflows
            second = [math.nan] * len(xs) ** 2
        found.append((out.data, first, second))
    return found


def in_pytorch(name: str, points: Sequence[Point]) -> list[Results] | None:
    """PyTorch's; None where it has no such operation."""
    import torch

    functional = torch.nn.functional
    own = {
        **{n: getattr(torch, n) for n in TABLE if hasattr(torch, n)},
        "+": torch.add,
        "-": torch.sub,
        "*": torch.mul,
        "/": torch.div,
        "**": torch.pow,
        "%": torch.remainder,
        "leaky_relu": lambda x, slope: torch.where(x > 0, x, slope * x),
        "softplus": functional.softplus,
        "silu": functional.silu,
        "gelu": functional.gelu,
        "max": lambda *xs: torch.amax(torch.stack(xs), 0),
        "min": lambda *xs: torch.amin(torch.stack(xs), 0),
        "sum": lambda *xs: torch.sum(torch.stack(xs), 0),
        "mean": lambda *xs: torch.mean(torch.stack(xs), 0),
        "prod": lambda *xs: torch.prod(torch.stack(xs), 0),
        "dot": lambda *xy: torch.linalg.vecdot(torch.stack(xy[: len(xy) // 2]), torch.stack(xy[len(xy) // 2 :]), dim=0),
        "norm": lambda *xs: torch.linalg.vector_norm(torch.stack(xs), dim=0),
        "logsumexp": lambda *xs: torch.logsumexp(torch.stack(xs), 0),
    }
    if name not in own:
        return None
    columns = [torch.tensor(column, dtype=torch.float64, requires_grad=True) for column in zip(*points)]

    out = own[name](*columns)
    first = torch.autograd.grad(out.sum(), columns)
    return collected(out.tolist(), [y.tolist() for y in first])


def in_jax(name: str, points: Sequence[Point]) -> list[Results] | None:
    """JAX's, on the CPU in 64 bits; None where it has no such operation."""
    import jax

    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    spelled = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "neg": "negative"}
    spelled |= {"asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "max": "maximum", "min": "minimum"}
    own = {n: getattr(jnp, spelled.get(n, n)) for n in TABLE if hasattr(jnp, spelled.get(n, n))}
    own |= {n: getattr(jax.nn, n) for n in ("relu", "leaky_relu", "elu", "sigmoid", "softplus", "silu")}
    own |= {n: getattr(jax.scipy.special, n) for n in ("erf", "erfc")}
    own |= {"+": jnp.add, "-": jnp.subtract, "*": jnp.multiply, "/": jnp.divide, "**": jnp.power}
    own |= {"%": jnp.remainder, "xlogy": jax.scipy.special.xlogy}
    own |= {
        "gelu": lambda x: jax.nn.gelu(x, approximate=False),
        "max": lambda *xs: jnp.max(jnp.stack(xs)),
        "min": lambda *xs: jnp.min(jnp.stack(xs)),
        "sum": lambda *xs: jnp.sum(jnp.stack(xs)),
        "mean": lambda *xs: jnp.mean(jnp.stack(xs)),
        "prod": lambda *xs: jnp.prod(jnp.stack(xs)),
        "dot": lambda *xy: jnp.dot(jnp.stack(xy[: len(xy) // 2]), jnp.stack(xy[len(xy) // 2 :])),
        "norm": lambda *xs: jnp.linalg.norm(jnp.stack(xs)),
        "logsumexp": lambda *xs: jax.scipy.special.logsumexp(jnp.stack(xs)),
    }
    if name not in own:
        return None
    columns = [jnp.array(column) for column in zip(*points)]
    which = tuple(range(len(columns)))
    value, first = (jax.jit(jax.vmap(g))(*columns) for g in (own[name], jax.grad(own[name], which)))
    return collected(value.tolist(), [y.tolist() for y in first])


def collected(values: list[float], first: list[list[float]]) -> list[Results]:
    """Columns as rows, one per point."""
    return [(value, list(slopes), []) for value, slopes in zip(values, zip(*first))]


ENGINES: dict[str, Callable[[str, Sequence[Point]], list[Results] | None]] = {
    "chalkgrad": ours,
    "PyTorch": in_pytorch,
    "JAX": in_jax,
}


def largest_errors(name: str, points: list[Point]) -> dict[str, list[tuple[float, Point]]]:
    """For every engine the largest error of value, first and second derivatives, each with the point where it is."""
    worst: dict[str, list[tuple[float, Point]]] = {}
    groups = [list(group) for _, group in itertools.groupby(sorted(points, key=len), key=len)]
    for group in groups:
        truth = []
        for xs in group:
            with mp.workdps(1200):  # the second derivatives take most of them
                exact = [mp.mpf(x) for x in xs]
                scales = [table.get(name, lambda *_: 0)(*exact) for table in (VALUE_SCALE, GRADIENT_SCALE)]
                truth.append((IN_MPMATH[name](*exact), true_gradient(name, xs), true_seconds(name, xs), *scales))
        for engine, results_of in ENGINES.items():
            try:
                results = results_of(name, group)
            except ImportError:
                continue
            if results is None:
                continue
            errors = worst.setdefault(engine, [(0.0, ())] * 3)
            for xs, (value, first, second), (y, dy, ddy, scale, slope_scale) in zip(group, results, truth):
                with mp.workdps(900):
                    found = [ulps(value, y, scale, 0)], [ulps(a, b, slope_scale, 0) for a, b in zip(first, dy)]
                    seconds = [ulps(a, b, slope_scale, 0) for a, b in zip(second, ddy)]
                for i, own in enumerate([*found, seconds]):
                    if max(own, default=0.0) > errors[i][0]:
                        errors[i] = (max(own), xs)
    return worst


def main() -> None:
    """One line per operation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=100, help="random points of every operation (%(default)s)")
    parser.add_argument("--operations", nargs="*", default=list(TABLE), choices=list(TABLE), metavar="NAME")
    parser.add_argument("--where", action="store_true", help="show the points of the largest errors of chalkgrad")
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    heads = ["operation", *[f"{what}: {engine}" for what in ("value", "slope") for engine in ENGINES], "2nd derivative"]
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for name in options.operations:
        points = POINTS[name].ordinary + POINTS[name].edges + random_points(name, options.points)
        worst = largest_errors(name, points)
        cells = [shown(worst.get(engine), i) for i in (0, 1) for engine in ENGINES] + [shown(worst["chalkgrad"], 2)]
        print(f"| `{name}` | " + " | ".join(cells) + " |", flush=True)
        if options.where:
            print("    ", *[f"{what} at {at}" for what, (_, at) in zip(("value", "slope", "2nd"), worst["chalkgrad"])])


def shown(errors: list[tuple[float, Point]] | None, i: int) -> str:
    """A cell: two digits, ∞ for a number that is wrong altogether, – for an operation that is not there."""
    if errors is None:
        return "–"
    error = errors[i][0]
    return "∞" if error == math.inf else f"{error:.2g}" if error < 1000 else f"{error:.0e}".replace("e+0", "e")


if __name__ == "__main__":
    main()
