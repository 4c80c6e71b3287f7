"""What libraries are set to, and what C functions answer from no argument: it is followed, or refused by name."""

import abc
import asyncio
import contextvars
import csv
import decimal
import enum
import functools
import gc
import importlib
import inspect
import json
import locale
import logging
import numbers
import operator
import os
import re
import signal
import socket
import statistics
import sys
import threading
import time
import tracemalloc
import types
import typing
import warnings
import weakref
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np
import pytest

import autograd
from autograd import CannotCompile, Value
from autograd.compiling import settings


class Shape(metaclass=abc.ABCMeta):  # noqa: B024
    """A class to which others are registered."""


class Square:
    """One that may be registered."""


class Meta(type):
    """A class of classes."""

    rate = 2.0

    def factor(cls):
        return cls.rate


class OfMeta(metaclass=Meta):
    """Its rate is that of its class."""


class Descriptor:
    """One that answers what it is set to."""

    def __init__(self):
        self.now = 2.0

    def __get__(self, instance, owner):
        return self.now


class Described:
    """A class with a descriptor."""

    rate = Descriptor()


class Lazy:
    """An object that computes an attribute once."""

    start = 2.0

    @functools.cached_property
    def rate(self):
        return self.start * 2


class Dynamic:
    """An object that looks its attributes up."""

    def __init__(self):
        self.known = {"rate": 2.0}

    def __getattr__(self, name):
        return self.known[name]


class Colour(enum.Enum):
    """What an example is of."""

    RED = 1
    BLUE = 2


@dataclass
class Settings:
    """Settings of a model."""

    rates: list[float] = field(default_factory=lambda: [2.0, 3.0])
    colour: Colour = Colour.RED


class Singleton:
    """An object of which there is one."""

    instance = None
    rate = 2.0

    @classmethod
    def get(cls):
        if cls.instance is None:
            cls.instance = cls()
        return cls.instance


LIMIT = Decimal(2)
VARIABLE = contextvars.ContextVar("VARIABLE", default=2.0)
WORDS = {"a": 1.0}
WHICH = "rate"


@typing.runtime_checkable
class HasArea(typing.Protocol):
    """What has an area."""

    def area(self):
        """The area."""


