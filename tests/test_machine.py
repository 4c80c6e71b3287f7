"""The native machine does what the textbook machine does: any program, one example or many, forward and backward."""

import contextlib
import math
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, engine_name
from autograd import derivatives as table
from autograd.derivatives import Operation
from autograd.program import (
    COMPARISONS,
    VECTORS,
    Guard,
    Instruction,
    Program,
    Run,
    TextbookMachine,
    TextbookReplay,
    affine,
    copy,
    instances,
)

if engine_name != "native":
    pytest.skip("the native machine is part of the native engine", allow_module_level=True)

from autograd._engine import GUARD, NOT_FINITE, Machine, Misses

KERNELS = []
for kernels in ("avx512", "avx2", "any"):
    with contextlib.suppress(ValueError):  # not on this processor
        KERNELS.append(Machine(Program(0, 0, [], [], [], [], [], [], bytearray()), kernels=kernels).kernels)

ONE = [
    copy,
    *(table.TABLE[name] for name in ("neg", "exp", "log", "sqrt", "tanh", "sigmoid", "relu", "softplus", "abs")),
    *(table.TABLE[name] for name in ("sin", "gelu")),  # called through Python, like all that are not above
]
TWO = [table.add, table.subtract, table.multiply, table.divide, table.power, table.leaky_relu, table.hypot]
MANY = [table.TABLE[name] for name in ("sum", "mean", "max", "min", "logsumexp", "prod", "norm")]
DOTS = [table.dot, affine]


class Builder:
    """Writes programs: slots are handed out in order."""

    def __init__(self, captured: int, constants: list[float], uniform: int = 0) -> None:
        self.captured = list(range(captured))
        self.constants = [(captured + i, x) for i, x in enumerate(constants)]
        self.filled = captured + len(constants)  # of the uniform slots
        self.n_uniform = self.filled + uniform
        self.next = self.n_uniform
        self.inputs: list[int] = []
        self.instructions: list[Instruction] = []
        self.guards: list[Guard] = []
        self.stopped: set[int] = set()

    def input(self, n: int) -> int:
        base = self.next
        self.next += n
        self.inputs += range(base, self.next)
        return base

    def add(self, op: Operation, outer: int, inner: int, length: int, *operands: Run, uniform: bool = False) -> int:
        base = self.filled if uniform else self.next
        if uniform:
            self.filled += outer * inner
        else:
            self.next += outer * inner
        self.instructions.append(Instruction(op, outer, inner, length, Run(base, inner, 1), operands))
        return base

    def program(self, outputs: list[int], inactive: frozenset[int] = frozenset()) -> Program:
        active = bytearray(self.next)
        for slot in {*self.captured, *self.inputs} - inactive:
            active[slot] = 1
        for instruction in self.instructions:
            for out, operands in instances(instruction):
                active[out] = any(active[slot] for slot in operands) and out not in self.stopped
        return Program(
            self.n_uniform, self.next, self.captured, self.constants, self.inputs, self.instructions, self.guards,
            outputs, active,
        )  # fmt: skip


def mlp(sizes: list[int], activation: Operation, inactive_inputs: bool = True) -> Program:
    """A network with a squared error: weights row by row, then biases; the inputs of the network, then the target."""
    n_weights = sum(m * n for m, n in pairwise(sizes))
    builder = Builder(n_weights + sum(sizes[1:]), [2.0])
    xs, target = builder.input(sizes[0]), builder.input(sizes[-1])
    weights, biases = 0, n_weights
    for n, m in pairwise(sizes):
        xs = builder.add(affine, 1, m, n, Run(weights, 0, n, 1), Run(xs, 0, 0, 1), Run(biases, 0, 1))
        weights, biases = weights + m * n, biases + m
        if m != sizes[-1] or biases < builder.n_uniform - 1:
            xs = builder.add(activation, 1, m, 1, Run(xs, 0, 1))
    m = sizes[-1]
    errors = builder.add(table.subtract, 1, m, 1, Run(xs, 0, 1), Run(target, 0, 1))
    squares = builder.add(table.power, 1, m, 1, Run(errors, 0, 1), Run(builder.n_uniform - 1))
    loss = builder.add(table.total, 1, 1, m, Run(squares, 0, 0, 1)) if m > 1 else squares
    return builder.program([loss], frozenset(builder.inputs) if inactive_inputs else frozenset())


