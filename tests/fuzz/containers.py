"""Compiled functions with arguments and rows of every shape, and programs that do not fit together.

A function is compiled for a random container, and called with others: longer, deeper, of other types, lists that say
another length than they have, arrays. What comes is what the function itself gives, or a sentence. Programs are changed
at one place: the machine refuses them, or runs them within their memory. python -m tests.fuzz.containers 600
"""

import dataclasses
import itertools
import random
import sys
import warnings
from array import array
from collections import OrderedDict, namedtuple
from contextlib import suppress
from typing import Any

import autograd
from autograd import CannotCompile, Value
from autograd.compiling import compile
from autograd.compiling.machine import Machine
from autograd.compiling.program import Instruction, Program, Run, Tape
from autograd.transforms.containers import leaves
from tests.fuzz import chance as odd
from tests.fuzz.calls import Odd, OddFloat, OddInt, OddList, OddReal, World

try:
    import numpy
except ImportError:
    numpy = None  # type: ignore[assignment]

Pair = namedtuple("Pair", "left right")
REFUSED = (
    TypeError,
    ValueError,
    ArithmeticError,
    RuntimeError,
    LookupError,
    AttributeError,
    CannotCompile,
    MemoryError,
    Odd,
)
calls = odd.Count()


class OddDict(dict[Any, Any]):
    """Other things than it holds."""

    def values(self) -> Any:
        return [*super().values(), 1.0, [2.0] * 9]

    def __iter__(self) -> Any:
        return iter([*super().__iter__()][1:])


class Array:
    """What says of itself that it is NumPy's, and is not."""

    dtype, ndim = type("dtype", (), {"kind": "f"}), 1

    def __init__(self, size: int) -> None:
        self.size, self.shape = size, (size,)

    def __len__(self) -> int:
        return abs(self.size)

    def __getitem__(self, place: object) -> float:
        return 1.0

    def ravel(self) -> "Array":
        return self

    def tolist(self) -> list[float]:
        return [1.0] * (abs(self.size) % 7)

    def astype(self, *_: object, **__: object) -> bytes:
        return b"12345678"


Array.__module__ = "numpy"


def tree(chance: random.Random, world: World, depth: int = 3) -> Any:
    """A container of numbers, mostly an ordinary one."""
    kind = chance.randrange(12 if depth else 3)
    if kind < 3:
        some = [1.5, 0.5, Value(1.0), -0.0, OddFloat(world), OddReal(world), 2]
        return chance.choice(some[: chance.choice([2, 2, 2, 3, 7])])
    if kind < 8:
        children = [tree(chance, world, depth - 1) for _ in range(chance.choice([0, 1, 2, 3, 3, 9]))]
        form = chance.choice([list, list, list, tuple, OrderedDict, OddList])
        if form is OddList:
            return OddList(world, children) if chance.random() < 0.2 else children
        return form(enumerate(children)) if form is OrderedDict else form(children)
    if kind < 10:
        children_of = {f"x{i}": tree(chance, world, depth - 1) for i in range(chance.randrange(4))}
        return OddDict(children_of) if chance.random() < 0.2 else children_of
    if kind == 10:
        return Pair(tree(chance, world, depth - 1), 1.0)
    if numpy is None or chance.random() < 0.2:
        return Array(chance.choice([-1, 0, 3, 2**62, 2**63 - 1]))
    shape = chance.choice([(3,), (2, 2), (0,), (1, 0), (5, 1)])
    return numpy.zeros(shape, dtype=chance.choice(["f8", "f4", ">f8", "i4", "u1", "O"]))


def changed(chance: random.Random, whole: Any) -> Any:
    """The same container with something else at one place."""
    if isinstance(whole, (list, tuple)) and whole and not hasattr(whole, "_fields"):
        rest = list(list.__iter__(whole)) if isinstance(whole, list) else [*whole]
        place = chance.randrange(len(rest) or 1)
        how = chance.randrange(5)
        if how == 0:
            return type(whole)(rest[:place]) if type(whole) in (list, tuple) else rest[:place]
        if how == 1:
            return [*rest, 1.0]
        if rest:
            rest[place] = changed(chance, rest[place])
        return rest if type(whole) is list else tuple(rest)
    if type(whole) is dict and whole:
        name = chance.choice(list(whole))
        return {**whole, name: changed(chance, whole[name])}
    return chance.choice([[], [[]], 1.0, {}, {"x0": 1.0}, None, "1", odd.nested(100_000), OddInt(World(chance))])


def function(*args: Any) -> Any:
    """A function of all numbers in the arguments."""
    numbers = [x for x in leaves(args) if isinstance(x, (float, Value))] or [Value(1.0)]
    found = autograd.sum([x * x for x in numbers])
    return found * autograd.max(numbers) if len(numbers) % 2 else [found, autograd.tanh(numbers[0])]


AGAIN = 20  # times that each call is made, for to record takes as long as many of them


def called(function: Any, args: Any, **options: Any) -> None:
    """Some calls, each of which may be refused in a sentence."""
    for _ in range(AGAIN):
        calls.one()
        with suppress(*REFUSED):
            function(*args, **options)