# Each makes a function, and something that changes what it computes
def cases():
    lock, relock, event, semaphore = threading.Lock(), threading.RLock(), threading.Event(), threading.Semaphore(3)
    condition = threading.Condition()
    context, logger = decimal.Context(prec=3), logging.getLogger("chalkgrad.tests.settings")
    lazy, dynamic, settings, counter = Lazy(), Dynamic(), Settings(), Counter(a=2)
    kinds, cached, square = defaultdict(lambda: 2.0), {}, Square()
    thread, alive, stop = [], [], threading.Event()
    module = types.ModuleType("settings_of_another_test")
    module.rate = 2.0
    cell = 2.0
    future, queue = asyncio.Event(), asyncio.Queue()
    template = {"text": "{:.2f}"}
    views = {"k": 2.0}
    keys = views.keys()
    pattern = {"now": re.compile("a+")}
    array = np.array([1.0, 2.0])
    nested = {"a": {"b": [1.0, (2.0, [3.0])]}}
    target = Lazy()
    target.rate = 2.0
    alive.append(weakref.proxy(target))

    def set_cell():
        nonlocal cell
        cell = 5.0

    def begin():
        thread.append(threading.Thread(target=stop.wait))
        thread[0].start()

    def end():
        stop.set()
        for one in thread:
            one.join()

    def generator():
        for rate in settings.rates:
            yield rate * cell

    def with_closure(k):
        return lambda x: x * k * cell

    closed = with_closure(3.0)

    def kept(k):
        if k not in cached:
            cached[k] = k * 2.0
        return cached[k]

    @functools.singledispatch
    def kind_of(x):
        return 1.0

    class First:
        rate = 2.0

    class Second:
        rate = 3.0

    class Heir(First, Second):
        """A class with two bases."""

    heir, outer = Heir(), types.SimpleNamespace(target=target)
    looking = types.ModuleType("looking")
    looking.__getattr__ = lambda name: views["k"]
    sys.modules[module.__name__] = module

    @functools.lru_cache
    def remembered(k):
        return WORDS["a"] * k

    def caught(x):
        try:
            return x * square.extra
        except AttributeError:
            return x * 3

    def missed(x):
        try:
            import absent_module_of_a_test
        except ImportError:
            return x * 3
        return x * absent_module_of_a_test.rate

    third = lambda: Decimal(1) / Decimal(3)  # noqa: E731
    yield "precision", lambda x: x * float(third()), lambda: setattr(getcontext(), "prec", 3)
    yield "rounding", lambda x: x * int(str(LIMIT / 3)[-1]), lambda: setattr(getcontext(), "rounding", "ROUND_DOWN")
    yield "precision of another context", lambda x: x * float(context.divide(1, 3)), lambda: setattr(context, "prec", 5)
    yield "a local context", lambda x: x * decimal.getcontext().prec, lambda: decimal.setcontext(context)
    yield "errors of NumPy", lambda x: x * len(np.geterr()["divide"]), lambda: np.seterr(divide="raise")
    yield "a lock", lambda x: x * (2.0 if lock.locked() else 3.0), lock.acquire
    yield "a lock that is entered again", lambda x: x * len(repr(relock)), relock.acquire
    yield "an event", lambda x: x * (2.0 if event.is_set() else 3.0), event.set
    yield "a semaphore", lambda x: x * semaphore._value, semaphore.acquire
    yield "an event of asyncio", lambda x: x * (2.0 if future.is_set() else 3.0), future.set
    yield "a queue of asyncio", lambda x: x * (1 + queue.qsize()), lambda: queue.put_nowait(1)
    yield "how many threads there are", lambda x: x * threading.active_count(), begin
    yield "which threads there are", lambda x: x * len(threading.enumerate()), begin
    yield "an abstract class", lambda x: x * (2.0 if isinstance(square, Shape) else 3.0), lambda: Shape.register(Square)
    yield (
        "an abstract class of the library",
        lambda x: x * (2.0 if isinstance(square, numbers.Number) else 3.0),
        lambda: numbers.Number.register(Square),
    )
    yield "single dispatch", lambda x: x * kind_of(square), lambda: kind_of.register(Square, lambda x: 2.0)
    yield (
        "single dispatch on an abstract class",
        lambda x: x * kind_of(square),
        lambda: (kind_of.register(Shape, lambda x: 7.0), Shape.register(Square)),
    )
    yield (
        "a protocol",
        lambda x: x * (2.0 if isinstance(square, HasArea) else 3.0),
        lambda: setattr(Square, "area", lambda self: 1.0),
    )
    yield "depth", lambda x: x * sys.getrecursionlimit(), lambda: sys.setrecursionlimit(5000)
    yield "switching", lambda x: x * sys.getswitchinterval(), lambda: sys.setswitchinterval(0.125)
    yield "digits", lambda x: x * sys.get_int_max_str_digits(), lambda: sys.set_int_max_str_digits(9000)
    yield (
        "locale",
        lambda x: x * len(locale.setlocale(locale.LC_ALL)),
        lambda: locale.setlocale(locale.LC_CTYPE, "C.UTF-8" if locale.setlocale(locale.LC_CTYPE) == "C" else "C"),
    )
    yield "filters", lambda x: x * len(warnings.filters), lambda: warnings.simplefilter("error", FutureWarning)
    yield "a context variable", lambda x: x * VARIABLE.get(), lambda: VARIABLE.set(5.0)
    yield (
        "a copy of the context",
        lambda x: x * contextvars.copy_context().get(VARIABLE, 1.0),
        lambda: VARIABLE.set(5.0),
    )
    yield "garbage", lambda x: x * (2.0 if gc.isenabled() else 3.0), None
    yield "thresholds", lambda x: x * gc.get_threshold()[0], lambda: gc.set_threshold(1234)
    yield "timeout", lambda x: x * (socket.getdefaulttimeout() or 1.0), lambda: socket.setdefaulttimeout(5.0)
    yield "a signal", lambda x: x * (2.0 if signal.getsignal(signal.SIGUSR1) else 3.0), None
    yield "fields", lambda x: x * csv.field_size_limit(), lambda: csv.field_size_limit(1000)
    yield "memory", lambda x: x * (2.0 if tracemalloc.is_tracing() else 3.0), tracemalloc.start
    yield "a level", lambda x: x * logger.level, lambda: logger.setLevel(20)
    yield "an effective level", lambda x: x * logger.getEffectiveLevel(), lambda: logger.setLevel(20)
    yield (
        "a level by name",
        lambda x: x * (2.0 if logging.getLogger("chalkgrad.tests.settings").isEnabledFor(10) else 3.0),
        lambda: logger.setLevel(10),
    )
    yield "the caller", lambda x: x * len(inspect.stack()), None
    yield "the frame", lambda x: x * (2.0 if inspect.currentframe().f_back else 3.0), None
    yield "a thread", lambda x: x * len(threading.current_thread().name), None
    yield "time zone", lambda x: x * time.localtime(0).tm_hour, None
    yield (
        "a time zone of the system",
        lambda x: x * datetime.fromtimestamp(0).hour,
        lambda: (os.environ.update(TZ="Asia/Tokyo"), time.tzset()),
    )
    yield "a metaclass", lambda x: x * OfMeta.rate, lambda: setattr(Meta, "rate", 5.0)
    yield "a method of a metaclass", lambda x: x * OfMeta.factor(), lambda: setattr(Meta, "rate", 5.0)
    yield "a descriptor", lambda x: x * Described().rate, lambda: setattr(vars(Described)["rate"], "now", 5.0)
    yield "a cached property", lambda x: x * lazy.rate, lambda: vars(lazy).update(rate=9.0)
    yield "an attribute that is looked up", lambda x: x * dynamic.rate, lambda: dynamic.known.update(rate=5.0)
    yield "an enumeration", lambda x: x * settings.colour.value, lambda: setattr(settings, "colour", Colour.BLUE)
    yield "items of a dataclass", lambda x: x * sum(settings.rates), lambda: settings.rates.append(4.0)
    yield "a generator function", lambda x: x * sum(generator()), set_cell
    yield "a closure", lambda x: closed(x), set_cell
    yield "a counter", lambda x: x * counter["a"], lambda: counter.update("a")
    yield "what is missing in a counter", lambda x: x * (1 + counter["b"]), lambda: counter.update("b")
    yield "a default", lambda x: x * kinds.get("a", 1.0), lambda: kinds["a"]
    yield "a cache of one's own", lambda x: x * kept(2.0), lambda: cached.update({2.0: 9.0})
    yield "a text", lambda x: x * float(template["text"].format(1.23456)), lambda: template.update(text="{:.1f}")
    yield "keys", lambda x: x * len(keys), lambda: views.update(other=1.0)
    yield "a pattern", lambda x: x * len(pattern["now"].findall("aab")[0]), lambda: pattern.update(now=re.compile("a"))
    yield "a singleton", lambda x: x * Singleton.get().rate, lambda: setattr(Singleton, "instance", Lazy())
    yield "nested", lambda x: x * nested["a"]["b"][1][1][0], lambda: nested["a"]["b"][1][1].insert(0, 9.0)
    yield "json", lambda x: x * len(json.dumps(WORDS)), lambda: WORDS.update(longer=1.0)
    yield "statistics", lambda x: x * statistics.mean(settings.rates), lambda: settings.rates.append(9.0)
    yield "a proxy", lambda x: x * alive[0].rate, lambda: setattr(target, "rate", 5.0)
    yield "an attribute of a module", lambda x: x * module.rate, lambda: setattr(module, "rate", 5.0)
    yield "an array by NumPy", lambda x: x * float(np.dot(array, array)), lambda: array.fill(3.0)
    yield "writing of arrays", lambda x: x * len(str(array / 3)), lambda: np.set_printoptions(precision=2)
    yield "days", lambda x: x * (date(2020, 1, 1) + timedelta(days=len(WORDS))).day, lambda: WORDS.update(more=1.0)
    yield "fractions", lambda x: x * float(Fraction(len(WORDS), 3)), lambda: WORDS.update(yet=1.0)
    yield "a time zone", lambda x: x * datetime(2020, 1, len(WORDS), tzinfo=UTC).day, lambda: WORDS.update(o=1)
    yield "an attribute that is missed", caught, lambda: setattr(square, "extra", 5.0)
    yield "an attribute that its class has not", caught, lambda: setattr(Square, "extra", 5.0)
    yield "one by name", lambda x: x * getattr(square, "extra", 3.0), lambda: setattr(Square, "extra", 5.0)
    yield "one that is no longer looked up", lambda x: x * dynamic.rate, lambda: setattr(dynamic, "rate", 5.0)
    yield "a module that is missed", missed, lambda: sys.modules.update(absent_module_of_a_test=module)
    yield "an attribute by a name elsewhere", lambda x: x * getattr(module, WHICH), lambda: setattr(module, "rate", 5.0)
    yield (
        "an attribute whose name is computed",
        lambda x: x * getattr(target, WHICH[:4]),
        lambda: setattr(target, "rate", 5.0),
    )
    yield "how many attributes", lambda x: x * len(vars(target)), lambda: setattr(target, "more", 5.0)
    yield "which names", lambda x: x * len(dir(target)), lambda: setattr(target, "more", 5.0)
    yield (
        "attributes of attributes",
        lambda x: x * operator.attrgetter("target.rate")(outer),
        lambda: setattr(target, "rate", 5.0),
    )
    yield (
        "a module by its name",
        lambda x: x * importlib.import_module("settings_of_another_test").rate,
        lambda: setattr(module, "rate", 5.0),
    )
    yield "what a module looks up", lambda x: x * looking.any, lambda: views.update(k=5.0)
    yield "what a module no longer looks up", lambda x: x * looking.any, lambda: setattr(looking, "any", 5.0)
    yield "the name of a function", lambda x: x * len(caught.__name__), lambda: setattr(caught, "__name__", "caughts")
    yield "the bases of a class", lambda x: x * heir.rate, lambda: setattr(Heir, "__bases__", (Second, First))
    yield (
        "how many subclasses",
        lambda x: x * (1 + len(First.__subclasses__())),
        lambda: cached.update(new=type("Third", (First,), {})),
    )
    yield (
        "the flags of an array",
        lambda x: x * (2.0 if array.flags.writeable else 3.0),
        lambda: array.setflags(write=False),
    )
    yield (
        "what is remembered of a global",
        lambda x: x * remembered(1.0),
        lambda: (WORDS.update(a=5.0), remembered.cache_clear()),
    )
    yield (
        "the signature of a function",
        lambda x: x * (1 + len(inspect.signature(caught).parameters)),
        lambda: setattr(caught, "__signature__", inspect.signature(lambda x, y: x)),
    )
    yield "a home", lambda x: x * len(os.path.expanduser("~")), lambda: os.environ.update(HOME="/another/home")
    yield "a buffer of NumPy", lambda x: x * np.getbufsize(), lambda: np.setbufsize(16384)
    yield (
        "a flag of decimal",
        lambda x: x * (2.0 if getcontext().flags[decimal.Inexact] else 3.0),
        lambda: Decimal(1) / 3,
    )
    yield "the state of chance", lambda x: x * np.random.get_state()[2], lambda: np.random.rand()
    yield "who owns a condition", lambda x: x * (2.0 if condition._is_owned() else 3.0), condition.acquire
    yield "the end", None, end


