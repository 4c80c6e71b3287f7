"""Turns a thing into what is shown: a graph, a network, a curve, a table, a picture, a page or text."""

import base64
import html
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from typing import Any

from autograd.pictures.charts import NARROW, chart, spark
from autograd.pictures.drawing import draw
from autograd.pictures.explanation import Explanation
from autograd.pictures.networks import is_network
from autograd.pictures.not_finite import find_nan
from autograd.pictures.numerals import shown
from autograd.pictures.other_engines import is_foreign
from autograd.pictures.pages import framed
from autograd.pictures.rendering import PAPER, Drawing, largest_size, printable, shade, size_of
from autograd.pictures.selection import MOST_NODES
from autograd.value import Value

LONGEST_TEXT = 100_000  # characters
MOST_ROWS, MOST_COLUMNS = 200, 40  # of a table
MOST_NUMBERS = 12  # columns of an array whose cells have room for their numbers
MOST_PIXELS = 400  # rows and columns of a larger array, shown by their colours
LARGEST = 4_000_000  # characters of a picture or a page
MOST_POINTS = 1500  # of a graph's width and height; a larger one is no picture to be read as a whole
LARGEST_SVG = 700_000  # of a plot with very many points, which is smaller as pixels
FIELDS = ("QuadMesh", "PolyQuadMesh", "TriMesh", "QuadContourSet", "TriContourSet")  # of colours, in a plot
# Of a plot of matplotlib on a dark page: its paper, its ink, its grids, and the colours of our own plots
IN_THE_DARK = (
    "@media (prefers-color-scheme: dark) { svg { fill: #eef1f4 } "
    + " ".join(
        f'[style*="{what}: {light}"] {{ {what}: {dark} !important }}'
        for what in ("fill", "stroke")
        for light, dark in {
            "#ffffff": "#171b20",
            "#000000": "#eef1f4",
            "#b0b0b0": "#4a545e",
            "#cccccc": "#4a545e",
            "#d5dade": "#3a434c",
            "#2f6fad": "#8cbbe8",
            "#b05a00": "#f7b267",
            "#3d8168": "#7fd0a8",
            "#7b5ea7": "#d9a5ea",
        }.items()
    )
    + " }"
).encode()


@dataclass(frozen=True)
class View:
    """How a thing is shown. A notebook shows it by itself.

    kind: "drawing", an SVG of ours; "image", a picture of anybody's; "page", HTML; "table"; or "text".
    text: the same for a terminal.
    content: what the page needs of it: {"svg": …, "narrow": the same for a phone, or ""}, {"type": …, "base64": …},
        {"html": …, "scripts": …}, {"head": …, "rows": …, "more": …}, or {"text": …}. A cell of a table is a text, or a
        text and its colour.
    """

    kind: str
    text: str
    content: Mapping[str, Any] = field(default_factory=dict)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        content, bundle = self.content, {"text/plain": self.text}
        if self.kind == "drawing":
            return bundle | {
                "text/html": f'<div style="background:{PAPER};overflow-x:auto">{content["svg"]}</div>',
                "image/svg+xml": content["svg"],
            }
        if self.kind == "image":
            data = f"data:{content['type']};base64,{content['base64']}"
            return bundle | {"text/html": f'<img src="{data}" style="max-width:100%">'}
        if self.kind == "page" and content["scripts"]:
            return bundle | {"text/html": framed(content["html"])}
        if self.kind == "page":  # it is as high as its content, which a frame is not
            return bundle | {"text/html": content["html"]}
        if self.kind == "table":
            return bundle | {"text/html": _as_html(content["head"], content["rows"])}
        return bundle


@dataclass(frozen=True)
class Kind:
    """A kind of thing, and how it is shown.

    takes: whether a thing is of this kind. text: the thing for a terminal.
    content: that of the View, made of the thing and the title of a curve. It says of which kind the View is.
    """

    takes: Callable[[Any], bool]
    text: Callable[[Any], str]
    content: Callable[[Any, str], Mapping[str, Any]]


