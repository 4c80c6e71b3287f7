"""Finds what differs between two graphs: nodes, operations, numbers and gradients, and where a difference begins.

Nodes of both graphs belong together if they are the same object, or computed alike from leaves with the same names. The
others belong together if they have the same place: the results, and the operands of two such nodes, in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose

from autograd.languages import say
from autograd.pictures.names import Names
from autograd.pictures.rendering import SYMBOLS
from autograd.pictures.wording import Wording
from autograd.value import Value


@dataclass
class Difference:
    """How a node differs from the one that belongs to it.

    kind: "node" if there is none; "operation"; "data" or "grad".
    begins: whether the difference begins here, and does not follow from one before.
    data, grad: the other's, in words; "" where they agree. words: the whole, for people.
    """

    kind: str
    begins: bool = True
    data: str = ""
    grad: str = ""
    words: str = ""


@dataclass
class Comparison:
    """What two graphs have in common, and how they differ.

    pairs: for each node of the first the one of the second that belongs to it.
    differences: of nodes of the first, and of those of the second that belong to none.
    extra: those of the second that belong to none, operands first.
    """

    pairs: dict[Value, Value]
    differences: dict[Value, Difference] = field(default_factory=dict)
    extra: list[Value] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """The differences that do not follow from others, in one line."""
        told = [each.words for each in self.differences.values() if each.begins]
        if not told:
            return say("no difference")
        head = say("{0:,} differences" if len(told) > 1 else "1 difference", len(told))
        return f"{head}: {'; '.join(told[:4])}" + (say("; and {0:,} more", len(told) - 4) if len(told) > 4 else "")


def compared(
    order: Sequence[Value], names: Names, others: Sequence[Value], other_names: Names, wording: Wording
) -> Comparison:
    """The graph of the nodes `order` against that of `others`, each with operands first and its result last."""
    pairs = _paired(order, names, others, other_names)
    comparison = Comparison(pairs)
    back = {other: node for node, other in pairs.items()}
    users: dict[Value, list[Value]] = {}
    for node in order:
        for parent in node.parents:
            users.setdefault(parent, []).append(node)
    number = wording.number
    for node in order:
        name, other = names.of[node], pairs.get(node)
        if node.op == "constant":
            continue
        if other is None:
            comparison.differences[node] = Difference("node", words=say("{0} is only here", name))
            continue
        found = None
        if str(node.op) != str(other.op):
            here, there = (SYMBOLS.get(str(each.op), str(each.op)) or say("a leaf") for each in (node, other))
            found = Difference("operation", words=_beside(name, "", here, there))
        if not _same(node.data, other.data):
            from_operands = any(
                not _same(parent.data, pairs[parent].data) for parent in node.parents if parent in pairs
            )
            found = found or Difference("data", begins=not from_operands)
            found.data = number(other.data)
            found.words = found.words or _beside(name, "data", number(node.data), found.data)
        constants = [parent for parent in node.parents if parent.op == "constant"]
        for parent in constants:
            if (
                parent in pairs
                and not _same(parent.data, pairs[parent].data)
                and (found is None or found.kind == "data")
            ):
                there = number(pairs[parent].data)
                found = Difference(
                    "operation",
                    data=found.data if found else "",
                    words=say("{0}: {1} in its operation here, {2} in the other", name, number(parent.data), there),
                )
        if not _same(node.grad, other.grad):
            behind = [user for user in users.get(node, []) if user in pairs]
            follows = any(_differs(user, pairs) for user in behind) or any(
                not _same(each.data, pairs[each].data) for user in behind for each in user.parents if each in pairs
            )
            follows = follows or len(behind) < len(users.get(node, [])) or (not behind and node is not order[-1])
            found = found or Difference("grad", begins=not follows)
            found.grad = number(other.grad)
            found.words = found.words or _beside(name, "grad", number(node.grad), found.grad)
        if found is not None:
            comparison.differences[node] = found
    for other in others:
        if other not in back and other.op != "constant":
            comparison.extra.append(other)
            comparison.differences[other] = Difference(
                "node", words=say("{0} is only in the other", other_names.of[other])
            )
    return comparison


def _same(x: float, y: float) -> bool:
    return x == y or isclose(x, y, rel_tol=1e-9, abs_tol=1e-12) or (x != x and y != y)


def _differs(node: Value, pairs: Mapping[Value, Value]) -> bool:
    other = pairs[node]
    return str(node.op) != str(other.op) or not (_same(node.grad, other.grad) and _same(node.data, other.data))


def _paired(order: Sequence[Value], names: Names, others: Sequence[Value], other_names: Names) -> dict[Value, Value]:
    there = set(others)
    pairs = {node: node for node in order if node in there}
    taken = set(pairs.values())
    kinds: dict[object, list[Value]] = {}
    for other, kind in _kinds(others, other_names).items():
        if other not in taken and kind is not None:
            kinds.setdefault(kind, []).append(other)
    for node, kind in _kinds(order, names).items():
        if node not in pairs and kinds.get(kind):
            pairs[node] = kinds[kind].pop(0)
            taken.add(pairs[node])
    if order[-1] not in pairs and others[-1] not in taken:
        pairs[order[-1]] = others[-1]
        taken.add(others[-1])
    for node in reversed(order):  # a node comes after all that it is an operand of
        if node not in pairs or pairs[node] is node:
            continue
        free = [parent for parent in node.parents if parent not in pairs]
        left = [parent for parent in pairs[node].parents if parent not in taken]
        if len(node.parents) != len(pairs[node].parents):  # one was added: those of the same operation belong together
            left = [next((each for each in left if str(each.op) == str(parent.op)), None) for parent in free]
        for parent, other in zip(free, left):
            if other is not None and other not in taken and parent not in pairs:
                pairs[parent] = other
                taken.add(other)
    return pairs


def _kinds(order: Sequence[Value], names: Names) -> dict[Value, object]:
    """What is the same for nodes that are computed alike from leaves of the same names; None if a leaf has no name."""
    kinds: dict[Value, object] = {}
    for node in order:
        if node.op == "constant":
            kinds[node] = ("constant", node.data)
        elif not node.parents:
            kinds[node] = ("leaf", names.given[node]) if node in names.given else None
        else:
            parts = [kinds[parent] for parent in node.parents]
            kinds[node] = None if None in parts else hash((str(node.op), *parts))
    return kinds


def _beside(name: str, attribute: str, here: str, there: str) -> str:
    return say("{0}: {1} here, {2} in the other", name, f"{attribute} {here}".strip(), there)
