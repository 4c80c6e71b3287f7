"""Programs without layers beside CasADi: a value with its gradient, and the time until there is the first one."""

import random
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks.ratios import Works, ratio

Program = Callable[[list[Any], Any], Any]  # of numbers and of a library with tanh, sin and exp
FUNCTIONS = "+ - * tanh sin exp"


def scattered(n: int, names: str) -> Program:
    """A random program without layers: n operations, each on two of the latest forty numbers."""
    rng = random.Random(1)
    which = [(rng.choice(names.split()), *(rng.randrange(max(0, i - 30), 10 + i) for _ in "xy")) for i in range(n)]

    def program(inputs: list[Any], library: Any) -> Any:
        made = list(inputs)
        forms = {
            "+": lambda x, y: x + y * 0.5,
            "-": lambda x, y: x - y,
            "*": lambda x, y: x * y * 0.1,
            "tanh": lambda x, y: library.tanh(x),
            "sin": lambda x, y: library.sin(x + y),
            "exp": lambda x, y: library.exp(-(x * x)),
        }
        for name, i, j in which:
            made.append(forms[name](made[i], made[j]))
        total = made[-1]
        for x in made[-20:-1]:
            total = total + x
        return total

    return program


def links(n: int) -> Program:
    """A chain of n operations that each need the one before."""

    def program(inputs: list[Any], library: Any) -> Any:
        x, a, b = inputs
        for _ in range(n // 5):
            x = library.tanh(x * b + a) * b - x
        return x

    return program


def ours(program: Program, numbers: list[float]) -> Callable[[], object]:
    """What takes a value and its gradient with a function that was compiled, and not yet called."""
    import autograd

    compiled, values = autograd.compile(lambda *xs: program(list(xs), autograd)), list(map(autograd.Value, numbers))
    gradient = compiled.value_and_grad  # looked up once, as CasADi's call
    return lambda: gradient(*values)


def theirs(program: Program, numbers: list[float]) -> Callable[[], object]:
    """The same in CasADi's virtual machine, by its fastest interface."""
    import casadi
    import numpy as np

    n = len(numbers)
    symbols = casadi.SX.sym("x", n)
    result = program([symbols[i] for i in range(n)], casadi)
    function = casadi.Function("f", [symbols], [result, casadi.gradient(result, symbols)])
    buffer, call = function.buffer()
    arrays = np.array(numbers), np.zeros(1), np.zeros(n)
    buffer.set_arg(0, memoryview(arrays[0]))
    buffer.set_res(0, memoryview(arrays[1]))
    buffer.set_res(1, memoryview(arrays[2]))
    kept = arrays, function, buffer  # which the call does not keep by itself
    return lambda: (call(), kept)


TEN = [0.1 * (i + 1) for i in range(10)]


def gradients(n: int, names: str) -> Callable[[], Works]:
    """Of a random program, later calls."""
    return lambda: (ours(scattered(n, names), TEN), theirs(scattered(n, names), TEN))


def first_gradients(program: Program, numbers: list[float]) -> Callable[[str], Callable[[], float] | None]:
    """Of any, from nothing to the first one: how many times as long as CasADi."""

    def seconds(make: Callable[[Program, list[float]], Callable[[], object]]) -> float:
        start = time.perf_counter()
        make(program, numbers)()
        return time.perf_counter() - start

    def round_of(name: str) -> Callable[[], float] | None:
        try:
            import casadi  # noqa: F401
        except ImportError:
            return None
        return (lambda: seconds(ours) / seconds(theirs)) if name == "compiled" else None

    return round_of


ROUNDS = {
    **{
        f"{called} {n:,} : CasADi": ratio(gradients(n, names))
        for called, names in (("scattered", "+ - *"), ("with tanh …", FUNCTIONS))
        for n in (100, 1_000, 10_000, 100_000)
    },
    "first call 10,000 : CasADi": first_gradients(scattered(10_000, FUNCTIONS), TEN),
    "first call, chain : CasADi": first_gradients(links(100_000), [0.25, 0.5, -0.25]),
}
