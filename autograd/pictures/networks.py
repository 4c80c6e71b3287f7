"""Draws a network as people draw it: columns of neurons, and edges that show the weights."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf
from typing import Any

from autograd.languages import Said, say
from autograd.pictures.formulas import data_of
from autograd.pictures.numerals import shown
from autograd.pictures.other_engines import is_foreign
from autograd.pictures.rendering import (
    ABOVE_LINE,
    BELOW_LINE,
    FAINT,
    FONT,
    INK,
    LINE,
    MARKS,
    NEUTRAL,
    PAPER,
    Drawing,
    as_text,
    empty,
    largest_size,
    shade,
)
from autograd.recording import no_grad

OF_WEIGHTS = Said("lines: weights, {0}, {1}, the thicker the larger")
OF_GRADIENTS = Said("lines: gradients of the weights, {0}, {1}, the thicker the larger")
MOST_NEURONS = 10  # of one column; of a longer one, the first ones and the last
COLUMN, ROW, CIRCLE = 3.0, 1.06, 0.92  # the distances between neurons and their size, in inches
MOST_LABELS = 24  # weights that are written on their edges; more would cover each other
PLACES = sorted((0.22 + 0.02 * k for k in range(29)), key=lambda share: abs(share - 0.5))  # of a weight along its edge
CLEAR = 0.05  # inches between two plates
PLATE = 0.1, 0.23  # the width of a character, and the height of a line, in inches
THINNEST, THICKEST = 0.4, 4.0  # edges, in points


def is_network(model: Any) -> bool:
    """Whether something is a Neuron, a Layer, an MLP or another model, of nn or written by hand with the same names."""
    return any(hasattr(model, name) for name in ("layers", "neurons", "named_parameters")) and not isinstance(
        model, type
    )


def layers_of(model: Any) -> list[Any]:
    """The layers of a model, each a list of neurons with weights w and bias b, first to last.

    ValueError if the model is not a chain of such layers.
    """
    parts = model.modules() if hasattr(model, "modules") else getattr(model, "layers", [model])
    layers = [part.neurons for part in parts if getattr(part, "neurons", None)]
    if not layers and hasattr(model, "w"):
        layers = [[model]]
    try:
        inputs = [{len(neuron.w) for neuron in layer} for layer in layers]
        fit = all({len(layer)} == n_in for layer, n_in in zip(layers, inputs[1:]))
    except (AttributeError, TypeError):  # no w, or one that is no list
        layers = []
    if not layers or not fit or len(inputs[0]) != 1:
        raise ValueError(
            f"{type(model).__name__} cannot be drawn as columns of neurons. draw needs a model made of layers, one "
            "after the other, whose neurons have a list of weights w and a bias b. Or draw the Value that it computes"
        )
    return layers


def draw_network(
    model: Any, x: Iterable[Any] | None = None, by: str = "data", direction: str = "LR", number_format: str = ".2g"
) -> Drawing:
    """The picture of a model; its options are those of draw."""
    if by not in ("data", "grad"):
        raise ValueError(f"by must be 'data', for the weights, or 'grad', for their gradients; got {by!r}")
    network = Network(model, layers_of(model), by, number_format)
    sizes = network.sizes
    outputs = network.outputs(x) if x is not None else []
    dot = empty(direction)
    dot.graph_attr.update(layout="neato", outputorder="edgesfirst", label=network.legend)
    dot.graph_attr.update(fontname=FONT, fontsize="13", fontcolor=FAINT)
    dot.node_attr.update(shape="circle", fixedsize="true", width=f"{CIRCLE}", fontsize="13", margin="0")
    dot.edge_attr.update(arrowhead="none")
    tallest = max(len(_some(n)) for n in sizes)
    text = {"shape": "plaintext", "fillcolor": PAPER, "fixedsize": "false"}
    for c, n in enumerate(sizes):
        top = _place(c, -tallest / 2 - (0.3 if direction in ("LR", "RL") else 0.7), direction)
        dot.node(f"heading{c}", network.heading(c), pos=top, fontsize="14", **text, **{"class": "heading"})
        for row, j in enumerate(_some(n)):
            place = _place(c, row - (len(_some(n)) - 1) / 2, direction)
            if j is None:
                left_out = n - len(_some(n)) + 1
                left_out_too = {"tooltip": say("{0:,} more", left_out), "fontsize": "22", "class": "more"}
                dot.node(f"more{c}", "⋮", pos=place, **text, **left_out_too)
                continue
            dot.node(f"neuron{c}_{j}", pos=place, **network.neuron(c, j, outputs))
            for i in _some(sizes[c - 1]) if c else []:
                if i is not None:
                    dot.edge(f"neuron{c - 1}_{i}", f"neuron{c}_{j}", **network.weight(c, j, i))
    for k, (label, place, look) in enumerate(network.plates(direction)):
        dot.node(f"weight{k}", label, pos=place, **look)
    return Drawing(dot, say("the network {0}", f"{type(model).__name__} {' → '.join(map(str, sizes))}"))


@dataclass(frozen=True)
class Network:
    """How the parts of a model look. layers: lists of neurons. The other fields are options of draw."""

    model: Any
    layers: list[Any]
    by: str
    number_format: str

    @cached_property
    def sizes(self) -> list[int]:
        """How many inputs there are, and how many neurons in each layer."""
        return [len(self.layers[0][0].w), *map(len, self.layers)]

    @cached_property
    def largest_weight(self) -> float:
        """The largest |number| that an edge shows."""
        return largest_size(
            self._number(neuron.w[i])
            for neurons in self.layers
            for neuron in _drawn(neurons)
            for i in _some(len(neuron.w))
            if i is not None
        )

    @cached_property
    def largest_bias(self) -> float:
        """The largest |number| of a bias."""
        biases = [getattr(neuron, "b", None) for neurons in self.layers for neuron in _drawn(neurons)]
        return largest_size(self._number(bias) for bias in biases if bias is not None)

    @property
    def legend(self) -> str:
        """What the colours and the lines say."""
        more = "" if self.is_whole else "\n" + say("the model does more than these layers, or does it in another way")
        lines = OF_WEIGHTS if self.by == "data" else OF_GRADIENTS
        return as_text(say(lines, *map(say, MARKS)) + more)

    def heading(self, column: int) -> str:
        """What stands over a column: how many neurons, and their activation."""
        n = self.sizes[column]
        n_drawn = len(_some(n)) - 1 if n > MOST_NEURONS else n
        part = f", {n_drawn} drawn" if n_drawn < n else ""
        if column == 0:
            return f"{n:,} input{'s' * (n != 1)}{part}"
        activation = getattr(self.layers[column - 1][0], "activation", None)
        name = getattr(activation, "__name__", "" if activation is None else str(activation))
        return as_text(f"{n:,} neuron{'s' * (n != 1)}{part}" + (f"\n{name}" if name else ""))

    def outputs(self, x: Iterable[Any]) -> list[list[float]]:
        """The inputs and the output of each neuron; ValueError if the model computes something else from them."""
        columns: list[list[Any]] = [list(x)]
        with no_grad():
            for layer in self.layers:
                columns.append([neuron(columns[-1]) for neuron in layer])
            whole = self.model(columns[0])
        numbers = [[float(_data(y)) for y in column] for column in columns]
        found = [float(_data(y)) for y in (whole if isinstance(whole, (list, tuple)) else [whole])]
        if list(map(repr, found)) != list(map(repr, numbers[-1])):  # repr, because nan is not equal to itself
            name = type(self.model).__name__
            raise ValueError(
                f"{name} does more than its layers of neurons, so it cannot be drawn with an input: write draw(model)"
            )
        return numbers

    @cached_property
    def is_whole(self) -> bool:
        """Whether the model does only what its layers do one after the other, as far as one input can show."""
        try:
            return bool(self.outputs([0.5 + i for i in range(self.sizes[0])]))
        except Exception:  # it wants another kind of input, or does more
            return False

    def neuron(self, column: int, j: int, outputs: list[list[float]]) -> dict[str, str]:
        """A circle: an input with its number, or a neuron with its output, if it is known, and its bias."""
        lines, fill = [], NEUTRAL
        if outputs:
            number = shown(outputs[column][j], self.number_format)
            lines += [number] if column else [f"x[{j}]", number]
            fill = shade(outputs[column][j], largest_size(y for each in outputs for y in each))
        elif column == 0:
            lines += [f"x[{j}]"]
        bias = getattr(self.layers[column - 1][j], "b", None) if column else None
        if bias is not None:
            number = shown(self._number(bias), self.number_format)
            lines += [f"b {number}" if self.by == "data" else f"∂b {number}"]
            fill = fill if outputs else shade(self._number(bias), self.largest_bias)
        return {
            "label": "\\n".join(lines),
            "fillcolor": fill,
            "color": INK if column else LINE,
            "tooltip": f"neuron {j} of layer {column - 1}" if column else f"input {j}",
            "class": "neuron" if column else "input",
        }

    def weight(self, column: int, j: int, i: int) -> dict[str, str]:
        """An edge: the weight by which neuron j of a column takes what number i of the column before gives."""
        w = self.layers[column - 1][j].w[i]
        number = self._number(w)
        share = (abs(number) / self.largest_weight) ** 0.5 if 0 < abs(number) < inf else 0.0
        colour = ABOVE_LINE if number > 0 else BELOW_LINE if number < 0 else LINE
        return {
            "color": colour,
            "penwidth": f"{THINNEST + (THICKEST - THINNEST) * share:.2f}",
            "tooltip": f"layer {column - 1}, neuron {j}, w[{i}] = {shown(_data(w))}, grad {shown(_grad(w))}",
            "class": "weight",
        }

    def plates(self, direction: str) -> list[tuple[str, str, dict[str, str]]]:
        """The weights as they are written over their edges, on plates, so that no two meet; none if there are many."""
        if sum(n * m for n, m in pairwise(self.sizes)) > MOST_LABELS:
            return []
        found = []
        places = [_point(c, i - (n - 1) / 2, direction) for c, n in enumerate(self.sizes) for i in range(n)]
        taken: list[tuple[float, ...]] = [(*place, CIRCLE, CIRCLE) for place in places]
        for c in range(1, len(self.sizes)):
            for j in range(self.sizes[c]):
                for i in range(self.sizes[c - 1]):
                    number = self._number(self.layers[c - 1][j].w[i])
                    label = shown(number, self.number_format)
                    start = _point(c - 1, i - (self.sizes[c - 1] - 1) / 2, direction)
                    end = _point(c, j - (self.sizes[c] - 1) / 2, direction)
                    width, height = PLATE[0] * len(label) + 0.06, PLATE[1]
                    ways = [tuple(a + (b - a) * share for a, b in zip(start, end)) for share in PLACES]
                    middle = max(ways, key=lambda way: min(_distance(way, width, height, each) for each in taken))
                    taken.append((*middle, width, height))
                    colour = ABOVE_LINE if number > 0 else BELOW_LINE if number < 0 else FAINT
                    look = {"shape": "box", "fillcolor": PAPER, "color": PAPER, "fontcolor": colour, "class": "plate"}
                    size = {"width": f"{width:.2f}", "height": f"{height}", "style": "filled,rounded"}
                    found.append((label, _written(middle), look | size))
        return found

    def _number(self, parameter: Any) -> float:
        """What the picture shows of a weight or bias."""
        return float(_data(parameter)) if self.by == "data" else _grad(parameter)


def _data(number: Any) -> Any:
    return number.data if is_foreign(number) else data_of(number)


def _grad(parameter: Any) -> float:
    return float(getattr(parameter, "grad", 0.0))


def _drawn(neurons: Any) -> list[Any]:
    return [neurons[j] for j in _some(len(neurons)) if j is not None]


def _some(n: int) -> list[int | None]:
    """The positions that are drawn of n neurons; None where some are left out."""
    return [*range(n)] if n <= MOST_NEURONS else [*range(MOST_NEURONS - 2), None, n - 1]


def _point(column: float, row: float, direction: str) -> tuple[float, float]:
    """Where a neuron stands, in inches, y upwards."""
    along, across = column * COLUMN * (-1 if direction in ("RL", "BT") else 1), row * ROW
    return (along, -across) if direction in ("LR", "RL") else (across * 1.2, -along)


def _place(column: float, row: float, direction: str) -> str:
    """The same for Graphviz."""
    return _written(_point(column, row, direction))


def _written(point: tuple[float, ...]) -> str:
    return f"{point[0]:.3f},{point[1]:.3f}!"


def _distance(way: Sequence[float], width: float, height: float, other: Sequence[float]) -> float:
    """How far a plate is from another one, in inches; below 0 if they lie over each other; CLEAR if far enough."""
    x, y, other_width, other_height = other
    apart = abs(way[0] - x) - (width + other_width) / 2, abs(way[1] - y) - (height + other_height) / 2
    return min(CLEAR, max(apart))
