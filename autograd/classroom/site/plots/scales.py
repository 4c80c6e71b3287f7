"""The axes of a plot: which numbers they go over, where a number is, and where their ticks are."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from autograd.pictures.numerals import shown

MARGIN = 0.05


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
        step = round_step((high - low) / max(most, 1))
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        return [
            (number, shown(number, ".6g")) for number in (float(f"{i * step:.12g}") for i in range(first, last + 1))
        ]


def round_step(distance: float) -> float:
    """1, 2, 2.5 or 5 times a power of ten, at least the distance."""
    if not distance > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(distance))
    return power * next(step for step in (1, 2, 2.5, 5, 10) if step * power >= distance * 0.999)


def _raised(power: int) -> str:
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def numbers(given: Any) -> list[float]:
    """What a program gives as floats: numbers, Values, or one of them."""
    items: Iterable[Any] = given if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    return [float(getattr(x, "data", x)) for x in items]


def ends_of(rows: Sequence[Sequence[float]]) -> tuple[float, float]:
    """The least and the largest number of a table."""
    found = [x for row in rows for x in row if math.isfinite(x)]
    return min(found, default=0.0), max(found, default=1.0)
