"""Draws curves as SVG, in a millisecond, so that a training curve can grow while its program runs.

matplotlib draws better pictures and takes a hundred times as long; it stays the tool for any other plot.
"""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, inf, isfinite, log10

from autograd.languages import say, separated
from autograd.pictures.numerals import shown
from autograd.pictures.rendering import FAINT, FONT, LINE, PAPER, printable

WIDTH, HEIGHT = 580, 360  # of a chart whose legend has one row
NARROW = 380  # the width of one for a phone
LEFT, RIGHT, TOP, BOTTOM = 94, 22, 14, 68  # the margins
ROW, CHARACTER = 28, 10.4  # of the legend: the height of a row, and the width of a character
MOST_POINTS = 1200  # of one curve: more than the pixels of a usual screen
MOST_CURVES = 12
COLOURS = ("#7b2d8e", "#b05a00", "#2f6fad", "#1f7a55", "#8a6d00", "#a4343a")
# The same on a dark page: an image of it follows the reader's system
STYLE = (
    "@media (prefers-color-scheme:dark){.chart .ground{fill:#171b20}.chart .tick{fill:#aab4bd}"
    ".chart .grid{stroke:#3a434c}"
    + "".join(
        f".chart line.s{i},.chart polyline.s{i}{{stroke:{colour}}}.chart text.s{i},.chart circle.s{i}{{fill:{colour}}}"
        for i, colour in enumerate(("#d9a5ea", "#f7b267", "#8cbbe8", "#7fd0a8", "#e3cf6b", "#ff9a9a"))
    )
    + "}"
)
LARGEST, SMALLEST = 1e300, 1e-290  # of numbers whose distances can be drawn

Curve = Sequence[float]


def chart(curves: Mapping[str, Curve], x_name: str = "step", width: int = WIDTH) -> str:
    """The picture of one or several curves over 0, 1, 2, …, with the last number of each above.

    x_name: what the x axis counts. width: of the picture. Numbers that are not finite are gaps. In a long curve each
        column of the picture keeps its lowest and its highest point.

    >>> picture = chart({"loss": [3.0, 2.0, 1.5]})
    >>> picture[:4], ">loss<" in picture, ">1.5<" in picture
    ('<svg', True, True)
    """
    curves = dict(list(curves.items())[:MOST_CURVES])
    finite = [y for curve in curves.values() for y in curve if _fits(y)]
    low, high, ticks = _scale(min(finite, default=0.0), max(finite, default=1.0))
    length = max((len(curve) for curve in curves.values()), default=1)
    legend, rows = _legend(curves, width)
    top, height = TOP + ROW * rows, HEIGHT + ROW * (rows - 1)
    across = (width - LEFT - RIGHT) / max(length - 1, 1)
    down = (height - top - BOTTOM) / (high - low)
    floor_of_it = height - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + x * across, floor_of_it - (y - low) * down

    parts = [
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{width}" height="{height}" rx="6" fill="{PAPER}"/>',
    ]
    for tick in ticks:
        y = place(0, tick)[1]
        parts.append(_line(LEFT, y, width - RIGHT, y, "grid"))
        parts.append(_text(LEFT - 10, y + 6, separated(shown(tick, ",.6g")), "end"))
    for step in _steps(length - 1, width // 116):
        x = place(step, low)[0]
        parts.append(_line(x, floor_of_it, x, floor_of_it + 6, "axis"))
        parts.append(_text(x, floor_of_it + 27, separated(step), "middle"))
    parts.append(_line(LEFT, floor_of_it, width - RIGHT, floor_of_it, "axis"))
    parts.append(_text((LEFT + width - RIGHT) / 2, floor_of_it + 54, x_name, "middle"))
    for i, curve in enumerate(curves.values()):
        colour = COLOURS[i % len(COLOURS)]
        for run in _runs(_thinned(curve)):
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in run))
            look = f'fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round" stroke-linecap="round"'
            look += _dashes(i)
            parts.append(f'<polyline class="series s{i % len(COLOURS)}" points="{points}" {look}/>')
            if len(run) == 1:
                x, y = place(*run[0])
                parts.append(
                    f'<circle class="series s{i % len(COLOURS)}" cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
                )
    names = ", ".join(curves)
    label = escape(printable(say("curves of {0}" if len(curves) > 1 else "the curve of {0}", names)), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" class="chart" role="img" '
        f'aria-label="{label}" style="max-width:100%;height:auto">{"".join([*parts, *legend])}</svg>'
    )


