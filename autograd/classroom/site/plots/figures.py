"""A picture of one or several plots, as matplotlib.figure.Figure: which axes they share, and all of it as SVG."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograd.classroom.site.plots.axes import Axes
from autograd.classroom.site.plots.colours import Shades, hex_of
from autograd.classroom.site.plots.frames import framed
from autograd.classroom.site.plots.lacking import lacks
from autograd.classroom.site.plots.scales import Axis
from autograd.classroom.site.plots.shapes import FONT, LARGE, SMALL, Point, legend, legend_size, rect, text_at


class Figure:
    """A picture of one or several plots."""

    def __init__(self, n_rows: int, n_columns: int, size: Point, share_x: Any, share_y: Any) -> None:
        self.n_rows, self.n_columns = n_rows, n_columns
        self._size, self._share = size, {"x": share_x, "y": share_y}
        self.rows = [[Axes(self, row, column) for column in range(n_columns)] for row in range(n_rows)]
        self._title, self._bar, self._legend = "", None, None  # type: tuple[str, Any, tuple[str, int] | None]

    def __getattr__(self, name: str) -> Any:
        return lacks(f"figure.{name}()")

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
            if any(getattr(each, which).is_log for each in same):  # plots that share an axis share its scale
                for each in same:
                    getattr(each, which).is_log = True
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

    def legend(self, loc: str = "outside right center", ncols: int = 1) -> None:
        """Say what the lines are, beside the plots or below them, in so many columns."""
        if loc not in ("outside right center", "outside lower center"):
            lacks(f"place {loc!r} for the legend of a figure")
        self._legend = loc, ncols

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
        top, right, bottom, parts = 10.0, width - 6, height - 4, []
        if self._title:
            parts.append(text_at(width / 2, 24, self._title, LARGE))
            top += 24
        entries = [entry for axes in self.axes for entry in axes.entries]
        if self._legend and entries:
            loc, n_columns = self._legend
            w, h = legend_size(entries, n_columns)
            if "lower" in loc:
                bottom -= h + 6
                parts.append(legend(entries, (width - w) / 2, bottom + 6, n_columns))
            else:
                right -= w + 10
                parts.append(legend(entries, right + 4, (height - h) / 2, n_columns))
        if self._bar:
            right -= 84
            parts.append(self._colour_bar(right + 8, top, height))
        wide, high = right / self.n_columns, (bottom - top) / self.n_rows
        for axes in self.axes:
            parts.append(framed(axes, wide * axes.column, top + high * axes.row, wide, high))
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
            colour = hex_of(shades.rgb(shades.low + (shades.high - shades.low) * (n - 1 - i + 0.5) / n))
            parts.append(rect(left, y0 + high * i / n, 14, high / n + 0.3, colour))
        for number, _ in Axis().marks((shades.low, shades.high), 4):
            at = y0 + high * (1 - (number - shades.low) / (shades.high - shades.low))
            parts.append(text_at(left + 18, at + 4, form.format(x=number), SMALL, "start"))
        turned = text_at(0, 0, label, FONT)
        parts.append(f'<g transform="translate({left + 68:.1f} {y0 + high / 2:.1f}) rotate(-90)">{turned}</g>')
        return "".join(parts)


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
