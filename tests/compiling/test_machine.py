"""The native machine does what the textbook machine does: any program, one example or many, forward and backward."""

import gc
import math
import random
import signal
import sys
import threading
import tracemalloc
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, engine_name
from autograd import derivatives as table
from autograd.compiling.machine import TextbookMachine, TextbookReplay
from autograd.compiling.program import (
    Instruction,
    Program,
    Run,
    affine,
    copy,
)
from autograd.derivatives import Operation
from tests.compiling.instructions import Builder, random_program
from tests.helpers import examples

if engine_name != "native":
    pytest.skip("the native machine is part of the native engine", allow_module_level=True)

from autograd.native._engine import GUARD, NOT_FINITE, Machine, Misses

KERNELS = []
for kernels in ("avx512", "avx2", "any"):
    with suppress(ValueError):  # where they are not for this processor
        KERNELS.append(Machine(Program(0, 0, [], [], [], [], [], [], bytearray()), kernels=kernels).kernels)


def mlp(sizes: list[int], activation: Operation, inactive_inputs: bool = True) -> Program:
    """A network with a squared error: weights row by row, then biases; the inputs of the network, then the target."""
    n_weights = sum(m * n for m, n in pairwise(sizes))
    builder = Builder(n_weights + sum(sizes[1:]), [2.0])
    xs, target = builder.input(sizes[0]), builder.input(sizes[-1])
    weights, biases = 0, n_weights
    for n, m in pairwise(sizes):
        xs = builder.add(affine, 1, m, n, Run(weights, 0, n, 1), Run(xs, 0, 0, 1), Run(biases, 0, 1))
        weights, biases = weights + m * n, biases + m
        if m != sizes[-1] or biases < builder.n_uniform - 1:
            xs = builder.add(activation, 1, m, 1, Run(xs, 0, 1))
    m = sizes[-1]
    errors = builder.add(table.subtract, 1, m, 1, Run(xs, 0, 1), Run(target, 0, 1))
    squares = builder.add(table.power, 1, m, 1, Run(errors, 0, 1), Run(builder.n_uniform - 1))
    loss = builder.add(table.total, 1, 1, m, Run(squares, 0, 0, 1)) if m > 1 else squares
    return builder.program([loss], frozenset(builder.inputs) if inactive_inputs else frozenset())


class Expected:
    """What the textbook machine says of one example."""

    def __init__(self, program: Program, captured: list[float], inputs: list[float], seeds: list[float]) -> None:
        self.finite, self.holds, self.clean = True, None, False
        slots, defined = TextbookMachine(program).filled(captured, inputs)
        replay = TextbookReplay(program, slots, defined)
        if not defined:
            self.finite = False
            return
        self.clean = all(map(math.isfinite, slots))
        self.largest = max(map(abs, slots))
        self.holds = replay.holds
        self.outputs = replay.outputs()
        self.finite = all(map(math.isfinite, self.outputs))
        self.gradients: tuple[list[float], list[float]] | None
        try:
            self.gradients = replay.backward(seeds)
        except ArithmeticError:
            self.gradients = None


def close(found: list[float], expected: list[float], scale: float = 0.0) -> bool:
    """To 1e-11 of the largest: a sum whose terms cancel has no more."""
    largest = max([1.0, scale, *map(abs, expected)])
    return len(found) == len(expected) and all(abs(x - y) <= 1e-11 * largest for x, y in zip(found, expected))


def numbers(rng: random.Random, n: int) -> list[float]:
    return [rng.choice([rng.uniform(0.3, 1.5), rng.uniform(-2, 2), float(rng.randint(-1, 2))]) for _ in range(n)]


