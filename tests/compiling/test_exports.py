"""Holds what a compiled function becomes elsewhere, in arrays, C and JavaScript, against the engine and the table."""

import ctypes
import json
import math
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

import autograd
from autograd import Value, custom_derivative, dot, exp, hessian, logsumexp, relu, softmax, stop_gradient, tanh
from autograd.compiling.compiler import Recording, compile
from autograd.compiling.exports.arrays import IN_ARRAYS, ArrayFunction, torch_library
from autograd.compiling.exports.c import to_c
from autograd.compiling.exports.javascript import to_js
from autograd.compiling.machine import TextbookMachine, TextbookReplay
from autograd.derivatives import TABLE
from autograd.transforms.containers import leaves, rebuilt
from nn import MLP, cross_entropy
from tests.compiling.instructions import random_program
from tests.helpers.operations import KINKS, POINTS, random_points

nan = math.nan

pytestmark = pytest.mark.once  # a program is data, whichever engine recorded it


@pytest.fixture(scope="module")
def jax() -> Iterator[Any]:
    jax = pytest.importorskip("jax", reason="JAX is not installed; it is not among the extras, for it is large")
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", False)


@pytest.fixture(scope="module")
def torch() -> Iterator[Any]:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(torch.float32)


@pytest.fixture(params=["jax", "torch"])
def there(request) -> Any:
    """A library: how to export to it, and its transformations by the same names."""
    found = request.getfixturevalue(request.param)
    if request.param == "jax":
        return SimpleNamespace(
            export=lambda step, *example: step.to_jax(*example),
            array=found.numpy.asarray,
            stack=found.numpy.stack,
            narrow=lambda x: x.astype("float32"),
            grad=found.grad,
            value_and_grad=found.value_and_grad,
            vmap=found.vmap,
            hessian=found.hessian,
            jit=found.jit,
        )
    return SimpleNamespace(
        export=lambda step, *example: step.to_torch(*example),
        array=found.tensor,
        stack=found.stack,
        narrow=lambda x: x.float(),
        grad=found.func.grad,
        value_and_grad=lambda f, argnums: lambda *args: found.func.grad_and_value(f, argnums)(*args)[::-1],
        vmap=lambda f, in_axes=0: found.func.vmap(f, in_axes),
        hessian=found.func.hessian,
        jit=lambda f: f,
    )


@pytest.fixture
def cc(tmp_path) -> Callable[..., Any]:
    """Compiles C, strictly; the answer runs its gradient function."""
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("there is no C compiler, cc")

    def build(text: str, name: str) -> Callable[..., Any]:
        (tmp_path / f"{name}.c").write_text(text)
        flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC"]
        target = tmp_path / f"{name}{len(list(tmp_path.iterdir()))}.so"  # a new one: what is loaded must stay
        subprocess.run([compiler, *flags, f"{name}.c", "-o", target, "-lm"], cwd=tmp_path, check=True)
        library = ctypes.CDLL(str(target))
        n = {size: int(number) for size, number in re.findall(rf"{name}_([A-Z]+) = (\d+)", text)}

        def run(parameters: list[float], inputs: list[float], seeds: list[float] | None = None) -> Any:
            def numbers(xs: list[float]) -> Any:
                return (ctypes.c_double * max(1, len(xs)))(*xs)

            assert (len(parameters), len(inputs)) == (n["PARAMETERS"], n["INPUTS"])
            outputs, of_parameters, of_inputs = (numbers([nan] * n[x]) for x in ("OUTPUTS", "PARAMETERS", "INPUTS"))
            code = getattr(library, f"{name}_gradient")(
                *(numbers(parameters), numbers(inputs), numbers(seeds) if seeds else None),
                *(outputs, of_parameters, of_inputs, numbers([nan] * 2 * n["SLOTS"])),
            )
            found = [list(x)[: n[size]] for x, size in ((outputs, "OUTPUTS"), (of_parameters, "PARAMETERS"))]
            return code, *found, list(of_inputs)[: n["INPUTS"]]

        return run

    return build


