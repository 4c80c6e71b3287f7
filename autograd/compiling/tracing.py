"""Recording a function: which operations it does, on what, and which comparisons decided its path.

The function is called with leaves in the place of the numbers that will change; what it leaves behind is an ordinary
graph. It is called twice. What both graphs share was there before, and is captured: a parameter. All else must come out
the same, or the function does not depend on its arguments alone. While it runs the engine reports what no graph shows:
comparisons, which become guards, and readings of numbers, which no program could follow.
"""

import inspect
import linecache
import operator
import re
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf, nan
from numbers import Number
from os import sep
from pathlib import Path
from typing import Any

from autograd.compiling.catching import is_caught
from autograd.compiling.program import held
from autograd.compiling.reach import Observer
from autograd.compiling.settings import chance
from autograd.compiling.surroundings import Surroundings
from autograd.derivatives import Operation
from autograd.recording import recording, tell, traced, tracer
from autograd.transforms.containers import leaves, paths
from autograd.transforms.order import nodes_before
from autograd.value import Value, engine_name, operation_of

LIBRARY = Path(__file__).parents[2]
OWN_FOLDERS = (f"{LIBRARY / 'autograd'}{sep}", f"{LIBRARY / 'nn'}{sep}")  # a student's nn_mine.py is not ours


class CannotCompile(RuntimeError):
    """The function does something that a program cannot repeat. The message says what, and in which line."""


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
    order: of the derivatives that the function asks for; see Program.
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
    order: int = 0

    def same_as(self, other: "Recorded") -> bool:
        """Whether the other did the same operations on the same numbers, and used the same Values from outside."""
        return (
            self.ops == other.ops
            and self.operands == other.operands
            and self.comparisons == other.comparisons
            and self.outputs == other.outputs
            and (self.numbers == other.numbers or all(map(_same, self.numbers, other.numbers)))
            and self.from_outside() == other.from_outside()
        )

    def from_outside(self) -> list[Any]:
        """What was there before the function was called; of an input, which one it is."""
        which: dict[Any, Any] = {x: k for k, x in enumerate(self.inputs)}
        return [which.get(x, x) for x in self.nodes if x in self.before]

    def asks_as_numbers(self) -> bool:
        """Whether it asked what plain numbers answer in another way than Values: x == y, or for a hash or a text."""
        return any(x == "is" or (x == "!=" and type(right) is int) for x, _, right, _ in self.comparisons)


def _same(x: float, y: float) -> bool:
    return x == y or (x != x and y != y)


# What a comparison of a float with a number comes to where the number lies just above or below the nearest float
JUST_ABOVE = {"<": "<=", "<=": "<=", ">": ">", ">=": ">"}
JUST_BELOW = {"<": "<", "<=": "<", ">": ">=", ">=": ">="}


def in_floats(comparison: str, right: Any) -> tuple[str, float]:
    """A comparison with a float that gives, for every float, what the comparison with this number of any type gives.

    >>> from fractions import Fraction
    >>> in_floats("<", Fraction(1, 3))
    ('<=', 0.3333333333333333)
    """
    if is_small(right):
        return by_halving(comparison, right)
    try:
        nearest = float(right)
    except OverflowError:
        nearest = inf if right > 0 else -inf
    if right > nearest:
        return JUST_ABOVE[comparison], nearest
    if right < nearest:
        return JUST_BELOW[comparison], nearest
    return comparison, nearest if nearest == nearest else nan  # always the same nan, which equals itself in a tuple


def is_small(x: Any) -> bool:
    """Whether it is a float of NumPy with fewer digits, with which NumPy compares a float as rounded to these."""
    return getattr(getattr(x, "dtype", None), "kind", "") == "f" and x.dtype.itemsize < 8


def by_halving(comparison: str, right: Any) -> tuple[str, float]:
    """The same, found by trying: where all floats are set out in order, the outcome changes once."""
    compare, upwards = COMPARE[comparison], comparison in (">", ">=")
    low, high = -FARTHEST, FARTHEST  # the outcome is that of -inf up to low, that of inf from high on
    if compare(-inf, right) == compare(inf, right):  # with nan, or with an infinity
        return ("<=", inf) if compare(inf, right) else (comparison, nan)
    with sys.modules["numpy"].errstate(all="ignore"):
        while high - low > 1:
            middle = (low + high) // 2
            if compare(nth_float(middle), right) == upwards:
                high = middle
            else:
                low = middle
    return (">=", nth_float(high)) if upwards else ("<=", nth_float(low))


