"""Holds backward() on random expressions, made by hypothesis from every operation, against PyTorch and mpmath."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, topological_order
from autograd.derivatives import TABLE
from tests.helpers.operations import mp
from tests.helpers.programs import STEPS, Precise, Program, programs, torch_number


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
def test_a_second_backward_doubles_the_leaves_and_nothing_else(program) -> None:
    out, leaves = backward(program)
    inner = [node for node in topological_order(out) if node.parents]
    once, inner_once = [leaf.grad for leaf in leaves], [node.grad for node in inner]
    out.backward()
    assert [leaf.grad for leaf in leaves] == [2 * grad for grad in once]
    assert [node.grad for node in inner] == inner_once


@given(programs(), st.floats(-3, 3))
def test_data_changed_after_the_forward_pass_changes_no_gradient(program, other) -> None:
    _, expected = backward(program)
    leaves = [Value(x) for x in program.leaves]
    out = program.run(leaves)
    for node in topological_order(out):
        node.data = other
    out.backward()
    assert [leaf.grad for leaf in leaves] == [leaf.grad for leaf in expected]
