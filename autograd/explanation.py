"""Explains the backward pass step by step: explain(value) is text to read aloud, and a page that plays it."""

import html
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any

from autograd.boxes import boxes_of, is_too_large
from autograd.drawing import Look, draw_graph
from autograd.engine import Value, topological_order
from autograd.formulas import checked_format, computed, derived, partials, product, shown
from autograd.mistakes import about_closure
from autograd.names import Names, named
from autograd.rendering import largest_size, shade, write

MOST_STEPS = 2000  # operations that a person could want to follow


@dataclass(frozen=True)
class Forward:
    """One step of the forward pass: a value is computed.

    node: the Value. name: what it is called. formula: how it was computed, "a × b = 2 × (−3) = −6".
    """

    node: Value
    name: str
    formula: str

    def __str__(self) -> str:
        return f"{self.name} = {self.formula}"


@dataclass(frozen=True)
class Contribution:
    """What one parent gets in a step of the backward pass.

    parent: the Value. name: what it is called.
    local_gradient: how much it moves the node, a number. formula: the same written out, "1 − y² = 1 − 0.5² = 0.75".
    product: the gradient that arrived times the local gradient, written out, "2 × 0.75".
    contribution: what it comes to.
    before, total: the gradient of the parent so far, and with this contribution.
    """

    parent: Value
    name: str
    local_gradient: float
    formula: str
    product: str
    contribution: float
    before: float
    total: float


@dataclass(frozen=True)
class Backward:
    """One step of the backward pass: the gradient that arrived at a node goes on to its parents.

    node: the Value. name: what it is called. formula: how it was computed.
    gradient: the gradient that arrived, complete: all nodes that this one moves have had their step.
    contributions: one for each parent that is not a plain number, in their order.
    """

    node: Value
    name: str
    formula: str
    gradient: float
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, eq=False)
class Explanation:
    """How a value was computed and how the chain rule runs back from it. A notebook shows it as a player.

    result: the name of the value.
    forward: the operations in the order in which they were computed.
    backward: the same in the order in which gradients flow back. Iterating runs over these.

    str() of it is text to read aloud; .page is the player, a web page that needs nothing else; .graph is the graph.
    """

    result: str
    forward: tuple[Forward, ...]
    backward: tuple[Backward, ...]
    _order: list[Value] = field(repr=False)
    _names: Names = field(repr=False)
    _number_format: str = field(repr=False)

    def __iter__(self) -> Iterator[Backward]:
        return iter(self.backward)

    def __len__(self) -> int:
        return len(self.backward)

    def __str__(self) -> str:
        number = self._number
        given = [f"{self._names.of[node]} = {number(node.data)}" for node in self._given]
        lines = ["Forward: every value from those before it."]
        lines += [f"  Given: {', '.join(given)}."] if given else []
        lines += [f"  {i}. {step}" for i, step in enumerate(self.forward, 1)]
        lines += [f"Backward: every gradient from those after it. ∂{self.result}/∂{self.result} = 1."]
        for i, step in enumerate(self.backward, 1):
            lines.append(f"  {i}. {step.name} = {step.formula.partition(' = ')[0]}: gradient {number(step.gradient)}")
            for part in step.contributions:
                lines.append(f"     ∂{step.name}/∂{part.name} = {part.formula}")
                so_far = f"{number(part.before)} so far, now {number(part.total)}" if part.before else ""
                lines.append(
                    f"     {part.name} gets {part.product} = {number(part.contribution)}" + (so_far and f"; {so_far}")
                )
        totals = [f"∂{self.result}/∂{self._names.of[node]} = {number(self._totals[node])}" for node in self._given]
        lines += [f"Result: {', '.join(totals)}."] if totals else []
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
        # what is written into a page is data and not markup, whatever the labels say
        data = json.dumps(self._steps).replace("<", "\\u003c").replace("&", "\\u0026")
        parts = {
            "title": html.escape(f"{self.result}, forward and backward"),
            "graph": self.graph,
            "text": html.escape(str(self)),
            "steps": data,
        }
        template = files("autograd").joinpath("player.html").read_text(encoding="utf-8")
        return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], template)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        # in a frame of its own: its styles and keys do not meet those of the notebook, and it may do nothing outside
        frame = (
            f'<iframe srcdoc="{html.escape(self.page)}" sandbox="allow-scripts" title="the steps of backward()" '
            'style="width:100%;height:680px;border:1px solid #c8cdd2;border-radius:8px"></iframe>'
        )
        return {"text/html": frame, "text/plain": str(self)}

    @property
    def _given(self) -> list[Value]:
        return [node for node in self._order if not node.parents and node.op != "constant"]

    @cached_property
    def _totals(self) -> dict[Value, float]:
        """The gradient of every node."""
        totals = dict.fromkeys(self._order, 0.0)
        totals[self._order[-1]] = 1.0
        for step in self.backward:
            for part in step.contributions:
                totals[part.parent] = part.total
        return totals

    @cached_property
    def graph(self) -> str:
        """The graph with the gradients as SVG; "" where it is too large to be drawn."""
        if is_too_large(self._order):
            return ""
        all_named = Names(
            {node: name for node, name in self._names.of.items() if node.op != "constant"}, self._names.of, {}
        )
        boxes = boxes_of(self._order, all_named)
        for box in boxes:
            box.grad = self._totals[box.value]
        return draw_graph(boxes, all_named, Look(number_format=self._number_format), len(boxes)).svg

    @property
    def _steps(self) -> dict[str, Any]:
        """What the player plays: the nodes by their places in the graph, and the steps."""
        number, place = self._number, {node: i for i, node in enumerate(self._order)}
        largest = largest_size(self._totals.values())
        return {
            "result": self.result,
            "nodes": [{"name": self._names.of[node], "data": number(node.data)} for node in self._order],
            "given": [place[node] for node in self._order if not node.parents],
            "forward": [{"node": place[step.node], "formula": step.formula} for step in self.forward],
            "seed": {"node": len(self._order) - 1, "shade": shade(1.0, largest)},
            "backward": [
                {
                    "node": place[step.node],
                    "formula": step.formula.partition(" = ")[0],
                    "gradient": number(step.gradient),
                    "contributions": [
                        {
                            "node": place[part.parent],
                            "formula": part.formula,
                            "product": part.product,
                            "contribution": number(part.contribution),
                            "before": number(part.before),
                            "total": number(part.total),
                            "shade": shade(part.total, largest),
                        }
                        for part in step.contributions
                    ],
                }
                for step in self.backward
            ],
        }

    def _number(self, number: float) -> str:
        return shown(number, self._number_format)