CASES = [name for name, f, _ in cases() if f is not None]


@pytest.fixture(autouse=True)
def as_before():
    """Undo what a case changes."""
    context, errors, options = getcontext().copy(), np.geterr(), np.get_printoptions()
    words, place = dict(WORDS), locale.setlocale(locale.LC_ALL)
    switching, depth, digits = sys.getswitchinterval(), sys.getrecursionlimit(), sys.get_int_max_str_digits()
    zone, home, buffer = os.environ.get("TZ"), os.environ.get("HOME", ""), np.getbufsize()
    context.clear_flags()
    getcontext().clear_flags()
    threshold, fields = gc.get_threshold(), csv.field_size_limit()
    with warnings.catch_warnings():
        yield
    decimal.setcontext(context)
    np.seterr(**errors)
    np.setbufsize(buffer)
    os.environ["HOME"] = home
    np.set_printoptions(**options)
    locale.setlocale(locale.LC_ALL, place)
    sys.setswitchinterval(switching)
    sys.setrecursionlimit(depth)
    sys.set_int_max_str_digits(digits)
    gc.set_threshold(*threshold)
    csv.field_size_limit(fields)
    socket.setdefaulttimeout(None)
    os.environ.pop("TZ", None)
    os.environ.update({} if zone is None else {"TZ": zone})
    time.tzset()
    tracemalloc.stop()
    WORDS.clear()
    WORDS.update(words)
    VARIABLE.set(2.0)
    vars(Described)["rate"].now = 2.0
    Meta.rate = 2.0
    Singleton.instance = None
    for name in ("absent_module_of_a_test", "settings_of_another_test"):
        sys.modules.pop(name, None)
    for name in ("extra", "area"):
        if name in vars(Square):
            delattr(Square, name)
    logging.getLogger("chalkgrad.tests.settings").setLevel(0)