def one(chance: random.Random) -> None:
    """Compile a function, and call it and its map with this and that."""
    world = World(chance)
    world.depth = chance.choice([0, 2, 3])
    args = tuple(tree(chance, world) for _ in range(chance.choice([1, 1, 2, 3])))
    compiled = compile(function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(4):
            called(compiled, args)
            called(compiled, changed(chance, args))
            called(compiled.value_and_grad, args)
        columns = []
        for each in args:
            rows = [each] * chance.choice([1, 3, 9, 70])
            columns.append(chance.choice([list, list, tuple, lambda rows: OddList(world, rows)])(rows))
        if chance.random() < 0.5:
            columns[0] = changed(chance, columns[0])
        if chance.random() < 0.3:
            columns += [[[], []]] * chance.randrange(12)
        for how in ("mean", "sum", "none", "other"):
            called(compiled.map, columns, reduction=how)
            called(compiled.map.value_and_grad, columns, reduction=how)
    for each in itertools.chain.from_iterable(compiled._recordings.values()):
        for _ in range(6):
            run(chance, mutated(chance, each.program), each.arguments)


def run(chance: random.Random, program: Program, arguments: Any) -> None:
    """Give a program to the machine: it is refused, or it runs."""
    calls.one()
    structure = chance.choice([None, arguments, [1.0], ([1.0], (2.0, 3.0))])
    try:
        machine = Machine(program, structure)
    except REFUSED:
        return
    captured = [Value(1.0) for _ in program.captured]
    rows = [[1.0] * len(program.inputs)] * chance.choice([1, 20])
    for call in (
        lambda: machine.run(captured, [1.0] * len(program.inputs)).backward([1.0] * len(program.outputs)),
        lambda: machine.value_and_grad(captured, [0.5] * len(program.inputs)),
        lambda: machine.run_rows(captured, list(zip(*rows)), chance.choice(["mean", "none", "x"])),
        lambda: machine.value_and_grad_rows(captured, [[1.0] * chance.choice([1, 9])] * len(program.inputs)),
    ):
        calls.one()
        with suppress(*REFUSED, StopIteration):
            call()


def mutated(chance: random.Random, program: Program) -> Program:
    """The same program with another number at one place."""
    program = dataclasses.replace(
        program,
        **{
            name: type(getattr(program, name))(getattr(program, name))
            for name in ("captured", "constants", "inputs", "instructions", "guards", "outputs", "active")
        },
    )
    name = chance.choice(["n_uniform", "n_slots", "captured", "constants", "inputs", "outputs", "active"])
    number = chance.choice([0, 1, 2, -1, 5, 7, 64, 2**31, 2**32, 2**61, 2**62, 2**63 - 1])
    if chance.random() < 0.7 and program.instructions:
        place = chance.randrange(len(program.instructions))
        program.instructions[place] = instruction(chance, program.instructions[place], number)
    elif name in ("n_uniform", "n_slots"):
        setattr(program, name, number)
    elif name == "active":
        program.active = program.active[:-1] if chance.random() < 0.5 else program.active + b"\1"
    else:
        wanted: list[Any] = getattr(program, name)
        wanted.append((number, 1.0) if name == "constants" else number)
    return program


def instruction(chance: random.Random, whole: Instruction | Tape, number: int) -> Instruction | Tape:
    """The same instruction with another number at one place."""
    if isinstance(whole, Tape):
        return tape(chance, whole, number)

    def other(run: Run) -> Run:
        return run._replace(**{chance.choice(run._fields): number})

    name = chance.choice(["outer", "inner", "length", "out", "operands", "fewer"])
    if name == "out":
        return whole._replace(out=other(whole.out))
    if name == "operands" and whole.operands:
        place = chance.randrange(len(whole.operands))
        return whole._replace(operands=tuple(other(x) if i == place else x for i, x in enumerate(whole.operands)))
    if name == "fewer":
        return whole._replace(operands=whole.operands[: chance.randrange(3)] * chance.randrange(3))
    return whole._replace(**{name: number}) if name in ("outer", "inner", "length") else whole


def tape(chance: random.Random, whole: Tape, number: int) -> Tape:
    """The same operations, one of them another, on another number, or without its operands."""
    codes, operands = bytearray(whole.codes), array(whole.operands.typecode, whole.operands)
    name = chance.choice(["codes", "operands", "first", "fewer", "more", "kinds"])
    if name == "codes":
        codes[chance.randrange(len(codes))] = number & 255
    elif name == "operands" and operands:
        operands[chance.randrange(len(operands))] = min(number, 2**31 - 1)
    elif name == "first":
        return whole._replace(first=number)
    elif name == "fewer":
        del operands[chance.randrange(len(operands) + 1) :]
    elif name == "more":
        codes += codes[:1] * chance.choice([1, 9, 999])
    elif name == "kinds":
        kinds = [(op, chance.choice([n, number])) for op, n in whole.kinds]
        return whole._replace(kinds=tuple(kinds[chance.randrange(2) :]))
    return whole._replace(codes=bytes(codes), operands=operands)


if __name__ == "__main__":
    sys.unraisablehook = lambda found: odd.faults.append(repr(found)) if isinstance(found.object, str) else None
    odd.run(one, lambda: f"{calls.n:,} calls, {odd.memory() >> 20} MiB")
