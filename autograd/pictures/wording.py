"""Puts a computation and its chain rule into equations: with names, with numbers, and what came out."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose, isfinite

from autograd.languages import say
from autograd.pictures.formulas import Formula, Operand, Partial, computation, still_holds
from autograd.pictures.numerals import as_shown, equal, is_exact, shown
from autograd.value import Value


def ordinal(n: int) -> str:
    """Which one of several: 1st, 2nd, 3rd, 4th, …"""
    return say({1: "1st", 2: "2nd", 3: "3rd"}.get(n, "{0}th"), n)


@dataclass(frozen=True)
class Wording:
    """How the nodes of a graph are written.

    names: a name for every node. number_format: how numbers are shown.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> wording = Wording({a: "a", b: "b"})
    >>> wording.computed(a * b)
    'a × b = 2 × (−3) = −6'
    """

    names: Mapping[Value, str]
    number_format: str = ".4g"

    def number(self, number: float) -> str:
        """A number as it is shown."""
        return shown(number, self.number_format)

    def equation(self, left: str, number: float) -> str:
        """That something is a number."""
        return f"{left}{equal(is_exact(number, self.number_format))}{self.number(number)}"

    def operation(self, node: Value) -> str:
        """The operation of a node with the names of its operands: a × b."""
        return computation(node).written(self.names.__getitem__, self.number_format)

    def computed(self, node: Value) -> str:
        """How a node was computed: a × b = 2 × (−3) = −6."""
        if not still_holds(node):
            return say("{0} (some data was set since the forward pass)", self.equation(self.operation(node), node.data))
        return self._chain(computation(node), node.data)

    def slope(self, node: Value, position: int) -> str:
        """The name of a local gradient, ∂y/∂x; where x is an operand more than once, by which one."""
        name, which = f"∂{self.names[node]}/∂{self.names[node.parents[position]]}", self.which(node, position)
        return say("{0} by {1}", name, which) if which else name

    def which(self, node: Value, position: int) -> str:
        """Which of several equal operands it is, "the 2nd x"; "" where there is one only."""
        parent = node.parents[position]
        if sum(1 for other in node.parents if other is parent) < 2:
            return ""
        place = sum(1 for other in node.parents[: position + 1] if other is parent)
        return say("the {0} {1}", ordinal(place), self.names[parent])

    def derived(self, partial: Partial) -> str:
        """What a local gradient is: 1 − y² ≈ 1 − 0.4621² ≈ 0.7864."""
        if not isinstance(partial.formula, Formula):
            number = self.number(partial.number)
            return self._with_reason(number, *partial.reason) if partial.reason else number
        if not partial.holds:
            with_names = partial.formula.written(self.names.__getitem__, self.number_format)
            return say("{0} at the numbers of the forward pass", self.equation(with_names, partial.number))
        return self._chain(partial.formula, partial.number)

    def contributed(self, gradient: float, partial: Partial, contribution: float) -> str:
        """The gradient that arrived times the local gradient, unless your own operation returns something else."""
        if contribution == gradient * partial.number or partial.formula is not None or contribution != contribution:
            return self.times(gradient, partial.number, contribution)
        return say("{0}, as its operation has it", self.number(contribution))

    def times(self, one: float, other: float, result: float) -> str:
        """The product of two numbers: 0.5 × (−3) = −1.5."""
        return self._two(one, " × ", other, result, self._as_shown(one) * self._as_shown(other))

    def plus(self, one: float, other: float, result: float) -> str:
        """The sum of two numbers: 0.5 + (−3) = −2.5."""
        return self._two(one, " + ", other, result, self._as_shown(one) + self._as_shown(other))

    def _two(self, one: float, sign: str, other: float, result: float, by_hand: float) -> str:
        """Two numbers and the result; = if who computes with the numbers as they are shown finds it exactly."""
        right = self.number(other)
        left = self.number(one) + sign + (f"({right})" if right.startswith("−") else right)
        shown_result = self._as_shown(result)
        same = isclose(by_hand, shown_result, rel_tol=1e-12) or not isfinite(result)
        return f"{left}{equal(same)}{self.number(result)}"

    def _as_shown(self, number: float) -> float:
        return as_shown(number, self.number_format)

    def _chain(self, formula: Formula, number: float) -> str:
        """A formula with names, with numbers, and what it is worth."""
        with_names = formula.written(self.names.__getitem__, self.number_format)
        with_numbers = formula.written(lambda node: self.number(node.data), self.number_format)
        operands, all_of_it = formula.is_exact(self.number_format), is_exact(number, self.number_format)
        text = with_names
        if with_numbers != with_names:
            text += equal(operands) + with_numbers
        result = self.number(number)
        return text if result == with_numbers else text + equal(operands and all_of_it) + result

    def _with_reason(self, number: str, left: Operand, sign: str, right: Operand) -> str:
        sides = [
            side.written(self.names.__getitem__, self.number_format) if isinstance(side, Formula) else self.number(side)
            for side in (left, right)
        ]
        reason = f"{sides[0]} {sign} {sides[1]}"
        if sign == "=":
            return say("{0}, as {1}, where there is a kink: a convention", number, reason)
        return say("{0}, as {1}", number, reason)
