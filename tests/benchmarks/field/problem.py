"""What an evaluation is: a program in scalars, the same in arrays, its derivative by hand, and the numbers it gets."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """A function of many variables that gives one number, and whose gradient is asked for.

    A program gets its variables and a library, from which it takes exp, log and the like: libraries.py has them. By
    hand means: loops over arrays of NumPy that give the value and the gradient. numba compiles them as they are.
    """

    inputs: list[float]
    scalars: Callable[[list[Any], Any], Any]  # of a list of numbers, and a library of scalars
    arrays: Callable[[Any, Any], Any] | None = None  # of one array, and a library of arrays
    by_hand: Callable[..., tuple[float, Any]] | None = None  # of one array, and what data has
    data: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Nested:
    """A function that takes gradients itself, so that its own gradient is one of gradients.

    It is made of the operator for the gradients within, which may compile, and of a library of scalars.
    """

    inputs: list[float]
    made: Callable[[Any, Any], Callable[[list[Any]], Any]]


def numbers(n: int, low: float = -1.0, high: float = 1.0, seed: int = 1) -> list[float]:
    """Random numbers, the same in every run and on every system."""
    rng = random.Random(seed)
    return [rng.uniform(low, high) for _ in range(n)]


def rows(flat: list[Any], width: int) -> list[list[Any]]:
    """A list as rows of that width."""
    return [flat[i : i + width] for i in range(0, len(flat), width)]
