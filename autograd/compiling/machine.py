"""Runs compiled programs in Python, and says which machine serves: this one or that of the native engine."""

from collections.abc import Iterator, Sequence
from math import isfinite, nan
from time import perf_counter
from typing import Any

from autograd.compiling.program import COMPARISONS, Instruction, Program, Tape
from autograd.derivatives import Operation
from autograd.transforms.ranges import PRODUCTS, any_far
from autograd.value import engine_name


class TextbookMachine:
    """Runs a program number by number, by the table, as the native machine does.

    >>> from autograd import derivatives as table
    >>> from autograd.compiling.program import Run
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

    def costs(self, captured: Sequence[Any], inputs: Sequence[Any], times: int) -> dict[str, float]:
        """The time of each part of a gradient, in seconds. Here forward includes reading, and backward crediting."""
        start = perf_counter()
        for _ in range(times):
            replay = self.run(captured, inputs)
        between = perf_counter()
        for _ in range(times):
            replay.backward([1.0] * len(self.program.outputs))
        forward, backward = (between - start) / times, (perf_counter() - between) / times
        return {"reading": 0.0, "forward": forward, "backward": backward, "crediting": 0.0}

    def filled(self, captured: Sequence[float], inputs: Sequence[float]) -> tuple[list[float], bool]:
        """All slots, and whether every result is defined. An undefined one is nan."""
        program, defined = self.program, True
        slots = [0.0] * program.n_slots
        for slot, x in [*zip(program.captured, captured), *program.constants, *zip(program.inputs, inputs)]:
            slots[slot] = x
        for instruction in program.instructions:
            for op, out, operands in instances(instruction):
                try:
                    slots[out] = op.value(*[slots[s] for s in operands])
                except Exception:  # whatever an operation of your own may raise
                    slots[out], defined = nan, False
        return slots, defined


class TextbookReplay:
    """One forward pass: its outputs, and the way back.

    holds: whether all comparisons came out as they did when the program was recorded.
    finite: whether all results are defined and finite, and second derivatives lost nothing on the way. If not, the
        caller runs the function itself.
    """

    def __init__(self, program: Program, slots: list[float], defined: bool) -> None:
        self.program, self.slots = program, slots
        self.lost = program.order > 0 and may_have_lost(program, slots)
        self.finite = defined and all(map(isfinite, slots)) and not (program.order > 1 and self.lost)
        self.holds = all(COMPARISONS[g.comparison](slots[g.left], slots[g.right]) == g.outcome for g in program.guards)

    def outputs(self) -> list[float]:
        """The outputs, as floats."""
        return [self.slots[s] for s in self.program.outputs]

    def backward(self, seeds: Sequence[float]) -> tuple[list[float], list[float]] | None:
        """The gradients of the captured and of the inputs, for one seed per output.

        None if one is not finite, or if a derivative of a derivative may have been lost on the way.
        """
        program, slots, active = self.program, self.slots, self.program.active
        if self.lost:
            return None
        gradients = [0.0] * program.n_slots
        for slot, seed in zip(program.outputs, seeds):
            gradients[slot] += seed
        for instruction in reversed(program.instructions):
            for op, out, operands in reversed(list(instances(instruction))):
                if active[out]:
                    partials = op.partials(slots[out], *[slots[s] for s in operands])
                    for slot, partial in zip(operands, partials):
                        if active[slot]:
                            contribution = gradients[out] * partial
                            if program.order and any_far([contribution]):
                                return None
                            gradients[slot] += contribution
        found = [[gradients[s] if active[s] else 0.0 for s in each] for each in (program.captured, program.inputs)]
        return (found[0], found[1]) if all(map(isfinite, found[0] + found[1])) else None


def may_have_lost(program: Program, slots: Sequence[float]) -> bool:
    """Whether numbers may have lost digits: some are far from 1, or a product is 0 although no factor is."""
    return any_far(slots) or any(
        slots[out] == 0 and op.name in PRODUCTS and all(slots[s] for s in operands)
        for instruction in program.instructions
        for op, out, operands in instances(instruction)
    )


def instances(instruction: Instruction | Tape) -> Iterator[tuple[Operation, int, Sequence[int]]]:
    """Each instance: the operation, the slot of the result, and the slots of all operands one after the other."""
    if isinstance(instruction, Tape):
        yield from instruction.each()
        return
    lengths, out = instruction.lengths, instruction.out
    for j in range(instruction.outer):
        for i in range(instruction.inner):
            operands: list[int] = []
            for run, length in zip(instruction.operands, lengths):
                operands += run.slots(j, i, length)
            yield instruction.op, out.base + j * out.outer + i * out.inner, operands


if engine_name == "native":
    from autograd.native._engine import Machine as Machine
    from autograd.native._engine import Misses as Misses
    from autograd.native._engine import is_in_c
else:
    Machine, Misses = TextbookMachine, type(None)


def can_be_on_a_tape(op: Operation) -> bool:
    """Whether the machine that serves does this operation of the table on a tape: the native one those in its C."""
    return engine_name == "python" or is_in_c(op)
