"""What code runs while a function is recorded, and what that code can reach by the names that stand in it."""

import builtins
import dis
import gc
import os
import sys
from abc import ABCMeta
from array import array
from collections import ChainMap, OrderedDict, UserDict, UserList, defaultdict, deque
from collections.abc import Generator, Iterator, Sequence
from contextvars import ContextVar
from functools import cached_property, lru_cache, partial
from threading import Barrier, Condition, Lock, RLock, Semaphore
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any, NamedTuple, Protocol
from weakref import ref

from autograd.compiling.calls import Caller
from autograd.compiling.entries import (
    ARRAY,
    CELL,
    DICT,
    FUNCTION,
    ITEMS,
    LIST,
    MISSING,
    MODELS,
    NAME,
    OTHER,
    OURS,
    TYPE,
    Entry,
    cell_contents,
    flat,
    is_installed,
    own_attributes,
    parts_of_array,
    parts_of_function,
)
from autograd.compiling.mapping import MappedFunction
from autograd.compiling.opaque import CODE, MOST, as_it_is, held_by, is_opaque
from autograd.compiling.settings import as_before, said_by
from autograd.transforms.containers import is_array
from autograd.value import Value


class Observer:
    """Sees, while it is open, what code runs in this thread, and on what objects."""

    def __init__(self) -> None:
        self.ran: dict[tuple[CodeType, int], dict[str, Any]] = {}  # code and its globals
        self.objects: dict[int, Any] = {}
        self.expressions: set[int] = set()  # generators, each item of which is a call; codes that are kept in `ran`
        self.installed: dict[CodeType, dict[str, Any]] = {}  # code of Python's library and of packages, and its globals
        self.whole: set[int] = set()  # objects that were handed to code of these files, which may read all of them

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
        elif is_installed(code.co_filename):
            if not code.co_filename.startswith(OURS):
                self.installed[code] = frame.f_globals
                caller = frame.f_back
                if not (caller is None or is_installed(caller.f_code.co_filename)):
                    self.whole |= self.note(frame)
        else:
            key = code, id(frame.f_globals)
            if code.co_name == "<genexpr>" and key not in self.ran:
                self.expressions.add(id(code))
            self.ran.setdefault(key, frame.f_globals)
            self.note(frame)
        return None if self.before is None else self.before(frame, event, argument)  # type: ignore[arg-type]

    def note(self, frame: Any) -> set[int]:
        """Note the objects among the arguments of a call; which they are."""
        code, found = frame.f_code, set[int]()
        n = code.co_argcount + code.co_kwonlyargcount
        if n:
            given = frame.f_locals
            for name in code.co_varnames[:n]:
                x = given.get(name)
                if type(x) not in UNNOTED:
                    self.objects[id(x)] = x
                    found.add(id(x))
        return found

    def in_both(self, other: "Observer") -> None:
        """Forget the objects that another call did not meet: they were made by the function."""
        self.objects = {key: x for key, x in self.objects.items() if key in other.objects}


OF_VALUES = frozenset(dir(Value))


class Names(NamedTuple):
    """What stands in code: the names of globals and of attributes, attributes that are asked for, and modules.

    computed: whether it may ask for an attribute whose name does not stand there.
    """

    globals: frozenset[str]
    attributes: frozenset[str]
    asked: frozenset[str]
    modules: frozenset[str]
    computed: bool


ASKING = {
    "getattr",
    "hasattr",
    "vars",
    "dir",
    "__dict__",
    "__getattribute__",
    "attrgetter",
    "methodcaller",
    "globals",
    "getattr_static",
}


MISSED = {"AttributeError", "Exception"}  # who catches these may know what to do without an attribute


