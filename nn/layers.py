"""Neuron, Layer and MLP: the network that grows from one neuron, w·x + b and an activation."""

import random
from collections.abc import Callable, Iterable
from typing import Any

import autograd
from autograd import Value
from nn import init
from nn.init import Initialisation
from nn.module import Module

Activation = Callable[[Any], Any]


def linear(x: Value) -> Value:
    """No activation: x itself."""
    return x


# By name: the activation and the initialisation made for it
ACTIVATIONS: dict[str, tuple[Activation, Initialisation]] = {
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
INITIALISATIONS: dict[str, Initialisation] = {
    function.__name__: function for function in (init.uniform, init.xavier_uniform, init.kaiming_uniform, init.zeros)
}


class Neuron(Module):
    """One neuron: the activation of w·x + b.

    n_in: the number of inputs, at least 1.
    activation: a name, one of "linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "silu",
        "gelu", or a function of one Value.
    initialisation: how the weights begin: "uniform", "xavier_uniform", "kaiming_uniform", "zeros", or a function
        of (rng, fan_in, fan_out); None for the one made for the activation. The bias begins at 0.
    rng: the source of random numbers, such as random.Random(seed) for the same weights every time; None for
        Python's own, which random.seed(seed) seeds.
    fan_out: the number of neurons beside this one, itself included, for the initialisation.

    Called with n_in numbers or Values it returns a Value; ValueError for another number of inputs.

    >>> neuron = Neuron(2, "tanh", rng=random.Random(1))
    >>> type(neuron([1.0, -1.0])).__name__, neuron.b.data
    ('Value', 0.0)
    >>> neuron
    Neuron(2, tanh)
    """

    def __init__(
        self,
        n_in: int,
        activation: str | Activation = "linear",
        initialisation: str | Initialisation | None = None,
        rng: random.Random | None = None,
        fan_out: int = 1,
    ) -> None:
        n_in = _size(n_in, "the number of inputs of a neuron")
        self.activation, draw_weight = _chosen(activation, initialisation)
        rng = _source(rng)
        self.w = [Value(draw_weight(rng, n_in, fan_out), label=f"w{i}") for i in range(n_in)]
        self.b = Value(0.0, label="b")

    def __call__(self, x: Iterable[Value | float]) -> Value:
        """The activation of w·x + b."""
        inputs = _inputs(x, len(self.w), self)
        return self.activation(autograd.dot(self.w, inputs) + self.b)

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, {_shown(self.activation)})"


