"""Writes mathematics out: what a node computed, and its local gradient, as formulas with names or with numbers.

So nobody writes the formulas a second time. A Formula is a number that remembers its own text. The engine calls the
table of derivatives with floats; this file calls it with Formulas.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isclose, isnan
from typing import Any, Union

from autograd import derivatives as table
from autograd.derivatives import TABLE, Operation, Operators, is_value, to_float
from autograd.messages import what_came_of, wrong_number_of_contributions
from autograd.pictures.numerals import is_exact, shown, superscript
from autograd.pictures.rendering import printable
from autograd.value import Value

MOST_OPERANDS = 6  # of one operation; of more, the first and the last are written out

SUM, PRODUCT, SIGN, POWER, ATOM = range(5)  # how strongly a formula holds together
INFIX = {
    "+": (SUM, " + "),
    "-": (SUM, " − "),
    "*": (PRODUCT, " × "),
    "/": (PRODUCT, " ÷ "),
    "%": (PRODUCT, " mod "),
    "//": (PRODUCT, " // "),
}
CHAINS = {"sum": "+", "prod": "*"}  # many operands, written as one long + or ×

# The table's forms keep the last digits; those of the blackboard are equal and better known.
BLACKBOARD: dict[str, Callable[..., Any]] = {
    "sech": lambda x: 1 / table.cosh(x),
    "bell": lambda x: table.exp(-(x**2) / 2),
    "gauss": lambda x: table.exp(-(x**2)),
    "reciprocal": lambda x: 1 / x,
}
BLACKBOARD_GRADIENTS: dict[str, Callable[..., Sequence[Any]]] = {
    "/": lambda out, x, y: (1 / y, -x / y**2),
    "**": lambda out, x, y: (y * x ** (y - 1), table.power_by_exponent(out, x, y)),
    "cbrt": lambda out, x: (1 / (3 * out**2),),
    "tan": lambda out, x: (1 + out**2,),
    "asin": lambda out, x: (1 / table.sqrt(1 - x**2),),
    "acos": lambda out, x: (-1 / table.sqrt(1 - x**2),),
    "atan": lambda out, x: (1 / (1 + x**2),),
    "atan2": lambda out, y, x: (x / (x**2 + y**2), -y / (x**2 + y**2)),
    "tanh": lambda out, x: (1 - out**2,),
    "asinh": lambda out, x: (1 / table.sqrt(x**2 + 1),),
    "acosh": lambda out, x: (1 / table.sqrt(x**2 - 1),),
    "atanh": lambda out, x: (1 / (1 - x**2),),
    "erf": lambda out, x: (table.TWO_OVER_SQRT_PI * table.exp(-(x**2)),),
    "erfc": lambda out, x: (-table.TWO_OVER_SQRT_PI * table.exp(-(x**2)),),
    "sigmoid": lambda out, x: (out * (1 - out),),
    "logsumexp": lambda out, *xs: [table.exp(x - out) for x in xs],
}
# whose gradients are numbers, chosen by a comparison with their operand
SELECTIONS = {"abs", "relu", "leaky_relu", "elu", "clip"}


Operand = Union["Formula", float]


@dataclass(eq=False, frozen=True)
class Formula(Operators):
    """A number with the formula that it came from.

    data: the number.
    op: the operation, and its operands: Formulas, or floats for constants.
    node: for a Formula that stands for a node of a graph, that node.
    compared: where comparisons are noted, as (formula, sign, other, outcome).
    """

    data: float
    op: str = ""
    operands: tuple[Operand, ...] = ()
    node: Value | None = None
    compared: "list[tuple[Operand, str, Operand, bool]] | None" = None

    @staticmethod
    def __operation__(op: Operation, operands: Sequence[Operand]) -> Operand:
        """How the table's operations, called with Formulas among their operands, come to be written down."""
        if op.name in BLACKBOARD:
            return BLACKBOARD[op.name](*operands)
        data = op.value(*map(data_of, operands))
        simple = _simplified(op.name, operands)
        if simple is not None:
            return simple
        notes = next(x.compared for x in operands if isinstance(x, Formula))
        return Formula(data, op.name, tuple(operands), compared=notes)

    def written(self, show: Callable[[Value], str], number_format: str = ".4g") -> str:
        """The formula as text, the nodes in it as `show` shows them."""
        return _written(self, show, number_format)[0]

    def is_exact(self, number_format: str) -> bool:
        """Whether the numbers in it are shown as they are, and not rounded."""
        if self.node is not None:
            return is_exact(self.data, number_format)
        return all(
            x.is_exact(number_format) if isinstance(x, Formula) else is_exact(x, number_format) for x in self.operands
        )

    def __lt__(self, other: Operand) -> bool:
        return self._note("<", other, self.data < data_of(other))

    def __le__(self, other: Operand) -> bool:
        return self._note("≤", other, self.data <= data_of(other))

    def __gt__(self, other: Operand) -> bool:
        return self._note(">", other, self.data > data_of(other))

    def __ge__(self, other: Operand) -> bool:
        return self._note("≥", other, self.data >= data_of(other))

    def _note(self, sign: str, other: Operand, outcome: bool) -> bool:
        if self.compared is not None:
            self.compared.append((self, sign, other, outcome))
        return outcome


