"""What is measured: for each row of the table a function from an engine to a function that measures one round."""

import gc
import math
import random
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks import beside_casadi, gpt
from tests.benchmarks.engines import SpelledOut

SECONDS_A_ROUND = 0.1  # long enough for the collector to take its part of the time, as in a training loop
STEPS_A_ROUND = 5  # at least, also of slow ones: what one step leaves to the collector, it takes from the next

Round = Callable[[], float]


class NotMeasured(Exception):
    """Why an engine has no figure in a row."""


def timed(program: Callable[[], object], units: float) -> Round:
    """A round: the seconds that one unit of the program takes, repeated as long as a round lasts."""
    program()
    start = time.perf_counter()
    program()
    repeats = max(STEPS_A_ROUND, round(SECONDS_A_ROUND / (time.perf_counter() - start)))

    def one_round() -> float:
        gc.collect()
        start = time.perf_counter()
        for _ in range(repeats):
            program()
        return (time.perf_counter() - start) / (repeats * units)

    return one_round


def number(engine: Any, name: str, x: float) -> Any:
    """A number of the engine, a scalar tensor in PyTorch."""
    if name == "PyTorch":
        return engine.tensor(x, dtype=engine.float64, requires_grad=True)
    return engine(x) if name == "floats" else engine.value(x)


def operation(engine: Any, name: str) -> Round:
    """One multiplication of two numbers."""
    x, y = number(engine, name, 1.5), number(engine, name, 2.5)

    def program() -> None:
        for _ in range(100):
            x * y; x * y; x * y; x * y; x * y; x * y; x * y; x * y; x * y; x * y  # noqa: E702 # fmt: skip

    return timed(program, 1000)


LENGTH = 500  # of the expression, in links of 6 nodes


def expression(engine: Any, name: str, length: int = LENGTH) -> Any:
    """A long expression over three numbers: sums, products, a difference and a relu in every link."""
    a, b, x = (number(engine, name, v) for v in (1.0, 0.5, 0.25))
    relu = (lambda v: max(v, 0.0)) if name == "floats" else lambda v: v.relu()
    for _ in range(length):
        x = relu(x * b + a) * b + (a - x) * b
    return x


def building(engine: Any, name: str) -> Round:
    """Building the expression, per node."""
    return timed(lambda: expression(engine, name), 7 * LENGTH)


def backward(engine: Any, name: str) -> Round:
    """Differentiating it, per node."""
    if name == "floats":
        raise NotMeasured("floats have no gradients")
    x = expression(engine, name)
    keep = {"retain_graph": True} if name == "PyTorch" else {}
    return timed(lambda: x.backward(**keep), 7 * LENGTH)


def dot(n: int) -> Callable[[Any, str], Round]:
    """The scalar product of n weights and n inputs, and its gradient."""

    def measurement(engine: Any, name: str) -> Round:
        xs, ys = [[math.sin(i + j) for i in range(n)] for j in (1, 2)]
        if name == "floats":
            return timed(lambda: sum(x * y for x, y in zip(xs, ys)), 1)
        if name == "PyTorch":
            a, b = (engine.tensor(v, dtype=engine.float64, requires_grad=True) for v in (xs, ys))
            return timed(lambda: engine.dot(a, b).backward(), 1)
        a, b = ([engine.value(x) for x in v] for v in (xs, ys))
        return timed(lambda: engine.dot(a, b).backward(), 1)

    return measurement


def moons(engine: Any, name: str) -> Round:
    """A training step of a 2-16-16-1 network with relu on the max-margin loss of 100 points."""
    rng = random.Random(1)
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(100)]
    labels = [1.0 if x * y > 0 else -1.0 for x, y in points]
    layers = [
        ([[rng.uniform(-1, 1) for _ in range(n_in)] for _ in range(n_out)], [0.0] * n_out)
        for n_in, n_out in ((2, 16), (16, 16), (16, 1))
    ]
    if name == "floats":
        raise NotMeasured("floats have no gradients")
    if name == "PyTorch":
        return torch_moons(engine, points, labels, layers)
    made = [([[engine.value(x) for x in row] for row in w], [engine.value(x) for x in b]) for w, b in layers]
    parameters = [p for w, b in made for p in [p for row in w for p in row] + b]

    value, relu, linear, hidden, last = engine.value, engine.relu, engine.linear, engine.hidden, made[-1]

    def program() -> None:
        losses = []
        for point, label in zip(points, labels):
            x = [value(v) for v in point]
            for w, b in made[:-1]:
                x = hidden(w, x, b)
            (score,) = linear(last[0], x, last[1])
            losses.append(relu(1 - label * score))
        loss = engine.mean(losses)
        engine.clear(parameters)
        loss.backward()
        engine.descend(parameters, 0.01)

    return timed(program, 1)