@settings(max_examples=examples.of(400))
@given(st.integers(0, 2**32), st.sampled_from(KERNELS))
def test_one_example_as_the_textbook(seed: int, kernels: str) -> None:
    rng = random.Random(seed)
    program = random_program(rng, guards=True)
    captured, inputs = numbers(rng, len(program.captured)), numbers(rng, len(program.inputs))
    seeds = [rng.uniform(-1, 1) for _ in program.outputs]
    expected = Expected(program, captured, inputs, seeds)
    machine = Machine(program, kernels=kernels)
    values = tuple(map(Value, captured))
    replay = machine.run(values, inputs)
    if not expected.finite:
        assert not replay.finite
        return
    assert replay.holds == expected.holds
    assert replay.finite or not expected.clean
    if not replay.finite:
        return
    assert close(replay.outputs(), expected.outputs, expected.largest)
    for _ in range(2):  # the numbers are still there
        gradients = replay.backward(seeds)
        assert (gradients is None) == (expected.gradients is None)
        if gradients is not None:
            for found, wanted in zip(gradients, expected.gradients):
                assert close(found, wanted)
    leaves = list(map(Value, inputs))
    outputs = machine.value_and_grad(values, leaves, seeds)
    if not replay.holds or gradients is None:
        assert outputs == (NOT_FINITE if replay.holds else GUARD)
        assert not any(v.grad for v in [*values, *leaves])
    else:
        assert outputs == replay.outputs()
        assert [v.grad for v in values] == gradients[0]
        assert [v.grad for v in leaves] == gradients[1]


@settings(max_examples=examples.of(300))
@given(st.integers(0, 2**32), st.sampled_from(KERNELS), st.sampled_from(["mean", "sum", "none"]))
def test_many_examples_as_the_textbook(seed: int, kernels: str, reduction: str) -> None:
    rng = random.Random(seed)
    program = random_program(rng, guards=rng.random() < 0.3)
    n = rng.choice([1, 2, 7, 8, 9, 30])
    captured = numbers(rng, len(program.captured))
    rows = [numbers(rng, len(program.inputs)) for _ in range(n)]
    seeds = [[rng.uniform(-1, 1) for _ in program.outputs] for _ in range(n if reduction == "none" else 1)]
    weight = n if reduction == "mean" else 1
    expected = [
        Expected(program, captured, row, [s / weight for s in (seeds[r] if reduction == "none" else seeds[0])])
        for r, row in enumerate(rows)
    ]
    machine = Machine(program, [[0.0] * len(program.inputs)], kernels=kernels)
    values = tuple(map(Value, captured))
    found = machine.run_rows(values, [rows], reduction)
    if isinstance(found, Misses):
        assert not set(found.guards) & set(found.not_finite)
        for r, each in enumerate(expected):
            if each.finite:
                assert (r in found.guards) == (not each.holds)
                assert r not in found.not_finite or not each.clean
            else:
                assert r in found.guards or r in found.not_finite
        assert found.guards or found.not_finite or not all(each.clean for each in expected)
        assert repr(machine.value_and_grad_rows(values, [rows])) == repr(found)
        assert not any(v.grad for v in values)
        return
    assert all(each.finite and each.holds for each in expected)
    scale = max(each.largest for each in expected) * n
    outputs = [each.outputs for each in expected]
    if reduction == "none":
        assert all(close(a, b, scale) for a, b in zip(found.outputs(), outputs))
    else:
        assert close(found.outputs(), [sum(column) / weight for column in zip(*outputs)], scale)
    gradients = found.backward(seeds if reduction == "none" else seeds[0])
    if gradients is None:
        assert any(each.gradients is None for each in expected) or scale > 1e250
        return
    assert all(each.gradients is not None for each in expected)
    totals = [sum(column) for column in zip(*[each.gradients[0] for each in expected])]
    largest = max(abs(g) for each in expected for part in each.gradients for g in [*part, 0.0])
    assert close(gradients[0], totals, largest * n)
    if gradients[1] is None:
        assert not any(g for each in expected for g in each.gradients[1])
    else:
        assert all(close(a, each.gradients[1]) for a, each in zip(gradients[1], expected))
    if reduction != "none":
        leaves = [[Value(x) if program.active[slot] else x for slot, x in zip(program.inputs, row)] for row in rows]
        assert machine.value_and_grad_rows(values, [leaves], reduction, seeds[0]) == found.outputs()
        assert [v.grad for v in values] == gradients[0]
        if gradients[1] is not None:
            assert [[getattr(v, "grad", 0.0) for v in row] for row in leaves] == gradients[1]


