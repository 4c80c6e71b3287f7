"""Calls of the engine with odd numbers, code that runs in between, interrupts and no memory: nothing corrupts memory.

A world is made from a seed: Values of all kinds, lists that several calls share, and things that pass for numbers whose
methods change all of that while they are read. python -m tests.fuzz.calls 600 tries worlds for ten minutes and counts
the calls; with python -m tests.fuzz.sanitized before it, sanitizers watch. After each world the engine is as it was.
"""

import copy
import gc
import math
import numbers
import operator
import pickle
import random
import signal
import sys
import weakref
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from fractions import Fraction
from types import FrameType
from typing import Any

import autograd
from autograd import Value, adapt, clear, descend, leaves, no_grad, recording, topological_order
from autograd.functions import as_values, linear, side_by_side
from nn import Neuron
from tests.fuzz import chance as odd

try:
    from _testcapi import remove_mem_hooks, set_nomemory
except ImportError:  # another Python
    set_nomemory = None

CALLS = 60  # in a world
ORDINARY = (TypeError, ValueError, ArithmeticError, RuntimeError, AttributeError, LookupError, KeyboardInterrupt)
BESIDE = (MemoryError, NotImplementedError, pickle.PicklingError)  # the last where an import finds no memory
ONE = [f"{name}" for name in ("exp", "log", "sqrt", "tanh", "sigmoid", "relu", "softplus", "abs", "sin", "erf", "gelu")]
MANY = ["sum", "mean", "max", "min", "logsumexp", "prod", "norm", "softmax", "log_softmax", "dot"]
AGAIN = 300  # times that some are called one after the other, which costs less than to choose others
DEAR = (autograd.hessian, autograd.value_and_grad, autograd.hvp, copy.deepcopy, pickle.dumps)
calls = odd.Count()


class Odd(Exception):
    """What the odd things raise."""


