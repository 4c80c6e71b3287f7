"""Optimisers: they move every parameter a small step down the gradient."""

import math
from collections.abc import Iterable

import autograd
from autograd import Value


class SGD:
    """Gradient descent, p -= lr · grad, with momentum and weight decay; as PyTorch's SGD.

    parameters: the leaf Values to move, model.parameters().
    lr: the learning rate, at least 0; it may be changed at any time.
    momentum: the part of the last step's velocity that is kept, 0 for none. (Polyak 1964)
    weight_decay: this times the parameter is added to its gradient, which is L2 regularisation.

    TypeError for parameters that are not Values; ValueError for none, for results of operations, and for a number
    below 0.

    >>> x = Value(1.0)
    >>> optimizer = SGD([x], lr=0.25)
    >>> for step in range(2):
    ...     optimizer.zero_grad()
    ...     (x**2).backward()
    ...     optimizer.step()
    >>> x.data
    0.25
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float, momentum: float = 0.0, weight_decay: float = 0.0
    ) -> None:
        if not isinstance(parameters, Iterable):
            raise TypeError(f"an optimiser takes the parameters, model.parameters(); got {parameters!r}")
        self.parameters = list(parameters)
        for parameter in self.parameters:
            if not isinstance(parameter, Value):
                raise TypeError(f"parameters must be Values, got {parameter!r}")
            if parameter.parents:
                raise ValueError(f"parameters must be leaves, got the result of '{parameter.op}': {parameter!r}")
        if not self.parameters:
            raise ValueError("an optimiser needs at least one parameter, got none")
        if len(set(self.parameters)) < len(self.parameters):
            raise ValueError("a parameter is there twice and would be moved twice")
        for name, number in (("lr", lr), ("momentum", momentum), ("weight_decay", weight_decay)):
            if not isinstance(number, (int, float)) or not 0 <= number < math.inf:
                raise ValueError(f"{name} must be a finite number, 0 or more; got {number!r}")
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay
        self.velocities = [0.0] * len(self.parameters)

    def step(self) -> None:
        """Move every parameter once."""
        autograd.descend(self.parameters, self.velocities, self.lr, self.momentum, self.weight_decay)

    def zero_grad(self) -> None:
        """Set the grad of every parameter to 0, which is needed before the next backward()."""
        autograd.clear(self.parameters)

    def __repr__(self) -> str:
        settings = f"lr={self.lr}, momentum={self.momentum}, weight_decay={self.weight_decay}"
        return f"SGD({len(self.parameters)} parameters, {settings})"
