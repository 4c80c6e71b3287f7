"""Gives the demos' plots their colours for a dark page: python -m tests.pictures.dark_plots, after a new one is kept.

matplotlib paints for white paper. One filter in the picture, where the reader's system is dark, turns light into dark
and keeps each hue: blue stays below 0 and orange above, in lines, shades and images alike.
"""

import re
from pathlib import Path

PICTURES = Path(__file__).parents[2] / "demos" / "pictures"
PAPER, INK = (0x17, 0x1B, 0x20), (0xEE, 0xF1, 0xF4)  # of a dark page; in the light they are white and black
# Half a turn of the hue: the matrix of hue-rotate in the W3C's Filter Effects Module
HALF_TURN = ((-0.574, 1.43, 0.144), (0.426, 0.43, 0.144), (0.426, 1.43, -0.856))


def matrix() -> str:
    """The filter as a matrix from (red, green, blue, alpha, 1) to (red, green, blue, alpha)."""
    rows = [
        [-share * (ink - paper) / 255 for share in turn] + [0, ink / 255]
        for turn, paper, ink in zip(HALF_TURN, PAPER, INK, strict=True)
    ]
    return "  ".join(" ".join(f"{number:.4g}" for number in row) for row in [*rows, [0, 0, 0, 1, 0]])


def for_both(svg: str) -> str:
    """A plot of matplotlib that is dark where the reader's system is."""
    dark = (
        '<filter id="dark" filterUnits="userSpaceOnUse" x="0" y="0" width="100%" height="100%" '
        f'color-interpolation-filters="sRGB"><feColorMatrix values="{matrix()}"/></filter>'
        "<style>@media screen and (prefers-color-scheme: dark) { #figure_1 { filter: url(#dark) } }</style>"
    )
    return re.sub(r'(?=\n <g id="figure_1">)', f"\n {dark}", svg, count=1)


def is_plain(svg: str) -> bool:
    """Whether it is a plot of matplotlib that has no colours for the dark yet."""
    return '<g id="figure_1">' in svg and 'id="dark"' not in svg


if __name__ == "__main__":
    for path in sorted(PICTURES.glob("*.svg")):
        text = path.read_text(encoding="utf-8")
        if is_plain(text):
            path.write_text(for_both(text), encoding="utf-8")
            print(path.name)
