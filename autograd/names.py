"""Finds a name for every node of a graph: its path in a model, its label, or the variable that refers to it."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from inspect import CO_OPTIMIZED
from types import FrameType
from typing import Any

from autograd.engine import Value
from autograd.numerals import shown, subscript
from autograd.rendering import printable

NOT_THE_USERS = {"In", "Out", "exit", "quit", "get_ipython"}  # the names that a notebook adds to those of its user
LONGEST_IN_FORMULAS = 60  # characters
MOST_ITEMS = 10_000  # of a container of the caller, to be looked through


@dataclass(frozen=True)
class Names:
    """What the nodes of a graph are called.

    given: the names that people gave, for those nodes that have one.
    of: a name for every node, to write formulas with: a constant is called by its number, and what has no other name
        x₁, x₂, … if it is a leaf, and v₁, v₂, … in the order of computation if it is a result.
    paths: the paths of those nodes that are parameters of a model.
    """

    given: dict[Value, str]
    of: dict[Value, str]
    paths: dict[Value, str]


def named(order: Sequence[Value], frame: FrameType | None, number_format: str = ".4g") -> Names:
    """The names of the nodes in `order`.

    frame: where to look for variables, the caller's. A parameter of a model is called by its path in the model,
    layers.0.neurons.3.w[1]; any other node by its label, or by a variable that refers to it, x or xs[2].

    >>> x = Value(2.0)
    >>> nodes = [x, y := -x, z := Value(1.0, label="loss")]
    >>> list(named(nodes, None).of.values())
    ['x₁', 'v₁', 'loss']
    """
    variables, paths = _in_scope(set(order), frame) if frame else ({}, {})
    names = Names({}, {}, paths)
    unnamed = {"x": 0, "v": 0}
    for node in order:
        name = "" if node.op == "constant" else printable(paths.get(node) or node.label or variables.get(node, ""))
        if name:
            names.given[node] = name
            name = name if len(name) <= LONGEST_IN_FORMULAS else name[:LONGEST_IN_FORMULAS] + "…"
        elif node.op == "constant":
            name = shown(node.data, number_format)
        else:
            letter = "v" if node.parents else "x"
            unnamed[letter] += 1
            name = letter + subscript(unnamed[letter])
        names.of[node] = name
    return names


def _in_scope(wanted: set[Value], frame: FrameType) -> tuple[dict[Value, str], dict[Value, str]]:
    """The variables that refer to wanted nodes, and the paths of those that are parameters of a model."""
    variables: dict[Value, str] = {}
    models: dict[str, dict[Value, str]] = {}
    for scope in (_local_variables(frame), frame.f_globals):
        for variable, thing in list(scope.items()):
            if variable.startswith("_") or not variable.isidentifier() or variable in NOT_THE_USERS:
                continue
            if is_model(thing):
                with suppress(Exception):  # one that cannot name its parameters gives no names
                    models[variable] = {node: path for path, node in thing.named_parameters() if node in wanted}
            for node, name in _values(thing, variable):
                if node in wanted:
                    variables.setdefault(node, name)
    # the largest first, so that a part of a model, held by a variable of its own, is not taken for another model
    wholes: dict[str, dict[Value, str]] = {}
    for variable, found in sorted(models.items(), key=lambda item: -len(item[1])):
        if found and not any(found.keys() <= whole.keys() for whole in wholes.values()):
            wholes[variable] = found
    paths: dict[Value, str] = {}
    for variable, found in wholes.items():
        for node, path in found.items():
            # only where there are several models need they be told apart
            paths.setdefault(node, path if len(wholes) == 1 else f"{variable}.{path}")
    return variables, paths


def _local_variables(frame: FrameType) -> dict[str, Any]:
    scope = frame.f_locals
    variables = dict(scope)
    # Until Python 3.13 a function keeps this copy of its variables, and with it graphs that it has dropped
    if sys.version_info < (3, 13) and frame.f_code.co_flags & CO_OPTIMIZED and sys.getrefcount(scope) == 3:
        scope.clear()
    return variables


def is_model(thing: Any) -> bool:
    """Whether something offers named_parameters(), as a Module does."""
    return callable(getattr(type(thing), "named_parameters", None))


def _values(thing: Any, name: str, deeper: int = 2) -> Iterator[tuple[Value, str]]:
    """The Values in a variable: itself, or in lists, tuples, dicts and arrays, two levels deep."""
    if isinstance(thing, Value):
        yield thing, name
        return
    if type(thing).__module__ == "numpy" and str(getattr(thing, "dtype", "")) == "object" and thing.size <= MOST_ITEMS:
        thing = thing.tolist()  # an array of Values
    items: Iterable[tuple[Any, Any]]
    if deeper and type(thing) in (list, tuple) and len(thing) <= MOST_ITEMS:
        items = enumerate(thing)
    elif deeper and type(thing) is dict and len(thing) <= MOST_ITEMS:
        items = list(thing.items())
    else:
        return
    for key, item in items:
        if isinstance(item, Value | list | tuple | Mapping):
            yield from _values(item, f"{name}[{key!r}]", deeper - 1)
