"""Gives a page the operations of a graph as functions of JavaScript, and their local gradients as formulas.

Both come from the table of derivatives: the functions by its translation, the formulas by calling it with Formulas at
points in all of its branches.
"""

import itertools
import random
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from autograd import derivatives as table
from autograd.compiling.exports.javascript import functions_of_many, javascript, mathematics
from autograd.compiling.exports.of_many import CALLS
from autograd.derivatives import TABLE, Operation
from autograd.native.translation import Translator
from autograd.pictures.formulas import BLACKBOARD_GRADIENTS, SELECTIONS, Formula, contributions, entry, same
from autograd.value import Value

Tree = Any  # a number; the place of an operand, or "out", as a text; or a list of an operation and its operands

MOST_OPERANDS = 12  # of an operation of many numbers whose formulas are looked for
PROBES = (-2.5, -0.75, 0.0, 0.3, 1.0, 3.0)


def source_of(operations: Iterable[Operation]) -> str:
    """An object of JavaScript: each operation by its name, with its value and its partial derivatives.

    Those of many numbers take an array and how many numbers are in it; their `back` adds to an array of gradients.
    """
    translator, called, rows = Translator(), dict[str, None](), []
    for op in operations:
        if op.operands:
            names = dict(zip(("out", *op.operands), ("out", *op.operands)))
            value = javascript(translator.value(op, op.operands))
            partials = [javascript(translator.partial(op, k, names)) for k in range(len(op.operands))]
            parameters = ", ".join(op.operands)
            slopes = ", ".join(f"(out, {parameters}) => {partial}" for partial in partials)
            parts = [f"value: ({parameters}) => {value}", f"partials: [{slopes}]"]
        else:
            value, back = _of_many(op)
            for text in (value, back):
                called[text.split("(")[0]] = None
            parts = [f"value: (x, n) => {value}", f"back: (d, out, x, gradient, n) => {{ {back} }}"]
        names_of_operands = ", ".join(f'"{x}"' for x in op.operands)
        parts += [f"operands: [{names_of_operands}]", f'domain: "{op.domain}"']
        rows.append(f'  "{op.name}": {{ {", ".join(parts)} }},')
    functions = [*functions_of_many(called), *map(javascript, translator.functions.values())]
    return "\n".join([mathematics([*functions, *rows]), *functions, "const OPERATIONS = {", *rows, "};"])


def _of_many(op: Operation) -> tuple[str, str]:
    if op is table.dot:
        half = "n / 2"
        back = (
            f"add_multiple(d, x, {half}, 1, gradient, 0, 1, {half}); "
            f"add_multiple(d, x, 0, 1, gradient, {half}, 1, {half});"
        )
        return f"dot(x, 0, 1, x, {half}, 1, {half})", back
    value, back = CALLS[op]
    return (
        value.format(x="x, 0", step=1, n="n"),
        back.format(d="d", out="out", x="x, 0", gradient="gradient, 0", step=1, n="n") + ";",
    )


def entries(order: Sequence[Value]) -> dict[str, Operation]:
    """The operations of a graph by their names. ValueError for one of the user's own, which no page can compute."""
    found: dict[str, Operation] = {}
    for node in order:
        if node.parents:
            op = entry(node)
            if op is None or not _is_of_the_table(node, op):
                raise ValueError(
                    f"'{node.op}' is an operation of your own, known only as a function of Python: a page cannot "
                    "compute it again. Write it with operators and the functions of autograd, or use explain(value)"
                )
            found[op.name] = op
    return found


def _is_of_the_table(node: Value, op: Operation) -> bool:
    try:
        numbers = op.partials(node.data, *[parent.data for parent in node.parents])
        return all(same(x, float(y)) for x, y in zip(contributions(node, 1.0), numbers))
    except (ValueError, ArithmeticError):
        return True  # at a pole, or where some data was set since: the page computes it afresh


def formulas_of(node: Value) -> list[Any]:
    """The local gradient of a node as cases: conditions, whether the last one is to be told, and a Tree per parent.

    Conditions are [left, sign, right, outcome]. A Tree is None where no formula is known.
    """
    op = entry(node)
    given = tuple(parent.data if parent.op == "constant" else None for parent in node.parents)
    return _cases(op.name, given) if op is not None else []


@cache
def _cases(name: str, given: tuple[float | None, ...]) -> list[Any]:
    op = TABLE[name]
    if name in ("max", "min") or len(given) > MOST_OPERANDS * 2:
        return []
    chance = random.Random(name)
    free = [k for k, x in enumerate(given) if x is None]
    points: list[tuple[float, ...]] = list(itertools.product(PROBES, repeat=len(free))) if len(free) <= 3 else []
    points += [tuple(chance.choice(PROBES[3:]) * chance.uniform(0.2, 2) for _ in free) for _ in range(20)]
    found: dict[str, Any] = {}
    for point in points:
        xs = list(given)
        for k, x in zip(free, point):
            xs[k] = x
        case = _case(op, [x for x in xs if x is not None], free)
        if case is None:
            continue
        conditions, trees = case
        key = repr(conditions)
        if key in found:  # a number that was computed on the way is no formula
            found[key][2] = [x if repr(x) == repr(y) else None for x, y in zip(found[key][2], trees)]
        else:
            found[key] = [conditions, name in SELECTIONS, trees]
    return list(found.values())


def _case(op: Operation, xs: Sequence[float], free: Sequence[int]) -> tuple[list[Any], list[Tree]] | None:
    """The conditions and the formulas at a point; None where it is not defined."""
    compared: list[Any] = []
    try:
        data = op.value(*xs)
        operands = [Formula(x, node=Value(x), compared=compared) if k in free else x for k, x in enumerate(xs)]
        out = Formula(data, node=Value(data), compared=compared)
        formulas = BLACKBOARD_GRADIENTS.get(op.name, op.partials)(out, *operands)
    except (ValueError, ArithmeticError, RuntimeError):
        return None
    places = {id(x): str(k) for k, x in enumerate(operands) if isinstance(x, Formula)} | {id(out): "out"}
    conditions = [[tree(left, places), sign, tree(right, places), outcome] for left, sign, right, outcome in compared]
    trees = [tree(x, places) if k in free else None for k, x in enumerate(formulas)]
    return conditions, [None if _has_nan(x) else x for x in trees]


def tree(x: Any, places: dict[int, str]) -> Tree:
    """A Formula for the page."""
    if not isinstance(x, Formula):
        return float(x)
    return places[id(x)] if id(x) in places else [x.op, *(tree(y, places) for y in x.operands)]


def _has_nan(x: Tree) -> bool:
    return any(map(_has_nan, x[1:])) if isinstance(x, list) else x != x
