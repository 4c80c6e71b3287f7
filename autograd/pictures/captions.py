"""The texts at boxes, circles and edges of a picture: the sign of an operation, and the line of the chain rule."""

from autograd.languages import say
from autograd.pictures.formulas import Partial, partials
from autograd.pictures.numerals import shown
from autograd.pictures.rendering import SYMBOLS
from autograd.pictures.wording import Wording, ordinal
from autograd.value import Value

# operations whose operands all play the same part; dot has too many to number them
ANY_ORDER = {"+", "*", "hypot", "max", "min", "sum", "mean", "prod", "norm", "logsumexp", "dot"}


def symbol(node: Value, folded: set[int], number_format: str) -> str:
    """The text in the circle of an operation, with the plain numbers at the positions `folded`."""
    op = str(node.op)  # that of the user's own may be anything
    sign = SYMBOLS.get(op, op)
    if not folded:
        return sign
    operands = [shown(parent.data, number_format) if k in folded else "·" for k, parent in enumerate(node.parents)]
    if len(operands) == 2 and op in SYMBOLS.keys() | {"+"}:
        return " ".join([operands[0], sign, operands[1]]).replace("·", "").strip().replace("^ ", "^")
    return f"{sign}({', '.join(operands)})"


def place_of(node: Value, k: int, n_operands: int) -> str:
    """Which operand an edge brings, if that matters: 1st, 2nd, … n_operands: how many edges there are."""
    return ordinal(k + 1) if n_operands > 1 and str(node.op) not in ANY_ORDER else ""


def local_gradient(node: Value) -> list[Partial]:
    """The local gradient; nothing if a user's own closure fails, because backward() reports that."""
    try:
        return partials(node)
    except Exception:
        return []


def meaning(value: Value, made_by: Value, wording: Wording) -> str:
    """The tooltip of a box: how it was computed."""
    name = wording.names[value]
    return f"{name} = {wording.computed(made_by)}" if made_by.parents else wording.equation(name, made_by.data)


def chain_rule(value: Value, grad: float, made_by: Value, k: int, partial: Partial, wording: Wording) -> str:
    """The tooltip of an edge: the local gradient, and what the chain rule makes of it."""
    names = wording.names
    slope, contribution = wording.slope(made_by, k), grad * partial.number
    return (
        f"{slope} = {wording.derived(partial)}\n"
        f"{names[value]}.grad × {slope} = {wording.times(grad, partial.number, contribution)} "
        + say("goes to {0}.grad", names[made_by.parents[k]])
    )