def test_kernels_for_every_processor() -> None:
    """The best come first, and those for any processor are always there."""
    machine = Machine(mlp([2, 1], table.tanh))
    assert KERNELS[0] == machine.kernels
    assert KERNELS[-1] == "any"
    with pytest.raises(ValueError, match="no kernels 'abacus'"):
        Machine(mlp([2, 1], table.tanh), kernels="abacus")


def elementwise(op: Operation) -> Program:
    builder = Builder(0, [])
    builder.add(op, 1, 1, 1, Run(builder.input(1)))
    return builder.program([1])


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("name", ["exp", "log", "tanh", "sigmoid", "softplus", "sqrt", "abs", "relu"])
def test_own_functions_of_vectors(name: str, kernels: str) -> None:
    """Value and slope agree with 50 digits to a few units in the last place, for small floats and large ones."""
    rng = random.Random(0)
    xs = [rng.uniform(-1, 1) * 10.0 ** rng.randint(-12, 2) for _ in range(300)]
    xs += [x for e in range(-1070, 10, 9) for x in (2.0**e, -(2.0**e))] + [700.0, -700.0, 745.0, -745.0, 36.7, -36.7]
    exact: dict[str, Any] = {
        "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
        "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
        "abs": abs,
        "relu": lambda x: max(x, mpmath.mpf(0)),
    }
    slopes: dict[str, Any] = {
        "exp": mpmath.exp,
        "log": lambda x: 1 / x,
        "tanh": lambda x: mpmath.sech(x) ** 2,
        "sigmoid": lambda x: 1 / (2 * mpmath.cosh(x / 2)) ** 2,
        "softplus": exact["sigmoid"],
        "sqrt": lambda x: 1 / (2 * mpmath.sqrt(x)),
        "abs": mpmath.sign,
        "relu": lambda x: 1 if x > 0 else 0,
    }
    machine = Machine(elementwise(table.TABLE[name]), [0.0], kernels=kernels)
    if name in ("log", "sqrt"):
        xs = [abs(x) for x in xs if abs(x) > 1e-307]  # below, 1 / x overflows
    if name == "exp":
        xs = [x for x in xs if x < 709]
    rows = machine.run_rows((), [xs], "none")
    assert not isinstance(rows, Misses)
    found = rows.backward([[1.0]] * len(xs))
    with mpmath.workdps(50):
        for x, (y,), (slope,) in zip(xs, rows.outputs(), found[1]):
            at = mpmath.mpf(x)
            value = exact.get(name, getattr(mpmath, name, None))(at)
            for is_, should in ((y, value), (slope, slopes[name](at))):
                # subnormal numbers have fewer digits
                assert abs(is_ - should) <= 1e-15 * abs(should) + 1e-307, (x, is_, should)


def test_what_is_not_defined_is_not_finite() -> None:
    for name, x in [("exp", 710.0), ("log", 0.0), ("log", -1.0), ("sqrt", -1.0), ("log", math.nan), ("tanh", math.nan)]:
        for kernels in KERNELS:
            machine = Machine(elementwise(table.TABLE[name]), [0.0], kernels=kernels)
            assert not machine.run((), [x]).finite
            assert machine.value_and_grad((), [x]) == NOT_FINITE
            misses = machine.run_rows((), [[0.5] * 20 + [x] + [0.5] * 20])
            assert (misses.guards, misses.not_finite) == ([], [20])
    steep = Machine(elementwise(table.sqrt), [0.0])
    v = Value(0.0)
    assert steep.value_and_grad((), [v]) == NOT_FINITE
    assert v.grad == 0.0
    assert steep.run((), [0.0]).finite
    assert steep.run((), [0.0]).backward() is None
    assert steep.run_rows((), [[1.0, 0.0]]).backward() is None
    tops = Machine(elementwise(copy), [0.0]).run_rows((), [[1e308, 1e308]], "sum")  # each is finite, the sum is not
    assert (tops.guards, tops.not_finite) == ([], [])


