"""Descent along the gradient as the two nested evaluations want it: with a step that grows, and shrinks on the way up.

The constants belong to the evaluations, whose results depend on them. (Pearlmutter and Siskind 2008)
"""

from typing import Any

SMALL, PATIENCE = 1e-5, 10  # the first step is as small


def lowest(f: Any, slope_of: Any, start: list[Any], m: Any, small: float = SMALL) -> list[Any]:
    """Where f is least, from the start; slope_of is its gradient."""
    x, fx, slope, step, downhill = start, f(start), slope_of(start), small, 0
    while m.sqrt(m.dot(slope, slope)) > small:
        if downhill == PATIENCE:
            step, downhill = step * 2, 0
            continue
        moved = [a - step * b for a, b in zip(x, slope)]
        way = [a - b for a, b in zip(x, moved)]
        if m.sqrt(m.dot(way, way)) <= small:
            break
        f_moved = f(moved)
        if f_moved < fx:
            x, fx, slope, downhill = moved, f_moved, slope_of(moved), downhill + 1
        else:
            step, downhill = step / 2, 0
    return x
