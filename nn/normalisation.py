"""Normalisation: numbers are shifted and scaled to have mean 0 and variance 1, then by weights that are learned."""

import sys
from collections.abc import Iterable
from typing import Any

import autograd
from autograd import Value
from autograd.extending import cannot_be_done_again, depends_on, to_float
from nn.inputs import as_inputs, is_batch, size
from nn.module import Module


class _Normalisation(Module):
    """The base: n weights that begin at 1, n biases that begin at 0, or neither; and eps."""

    saved_settings = ("eps",)

    def __init__(self, n: int, eps: float, weighted: bool, biased: bool) -> None:
        self.n = size(n, f"the number of inputs of {type(self).__name__}")
        if not to_float(eps, "eps") >= 0:
            raise ValueError(f"eps must be 0 or more, got {eps!r}")
        self.eps = eps
        self.weight = [Value(1.0, label=f"w{i}") for i in range(self.n)] if weighted else []
        self.bias = [Value(0.0, label=f"b{i}") for i in range(self.n)] if biased else []

    def _standardised(self, xs: list[Value]) -> tuple[list[Value], Value, Value]:
        """(x - mean) / √(variance + eps) for each x, the mean, and the variance."""
        mean = autograd.mean(xs)
        deviations = [x - mean for x in xs]
        variance = autograd.dot(deviations, deviations) / len(xs)
        scale = self._scale(variance)
        return [deviation * scale for deviation in deviations], mean, variance

    def _scale(self, variance: Any) -> Any:
        try:
            return (variance + self.eps) ** -0.5
        except ZeroDivisionError:
            raise ZeroDivisionError(
                f"inputs that do not vary cannot be scaled if eps is 0; use an eps such as 1e-5: {self!r}"
            ) from None

    def _scaled(self, xs: list[Value]) -> list[Value]:
        if self.weight:
            xs = [x * w for x, w in zip(xs, self.weight)]
        return [x + b for x, b in zip(xs, self.bias)] if self.bias else xs

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n})"


class LayerNorm(_Normalisation):
    """Each example by itself: y = (x - mean) / √(variance + eps) · weight + bias; as PyTorch's. (Ba et al. 2016)

    n: the number of inputs; mean and variance (the mean squared deviation) are over them.
    elementwise_affine: whether there are weights and biases.

    Called with n numbers or Values it returns n Values. Training and evaluation are the same.

    >>> [round(y.data, 4) for y in LayerNorm(2)([1.0, 3.0])]
    [-1.0, 1.0]
    """

    def __init__(self, n: int, eps: float = 1e-5, elementwise_affine: bool = True) -> None:
        super().__init__(n, eps, elementwise_affine, elementwise_affine)

    def __call__(self, x: Iterable[Value | float]) -> list[Value]:
        """The inputs, normalised."""
        return self._scaled(self._standardised(as_inputs(x, self.n, self))[0])


class RMSNorm(_Normalisation):
    """Each example by itself, without shifting: y = x / √(mean of x² + eps) · weight; as PyTorch's.

    (Zhang & Sennrich 2019)

    n: the number of inputs. eps: by default the distance from 1 to the next float. elementwise_affine: whether there
    are weights.

    Called with n numbers or Values it returns n Values. Training and evaluation are the same.

    >>> [round(y.data, 4) for y in RMSNorm(2)([1.0, 7.0])]
    [0.2, 1.4]
    """

    def __init__(self, n: int, eps: float = sys.float_info.epsilon, elementwise_affine: bool = True) -> None:
        super().__init__(n, eps, elementwise_affine, False)

    def __call__(self, x: Iterable[Value | float]) -> list[Value]:
        """The inputs, normalised."""
        inputs = as_inputs(x, self.n, self)
        scale = self._scale(autograd.dot(inputs, inputs) / self.n)
        return self._scaled([each * scale for each in inputs])


class BatchNorm(_Normalisation):
    """Each input over the examples of a batch: y = (x - mean) / √(variance + eps) · weight + bias; as PyTorch's.

    In training it uses the mean and variance of the batch, and keeps running averages of both. After eval() it uses
    the running averages. So the output for one example does not depend on others. (Ioffe & Szegedy 2015)

    n: the number of inputs.
    eps: a number, 0 or more.
    momentum: how far the running numbers move at each batch, from 0 to 1: running = (1 - momentum) · running + momentum
        · new. The new variance has examples - 1 in the denominator.
    affine: whether there are weights and biases.

    Called with a batch, a list of at least 2 examples of n numbers each, it returns a list of Values for each example.
    After eval() it takes a single example too. The running numbers are floats, and not parameters; they belong to the
    state_dict. ValueError for another eps or momentum, and in training for a single example.

    >>> norm = BatchNorm(1, momentum=0.5)
    >>> [round(y.data, 4) for (y,) in norm([[1.0], [3.0]])]
    [-1.0, 1.0]
    >>> norm.running_mean, norm.running_var
    ([1.0], [1.5])
    >>> (y,) = norm.eval()([1.0])
    >>> y.data
    0.0
    """

    takes_batch = True
    buffers = ("running_mean", "running_var")

    def __init__(self, n: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True) -> None:
        super().__init__(n, eps, affine, affine)
        if not 0 <= to_float(momentum, "momentum") <= 1:
            raise ValueError(f"the momentum of BatchNorm must be from 0 to 1, got {momentum!r}")
        self.momentum = momentum
        self.running_mean, self.running_var = [0.0] * self.n, [1.0] * self.n

    def __call__(self, x: Any) -> Any:
        """The batch, normalised; or in use the example."""
        if not self.training and not is_batch(x):
            return self._in_use(x)
        examples = [as_inputs(example, self.n, self) for example in x] if is_batch(x) else []
        if not self.training:
            return [self._in_use(example) for example in examples]
        if len(examples) < 2:
            raise ValueError(
                "in training BatchNorm needs a batch, a list of at least 2 examples, to compute their variance. Take "
                f"larger batches, or call eval() first for one example; got {x!r}: {self!r}"
            )
        cannot_be_done_again("running")
        columns = [self._standardised(list(column)) for column in zip(*examples)]
        part, unbiased = self.momentum, len(examples) / (len(examples) - 1)
        for i, (_, mean, variance) in enumerate(columns):
            self.running_mean[i] = (1 - part) * self.running_mean[i] + part * mean.data
            self.running_var[i] = (1 - part) * self.running_var[i] + part * unbiased * variance.data
        return [self._scaled(list(row)) for row in zip(*[column for column, _, _ in columns])]

    def _in_use(self, x: Any) -> list[Value]:
        for name in self.buffers:
            depends_on(self, name, [*getattr(self, name)])
        known = zip(as_inputs(x, self.n, self), self.running_mean, self.running_var)
        return self._scaled([(each - mean) * self._scale(variance) for each, mean, variance in known])
