"""The plots of the lessons where there is no matplotlib, which is too large to come along with a page.

In the browser `import matplotlib.pyplot` finds this. It has what the lessons use, under matplotlib's names and with its
meanings. What it does not have it refuses with a sentence.
"""

import base64
import math
import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, NoReturn

from autograd.classroom.panels.showing import show_from
from autograd.pictures.numerals import shown

CYCLE = ("#2f6fad", "#b05a00", "#3d8168", "#7b5ea7")  # as projector.mplstyle has them
NAMED = {"black": "#000000", "white": "#ffffff", "grey": "#808080", "gray": "#808080", "red": "#d62728"}
NAMED |= {"blue": "#1f77b4", "green": "#2ca02c", "orange": "#ff7f0e", "purple": "#7b5ea7"}
DASHES = {"-": "", "--": "7 4", ":": "1.5 4", "-.": "7 4 1.5 4", "None": "", "": ""}
MARKERS = "os^x+."
FONT, SMALL, LARGE = 14.0, 12.0, 16.0  # points
LINE, MARK = 3.0, 7.0
PIXELS = 96  # of a surface, each way
MARGIN = 0.05

Point = tuple[float, float]


def _lacks(what: str) -> NoReturn:
    raise AttributeError(
        f"the plots of this page have no {what}. They have what the lessons use. Run your program with Python on your "
        "own machine for all of matplotlib"
    )


class LinearSegmentedColormap:
    """Colours between colours, for numbers from 0 to 1."""

    def __init__(self, name: str, colours: Sequence[str]) -> None:
        self.name, self._colours = name, [*colours]

    @classmethod
    def from_list(cls, name: str, colors: Sequence[str]) -> "LinearSegmentedColormap":
        """The colours at equal distances."""
        return cls(name, colors)

    def rgb(self, share: float) -> tuple[int, int, int]:
        """The colour of a number."""
        at = max(0.0, min(1.0, share)) * (len(self._colours) - 1)
        i = min(int(at), len(self._colours) - 2)
        low, high = _rgb(self._colours[i]), _rgb(self._colours[i + 1])
        red, green, blue = (round(a + (b - a) * (at - i)) for a, b in zip(low, high))
        return red, green, blue


