"""What is said to a program that asks for what the plots do not have."""

from typing import NoReturn


def lacks(what: str) -> NoReturn:
    """AttributeError, with what can be done about it."""
    raise AttributeError(
        f"the plots of this page have no {what}. They have what the lessons use. Run your program with Python on your "
        "own machine for all of matplotlib"
    )