def test_arguments_of_another_structure_say_where() -> None:
    builder = Builder(1, [])
    builder.input(4)
    builder.add(table.total, 1, 1, 4, Run(1, 0, 0, 1))
    example = [{"x": [0.0, 0.0], "y": (0.0,)}, 0.0]
    machine = Machine(builder.program([5]), example)
    w = (Value(0.0),)
    assert machine.value_and_grad(w, [{"x": [1.0, Value(2.0)], "y": (3,)}, 4.0]) == [10.0]
    wrong = [
        ([{"x": [1.0, 2.0], "y": (3.0,)}], ValueError, "the arguments has 1 elements, and had 2"),
        ([{"x": [1.0], "y": (3.0,)}, 4.0], ValueError, r"\[0\]\['x'\] has 1 elements"),
        ([{"x": [1.0, "2"], "y": (3.0,)}, 4.0], TypeError, r"\[0\]\['x'\]\[1\]: .* real number, got str"),
        ([{"x": [1.0, 2.0], "z": (3.0,)}, 4.0], ValueError, r"no key 'y'"),
        ([{"x": [1.0, 2.0], "y": [3.0]}, 4.0], TypeError, r"\['y'\] is of type list, and was of type tuple"),
        ([{"x": [1.0, 2.0], "y": (3.0,)}, True], TypeError, r"\[1\] is True, of type bool"),
    ]
    for arguments, kind, sentence in wrong:
        with pytest.raises(kind, match=sentence):
            machine.run(w, arguments)
    rows = [{"x": [1.0, 2.0], "y": (3.0,)}] * 3
    assert machine.run_rows(w, [rows, [1.0, 2.0, 3.0]], "none").outputs() == [[7.0], [8.0], [9.0]]
    columns = {"x": np.array([[1, 2]] * 3), "y": np.array([[3.0]] * 3, dtype="f4")}
    assert machine.run_rows(w, [columns, np.arange(6.0)[1::2]], "sum").outputs() == [6 * 3 + 9.0]
    for arguments, kind, sentence in [
        ([rows, [1.0, 2.0]], ValueError, "argument 1 has 2 rows, and those before it 3"),
        ([[*rows[:2], rows[0] | {"x": [1.0]}], [1.0] * 3], ValueError, r"argument 0, row 2,\['x'\] has 1 elements"),
        ([rows, [1.0, None, 3.0]], TypeError, "argument 1, row 1,: .* got NoneType"),
        ([columns | {"x": np.ones((3, 3))}, [1.0] * 3], ValueError, r"argument 0\['x'\] has rows of the shape \(3,\)"),
        ([[], []], ValueError, "there are no rows"),
        ([rows, 3.0], TypeError, "argument 1 is of type float"),
    ]:
        with pytest.raises(kind, match=sentence):
            machine.run_rows(w, arguments)
    with pytest.raises(TypeError, match="captured numbers are Values"):
        machine.run([1.0], example)
    with pytest.raises(ValueError, match="1 captured Values are needed, got 2"):
        machine.run(w * 2, example)


def test_programs_that_do_not_fit_together_are_refused() -> None:
    square = Instruction(table.multiply, 1, 1, 1, Run(1, 1, 1), (Run(0), Run(0)))
    fitting = Program(0, 2, [], [], [0], [square], [], [1], bytearray([1, 1]))
    Machine(fitting)
    for changes in (
        {"n_slots": 1},
        {"inputs": [2]},
        {"captured": [0]},
        {"outputs": [-1]},
        {"active": bytearray(3)},
        {"instructions": [square._replace(operands=(Run(0), Run(2)))]},
        {"instructions": [square._replace(operands=(Run(0), Run(1)))]},
        {"instructions": [square._replace(out=Run(2, 1, 1))]},
        {"instructions": [square._replace(outer=0)]},
    ):
        with pytest.raises(ValueError, match=r"slot|instruction"):
            Machine(replace(fitting, **changes))


