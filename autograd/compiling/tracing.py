"""Recording a function: which operations it does, on what, and which comparisons decided its path.

The function is called with leaves in the place of the numbers that will change; what it leaves behind is an ordinary
graph. It is called twice. What both graphs share was there before, and is captured: a parameter. All else must come out
the same, or the function does not depend on its arguments alone. While it runs the engine reports what no graph shows:
comparisons, which become guards, and readings of numbers, which no program could follow.
"""

import inspect
import linecache
import random
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan
from numbers import Number
from os import sep
from pathlib import Path
from typing import Any

from autograd.compiling.program import held
from autograd.derivatives import Operation
from autograd.recording import recording, watchers
from autograd.transforms.containers import leaves, paths
from autograd.value import Value, engine_name, nodes_before, operation_of

LIBRARY = Path(__file__).parents[2]
OWN_FOLDERS = (f"{LIBRARY / 'autograd'}{sep}", f"{LIBRARY / 'nn'}{sep}")  # a student's nn_mine.py is not ours


LOCK = threading.Lock()  # one function is recorded at a time


class CannotCompile(RuntimeError):
    """The function does something that a program cannot do again; the message says what, and in which line."""


@dataclass
class Recorded:
    """A function as a graph of numbered nodes, parents first.

    nodes: the Values; None for plain numbers, and for what is within a neuron. numbers: their data.
    ops: the operation that made each; None for leaves. operands: the numbers of the parents.
    inputs: the Values in the place of what varies.
    before: the nodes that were there before the function was called; of those that it uses directly it does not matter
        how they were made: they are captured.
    comparisons: (comparison, left, right, outcome), the sides by number, or a right side that is a plain float.
    outputs: by number.
    settings: (owner, name, setting): the program is that of the function while owner.name is this.
    """

    name: str
    inputs: list[Value]
    nodes: list[Value | None]
    numbers: list[float]
    ops: list[Operation | None]
    operands: list[tuple[int, ...]]
    comparisons: list[tuple[str, int, int | float, bool]]
    outputs: list[int]
    before: set[Value | None]
    settings: list[tuple[Any, str, Any]]

    def same_as(self, other: "Recorded") -> bool:
        """Whether the other did the same operations on the same numbers, and used the same Values from outside."""
        return (
            self.ops == other.ops
            and self.operands == other.operands
            and self.comparisons == other.comparisons
            and self.outputs == other.outputs
            and (self.numbers == other.numbers or all(map(_same, self.numbers, other.numbers)))
            and [x for x in self.nodes if x in self.before] == [x for x in other.nodes if x in self.before]
        )


def _same(x: float, y: float) -> bool:
    return x == y or (x != x and y != y)


def as_float(x: Any) -> float:
    """A side of a comparison; nan is always the same one, for that is how it equals itself in a tuple."""
    x = float(x)
    return x if x == x else nan