DOMAIN = re.compile(r"(\w+) (<|<=|>|>=|!=) (-?\d+)")  # of an operation, if one comparison says it
LARGEST = sys.float_info.max
# Operations that give a number, or an infinity or nan, whatever the operands are
NEVER_FAIL = {
    *("+", "-", "*", "neg", "reciprocal", "abs", "floor", "round", "sum", "mean", "prod", "dot", "norm", "max", "min"),
    *("relu", "leaky_relu", "elu", "tanh", "sigmoid", "softplus", "silu", "gelu", "erf", "erfc", "bell", "gauss"),
    *("hypot", "cbrt", "sinc", "atan", "atan2", "sech", "asinh", "logsumexp"),
}
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
FARTHEST = 0x7FF << 52  # how many floats there are from 0 to infinity


def nth_float(n: int) -> float:
    """The n-th float above 0, or below it for a negative n."""
    return float(struct.unpack("d", struct.pack("q", abs(n)))[0]) * (-1.0 if n < 0 else 1.0)


class Watcher:
    """What the engine reports to, while a function is recorded.

    plain: the Values that stand for plain numbers among the arguments. inputs: for all numbers there.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.comparisons: list[tuple[str, Value, Any, bool]] = []
        self.settings: list[tuple[Any, str, Any]] = []
        self.mistake: CannotCompile | None = None
        self.looking = False  # while the watcher looks at Values itself
        self.begin([], [])

    def begin(self, inputs: list[Value], plain: Sequence[bool]) -> None:
        """Begin another call, with these Values in the place of numbers."""
        self.comparisons, self.settings, self.order = [], [], 0
        self.beside: list[Value] = []  # what must be defined beside the results
        self.made: list[tuple[Value, bool]] = []  # by operations that could have failed; whether that would be caught
        self.inputs = {id(x) for x in inputs}
        self.is_plain = {id(x): (x, kind) for x, kind in zip(inputs, plain)}  # of other Values too, when it is known
        self.some_plain = any(plain)

    def is_asked(self) -> bool:
        """Whether it is not the watcher itself that asks."""
        return not self.looking

    def compared(self, comparison: str, left: Value, right: Any, outcome: bool) -> None:
        """Two numbers were compared, of which the left one is a Value."""
        if not self.is_asked():
            return
        if not isinstance(right, Value) and comparison in JUST_ABOVE:
            comparison, right = in_floats(comparison, right)
        self.comparisons.append((comparison, left, right, outcome))

    def computed(self, x: Value) -> None:
        """An operation made a node. It may be one that fails at other numbers."""
        self.made.append((x, is_caught(sys._getframe(1), call_recorded.__code__, OWN_FOLDERS)))

    def must_not_fail(self, kept: set[Value | None]) -> None:
        """Let operations that could have failed succeed at every call, if a result does not show it.

        kept: the nodes that results and comparisons depend on. Where one of these fails, a program sees it; but only a
        comparison says that the function takes another path, if it catches the error.
        """
        for x, caught in self.made:
            op = None if x in kept and not caught else operation_of(x)
            if op is None or op.name in NEVER_FAIL:
                continue
            domain = DOMAIN.fullmatch(op.domain)
            if domain is None:
                sides = [("<=", x, LARGEST), (">=", x, -LARGEST)]
            else:
                sides = [(domain[2], x.parents[op.operands.index(domain[1])], float(domain[3]))]
            if all(COMPARE[symbol](left._data, right) for symbol, left, right in sides):
                self.comparisons += [(*side, True) for side in sides]
            else:  # at an infinity or nan, which others are not like
                self.comparisons += [("is", parent, parent._data, True) for parent in x.parents]

    def failed(self, op: Operation, operands: Sequence[Any]) -> None:
        """An operation raised an error. If the function catches it, the operation must fail at every call."""
        domain = DOMAIN.fullmatch(op.domain)
        if domain is not None:
            x, bound = operands[op.operands.index(domain[1])], float(domain[3])
            if isinstance(x, Value) and not COMPARE[domain[2]](x._data, bound):
                self.compared(domain[2], x, bound, False)
                return
        if self.is_asked():
            self.comparisons += [("is", x, x._data, True) for x in operands if isinstance(x, Value)]

    def sides(self) -> list[Value]:
        """The Values that were compared."""
        return [side for _, left, right, _ in self.comparisons for side in (left, right) if isinstance(side, Value)]

    def equal(self, left: Value, right: Any) -> Any:
        """Whether a Value and a number are equal, or two of which one was a plain number before the function was
        recorded; else NotImplemented, for Values are equal to themselves alone."""
        if not self.is_asked() or within_engine():
            return NotImplemented
        if isinstance(right, Value):
            if not self.was_plain(left) and not self.was_plain(right):
                if left is not right:
                    self.refuse_the_same(left, right)
                return NotImplemented
            outcome = left._data == right._data
            self.compared("!=", left, right, not outcome)
            return outcome
        found = left._data == right
        if getattr(found, "ndim", 0):  # of an array, which compares its own numbers
            return NotImplemented
        found = bool(found)
        if isinstance(right, complex) and right.imag == 0:
            right = right.real
        if not isinstance(right, (Number, Decimal)):
            if type(right).__module__ != "builtins":  # it may compare in its own way: the number must be the same
                self.comparisons.append(("is", left, left._data, True))
        elif is_small(right):
            sides = (">=", "<=") if found else ("<",) if COMPARE["<"](left._data, right) else (">",)
            for side in sides:
                self.compared(side, left, right, True)
        elif not isinstance(right, complex):
            try:
                nearest = float(right)  # type: ignore[arg-type]
            except (OverflowError, ValueError):
                return False
            if nearest == right:
                self.compared("!=", left, nearest, not found)
        return found

    def refuse_the_same(self, left: Value, right: Value) -> None:
        """CannotCompile where it is asked whether an argument and another leaf are one Value: they may be."""
        if not {id(left), id(right)} & self.inputs:
            return
        self.looking = True
        leaves = not left.parents and not right.parents
        self.looking = False
        if leaves:
            self.read("same")

    def was_plain(self, x: Value) -> bool:
        """Whether it is a plain number among the arguments, or computed from these and from constants alone."""
        if not self.some_plain:
            return False
        self.looking = True
        stack, known = [x], self.is_plain
        while stack:
            node = stack.pop()
            if id(node) in known:
                continue
            parents = node.parents
            unknown = [parent for parent in parents if id(parent) not in known]
            if unknown:
                stack += [node, *unknown]
            else:
                kind = all(known[id(parent)][1] for parent in parents) if parents else node.op == "constant"
                known[id(node)] = node, kind
        self.looking = False
        return known[id(x)][1]

    def hashed(self, x: Value) -> int | None:
        """The hash of what was a plain number, which from then on must be the same; else None."""
        if not self.is_asked() or within_engine() or not self.was_plain(x):
            return None
        self.comparisons.append(("is", x, x._data, True))
        return hash(x._data)

    def shown(self, x: Value) -> str | None:
        """The text of what was a plain number. A number that was made a text must be the same from then on."""
        if not self.is_asked() or within_engine():
            return None
        self.comparisons.append(("is", x, x._data, True))
        return repr(x._data) if self.was_plain(x) else None

    def looked(self, x: Value, what: str) -> None:
        """Something was asked of a node that depends on how it was made."""
        if not self.is_asked() or within_engine(but="micrograd.py"):
            return
        if what == "label" and id(x) not in self.inputs:
            self.looking = True
            label = x.label
            self.looking = False
            self.depends_on(x, "label", label)
        else:
            self.refuse("looked", f"the {what} of a Value")

    def depends_on(self, owner: Any, name: str, setting: Any) -> None:
        """What the function does depends on an attribute of something, such as the mode of a model."""
        if self.is_asked() and not any(x is owner and y == name and z == setting for x, y, z in self.settings):
            self.settings.append((owner, name, setting))

    def must_be_defined(self, values: Sequence[Any]) -> None:
        """Numbers that are not returned, but must be defined if the result is to mean anything."""
        if self.is_asked():
            self.beside += [x for x in values if isinstance(x, Value)]

    def differentiated(self, order: int) -> bool:
        """Derivatives were computed, for order 2 those of others. Whether a program will do so at every call."""
        self.order = max(self.order, order)
        return True

    def held(self, x: Value) -> Any:
        """x as a constant, through which no gradient flows. It is an operation, because it changes with x."""
        return held(x)

    def read(self, what: str) -> None:
        """Something was done that a program cannot repeat. CannotCompile, with the line."""
        if self.is_asked():
            self.refuse(what)

    def refuse(self, what: str, *details: str) -> None:
        """CannotCompile, with the line in the user's program."""
        place = place_in_program()
        if place is None:  # the engine itself, which knows what it does
            return
        self.mistake = CannotCompile(f"{self.name} cannot be compiled: {HINTS[what].format(*details)}{place}")
        raise self.mistake


