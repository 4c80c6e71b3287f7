"""Turns the graph of another engine, objects with data, grad and parents, into Values that can be drawn and explained.

Each becomes a Value with the same numbers. Its local gradient is what the object itself says, by _local_grads or by its
_backward(): a mistake in that engine shows. Where an operation of the table fits all numbers, it lends its formula.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import permutations
from math import isclose
from typing import Any

from autograd.derivatives import TABLE, to_float
from autograd.pictures.rendering import printable
from autograd.recording import recording
from autograd.value import Value

PARENTS = ("_prev", "parents", "_children", "children", "_parents", "prev")  # what engines call them
OPS = ("_op", "op")
NAMES = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "div": "/", "pow": "**"}  # of operations, elsewhere
UNNAMED = ("+", "*", "-", "/", "neg", "exp", "log", "tanh", "relu", "**")  # what one without a name may be
UNKNOWN = "?"


def is_foreign(thing: Any) -> bool:
    """Whether something is a node of another engine: an object with the number data, and parents."""
    return (
        not isinstance(thing, (Value, type))
        and isinstance(getattr(thing, "data", None), (int, float))
        and _parents(thing) is not None
    )


def taken_over(root: Any) -> tuple[Value, dict[int, Value]]:
    """The graph of a node of another engine in Values: its root, and the Value for each id of an object.

    No object is changed afterwards.
    """
    values: dict[int, Value] = {}
    with recording():
        for node in _topological_order(root):
            values[id(node)] = _as_value(node, values)
    return values[id(root)], values


def _parents(node: Any) -> list[Any] | None:
    for name in PARENTS:
        found = getattr(node, name, None)
        if isinstance(found, (set, frozenset)):
            left = _left_operand(node)
            return sorted(found, key=lambda parent: parent is not left)
        if isinstance(found, (tuple, list)):
            return list(found)
    return None


def _left_operand(node: Any) -> Any:
    """The self of the operator, which its _backward knows: a set of parents has lost their order."""
    function = getattr(node, "_backward", None)
    names, cells = getattr(getattr(function, "__code__", None), "co_freevars", ()), getattr(function, "__closure__", ())
    return next((cell.cell_contents for name, cell in zip(names, cells or ()) if name == "self"), None)


def _topological_order(root: Any) -> list[Any]:
    """The same as that of the engine, but by the ids of nodes, because a class may compare its nodes as it likes.

    ValueError, naming the values on it, for a cycle.
    """
    order: list[Any] = []
    way: dict[int, Any] = {}  # from the root to where the search is
    done: set[int] = set()
    stack = [(root, False)]
    while stack:
        node, is_ready = stack.pop()
        if is_ready:
            order.append(node)
            done.add(id(way.popitem()[1]))
        elif id(node) in way:
            nodes = [*way.values()]
            raise ValueError(_about_cycle(nodes[[*way].index(id(node)) :]))
        elif id(node) not in done:
            way[id(node)] = node
            stack.append((node, True))
            stack.extend((parent, False) for parent in (_parents(node) or [])[::-1])
    return order


def _about_cycle(nodes: Sequence[Any]) -> str:
    """The sentence about values on a cycle: each is a parent of the one before it, and the first of the last."""
    first, *others = [_described(node) for node in nodes]
    through = f", by way of {', '.join(others[:3])}{', …' if len(others) > 3 else ''}" if others else ""
    return (
        f"the graph has a cycle: {first} is computed from itself{through}. A value must not be among its own parents, "
        "as after an += that changes the value itself: make a new value in its place"
    )


def _described(node: Any) -> str:
    """A node by its label or operation, and its number."""
    label = getattr(node, "label", "")
    op = next((name for name in (getattr(node, each, None) for each in OPS) if isinstance(name, str)), "")
    name = label if isinstance(label, str) and label else op
    return printable(f"{name!r} = {node.data!r}" if name else f"the value {node.data!r}")


def _as_value(node: Any, values: dict[int, Value]) -> Value:
    what = "the data of a node of another engine"
    data, label = to_float(node.data, what), getattr(node, "label", "")
    objects = _parents(node) or []
    if objects:
        local = _local_gradients(node, objects)
        op, operands, slopes = _recognised(node, data, [values[id(each)] for each in objects], local)
        value = Value(data, operands, op, partial(_chain_rule, node, slopes))
    else:
        value = Value(data)
    value.label = label if isinstance(label, str) else ""
    grad = getattr(node, "grad", None)
    value.grad = 0.0 if grad is None else to_float(grad, "the grad of a node of another engine")
    return value


def _local_gradients(node: Any, parents: Sequence[Any]) -> list[float] | None:
    """How much each parent moves the node, by the node's own words; None if it has none."""
    told = getattr(node, "_local_grads", None)
    if isinstance(told, (tuple, list)) and len(told) == len(parents):
        return [to_float(each, "a local gradient of another engine") for each in told]
    backward = getattr(node, "_backward", None)
    if not callable(backward):
        return None
    before = [(each, each.grad) for each in [node, *parents]]
    try:
        for each, _ in before:
            each.grad = 0.0
        node.grad = 1.0
        backward()
        found = []
        for parent in parents:
            found.append(to_float(parent.grad, "a gradient of another engine"))
            parent.grad = 0.0  # one that stands there twice has got it once
        return found
    except Exception:  # whatever that engine wants, it is not this
        return None
    finally:
        for each, grad in before:
            each.grad = grad


