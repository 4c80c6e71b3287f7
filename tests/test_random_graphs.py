"""Holds backward() on random expressions, made by hypothesis from every operation, against PyTorch and mpmath."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd import Value, topological_order
from autograd import functions as f
from autograd.derivatives import TABLE, Operation
from tests.test_derivatives import IN_MPMATH, ByTheTable, mp

deterministic = settings(
    derandomize=True, deadline=None, max_examples=150, database=None, suppress_health_check=list(HealthCheck)
)


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
    "neg": Step(1, lambda x: -x),
    "abs": Step(1, lambda x: abs(f.sin(x) - 1.5)),
    "exp": Step(1, lambda x: f.exp(f.sin(x))),
    "exp2": Step(1, lambda x: f.exp2(f.cos(x))),
    "expm1": Step(1, lambda x: f.expm1(f.sin(x))),
    "log": Step(1, lambda x: f.log(5 + x)),
    "log2": Step(1, lambda x: f.log2(5 + x)),
    "log10": Step(1, lambda x: f.log10(5 + x)),
    "log1p": Step(1, lambda x: f.log1p(1 + f.sin(x) / 2)),
    "sqrt": Step(1, lambda x: f.sqrt(5 + x)),
    "cbrt": Step(1, lambda x: f.cbrt(5 + x)),
    "hypot": Step(2, lambda x, y: f.hypot(x / 2, 1 + f.sin(y) / 2)),
    "sin": Step(1, lambda x: f.sin(x)),
    "cos": Step(1, lambda x: f.cos(x)),
    "tan": Step(1, lambda x: f.tan(f.sin(x))),
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


def backward(program: Program) -> tuple[Value, list[Value]]:
    leaves = [Value(x) for x in program.leaves]
    out = program.run(leaves)
    out.backward()
    return out, leaves


def gradient_of_sizes(root: Value, leaves: list[Value]) -> list[float]:
    """The chain rule with every partial derivative made positive: the size of what cancels in the gradients."""
    arriving = dict.fromkeys(topological_order(root), 0.0) | {root: 1.0}
    for node in reversed(list(arriving)):
        for parent, partial in zip(node.parents, node.local_gradient(1.0) if node.parents else (), strict=True):
            arriving[parent] += arriving[node] * abs(partial)
    return [arriving[leaf] for leaf in leaves]


def test_the_steps_use_every_operation() -> None:
    used = set()
    for step in STEPS.values():
        used |= {node.op for node in topological_order(step.compute(*map(Value, (0.5, 1.0, 1.5, 2.0)[: step[0]])))}
    assert used >= set(TABLE)


@pytest.mark.parametrize("name", STEPS)
def test_steps_stay_within_bounds(name) -> None:
    operands = itertools.product((-4.0, -1.6, -0.1, 0.0, 1.0, 2.2, 4.0), repeat=STEPS[name].number_of_operands)
    assert all(-4.0 <= STEPS[name].compute(*xs) <= 4.0 for xs in operands)


@given(programs())
@deterministic
def test_gradients_are_those_of_mpmath(program) -> None:
    out, leaves = backward(program)
    exact = [mp.mpf(x) for x in program.leaves]
    assert out.data == pytest.approx(float(program.run(list(map(Precise, exact))).number), rel=1e-14, abs=1e-14)
    for i, (leaf, size) in enumerate(zip(leaves, gradient_of_sizes(out, leaves), strict=True)):
        true = mp.diff(
            lambda x, i=i: program.run([Precise(x if j == i else y) for j, y in enumerate(exact)]).number, exact[i]
        )
        assert abs(leaf.grad - true) <= 1e-13 * max(size, 1.0)


@given(programs())
@deterministic
def test_gradients_are_those_of_pytorch(program) -> None:
    torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    out, leaves = backward(program)
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in program.leaves]
    in_torch = program.run(list(map(torch_number(torch), tensors))).number
    in_torch.backward()
    assert out.data == pytest.approx(in_torch.item(), rel=1e-14, abs=1e-14)
    for leaf, tensor, size in zip(leaves, tensors, gradient_of_sizes(out, leaves), strict=True):
        assert abs(leaf.grad - tensor.grad.item()) <= 1e-13 * max(size, 1.0)


@given(programs())
@deterministic
def test_a_second_backward_doubles_the_leaves_and_nothing_else(program) -> None:
    out, leaves = backward(program)
    inner = [node for node in topological_order(out) if node.parents]
    once, inner_once = [leaf.grad for leaf in leaves], [node.grad for node in inner]
    out.backward()
    assert [leaf.grad for leaf in leaves] == [2 * grad for grad in once]
    assert [node.grad for node in inner] == inner_once


@given(programs(), st.floats(-3, 3))
@deterministic
def test_data_changed_after_the_forward_pass_changes_no_gradient(program, other) -> None:
    _, expected = backward(program)
    leaves = [Value(x) for x in program.leaves]
    out = program.run(leaves)
    for node in topological_order(out):
        node.data = other
    out.backward()
    assert [leaf.grad for leaf in leaves] == [leaf.grad for leaf in expected]