def test_ctrl_c_in_an_operation_called_through_python_passes_with_nothing_changed() -> None:
    def value(x: float) -> float:
        if x > 2:
            raise KeyboardInterrupt
        if x == 0:
            raise KeyError("an error of any kind makes the result nan, so that the function itself is called")
        return math.log(x)

    builder = Builder(1, [])
    x = builder.input(1)
    product = builder.add(table.multiply, 1, 1, 1, Run(0), Run(x))
    machine = Machine(
        builder.program([builder.add(Operation("mine", value, table.log.partials), 1, 1, 1, Run(product))]), [0.0]
    )
    w = Value(1.0)
    assert machine.value_and_grad((w,), [2.0]) == [math.log(2)]
    assert machine.run_rows((w,), [[1.0, -1.0, 2.0]]).not_finite == [1]
    assert machine.run_rows((w,), [[1.0, 2.0, 0.0]]).not_finite == [2]
    before = w.grad
    for call in (machine.value_and_grad, machine.run):
        with pytest.raises(KeyboardInterrupt):
            call((w,), [3.0])
    with pytest.raises(KeyboardInterrupt):
        machine.value_and_grad_rows((w,), [[1.0, 3.0]])
    assert w.grad == before


def test_many_threads_run_one_machine() -> None:
    program = mlp([8, 16, 3], table.tanh)
    machine = Machine(program, [[0.0] * 8, [0.0] * 3])
    rng = random.Random(0)
    w = tuple(Value(rng.uniform(-1, 1)) for _ in program.captured)
    examples = [[[rng.uniform(-1, 1) for _ in range(n)] for n in (8, 3)] for _ in range(40)]
    columns = list(zip(*examples * 20))
    expected = [machine.run(w, example).backward() for example in examples]
    of_rows = machine.run_rows(w, columns).backward()
    wrong = []

    def work(shift: int) -> None:
        for k in range(len(examples)):
            at = (k + shift) % len(examples)
            if (
                machine.run(w, examples[at]).backward() != expected[at]
                or machine.run_rows(w, columns).backward() != of_rows
            ):
                wrong.append(at)

    threads = [threading.Thread(target=work, args=(10 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_control_c_ends_a_long_run_with_nothing_changed() -> None:
    program = mlp([64, 256, 64], table.tanh)
    machine = Machine(program, [[0.0] * 64, [0.0] * 64])
    w = tuple(Value(0.01) for _ in program.captured)
    columns = [np.full((40_000, 64), 0.1)] * 2  # for a good part of a second
    for _ in range(20):  # on a busy machine the interrupt may come before the run has begun, or after its end
        has_begun = has_ended = False
        timer = threading.Timer(0.05, signal.raise_signal, (signal.SIGINT,))
        with suppress(KeyboardInterrupt):
            timer.start()
            has_begun = True
            machine.value_and_grad_rows(w, columns)
            has_ended = True
            timer.join()
        if has_begun and not has_ended:
            break
        for v in w:
            v.grad = 0.0
    assert has_begun
    assert not has_ended
    assert not any(v.grad for v in w)
    assert machine.value_and_grad_rows(w, [column[:2] for column in columns]) == pytest.approx([64 * 0.0081], rel=2)


def test_nothing_is_kept() -> None:
    program = mlp([2, 8, 1], table.relu)
    machine = Machine(program, [[0.0, 0.0], 0.0])
    w = tuple(Value(0.1) for _ in program.captured)
    row = [[0.5, 0.5], 1.0]
    columns = [[row[0]] * 30, [1.0] * 30]

    def calls(n: int) -> None:
        for _ in range(n):
            machine.value_and_grad(w, row)
            machine.run(w, row).backward()
            machine.value_and_grad_rows(w, columns)
            machine.run_rows(w, columns, "none")
            with pytest.raises(ValueError, match="elements"):
                machine.run(w, [row])

    calls(20)
    gc.collect()
    references = [sys.getrefcount(x) for x in (w[0], row, columns, machine, program)]
    tracemalloc.start()
    calls(300)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 3000
    assert [sys.getrefcount(x) for x in (w[0], row, columns, machine, program)] == references


@pytest.mark.parametrize("op", [op for op in table.TABLE.values() if op.operands], ids=lambda op: op.name)
def test_every_operation_runs_in_lanes_as_it_does_by_itself(op) -> None:
    rng, rows = random.Random(1), []
    while len(rows) < 40:
        row = [rng.choice([rng.uniform(-1, 1), rng.uniform(-3, 3), rng.uniform(-30, 30)]) for _ in op.operands]
        with suppress(ValueError, ArithmeticError):
            if all(math.isfinite(x) for x in [op(*row), *op.partials(op(*row), *row)]):
                rows.append(row)
    scales = [Value(1.0) for _ in op.operands]
    step = autograd.compile(lambda *xs: op(*[scale * x for scale, x in zip(scales, xs)]))
    columns = list(map(list, zip(*rows)))
    expected = [op(*[scale * x for scale, x in zip(scales, row)]) for row in rows]
    found = step.map(*columns, reduction="none")
    for row, x, y in zip(rows, found, expected):
        assert x.data == pytest.approx(y.data, rel=1e-12), row
        slopes = []
        for result in (x, y):
            for scale in scales:
                scale.grad = 0.0
            result.backward()
            slopes.append([scale.grad for scale in scales])
        assert slopes[0] == pytest.approx(slopes[1], rel=1e-12), row
    for scale in scales:
        scale.grad = 0.0
    autograd.sum(expected).backward()
    sums = [scale.grad for scale in scales]
    for scale in scales:
        scale.grad = 0.0
    step.map.value_and_grad(*columns, reduction="sum")
    for scale, total in zip(scales, sums):
        assert scale.grad == pytest.approx(total, rel=1e-12, abs=1e-12 * max(1.0, *map(abs, sums)))


@pytest.mark.parametrize("n", [1, 2, 3, 8, 9, 27])
@pytest.mark.parametrize("middle", [0.0, -1e3, 1e6])
def test_a_logarithm_of_a_sum_of_exponentials_of_one_example(n, middle) -> None:
    """Beside true values of many digits, also where the numbers are far from 0, and where several are the largest."""
    rng = random.Random(n)
    for scale in (1e-3, 1.0, 30.0, 800.0):
        numbers = [middle + scale * rng.gauss(0, 1) for _ in range(n)]
        if scale == 30.0:
            numbers[-1] = numbers[0] = max(numbers)
        values = [Value(x) for x in numbers]
        result = autograd.compile(autograd.logsumexp).value_and_grad(values)
        with mpmath.workdps(60):
            exps = [mpmath.exp(mpmath.mpf(x) - max(numbers)) for x in numbers]
            true = max(numbers) + mpmath.log(sum(exps))
            assert abs(result - true) <= 2 * math.ulp(float(true))
            for x, e in zip(values, exps):
                assert abs(x.grad - e / sum(exps)) <= 4 * math.ulp(float(e / sum(exps)))


def test_infinite_logarithms_of_sums_of_exponentials_are_those_of_the_function() -> None:
    for numbers in ([-math.inf, 0.5, -math.inf], [-math.inf, -math.inf], [math.inf, 1.0], [math.nan, 1.0]):
        alone, compiled = ([Value(x) for x in numbers] for _ in range(2))
        result = autograd.logsumexp(alone)
        result.backward()
        found = autograd.compile(autograd.logsumexp).value_and_grad(compiled)
        assert found == result.data or (found != found and result.data != result.data)
        for x, y in zip(alone, compiled):
            assert x.grad == pytest.approx(y.grad, rel=1e-15, nan_ok=True)