def random_run(rng: random.Random, first: int, last: int, outer: int, inner: int, length: int) -> Run:
    """Somewhere in the slots from first to before last, with strides of all kinds that fit."""
    room = last - first - 1
    strides = []
    for n, usual in ((length, 1), (inner, length), (outer, inner * length)):
        stride = rng.choice([0, 1, usual, usual, inner, rng.randrange(4)])
        if (n - 1) * stride > room:
            stride = 0
        room -= (n - 1) * stride
        strides.append(stride)
    return Run(first + rng.randint(0, room), strides[2], strides[1], strides[0])


def random_program(rng: random.Random, guards: bool = False) -> Program:
    n_uniform = rng.choice([0, 0, 3, 10])
    builder = Builder(rng.randint(1, 40), [rng.choice([2.0, 0.5, -1.0, 3.0, 1.5, 0.7]) for _ in range(3)], n_uniform)
    builder.input(rng.randint(1, 40))
    for _ in range(rng.randint(1, 7)):
        uniform = builder.filled < builder.n_uniform
        op = rng.choice(rng.choice([ONE, ONE, TWO, TWO, MANY, DOTS, DOTS]))
        outer, inner = rng.choice([1, 1, 2, 3, 9]), rng.choice([1, 2, 3, 4, 8, 17])
        if uniform:
            outer, inner = 1, builder.n_uniform - builder.filled
        length = rng.choice([1, 2, 3, 8, 11, 20]) if op.name in VECTORS else 1
        kinds = 1 if op in ONE or op in MANY else 3 if op is affine else 2
        runs = []
        for k in range(kinds):
            size = length if k < VECTORS.get(op.name, 0) else 1
            parts = [(0, builder.filled)]
            if op is table.power and k == 1:  # exponents that are whole in one machine must be so in the other
                parts = [(0, len(builder.captured) + len(builder.constants))]
            elif not uniform:
                parts.append((builder.n_uniform, builder.next))
            runs.append(random_run(rng, *rng.choice(parts), outer, inner, size))
        base = builder.add(op, outer, inner, length, *runs, uniform=uniform)
        if rng.random() < 0.1:
            builder.stopped.add(base)
        if rng.random() < 0.05:
            builder.stopped.update(range(base, base + outer * inner))
    if builder.filled < builder.n_uniform:
        builder.add(copy, 1, builder.n_uniform - builder.filled, 1, Run(0), uniform=True)
        builder.instructions.insert(0, builder.instructions.pop())
    last = builder.next - 1
    outputs = [last] + [rng.randrange(builder.next) for _ in range(rng.randint(0, 3))]
    inactive = frozenset(slot for slot in [*builder.captured, *builder.inputs] if rng.random() < 0.1)
    if rng.random() < 0.3:
        inactive |= frozenset(builder.inputs)
    if guards:
        for _ in range(rng.randint(1, 3)):
            left, right = rng.choice(builder.inputs), rng.choice(builder.captured + builder.inputs)
            builder.guards.append(Guard(rng.choice(list(COMPARISONS)), left, right, rng.random() < 0.5))
    return builder.program(outputs, inactive)


class Expected:
    """What the textbook machine says of one example."""

    def __init__(self, program: Program, captured: list[float], inputs: list[float], seeds: list[float]) -> None:
        self.finite, self.holds, self.clean = True, None, False
        slots, defined = TextbookMachine(program).filled(captured, inputs)
        replay = TextbookReplay(program, slots, defined)
        if not defined:
            self.finite = False
            return
        self.clean = all(map(math.isfinite, slots))
        self.largest = max(map(abs, slots))
        self.holds = replay.holds
        self.outputs = replay.outputs()
        self.finite = all(map(math.isfinite, self.outputs))
        self.gradients: tuple[list[float], list[float]] | None
        try:
            self.gradients = replay.backward(seeds)
        except ArithmeticError:
            self.gradients = None


def close(found: list[float], expected: list[float], scale: float = 0.0) -> bool:
    """To 1e-11 of the largest: a sum whose terms cancel has no more."""
    largest = max([1.0, scale, *map(abs, expected)])
    return len(found) == len(expected) and all(abs(x - y) <= 1e-11 * largest for x, y in zip(found, expected))


