"""Operations that are alike become few instructions, in whatever order a function makes its numbers."""

import random

import pytest

import autograd
from autograd import Value, compile
from autograd.compiling.program import Tape


def of_a_ring(xs, order):
    """Steps of an equation on a ring, each from every number and its two neighbours; made in this order."""
    for _ in range(6):
        made = {i: xs[i] + 0.1 * (xs[i - 1] - 2 * xs[i] + xs[i + 1 - len(xs)]) - 0.2 * (xs[i] * xs[i]) for i in order}
        xs = [made[i] for i in range(len(xs))]
    return autograd.sum([x * x for x in xs])


def of_complex_numbers(xs, order):
    """A chain of products and quotients of complex numbers for each of many points."""
    a, b, c, d = xs[:4]
    found = {}
    for i in order:
        real, imaginary = a - b * (0.07 * i + 0.03), c + d * (0.02 * i + 0.03)
        square = real * real - imaginary * imaginary, 2 * (real * imaginary)
        size = a * a + square[0] * square[0]
        found[i] = (square[0] * real + square[1] * imaginary) / size, (square[1] * a - square[0] * b) / size
    return autograd.sum([x * y for x, y in (found[i] for i in range(len(order)))])


def of_a_polynomial(xs, order):
    """The squared distances of a polynomial from a line: the powers of t and of -t are largely the same numbers."""
    ts = [-1 + 2 * i / (len(order) - 1) for i in range(len(order))]
    found = {i: (ts[i] - autograd.dot(xs, [ts[i] ** j for j in range(len(xs))])) ** 2 for i in order}
    return autograd.sum([found[i] for i in range(len(order))])


@pytest.mark.parametrize(("program", "most"), [(of_a_ring, 120), (of_complex_numbers, 60), (of_a_polynomial, 12)])
@pytest.mark.parametrize("turned", ["as they stand", "from the end", "anyhow"])
def test_rows_of_numbers_become_few_instructions(program, most, turned) -> None:
    n, order = 32, list(range(32))
    if turned == "from the end":
        order.reverse()
    elif turned == "anyhow":
        random.Random(1).shuffle(order)
    numbers = [0.5 + 0.01 * i for i in range(n)]
    expected = [Value(x) for x in numbers]
    result = program(expected, order)
    result.backward()
    xs, compiled = [Value(x) for x in numbers], compile(lambda xs: program(xs, order))
    assert compiled.value_and_grad(xs) == pytest.approx(result.data, rel=1e-12)
    assert [x.grad for x in xs] == pytest.approx([x.grad for x in expected], rel=1e-10, abs=1e-12)
    assert compiled.statistics["instructions"] < most < compiled.statistics["nodes"] / 8
    assert not any(isinstance(x, Tape) and len(x.codes) >= 16 for x in compiled.program.instructions)


def test_sums_of_two_products_that_stand_anywhere_go_on_a_tape_and_are_not_copied() -> None:
    chance = random.Random(2)
    places = [[[chance.randrange(12) for _ in range(4)] for _ in range(12)] for _ in range(5)]

    def function(xs):
        for layer in places:
            xs = [xs[a] * xs[b] + xs[c] * xs[d] for a, b, c, d in layer]
        return autograd.sum(xs)

    numbers = [0.5 + 0.05 * i for i in range(12)]
    xs, ys, compiled = list(map(Value, numbers)), list(map(Value, numbers)), compile(function)
    result = function(xs)
    result.backward()
    assert compiled.value_and_grad(ys) == pytest.approx(result.data, rel=1e-12)
    assert [y.grad for y in ys] == pytest.approx([x.grad for x in xs], rel=1e-10)
    names = [type(x).__name__ if isinstance(x, Tape) else x.op.name for x in compiled.program.instructions]
    assert names == ["Tape"]
