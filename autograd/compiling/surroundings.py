"""What a function finds outside of itself by name: a compiled function must be recorded again when that is replaced."""

from collections.abc import Callable, Iterator
from itertools import chain
from operator import attrgetter
from types import CodeType, ModuleType
from typing import Any

from autograd.transforms.containers import is_container, leaves

MOST_LEAVES = 10_000  # larger containers are data, which would take longer to look through than to compute with

CONTENTS = attrgetter("cell_contents")


class Surroundings:
    """The globals and the variables of outer functions that a function of Python names, as they were when it was last
    looked; of a method also the numbers and containers that its instance keeps. Lists, tuples and dicts with all that
    is in them; other objects, arrays too, only by which they are.

    >>> rate = 0.1
    >>> now = Surroundings(lambda x: rate * x)
    >>> now.changed()
    False
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        owner, function = getattr(function, "__self__", None), getattr(function, "__func__", function)  # of a method
        code, known = getattr(function, "__code__", None), getattr(function, "__globals__", {})
        names = {name for name in names_in(code) if name in known} if code else ()
        self.get = known.__getitem__
        self.names = sorted(name for name in names if not isinstance(known[name], (ModuleType, type)))
        self.attributes = vars(owner) if hasattr(owner, "__dict__") else {}
        used = set(names_in(code)) & self.attributes.keys() if code else set()
        self.used = sorted(name for name in used if is_plain(self.attributes[name]))
        self.cells = list(getattr(function, "__closure__", None) or ())
        self.before: list[Any] = []
        self.look()

    def look(self) -> None:
        """Take what is there now for what it should be."""
        try:
            self.before = [copied(x) if is_container(x) else x for x in self.now()]
        except (ValueError, KeyError):  # a variable that is not set yet, or is deleted
            self.before = []

    def now(self) -> list[Any]:
        """What is there."""
        of_owner = map(self.attributes.__getitem__, self.used)
        return [*map(CONTENTS, self.cells), *map(self.get, self.names), *of_owner]

    def changed(self) -> bool:
        """Whether something else is there than before."""
        try:  # at every call of a compiled function: without a loop in Python
            return self.now() != self.before
        except Exception:  # no variable any more; or what an object makes of ==, which is its own affair
            return True


def is_plain(x: Any) -> bool:
    """Whether it is a number, a text, or a container; other objects stay which they are."""
    return x is None or isinstance(x, (bool, int, float, str)) or is_container(x)


def names_in(code: CodeType) -> Iterator[str]:
    """The names of globals, among others, in a function and in those within it."""
    inner = [names_in(x) for x in code.co_consts if isinstance(x, CodeType)]
    return chain(code.co_names, *inner)


def copied(x: Any) -> Any:
    """A container with the same leaves, which stays as it is now; anything else itself."""
    try:
        return copied_within(x) if len(leaves(x)) <= MOST_LEAVES else x
    except ValueError:  # it contains itself
        return x


def copied_within(x: Any) -> Any:
    """The copy of a container that is not too large and does not contain itself."""
    if isinstance(x, dict):
        return {key: copied_within(child) for key, child in x.items()}
    if isinstance(x, (list, tuple)):
        children = map(copied_within, x)
        return list(children) if isinstance(x, list) else tuple(children)
    return x