def text_of(x: Any) -> str:
    """A thing as text for a terminal."""
    return _cut(_told(next((kind.text for kind in KINDS if kind.takes(x)), repr), x))


def view_of(x: Any, title: str = "") -> View:
    """A thing as a View. title: the name of its curve."""
    text = text_of(x)
    for kind in KINDS:
        if kind.takes(x):
            try:
                content = kind.content(x, title)
            except (ValueError, TypeError, RuntimeError, ArithmeticError, AttributeError) as error:
                text = f"{text}\n({error})"  # no Graphviz, no chain of layers, …
                break
            size = sum(len(part) for part in content.values() if isinstance(part, str))
            if size > LARGEST:
                text = f"{text}\n(its picture has {size:,} characters, which is too large)"
                break
            return View(next(SHAPES[part] for part in content if part in SHAPES), text, content)
    return View("text", text, {"text": text})


def not_finite_in(x: Any) -> str:
    """Which operation of a shown graph first made a nan or an infinity, in a sentence; "" if none did, or x is none."""
    if not (isinstance(x, Value) or is_foreign(x)):
        return ""
    try:
        found = find_nan(x)
    except Exception:  # of an operation of the lesson's own
        return ""
    return str(found) if found else ""


def _cut(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        return f"{text[:LONGEST_TEXT]}\n… {len(text) - LONGEST_TEXT:,} more characters"
    return text


def _told(how: Callable[[Any], str], x: Any) -> str:
    """The text of a thing, whose class may be anybody's."""
    try:
        return how(x)
    except Exception as error:
        return f"<{type(x).__name__}, whose text fails: {type(error).__name__}: {error}>"


def _drawn(x: Any, title: str) -> Mapping[str, Any]:
    """A picture; of what is too large to be read as one, its page, on which it is moved, searched and unfolded."""
    drawing = x if isinstance(x, Drawing) else draw(x)
    is_folded = drawing.scene is not None and len(drawing.scene["nodes"]) > MOST_NODES
    if (is_folded or max(size_of(drawing.svg)) > MOST_POINTS) and len(drawing.page) <= LARGEST:
        return {"html": drawing.page, "scripts": True}
    return {"svg": drawing.svg, "narrow": drawing.narrow.svg if drawing.narrow else ""}


def _plotted(x: Any, title: str) -> Mapping[str, Any]:
    """A figure of matplotlib, its axes, or pyplot itself."""
    figure = _figure(x)
    with _fields_in_pixels(figure):
        picture = _saved(figure, format="svg", dpi=160, bbox_inches="tight")
    if len(picture) > LARGEST_SVG:
        return _image("image/png", _saved(figure, format="png", dpi=160, bbox_inches="tight"))
    rules = IN_THE_DARK if _may_be_dark(figure) else b""
    return _image("image/svg+xml", picture.replace(b"</style>", rules + b"</style>", 1))


@contextmanager
def _fields_in_pixels(figure: Any) -> Iterator[None]:
    """Meanwhile a field of colours, what is on it and the paper below it are pixels: no rule recolours them."""
    before = [
        (each, each.get_rasterized())
        for axes in _axes_of(figure)
        if _fields(axes)
        for each in (axes.patch, *axes.collections, *axes.lines, *axes.patches)
    ]
    for each, _ in before:
        each.set_rasterized(True)
    try:
        yield
    finally:
        for each, was in before:
            each.set_rasterized(was)


def _may_be_dark(figure: Any) -> bool:
    """Whether other colours say the same: no words stand on a colour of their own."""
    for axes in _axes_of(figure):
        words = getattr(axes, "texts", ())
        if words and (axes.images or _fields(axes) or any(each.get_bbox_patch() for each in words)):
            return False
    return True


def _axes_of(figure: Any) -> Sequence[Any]:
    figure = figure.gcf() if hasattr(figure, "gcf") else figure  # of pyplot
    return getattr(figure, "axes", ())


def _fields(axes: Any) -> list[Any]:
    """Filled contours and meshes; contour lines alone are none."""
    fields = [each for each in getattr(axes, "collections", ()) if type(each).__name__ in FIELDS]
    return [each for each in fields if getattr(each, "filled", True)]


def _figure(x: Any) -> Any:
    """The thing itself if it has savefig(), or the figure of axes."""
    return x if hasattr(x, "savefig") else x.figure


def _titles(x: Any) -> str:
    """A plot for a terminal: the titles in it."""
    figure = _figure(x)
    figure = figure.gcf() if hasattr(figure, "gcf") else figure  # of pyplot
    if not hasattr(figure, "get_suptitle"):  # somebody else's
        return repr(x)
    titles = [figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)]
    named = ", ".join(repr(" ".join(title.split())) for title in titles if title)
    return f"Figure{named and f' {named}'}: shown by a notebook, or .savefig('x.svg')"


