"""The arguments of compiled functions: what in them varies from call to call, what is part of a recording, and rows."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd import functions
from autograd.transforms.containers import dict_like, is_array, is_container, leaves, paths, rebuilt
from autograd.value import Value, engine_name


def in_order(function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    """All arguments by position, those given by name too."""
    name = getattr(function, "__name__", "the function")
    try:
        given = inspect.signature(function).bind(*args, **named)
    except TypeError as error:
        raise TypeError(f"{name}(): {error}") from None
    given.apply_defaults()
    if given.kwargs:
        by_name = ", ".join(given.kwargs)
        raise TypeError(f"a compiled function cannot have keyword-only arguments, and {name} has {by_name}")
    return given.args


def named_paths(function: Callable[..., Any], args: tuple[Any, ...]) -> list[str]:
    """What each leaf of the arguments is called in the function: "x", "points[0][1]"."""
    try:
        arguments = inspect.signature(function).bind(*args).arguments
    except ValueError:  # of a function that Python knows nothing about
        return paths(args, "args")
    return [path for name, argument in arguments.items() for path in paths(argument, name)]


def taken_apart(args: Any) -> tuple[Any, list[Any]]:
    """The shape of arguments, and the numbers in them, floats and Values.

    Arguments of the same shape run the same program. Everything that is not a float, a Value, or a number in an array
    is part of the shape.
    """
    inputs: list[Any] = []
    return shape_of(args, inputs), inputs


def shape_of(tree: Any, inputs: list[Any]) -> Any:
    """The shape of a container; appends its numbers."""
    kind = type(tree)
    if kind is float:
        inputs.append(tree)
        return float
    if isinstance(tree, (list, tuple)):
        kinds = set(map(type, tree))
        if kinds <= {float}:
            inputs.extend(tree)
            return kind, len(tree)
        if kinds == {Value} and "constant" not in [x.op for x in tree]:
            inputs.extend(tree)
            return kind, len(tree), Value
        return kind, *[shape_of(child, inputs) for child in tree]
    if isinstance(tree, Value):
        inputs.append(tree)
        return "constant" if tree.op == "constant" else Value
    if isinstance(tree, dict):
        return kind, *[(key, shape_of(child, inputs)) for key, child in tree.items()]
    if is_array(tree):
        numbers = tree.ravel().tolist()
        if tree.dtype.kind in "fiu":
            inputs.extend(map(float, numbers))
            return kind, tree.shape
        return kind, tree.shape, *[shape_of(child, inputs) for child in numbers]
    if isinstance(tree, float) or (
        kind.__module__ == "numpy" and getattr(tree, "dtype", None) is not None and tree.dtype.kind == "f"
    ):
        inputs.append(float(tree))
        return float
    try:
        hash(tree)
    except TypeError:
        raise TypeError(f"compile needs arguments that hash() and == tell apart, got {tree!r}") from None
    return "same", kind, tree


if engine_name == "native":
    from autograd.native._engine import hand_over

    shape_of = hand_over(shape_of)


def with_inputs(tree: Any, rest: Iterator[Value], known: dict[int, Any] | None = None) -> Any:
    """The arguments with other Values in the places of the numbers.

    known: new Values and containers for old ones, if objects that are the same are to be the same again.
    """
    if known is not None and (isinstance(tree, Value) or is_container(tree)):
        if id(tree) in known:
            for _ in taken_apart(tree)[1]:
                next(rest)
        else:
            known[id(tree)] = _with_inputs(tree, rest, known)
        return known[id(tree)]
    return _with_inputs(tree, rest, known)


def _with_inputs(tree: Any, rest: Iterator[Value], known: dict[int, Any] | None) -> Any:
    found: list[Any] = leaves(tree)
    arrays = is_array(tree)
    if isinstance(tree, (list, tuple)):
        children = [with_inputs(child, rest, known) for child in tree]
        return type(tree)(*children) if hasattr(tree, "_fields") else type(tree)(children)
    if isinstance(tree, dict):
        return dict_like(tree, {key: with_inputs(child, rest, known) for key, child in tree.items()})
    if arrays:
        return rebuilt(tree, [next(rest) if _varies(x) or tree.dtype.kind in "iu" else x for x in found])
    return next(rest) if _varies(tree) else tree


def objects_in(tree: Any) -> list[Any]:
    """The Values, the containers and the objects of other kinds in a container, itself among them."""
    if isinstance(tree, (list, tuple)):
        return [tree, *[x for child in tree for x in objects_in(child)]]
    if isinstance(tree, dict):
        return [tree, *[x for child in tree.values() for x in objects_in(child)]]
    return [] if isinstance(tree, (float, int, str, bytes, type(None))) else [tree]


def same_objects(objects: Sequence[Any]) -> tuple[int, ...]:
    """Which of them are the same: of each the place where it comes first."""
    first: dict[int, int] = {}
    return tuple([first.setdefault(id(x), k) for k, x in enumerate(objects)])


def _varies(x: Any) -> bool:
    return isinstance(x, (float, Value)) or getattr(getattr(x, "dtype", None), "kind", "") == "f"


def number_of_rows(columns: Sequence[Any], reduction: str) -> int:
    """How many rows there are. ValueError if there are none, or not as many in each column."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction is 'mean', 'sum' or 'none', got {reduction!r}")
    if not columns:
        raise TypeError("map takes the rows of each argument of the function, got no arguments")
    for column in columns:
        if not (isinstance(column, (list, tuple)) or is_array(column)):
            raise TypeError(f"map takes for each argument a list or array of rows, got {column!r}")
    lengths = [len(column) for column in columns]
    if len(set(lengths)) != 1:
        raise ValueError(f"map needs the same number of rows for each argument, got {lengths}")
    if lengths[0] == 0:
        raise ValueError("map takes at least one row, got none")
    return lengths[0]


def row_at(columns: Sequence[Any], i: int) -> tuple[Any, ...]:
    """The arguments of one row, with floats for whole numbers."""
    return tuple([as_floats(column[i]) for column in columns])


def as_floats(tree: Any) -> Any:
    """The container with floats for the whole numbers in it: what varies from row to row is no part of a recording."""
    if is_array(tree):
        return tree if tree.dtype.kind != "i" and tree.dtype.kind != "u" else tree.astype(float)
    found = leaves(tree)
    if is_container(tree) and not any(isinstance(x, int) and not isinstance(x, bool) for x in found):
        return tree  # the same object
    return rebuilt(tree, [float(x) if isinstance(x, int) and not isinstance(x, bool) else x for x in found])


def reduced(results: list[Any], reduction: str) -> Any:
    """The mean or the sum of results, container by container."""
    function = functions.mean if reduction == "mean" else functions.sum
    places = paths(results[0], "")
    for i, result in enumerate(results):
        if paths(result, "") != places:
            raise ValueError(
                f"the results of rows 0 and {i} are containers of different shapes, which have no {reduction}: "
                'take them all with reduction="none"'
            )
    return rebuilt(
        results[0],
        [
            function(column) if any(type(x) is float or isinstance(x, Value) for x in column) else column[0]
            for column in zip(*[leaves(result) for result in results])
        ],
    )
