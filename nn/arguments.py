"""What the arguments of modules must be, and the sentences for those that are not."""

import random
from collections.abc import Iterable, Mapping
from typing import Any

from autograd import Value
from nn.module import Module


def as_inputs(x: Any, n_in: int | None, module: Module) -> list[Value]:
    """The inputs as Values, n_in of them: each number becomes one leaf, however many neurons read it."""
    if type(x) is not list and (isinstance(x, (Value, str, bytes, dict, set)) or not isinstance(x, Iterable)):
        raise TypeError(f"the inputs come as one list, model([x0, x1]); got {x!r}: {module!r}")
    inputs = list(x)
    unusual = [each for each in inputs if not isinstance(each, (Value, float, int))]
    if any(isinstance(each, (list, tuple)) or getattr(each, "ndim", 0) for each in unusual):
        raise TypeError(f"one example at a time is taken; for several [model(x) for x in examples]: {module!r}")
    if n_in is not None and len(inputs) != n_in:
        raise ValueError(f"{n_in} inputs were expected, got {len(inputs)}: {module!r}")
    return [each if isinstance(each, Value) else Value(each) for each in inputs]


def source(rng: Any) -> Any:
    """The source of random numbers that is meant."""
    if rng is None:
        return random
    if not hasattr(rng, "uniform"):
        raise TypeError(f"rng must be a source of random numbers, such as random.Random(0); got {rng!r}")
    return rng


def size(n: Any, what: str) -> int:
    """A number of things, from 1 on, as an int."""
    if isinstance(n, bool) or not hasattr(type(n), "__index__"):
        raise TypeError(f"{what} must be a whole number, got {n!r}")
    if n < 1:
        raise ValueError(f"{what} must be at least 1, got {n}")
    return int(n)


def is_batch(x: Any) -> bool:
    """Whether x is a list of lists, or an array of more than one dimension, and not a list of numbers.

    >>> is_batch([[1.0, 2.0]]), is_batch([1.0, 2.0])
    (True, False)
    """
    if isinstance(x, (list, tuple)):
        return len(x) > 0 and (isinstance(x[0], (list, tuple)) or getattr(x[0], "ndim", 0) > 0)
    return getattr(x, "ndim", 0) > 1


def named(name: str, choices: Mapping[str, Any], what: str) -> Any:
    """The choice of this name."""
    if name not in choices:
        raise ValueError(f"no {what} is called {name!r}; there are {', '.join(choices)}")
    return choices[name]