class PlainNumbers(Watcher):
    """What the engine asks where the function itself runs: how Values compare that stand for plain numbers. What else
    the function does it may do."""

    def __init__(self, name: str, inputs: list[Value], plain: Sequence[bool]) -> None:
        super().__init__(name)
        self.begin(inputs, plain)

    def held(self, x: Value) -> Value:
        """x as a new leaf."""
        return Value(x._data, label=x.label)

    def differentiated(self, order: int) -> bool:
        """Derivatives were computed, here alone."""
        return False

    def compared(self, comparison: str, left: Value, right: Any, outcome: bool) -> None:
        """A comparison: nothing comes of it."""

    def computed(self, x: Value) -> None:
        """An operation: nothing comes of it."""

    def failed(self, op: Operation, operands: Sequence[Any]) -> None:
        """An error of an operation: nothing comes of it."""

    def looked(self, x: Value, what: str) -> None:
        """A question about a node: nothing comes of it."""

    def depends_on(self, owner: Any, name: str, setting: Any) -> None:
        """An attribute was read: nothing comes of it."""

    def read(self, what: str) -> None:
        """Something that a program could not repeat was done: the function itself may."""


HINTS = {
    "data": "it reads the data of a Value, and a recording would keep that number for ever. Compute with "
    "the Value itself, compare it, or make a function of floats an operation with custom_derivative",
    "copied": "it copies a Value, and a recording would keep that number for ever. Compute with the Value itself",
    "looked": "it asks for {}, which is different while it is recorded. Ask outside, before the call",
    "same": "it asks with == whether an argument is the same Value as another one, which may differ from call to call. "
    "Compare their numbers, with < or <=, or say by an argument which one is meant",
    "set": "it sets the data or the grad of a Value, and a recording would not repeat that. Do so outside, after "
    "the compiled call",
    "grad": "it reads the grad of a Value, and a recording would keep that number for ever. Read it outside, "
    "after the compiled call",
    "backward": "it calls backward() itself. Return the loss, and call backward() on what the compiled call returns, "
    "or use value_and_grad or update",
    "floats": "it asks for derivatives as plain numbers, and a recording would keep them for ever. Ask for Values, "
    "gradients(…, create_graph=True), or compile the function that is differentiated",
    "random": "it draws random numbers, and a recording would keep them for ever. Draw them outside and pass them as "
    "arguments; a model with Dropout can be compiled after model.eval()",
    "outside": "it asks {}, {}, and a recording would keep the answer for ever. Ask outside, and pass the answer as an "
    "argument",
    "iterator": "it takes items of an iterator that was there before the call, and every call would take other ones. "
    "Make a list of them outside, or the iterator inside",
    "moved": "every call changes {}, on which it depends. A recording would not repeat that. Count outside, and pass "
    "the number as an argument",
    "running": "it trains a BatchNorm, which keeps the means of what it sees. Train it without compiling; it can be "
    "compiled after model.eval()",
    "no_grad": "it computes within no_grad(), where nothing is recorded. Compute without it, and take "
    "stop_gradient(...) of the result",
}


