"""Finds the ways that a function of Python can take: its graph for each outcome of its comparisons.

A graph holds only the way that was taken. So the function is called again and again: with its own numbers, with numbers
that move each comparison to its other side along its gradient, and with numbers near those.
"""

import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.compiling.shapes import named_paths
from autograd.compiling.tracing import Watcher, call_recorded
from autograd.transforms.containers import leaves, rebuilt
from autograd.transforms.operators import gradients
from autograd.value import Value, topological_order

MOST_WAYS = 24
TRIES = 80  # calls with random numbers


@dataclass(frozen=True, eq=False)
class Way:
    """A way that a function takes. order: all nodes of the result and of what is compared, operands first.

    inputs: the Values in the places of the numbers. comparisons: (comparison, left, right, outcome), the sides Values.
    """

    result: Value
    order: list[Value]
    inputs: list[Value]
    comparisons: list[tuple[str, Value, Value, bool]]

    @property
    def key(self) -> Any:
        """The same for the same operations and the same outcomes."""
        place = {node: i for i, node in enumerate(self.order)}
        nodes = [(node.op, *map(place.__getitem__, node.parents)) for node in self.order]
        return str(
            (nodes, [(c, place[x], place[y], outcome) for c, x, y, outcome in self.comparisons], place[self.result])
        )


def is_number(x: Any) -> bool:
    """Whether an argument, or something in it, is a number that the page can change."""
    return isinstance(x, (int, float, Value)) and not isinstance(x, bool)


def ways_of(function: Callable[..., Any], args: Sequence[Any]) -> list[Way]:
    """The ways that are found, that of these arguments first.

    TypeError if the function returns anything else than a Value; CannotCompile for what it does that a graph does not
    hold; and what the function raises with these arguments.
    """
    args = tuple(args)
    numbers = [float(x.data if isinstance(x, Value) else x) for x in leaves(args) if is_number(x)]
    first = taken(function, args, numbers)
    found = {first.key: first}
    queue, chance = deque([(numbers, first)]), random.Random(0)
    while queue and len(found) < MOST_WAYS:
        here, way = queue.popleft()
        for point in _points(here, way, chance):
            try:
                other = taken(function, args, point)
            except (ValueError, ArithmeticError):  # not defined there
                continue
            if other.key not in found and len(found) < MOST_WAYS:
                found[other.key] = other
                queue.append((point, other))
    return list(found.values())


def taken(function: Callable[..., Any], args: tuple[Any, ...], numbers: Sequence[float]) -> Way:
    """The way that a function takes with these numbers in its arguments."""
    rest, inputs, new = iter(numbers), [], []
    for x in leaves(args):
        new.append(Value(next(rest)) if is_number(x) else x)
        if is_number(x):
            inputs.append(new[-1])
    arguments = rebuilt(args, new)
    for path, x in zip(named_paths(function, arguments), leaves(arguments)):
        if isinstance(x, Value):
            x.label = path
    name = getattr(function, "__name__", "function")
    plain = [not isinstance(x, Value) for x in leaves(args) if is_number(x)]
    result, _ = call_recorded(function, arguments, inputs, plain, watcher := Watcher(name))
    if not isinstance(result, Value):
        raise TypeError(f"explore takes a function that returns one Value; {name} returns {type(result).__name__}")
    compared = [
        (c, x, y if isinstance(y, Value) else Value(y, op="constant"), how) for c, x, y, how in watcher.comparisons
    ]
    roots = [*inputs, *_sides(compared), result]
    order = list(dict.fromkeys(node for root in roots for node in topological_order(root)))
    return Way(result, order, inputs, compared)


def _sides(compared: Sequence[tuple[str, Value, Value, bool]]) -> Iterator[Value]:
    for _, left, right, _ in compared:
        yield from (left, right)


def _points(numbers: Sequence[float], way: Way, chance: random.Random) -> Iterator[list[float]]:
    for comparison, left, right, _ in way.comparisons:
        if comparison in ("is", "!="):
            continue
        distance = left - right
        try:
            slopes = [float(g) for g in gradients(distance, way.inputs)]
        except Exception:
            continue
        square = sum(g * g for g in slopes)
        if not 0 < square < float("inf"):
            continue
        for share in (1.0, 1.25, 2.0, 6.0):
            step = (distance.data * share + (1e-3 if distance.data >= 0 else -1e-3) * (share > 1)) / square
            yield [x - step * g for x, g in zip(numbers, slopes)]
    for _ in range(TRIES if way.comparisons else 0):
        yield [x + chance.choice((0.0, 1.0)) * chance.uniform(-1, 1) * max(1.0, 2 * abs(x)) for x in numbers]