class Layer(Module):
    """Neurons side by side, all with the same inputs.

    n_in: the number of inputs. n_out: the number of neurons. The rest is as in Neuron.

    Called with n_in numbers or Values it returns a list of n_out Values.

    >>> layer = Layer(2, 3, "relu", rng=random.Random(1))
    >>> len(layer([1.0, -1.0]))
    3
    >>> layer
    Layer(2, 3, relu)
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        activation: str | Activation = "linear",
        initialisation: str | Initialisation | None = None,
        rng: random.Random | None = None,
    ) -> None:
        n_out = _size(n_out, "the number of neurons of a layer")
        rng = _source(rng)
        self.neurons = [Neuron(n_in, activation, initialisation, rng, fan_out=n_out) for _ in range(n_out)]

    def __call__(self, x: Iterable[Value | float]) -> list[Value]:
        """The output of each neuron."""
        return self._outputs(_inputs(x, len(self.neurons[0].w), self))

    def _outputs(self, inputs: list[Value]) -> list[Value]:
        """The same without looking at the inputs, which the layer before has made."""
        weights, biases = [neuron.w for neuron in self.neurons], [neuron.b for neuron in self.neurons]
        activations = [neuron.activation for neuron in self.neurons]
        if activations.count(activations[0]) == len(activations):  # in one call for all neurons, which is faster
            return autograd.linear(weights, inputs, biases, activations[0])
        return [activate(z) for activate, z in zip(activations, autograd.linear(weights, inputs, biases))]

    def __repr__(self) -> str:
        neuron = self.neurons[0]
        return f"Layer({len(neuron.w)}, {len(self.neurons)}, {_shown(neuron.activation)})"


class MLP(Module):
    """A multi-layer perceptron: layers one after the other, the last one linear.

    n_in: the number of inputs. sizes: the number of neurons of each layer, the last one being the number of
    outputs. activation: that of the hidden layers. The rest is as in Neuron.

    Called with n_in numbers or Values it returns a list of Values, or with a single output that Value.
    ValueError for a size below 1, no sizes, or another number of inputs.

    >>> model = MLP(2, [16, 16, 1], rng=random.Random(1))
    >>> model
    MLP(2, [16, 16, 1], relu), 337 parameters
    >>> type(model([1.0, -1.0])).__name__
    'Value'
    """

    def __init__(
        self,
        n_in: int,
        sizes: Iterable[int],
        activation: str | Activation = "relu",
        initialisation: str | Initialisation | None = None,
        rng: random.Random | None = None,
    ) -> None:
        if isinstance(sizes, (str, bytes)) or not isinstance(sizes, Iterable) or not (sizes := list(sizes)):
            raise ValueError(f"MLP takes the sizes of its layers as a list, MLP(2, [16, 16, 1]); got {sizes!r}")
        _chosen(activation, initialisation)  # a mistake is one even where there is no hidden layer
        rng = _source(rng)
        widths = [n_in, *sizes]
        activations = [activation] * (len(sizes) - 1) + ["linear"]
        self.layers = [
            Layer(fan_in, fan_out, act, initialisation, rng)
            for fan_in, fan_out, act in zip(widths, sizes, activations, strict=False)
        ]

    def __call__(self, x: Iterable[Value | float]) -> Any:
        """The outputs of the last layer, or the output if there is one."""
        outputs = _inputs(x, len(self.layers[0].neurons[0].w), self)
        for layer in self.layers:
            outputs = layer._outputs(outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        first = self.layers[0].neurons[0]
        sizes = [len(layer.neurons) for layer in self.layers]
        activation = f", {_shown(first.activation)}" if len(sizes) > 1 else ""
        return f"MLP({len(first.w)}, {sizes}{activation}), {len(self.parameters())} parameters"


def _inputs(x: Any, n_in: int, module: Module) -> list[Value]:
    """The inputs as Values: each number becomes one leaf, however many neurons read it."""
    if isinstance(x, (Value, str, bytes, dict, set)) or not isinstance(x, Iterable):
        raise TypeError(f"the inputs come as one list, model([x0, x1]); got {x!r}: {module!r}")
    inputs = list(x)
    if any(isinstance(each, (list, tuple)) or getattr(each, "ndim", 0) for each in inputs):
        raise TypeError(f"one example at a time is taken; for several [model(x) for x in examples]: {module!r}")
    if len(inputs) != n_in:
        raise ValueError(f"{n_in} inputs were expected, got {len(inputs)}: {module!r}")
    return [each if isinstance(each, Value) else Value(each) for each in inputs]


def _source(rng: Any) -> Any:
    if rng is None:
        return random
    if not hasattr(rng, "uniform"):
        raise TypeError(f"rng must be a source of random numbers, such as random.Random(0); got {rng!r}")
    return rng


def _size(n: Any, what: str) -> int:
    if isinstance(n, bool) or not hasattr(type(n), "__index__"):
        raise TypeError(f"{what} must be a whole number, got {n!r}")
    if n < 1:
        raise ValueError(f"{what} must be at least 1, got {n}")
    return int(n)


def _chosen(
    activation: str | Activation, initialisation: str | Initialisation | None
) -> tuple[Activation, Initialisation]:
    """Both as functions; without an initialisation, the one made for the activation."""
    made_for_it: Initialisation = init.xavier_uniform
    if isinstance(activation, str):
        activate, made_for_it = _named(activation, ACTIVATIONS, "activation")
    else:
        activate = activation
    for name, choice in (("activation", activate), ("initialisation", initialisation or made_for_it)):
        if not isinstance(choice, str) and not callable(choice):
            raise TypeError(f"{name} is a name or a function, got {choice!r}")
    if isinstance(initialisation, str):
        return activate, _named(initialisation, INITIALISATIONS, "initialisation")
    return activate, initialisation or made_for_it


def _named(name: str, choices: dict[str, Any], what: str) -> Any:
    if name not in choices:
        raise ValueError(f"no {what} is called {name!r}; there are {', '.join(choices)}")
    return choices[name]


def _shown(activation: Activation) -> str:
    return getattr(activation, "__name__", repr(activation))
