"""Finds a name for every node of a graph: its path in a model, its label, or the variable that refers to it."""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from inspect import CO_OPTIMIZED
from itertools import islice
from types import FrameType
from typing import Any
from unicodedata import bidirectional

from autograd.pictures.numerals import shown, subscript, superscript
from autograd.pictures.rendering import printable
from autograd.value import Value

NOT_THE_USERS = {"In", "Out", "exit", "quit", "get_ipython"}  # the names that a notebook adds to those of its user
LONGEST_IN_FORMULAS = 60  # characters
MOST_ITEMS = 20_000  # of the caller's containers that are searched
MOST_PARAMETERS = 100_000  # of a model


_whose: ContextVar[FrameType | None] = ContextVar("whose variables give the names", default=None)


@contextmanager
def names_from(frame: FrameType | None) -> Iterator[None]:
    """Within it names come from the variables of this frame, not of the caller of draw or explain.

    Use it in a function that draws for its own caller.
    """
    before = _whose.set(frame)
    try:
        yield
    finally:
        _whose.reset(before)


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


def named(
    order: Sequence[Value],
    frame: FrameType | None,
    number_format: str = ".4g",
    others: Mapping[int, Value] | None = None,
) -> Names:
    """The names of the nodes in `order`.

    frame: where to look for variables, the caller's. A parameter of a model is called by its path in the model,
    layers.0.neurons.3.w[1]; any other node by its label, or by a variable that refers to it, x or xs[2].
    others: the ids of objects that stand for nodes, so that a variable that refers to one gives the node its name.

    >>> x = Value(2.0)
    >>> nodes = [x, y := -x, z := Value(1.0, label="loss")]
    >>> list(named(nodes, None).of.values())
    ['x₁', 'v₁', 'loss']
    """
    frame = _whose.get() or frame
    wanted = {id(node): node for node in order} | dict(others or {})
    variables, paths = _in_scope(wanted, frame) if frame else ({}, {})
    names = Names({}, {}, paths)
    unnamed = {"x": 0, "v": 0}
    taken: Counter[str] = Counter()
    for node in order:
        name = "" if node.op == "constant" else printable(paths.get(node) or node.label or variables.get(node, ""))
        if name:
            names.given[node] = name
            taken[name] += 1
            name = _in_formulas(name) + _primes(taken[name] - 1)
        elif node.op == "constant":
            name = shown(node.data, number_format)
        else:
            letter = "v" if node.parents else "x"
            unnamed[letter] += 1
            name = letter + subscript(unnamed[letter])
        names.of[node] = name
    return names


def _primes(n: int) -> str:
    """The mark of the n-th other node of the same name: ′, ″, ‴, ′⁴."""
    return ("", "′", "″", "‴")[n] if n < 4 else f"′{superscript(n)}"


def _in_formulas(name: str) -> str:
    """A name as it stands in formulas: short, in brackets if it is a formula itself, and running to the right."""
    if len(name) > LONGEST_IN_FORMULAS:
        name = name[:LONGEST_IN_FORMULAS] + "…"
    name = re.sub("[\u202a-\u202e\u2066-\u2069]", "\N{REPLACEMENT CHARACTER}", name)
    if any(bidirectional(character) in ("R", "AL") for character in name):
        name = f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"
    return f"({name})" if re.search(r"[\s+*/^=<>|,×÷−-]", name) else name


def _in_scope(wanted: Mapping[int, Value], frame: FrameType) -> tuple[dict[Value, str], dict[Value, str]]:
    """The plainest variables that refer to wanted nodes, and the paths of those that are parameters of a model."""
    variables: dict[Value, tuple[int, str]] = {}
    models: dict[str, dict[Value, str]] = {}
    budget = [MOST_ITEMS]
    for variable, thing in _variables(frame):
        with suppress(Exception):  # a variable that raises when it is read gives no names
            if is_model(thing):
                parameters = islice(thing.named_parameters(), MOST_PARAMETERS)
                models[variable] = {wanted[id(node)]: path for path, node in parameters if id(node) in wanted}
            for node, keys in _values(thing, wanted, budget):
                steps = len(keys) + variable.count(".")  # loss is plainer than losses[0] and self.loss
                if node not in variables or steps < variables[node][0]:
                    variables[node] = steps, variable + "".join(f"[{key!r}]" for key in keys)
    # the largest first, so that a part of a model, held by a variable of its own, is not taken for another model
    wholes: dict[str, dict[Value, str]] = {}
    for variable, found in sorted(models.items(), key=lambda item: -len(item[1])):
        if found and not any(found.keys() <= whole.keys() for whole in wholes.values()):
            wholes[variable] = found
    paths: dict[Value, str] = {}
    for variable, found in wholes.items():
        for node, path in found.items():
            # the names of models matter only if there are several
            paths.setdefault(node, path if len(wholes) == 1 else f"{variable}.{path}")
    return {node: name for node, (_, name) in variables.items()}, paths


def _variables(frame: FrameType) -> Iterator[tuple[str, Any]]:
    """The variables that the caller sees, and the attributes of its self."""
    local = _local_variables(frame)
    others = {name: thing for name, thing in list(frame.f_globals.items()) if name not in local}
    for name, thing in [*local.items(), *others.items()]:
        if isinstance(name, str) and name.isidentifier() and name[0] != "_" and name not in NOT_THE_USERS:
            yield name, thing
            if name == "self" and type(getattr(thing, "__dict__", None)) is dict:
                yield from [(f"self.{attribute}", each) for attribute, each in vars(thing).items()]


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


def _values(
    thing: Any, wanted: Mapping[int, Value], budget: list[int], keys: tuple[Any, ...] = ()
) -> Iterator[tuple[Value, tuple[Any, ...]]]:
    """The wanted Values in a variable: itself, or in lists, tuples, dicts and arrays, two levels deep.

    budget: how many items may still be looked at, in all variables together.
    """
    if id(thing) in wanted:
        yield wanted[id(thing)], keys
        return
    kind = type(thing)
    if kind.__module__ == "numpy" and str(getattr(thing, "dtype", "")) == "object":
        thing = thing.tolist()  # an array of Values
        kind = type(thing)
    if len(keys) == 2 or not issubclass(kind, (list, tuple, dict)):
        return
    items = thing.items() if issubclass(kind, dict) else enumerate(thing)
    for key, item in list(islice(items, budget[0] + 1)):
        budget[0] -= 1
        if budget[0] < 0:
            return
        yield from _values(item, wanted, budget, (*keys, key))
