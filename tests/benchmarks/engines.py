"""The engines that are measured, each behind the same few names: numbers, dot, linear, softmax, a training step."""

import math
import sys
from collections.abc import Callable
from typing import Any


class Plain:
    """A scalar with gradients in the shortest Python: what one would write without any library."""

    __slots__ = ("data", "grad", "local_gradients", "parents")

    def __init__(self, data: float, parents: tuple["Plain", ...] = (), local_gradients: tuple[float, ...] = ()) -> None:
        self.data, self.grad, self.parents, self.local_gradients = data, 0.0, parents, local_gradients

    def __add__(self, other: Any) -> "Plain":
        other = other if isinstance(other, Plain) else Plain(other)
        return Plain(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> "Plain":
        other = other if isinstance(other, Plain) else Plain(other)
        return Plain(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n: float) -> "Plain":
        return Plain(self.data**n, (self,), (n * self.data ** (n - 1),))

    def exp(self) -> "Plain":
        return Plain(math.exp(self.data), (self,), (math.exp(self.data),))

    def log(self) -> "Plain":
        return Plain(math.log(self.data), (self,), (1 / self.data,))

    def relu(self) -> "Plain":
        return Plain(max(0.0, self.data), (self,), (float(self.data > 0),))

    def __neg__(self) -> "Plain":
        return self * -1

    def __sub__(self, other: Any) -> "Plain":
        return self + -other

    def __truediv__(self, other: Any) -> "Plain":
        return self * other**-1

    def __rsub__(self, other: Any) -> "Plain":
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def backward(self) -> None:
        order: list[Plain] = []
        seen: set[Plain] = set()

        def visit(node: Plain) -> None:
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for parent, local_gradient in zip(node.parents, node.local_gradients):
                parent.grad += local_gradient * node.grad


class SpelledOut:
    """An engine of which only + and * and the like are known: everything else is spelled out in them."""

    def __init__(self, value: Callable[[float], Any]) -> None:
        self.value = value

    def dot(self, xs: list[Any], ys: list[Any]) -> Any:
        return sum(x * y for x, y in zip(xs, ys))

    def linear(self, weights: list[list[Any]], xs: list[Any], biases: list[Any] | None = None) -> list[Any]:
        products = [self.dot(w, xs) for w in weights]
        return [product + b for product, b in zip(products, biases)] if biases else products

    def hidden(self, weights: list[list[Any]], xs: list[Any], biases: list[Any]) -> list[Any]:
        return [self.relu(z) for z in self.linear(weights, xs, biases)]

    def relu(self, x: Any) -> Any:
        return x.relu()

    def mean(self, xs: list[Any]) -> Any:
        return sum(xs) * (1 / len(xs))

    def softmax(self, xs: list[Any]) -> list[Any]:
        largest = max(x.data for x in xs)
        exps = [(x - largest).exp() for x in xs]
        total = sum(exps)
        return [e / total for e in exps]

    def log_probability(self, logits: list[Any], target: int) -> Any:
        return self.softmax(logits)[target].log()

    def descend(self, parameters: list[Any], lr: float) -> None:
        for p in parameters:
            p.data -= lr * p.grad

    def clear(self, parameters: list[Any]) -> None:
        for p in parameters:
            p.grad = 0.0

    def adam(self, parameters: list[Any], lr: float, betas: tuple[float, float]) -> Any:
        return PlainAdam(parameters, lr, betas)


class PlainAdam:
    """Adam in plain Python. (Kingma & Ba 2015)"""

    def __init__(self, parameters: list[Any], lr: float, betas: tuple[float, float]) -> None:
        self.parameters, self.lr, self.betas, self.steps = parameters, lr, betas, 0
        self.means, self.squares = [0.0] * len(parameters), [0.0] * len(parameters)

    def step(self) -> None:
        self.steps += 1
        beta1, beta2 = self.betas
        for i, p in enumerate(self.parameters):
            self.means[i] = beta1 * self.means[i] + (1 - beta1) * p.grad
            self.squares[i] = beta2 * self.squares[i] + (1 - beta2) * p.grad**2
            mean, square = self.means[i] / (1 - beta1**self.steps), self.squares[i] / (1 - beta2**self.steps)
            p.data -= self.lr * mean / (square**0.5 + 1e-8)


class Ours(SpelledOut):
    """This project, by whichever engine CHALKGRAD_ENGINE chose."""

    def __init__(self) -> None:
        import autograd
        import nn
        from nn import optim

        super().__init__(autograd.Value)
        self.dot, self.linear, self.relu, self.mean = autograd.dot, autograd.linear, autograd.relu, autograd.mean
        self.softmax = autograd.softmax
        self.autograd, self.nn, self.optim, self.optimizer = autograd, nn, optim, None

    def hidden(self, weights: list[list[Any]], xs: list[Any], biases: list[Any]) -> list[Any]:
        return self.linear(weights, xs, biases, self.relu)

    def log_probability(self, logits: list[Any], target: int) -> Any:
        return logits[target] - self.autograd.logsumexp(logits)

    def descend(self, parameters: list[Any], lr: float) -> None:
        if self.optimizer is None:
            self.optimizer = self.optim.SGD(parameters, lr=lr)
        self.optimizer.step()

    def adam(self, parameters: list[Any], lr: float, betas: tuple[float, float]) -> Any:
        return self.optim.Adam(parameters, lr, betas)

    def clear(self, parameters: list[Any]) -> None:
        if self.optimizer is None:
            super().clear(parameters)
        else:
            self.optimizer.zero_grad()


def engine(name: str) -> Any:
    """The engine of that name; ImportError where it is not installed."""
    sys.setrecursionlimit(200_000)  # for those that recurse
    if name in ("textbook", "native"):
        return Ours()
    if name == "plain Python":
        return SpelledOut(Plain)
    if name == "micrograd":
        from micrograd.engine import Value

        return SpelledOut(Value)
    if name == "PyTorch":
        import torch

        torch.set_num_threads(1)
        return torch
    if name == "NumPy":
        import numpy

        return numpy
    if name == "JAX":
        import jax

        return jax
    if name in ("compiled", "C by hand"):
        import autograd

        return autograd
    return float


NAMES = ["floats", "plain Python", "micrograd", "PyTorch", "textbook", "native"]
NAMES += ["NumPy", "JAX", "C by hand", "compiled"]
