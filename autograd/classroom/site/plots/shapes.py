"""The shapes of a plot as SVG: lines, marks, rectangles, texts and legends."""

import math
from collections.abc import Sequence
from html import escape

DASHES = {"-": "", "--": "7 4", ":": "1.5 4", "-.": "7 4 1.5 4", "None": "", "": ""}
MARKERS = "os^x+."
FONT, SMALL, LARGE = 14.0, 12.0, 16.0  # points
LINE, MARK = 3.0, 7.0

Point = tuple[float, float]


def legend_size(entries: Sequence[tuple[str, str]], n_columns: int = 1) -> Point:
    """The width and the height of a legend."""
    return _column(entries) * n_columns + 8, 20.0 * math.ceil(len(entries) / n_columns) + 8


def _column(entries: Sequence[tuple[str, str]]) -> float:
    return 42 + 7.2 * max((len(plain(name)) for _, name in entries), default=0)


def legend(entries: Sequence[tuple[str, str]], left: float, top: float, n_columns: int = 1) -> str:
    """A legend whose corner is there."""
    (w, h), n_rows = legend_size(entries, n_columns), math.ceil(len(entries) / n_columns)
    box = f'<rect x="{left:.1f}" y="{top:.1f}" width="{w:.1f}" height="{h:.1f}" rx="4" fill="#fffc" stroke="#ccc"/>'
    parts = [box]
    for i, (sample, name) in enumerate(entries):
        x, y = left + 8 + _column(entries) * (i // n_rows), top + 14 + 20 * (i % n_rows)
        parts.append(f'<g transform="translate({x:.1f} {y:.1f})">{sample}{text_at(36, 5, name, 13, "start")}</g>')
    return "".join(parts)


def sample_of(colour: str, width: float, style: str, marker: str, size: float, edge: str) -> str:
    """A short piece of a line with its mark, for a legend."""
    line = curve([(0, 0), (28, 0)], colour, width, style) if style else ""
    return line + (mark((14, 0), marker, min(size, 10.0), colour, edge) if marker else "")


def curve(points: Sequence[Point], colour: str, width: float, style: str) -> str:
    """A line, with gaps where a point is nowhere."""
    moves, is_begun = [], False
    for point in points:
        if is_there(point):
            moves.append(f"{'L' if is_begun else 'M'}{point[0]:.1f},{point[1]:.1f}")
        is_begun = is_there(point)
    dashes = f' stroke-dasharray="{DASHES[style]}"' if DASHES[style] else ""
    look = f'stroke="{colour}" stroke-width="{width:.4g}" stroke-linejoin="round"{dashes}'
    return f'<path d="{"".join(moves)}" fill="none" {look}/>' if moves else ""


def is_there(point: Point) -> bool:
    """Whether a point is somewhere near the picture."""
    return all(math.isfinite(x) and abs(x) < 1e5 for x in point)


def mark(point: Point, marker: str, size: float, colour: str, edge: str) -> str:
    """The mark at a point: a circle, a square, a triangle, a cross."""
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
        return "".join(curve([(x + a, y + b), (x + c, y + d)], colour, 1.5, "-") for a, b, c, d in ends)
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{colour}" {stroke}/>'


def rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    """A rectangle without a border."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.2f}" height="{height:.2f}" fill="{colour}"/>'


def text_at(x: float, y: float, text: str, size: float, anchor: str = "middle") -> str:
    """A text of one line or several, below each other."""
    lines = plain(text).split("\n")
    place = f'font-size="{size:g}" text-anchor="{anchor}"'
    return "".join(
        f'<text x="{x:.1f}" y="{y + 1.2 * size * i:.1f}" {place}>{escape(line)}</text>' for i, line in enumerate(lines)
    )


def plain(text: str) -> str:
    """A text without the dollars of TeX: x_1 has a small 1."""
    lowered = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
    parts = str(text).split("$")
    for i in range(1, len(parts), 2):
        base, *rest = parts[i].split("_")
        parts[i] = base + "".join(each.translate(lowered) for each in rest)
    return "".join(parts)
