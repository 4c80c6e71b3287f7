"""What the arguments of modules must be, and the sentences for those that are not."""

import random
from collections.abc import Iterable, Mapping
from typing import Any

from autograd import Value
from nn.module import Module


def as_inputs(x: Any, n_in: int | None, module: Module) -> list[Value]:
    """The inputs as Values, n_in of them: each number becomes one leaf, however many neurons read it."""
    if not is_list(x):
        raise TypeError(f"the inputs come as one list, model([x0, x1]); got {x!r}: {module!r}")
    inputs = list(x)
    if n_in is not None and len(inputs) != n_in and not is_batch(inputs):
        raise ValueError(f"{n_in} inputs were expected, got {len(inputs)}: {module!r}")
    try:
        return [each if isinstance(each, Value) else Value(each) for each in inputs]
    except TypeError:
        if is_batch(inputs):
            message = f"one example at a time is taken; for several [model(x) for x in examples]: {module!r}"
            raise TypeError(message) from None
        raise


def source(rng: Any) -> Any:
    """The source of random numbers that is meant."""
    if rng is None:
        return random
    if isinstance(rng, type) or not all(hasattr(rng, draw) for draw in ("random", "uniform", "gauss", "shuffle")):
        raise TypeError(f"rng must be a source of random numbers like Python's, such as random.Random(0); got {rng!r}")
    return rng


def size(n: Any, what: str) -> int:
    """A number of things, from 1 on, as an int."""
    if isinstance(n, bool) or not hasattr(type(n), "__index__"):
        raise TypeError(f"{what} must be a whole number, got {n!r}")
    if n < 1:
        raise ValueError(f"{what} must be at least 1, got {n}")
    return int(n)


NO_LISTS = (Value, float, int, str, bytes, dict, set, frozenset)


def is_list(x: Any) -> bool:
    """Whether x is a list, or something else with an order that one can go through, such as an array.

    >>> is_list([1.0]), is_list(range(3)), is_list(1.0), is_list("text"), is_list({1.0})
    (True, True, False, False, False)
    """
    if isinstance(x, list):
        return True
    return not isinstance(x, NO_LISTS) and isinstance(x, Iterable) and getattr(x, "ndim", 1) != 0


def is_batch(x: Any) -> bool:
    """Whether x is a list of lists, or an array of more than one dimension, and not a list of numbers.

    >>> is_batch([[1.0, 2.0]]), is_batch([1.0, 2.0])
    (True, False)
    """
    return is_list(x) and hasattr(x, "__getitem__") and len(x) > 0 and is_list(x[0])


def named(name: str, choices: Mapping[str, Any], what: str) -> Any:
    """The choice of this name."""
    if name not in choices:
        raise ValueError(f"no {what} is called {name!r}; there are {', '.join(choices)}")
    return choices[name]
