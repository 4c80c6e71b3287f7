"""explore(value): makes a page on which you can change every number, and everything that depends on it follows."""

import keyword
import math
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from types import FrameType
from typing import Any

from autograd.derivatives import Operation
from autograd.languages import say
from autograd.pictures import pages
from autograd.pictures.captions import symbol
from autograd.pictures.names import Names, named
from autograd.pictures.not_finite import bad_value
from autograd.pictures.operations_in_javascript import entries, formulas_of, source_of
from autograd.pictures.other_engines import is_foreign, taken_over
from autograd.pictures.placing import Parts, placed
from autograd.pictures.rendering import write
from autograd.pictures.scene import scene
from autograd.pictures.selection import MOST_EDGES, MOST_NODES
from autograd.pictures.training import checked, data_of, training_of
from autograd.pictures.ways import Way, ways_of
from autograd.pictures.wording import Wording
from autograd.value import Value, topological_order

MOST_STEPS = 2000  # operations that a person could want to explore
MOST_SLIDERS = 12  # leaves that have one beside their field
MOST_UPRIGHT = 120  # boxes of a graph that is laid out from top to bottom too, for narrow screens


@dataclass(frozen=True, eq=False)
class Exploration:
    """A page to explore. A notebook shows it; .save('x.html') writes it; .page is the page, which needs nothing else.

    title: what is explored.
    """

    title: str
    _data: dict[str, Any] = field(repr=False)
    _operations: str = field(repr=False)
    _template: str = field(default="explorer/page.html", repr=False)

    @cached_property
    def page(self) -> str:
        """The page: HTML with all that it needs in it."""
        parts = {"title": pages.text(self.title), "data": pages.data(self._data), "operations": self._operations}
        return pages.page(self._template, **parts)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the page to a file and return its path. ValueError for another ending than .html."""
        path = Path(path)
        write(path, {".html": lambda: self.page}, "an exploration")
        return path

    def __repr__(self) -> str:
        return f"Exploration of {self.title}: shown by a notebook, or .save('x.html')"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {
            "text/html": pages.framed(self.page, "min(760px, 86vh)"),
            "text/plain": repr(self),
        }


def explore(value: Any, *args: Any, digits: int = 4, **settings: Any) -> Exploration:
    """A page on which you can change every leaf of a Value: data, gradients, colours and words follow at once.

    value: a Value, or a value of another engine, as draw takes it; or a function; or a model, which the page
        trains.
    args: the numbers that a function is called with; or the loss and the data of a model.
    digits: how many digits the page shows of each number, from 1 to 15.

    settings: those that the training begins with: lr, batch_size (0 for all examples), optimizer ("sgd" or "adam"),
        momentum, weight_decay (L2), l1 and seed (0 for the weights that the model has). For a model that reads texts,
        lists of whole numbers, characters says what the numbers stand for: ".abc".

    Returns an Exploration: a notebook shows it, and .save("x.html") writes a page that works offline. Drag a number,
    type, or use the keys. The page undoes, plots any number over any leaf, with the tangent whose slope is the
    gradient, plays the chain rule, and shows the same as a Python program. In a graph of more than 300 nodes it shows
    the leaves and the result.

    The page computes what the Value computed, with other numbers. A Value does not know what an `if` of Python would
    have chosen. If there is one, give the function itself: explore(f, 2.0, -3.0) looks for the ways that it can take,
    and the page goes from one to the other. Where it knows no way, it says so, and the last numbers stay.

    A model is trained with the mean of loss([model(x)], [target]) over the pairs of x and target in the data. Each step
    of the page is that of the same loop in Python.

    TypeError if `value` is none of these. ValueError for an operation of your own, for numbers that are not finite, for
    a Value without leaves, and for more than 2,000 operations. CannotCompile for a function that does more than
    compute.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> explore((a * b).tanh())
    Exploration of v₂: shown by a notebook, or .save('x.html')
    >>> explore(lambda x, y: x * y if x > 0 else y, 2.0, 3.0)
    Exploration of f: shown by a notebook, or .save('x.html')
    """
    if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= 15:
        raise ValueError(f"digits must be a whole number from 1 to 15, got {digits!r}")
    frame, others = sys._getframe(1), dict[int, Value]()
    if is_foreign(value):
        value, others = taken_over(value)
    if len(args) == 2 and callable(args[0]) and not isinstance(value, Value):
        training = training_of(value, *args)
        characters = settings.pop("characters", "")
        data, programs = data_of(training, _title(value, frame), checked(settings), characters)
        return Exploration(say("the training of {0}", data["title"]), data, programs, "explorer/training.html")
    if settings:
        raise TypeError(f"explore takes {', '.join(settings)} with a model, a loss and data only")
    if isinstance(value, Value) and not args:
        ways = [Way(value, topological_order(value), [], [])]
    elif callable(value):
        ways = ways_of(value, args)
    else:
        several = ", and no numbers beside it" if isinstance(value, Value) else ""
        raise TypeError(f"explore takes a Value{several}, or a function and its numbers; got {type(value).__name__}")
    called = getattr(value, "__name__", "")
    return _exploration(ways, frame, others, digits, "f" if called == "<lambda>" else called)


def _title(model: Any, frame: FrameType) -> str:
    """The name of a model on its page."""
    names = [name for name, thing in [*frame.f_locals.items(), *frame.f_globals.items()] if thing is model]
    shown = repr(model)
    about = shown if len(shown) <= 60 and " object at " not in shown else type(model).__name__
    return f"{names[0]} = {about}" if names else about


def _exploration(
    ways: Sequence[Way], frame: FrameType, others: dict[int, Value], digits: int, function: str
) -> Exploration:
    """The page of these ways. function: the name of a result that has none of its own."""
    numbers: dict[Value, int] = {}  # of the leaves that are not inputs, which are those of the function first
    drawn: list[dict[str, Any]] = []
    operations: dict[str, Operation] = {}
    first = ways[0]
    for way in ways:
        if function and way.result.parents and not way.result.label:
            way.result.label = function
        names = named(way.order, frame, f".{digits}g", others)
        leaves = leaves_of(way.order)
        which = {leaf: k for k, leaf in enumerate(way.inputs)}
        for leaf in leaves:
            if leaf not in which:
                which[leaf] = numbers.setdefault(leaf, len(way.inputs) + len(numbers))
        operations |= entries(way.order)
        drawn.append(way_of(way.order, way.result, names, which, digits, way.comparisons))
    start = [leaf.data for leaf in [*first.inputs, *numbers]]
    title = drawn[0]["nodes"][drawn[0]["result"]]["name"]
    data = {"title": title, "digits": digits, "leaves": [{"data": x} for x in start], "ways": drawn}
    return Exploration(title, data, source_of(operations.values()))


def leaves_of(order: Sequence[Value]) -> list[Value]:
    """The numbers that can be changed. ValueError if there are none, or for a graph that no page can hold."""
    leaves = [node for node in order if not node.parents and node.op != "constant"]
    n = sum(1 for node in order if node.parents)
    if n > MOST_STEPS:
        raise ValueError(
            f"this value took {n:,} operations, too many for a page; the limit is {MOST_STEPS:,}. Explore a part of "
            "it, such as one neuron or the loss of one example"
        )
    if not leaves:
        raise ValueError("this value depends on no Value that could be changed: it was computed from plain numbers")
    found = bad_value(order)
    if found or not all(math.isfinite(node.data) for node in order):
        raise ValueError("explore needs finite numbers" + (f": {found}" if found else ""))
    return leaves


def way_of(
    order: Sequence[Value],
    result: Value,
    names: Names,
    leaves: dict[Value, int],
    digits: int,
    guards: Sequence[Any] = (),
) -> dict[str, Any]:
    """What the page needs of a graph: its nodes, where they stand, and the program that computes it.

    leaves: the number of each leaf among all that can be changed.
    guards: comparisons that must come out as they did, [comparison, left, right, outcome], the sides as Values.
    """
    place = {node: i for i, node in enumerate(order)}
    nodes = []
    for node in order:
        kind = "leaf" if node in leaves else "node" if node.parents else "constant"
        each: dict[str, Any] = {"name": names.of[node], "kind": kind, "op": str(node.op) if node.parents else ""}
        each["given"] = node in names.given
        each |= {"data": node.data, "parents": [place[parent] for parent in node.parents]}
        if kind == "leaf":
            each["leaf"] = leaves[node]
        if node.parents:
            folded = {k for k, parent in enumerate(node.parents) if parent.op == "constant"}
            each |= {"symbol": symbol(node, folded, f".{digits}g"), "cases": formulas_of(node)}
        nodes.append(each)
    reached = {place[node] for node in topological_order(result)}
    shown_nodes = [
        i for i, each in enumerate(nodes) if each["kind"] == "leaf" or (each["kind"] == "node" and i in reached)
    ]
    way = {
        "nodes": nodes,
        "result": place[result],
        "drawn": [i for i in shown_nodes if nodes[i]["kind"] == "node"],
        "guards": [[sign, place[left], place[right], outcome] for sign, left, right, outcome in guards],
        "hasSliders": len(leaves) <= MOST_SLIDERS,
        "python": program_of(order, result, names, place),
    }
    parts = parts_of(nodes, shown_nodes)
    if len(parts.boxes) > MOST_NODES or len(parts.edges) > MOST_EDGES:
        boxes = {i: size for i, size in parts.boxes.items() if nodes[i]["kind"] == "leaf" or i == way["result"]}
        side_by_side = [[i, 0, 0, *size] for i, size in boxes.items()]  # the page knows how many fit into a row
        large, places = scene(order, names, Wording(names.of, f".{digits}g"), called=lambda node: names.of[node])
        for part in large["clusters"]:
            part["lines"].pop()  # the largest gradient: the page changes it
        large |= {"places": [place[node] for node in places], "result": places[result]}
        return way | {"wide": {"v": side_by_side, "o": [], "e": []}, "tall": None, "large": large}
    tall = _laid_out(parts, "TB") if len(parts.boxes) <= MOST_UPRIGHT else None
    return way | {"wide": _laid_out(parts, "LR"), "tall": tall}


def parts_of(nodes: Sequence[dict[str, Any]], drawn: Sequence[int]) -> Parts:
    """The sizes of boxes and circles, in pixels, and the edges."""
    boxes: dict[int, tuple[float, float]] = {}
    circles: dict[int, tuple[float, float]] = {}
    edges = []
    leaf = 102 if sum(node["kind"] == "leaf" for node in nodes) <= MOST_SLIDERS else 84
    for i in drawn:
        node = nodes[i]
        width = min(max(114, 9 * len(node["name"]) + 26), 220)
        boxes[i] = (max(width, 132), leaf) if node["kind"] == "leaf" else (width, 72)
        if node["kind"] == "node":
            n = len(node["symbol"])
            circles[i] = (36, 36) if n == 1 else (9 * n + 22, 32)
            edges += [(p, i) for p in node["parents"] if nodes[p]["kind"] != "constant"]
    return Parts(boxes, circles, edges)


def _laid_out(parts: Parts, direction: str) -> dict[str, Any]:
    """As placed() has it, with the sizes."""
    sizes = {"v": parts.boxes, "o": parts.operations}
    found = placed(parts, direction)
    return found | {kind: [[i, x, y, *sizes[kind][i]] for i, x, y in found[kind]] for kind in sizes}


# The same as a program


INFIX = {"+", "-", "*", "/", "**", "%", "//"}
OF_LISTS = {"sum", "mean", "prod", "norm", "logsumexp", "max", "min"}
SPELLED = {
    "sech": "1 / autograd.cosh({0})",
    "bell": "autograd.exp(-({0} ** 2) / 2)",
    "gauss": "autograd.exp(-({0} ** 2))",
    "reciprocal": "1 / {0}",
    "neg": "-{0}",
    "abs": "abs({0})",
}


def program_of(order: Sequence[Value], result: Value, names: Names, place: dict[Value, int]) -> list[Any]:
    """Lines of Python that compute a graph; of a leaf, its place and what stands before and after its number."""
    taken: set[str] = {"autograd", "Value", "abs", "explore"}
    called: dict[Value, str] = {}
    lines: list[Any] = ["import autograd", "from autograd import Value", ""]
    for node in order:
        if node.op == "constant" and not node.parents:
            called[node] = repr(node.data)
            continue
        name = called[node] = _identifier(names.of[node], taken)
        if not node.parents:
            lines.append([place[node], f"{name} = Value(", ")"])
        else:
            lines.append(f"{name} = {_statement(str(node.op), [called[parent] for parent in node.parents])}")
    root = called[result]
    lines += [f"{root}.backward()"]
    for node in order:
        if not node.parents and node.op != "constant":
            lines.append(f'print("{called[node]}", {called[node]}.data, {called[node]}.grad)')
    return [*lines, f'print("{root}", {root}.data)']


def _statement(op: str, operands: list[str]) -> str:
    safe = [f"({x})" if x.startswith("-") else x for x in operands]
    if op in INFIX:
        return f" {op} ".join(safe)
    if op in SPELLED:
        return SPELLED[op].format(*safe)
    if op == "dot":
        half = len(operands) // 2
        return f"autograd.dot([{', '.join(operands[:half])}], [{', '.join(operands[half:])}])"
    if op in OF_LISTS:
        return f"autograd.{op}([{', '.join(operands)}])"
    return f"autograd.{op}({', '.join(operands)})"


def _identifier(name: str, taken: set[str]) -> str:
    """A name that Python takes, and that no other node has."""
    plain = name.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹′″‴", "01234567890123456789___"))
    plain = re.sub(r"\W+", "_", plain, flags=re.ASCII).strip("_") or "x"
    plain = f"x{plain}" if plain[0].isdigit() or keyword.iskeyword(plain) else plain
    found, n = plain, 1
    while found in taken:
        n += 1
        found = f"{plain}_{n}"
    taken.add(found)
    return found
