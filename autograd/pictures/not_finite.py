"""Finds where a nan or an infinity came from: find_nan(value) says it in a sentence."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isinf, isnan
from typing import Any

from autograd.languages import say
from autograd.messages import about_closure
from autograd.pictures.formulas import contributions
from autograd.pictures.names import named
from autograd.pictures.other_engines import is_foreign, taken_over
from autograd.pictures.wording import Wording
from autograd.value import Value, topological_order


@dataclass(frozen=True)
class NotFinite:
    """Where a value or a gradient first became nan or infinite. str() of it is the sentence.

    node: the Value whose operation made it, or a leaf that came in so. operation: its op, "sqrt"; "" for a leaf.
    what: "value" or "gradient".
    sentence: which operation it was, with its numbers, and why.
    """

    node: Value
    operation: str
    what: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def find_nan(value: Any) -> NotFinite | None:
    """The operation that first made a value, or a gradient of backward(), nan or infinite; None if all are finite.

    value: a Value, such as a loss, or a value of another engine. Nothing is changed: gradients are computed apart.

    A value counts that is nan, or the result if it is infinite. An infinity on the way does not count if what it leads
    to is finite. Names come as in draw. TypeError if `value` is not a Value; what the local_gradient of an operation of
    your own raises.

    >>> from autograd import sqrt
    >>> x = Value(0.0, label="x")
    >>> print(find_nan(sqrt(x) * 0.0))
    The gradient of x is nan. It comes from v₁ = √x = √0 = 0: there ∂v₁/∂x is infinite, and 0 × inf is nan.
    >>> print(find_nan(sqrt(x + 1.0)))
    None
    """
    others: dict[int, Value] = {}
    if is_foreign(value):
        value, others = taken_over(value)
    if not isinstance(value, Value):
        raise TypeError(f"find_nan takes a Value, got {type(value).__name__}")
    order = topological_order(value)
    frame = sys._getframe(1)
    found = bad_value(order) or bad_gradient(order)
    return found.told(Wording(named(order, frame, others=others).of)) if found else None


@dataclass(frozen=True)
class Origin:
    """Where it began, before it is put into words.

    node: the Value. bad: the first nan after it, or the infinite result.
    parent: which parent of the node gets the bad gradient; None where a value is bad.
    arrived, partial, number: the gradient that arrived at the node, the local gradient, and what the parent gets.
    """

    node: Value
    bad: Value
    parent: int | None = None
    arrived: float = 0.0
    partial: float = 0.0
    number: float = 0.0

    def told(self, word: Wording) -> NotFinite:
        """The same in words."""
        tell = self.of_value if self.parent is None else self.of_gradient
        what = "value" if self.parent is None else "gradient"
        return NotFinite(self.node, self.node.op if self.node.parents else "", what, tell(word))

    def of_value(self, word: Wording) -> str:
        """How a value became nan or infinite."""
        node, name = self.node, word.names[self.node]
        if not node.parents:
            first = say("{0} is {1} from the start.", name, say(kind(node.data)))
        elif isnan(node.data):
            first = say("{0}, though its operands are finite.", f"{name} = {word.computed(node)}")
        else:
            first = say("{0}: the result is beyond the largest float, 1.8e308.", f"{name} = {word.computed(node)}")
        if self.bad is node:
            return first
        return f"{first} {say('It makes {0}.', f'{word.names[self.bad]} = {word.computed(self.bad)}')}"

    def of_gradient(self, word: Wording) -> str:
        """How a gradient became nan or infinite."""
        assert self.parent is not None
        node, slope = self.node, word.slope(self.node, self.parent)
        product = f"{word.number(self.arrived)} × {word.number(self.partial)}"
        if isnan(self.partial):
            why = say("there {0} is nan, because the slope does not exist", slope)
        elif isinf(self.partial) and isnan(self.number):
            why = say("there {0} is infinite, and {1} is nan", slope, product)
        elif isinf(self.partial):
            why = say("there {0} is infinite", slope)
        elif isfinite(self.number):
            why = say("the sum of what the gradient gets is beyond the largest float, 1.8e308")
        else:
            why = say("{0} is beyond the largest float, 1.8e308", product)
        name, result = word.names[node.parents[self.parent]], say("nan" if isnan(self.number) else "infinite")
        at = f"{word.names[node]} = {word.computed(node)}"
        return say("The gradient of {0} is {1}. It comes from {2}: {3}.", name, result, at, why)


def kind(number: float) -> str:
    """What a number is that is not finite."""
    return "nan" if isnan(number) else "infinite"


def bad_value(order: Sequence[Value]) -> Origin | None:
    """Where the first nan comes from, or the infinity of the result."""
    bad = next((node for node in order if isnan(node.data)), order[-1])
    if isfinite(bad.data):
        return None
    node = bad
    while parents := [parent for parent in node.parents if not isfinite(parent.data)]:
        node = next((parent for parent in parents if isnan(parent.data)), parents[0])
    return Origin(node, bad)


def bad_gradient(order: Sequence[Value]) -> Origin | None:
    """The node that first hands on a gradient that is not finite, though the one that arrived is."""
    gradients = dict.fromkeys(order, 0.0)
    gradients[order[-1]] = 1.0
    for node in reversed(order):
        if node.parents:
            gradient = gradients[node]
            try:
                arriving = contributions(node, gradient)
            except Exception as error:
                error.add_note(about_closure(node.op, len(node.parents)))
                raise
            for k, (parent, number) in enumerate(zip(node.parents, arriving)):
                if parent.op != "constant":
                    gradients[parent] += number
                    if not isfinite(gradients[parent]):
                        return Origin(node, node, k, gradient, contributions(node, 1.0)[k], number)
    return None
