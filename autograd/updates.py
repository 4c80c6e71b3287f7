"""Updates of many parameters at once: one call for a whole model, at the speed of C where the native engine serves."""

from autograd.choice import engine_name
from autograd.derivatives import to_float
from autograd.engine import Value


def clear(parameters: list[Value]) -> None:
    """Set the grad of every parameter to 0.

    >>> a = Value(1.0)
    >>> a.backward()
    >>> clear([a])
    >>> a.grad
    0.0
    """
    for parameter in parameters:
        parameter.grad = 0.0


def descend(
    parameters: list[Value], velocities: list[float], lr: float, momentum: float = 0.0, weight_decay: float = 0.0
) -> None:
    """One step of gradient descent: velocity = momentum · velocity + gradient, parameter -= lr · velocity.

    parameters and velocities: lists of the same length, both changed in place. The gradient is the parameter's grad
    plus weight_decay times its data. TypeError, before anything is changed, if lr or another is not a number.

    >>> a = Value(1.0)
    >>> a.backward()
    >>> descend([a], [0.0], lr=0.25)
    >>> a.data
    0.75
    """
    if len(parameters) != len(velocities):
        raise ValueError(f"descend takes one velocity per parameter, got {len(velocities)} for {len(parameters)}")
    lr, momentum, weight_decay = (
        to_float(lr, "lr"),
        to_float(momentum, "momentum"),
        to_float(weight_decay, "weight_decay"),
    )
    for i, parameter in enumerate(parameters):
        gradient = parameter.grad + weight_decay * parameter.data
        velocities[i] = momentum * velocities[i] + gradient
        parameter.data -= lr * velocities[i]


if engine_name == "native":
    from autograd._engine import hand_over

    clear, descend = hand_over(clear), hand_over(descend)
