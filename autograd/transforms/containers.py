"""Takes containers of numbers apart and puts them together: lists, tuples, dicts and NumPy arrays, nested in any way.

A leaf of a container is what is not a container itself. Its path says where it is, as you would write it in Python:
args[0]["w"][2].
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from itertools import chain, islice
from numbers import Integral
from typing import Any

from autograd.derivatives import to_float
from autograd.value import Value


def is_array(tree: Any) -> bool:
    """Whether it is an array of NumPy with at least one dimension. (The rows of its matrices are matrices again.)"""
    kind = type(tree)
    return kind.__name__ == "ndarray" and kind.__module__ == "numpy" and tree.ndim > 0


def all_numbers(items: Iterable[Any]) -> bool:
    """Whether all are floats or Values, as mostly."""
    return set(map(type, items)) <= {float, Value}


def leaves(tree: Any, root: str = "the container") -> list[Any]:
    """Every leaf, in order; arrays row by row.

    ValueError, calling it `root`, for a container that contains itself, or is nested as deep as Python's stack.

    >>> leaves({"w": [1.0, 2.0], "b": (3.0,)})
    [1.0, 2.0, 3.0]
    """
    found: list[Any] = []
    try:
        collect(tree, found)
    except RecursionError:
        raise ValueError(lost_in(tree, root)) from None
    return found


# These functions are not inner ones, because an inner function that calls itself is a cycle, and keeps what it has.


def collect(tree: Any, found: list[Any]) -> None:
    """Append every leaf."""
    kind = type(tree)
    if kind is float or kind is Value:
        found.append(tree)
    elif isinstance(tree, dict):
        for child in tree.values():
            collect(child, found)
    elif isinstance(tree, (list, tuple)):
        if all_numbers(tree):
            found.extend(tree)
        else:
            for child in tree:
                collect(child, found)
    elif is_array(tree):
        found.extend(tree.ravel().tolist())
    elif type(tree).__module__ == "numpy" and getattr(tree, "ndim", None) == 0:
        found.append(tree.item())
    else:
        found.append(tree)


def paths(tree: Any, root: str) -> list[str]:
    """The path of every leaf, in the order of leaves(), beginning with a name for the container.

    >>> paths({"w": [1.0, 2.0], "b": (3.0,)}, "x")
    ['x["w"][0]', 'x["w"][1]', 'x["b"][0]']
    """
    found: list[str] = []
    collect_paths(tree, root, found)
    return found


def collect_paths(tree: Any, path: str, found: list[str]) -> None:
    """Append the path of every leaf."""
    if is_container(tree):
        for index, child in children(tree):
            collect_paths(child, path + index, found)
    else:
        found.append(path)


def is_container(tree: Any) -> bool:
    """Whether there is something in it."""
    return isinstance(tree, (list, tuple, dict)) or is_array(tree)


def children(tree: Any) -> Iterator[tuple[str, Any]]:
    """What is in a container, each with its index as you would write it."""
    for key, child in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield f"[{json.dumps(key, ensure_ascii=False) if isinstance(key, str) else repr(key)}]", child


def lost_in(tree: Any, root: str) -> str:
    """What is wrong with a container in which recursion does not end. Found without recursion."""
    way, path = [(tree, children(tree))], [root]
    while way and len(way) < sys.getrecursionlimit():
        index, child = next(way[-1][1], ("", None))
        if not index:
            way.pop()
            path.pop()
        elif any(child is outer for outer, _ in way):
            return f"{''.join(path)}{index} is {of_type(child)} that contains itself: give it numbers instead"
        elif is_container(child):
            way.append((child, children(child)))
            path.append(index)
    return f"{''.join(path[:4])}… is nested too deeply, at least {len(way)} containers in each other: flatten it"


def rebuilt(tree: Any, new: Iterable[Any]) -> Any:
    """A container like `tree` with the leaves of `new` in place of its own; each may be a container itself.

    >>> rebuilt([1.0, (2.0, 3.0)], "abc")
    ['a', ('b', 'c')]
    """
    return build(tree, in_turn(new))


def in_turn(numbers: Iterable[Any]) -> Iterator[Any]:
    """One after the other; RuntimeError after the last, for StopIteration would end a loop somewhere without a word."""
    return chain(numbers, no_more())


def no_more() -> Iterator[Any]:
    """Gives nothing."""
    raise RuntimeError("a container has more numbers now than when it was read before")
    yield


def build(tree: Any, rest: Iterator[Any]) -> Any:
    """A container like `tree` with the next leaves of `rest`."""
    kind = type(tree)
    if kind is float or kind is Value:
        return next(rest)
    if isinstance(tree, dict):
        return dict_like(tree, {key: build(child, rest) for key, child in tree.items()})
    if isinstance(tree, list):
        return list(islice(rest, len(tree))) if all_numbers(tree) else [build(child, rest) for child in tree]
    if isinstance(tree, tuple):
        return tuple_like(tree, [build(child, rest) for child in tree])
    return array_like(tree, [next(rest) for _ in range(tree.size)]) if is_array(tree) else next(rest)


def dict_like(tree: dict[Any, Any], new: dict[Any, Any]) -> dict[Any, Any]:
    """The new dict as one of the same type, an OrderedDict say."""
    if type(tree) is dict:
        return new
    made = copy(tree)
    made.update(new)
    return made


def tuple_like(tree: tuple[Any, ...], new: list[Any]) -> Any:
    """A tuple of the new parts, a named one of the same type."""
    return type(tree)(*new) if hasattr(tree, "_fields") else tuple(new)


def array_like(array: Any, new: list[Any]) -> Any:
    """An array of that shape: of floats, of Values, or of arrays, whose dimensions come last."""
    import numpy as np

    if all(is_array(x) for x in new):
        made = np.array(new) if new else np.empty(0)
        return made.reshape(array.shape + made.shape[1:])
    made = np.empty(len(new), dtype=float if all(type(x) is float for x in new) else object)
    made[:] = new
    return made.reshape(array.shape)


def mapped(function: Callable[[Value], Any], tree: Any) -> Any:
    """The container with function(v) for every Value v; a part without any is itself, not a copy."""
    found = leaves(tree, "what is returned")
    if not any(isinstance(leaf, Value) for leaf in found):
        return tree
    if isinstance(tree, dict):
        return dict_like(tree, {key: mapped(function, child) for key, child in tree.items()})
    if isinstance(tree, (list, tuple)):
        new = [mapped(function, child) for child in tree]
        return new if isinstance(tree, list) else tuple_like(tree, new)
    return rebuilt(tree, [function(leaf) if isinstance(leaf, Value) else leaf for leaf in found])


def inputs_of(tree: Any, root: str) -> list[Any]:
    """The leaves as Values or floats, for derivatives with respect to them.

    TypeError, naming the place, for what is no real number, and for whole numbers: they count, and a count has no
    derivative.
    """
    return numbers_of(tree, root, refuse_counts=True)


def numbers_of(tree: Any, root: str, refuse_counts: bool = False) -> list[Any]:
    """The leaves as Values or floats; TypeError, naming the place, for what is no real number."""
    found = leaves(tree, root)
    if all_numbers(found):
        return found
    for i, leaf in enumerate(found):
        if type(leaf) is not float and not isinstance(leaf, Value):
            where = paths(tree, root)[i]
            if isinstance(leaf, bool):
                raise TypeError(f"{where} is {leaf!r}, a bool, where a real number is needed")
            if refuse_counts and isinstance(leaf, Integral):
                raise TypeError(
                    f"{where} is {leaf!r}, {of_type(leaf)}; derivatives are with respect to floats: "
                    f"write {int(leaf)}.0, or leave its argument out of argnums"
                )
            if isinstance(leaf, Iterable) and not isinstance(leaf, str):
                raise TypeError(f"{where} is {of_type(leaf)}: make it a list, tuple, dict or array of numbers")
            found[i] = to_float(leaf, where)
    return found


def of_type(thing: Any) -> str:
    """'an int', 'a str'."""
    name = type(thing).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def matched(tree: Any, root: str, like: Any, name: str) -> list[Any]:
    """The leaves of a container as Values or floats, one for each leaf of `like`, called `name`, at the same place.

    ValueError, naming the place, if a number is missing or too many.
    """
    numbers, _ = numbers_of(tree, root), leaves(like, name)
    own, places = dict(zip(paths(tree, ""), numbers)), paths(like, "")
    for place in places:
        if place not in own:
            raise ValueError(f"{root} must have the shape of {name}: there is no number at {root}{place}")
    if len(own) > len(places):
        extra = next(place for place in own if place not in set(places))
        raise ValueError(
            f"{root} must have the shape of {name}: there is a number at {root}{extra}, but none at {name}{extra}"
        )
    return [own[place] for place in places]
