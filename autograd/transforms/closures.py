"""Your own operations: finds out whether the answer of a local gradient from outside can be differentiated again.

Given a Value, a local gradient returns Values. Perhaps these do not depend on anything that the operation was computed
from. Then either the operation is linear, or the closure has computed with plain numbers, and nothing says how its
factors change. If they depend on Values and on plain numbers, only a comparison of numbers can tell; see doubts.py.
"""

import warnings
from collections.abc import Sequence
from contextvars import ContextVar
from types import CodeType, FunctionType
from typing import Any, NamedTuple, NoReturn
from weakref import ReferenceType, ref

from autograd.transforms.order import nodes_before
from autograd.value import Value


class Block(NamedTuple):
    """A `with doubting():` and the one around it. It has ended when nobody holds its `owner` any more."""

    owner: "ReferenceType[doubting]"
    names: list[str]
    outer: "Block | None"


latest: ContextVar[Block | None] = ContextVar("latest", default=None)  # of this context; it may have ended since


class doubting:
    """`with doubting() as names:` collects the operations whose closures use numbers beside Values.

    For a transform that compares its result with finite differences. Only the `with` holds this object. If Ctrl-C comes
    before __exit__ has begun, the block ends with the object.
    """

    def __enter__(self) -> list[str]:
        self._outer, names = latest.get(), list[str]()
        latest.set(Block(ref(self), names, self._outer))
        return names

    def __exit__(self, *error: object) -> None:
        latest.set(self._outer)


def doubted() -> list[str] | None:
    """The names in the innermost open block; None outside of all blocks."""
    block = latest.get()
    while block is not None and block.owner() is None:
        block = block.outer
    return None if block is None else block.names


def followed(contributions: Sequence[Any], node: Value, gradient: Value, began: int) -> list[Value]:
    """The contributions as Values. One without a known derivative refuses to be differentiated.

    began: the call that began before the local gradient was asked; see new_call.
    """
    values = [x if isinstance(x, Value) else Value(x, op="constant") for x in contributions]
    if began == 0 or is_ours(node.local_gradient) or is_linear(node.local_gradient):
        return values
    moving = [x for x in values if follows(x, node, gradient, began)]
    kept = numbers_beside(moving, node, gradient, began) if moving else set()
    if kept:
        doubt(node, kept)
    return [x if x in moving else at_rest(x, node) for x in values]


def numbers_beside(contributions: Sequence[Value], node: Value, gradient: Value, began: int) -> set[float]:
    """The numbers that went into contributions beside the Values of the operation, except those written in its
    closure."""
    known = {node, *node.parents, gradient}
    made = {x for x in nodes_before(contributions, since=began) if x._born >= began or not x.parents}
    used = {parent for inner in made for parent in inner.parents} | set(contributions)
    leaves = {x for x in used | made if x not in known and (not x.parents or x._born < began)}
    return {x.data for x in leaves} - literals(getattr(node.local_gradient, "__code__", None))


def literals(code: CodeType | None) -> set[float]:
    """The numbers that are written in a function."""
    found: set[float] = set()
    for constant in () if code is None else code.co_consts:
        if isinstance(constant, CodeType):
            found |= literals(constant)
        elif isinstance(constant, (int, float)):
            found |= {float(constant), -float(constant)}
    return found


def doubt(node: Value, kept: set[float]) -> None:
    """Ask the transform to compare its result with finite differences. Outside of a transform there is no function for
    that: then warn if a number is that of the operation or of an operand."""
    found = doubted()
    if found is not None:
        found.append(node.op)
        return
    known = kept.intersection({x.data for x in (node, *node.parents)}) - {0.0}
    if known:
        warnings.warn(
            f"the local_gradient of '{node.op}' computes with Values and with {min(known)!r}, a number of the forward "
            "pass. If that is v.data, a second derivative is wrong: compute with v alone. check_grad(f, x, order=2) "
            "tells",
            stacklevel=2,
        )


def is_ours(rule: Any) -> bool:
    """Whether a local gradient is one of ours, such as that of root or of a compiled function: these are right."""
    module = getattr(rule, "__module__", None) or type(rule).__module__  # of an object in C only its type tells
    return module.startswith("autograd.")


def is_linear(rule: Any) -> bool:
    """Whether a function uses nothing but its argument and the numbers that are written in it."""
    if not isinstance(rule, FunctionType):
        return False
    code = rule.__code__
    others = code.co_freevars or code.co_names or rule.__defaults__ or rule.__kwdefaults__
    return not others and not any(isinstance(constant, CodeType) for constant in code.co_consts)


def follows(x: Value, node: Value, gradient: Value, began: int) -> bool:
    """Whether a contribution was computed from the node, or from Values that the node was computed from."""
    made = nodes_before([x], since=began)
    used = {parent for inner in made for parent in inner.parents if parent._born < began} | ({x} - set(made))
    used.discard(gradient)
    return bool(used) and (not used.isdisjoint({node, *node.parents}) or not used.isdisjoint(nodes_before([node])))


def at_rest(x: Value, node: Value) -> Value:
    """The number of a contribution, as a Value that says what is wrong when it is differentiated."""
    name = node.op

    def refuse(_: Any) -> NoReturn:
        raise TypeError(
            f"the derivative of '{name}' cannot be differentiated again: its local_gradient computes with plain "
            "numbers, so nothing says how it changes. Compute with the Values themselves: for a cube of v write "
            "local_gradient=lambda gradient: (gradient * 3 * v**2,), and not v.data; or take custom_derivative"
        )

    return Value(x.data, (x, *node.parents), f"{name}′", refuse)
