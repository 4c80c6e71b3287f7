"""What has no regularity is on a tape: the same numbers, in an order that keeps operations of one kind together."""

import math
import random
from dataclasses import replace
from itertools import chain, pairwise

import mpmath
import pytest

import autograd
from autograd import Value, compile, engine_name
from autograd import derivatives as table
from autograd.compiling.machine import Machine
from autograd.compiling.program import Tape, held
from autograd.compiling.schedule import levels_of, scheduled

FORMS = [
    lambda x, y: x + y * 0.5,
    lambda x, y: x * y * 0.1,
    lambda x, y: x - y,
    lambda x, y: autograd.tanh(x),
    lambda x, y: autograd.sin(x + y),
    lambda x, y: autograd.exp(-(x * x)),
    lambda x, y: autograd.sigmoid(x) / (2 + autograd.cos(y)),
    lambda x, y: autograd.sqrt(1 + x * x),
    lambda x, y: autograd.log(2 + autograd.relu(y)) * autograd.softplus(x),
    lambda x, y: abs(x) ** 1.5,
    lambda x, y: (1 + x * x) ** (y * 0.1),
    lambda x, y: autograd.erf(x) * autograd.hypot(x, y),
]


def scattered(n, seed):
    """A function of ten numbers without layers."""
    rng = random.Random(seed)
    which = [(rng.choice(FORMS), rng.randrange(max(0, i - 20), i + 10), rng.randrange(i + 10)) for i in range(n)]

    def function(*xs):
        made = list(xs)
        for form, i, j in which:
            made.append(form(made[i], made[j]))
        total = made[-1]
        for x in made[-8:-1]:
            total = total + x
        return total

    return function


@pytest.mark.parametrize("seed", range(6))
def test_a_program_without_layers_is_on_tapes_and_agrees(seed) -> None:
    function, numbers = scattered(150, seed), [0.2 * i - 0.9 for i in range(10)]
    compiled, xs, ys = compile(function), list(map(Value, numbers)), list(map(Value, numbers))
    expected = function(*xs)
    expected.backward()
    assert compiled.value_and_grad(*ys) == pytest.approx(expected.data, rel=1e-12)
    assert [y.grad for y in ys] == pytest.approx([x.grad for x in xs], rel=1e-9, abs=1e-12)
    on_tapes = sum(len(x.codes) for x in compiled.program.instructions if isinstance(x, Tape))
    assert on_tapes > 0.9 * compiled.statistics["instructions"]
    rows = [[x + 0.01 * k for k in range(9)] for x in numbers]
    alone = [function(*row) for row in zip(*rows)]  # with floats
    with autograd.no_grad():
        assert [x.data for x in compiled.map(*rows, reduction="none")] == pytest.approx(alone, rel=1e-12)


def test_waves_on_a_tape_agree_with_50_digits() -> None:
    rng = random.Random(3)
    near = [rng.randrange(-600, 600) * math.pi / 2 for _ in range(60)]  # multiples of pi / 2, rounded
    xs = [*near, *(rng.uniform(-1000, 1000) for _ in range(60)), 1e-9, -5e-324, 1000.0, -1000.1, 1e6, 1e22, -1e300]
    waves = compile(lambda x: [autograd.sin(x), autograd.cos(x)])
    assert math.copysign(1, waves(-0.0)[0].data) == -1
    assert all(isinstance(each, Tape) for each in waves.program.instructions)
    with mpmath.workdps(400):
        for x in xs:
            at = Value(x)
            for result, exact, slope in zip(
                waves(at), (mpmath.sin, mpmath.cos), (mpmath.cos, lambda x: -mpmath.sin(x))
            ):
                at.grad = 0.0
                result.backward()
                for found, expected in ((result.data, exact(x)), (at.grad, slope(x))):
                    assert abs(found - expected) <= 4.5e-16 * abs(expected), (x, found, expected)


def test_layers_stay_instructions_beside_a_tape() -> None:
    weights = [[Value(0.1 * i - 0.2 * j) for i in range(8)] for j in range(20)]

    def function(xs):
        xs = [autograd.tanh(autograd.dot(row, xs)) for row in weights]
        y = xs[0]
        for x in xs[1:]:
            y = autograd.sin(y) * x + y
        return y

    compiled = compile(function)
    assert compiled([0.1 * i for i in range(8)]).data == pytest.approx(function([0.1 * i for i in range(8)]).data)
    names = [type(x).__name__ if isinstance(x, Tape) else x.op.name for x in compiled.program.instructions]
    assert names == ["dot", "tanh", "Tape"]


@pytest.mark.skipif(engine_name == "python", reason="the native machine is part of the native engine")
def test_a_tape_that_does_not_fit_is_refused_before_memory_is_touched() -> None:
    compiled = compile(lambda x, y: autograd.sin(x) * y + autograd.exp(y) / (2 + x))
    compiled(0.5, 0.25)
    program = compiled.program
    (place,) = (k for k, x in enumerate(program.instructions) if isinstance(x, Tape))
    tape = program.instructions[place]
    short, far = tape.operands[:-1], tape.operands[:]
    far[0] = 2**31 - 1
    wrong = [
        *({"first": first} for first in (-1, program.n_slots, 2**31, 2**62, 2**63 - 1)),
        {"codes": tape.codes + bytes([255])},
        {"codes": tape.codes * 1_000},
        {"codes": b""},
        {"operands": short},
        {"operands": far},
        *({"kinds": tuple((op, n) for op, _ in tape.kinds)} for n in (-1, 0, 7, 2**31)),
        {"kinds": ()},
    ]
    for changes in wrong:
        instructions = [*program.instructions]
        instructions[place] = tape._replace(**changes)
        with pytest.raises((ValueError, OverflowError)):
            Machine(replace(program, instructions=instructions))


def random_graph(rng):
    """Operands of operations, of which the first ten are leaves."""
    n = rng.randint(1, 200)
    return [()] * 10 + [tuple(rng.randrange(i) for _ in range(rng.randint(1, 3))) for i in range(10, 10 + n)]


@pytest.mark.parametrize("seed", range(20))
def test_the_order_keeps_what_comes_before_and_engines_agree(seed) -> None:
    rng = random.Random(seed)
    operands = random_graph(rng)
    members = sorted(rng.sample(range(10, len(operands)), rng.randint(1, len(operands) - 10)))
    kinds = [rng.randrange(4) for _ in members]
    order = scheduled(kinds, members, operands)
    assert sorted(order) == list(range(len(members)))
    done = set()
    for k in order:
        assert all(x in done for x in operands[members[k]] if x in members)
        done.add(members[k])
    changes, before = (sum(x != y for x, y in pairwise(each)) for each in ([kinds[k] for k in order], kinds))
    assert changes <= before
    ops = [None] * 10 + [rng.choice([table.add, held]) for _ in operands[10:]]
    marks = bytes(rng.randrange(2) for _ in range(10)) + bytes(len(operands) - 10)
    marked = bytearray(marks), bytearray(marks[::-1][-10:] + marks[10:])
    copies = bytearray(marked[0]), bytearray(marked[1])
    levels = levels_of(ops, operands, *marked, held)
    assert sorted(chain.from_iterable([*levels[0], *levels[1]])) == list(range(10, len(operands)))
    if engine_name == "native":
        assert scheduled.__wrapped__(kinds, members, operands) == order
        assert levels_of.__wrapped__(ops, operands, *copies, held) == levels
        assert copies == marked
