"""Checks what must hold after every pass and for every program, if CHALKGRAD_CHECKED is set, as in the tests."""

import os
from collections.abc import Sequence

from autograd.compiling.passes import Operations
from autograd.compiling.program import VECTORS, Program

CHECKED = bool(os.environ.get("CHALKGRAD_CHECKED"))


def check(holds: object, otherwise: str) -> None:
    """AssertionError, saying what is wrong, unless it holds."""
    if not holds:
        raise AssertionError(otherwise)


def check_operations(found: Operations, after: str) -> None:
    """AssertionError, naming the pass, unless every operation refers to what comes before it and is computed.

    Inputs come first. What is no operation is an input, a captured Value or a constant. No operation has lost an
    operand or a result. Outputs and the sides of comparisons are there.
    """
    n, wrong = len(found.ops), f"after the pass '{after}'"
    check(len(found.operands) == n >= found.n_inputs, f"{wrong} there are {n} operations, and others' operands")
    leaves = {*range(found.n_inputs), *found.captured, *found.constants}
    for i, (op, own) in enumerate(zip(found.ops, found.operands)):
        if op is None:
            check(i in leaves and not own, f"{wrong} %{i} is no operation, and nothing is known of it")
            continue
        check(i not in leaves, f"{wrong} %{i} = {op.name} is also an input, a captured Value or a constant")
        check(own and all(0 <= x < i for x in own), f"{wrong} %{i} = {op.name} of {own}, which are not before it")
        few, vectors = len(op.operands), VECTORS.get(op.name, 0)
        check(len(own) == few if few else len(own) >= vectors, f"{wrong} %{i} = {op.name} of {own}")
    check(all(0 <= i < n for i in found.looked_at()), f"{wrong} an output or a comparison is of nothing")


def check_program(program: Program) -> None:
    """AssertionError unless every slot is written once, before it is read, and all that is asked for is written."""
    n, written = program.n_slots, bytearray(program.n_slots)

    def write(slots: Sequence[int], what: str) -> None:
        for slot in slots:
            check(0 <= slot < n and not written[slot], f"slot {slot} is written twice, by {what} too")
            written[slot] = 1

    def read(slots: Sequence[int], what: str) -> None:
        for slot in slots:
            check(0 <= slot < n and written[slot], f"slot {slot} is read by {what} before it is written")

    write(program.captured, "what is captured")
    write(program.inputs, "the inputs")
    write([slot for slot, _ in program.constants], "the constants")
    for x in program.each():
        named, few = f"'{x.op.name}'", len(x.op.operands)
        check(min(x.outer, x.inner, x.length) > 0, f"{named} has the counts {x.outer}, {x.inner}, {x.length}")
        check(len(x.operands) == few if few else x.operands, f"{named} has {len(x.operands)} operands")
        for j in range(x.outer):
            for i in range(x.inner):
                for run, length in zip(x.operands, x.lengths):
                    read(run.slots(j, i, length), named)
        write([x.out.base + j * x.out.outer + i * x.out.inner for j in range(x.outer) for i in range(x.inner)], named)
    read([slot for guard in program.guards for slot in (guard.left, guard.right)], "a guard")
    read(program.outputs, "the outputs")
