"""Sequential: modules one after the other; and the parts that stand between its Layers."""

import random
from collections.abc import Iterable, Sequence
from typing import Any

from autograd import Value
from autograd.extending import cannot_be_done_again, to_float
from nn import init
from nn.activations import Activated, Activates, chosen, shown
from nn.init import Initialisation
from nn.inputs import as_inputs, is_batch, is_list, size, source
from nn.module import Module


class Activation(Activated, Module):
    """An activation as a part of Sequential, for after a normalisation: it is applied to each number.

    activation: a name or a function of one Value, as in Neuron.

    >>> [out.data for out in Activation("relu")([-1.0, 2.0])]
    [0.0, 2.0]
    """

    saved_settings = ("activation",)

    def __init__(self, activation: str | Activates) -> None:
        self.activation = chosen(activation, None)[0]

    def __call__(self, x: Iterable[Value | float]) -> list[Value]:
        """The activation of each input."""
        return [self.activation(each) for each in as_inputs(x, None, self)]

    def __repr__(self) -> str:
        return f"Activation({shown(self.activation)})"


class Sequential(Module):
    """Modules one after the other. Each gets the outputs of the one before.

    modules: at least one. An activation, by name or as a function of one Value, stands for Activation(it).

    Called with one example, a list of numbers, it returns a list of Values; a single output comes as a Value. Called
    with a batch, a list of examples, it returns the list of what it returns for each. The modules get the examples one
    by one. Those that take a batch as a whole, for example BatchNorm, get all of them. ValueError for no modules;
    TypeError for a class in place of a module.

    >>> from nn import Layer
    >>> model = Sequential(Layer(2, 3), "tanh", Layer(3, 1))
    >>> model
    Sequential(Layer(2, 3, linear), Activation(tanh), Layer(3, 1, linear)), 13 parameters
    >>> type(model([1.0, -1.0])).__name__, len(model([[1.0, -1.0], [0.5, 2.0]]))
    ('Value', 2)
    """

    takes_batch = True

    def __init__(self, *modules: Module | str | Activates) -> None:
        if not modules:
            raise ValueError("Sequential takes the modules, Sequential(Layer(2, 8), 'relu', Layer(8, 1)); got none")
        for module in modules:
            if isinstance(module, (list, tuple)):
                raise TypeError("Sequential takes the modules one by one: a list of them as Sequential(*modules)")
            if isinstance(module, type):
                raise TypeError(f"{module.__name__} is a class: {module.__name__}(…) makes a module of it")
        self.layers = [module if isinstance(module, Module) else Activation(module) for module in modules]

    def __call__(self, x: Any) -> Any:
        """The outputs of the last module, or the output if there is one."""
        return _unwrapped(self._outputs(x))

    def _outputs(self, x: Any) -> Any:
        for module in self.layers:
            x = _outputs_of(module, x)
        return x

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))}), {len(self.parameters())} parameters"


class Embedding(Module):
    """A table with a row of numbers for each of n things, for example characters or words. The rows are learned.

    n: the number of things.
    width: the length of a row.
    initialisation, rng: as in Layer. "normal" is usual.

    Called with the index of a thing, from 0 to n - 1, it returns its row, a list of Values. Called with a list of
    indices it returns a list of rows. IndexError for an index that is not there.

    >>> embedding = Embedding(27, 2, rng=random.Random(1))
    >>> len(embedding(26)), len(embedding([3, 1, 4]))
    (2, 3)
    >>> embedding
    Embedding(27, 2)
    """

    takes_batch = True

    def __init__(
        self,
        n: int,
        width: int,
        initialisation: str | Initialisation | Sequence[Sequence[float]] = "normal",
        rng: random.Random | None = None,
    ) -> None:
        n, width = size(n, "the number of rows of an embedding"), size(width, "the width of an embedding")
        rows = init.rows_of_weights(initialisation, source(rng), width, n)
        self.weight = [[Value(weight) for weight in row] for row in rows]

    def __call__(self, index: Any) -> Any:
        """The row at the index, or the rows at the indices."""
        if is_list(index):
            return [self(each) for each in index]
        if not hasattr(type(index), "__index__"):
            raise TypeError(f"an embedding takes whole numbers, got {index!r}: {self!r}")
        if not 0 <= index < len(self.weight):
            raise IndexError(f"the rows are 0 to {len(self.weight) - 1}, got {index!r}: {self!r}")
        return list(self.weight[index])

    def __repr__(self) -> str:
        return f"Embedding({len(self.weight)}, {len(self.weight[0])})"


class Dropout(Module):
    """In training, each input becomes 0 with the probability p, else it is divided by 1 - p. After eval() it stays.

    So no neuron can rely on a single other one, and the expected sum stays the same. (Srivastava et al. 2014)

    p: a probability, from 0 to 1. ValueError for other numbers.
    rng: the source of random numbers, random.Random(seed). None for Python's own.

    >>> dropout = Dropout(0.5, rng=random.Random(1))
    >>> [out.data for out in dropout([1.0, 2.0, 3.0])]
    [0.0, 4.0, 6.0]
    >>> [out.data for out in dropout.eval()([1.0, 2.0, 3.0])]
    [1.0, 2.0, 3.0]
    """

    def __init__(self, p: float = 0.5, rng: random.Random | None = None) -> None:
        if not 0 <= to_float(p, "p") <= 1:
            raise ValueError(f"the p of Dropout must be a probability, from 0 to 1; got {p!r}")
        source(rng)
        self.p, self.rng = p, rng

    def __call__(self, x: Iterable[Value | float]) -> list[Value]:
        """Each input, times 0 or 1 / (1 - p)."""
        inputs = as_inputs(x, None, self)
        if not self.training:
            return inputs
        cannot_be_done_again("random")
        rng = source(self.rng)
        return [each * (0.0 if rng.random() < self.p else 1 / (1 - self.p)) for each in inputs]

    def __repr__(self) -> str:
        return f"Dropout({self.p})"


def _outputs_of(module: Module, x: Any) -> Any:
    """The outputs as a list, however many there are; for a batch a list of such lists."""
    if is_batch(x) and not module.takes_batch:
        return [_outputs_of(module, row) for row in x]
    outputs = module._outputs(x) if isinstance(module, Sequential) else module(x)
    if is_batch(x) and is_list(outputs):
        return [_listed(row) for row in outputs]
    return _listed(outputs)


def _listed(outputs: Any) -> Any:
    return outputs if is_list(outputs) else [outputs]


def _unwrapped(outputs: Any) -> Any:
    if is_batch(outputs):
        return [_unwrapped(row) for row in outputs]
    return outputs[0] if isinstance(outputs, list) and len(outputs) == 1 else outputs
