"""Sweeps over a recorded graph: gradients back from its outputs, tangents forward from its inputs, and both at once.

All three use nothing of a node but its local gradient. Back (reverse mode), a node turns the gradient that arrives into
one contribution per parent. Forward (forward mode), the same partial derivatives turn the tangents of the parents, how
fast each of them moves, into that of the node. (Griewank & Walther, Evaluating Derivatives, 2008, chapters 3 and 5.)
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any
from weakref import ref

from autograd.choice import engine_name
from autograd.engine import Value, nodes_before, operation_of
from autograd.mistakes import no_local_gradient, wrong_number_of_contributions
from autograd.recording import watchers
from autograd.series import Series, coefficient


def constant(number: float) -> Value:
    """A number as a Value through which no gradient flows."""
    return Value(number, op="constant")


def is_from_outside(leaf: Value) -> bool:
    """Whether someone may want derivatives with respect to it: not of a constant, nor of what a transform made.

    Such a leaf has a weak reference to the call that it was made for in place of a local gradient.
    """
    made_for: Any = leaf.local_gradient
    return leaf.op != "constant" and not (isinstance(made_for, ref) and made_for() is None)


def is_nothing(x: Any) -> bool:
    """Whether a seed or tangent is 0. One that is computed, a Value, is something: it may be asked for derivatives."""
    return (x.op == "constant" and x.data == 0) if isinstance(x, Value) else x == 0


class Graph:
    """The nodes between inputs and outputs of a computation.

    outputs: Values, and plain numbers, which depend on nothing.
    inputs: Values. Those that do not come up between the outputs and their leaves have derivatives 0.
    fresh: whether the inputs were made for this graph, so that what lies beyond them need not be seen.

    The sweeps leave the `grad` of every Value alone. Given floats they answer floats; given a Value they answer Values,
    which can be differentiated again. What no seed reaches, or what does not move, is left out: its derivatives may be
    infinite, and would be nan times 0.
    """

    def __init__(self, outputs: Sequence[Any], inputs: Sequence[Value], fresh: bool = False) -> None:
        self.outputs, self.inputs = outputs, inputs
        self.ends = set(inputs)
        order = nodes_before([x for x in outputs if isinstance(x, Value)], self.ends if fresh else ())
        depending = set(inputs)
        self.order: list[Value] = []  # the nodes that depend on an input, parents first
        self.captures = False  # whether it depends on leaves beside the inputs
        for node in order:
            if not node.parents:
                self.captures = self.captures or (node not in depending and is_from_outside(node))
            elif any(parent in depending for parent in node.parents):
                depending.add(node)
                self.order.append(node)
        self.depending = depending  # these, and the inputs

    def pull(self, seeds: Sequence[Any]) -> list[Any]:
        """The derivative of Σ seed · output with respect to every input: reverse mode."""
        as_values = any(isinstance(seed, Value) for seed in seeds)
        arriving: dict[Value, Any] = {}

        def arrive(node: Value, contribution: Any) -> None:
            if not as_values:
                arriving[node] = arriving.get(node, 0.0) + contribution
            else:
                contribution = contribution if isinstance(contribution, Value) else constant(contribution)
                arriving[node] = arriving[node] + contribution if node in arriving else contribution

        for output, seed in zip(self.outputs, seeds):
            if isinstance(output, Value) and output in self.depending and not is_nothing(seed):
                arrive(output, seed)
        for node in reversed(self.order):
            if node not in arriving:
                continue
            gradient = arriving[node] if node in self.ends else arriving.pop(node)
            for parent, contribution in zip(node.parents, contributions_of(node, gradient)):
                if parent in self.depending:
                    arrive(parent, contribution)
        if as_values:
            return [arriving[x] if x in arriving else constant(0.0) for x in self.inputs]
        return [float(arriving.get(x, 0.0)) for x in self.inputs]

    @cached_property
    def partials(self) -> dict[Value, Sequence[float]]:
        """The partial derivatives of the nodes that have moved so far."""
        return {}

    def push(self, tangents: Sequence[Any], as_values: bool = False) -> list[Any]:
        """How fast every output moves, when the inputs move as fast as their tangents say: forward mode."""
        moving = self.moving(tangents, as_values or any(isinstance(tangent, Value) for tangent in tangents))
        return [moving.get(output, 0.0) for output in self.outputs]

    def moving(self, tangents: Sequence[Any], as_values: bool) -> dict[Any, Any]:
        """The tangents of all nodes that move."""
        moving: dict[Any, Any] = {}
        for x, tangent in zip(self.inputs, tangents):
            if not is_nothing(tangent):
                moving[x] = moving[x] + tangent if x in moving else tangent
        for node in self.order:
            if any(parent in moving for parent in node.parents):
                if as_values:
                    partials = contributions_of(node, constant(1.0))
                else:
                    if node not in self.partials:
                        self.partials[node] = contributions_of(node, 1.0)
                    partials = self.partials[node]
                terms = [own * moving[parent] for parent, own in zip(node.parents, partials) if parent in moving]
                if node in moving:  # an input that is computed from another
                    terms.append(moving[node])
                moving[node] = added(terms)
        return moving

    def bend(self, tangents: Sequence[float]) -> tuple[list[float], list[float]]:
        """The gradient of the only output, and how fast it moves along the tangents: forward over reverse.

        The second is the product of the Hessian with the vector of the tangents.
        """
        curves = self.curves([[x.data, t] if t != 0 else None for x, t in zip(self.inputs, tangents)], 1)
        gradients: dict[Any, float] = dict.fromkeys(self.depending, 0.0)
        speeds: dict[Any, float] = {}  # of those that move
        for output in self.outputs:
            if output in gradients:
                gradients[output] = 1.0
        for node in reversed(self.order):
            gradient, speed = gradients[node], speeds.get(node)
            partials = curves[node].partials if node in curves else contributions_of(node, 1.0)
            for parent, partial in zip(node.parents, partials):
                if parent in gradients:
                    slope, change = coefficient(partial, 0), coefficient(partial, 1)
                    gradients[parent] += gradient * slope
                    if speed is not None:
                        speeds[parent] = speeds.get(parent, 0.0) + speed * slope
                    if change:
                        speeds[parent] = speeds.get(parent, 0.0) + gradient * change
        return [gradients[x] for x in self.inputs], [speeds.get(x, 0.0) for x in self.inputs]

    def series(self, known: Sequence[Sequence[Any]], order: int, as_values: bool = False) -> list[Any]:
        """The outputs as power series up to the given order, when those of the inputs begin with `known`."""
        curves = self.curves(known, order, as_values)
        return [curves.get(output, output) for output in self.outputs]

    def curves(self, known: Sequence[Sequence[Any] | None], order: int, as_values: bool = False) -> dict[Any, Any]:
        """The power series of all nodes that move, when inputs whose series is None do not."""
        memo: dict[Any, Series] = {}
        found: dict[Any, Any] = {x: Series(list(own), memo) for x, own in zip(self.inputs, known) if own is not None}
        moving = []
        for node in self.order:
            if any(parent in found for parent in node.parents):
                found[node] = curve_of(node, found, memo, as_values)
                moving.append(node)
        for k in range(1, order + 1):
            for node in moving:  # none asks for more of another than is there: nothing recurses through the graph
                found[node][k]
        return found


def tape(outputs: Sequence[Any], inputs: Sequence[Value]) -> Any:
    """The graph between leaves and outputs, for sweeps in floats, at the speed of C where the native engine serves."""
    if watchers:
        watchers[-1].read("floats")
    return Graph(outputs, inputs)


def contributions_of(node: Value, gradient: Any) -> Sequence[Any]:
    """What the local gradient answers: one contribution per parent."""
    if node.local_gradient is None:
        raise no_local_gradient(node.op)
    found = node.local_gradient(gradient)
    if len(found) != len(node.parents):
        raise wrong_number_of_contributions(node.op, len(found), len(node.parents))
    return found


def added(terms: Sequence[Any]) -> Any:
    """The sum, from left to right; 0.0 of nothing."""
    total = terms[0] if terms else 0.0
    for term in terms[1:]:
        total = total + term
    return total


def curve_of(node: Value, found: dict[Any, Any], memo: dict[Any, Series], as_values: bool) -> Series:
    """The power series of a node, given those of its parents that have one."""

    def operand(x: Value) -> Any:
        if x in found:
            return found[x]
        return Series([x], memo) if as_values and x.op != "constant" else x.data

    op, operands = operation_of(node), [operand(x) for x in node.parents]
    if op is None:
        return Series(
            [node if as_values else node.data], memo, lambda _: partial_curves(node, found, memo, as_values), operands
        )
    curve: Series = op(*operands)
    if curve.data != node.data == node.data:
        raise RuntimeError(
            f"the data of {node!r}, or of a number that it was computed from by '{node.op}', has been set since; for "
            "derivatives of derivatives compute the forward pass again"
        )
    return curve


def partial_curves(node: Value, found: dict[Any, Any], memo: dict[Any, Series], as_values: bool) -> list[Any]:
    """The partial derivatives of a node whose local gradient comes from outside, as power series: graphs themselves."""
    contributions = [x if isinstance(x, Value) else constant(x) for x in contributions_of(node, constant(1.0))]
    for inner in nodes_before(contributions, found):
        if any(parent in found for parent in inner.parents):
            found[inner] = curve_of(inner, found, memo, as_values)
    return [found.get(x, x if as_values else x.data) for x in contributions]


def moving_partials(node: Value, tangents: Sequence[float | None]) -> tuple[float, list[tuple[float, float]]] | None:
    """For the tangents of its parents the tangent of a node, and its partial derivatives with their speeds.

    None for a local gradient from outside: it may use Values further back than its parents.
    """
    if operation_of(node) is None:
        return None
    memo: dict[Any, Series] = {}
    found = {x: Series([x.data, t], memo) for x, t in zip(node.parents, tangents) if t is not None}
    curve = curve_of(node, found, memo, False)
    speed = curve[1]
    return speed, [(coefficient(partial, 0), coefficient(partial, 1)) for partial in curve.partials]


# The same at the speed of the machine, where it was built.

if engine_name == "native":
    from autograd._engine import Tape

    def tape(outputs: Sequence[Any], inputs: Sequence[Value]) -> Any:
        """The graph between leaves and outputs, for sweeps in floats, in C."""
        if watchers:
            watchers[-1].read("floats")
        return Tape(outputs, inputs, moving_partials, Graph)