def _saved(figure: Any, **how: Any) -> bytes:
    file = BytesIO()
    figure.savefig(file, **how)
    return file.getvalue()


def _image(kind: str, picture: bytes | str) -> Mapping[str, Any]:
    data = picture.encode() if isinstance(picture, str) else picture
    return {"type": kind, "base64": base64.b64encode(data).decode()}


def _losses(x: Any, title: str) -> Mapping[str, Any]:
    """A History of nn."""
    return _curves({"training": x.losses} | ({"validation": x.validation_losses} if x.validation_losses else {}), title)


def _curves(x: Mapping[Any, Any], title: str) -> Mapping[str, Any]:
    curves = {str(name): _floats(numbers) for name, numbers in x.items()}
    return {"svg": chart(curves), "narrow": chart(curves, width=NARROW)}


def _summed_up(numbers: Any) -> str:
    curve = _floats(numbers)
    return f"{len(curve):,} numbers, from {shown(curve[0])} to {shown(curve[-1])} {spark(curve)}".rstrip()


def _matrix(x: Any, title: str) -> Mapping[str, Any]:
    """Cells in the colours of gradients; narrow ones have room for the colour only."""
    rows = [_floats(row) for row in x.tolist()]
    largest, n_columns = largest_size(number for row in rows for number in row), x.shape[1]
    has_numbers, most = n_columns <= MOST_NUMBERS, MOST_COLUMNS if n_columns <= MOST_NUMBERS else MOST_PIXELS
    body = [[[shown(each) if has_numbers else "", shade(each, largest)] for each in row[:most]] for row in rows[:most]]
    return {"head": [], "rows": body, "more": max(0, len(rows) - most)}


def _table(x: Any, title: str = "") -> Mapping[str, Any]:
    """Rows: dicts, whose keys become the head, or lists; or the pairs of a dict."""
    things = list(islice(x.items() if isinstance(x, dict) else x, MOST_ROWS))
    keys: list[Any] = []
    if all(isinstance(row, dict) for row in things):
        keys = list(dict.fromkeys(key for row in things for key in row))[:MOST_COLUMNS]
        things = [[row.get(key, "") for key in keys] for row in things]
    rows = [[_cell(cell) for cell in islice(row, MOST_COLUMNS)] for row in things]
    return {"head": [str(key) for key in keys], "rows": rows, "more": len(x) - len(rows)}


def _cell(cell: Any) -> str:
    if _is_number(cell):
        return shown(_number(cell)) if isinstance(_data(cell), float) else str(cell)
    return printable(cell if isinstance(cell, str) else _told(repr, cell))


def _aligned(x: Any) -> str:
    """A table as text."""
    table = _table(x)
    rows = [table["head"], *table["rows"]] if table["head"] else table["rows"]
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(max(map(len, rows)))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([*lines, *([f"… {table['more']:,} more"] if table["more"] else [])])