VIRIDIS = LinearSegmentedColormap("viridis", ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"])


class Shades:
    """What a colorbar is of: its colours, and the numbers at their ends."""

    def __init__(self, colours: LinearSegmentedColormap, low: float, high: float) -> None:
        self.colours, self.low, self.high = colours, low, high

    def rgb(self, number: float) -> tuple[int, int, int]:
        """The colour of a number."""
        return self.colours.rgb((number - self.low) / ((self.high - self.low) or 1.0))


class Axis:
    """One of the two axes of a plot: its range, its scale, and its ticks.

    limits: as they were set; None as far as the data say them. data: the numbers that are drawn.
    """

    def __init__(self) -> None:
        self.limits: tuple[float, float] | None = None
        self.data: list[float] = []
        self.is_log = self.is_inverted = self.is_tight = False
        self.label, self.ticks, self.tick_labels = "", None, None  # type: tuple[str, list[float] | None, list[str] | None]
        self.names: list[str] = []  # of bars

    def range(self) -> tuple[float, float]:
        """From where to where it goes."""
        if self.limits is not None:
            return self.limits
        found = [x for x in self.data if math.isfinite(x) and (x > 0 or not self.is_log)]
        low, high = min(found, default=0.1), max(found, default=1.0)
        if self.is_log:
            low, high = math.log10(low), math.log10(high)
        margin = 0.0 if self.is_tight else MARGIN * ((high - low) or 1.0)
        low, high = low - margin, high + margin
        return (10.0**low, 10.0**high) if self.is_log else (low, high)

    def place(self, x: float, limits: tuple[float, float]) -> float:
        """Where a number is, from 0 to 1; nan where it is nowhere."""
        low, high = limits
        if self.is_log:
            if not x > 0:
                return math.nan
            low, high, x = math.log10(low), math.log10(high), math.log10(x)
        share = (x - low) / ((high - low) or 1.0)
        return 1 - share if self.is_inverted else share

    def marks(self, limits: tuple[float, float], most: int) -> list[tuple[float, str]]:
        """Where ticks are, and what stands there."""
        low, high = min(limits), max(limits)
        if self.names:
            return [(float(i), name) for i, name in enumerate(self.names)]
        if self.ticks is not None:
            labels = self.tick_labels or [shown(tick, ".6g") for tick in self.ticks]
            return list(zip(self.ticks, labels))
        if self.is_log:
            first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
            every = max(1, math.ceil((last - first) / max(most, 1)))
            return [(10.0**power, f"10{_raised(power)}") for power in range(first, last + 1, every)]
        step = _step((high - low) / max(most, 1))
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        return [
            (number, shown(number, ".6g")) for number in (float(f"{i * step:.12g}") for i in range(first, last + 1))
        ]


class Axes:
    """One plot. Its methods are those of matplotlib.axes.Axes, as far as the lessons use them."""

    def __init__(self, figure: "Figure", row: int, column: int) -> None:
        self.figure, self.row, self.column = figure, row, column
        self.x, self.y = Axis(), Axis()
        self._title, self._ground, self._has_grid, self._is_equal = "", "#ffffff", True, False
        self._is_outer, self._has_legend = False, False
        self._drawn: list[Callable[[Callable[[float, float], Point]], str]] = []
        self._under: list[Callable[[Callable[[float, float], Point]], str]] = []
        self._points: list[Point] = []  # which the legend stays away from
        self.entries: list[tuple[str, str]] = []  # of the legend: the sample and the name
        self._n_lines = 0

    def __getattr__(self, name: str) -> Any:
        return _lacks(f"axes.{name}()")

    def plot(self, *given: Any, **look: Any) -> None:
        """A line through points, or marks at them: plot(y), plot(x, y), plot(x, y, "o--")."""
        form = given[-1] if given and isinstance(given[-1], str) else ""
        data = [_numbers(each) for each in given if not isinstance(each, str)]
        xs, ys = (data[0], data[1]) if len(data) == 2 else ([float(i) for i in range(len(data[0]))], data[0])
        if len(xs) != len(ys):
            raise ValueError(f"x and y must have the same length, got {len(xs)} and {len(ys)}")
        self._add(xs, ys)
        marker = look.pop("marker", next((each for each in form if each in MARKERS), ""))
        style = look.pop("linestyle", next((each for each in ("--", "-.", ":", "-") if each in form), ""))
        if not style and not (marker and form):
            style = "-"
        self._line(xs, ys, marker, style, look)

    def loglog(self, *given: Any, **look: Any) -> None:
        """A line, both axes logarithmic."""
        self.x.is_log = self.y.is_log = True
        self.plot(*given, **look)

    def semilogy(self, *given: Any, **look: Any) -> None:
        """A line, the axis upwards logarithmic."""
        self.y.is_log = True
        self.plot(*given, **look)

    def scatter(
        self, x: Any, y: Any, s: float = 36, c: str = "", marker: str = "o", edgecolors: str = "none", **look: Any
    ) -> None:
        """Marks at points; s is their area."""
        look = {"markersize": math.sqrt(s), "markeredgecolor": edgecolors} | ({"color": c} if c else {}) | look
        xs, ys = _numbers(x), _numbers(y)
        self._add(xs, ys)
        self._line(xs, ys, marker, "", look)

    def axline(self, xy1: Point, *, slope: float, **look: Any) -> None:
        """A straight line through a point, over the whole plot."""
        colour, width, name, style = self._look(look)
        self._name(name, _sample(colour, width, style, "", 0, "none"))

        def drawn(place: Callable[[float, float], Point]) -> str:
            low, high = self._limits()[0]
            ends = [place(x, xy1[1] + slope * (x - xy1[0])) for x in (low, high)]
            return _path(ends, colour, width, style)

        self._drawn.append(drawn)

    def axhline(self, y: float, **look: Any) -> None:
        """A line across the whole plot."""
        colour, width, name, style = self._look(look)
        self._name(name, _sample(colour, width, style, "", 0, "none"))
        self.y.data.append(float(y))
        self._drawn.append(lambda place: _path([place(x, float(y)) for x in self._limits()[0]], colour, width, style))

    def axvline(self, x: float, **look: Any) -> None:
        """A line from the bottom to the top."""
        colour, width, name, style = self._look(look)
        self._name(name, _sample(colour, width, style, "", 0, "none"))
        self._drawn.append(lambda place: _path([place(float(x), y) for y in self._limits()[1]], colour, width, style))

    def arrow(self, x: float, y: float, dx: float, dy: float, *, width: float = 0.01, color: str = "") -> None:
        """An arrow; width is that of its line, in the units of the axes."""
        colour = _colour(color or CYCLE[0])

        def drawn(place: Callable[[float, float], Point]) -> str:
            foot, tip = place(x, y), place(x + dx, y + dy)
            thick = abs(place(width, 0)[0] - place(0, 0)[0])
            ux, uy = tip[0] - foot[0], tip[1] - foot[1]
            size = math.hypot(ux, uy) or 1.0
            ux, uy, head = ux / size, uy / size, 4.5 * thick
            wings = [(tip[0] - uy * side, tip[1] + ux * side) for side in (1.5 * thick, -1.5 * thick)]
            peak = (tip[0] + ux * head, tip[1] + uy * head)
            corners = " ".join(f"{a:.1f},{b:.1f}" for a, b in (*wings, peak))
            return _path([foot, tip], colour, thick, "-") + f'<polygon points="{corners}" fill="{colour}"/>'

        self._drawn.append(drawn)

    def bar(self, x: Any, height: Any, color: str = "", width: float = 0.8) -> None:
        """Bars from 0 upwards, over numbers or names."""
        colour, names, heights = _colour(color or CYCLE[0]), list(x), _numbers(height)
        if names and all(isinstance(name, str) for name in names):
            self.x.names = names
            names = list(range(len(names)))
        xs = _numbers(names)
        self.x.data += [each + side * width / 2 for each in xs for side in (-1, 1)]
        self.y.data += [0.0, *heights]

        def drawn(place: Callable[[float, float], Point]) -> str:
            found = []
            for at, high in zip(xs, heights):
                (left, top), (right, bottom) = (
                    place(at - width / 2, max(high, 0.0)),
                    place(at + width / 2, min(high, 0.0)),
                )
                found.append(_rect(left, top, right - left, bottom - top, colour))
            return "".join(found)

        self._drawn.append(drawn)

    def imshow(self, rows: Any, cmap: Any = VIRIDIS, vmin: float | None = None, vmax: float | None = None) -> Shades:
        """A table as colours; row 0 is at the top, and nan has no colour."""
        table = [_numbers(row) for row in rows]
        shades = _shades(table, cmap, vmin, vmax)
        self.x.data += [-0.5, max(map(len, table)) - 0.5]
        self.y.data += [-0.5, len(table) - 0.5]
        self.x.is_tight = self.y.is_tight = self.y.is_inverted = self._is_equal = True

        def drawn(place: Callable[[float, float], Point]) -> str:
            found = []
            for i, row in enumerate(table):
                for k, number in enumerate(row):
                    if math.isfinite(number):
                        (left, top), (right, bottom) = place(k - 0.5, i - 0.5), place(k + 0.5, i + 0.5)
                        found.append(_rect(left, top, right - left + 0.2, bottom - top + 0.2, _hex(shades.rgb(number))))
            return "".join(found)

        self._under.append(drawn)
        return shades

    def contourf(
        self,
        x: Any,
        y: Any,
        z: Any,
        levels: Any = 8,
        cmap: Any = VIRIDIS,
        vmin: float | None = None,
        vmax: float | None = None,
        alpha: float = 1.0,
        extend: str = "neither",
    ) -> Shades:
        """A surface seen from above, in bands of colours."""
        xs, ys, rows = _numbers(x), _numbers(y), [_numbers(row) for row in z]
        shades = _shades(rows, cmap, vmin, vmax)
        if isinstance(levels, int):
            low, high = _ends(rows)
            step = _step((high - low) / levels)
            levels = [step * i for i in range(math.floor(low / step), math.ceil(high / step) + 1)]
        bounds = sorted(_numbers(levels))
        if vmin is None and vmax is None and len(bounds) > 1:
            shades.low, shades.high = bounds[0], bounds[-1]
        self.x.data += [xs[0], xs[-1]]
        self.y.data += [ys[0], ys[-1]]
        self.x.is_tight = self.y.is_tight = True
        pixels = []
        for i in range(PIXELS):
            line = []
            for k in range(PIXELS):
                height = _between(
                    rows, (PIXELS - 1 - i) / (PIXELS - 1) * (len(ys) - 1), k / (PIXELS - 1) * (len(xs) - 1)
                )
                line.append(shades.rgb(_middle_of_band(height, bounds)))
            pixels.append(line)
        image = _png(pixels)

        def drawn(place: Callable[[float, float], Point]) -> str:
            (left, bottom), (right, top) = place(xs[0], ys[0]), place(xs[-1], ys[-1])
            return (
                f'<image x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" '
                f'preserveAspectRatio="none" opacity="{alpha}" href="{image}"/>'
            )

        self._under.append(drawn)
        return shades

    def contour(self, x: Any, y: Any, z: Any, levels: Any, colors: str = "black", linewidths: float = 1.5) -> None:
        """Lines along which a surface is as high as each level."""
        xs, ys, rows = _numbers(x), _numbers(y), [_numbers(row) for row in z]
        segments = [segment for level in _numbers(levels) for segment in _segments(xs, ys, rows, level)]
        self.x.data += [xs[0], xs[-1]]
        self.y.data += [ys[0], ys[-1]]
        self.x.is_tight = self.y.is_tight = True

        def drawn(place: Callable[[float, float], Point]) -> str:
            moves = "".join(
                "M{:.1f},{:.1f}L{:.1f},{:.1f}".format(*place(*one), *place(*other)) for one, other in segments
            )
            look = f'stroke="{_colour(colors)}" stroke-width="{linewidths}" stroke-linecap="round" fill="none"'
            return f'<path d="{moves}" {look}/>' if moves else ""

        self._drawn.append(drawn)

    def text(self, x: float, y: float, s: str, fontsize: float = FONT) -> None:
        """A text at a point of the plot."""
        self._drawn.append(lambda place: _text(*place(float(x), float(y)), s, fontsize, "start"))

    def set(self, **settings: Any) -> None:
        """Several settings at once: title, xlabel, xlim, xticks, xticklabels, and those of y; aspect="equal"."""
        for name, setting in settings.items():
            axis = self.x if name.startswith("x") else self.y
            if name == "title":
                self._title = str(setting)
            elif name == "aspect":
                self._is_equal = setting == "equal"
            elif name in ("xlabel", "ylabel"):
                axis.label = str(setting)
            elif name in ("xlim", "ylim"):
                low, high = map(float, setting)
                axis.limits, axis.is_inverted = (min(low, high), max(low, high)), low > high
            elif name in ("xticks", "yticks"):
                axis.ticks = _numbers(setting)
            elif name in ("xticklabels", "yticklabels"):
                axis.tick_labels = [str(label) for label in setting]
            elif name in ("xscale", "yscale"):
                axis.is_log = setting == "log"
            else:
                _lacks(f"axes.set({name}=…)")

    def set_title(self, label: str) -> None:
        """What stands above it."""
        self.set(title=label)

    def set_xlabel(self, label: str) -> None:
        """What stands below it."""
        self.set(xlabel=label)

    def set_ylabel(self, label: str) -> None:
        """What stands beside it."""
        self.set(ylabel=label)

    def set_xlim(self, low: float, high: float) -> None:
        """From where to where the axis across goes."""
        self.set(xlim=(low, high))

    def set_ylim(self, low: float, high: float) -> None:
        """From where to where the axis upwards goes."""
        self.set(ylim=(low, high))

    def get_ylim(self) -> tuple[float, float]:
        """From where to where the axis upwards goes."""
        return self.y.range()

    def invert_xaxis(self) -> None:
        """Let the axis go to the left."""
        self.x.is_inverted = not self.x.is_inverted

    def set_facecolor(self, color: str) -> None:
        """The colour behind everything."""
        self._ground = _colour(color)

    def grid(self, visible: bool = True) -> None:
        """Whether there are lines at the ticks."""
        self._has_grid = visible

    def legend(self) -> None:
        """Say what the lines are that have a label."""
        self._has_legend = True

    def label_outer(self) -> None:
        """Leave out the labels between plots that share their axes."""
        self._is_outer = True

    def _look(self, look: dict[str, Any]) -> tuple[str, float, str, str]:
        """The colour, the width, the label and the style of a line; what else is asked for is refused."""
        if "color" in look:
            colour = _colour(look.pop("color"))
        else:
            colour = CYCLE[self._n_lines % len(CYCLE)]
            self._n_lines += 1
        width, name = float(look.pop("linewidth", LINE)), str(look.pop("label", ""))
        alpha, style = float(look.pop("alpha", 1.0)), look.pop("linestyle", "-")
        if style not in DASHES:
            _lacks(f"line style {style!r}")
        if look:
            _lacks(f"argument {next(iter(look))!r}")
        return colour + ("" if alpha == 1 else f"{round(alpha * 255):02x}"), width, name, style

    def _line(self, xs: list[float], ys: list[float], marker: str, style: str, look: dict[str, Any]) -> None:
        size, edge = float(look.pop("markersize", MARK)), look.pop("markeredgecolor", "none")
        colour, width, name, _ = self._look({**look, "linestyle": style})
        edge = _colour(edge) if edge != "none" else "none"
        self._name(name, _sample(colour, width, style, marker, size, edge))

        def drawn(place: Callable[[float, float], Point]) -> str:
            points = [place(x, y) for x, y in zip(xs, ys)]
            line = _path(points, colour, width, style) if style else ""
            return line + "".join(
                _mark(point, marker, size, colour, edge) for point in points if marker and _is_there(point)
            )

        self._drawn.append(drawn)

    def _add(self, xs: list[float], ys: list[float]) -> None:
        self.x.data += xs
        self.y.data += ys
        self._points += zip(xs, ys)

    def _name(self, name: str, sample: str) -> None:
        if name:
            self.entries.append((sample, name))

    def _limits(self) -> tuple[tuple[float, float], tuple[float, float]]:
        return self.figure.limits(self)

    def svg(self, left: float, top: float, width: float, height: float) -> str:
        """The plot, in a part of the figure."""
        x_limits, y_limits = self._limits()
        is_inner_y = (self._is_outer and self.column > 0) or (self.figure.shares("y") and self.column > 0)
        is_inner_x = (self._is_outer or self.figure.shares("x")) and self.row < self.figure.n_rows - 1
        most_x, most_y = max(2, int(width / 75)), max(2, int(height / 45))
        marks_x, marks_y = self.x.marks(x_limits, most_x), self.y.marks(y_limits, most_y)
        widest = max((len(_plain(label)) for _, label in marks_y), default=0) if not is_inner_y else 0
        before = 8 + 7.0 * widest + (22 if self.y.label else 0)
        above = 8 + 21 * (self._title.count("\n") + 1 if self._title else 0)
        below = (22 if not is_inner_x and marks_x else 6) + (22 if self.x.label and not is_inner_x else 0)
        box = [left + before, top + above, max(20.0, width - before - 12), max(20.0, height - above - below)]
        if self._is_equal and not (self.x.is_log or self.y.is_log):
            unit = min(box[2] / abs(x_limits[1] - x_limits[0]), box[3] / abs(y_limits[1] - y_limits[0]))
            wide, high = unit * abs(x_limits[1] - x_limits[0]), unit * abs(y_limits[1] - y_limits[0])
            box = [box[0] + (box[2] - wide) / 2, box[1] + (box[3] - high) / 2, wide, high]
        x0, y0, wide, high = box

        def place(x: float, y: float) -> Point:
            return x0 + wide * self.x.place(x, x_limits), y0 + high * (1 - self.y.place(y, y_limits))

        name = f"clip{self.row}-{self.column}"
        parts = [
            f'<clipPath id="{name}"><rect x="{x0:.1f}" y="{y0:.1f}" width="{wide:.1f}" height="{high:.1f}"/></clipPath>'
        ]
        parts.append(_rect(x0, y0, wide, high, self._ground))
        parts.append(f'<g clip-path="url(#{name})">{"".join(each(place) for each in self._under)}')
        for number, _ in marks_x if self._has_grid and not self._under else []:
            parts.append(_path([place(number, y) for y in y_limits], "#d5dade", 0.8, "-"))
        for number, _ in marks_y if self._has_grid and not self._under else []:
            parts.append(_path([place(x, number) for x in x_limits], "#d5dade", 0.8, "-"))
        parts.append(f"{''.join(each(place) for each in self._drawn)}</g>")
        parts.append(
            f'<rect x="{x0:.1f}" y="{y0:.1f}" width="{wide:.1f}" height="{high:.1f}" fill="none" stroke="#000"/>'
        )
        for number, label in marks_x:
            at = place(number, y_limits[0])[0]
            if x0 - 1 <= at <= x0 + wide + 1:
                parts.append(_path([(at, y0 + high), (at, y0 + high + 4)], "#000000", 0.9, "-"))
                parts.append("" if is_inner_x else _text(at, y0 + high + 17, label, SMALL))
        for number, label in marks_y:
            at = place(x_limits[0], number)[1]
            if y0 - 1 <= at <= y0 + high + 1:
                parts.append(_path([(x0 - 4, at), (x0, at)], "#000000", 0.9, "-"))
                parts.append("" if is_inner_y else _text(x0 - 7, at + 4, label, SMALL, "end"))
        if self._title:
            for i, line in enumerate(self._title.split("\n")):
                parts.append(_text(x0 + wide / 2, y0 - 8 - 19 * (self._title.count("\n") - i), line, LARGE))
        if self.x.label and not is_inner_x:
            parts.append(_text(x0 + wide / 2, y0 + high + (38 if marks_x else 20), self.x.label, FONT))
        if self.y.label and not (is_inner_y and self._is_outer):
            across = x0 - before + 16
            turned = _text(0, 0, self.y.label, FONT)
            parts.append(f'<g transform="translate({across:.1f} {y0 + high / 2:.1f}) rotate(-90)">{turned}</g>')
        if self._has_legend:
            parts.append(self._legend(box, place))
        return "".join(parts)

    def _legend(self, box: list[float], place: Callable[[float, float], Point]) -> str:
        """In the corner where the fewest points are."""
        x0, y0, wide, high = box
        w, h = legend_size(self.entries)
        corners = [
            (x0 + wide - w - 8, y0 + 8),
            (x0 + 8, y0 + 8),
            (x0 + 8, y0 + high - h - 8),
            (x0 + wide - w - 8, y0 + high - h - 8),
        ]
        points = [place(*point) for point in self._points]

        def covered(corner: Point) -> int:
            left, top = corner
            return sum(left - 5 <= x <= left + w + 5 and top - 5 <= y <= top + h + 5 for x, y in points)

        return legend(self.entries, *min(corners, key=covered))


class Grid:
    """The plots of a figure, as matplotlib's array of them: iterated, indexed, .T and .flat."""

    def __init__(self, rows: list[list[Axes]]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows[0] if len(self._rows) == 1 else self._rows)

    def __len__(self) -> int:
        return len(self._rows[0]) if len(self._rows) == 1 else len(self._rows)

    def __getitem__(self, at: Any) -> Any:
        return self._rows[at[0]][at[1]] if isinstance(at, tuple) else list(self)[at]

    @property
    def T(self) -> "Grid":
        """Columns for rows."""
        return Grid([list(column) for column in zip(*self._rows)])

    @property
    def flat(self) -> Iterator[Axes]:
        """One after the other."""
        return (axes for row in self._rows for axes in row)

    ravel = flatten = lambda self: list(self.flat)


class Figure:
    """A picture of one or several plots."""

    def __init__(self, n_rows: int, n_columns: int, size: Point, share_x: Any, share_y: Any) -> None:
        self.n_rows, self.n_columns = n_rows, n_columns
        self._size, self._share = size, {"x": share_x, "y": share_y}
        self.rows = [[Axes(self, row, column) for column in range(n_columns)] for row in range(n_rows)]
        self._title, self._bar, self._has_legend = "", None, False  # type: tuple[str, Any, bool]

    def __getattr__(self, name: str) -> Any:
        return _lacks(f"figure.{name}()")

    @property
    def axes(self) -> list[Axes]:
        """All plots."""
        return [axes for row in self.rows for axes in row]

    def shares(self, which: str) -> bool:
        """Whether plots beside each other, or above each other, have an axis in common."""
        return bool(self._share[which]) and self._share[which] not in ("none", "col" if which == "y" else "row")

    def limits(self, axes: Axes) -> tuple[tuple[float, float], tuple[float, float]]:
        """The range of both axes of a plot, with those that share them."""
        found = []
        for which in ("x", "y"):
            own: Axis = getattr(axes, which)
            share = self._share[which]
            same = [each for each in self.axes if share in (True, "all")]
            same = same or [each for each in self.axes if share == "row" and each.row == axes.row]
            same = same or [each for each in self.axes if share == "col" and each.column == axes.column] or [axes]
            ranges = [getattr(each, which).range() for each in same if getattr(each, which).data or each is axes]
            set_ones = [getattr(each, which).limits for each in same if getattr(each, which).limits]
            if own.limits:
                found.append(own.limits)
            elif set_ones:
                found.append(set_ones[-1])
            else:
                found.append((min(low for low, _ in ranges), max(high for _, high in ranges)))
        return found[0], found[1]

    def suptitle(self, text: str) -> None:
        """What stands above all plots."""
        self._title = text

    def legend(self, loc: str = "outside right center") -> None:
        """Say what the lines are, beside the plots."""
        self._has_legend = True

    def colorbar(
        self, shades: Shades, ax: Any = None, label: str = "", format: str = "{x:.6g}", shrink: float = 1.0
    ) -> None:
        """Say which colour is which number, beside the plots."""
        self._bar = shades, label, format, shrink

    def savefig(self, file: Any, format: str = "svg", **how: Any) -> None:
        """Write the picture, as SVG, to a file or to a path. ValueError for another format."""
        path = None if hasattr(file, "write") else Path(file)
        if (path.suffix.lstrip(".") if path else format) != "svg":
            raise ValueError("the plots of this page can be saved as .svg")
        if path:
            path.write_text(self.svg(), encoding="utf-8")
        else:
            file.write(self.svg().encode())

    def svg(self) -> str:
        """The picture."""
        width, height = 72.0 * self._size[0], 72.0 * self._size[1]
        top, right, parts = 10.0, width - 6, []
        if self._title:
            parts.append(_text(width / 2, 24, self._title, LARGE))
            top += 24
        entries = [entry for axes in self.axes for entry in axes.entries]
        if self._has_legend and entries:
            w, h = legend_size(entries)
            right -= w + 10
            parts.append(legend(entries, right + 4, (height - h) / 2))
        if self._bar:
            right -= 84
            parts.append(self._colour_bar(right + 8, top, height))
        wide, high = right / self.n_columns, (height - top - 4) / self.n_rows
        for axes in self.axes:
            parts.append(axes.svg(wide * axes.column, top + high * axes.row, wide, high))
        ground = f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>'
        size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="Helvetica,sans-serif">'
        return f"{head}{ground}{''.join(parts)}</svg>"

    def _colour_bar(self, left: float, top: float, height: float) -> str:
        shades, label, form, shrink = self._bar
        high = (height - top - 50) * shrink
        y0, n = top + 20 + (height - top - 50 - high) / 2, 40
        parts = []
        for i in range(n):
            colour = _hex(shades.rgb(shades.low + (shades.high - shades.low) * (n - 1 - i + 0.5) / n))
            parts.append(_rect(left, y0 + high * i / n, 14, high / n + 0.3, colour))
        for number, _ in Axis().marks((shades.low, shades.high), 4):
            at = y0 + high * (1 - (number - shades.low) / (shades.high - shades.low))
            parts.append(_text(left + 18, at + 4, form.format(x=number), SMALL, "start"))
        turned = _text(0, 0, label, FONT)
        parts.append(f'<g transform="translate({left + 68:.1f} {y0 + high / 2:.1f}) rotate(-90)">{turned}</g>')
        return "".join(parts)


# What matplotlib.pyplot has

_current: list[Figure] = []


def subplots(
    nrows: int = 1, ncols: int = 1, *, figsize: Point = (9.0, 4.5), sharex: Any = False, sharey: Any = False
) -> tuple[Figure, Any]:
    """A figure, and its plots: one, a row of them, or a grid."""
    figure = Figure(nrows, ncols, figsize, sharex, sharey)
    _current[:] = [figure]
    if nrows == ncols == 1:
        return figure, figure.rows[0][0]
    rows = [figure.axes] if 1 in (nrows, ncols) else figure.rows
    return figure, Grid(rows)


def gcf() -> Figure:
    """The figure that was made last."""
    return _current[0] if _current else subplots()[0]


def gca() -> Axes:
    """The last plot of it."""
    return gcf().axes[-1]


def figure(figsize: Point = (9.0, 4.5)) -> Figure:
    """A figure of one plot."""
    return subplots(figsize=figsize)[0]


def show() -> None:
    """Show the figure that was made last."""
    if _current:
        show_from(sys._getframe(1), _current.pop(), title="figure")


def close(figure: Any = None) -> None:
    """Forget the figure."""
    _current.clear()


def savefig(file: Any, **how: Any) -> None:
    """Write the figure that was made last."""
    gcf().savefig(file, **how)


def use(name: str) -> None:
    """Of matplotlib and its styles: there is but one here."""


class style:
    """matplotlib's styles, of which there is one here: that for a class."""

    use = staticmethod(use)


OF_THE_PLOT = {
    "title": "set_title",
    "xlabel": "set_xlabel",
    "ylabel": "set_ylabel",
    "xlim": "set_xlim",
    "ylim": "set_ylim",
}


def __getattr__(name: str) -> Any:
    """plt.plot and others are those of the last plot."""
    if name.startswith("__"):
        raise AttributeError(name)
    own = OF_THE_PLOT.get(name, name)
    if own in vars(Axes):
        return lambda *given, **look: getattr(gca(), own)(*given, **look)
    return _lacks(f"plt.{name}")


# Shapes


def legend_size(entries: Sequence[tuple[str, str]]) -> Point:
    """The width and the height of a legend."""
    return 50 + 7.2 * max((len(_plain(name)) for _, name in entries), default=0), 20.0 * len(entries) + 8


def legend(entries: Sequence[tuple[str, str]], left: float, top: float) -> str:
    """A legend whose corner is there."""
    w, h = legend_size(entries)
    box = f'<rect x="{left:.1f}" y="{top:.1f}" width="{w:.1f}" height="{h:.1f}" rx="4" fill="#fffc" stroke="#ccc"/>'
    lines = [
        f'<g transform="translate({left + 8:.1f} {top + 14 + 20 * i:.1f})">{sample}'
        f"{_text(36, 5, name, 13, 'start')}</g>"
        for i, (sample, name) in enumerate(entries)
    ]
    return box + "".join(lines)


def _sample(colour: str, width: float, style: str, marker: str, size: float, edge: str) -> str:
    line = _path([(0, 0), (28, 0)], colour, width, style) if style else ""
    return line + (_mark((14, 0), marker, min(size, 10.0), colour, edge) if marker else "")


def _path(points: Sequence[Point], colour: str, width: float, style: str) -> str:
    """A line, with gaps where a point is nowhere."""
    moves, is_begun = [], False
    for point in points:
        if _is_there(point):
            moves.append(f"{'L' if is_begun else 'M'}{point[0]:.1f},{point[1]:.1f}")
        is_begun = _is_there(point)
    dashes = f' stroke-dasharray="{DASHES[style]}"' if DASHES[style] else ""
    look = f'stroke="{colour}" stroke-width="{width:.4g}" stroke-linejoin="round"{dashes}'
    return f'<path d="{"".join(moves)}" fill="none" {look}/>' if moves else ""


def _is_there(point: Point) -> bool:
    return all(math.isfinite(x) and abs(x) < 1e5 for x in point)


def _mark(point: Point, marker: str, size: float, colour: str, edge: str) -> str:
    x, y = point
    r = size / 2 if marker != "." else size / 4
    stroke = f'stroke="{edge}" stroke-width="1"'
    if marker == "s":
        return (
            f'<rect x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r:.1f}" height="{2 * r:.1f}" fill="{colour}" {stroke}/>'
        )
    if marker == "^":
        corners = f"{x:.1f},{y - r:.1f} {x - r:.1f},{y + r:.1f} {x + r:.1f},{y + r:.1f}"
        return f'<polygon points="{corners}" fill="{colour}" {stroke}/>'
    if marker in ("x", "+"):
        ends = ((-r, -r, r, r), (-r, r, r, -r)) if marker == "x" else ((-r, 0, r, 0), (0, -r, 0, r))
        return "".join(_path([(x + a, y + b), (x + c, y + d)], colour, 1.5, "-") for a, b, c, d in ends)
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{colour}" {stroke}/>'


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.2f}" height="{height:.2f}" fill="{colour}"/>'