def place_in_program(depth: int = 3) -> str | None:
    """The line that is being run, outside of the engine; None if that is within the library.

    depth: how many calls up it may be.
    """
    frame = sys._getframe(depth)
    while frame is not None and frame.f_code.co_filename.startswith(OWN_FOLDERS):
        if frame.f_code.co_name in ALLOWED:
            return None
        frame = frame.f_back  # type: ignore[assignment]
    if frame is None:
        return ""
    source = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    return f"\n  in {frame.f_code.co_filename}, line {frame.f_lineno}" + (f": {source}" if source else "")


# Files that only pass on what is asked of a Value
PASSED_ON = {__file__, *[str(LIBRARY / "autograd" / f"{name}.py") for name in ("reading", "recording", "value")]}


def within_engine(but: str = "") -> bool:
    """Whether the engine asks, which tells Values apart by identity, and no function of the user or of nn.

    but: a file that asks for others; then nn too counts as the engine.
    """
    frame = sys._getframe(2)
    while frame.f_code.co_filename in PASSED_ON and frame.f_back is not None:
        frame = frame.f_back
    file = frame.f_code.co_filename
    if not but and frame.f_code.co_name in ALLOWED and file.startswith(OWN_FOLDERS[0]) and file.endswith("engine.py"):
        frame = frame.f_back or frame  # that text is asked for by somebody else
        file = frame.f_code.co_filename
    return file.startswith(OWN_FOLDERS if but else OWN_FOLDERS[0]) and not (but and file.endswith(but))


