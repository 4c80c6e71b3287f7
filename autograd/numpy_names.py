"""The methods that NumPy calls on the Values in an array: functions of the table under its names, and a few others.

np.arctan(array) calls arctan() of every Value in it.
"""

from math import pi
from typing import Any

from autograd import derivatives as table

SAME = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "fabs": "__abs__"}
SAME |= {"arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh"}


def conjugate(value: Any) -> Any:
    """The Value itself, which is real."""
    return +value


def deg2rad(value: Any) -> Any:
    """An angle in degrees as one in radians."""
    return value * (pi / 180)


def rad2deg(value: Any) -> Any:
    """An angle in radians as one in degrees."""
    return value * (180 / pi)


def rint(value: Any) -> Any:
    """The nearest whole number, as a Value with gradient 0."""
    return table.round_to_whole(value)


def arctan2(y: Any, x: Any) -> Any:
    """The angle of the point (x, y)."""
    return table.atan2(y, x)


def hypot(x: Any, y: Any) -> Any:
    """The length of (x, y)."""
    return table.hypot(x, y)


# a number of NumPy leaves x * v to v, which is faster; an array, which takes each of its numbers, does not
OWN: dict[str, Any] = {"__array_priority__": -1.0}
OWN |= {"rint": rint, "arctan2": arctan2, "hypot": hypot, "conjugate": conjugate}
OWN |= {"deg2rad": deg2rad, "radians": deg2rad, "rad2deg": rad2deg, "degrees": rad2deg}
