"""Neuron, Layer and MLP: the network that grows from one neuron, w·x + b and an activation."""

import random
from collections.abc import Iterable, Sequence
from typing import Any

import autograd
from autograd import Value
from nn import init
from nn.activations import Activated, ActivatedAlike, Activates, chosen, shown
from nn.inputs import as_inputs, size, sizes_of_layers, source
from nn.micrograd import under_micrograds_names
from nn.module import Module


class Neuron(Activated, Module):
    """One neuron: the activation of w·x + b.

    n_in: the number of inputs, at least 1.
    activation: a name, one of "linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "silu",
        "gelu", or a function of one Value. (micrograd's Neuron(2) is Neuron(2, "relu") here.)
    initialisation: how the weights begin: the name of a function of nn.init, such as "xavier_normal", or such a
        function of (rng, fan_in, fan_out), or the n_in numbers themselves; None for the function made for the
        activation. The bias begins at 0.
    rng: the source of random numbers, such as random.Random(seed) for the same weights every time; None for
        Python's own, which random.seed(seed) seeds.
    fan_out: the number of neurons beside this one, itself included, for the initialisation.

    Called with a list of n_in numbers or Values it returns a Value. ValueError for another number of inputs.

    >>> neuron = Neuron(2, "tanh", rng=random.Random(1))
    >>> type(neuron([1.0, -1.0])).__name__, neuron.b.data
    ('Value', 0.0)
    >>> neuron
    Neuron(2, tanh)
    """

    saved_settings = ("activation",)

    @under_micrograds_names
    def __init__(
        self,
        n_in: int,
        activation: str | Activates = "linear",
        initialisation: str | init.Initialisation | Sequence[float] | None = None,
        rng: random.Random | None = None,
        fan_out: int = 1,
    ) -> None:
        self.activation, draw = chosen(activation, initialisation)
        weights = init.weights_of_neuron(draw, source(rng), size(n_in, "the number of inputs of a neuron"), fan_out)
        self.w = [Value(weight, label=f"w{i}") for i, weight in enumerate(weights)]
        self.b = Value(0.0, label="b")

    def __call__(self, x: Iterable[Value | float], *others: object) -> Value:
        """The activation of w·x + b."""
        return self.activation(autograd.dot(self.w, as_inputs(x, len(self.w), self, others)) + self.b)

    formula = staticmethod(__call__)  # of all neurons that have no __call__ of their own

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, {shown(self.activation)})"


class Layer(ActivatedAlike, Module):
    """Neurons side by side, all with the same inputs.

    n_in: the number of inputs. n_out: the number of neurons.
    activation, initialisation, rng: as in Neuron; numbers as the initialisation are n_out rows of n_in.

    Called with a list of n_in numbers or Values it returns a list of n_out Values.

    >>> layer = Layer(2, 3, "relu", rng=random.Random(1))
    >>> len(layer([1.0, -1.0]))
    3
    >>> layer
    Layer(2, 3, relu)
    """

    @under_micrograds_names
    def __init__(
        self,
        n_in: int,
        n_out: int,
        activation: str | Activates = "linear",
        initialisation: str | init.Initialisation | Sequence[Sequence[float]] | None = None,
        rng: random.Random | None = None,
    ) -> None:
        n_in, n_out = size(n_in, "the number of inputs of a neuron"), size(n_out, "the number of neurons of a layer")
        rows = init.rows_of_weights(chosen(activation, initialisation)[1], source(rng), n_in, n_out)
        self.neurons = [Neuron(n_in, activation, row) for row in rows]

    def __call__(self, x: Iterable[Value | float], *others: object) -> list[Value]:
        """The output of each neuron."""
        return autograd.side_by_side(self.neurons, as_inputs(x, len(self.neurons[0].w), self, others), Neuron.formula)

    def __repr__(self) -> str:
        return f"Layer({len(self.neurons[0].w)}, {len(self.neurons)}, {shown(self.neurons[0].activation)})"


class MLP(Module):
    """A multi-layer perceptron: layers one after the other, the last one linear.

    n_in: the number of inputs. sizes: the number of neurons of each layer; the last is the number of outputs.
    activation: that of the hidden layers. initialisation, rng: as in Neuron, but no list of numbers.

    Called with a list of n_in numbers or Values it returns a list of Values; if there is one output, the Value itself.
    ValueError for a size below 1, no sizes, or another number of inputs.

    >>> model = MLP(2, [16, 16, 1], rng=random.Random(1))
    >>> model
    MLP(2, [16, 16, 1], relu), 337 parameters
    >>> type(model([1.0, -1.0])).__name__
    'Value'
    """

    @under_micrograds_names
    def __init__(
        self,
        n_in: int,
        sizes: Iterable[int] = (),
        activation: str | Activates = "relu",
        initialisation: str | init.Initialisation | None = None,
        rng: random.Random | None = None,
    ) -> None:
        widths, initialisation = sizes_of_layers(n_in, sizes), init.for_every_layer(initialisation)
        chosen(activation, None)  # a mistake is one even where there is no hidden layer
        activations = [activation] * (len(widths) - 2) + ["linear"]
        self.layers = [Layer(n, m, act, initialisation, rng) for n, m, act in zip(widths, widths[1:], activations)]

    def __call__(self, x: Iterable[Value | float], *others: object) -> Any:
        """The outputs of the last layer, or the output if there is one."""
        outputs = as_inputs(x, len(self.layers[0].neurons[0].w), self, others)
        for layer in self.layers:
            outputs = layer(outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        first, sizes = self.layers[0].neurons[0], [len(layer.neurons) for layer in self.layers]
        activation = f", {shown(first.activation)}" if len(sizes) > 1 else ""
        return f"MLP({len(first.w)}, {sizes}{activation}), {len(self.parameters())} parameters"
