"""One plot: what a program draws into it and sets, by the names of matplotlib.axes.Axes."""

import math
from collections.abc import Callable
from typing import Any, Protocol

from autograd.classroom.site.plots.colours import CYCLE, VIRIDIS, Shades, colour_of, hex_of, shades_of
from autograd.classroom.site.plots.lacking import lacks
from autograd.classroom.site.plots.scales import Axis, ends_of, numbers, round_step
from autograd.classroom.site.plots.shapes import (
    DASHES,
    FONT,
    LINE,
    MARK,
    MARKERS,
    Point,
    curve,
    is_there,
    mark,
    rect,
    sample_of,
    text_at,
)
from autograd.classroom.site.plots.surfaces import height_at, middle_of_band, png, segments_at

PIXELS = 96  # of a surface, each way


class Surrounding(Protocol):
    """What a plot asks of the figure that it is in."""

    n_rows: int

    def shares(self, which: str) -> bool:
        """Whether plots have the axis x or y in common."""

    def limits(self, axes: "Axes") -> tuple[tuple[float, float], tuple[float, float]]:
        """The range of both axes of a plot."""


class Axes:
    """One plot. Its methods are those of matplotlib.axes.Axes, as far as the lessons use them."""

    def __init__(self, figure: Surrounding, row: int, column: int) -> None:
        self.figure, self.row, self.column = figure, row, column
        self.x, self.y = Axis(), Axis()
        self.title, self.ground, self.has_grid, self.is_equal = "", "#ffffff", True, False
        self.is_outer, self.has_legend = False, False
        self.drawn: list[Callable[[Callable[[float, float], Point]], str]] = []
        self.under: list[Callable[[Callable[[float, float], Point]], str]] = []
        self.lines: list[list[Point]] = []  # which the legend stays away from; infinity is where an axis ends
        self.entries: list[tuple[str, str]] = []  # of the legend: the sample and the name
        self._n_lines = 0

    def __getattr__(self, name: str) -> Any:
        return lacks(f"axes.{name}()")

    def plot(self, *given: Any, **look: Any) -> None:
        """A line through points, or marks at them: plot(y), plot(x, y), plot(x, y, "o--")."""
        form = given[-1] if given and isinstance(given[-1], str) else ""
        data = [numbers(each) for each in given if not isinstance(each, str)]
        xs, ys = (data[0], data[1]) if len(data) == 2 else ([float(i) for i in range(len(data[0]))], data[0])
        if len(xs) != len(ys):
            raise ValueError(f"x and y must have the same length, got {len(xs)} and {len(ys)}")
        self._add([*zip(xs, ys)])
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
        xs, ys = numbers(x), numbers(y)
        self._add(*([point] for point in zip(xs, ys)))
        self._line(xs, ys, marker, "", look)

    def axline(self, xy1: Point, *, slope: float, **look: Any) -> None:
        """A straight line through a point, over the whole plot."""
        colour, width, name, style = self._look(look)
        self._name(name, sample_of(colour, width, style, "", 0, "none"))

        def drawn(place: Callable[[float, float], Point]) -> str:
            low, high = self.limits()[0]
            ends = [place(x, xy1[1] + slope * (x - xy1[0])) for x in (low, high)]
            return curve(ends, colour, width, style)

        self.drawn.append(drawn)

    def axhline(self, y: float, **look: Any) -> None:
        """A line across the whole plot."""
        colour, width, name, style = self._look(look)
        self._name(name, sample_of(colour, width, style, "", 0, "none"))
        self.y.data.append(float(y))
        self.lines.append([(-math.inf, float(y)), (math.inf, float(y))])
        self.drawn.append(lambda place: curve([place(x, float(y)) for x in self.limits()[0]], colour, width, style))

    def axvline(self, x: float, **look: Any) -> None:
        """A line from the bottom to the top."""
        colour, width, name, style = self._look(look)
        self._name(name, sample_of(colour, width, style, "", 0, "none"))
        self.lines.append([(float(x), -math.inf), (float(x), math.inf)])
        self.drawn.append(lambda place: curve([place(float(x), y) for y in self.limits()[1]], colour, width, style))

    def arrow(self, x: float, y: float, dx: float, dy: float, *, width: float = 0.01, color: str = "") -> None:
        """An arrow; width is that of its line, in the units of the axes."""
        colour = colour_of(color or CYCLE[0])

        def drawn(place: Callable[[float, float], Point]) -> str:
            foot, tip = place(x, y), place(x + dx, y + dy)
            thick = abs(place(width, 0)[0] - place(0, 0)[0])
            ux, uy = tip[0] - foot[0], tip[1] - foot[1]
            size = math.hypot(ux, uy) or 1.0
            ux, uy, head = ux / size, uy / size, 4.5 * thick
            wings = [(tip[0] - uy * side, tip[1] + ux * side) for side in (1.5 * thick, -1.5 * thick)]
            peak = (tip[0] + ux * head, tip[1] + uy * head)
            corners = " ".join(f"{a:.1f},{b:.1f}" for a, b in (*wings, peak))
            return curve([foot, tip], colour, thick, "-") + f'<polygon points="{corners}" fill="{colour}"/>'

        self.drawn.append(drawn)

    def bar(self, x: Any, height: Any, color: str = "", width: float = 0.8) -> None:
        """Bars from 0 upwards, over numbers or names."""
        colour, names, heights = colour_of(color or CYCLE[0]), list(x), numbers(height)
        if names and all(isinstance(name, str) for name in names):
            self.x.names = names
            names = list(range(len(names)))
        xs = numbers(names)
        self.x.data += [each + side * width / 2 for each in xs for side in (-1, 1)]
        self.y.data += [0.0, *heights]

        def drawn(place: Callable[[float, float], Point]) -> str:
            found = []
            for at, high in zip(xs, heights):
                (left, top), (right, bottom) = (
                    place(at - width / 2, max(high, 0.0)),
                    place(at + width / 2, min(high, 0.0)),
                )
                found.append(rect(left, top, right - left, bottom - top, colour))
            return "".join(found)

        self.drawn.append(drawn)

    def imshow(self, rows: Any, cmap: Any = VIRIDIS, vmin: float | None = None, vmax: float | None = None) -> Shades:
        """A table as colours; row 0 is at the top, and nan has no colour."""
        table = [numbers(row) for row in rows]
        shades = shades_of(table, cmap, vmin, vmax)
        self.x.data += [-0.5, max(map(len, table)) - 0.5]
        self.y.data += [-0.5, len(table) - 0.5]
        self.x.is_tight = self.y.is_tight = self.y.is_inverted = self.is_equal = True

        def drawn(place: Callable[[float, float], Point]) -> str:
            found = []
            for i, row in enumerate(table):
                for k, number in enumerate(row):
                    if math.isfinite(number):
                        (left, top), (right, bottom) = place(k - 0.5, i - 0.5), place(k + 0.5, i + 0.5)
                        found.append(
                            rect(left, top, right - left + 0.2, bottom - top + 0.2, hex_of(shades.rgb(number)))
                        )
            return "".join(found)

        self.under.append(drawn)
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
        xs, ys, rows = numbers(x), numbers(y), [numbers(row) for row in z]
        shades = shades_of(rows, cmap, vmin, vmax)
        if isinstance(levels, int):
            low, high = ends_of(rows)
            step = round_step((high - low) / levels)
            levels = [step * i for i in range(math.floor(low / step), math.ceil(high / step) + 1)]
        bounds = sorted(numbers(levels))
        if vmin is None and vmax is None and len(bounds) > 1:
            shades.low, shades.high = bounds[0], bounds[-1]
        self.x.data += [xs[0], xs[-1]]
        self.y.data += [ys[0], ys[-1]]
        self.x.is_tight = self.y.is_tight = True
        pixels = []
        for i in range(PIXELS):
            line = []
            for k in range(PIXELS):
                height = height_at(
                    rows, (PIXELS - 1 - i) / (PIXELS - 1) * (len(ys) - 1), k / (PIXELS - 1) * (len(xs) - 1)
                )
                line.append(shades.rgb(middle_of_band(height, bounds)))
            pixels.append(line)
        image = png(pixels)

        def drawn(place: Callable[[float, float], Point]) -> str:
            (left, bottom), (right, top) = place(xs[0], ys[0]), place(xs[-1], ys[-1])
            return (
                f'<image x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" '
                f'preserveAspectRatio="none" opacity="{alpha}" href="{image}"/>'
            )

        self.under.append(drawn)
        return shades

    def contour(self, x: Any, y: Any, z: Any, levels: Any, colors: str = "black", linewidths: float = 1.5) -> None:
        """Lines along which a surface is as high as each level."""
        xs, ys, rows = numbers(x), numbers(y), [numbers(row) for row in z]
        segments = [segment for level in numbers(levels) for segment in segments_at(xs, ys, rows, level)]
        self.x.data += [xs[0], xs[-1]]
        self.y.data += [ys[0], ys[-1]]
        self.x.is_tight = self.y.is_tight = True

        def drawn(place: Callable[[float, float], Point]) -> str:
            moves = "".join(
                "M{:.1f},{:.1f}L{:.1f},{:.1f}".format(*place(*one), *place(*other)) for one, other in segments
            )
            look = f'stroke="{colour_of(colors)}" stroke-width="{linewidths}" stroke-linecap="round" fill="none"'
            return f'<path d="{moves}" {look}/>' if moves else ""

        self.drawn.append(drawn)

    def text(self, x: float, y: float, s: str, fontsize: float = FONT) -> None:
        """A text at a point of the plot."""
        self.drawn.append(lambda place: text_at(*place(float(x), float(y)), s, fontsize, "start"))

    def set(self, **settings: Any) -> None:
        """Several settings at once: title, xlabel, xlim, xticks, xticklabels, and those of y; aspect="equal"."""
        for name, setting in settings.items():
            axis = self.x if name.startswith("x") else self.y
            if name == "title":
                self.title = str(setting)
            elif name == "aspect":
                self.is_equal = setting == "equal"
            elif name in ("xlabel", "ylabel"):
                axis.label = str(setting)
            elif name in ("xlim", "ylim"):
                low, high = map(float, setting)
                axis.limits, axis.is_inverted = (min(low, high), max(low, high)), low > high
            elif name in ("xticks", "yticks"):
                axis.ticks = numbers(setting)
            elif name in ("xticklabels", "yticklabels"):
                axis.tick_labels = [str(label) for label in setting]
            elif name in ("xscale", "yscale"):
                axis.is_log = setting == "log"
            else:
                lacks(f"axes.set({name}=…)")

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
        self.ground = colour_of(color)

    def grid(self, visible: bool = True) -> None:
        """Whether there are lines at the ticks."""
        self.has_grid = visible

    def legend(self) -> None:
        """Say what the lines are that have a label."""
        self.has_legend = True

    def label_outer(self) -> None:
        """Leave out the labels between plots that share their axes."""
        self.is_outer = True

    def _look(self, look: dict[str, Any]) -> tuple[str, float, str, str]:
        """The colour, the width, the label and the style of a line; what else is asked for is refused."""
        if "color" in look:
            colour = colour_of(look.pop("color"))
        else:
            colour = CYCLE[self._n_lines % len(CYCLE)]
            self._n_lines += 1
        width, name = float(look.pop("linewidth", LINE)), str(look.pop("label", ""))
        alpha, style = float(look.pop("alpha", 1.0)), look.pop("linestyle", "-")
        if style not in DASHES:
            lacks(f"line style {style!r}")
        if look:
            lacks(f"argument {next(iter(look))!r}")
        return colour + ("" if alpha == 1 else f"{round(alpha * 255):02x}"), width, name, style

    def _line(self, xs: list[float], ys: list[float], marker: str, style: str, look: dict[str, Any]) -> None:
        size, edge = float(look.pop("markersize", MARK)), look.pop("markeredgecolor", "none")
        colour, width, name, _ = self._look({**look, "linestyle": style})
        edge = colour_of(edge) if edge != "none" else "none"
        self._name(name, sample_of(colour, width, style, marker, size, edge))

        def drawn(place: Callable[[float, float], Point]) -> str:
            points = [place(x, y) for x, y in zip(xs, ys)]
            line = curve(points, colour, width, style) if style else ""
            return line + "".join(
                mark(point, marker, size, colour, edge) for point in points if marker and is_there(point)
            )

        self.drawn.append(drawn)

    def _add(self, *lines: list[Point]) -> None:
        self.lines += lines
        for x, y in (point for line in lines for point in line):
            self.x.data.append(x)
            self.y.data.append(y)

    def _name(self, name: str, sample: str) -> None:
        if name:
            self.entries.append((sample, name))

    def limits(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """From where to where both axes go, with those that share them."""
        return self.figure.limits(self)