@lru_cache(maxsize=4096)
def names_in(code: CodeType) -> Names:
    """The names in a piece of code."""
    found: dict[str, set[str]] = {}
    n_asked = 0
    for instruction in dis.get_instructions(code):
        found.setdefault(instruction.opname, set()).add(instruction.argval)
        if instruction.argval in ("getattr", "hasattr", "vars", "dir", "__dict__"):
            n_asked += 1
        elif instruction.opname == "LOAD_CONST" and isinstance(instruction.argval, str):
            n_asked -= 1
    read = found.get("LOAD_GLOBAL", set()) | found.get("LOAD_NAME", set())
    attributes = {"LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "IMPORT_FROM"}
    asked = (
        {part for x in code.co_consts if isinstance(x, str) for part in (x, *x.split("."))}
        if (read | found.get("LOAD_ATTR", set()) | found.get("LOAD_METHOD", set())) & ASKING
        else set()
    )
    if read & MISSED:
        asked |= found.get("LOAD_ATTR", set()) | found.get("LOAD_METHOD", set())
    return Names(
        frozenset(read),
        frozenset(set().union(*[found.get(name, set()) for name in attributes])),
        frozenset(asked),
        frozenset(found.get("IMPORT_NAME", set())),
        n_asked > 0,
    )


def texts(code: CodeType, known: dict[str, Any]) -> set[str]:
    """The texts in a piece of code and in the globals that it names."""
    found = (*code.co_consts, *[known.get(name) for name in names_in(code).globals])
    return {x for x in found if isinstance(x, str)}


class Reach:
    """What can be reached from a function by the names in the code that ran."""

    def __init__(self, seen: Observer, settings: Sequence[tuple[Any, str, Any]]) -> None:
        self.seen = seen
        self.codes = {code for code, _ in seen.ran}
        self.settings = {(id(owner), name) for owner, name, _ in settings}
        self.names, self.asked = set[str](), set[str]()
        self.of_user = set[str]()
        self.computed = self.asks_locks = False
        for (code, _), known in seen.ran.items():
            own = names_in(code)
            self.names |= own.attributes
            if code.co_filename.startswith(MODELS):
                continue
            self.of_user |= own.attributes
            self.asked |= own.asked
            if own.computed:
                self.computed = True
                self.asked |= texts(code, known)
            for x in map(known.get, own.globals):
                if isinstance(x, type) and getattr(x, "_is_protocol", False):
                    self.asked |= vars(x).keys() - vars(Protocol).keys()  # isinstance asks for these
            self.asks_locks = self.asks_locks or not ASKING_LOCKS.isdisjoint(own.attributes | own.globals)
        self.names |= self.asked
        self.asks_values = not self.of_user <= OF_VALUES  # whether attributes of their user may be asked of Values
        self.reached: set[int] = set()
        self.kept: list[Any] = []  # so that no number of an object is given twice
        self.stack: list[Any] = []
        self.n_opaque = 0

    def entries_of(self, function: Any) -> Iterator[Entry]:
        """All of them."""
        self.stack = [function, *self.seen.objects.values()]
        for (code, _), known in self.seen.ran.items():
            if code.co_filename.startswith(MODELS):
                continue
            own = names_in(code)
            by_name = any(x == "modules" or "import" in x for x in own.attributes | own.globals)
            imported = texts(code, known) if by_name else set()
            for name in sorted(own.modules | imported):
                yield self.entry(NAME, sys.modules, name, sys.modules.get(name, MISSING))
            asked = own.asked if "globals" in own.globals else own.asked & known.keys()
            for name in sorted(own.globals | asked):
                if name in known:
                    yield self.entry(NAME, known, name, known[name])
                    continue
                yield Entry(NAME, known, name, MISSING)
                if hasattr(builtins, name):
                    yield self.entry(NAME, vars(builtins), name, getattr(builtins, name))
        yield from self.within_libraries()
        while self.stack:
            x = self.stack.pop()
            if isinstance(x, Value):
                if self.asks_values or self.asked:
                    yield from self.within_value(x)
            elif isinstance(x, MEETINGS) and not self.asks_locks:
                pass
            elif type(x) not in ATOMS and id(x) not in self.reached:
                self.reached.add(id(x))
                self.kept.append(x)
                yield from self.within(x)

    def within_libraries(self) -> Iterator[Entry]:
        """What the code of Python's library and of packages that ran keeps in globals, beside what it remembers."""
        for code, known in self.seen.installed.items():
            if not {"environ", "environb"}.isdisjoint(names_in(code).attributes):
                self.stack.append(os.environ)
            for name in sorted(names_in(code).globals & known.keys()):
                x = known[name]
                if isinstance(x, CODE) or is_memory(name):
                    continue
                yield Entry(NAME, known, name, x)
                if isinstance(x, ContextVar):
                    self.stack.append(x)
                elif isinstance(x, (list, dict, set, deque)):
                    yield from self.items_alone(x)

    def items_alone(self, x: Any) -> Iterator[Entry]:
        """What is in a container and in those in it, and nothing that is in other objects."""
        if id(x) not in self.reached:
            self.reached.add(id(x))
            self.kept.append(x)
            outer, self.stack = self.stack, []
            yield from self.within_container(x)
            inner, self.stack = self.stack, outer
            for each in inner:
                if isinstance(each, (list, dict, set, deque)):
                    yield from self.items_alone(each)

    def entry(self, kind: int, subject: Any, key: Any, expected: Any) -> Entry:
        """An entry; what is found there is followed."""
        self.stack.append(expected)
        return Entry(kind, subject, key, expected)

    def within(self, x: Any) -> Iterator[Entry]:
        """What must not change in an object."""
        if isinstance(x, FunctionType):
            yield from self.within_function(x)
        elif x is sys.modules:
            pass  # those that are named are watched; others come and go
        elif isinstance(x, MethodType):
            self.stack += [x.__self__, x.__func__]
        elif isinstance(x, BuiltinFunctionType):
            if not isinstance(x.__self__, ModuleType):
                self.stack.append(x.__self__)
        elif isinstance(x, WRAPPERS):  # __init__ and __setstate__ change them
            yield Entry(ITEMS, x, wrapped_by, wrapped_by(x))
            self.stack += [*wrapped_by(x), *(x.args if isinstance(x, partial) else ())]
        elif isinstance(x, Caller):  # another compiled function, which looks after its recordings itself
            yield self.entry(NAME, vars(x), "function", vars(x)["function"])
            yield from self.within_instance(x)
        elif isinstance(x, MappedFunction):
            self.stack.append(x._compiled)
        elif isinstance(x, ref):
            self.stack.append(x())
        elif isinstance(x, type):
            yield from self.within_class(x)
        elif isinstance(x, ModuleType):
            yield from self.within_module(x)
        elif type(x).__name__ == "_lru_cache_wrapper":
            yield Entry(ITEMS, x, results_kept, results_kept(x))
            yield from self.without_running(x.__wrapped__)
        elif isinstance(x, ContextVar):
            yield self.entry(OTHER, x, lambda var: var.get(MISSING), x.get(MISSING))
        elif is_array(x) or (type(x).__module__ == "numpy" and hasattr(x, "tobytes")):
            if x.dtype.kind == "O":
                items = tuple(x.ravel().tolist())
                self.stack += items
                yield Entry(ITEMS, x, lambda array: array.ravel().tolist(), items)
            else:
                yield Entry(ARRAY, x, None, parts_of_array(x))
            if "flags" in self.names:
                yield Entry(OTHER, x, as_before(x, lambda array: str(array.flags)), True)
        else:
            known = yield from self.within_container(x)
            yield from self.within_instance(x)
            if not known and is_opaque(x):
                yield from self.within_opaque(x)

    def without_running(self, f: Any) -> Iterator[Entry]:
        """What a function would read that did not run, because what it answers is remembered."""
        if isinstance(f, FunctionType) and f.__code__ not in self.codes and not is_installed(f.__code__.co_filename):
            self.codes.add(f.__code__)
            self.stack.append(f)
            for name in sorted(names_in(f.__code__).globals & f.__globals__.keys()):
                yield self.entry(NAME, f.__globals__, name, f.__globals__[name])
                yield from self.without_running(f.__globals__[name])

    def told_by_c(self, x: Any) -> Iterator[Entry]:
        """The attributes of a function or class that stand in the code, and that no dict has."""
        for name in self.of_user:
            found = next((vars(base)[name] for base in type(x).__mro__ if name in vars(base)), None)
            if isinstance(found, (GetSetDescriptorType, MemberDescriptorType)):
                now = getattr(x, name, None)
                if isinstance(now, (str, tuple, type(None))):
                    yield Entry(OTHER, x, as_before(x, partial(asked_for, name)), True)

    def within_value(self, x: Value) -> Iterator[Entry]:
        """The attributes that its user gave to a Value."""
        own = own_attributes(x)
        if own is not None and (own or self.asked):
            yield Entry(DICT, own, None, flat(own))
            self.stack += own.values()
        elif self.asked:
            yield Entry(OTHER, x, own_attributes, None)

    def within_function(self, f: FunctionType) -> Iterator[Entry]:
        """The code, the defaults and the outer variables of a function that ran."""
        if f is os.getenv:
            self.stack.append(os.environ)
        if not (is_installed(f.__code__.co_filename) or f.__code__.co_filename.startswith(MODELS)):
            yield from self.told_by_c(f)
        if id(f) in self.seen.whole:
            yield Entry(DICT, vars(f), None, flat(vars(f)))
        if f.__code__ in self.seen.installed:
            for name, cell in zip(f.__code__.co_freevars, f.__closure__ or ()):
                if not is_memory(name):
                    yield self.entry(CELL, cell, None, cell_contents(cell))
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
        """The names of a module that stand in the code."""
        own = vars(module)
        follow = is_module_of_user(module)
        if follow and "__getattr__" in own:
            self.stack.append(own["__getattr__"])
            yield from [Entry(NAME, own, name, MISSING) for name in self.names - own.keys()]
        for name in self.names & own.keys():
            yield self.entry(NAME, own, name, own[name]) if follow else Entry(NAME, own, name, own[name])
            if isinstance(own[name], WITHIN_MODULES) or own[name] is os.getenv:
                self.stack.append(own[name])

    def within_class(self, cls: type) -> Iterator[Entry]:
        """The names of a class of the user, and its special methods."""
        spaces = [namespace(base) for base in cls.__mro__ if is_of_user(base)]
        if spaces and not is_of_models(cls):
            yield Entry(OTHER, cls, mro_of, cls.__mro__)
            yield from self.told_by_c(cls)
            if "__subclasses__" in self.names:
                yield Entry(ITEMS, cls, subclasses_of, tuple(cls.__subclasses__()))
        if is_of_user(type(cls)):
            yield self.entry(TYPE, cls, None, type(cls))
        for k, own in enumerate(spaces):
            functions = {name for name, x in own.items() if name[:2] == "__" and isinstance(x, FunctionType)}
            for name in (self.names & own.keys()) | functions:
                yield self.entry(NAME, own, name, own[name])
                yield from [Entry(NAME, nearer, name, MISSING) for nearer in spaces[:k] if name not in nearer]

    def within_container(self, x: Any) -> Generator[Entry, None, bool]:
        """All that is in a container; whether it is one."""
        if isinstance(x, list):
            items = tuple(list.__iter__(x))
            yield Entry(LIST, x, None, items)
        elif isinstance(x, dict):
            items = tuple(dict.values(x))
            in_own_order = isinstance(x, OrderedDict)  # which it keeps beside the dict that it is
            yield Entry(ITEMS, x, flat, flat(x)) if in_own_order else Entry(DICT, x, None, flat(x))
            if isinstance(x, defaultdict):
                yield self.entry(OTHER, x, made_by, x.default_factory)
        elif isinstance(x, (set, deque)):
            items = tuple(x)
            yield Entry(ITEMS, x, tuple, items)
        elif isinstance(x, (bytearray, array)):
            yield Entry(ITEMS, x, small_numbers, small_numbers(x))
            return True
        elif isinstance(x, (tuple, frozenset)):
            items = tuple(x)
        elif isinstance(x, (UserDict, UserList, ChainMap, SimpleNamespace, os._Environ)):
            items = tuple(vars(x).values())
            yield Entry(DICT, vars(x), None, flat(vars(x)))
        else:
            return False
        kinds = set(map(type, items))
        if not kinds <= SIMPLE:
            self.stack += items
        elif Value in kinds and (self.asks_values or self.asked):
            self.stack += [x for x in items if type(x) is Value and (self.asked or own_attributes(x))]
        return True

    def within_opaque(self, x: Any) -> Iterator[Entry]:
        """The numbers in a buffer, and all that an object of Python's library or of a package holds."""
        self.n_opaque += 1
        if self.n_opaque > MOST or is_of_models(type(x)):
            return
        still = as_it_is(x)
        own = getattr(x, "__dict__", None)
        if still is not None:
            yield Entry(OTHER, x, still, True)
        if is_of_user(type(x)):
            return  # its attributes are read by code that was seen
        if isinstance(own, dict):
            yield Entry(DICT, own, None, flat(own))
            self.stack += own.values()
        elif still is None:
            items = held_by(x)
            yield Entry(ITEMS, x, held_by, items)
            self.stack += items
            read = None if items or (isinstance(x, LOCKS) and not self.asks_locks) else said_by(x)
            if read is not None:
                yield Entry(OTHER, x, as_before(x, read), True)

    def within_instance(self, x: Any) -> Iterator[Entry]:
        """The class of an object, and the attributes that stand in the code."""
        cls = type(x)
        own = getattr(x, "__dict__", None)
        of_user = is_of_user(cls)
        if of_user:
            yield Entry(TYPE, x, None, cls)
            self.stack.append(cls)
        if not isinstance(own, dict):
            own = {}
        elif of_user and self.computed and not is_of_models(cls):
            yield Entry(DICT, own, None, flat(own))
        of_models = is_of_models(cls)
        names = self.names
        if of_user and (self.computed or id(x) in self.seen.whole):
            slots = {
                name for base in cls.__mro__ for name, y in vars(base).items() if isinstance(y, MemberDescriptorType)
            }
            names = names | own.keys() | slots
        for name in names:
            if (id(x), name) in self.settings or (of_models and name[0] == "_"):
                continue
            if name in own:
                yield self.entry(NAME, own, name, own[name])
            elif of_user:
                yield from self.attribute_of_class(x, own, name)

    def attribute_of_class(self, x: Any, own: dict[str, Any], name: str) -> Iterator[Entry]:
        """An attribute that an instance gets from its class, or that is missing."""
        for base in type(x).__mro__:
            found = vars(base).get(name, MISSING)
            if isinstance(found, (MemberDescriptorType, GetSetDescriptorType)):
                reading = partial(slot_contents, found)
                yield self.entry(OTHER, x, reading, reading(x))
                return
            if found is not MISSING:
                break
        else:
            if name not in self.asked and not hasattr(type(x), "__getattr__"):
                return
            yield from [Entry(NAME, namespace(base), name, MISSING) for base in type(x).__mro__ if is_of_user(base)]
        if hasattr(x, "__dict__") and not is_of_models(type(x)):
            yield Entry(NAME, own, name, MISSING)


def asked_for(name: str, x: Any) -> Any:
    """An attribute; None for one that is missing."""
    return getattr(x, name, None)


def mro_of(cls: type) -> tuple[type, ...]:
    """The class and those that it inherits from, in a tuple that is replaced if they are."""
    return cls.__mro__


def subclasses_of(cls: type) -> list[type]:
    """The classes that inherit from it directly."""
    return cls.__subclasses__()


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


WRAPPERS = (partial, property, cached_property, staticmethod, classmethod)


def wrapped_by(x: Any) -> tuple[Any, ...]:
    """What an object hands a call on to, and with what."""
    if isinstance(x, partial):
        return x.func, x.args, x.keywords
    return (x.fget,) if isinstance(x, property) else (x.func,) if isinstance(x, cached_property) else (x.__func__,)


def made_by(x: Any) -> Any:
    """What makes the items that a dict does not have."""
    return x.default_factory


def small_numbers(x: Any) -> tuple[Any, ...]:
    """The bytes of an array, as numbers that are the same objects every time."""
    return tuple(bytes(x))


def is_memory(name: str) -> bool:
    """Whether a library keeps under this name what it need not compute again: that changes no number."""
    return "cache" in name.lower() or "memo" in name.lower()


def namespace(cls: type) -> dict[str, Any]:
    """The dict of a class itself."""
    return gc.get_referents(vars(cls))[0]


def is_of_user(cls: type) -> bool:
    """Whether a class can be changed, and is no part of Python or of an installed package."""
    if not cls.__flags__ & (1 << 9) or cls is Value or not isinstance(cls.__module__, str):  # made in a program
        return False
    module = sys.modules.get(cls.__module__)
    return module is None or is_module_of_user(module)


def is_module_of_user(module: ModuleType) -> bool:
    """Whether a module is no part of Python or of an installed package."""
    file = vars(module).get("__file__")
    if isinstance(file, str):
        return not is_installed(file)
    return module.__name__ not in sys.builtin_module_names and not module.__name__.startswith("_cython")


def is_of_models(cls: type) -> bool:
    """Whether it is a class of nn."""
    return isinstance(cls.__module__, str) and cls.__module__.split(".")[0] == "nn"


LOCKS = type(Lock()), type(RLock())  # other threads may enter them at any time: that matters to who asks
MEETINGS = Barrier, Condition, Semaphore  # and so is who waits here
ASKING_LOCKS = {"locked", "acquire", "_is_owned", "repr", "str", "format", "n_waiting", "broken", "parties", "_value"}
UNNOTED = {Value, float, int, bool, str, list, tuple, dict, type(None)}
WITHIN_MODULES = (ABCMeta, BuiltinFunctionType, ModuleType, os._Environ, dict, list, set, deque)
SIMPLE = {float, int, bool, str, bytes, complex, type(None), Value}
ATOMS = {*SIMPLE, CodeType}
