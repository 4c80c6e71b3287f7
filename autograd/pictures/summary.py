"""Sums up a graph that is too large to draw: one box for each part of the model, with counts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from autograd.languages import Said, say, separated
from autograd.pictures.names import Names
from autograd.pictures.numerals import shown
from autograd.pictures.rendering import INK, SYMBOLS, Drawing, as_field, empty, largest_size, shade, stacked
from autograd.value import Value

ARITHMETIC = {"+", "-", "*", "/", "**", "neg"}
COUNTED = {  # one of them, and more
    "parameter": (Said("1 parameter"), Said("{0:,} parameters")),
    "constant": (Said("1 constant"), Said("{0:,} constants")),
    "input": (Said("1 input"), Said("{0:,} inputs")),
    "operand": (Said("1 operand"), Said("{0:,} operands")),
}
MOST_PARTS = 12  # of the model, in one picture
INPUTS = "inputs and constants"


@dataclass(eq=False)
class Group:
    """Nodes that one box stands for.

    name: the part of the model, or where the nodes are.
    parameters, nodes: those parameters of the model, and other nodes, that belong to it.
    edges: how many operands come from other groups.
    """

    name: str
    parameters: list[Value] = field(default_factory=list)
    nodes: list[Value] = field(default_factory=list)
    edges: "Counter[Group]" = field(default_factory=Counter)


def grouped(order: Sequence[Value], paths: Mapping[Value, str]) -> list[Group]:
    """The nodes in groups: one for each part of the model, one for what is computed after each part, one for inputs.

    A node belongs to the part whose parameters it reads, and functions of it alone, such as an activation, belong
    with it.
    """
    parts = _parts(paths.values())
    groups: dict[str, Group] = {}
    of: dict[Value, Group] = {}
    for node in order:
        operands = [parent for parent in node.parents if parent.op != "constant"]
        if node in paths:
            name = parts[paths[node]]
        elif not node.parents:
            name = INPUTS
        else:
            read = [of[parent].name for parent in operands if parent in paths]
            rest = [of[parent].name for parent in operands if parent not in paths and of[parent].name != INPUTS]
            if read:
                name = read[-1]
            elif len(operands) == 1 and node.op not in ARITHMETIC:
                name = of[operands[0]].name
            else:
                name = f"after {rest[-1].removeprefix('after ')}" if rest else INPUTS
        group = of[node] = groups.setdefault(name, Group(name))
        (group.parameters if node in paths else group.nodes).append(node)
        group.edges.update(of[parent] for parent in operands if of[parent] is not group)
    return list(groups.values())


def draw_summary(result: Value, groups: Sequence[Group], names: Names, number_format: str, direction: str) -> Drawing:
    """The picture of these groups, one of which holds the result."""
    dot = empty(direction)
    dot.node_attr.update(shape="Mrecord", margin="0.16,0.06")
    n_nodes = sum(len(group.nodes) + len(group.parameters) for group in groups)
    dot.attr(label=say("{0:,} nodes", n_nodes), fontname=dot.node_attr["fontname"], fontsize="13", fontcolor=INK)
    used = {other for group in groups for other in group.edges}
    groups = [group for group in groups if group in used or group.edges or result in group.nodes]  # no lonely constants
    sizes = [largest_size(node.grad for node in (group.parameters or group.nodes)) for group in groups]
    for i, (group, size) in enumerate(zip(groups, sizes)):
        ops = Counter(str(node.op) or "input" for node in group.nodes)
        lines = [_counted(len(group.parameters), "parameter")] if group.parameters else []
        lines += [
            _counted(count, op) if op in ("constant", "input") else f"{separated(count)} {SYMBOLS.get(op, op)}"
            for op, count in ops.most_common(6)
        ]
        lines += [say("largest |grad| {0}", shown(size, number_format))]
        rest = "".join(f"{as_field(line)}\\l" for line in lines)
        fill = shade(size, max(sizes))
        box = stacked(f"{as_field(group.name)}|{rest}", direction)
        dot.node(f"group{i}", box, fillcolor=fill, **{"class": "group named"})
        for other, count in group.edges.items():
            dot.edge(
                f"group{groups.index(other)}", f"group{i}", label=_counted(count, "operand"), **{"class": "operand"}
            )
    name = names.of[result]
    numbers = f"data {shown(result.data, number_format)}\\lgrad {shown(result.grad, number_format)}\\l"
    fill = shade(result.grad, max(*sizes, abs(result.grad)))
    box = stacked(f"{as_field(name)}|{numbers}", direction)
    dot.node("result", box, penwidth="2.4", fillcolor=fill, **{"class": "result named"})
    last = next(i for i, group in enumerate(groups) if result in group.nodes)
    dot.edge(f"group{last}", "result", **{"class": "out"})
    return Drawing(dot, say("a summary of the graph of {0}", name))


def _counted(n: int, thing: str) -> str:
    return say(COUNTED[thing][n != 1], n)


def _parts(paths: Iterable[str]) -> dict[str, str]:
    """To which part of the model each path belongs: the finest division into not more than a dozen parts."""
    steps = {path: path.replace("[", ".").split(".") for path in paths}
    best = dict.fromkeys(steps, "parameters")
    for length in range(1, max(map(len, steps.values()))):
        parts = {path: ".".join(step[: min(length, len(step) - 1)]) or "parameters" for path, step in steps.items()}
        if len(set(best.values())) < len(set(parts.values())) <= MOST_PARTS or set(best.values()) == {"parameters"}:
            best = parts
    return best
