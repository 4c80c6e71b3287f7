"""Compares derivatives with finite differences if an operation of your own computes with both Values and numbers.

A number there may be a constant of the operation, or v.data from the forward pass. Then nothing says how it changes,
and a second derivative would be finite and wrong. Only the values of the function next to a point can tell.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd.recording import aside
from autograd.transforms.closures import doubted, doubting

STEP = 1e-3  # relative


def pass_on(names: list[str]) -> bool:
    """Pass the doubts on to a transform around this one. Returns whether there is one."""
    outer = doubted()
    if outer is not None:
        outer += names
    return outer is not None


def refuse_wrong(names: list[str], along: Callable[[float], Sequence[float]], derivatives: Sequence[float]) -> None:
    """TypeError if numbers along a line clearly do not change as their derivatives say.

    along: the numbers, a step away. At kinks, and beyond the border of a domain, nothing is said.
    """
    try:
        with doubting(), aside():
            here, near = along(0.0), [(along(h), along(-h)) for h in (STEP, STEP / 2)]
            again = along(0.0)
    except (ValueError, ArithmeticError):
        return
    for k, derivative in enumerate(derivatives):
        numbers = [here[k], *[x[k] for pair in near for x in pair]]
        if not all(map(math.isfinite, [derivative, *numbers])) or again[k] != here[k]:
            continue
        numeric = clear_slope(abs(derivative), *numbers)
        if numeric is None:
            continue
        size = max(abs(numeric), abs(derivative))
        if abs(derivative - numeric) > 1e-3 * size + 1e-7 * max(map(abs, numbers)):
            raise TypeError(
                f"the derivative of '{names[0]}' cannot be differentiated again: this gives {derivative:.6g}, but "
                f"finite differences find {numeric:.6g}. Its local_gradient computes with Values and with numbers that "
                "were kept from the forward pass. Compute with the Values alone: for a cube of v write "
                "local_gradient=lambda gradient: (gradient * 3 * v**2,), and not v.data; or take custom_derivative"
            )


def clear_slope(size: float, here: float, right: float, left: float, near_right: float, near_left: float) -> Any:
    """The slope of numbers at a step and at half a step on both sides; None if it is not clear beside such a size."""
    coarse, fine = (right - left) / (2 * STEP), (near_right - near_left) / STEP
    slope = (4 * fine - coarse) / 3
    sides = [(near_right - here) * 2 / STEP, (here - near_left) * 2 / STEP]
    size = max(size, abs(slope))
    is_smooth = abs(sides[0] - sides[1]) <= 0.1 * size
    return slope if is_smooth and abs(slope - fine) <= 1e-4 * size else None