def _text(x: float, y: float, text: str, size: float, anchor: str = "middle") -> str:
    lines = _plain(text).split("\n")
    place = f'font-size="{size:g}" text-anchor="{anchor}"'
    return "".join(
        f'<text x="{x:.1f}" y="{y + 1.2 * size * i:.1f}" {place}>{escape(line)}</text>' for i, line in enumerate(lines)
    )


def _plain(text: str) -> str:
    """A text without the dollars of TeX: x_1 has a small 1."""
    lowered = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
    parts = str(text).split("$")
    for i in range(1, len(parts), 2):
        base, *rest = parts[i].split("_")
        parts[i] = base + "".join(each.translate(lowered) for each in rest)
    return "".join(parts)


def _raised(power: int) -> str:
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


# Numbers and colours


def _numbers(given: Any) -> list[float]:
    items: Iterable[Any] = given if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    return [float(getattr(x, "data", x)) for x in items]


def _colour(name: str) -> str:
    found = NAMED.get(name, name)
    if not found.startswith("#"):
        _lacks(f"colour {name!r}")
    return found


@cache
def _rgb(colour: str) -> tuple[int, ...]:
    found = _colour(colour)
    return tuple(int(found[i : i + 2], 16) for i in (1, 3, 5))


def _hex(rgb: Sequence[int]) -> str:
    return "#" + "".join(f"{each:02x}" for each in rgb)


