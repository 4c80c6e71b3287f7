"""Neuron, Layer and MLP: the network that grows from one neuron, w·x + b and an activation."""

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import autograd
from autograd import Value
from nn import init
from nn.arguments import as_inputs, named, size, source
from nn.init import Initialisation
from nn.module import Module

Activates = Callable[[Any], Any]


def linear(x: Value) -> Value:
    """No activation: x itself."""
    return x


# By name: the activation and the initialisation made for it
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


class Neuron(Module):
    """One neuron: the activation of w·x + b.

    n_in: the number of inputs, at least 1.
    activation: a name, one of "linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "silu",
        "gelu", or a function of one Value.
    initialisation: how the weights begin: the name of a function of nn.init, such as "xavier_normal", or such a
        function of (rng, fan_in, fan_out), or the n_in numbers themselves; None for the function made for the
        activation. The bias begins at 0.
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
        activation: str | Activates = "linear",
        initialisation: str | Initialisation | Sequence[float] | None = None,
        rng: random.Random | None = None,
        fan_out: int = 1,
    ) -> None:
        n_in = size(n_in, "the number of inputs of a neuron")
        self.activation, draw = chosen(activation, initialisation)
        rows = [draw] if isinstance(draw, (list, tuple)) else draw
        weights = next(init.rows_of_weights(rows, source(rng), n_in, fan_out))
        self.w = [Value(weight, label=f"w{i}") for i, weight in enumerate(weights)]
        self.b = Value(0.0, label="b")

    def __call__(self, x: Iterable[Value | float]) -> Value:
        """The activation of w·x + b."""
        inputs = as_inputs(x, len(self.w), self)
        return self.activation(autograd.dot(self.w, inputs) + self.b)

    def __setattr__(self, name: str, attribute: Any) -> None:
        global latest_change
        super().__setattr__(name, attribute)
        latest_change = object()

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, {shown(self.activation)})"


latest_change = object()  # a new one whenever an attribute of any Neuron is set


class _Parts:
    """What a Layer reads from its neurons, kept for its next calls: to read it takes longer than to compute with it.

    What is set in vars(neuron), past the neuron, is not seen.
    """

    def __init__(self, neurons: list[Neuron]) -> None:
        self.change, self.neurons = latest_change, list(neurons)
        self.weights, self.biases = [neuron.w for neuron in neurons], [neuron.b for neuron in neurons]
        self.activations = [neuron.activation for neuron in neurons]
        self.all_alike = self.activations.count(self.activations[0]) == len(neurons)
        self.lasting = all(type(neuron) is Neuron for neuron in neurons)  # others need not say that they change

    def hold_for(self, neurons: list[Neuron]) -> bool:
        """Whether these neurons have not changed since."""
        return self.change is latest_change and self.lasting and self.neurons == neurons


class Layer(Module):
    """Neurons side by side, all with the same inputs.

    n_in: the number of inputs. n_out: the number of neurons. The rest is as in Neuron; numbers as the initialisation
    are n_out rows of n_in.

    Called with n_in numbers or Values it returns a list of n_out Values.

    >>> layer = Layer(2, 3, "relu", rng=random.Random(1))
    >>> len(layer([1.0, -1.0]))
    3
    >>> layer
    Layer(2, 3, relu)
    """

    _parts: _Parts | None = None

    def __init__(
        self,
        n_in: int,
        n_out: int,
        activation: str | Activates = "linear",
        initialisation: str | Initialisation | Sequence[Sequence[float]] | None = None,
        rng: random.Random | None = None,
    ) -> None:
        n_in = size(n_in, "the number of inputs of a neuron")
        n_out = size(n_out, "the number of neurons of a layer")
        rows = init.rows_of_weights(chosen(activation, initialisation)[1], source(rng), n_in, n_out)
        self.neurons = [Neuron(n_in, activation, row) for row in rows]

    def __call__(self, x: Iterable[Value | float]) -> list[Value]:
        """The output of each neuron."""
        return self._outputs(as_inputs(x, len(self.neurons[0].w), self))

    def _outputs(self, inputs: list[Value]) -> list[Value]:
        """The same without looking at the inputs, which the layer before has made."""
        parts = self._parts
        if parts is None or not parts.hold_for(self.neurons):
            parts = self._parts = _Parts(self.neurons)
        if parts.all_alike:  # in one call for all neurons, which is faster
            return autograd.linear(parts.weights, inputs, parts.biases, parts.activations[0])
        sums = autograd.linear(parts.weights, inputs, parts.biases)
        return [activate(z) for activate, z in zip(parts.activations, sums)]

    def __repr__(self) -> str:
        neuron = self.neurons[0]
        return f"Layer({len(neuron.w)}, {len(self.neurons)}, {shown(neuron.activation)})"


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
        activation: str | Activates = "relu",
        initialisation: str | Initialisation | None = None,
        rng: random.Random | None = None,
    ) -> None:
        if isinstance(sizes, (str, bytes)) or not isinstance(sizes, Iterable) or not (sizes := list(sizes)):
            raise ValueError(f"MLP takes the sizes of its layers as a list, MLP(2, [16, 16, 1]); got {sizes!r}")
        chosen(activation, None)  # a mistake is one even where there is no hidden layer
        if initialisation is not None and not isinstance(initialisation, str) and not callable(initialisation):
            raise TypeError(f"the initialisation of an MLP is a name or a function, got {initialisation!r}")
        rng = source(rng)
        widths = [n_in, *sizes]
        activations = [activation] * (len(sizes) - 1) + ["linear"]
        self.layers = [
            Layer(fan_in, fan_out, act, initialisation, rng)
            for fan_in, fan_out, act in zip(widths, sizes, activations, strict=False)
        ]

    def __call__(self, x: Iterable[Value | float]) -> Any:
        """The outputs of the last layer, or the output if there is one."""
        outputs = as_inputs(x, len(self.layers[0].neurons[0].w), self)
        for layer in self.layers:
            outputs = layer._outputs(outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        first = self.layers[0].neurons[0]
        sizes = [len(layer.neurons) for layer in self.layers]
        activation = f", {shown(first.activation)}" if len(sizes) > 1 else ""
        return f"MLP({len(first.w)}, {sizes}{activation}), {len(self.parameters())} parameters"


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
        raise TypeError(f"activation is a name or a function, got {activation!r}")
    if hasattr(initialisation, "tolist"):  # an array of NumPy
        initialisation = initialisation.tolist()
    return activate, made_for_it if initialisation is None else initialisation


def shown(activation: Activates) -> str:
    """What an activation is called.

    >>> shown(linear)
    'linear'
    """
    return getattr(activation, "__name__", repr(activation))