DRIVER = """\
import * as module from "./{name}.js";
import {{ createInterface }} from "node:readline";

for await (const line of createInterface({{ input: process.stdin }})) {{
    const [parameters, inputs, seeds] = JSON.parse(line).map((xs) => xs && xs.map(Number));
    const results = [module.OUTPUTS, module.PARAMETERS, module.INPUTS].map((n) => new Float64Array(n));
    const code = module.gradient(parameters, inputs, seeds, ...results);
    console.log(JSON.stringify([code, ...results.map((xs) => [...xs].map(String))]));
}}
"""


def in_javascript(xs: list[float] | None) -> list[str] | None:
    return xs and [repr(x).replace("inf", "Infinity") for x in xs]


def from_javascript(xs: list[str]) -> list[float]:
    return [float(x.replace("Infinity", "inf")) for x in xs]


@pytest.fixture
def js(tmp_path) -> Iterator[Callable[..., Any]]:
    """Loads a module into Node; the answer runs its gradient function."""
    node = shutil.which("node")
    if not node:
        pytest.skip("there is no Node, which runs JavaScript")
    running = []

    def build(text: str, name: str) -> Callable[..., Any]:
        (tmp_path / f"{name}.js").write_text(text, encoding="utf-8")
        (tmp_path / "package.json").write_text('{"type": "module"}')
        (tmp_path / f"{name}_driver.js").write_text(DRIVER.format(name=name))
        process = subprocess.Popen(
            [node, f"{name}_driver.js"], cwd=tmp_path, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        running.append(process)

        def run(parameters: list[float], inputs: list[float], seeds: list[float] | None = None) -> Any:
            given = [*map(in_javascript, (parameters, inputs, seeds))]
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(given) + "\n")
            process.stdin.flush()
            code, *found = json.loads(process.stdout.readline())
            return code, *map(from_javascript, found)

        return run

    yield build
    for process in running:
        process.communicate()


@pytest.fixture(params=["c", "js"])
def written(request) -> Callable[..., Any]:
    """Writes a recording as C or as JavaScript; the answer runs its gradient function."""
    write, build = {"c": (to_c, "cc"), "js": (to_js, "js")}[request.param]
    loaded = request.getfixturevalue(build)
    return lambda recording, name="f": loaded(write(recording, name), name)


def recorded(function: Any, *example: Any) -> Recording:
    return compile(function)._chosen(example)


# Every operation of the table, at every point, all in one function


def points() -> dict[tuple[str, int], list[tuple[float, ...]]]:
    """By operation and number of operands. (XLA takes numbers below 1e-307 for 0, and squares what it divides by.)"""
    found: dict[tuple[str, int], list[tuple[float, ...]]] = {}
    for name, xs in [
        *((name, xs) for name, points in POINTS.items() for xs in points.ordinary + points.edges),
        *((name, xs) for name, xs, _ in KINKS),
    ]:
        if 5e-324 not in xs and (name, xs) != ("/", (1e-300, 1e-300)):
            found.setdefault((name, len(xs)), []).append(xs)
    return found


CASES = points()
ROUNDS = [[list(own[r % len(own)]) for own in CASES.values()] for r in range(max(len(own) for own in CASES.values()))]


@compile
def every_operation(rows):
    return [TABLE[name](*row) for (name, _), row in zip(CASES, rows)]


def by_the_table(rows: list[list[float]]) -> tuple[list[float], list[list[float]]]:
    ops = [TABLE[name] for name, _ in CASES]
    values = [op.value(*row) for op, row in zip(ops, rows)]
    return values, [list(op.partials(out, *row)) for op, out, row in zip(ops, values, rows)]


def test_every_operation_of_the_table_is_tried() -> None:
    assert {name for name, _ in CASES} == set(TABLE)


def test_values_and_gradients_in_arrays_are_those_of_the_table(there) -> None:
    every_operation(ROUNDS[0])
    f = there.export(every_operation)

    def values_and_slopes(rows: Any) -> tuple[Any, Any]:
        return outputs(rows), there.grad(lambda rows: outputs(rows).sum())(rows)

    def outputs(rows: Any) -> Any:
        return there.stack(f(f.parameters, rows))

    columns = [there.array([rows[k] for rows in ROUNDS]) for k in range(len(CASES))]
    values, slopes = there.jit(there.vmap(values_and_slopes))(columns)
    for r, rows in enumerate(ROUNDS):
        expected, gradients = by_the_table(rows)
        for (name, _), row, own, true, slope, partials in zip(CASES, rows, values[r], expected, slopes, gradients):
            # where 1 - tanh² or exp(x) - exp(-x) cancels, the libraries keep the digits of 1 only
            assert float(own) == pytest.approx(true, rel=1e-12, abs=1e-15), (name, row)
            assert slope[r].tolist() == pytest.approx(partials, rel=1e-12, abs=1e-15, nan_ok=True), (name, row)