# Functions of the library that only look at numbers, in order to show them
ALLOWED = {"__init__", "__repr__", "__format__", "__str__", "explained"}


def call_recorded(
    function: Callable[..., Any], args: Sequence[Any], inputs: list[Value], plain: Sequence[bool], watcher: Watcher
) -> tuple[Any, Observer]:
    """What the function returns, while the engine reports to the watcher; and what code has run."""
    watcher.begin(inputs, plain)
    before = chance()
    with looked_at(), traced(watcher), Observer() as seen:
        result = function(*args)
    if watcher.mistake is not None:  # the function may have caught it
        raise watcher.mistake
    if chance() != before:  # two draws may come out alike
        raise CannotCompile(f"{watcher.name} cannot be compiled: {HINTS['random']}")
    return result, seen


@dataclass
class Call:
    """A call of a function that was recorded: its operations, its arguments, its result, and what code has run."""

    recorded: Recorded
    arguments: Any
    result: Any
    seen: Observer


def record(
    function: Callable[..., Any], name: str, arguments: Callable[[], tuple[Any, list[Value]]], plain: Sequence[bool]
) -> Call:
    """The function as operations, and what it returned: a container of Values and other things.

    arguments: makes the arguments, with new Values in the place of what varies, and answers those too.
    plain: for each of those whether it stands for a plain number.
    CannotCompile if it does more than compute, or if a second call comes out differently.
    """
    watcher = Watcher(name)
    calls: list[Call] = []
    surroundings = Surroundings()
    returned: list[list[Any]] = []  # what is no Value, and where, in each call
    for _ in range(2):
        args, inputs = arguments()
        result, seen = call_recorded(function, args, inputs, plain, watcher)
        results = checked_results(name, result)
        recorded = numbered(name, inputs, results, watcher)
        calls.append(Call(recorded, args, result, seen))
        if len(calls) == 1:
            surroundings.take(function, seen, recorded.settings)
        returned.append([paths(result, ""), *[None if isinstance(x, Value) else repr(x) for x in results]])
    first, second = (call.recorded for call in calls)
    earlier = set(first.inputs)
    if any(x in earlier for x in second.nodes):
        raise CannotCompile(
            f"{name} cannot be compiled: it uses in one call what it computed in another. Does it, or a function that "
            "it calls, remember results, with lru_cache or in a dict? Compile it without that"
        )
    shared = (first.before & second.before) - {None}
    first.before, second.before = shared | earlier, shared | set(second.inputs)
    if not first.same_as(second) or returned[0] != returned[1]:
        raise CannotCompile(
            f"{name} cannot be compiled: two calls with the same arguments computed different things. A compiled "
            "function must depend on its arguments and on Values alone: no random numbers, no counters, no files. "
            "Draw random numbers outside and pass them as arguments"
        )
    moved_on = surroundings.moved_on()
    if moved_on is not None:
        raise CannotCompile(f"{name} cannot be compiled: {HINTS['moved'].format(moved_on)}")
    calls[1].seen.in_both(calls[0].seen)
    return calls[1]


