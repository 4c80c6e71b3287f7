"""Draws a network as people draw it: columns of neurons, and edges that show the weights."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import inf
from textwrap import wrap
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
COLUMN, ROW, CIRCLE = 3.0, 1.02, 0.92  # the distances between neurons and their size, in inches
WIDER = 1.2  # the distances within a layer that lies, compared with one that stands
NARROW, CLOSEST, UPRIGHT, LETTERS = 5.4, 1.12, 1.45, 46  # of a picture for phones: width, columns, rows, letters a line
WIDE = 18.3  # inches that a laptop shows with letters that can be read
MOST_LABELS = 24  # weights that are written on their edges; more would cover each other
PLACES = sorted((0.22 + 0.02 * k for k in range(29)), key=lambda share: abs(share - 0.5))  # of a weight along its edge
ROOM_FOR_PLATES = 0.4  # inches between the circles of two columns
CLEAR, ROUNDS = 0.05, 8  # inches between two plates; how often those that are closer look for another place
LETTERS_OF_INCH = 10  # of a heading
PLATE = 0.107, 0.24  # the width of a character, and the height of a line, in inches
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
    n_gaps = max(1, len(network.sizes) - 1)
    network = replace(network, apart=min(COLUMN, max(CLOSEST, (WIDE - CIRCLE) / n_gaps)))
    outputs = network.outputs(x) if x is not None else []
    drawing = _drawing(network, outputs, direction)
    if direction in ("TB", "BT"):
        return drawing
    closer = min(COLUMN, max(CLOSEST, (NARROW - CIRCLE) / n_gaps))
    on_a_phone = _drawing(replace(network, apart=closer, row=UPRIGHT, longest=LETTERS), outputs, direction)
    across = CLOSEST * n_gaps + CIRCLE
    if across > NARROW and max(len(_some(n)) for n in network.sizes) * ROW * WIDER < across:
        on_a_phone = _drawing(replace(network, longest=LETTERS), outputs, "TB")
    return replace(drawing, make_narrow=lambda: on_a_phone)


def _drawing(network: "Network", outputs: list[list[float]], direction: str) -> Drawing:
    sizes = network.sizes
    dot = empty(direction)
    dot.graph_attr.update(layout="neato", outputorder="edgesfirst", label=network.legend)
    dot.graph_attr.update(fontname=FONT, fontsize="14", fontcolor=FAINT)
    dot.node_attr.update(shape="circle", fixedsize="true", width=f"{CIRCLE}", fontsize="14", margin="0")
    dot.edge_attr.update(arrowhead="none")
    tallest = max(len(_some(n)) for n in sizes)
    text = {"shape": "plaintext", "fillcolor": PAPER, "fixedsize": "false"}
    for c, n in enumerate(sizes):
        top = _written(network.point(c, -tallest / 2 - (0.3 if direction in ("LR", "RL") else 0.7), direction))
        dot.node(f"heading{c}", network.heading(c), pos=top, fontsize="14", **text, **{"class": "heading"})
        for row, j in enumerate(_some(n)):
            place = _written(network.point(c, row - (len(_some(n)) - 1) / 2, direction))
            if j is None:
                left_out = n - len(_some(n)) + 1
                left_out_too = {"tooltip": say("{0:,} more", left_out), "fontsize": "22", "class": "more"}
                slim = {"fixedsize": "true", "width": "0.2", "height": "0.42"}  # it hides no more lines than it must
                dot.node(f"more{c}", "⋮", pos=place, **text | slim, **left_out_too)
                continue
            dot.node(f"neuron{c}_{j}", pos=place, **network.neuron(c, j, outputs))
            for i in _some(sizes[c - 1]) if c else []:
                if i is not None:
                    dot.edge(f"neuron{c - 1}_{i}", f"neuron{c}_{j}", **network.weight(c, j, i))
    for k, (label, place, look) in enumerate(network.plates(direction)):
        dot.node(f"weight{k}", label, pos=place, **look)
    return Drawing(dot, say("the network {0}", f"{type(network.model).__name__} {' → '.join(map(str, sizes))}"))


@dataclass(frozen=True)
class Network:
    """How the parts of a model look.

    layers: lists of neurons. by, number_format: options of draw.
    apart, row: from one column, or row, to the next, in inches. longest: letters of a line of the legend.
    """

    model: Any
    layers: list[Any]
    by: str
    number_format: str
    apart: float = COLUMN
    row: float = ROW
    longest: int = 1000

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
        marks = [say(mark).replace(" ", "\N{NO-BREAK SPACE}") for mark in MARKS]  # which are not broken
        whole = (say(lines, *marks) + more).split("\n")
        broken = [line for each in whole for line in wrap(each, self.longest, break_long_words=False)]
        return as_text("\n".join(broken).replace("\N{NO-BREAK SPACE}", " "))

    def heading(self, column: int) -> str:
        """What stands over a column: how many neurons, and their activation."""
        n = self.sizes[column]
        n_drawn = len(_some(n)) - 1 if n > MOST_NEURONS else n
        if column:
            lines = [say("{0:,} neurons", n) if n != 1 else say("1 neuron")]
            activation = getattr(self.layers[column - 1][0], "activation", None)
            lines += [getattr(activation, "__name__", "" if activation is None else str(activation))]
        else:
            lines = [say("{0:,} inputs", n) if n != 1 else say("1 input")]
        if n_drawn < n:
            part = say("{0} drawn", n_drawn)
            together = f"{lines[0]}, {part}"
            lines[:1] = [together] if len(together) < LETTERS_OF_INCH * self.apart else [f"{lines[0]},", part]
        return as_text("\n".join(filter(None, lines)))

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
            "tooltip": say("neuron {0} of layer {1}", j, column - 1) if column else say("input {0}", j),
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
            "tooltip": say(
                "layer {0}, neuron {1}, {2}", column - 1, j, f"w[{i}] = {shown(_data(w))}, grad {shown(_grad(w))}"
            ),
            "class": "weight",
        }

    def plates(self, direction: str) -> list[tuple[str, str, dict[str, str]]]:
        """The weights as they are written over their edges, on plates, so that no two meet; none if there are many."""
        if sum(n * m for n, m in pairwise(self.sizes)) > MOST_LABELS or self.apart - CIRCLE < ROOM_FOR_PLATES:
            return []
        places = [self.point(c, i - (n - 1) / 2, direction) for c, n in enumerate(self.sizes) for i in range(n)]
        circles: list[tuple[float, ...]] = [(*place, CIRCLE, CIRCLE) for place in places]
        ways, looks = [], []  # where each plate can be, and what is on it
        for c in range(1, len(self.sizes)):
            for j in range(self.sizes[c]):
                for i in range(self.sizes[c - 1]):
                    number = self._number(self.layers[c - 1][j].w[i])
                    label = shown(number, self.number_format)
                    start = self.point(c - 1, i - (self.sizes[c - 1] - 1) / 2, direction)
                    end = self.point(c, j - (self.sizes[c] - 1) / 2, direction)
                    width, height = PLATE[0] * len(label) + 0.06, PLATE[1]
                    ways.append(
                        [(*(a + (b - a) * share for a, b in zip(start, end)), width, height) for share in PLACES]
                    )
                    colour = ABOVE_LINE if number > 0 else BELOW_LINE if number < 0 else FAINT
                    look = {"shape": "box", "fillcolor": PAPER, "color": PAPER, "fontcolor": colour, "class": "plate"}
                    size = {"width": f"{width:.2f}", "height": f"{height}", "style": "filled,rounded"}
                    looks.append((label, look | size))
        return [(label, _written(place[:2]), look) for (label, look), place in zip(looks, _apart(ways, circles))]

    def point(self, column: float, row: float, direction: str) -> tuple[float, float]:
        """Where a neuron stands, in inches, y upwards."""
        along, across = column * self.apart * (-1 if direction in ("RL", "BT") else 1), row * self.row
        return (along, -across) if direction in ("LR", "RL") else (across * WIDER, -along)

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


def _written(point: tuple[float, ...]) -> str:
    """A point for Graphviz."""
    return f"{point[0]:.3f},{point[1]:.3f}!"


def _apart(ways: list[list[tuple[float, ...]]], others: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """One of the places of each plate, far from the other plates and from `others`; the first of those that will do."""
    found: list[tuple[float, ...]] = []
    for each in ways:
        found.append(max(each, key=lambda place: _room(place, [*others, *found])))
    for _ in range(ROUNDS):  # those that found no room try again, and those in their way too
        tight = False
        for k, each in enumerate(ways):
            rest = [*others, *found[:k], *found[k + 1 :]]
            if _room(found[k], rest) < CLEAR:
                tight = True
                found[k] = max(each, key=lambda place: _room(place, rest))
        if not tight:
            break
    return found


def _room(place: Sequence[float], others: Iterable[Sequence[float]]) -> float:
    """How far a plate is from all others, in inches; below 0 if it lies over one; at most CLEAR."""
    x, y, width, height = place
    return min(
        CLEAR,
        min(
            max(abs(x - other_x) - (width + other_width) / 2, abs(y - other_y) - (height + other_height) / 2)
            for other_x, other_y, other_width, other_height in others
        ),
    )
