"""Puts the nodes of a large graph into clusters: parts of their model, and what is computed many times.

The page of a graph opens and closes these clusters. This file decides which are open at first.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autograd.languages import say, separated
from autograd.pictures.numerals import shown
from autograd.pictures.rendering import SYMBOLS, largest_size
from autograd.value import Value

MOST_OPEN, MOST_EDGES = 70, 130  # that are drawn at first; clusters close until there are no more, or all are closed
FEWEST_ALIKE = 3  # operands that are computed alike, to be shown once
MOST_VISITS = 1_000_000  # of nodes, in the search for what is alike


@dataclass(eq=False)
class Cluster:
    """Nodes that one box can stand for.

    name: the part of the model, or how many alike. parent: the cluster that it is in.
    nodes: all that are in it. is_open: whether they are drawn at first. is_alike: whether it is what is computed again.
    """

    name: str
    parent: "Cluster | None" = None
    nodes: list[Value] = field(default_factory=list)
    is_open: bool = True
    is_alike: bool = False

    @property
    def depth(self) -> int:
        """In how many others it is."""
        return 0 if self.parent is None else self.parent.depth + 1


def clusters_of(order: Sequence[Value], paths: Mapping[Value, str]) -> dict[Value, Cluster]:
    """The innermost cluster of each node that is in one.

    order: the nodes, operands first. paths: those of the parameters of a model.
    """
    alike = _alike(order, paths)
    found: dict[Value, Cluster] = dict(alike)
    parts: dict[str, Cluster] = {}
    for node in order:
        if node in alike or node.op == "constant":
            continue
        if node in paths:
            cluster = _part(paths[node], parts)
        else:
            operands = [parent for parent in node.parents if parent.op != "constant"]
            read = [found[parent] for parent in operands if parent in paths and parent in found]
            own = found.get(operands[0]) if len(operands) == 1 and len(node.parents) == 1 else None
            cluster = read[-1] if read else own if own not in alike.values() else None
        if cluster is not None:
            found[node] = cluster
    for node, cluster in found.items():
        inside: Cluster | None = cluster
        while inside is not None:
            inside.nodes.append(node)
            inside = inside.parent
    _close(order, found)
    return found


def _part(path: str, parts: dict[str, Cluster]) -> Cluster | None:
    """The part of the model that holds a parameter: layers.0.neurons.3 in layers.0, for layers.0.neurons.3.w[1]."""
    steps = re.sub(r"(\[\d+\])+$", "", path).split(".")[:-1]
    cluster = None
    for i, step in enumerate(steps):
        following = steps[i + 1] if i + 1 < len(steps) else ""
        if following.isdigit():  # layers, 0 is one step
            continue
        name = ".".join(steps[: i + 1])
        cluster = parts.setdefault(name, Cluster(name, cluster)) if step else cluster
    return cluster


def _alike(order: Sequence[Value], paths: Mapping[Value, str]) -> dict[Value, Cluster]:
    """Operands that are computed in the same way with the same parameters, except the first; and the nodes that only
    they use."""
    users: dict[Value, list[Value]] = {}
    for node in order:
        for parent in node.parents:
            users.setdefault(parent, []).append(node)
    found: dict[Value, Cluster] = {}
    visits = 0
    for node in reversed(order):
        if node in found or len(node.parents) < FEWEST_ALIKE:
            continue
        computed = list(dict.fromkeys(parent for parent in node.parents if parent.parents and parent not in found))
        if len(computed) < FEWEST_ALIKE:
            continue
        reached = {}
        for operand in computed:
            reached[operand] = _behind(operand, found)
            visits += len(reached[operand])
            if visits > MOST_VISITS:
                return found
        times = Counter(each for behind in reached.values() for each in behind)
        kinds: dict[object, list[Value]] = {}
        for operand in computed:
            kinds.setdefault(_signature(reached[operand], times, paths), []).append(operand)
        for same in kinds.values():
            if len(same) >= FEWEST_ALIKE:
                theirs = _only_of(same[1:], node, reached, users)
                cluster = Cluster(say("{0:,} more computed alike", len(same) - 1), is_alike=True)
                found |= dict.fromkeys(theirs, cluster)
    return found


def _behind(node: Value, without: Mapping[Value, Cluster]) -> list[Value]:
    """A node and all that it was computed from, operands first."""
    order, seen, stack = [], {node}, [(node, iter(node.parents))]
    while stack:
        at, remaining = stack[-1]
        for parent in remaining:
            if parent not in seen and parent not in without:
                seen.add(parent)
                stack.append((parent, iter(parent.parents)))
                break
        else:
            order.append(at)
            stack.pop()
    return order


def _signature(behind: Sequence[Value], times: Mapping[Value, int], paths: Mapping[Value, str]) -> object:
    """The same for what is computed alike: the same operations on the same shared leaves, and any leaves of its own."""
    number: dict[Value, int] = {}
    parts: list[object] = []
    for i, node in enumerate(behind):
        number[node] = i
        if not node.parents:
            parts.append(id(node) if node in paths or times[node] > 1 else "")
        elif times[node] > 1:
            parts.append(id(node))
        else:
            parts.append((node.op, *[number.get(parent, -1) for parent in node.parents]))
    return hash(tuple(parts))


def _only_of(
    operands: Sequence[Value], node: Value, reached: Mapping[Value, Sequence[Value]], users: Mapping[Value, list[Value]]
) -> set[Value]:
    """What was computed for these operands of a node alone."""
    theirs: set[Value] = set()
    tops = set(operands)
    for operand in operands:
        for each in reversed(reached[operand]):
            if all(user in theirs or (user is node and each in tops) for user in users[each]):
                theirs.add(each)
    return theirs


def _close(order: Sequence[Value], found: Mapping[Value, Cluster]) -> None:
    """Close clusters, the innermost of the model first, until the picture is small enough to begin with."""
    clusters = list(dict.fromkeys(each for cluster in found.values() for each in _with_parents(cluster)))
    n_nodes = sum(1 for node in order if node.op != "constant")
    if n_nodes <= MOST_OPEN:
        return
    for cluster in clusters:
        cluster.is_open = not cluster.is_alike
    for depth in range(max((cluster.depth for cluster in clusters), default=-1), -1, -1):
        stands = {node: _stands_for(node, found) for node in order if node.op != "constant"}
        edges = {(stands[parent], stands[node]) for node in stands for parent in node.parents if parent in stands}
        if len(set(stands.values())) <= MOST_OPEN and len(edges) <= MOST_EDGES:
            return
        for cluster in clusters:
            if cluster.depth == depth:
                cluster.is_open = False


def _with_parents(cluster: Cluster) -> list[Cluster]:
    return ([] if cluster.parent is None else _with_parents(cluster.parent)) + [cluster]


def _stands_for(node: Value, found: Mapping[Value, Cluster]) -> Value | Cluster:
    closed = [cluster for cluster in _with_parents(found[node]) if not cluster.is_open] if node in found else []
    return closed[0] if closed else node


def summary_lines(
    cluster: Cluster, paths: Mapping[Value, str], gradient: Mapping[Value, float], number_format: str
) -> list[str]:
    """What the box of a closed cluster says."""
    parameters = sum(1 for node in cluster.nodes if node in paths)
    ops = Counter(str(node.op) or "input" for node in cluster.nodes if node not in paths and node.op != "constant")
    lines = [say("{0:,} parameters" if parameters != 1 else "1 parameter", parameters)] if parameters else []
    kinds = [
        f"{separated(count)} {SYMBOLS.get(op, op)}"
        for op, count in sorted(ops.items(), key=lambda each: (-each[1], each[0]))[:3]
    ]
    if kinds:
        lines.append(", ".join(kinds) + (", …" if len(ops) > 3 else ""))
    largest = largest_size(gradient[node] for node in cluster.nodes if node in gradient)
    return [*lines, say("largest |grad| {0}", shown(largest, number_format))]