def spark(curve: Curve, width: int = 40) -> str:
    """A curve in one line of text.

    >>> spark([0.0, 1.0, 2.0, 7.0])
    '▁▂▃█'
    """
    finite = [y for y in curve if _fits(y)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    chosen = (
        [finite[i * (len(finite) - 1) // max(width - 1, 1)] for i in range(width)] if len(finite) > width else finite
    )
    return "".join("▁▂▃▄▅▆▇█"[round((y - low) / (high - low) * 7) if high > low else 0] for y in chosen)


def _fits(y: float) -> bool:
    return isfinite(y) and abs(y) < LARGEST


def _scale(low: float, high: float) -> tuple[float, float, list[float]]:
    """Round numbers around all that is drawn, and those between at which there are lines."""
    largest = max(abs(low), abs(high))
    if not high - low > max(1e-12 * largest, SMALLEST):
        margin = largest / 2 if largest > SMALLEST else 1.0
        low, high = low - margin, high + margin
    step = _round_step((high - low) / 4)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return first * step, last * step, [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def _round_step(distance: float) -> float:
    """1, 2 or 5 times a power of ten, at least the distance."""
    power = 10.0 ** floor(log10(distance))
    return power * next(step for step in (1, 2, 5, 10, inf) if step * power >= distance * 0.999)


def _steps(last: int, most: int) -> list[int]:
    step = max(1, round(_round_step(last / most))) if last > 0 else 1
    return list(range(0, max(last, 0) + 1, step))


def _thinned(curve: Curve) -> list[tuple[int, float]]:
    points = list(enumerate(curve))
    if len(points) <= MOST_POINTS:
        return points
    columns = MOST_POINTS // 2
    kept = {0, len(points) - 1}
    for i in range(columns):
        column = points[i * len(points) // columns : (i + 1) * len(points) // columns]
        drawn = [point for point in column if _fits(point[1])] or column
        kept |= {min(drawn, key=lambda point: point[1])[0], max(drawn, key=lambda point: point[1])[0]}
    return [points[i] for i in sorted(kept)]


def _runs(points: list[tuple[int, float]]) -> list[list[tuple[int, float]]]:
    """The parts of a curve between its gaps."""
    runs: list[list[tuple[int, float]]] = [[]]
    for point in points:
        if _fits(point[1]):
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _legend(curves: Mapping[str, Curve], most: int) -> tuple[list[str], int]:
    """The name and the last number of each curve, in rows above all curves; and how many rows these are."""
    parts: list[str] = []
    x, row = float(LEFT), 1
    for i, (name, curve) in enumerate(curves.items()):
        kind, colour = f"s{i % len(COLOURS)}", COLOURS[i % len(COLOURS)]
        name, number = printable(name), _last(curve[-1]) if len(curve) else "–"
        name = name if len(name) <= 36 else f"{name[:24]}…{name[-11:]}"
        width, bold = CHARACTER * len(name) + 8, CHARACTER * 1.1 * len(number)
        if x > LEFT and x + 22 + width + bold > most - RIGHT:
            x, row = float(LEFT), row + 1
        y = TOP + ROW * row - 14
        line = (
            f'x1="{x:.0f}" x2="{x + 16:.0f}" y1="{y - 6}" y2="{y - 6}" stroke="{colour}" stroke-width="4"{_dashes(i)}'
        )
        parts.append(f'<line class="series {kind}" {line}/>')
        parts.append(_text(x + 22, y, name, "start", f'class="name {kind}" fill="{colour}"'))
        look = f'class="last {kind}" fill="{colour}" font-weight="bold"'
        parts.append(_text(x + 22 + width, y, number, "start", look))
        x += 22 + width + bold + 20
    return parts, row


def _last(number: float) -> str:
    """A number as at the axis where four digits are too few to write it out, so that the two can be compared."""
    return shown(number, ",.6g" if 9_999.5 <= abs(number) < 999_999.5 else ".4g")


def _dashes(i: int) -> str:
    """Where the colours begin again, curves are dashed."""
    return ' stroke-dasharray="7 6"' if i >= len(COLOURS) else ""


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    colour = {"grid": "#e3e6e8", "axis": LINE}[kind]
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, text: str, anchor: str, look: str = f'class="tick" fill="{FAINT}"') -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-family="{FONT},sans-serif" font-size="18" {look}>{escape(printable(text))}</text>'
