"""Checks that a function does the same with its arguments as with the Values that stand for them in a recording."""

import dis
import math
import sys
from collections.abc import Callable, Sequence, Set
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter, methodcaller
from types import CodeType
from typing import Any

from autograd.compiling.entries import MODELS, is_installed, own_attributes
from autograd.compiling.reach import ASKING, names_in
from autograd.compiling.shapes import taken_apart, with_inputs
from autograd.compiling.tracing import Call, CannotCompile, Watcher, call_recorded, numbered
from autograd.transforms.containers import in_turn, leaves
from autograd.transforms.order import nodes_before
from autograd.transforms.ranges import settled
from autograd.transforms.sweeps import Graph
from autograd.value import Value


def explain(
    function: Callable[..., Any], name: str, error: Exception, args: tuple[Any, ...], plain: list[bool]
) -> None:
    """CannotCompile for an error that the function does not raise for plain numbers."""
    if not any(plain):
        return
    try:
        function(*args)
    except Exception:
        return
    trace = error.__traceback__
    while (
        trace is not None and trace.tb_next is not None and not is_installed(trace.tb_next.tb_frame.f_code.co_filename)
    ):
        trace = trace.tb_next
    line = f"\n  in {trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno}" if trace is not None else ""
    raise CannotCompile(
        f"{name} cannot be compiled: it takes plain numbers, but not the Values that stand for them while it "
        f"is recorded: {error}. For what selects or counts pass a whole number, which is part of the recording, "
        f"and write autograd.exp and its like for those of math{line}"
    ) from error


def compare(
    function: Callable[..., Any], name: str, call: Call, args: tuple[Any, ...], plain: list[bool], which: bool
) -> None:
    """CannotCompile for a function that tells Values from plain numbers, and computes something else with these.

    which: whether it asks which objects its arguments are.
    """
    if not any(plain):
        return
    modules = [known.get("__name__") for known in call.seen.installed.values()]
    if not any(map(tells_types_apart, call.seen.ran)) and "functools" not in modules:  # which has singledispatch
        return
    for nudge in (0.0, 0.375, -1.25):  # other numbers too, because at some both may be the same
        moved = [x * (1 + nudge / 8) + nudge for x in taken_apart(args)[1]]
        try:
            alone = function(*with_inputs(args, in_turn(moved), {} if which else None))
            values = [Value(getattr(x, "_data", x)) for x in moved]
            arguments = with_inputs(args, in_turn(values), {} if which else None)
            watcher = Watcher(name)
            results = leaves(call_recorded(function, arguments, values, plain, watcher)[0])
        except Exception:  # for Values only, or not defined there
            continue
        if watcher.order > 1:
            results = list(settled(results, 0))
        alone, recorded = ([getattr(x, "_data", x) for x in leaves(result)] for result in (alone, results))
        if len(alone) != len(recorded) or not all(map(nearly, alone, recorded, results)):
            raise CannotCompile(
                f"{name} cannot be compiled: with plain numbers it computes {shown(alone)}, and "
                f"{shown(recorded)} with the Values that stand for them while it is recorded. Does it ask for "
                "their types, with isinstance or type, or with 'is' which objects they are? Pass a bool or a text "
                "that says what is meant"
            )


ANY = "*"  # in the place of the names of attributes: a name that is not written in the code


def refuse_own_attributes(name: str, inputs: Sequence[Any], asked: Set[str]) -> None:
    """CannotCompile if attributes that their user gave to arguments are asked for: those of a recording have none."""
    for x in inputs:
        own = (own_attributes(x) or {}).keys() if isinstance(x, Value) else set[str]()
        found = sorted(own if ANY in asked else own & asked)
        if found:
            raise CannotCompile(
                f"{name} cannot be compiled: it asks for {found[0]!r}, an attribute that you gave to an argument, and "
                "the next argument may have another one. Pass it as an argument of its own"
            )


class Asked(Value):
    """A Value that notes the attributes for which it is asked in vain, and when it is looked at all that it has."""

    heard: set[str]  # of a subclass, which is made for one call

    def __getattr__(self, attribute: str) -> Any:
        if not attribute.startswith("__"):
            self.heard.add(attribute)
        raise AttributeError(f"'Value' object has no attribute {attribute!r}", name=attribute, obj=self)

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        self.heard.add(ANY)
        return {}