@pytest.mark.parametrize("name", CASES)
def test_what_a_library_is_set_to_is_followed_or_refused(name) -> None:
    each = {name: (f, change) for name, f, change in cases()}
    f, change = each[name]
    compiled = autograd.compile(f)
    try:
        if change is None:  # it is refused
            with pytest.raises(CannotCompile, match=r"it asks (the system|what)"):
                compiled(3.0)
            return
        before = f(Value(3.0)).data
        assert compiled(3.0).data == compiled(3.0).data == before
        program = compiled.program
        assert compiled(2.0).data == f(Value(2.0)).data
        assert compiled.program is program
        change()
        assert f(Value(3.0)).data != before
        assert compiled(3.0).data == compiled(3.0).data == f(Value(3.0)).data
        program = compiled.program
        assert compiled(2.0).data == f(Value(2.0)).data
        assert compiled.program is program
    finally:
        each["the end"][1]()


def test_what_pytorch_is_set_to_is_followed() -> None:
    torch = pytest.importorskip("torch")
    leaf, plain = torch.nn.Parameter(torch.ones(1)), torch.zeros(2, 3)
    for f, change, back in (
        (lambda x: x * float(torch.tensor(1 / 3)), lambda: torch.set_default_dtype(torch.float64), torch.float32),
        (lambda x: x * (2.0 if torch.is_grad_enabled() else 3.0), lambda: torch.set_grad_enabled(False), True),
        (lambda x: x * (2.0 if leaf.grad is None else 3.0), lambda: (leaf * 2).sum().backward(), None),
        (lambda x: x * float(leaf.grad), lambda: leaf.grad.fill_(7.0), None),
        (lambda x: x * plain.shape[0], plain.t_, None),
        (lambda x: x * (2.0 if plain.requires_grad else 3.0), plain.requires_grad_, None),
        (lambda x: x * len(str(torch.tensor(1 / 3))), lambda: torch.set_printoptions(precision=2), 4),
    ):
        compiled, before = autograd.compile(f), f(3.0)
        assert compiled(3.0).data == before
        program = compiled.program
        assert compiled(2.0).data == f(2.0)
        assert compiled.program is program
        change()
        try:
            assert f(3.0) != before
            assert compiled(3.0).data == f(3.0)
        finally:
            if back == 4:
                torch.set_printoptions(precision=back)
            elif back is True:
                torch.set_grad_enabled(back)
            elif back is not None:
                torch.set_default_dtype(back)
    with pytest.raises(CannotCompile, match="draws random numbers"):
        autograd.compile(lambda x: x * (1.0 if float(torch.rand(1)) < 2 else 2.0))(1.0)


