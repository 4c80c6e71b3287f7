"""What a function finds outside of itself by name: a compiled function must be recorded again when that is replaced."""

from collections.abc import Callable, Iterator
from itertools import chain
from operator import attrgetter
from types import CodeType, ModuleType
from typing import Any

from autograd.trees import is_container, leaves

MOST_LEAVES = 10_000  # larger containers are data, which would take longer to look through than to compute with

CONTENTS = attrgetter("cell_contents")


class Surroundings:
    """The globals and the variables of outer functions that a function of Python names, as they were when it was last
    looked. Lists, tuples and dicts with all that is in them; other objects, arrays too, only by which they are.

    >>> rate = 0.1
    >>> now = Surroundings(lambda x: rate * x)
    >>> now.changed()
    False
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        function = getattr(function, "__func__", function)  # that of a method
        code, known = getattr(function, "__code__", None), getattr(function, "__globals__", {})
        names = {name for name in names_in(code) if name in known} if code else ()
        self.get = known.__getitem__
        self.names = sorted(name for name in names if not isinstance(known[name], (ModuleType, type)))
        self.cells = list(getattr(function, "__closure__", None) or ())
        self.before: list[Any] = []
        self.look()

    def look(self) -> None:
        """Take what is there now for what it should be."""
        try:
            self.before = [
                copied(x) if is_container(x) else x for x in [*map(CONTENTS, self.cells), *map(self.get, self.names)]
            ]
        except (ValueError, KeyError):  # a variable that is not set yet, or is deleted
            self.before = []

    def changed(self) -> bool:
        """Whether something else is there than before."""
        try:  # at every call of a compiled function: without a loop in Python
            return [*map(CONTENTS, self.cells), *map(self.get, self.names)] != self.before
        except Exception:  # no variable any more; or what an object makes of ==, which is its own affair
            return True


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