def checked_results(name: str, result: Any) -> list[Any]:
    """What is in a result; CannotCompile for what a program cannot return."""
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
    return results


def numbered(name: str, inputs: list[Value], results: list[Any], watcher: Watcher) -> Recorded:
    """The graph of the results, and of what was compared."""
    roots = [x for x in results if isinstance(x, Value)]
    with recording():
        graph = GraphNumbers([*roots, *watcher.sides(), *watcher.beside])
        if watcher.made:
            watcher.must_not_fail(set(graph.nodes))
            graph = GraphNumbers([*roots, *watcher.sides(), *watcher.beside])
    rest = iter(graph.of_roots[len(roots) :])
    comparisons = [
        (symbol, next(rest), next(rest) if isinstance(right, Value) else right, outcome)
        for symbol, _, right, outcome in watcher.comparisons
    ]
    return Recorded(
        name,
        inputs,
        graph.nodes,
        graph.numbers,
        graph.ops,
        graph.operands,
        comparisons,
        graph.of_roots[: len(roots)],
        set(graph.nodes),
        watcher.settings,
        watcher.order,
    )


class GraphNumbers:
    """The nodes of the graph before some roots, parents first, as lists; see Recorded."""

    def __init__(self, roots: list[Value]) -> None:
        self.nodes: list[Value | None] = list(nodes_before(roots))
        number = {node: i for i, node in enumerate(self.nodes)}
        self.numbers = [node._data for node in self.nodes if node is not None]
        self.ops = [operation_of(node) if node is not None and node.parents else None for node in self.nodes]
        self.operands = [tuple([number[x] for x in node.parents]) for node in self.nodes if node is not None]
        self.of_roots = [number[root] for root in roots]


# The textbook engine does not tell a tracer what it is asked. So its Value has other attributes while any function is
# recorded. These ask which tracer there is in their own context.


def _looking(what: str, usual: Any) -> property:
    def look(self: Value) -> Any:
        listener = tracer()
        if listener is not None:
            listener.looked(self, what)
        return usual.__get__(self, Value)

    def write(self: Value, new: Any) -> None:
        usual.__set__(self, new)
        if what == "op" and new:  # by an operation, which has set the parents before
            tell("computed", self)

    return property(look, write)


def _hashed(self: Value) -> int:
    listener = tracer()
    found = None if listener is None else listener.hashed(self)
    return object.__hash__(self) if found is None else found


def _shown(usual: Any) -> Any:
    def shown(self: Value) -> str:
        listener = tracer()
        found = None if listener is None else listener.shown(self)
        return usual(self) if found is None else found

    return shown


def _attributes() -> dict[str, Any]:
    return {
        "__hash__": _hashed,
        "__repr__": _shown(Value.__repr__),
        **{name: _looking(name, getattr(Value, name)) for name in ("label", "op", "parents", "local_gradient")},
    }


class looked_at:
    """Within it the textbook engine tells these things too. (If Ctrl-C comes before __exit__, it ends itself.)"""

    def __enter__(self) -> None:
        _recording.add(id(self))
        _change(_watched)

    def __exit__(self, *error: object) -> None:
        self.__del__()

    def __del__(self) -> None:
        _recording.discard(id(self))
        # Beside other threads it stays as it is, which is slower: one of them may begin to record just now
        if not _recording and threading.active_count() == 1:
            _change(_usual)


def _change(attributes: dict[str, Any]) -> None:
    for name, attribute in attributes.items():
        if attribute is not None:
            setattr(Value, name, attribute)
        elif name in vars(Value):
            delattr(Value, name)


_recording: set[int] = set()  # the blocks that are open, of all threads
_watched: dict[str, Any] = {}
_usual: dict[str, Any] = {}

if engine_name == "native":
    from autograd.native._engine import GraphNumbers  # type: ignore[no-redef]
else:
    _watched = _attributes()
    _usual = {name: vars(Value).get(name) for name in _watched}
