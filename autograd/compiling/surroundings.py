"""What a function read when it was recorded, beside its arguments and Values: when that changes, it is recorded again.

While a function is called for the first time, every piece of code that runs is seen: the user's own and that of models.
What that code can reach by the names that stand in it, globals, variables of outer functions, attributes and defaults,
and all that lies in containers there, is noted as it is. At every call of the compiled function it is looked at again,
by which objects they are: in C, with some nanoseconds for each.

Code of Python's own library and of installed packages is taken to stay as it is, and so are files and clocks.
"""

import builtins
import dis
import gc
import os
import sys
import sysconfig
from array import array
from collections import ChainMap, OrderedDict, UserDict, UserList, deque
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from functools import cached_property, lru_cache, partial
from pathlib import Path
from types import (
    CellType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any, NamedTuple

from autograd.transforms.containers import is_array
from autograd.value import Value, engine_name

FOLDER = Path(__file__).parents[1]
MODELS = f"{FOLDER.parent / 'nn'}{os.sep}"
INSTALLED = tuple(
    {
        f"{FOLDER}{os.sep}",
        *(f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    }
)
MISSING: Any = object()

# The kinds of entries. What each expects is compared by identity, item by item
NAME, LIST, DICT, CELL, TYPE, FUNCTION, ITEMS, ARRAY, OTHER = range(9)


class Entry(NamedTuple):
    """Something that must stay: what kind of thing, of what, a name or a function to read it, and what it is."""

    kind: int
    subject: Any
    key: Any
    expected: Any


def cell_contents(cell: CellType) -> Any:
    """What is in the variable of an outer function; MISSING if nothing is."""
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def parts_of_array(x: Any) -> tuple[Any, ...]:
    """The bytes, the shape and the type of an array."""
    return x.tobytes(), x.shape, x.dtype


def parts_of_function(f: FunctionType) -> tuple[Any, ...]:
    """What can be replaced in a function, beside the variables of outer ones."""
    return f.__code__, f.__defaults__, f.__kwdefaults__


def flat(x: dict[Any, Any]) -> tuple[Any, ...]:
    """Keys and values, one after the other."""
    return tuple([y for item in (x.items() if isinstance(x, OrderedDict) else dict.items(x)) for y in item])


def same_items(items: Sequence[Any], expected: Sequence[Any]) -> bool:
    """Whether these are the same objects."""
    return len(items) == len(expected) and all(x is y for x, y in zip(items, expected))


STILL: dict[int, Callable[[Any, Any, Any], bool]] = {
    NAME: lambda subject, key, expected: subject.get(key, MISSING) is expected,
    LIST: lambda subject, _, expected: same_items(list.__getitem__(subject, slice(None)), expected),
    DICT: lambda subject, _, expected: same_items(flat(subject), expected),
    CELL: lambda subject, _, expected: cell_contents(subject) is expected,
    TYPE: lambda subject, _, expected: type(subject) is expected,
    FUNCTION: lambda subject, _, expected: same_items(parts_of_function(subject), expected),
    ITEMS: lambda subject, key, expected: same_items(tuple(key(subject)), expected),
    ARRAY: lambda subject, _, expected: parts_of_array(subject) == expected,
    OTHER: lambda subject, key, expected: key(subject) is expected,
}


def first_change(entries: list[tuple[int, Any, Any, Any]]) -> tuple[int, Any, Any, Any] | None:
    """The first entry of which something is no longer what it was."""
    for entry in entries:
        kind, subject, key, expected = entry
        if not STILL[kind](subject, key, expected):
            return entry
    return None


if engine_name == "native":
    from autograd.native import _engine
    from autograd.native._engine import hand_over

    MISSING = _engine.MISSING
    first_change = hand_over(first_change)


@lru_cache(maxsize=4096)
def is_installed(file: str) -> bool:
    """Whether code of this file is taken to stay as it is."""
    return file.startswith(("<frozen", *INSTALLED)) and not file.startswith(MODELS)


class Observer:
    """Sees, while it is open, what code runs in this thread, and on what objects."""

    def __init__(self) -> None:
        self.ran: dict[tuple[CodeType, int], dict[str, Any]] = {}  # code and its globals
        self.objects: dict[int, Any] = {}
        self.expressions: set[int] = set()  # generators, each item of which is a call; codes that are kept in `ran`

    def __enter__(self) -> "Observer":
        self.before = sys.gettrace()
        sys.settrace(self.called)
        return self

    def __exit__(self, *details: object) -> None:
        sys.settrace(self.before)

    def called(self, frame: Any, event: str, argument: Any) -> Any:
        """Note a call: the code, and the objects among its arguments."""
        code = frame.f_code
        if id(code) in self.expressions:  # its only argument is an iterator, which was met when it was made
            pass
        elif not is_installed(code.co_filename):
            key = code, id(frame.f_globals)
            if code.co_name == "<genexpr>" and key not in self.ran:
                self.expressions.add(id(code))
            self.ran.setdefault(key, frame.f_globals)
            n = code.co_argcount + code.co_kwonlyargcount
            if n:
                given = frame.f_locals
                for name in code.co_varnames[:n]:
                    x = given.get(name)
                    if not isinstance(x, (Value, float, int, str, list, tuple, dict, type(None))):
                        self.objects[id(x)] = x
        return None if self.before is None else self.before(frame, event, argument)  # type: ignore[arg-type]

    def in_both(self, other: "Observer") -> None:
        """Forget the objects that another call did not meet: they were made by the function."""
        self.objects = {key: x for key, x in self.objects.items() if key in other.objects}


class Names(NamedTuple):
    """What stands in code: the names of globals and of attributes, attributes that are asked for, and modules."""

    globals: frozenset[str]
    attributes: frozenset[str]
    asked: frozenset[str]
    modules: frozenset[str]


@lru_cache(maxsize=4096)
def names_in(code: CodeType) -> Names:
    """The names in a piece of code."""
    found: dict[str, set[str]] = {}
    for instruction in dis.get_instructions(code):
        found.setdefault(instruction.opname, set()).add(instruction.argval)
    read = found.get("LOAD_GLOBAL", set()) | found.get("LOAD_NAME", set())
    attributes = {"LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "IMPORT_FROM"}
    asked = (
        {x for x in code.co_consts if isinstance(x, str)}
        if read & {"getattr", "hasattr", "vars", "attrgetter", "globals"}
        else set()
    )
    return Names(
        frozenset(read),
        frozenset(set().union(*[found.get(name, set()) for name in attributes])),
        frozenset(asked),
        frozenset(found.get("IMPORT_NAME", set())),
    )


class Surroundings:
    """All that a compiled function was seen to depend on, as it was when it was last looked at.

    >>> rates = [0.1]
    >>> def f(x):
    ...     return rates[0] * x
    >>> now = Surroundings()
    >>> with Observer() as seen:
    ...     _ = f(2.0)
    >>> now.take(f, seen)
    >>> now.change()
    >>> rates[0] = 0.2
    >>> now.change().kind == LIST
    True
    """

    def __init__(self) -> None:
        self.entries: list[tuple[int, Any, Any, Any]] = []

    def change(self) -> Entry | None:
        """The first thing that is no longer what it was."""
        try:
            found = first_change(self.entries) if self.entries else None
            return None if found is None else Entry(*found)
        except Exception:  # what objects of others make of a question is their own affair
            return Entry(OTHER, self, "it", None)

    def take(self, function: Any, seen: Observer, settings: Sequence[tuple[Any, str, Any]] = ()) -> None:
        """Note what a call of the function depends on, as it is now. settings: what is watched in another way."""
        known = {(kind, id(subject), key) for kind, subject, key, _ in self.entries}
        for entry in _Reach(seen, settings).entries_of(function):
            key = entry.kind, id(entry.subject), entry.key
            if key not in known:
                known.add(key)
                self.entries.append(tuple(entry))


class _Reach:
    """What can be reached from a function by the names in the code that ran."""

    def __init__(self, seen: Observer, settings: Sequence[tuple[Any, str, Any]]) -> None:
        self.seen = seen
        self.codes = {code for code, _ in seen.ran}
        self.settings = {(id(owner), name) for owner, name, _ in settings}
        self.names, self.asked = set[str](), set[str]()
        for code in self.codes:
            own = names_in(code)
            self.names |= own.attributes
            self.asked |= set() if code.co_filename.startswith(MODELS) else own.asked
        self.names |= self.asked
        self.reached: set[int] = set()
        self.kept: list[Any] = []  # so that no number of an object is given twice
        self.stack: list[Any] = []

    def entries_of(self, function: Any) -> Iterator[Entry]:
        """All of them."""
        self.stack = [function, *self.seen.objects.values()]
        for (code, _), known in self.seen.ran.items():
            if code.co_filename.startswith(MODELS):
                continue
            own = names_in(code)
            for name in sorted(own.modules):
                if name in sys.modules:
                    yield self.entry(NAME, sys.modules, name, sys.modules[name])
            for name in sorted(own.globals | (own.asked & known.keys())):
                if name in known:
                    yield self.entry(NAME, known, name, known[name])
                elif hasattr(builtins, name):
                    yield Entry(NAME, known, name, MISSING)
                    yield Entry(NAME, vars(builtins), name, getattr(builtins, name))
        while self.stack:
            x = self.stack.pop()
            if not isinstance(x, ATOMS) and id(x) not in self.reached:
                self.reached.add(id(x))
                self.kept.append(x)
                yield from self.within(x)

    def entry(self, kind: int, subject: Any, key: Any, expected: Any) -> Entry:
        """An entry; what is found there is followed."""
        self.stack.append(expected)
        return Entry(kind, subject, key, expected)

    def within(self, x: Any) -> Iterator[Entry]:
        """What must stay in an object."""
        if isinstance(x, FunctionType):
            yield from self.within_function(x)
        elif isinstance(x, MethodType):
            self.stack += [x.__self__, x.__func__]
        elif isinstance(x, (staticmethod, classmethod)):
            self.stack.append(x.__func__)
        elif isinstance(x, property):
            self.stack.append(x.fget)
        elif isinstance(x, cached_property):
            self.stack.append(x.func)
        elif isinstance(x, partial):
            self.stack += [x.func, *x.args, x.keywords]
        elif isinstance(x, type):
            yield from self.within_class(x)
        elif isinstance(x, ModuleType):
            yield from self.within_module(x)
        elif type(x).__name__ == "_lru_cache_wrapper":
            yield Entry(ITEMS, x, results_kept, results_kept(x))
        elif isinstance(x, ContextVar):
            yield self.entry(OTHER, x, lambda var: var.get(MISSING), x.get(MISSING))
        elif is_array(x) or (type(x).__module__ == "numpy" and hasattr(x, "tobytes")):
            if x.dtype.kind == "O":
                items = tuple(x.ravel().tolist())
                self.stack += items
                yield Entry(ITEMS, x, lambda array: array.ravel().tolist(), items)
            else:
                yield Entry(ARRAY, x, None, parts_of_array(x))
        else:
            yield from self.within_container(x)
            yield from self.within_instance(x)

    def within_function(self, f: FunctionType) -> Iterator[Entry]:
        if f.__code__ not in self.codes:
            return
        yield Entry(FUNCTION, f, None, parts_of_function(f))
        self.stack += [*(f.__defaults__ or ()), f.__kwdefaults__]
        for cell in f.__closure__ or ():
            yield self.entry(CELL, cell, None, cell_contents(cell))
        own = vars(f)
        for name in self.names & own.keys():
            yield self.entry(NAME, own, name, own[name])

    def within_module(self, module: ModuleType) -> Iterator[Entry]:
        own = vars(module)
        follow = not is_installed(getattr(module, "__file__", None) or "<frozen>")
        for name in self.names & own.keys():
            yield self.entry(NAME, own, name, own[name]) if follow else Entry(NAME, own, name, own[name])

    def within_class(self, cls: type) -> Iterator[Entry]:
        spaces = [namespace(base) for base in cls.__mro__ if is_of_user(base)]
        for k, own in enumerate(spaces):
            functions = {name for name, x in own.items() if name[:2] == "__" and isinstance(x, FunctionType)}
            for name in (self.names & own.keys()) | functions:
                yield self.entry(NAME, own, name, own[name])
                yield from [Entry(NAME, nearer, name, MISSING) for nearer in spaces[:k] if name not in nearer]

    def within_container(self, x: Any) -> Iterator[Entry]:
        if isinstance(x, list):
            items = tuple(list.__iter__(x))
            yield Entry(LIST, x, None, items)
        elif isinstance(x, dict):
            items = tuple(dict.values(x))
            in_own_order = isinstance(x, OrderedDict)  # which it keeps beside the dict that it is
            yield Entry(ITEMS, x, flat, flat(x)) if in_own_order else Entry(DICT, x, None, flat(x))
        elif isinstance(x, (set, deque)):
            items = tuple(x)
            yield Entry(ITEMS, x, tuple, items)
        elif isinstance(x, (bytearray, array)):
            yield Entry(ITEMS, x, small_numbers, small_numbers(x))
            return
        elif isinstance(x, (tuple, frozenset)):
            items = tuple(x)
        elif isinstance(x, (UserDict, UserList, ChainMap, SimpleNamespace, os._Environ)):
            items = tuple(vars(x).values())
            yield Entry(DICT, vars(x), None, flat(vars(x)))
        else:
            return
        if not set(map(type, items)) <= SIMPLE:
            self.stack += items

    def within_instance(self, x: Any) -> Iterator[Entry]:
        cls = type(x)
        own = getattr(x, "__dict__", None)
        of_user = is_of_user(cls)
        if of_user:
            yield Entry(TYPE, x, None, cls)
            self.stack.append(cls)
        if not isinstance(own, dict):
            own = {}
        of_models = is_of_models(cls)
        for name in self.names:
            if (id(x), name) in self.settings or (of_models and name[0] == "_"):
                continue
            if name in own:
                yield self.entry(NAME, own, name, own[name])
            elif of_user:
                yield from self.attribute_of_class(x, own, name)

    def attribute_of_class(self, x: Any, own: dict[str, Any], name: str) -> Iterator[Entry]:
        """What an instance has from its class, or has not."""
        for base in type(x).__mro__:
            found = vars(base).get(name, MISSING)
            if isinstance(found, (MemberDescriptorType, GetSetDescriptorType)):
                reading = partial(slot_contents, found)
                yield self.entry(OTHER, x, reading, reading(x))
                return
            if found is not MISSING:
                break
        else:
            if name not in self.asked:
                return
        if hasattr(x, "__dict__") and not is_of_models(type(x)):
            yield Entry(NAME, own, name, MISSING)


def slot_contents(descriptor: Any, x: Any) -> Any:
    """What an instance has in a slot; MISSING if nothing."""
    try:
        return descriptor.__get__(x, type(x))
    except AttributeError:
        return MISSING


def results_kept(function: Any) -> tuple[int, int]:
    """How often a function that remembers its results has computed one, and how many it has; small numbers are one
    object each."""
    info = function.cache_info()
    return sys_interned(info.misses), sys_interned(info.currsize)


@lru_cache(maxsize=1 << 16)
def sys_interned(number: Any) -> Any:
    """The same object for the same number."""
    return number


def small_numbers(x: Any) -> tuple[Any, ...]:
    """The bytes of an array, as numbers that are the same objects every time."""
    return tuple(bytes(x))


def namespace(cls: type) -> dict[str, Any]:
    """The dict of a class itself."""
    return gc.get_referents(vars(cls))[0]


def is_of_user(cls: type) -> bool:
    """Whether a class can be changed, and is no part of Python or of an installed package."""
    if not cls.__flags__ & (1 << 9) or cls is Value:  # made while the program runs
        return False
    module = sys.modules.get(cls.__module__)
    return not is_installed(getattr(module, "__file__", None) or "")


def is_of_models(cls: type) -> bool:
    """Whether it is a class of nn."""
    return cls.__module__.split(".")[0] == "nn"


SIMPLE = {float, int, bool, str, bytes, complex, type(None), Value}
ATOMS = (*SIMPLE, CodeType)
