"""Checks that all processes of a training have the same program: another one would hang a rank, or train nonsense."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from autograd.compiling.program import Program


def agree(
    each_rank: Callable[[str], list[str]], name: str, programs: Sequence[Program], captured: Sequence[Any]
) -> None:
    """RuntimeError, in every process, if their programs or their parameters differ.

    each_rank: gives a text to all processes, and gets those of all, in their order.
    """
    numbers = [v.data for v in captured]
    own = [digest([described(program) for program in programs]), digest([x.hex() for x in numbers])]
    found = [text.split() for text in each_rank(" ".join(own))]
    for rank, (program, parameters) in enumerate(found):
        if program != found[0][0]:
            raise RuntimeError(
                f"rank {rank} has another program of {name} than rank 0. Compile the same function in each process, "
                "and give the same example to the export: rows may take different paths"
            )
        if parameters != found[0][1]:
            raise RuntimeError(
                f"rank {rank} begins with other parameters of {name} than rank 0. Make the model from the same seed in "
                "each process, or load the same file"
            )


def digest(things: Any) -> str:
    """A short text that differs for different things."""
    return hashlib.sha256(repr(things).encode()).hexdigest()


def described(program: Program) -> Any:
    """Everything that decides what a program computes."""
    instructions = [(x.op.name, *x[1:]) for x in program.each()]
    slots = (program.n_slots, program.captured, program.constants, program.inputs, program.outputs)
    return slots, instructions, program.guards
