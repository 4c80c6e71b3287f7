"""What a function read when it was recorded, beside its arguments and Values: when that changes, it is recorded again.

The first call of a function shows which code runs: the user's own and that of models. This code can reach objects by
the names in it: globals, variables of outer functions, attributes and defaults, and everything in containers there. All
of these are noted. Every call of the compiled function looks whether they are still the same objects. In C this takes
some nanoseconds for each.

Code of Python's own library and of installed packages is taken to stay as it is, and what it keeps in globals is noted.
What libraries are set to is asked again at every call; see settings.py. A function that asks clocks or files is
refused; see outside.py.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from types import GeneratorType
from typing import Any

from autograd.compiling.entries import (
    CELL,
    DICT,
    ITEMS,
    MISSING,
    NAME,
    OTHER,
    Entry,
    cell_contents,
    first_change,
    flat,
    parts_of_array,
)
from autograd.compiling.entries import LIST as LIST
from autograd.compiling.reach import Observer, Reach
from autograd.compiling.settings import AsBefore, libraries_asked
from autograd.transforms.containers import is_array
from autograd.value import Value


class Surroundings:
    """Everything that a compiled function depends on, as it was at the last look.

    >>> rates = [0.1]
    >>> def f(x):
    ...     return rates[0] * x
    >>> now = Surroundings()
    >>> with Observer() as seen:
    ...     _ = f(2.0)
    >>> reached = now.take(f, seen)
    >>> now.change()
    >>> rates[0] = 0.2
    >>> now.change().kind == LIST
    True
    """

    def __init__(self) -> None:
        self.entries: list[tuple[int, Any, Any, Any]] = []
        self.objects: set[int] = set()  # which objects those hold, while nothing has changed

    def change(self) -> Entry | None:
        """The first thing that has changed."""
        try:
            found = first_change(self.entries) if self.entries else None
            return None if found is None else Entry(*found)
        except Exception:  # what objects of others make of a question is their own affair
            return Entry(OTHER, self, "it", None)

    def moved_on(self) -> str | None:
        """What a call since has changed so that another call finds something else; None if nothing.

        Values in the place of other Values are what the call has computed, and put there to be looked at.
        """
        if self.change() is None:
            return None
        for each in self.entries:
            entry = Entry(*each)
            if first_change([each]) is not None and not alike(entry.expected, found_now(entry)):
                return described(entry)
        return None

    def take(self, function: Any, seen: Observer, settings: Sequence[tuple[Any, str, Any]] = ()) -> list[Any]:
        """Note what a call of the function depends on, as it is now: the objects that it can reach.

        settings: what is watched in another way.
        """
        known = {(kind, id(subject), key) for kind, subject, key, _ in self.entries}
        reach = Reach(seen, settings)
        for entry in reach.entries_of(function):
            key = entry.kind, id(entry.subject), entry.key
            if key not in known:
                known.add(key)
                self.entries.append(tuple(entry))
        modules = [known.get("__name__", "") for known in seen.installed.values()]
        self.watch(libraries_asked(reach.kept, modules, reach.names))
        self.objects = set()
        return reach.kept

    def watch(self, asked: Iterable[tuple[Any, AsBefore]]) -> None:
        """Watch what these answer."""
        self.entries += [(OTHER, subject, still, True) for subject, still in asked]

    def hold(self, objects: Sequence[Any]) -> bool:
        """Whether one of these objects can be reached too."""
        if not self.objects:
            for _, subject, _, expected in self.entries:
                self.objects |= {id(subject), id(expected), *(map(id, expected) if type(expected) is tuple else ())}
        return not self.objects.isdisjoint(map(id, objects))


def found_now(entry: Entry) -> Any:
    """What is now where an entry looks; MISSING for what has no parts."""
    kind, subject, key, _ = entry
    if kind == NAME:
        return subject.get(key, MISSING)
    if kind == CELL:
        return cell_contents(subject)
    if kind in (LIST, ITEMS):
        return tuple(key(subject) if key else list.__iter__(subject))
    if kind == DICT:
        return flat(subject)
    return key(subject) if kind == OTHER and not isinstance(key, AsBefore) else MISSING


def alike(x: Any, y: Any, depth: int = 9) -> bool:
    """Whether two things are the same but for Values, and for objects that are made anew at every call."""
    if x is y or (isinstance(x, Value) and isinstance(y, Value)):
        return True
    if type(x) is not type(y) or not depth:
        return False
    if isinstance(x, dict):
        x, y = flat(x), flat(y)
    if isinstance(x, (list, tuple, deque)):
        return len(x) == len(y) and all(alike(a, b, depth - 1) for a, b in zip(x, y))
    if isinstance(x, (int, float, complex, str, bytes, set, frozenset)):
        return bool(x == y)
    return not isinstance(x, (ContextVar, GeneratorType)) and parts_alike(x, y, depth)


def parts_alike(x: Any, y: Any, depth: int) -> bool:
    """Whether two objects of one class are alike in what they hold."""
    if is_array(x) and x.dtype.kind == "O":
        return alike(x.tolist(), y.tolist(), depth - 1)
    if is_array(x):
        return parts_of_array(x) == parts_of_array(y)
    return alike(getattr(x, "__dict__", None), getattr(y, "__dict__", None), depth - 1)


def described(entry: Entry) -> str:
    """Where an entry looks, in words."""
    if isinstance(entry.key, str):
        return repr(entry.key)
    if entry.kind == CELL:
        return "a variable of an outer function"
    kind = type(entry.subject).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"
