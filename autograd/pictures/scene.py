"""A graph as data for the pages that draw it: graph.js lays it out at any size, and opens and closes its parts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd.languages import say
from autograd.pictures.captions import place_of, symbol
from autograd.pictures.lines import line_of
from autograd.pictures.names import Names
from autograd.pictures.parts import clusters_of, summary_lines
from autograd.pictures.rendering import largest_size, printable, share_of
from autograd.pictures.wording import Wording
from autograd.value import Value

MOST_NODES = 20_000  # that a page can hold


def scene(
    order: Sequence[Value],
    names: Names,
    wording: Wording,
    *,
    grads: Mapping[Value, float] | None = None,
    called: Callable[[Value], str] | None = None,
    direction: str = "",
    stand_for: Mapping[Value, Value] | None = None,
) -> tuple[dict[str, Any], dict[Value, int]]:
    """The graph for graph.js, and the place of each node in it. Plain numbers stand in the operations that they met.

    order: the nodes, operands first, the result last. grads: other gradients than those of the nodes.
    called: the name in a node's box; "" for none. direction: "TB", or "" for the better one.
    stand_for: nodes of the order in place of operands that are not in it.
    """
    others = stand_for or {}
    called = called or (lambda node: names.given.get(node, ""))
    shown_nodes = [node for node in order if node.op != "constant" or node is order[-1]]
    place = {node: i for i, node in enumerate(shown_nodes)}
    clusters = clusters_of(order, names.paths)
    listed = list(dict.fromkeys(each for cluster in clusters.values() for each in _outwards(cluster)))
    number = {cluster: i for i, cluster in enumerate(listed)}
    gradient = {node: node.grad if grads is None else grads[node] for node in shown_nodes}
    largest = largest_size(gradient.values())
    nodes = []
    for node in shown_nodes:
        folded = {k for k, parent in enumerate(node.parents) if parent.op == "constant"}
        flowing = [k for k in range(len(node.parents)) if k not in folded]
        each: dict[str, Any] = {
            "name": printable(called(node)),
            "data": wording.number(node.data),
            "grad": wording.number(gradient[node]),
            "share": share_of(gradient[node], largest),
            "from": [place[others.get(node.parents[k], node.parents[k])] for k in flowing],
        }
        if node.parents:
            each["op"] = printable(symbol(node, folded, wording.number_format))
            notes = [place_of(node, k, len(flowing)) for k in flowing]
            if any(notes):
                each["notes"] = notes
        if node in clusters:
            each["in"] = number[clusters[node]]
        made_at = line_of(node)
        if made_at:
            each["line"] = made_at[1]
        if node in names.paths:
            each["path"] = names.paths[node]
        nodes.append(each)
    boxes = [
        {
            "name": printable(cluster.name),
            "lines": summary_lines(cluster, names.paths, gradient, wording.number_format),
            "parent": -1 if cluster.parent is None else number[cluster.parent],
            "open": cluster.is_open,
            "alike": cluster.is_alike,
        }
        for cluster in listed
    ]
    title = say("the graph of {0}", printable(names.of[order[-1]]))
    return {"nodes": nodes, "clusters": boxes, "direction": direction, "title": title}, place


def _outwards(cluster: Any) -> list[Any]:
    """A cluster and those that it is in, the outermost first."""
    return ([] if cluster.parent is None else _outwards(cluster.parent)) + [cluster]
