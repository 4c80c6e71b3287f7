"""A plot as a part of a picture: its frame, ticks, labels and legend around what is drawn in it."""

from itertools import pairwise
from math import isinf

from autograd.classroom.site.plots.axes import Axes
from autograd.classroom.site.plots.shapes import (
    FONT,
    LARGE,
    SMALL,
    Point,
    curve,
    is_there,
    legend,
    legend_size,
    plain,
    rect,
    text_at,
)

STEPS = 12  # of the places that a legend may have, each way


def framed(axes: Axes, left: float, top: float, width: float, height: float) -> str:
    """The plot, in a part of the figure."""
    x_limits, y_limits = axes.limits()
    is_inner_y = (axes.is_outer and axes.column > 0) or (axes.figure.shares("y") and axes.column > 0)
    is_inner_x = (axes.is_outer or axes.figure.shares("x")) and axes.row < axes.figure.n_rows - 1
    most_x, most_y = max(2, int(width / 75)), max(2, int(height / 45))
    marks_x, marks_y = axes.x.marks(x_limits, most_x), axes.y.marks(y_limits, most_y)
    widest = max((len(plain(label)) for _, label in marks_y), default=0) if not is_inner_y else 0
    before = 8 + 7.0 * widest + (22 if axes.y.label else 0)
    above = 8 + 21 * (axes.title.count("\n") + 1 if axes.title else 0)
    below = (22 if not is_inner_x and marks_x else 6) + (22 if axes.x.label and not is_inner_x else 0)
    box = [left + before, top + above, max(20.0, width - before - 12), max(20.0, height - above - below)]
    if axes.is_equal and not (axes.x.is_log or axes.y.is_log):
        unit = min(box[2] / abs(x_limits[1] - x_limits[0]), box[3] / abs(y_limits[1] - y_limits[0]))
        wide, high = unit * abs(x_limits[1] - x_limits[0]), unit * abs(y_limits[1] - y_limits[0])
        box = [box[0] + (box[2] - wide) / 2, box[1] + (box[3] - high) / 2, wide, high]

    def place(x: float, y: float) -> Point:
        return box[0] + box[2] * axes.x.place(x, x_limits), box[1] + box[3] * (1 - axes.y.place(y, y_limits))

    def within(point: Point) -> Point:
        (x, y), (x_ends, y_ends) = point, (sorted(x_limits), sorted(y_limits))
        x, y = (ends[x > 0] if isinf(x) else x for x, ends in ((x, x_ends), (y, y_ends)))
        return place(x, y)

    corner = (0.0, 0.0)
    if axes.has_legend:
        corner, is_free = _corner(axes, box, [[within(point) for point in line] for line in axes.lines])
        beside = legend_size(axes.entries)[0] + 10
        if not is_free and box[2] > 2 * beside:
            box[2] -= beside
            corner = (box[0] + box[2] + 10, box[1])
            marks_x = axes.x.marks(x_limits, max(2, int(box[2] / 75)))
    x0, y0, wide, high = box
    name = f"clip{axes.row}-{axes.column}"
    parts = [
        f'<clipPath id="{name}"><rect x="{x0:.1f}" y="{y0:.1f}" width="{wide:.1f}" height="{high:.1f}"/></clipPath>'
    ]
    parts.append(rect(x0, y0, wide, high, axes.ground))
    parts.append(f'<g clip-path="url(#{name})">{"".join(each(place) for each in axes.under)}')
    for number, _ in marks_x if axes.has_grid and not axes.under else []:
        parts.append(curve([place(number, y) for y in y_limits], "#d5dade", 0.8, "-"))
    for number, _ in marks_y if axes.has_grid and not axes.under else []:
        parts.append(curve([place(x, number) for x in x_limits], "#d5dade", 0.8, "-"))
    parts.append(f"{''.join(each(place) for each in axes.drawn)}</g>")
    parts.append(f'<rect x="{x0:.1f}" y="{y0:.1f}" width="{wide:.1f}" height="{high:.1f}" fill="none" stroke="#000"/>')
    for number, label in marks_x:
        at = place(number, y_limits[0])[0]
        if x0 - 1 <= at <= x0 + wide + 1:
            parts.append(curve([(at, y0 + high), (at, y0 + high + 4)], "#000000", 0.9, "-"))
            parts.append("" if is_inner_x else text_at(at, y0 + high + 17, label, SMALL))
    for number, label in marks_y:
        at = place(x_limits[0], number)[1]
        if y0 - 1 <= at <= y0 + high + 1:
            parts.append(curve([(x0 - 4, at), (x0, at)], "#000000", 0.9, "-"))
            parts.append("" if is_inner_y else text_at(x0 - 7, at + 4, label, SMALL, "end"))
    if axes.title:
        for i, line in enumerate(axes.title.split("\n")):
            parts.append(text_at(x0 + wide / 2, y0 - 8 - 19 * (axes.title.count("\n") - i), line, LARGE))
    if axes.x.label and not is_inner_x:
        parts.append(text_at(x0 + wide / 2, y0 + high + (38 if marks_x else 20), axes.x.label, FONT))
    if axes.y.label and not (is_inner_y and axes.is_outer):
        across = x0 - before + 16
        turned = text_at(0, 0, axes.y.label, FONT)
        parts.append(f'<g transform="translate({across:.1f} {y0 + high / 2:.1f}) rotate(-90)">{turned}</g>')
    if axes.has_legend:
        parts.append(legend(axes.entries, *corner))
    return "".join(parts)


def _corner(axes: Axes, box: list[float], lines: list[list[Point]]) -> tuple[Point, bool]:
    """Where the legend lies on least of the lines, as near to a corner as can be; and whether that is on none."""
    x0, y0, wide, high = box
    w, h = legend_size(axes.entries)
    spots = {(round(x / 4) * 4, round(y / 4) * 4) for line in lines for x, y in _along(line)}

    def covered(left: float, top: float) -> tuple[int, float]:
        n = sum(left - 5 <= x <= left + w + 5 and top - 5 <= y <= top + h + 5 for x, y in spots)
        return n, min(left - x0, x0 + wide - w - left) + min(top - y0, y0 + high - h - top)

    rights = [x0 + 8 + (wide - w - 16) * k / STEPS for k in range(STEPS, -1, -1)]
    tops = [y0 + 8 + (high - h - 16) * k / STEPS for k in range(STEPS + 1)]
    best = min(((left, top) for left in rights for top in tops), key=lambda at: covered(*at))
    return best, covered(*best)[0] == 0


def _along(points: list[Point]) -> list[Point]:
    """Points on a line, so close that no legend fits between them."""
    found = [point for point in points if is_there(point)]
    for (x, y), (x2, y2) in pairwise(points):
        if is_there((x, y)) and is_there((x2, y2)):
            n = int(max(abs(x2 - x), abs(y2 - y)) // 12)
            found += [(x + (x2 - x) * k / n, y + (y2 - y) * k / n) for k in range(1, n)]
    return found
