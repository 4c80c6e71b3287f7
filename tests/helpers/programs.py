"""Random programs of every operation, made by hypothesis, which run on floats, Values, mpmath and PyTorch alike."""

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from autograd import functions as f
from autograd.derivatives import TABLE, Operation
from tests.helpers.operations import IN_MPMATH, ByTheTable, mp


class Step(NamedTuple):
    """One step of a program: how it computes from operands in [-4, 4], and how many there are."""

    number_of_operands: int
    compute: Callable[..., Any]


# Every step answers within [-4, 4] again, so that programs of any length stay well conditioned; and it stays away
# from kinks, poles and ties, where conventions hold instead of derivatives: test_derivatives.py has those.
STEPS = {
    "+": Step(2, lambda x, y: (x + y) / 2),
    "-": Step(2, lambda x, y: (x - y) / 2),
    "*": Step(2, lambda x, y: x * y / 4),
    "/": Step(2, lambda x, y: x / (2 + f.sin(y))),
    "**": Step(2, lambda x, y: (1.5 + f.sin(x)) ** f.tanh(y)),
    "reciprocal": Step(1, lambda x: TABLE["reciprocal"](1.5 + f.sin(x))),
    "neg": Step(1, lambda x: -x),
    "abs": Step(1, lambda x: abs(f.sin(x) - 1.5)),
    "floor": Step(1, lambda x: f.floor(f.sin(x) / 3 + 0.5)),
    "round": Step(1, lambda x: f.round(f.sin(x) / 3)),
    "%": Step(2, lambda x, y: (f.sin(x) + 6.5) % (4.2 + f.sin(y) / 4)),
    "//": Step(2, lambda x, y: (f.sin(x) + 6.5) // (4.2 + f.sin(y) / 4)),
    "exp": Step(1, lambda x: f.exp(f.sin(x))),
    "exp2": Step(1, lambda x: f.exp2(f.cos(x))),
    "expm1": Step(1, lambda x: f.expm1(f.sin(x))),
    "log": Step(1, lambda x: f.log(5 + x)),
    "log2": Step(1, lambda x: f.log2(5 + x)),
    "log10": Step(1, lambda x: f.log10(5 + x)),
    "log1p": Step(1, lambda x: f.log1p(1 + f.sin(x) / 2)),
    "xlogy": Step(2, lambda x, y: f.xlogy(f.sin(x), 2 + f.sin(y))),
    "sqrt": Step(1, lambda x: f.sqrt(5 + x)),
    "cbrt": Step(1, lambda x: f.cbrt(5 + x)),
    "hypot": Step(2, lambda x, y: f.hypot(x / 2, 1 + f.sin(y) / 2)),
    "sin": Step(1, lambda x: f.sin(x)),
    "cos": Step(1, lambda x: f.cos(x)),
    "tan": Step(1, lambda x: f.tan(f.sin(x))),
    "sinc": Step(1, lambda x: f.sinc(1.5 + f.sin(x))),
    "asin": Step(1, lambda x: f.asin(x / 5)),
    "acos": Step(1, lambda x: f.acos(x / 5)),
    "atan": Step(1, lambda x: f.atan(x)),
    "atan2": Step(2, lambda y, x: f.atan2(y, 1.5 + f.sin(x))),
    "sinh": Step(1, lambda x: f.sinh(f.sin(x))),
    "cosh": Step(1, lambda x: f.cosh(f.sin(x))),
    "sech": Step(1, lambda x: f.sech(x)),
    "tanh": Step(1, lambda x: f.tanh(x)),
    "asinh": Step(1, lambda x: f.asinh(x)),
    "acosh": Step(1, lambda x: f.acosh(6 + x)),
    "atanh": Step(1, lambda x: f.atanh(x / 5)),
    "bell": Step(1, lambda x: f.bell(x)),
    "gauss": Step(1, lambda x: f.gauss(x)),
    "erf": Step(1, lambda x: f.erf(x)),
    "erfc": Step(1, lambda x: f.erfc(x)),
    "relu": Step(1, lambda x: f.relu(2 + f.sin(x)) + f.relu(f.sin(x) - 2)),
    "leaky_relu": Step(2, lambda x, slope: f.leaky_relu(f.sin(x) - 2, slope / 4)),
    "elu": Step(2, lambda x, alpha: f.elu(f.sin(x) - 2, alpha)),
    "sigmoid": Step(1, lambda x: f.sigmoid(x)),
    "softplus": Step(1, lambda x: f.softplus(x - 1)),
    "silu": Step(1, lambda x: f.silu(x)),
    "gelu": Step(1, lambda x: f.gelu(x)),
    "clip": Step(
        3, lambda x, y, z: (f.clip(x, y - 9, z + 9) + f.clip(x, y / 5 + 5, 20.0) + f.clip(x, -20.0, z / 5 - 5)) / 3
    ),
    "max": Step(3, lambda x, y, z: f.max(f.sin(x), f.sin(y) + 2.5, f.sin(z))),
    "min": Step(3, lambda x, y, z: f.min([f.sin(x), f.sin(y), f.sin(z) - 2.5])),
    "sum": Step(4, lambda *xs: f.sum(xs) / 4),
    "mean": Step(4, lambda *xs: f.mean(xs)),
    "prod": Step(3, lambda *xs: f.prod(xs) / 16),
    "dot": Step(4, lambda a, b, x, y: f.dot([a, b], [x, y]) / 8),
    "norm": Step(2, lambda x, y: f.norm([x / 2, y / 2, 1.0])),
    "logsumexp": Step(3, lambda *xs: f.logsumexp(xs) * 0.75),
    "softmax": Step(3, lambda *xs: f.softmax(xs)[0]),
    "log_softmax": Step(3, lambda *xs: f.log_softmax(xs)[1] / 3),
}


class Program(NamedTuple):
    """Steps over numbered results, of which the first are the leaves; every result may be used many times."""

    leaves: list[float]
    steps: list[tuple[str, tuple[int, ...]]]

    def run(self, leaves: Sequence[Any]) -> Any:
        results = list(leaves)
        for name, operands in self.steps:
            results.append(STEPS[name].compute(*[results[i] for i in operands]))
        return f.mean(results)  # so that no step is in vain


@st.composite
def programs(draw: Callable[..., Any]) -> Program:
    leaves = draw(st.lists(st.floats(-3, 3), min_size=1, max_size=4))
    names = draw(st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=10))
    return Program(leaves, [(name, draw_operands(draw, name, len(leaves) + i)) for i, name in enumerate(names)])


