"""Finds, clears and moves many parameters in one call, at the speed of C if the native engine serves."""

import math
from collections.abc import Callable, Iterable, MutableSequence
from types import BuiltinFunctionType, FunctionType, NoneType
from typing import Any

from autograd.derivatives import to_float
from autograd.value import Value, engine_name

PLAIN = frozenset({float, int, str, bool, NoneType, FunctionType, BuiltinFunctionType})  # that hold nothing


def leaves(
    thing: Any, kind: type | tuple[()] = (), inside: Callable[[Any], Iterable[Any]] | None = None
) -> list[Value]:
    """Every leaf Value that a thing holds, however nested, each once, in the order in which it comes first.

    thing: lists, tuples, dicts, and objects of the class `kind`, nested in any way.
    kind: a class, or () for none. The attributes of its objects are searched too.
    inside: a function for other things, for example an array. It returns what is in a thing, or None for nothing.

    The result of an operation is not a leaf, and neither is a constant. RecursionError for things that are nested
    deeper than Python can call functions.

    >>> a, b = Value(1.0), Value(2.0)
    >>> leaves([a, {"key": (b, a)}, a * b]) == [a, b]
    True
    """
    found: dict[Value, None] = {}
    seen: dict[int, Any] = {}  # by id, and kept, so that nothing made later has the same

    _look(thing, kind, inside, found, seen)
    return list(found)


def _look(
    thing: Any,
    kind: type | tuple[()],
    inside: Callable[[Any], Iterable[Any]] | None,
    found: dict[Value, None],
    seen: dict[int, Any],
) -> None:
    """Add the leaves of a thing to those found. This is no closure, because that would leave a cycle to the garbage
    collector."""
    if isinstance(thing, Value):
        if not thing.op and not thing.parents:
            found[thing] = None
    elif type(thing) not in PLAIN and id(thing) not in seen:
        seen[id(thing)] = thing
        parts: Iterable[Any] = ()
        if type(thing) in (list, tuple):
            parts = thing
        elif type(thing) is dict:
            parts = list(thing.values())
        elif isinstance(thing, kind) and not any(hasattr(type(thing), name) for name in ("__slots__", "__iter__")):
            parts = list(vars(thing).values())
        elif inside is not None:
            parts = inside(thing)
        for part in parts:
            _look(part, kind, inside, found, seen)


def clear(parameters: list[Value]) -> None:
    """Set the grad of every parameter to 0.

    parameters: a list of Values.

    >>> a = Value(1.0)
    >>> a.backward()
    >>> clear([a])
    >>> a.grad
    0.0
    """
    for parameter in parameters:
        parameter.grad = 0.0


def descend(
    parameters: list[Value],
    velocities: MutableSequence[float] | None,
    lr: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
) -> None:
    """One step of gradient descent: velocity = momentum · velocity + gradient, parameter -= lr · velocity.

    The gradient is the parameter's grad plus weight_decay times its data.

    parameters: a list of Values.
    velocities: a list of as many numbers, changed in place; None if no velocity is kept. An array.array("d") is
        fastest.
    lr: the learning rate, a number.
    momentum, weight_decay: numbers.

    Nothing is changed if there is an error: TypeError for settings that are not numbers, ValueError for another count
    of velocities.

    >>> a = Value(1.0)
    >>> a.backward()
    >>> descend([a], None, lr=0.25)
    >>> a.data
    0.75
    """
    if velocities is not None and len(parameters) != len(velocities):
        raise ValueError(f"descend takes one velocity per parameter, got {len(velocities)} for {len(parameters)}")
    lr, momentum, weight_decay = (
        to_float(lr, "lr"),
        to_float(momentum, "momentum"),
        to_float(weight_decay, "weight_decay"),
    )
    for i, parameter in enumerate(parameters):
        velocity = parameter.grad + weight_decay * parameter.data
        if velocities is not None:
            velocity = velocities[i] = momentum * velocities[i] + velocity
        parameter.data -= lr * velocity


def adapt(
    parameters: list[Value],
    means: MutableSequence[float] | None,
    squares: MutableSequence[float],
    velocities: MutableSequence[float] | None,
    lr: float,
    mean_kept: float,
    square_kept: float,
    square_added: float,
    root: float,
    eps: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    shrinkage: float = 1.0,
) -> None:
    """One step of an adaptive method. It divides by how large a parameter's gradients have been.

    For each parameter, whose gradient is its grad plus weight_decay · data:

        mean = mean_kept · mean + (1 - mean_kept) · gradient
        square = square_kept · square + square_added · gradient²
        velocity = momentum · velocity + root · mean / (√square + root · eps)
        data = shrinkage · data - lr · velocity

    Adam, RMSprop and Adagrad are cases of it; nn.optim says which settings they have.

    parameters: a list of Values.
    means, squares, velocities: as many numbers each, changed in place. squares are 0 or more. None for means or
        velocities leaves them out: the mean is then the gradient, and the velocity is the second addend above.
    lr, mean_kept, square_kept, square_added, momentum, weight_decay, shrinkage: numbers.
    root, eps: numbers above 0.

    Nothing is changed if there is an error: TypeError for settings that are not numbers, ValueError for a root or eps
    that is not above 0, and for another count of means, squares or velocities.

    >>> a = Value(1.0)
    >>> (3 * a).backward()
    >>> adapt([a], [0.0], [0.0], None, 0.5, 0.9, 0.99, 0.01, 0.1, 1e-8)
    >>> round(a.data, 6)
    0.95
    """
    for name, numbers in (("means", means), ("squares", squares), ("velocities", velocities)):
        if numbers is not None and len(numbers) != len(parameters):
            raise ValueError(f"adapt takes one number per parameter, got {len(numbers)} {name} for {len(parameters)}")
    lr, mean_kept, momentum = to_float(lr, "lr"), to_float(mean_kept, "mean_kept"), to_float(momentum, "momentum")
    square_kept, square_added = to_float(square_kept, "square_kept"), to_float(square_added, "square_added")
    weight_decay, shrinkage = to_float(weight_decay, "weight_decay"), to_float(shrinkage, "shrinkage")
    root, eps = to_float(root, "root"), to_float(eps, "eps")
    if not (root > 0 and eps > 0):
        raise ValueError(f"root and eps must be above 0, got {root} and {eps}")
    for i, parameter in enumerate(parameters):
        data = parameter.data
        gradient = parameter.grad + weight_decay * data
        mean = gradient
        if means is not None:
            mean = means[i] = mean_kept * means[i] + (1 - mean_kept) * gradient
        squares[i] = square_kept * squares[i] + square_added * gradient * gradient
        velocity = root * mean / (math.sqrt(squares[i]) + root * eps)
        if velocities is not None:
            velocity = velocities[i] = momentum * velocities[i] + velocity
        parameter.data = shrinkage * data - lr * velocity


if engine_name == "native":
    from autograd.native._engine import hand_over

    adapt, clear, descend, leaves = hand_over(adapt), hand_over(clear), hand_over(descend), hand_over(leaves)
