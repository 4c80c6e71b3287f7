"""Activations by name, each with the initialisation made for it."""

from collections.abc import Callable
from typing import Any

import autograd
from autograd import Value
from nn import init
from nn.init import Initialisation
from nn.inputs import named

Activates = Callable[[Any], Any]


def linear(x: Value) -> Value:
    """No activation: x itself.

    >>> linear(3.0)
    3.0
    """
    return x


ACTIVATIONS: dict[str, tuple[Activates, Initialisation]] = {
    "linear": (linear, init.xavier_uniform),
    "sigmoid": (autograd.sigmoid, init.xavier_uniform),
    "tanh": (autograd.tanh, init.xavier_uniform),
    "relu": (autograd.relu, init.kaiming_uniform),
    "leaky_relu": (autograd.leaky_relu, init.kaiming_uniform),
    "elu": (autograd.elu, init.kaiming_uniform),
    "softplus": (autograd.softplus, init.kaiming_uniform),
    "silu": (autograd.silu, init.kaiming_uniform),
    "gelu": (autograd.gelu, init.kaiming_uniform),
}


def chosen(activation: str | Activates, initialisation: Any) -> tuple[Activates, Any]:
    """The activation as a function, and the initialisation, or if there is none the one made for the activation.

    >>> chosen("relu", None)[1].__name__
    'kaiming_uniform'
    """
    made_for_it: Initialisation = init.xavier_uniform
    if isinstance(activation, str):
        activate, made_for_it = named(activation, ACTIVATIONS, "activation")
    elif callable(activation) and not isinstance(activation, type):
        activate = activation
    else:
        hint = "; for micrograd's nonlin=True write 'relu', for nonlin=False 'linear'" * isinstance(activation, bool)
        raise TypeError(f"activation must be a name or a function, got {activation!r}{hint}")
    if hasattr(initialisation, "tolist"):  # an array of NumPy
        initialisation = initialisation.tolist()
    return activate, made_for_it if initialisation is None else initialisation


class Activated:
    """A part of a model whose attribute `activation` can be set to a name too."""

    def __setattr__(self, name: str, thing: Any) -> None:
        super().__setattr__(name, chosen(thing, None)[0] if name == "activation" else thing)


class ActivatedAlike:
    """A part of a model whose neurons have one activation, which is set for all at once."""

    neurons: list[Any]

    @property
    def activation(self) -> Activates:
        """That of the neurons."""
        found: Activates = self.neurons[0].activation
        return found

    @activation.setter
    def activation(self, activation: str | Activates) -> None:
        for neuron in self.neurons:
            neuron.activation = activation


def shown(activation: Activates) -> str:
    """What an activation is called.

    >>> shown(linear)
    'linear'
    """
    return getattr(activation, "__name__", repr(activation))