def data_of(x: Any) -> float:
    """The number in a Formula, a Value or a number."""
    return x.data if is_value(x) else x


def computation(node: Value) -> Formula:
    """What a node computed: its operation on its parents."""
    return Formula(node.data, printable(node.op), tuple(_standing_for(parent, None) for parent in node.parents))


def entry(node: Value) -> Operation | None:
    """The table's entry for the operation of a node; None for an operation of the user's own."""
    op = TABLE.get(node.op) if isinstance(node.op, str) else None
    n = len(node.parents)
    if op is None or not n or (len(op.operands) != n if op.operands else op.name == "dot" and n % 2):
        return None
    return op


def still_holds(node: Value) -> bool:
    """Whether a node is the result of its operation on its parents. It is not if some data was set after the forward
    pass."""
    op = entry(node)
    if op is None:
        return True
    try:
        return same(op.value(*[parent.data for parent in node.parents]), node.data)
    except (ValueError, ArithmeticError):
        return False


def same(x: float, y: float) -> bool:
    """Whether two numbers are one but for their last digits."""
    return isclose(x, y, rel_tol=1e-9) or (isnan(x) and isnan(y))


@dataclass(frozen=True)
class Partial:
    """The local gradient of a node with respect to one of its parents.

    number: as of the forward pass.
    formula: how it follows from the operands; None where it is not known, at an operation of the user's own.
    reason: the comparison that decided it, such as (x, ">", 0.0), "=" at a kink; or None.
    holds: whether the formula is still right. It is not if data of operands was set since the forward pass.
    """

    number: float
    formula: Operand | None = None
    reason: tuple[Operand, str, Operand] | None = None
    holds: bool = True


def partials(node: Value) -> list[Partial]:
    """The local gradient of a node: one Partial per parent, in their order.

    Raises what the local_gradient of a user's own operation raises.
    """
    if not node.parents:
        return []
    numbers = contributions(node, 1.0)
    op = entry(node)
    if op is None:
        return [Partial(number) for number in numbers]
    compared: list[tuple[Operand, str, Operand, bool]] = []
    operands = [_standing_for(parent, compared) for parent in node.parents]
    out = Formula(node.data, node=node, compared=compared)
    try:
        in_numbers = op.partials(node.data, *[parent.data for parent in node.parents])
        holds = [*map(same, numbers, in_numbers)]
        formulas = BLACKBOARD_GRADIENTS.get(op.name, op.partials)(out, *operands)
    except (ValueError, ArithmeticError):  # at a pole, or where the data was set after the forward pass
        return [Partial(number) for number in numbers]
    if not all(holds) and still_holds(node):  # an operation of the user's own with a name of the table
        return [Partial(number) for number in numbers]
    reason = _reason(compared) if op.name in SELECTIONS else None
    return [Partial(number, formula, reason, each) for number, formula, each in zip(numbers, formulas, holds)]


def contributions(node: Value, gradient: float) -> list[float]:
    """What the local gradient makes of a gradient that arrives, checked as backward() does."""
    found = node.local_gradient(gradient)  # type: ignore[misc]
    if len(found) != len(node.parents):
        raise wrong_number_of_contributions(node.op, len(found), len(node.parents))
    return [to_float(data_of(each), what_came_of(node.op)) for each in found]


