"""Sweeps of derivatives of derivatives: done again in wide numbers where a number on the way was out of range.

The second derivative of √x at 1e250 is 1e-375, which is no float. Times 2x it is. A sweep in floats loses it without a
word, so what is lost is noticed: the processor has a mark for it, which the native engine asks. The textbook engine
looks at the numbers.
"""

from collections.abc import Sequence
from math import nan
from typing import Any

from autograd.derivatives import number_of
from autograd.recording import tell, tracer
from autograd.transforms.losses import forget_losses, has_losses, may_be_within
from autograd.transforms.order import nodes_before
from autograd.transforms.sweeps import Curves, Graph, contributions_of, tape
from autograd.transforms.wide import Wide, wide_numbers
from autograd.value import Value, engine_name, operation_of

PRODUCTS = {"*", "/", "**", "reciprocal", "prod"}  # which are 0 at a 0 alone


def any_far(numbers: Sequence[float]) -> bool:
    """Whether one is so large or small that the product of a few could be no float, or have lost digits."""
    return any(not 1e-100 < abs(x) < 1e100 for x in numbers if x)


class Careful:
    """The graph of a function whose second derivatives are asked for: pull, push and bend are those of Graph."""

    def __init__(self, outputs: Sequence[Any], inputs: Sequence[Value], since: int = 0) -> None:
        self.of = outputs, inputs, since
        self.tape: Any = tape(*self.of) if engine_name == "native" else Watched(*self.of)
        self.wide = WideGraph(*self.of) if may_be_within(since) and has_lost(outputs, since) else None
        self.captures: bool = self.tape.captures
        self.reaches: bool = self.tape.reaches

    def pull(self, seeds: Sequence[Any]) -> Any:
        """The derivatives of Σ seed · output with respect to every input."""
        return self.swept("pull", seeds)

    def push(self, tangents: Sequence[Any], as_values: bool = False) -> Any:
        """How fast every output moves."""
        return self.swept("push", tangents)

    def bend(self, tangents: Sequence[Any]) -> Any:
        """The gradient of the only output, and how fast it moves."""
        return self.swept("bend", tangents)

    def swept(self, how: str, numbers: Sequence[Any]) -> Any:
        """A sweep in floats; if it lost something, one in wide numbers."""
        if self.wide is None:
            forget_losses()
            found = getattr(self.tape, how)(numbers)
            if not (has_losses() and getattr(self.tape, "is_far", True)):
                return found
            self.wide = WideGraph(*self.of)
        try:
            return getattr(self.wide, how)(numbers)
        except (ValueError, ArithmeticError):  # beyond what wide numbers can do
            found = getattr(self.tape, how)(numbers)
            return tuple([nan] * len(row) for row in found) if isinstance(found, tuple) else [nan] * len(found)


def careful(outputs: Sequence[Any], inputs: Sequence[Value], since: int = 0) -> Careful:
    """What tape() makes, for derivatives of derivatives."""
    if not since:
        tell("read", "floats")
    return Careful(outputs, inputs, since)


class Watched(Graph):
    """A graph that notices when a sweep in floats comes near the ends of their range."""

    def __init__(self, outputs: Sequence[Any], inputs: Sequence[Value], since: int = 0) -> None:
        super().__init__(outputs, inputs, since)
        self.is_far = any(map(may_be_lost, self.order))

    def contributions(self, node: Value, gradient: Any) -> Sequence[Any]:
        """Those in floats."""
        found = contributions_of(node, gradient)
        self.is_far = self.is_far or any_far(found)
        return found

    def met(self, curves: Curves, numbers: Sequence[Any]) -> None:
        """What a bend has computed."""
        self.is_far = self.is_far or curves.may_be_out_of_range or any_far(numbers)


def may_be_lost(node: Value) -> bool:
    """Whether the number of a node is far, or is a product that is 0 although no factor is."""
    x = node._data
    if x:
        return not 1e-100 < abs(x) < 1e100
    return node.op in PRODUCTS and all(parent._data for parent in node.parents)


def has_lost(results: Sequence[Any], since: int) -> bool:
    """Whether a sweep may have left a number in a graph that lost digits."""
    return any(map(may_be_lost, nodes_before([x for x in results if isinstance(x, Value)], since=since)))


def settled(results: Sequence[Any], since: int) -> Sequence[Any]:
    """Derivatives of derivatives, those with a wrong number put right: in a node above it."""
    recorder = tracer()
    if recorder is not None and recorder.differentiated(2):
        return results
    if not may_be_within(since) or not has_lost(results, since):
        return results
    numbers = wide_numbers(results, since)

    def right(x: Any) -> Any:
        number = float(numbers[x]) if x in numbers else x
        same = not isinstance(x, Value) or x._data == number or number != number
        return x if same else Value(number, (x,), "input", lambda gradient: (gradient,))

    return list(map(right, results))


class WideGraph(Graph):
    """A graph whose sweeps compute in wide numbers, from those of the operations that led to it."""

    number = Wide

    def __init__(self, outputs: Sequence[Any], inputs: Sequence[Value], since: int = 0) -> None:
        super().__init__(outputs, inputs, since)
        self.numbers: dict[Value, Wide] = wide_numbers(outputs, since)

    def pull(self, seeds: Sequence[Any]) -> list[Any]:
        """That of Graph."""
        return super().pull([Wide(x) if x else 0.0 for x in map(number_of, seeds)])

    def push(self, tangents: Sequence[Any], as_values: bool = False) -> list[Any]:
        """That of Graph."""
        return [float(number_of(x)) for x in super().push([Wide(x) if x else 0.0 for x in map(number_of, tangents)])]

    def contributions(self, node: Value, gradient: Any) -> Sequence[Any]:
        """Those in wide numbers."""
        op = operation_of(node)
        if op is None:
            return [gradient * Wide(x) for x in contributions_of(node, 1.0)]
        operands = [x._data if x.op == "constant" else self.numbers.get(x) or Wide(x._data) for x in node.parents]
        return [gradient * (x if isinstance(x, Wide) else Wide(x)) for x in op.partials(self.numbers[node], *operands)]
