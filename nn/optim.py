"""Optimisers: they move every parameter a small step down the gradient. And the clipping of gradients before it."""

import math
from array import array
from collections.abc import Iterable
from numbers import Real

import autograd
from autograd import Value
from autograd.extending import missing, to_float
from nn import lr_scheduler
from nn.lr_scheduler import CosineAnnealingLR, ExponentialLR, LambdaLR, LinearLR, Schedule, SequentialLR, StepLR
from nn.pytorch import OF_OPTIMIZER

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "Optimizer",
    "RMSprop",
    "Schedule",
    "SequentialLR",
    "StepLR",
    "clip_grad_norm",
    "clip_grad_value",
    "lr_scheduler",
]


class Optimizer:
    """The base of the optimisers. It holds the parameters, and settings that you may change at any time.

    parameters: the leaf Values to move, model.parameters().
    settings: numbers, 0 or more, for example lr. Each becomes an attribute.

    A subclass moves the parameters in step(). TypeError for things that are not Values. ValueError for no parameters,
    for results of operations, for a parameter that is in the list twice, and for a setting that is not finite or < 0.

    >>> from autograd import Value
    >>> class SignDescent(Optimizer):
    ...     def step(self):
    ...         for p in self.parameters:
    ...             p.data -= self.lr if p.grad > 0 else -self.lr
    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> SignDescent([x], lr=0.5).step()
    >>> x.data
    2.5
    """

    lr: float

    def __init__(self, parameters: Iterable[Value], **settings: float) -> None:
        self.parameters = _checked(parameters)
        for name, number in settings.items():
            if not isinstance(number, Real) or isinstance(number, bool) or not 0 <= number < math.inf:
                raise ValueError(f"{name} must be a finite number, 0 or more; got {number!r}")
        vars(self).update(settings)
        self._settings = list(settings)

    def step(self) -> None:
        """Move every parameter once."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it moves the parameters")

    def zero_grad(self) -> None:
        """Set the grad of every parameter to 0, which is needed before the next backward()."""
        autograd.clear(self.parameters)

    def _zeros(self) -> "array[float]":
        return array("d", bytes(8 * len(self.parameters)))

    def __repr__(self) -> str:
        settings = "".join(f", {name}={getattr(self, name)}" for name in self._settings)
        return f"{type(self).__name__}({len(self.parameters)} parameters{settings})"


for name, thing in missing(OF_OPTIMIZER).items():
    setattr(Optimizer, name, thing)


class _Adaptive(Optimizer):
    """The base of those that divide by how large a parameter's gradients have been, which self.squares says."""

    eps: float
    weight_decay: float
    squares: "array[float]"

    def _adapt(
        self,
        lr: float,
        square_kept: float,
        square_added: float,
        means: "array[float] | None" = None,
        mean_kept: float = 0.0,
        root: float = 1.0,
        velocities: "array[float] | None" = None,
        momentum: float = 0.0,
        weight_decay: float | None = None,
        shrinkage: float = 1.0,
    ) -> None:
        """autograd.adapt with what it keeps, and with the weight decay of self if none is said."""
        decay = self.weight_decay if weight_decay is None else weight_decay
        autograd.adapt(  # by places, because this is most of what a step of few parameters costs
            self.parameters, means, self.squares, velocities, lr, mean_kept, square_kept, square_added, root, self.eps,
            momentum, decay, shrinkage,
        )  # fmt: skip