def _standing_for(node: Value, compared: Any) -> Operand:
    return node.data if node.op == "constant" else Formula(node.data, node=node, compared=compared)


def _reason(compared: Sequence[tuple[Operand, str, Operand, bool]]) -> tuple[Operand, str, Operand] | None:
    """The last comparison, reversed if it came out false, or "=" at equality."""
    if not compared:
        return None
    left, sign, right, outcome = compared[-1]
    if data_of(left) == data_of(right):
        return left, "=", right
    return left, sign if outcome else {"<": "≥", "≤": ">", ">": "≤", "≥": "<"}[sign], right


def _simplified(op: str, operands: Sequence[Operand]) -> Operand | None:
    """x for 1 × x, x + 0, x ÷ 1, x ** 1 and −(−x), −x for −1 × x; None where there is nothing to simplify."""
    numbers = [None if isinstance(x, Formula) else x for x in operands]
    if op == "neg":
        (x,) = operands
        return x.operands[0] if isinstance(x, Formula) and x.op == "neg" else None
    if len(operands) != 2:
        return None
    x, y = operands
    match op, *numbers:
        case ("*", 1.0, _) | ("+", 0.0, _):
            return y
        case ("*", _, 1.0) | ("/", _, 1.0) | ("**", _, 1.0) | ("+", _, 0.0) | ("-", _, 0.0):
            return x
        case ("*", -1.0, _):
            return -y
        case ("*", _, -1.0):
            return -x
        case ("**", _, 0.0):
            return 1.0
    return None


def _written(x: Operand, show: Callable[[Value], str], number_format: str) -> tuple[str, int]:
    """The text of a formula, and how strongly it holds together."""
    if not isinstance(x, Formula) or x.node is not None:
        text = show(x.node) if isinstance(x, Formula) and x.node is not None else shown(data_of(x), number_format)
        return text, SIGN if text.startswith("−") or re.match(r"[\d.]+e", text) else ATOM

    def inner(operand: Operand, least: int) -> str:
        text, strength = _written(operand, show, number_format)
        return text if strength >= least else f"({text})"

    op, operands = CHAINS.get(x.op, x.op), x.operands
    if op == "dot" and len(operands) % 2 == 0:
        pairs = list(zip(*table.halves(operands), strict=True))
        return " + ".join(
            _elided([f"{inner(w, POWER)} × {inner(v, POWER)}" for w, v in _ends(pairs)], len(pairs))
        ), SUM if len(pairs) > 1 else PRODUCT
    if op in INFIX and (len(operands) == 2 or x.op in CHAINS):
        strength, sign = INFIX[op]
        first, *others = _ends(operands)
        # the first may hold together as loosely as the operation itself: a − b − c. A sign wants brackets elsewhere
        least = strength if strength == SUM and op == "+" else strength + 1
        texts = [inner(first, strength), *(_after_a_sign(inner(each, least)) for each in others)]
        return sign.join(_elided(texts, len(operands))), strength
    if op == "neg" and len(operands) == 1:
        return "−" + inner(operands[0], POWER), SIGN
    if op == "**" and len(operands) == 2:
        base, exponent = inner(operands[0], ATOM), operands[1]
        if not isinstance(exponent, Formula) and 0 <= exponent < 100 and exponent == int(exponent):
            return base + superscript(int(exponent)), POWER
        return f"{base}^{inner(exponent, ATOM)}", POWER
    if op == "abs" and len(operands) == 1:
        return f"|{inner(operands[0], SUM)}|", ATOM
    if op == "sqrt" and len(operands) == 1:
        return "√" + inner(operands[0], ATOM), POWER
    texts = [inner(each, SUM) for each in _ends(operands)]
    return f"{x.op}({', '.join(_elided(texts, len(operands)))})", ATOM


def _after_a_sign(text: str) -> str:
    return f"({text})" if text.startswith("−") else text


def _ends(operands: Sequence[Any]) -> Sequence[Any]:
    """All of them, or of very many the first and the last."""
    return operands if len(operands) <= MOST_OPERANDS else [*operands[: MOST_OPERANDS - 2], operands[-1]]


def _elided(texts: list[str], n_operands: int) -> list[str]:
    """The texts, with … where some were left out."""
    return texts if len(texts) == n_operands else [*texts[:-1], "…", texts[-1]]