@pytest.mark.parametrize("name", ["relu", "elu", "gelu", "sigmoid", "softplus", "clip"])
def test_an_operation_that_no_library_knows_is_made_from_its_entry(there, monkeypatch, name) -> None:
    monkeypatch.delitem(IN_ARRAYS, TABLE[name])
    for xs in CASES[name, len(TABLE[name].operands)][:6]:
        step = compile(lambda row: TABLE[name](*row))
        step([*xs])
        f = there.export(step)
        value, slopes = there.value_and_grad(partial(f, f.parameters), 0)(there.array(xs))
        expected = TABLE[name].value(*xs)
        assert float(value) == pytest.approx(expected, rel=1e-12, abs=1e-15)
        assert slopes.tolist() == pytest.approx([*TABLE[name].partials(expected, *xs)], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(("name", "reason"), [("cbrt", "calls itself"), ("norm", "any number of operands")])
def test_an_entry_that_arrays_cannot_follow_is_named(there, monkeypatch, name, reason) -> None:
    monkeypatch.delitem(IN_ARRAYS, TABLE[name])
    step = compile(lambda row: TABLE[name](*row))
    step([2.0])
    f = there.export(step)
    with pytest.raises(TypeError, match=f"'{name}' .*{reason}.* arrays.py"):
        f(f.parameters, there.array([2.0]))


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # PyTorch itself, in hessian
@pytest.mark.parametrize(
    ("name", "xs", "exact"),
    [
        ("sinc", [0.3], lambda mp, x: mp.sincpi(x)),
        ("sinc", [2.5], lambda mp, x: mp.sincpi(x)),
        ("sech", [-1.5], lambda mp, x: mp.sech(x)),
        ("hypot", [3.0, -4.0], lambda mp, x, y: mp.sqrt(x * x + y * y)),
        ("xlogy", [0.5, 2.0], lambda mp, x, y: x * mp.log(y)),
    ],
)
def test_second_derivatives_of_what_is_made_from_its_entry(there, name, xs, exact) -> None:
    mpmath = pytest.importorskip("mpmath")
    step = compile(lambda row: TABLE[name](*row))
    step(xs)
    f = there.export(step)
    found = there.hessian(partial(f, f.parameters))(there.array(xs)).tolist()
    for i in range(len(xs)):
        for j in range(len(xs)):
            orders = tuple((k == i) + (k == j) for k in range(len(xs)))
            with mpmath.workdps(40):
                right = mpmath.diff(lambda *at: exact(mpmath, *at), tuple(map(mpmath.mpf, xs)), orders)
            assert found[i][j] == pytest.approx(float(right), rel=1e-11, abs=1e-13)


def test_values_and_gradients_in_text_are_those_of_the_table(written) -> None:
    agree(written(every_operation._chosen((ROUNDS[0],))))


def agree(run: Callable[..., Any]) -> None:
    for rows in ROUNDS:
        code, values, _, slopes = run([], [x for row in rows for x in row])
        expected, gradients = by_the_table(rows)
        true = [x for partials in gradients for x in partials]
        names = [name for name, n in CASES for _ in range(n)]
        assert code == (0 if all(map(math.isfinite, true)) else 2)
        for (name, _), row, found, value in zip(CASES, rows, values, expected):
            assert found == pytest.approx(value, rel=1e-13, abs=0), (name, row)
        for name, found, slope in zip(names, slopes, true):
            # the slope of gelu is 0 near -0.75, where terms of 0.2 cancel: their last digits are those of exp and erfc
            assert found == pytest.approx(slope, rel=1e-12, abs=4e-16 if name == "gelu" else 0, nan_ok=True), name


def test_random_numbers_in_javascript_have_the_digits_of_the_table(js) -> None:
    """JavaScript has functions of its own in the place of math.h."""
    names = [name for name, op in TABLE.items() if op.operands or name == "prod"]
    rows = [random_points(name, 40) for name in names]
    step = compile(lambda rows: [TABLE[name](*row) for name, row in zip(names, rows)])
    run = js(step.to_js([own[0] for own in rows]), "f")
    for given in zip(*rows):
        _, found, _, _ = run([], [x for row in given for x in row])
        for name, row, value in zip(names, given, found):
            try:
                true = TABLE[name].value(*row)
            except (ValueError, ArithmeticError):
                continue
            assert value == pytest.approx(true, rel=1e-12, abs=1e-300), (name, row)


@pytest.mark.slow
def test_values_and_gradients_in_a_browser_are_those_of_the_table(page) -> None:
    source = every_operation.to_js(ROUNDS[0])
    page.evaluate(
        "async (text) => { window.f = await import(`data:text/javascript,${encodeURIComponent(text)}`) }", source
    )

    def run(parameters: list[float], inputs: list[float]) -> Any:
        code, *found = page.evaluate(
            """(inputs) => {
                const results = [f.OUTPUTS, f.PARAMETERS, f.INPUTS].map((n) => new Float64Array(n));
                const code = f.gradient(f.parameters, inputs.map(Number), null, ...results);
                return [code, ...results.map((xs) => [...xs].map(String))];
            }""",
            in_javascript(inputs),
        )
        return code, *map(from_javascript, found)

    agree(run)


# Programs of many shapes


def parameters(n: int, seed: int = 0) -> list[Value]:
    chance = random.Random(seed)
    return [Value(chance.uniform(-1, 1)) for _ in range(n)]


def numbers(*shape: int, seed: int = 1) -> Any:
    chance = random.Random(seed)

    def build(shape: tuple[int, ...]) -> Any:
        return [build(shape[1:]) for _ in range(shape[0])] if shape else chance.uniform(-1, 1)

    return build(shape)


MODEL = MLP(3, [4, 4, 1], activation="relu", rng=random.Random(3))
DEEP = MLP(4, [5, 3], activation="tanh", rng=random.Random(4))
W = parameters(12)


def perceptron(xs, ys):
    scores = [MODEL(x) for x in xs]
    return autograd.mean([relu(1 - y * s) for s, y in zip(scores, ys)]) + 1e-4 * dot(MODEL.parameters(), W[:1] * 41)


def classifier(x, label):
    return cross_entropy(DEEP(x), label)


def convolution(x):
    """Windows overlap, the kernel is used backwards too, and its sum every second one."""
    out = [dot(W[:3], x[i : i + 3]) for i in range(len(x) - 2)]
    back = [dot(W[2::-1], x[i : i + 3]) for i in range(len(x) - 2)]
    return [tanh(a * b) for a, b in zip(out, back)] + [autograd.sum(x[::2]), autograd.sum(x[::-1][1::2])]


def attention(x):
    """Three tokens of two numbers; queries, keys and values are matrices."""
    q, k, v = ([[dot(w, t) for w in (W[i : i + 2], W[i + 2 : i + 4])] for t in x] for i in (0, 4, 8))
    out = []
    for query in q:
        attends = softmax([dot(query, key) / math.sqrt(2) for key in k])
        out.append([dot(attends, [value[d] for value in v]) for d in range(2)])
    return {"tokens": out, "norm": autograd.norm([x for row in out for x in row])}


def matrices(a, b):
    product = [[autograd.sum([a[i][k] * b[k][j] for k in range(3)]) for j in range(2)] for i in range(4)]
    return autograd.max([x for row in product for x in row]), autograd.prod(product[0]), product[1][1] ** 3


def repeated(x, y):
    """The same number in many places, stopped gradients, and results that are arguments, parameters and constants."""
    return (
        dot([x, x, x], [y, W[0], y]) + autograd.mean([x, x]) + autograd.max([y, y, x]) + autograd.logsumexp([x, x]),
        x * stop_gradient(x * y),
        W[3],
        x,
        exp(W[1]) + stop_gradient(W[1]) * W[1],
        Value(2.0),
    )


def chain(x):
    for w in W:
        x = tanh(x * w + 0.5) - x / 3
    return x


PROGRAMS = {
    "perceptron": (perceptron, [numbers(6, 3), numbers(6)]),
    "classifier": (classifier, [numbers(4), 2]),
    "convolution": (convolution, [numbers(7)]),
    "attention": (attention, [numbers(3, 2)]),
    "matrices": (matrices, [numbers(4, 3), numbers(3, 2)]),
    "repeated": (repeated, [0.7, -0.3]),
    "chain": (chain, [0.3]),
}
every_program = pytest.mark.parametrize(("function", "args"), PROGRAMS.values(), ids=PROGRAMS)


def eager(function, args, captured, seeds=None) -> tuple[list[float], list[float], list[float]]:
    """The outputs, and the gradients of their sum with respect to the captured Values and to the arguments."""
    inputs = [Value(x) if isinstance(x, float) else x for x in leaves(args)]
    outputs = [x for x in leaves(function(*rebuilt(args, inputs))) if isinstance(x, Value)]
    for v in captured:
        v.grad = 0.0
    dot(outputs, seeds or [1.0] * len(outputs)).backward()
    return [x.data for x in outputs], [v.grad for v in captured], [x.grad for x in inputs if isinstance(x, Value)]


@every_program
def test_a_program_in_arrays_agrees_with_the_engine(there, function, args) -> None:
    step = compile(function)
    f = there.export(step, *args)
    values = eager(function, args, f.captured)[0]
    floating = [k for k, arg in enumerate(args) if not isinstance(arg, int)]
    weights = there.array(numbers(len(values), seed=2))
    _, of_parameters, of_inputs = eager(function, args, f.captured, numbers(len(values), seed=2))

    def outputs(parameters: Any, *some: Any) -> Any:
        given = list(args)
        for k, arg in zip(floating, some):
            given[k] = arg
        return there.stack([x.reshape(()) for x in leaves(f(parameters, *given))])

    def total(*given: Any) -> Any:
        return (outputs(*given) * weights).sum()

    lists, arrays = [args[k] for k in floating], [there.array(args[k]) for k in floating]
    for given in (lists, arrays):
        assert there.jit(outputs)(f.parameters, *given).tolist() == pytest.approx(values, rel=1e-12, abs=1e-15)
    found = there.jit(there.grad(total, tuple(range(len(floating) + 1))))(f.parameters, *arrays)
    flat = [x for part in found for x in part.reshape(-1).tolist()]
    assert flat == pytest.approx(of_parameters + of_inputs, rel=1e-12, abs=1e-15)


@every_program
def test_a_program_in_text_agrees_with_the_engine(written, function, args) -> None:
    step = compile(function)
    step(*args)
    run = written(step._chosen(()), function.__name__)
    inputs, captured = [x for x in leaves(args) if isinstance(x, float)], step.captured
    n = len(step.program.outputs)
    for seeds in (None, numbers(n, seed=2)):
        code, *found = run([v.data for v in captured], inputs, seeds)
        assert code == 0
        for own, true in zip(found, eager(function, args, captured, seeds)):
            assert own == pytest.approx(true, rel=1e-12, abs=1e-15)


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # PyTorch itself, in hessian
def test_batches_second_derivatives_and_compilation_are_those_of_the_library(there) -> None:
    w = parameters(2)

    @compile
    def loss(x, y):
        return (tanh(dot(w, x)) - y) ** 2 + w[0] ** 3 * relu(w[1])

    xs, ys = numbers(5, 2), numbers(5)
    f = there.export(loss, xs[0], ys[0])

    def mean(parameters: Any) -> Any:
        return there.vmap(f, in_axes=(None, 0, 0))(parameters, there.array(xs), there.array(ys)).mean()

    def same(u, v):
        rows = [(tanh(u * x[0] + v * x[1]) - y) ** 2 + u**3 * relu(v) for x, y in zip(xs, ys)]
        return autograd.mean(rows)

    slopes = there.jit(there.grad(mean))(f.parameters)
    point = [v.data for v in w]
    assert slopes.tolist() == pytest.approx(autograd.grad(same, argnums=(0, 1))(*point), rel=1e-12)
    second = there.jit(there.hessian(mean))(f.parameters)
    expected = hessian(lambda p: same(*p))(point)
    assert second.tolist() == [pytest.approx(row, rel=1e-12) for row in expected]


def test_torch_itself_goes_back_through_it(torch) -> None:
    w = parameters(3)

    @compile
    def energy(x):
        return logsumexp([a * x for a in w])

    f = energy.to_torch(0.5)
    found = f.parameters.requires_grad_()
    f(found, 0.5).backward()
    energy(0.5).backward()
    assert found.grad.tolist() == pytest.approx([v.grad for v in w], rel=1e-14)


def test_torch_runs_it_on_other_devices(torch) -> None:
    f = compile(perceptron).to_torch(*PROGRAMS["perceptron"][1])
    found = f(f.parameters.to("meta"), *PROGRAMS["perceptron"][1])
    assert (found.device.type, tuple(found.shape)) == ("meta", ())


def test_the_type_of_floats_is_that_of_the_parameters(there) -> None:
    f = there.export(compile(chain), 0.3)
    single = there.narrow(f.parameters)
    assert "float64" in str(f(f.parameters, 0.3).dtype)
    assert "float32" in str(f(single, 0.3).dtype)
    assert float(f(single, 0.3)) == pytest.approx(chain(0.3).data, rel=1e-5)


def test_parameters_are_those_of_now_and_can_be_written_back(there) -> None:
    w = parameters(2)
    f = there.export(compile(lambda x: x * w[0] + w[1]), 3.0)
    assert [*map(float, f.parameters)] == [v.data for v in w]
    w[0].data = 5.0
    assert float(f(f.parameters, 2.0)) == pytest.approx(10 + w[1].data, rel=1e-15)
    f.write_back(f.parameters * 2)
    assert w[0].data == 10.0
    with pytest.raises(ValueError, match="uses 2 parameters, got 1"):
        f.write_back([1.0])


def close(found: list[float], expected: list[float], largest: float) -> bool:
    """A sum whose terms cancel has the digits of the largest number only."""
    return all(abs(x - y) <= 1e-11 * max(largest, *map(abs, expected)) for x, y in zip(found, expected, strict=True))


def test_any_program_does_what_the_textbook_machine_does(torch, cc, js) -> None:
    """Strides of all kinds, rows that overlap, results that are read together."""
    tried = 0
    for seed in range(45):
        chance = random.Random(seed)
        program = random_program(chance)
        program.active[:] = b"\1" * program.n_slots
        captured, inputs = ([chance.uniform(-2, 2) for _ in slots] for slots in (program.captured, program.inputs))
        slots, defined = TextbookMachine(program).filled(captured, inputs)
        try:
            replay = TextbookReplay(program, slots, defined)
            expected = replay.backward([1.0] * len(program.outputs)) if replay.finite else None
        except ArithmeticError:  # a pole of a derivative
            continue
        if expected is None:
            continue
        tried += 1
        largest = max(1.0, *map(abs, slots))
        places = [Value(x) for x in inputs]
        outputs = [Value(0.0) for _ in program.outputs]
        recording = Recording(program, None, tuple(map(Value, captured)), (places,), outputs, {})
        f = ArrayFunction(torch_library(), "program", [recording], None)
        x, y = f.parameters.requires_grad_(), torch.tensor(inputs, requires_grad=True)
        out = torch.stack(f(x, y))
        if out.requires_grad:  # not everything is held
            out.sum().backward()
        zeros = torch.zeros_like
        slopes = [(each.grad if each.grad is not None else zeros(each)).tolist() for each in (x, y)]
        for found, true in zip((out.tolist(), *slopes), (replay.outputs(), *expected)):
            assert close(found, true, largest), (seed, found, true)
        if seed % 6 == 0:
            for run in cc(to_c(recording, "program"), "program"), js(to_js(recording, f"p{seed}"), f"p{seed}"):
                code, *found = run(captured, inputs)
                assert code == 0
                for own, true in zip(found, (replay.outputs(), *expected)):
                    assert close(own, true, largest), (seed, own, true)
    assert tried > 15


# Comparisons


def branches(x, y):
    scaled = [2 * a if a > y else a - y for a in x]
    return autograd.sum(scaled) * W[0] if scaled[0] <= 3 else scaled[1]


def test_where_a_comparison_comes_out_otherwise_the_array_is_nan(there) -> None:
    f = there.export(compile(branches), [1.0, -1.0], 0.0)
    p = f.parameters
    assert float(f(p, [0.5, -2.0], 0.25)) == pytest.approx((1 - 2.25) * W[0].data)
    assert bool(f.holds(p, [0.5, -2.0], 0.25))
    for x in ([-1.0, 1.0], [1.0, 1.0], [2.0, -1.0]):
        assert math.isnan(f(p, x, 0.0))
        assert not bool(f.holds(p, x, 0.0))
        assert all(map(math.isnan, there.grad(lambda p, x=x: f(p, x, 0.0))(p).tolist()))
    rows = there.array([[0.5, -2.0], [-1.0, 1.0]])
    assert there.vmap(partial(f.holds, p), in_axes=(0, None))(rows, 0.0).tolist() == [True, False]


def test_where_a_comparison_comes_out_otherwise_the_text_says_so(written) -> None:
    run = written(recorded(branches, [1.0, -1.0], 0.0))
    assert [run([W[0].data], [*x, 0.0])[0] for x in ([0.5, -2.0], [-1.0, 1.0], [1.0, 1.0], [2.0, -1.0])] == [0, 1, 1, 1]


def test_the_text_says_where_a_number_is_not_finite(written) -> None:
    run = written(recorded(lambda x: autograd.log(x) + autograd.sqrt(x), 1.0))
    assert [run([], [x])[0] for x in (1.0, 0.0, -1.0, math.inf)] == [0, 2, 2, 2]


# The file


def test_the_program_in_the_comment_of_the_file_runs(cc, tmp_path) -> None:
    step = compile(classifier)
    x = [0.5] * 4
    text = step.to_c(x, 1)
    cc(text, "classifier")
    example = text.split("       #include <stdio.h>")[1].split("\n   Every number")[0].replace(", ...", ", 0.5")
    (tmp_path / "main.c").write_text("#include <stdio.h>" + example)
    subprocess.run(
        ["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "main.c", "-lm", "-o", "main"], cwd=tmp_path, check=True
    )
    printed = subprocess.run(["./main"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert float(printed) == pytest.approx(step(x, 1).data, rel=1e-5)


def test_the_program_in_the_comment_of_the_module_runs(js, tmp_path) -> None:
    step = compile(classifier)
    x = [0.5] * 4
    text = step.to_js(x, 1)
    js(text, "classifier")
    example = text.split("For example:\n")[1].split("\n   Every number")[0].replace(", ...", ", 0.5")
    (tmp_path / "main.js").write_text(example)
    printed = subprocess.run(["node", "main.js"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert float(printed) == pytest.approx(step(x, 1).data, rel=1e-12)


def test_a_large_program_is_a_small_file() -> None:
    def network(xs):
        return autograd.mean([MODEL(x) ** 2 for x in xs])

    step = compile(network)
    files = [step.to_c(numbers(n, 3)) for n in (10, 1000)]
    assert step.statistics["nodes"] > 20_000
    assert len(files[1].splitlines()) <= len(files[0].splitlines()) + 5
    assert files[1].isascii()


@pytest.mark.parametrize("name", ["9lives", "a b", "double", "x*/", "ß"])
def test_a_name_that_c_does_not_take_is_refused(name) -> None:
    with pytest.raises(ValueError, match="must be a name in C"):
        compile(chain).to_c(0.3, name=name)


# Mistakes


def test_an_operation_of_ones_own_is_named(there) -> None:
    @custom_derivative(lambda out, x: 3 * x**2)
    def cube(x):
        return x**3

    step = compile(lambda x: cube(x) + 1)
    step(2.0)
    with pytest.raises(TypeError, match="'cube' is an operation of your own"):
        there.export(step)
    with pytest.raises(TypeError, match="cannot be written for C: 'cube'"):
        step.to_c()
    with pytest.raises(TypeError, match="cannot be written for JavaScript: 'cube'"):
        step.to_js()


def test_a_function_without_results_is_refused(there) -> None:
    step = compile(lambda x: 3.0)
    for export in (partial(there.export, step), step.to_c, step.to_js):
        with pytest.raises(TypeError, match="returns no Value"):
            export(1.0)


def test_what_was_not_recorded_is_said(there) -> None:
    step = compile(chain)
    for export in (partial(there.export, step), step.to_c, lambda: step.program, lambda: step.statistics):
        with pytest.raises(RuntimeError, match="chain was not recorded yet"):
            export()


def test_arguments_that_were_not_recorded_are_refused(there) -> None:
    f = there.export(compile(classifier), numbers(4), 2)
    p = f.parameters
    with pytest.raises(ValueError, match=r"argument 1 is 2 in the recording.*got 1"):
        f(p, numbers(4), 1)
    with pytest.raises(ValueError, match="argument 0 was recorded as a list of 4, got a list of 3"):
        f(p, numbers(3), 2)
    with pytest.raises(ValueError, match=r"argument 0 was recorded as an array of shape \(4,\), got .* shape \(2, 2\)"):
        f(p, there.array(numbers(2, 2)), 2)
    with pytest.raises(TypeError, match="recorded with 2 arguments, got 1"):
        f(p, numbers(4))
    with pytest.raises(ValueError, match=r"an array of \d+ numbers, got an array of shape \(3,\)"):
        f(p[:3], numbers(4), 2)
    with pytest.raises(TypeError, match=r"argument 0\[0\] must be a real number.*\.data"):
        f(p, [Value(1.0), 2.0, 3.0, 4.0], 2)


def test_the_example_chooses_the_recording(there) -> None:
    step = compile(lambda x: autograd.sum(x) * 2 if x[0] > 0 else autograd.sum(x) * 3)
    for x in ([1.0, 2.0], [-1.0, 2.0], [1.0, 2.0, 3.0]):
        step(x)
    recordings = step.statistics["recordings"]
    for x, factor in (([4.0, 2.0], 2), ([-4.0, 2.0], 3), ([4.0, 2.0, 1.0], 2)):
        f = there.export(step, x)
        assert float(f(f.parameters, x)) == factor * sum(x)
    assert step.statistics["recordings"] == recordings
    last = there.export(step)
    assert float(last(last.parameters, [1.0, 1.0, 1.0])) == 6


@pytest.mark.parametrize("library", ["jax", "torch"])
def test_a_library_that_is_missing_is_an_error_in_words(monkeypatch, library) -> None:
    step = compile(lambda x: 2.0 * x)
    step(1.0)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=f"to_{library} needs {library}, .*: python -m pip install {library}"):
        getattr(step, f"to_{library}")()


@pytest.mark.parametrize("name", ["softplus", "sech", "sigmoid", "tanh", "silu", "gelu", "bell", "erf"])
def test_second_derivatives_in_torch_are_finite_far_out(name) -> None:
    torch = pytest.importorskip("torch")
    mpmath = pytest.importorskip("mpmath")
    exact = {
        "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
        "sech": mpmath.sech,
        "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
        "tanh": mpmath.tanh,
        "silu": lambda x: x / (1 + mpmath.exp(-x)),
        "gelu": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
        "bell": lambda x: mpmath.exp(-x * x / 2),
        "erf": mpmath.erf,
    }[name]
    op = TABLE[name]
    with mpmath.workdps(40):
        for dtype, rounding in ((torch.float64, 1e-12), (torch.float32, 1e-5)):
            for x in (-400.0, -90.0, -45.0, -19.0, -3.0, 0.0, 0.5, 19.0, 21.0, 45.0, 90.0, 400.0):
                t = torch.tensor(x, dtype=dtype, requires_grad=True)
                value = compile(lambda v: op(v)).to_torch(x)(torch.zeros(0, dtype=dtype), t)
                (first,) = torch.autograd.grad(value, t, create_graph=True)
                (second,) = torch.autograd.grad(first, t)
                for order, found in enumerate((value, first, second)):
                    right = float(mpmath.diff(exact, mpmath.mpf(x), order))
                    assert float(found.detach()) == pytest.approx(right, rel=rounding, abs=rounding)