class SGD(Optimizer):
    """Gradient descent, p -= lr · grad, with momentum and weight decay; as PyTorch's SGD.

    parameters: the leaf Values to move, model.parameters().
    lr: the learning rate, at least 0; it may be changed at any time.
    momentum: the part of the last step's velocity that is kept, 0 for none. (Polyak 1964)
    weight_decay: this times the parameter is added to its gradient, which is L2 regularisation.
    nesterov: whether the step goes along the velocity that the next step would have. (Sutskever et al. 2013)

    >>> x = Value(1.0)
    >>> optimizer = SGD([x], lr=0.25)
    >>> for step in range(2):
    ...     optimizer.zero_grad()
    ...     (x**2).backward()
    ...     optimizer.step()
    >>> x.data
    0.25
    """

    momentum: float
    weight_decay: float

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(parameters, lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and not momentum:
            raise ValueError("nesterov needs a momentum above 0")
        self.nesterov = nesterov
        self.velocities = self._zeros()

    def step(self) -> None:
        """Move every parameter once."""
        # without momentum nothing is kept, not even of a gradient that was infinite
        velocities = self.velocities if self.momentum else None
        if (
            velocities is not None and self.nesterov
        ):  # the velocity is that after this step, and a copy of it goes one step ahead
            autograd.descend(self.parameters, velocities, 0.0, self.momentum, self.weight_decay)
            velocities = velocities[:]
        autograd.descend(self.parameters, velocities, self.lr, self.momentum, self.weight_decay)


class Adam(_Adaptive):
    """A step is the mean gradient over the root of its mean square: about lr, for small and large gradients alike.

    parameters: the leaf Values to move, model.parameters().
    lr: the learning rate; it may be changed at any time.
    betas: how much of the mean gradient, and of the mean square, is kept from step to step; each from 0 to below 1.
        As both begin at 0, they are divided by 1 - beta to the power of the steps so far.
    eps: added to the root, above 0.
    weight_decay: this times the parameter is added to its gradient. See AdamW.

    As PyTorch's Adam. (Kingma & Ba 2015)

    >>> x = Value(1.0)
    >>> optimizer = Adam([x], lr=0.25)
    >>> (1000 * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 6)
    0.75
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr=lr, eps=eps, weight_decay=weight_decay)
        _check_above_0("eps", eps)
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise TypeError(f"betas must be two numbers, for example (0.9, 0.999), got {betas!r}")
        for beta in betas:
            _check_kept("each of betas", beta)
        self.betas = betas
        self.steps, self.means, self.squares = 0, self._zeros(), self._zeros()

    def step(self) -> None:
        """Move every parameter once."""
        self._move()

    def _move(self, weight_decay: float | None = None, shrinkage: float = 1.0) -> None:
        n, (beta1, beta2), lr = self.steps + 1, self.betas, to_float(self.lr, "lr")
        corrected, root = lr / (1 - beta1**n), math.sqrt(1 - beta2**n)
        self._adapt(
            corrected, beta2, 1 - beta2, self.means, beta1, root, weight_decay=weight_decay, shrinkage=shrinkage
        )
        self.steps = n


class AdamW(Adam):
    """Adam whose weight_decay shrinks the parameters themselves, by lr · weight_decay at each step.

    This works like L2 regularisation with SGD. Adam's own weight_decay does little where gradients are large. The rest
    is as in Adam; as PyTorch's AdamW. (Loshchilov & Hutter 2019)

    >>> x = Value(1.0)
    >>> optimizer = AdamW([x], lr=0.25, weight_decay=0.5)
    >>> optimizer.step()
    >>> x.data
    0.875
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def step(self) -> None:
        """Move every parameter once."""
        self._move(weight_decay=0.0, shrinkage=1 - to_float(self.lr, "lr") * self.weight_decay)


class RMSprop(_Adaptive):
    """The gradient over the root of its mean square.

    parameters: the leaf Values to move, model.parameters().
    lr: the learning rate; it may be changed at any time.
    alpha: how much of the mean square is kept from step to step, from 0 to below 1. eps: added to the root, above 0.
    weight_decay: this times the parameter is added to its gradient.
    momentum: the part of the last step's velocity that is kept, 0 for none.

    As PyTorch's RMSprop. (Hinton 2012, lecture 6 of Neural Networks for Machine Learning)

    >>> x = Value(1.0)
    >>> optimizer = RMSprop([x], lr=0.25, alpha=0.75)
    >>> (1000 * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 6)
    0.5
    """

    alpha: float
    momentum: float

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum)
        _check_kept("alpha", alpha)
        _check_above_0("eps", eps)
        self.squares, self.velocities = self._zeros(), self._zeros()

    def step(self) -> None:
        """Move every parameter once."""
        velocities = self.velocities if self.momentum else None
        self._adapt(self.lr, self.alpha, 1 - self.alpha, velocities=velocities, momentum=self.momentum)


class Adagrad(_Adaptive):
    """The gradient over the root of the sum of all its squares so far: steps that only become smaller.

    parameters: the leaf Values to move, model.parameters().
    lr: the learning rate; it may be changed at any time. lr_decay: at step n the rate is lr / (1 + (n - 1) · lr_decay).
    weight_decay: this times the parameter is added to its gradient.
    initial_accumulator_value: what the sums of squares begin with. eps: added to the root, above 0.

    As PyTorch's Adagrad. (Duchi, Hazan & Singer 2011)

    >>> x = Value(1.0)
    >>> optimizer = Adagrad([x], lr=0.25)
    >>> (1000 * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 6)
    0.75
    """

    lr_decay: float

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 0.01,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        begin = initial_accumulator_value
        super().__init__(
            parameters, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay, initial_accumulator_value=begin, eps=eps
        )
        _check_above_0("eps", eps)
        self.steps, self.squares = 0, array("d", [float(begin)]) * len(self.parameters)

    def step(self) -> None:
        """Move every parameter once."""
        self._adapt(to_float(self.lr, "lr") / (1 + self.steps * self.lr_decay), 1.0, 1.0)
        self.steps += 1