def _step(distance: float) -> float:
    """1, 2, 2.5 or 5 times a power of ten, at least the distance."""
    if not distance > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(distance))
    return power * next(step for step in (1, 2, 2.5, 5, 10) if step * power >= distance * 0.999)


def _ends(rows: Sequence[Sequence[float]]) -> tuple[float, float]:
    found = [x for row in rows for x in row if math.isfinite(x)]
    return min(found, default=0.0), max(found, default=1.0)


def _shades(rows: Sequence[Sequence[float]], cmap: Any, low: float | None, high: float | None) -> Shades:
    ends = _ends(rows)
    colours = cmap if isinstance(cmap, LinearSegmentedColormap) else VIRIDIS
    return Shades(colours, ends[0] if low is None else low, ends[1] if high is None else high)


def _between(rows: Sequence[Sequence[float]], i: float, k: float) -> float:
    """The height between four places of a grid."""
    down, across = min(int(i), len(rows) - 2), min(int(k), len(rows[0]) - 2)
    i, k = i - down, k - across
    low = rows[down][across] * (1 - k) + rows[down][across + 1] * k
    return low * (1 - i) + (rows[down + 1][across] * (1 - k) + rows[down + 1][across + 1] * k) * i


def _middle_of_band(height: float, bounds: Sequence[float]) -> float:
    """The number whose colour a height has: the middle of its band."""
    from bisect import bisect

    at = bisect(bounds, height)
    if at == 0:
        return bounds[0]
    return bounds[-1] if at == len(bounds) else (bounds[at - 1] + bounds[at]) / 2