class World:
    """Values, lists and other things, and what may be done with them."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.depth, self.again = 0, AGAIN
        self.values: list[Any] = [Value(chance.uniform(-2, 2)) for _ in range(4)]
        self.lists: list[Any] = [[], self.values, [1.0, *self.values]]
        self.neurons = [Neuron(3, activation=chance.choice([autograd.relu, autograd.tanh, abs]))]
        self.lists += [self.neurons[0].w, array("d", [0.0] * 3)]
        self.kept: list[Any] = []

    def number(self) -> Any:
        """A Value, a number, or something that passes for one."""
        chance = self.chance
        kind = chance.randrange(10)
        if kind < 5:
            return chance.choice(self.values or [Value(1.0)])
        if kind < 7:
            return chance.choice(
                [0.0, -0.0, 1.0, -1.5, math.inf, math.nan, 5e-324, 1e308, 2, 10**400, True, Fraction(1, 3)]
            )
        if kind < 9:
            return chance.choice([OddFloat, OddInt, OddReal])(self)
        return chance.choice([None, "1", 1j, [], self, OddValue(1.0)])

    def list(self) -> Any:
        """A list that others have too, or one of its own."""
        chance = self.chance
        if chance.random() < 0.5:
            return chance.choice(self.lists)
        own: Any = [self.number() for _ in range(chance.choice([0, 1, 2, 3, 3, 3, 9]))]
        if chance.random() < 0.3:
            return chance.choice([tuple, iter, lambda own: OddList(self, own)])(own)
        self.lists.append(own)
        return own

    def act(self) -> None:
        """Do something, in the middle of something else."""
        chance, self.depth = self.chance, self.depth + 1
        try:
            if self.depth < 3:
                kind = chance.randrange(9)
                if kind == 0:
                    chance.choice(self.lists)[:] = []
                elif kind == 1:
                    chance.choice(self.lists).append(self.number())
                elif kind == 2:
                    some = chance.choice(self.lists)
                    some[:] = [*some[1:], *some[:1], Value(1.0)][: chance.randrange(5)]
                elif kind == 3:
                    del self.values[: chance.randrange(3)]
                    gc.collect(0)
                elif kind == 4:
                    raise Odd
                else:
                    self.call()
        except (IndexError, TypeError, OverflowError, AttributeError):
            pass
        finally:
            self.depth -= 1

    def call(self) -> Any:
        """One call of the engine."""
        function, args = self.prepared()
        calls.one()
        found = function(*args)
        if self.depth == 0 and self.chance.random() < 0.3 and function not in DEAR:
            for _ in range(self.again):
                calls.one()
                function(*args)
        if isinstance(found, Value):
            self.values.append(found)
        elif type(found) is list and len(found) < 20:
            self.lists.append(found)
        if len(self.values) > 40:
            del self.values[self.chance.randrange(30) :: 2]
        del self.lists[9:]
        return found

    def prepared(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """A function and its arguments, which exist before it is called."""
        chance = self.chance
        value = chance.choice(self.values or [Value(1.0)])
        kind = chance.randrange(27)
        if kind < 4:
            two = (value, self.number()) if chance.random() < 0.6 else (self.number(), value)
            name = chance.choice(["add", "sub", "mul", "truediv", "pow", "lt", "ge", "eq", "mod"])
            if name == "pow" and not any(isinstance(x, Value) for x in two):
                name = "mul"  # Python itself takes for ever to raise 10**400 to the power of 10**400
            return getattr(operator, name), two
        if kind < 6:
            return getattr(autograd, chance.choice(ONE)), (self.number(),)
        if kind < 10:
            name = chance.choice(MANY)
            return getattr(autograd, name), (self.list(), self.list()) if name == "dot" else (self.list(),)
        if kind < 12:
            rows = [self.list() for _ in range(chance.randrange(5))] if chance.random() < 0.8 else self.list()
            activation = chance.choice([None, autograd.relu, autograd.tanh, autograd.sigmoid, self.callback])
            return linear, (rows, self.list(), self.list(), activation)
        if kind == 12:
            return chance.choice([as_values, leaves]), (self.list(),)
        if kind == 13:
            if chance.random() < 0.2:
                vars(self.neurons[0])[OddKey(self)] = 1
            return side_by_side, (self.neurons, self.list(), type(self.neurons[0]).__call__)
        if kind < 16:
            return value.backward, ()
        if kind == 16:
            return topological_order, (value,)
        if kind == 17:
            parents = tuple(self.list())
            return Value, (self.number(), parents, chance.choice(["own", OddKey(self)]), self.closure, "label")
        if kind == 18:
            return value.__init__, (self.number(), chance.choice([(), tuple(self.values[:2])]), "again", self.closure)
        if kind == 19:
            name = chance.choice(["data", "grad", "label", "own", "local_gradient"])
            return setattr, (value, name, chance.choice([self.number(), OddKey(self), "x", self.closure]))
        if kind == 20:
            name = chance.choice(["parents", "local_gradient", "op", "label", "grad", "__dict__"])
            return getattr, (value, name)
        if kind == 21:
            return chance.choice([repr, hash, bool, copy.copy, copy.deepcopy, pickle.dumps, Value.detach]), (value,)
        if kind == 22:
            some = [0.0, 0.1, self.number(), self.number()]
            found, n = chance.choice(self.lists), len(self.lists[0])
            kept = chance.choice([None, array("d", [0.0] * n), array("d", [0.0] * len(found))])
            return descend, (found, kept, *chance.choices(some, k=3))
        if kind == 23:
            found = chance.choice(self.lists)
            kept = [chance.choice([array("d", [0.0] * len(found)), None, found]) for _ in range(3)]
            some = [1.0, 0.5, self.number(), self.number(), 0.1, 0.9]
            return adapt, (found, *kept, *chance.choices(some, k=8))
        if kind == 24:
            return clear, (self.list(),)
        if kind == 25:
            return self.kept.append, (weakref.ref(value, lambda reference: self.quietly()),)
        at = [x if isinstance(x, float) else 0.5 for x in (self.number(), self.number())]
        return chance.choice([autograd.hessian, autograd.value_and_grad, autograd.hvp]), (self.callback, at)

    def callback(self, x: Any = None, *more: Any) -> Any:
        """A function of one's own."""
        if self.depth < 3 and self.chance.random() < 0.3:
            self.act()
        numbers = x if isinstance(x, list) else [x, *more]
        return autograd.sum([n * n * m for n in numbers for m in numbers]) if numbers else x

    def closure(self, gradient: Any) -> Any:
        """A local gradient of one's own."""
        if self.chance.random() < 0.3:
            self.act()
        return self.chance.choice(
            [[gradient], (gradient, gradient), OddList(self, [gradient] * 2), [self.number()], None]
        )

    def quietly(self) -> None:
        """Act where an error would only be printed."""
        with suppress(Exception):
            if self.depth < 3 and self.chance.random() < 0.2:
                self.act()


class OddFloat(float):
    """Acts when it is read."""

    def __new__(cls, world: World) -> "OddFloat":
        return super().__new__(cls, world.chance.choice([0.0, 1.0, -2.5]))

    def __init__(self, world: World) -> None:
        self.world = world

    def __float__(self) -> float:
        self.world.act()
        return 1.5


class OddInt(int):
    """Acts when it is read."""

    def __new__(cls, world: World) -> "OddInt":
        return super().__new__(cls, world.chance.choice([0, 1, -2, 10**20]))

    def __init__(self, world: World) -> None:
        self.world = world

    def __float__(self) -> float:
        self.world.act()
        return 2.5

    def __index__(self) -> int:
        self.world.act()
        return 3


class OddReal:
    """Acts when it is read, compared, or freed."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __float__(self) -> float:
        self.world.act()
        return -1.5

    __index__ = __float__  # type: ignore[assignment]

    def __lt__(self, other: object) -> bool:
        self.world.act()
        return True

    def __del__(self) -> None:
        self.world.quietly()


numbers.Real.register(OddReal)


class OddValue(Value):
    """A Value of a class of one's own."""

    @property
    def data(self) -> float:
        return 3.0


