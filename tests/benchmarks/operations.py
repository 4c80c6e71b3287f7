"""Every operation of the engine in use, forward and backward, in units of tanh.

Each is called by its public name or operator, on Values and with a plain number on either side.
"""

import inspect
import operator
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import autograd
import nn
from autograd import Value, functions

MANY = 16  # operands where any number of them is taken
GOAL = 3.0  # times tanh: what an operation may take, and one of many operands for each of them
OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "%": operator.mod,
    "//": operator.floordiv,
}
# of losses and of what answers a list, one Value
COMPOSED: dict[str, Callable[[Any], Any]] = {
    "softmax": lambda xs: autograd.softmax(xs)[0],
    "log_softmax": lambda xs: autograd.log_softmax(xs)[0],
    "cross_entropy": lambda xs: nn.cross_entropy([xs], [1]),
    "hinge_loss": lambda xs: nn.hinge_loss(xs, [1.0, -1.0] * (MANY // 2)),
    "mse_loss": lambda xs: nn.mse_loss(xs, [1.0, -1.0] * (MANY // 2)),
}
OF_MANY = ("max", "min", "sum", "mean", "prod", "norm", "logsumexp")


def programs() -> Iterator[tuple[str, Callable[[], Any], int]]:
    """The name of every operation, a function that applies it, and its number of operands."""
    x, y, above = Value(0.3), Value(0.7), Value(1.3)
    for name in [*functions.__all__, "abs", "round"]:
        f = getattr(autograd, name)
        parameters = inspect.signature(f).parameters
        names = [p for p in parameters if parameters[p].default is inspect.Parameter.empty]
        if names == ["x"]:
            operand = above if name == "acosh" else x
            yield f"{name}(x)", lambda f=f, operand=operand: f(operand), 1
            if len(parameters) == 2 and name != "round":
                yield f"{name}(x, y)", lambda f=f: f(x, y), 2
        elif sorted(names) == ["x", "y"]:
            yield f"{name}(x, y)", lambda f=f: f(x, y), 2
            yield f"{name}(x, 0.7)", lambda f=f: f(x, 0.7), 1
            yield f"{name}(0.3, y)", lambda f=f: f(0.3, y), 1
    yield "clip(x, 0.0, 1.0)", lambda: autograd.clip(x, 0.0, 1.0), 1
    yield "where(x > 0, x, y)", lambda: autograd.where(x > 0, x, y), 2
    yield "-x", lambda: -x, 1
    for sign, f in OPERATORS.items():
        yield f"x {sign} y", lambda f=f: f(x, y), 2
        yield f"x {sign} 0.7", lambda f=f: f(x, 0.7), 1
        yield f"0.3 {sign} y", lambda f=f: f(0.3, y), 1
        yield f"x {sign} 2", lambda f=f: f(x, 2), 1
    rng = random.Random(0)
    xs, ys = ([Value(rng.uniform(0.5, 1.5)) for _ in range(MANY)] for _ in range(2))
    yield "max(x, y)", lambda: autograd.max(x, y), 2
    yield "min(x, y)", lambda: autograd.min(x, y), 2
    for name in OF_MANY:
        f = getattr(autograd, name)
        yield f"{name}([x, y])", lambda f=f: f([x, y]), 2
        yield f"{name}(xs)", lambda f=f: f(xs), MANY
    yield "dot(xs, ys)", lambda: autograd.dot(xs, ys), 2 * MANY
    for name, f in COMPOSED.items():
        yield f"{name}(xs)", lambda f=f: f(xs), MANY


def seconds(program: Callable[[], Any], repeats: int = 300) -> float:
    """What one call and its backward() take."""
    start = time.perf_counter()
    for _ in range(repeats):
        program().backward()
    return (time.perf_counter() - start) / repeats


def main(rounds: int) -> None:
    """Print the table: rounds in turn, the smallest time of each, so that a slow moment of the machine hits none."""
    rows = list(programs())
    best = dict.fromkeys([name for name, _, _ in rows], float("inf"))
    for _ in range(rounds):
        for name, program, _ in rows:
            best[name] = min(best[name], seconds(program))
    unit = best["tanh(x)"]
    print(f"{autograd.engine_name} engine: forward and back, times tanh(x), which takes {unit * 1e9:.0f} ns")
    beyond = []
    for name, _, n in sorted(rows, key=lambda row: best[row[0]], reverse=True):
        times, per_operand = best[name] / unit, n if n > 2 else 1
        print(f"{name:22} {times:6.2f}" + f", {times / n:.2f} per operand" * (n > 2))
        if times > GOAL * per_operand:
            beyond.append(name)
    print(f"{len(beyond)} of {len(rows)} take more than {GOAL:g} times tanh{': ' if beyond else ''}{', '.join(beyond)}")
