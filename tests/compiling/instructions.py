"""Random programs for the machines: of instructions of every kind, in every shape, with strides that overlap."""

import random
from array import array
from itertools import chain

from autograd import derivatives as table
from autograd.compiling.machine import instances
from autograd.compiling.program import (
    COMPARISONS,
    VECTORS,
    Guard,
    Instruction,
    Program,
    Run,
    Tape,
    accumulate,
    affine,
    copy,
    held,
)
from autograd.compiling.slots import ON_TAPES
from autograd.derivatives import Operation

ONE = [
    copy,
    *(table.TABLE[name] for name in ("neg", "exp", "log", "sqrt", "tanh", "sigmoid", "relu", "softplus", "abs")),
    *(table.TABLE[name] for name in ("sin", "gelu")),  # written in C from the table, like all that are not above
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
        self.instructions: list[Instruction | Tape] = []
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
            for _, out, operands in instances(instruction):
                active[out] = any(active[slot] for slot in operands) and out not in self.stopped
        return Program(
            self.n_uniform, self.next, self.captured, self.constants, self.inputs, self.instructions, self.guards,
            outputs, active,
        )  # fmt: skip


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


def on_tapes(rng: random.Random, instructions: list[Instruction | Tape]) -> list[Instruction | Tape]:
    """With some of them on tapes, several on one where their results stand side by side."""
    found: list[Instruction | Tape] = []
    share = rng.choice([0.0, 0.5, 1.0])
    for x in instructions:
        fits = x.op in ON_TAPES or (x.op is accumulate and x.length == 1)
        if isinstance(x, Instruction) and fits and rng.random() < share:
            each = [operands for _, _, operands in instances(x)]
            x = Tape(((x.op, len(each[0])),), bytes(len(each)), x.first, array("i", chain.from_iterable(each)))
            if found and isinstance(found[-1], Tape) and found[-1].first + len(found[-1].codes) == x.first:
                last = found.pop()
                codes = last.codes + bytes([len(last.kinds)]) * len(x.codes)
                x = Tape(last.kinds + x.kinds, codes, last.first, last.operands + x.operands)
        found.append(x)
    return found


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
        if rng.random() < 0.15 and not uniform:  # as stop_gradient() of some of them
            count = rng.choice([1, outer * inner])
            held_ones = builder.add(held, 1, count, 1, Run(base, 0, 1))
            builder.stopped.update(range(held_ones, held_ones + count))
    if builder.filled < builder.n_uniform:
        builder.add(copy, 1, builder.n_uniform - builder.filled, 1, Run(0), uniform=True)
        builder.instructions.insert(0, builder.instructions.pop())
    if rng.random() < 0.5 and builder.filled == builder.n_uniform:
        operands = [random_run(rng, builder.n_uniform, builder.next, 1, 5, 1) for _ in range(3)]
        builder.add(accumulate, 1, 5, 1, *operands)
    builder.instructions = on_tapes(rng, builder.instructions)
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
