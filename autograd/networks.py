"""Draws a network as people draw it: columns of neurons, and edges that show the weights."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from autograd.formulas import data_of, shown
from autograd.recording import no_grad
from autograd.rendering import (
    ABOVE_LINE,
    BELOW_LINE,
    INK,
    LINE,
    NEUTRAL,
    PAPER,
    Drawing,
    as_text,
    empty,
    largest_size,
    shade,
)

MOST_NEURONS = 10  # of one column; of more, the first ones and the last
COLUMN, ROW = 2.3, 0.82  # the distances between neurons, in inches
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
    sizes = [(len(layer[0].w), len(layer)) for layer in layers]
    if not layers or any(n_out != n_in for (_, n_out), (n_in, _) in pairwise(sizes)):
        raise ValueError(
            f"{type(model).__name__} cannot be drawn as columns of neurons: draw takes a model made of layers, one "
            "after the other, each with neurons that have weights w and a bias b; or draw what it computes, a Value"
        )
    return layers


def draw_network(
    model: Any, x: Iterable[Any] | None = None, by: str = "data", direction: str = "LR", number_format: str = ".2g"
) -> Drawing:
    """The picture of a model; its options are those of draw."""
    if by not in ("data", "grad"):
        raise ValueError(f"by is 'data' for the weights or 'grad' for their gradients, got {by!r}")
    layers = layers_of(model)
    sizes = [len(layers[0][0].w), *map(len, layers)]
    outputs = _outputs(model, layers, x) if x is not None else []
    dot = empty(direction)
    dot.graph_attr.update(layout="neato", outputorder="edgesfirst")
    dot.node_attr.update(shape="circle", fixedsize="true", width="0.7", fontsize="11", margin="0")
    dot.edge_attr.update(arrowhead="none")
    largest_output = largest_size(y for column in outputs for y in column)
    largest_bias = largest_size(_number(neuron.b, by) for layer in layers for neuron in layer if hasattr(neuron, "b"))
    largest_weight = largest_size(_number(w, by) for layer in layers for neuron in layer for w in neuron.w)
    tallest = max(len(_some(n)) for n in sizes)
    for c, n in enumerate(sizes):
        place = _places(c, len(_some(n)), direction)
        heading = _heading(layers, c)
        top = _place(c, -tallest / 2 - 0.25, direction)
        dot.node(f"heading{c}", heading, pos=top, shape="plaintext", fillcolor=PAPER, fixedsize="false", fontsize="13")
        for where, j in zip(place, _some(n)):
            if j is None:
                left_out = f"⋮\\n{n - len(_some(n)) + 1:,} more"
                dot.node(f"more{c}", left_out, pos=where, shape="plaintext", fillcolor=PAPER, **{"class": "more"})
                continue
            bias = getattr(layers[c - 1][j], "b", None) if c else None
            lines = [shown(outputs[c][j], number_format)] if outputs else []
            lines += [] if bias is None else [f"b {shown(_number(bias, by), number_format)}"]
            fill = shade(outputs[c][j], largest_output) if outputs else NEUTRAL
            if bias is not None and not outputs:
                fill = shade(_number(bias, by), largest_bias)
            dot.node(
                f"neuron{c}_{j}",
                "\\n".join(lines or [f"x[{j}]"] if c == 0 else lines),
                pos=where,
                fillcolor=fill,
                color=INK if c else LINE,
                tooltip=as_text(f"neuron {j} of layer {c - 1}" if c else f"input {j}"),
                **{"class": "neuron" if c else "input"},
            )
            for i in _some(sizes[c - 1]) if c else []:
                if i is not None:
                    w = layers[c - 1][j].w[i]
                    dot.edge(f"neuron{c - 1}_{i}", f"neuron{c}_{j}", **_weight(w, by, largest_weight, i))
    return Drawing(dot, f"the network {type(model).__name__} {' → '.join(map(str, sizes))}")


def _outputs(model: Any, layers: Sequence[Any], x: Iterable[Any]) -> list[list[float]]:
    """The inputs and what each neuron makes of them."""
    columns: list[list[Any]] = [list(x)]
    with no_grad():
        for layer in layers:
            columns.append([neuron(columns[-1]) for neuron in layer])
        whole = model(columns[0])
    numbers = [[float(data_of(y)) for y in column] for column in columns]
    if [float(data_of(y)) for y in (whole if isinstance(whole, (list, tuple)) else [whole])] != numbers[-1]:
        raise ValueError(f"{type(model).__name__} does more than its layers of neurons: it is drawn without an input")
    return numbers


def _weight(w: Any, by: str, largest: float, position: int) -> dict[str, str]:
    """How the edge of a weight looks."""
    number = _number(w, by)
    share = (abs(number) / largest) ** 0.5 if largest and abs(number) <= largest else 0.0
    return {
        "color": ABOVE_LINE if number > 0 else BELOW_LINE if number < 0 else LINE,
        "penwidth": f"{THINNEST + (THICKEST - THINNEST) * share:.2f}",
        "tooltip": f"w[{position}] = {shown(data_of(w))}, grad {shown(_number(w, 'grad'))}",
        "class": "weight",
    }


def _heading(layers: Sequence[Any], column: int) -> str:
    """What stands over a column: how many neurons, and their activation."""
    if column == 0:
        n = len(layers[0][0].w)
        return f"{n:,} input{'s' * (n != 1)}"
    neuron, n = layers[column - 1][0], len(layers[column - 1])
    activation = getattr(neuron, "activation", None)
    name = getattr(activation, "__name__", "" if activation is None else str(activation))
    return as_text(f"{n:,} neuron{'s' * (n != 1)}" + (f"\n{name}" if name else ""))


def _number(parameter: Any, by: str) -> float:
    return float(getattr(parameter, by, parameter if by == "data" else 0.0))


def _some(n: int) -> list[int | None]:
    """The positions that are drawn of n neurons; None where some are left out."""
    return [*range(n)] if n <= MOST_NEURONS else [*range(MOST_NEURONS - 2), None, n - 1]


def _places(column: int, n: int, direction: str) -> list[str]:
    return [_place(column, row - (n - 1) / 2, direction) for row in range(n)]


def _place(column: float, row: float, direction: str) -> str:
    """Where a neuron stands, in inches, y upwards."""
    along, across = column * COLUMN * (-1 if direction in ("RL", "BT") else 1), row * ROW
    x, y = (along, -across) if direction in ("LR", "RL") else (across * 1.2, -along)
    return f"{x:.3f},{y:.3f}!"
