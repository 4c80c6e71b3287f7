"""A compiled program: numbered slots for numbers, and instructions that each do one operation many times.

A slot holds one number. In a program that runs many examples at once, in lanes, the first slots are uniform: they hold
one number for all lanes, a parameter or a constant or what is computed from such alone. All others hold one number per
lane. An instruction computes a whole block of slots, a layer of neurons for example; its operands are found by
counting.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import Any, NamedTuple

from autograd import derivatives as table
from autograd.derivatives import Operation
from autograd.listing import listing


class Run(NamedTuple):
    """Where the numbers of one operand, or the results, are: that of instance (j, i), element k of it, is in the slot
    base + j * outer + i * inner + k * stride. A stride of 0 is that of a single number, or of one repeated."""

    base: int
    outer: int = 0
    inner: int = 0
    stride: int = 0

    def slots(self, j: int, i: int, length: int) -> range | list[int]:
        """The slots of instance (j, i)."""
        first = self.base + j * self.outer + i * self.inner
        return range(first, first + length * self.stride, self.stride) if self.stride else [first] * length


class Instruction(NamedTuple):
    """One operation, done outer * inner times.

    op: an entry of the table, or one of the operations below.
    outer, inner: the numbers of instances (j, i).
    length: how many numbers each operand of an operation of many numbers has; 1 for all other operations.
    out: where the results go: to consecutive slots, out.inner is 1 and out.outer is inner.
    operands: one Run for each operand. A dot has two, of `length` numbers each; an affine function a third, the number
        that is added to the dot; a sum, mean, max … has one.
    """

    op: Operation
    outer: int
    inner: int
    length: int
    out: Run
    operands: tuple[Run, ...]

    @property
    def lengths(self) -> list[int]:
        """How many numbers each operand of one instance has."""
        vectors = VECTORS.get(self.op.name, 0)
        return [self.length if k < vectors else 1 for k in range(len(self.operands))]


# Operations that only programs have. (They are not in the table: nobody calls them.)
copy = Operation("copy", lambda x: x, lambda out, x: (1.0,))
held = Operation("stop_gradient", lambda x: x, lambda out, x: (0.0,))
affine = Operation(
    "affine",  # of x1 … xn, y1 … yn, b: x1 * y1 + … + xn * yn + b
    lambda *xyb: table.dot.value(*xyb[:-1]) + xyb[-1],
    lambda out, *xyb: (*table.dot.local_gradient(0.0, *xyb[:-1]), 1.0),
)


@dataclass(frozen=True, slots=True)
class Guard:
    """A comparison that came out one way while the program was recorded, and must do so whenever it runs."""

    comparison: str  # "<", "<=", ">", ">=" or "!="
    left: int
    right: int
    outcome: bool


@dataclass
class Program:
    """Slots, and the instructions that fill them.

    n_uniform: how many slots, from 0 on, are uniform. n_slots: of all.
    captured: the slot of each captured number, in the order in which they are given. All uniform.
    constants: the slots of the constants, all uniform, with their numbers.
    inputs: the slot of each input, in the order in which they are given. Of lanes.
    instructions: in order. Those that write uniform slots come first; no instruction writes slots of both kinds.
    guards, outputs: what is looked at in the end. An output may be in any slot, uniform too.
    active: for every slot whether derivatives pass through it: it is, or depends on, a captured number or an input that
        wants them.
    counts: how many operations were recorded, and how many each pass left, by its name.
    statistics: those of the compiled function, as of now.
    """

    n_uniform: int
    n_slots: int
    captured: list[int]
    constants: list[tuple[int, float]]
    inputs: list[int]
    instructions: list[Instruction]
    guards: list[Guard]
    outputs: list[int]
    active: bytearray
    counts: dict[str, int] = field(default_factory=dict)
    statistics: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return listing(self)


COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "!=": lambda x, y: x != y,
}


class TextbookMachine:
    """Runs a program number by number, by the table, as the native machine does.

    >>> square = Instruction(table.multiply, 1, 1, 1, Run(1), (Run(0), Run(0)))
    >>> machine = TextbookMachine(Program(0, 2, [], [], [0], [square], [], [1], bytearray([1, 1])))
    >>> replay = machine.run((), [3.0])
    >>> replay.outputs(), replay.backward([1.0])
    ([9.0], ([], [6.0]))
    """

    def __init__(self, program: Program) -> None:
        self.program = program

    def run(self, captured: Sequence[Any], inputs: Sequence[Any]) -> "TextbookReplay":
        """The forward pass for one example, of captured Values and of inputs, floats or Values."""
        captured, inputs = ([getattr(x, "_data", x) for x in each] for each in (captured, inputs))
        return TextbookReplay(self.program, *self.filled(captured, inputs))

    def filled(self, captured: Sequence[float], inputs: Sequence[float]) -> tuple[list[float], bool]:
        """All slots, and whether every result is defined; one that is not is nan."""
        program, defined = self.program, True
        slots = [0.0] * program.n_slots
        for slot, x in [*zip(program.captured, captured), *program.constants, *zip(program.inputs, inputs)]:
            slots[slot] = x
        for instruction in program.instructions:
            value = instruction.op.value
            for out, operands in instances(instruction):
                try:
                    slots[out] = value(*[slots[s] for s in operands])
                except (ValueError, ArithmeticError):
                    slots[out], defined = nan, False
        return slots, defined


class TextbookReplay:
    """One forward pass: its outputs, and the way back.

    holds: whether all comparisons came out as they did when the program was recorded.
    finite: whether all results are defined and finite; where not, the function itself is to be asked.
    """

    def __init__(self, program: Program, slots: list[float], defined: bool) -> None:
        self.program, self.slots = program, slots
        self.finite = defined and all(map(isfinite, slots))
        self.holds = all(COMPARISONS[g.comparison](slots[g.left], slots[g.right]) == g.outcome for g in program.guards)

    def outputs(self) -> list[float]:
        """The outputs, as floats."""
        return [self.slots[s] for s in self.program.outputs]

    def backward(self, seeds: Sequence[float]) -> tuple[list[float], list[float]] | None:
        """The gradients of the captured and of the inputs, for one seed per output; None if one is not finite."""
        program, slots, active = self.program, self.slots, self.program.active
        gradients = [0.0] * program.n_slots
        for slot, seed in zip(program.outputs, seeds):
            gradients[slot] += seed
        for instruction in reversed(program.instructions):
            local_gradient = instruction.op.local_gradient
            for out, operands in reversed(list(instances(instruction))):
                if active[out]:
                    for slot, partial in zip(operands, local_gradient(slots[out], *[slots[s] for s in operands])):
                        if active[slot]:
                            gradients[slot] += gradients[out] * partial
        found = [[gradients[s] if active[s] else 0.0 for s in each] for each in (program.captured, program.inputs)]
        return (found[0], found[1]) if all(map(isfinite, found[0] + found[1])) else None


# How many of the operands of an operation of many numbers are vectors of `length` numbers; all others are one number.
VECTORS = {"dot": 2, "affine": 2, "sum": 1, "mean": 1, "max": 1, "min": 1, "prod": 1, "norm": 1, "logsumexp": 1}


def instances(instruction: Instruction) -> Iterator[tuple[int, list[int]]]:
    """Slot of the result, and slots of all operands one after the other, of each instance."""
    lengths, out = instruction.lengths, instruction.out
    for j in range(instruction.outer):
        for i in range(instruction.inner):
            operands: list[int] = []
            for run, length in zip(instruction.operands, lengths):
                operands += run.slots(j, i, length)
            yield out.base + j * out.outer + i * out.inner, operands
