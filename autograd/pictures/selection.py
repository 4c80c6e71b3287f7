"""Chooses what a picture of a graph shows: every node, the last ones of very many, or sums and dots spelled out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from math import isclose
from operator import add, mul

from autograd import functions
from autograd.derivatives import is_value
from autograd.languages import say
from autograd.pictures.formulas import contributions, entry
from autograd.pictures.names import Names
from autograd.pictures.numerals import shown, subscript
from autograd.recording import is_paused
from autograd.value import Value, topological_order

MOST_NODES, MOST_EDGES = 300, 600  # a larger picture takes long to lay out, and nobody can read it
NODES_OF_A_PART = 100  # drawn of a graph that is larger
OPERANDS_OF_A_PART = 8  # drawn of one of its nodes
LONGEST_EDGE = 2  # operations that an edge may pass, if there are many edges
MOST_LONG_EDGES = 60  # operations that all edges together may pass before the long ones are cut
MOST_TO_COUNT = 20_000  # largest graph in which the nodes behind each cut are counted

# Operations on many operands, as the small ones that they stand for
SPELLED_OUT: dict[str, Callable[[Sequence[Value]], Value]] = {
    "sum": lambda xs: reduce(add, xs),
    "prod": lambda xs: reduce(mul, xs),
    "mean": lambda xs: reduce(add, xs) / len(xs),
    "dot": lambda xy: reduce(add, map(mul, xy[: len(xy) // 2], xy[len(xy) // 2 :])),
    "norm": lambda xs: functions.sqrt(reduce(add, [x**2 for x in xs])),
    "logsumexp": lambda xs: functions.log(reduce(add, map(functions.exp, xs))),
}


@dataclass(eq=False)
class Box:
    """A number in the picture.

    value: whose data it shows. grad: the gradient that it shows.
    made_by: the operation that it came from: the value itself or, spelled out, the last of the small ones.
    operands: the boxes of its operands by their positions.
    far: the positions of those that are so far away that the picture repeats their names instead of long edges.
    left_out: what is left out of its operands and of what is behind them, in words; "" if nothing is.
    is_small: whether it is one of the small operations that another one is spelled out in.
    meaning, hints: what the mouse finds over the box, and over the edges of its operands by their positions.
    """

    value: Value
    grad: float
    made_by: Value
    operands: "dict[int, Box]" = field(default_factory=dict)
    far: set[int] = field(default_factory=set)
    left_out: str = ""
    is_small: bool = False
    meaning: str = ""
    hints: dict[int, str] = field(default_factory=dict)


def is_too_large(order: Sequence[Value], spelled_out: bool = False) -> bool:
    """Whether a graph of these nodes is too large to be drawn as a whole."""
    edges = sum(len(node.parents) for node in order)
    nodes = len(order) + (2 * edges if spelled_out else 0)
    return nodes > MOST_NODES or edges > MOST_EDGES


def boxes_of(order: Sequence[Value], names: Names, depth: int | None = None, spelled_out: bool = False) -> list[Box]:
    """The boxes that are drawn of the graph with these nodes, operands first, the result last.

    depth: how many operations back from the result; None for all. A graph that is too large is cut to as many as a
        person can read.
    """
    large = is_too_large(order, spelled_out)
    chosen = _chosen(order, depth, large)
    boxes: dict[Value, Box] = {}
    for node in order:
        if node in chosen:
            parents = node.parents
            shown = [i for i in _positions(node, large) if parents[i] in chosen]
            boxes[node] = box = Box(node, node.grad, node, {i: boxes[parents[i]] for i in shown})
            if len(shown) < len(parents):
                box.left_out = _left_out(node, len(shown), chosen, order)
    drawn = list(boxes.values())
    if spelled_out:
        drawn = [small for box in drawn for small in _spelled_out(box, names, boxes)]
    _cut_long_edges(drawn)
    return drawn


def _cut_long_edges(boxes: Sequence[Box]) -> None:
    """Mark the operands that are far away, if there are many: their edges would cover the picture and take long."""
    place = {boxes[-1]: 0}  # how many operations before the result a box stands
    for box in reversed(boxes):
        for operand in box.operands.values():
            place[operand] = max(place[box] + 1, place.get(operand, 0))
    spans = {(box, k): place[operand] - place[box] for box in boxes for k, operand in box.operands.items()}
    if sum(spans.values()) - len(spans) > MOST_LONG_EDGES:
        for (box, k), span in spans.items():
            if span > LONGEST_EDGE:
                box.far.add(k)


def _chosen(order: Sequence[Value], depth: int | None, large: bool) -> set[Value]:
    """The nodes at most `depth` operations from the result, and of a large graph only about a hundred."""
    if depth is None and not large:
        return set(order)
    most = NODES_OF_A_PART if large else len(order)
    chosen = level = {order[-1]}
    while level and depth != 0:
        level = {node.parents[i] for node in level for i in _positions(node, large)} - chosen
        if len(chosen) + len(level) > most:
            break
        chosen = chosen | level
        depth = None if depth is None else depth - 1
    return chosen


def _positions(node: Value, large: bool) -> Sequence[int]:
    """The positions of the operands of a node; in a large graph only of the first ones and the last."""
    n = len(node.parents)
    return [*range(OPERANDS_OF_A_PART - 1), n - 1] if large and n > OPERANDS_OF_A_PART else range(n)


def _left_out(node: Value, n_shown: int, chosen: set[Value], order: Sequence[Value]) -> str:
    if n_shown or len(order) > MOST_TO_COUNT:
        return say("{0:,} more", len(node.parents) - n_shown)
    nodes = len(set(topological_order(node)) - chosen)
    return say("1 node" if nodes == 1 else "{0:,} nodes", nodes)


def _spelled_out(box: Box, names: Names, boxes: dict[Value, Box]) -> list[Box]:
    """The boxes of the small operations that the one of this box stands for; of any other, the box alone."""
    node = box.value
    if entry(node) is None or node.op not in SPELLED_OUT or len(node.parents) < 2 or box.left_out or is_paused():
        return [box]
    operands = [parent.data if parent.op == "constant" else Value(parent.data) for parent in node.parents]
    try:
        result = SPELLED_OUT[node.op](operands)
        if not isinstance(result, Value):  # of plain numbers only
            return [box]
        result.backward()
        copies = [(copy, gradient) for copy, gradient in zip(operands, contributions(node, 1.0)) if is_value(copy)]
    except Exception:  # the small ones overflow where the one does not, or it is the user's own and fails
        return [box]
    pairs = [(result.data, node.data), *[(copy.grad, gradient) for copy, gradient in copies]]
    if not all(isclose(x, y, rel_tol=1e-9) for x, y in pairs):  # the user's own, or data was set since
        return [box]
    small = {copy: boxes[parent] for copy, parent in zip(operands, node.parents) if isinstance(copy, Value)}
    names.of.update((copy, names.of[parent]) for copy, parent in zip(operands, node.parents) if is_value(copy))
    steps = [step for step in topological_order(result) if step not in small]
    for step in steps:
        if step is result:
            small[step] = box
            box.made_by = result
            names.of[result] = names.of[node]
        else:
            small[step] = Box(step, step.grad * box.grad, step, is_small=True)
            names.of[step] = shown(step.data) if step.op == "constant" else f"v{subscript(len(names.of) + 1)}"
        small[step].operands = {i: small[parent] for i, parent in enumerate(step.parents)}
    return [small[step] for step in steps]