class OddKey(str):
    """A text that acts when it is compared or freed, and is found where "b" is."""

    world: World

    def __new__(cls, world: World) -> "OddKey":
        made = super().__new__(cls, "w")
        made.world = world
        return made

    def __hash__(self) -> int:
        return hash("b")

    def __eq__(self, other: object) -> bool:
        if self.world.chance.random() < 0.5 and self.world.neurons:
            vars(self.world.neurons[0]).update(w=[], b=1.0)
        self.world.quietly()
        return False

    def __del__(self) -> None:
        self.world.quietly()


class OddList(list[Any]):
    """Another number of things than it says, and acts between them."""

    def __init__(self, world: World, things: list[Any]) -> None:
        super().__init__(things)
        self.world = world

    def __len__(self) -> int:
        return self.world.chance.choice([super().__len__(), 0, 1, 5, 2**61, 2**62 + 1])

    def __iter__(self) -> Iterator[Any]:
        self.world.act()
        return iter([*super().__iter__(), *self.world.chance.choice([[], [1.0]])])


# How a world is disturbed while it is called


@contextmanager
def collected(world: World) -> Iterator[None]:
    """The garbage collector comes at every chance, and code runs with it."""

    def act(phase: str, found: object) -> None:
        world.quietly()

    before = gc.get_threshold()
    gc.callbacks.append(act)
    gc.set_threshold(1)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(act)


@contextmanager
def interrupted(world: World) -> Iterator[None]:
    """Ctrl-C comes at any time of a call, or code runs then."""

    def act(number: int, frame: FrameType | None) -> None:
        while frame is not None and frame.f_code is not World.call.__code__:
            frame = frame.f_back
        if frame is not None:  # elsewhere it would interrupt this program, and the timer might never be stopped
            if world.chance.random() < 0.5:
                raise KeyboardInterrupt
            world.quietly()

    before = signal.signal(signal.SIGALRM, act)
    signal.setitimer(signal.ITIMER_REAL, 1e-4, 1e-4)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def accompanied(world: World) -> Iterator[None]:
    """Another thread does the same with the same Values."""

    def run() -> None:
        for _ in range(CALLS):
            with suppress(Exception):
                world.call()

    world.again = 0
    with odd.beside(run):
        yield


@contextmanager
def undisturbed(world: World) -> Iterator[None]:
    yield


def without_memory(world: World) -> None:
    """A call during which memory runs out."""
    function, args = world.prepared()
    calls.one()
    start = world.chance.randrange(30)
    stop = start + world.chance.choice([1, 1, 1, 2, 5])  # without an end Python itself may wait for ever
    set_nomemory(start, stop)
    try:
        function(*args)
    except SystemError as error:  # an error of Python's own calls, which say nothing then
        if "an exception set" in str(error):
            raise
    finally:
        remove_mem_hooks()


def one(chance: random.Random) -> None:
    """Make a world, call, and see whether the engine is as it was."""
    world = World(chance)
    how = chance.choice([*[undisturbed, collected, interrupted, None] * 5, accompanied])
    paused = chance.random() < 0.1
    with suppress(KeyboardInterrupt), no_grad() if paused else nullcontext(), (how or undisturbed)(world):
        for _ in range(CALLS):
            try:
                if how is None and set_nomemory is not None:
                    without_memory(world)
                else:
                    world.call()
            except (*ORDINARY, *BESIDE, Odd):
                pass
    kept = [*world.values, *(x for some in list(world.lists) if type(some) is list for x in list(some))]
    for value in kept:
        if isinstance(value, Value):
            check_order(value)
    for thing in (world, kept, world.lists, world.values):
        vars(thing).clear() if isinstance(thing, World) else thing.clear()
    check_engine()


def check_order(root: Value) -> None:
    """No mark of a walk has been left on a node. (A Value that is initialised again may be its own ancestor.)"""
    order = topological_order(root)
    found = set(order)
    assert order[-1] is root or root in order
    assert all(found.issuperset(node.parents) for node in order)


def check_engine() -> None:
    """It records, differentiates and frees."""
    assert not recording.open_blocks
    assert gc.isenabled()
    x, w = Value(0.5), [Value(2.0), Value(3.0)]
    (y,) = linear([w], [x, x * x], [Value(1.0)], autograd.relu)
    (y * x).backward()
    assert (y.data, x.grad, w[1].grad) == (2.75, 5.25, 0.125)
    alive = weakref.ref(y)
    del y
    assert alive() is None


def unraisable(found: Any) -> None:
    """An error in the engine's C that nobody can be told of is a fault; those of odd things are theirs."""
    if isinstance(found.object, str) and not isinstance(found.exc_value, (Odd, KeyboardInterrupt, MemoryError)):
        odd.faults.append(repr(found))


if __name__ == "__main__":
    sys.unraisablehook = unraisable
    odd.run(one, lambda: f"{calls.n:,} calls, {odd.memory() >> 20} MiB")
