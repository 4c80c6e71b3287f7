"""Sweeps over a recorded graph: gradients back from its outputs, tangents forward from its inputs, and both at once.

All three use only the local gradient of a node. Back (reverse mode), a node turns the gradient that arrives into one
contribution per parent. Forward (forward mode), the same partial derivatives turn the tangents of the parents, how fast
each of them moves, into that of the node. (Griewank & Walther, Evaluating Derivatives, 2008, chapters 3 and 5.)
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cached_property
from typing import Any

from autograd.derivatives import TABLE, number_of, to_float
from autograd.messages import no_local_gradient, what_came_of, wrong_number_of_contributions
from autograd.recording import recording, tell
from autograd.transforms.closures import followed
from autograd.transforms.losses import forget_losses, note_losses
from autograd.transforms.order import nodes_before
from autograd.transforms.series import Series, coefficient, recorded
from autograd.transforms.wide import Wide, is_lost, wide_numbers
from autograd.value import Value, engine_name, new_call, operation_of

if engine_name == "native":
    from autograd.native._engine import Tape


def constant(number: float) -> Value:
    """A number as a Value through which no gradient flows."""
    return Value(number, op="constant")


def is_from_outside(x: Value, since: int) -> bool:
    """Whether it was there before the call; if there is no call, whether it is a leaf. Constants do not count."""
    return x.op != "constant" and (x._born < since if since else not x.parents)


def as_value(x: Any) -> Value:
    """A number or Value as a Value."""
    return x if isinstance(x, Value) else constant(x)


def is_nothing(x: Any) -> bool:
    """Whether a seed or tangent is 0. One that is computed, a Value, is something: it may be asked for derivatives."""
    return (x.op == "constant" and not x) if isinstance(x, Value) else x == 0


class Graph:
    """The nodes between inputs and outputs of a computation.

    outputs: Values, and plain numbers, which depend on nothing.
    inputs: Values. Those that do not come up between the outputs and their leaves have derivatives 0.
    since: the call that the inputs were made for, or 0. Older nodes cannot depend on them and are left out. So a graph
        from outside may grow from call to call, and is not walked over every time.

    The sweeps leave the `grad` of every Value alone. Given floats they answer floats; given a Value they answer Values,
    which can be differentiated again. Nodes that no seed reaches, or that do not move, are left out: their derivatives
    may be infinite, and infinity times 0 is nan.
    """

    def __init__(self, outputs: Sequence[Any], inputs: Sequence[Value], since: int = 0) -> None:
        self.outputs, self.inputs, self.since = outputs, inputs, since
        self.ends = set(inputs)
        depending = set(inputs)
        self.order: list[Value] = []  # the nodes that depend on an input, parents first
        roots = [x for x in outputs if isinstance(x, Value)]
        met = dict.fromkeys(roots)  # the outputs, and all parents of others than inputs
        for node in nodes_before(roots, since=since):
            if any(parent in depending for parent in node.parents) and node.op != "stop_gradient":
                depending.add(node)
                self.order.append(node)
            if node not in self.ends:
                met.update(dict.fromkeys(node.parents))
        self.depending = depending  # these, and the inputs
        # the Values from outside that it depends on beside the inputs
        self.captured = [x for x in met if x not in depending and is_from_outside(x, since)]
        self.captures = bool(self.captured)
        self.reaches = bool(self.order) or not self.ends.isdisjoint(roots)  # whether it depends on an input

    def contributions(self, node: Value, gradient: Any) -> Sequence[Any]:
        """What the local gradient of a node answers: one contribution per parent."""
        return contributions_of(node, gradient)

    def pull(self, seeds: Sequence[Any]) -> list[Any]:
        """The derivative of Σ seed · output with respect to every input: reverse mode."""
        as_values = any(isinstance(seed, Value) for seed in seeds)
        if as_values:
            forget_losses()
        arriving: dict[Value, Any] = {}

        def arrive(node: Value, contribution: Any) -> None:
            if not as_values:
                arriving[node] = arriving.get(node, 0.0) + contribution
            else:
                contribution = as_value(contribution)
                arriving[node] = arriving[node] + contribution if node in arriving else contribution

        for output, seed in zip(self.outputs, seeds):
            if isinstance(output, Value) and output in self.depending and not is_nothing(seed):
                arrive(output, seed)
        for node in reversed(self.order):
            if node not in arriving:
                continue
            gradient = arriving[node] if node in self.ends else arriving.pop(node)
            for parent, contribution in zip(node.parents, self.contributions(node, gradient)):
                if parent in self.depending:
                    arrive(parent, contribution)
        if as_values:
            note_losses()
            return [arriving[x] if x in arriving else constant(0.0) for x in self.inputs]
        return [float(arriving.get(x, 0.0)) for x in self.inputs]

    @cached_property
    def partials(self) -> dict[Value, Sequence[float]]:
        """The partial derivatives of the nodes that have moved so far."""
        return {}

    def push(self, tangents: Sequence[Any], as_values: bool = False) -> list[Any]:
        """How fast every output moves, when the inputs move as fast as their tangents say: forward mode."""
        as_values = as_values or any(isinstance(tangent, Value) for tangent in tangents)
        forget_losses()
        moving = self.moving(tangents, as_values)
        if as_values:
            note_losses()
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
                        self.partials[node] = self.contributions(node, 1.0)
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
        moving = {x: [self.number(x.data), self.number(t)] for x, t in zip(self.inputs, tangents) if t != 0}
        gradients: dict[Any, Any] = dict.fromkeys(self.depending, 0.0)
        speeds: dict[Any, Any] = {}  # of those that move
        for output in self.outputs:
            if output in gradients:
                gradients[output] = self.number(1.0)
        with closing(Curves(moving, self.since, numbers=self.numbers)) as curves:
            curves.follow(self.order, 1)
            for node in reversed(self.order):
                gradient, speed = gradients[node], speeds.get(node)
                partials = curves.partials(node) if node in curves.found else self.contributions(node, 1.0)
                for parent, partial in zip(node.parents, partials):
                    if parent in gradients:
                        slope, change = coefficient(partial, 0), coefficient(partial, 1)
                        gradients[parent] += gradient * slope
                        if speed is not None:
                            speeds[parent] = speeds.get(parent, 0.0) + speed * slope
                        if change is not None:
                            speeds[parent] = speeds.get(parent, 0.0) + gradient * change
            self.met(curves, (*gradients.values(), *speeds.values()))
        return [float(gradients[x]) for x in self.inputs], [float(speeds.get(x, 0.0)) for x in self.inputs]

    number: Callable[[float], Any] = float  # in which sweeps compute
    numbers: Any = None  # of all nodes, if these are wide

    def met(self, curves: "Curves", numbers: Sequence[Any]) -> None:
        """Told what a sweep has computed; see ranges.py."""

    def series(self, known: Sequence[Sequence[Any]], order: int, as_values: bool = False) -> list[list[Any]]:
        """The coefficients of the outputs as power series up to the given order.

        known: for every input the first ones of its own.
        """
        moving = {x: list(own) for x, own in zip(self.inputs, known)}
        forget_losses()
        with closing(Curves(moving, self.since, as_values)) as curves:
            found = self.coefficients(curves, order)
            if as_values:
                note_losses()
            if as_values or not curves.may_be_out_of_range:
                return found
        moving = {x: list(map(Wide, own)) for x, own in zip(self.inputs, known)}
        with closing(Curves(moving, self.since, numbers=wide_numbers(self.outputs, self.since))) as curves:
            return [[x if isinstance(x, Value) else float(x) for x in row] for row in self.coefficients(curves, order)]

    def coefficients(self, curves: "Curves", order: int) -> list[list[Any]]:
        """Those of the outputs, when the inputs move along curves."""
        curves.follow(self.order, order)
        found = [curves.found.get(output, output) for output in self.outputs]
        return [[0.0 if (c := coefficient(x, k)) is None else c for k in range(order + 1)] for x in found]


class Curves:
    """How nodes move when some of them do: a power series for each that does.

    start: those that move, with the first coefficients of each. since: see Graph. as_values: whether the coefficients
    are Values. numbers: those of all nodes, if the coefficients are wide numbers. In the end close() it: the series
    refer to each other in cycles.
    """

    def __init__(self, start: dict[Value, list[Any]], since: int, as_values: bool = False, numbers: Any = None) -> None:
        self.memo: dict[Any, Series] = {}
        self.found = {x: Series(known, self.memo) for x, known in start.items()}
        self.since, self.as_values, self.numbers = since, as_values, numbers

    @property
    def may_be_out_of_range(self) -> bool:
        """Whether a number is so large or small that the product of two could be none, or have lost digits."""
        return any(
            x and not 1e-150 < abs(x) < 1e150
            for each in (self.found, self.memo)
            for s in each.values()
            for x in s.known
        )

    def close(self) -> None:
        """Take all series apart."""
        for series in (*self.found.values(), *self.memo.values()):
            series.partials, series.operands = None, ()
        self.found.clear()
        self.memo.clear()

    def follow(self, nodes: Sequence[Value], order: int) -> None:
        """Find the power series up to that order of those of the nodes, parents first, that move."""
        moving = [self.add(node) for node in nodes if any(parent in self.found for parent in node.parents)]
        for k in range(1, order + 1):
            for series in moving:  # none asks for more of another than is there, so nothing recurses through the graph
                series[k]

    def add(self, node: Value) -> Series:
        """Find the power series of a node, given those of its parents that move."""
        op, operands = operation_of(node), [self.operand(x) for x in node.parents]
        if op is None:
            start = [node if self.as_values else node._data]
            series = Series(start, self.memo, lambda _: self.own_partials(node), operands)
        elif TABLE.get(op.name) is op:
            series = op(*operands)
        else:  # of your own: its derivative takes floats and Values, but no series
            series = recorded(op, operands, lambda _: self.own_partials(node))
        if self.numbers is not None:
            series.known[0] = self.numbers.get(node) or Wide(node._data)  # also where its data ran out of range
        elif op is not None and series.data != node._data == node._data:
            raise RuntimeError(
                f"the data of {node!r}, or of a number that it was computed from by '{node.op}', has been set since; "
                "for derivatives of derivatives compute the forward pass again"
            )
        self.found[node] = series
        return series

    def operand(self, x: Value) -> Any:
        """A node as the series of an operation that it goes into; a number if it rests."""
        if x in self.found:
            return self.found[x]
        if self.numbers is not None and x in self.numbers and is_lost(self.numbers[x]):
            return self.memo.setdefault(x, Series([self.numbers[x]], self.memo))
        if not self.as_values or x.op == "constant":
            return x._data
        return self.memo.setdefault(x, Series([x], self.memo))

    def own_partials(self, node: Value) -> list[Any]:
        """The partial derivatives of a node whose local gradient comes from outside: graphs themselves."""
        # A derivative of your own sees only the operands. A closure may use any node.
        since = self.since if operation_of(node) is None else new_call()
        with recording():
            contributions = [as_value(x) for x in contributions_of(node, constant(1.0))]
        for inner in nodes_before(contributions, self.found, since):
            if any(parent in self.found for parent in inner.parents):
                self.add(inner)
        return [self.found.get(x, x if self.as_values else x._data) for x in contributions]

    def partials(self, node: Value) -> list[Any]:
        """The partial derivatives of a node that moves, as series or numbers."""
        return self.found[node].partials


def tape(outputs: Sequence[Any], inputs: Sequence[Value], since: int = 0) -> Any:
    """The graph between leaves and outputs, for sweeps in floats, at the speed of C where the native engine serves.

    A function that is being compiled cannot ask so for derivatives with respect to its own Values. With respect to
    plain numbers it may: if the derivative depends on a Value from outside of that call, it is no float.
    """
    if not since:
        tell("read", "floats")
    if engine_name == "native":
        return Tape(outputs, inputs, since, moving_partials, Graph)
    return Graph(outputs, inputs, since)


def contributions_of(node: Value, gradient: Any) -> Sequence[Any]:
    """What the local gradient answers: one contribution per parent."""
    if node.local_gradient is None:
        raise no_local_gradient(node.op)
    from_outside = isinstance(gradient, Value) and operation_of(node) is None
    began = new_call() if from_outside else 0
    found = node.local_gradient(gradient)
    if len(found) != len(node.parents):
        raise wrong_number_of_contributions(node.op, len(found), len(node.parents))
    if from_outside:
        return followed(found, node, gradient, began)
    if isinstance(gradient, Value):
        return found
    return [x if type(x) is float else to_float(number_of(x), what_came_of(node.op)) for x in found]


def added(terms: Sequence[Any]) -> Any:
    """The sum, from left to right; 0.0 of nothing."""
    total = terms[0] if terms else 0.0
    for term in terms[1:]:
        total = total + term
    return total


def moving_partials(
    node: Value, tangents: Sequence[float | None]
) -> tuple[float, list[tuple[float, float | None]]] | None:
    """For the tangents of its parents the tangent of a node, and its partial derivatives with their speeds.

    The speed of one that does not move is None. The answer is None for a local gradient from outside: it may use Values
    further back than its parents.
    """
    if operation_of(node) is None:
        return None
    moving = {x: [x.data, t] for x, t in zip(node.parents, tangents) if t is not None}
    with closing(Curves(moving, 0)) as curves:
        curves.follow([node], 1)
        partials = [(coefficient(partial, 0), coefficient(partial, 1)) for partial in curves.partials(node)]
        return curves.found[node][1], partials