def _chain_rule(node: Any, slopes: Sequence[float] | None, gradient: float) -> list[float]:
    if slopes is None:
        raise TypeError(f"the engine of {type(node).__name__} does not tell the derivative of this operation")
    return [gradient * slope for slope in slopes]


def _recognised(
    node: Any, data: float, parents: list[Value], local: list[float] | None
) -> tuple[str, list[Value], list[float] | None]:
    """The name of the operation, its operands in their order, and the partial derivatives."""
    named = next((name for name in (getattr(node, each, None) for each in OPS) if isinstance(name, str)), "")
    fitting = []
    for op, operands in _candidates(named, data, parents, local):
        try:
            xs = [operand.data for operand in operands]
            out = TABLE[op].value(*xs)
            slopes = [float(slope) for slope in TABLE[op].partials(out, *xs)]
        except (ArithmeticError, TypeError, ValueError):  # another number of operands, or outside the domain
            continue
        if isclose(out, data, rel_tol=1e-9) and (local is None or _same_slopes(parents, local, operands, slopes)):
            fitting.append((op, operands, slopes))
    if len({op for op, _, _ in fitting}) == 1:
        return fitting[0]
    return named or UNKNOWN, parents, local


def _candidates(
    named: str, data: float, parents: list[Value], local: list[float] | None
) -> Iterator[tuple[str, list[Value]]]:
    """Operations of the table, and orders of the operands, that may be what a node was computed by."""
    power = re.fullmatch(r"\*\*\s*\(?(-?[\d.]+(?:e-?\d+)?)\)?", named)
    name = NAMES.get(named.lower(), named.lower())
    for op in [name] if name in TABLE else ["**"] if power else [] if named else UNNAMED:
        if op == "**" and len(parents) == 1:
            x = parents[0].data
            if power:
                yield op, [parents[0], Value(float(power[1]), op="constant")]
            elif local is not None and data:  # the slope of x**n is n x**n / x
                yield op, [parents[0], Value(round(local[0] * x / data, 9), op="constant")]
        elif len(parents) == 2:
            yield from ((op, list(order)) for order in permutations(parents))
        else:
            yield op, parents
            if len(parents) == 1:  # a + a, where the parents are a set
                yield op, parents * 2


def _same_slopes(parents: list[Value], local: list[float], operands: list[Value], slopes: list[float]) -> bool:
    sides: tuple[Counter[Value], Counter[Value]] = (Counter(), Counter())
    for side, nodes, numbers in zip(sides, (parents, operands), (local, slopes)):
        for each, number in zip(nodes, numbers, strict=True):
            side[each] += number  # type: ignore[assignment]
    return all(isclose(sides[0][each], sides[1][each], rel_tol=1e-9, abs_tol=1e-300) for each in parents)
