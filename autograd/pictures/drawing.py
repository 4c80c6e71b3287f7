"""Draws the graph of a computation: draw(value) shows every number, its gradient, and the operations between."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from textwrap import wrap
from types import FrameType
from typing import Any

from autograd.languages import say
from autograd.pictures.captions import chain_rule, local_gradient, meaning, place_of, symbol
from autograd.pictures.differences import Difference, compared
from autograd.pictures.failures import failed_operation
from autograd.pictures.lines import line_of
from autograd.pictures.names import Names, named
from autograd.pictures.networks import draw_network, is_network
from autograd.pictures.numerals import checked_format
from autograd.pictures.other_engines import is_foreign, taken_over
from autograd.pictures.rendering import (
    FAINT,
    FONT,
    INK,
    LINE,
    PAPER,
    WRONG,
    Drawing,
    as_field,
    as_text,
    empty,
    largest_size,
    shade,
    stacked,
)
from autograd.pictures.scene import MOST_NODES, scene
from autograd.pictures.selection import Box, boxes_of, is_too_large
from autograd.pictures.summary import draw_summary, grouped
from autograd.pictures.wording import Wording
from autograd.value import Value, topological_order


def draw(
    value: Any,
    *,
    against: Any = None,
    direction: str = "LR",
    number_format: str | None = None,
    depth: int | None = None,
    local_gradients: bool = False,
    spelled_out: bool = False,
    folded: bool = True,
    x: Sequence[Any] | None = None,
    by: str = "data",
) -> Drawing:
    """The graph of a Value, with its leaves on the left and the Value on the right; or the network of a model.

    A box is a number: its name, its data, and its grad as of the last backward(). The colour of the grad is blue below
    0 and orange above, and stronger for a larger one. A circle is an operation, with the plain numbers that it met. If
    the order of two Values matters, as in a - b, the edges say which is the first. Point at an edge to read the chain
    rule's line for it.

    value: a Value, a model, or a compiled function, which is drawn as the graph that was recorded last. A value of
        another engine is drawn too: any object with the numbers data and grad, and parents called parents, _prev or
        _children. Of the error of an operation, as of log(0), you see the graph that was there, and where it failed.
    against: another Value, of any engine. What differs is marked: nodes that only one graph has, other operations,
        other numbers, other gradients. The frame is red and thick where a difference begins.
    direction: where the graph grows to: "LR", to the right, or "TB", downwards.
    number_format: how numbers are shown, for example ".2f". None for ".4g"; in the circles of a network, ".2g".
    depth: how many operations back from the value are drawn. None for all.
    local_gradients: whether the edges show the local gradients.
    spelled_out: whether sum, dot and the like are shown as chains of + and ×.
    folded: whether plain numbers stand inside the circle of their operation, and not before it.
    x: for a model, its inputs; then the neurons show their outputs.
    by: for a model, what the edges show: "data", the weights, or "grad", their gradients.

    Returns a Drawing. TypeError if `value` is none of these, or `against` no Value; ValueError for another option, and
    for a model that is not a chain of layers.

    Names come by themselves. A parameter of a model that one of your variables holds has its path in the model. Another
    node has its label, or the name of the variable that refers to it.

    A graph of more than 300 nodes or 600 edges is summed up by the parts of its model. Without a model the last
    operations are drawn, with counts of what is before them. If many edges would be long, as in a recurrent network, a
    value that is used far away is repeated there by its name.

    A model is drawn in columns of neurons. An edge is a weight: blue below 0, orange above, and thicker for a larger
    one. A circle is a neuron with its bias. Of a large layer only some neurons are drawn.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> picture = draw(a * b)
    >>> picture.svg[:4], ">data −6<" in picture.svg, ">a<" in picture.svg
    ('<svg', True, True)
    """
    _check(direction, depth)
    if is_network(value):
        return draw_network(value, x, by, direction, checked_format(number_format or ".2g"))
    number_format = checked_format(number_format or ".4g")
    others: dict[int, Value] = {}
    if hasattr(value, "graph_of_recording"):
        value = value.graph_of_recording()
    if is_foreign(value):
        value, others = taken_over(value)
    failure = ""
    if isinstance(value, BaseException) and (failed := failed_operation(value)) is not None:
        value, failure = failed, str(value)
    if not isinstance(value, Value):
        several = ": draw one of them, or their sum" if isinstance(value, (list, tuple)) else ""
        raise TypeError(f"draw takes a Value or a model, got {type(value).__name__}{several}")
    order = topological_order(value)
    names = named(order, sys._getframe(1), number_format, others)
    look = Look(direction, number_format, local_gradients, folded, failure)
    if against is not None:
        return _draw_both(order, names, against, sys._getframe(1), look)
    is_summed_up = depth is None and is_too_large(order, spelled_out) and bool(names.paths)
    if is_summed_up:
        drawn = partial(draw_summary, value, grouped(order, names.paths), names, number_format)
    else:
        drawn = partial(_drawn, boxes_of(order, names, depth, spelled_out), names, look, len(order))
    picture = drawn(direction)
    if direction in ("LR", "RL"):
        picture = replace(picture, make_narrow=partial(drawn, "TB"))
    has_choices = depth is not None or spelled_out or local_gradients or not folded
    if has_choices and not is_summed_up:  # which the page does not have: it shows these pictures
        _ = picture.narrow  # with the numbers of now
        return picture
    if len(order) > MOST_NODES:
        return picture
    shown_as, _ = scene(order, names, Wording(names.of, number_format), direction="TB" if direction == "TB" else "")
    if failure:
        shown_as["nodes"][-1] |= {"name": failure, "failed": True}
    return replace(picture, scene=shown_as)


@dataclass(frozen=True)
class Look:
    """How a graph is drawn: what the options of draw of the same names say."""

    direction: str = "LR"
    number_format: str = ".4g"
    local_gradients: bool = False
    folded: bool = True
    failure: str = ""  # why there is no result
    differences: Mapping[Value, Difference] = field(default_factory=dict)
    caption: str = ""


def _draw_both(order: Sequence[Value], names: Names, against: Any, frame: FrameType, look: Look) -> Drawing:
    """One graph against another: what both have, and what only one of them has."""
    objects: dict[int, Value] = {}
    if is_foreign(against):
        against, objects = taken_over(against)
    if not isinstance(against, Value):
        raise TypeError(f"draw(value, against=other) takes another Value, got {type(against).__name__}")
    others = topological_order(against)
    other_names = named(others, frame, look.number_format, objects)
    wording = Wording(names.of, look.number_format)
    comparison = compared(order, names, others, other_names, wording)
    named_as = other_names.of | names.of  # what the caption speaks of has its name in the picture
    spoken_of = {node: named_as[node] for node, each in comparison.differences.items() if each.begins}
    both = Names(spoken_of | other_names.given | names.given, named_as, other_names.paths | names.paths)
    boxes = boxes_of(order, names)
    boxed = {box.value: box for box in boxes}
    back = {other: node for node, other in comparison.pairs.items()}
    for other in comparison.extra:
        operands = {k: boxed.get(back.get(parent, parent)) for k, parent in enumerate(other.parents)}
        box = Box(other, other.grad, other, {k: operand for k, operand in operands.items() if operand is not None})
        boxed[other] = box
        boxes.insert(0 if not other.parents else len(boxes) - 1, box)
    boxes = [*(box for box in boxes if box.value is not order[-1]), boxed[order[-1]]]
    look = replace(look, differences=comparison.differences, caption=comparison.summary)
    picture = draw_graph(boxes, both, look, len(order))
    title = say("{0} against another: {1}", picture.title, comparison.summary)
    if len(order) + len(comparison.extra) > MOST_NODES:
        return replace(picture, title=title)
    together = [*(node for node in comparison.extra), *order]
    shown_as, place = scene(together, both, Wording(both.of, look.number_format), stand_for=back)
    for node, difference in comparison.differences.items():
        each = shown_as["nodes"][place[node]]
        each["mark"], each["begins"] = difference.words, difference.begins
        each["data"] += f" ≠ {difference.data}" if difference.data else ""
        each["grad"] += f" ≠ {difference.grad}" if difference.grad else ""
    return replace(picture, title=title, scene={**shown_as, "title": title, "caption": comparison.summary})


def draw_graph(boxes: Sequence[Box], names: Names, look: Look, n_nodes: int) -> Drawing:
    """The picture of these boxes, operands first. n_nodes: how many nodes the whole graph has."""
    dot = empty(look.direction)
    wording = Wording(names.of, look.number_format)
    largest = largest_size(box.grad for box in boxes)
    drawn = sum(1 for box in boxes if not box.is_small)
    if any(box.left_out for box in boxes):
        dot.attr(
            label=say("the last {0:,} of {1:,} nodes", drawn, n_nodes), fontname=FONT, fontsize="13", fontcolor=INK
        )
    if look.caption:
        dot.attr(label=as_text("\n".join(wrap(look.caption, 90))), fontname=FONT, fontsize="14", fontcolor=INK)
    places = {box: i for i, box in enumerate(boxes)}
    if any(_has_places(box, look) for box in boxes):
        dot.graph_attr["ranksep"] = "0.6"  # room for 1st and 2nd
    repeated = {box.operands[k] for box in boxes for k in box.far}  # what is named elsewhere shows its name
    for box, i in places.items():
        node = box.value
        if node.op == "constant":
            if not look.folded:
                size = {"height": "0.3", "width": "0.3"}
                number = wording.number(node.data)
                dot.node(f"value{i}", number, shape="plaintext", fillcolor=PAPER, **{"class": f"constant v{i}"}, **size)
            continue
        box.meaning = meaning(node, box.made_by, wording)
        kind = "result" if box is boxes[-1] else "interior" if node.parents else "leaf"
        made_at = line_of(node)
        if made_at:
            box.meaning += "\n" + say("made at {0}, line {1}", Path(made_at[0]).name, made_at[1])
        at_line = f" l{made_at[1]}" if made_at else ""
        difference = look.differences.get(node)
        begins = difference is not None and difference.begins
        if difference is not None:
            box.meaning += f"\n{difference.words}"
        if look.failure and box is boxes[-1]:
            _draw_failure(dot, box, places, wording, look)
            continue
        dot.node(
            f"value{i}",
            stacked(
                _numbers(box, names.of[node] if box in repeated else names.given.get(node, ""), wording, difference),
                look.direction,
            ),
            shape="Mrecord",
            margin="0.16,0.06",
            fillcolor=shade(box.grad, largest),
            color=WRONG if begins else LINE if kind == "interior" else INK,
            penwidth="3.6" if begins else {"leaf": "1.4", "interior": "1", "result": "2.4"}[kind],
            tooltip=as_text(box.meaning),
            **{
                "class": f"{kind} v{i}"
                + (" named" if node in names.given or box in repeated else "")
                + at_line
                + (" differs" if begins else "")
            },
        )
        if box.made_by.parents:
            _draw_operation(dot, box, places, wording, look)
    return Drawing(dot, say("the graph of {0}", names.of[boxes[-1].value]))


def _drawn(boxes: Sequence[Box], names: Names, look: Look, n_nodes: int, direction: str) -> Drawing:
    return draw_graph(boxes, names, replace(look, direction=direction), n_nodes)


def _draw_failure(dot: Any, box: Box, places: dict[Box, int], wording: Wording, look: Look) -> None:
    """The operation that failed, and its sentence in place of a result."""
    sentence = "\n".join(wrap(look.failure, 38))
    signs = {"shape": "box", "style": "filled,rounded", "fillcolor": PAPER, "color": WRONG, "fontcolor": WRONG}
    dot.node(f"value{places[box]}", as_text(sentence), penwidth="2.4", **signs, **{"class": "failure"})
    _draw_operation(dot, box, places, wording, look)
    dot.node(f"operation{places[box]}", fillcolor=WRONG, color=WRONG, **{"class": f"operation failed o{places[box]}"})


def _draw_operation(dot: Any, box: Box, places: dict[Box, int], wording: Wording, look: Look) -> None:
    """The circle before a box, and the edges to it."""
    import graphviz

    i, node = places[box], box.made_by
    folded = {k for k, operand in box.operands.items() if look.folded and operand.value.op == "constant"}
    sign = symbol(node, folded, look.number_format)
    shape = "circle" if len(sign) < 6 else "box"
    dot.node(
        f"operation{i}",
        graphviz.nohtml(as_text(sign)),
        shape=shape,
        style="filled" if shape == "circle" else "filled,rounded",
        margin="0.03" if shape == "circle" else "0.1,0.05",
        fontsize="20" if len(sign) == 1 else "13",
        height="0.45",
        width="0.45",
        fillcolor=INK,
        color=INK,
        fontcolor=PAPER,
        ordering="in",
        **{"class": f"operation o{i}"},
    )
    dot.edge(f"operation{i}", f"value{i}", **{"class": f"out o{i}"})
    local = local_gradient(node)
    for k in range(len(node.parents)):
        if k in box.operands and k not in folded:
            operand = box.operands[k]
            flows = bool(local) and operand.value.op != "constant"
            begin = f"value{places[operand]}"
            if k in box.far:
                begin = f"far{i}_{k}"
                name = as_text(wording.names[operand.value])
                look_of_it = {"shape": "box", "style": "dashed,rounded", "height": "0.3", "margin": "0.08,0.03"}
                dot.node(begin, graphviz.nohtml(name), color=LINE, **look_of_it, **{"class": "far"})
            place = place_of(node, k, len(node.parents) - len(folded))
            if flows:
                box.hints[k] = chain_rule(box.value, box.grad, node, k, local[k], wording)
            slope = f"∂ = {wording.number(local[k].number)}" if flows and look.local_gradients else ""
            dot.edge(
                begin,
                f"operation{i}",
                label=f"{place} {slope}" if place and slope else slope,
                headlabel="" if slope else place,  # at the same place one would hide the other
                labeldistance="1.9",
                labelfontsize="13",
                labelfontcolor=FAINT,
                tooltip=as_text(box.hints[k]) if flows else " ",
                **{"class": f"operand e{i}_{k} from{places[operand]}"},
            )
        elif k not in box.operands and (k == 0 or k - 1 in box.operands):
            dot.node(f"more{i}", f"… {box.left_out}", shape="plaintext", fillcolor=PAPER, **{"class": "more"})
            dot.edge(f"more{i}", f"operation{i}", style="dashed", **{"class": "more"})


def _has_places(box: Box, look: Look) -> bool:
    """Whether the edges to a box say which operand they bring."""
    flowing = [k for k, operand in box.operands.items() if not look.folded or operand.value.op != "constant"]
    return any(place_of(box.made_by, k, len(flowing)) for k in flowing)


def _numbers(box: Box, name: str, wording: Wording, difference: Difference | None) -> str:
    """What a box says: the name above a line, if there is one, and the two numbers, flush left, below it."""
    above = as_field(name) + "|" if name else ""
    data, grad = wording.number(box.value.data), wording.number(box.grad)
    if difference is not None:
        data += f" ≠ {difference.data}" if difference.data else ""
        grad += f" ≠ {difference.grad}" if difference.grad else ""
    return f"{above}data {as_field(data)}\\lgrad {as_field(grad)}\\l"


def _check(direction: str, depth: int | None) -> None:
    if direction not in ("LR", "RL", "TB", "BT"):
        raise ValueError(f"direction must be LR, RL, TB or BT; got {direction!r}")
    if depth is not None and (isinstance(depth, bool) or not isinstance(depth, int) or depth < 0):
        raise ValueError(f"depth must be a whole number of operations, 0 or more; got {depth!r}")