def explain(value: Value, *, number_format: str = ".4g") -> Explanation:
    """The computation of a Value and its backward pass, step by step, in the order in which they run.

    Nothing is changed: gradients are computed apart, as one backward() on fresh gradients would. Names come as in
    draw; what has none is called v₁, v₂, … in the order of computation.

    number_format: how numbers are shown, such as ".2f".

    TypeError if `value` is not a Value; ValueError if it took more than 2,000 operations; what the local_gradient of an
    operation of your own raises.

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
    if not isinstance(value, Value):
        raise TypeError(f"explain takes a Value, got {type(value).__name__}")
    checked_format(number_format)
    order = topological_order(value)
    computations = [node for node in order if node.parents]
    if len(computations) > MOST_STEPS:
        raise ValueError(
            f"this value took {len(computations):,} operations, too many to follow; the most is {MOST_STEPS:,}. "
            "Explain a part of it, such as one neuron or the loss of one example"
        )
    names = named(order, sys._getframe(1), number_format)
    formulas = {node: computed(node, names.of, number_format) for node in computations}
    forward = tuple(Forward(node, names.of[node], formulas[node]) for node in computations)
    totals = dict.fromkeys(order, 0.0)
    totals[value] = 1.0
    backward = []
    for node in reversed(computations):
        backward.append(_step(node, formulas[node], totals, names, number_format))
        totals.update((part.parent, part.total) for part in backward[-1].contributions)
    return Explanation(names.of[value], forward, tuple(backward), order, names, number_format)


def _step(node: Value, formula: str, totals: dict[Value, float], names: Names, number_format: str) -> Backward:
    """The chain rule at one node, given the gradients so far."""
    gradient = totals[node]
    try:
        local = partials(node)
        contributions = [float(each) for each in node.local_gradient(gradient)]  # type: ignore[misc]
    except Exception as error:
        error.add_note(about_closure(node.op, len(node.parents)))
        raise
    so_far = {parent: totals[parent] for parent in node.parents}
    parts = []
    for parent, partial, contribution in zip(node.parents, local, contributions, strict=True):
        if parent.op == "constant":
            continue
        before = so_far[parent]
        so_far[parent] = before + contribution
        parts.append(
            Contribution(
                parent,
                names.of[parent],
                partial.number,
                derived(partial, node, names.of, number_format),
                product(gradient, partial.number, number_format),
                contribution,
                before,
                so_far[parent],
            )
        )
    return Backward(node, names.of[node], formula, gradient, tuple(parts))