def clip_grad_norm(parameters: Iterable[Value], max_norm: float, norm_type: float = 2.0) -> float:
    """Scale all gradients down together, to keep their direction, so that their norm is max_norm at most.

    Call it between backward() and step(). parameters: the Values whose grad is changed, model.parameters().
    norm_type: p of the norm (Σ |grad|ᵖ)^(1/p), at least 1; math.inf for the largest |grad|. As in PyTorch's
    clip_grad_norm_, the scale is max_norm / (norm + 1e-6). Returns the norm that it was.

    ValueError, with all gradients as they were, if one is not finite. (Pascanu, Mikolov & Bengio 2013)

    >>> a, b = Value(3.0), Value(-4.0)
    >>> (0.5 * (a * a + b * b)).backward()
    >>> clip_grad_norm([a, b], max_norm=1.0)
    5.0
    >>> f"{a.grad:.4f} {b.grad:.4f}"
    '0.6000 -0.8000'
    """
    p, parameters = to_float(norm_type, "norm_type"), _listed(parameters)
    _check_above_0("max_norm", max_norm)
    if not p >= 1:
        raise ValueError(f"norm_type must be a number, 1 or more, or math.inf; got {norm_type!r}")
    gradients = [parameter.grad for parameter in parameters]
    if not all(map(math.isfinite, gradients)):
        first = next(parameter for parameter in parameters if not math.isfinite(parameter.grad))
        raise ValueError(f"the gradient of {first!r} is not finite, so the gradients cannot be clipped to a norm")
    norm = _norm(list(map(abs, gradients)), p)
    scale = max_norm / (norm + 1e-6)
    if scale < 1:
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = scale * gradient
    return norm


def _norm(sizes: list[float], p: float) -> float:
    if p == 2:
        return math.hypot(*sizes)
    largest = max(sizes, default=0.0)
    if p == math.inf or largest == 0:
        return largest
    return largest * math.fsum((size / largest) ** p for size in sizes) ** (1 / p)  # without overflow


def clip_grad_value(parameters: Iterable[Value], clip_value: float) -> None:
    """Clip every gradient by itself to [-clip_value, clip_value]; nan stays nan. As PyTorch's clip_grad_value_.

    Call it between backward() and step(). parameters: the Values whose grad is changed, model.parameters().

    >>> a, b = Value(3.0), Value(0.5)
    >>> (0.5 * (a * a + b * b)).backward()
    >>> clip_grad_value([a, b], clip_value=1.0)
    >>> a.grad, b.grad
    (1.0, 0.5)
    """
    _check_above_0("clip_value", clip_value)
    for parameter in _listed(parameters):
        parameter.grad = autograd.clip(parameter.grad, -clip_value, clip_value)


def _checked(parameters: Iterable[Value]) -> list[Value]:
    """The parameters as a list, if they are leaves, and each is there once."""
    parameters = _listed(parameters)
    for parameter in parameters:
        if parameter.parents:
            hint = "; p = p - lr * p.grad makes a result of p: write p.data -= lr * p.grad" * (parameter.op == "-")
            raise ValueError(f"parameters must be leaves, got the result of '{parameter.op}': {parameter!r}{hint}")
    if not parameters:
        raise ValueError("an optimiser needs at least one parameter, got none")
    if len(set(parameters)) < len(parameters):
        raise ValueError("a parameter is in the list twice, so it would move twice: remove one of the two")
    return parameters


def _listed(parameters: Iterable[Value]) -> list[Value]:
    if not isinstance(parameters, Iterable):
        raise TypeError(f"give the parameters, model.parameters(); got {parameters!r}")
    parameters = list(parameters)
    for parameter in parameters:
        if not isinstance(parameter, Value):
            hint = "; make one optimiser for each group" * isinstance(parameter, dict)
            raise TypeError(f"parameters must be Values, got {parameter!r}{hint}")
    return parameters


def _check_above_0(name: str, number: float) -> None:
    if not to_float(number, name) > 0:
        raise ValueError(f"{name} must be above 0, got {number!r}")


def _check_kept(name: str, part: float) -> None:
    if not 0 <= to_float(part, name) < 1:
        raise ValueError(f"{name} must be from 0 to below 1, got {part!r}")
