"""Compiled functions whose arguments, surroundings and results change between calls, and in the middle of one.

The arguments are lists, tuples and dicts of numbers and Values. The same Value or container may be there twice, and
objects that say of themselves that they equal everything. Code comes in between with the garbage collector, with a name
that is looked for, with a comparison, or from another thread. It changes all of that, calls again, opens no_grad(), or
gives results another local gradient. Where no code came in between, the function itself says what is right.
python -m tests.fuzz.arguments 600
"""

import gc
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import autograd
from autograd import CannotCompile, Value, no_grad, recording
from autograd.compiling import compile
from autograd.transforms import closures
from autograd.transforms.containers import leaves
from tests.fuzz import chance as odd

STEPS = 60  # in a world
REFUSED = (TypeError, ValueError, ArithmeticError, RuntimeError, LookupError, AttributeError, CannotCompile)
SETTERS = recording.__file__, closures.__file__  # of a ContextVar: to set it meanwhile too ends Python 3.11 itself
calls = odd.Count()

SOURCES = [
    "def f(*args):\n    return total([x * x * W for x in leaves(args) if isinstance(x, (float, Value))])\n",
    "def f(*args):\n    return total([x * x for x in leaves(args) if isinstance(x, (float, Value))]) + W\n",
    "def f(*args):\n    return total([x * 0.5 for x in leaves(args) if isinstance(x, (float, Value))])\n",
    "def f(*args):\n    return logsumexp([W, *[x for x in leaves(args) if isinstance(x, (float, Value))]])\n",
]


class Liar(type):
    """Classes that equal the types that the engine looks for."""

    def __eq__(self, other: object) -> bool:
        return other in (list, tuple, dict, int, str)

    def __hash__(self) -> int:
        return hash(list)


class LyingList(list[Any], metaclass=Liar):
    pass


class LyingDict(dict[Any, Any], metaclass=Liar):
    pass


class Named(dict[Any, Any]):
    pass


class Thing(metaclass=Liar):
    """Acts when it is compared."""

    def __init__(self, world: "World") -> None:
        self.world = world

    def __eq__(self, other: object) -> bool:
        self.world.quietly()
        return True

    def __hash__(self) -> int:
        return 1


class Name(str):
    """A name that is met on the way to W, and acts then."""

    world: "World"

    def __hash__(self) -> int:
        return hash("W")

    def __eq__(self, other: object) -> bool:
        self.world.quietly()
        return False