def _as_html(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    parts = ["<table>"]
    if head:
        parts += ["<tr>", *(f"<th>{html.escape(each)}</th>" for each in head), "</tr>"]
    for row in rows:
        cells = [(cell, "") if isinstance(cell, str) else (cell[0], f' style="background:{cell[1]}"') for cell in row]
        parts += ["<tr>", *(f"<td{look}>{html.escape(text)}</td>" for text, look in cells), "</tr>"]
    return "".join([*parts, "</table>"])


def _data(x: Any) -> Any:
    return x.data if isinstance(x, Value) else x


def _number(x: Any) -> float:
    return float(_data(x))


def _floats(numbers: Any) -> list[float]:
    return [_number(x) for x in list(numbers)]


def _is_number(x: Any) -> bool:
    return (isinstance(x, (int, float, Value)) and not isinstance(x, bool)) or _is_numpy_number(x)


def _is_exploration(x: Any) -> bool:
    exploring = sys.modules.get("autograd.pictures.exploring")  # slow to load, and if it was not loaded, there is none
    return exploring is not None and isinstance(x, exploring.Exploration)


def _is_numpy_number(x: Any) -> bool:
    numpy = sys.modules.get("numpy")  # if it was not imported, there are none of its numbers
    return numpy is not None and isinstance(x, (numpy.integer, numpy.floating))


def _is_curve(x: Any) -> bool:
    return isinstance(x, (list, tuple)) and len(x) > 0 and all(map(_is_number, x))


def _is_table(x: Any, row: type | tuple[type, ...]) -> bool:
    return isinstance(x, (list, tuple)) and len(x) > 0 and all(isinstance(each, row) for each in x)


def _has(*names: str) -> Callable[[Any], bool]:
    return lambda x: not isinstance(x, type) and all(hasattr(x, name) for name in names)


# What a content has, and the kind of View that shows it
SHAPES = {"svg": "drawing", "base64": "image", "html": "page", "rows": "table", "text": "text"}

# The kinds, tried from top to bottom.
KINDS = (
    Kind(lambda x: isinstance(x, str), str, lambda x, title: {"text": _cut(x)}),
    Kind(lambda x: isinstance(x, Drawing), repr, _drawn),
    Kind(
        lambda x: isinstance(x, Explanation) or _is_exploration(x),
        str,
        lambda x, title: {"html": x.page, "scripts": True},
    ),
    Kind(lambda x: isinstance(x, Value) or is_foreign(x), repr, _drawn),
    Kind(_has("losses", "validation_losses"), repr, _losses),
    Kind(is_network, repr, _drawn),
    Kind(lambda x: getattr(x, "is_recorded", False), repr, _drawn),  # a compiled function
    Kind(_has("savefig"), _titles, _plotted),
    Kind(lambda x: _has("savefig")(getattr(x, "figure", None)), _titles, _plotted),
    Kind(
        lambda x: _has("ndim", "tolist")(x) and x.ndim == 1 and _is_curve(x.tolist()),
        lambda x: _summed_up(x.tolist()),
        lambda x, title: _curves({title or "numbers": x.tolist()}, title),
    ),
    Kind(
        lambda x: _has("ndim", "tolist", "shape")(x) and x.ndim == 2 and all(map(_is_curve, x.tolist())),
        repr,
        _matrix,
    ),
    Kind(_is_curve, _summed_up, lambda x, title: _curves({title or "numbers": x}, title)),
    Kind(
        lambda x: isinstance(x, dict) and len(x) > 0 and all(map(_is_curve, x.values())),
        lambda x: "\n".join(f"{name}: {_summed_up(numbers)}" for name, numbers in x.items()),
        _curves,
    ),
    Kind(lambda x: isinstance(x, dict) and len(x) > 0, _aligned, _table),
    Kind(lambda x: _is_table(x, dict) or _is_table(x, (list, tuple)), _aligned, _table),
    Kind(_has("_repr_svg_"), repr, lambda x, title: _image("image/svg+xml", x._repr_svg_())),
    Kind(_has("_repr_png_"), repr, lambda x, title: _image("image/png", x._repr_png_())),
    Kind(
        _has("_repr_html_"),
        repr,
        lambda x, title: {"html": f'<meta charset="utf-8">{x._repr_html_()}', "scripts": False},
    ),
)