def draw_operands(draw: Callable[..., Any], name: str, results: int) -> tuple[int, ...]:
    return tuple(draw(st.integers(0, results - 1)) for _ in range(STEPS[name].number_of_operands))


@st.composite
def long_programs(draw):
    """Several hundred operations, of which each may use any result before it, on a dict of lists."""
    leaves = draw(st.lists(st.floats(-3, 3), min_size=3, max_size=3))
    chance = random.Random(draw(st.integers(0, 10**6)))
    steps = []
    for i in range(draw(st.integers(200, 300))):
        name = chance.choice(sorted(STEPS))
        steps.append((name, tuple(chance.randrange(len(leaves) + i) for _ in range(STEPS[name].number_of_operands))))
    return Program(leaves, steps)


def several_outputs(program, tree):
    """The last results, in a container."""
    results = [tree["a"], *tree["b"]]
    for name, operands in program.steps:
        results.append(STEPS[name].compute(*[results[i] for i in operands]))
    return {"mean": f.mean(results), "last": results[-2:]}


class Foreign(ByTheTable):
    """A number of another library, on which every operation of the table is that library's."""

    definitions: dict[str, Callable[..., Any]]

    def __init__(self, number: Any) -> None:
        self.number = number

    @classmethod
    def __operation__(cls, op: Operation, operands: Sequence[Any]) -> "Foreign":
        return cls(cls.definitions[op.name](*[cls.unwrapped(x) for x in operands]))

    @classmethod
    def unwrapped(cls, x: Any) -> Any:
        return x.number if isinstance(x, Foreign) else cls.constant(x)


class Precise(Foreign):
    """A number of mpmath."""

    definitions = IN_MPMATH
    constant = mp.mpf


def torch_number(torch: Any) -> type[Foreign]:
    """The class of PyTorch's float64 numbers."""
    functional = torch.nn.functional

    def stacked(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *xs: function(torch.stack(xs))

    class InTorch(Foreign):
        definitions = {  # noqa: RUF012
            **{name: getattr(torch, name) for name in TABLE if hasattr(torch, name)},
            "+": torch.add,
            "-": torch.sub,
            "*": torch.mul,
            "/": torch.div,
            "**": torch.pow,
            "%": torch.remainder,
            "//": lambda x, y: torch.floor(x / y),
            "cbrt": lambda x: x ** (1 / 3),
            "bell": lambda x: torch.exp(-x * x / 2),
            "gauss": lambda x: torch.exp(-x * x),
            "sech": lambda x: 1 / torch.cosh(x),
            "leaky_relu": lambda x, slope: torch.where(x > 0, x, slope * x),
            "elu": lambda x, alpha: torch.where(x > 0, x, alpha * torch.expm1(x)),
            "softplus": functional.softplus,
            "silu": functional.silu,
            "gelu": functional.gelu,
            "max": stacked(torch.amax),
            "min": stacked(torch.amin),
            "sum": stacked(torch.sum),
            "mean": stacked(torch.mean),
            "prod": stacked(torch.prod),
            "dot": lambda *xy: torch.dot(torch.stack(xy[: len(xy) // 2]), torch.stack(xy[len(xy) // 2 :])),
            "norm": stacked(torch.linalg.vector_norm),
            "logsumexp": stacked(lambda xs: torch.logsumexp(xs, 0)),
        }
        constant = staticmethod(lambda x: torch.tensor(float(x), dtype=torch.float64))

    return InTorch
