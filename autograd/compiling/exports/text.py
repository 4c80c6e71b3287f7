"""Writes a compiled function out: the statements of its value and of its gradient, which C and JavaScript share.

Each instruction of the program becomes a statement in loops, so that a large network is a small file. The mathematics
comes from the table of derivatives by translation; only the operations of many numbers, which are loops, are written
by hand, in of_many.py.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from autograd import derivatives as table
from autograd.compiling.exports.arrays import refuse
from autograd.compiling.exports.of_many import CALLS, FUNCTIONS
from autograd.compiling.listing import of_instruction
from autograd.compiling.program import Instruction, Program, Run, accumulate, affine, copy, fold, held
from autograd.derivatives import TABLE
from autograd.native.translation import Translator, number
from autograd.transforms.containers import leaves
from autograd.value import Value

KNOWN = {*TABLE.values(), copy, held, affine, accumulate, fold}


class Text:
    """The parts of a file, in C.

    target: the language, as messages call it. prefix: what the names of constants begin with.
    """

    target, prefix = "C", ""

    def __init__(self, recording: Any, name: str) -> None:
        refuse(recording.program, name, self.target, KNOWN)
        self.recording, self.name = recording, name
        self.program: Program = recording.program
        self.translator = Translator()
        self.called: dict[str, None] = {}  # functions of OF_MANY

    def arguments(self) -> str:
        """Which inputs are which arguments of the function."""
        found, first = [], 0
        for k, argument in enumerate(self.recording.arguments):
            n = sum(isinstance(x, Value) for x in leaves(argument))
            if n:
                places = f"{first} to {first + n - 1}" if n > 1 else f"{first}"
                found.append(f"{places}: argument {k}" + (", number by number" if n > 1 else ""))
            first += n
        return "; ".join(found) or "none"

    def sizes(self) -> dict[str, str]:
        """How many inputs and parameters there are, in words, and inputs for an example."""
        sizes = {
            "n_inputs": (len(self.program.inputs), "input"),
            "n_parameters": (len(self.program.captured), "parameter"),
        }
        n = len(self.program.inputs)
        example = ", ".join(["0.5"] * min(n, 3)) + (", ..." if n > 3 else "")
        return {key: f"{n} {word}{'s' * (n != 1)}" for key, (n, word) in sizes.items()} | {"example": example}

    def helpers(self) -> list[str]:
        """The functions of OF_MANY that are called, with those that they call, in their order."""
        return needed(FUNCTIONS, self.called)

    def loaded(self) -> Iterator[str]:
        """The statements that put parameters and constants into their slots."""
        yield from filled("parameters", self.program.captured)
        yield from filled("constants", [slot for slot, _ in self.program.constants])

    def forward(self) -> Iterator[str]:
        """The statements of the value, after what is loaded: from inputs, by the slots s, to outputs."""
        program, prefix = self.program, self.prefix
        yield from filled("inputs", program.inputs)
        for x in program.each():
            yield from self.commented(x)
            yield from loops(x, [f"{at('s', x.out, x)} = {self.result(x)};"])
        for condition, guards in self.guards().items():
            comparison, outcome = condition
            yield ""
            for n, (left, right), (left_step, right_step) in progressions(guards):
                sides = f"s[{index(left, k=left_step)}]", f"s[{index(right, k=right_step)}]"
                holds = self.call(f"same({', '.join(sides)})") if comparison == "is" else f" {comparison} ".join(sides)
                yield from counted(
                    n, f"if ({f'!({holds})' if outcome else holds})", f"    return {prefix}GUARD_MISSED;"
                )
        yield ""
        yield from self.all_finite("s", "SLOTS")
        for n, (k, slot), (one, step) in progressions(list(enumerate(program.outputs))):
            yield from counted(n, f"outputs[{index(k, k=one)}] = s[{index(slot, k=step)}];")
        yield f"    return {prefix}OK;"

    def backward(self) -> Iterator[str]:
        """The statements of the gradient, after the value: from seeds, by the gradients g of the slots."""
        program, prefix = self.program, self.prefix
        yield f"    for (int k = 0; k < {prefix}SLOTS; k++)"
        yield "        g[k] = 0;"
        for n, (k, slot), (one, step) in progressions(list(enumerate(program.outputs))):
            yield from counted(n, f"g[{index(slot, k=step)}] += seeds ? seeds[{index(k, k=one)}] : 1.0;")
        active = self.active()
        for x in reversed(list(program.each())):
            statements = list(self.contributions(x, active))
            if statements:
                yield from self.commented(x)
                yield from loops(x, statements)
        yield ""
        for target, slots in ("parameters", program.captured), ("inputs", program.inputs):
            for n, (k, slot), (one, step) in progressions(list(enumerate(slots))):
                yield from counted(n, f"{target}_gradient[{index(k, k=one)}] = g[{index(slot, k=step)}];")
        for target, slots in ("parameters", program.captured), ("inputs", program.inputs):
            if slots:
                yield from self.all_finite(f"{target}_gradient", target.upper())
        yield f"    return {prefix}OK;"

    def commented(self, x: Instruction) -> Iterator[str]:
        """An instruction as it is listed, before its statements."""
        yield ""
        yield f"    /* {in_ascii(of_instruction(x))} */"

    def all_finite(self, what: str, n: str) -> Iterator[str]:
        """The end for numbers of which one is infinite or not defined."""
        yield f"    for (int k = 0; k < {self.prefix}{n}; k++)"
        yield f"        if (!isfinite({what}[k]))"
        yield f"            return {self.prefix}NOT_FINITE;"

    def guards(self) -> dict[tuple[str, bool], list[tuple[int, int]]]:
        """The two slots of each guard, of the guards that look for the same."""
        found: dict[tuple[str, bool], list[tuple[int, int]]] = {}
        for guard in self.program.guards:
            found.setdefault((guard.comparison, guard.outcome), []).append((guard.left, guard.right))
        return found

    def call(self, text: str) -> str:
        """A call of a function of OF_MANY, which is noted."""
        self.called[text.split("(")[0]] = None
        return text

    def result(self, x: Instruction) -> str:
        """What an instruction computes, for one instance."""
        first = x.operands[0]
        if x.op in CALLS:
            return self.call(CALLS[x.op][0].format(x=f"&{at('s', first, x)}", step=first.stride, n=x.length))
        if x.op is table.dot or x.op is affine:
            vectors = ", ".join(f"&{at('s', run, x)}, {run.stride}" for run in x.operands[:2])
            found = self.call(f"dot({vectors}, {x.length})")
            return f"{found} + {at('s', x.operands[2], x)}" if x.op is affine else found
        if x.op is accumulate:
            vectors = ", ".join(f"&{at('s', run, x)}, {run.stride}" for run in x.operands[:2])
            return self.call(f"accumulate({at('s', x.operands[2], x)}, {vectors}, {x.length})")
        if x.op is copy or x.op is held:
            return at("s", first, x)
        return self.translator.value(x.op, [at("s", run, x) for run in x.operands])

    def contributions(self, x: Instruction, active: bytearray) -> Iterator[str]:
        """What adds to the gradients of the operands of one instance."""
        d, wanted = at("g", x.out, x), [x.op is not held and reaches(active, run, x, n) for run, n in runs(x)]
        if x.op in CALLS:
            (run,) = x.operands
            if wanted[0]:
                call = CALLS[x.op][1].format(
                    d=d,
                    out=at("s", x.out, x),
                    x=f"&{at('s', run, x)}",
                    gradient=f"&{at('g', run, x)}",
                    step=run.stride,
                    n=x.length,
                )
                yield self.call(call) + ";"
            return
        for k, run in enumerate(x.operands):
            if not wanted[k]:
                continue
            if x.op in (table.dot, affine, accumulate) and k < 2:
                other = x.operands[1 - k]
                vectors = f"&{at('s', other, x)}, {other.stride}, &{at('g', run, x)}, {run.stride}, {x.length}"
                yield self.call(f"add_multiple({d}, {vectors});")
                continue
            if x.op in (copy, affine, accumulate):
                partial = "1.0"
            else:
                names = dict(zip(x.op.operands, [at("s", operand, x) for operand in x.operands]))
                partial = self.translator.partial(x.op, k, {"out": at("s", x.out, x), **names})
            if partial in ("1.0", "-1.0"):
                yield f"{at('g', run, x)} {'-' if partial[0] == '-' else '+'}= {d};"
            elif partial != "0.0":
                yield f"{at('g', run, x)} += {d} * {partial};"

    def active(self) -> bytearray:
        """Which slots depend on a parameter or an input; of those that one instruction fills, all or none."""
        program = self.program
        active = bytearray(program.n_slots)
        for slot in [*program.captured, *program.inputs]:
            active[slot] = 1
        for x in program.each():
            if x.op is not held and any(reaches(active, run, x, n) for run, n in runs(x)):
                n = x.outer * x.inner
                active[x.out.base : x.out.base + n] = b"\1" * n
        return active


def needed(functions: Mapping[str, str], called: Iterable[str]) -> list[str]:
    """The texts of functions that are called, with those that they call, in their order."""
    wanted, stack = set(), list(called)
    while stack:
        name = stack.pop()
        if name not in wanted:
            wanted.add(name)
            stack += [other for other in functions if re.search(rf"\b{other}\(", functions[name])]
    return [text for name, text in functions.items() if name in wanted]


def runs(x: Instruction) -> list[tuple[Run, int]]:
    """The operands of an instruction, and how many numbers each has."""
    return list(zip(x.operands, x.lengths))


def reaches(active: bytearray, run: Run, x: Instruction, length: int) -> bool:
    """Whether a slot between the first and the last of an operand is active."""
    axes = ((x.outer, run.outer), (x.inner, run.inner), (length, run.stride))
    low, high = (run.base + sum((n - 1) * pick(step, 0) for n, step in axes) for pick in (min, max))
    return active.find(1, low, high + 1) >= 0


def index(base: int, **steps: int) -> str:
    """base + step * variable + …"""
    terms = [str(base)] if base or not any(steps.values()) else []
    for variable, step in steps.items():
        if step:
            terms.append(variable if step == 1 else f"{step} * {variable}")
    return " + ".join(terms)


def at(array: str, run: Run, x: Instruction) -> str:
    """The first number of an operand in instance (j, i) of an instruction."""
    j, i = run.outer if x.outer > 1 else 0, run.inner if x.inner > 1 else 0
    return f"{array}[{index(run.base, j=j, i=i)}]"


def loops(x: Instruction, statements: Sequence[str]) -> Iterator[str]:
    """The statements in loops over the instances of an instruction."""
    indent = "    "
    axes = [(variable, n) for variable, n in (("j", x.outer), ("i", x.inner)) if n > 1]
    for k, (variable, n) in enumerate(axes):
        brace = " {" if len(statements) > 1 and k == len(axes) - 1 else ""
        yield f"{indent}for (int {variable} = 0; {variable} < {n}; {variable}++){brace}"
        indent += "    "
    yield from (indent + statement for statement in statements)
    if axes and len(statements) > 1:
        yield indent[4:] + "}"


def counted(n: int, *lines: str) -> Iterator[str]:
    """One statement in a loop over k, or without one if n is 1."""
    if n > 1:
        yield f"    for (int k = 0; k < {n}; k++)"
    for line in lines:
        yield ("        " if n > 1 else "    ") + line


def progressions(rows: Sequence[tuple[int, int]]) -> Iterator[tuple[int, tuple[int, int], tuple[int, int]]]:
    """Pairs of numbers as few progressions: how many pairs, the first one, and the step to the next."""
    begin = 0
    while begin < len(rows):
        end, (x, y), step = begin + 1, rows[begin], (0, 0)
        if end < len(rows):
            step = rows[end][0] - x, rows[end][1] - y
            while end < len(rows) and rows[end] == (x + (end - begin) * step[0], y + (end - begin) * step[1]):
                end += 1
        yield end - begin, (x, y), step if end - begin > 1 else (0, 0)
        begin = end


def filled(source: str, slots: Sequence[int]) -> Iterator[str]:
    """Numbers put into their slots."""
    for n, (k, slot), (one, step) in progressions(list(enumerate(slots))):
        yield from counted(n, f"s[{index(slot, k=step)}] = {source}[{index(k, k=one)}];")


def rows_of(numbers: Sequence[float]) -> list[str]:
    """Numbers of an array, in lines of medium length."""
    lines: list[str] = []
    for text in map(number, numbers):
        if not lines or len(lines[-1]) + len(text) > 116:
            lines.append("   ")
        lines[-1] += f" {text},"
    return lines


def in_ascii(text: str) -> str:
    """The text of a comment as every compiler takes it."""
    return text.replace("…", "...")