def test_every_setting_of_pytorch_is_noticed() -> None:
    torch = pytest.importorskip("torch")
    still = settings.as_before(torch, settings.of_torch)
    backends = torch.backends
    flags = [(backends.cudnn, name) for name in ("enabled", "benchmark", "deterministic", "allow_tf32")]
    for owner, name in [*flags, (backends.cuda.matmul, "allow_tf32")]:
        before = getattr(owner, name)
        setattr(owner, name, not before)
        noticed = not still(torch)
        setattr(owner, name, before)
        assert (noticed, still(torch)) == (True, True), name
    for mode in (
        lambda: torch.device("meta"),
        lambda: torch.autocast("cpu"),
        lambda: torch.inference_mode(),
        lambda: torch.autograd.set_detect_anomaly(True),
    ):
        with mode():
            assert not still(torch)
        assert still(torch)
    for set_, new, old in (
        (torch.set_default_device, "meta", None),
        (torch.use_deterministic_algorithms, True, False),
        (torch._C._set_mkldnn_enabled, False, True),
        (torch.set_float32_matmul_precision, "medium", torch.get_float32_matmul_precision()),
        (torch.set_num_threads, torch.get_num_threads() + 1, torch.get_num_threads()),
    ):
        set_(new)
        noticed = not still(torch)
        set_(old)
        assert (noticed, still(torch)) == (True, True), set_
