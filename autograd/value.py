"""The Value that serves, the native one if it was built, else the textbook one, with what other rooms attach to it.

Every other room takes Value from here. CHALKGRAD_ENGINE=python or =native asks for one of the two.
"""

import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from autograd import derivatives as table
from autograd import engine as textbook
from autograd import micrograd, numpy_names, pytorch, whole_numbers
from autograd.derivatives import Operation, to_float
from autograd.engine import Number as Number
from autograd.messages import no_float
from autograd.recording import calls, tell, tracer


def native_is_wanted() -> bool:
    """Whether the native engine is wanted.

    ValueError for a setting of CHALKGRAD_ENGINE that is unknown, ImportError for "native" where it was not built.
    """
    asked_for = os.environ.get("CHALKGRAD_ENGINE", "")
    if asked_for not in ("", "python", "native"):
        raise ValueError(f"CHALKGRAD_ENGINE is 'python' or 'native', got {asked_for!r}")
    built = find_spec("autograd.native._engine") is not None
    if asked_for == "native" and not built:
        raise ImportError(
            "CHALKGRAD_ENGINE=native asks for the native engine, which is not built here: install chalkgrad where "
            "there is a C compiler, or take the textbook engine with CHALKGRAD_ENGINE=python"
        )
    return built and asked_for != "python" and loads_here(asked_for)


def loads_here(asked_for: str) -> bool:
    """Whether the native engine can be loaded. One interpreter of a process can have it; others take the textbook's."""
    try:
        import autograd.native._engine  # noqa: F401
    except ImportError as error:
        if "interpreter" not in str(error).lower():
            raise
        if asked_for == "native":
            raise ImportError(
                "CHALKGRAD_ENGINE=native asks for the native engine, which another interpreter of this process has: "
                "leave CHALKGRAD_ENGINE out, and the textbook engine serves here"
            ) from error
        return False
    return True


engine_name = "native" if native_is_wanted() else "python"

if TYPE_CHECKING or engine_name == "python":
    from autograd.engine import Value as Value
    from autograd.engine import new_node as new_node
    from autograd.engine import record
    from autograd.engine import topological_order as topological_order

    def attach(name: str, thing: Any) -> None:
        """Give Value an attribute."""
        setattr(Value, name, thing)

    def new_call() -> int:
        """Begin a call of grad() or the like, and return its number. Nodes from now on have this number, or a later
        one."""
        calls[0] += 1
        return calls[0]

else:
    from autograd.native._engine import Value as Value
    from autograd.native._engine import attach
    from autograd.native._engine import new_call as new_call
    from autograd.native._engine import new_node as new_node
    from autograd.native._engine import record_by_table as record
    from autograd.native._engine import topological_order as topological_order


def operation_of(node: Value) -> Operation | None:
    """The operation of the table that recorded a node; None for a leaf, and for a local gradient from outside."""
    recorded = getattr(node.local_gradient, "__self__", None)
    found = recorded[0] if type(recorded) is tuple and recorded else None
    return found if isinstance(found, Operation) else None


def constant_of(x: Value) -> Value:
    """The number of a Value as a constant, through which no gradient flows."""
    listener = tracer()
    return Value(x.data, op="constant", label=x.label) if listener is None else listener.held(x)


# Attached to both: the functions of the table as methods, names of micrograd, NumPy and PyTorch, formatting, copying


def method(op: Operation) -> Callable[[Value], Value]:
    """An operation on one number as a method."""

    def method(self: Value) -> Value:
        return record(op, (self,))

    method.__name__, method.__qualname__ = op.name, f"Value.{op.name}"
    method.__doc__ = f"autograd.{op.name} of this Value, as a new Value."
    return method


def to_format(value: Value, spec: str) -> str:
    """The number in that format; without one, the Value as it shows itself."""
    tell("shown", value)
    return format(value._data, spec) if spec else repr(value)


def to_pickle(value: Value) -> Any:
    """How a leaf is copied, with its gradient and the attributes of its user."""
    tell("read", "copied")
    if value.parents:
        raise TypeError(f"{value!r} was computed from others and cannot be copied or pickled; take v.detach()")
    return Value, (value.data, (), value.op, None, value.label), (value.grad, dict(vars(value)))


def from_pickle(value: Value, state: tuple[float, dict[str, Any]]) -> None:
    """The second half of that."""
    value.grad = state[0]
    vars(value).update(state[1])


for op in table.TABLE.values():
    if getattr(table, op.name, None) is op and len(op.operands) == 1 and not hasattr(Value, op.name):
        attach(op.name, method(op))
for name, own in (micrograd.NAMES | numpy_names.OWN | pytorch.missing(pytorch.OF_VALUE)).items():
    attach(name, own)
for name, own in whole_numbers.NAMES.items():
    if not hasattr(Value, name):  # the native one has the operators
        attach(name, own)
for name, own_name in numpy_names.SAME.items():
    attach(name, getattr(Value, own_name))
for name, thing in {"__format__": to_format, "__reduce__": to_pickle, "__setstate__": from_pickle}.items():
    attach(name, thing)
attach("__doc__", textbook.Value.__doc__)


# Attached to the textbook's only, because the native one does it in C


def as_operation(op: Operation, operands: Sequence[Any]) -> Value:
    """Records an operation of the table that was called with Values among its operands."""
    what = f"an operand of '{op.name}'"
    return textbook.record(
        op, tuple([x if isinstance(x, Value) else textbook.constant(to_float(x, what)) for x in operands])
    )


def refuse_float(value: Value) -> float:
    """The error of float(v) and math.exp(v)."""
    raise no_float()


def told(usual: Callable[[Value], None]) -> Callable[[Value], None]:
    """backward(), which a compiled function may not call itself."""

    @wraps(usual)
    def backward(self: Value) -> None:
        tell("read", "backward")
        usual(self)

    return backward


def held(usual: Callable[[Value], Value]) -> Callable[[Value], Value]:
    """detach(), which in a compiled function changes with its Value."""

    @wraps(usual)
    def detach(self: Value) -> Value:
        listener = tracer()
        return usual(self) if listener is None else listener.held(self)

    return detach


_freed: list[Any] = []  # what freed nodes referred to
_is_at_it = [False]


def freed_one_by_one(node: Any) -> None:
    """Let go of the parents of a node that is freed, after the node and not within: for a browser's small stack.

    Python frees what only a freed object referred to inside the call that frees the object, and so on, call inside
    call. CPython sees to it that the stack bears this. In Pyodide these are calls of the JavaScript engine, and its
    stack is full after one or two thousand.
    """
    if getattr(node, "parents", ()):  # a Value that refused its data has none
        _freed.append((node.parents, node._rule))
        node.parents, node._rule = (), None
        if not _is_at_it[0]:
            _is_at_it[0] = True
            try:
                while _freed:
                    _freed.pop()
            finally:
                _is_at_it[0] = False


TEXTBOOK: dict[str, Any] = {
    "__operation__": staticmethod(as_operation),
    "__float__": refuse_float,
    "__init__": micrograd.takes_its_names(textbook.Value.__init__),
    "backward": told(textbook.Value.backward),
    "detach": held(textbook.Value.detach),
}
for name, thing in TEXTBOOK.items():
    setattr(textbook.Value, name, thing)
if engine_name == "python":
    attach("__module__", __name__)  # where pickle looks for it, in either engine
    if sys.platform == "emscripten":
        attach("__del__", freed_one_by_one)
