"""Asks Graphviz where the boxes, circles and edges of a graph stand, for pages that draw them themselves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from autograd.pictures.rendering import NAMESPACE, Drawing, empty

MOST_BENDS = 13  # of an edge whose curve is kept; Graphviz gives very long ones hundreds

Size = tuple[float, float]


@dataclass(frozen=True)
class Parts:
    """What is to be placed, in pixels.

    boxes: by the places of nodes, the sizes of their boxes. operations: likewise of the circles before them.
    edges: (operand, node) for each edge into a circle, by places.
    """

    boxes: dict[int, Size]
    operations: dict[int, Size]
    edges: Sequence[tuple[int, int]]


def placed(parts: Parts, direction: str) -> dict[str, Any]:
    """The size of the picture; for each box and operation [node, x, y], its upper left corner; for each edge its path.

    direction: "LR" or "TB". An edge from an operation to its box has the node twice.
    """
    dot = empty(direction)
    dot.graph_attr.update(nodesep="0.28", ranksep="0.22", pad="0.05")
    for kind, sizes in ("v", parts.boxes), ("o", parts.operations):
        for i, (width, height) in sizes.items():
            look = {"shape": "box", "fixedsize": "true", "width": f"{width / 72:.4f}", "height": f"{height / 72:.4f}"}
            dot.node(f"{kind}{i}", "", **look, **{"class": f"{kind}{i}"}, ordering="in" if kind == "o" else "")
    for operand, node in parts.edges:
        dot.edge(f"v{operand}", f"o{node}", arrowhead="none", **{"class": f"e{operand}_{node}"})
    for node in parts.operations:
        dot.edge(f"o{node}", f"v{node}", arrowhead="none", **{"class": f"e{node}_{node}"})
    return _read(Drawing(dot).svg)


def _read(svg: str) -> dict[str, Any]:
    root = ElementTree.fromstring(svg)
    _, _, width, height = map(float, root.get("viewBox", "0 0 1 1").split())
    graph = root.find(f"{{{NAMESPACE}}}g")
    moved = (
        re.search(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)", graph.get("transform", "")) if graph is not None else None
    )
    dx, dy = (float(moved[1]), float(moved[2])) if moved else (0.0, 0.0)
    found: dict[str, Any] = {"width": round(width), "height": round(height), "v": [], "o": [], "e": []}
    for group in root.iter(f"{{{NAMESPACE}}}g"):
        name = group.get("class", "").split()[-1]
        if re.fullmatch(r"[vo]\d+", name):
            polygon = group.find(f".//{{{NAMESPACE}}}polygon")
            corners = [tuple(map(float, each.split(","))) for each in polygon.get("points", "").split()]  # type: ignore[union-attr]
            x, y = (min(corner[k] for corner in corners) for k in (0, 1))
            found[name[0]].append([int(name[1:]), round(x + dx, 1), round(y + dy, 1)])
        elif re.fullmatch(r"e\d+_\d+", name):
            path = group.find(f".//{{{NAMESPACE}}}path")
            found["e"].append([*map(int, name[1:].split("_")), _moved(path.get("d", ""), dx, dy)])  # type: ignore[union-attr]
    return found


def _moved(path: str, dx: float, dy: float) -> str:
    """The path with other zeros, in whole pixels; a long one without its bends."""
    points = [f"{float(x) + dx:.0f},{float(y) + dy:.0f}" for x, y in re.findall(r"([-\d.]+),([-\d.]+)", path)]
    if len(points) > MOST_BENDS:
        return "M" + "L".join([*points[:-1:3], points[-1]])
    return f"M{points[0]}C{' '.join(points[1:])}"
