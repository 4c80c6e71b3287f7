"""The Value that serves: the native one where it was built, or else the textbook one, engine.py.

Every other room takes Value from here. CHALKGRAD_ENGINE=python or =native asks for one of the two.
"""

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from autograd import engine as textbook
from autograd.derivatives import TABLE, Operation
from autograd.engine import Number as Number
from autograd.engine import nodes_before as nodes_before
from autograd.recording import watchers


def native_is_wanted() -> bool:
    """Whether the native engine is to serve.

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
    return built and asked_for != "python"


engine_name = "native" if native_is_wanted() else "python"

if TYPE_CHECKING or engine_name == "python":
    from autograd.engine import Value as Value
    from autograd.engine import new_call as new_call
    from autograd.engine import new_node as new_node
    from autograd.engine import topological_order as topological_order

    chain_rule: Any = object()  # what no local gradient has
    Value.__module__ = __name__  # where pickle looks for it, in either engine
else:
    from autograd.native._engine import Value as Value
    from autograd.native._engine import attach, chain_rule
    from autograd.native._engine import new_call as new_call
    from autograd.native._engine import new_node as new_node
    from autograd.native._engine import topological_order as topological_order

    attach("__doc__", textbook.Value.__doc__)


def operation_of(node: Value) -> Operation | None:
    """The operation that recorded a node; None for a leaf, and for a local gradient from outside."""
    rule = getattr(node.local_gradient, "func", None)
    if rule is chain_rule:
        return TABLE[node.op]
    op = getattr(rule, "op", None)
    return op if isinstance(op, Operation) else None


def constant_of(x: Value) -> Value:
    """The number of a Value as a constant, through which no gradient flows."""
    return watchers[-1].held(x) if watchers else Value(x.data, op="constant", label=x.label)
