"""Forty graphs, networks and curves of all kinds: what the contact sheet shows, and what is measured in a browser."""

import random
from collections.abc import Callable, Iterator
from math import exp, inf, nan, sin
from types import SimpleNamespace
from typing import Any

import autograd
from autograd import Value, draw
from autograd.pictures.charts import chart
from nn import MLP


def _backward(result: Value) -> Value:
    result.backward()
    return result


def _simple() -> Any:
    a, b, c = Value(2.0), Value(-3.0), Value(6.5)
    loss = (a * b + c).tanh()
    return a, b, c, _backward(loss)


def graphs() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Graphs by name: functions that return a Drawing."""

    def named(make: Callable[..., Any], **options: Any) -> Callable[[], Any]:
        return lambda: make(**options)

    def simple(**options: Any) -> Any:
        a, b, c, loss = _simple()  # noqa: RUF059 (the names in the picture)
        return draw(loss, **options)

    def before() -> Any:
        a, b, c = Value(2.0), Value(-3.0), Value(6.5)
        loss = (a * b + c).tanh()
        return draw(loss)

    def operands(**options: Any) -> Any:
        x, y = Value(1.25), Value(-0.5)
        f = _backward((x - 2 * y) / (x**2 + 1) + autograd.dot([x, y], [y, 3.0]))
        return draw(f, **options)

    def shared() -> Any:
        a = Value(3.0)
        square = a * a
        return draw(_backward(square + a))

    def unnamed() -> Any:
        return draw(_backward((Value(1.0) + Value(2.0)) * (Value(3.0) - Value(4.0))))

    def long_names() -> Any:
        rate = Value(0.5, label="the learning rate of the second experiment")
        step = Value(-1.25e-7, label="∂loss/∂w of a <very> | odd {label}")
        return draw(_backward(rate * step))

    def extreme() -> Any:
        tiny, huge = Value(1e-300), Value(1.7e308)
        return draw(_backward(tiny * huge))

    def not_finite() -> Any:
        a, b = Value(inf), Value(2.0)
        return draw(_backward((a - a) * b))

    def chain() -> Any:
        h = Value(0.3, label="x")
        for _ in range(14):
            h = h.sin()
        return draw(_backward(h))

    def wide() -> Any:
        xs = [Value(0.1 * i, label=f"x{i}") for i in range(12)]
        total = autograd.sum(xs)
        return draw(_backward(total))

    def softmax() -> Any:
        scores = [Value(1.0), Value(2.0), Value(0.5)]
        loss = -autograd.log_softmax(scores)[1]
        return draw(_backward(loss))

    def recurrent() -> Any:
        w, u, h = Value(0.5), Value(0.3), Value(0.0)
        for i in range(12):
            h = (w * h + u * float(i)).tanh()
        return draw(_backward(h))

    def example(**options: Any) -> Any:
        x, y = Value(1.25), Value(-0.5)
        model, target = MLP(2, [4, 1], activation="tanh", rng=random.Random(1)), 0.5
        error = _backward((model([x, y]) - target) ** 2)
        return draw(error, **options)

    def moons(**options: Any) -> Any:
        model = MLP(2, [16, 16, 1], rng=random.Random(1))
        loss = _backward(autograd.mean([(model([i / 50 - 1, 1 - i / 50]) - 0.5).relu() for i in range(100)]))
        return draw(loss, **options)

    def nameless_moons() -> Any:
        def loss() -> Value:
            model = MLP(2, [16, 16, 1], rng=random.Random(1))
            return autograd.mean([(model([i / 50 - 1, 1 - i / 50]) - 0.5).relu() for i in range(100)])

        return draw(_backward(loss()))

    def diamond() -> Any:
        x = Value(0.7)
        up, down = x.exp(), x.log()
        left, right = up * down, up - down
        return draw(_backward(left / right))

    yield "graph", simple
    yield "before-backward", before
    yield "downwards", named(simple, direction="TB", local_gradients=True)
    yield "local-gradients", named(simple, local_gradients=True)
    yield "operands", named(operands, local_gradients=True)
    yield "ordinals", operands
    yield "spelled-out", named(operands, spelled_out=True, folded=False)
    yield "shared", shared
    yield "unnamed", unnamed
    yield "long-names", long_names
    yield "extreme", extreme
    yield "not-finite", not_finite
    yield "chain", chain
    yield "wide", wide
    yield "softmax", softmax
    yield "diamond", diamond
    yield "recurrent", recurrent
    yield "example", example
    yield "example-depth", named(example, depth=3)
    yield "summary", moons
    yield "last-part", nameless_moons


def networks() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Networks by name: functions that return a Drawing."""

    def model(*sizes: int, activation: str = "tanh") -> Any:
        network = MLP(sizes[0], list(sizes[1:]), activation=activation, rng=random.Random(1))
        outputs = network([0.3 * (-1) ** i * (i + 1) for i in range(sizes[0])])
        (autograd.sum(outputs) if isinstance(outputs, list) else outputs).backward()
        return network

    yield "network-neuron", lambda: draw(model(2, 1))
    yield "network-small", lambda: draw(model(2, 4, 1))
    yield "network-input", lambda: draw(model(2, 4, 1), x=[1.0, -2.0])
    yield "network-gradients", lambda: draw(model(2, 4, 1), by="grad")
    yield "network-square", lambda: draw(model(3, 3, 3))
    yield "network-deep", lambda: draw(model(2, 3, 3, 3, 1), x=[0.5, 0.25])
    yield "network-wide", lambda: draw(model(12, 16, 3))
    yield "network-downwards", lambda: draw(model(2, 16, 16, 1, activation="relu"), direction="TB")
    yield "network-moons", lambda: draw(model(2, 16, 16, 1, activation="relu"), x=[0.5, -0.5])


def curves() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Curves by name: functions that return an SVG."""
    rng = random.Random(1)
    noisy = [exp(-i / 300) + 0.1 * rng.random() for i in range(2000)]
    contents: dict[str, dict[str, list[float]]] = {
        "curve": {"loss": [3.0, 2.0, 1.5, 1.25, 1.1]},
        "curves": {"training": noisy, "validation": [y + 0.2 for y in noisy]},
        "curve-flat": {"accuracy": [0.5] * 20},
        "curve-high-at-the-end": {"accuracy": [1 - exp(-i / 20) for i in range(100)]},
        "curve-large": {"steps": [i**2 * 50.0 for i in range(60)]},
        "curve-tiny": {"gradient": [1e-9 * sin(i / 5) for i in range(80)]},
        "curve-gaps": {"loss": [1.0, 0.8, nan, 0.7, inf, 0.6, 0.5]},
        "curve-one": {"loss": [0.5]},
        "curve-many": {f"a curve with a long name, {k}": [sin(i / 9 + k) for i in range(70)] for k in range(8)},
        "curve-long": {"loss": [50_000 * exp(-i / 9000) for i in range(25_000)]},
    }
    for name, content in contents.items():
        yield name, lambda content=content: SimpleNamespace(svg=chart(content))


def pictures() -> dict[str, Callable[[], Any]]:
    """All of them, by name."""
    return dict([*graphs(), *networks(), *curves()])