def moons_by_nn(engine: Any, name: str) -> Round:
    """What the same step costs as one writes it with nn, as a multiple of that by bare calls."""
    if name not in ("textbook", "native"):
        raise NotMeasured("this project's own ratios")
    nn, rng = engine.nn, random.Random(1)
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(100)]
    labels = [1.0 if x * y > 0 else -1.0 for x, y in points]
    model = nn.MLP(2, [16, 16, 1], rng=rng)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.01)

    def program() -> None:
        loss = nn.hinge_loss([model(point) for point in points], labels)
        model.zero_grad()
        loss.backward()
        optimizer.step()

    by_nn, bare = timed(program, 1), moons(engine, name)
    return lambda: by_nn() / bare()


def torch_moons(torch: Any, points: Any, labels: Any, layers: Any) -> Round:
    """The same step on all points at once."""
    x, y = torch.tensor(points, dtype=torch.float64), torch.tensor(labels, dtype=torch.float64)
    made = [
        (
            torch.tensor(w, dtype=torch.float64, requires_grad=True),
            torch.tensor(b, dtype=torch.float64, requires_grad=True),
        )
        for w, b in layers
    ]
    optimizer = torch.optim.SGD([p for pair in made for p in pair], lr=0.01)

    def program() -> None:
        h = x
        for w, b in made[:-1]:
            h = torch.relu(torch.addmm(b, h, w.T))
        score = torch.addmm(made[-1][1], h, made[-1][0].T)[:, 0]
        loss = torch.relu(1 - y * score).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return timed(program, 1)


def gpt_step(engine: Any, name: str) -> Round:
    """A training step of the character GPT, on names in turn."""
    if name in ("floats", "micrograd"):
        raise NotMeasured(f"{name} has no gradients of exp and log")
    return timed(gpt.torch_step(engine) if name == "PyTorch" else gpt.scalar_step(engine), 1)


def gpt_by_operators(engine: Any, name: str) -> Round:
    """The same with dot, softmax and the rest spelled out in + and *, as programs with an engine of their own do."""
    if name not in ("plain Python", "textbook", "native"):
        raise NotMeasured("of engines with exp and log that know + and *")
    return timed(gpt.scalar_step(SpelledOut(engine.value)), 1)


def memory(engine: Any, name: str) -> Round:
    """The bytes of a node: what the process has grown by for a chain of 300,000."""
    if name == "floats":
        raise NotMeasured("a float is no node")
    if not sys.platform.startswith("linux"):
        raise NotMeasured("the size of the process is read on Linux only")
    n = 30_000 if name == "PyTorch" else 300_000

    def resident() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    def one_round() -> float:
        one, x = number(engine, name, 1.0), number(engine, name, 0.0)
        before = resident()
        for _ in range(n):
            x = x + one
        grown = resident() - before
        while getattr(x, "_prev", None) or (name == "plain Python" and x.parents):  # from the end: they would recurse
            x = next(iter(x._prev - {one})) if hasattr(x, "_prev") else x.parents[0]
        return grown / n

    return one_round


def depth(engine: Any, name: str) -> Round:
    """A chain of a million nodes, built, differentiated and freed: how much more a node costs than in one of 10,000."""
    if name not in ("textbook", "native"):
        raise NotMeasured("recursion, or minutes")

    def cost(n: int, repeats: int) -> float:
        best = math.inf
        for _ in range(repeats):
            start = time.perf_counter()
            one, x = number(engine, name, 1.0), number(engine, name, 0.0)
            for _ in range(n):
                x = x + one
            x.backward()
            del x
            best = min(best, time.perf_counter() - start)
        return best / n

    return lambda: cost(1_000_000, 1) / cost(10_000, 20)


