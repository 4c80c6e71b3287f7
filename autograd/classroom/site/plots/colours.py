"""Colours of the plots by their names, colours between colours, and the numbers that they stand for."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from autograd.classroom.site.plots.lacking import lacks
from autograd.classroom.site.plots.scales import ends_of

CYCLE = ("#2f6fad", "#b05a00", "#3d8168", "#7b5ea7")  # as projector.mplstyle has them
NAMED = {"black": "#000000", "white": "#ffffff", "grey": "#808080", "gray": "#808080", "red": "#d62728"}
NAMED |= {"blue": "#1f77b4", "green": "#2ca02c", "orange": "#ff7f0e", "purple": "#7b5ea7"}


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
        low, high = rgb_of(self._colours[i]), rgb_of(self._colours[i + 1])
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


def shades_of(rows: Sequence[Sequence[float]], cmap: Any, low: float | None, high: float | None) -> Shades:
    """Colours for a table; its own ends where low or high is None."""
    ends = ends_of(rows)
    colours = cmap if isinstance(cmap, LinearSegmentedColormap) else VIRIDIS
    return Shades(colours, ends[0] if low is None else low, ends[1] if high is None else high)


def colour_of(name: str) -> str:
    """A colour as #rrggbb. AttributeError for a name that is not known here."""
    found = NAMED.get(name, name)
    if not found.startswith("#"):
        lacks(f"colour {name!r}")
    return found


@cache
def rgb_of(colour: str) -> tuple[int, ...]:
    """A colour as red, green and blue from 0 to 255."""
    found = colour_of(colour)
    return tuple(int(found[i : i + 2], 16) for i in (1, 3, 5))


def hex_of(rgb: Sequence[int]) -> str:
    """Red, green and blue as #rrggbb."""
    return "#" + "".join(f"{each:02x}" for each in rgb)