class World:
    """A compiled function, its arguments, and its results."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.depth, self.n_disturbances, self.blocks = chance, 0, 0, list[Any]()
        self.collected, self.alone = False, True  # whether code runs with the garbage collector, and no other thread
        self.values = [Value(chance.uniform(-1, 1)) for _ in range(4)]
        self.containers: list[Any] = []
        name = Name("w")
        name.world = self
        self.names: dict[str, Any] = {name: 0} if chance.random() < 0.5 else {}
        self.names |= {"leaves": leaves, "Value": Value, "total": autograd.sum, "logsumexp": autograd.logsumexp}
        self.names["W"] = Value(2.0)
        exec(chance.choice(SOURCES), self.names)
        self.function = self.names["f"]
        self.compiled = compile(self.function)
        self.results: list[Any] = []
        self.wide = [1.0] * chance.choice([0, 0, 25])  # Python keeps no memory for tuples that are longer than 20
        self.args = [self.tree() for _ in range(chance.choice([1, 1, 2]))]

    def number(self) -> Any:
        kind = self.chance.randrange(12)
        if kind < 6:
            return self.chance.choice(self.values)
        return (
            Thing(self) if kind == 11 and self.chance.random() < 0.3 else self.chance.choice([0.5, -1.5, 1.0, 2, "x"])
        )

    def tree(self, depth: int = 3) -> Any:
        """A container; perhaps one that is elsewhere too."""
        chance = self.chance
        if self.containers and chance.random() < 0.15:
            return chance.choice(self.containers)
        parts = [
            self.tree(depth - 1) if depth and chance.random() < 0.25 else self.number()
            for _ in range(chance.choice([0, 1, 2, 3, 9]))
        ]
        kind = chance.randrange(20)
        if kind < 8:
            whole: Any = parts
        elif kind < 11:
            return tuple(parts)
        elif kind < 16:
            whole = {f"x{i}": part for i, part in enumerate(parts)}
        elif kind < 18:
            whole = LyingList(parts)
        else:
            whole = chance.choice([LyingDict, Named])((chance.choice([list, i]), part) for i, part in enumerate(parts))
        self.containers.append(whole)
        return whole

    def change(self) -> None:
        """Change a container where it is."""
        chance = self.chance
        if not self.containers:
            return
        whole = chance.choice(self.containers)
        how = chance.randrange(6)
        if isinstance(whole, dict):
            name = chance.choice([*whole, "x0", "y"])
            if how < 2:
                whole.pop(name, None)
            elif how < 4:
                whole[name] = self.number()
            elif how == 4:
                whole[name] = whole.pop(name, 1.0)  # which comes last then
            else:
                whole.clear()
            return
        if how == 0:
            whole.clear()
        elif how == 1:
            whole += [self.number()] * chance.choice([1, 1, 40])
        elif how == 2 and whole:
            whole[chance.randrange(len(whole))] = self.number()
        elif how == 3:
            whole[:] = whole[::-1]
        elif whole:
            whole.pop()

    def quietly(self) -> None:
        """Do something in the middle of a call."""
        self.n_disturbances += 1
        if self.depth < 3 and self.chance.random() < 0.5:
            self.depth += 1
            try:
                for _ in range(self.chance.choice([1, 1, 3])):
                    with suppress(*REFUSED):
                        self.chance.choice([self.change, self.turn, self.use, self.call, self.pause])()
            except AssertionError as error:  # which nobody would be told of
                odd.faults.append(repr(error))
            finally:
                self.depth -= 1

    def turn(self) -> None:
        """Change what the function depends on, or what is in its Values."""
        kind = self.chance.randrange(4)
        if kind == 0:
            self.names["W"] = Value(1.5)
        elif kind == 1:
            self.names["z"] = self.chance.random()
        elif kind == 2:
            self.values[self.chance.randrange(4)] = self.chance.choice([Value(0.25), self.values[0] * self.values[1]])
        else:
            self.chance.choice(self.values).data = self.chance.uniform(-1, 1)

    def pause(self) -> None:
        """Open no_grad(), for code that does not know of it, or close it."""
        if self.blocks:
            self.blocks.pop().__exit__(None, None, None)
        else:
            block = no_grad()
            block.__enter__()
            self.blocks.append(block)

    def use(self) -> None:
        """Do something with a result."""
        if not self.results:
            return
        result = self.chance.choice(self.results)
        kind = self.chance.randrange(6)
        if kind == 0:
            result.backward()
        elif kind == 1:
            self.arm()
            local_gradient = result.local_gradient
            if local_gradient is not None:
                local_gradient(self.chance.choice([1.0, Value(1.0)]))
        elif kind == 2 and result.op not in ("", "constant"):
            n = len(result.parents)
            result.local_gradient = lambda gradient: [gradient] * n
        elif kind == 3:
            self.results.remove(result)
        elif kind == 4:
            self.values[self.chance.randrange(4)] = result
        else:
            (result * result).backward()

    def arm(self) -> None:
        """Let the garbage collector come at once, or nearly so."""
        if self.collected and not self.depth:
            gc.set_threshold(gc.get_count()[0] + self.chance.randrange(1, 6))

    def call(self) -> None:
        """One call by one of the ways."""
        calls.one()
        before = self.n_disturbances
        self.arm()
        if self.chance.random() < 0.3:
            self.compiled.value_and_grad(*self.args, *self.wide)
            return
        found = self.compiled(*self.args, *self.wide)
        with no_grad():
            expected = self.function(*self.args, *self.wide)
        if self.n_disturbances == before and self.alone:
            x, y = (each.data if isinstance(each, Value) else float(each) for each in (found, expected))
            assert abs(x - y) <= 1e-12 * max(1.0, abs(x)) or x != x, (x, y)
        if isinstance(found, Value):
            self.results.append(found)
        del self.results[9:]

    def close(self) -> None:
        """Let nothing be left of it."""
        while self.blocks:
            self.pause()
        vars(self).clear()


@contextmanager
def undisturbed(world: World) -> Iterator[None]:
    yield


@contextmanager
def collected(world: World) -> Iterator[None]:
    """The garbage collector comes in the middle of calls, and code runs with it."""

    def act(phase: str, found: object) -> None:
        if phase == "start":
            gc.set_threshold(700)
            if sys._getframe(1).f_code.co_filename not in SETTERS:
                world.quietly()

    before, world.collected = gc.get_threshold(), True
    gc.callbacks.append(act)
    try:
        yield
    finally:
        gc.callbacks.remove(act)
        gc.set_threshold(*before)


@contextmanager
def accompanied(world: World) -> Iterator[None]:
    """Another thread does the same."""

    def run() -> None:
        for _ in range(STEPS):
            with suppress(*REFUSED):
                world.chance.choice([world.change, world.turn, world.use, world.call])()

    world.alone = False
    with odd.beside(run):
        yield


def one(chance: random.Random) -> None:
    """Make a world, and go on with it."""
    world = World(chance)
    how: Callable[..., Any] = chance.choice([undisturbed, undisturbed, collected, collected, collected, accompanied])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with how(world):
            for _ in range(STEPS):
                with suppress(*REFUSED):
                    for _ in range(chance.choice([2, 3, 9])):
                        world.call()
                    chance.choice([world.change, world.turn, world.use, world.use, world.quietly])()
    world.close()
    assert not recording.open_blocks
    x = Value(3.0)
    (x * x).backward()
    assert x.grad == 6.0


if __name__ == "__main__":
    sys.unraisablehook = lambda found: odd.faults.append(repr(found)) if isinstance(found.object, str) else None
    odd.run(one, lambda: f"{calls.n:,} calls, {odd.memory() >> 20} MiB")
