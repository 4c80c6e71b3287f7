"""Explains the backward pass step by step: explain(value) is text to read aloud, and a page that plays it."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from autograd.languages import Said, say
from autograd.messages import about_closure
from autograd.pictures import pages
from autograd.pictures.drawing import Look, draw_graph
from autograd.pictures.formulas import contributions, partials, still_holds
from autograd.pictures.names import Names, named
from autograd.pictures.not_finite import bad_gradient, bad_value
from autograd.pictures.numerals import checked_format
from autograd.pictures.other_engines import is_foreign, taken_over
from autograd.pictures.rendering import largest_size, share_of, write
from autograd.pictures.scene import scene
from autograd.pictures.selection import boxes_of
from autograd.pictures.wording import Wording
from autograd.value import Value, topological_order

GETS, ALSO = Said("{0} gets {1}"), Said("{0} gets {1}, in all {2}")
UP, DOWN = Said("{0} up by 0.01: {1} up by about {2}"), Said("{0} up by 0.01: {1} down by about {2}")
CHANGED = Said(
    "Some data was set after the forward pass. {0} was computed from the numbers before, and so are the gradients. "
    "Compute the result again to see the new ones."
)
SEVERAL_CHANGED = Said(
    "Some data was set after the forward pass. {0} were computed from the numbers before, and so are the gradients. "
    "Compute the result again to see the new ones."
)
MOST_STEPS = 5000  # operations that a page can hold: some ten megabytes


@dataclass(frozen=True)
class Forward:
    """One step of the forward pass: a value is computed.

    node: the Value. name: what it is called.
    equation: how it was computed, "a × b = 2 × (−3) = −6".
    """

    node: Value
    name: str
    equation: str

    def __str__(self) -> str:
        return f"{self.name} = {self.equation}"


@dataclass(frozen=True)
class Contribution:
    """What one parent gets in a step of the backward pass.

    parent: the Value. name: what it is called.
    slope: the name of the local gradient, "∂y/∂x". local_gradient: how much the parent moves the node, a number.
    formula: the same written out, "1 − y² ≈ 1 − 0.4621² ≈ 0.7864".
    contribution: the gradient that arrived times the local gradient. product: the same written out.
    before, total: the gradient of the parent so far, and with this contribution.
    sum: how the total came about, written out; "" for the first contribution.
    """

    parent: Value
    name: str
    slope: str
    local_gradient: float
    formula: str
    contribution: float
    product: str
    before: float
    total: float
    sum: str


@dataclass(frozen=True)
class Backward:
    """One step of the backward pass: the gradient that arrived at a node goes on to its parents.

    node: the Value. name: what it is called. operation: how it was computed, "a × b".
    gradient: the gradient that arrived, complete: all nodes that this one moves have had their step.
    contributions: one for each parent that is not a plain number, in their order.
    """

    node: Value
    name: str
    operation: str
    gradient: float
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, eq=False)
class Explanation:
    """How a value was computed and how the chain rule runs back from it. A notebook shows it as a player.

    result: the name of the value.
    forward: the operations in the order in which they were computed.
    backward: the same in the order in which gradients flow back. Iterating runs over these.

    str() of it is text to read aloud, with what find_nan says; .page is the player, a web page that needs nothing else;
    .graph is the graph.
    """

    result: str
    forward: tuple[Forward, ...]
    backward: tuple[Backward, ...]
    _order: list[Value] = field(repr=False)
    _names: Names = field(repr=False)
    _wording: Wording = field(repr=False)

    def __iter__(self) -> Iterator[Backward]:
        return iter(self.backward)

    def __len__(self) -> int:
        return len(self.backward)

    def __str__(self) -> str:
        word = self._wording
        given = ", ".join(word.equation(self._names.of[node], node.data) for node in self._given)
        lines = [say("Forward: every value from those before it.")]
        lines += [f"  {say('Given: {0}.', given)}"] if given else []
        lines += [f"  {i}. {step}" for i, step in enumerate(self.forward, 1)]
        lines += [f"{say('Backward: every gradient from those after it.')} ∂{self.result}/∂{self.result} = 1."]
        for i, step in enumerate(self.backward, 1):
            lines += [f"  {i}. {step.name} = {step.operation}: {say('gradient')} {word.number(step.gradient)}"]
            for part in step.contributions:
                lines += [f"     {part.slope} = {part.formula}"]
                lines += [f"     {say(ALSO if part.sum else GETS, part.name, part.product, part.sum)}"]
        lines += [say("Result: {0}.", ", ".join(self._results.values()))] if given else []
        if self.trouble:
            lines += [self.trouble]
        if any("≈" in line for line in lines):
            lines += [say("Numbers are computed with 16 digits, and after ≈ rounded to be shown.")]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return (
            f"Explanation of {self.result} in {len(self.forward)} forward and {len(self)} backward steps: shown by a "
            "notebook, or print(it), .save('x.html')"
        )

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the player (.html) or the text (.txt) to a file and return its path. ValueError for another ending."""
        path = Path(path)
        write(path, {".html": lambda: self.page, ".txt": lambda: f"{self}\n"}, "an explanation")
        return path

    @cached_property
    def page(self) -> str:
        """The player: a web page with all that it needs in it."""
        title = pages.text(say("{0}, forward and backward", self.result))
        return pages.page("player.html", title=title, text=pages.text(self), steps=pages.data(self._steps))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": pages.framed(self.page), "text/plain": str(self)}

    @cached_property
    def trouble(self) -> str:
        """Where a nan or an infinity came from, as find_nan says it; "" if there is none."""
        found = bad_value(self._order) or bad_gradient(self._order)
        return str(found.told(self._wording)) if found else ""

    @property
    def _given(self) -> list[Value]:
        """The leaves, the parameters of a model last and in its order."""
        leaves = [node for node in self._order if not node.parents and node.op != "constant"]
        return [node for node in leaves if node not in self._names.paths] + [
            node for node in self._names.paths if node in self._totals
        ]

    @cached_property
    def _totals(self) -> dict[Value, float]:
        """The gradient of every node."""
        totals = dict.fromkeys(self._order, 0.0)
        totals[self._order[-1]] = 1.0
        for step in self.backward:
            for part in step.contributions:
                totals[part.parent] = part.total
        return totals

    @property
    def _results(self) -> dict[Value, str]:
        """The gradient of every leaf, as an equation."""
        name, names = self.result, self._names.of
        return {node: self._wording.equation(f"∂{name}/∂{names[node]}", self._totals[node]) for node in self._given}

    @cached_property
    def _scene(self) -> tuple[dict[str, Any], dict[Value, int]]:
        """The graph as the player draws it, and the place of each node in it."""
        names = self._names.of | self._names.given
        return scene(self._order, self._names, self._wording, grads=self._totals, called=names.__getitem__)

    @cached_property
    def graph(self) -> str:
        """The graph with the gradients as SVG; of a large one the last operations. "" where Graphviz is not there."""
        names = {node: name for node, name in self._names.of.items() if node.op != "constant"}
        all_named = Names(names | self._names.given, self._names.of, {})
        boxes = boxes_of(self._order, all_named)
        for box in boxes:
            box.grad = self._totals[box.value]
        try:
            look = Look(number_format=self._wording.number_format)
            return draw_graph(boxes, all_named, look, len(self._order)).svg
        except RuntimeError:
            return ""

    @cached_property
    def changed(self) -> str:
        """That data was set since the forward pass, and of which; "" if it was not."""
        stale = {node: None for node in self._order if node.parents and not still_holds(node)}
        if not stale:
            return ""
        names = [self._names.of[node] for node in stale]
        which = say("{0} and others", ", ".join(names[:4])) if len(names) > 4 else ", ".join(names)
        return say(CHANGED if len(names) == 1 else SEVERAL_CHANGED, which)

    @property
    def _steps(self) -> dict[str, Any]:
        """What the player plays: the nodes by their places in the graph, and the steps in words."""
        word, (graph, place) = self._wording, self._scene
        largest = largest_size(self._totals.values())
        return {
            "result": self.result,
            "graph": graph,
            "changed": self.changed,
            "nodes": [{"name": self._names.of[node], "data": word.number(node.data)} for node in place],
            "known": [i for node, i in place.items() if not node.parents],
            "given": [word.equation(self._names.of[node], node.data) for node in self._given],
            "forward": [{"node": place[step.node], "equation": str(step)} for step in self.forward],
            "seed": {"node": len(place) - 1, "total": word.number(1.0), "share": share_of(1.0, largest)},
            "backward": [
                {
                    "node": place[step.node],
                    "operation": f"{step.name} = {step.operation}",
                    "arrived": word.equation(f"∂{self.result}/∂{step.name}", step.gradient),
                    "contributions": [
                        {
                            "node": place[part.parent],
                            "slope": _which(step, part),
                            "formula": part.formula,
                            "product": part.product,
                            "sum": part.sum or word.number(part.total),
                            "total": word.number(part.total),
                            "share": share_of(part.total, largest),
                        }
                        for part in step.contributions
                    ],
                }
                for step in self.backward
            ],
            "gradients": [
                {"equation": equation, "meaning": self._meaning(node)} for node, equation in self._results.items()
            ],
        }

    def _meaning(self, node: Value) -> str:
        """What a gradient says of a small change."""
        word, change = self._wording, 0.01 * self._totals[node]
        if not change:
            return say("a little more of {0} does not change {1}", self._names.of[node], self.result)
        return say(UP if change > 0 else DOWN, self._names.of[node], self.result, word.number(abs(change)))