def growth(engine: Any, name: str) -> Round:
    """A chain of ten million operations, built, differentiated and freed: how much more one costs than of 10,000."""
    if name != "native":
        raise NotMeasured("minutes, or too much memory")
    from tests.benchmarks import scale

    def one_round() -> float:
        few, many = (sum(scale.measured(n)[:3]) / n for n in (10_000, 10_000_000))
        return many / few

    return one_round


def derivatives(which: str) -> Callable[[Any, str], Round]:
    """What a derivative of a network of 100 inputs and 400 tanh costs, as a multiple of the one before."""

    def measurement(engine: Any, name: str) -> Round:
        if name not in ("textbook", "native"):
            raise NotMeasured("this project's own ratios")
        a = engine.autograd
        xs, vs = [math.sin(i) for i in range(100)], [math.cos(i) for i in range(100)]

        def f(h: list[Any]) -> Any:
            for _ in range(4):
                h = [a.tanh(0.5 * u + 0.3 * v) for u, v in zip(h, h[1:] + h[:1])]
            return a.sum(h)

        gradient, second = a.grad(f), a.hessian(f)
        programs = {
            "grad : function": (lambda: gradient(xs), lambda: f([engine.value(x) for x in xs])),
            "hvp : grad": (lambda: a.hvp(f, xs, vs), lambda: gradient(xs)),
            "Hessian : hvp": (lambda: second(xs), lambda: a.hvp(f, xs, vs)),
        }
        numerator, denominator = (timed(program, 1) for program in programs[which])
        return lambda: numerator() / denominator()

    return measurement


def by_program(engine: Any, name: str) -> Round:
    """Rows of programs.py, which has a step for each engine that can do it."""
    raise NotMeasured("measured by programs.py")


def not_measured() -> float:
    """A round of an engine that does not do what the row asks for."""
    raise NotMeasured("not written for this engine")


# name of the row: (measurement, unit, how many of the unit there are in what is measured)
ROWS: dict[str, tuple[Callable[[Any, str], Round], str, float]] = {
    "one operation": (operation, "ns", 1e9),
    "building, per node": (building, "ns", 1e9),
    "backward, per node": (backward, "ns", 1e9),
    "dot of 16 and back": (dot(16), "µs", 1e6),
    "dot of 256 and back": (dot(256), "µs", 1e6),
    "moons step": (moons, "ms", 1e3),
    "moons by nn : bare": (moons_by_nn, "×", 1),
    "GPT step": (gpt_step, "ms", 1e3),
    "GPT step by operators": (gpt_by_operators, "ms", 1e3),
    "GPT step with Adam": (by_program, "ms", 1e3),
    "digits step, batch of 32": (by_program, "ms", 1e3),
    "784-100-10, batch of 64": (by_program, "ms", 1e3),
    "784-1260-10, batch of 64": (by_program, "ms", 1e3),
    "one example and back": (by_program, "ms", 1e3),
    "product of 512 × 512": (by_program, "ms", 1e3),
    "two threads : one": (by_program, "×", 1),
    "call, one product : eager": (by_program, "×", 1),
    "call, in a list : eager": (by_program, "×", 1),
    "call, one point : eager": (by_program, "×", 1),
    "zero_grad() : moons step": (by_program, "×", 1),
    "labels int64 : float": (by_program, "×", 1),
    "plain loop : fused": (by_program, "×", 1),
    "nn.fit : fused": (by_program, "×", 1),
    **dict.fromkeys(beside_casadi.ROUNDS, (by_program, "×", 1)),
    "compile 100,000 in layers": (by_program, "ms", 1e3),
    "compile 100,000 in a chain": (by_program, "ms", 1e3),
    "grad : function": (derivatives("grad : function"), "×", 1),
    "hvp : grad": (derivatives("hvp : grad"), "×", 1),
    "Hessian of 100 : hvp": (derivatives("Hessian : hvp"), "×", 1),
    "memory of a node": (memory, "B", 1),
    "depth 1,000,000 : 10,000": (depth, "×", 1),
    "growth 10^7 : 10^4": (growth, "×", 1),
}

# Rows that are measured in a new process every time: memory that was used before would be used again
FRESH = {"memory of a node", "growth 10^7 : 10^4"}