class Watcher:
    """What the engine reports to, while a function is recorded in this thread."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.thread = threading.get_ident()
        self.comparisons: list[tuple[str, Value, Any, bool]] = []
        self.settings: list[tuple[Any, str, Any]] = []
        self.mistake: CannotCompile | None = None

    def compared(self, comparison: str, left: Value, right: Any, outcome: bool) -> None:
        """Two numbers were compared, of which the left one is a Value."""
        if threading.get_ident() == self.thread:
            self.comparisons.append((comparison, left, right if isinstance(right, Value) else as_float(right), outcome))

    def depends_on(self, owner: Any, name: str, setting: Any) -> None:
        """What the function does depends on an attribute of something, such as the mode of a model."""
        if threading.get_ident() == self.thread and (owner, name, setting) not in self.settings:
            self.settings.append((owner, name, setting))

    def held(self, x: Value) -> Any:
        """x as a constant: an operation, for it changes with x, through which no gradient flows."""
        if threading.get_ident() != self.thread:
            return Value(x._data, op="constant", label=x.label)
        return held(x)

    def read(self, what: str) -> None:
        """Something was done that a program cannot do again. CannotCompile, with the line."""
        if threading.get_ident() != self.thread:
            return
        place = place_in_program()
        if place is None:  # the engine itself, which knows what it does
            return
        self.mistake = CannotCompile(f"{self.name} cannot be compiled: {HINTS[what]}{place}")
        raise self.mistake


HINTS = {
    "data": "it reads the data of a Value, and what it makes of that number would stay as it is now. Compute with "
    "the Value itself, compare it, or make a function of floats an operation with custom_derivative",
    "set": "it sets the data or the grad of a Value, which would be done now and never again. Do so outside, after "
    "the compiled call",
    "grad": "it reads the grad of a Value, and what it makes of that number would stay as it is now. Do so outside, "
    "after the compiled call",
    "backward": "it calls backward() itself. Return the loss, and call backward() on what the compiled call returns, "
    "or use value_and_grad or update",
    "floats": "it asks for derivatives as plain numbers, which would stay as they are now. Ask for Values, "
    "gradients(…, create_graph=True), or compile the function that is differentiated",
    "random": "it draws random numbers, which would stay as they are now. Draw them outside and pass them as "
    "arguments; a model with Dropout can be compiled after model.eval()",
    "running": "it trains a BatchNorm, which keeps the means of what it sees. Train it without compiling; it can be "
    "compiled after model.eval()",
    "no_grad": "it computes within no_grad(), where nothing is recorded. Compute without it, and take "
    "stop_gradient(...) of the result",
}


def place_in_program() -> str | None:
    """The line that is being run, outside of the engine; None if that is within the library."""
    frame = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(OWN_FOLDERS):
        if frame.f_code.co_name in ALLOWED:
            return None
        frame = frame.f_back  # type: ignore[assignment]
    if frame is None:
        return ""
    source = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    return f"\n  in {frame.f_code.co_filename}, line {frame.f_lineno}" + (f": {source}" if source else "")


# Functions of the library that only look at numbers, in order to show them
ALLOWED = {"__init__", "__repr__", "__format__", "__str__", "explained"}


def call_recorded(function: Callable[..., Any], args: Sequence[Any], watcher: Watcher) -> Any:
    """What the function returns, while the engine reports to the watcher."""
    watcher.comparisons, watcher.settings = [], []
    chance = random.getstate()
    with LOCK:
        watchers.append(watcher)
        _report_to(watcher)
        try:
            with recording():
                result = function(*args)
        finally:
            watchers.clear()
            _report_to(None)
    if watcher.mistake is not None:  # the function may have caught it
        raise watcher.mistake
    if random.getstate() != chance:  # two draws may come out alike
        raise CannotCompile(f"{watcher.name} cannot be compiled: {HINTS['random']}")
    return result


def record(function: Callable[..., Any], name: str, args: Sequence[Any], inputs: list[Value]) -> tuple[Recorded, Any]:
    """The function as operations, and what it returned: a container of Values and other things.

    args: the arguments, with the Values of `inputs` in the place of what varies.
    CannotCompile if it does something else than computing, or if it comes out differently when it is called again.
    """
    watcher = Watcher(name)
    graphs: list[Recorded] = []
    returned: list[list[Any]] = []  # what is no Value, and where, in each call
    for _ in range(2):
        result = call_recorded(function, args, watcher)
        if result is None:
            raise CannotCompile(f"{name} cannot be compiled: it returns nothing. Is a return missing?")
        results = leaves(result)
        for x in results:
            if not (isinstance(x, (Value, Number, str, bytes)) or x is None):
                if inspect.iscoroutine(x):
                    x.close()
                raise CannotCompile(
                    f"{name} cannot be compiled: it returns {x!r:.100}, in which Values would not be found. Return a "
                    "Value, or Values in lists, tuples, dicts and arrays"
                )
        roots = [x for x in results if isinstance(x, Value)]
        sides = [side for _, left, right, _ in watcher.comparisons for side in (left, right) if isinstance(side, Value)]
        with recording():
            graph = GraphNumbers([*roots, *sides])
        rest = iter(graph.of_roots[len(roots) :])
        comparisons = [
            (symbol, next(rest), next(rest) if isinstance(right, Value) else right, outcome)
            for symbol, _, right, outcome in watcher.comparisons
        ]
        outputs = graph.of_roots[: len(roots)]
        found = Recorded(
            name,
            inputs,
            graph.nodes,
            graph.numbers,
            graph.ops,
            graph.operands,
            comparisons,
            outputs,
            set(graph.nodes),
            watcher.settings,
        )
        graphs.append(found)
        returned.append([paths(result, ""), *[None if isinstance(x, Value) else repr(x) for x in results]])
    first, second = graphs
    first.before = second.before = (first.before & second.before) - {None}
    if not first.same_as(second) or returned[0] != returned[1]:
        raise CannotCompile(
            f"{name} cannot be compiled: called twice with the same arguments it computed different things. A compiled "
            "function must depend on its arguments and on Values alone: no random numbers, no counters, no files. "
            "Draw random numbers outside and pass them as arguments"
        )
    return second, result


class GraphNumbers:
    """The nodes of the graph before some roots, parents first, as lists; see Recorded."""

    def __init__(self, roots: list[Value]) -> None:
        self.nodes: list[Value | None] = list(nodes_before(roots))
        number = {node: i for i, node in enumerate(self.nodes)}
        self.numbers = [node._data for node in self.nodes if node is not None]
        self.ops = [operation_of(node) if node is not None and node.parents else None for node in self.nodes]
        self.operands = [tuple([number[x] for x in node.parents]) for node in self.nodes if node is not None]
        self.of_roots = [number[root] for root in roots]


# How the engine is made to report. The textbook engine has other attributes meanwhile, in all threads: another one may
# still run what they were when there is no watcher any more.


def tell(what: str, *details: Any) -> None:
    """Tell the watcher, if there is one."""
    for watcher in watchers[-1:]:
        getattr(watcher, what)(*details)


def _reading(what: str, usual: Any) -> property:
    def read(self: Value) -> Any:
        tell("read", what)
        return usual.fget(self)

    def write(self: Value, number: float) -> None:
        tell("read", "set")
        usual.fset(self, number)

    return property(read, write)


def _comparing(symbol: str, usual: Any) -> Any:
    def compared(left: Value, right: Any) -> Any:
        outcome = usual(left, right)
        if outcome is not NotImplemented:
            tell("compared", symbol, left, right, outcome)
        return outcome

    return compared


def _truth(self: Value) -> bool:
    tell("compared", "!=", self, 0.0, self._data != 0.0)
    return self._data != 0.0


def _going_back(usual: Any) -> Any:
    def backward(self: Value) -> None:
        tell("read", "backward")
        usual(self)

    return backward


def _detaching(usual: Any) -> Any:
    def detached(self: Value) -> Any:
        for watcher in watchers[-1:]:
            return watcher.held(self)
        return usual(self)

    return detached


def _attributes() -> dict[str, Any]:
    return {
        "data": _reading("data", Value.data),
        "grad": _reading("grad", Value.grad),
        "__lt__": _comparing("<", Value.__lt__),
        "__le__": _comparing("<=", Value.__le__),
        "__gt__": _comparing(">", Value.__gt__),
        "__ge__": _comparing(">=", Value.__ge__),
        "__bool__": _truth,
        "backward": _going_back(Value.backward),
        "detach": _detaching(Value.detach),
    }


if engine_name == "native":
    from autograd.native._engine import GraphNumbers  # type: ignore[no-redef]
    from autograd.native._engine import watch as _report_to
else:
    _watched = _attributes()
    _usual = {name: vars(Value)[name] for name in _watched}

    def _report_to(watcher: Any) -> None:
        for name, attribute in (_watched if watcher else _usual).items():
            setattr(Value, name, attribute)