def _which(step: Backward, part: Contribution) -> str:
    """Which of several equal operands gets it, "the 2nd x"; "" where there is one only."""
    name = f"∂{step.name}/∂{part.name}"
    return "" if part.slope == name else part.slope.removeprefix(say("{0} by {1}", name, ""))


def explain(value: Any, *, number_format: str = ".4g") -> Explanation:
    """The computation of a Value and its backward pass, step by step, in the order in which they run.

    value: a Value, or a value of another engine, as draw takes it. Its own local gradients are then explained.
    number_format: how numbers are shown, for example ".2f".

    Returns an Explanation. Nothing changes: the gradients are computed apart, like those of one backward() on fresh
    gradients. Names are those of draw. Nodes without a name are called v₁, v₂, … in the order of computation. TypeError
    if `value` is not a Value; ValueError if it took more than 5,000 operations; and what the local_gradient of your own
    operation raises.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> c = a * b
    >>> print(explain(c))
    Forward: every value from those before it.
      Given: a = 2, b = −3.
      1. c = a × b = 2 × (−3) = −6
    Backward: every gradient from those after it. ∂c/∂c = 1.
      1. c = a × b: gradient 1
         ∂c/∂a = b = −3
         a gets 1 × (−3) = −3
         ∂c/∂b = a = 2
         b gets 1 × 2 = 2
    Result: ∂c/∂a = −3, ∂c/∂b = 2.
    """
    others: dict[int, Value] = {}
    if is_foreign(value):
        value, others = taken_over(value)
    if not isinstance(value, Value):
        raise TypeError(f"explain takes a Value, got {type(value).__name__}")
    checked_format(number_format)
    order = topological_order(value)
    computations = [node for node in order if node.parents]
    if len(computations) > MOST_STEPS:
        raise ValueError(
            f"this value took {len(computations):,} operations, too many to follow; the limit is {MOST_STEPS:,}. "
            "Explain a part of it, such as one neuron or the loss of one example"
        )
    names = named(order, sys._getframe(1), number_format, others)
    word = Wording(names.of, number_format)
    forward = tuple(Forward(node, names.of[node], word.computed(node)) for node in computations)
    totals = dict.fromkeys(order, 0.0)
    totals[value] = 1.0
    backward = tuple(_step(node, totals, word) for node in reversed(computations))
    return Explanation(names.of[value], forward, backward, order, names, word)


def _step(node: Value, totals: dict[Value, float], word: Wording) -> Backward:
    """The chain rule at one node: what it adds to the totals, the gradients so far."""
    gradient = totals[node]
    try:
        local = partials(node)
        arriving = contributions(node, gradient)
    except Exception as error:
        error.add_note(about_closure(node.op, len(node.parents)))
        raise
    parts = []
    for k, (parent, partial, contribution) in enumerate(zip(node.parents, local, arriving, strict=True)):
        if parent.op != "constant":
            before = totals[parent]
            total = totals[parent] = before + contribution
            parts.append(
                Contribution(
                    parent,
                    word.names[parent],
                    word.slope(node, k),
                    partial.number,
                    word.derived(partial),
                    contribution,
                    word.contributed(gradient, partial, contribution),
                    before,
                    total,
                    word.plus(before, contribution, total) if before else "",
                )
            )
    return Backward(node, word.names[node], word.operation(node), gradient, tuple(parts))
