"""The names that the programs take from a library: its own where it has them, spelled out in + and * elsewhere."""

import math
from types import SimpleNamespace
from typing import Any


class Scalars:
    """A library whose functions take one number or two; those of many are spelled out."""

    def __init__(self, module: Any, **others: Any) -> None:
        for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "erf", "atan2"):
            if name in others or hasattr(module, name):
                setattr(self, name, others.get(name) or getattr(module, name))
        self.smaller, self.larger = others.get("smaller", min), others.get("larger", max)
        self.shift = others.get("shift", self.max)

    def sum(self, xs: Any) -> Any:
        total, *others = xs
        for x in others:
            total = total + x
        return total

    def dot(self, xs: Any, ys: Any) -> Any:
        return self.sum([x * y for x, y in zip(xs, ys)])

    def min(self, xs: Any) -> Any:
        least, *others = xs
        for x in others:
            least = self.smaller(least, x)
        return least

    def max(self, xs: Any) -> Any:
        largest, *others = xs
        for x in others:
            largest = self.larger(largest, x)
        return largest

    def logsumexp(self, xs: Any) -> Any:
        shift = self.shift(xs)
        return shift + self.log(self.sum([self.exp(x - shift) for x in xs]))

    def softmax(self, xs: Any) -> Any:
        shift = self.shift(xs)
        exps = [self.exp(x - shift) for x in xs]
        total = self.sum(exps)
        return [each / total for each in exps]

    def sigmoid(self, x: Any) -> Any:
        return 1.0 / (1.0 + self.exp(-x))

    def softplus(self, x: Any) -> Any:
        return self.log(1.0 + self.exp(x))


def floats() -> Scalars:
    """Python's own numbers, without derivatives."""
    return Scalars(math)


def ours() -> SimpleNamespace:
    """This project."""
    import autograd

    names = ["exp", "log", "sqrt", "sin", "cos", "tanh", "erf", "atan2", "sigmoid", "softplus"]
    names += ["sum", "dot", "min", "max", "logsumexp", "softmax"]
    return SimpleNamespace(**{name: getattr(autograd, name) for name in names})


class Arrays:
    """A module like NumPy, and what a module that is only nearly like it has by other names.

    What a program makes an array of is made once: lists that stay as they are, told by which object they are.
    """

    def __init__(self, module: Any, made: Any, **others: Any) -> None:
        self.module, self.made, self.kept = module, made, {}
        self.__dict__ |= others

    def array(self, numbers: list[Any]) -> Any:
        if id(numbers) not in self.kept:
            self.kept[id(numbers)] = numbers, self.made(numbers)
        return self.kept[id(numbers)][1]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name)


def numpy_like(module: Any) -> Arrays:
    """NumPy, and those that have its names."""
    import numpy as np

    return Arrays(module, np.array, indices=np.arange)


def torch_arrays() -> Arrays:
    """PyTorch, in float64."""
    import torch

    return Arrays(torch, lambda x: torch.tensor(x, dtype=torch.float64), indices=torch.arange, cross=torch.linalg.cross)