def numbers(rng: random.Random, n: int) -> list[float]:
    return [rng.choice([rng.uniform(0.3, 1.5), rng.uniform(-2, 2), float(rng.randint(-1, 2))]) for _ in range(n)]


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(KERNELS))
def test_one_example_as_the_textbook(seed: int, kernels: str) -> None:
    rng = random.Random(seed)
    program = random_program(rng, guards=True)
    captured, inputs = numbers(rng, len(program.captured)), numbers(rng, len(program.inputs))
    seeds = [rng.uniform(-1, 1) for _ in program.outputs]
    expected = Expected(program, captured, inputs, seeds)
    machine = Machine(program, kernels=kernels)
    values = tuple(map(Value, captured))
    replay = machine.run(values, inputs)
    if not expected.finite:
        assert not replay.finite
        return
    assert replay.holds == expected.holds
    assert replay.finite or not expected.clean
    if not replay.finite:
        return
    assert close(replay.outputs(), expected.outputs, expected.largest)
    for _ in range(2):  # the numbers are still there
        gradients = replay.backward(seeds)
        assert (gradients is None) == (expected.gradients is None)
        if gradients is not None:
            for found, wanted in zip(gradients, expected.gradients):
                assert close(found, wanted)
    leaves = list(map(Value, inputs))
    outputs = machine.value_and_grad(values, leaves, seeds)
    if not replay.holds or gradients is None:
        assert outputs == (NOT_FINITE if replay.holds else GUARD)
        assert not any(v.grad for v in [*values, *leaves])
    else:
        assert outputs == replay.outputs()
        assert [v.grad for v in values] == gradients[0]
        assert [v.grad for v in leaves] == gradients[1]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(KERNELS), st.sampled_from(["mean", "sum", "none"]))
def test_many_examples_as_the_textbook(seed: int, kernels: str, reduction: str) -> None:
    rng = random.Random(seed)
    program = random_program(rng, guards=rng.random() < 0.3)
    n = rng.choice([1, 2, 7, 8, 9, 30])
    captured = numbers(rng, len(program.captured))
    rows = [numbers(rng, len(program.inputs)) for _ in range(n)]
    seeds = [[rng.uniform(-1, 1) for _ in program.outputs] for _ in range(n if reduction == "none" else 1)]
    weight = n if reduction == "mean" else 1
    expected = [
        Expected(program, captured, row, [s / weight for s in (seeds[r] if reduction == "none" else seeds[0])])
        for r, row in enumerate(rows)
    ]
    machine = Machine(program, [[0.0] * len(program.inputs)], kernels=kernels)
    values = tuple(map(Value, captured))
    found = machine.run_rows(values, [rows], reduction)
    if isinstance(found, Misses):
        assert not set(found.guards) & set(found.not_finite)
        for r, each in enumerate(expected):
            if each.finite:
                assert (r in found.guards) == (not each.holds)
                assert r not in found.not_finite or not each.clean
            else:
                assert r in found.guards or r in found.not_finite
        assert found.guards or found.not_finite or not all(each.clean for each in expected)
        assert repr(machine.value_and_grad_rows(values, [rows])) == repr(found)
        assert not any(v.grad for v in values)
        return
    assert all(each.finite and each.holds for each in expected)
    scale = max(each.largest for each in expected) * n
    outputs = [each.outputs for each in expected]
    if reduction == "none":
        assert all(close(a, b, scale) for a, b in zip(found.outputs(), outputs))
    else:
        assert close(found.outputs(), [sum(column) / weight for column in zip(*outputs)], scale)
    gradients = found.backward(seeds if reduction == "none" else seeds[0])
    if gradients is None:
        assert any(each.gradients is None for each in expected) or scale > 1e250
        return
    assert all(each.gradients is not None for each in expected)
    totals = [sum(column) for column in zip(*[each.gradients[0] for each in expected])]
    largest = max(abs(g) for each in expected for part in each.gradients for g in [*part, 0.0])
    assert close(gradients[0], totals, largest * n)
    if gradients[1] is None:
        assert not any(g for each in expected for g in each.gradients[1])
    else:
        assert all(close(a, each.gradients[1]) for a, each in zip(gradients[1], expected))
    if reduction != "none":
        leaves = [[Value(x) if program.active[slot] else x for slot, x in zip(program.inputs, row)] for row in rows]
        assert machine.value_and_grad_rows(values, [leaves], reduction, seeds[0]) == found.outputs()
        assert [v.grad for v in values] == gradients[0]
        if gradients[1] is not None:
            assert [[getattr(v, "grad", 0.0) for v in row] for row in leaves] == gradients[1]
