"""A compiled program: numbered slots for numbers, and instructions that each do one operation many times.

A slot holds one number. In a program that runs many examples at once, in lanes, the first slots are uniform: they hold
one number for all lanes: a parameter, a constant, or what is computed from these alone. All others hold one number per
lane. An instruction computes a whole block of slots, a layer of neurons for example; its operands are found by
counting.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from math import copysign
from operator import add
from typing import NamedTuple

from autograd import derivatives as table
from autograd.derivatives import Operation


class Run(NamedTuple):
    """Where the numbers of an operand, or the results, are: element k of instance (j, i) is in the slot base + j *
    outer + i * inner + k * stride. A stride of 0 means a single number, or a repeated one."""

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
        that is added to the dot; `accumulate` too, the number to which the products are added; a sum, mean, max … has
        one.
    """

    op: Operation
    outer: int
    inner: int
    length: int
    out: Run
    operands: tuple[Run, ...]

    @property
    def first(self) -> int:
        """The slot of the first result."""
        return self.out.base

    @property
    def lengths(self) -> list[int]:
        """How many numbers each operand of one instance has."""
        vectors = VECTORS.get(self.op.name, 0)
        return [self.length if k < vectors else 1 for k in range(len(self.operands))]


class Tape(NamedTuple):
    """Operations one after the other, each on numbers of its own, which stand anywhere: what has no regularity.

    kinds: the operations that occur, each with how many operands it has.
    codes: for every operation which of these it is.
    first: the slot of the first result; the others follow it.
    operands: the slots of the operands, of one operation after the other. An array of 32-bit numbers.
    """

    kinds: tuple[tuple[Operation, int], ...]
    codes: bytes
    first: int
    operands: Sequence[int]

    @property
    def length(self) -> int:
        """How many numbers one operand has, as of an Instruction."""
        return 1

    def each(self) -> Iterator[tuple[Operation, int, Sequence[int]]]:
        """The operations, each with the slot of its result and with those of its operands."""
        begin = 0
        for out, code in enumerate(self.codes, self.first):
            op, n = self.kinds[code]
            yield op, out, self.operands[begin : begin + n]
            begin += n

    def instructions(self) -> Iterator[Instruction]:
        """The same as an instruction for each."""
        for op, out, operands in self.each():
            runs = tuple(map(Run, operands))
            yield Instruction(op, 1, 1, 1, Run(out, 0, 1), runs)


# Operations that only programs have. (They are not in the table: nobody calls them.) A dot and a sum may be computed in
# any order, because a call of them asks for none; `accumulate` and `fold` are chains of + that were written in one.
copy = Operation("copy", lambda x: x, lambda out, x: (1.0,))
held = Operation("stop_gradient", lambda x: x, lambda out, x: (0.0,))
affine = Operation(
    "affine",  # of x1 … xn, y1 … yn, b: x1 * y1 + … + xn * yn + b
    lambda *xyb: table.dot.value(*xyb[:-1]) + xyb[-1],
    lambda out, *xyb: (*table.dot.partials(0.0, *xyb[:-1]), 1.0),
)

accumulate = Operation(
    "accumulate",  # of x1 … xn, y1 … yn, b: ((b + x1 * y1) + x2 * y2) + …
    lambda *xyb: reduce(lambda s, xy: s + xy[0] * xy[1], zip(xyb, xyb[len(xyb) // 2 : -1]), xyb[-1]),
    affine.partials,
)
fold = Operation("fold", lambda *xs: reduce(add, xs), lambda out, *xs: (1.0,) * len(xs))  # ((x1 + x2) + x3) + …


@dataclass(frozen=True, slots=True)
class Guard:
    """A comparison that must come out as it did while the program was recorded."""

    comparison: str  # "<", "<=", ">", ">=", "!=", or "is": the same number, -0.0 not being 0.0
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
    instructions: in order; a tape is many of them. Those that write uniform slots come first; no instruction writes
        slots of both kinds.
    guards, outputs: what is looked at in the end. An output may be in any slot, uniform too.
    active: for every slot whether derivatives pass through it: it is, or depends on, a captured number or an input that
        wants them.
    order: of the derivatives within it: 2 if there are derivatives of derivatives. A run notices what floats lose on
        the way to these, and the way back of a derivative too, which is one of its derivatives.
    counts: how many operations were recorded, and how many each pass left, by its name.
    statistics: those of the compiled function, as of now.
    """

    n_uniform: int
    n_slots: int
    captured: list[int]
    constants: list[tuple[int, float]]
    inputs: list[int]
    instructions: list[Instruction | Tape]
    guards: list[Guard]
    outputs: list[int]
    active: bytearray
    order: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    statistics: dict[str, int] = field(default_factory=dict)

    def each(self) -> Iterator[Instruction]:
        """All instructions, those on tapes too."""
        for x in self.instructions:
            if isinstance(x, Tape):
                yield from x.instructions()
            else:
                yield x


COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "!=": lambda x, y: x != y,
    "is": lambda x, y: (x == y and copysign(1.0, x) == copysign(1.0, y)) or (x != x and y != y),
}

# How many of the operands of an operation of many numbers are vectors of `length` numbers; all others are one number.
VECTORS = {
    **dict.fromkeys(("dot", "affine", "accumulate"), 2),
    **dict.fromkeys(("fold", "sum", "mean", "max", "min", "prod", "norm", "logsumexp"), 1),
}
