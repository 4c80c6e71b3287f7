"""What a function read when it was recorded, beside its arguments and Values: when that changes, it is recorded again.

The first call of a function shows which code runs: the user's own and that of models. This code can reach objects by
the names in it: globals, variables of outer functions, attributes and defaults, and everything in containers there. All
of these are noted. Every call of the compiled function looks whether they are still the same objects. In C this takes
some nanoseconds for each.

Code of Python's own library and of installed packages is taken to stay as it is, and what it keeps in globals is noted.
What libraries are set to is asked again at every call; see settings.py. A function that asks clocks or files is
refused; see outside.py.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from autograd.compiling.entries import LIST as LIST
from autograd.compiling.entries import OTHER, Entry, first_change
from autograd.compiling.reach import Observer, Reach
from autograd.compiling.settings import AsBefore, libraries_asked


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