def attributes_of_arguments(
    function: Callable[..., Any],
    name: str,
    call: Call,
    arguments: Callable[..., tuple[Any, list[Value]]],
    plain: list[bool],
) -> set[str]:
    """The attributes of their user that the function asks arguments for, which may have none; or ANY.

    It is called with arguments that note what they are asked for. ANY too if it does not do the same with these.
    """
    if not any(map(may_ask, call.seen.ran.items())):
        return set()
    if any("getattr_static" in names_in(code).globals | names_in(code).attributes for code, _ in call.seen.ran):
        return {ANY}  # which asks no Value
    heard = set[str]()
    watcher = Watcher(name)
    try:
        args, inputs = arguments(type("Value", (Asked,), {"heard": heard}))
        result, _ = call_recorded(function, args, inputs, plain, watcher)
        again = numbered(name, inputs, [x for x in leaves(result) if isinstance(x, Value)], watcher)
    except Exception:
        return {ANY}
    again.before = (again.before & call.recorded.before) | set(inputs)
    others = [[None if isinstance(x, Value) else x for x in leaves(y)] for y in (result, call.result)]
    is_same = again.same_as(call.recorded) and repr(others[0]) == repr(others[1])
    return heard if is_same else {ANY}


ASKERS = (getattr, hasattr, vars, dir, attrgetter, methodcaller)


def may_ask(ran: tuple[tuple[CodeType, int], dict[str, Any]]) -> bool:
    """Whether code of the user may go on where an object has no attribute of a name, or look at all that it has."""
    (code, _), known = ran
    if code.co_filename.startswith(MODELS):
        return False
    if code.co_exceptiontable or any(x.opname == "MATCH_CLASS" for x in instructions(code)):
        return True
    own = names_in(code)
    if (own.globals | own.attributes) & ASKING:
        return True
    return any(x is asker or type(x) is asker for x in map(known.get, own.globals) for asker in ASKERS)


ASK_FOR_TYPES = {"isinstance", "issubclass", "type", "id", "callable", "hasattr", "getattr"}


def tells_types_apart(ran: tuple[CodeType, int]) -> bool:
    """Whether code of the user may ask what type an object has, or which one it is."""
    code, _ = ran
    names = names_in(code)
    return not code.co_filename.startswith(MODELS) and (
        bool(names.globals & ASK_FOR_TYPES or "__class__" in names.attributes)
        or any(x.opname in ("IS_OP", "MATCH_CLASS") for x in instructions(code))
    )


@lru_cache(maxsize=4096)
def instructions(code: CodeType) -> list[dis.Instruction]:
    """The instructions of a piece of code."""
    return list(dis.get_instructions(code))


@lru_cache(maxsize=4096)
def asks_which(code: CodeType) -> bool:
    """Whether code of the user may ask which object something is: for None, True and the like it may."""
    if code.co_filename.startswith(MODELS):
        return False
    names = names_in(code)
    if "id" in names.globals or "is_" in names.globals | names.attributes:
        return True
    return any(x.opname == "IS_OP" and before.opname != "LOAD_CONST" for before, x in pairwise(instructions(code)))


def nearly(x: Any, y: Any, made: Any = None) -> bool:
    """Whether two results are the same but for rounding. made: the second one with its graph, if it has one."""
    if isinstance(x, (int, float)) and isinstance(y, (int, float)):
        if math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-9) or (x != x and y != y):
            return True
        return isinstance(made, Value) and abs(x - y) <= 100 * rounding_of(made)
    return type(x) is type(y) and bool(x == y)


def rounding_of(result: Value) -> float:
    """How far the rounding of the numbers on the way may move a result: far, where large ones cancel.

    Each number is off by half an ulp, and the result by that times its slope with respect to the number.
    """
    nodes = nodes_before([result])
    slopes = Graph([result], nodes).pull([1.0])
    moved = [abs(slope * node._data) for slope, node in zip(slopes, nodes) if node.op != "constant"]
    return sum(filter(math.isfinite, moved)) * sys.float_info.epsilon


def shown(results: list[Any]) -> str:
    """Some results in a sentence."""
    return ", ".join(map(repr, results[:3])) + (", …" if len(results) > 3 else "")
