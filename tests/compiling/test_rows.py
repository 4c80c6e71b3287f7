"""Rows of every shape: empty containers among them, arguments that change while they are read, and odd numbers."""

import random
from contextlib import suppress
from functools import partial

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.compiling.machine import Machine
from autograd.transforms.containers import leaves
from nn import optim


def shape(rng, depth=0):
    """A random container as a function of a source of numbers."""
    kind = rng.choice(["number", "number", "list", "tuple", "dict", "empty list", "empty tuple", "empty dict"])
    if kind == "number" or depth > 3:
        return lambda numbers: numbers()
    if kind.startswith("empty"):
        make = {"list": list, "tuple": tuple, "dict": dict}[kind.removeprefix("empty ")]
        return lambda numbers: make()
    parts = [shape(rng, depth + 1) for _ in range(rng.randint(0, 4))]
    if kind == "dict":
        return lambda numbers: {f"k{i}": part(numbers) for i, part in enumerate(parts)}
    sequence = {"list": list, "tuple": tuple}[kind]
    return lambda numbers: sequence(part(numbers) for part in parts)


def test_rows_of_containers_of_every_shape() -> None:
    for seed in range(150):
        rng = random.Random(seed)
        shapes = [shape(rng) for _ in range(rng.randint(1, 8))]
        n = rng.randint(1, 11)
        columns = [[each(partial(rng.uniform, -1, 1)) for _ in range(n)] for each in shapes]
        w = Value(0.5)

        def total(*args, w=w):
            return sum((x * w for x in leaves(args)), w * 1.0)

        expected = sum(total(*row).data for row in zip(*columns)) / n
        compiled = autograd.compile(total)
        assert compiled.map(*columns).data == pytest.approx(expected)
        w.grad = 0.0
        assert compiled.map.value_and_grad(*columns) == pytest.approx(expected)
        assert w.grad == pytest.approx((expected) / 0.5)


def test_rows_of_nothing_beside_a_number() -> None:
    compiled = autograd.compile(lambda x, *unused: x * 2.0)
    assert compiled.map([1.0, 2.0], *[[[], []]] * 8).data == 3.0
    assert compiled.map([1.0, 2.0], *[[{}, {}]] * 8, *[[(), ()]] * 8).data == 3.0
    assert compiled.map(np.array([1.0, 2.0]), np.zeros((2, 0)), [[], []]).data == 3.0


class Shrinking:
    """A number that makes a list shorter when it is read."""

    def __init__(self, victim):
        self.victim = victim

    def __float__(self):
        self.victim.clear()
        return 1.0


def test_arguments_that_change_while_they_are_read() -> None:
    if Machine.__module__.startswith("autograd.compiling"):
        pytest.skip("the textbook engine has no rows in C")
    program = autograd.compile(lambda v: autograd.sum(v) * 2.0)
    program([1.0, 2.0, 3.0])
    machine = Machine(program.program, ([1.0, 2.0, 3.0],))
    victim = [1.0, 2.0, 3.0]
    victim[0] = Shrinking(victim)
    with pytest.raises((RuntimeError, TypeError, ValueError)):
        machine.run((), (victim,))
    rows = [[1.0, 2.0, 3.0] for _ in range(4)]
    rows[1][0] = Shrinking(rows)
    with pytest.raises((RuntimeError, TypeError, ValueError)):
        machine.run_rows((), (rows,))
    replay = machine.run((), ([1.0, 2.0, 3.0],))
    seeds = [1.0]
    seeds[0] = Shrinking(seeds)
    assert replay.backward(seeds) is not None

    class Lying(tuple):
        __slots__ = ()

        def __len__(self):
            return 3

    with pytest.raises((RuntimeError, TypeError, ValueError)):
        Machine(program.program, ((1.0, 2.0, 3.0),)).run((), (Lying([1.0]),))


def test_parameters_that_change_while_an_optimiser_reads_its_rate() -> None:
    parameters = [Value(float(k)) for k in range(100)]

    class Rate:
        def __float__(self):
            del parameters[1:]
            return 0.1

    optimizer = optim.Adam(parameters, lr=0.1)
    optimizer.parameters = parameters
    optimizer.lr = Rate()
    with suppress(TypeError, ValueError, IndexError, RuntimeError):
        optimizer.step()
    assert len(parameters) in (1, 100)


@pytest.mark.parametrize(
    "turned", [lambda x: x, np.asfortranarray, lambda x: x[::-1][::-1], lambda x: x.repeat(2, 0)[::2]]
)
@pytest.mark.parametrize("kind", ["f8", ">f8", "f4", "i8", "i4", "u8", "u1"])
def test_rows_in_arrays_of_every_kind_and_order_are_the_same_numbers(kind, turned):
    w = Value(0.5)
    f = autograd.compile(lambda x, y: w * x[0] * y + x[1])
    xs, ys = [[3.0, 1.0], [0.0, 4.0], [7.0, 2.0]], [5.0, 1.0, 2.0]
    expected = sum(0.5 * x[0] * y + x[1] for x, y in zip(xs, ys))
    for _ in range(2):  # the second time by what served before
        rows = turned(np.array(xs).astype(kind)), np.array(ys).astype(kind)
        assert f.map.value_and_grad(*rows, reduction="sum") == expected
        assert f.map(*rows, reduction="sum").data == expected
        with pytest.raises(ValueError, match="same number of rows"):
            f.map.value_and_grad(rows[0], rows[1][:2])
    assert w.grad == 2 * (3.0 * 5 + 7 * 2)


def test_an_array_without_rows_is_refused_with_a_sentence_after_one_that_served():
    f = autograd.compile(lambda x: x * x)
    assert f.map.value_and_grad(np.array([2.0, 4.0])) == 10.0
    for none in (np.array(3.0), np.array([])):
        with pytest.raises((TypeError, ValueError)):
            f.map.value_and_grad(none)
