"""gradient_report(): how large the gradients and the outputs of each layer are, which shows whether they vanish."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import autograd
from autograd import Value, topological_order, value_and_grad
from nn.layers import Layer, Neuron
from nn.module import Module

FLAT = 0.01  # a slope below it passes hardly any gradient on


@dataclass
class Row:
    """What the report says about one layer. Sizes are root mean squares; None where there is nothing to measure.

    name: the path of a Layer or Neuron, or of another module's attribute that holds parameters.
    parameters: how many. weights: their size. gradients: the size of their grad.
    outputs: the size of what the neurons answered, over all examples in the graph of the loss.
    deltas: the size of the derivative of the loss by w·x + b, before the activation.
    neurons: how many. dead: how many of them have at every example an activation of slope 0, so that they cannot learn.
    flat: the part, from 0 to 1, of all outputs where the slope of the activation is below 0.01.
    """

    name: str
    parameters: int
    weights: float
    gradients: float
    outputs: float | None = None
    deltas: float | None = None
    neurons: int | None = None
    dead: int | None = None
    flat: float | None = None


class GradientReport:
    """What gradient_report() returns: a Row for each layer in .rows; print(report) shows a table.

    trouble: where a size that is nan or infinite came from, as autograd.find_nan says it; "" if all are finite.
    See gradient_report for an example.
    """

    def __init__(self, rows: list[Row], trouble: str = "") -> None:
        self.rows = rows
        self.trouble = trouble

    def plot(self, axes: Any = None) -> Any:
        """Draw the sizes from layer to layer, on the axes of matplotlib or on new ones, and return the axes.

        The scale is logarithmic: gradients that vanish or explode are a straight line down or up towards layer 0.
        """
        if axes is None:
            import matplotlib.pyplot as plt

            axes = plt.subplots(layout="constrained")[1]
        names = [row.name for row in self.rows]
        for column, label in (
            ("gradients", "∂loss/∂parameters"),
            ("deltas", "∂loss/∂(w·x + b)"),
            ("outputs", "outputs"),
        ):
            sizes = [getattr(row, column) for row in self.rows]
            if any(sizes):
                axes.plot(range(len(names)), [each or math.nan for each in sizes], marker="o", label=label)
        axes.set(ylabel="root mean square", yscale="log")
        axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
        axes.legend()
        return axes

    def __repr__(self) -> str:
        table = [["layer", "parameters", "weights", "gradients", "outputs", "deltas", "dead", "flat"]]
        for row in self.rows:
            sizes = [row.weights, row.gradients, row.outputs, row.deltas]
            table.append([row.name, str(row.parameters), *("–" if each is None else f"{each:.2e}" for each in sizes)])
            table[-1].append("–" if row.dead is None else f"{row.dead} of {row.neurons}")
            table[-1].append("–" if row.flat is None else f"{row.flat:.0%}")
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = [[line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])] for line in table]
        return "\n".join(["  ".join(line) for line in lines] + ([self.trouble] if self.trouble else []))


def gradient_report(model: Module, loss: Value | None = None) -> GradientReport:
    """Measure the gradients of each layer after backward(), and the outputs of the layers on the way to the loss.

    model: a Module.
    loss: the Value on which you called backward(). Its graph holds all outputs and their gradients. Without it only the
        parameters are measured.

    Returns a report, to print() or to plot(). Vanishing gradients show as gradients and deltas that fall from the last
    layer to the first, by orders of magnitude. Exploding ones rise. Dead neurons, and flat activations, can be the
    reason.

    TypeError if model is not a Module or loss not a Value. ValueError if backward() was not called on the loss, and if
    no layer of the model is in its graph.

    >>> from nn import MLP, mse_loss
    >>> model = MLP(1, [2, 1], initialisation=lambda rng, fan_in, fan_out: [[1.0] * fan_in, [-1.0] * fan_in][:fan_out])
    >>> loss = mse_loss([model([1.0]), model([3.0])], [0.0, 0.0])
    >>> loss.backward()
    >>> gradient_report(model, loss)
    layer     parameters   weights  gradients   outputs    deltas    dead  flat
    layers.0           4  7.07e-01   5.39e+00  1.58e+00  1.58e+00  1 of 2   50%
    layers.1           3  8.16e-01   6.22e+00  2.24e+00  2.24e+00  0 of 1    0%
    """
    if not isinstance(model, Module):
        raise TypeError(f"gradient_report takes a Module, got {model!r}")
    if not model.parameters():
        raise ValueError(f"{model!r} has no parameters")
    layers: dict[Value, str] = {}  # of each parameter of a neuron, and by the bias, which it has alone, the neuron
    neurons: dict[Value, Neuron] = {}
    for path, module in model.named_modules():
        if isinstance(module, (Layer, Neuron)):
            for parameter in module.parameters():
                layers.setdefault(parameter, path or type(module).__name__)
        if isinstance(module, Neuron):
            neurons[module.b] = module
    parameters: dict[str, list[Value]] = {}
    for path, parameter in model.named_parameters():
        parameters.setdefault(layers.get(parameter) or re.sub(r"\[.*", "", path), []).append(parameter)
    sums = _sums(loss, neurons) if loss is not None else {}
    rows = []
    for name, own in parameters.items():
        row = Row(name, len(own), _size(p.data for p in own), _size(p.grad for p in own))
        if nodes := [sums[bias] for bias in own if bias in sums]:
            _measure(row, nodes)
        rows.append(row)
    trouble = ""
    if not all(math.isfinite(row.gradients) for row in rows):
        trouble = str(autograd.find_nan(loss)) if loss is not None else "Give the loss, to see where that came from."
    return GradientReport(rows, trouble)


Sums = tuple[Neuron, list[Value]]


def _sums(loss: Value, neurons: dict[Value, Neuron]) -> dict[Value, Sums]:
    """By the bias of each neuron the neuron, and its w·x + b for every example in the graph."""
    if not isinstance(loss, Value):
        raise TypeError(f"gradient_report takes the loss on which backward() was called, got {loss!r}")
    if loss.grad == 0:
        raise ValueError("no gradient has come to the loss: call loss.backward() before gradient_report(model, loss)")
    sums: dict[Value, Sums] = {}
    for node in topological_order(loss):
        if node.op == "+":
            product, bias = node.parents
            neuron = neurons.get(bias)
            if neuron and product.op == "dot" and product.parents[: len(neuron.w)] == tuple(neuron.w):
                sums.setdefault(bias, (neuron, []))[1].append(node)
    if neurons and not sums:
        raise ValueError("no neuron of this model is in the graph of the loss: is it the loss of another model?")
    return sums


def _measure(row: Row, sums: list[Sums]) -> None:
    answers = [[_answer(neuron, node.data) for node in nodes] for neuron, nodes in sums]
    slopes = [[slope for _, slope in own] for own in answers]
    row.outputs = _size(out for own in answers for out, _ in own)
    row.deltas = _size(node.grad for _, nodes in sums for node in nodes)
    row.neurons, row.dead = len(slopes), sum(not any(own) for own in slopes)
    flat = [abs(slope) < FLAT for own in slopes for slope in own]
    row.flat = sum(flat) / len(flat)


def _answer(neuron: Neuron, number: float) -> tuple[float, float]:
    """What a neuron's activation answers to w·x + b, and its slope there."""
    out, slope = value_and_grad(neuron.activation)(number)
    return _number(out), _number(slope)


def _number(found: Any) -> float:
    return found.data if isinstance(found, Value) else float(found)  # Values, if the activation has parameters


def _size(numbers: Iterable[float]) -> float:
    numbers = list(numbers)
    return math.hypot(*numbers) / math.sqrt(len(numbers))