def _segments(xs: Sequence[float], ys: Sequence[float], rows: Sequence[Sequence[float]], level: float) -> Iterator[Any]:
    """The pieces of the line at a level, one or two for each square that it goes through."""
    for i in range(len(ys) - 1):
        for k in range(len(xs) - 1):
            corners = [(xs[k], ys[i], rows[i][k]), (xs[k + 1], ys[i], rows[i][k + 1])]
            corners += [(xs[k + 1], ys[i + 1], rows[i + 1][k + 1]), (xs[k], ys[i + 1], rows[i + 1][k])]
            found = []
            for (x1, y1, z1), (x2, y2, z2) in zip(corners, [*corners[1:], corners[0]]):
                if (z1 < level) != (z2 < level):
                    share = (level - z1) / (z2 - z1)
                    found.append((x1 + (x2 - x1) * share, y1 + (y2 - y1) * share))
            if len(found) in (2, 4):
                yield found[0], found[1]
            if len(found) == 4:
                yield found[2], found[3]


def _png(rows: Sequence[Sequence[Sequence[int]]]) -> str:
    """An image of red, green and blue, as an address that has it in itself."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = b"".join(b"\0" + bytes(channel for pixel in row for channel in pixel) for row in rows)
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 2, 0, 0, 0)
    content = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + content).decode()


# What is found as matplotlib, by the names of its modules
MODULES: Mapping[str, str] = {
    "matplotlib/__init__.py": "from autograd.classroom.site.plots import use",
    "matplotlib/pyplot.py": (
        "from autograd.classroom.site import plots\n"
        "from autograd.classroom.site.plots import close, figure, gca, gcf, savefig, show, style, subplots\n\n"
        "def __getattr__(name):\n    return getattr(plots, name)\n"
    ),
    "matplotlib/colors.py": "from autograd.classroom.site.plots import LinearSegmentedColormap",
}
