"""Prints a compiled program: its slots, its instructions, one a line, and the counts."""

from collections.abc import Sequence
from math import prod

from autograd.compiling.program import Instruction, Program, Run

INFIX = {"+", "-", "*", "/", "**"}
MOST_SHOWN = 6  # constants, guards, and single slots in a row
OF_STATISTICS = ("recorded", "instructions", "on tapes")  # the other counts are of passes


class ListedProgram(Program):
    """A program that prints as its listing."""

    def __str__(self) -> str:
        return listing(self)


def listing(program: Program) -> str:
    """A program as text.

    %7 is slot 7, and %7..%9 are three. An instruction that does an operation many times has its operands in brackets:
    those of the first time, of the second, and of the last.
    """
    guards = [f"%{g.left} {g.comparison} %{g.right} is {str(g.outcome).lower()}" for g in program.guards]
    passes = [f"{n:,} after {name}" for name, n in program.counts.items() if name not in OF_STATISTICS]
    parts = [
        [
            ("captured", of_slots(sorted(program.captured))),
            ("inputs", of_slots(program.inputs)),
            ("constants", some([f"%{slot} = {x!r}" for slot, x in program.constants])),
        ],
        [("", "\n".join(map(of_instruction, program.each())))],
        [("guards", some(guards)), ("outputs", of_slots(program.outputs))],
        [
            ("operations", ", ".join([f"{program.counts.get('recorded', 0):,} recorded", *passes]) if passes else ""),
            ("statistics", ", ".join(f"{name} {n:,}" for name, n in program.statistics.items())),
        ],
    ]
    texts = ["\n".join(f"{name:<12}{text}" if name else text for name, text in part if text) for part in parts]
    return "\n\n".join(text for text in texts if text)


def of_instruction(x: Instruction) -> str:
    """An instruction: %344..%359 = affine [%0..%1, %3..%4 … %45..%46], %341..%342, [%2, %5 … %47]."""
    operands = [of_operand(run, x.outer, x.inner, length) for run, length in zip(x.operands, x.lengths)]
    if x.op.name in INFIX:
        done = f" {x.op.name} ".join(operands)
    else:
        done = f"{x.op.name} {', '.join(operands)}"
    return f"{of_row(x.out.base, x.outer * x.inner, 1)} = {done}"


def of_operand(run: Run, outer: int, inner: int, length: int) -> str:
    """The slots of an operand, of one number or of a row, each time."""
    axes = [(n, step) for n, step in ((outer, run.outer), (inner, run.inner)) if n > 1 and step]
    times = prod(n for n, _ in axes)
    if length == 1 and axes and axes[-1][1] == 1 and (len(axes) == 1 or axes[0][1] == inner):
        return of_row(run.base, times, 1)
    bases = [run.base]
    if axes:
        bases += [run.base + axes[-1][1], run.base + sum((n - 1) * step for n, step in axes)]
    return several([of_row(base, length, run.stride) for base in bases], times)


def of_row(first: int, n: int, step: int) -> str:
    """%3, %3..%9, or [%3, %5 … %9]."""
    if n == 1 or not step:
        return f"%{first}"
    last = first + (n - 1) * step
    return f"%{first}..%{last}" if step == 1 else several([f"%{s}" for s in (first, first + step, last)], n)


def several(texts: Sequence[str], n: int) -> str:
    """The first, the second, and the last of n."""
    return f"[{texts[0]}, {texts[1]} … {texts[2]}]" if n > 2 else f"[{texts[0]}, {texts[1]}]" if n == 2 else texts[0]


def of_slots(slots: Sequence[int]) -> str:
    """Any slots, consecutive ones together, with how many they are."""
    rows: list[list[int]] = []
    for s in slots:
        if rows and s == rows[-1][1] + 1:
            rows[-1][1] = s
        else:
            rows.append([s, s])
    text = some([of_row(first, last - first + 1, 1) for first, last in rows])
    return text if len(slots) < 2 else f"{text} ({len(slots):,})"


def some(texts: Sequence[str]) -> str:
    """The first of them, and how many are left out."""
    left_out = len(texts) - MOST_SHOWN
    return ", ".join(texts[:MOST_SHOWN]) + (f", and {left_out:,} more" if left_out > 0 else "")
