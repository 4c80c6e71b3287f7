"""Finds two oversights of training loops in a lesson's source: a parameter that is replaced, and gradients that add up.

Both run without an error, and train badly. It tells only what is sure from the source alone.
"""

import ast
from collections.abc import Iterator

from autograd.languages import say

CLEARING = {"zero_grad", "clear"}  # the calls that set gradients to 0
OTHER_ENGINES = {"torch", "jax", "tensorflow", "tinygrad"}  # in which the first may be meant


def oversights(source: str) -> list[tuple[int, str]]:
    """The lines, counted from 1, each with a sentence; none for a source that Python cannot read.

    >>> oversights("for p in ps:\\n    p = p - 0.1 * p.grad")[0][0]
    2
    """
    try:
        tree = ast.parse(source)
        nodes = list(ast.walk(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    imported = {each.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for each in node.names}
    imported |= {(node.module or "").split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    if imported & OTHER_ENGINES:
        return []
    statements = [node for node in nodes if isinstance(node, ast.stmt)]
    found = [(node.lineno, say("replaced", name)) for node in statements for name in _replaced(node)]
    if not any(map(_clears, nodes)):
        loops = [node for node in nodes if isinstance(node, (ast.For, ast.While))]
        found += [(loop.lineno, say("adds up", name)) for loop in loops for name in _trained(loop)][:1]
    return found


def _replaced(node: ast.AST) -> Iterator[str]:
    """The name in p = p - lr * p.grad."""
    match node:
        case ast.Assign([ast.Name(name)], ast.BinOp(ast.Name(left), ast.Sub() | ast.Add(), change)):
            if name == left and name in _names_before(change, "grad"):
                yield name
        case ast.AugAssign(ast.Name(name), ast.Sub() | ast.Add(), change):
            if name in _names_before(change, "grad"):
                yield name


def _trained(loop: ast.For | ast.While) -> Iterator[str]:
    """The name in p.data -= lr * p.grad, in a loop that calls backward() and makes nothing of what it trains."""
    inside = [node for statement in loop.body for node in ast.walk(statement)]
    calls = {node.func.attr for node in inside if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
    if "backward" not in calls:
        return
    made = {node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    through = {
        node.target.id: {each.id for each in ast.walk(node.iter) if isinstance(each, ast.Name)}
        for node in inside
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name)
    }
    for node in inside:
        match node:
            case ast.AugAssign(ast.Attribute(ast.Name(name), "data"), _, change) | ast.Assign(
                [ast.Attribute(ast.Name(name), "data")], change
            ):
                of = through.get(name, {name})
                if name in _names_before(change, "grad") and of and not of & made:
                    yield name


def _names_before(node: ast.AST, attribute: str) -> set[str]:
    """The names x in x.attribute."""
    return {
        each.value.id
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute) and each.attr == attribute and isinstance(each.value, ast.Name)
    }


def _clears(node: ast.AST) -> bool:
    """Whether this may set gradients to 0."""
    match node:
        case ast.Attribute(_, name) | ast.Name(name) if name in CLEARING:
            return True
        case ast.Attribute(_, "grad", ast.Store()):
            return True
        case ast.Constant("grad"):  # setattr(p, "grad", 0.0)
            return True
    return False
