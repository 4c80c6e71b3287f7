"""Draws curves as SVG, in a millisecond, so that a training curve can grow while its program runs.

matplotlib draws better pictures and takes a hundred times as long; it stays the tool for any other plot.
"""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, inf, isfinite, log10

from autograd.pictures.numerals import shown
from autograd.pictures.rendering import FAINT, FONT, LINE, printable

WIDTH, HEIGHT = 580, 330
LEFT, RIGHT, TOP, BOTTOM = 76, 22, 20, 40  # the margins
MOST_POINTS = 1200  # of one curve: more than the pixels of a usual screen
MOST_CURVES = 12
COLOURS = ("#7b2d8e", "#b05a00", "#2f6fad", "#1f7a55", "#8a6d00", "#a4343a")
LARGEST, SMALLEST = 1e300, 1e-290  # of numbers whose distances can be drawn

Curve = Sequence[float]


def chart(curves: Mapping[str, Curve]) -> str:
    """The picture of one or several curves over 0, 1, 2, …, with the last number of each.

    Numbers that are not finite are gaps. Of a long curve each column of the picture keeps its lowest and its highest
    point.

    >>> picture = chart({"loss": [3.0, 2.0, 1.5]})
    >>> picture[:4], ">loss<" in picture, ">1.5<" in picture
    ('<svg', True, True)
    """
    curves = dict(list(curves.items())[:MOST_CURVES])
    finite = [y for curve in curves.values() for y in curve if _fits(y)]
    low, high, ticks = _scale(min(finite, default=0.0), max(finite, default=1.0))
    length = max((len(curve) for curve in curves.values()), default=1)
    across = (WIDTH - LEFT - RIGHT) / max(length - 1, 1)
    down = (HEIGHT - TOP - BOTTOM) / (high - low)

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + x * across, HEIGHT - BOTTOM - (y - low) * down

    parts = []
    for tick in ticks:
        y = place(0, tick)[1]
        parts.append(_line(LEFT, y, WIDTH - RIGHT, y, "grid"))
        parts.append(_text(LEFT - 10, y + 5, shown(tick, ".6g"), "end"))
    for step in _steps(length - 1):
        x = place(step, low)[0]
        parts.append(_line(x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 6, "axis"))
        parts.append(_text(x, HEIGHT - BOTTOM + 25, f"{step:,}", "middle"))
    parts.append(_line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "axis"))
    for i, curve in enumerate(curves.values()):
        colour = COLOURS[i % len(COLOURS)]
        for run in _runs(_thinned(curve)):
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in run))
            look = f'fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round" stroke-linecap="round"'
            parts.append(f'<polyline class="series s{i % len(COLOURS)}" points="{points}" {look}/>')
            if len(run) == 1:
                x, y = place(*run[0])
                parts.append(
                    f'<circle class="series s{i % len(COLOURS)}" cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
                )
    parts += _legend(curves)
    names = ", ".join(curves)
    label = escape(printable(f"curves of {names}" if len(curves) > 1 else f"the curve of {names}"), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" class="chart" role="img" '
        f'aria-label="{label}" style="max-width:100%;height:auto">{"".join(parts)}</svg>'
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


def _steps(last: int) -> list[int]:
    step = max(1, round(_round_step(last / 5))) if last > 0 else 1
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


def _legend(curves: Mapping[str, Curve]) -> list[str]:
    parts = []
    for i, (name, curve) in enumerate(curves.items()):
        y, colour, number = TOP + 22 + 24 * i, COLOURS[i % len(COLOURS)], shown(curve[-1]) if len(curve) else "–"
        parts.append(
            _text(WIDTH - RIGHT - 96, y, name[:30], "end", f'class="name s{i % len(COLOURS)}" fill="{colour}"')
        )
        parts.append(
            _text(
                WIDTH - RIGHT, y, number, "end", f'class="last s{i % len(COLOURS)}" fill="{colour}" font-weight="bold"'
            )
        )
    return parts


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    colour = {"grid": "#e3e6e8", "axis": LINE}[kind]
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, text: str, anchor: str, look: str = f'class="tick" fill="{FAINT}"') -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-family="{FONT},sans-serif" font-size="16" {look}>{escape(printable(text))}</text>'
