"""Shows numbers to people: with few digits, and = only where nothing was rounded."""

import re
from math import isclose, isfinite

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def shown(number: float, number_format: str = ".4g") -> str:
    """A number with few digits, and a minus sign as long as a plus. -0.0 is shown as 0.

    A rounded number keeps the zeros at its end, so that it does not look exact.

    >>> shown(-0.5), shown(-0.0), shown(-1e-20), shown(0.96403)
    ('−0.5', '0', '−1e−20', '0.9640')
    >>> shown(50_000.04, ",.6g")
    '50,000.0'
    """
    number += 0.0
    text = format(number, number_format).strip()
    if number < 0 and "." in text and not text.strip("-0.,"):  # so small that it is shown as 0
        text = text.lstrip("-")
    if re.fullmatch(r",?\.\d+g", number_format) and not is_exact(number, number_format):
        text = format(number, f"#{number_format}").rstrip(".").replace(".e", "e")
    return text.replace("-", "−")


def is_exact(number: float, number_format: str = ".4g") -> bool:
    """Whether a number is shown as it is; the last bits of 0.1 + 0.2 do not count.

    >>> is_exact(0.5), is_exact(1 / 3), is_exact(0.1 + 0.2)
    (True, False, True)
    """
    return not isfinite(number) or isclose(as_shown(number, number_format), number, rel_tol=1e-12)


def as_shown(number: float, number_format: str = ".4g") -> float:
    """The number that is shown, rounded as it is."""
    return float(format(number, number_format).replace(",", ""))


def equal(exactly: bool) -> str:
    """The sign between two expressions of one number: = if it is exact, ≈ if it was rounded to be shown."""
    return " = " if exactly else " ≈ "


def checked_format(number_format: str) -> str:
    """The format, if it is one of floats; ValueError otherwise."""
    try:
        float(format(1.0, number_format))
    except (TypeError, ValueError):
        raise ValueError(
            f"number_format must be a format for floats, for example '.4g' or '.2f'; got {number_format!r}"
        ) from None
    return number_format


def subscript(number: int) -> str:
    """12 as ₁₂."""
    return str(number).translate(SUBSCRIPTS)


def superscript(number: int) -> str:
    """12 as ¹²."""
    return str(number).translate(SUPERSCRIPTS)
