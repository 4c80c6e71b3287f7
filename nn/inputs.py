"""Checks what modules are given: inputs, sizes, names and sources of random numbers. Has the sentences for mistakes."""

import random
from collections.abc import Iterable, Mapping
from typing import Any

from autograd import Value, as_values
from nn.module import Module


def as_inputs(x: Any, n_in: int | None, module: Module, others: tuple[object, ...] = ()) -> list[Value]:
    """The inputs as Values, n_in of them: each number becomes one leaf, however many neurons read it.

    others: what came beside x, as in model(x0, x1).
    """
    if others or not is_list(x):
        got = ", ".join(map(repr, (x, *others)))
        raise TypeError(f"the inputs come as one list, model([x0, x1]); got {got}: {module!r}")
    inputs = listed(x)
    if n_in is not None and len(inputs) != n_in and not is_batch(inputs):
        raise ValueError(f"{n_in} inputs were expected, got {len(inputs)}: {module!r}")
    try:
        return as_values(inputs)
    except TypeError:
        if is_batch(inputs):
            message = f"give one example at a time; for several write [model(x) for x in examples]: {module!r}"
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


def sizes_of_layers(n_in: Any, sizes: Any) -> list[int]:
    """The number of inputs of an MLP, and then the number of neurons of each layer.

    >>> sizes_of_layers(2, [16, 1])
    [2, 16, 1]
    """
    if is_list(n_in) and len(n_in := list(n_in)) > 1 and not (is_list(sizes) and list(sizes)):
        hint = f"the number of inputs comes first, by itself: MLP({n_in[0]!r}, {n_in[1:]!r})"
        raise TypeError(f"{hint}; got MLP({n_in!r})")
    if not is_list(sizes) or not (sizes := list(sizes)):
        raise ValueError(f"MLP takes the sizes of its layers as a list, MLP(2, [16, 16, 1]); got {sizes!r}")
    return [
        size(n_in, "the number of inputs of a neuron"),
        *(size(each, "the number of neurons of a layer") for each in sizes),
    ]


NO_LISTS = (Value, float, int, str, bytes, dict, set, frozenset)


def is_list(x: Any) -> bool:
    """Whether x is a list, or something else with an order, for example an array.

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


def listed(x: Any) -> list[Any]:
    """The list of what is_list() accepts. Numbers of an array become Python's, because Values compute faster with them.

    >>> listed((1.0, 2.0))
    [1.0, 2.0]
    """
    if type(x) is list or type(x).__module__ != "numpy":
        return list(x)
    return x.tolist() if x.dtype.kind in "biuf" else list(x)


def plain(number: Any) -> Any:
    """A number of NumPy as one of Python; anything else as it is.

    >>> plain(1.0)
    1.0
    """
    return number.item() if type(number).__module__ == "numpy" and not getattr(number, "ndim", 1) else number


def named(name: str, choices: Mapping[str, Any], what: str) -> Any:
    """The choice of this name."""
    if name not in choices:
        raise ValueError(f"no {what} is called {name!r}; there are {', '.join(choices)}")
    return choices[name]
