"""Your own operations: tells whether the answer of a local gradient from outside can be differentiated again.

Given a Value, a local gradient answers Values. If these do not depend on anything that the operation was computed from,
either the operation is linear, or the closure has computed with plain numbers, and how its factors change is lost.
"""

from collections.abc import Sequence
from types import CodeType, FunctionType
from typing import Any, NoReturn

from autograd.transforms.order import nodes_before
from autograd.value import Value


def followed(contributions: Sequence[Any], node: Value, gradient: Value, began: int) -> list[Value]:
    """The contributions as Values; those of which no derivative is known refuse to be differentiated.

    began: the call that began before the local gradient was asked; see new_call.
    """
    values = [x if isinstance(x, Value) else Value(x, op="constant") for x in contributions]
    if began == 0 or is_ours(node.local_gradient) or is_linear(node.local_gradient):
        return values
    return [x if follows(x, node, gradient, began) else at_rest(x, node) for x in values]


def is_ours(rule: Any) -> bool:
    """Whether a local gradient was written here, as that of root or of a compiled function: it is known to be right."""
    return (getattr(rule, "__module__", None) or "").startswith("autograd.")


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
