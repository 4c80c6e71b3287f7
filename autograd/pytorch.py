"""Names of PyTorch, and of the older package autograd, that do not exist here. Errors say what to write instead."""

from collections.abc import Mapping
from typing import Any, NoReturn

NUMBER = "write v.data, the number"
NO_SHAPE = "a Value is one number, without a shape. Put several in a list"
NO_DEVICE = "a Value is one number of Python, on no device. Leave this out"
IN_PLACE = "a Value is not changed in place. Write v = v + w for a new one, or set v.data"
OVER_LIST = "a Value is one number. Write autograd.{}([a, b]) for a list of them"
DOT = "a Value is one number. Write v * w, or autograd.dot([a, b], [c, d]) for two lists"
ALWAYS = "every Value gets a gradient. Leave this out, or write v.detach() for a number without one"

OF_VALUE: dict[str, str] = {
    **dict.fromkeys(["item", "tolist", "numpy", "double", "value"], NUMBER),
    **dict.fromkeys(["cpu", "cuda", "device", "to"], NO_DEVICE),
    **dict.fromkeys(
        ["T", "dim", "flatten", "ndim", "reshape", "shape", "size", "squeeze", "t", "unsqueeze", "view"], NO_SHAPE
    ),
    **dict.fromkeys(["add_", "copy_", "div_", "fill_", "mul_", "sub_", "zero_"], IN_PLACE),
    **{name: OVER_LIST.format(name) for name in ("log_softmax", "max", "mean", "min", "norm", "softmax", "sum")},
    **dict.fromkeys(["requires_grad", "requires_grad_"], ALWAYS),
    "add": "write v + w",
    "clone": "a Value is not changed by what uses it. Write v itself, or v.detach() for a new leaf",
    "clamp": "write autograd.clip(v, low, high)",
    "div": "write v / w",
    "dot": DOT,
    "dtype": "data is always a float",
    "fmod": "write v % w, which has the sign of w",
    "grad_fn": "write v.op for the name of the operation, and v.parents for its operands",
    "gradient": "write v.grad",
    "is_leaf": "write not v.parents",
    "matmul": DOT,
    "mul": "write v * w",
    "neg": "write -v",
    "pow": "write v ** n",
    "retain_grad": "after backward() every node has its grad. Leave this out",
    "sub": "write v - w",
    "zero_grad": "write v.grad = 0.0, or model.zero_grad() for all parameters of a model",
}

OF_AUTOGRAD: dict[str, str] = {
    **dict.fromkeys(["Tensor", "Variable", "tensor"], "write Value(2.0), which is one number"),
    **dict.fromkeys(["cat", "ones", "rand", "randn", "stack", "zeros"], "write a list of Values"),
    **dict.fromkeys(["inference_mode", "set_grad_enabled"], "write no_grad(), as in with no_grad():"),
    "backward": "write loss.backward()",
    "elementwise_grad": "write [grad(f)(x) for x in xs]",
    "enable_grad": "operations are recorded, except within no_grad(). Leave this out",
    "manual_seed": "write random.seed(0), with Python's own random",
    "nn": "write import nn",
    "numpy": "that is in the older package of this name. NumPy's own functions work on arrays of Values",
    "optim": "write from nn import optim",
}


class Missing:
    """A name that a class does not have. Your own attribute of that name goes before it.

    >>> class Number:
    ...     item = Missing("item", NUMBER)
    >>> Number().item
    Traceback (most recent call last):
    AttributeError: 'Number' object has no attribute 'item': write v.data, the number
    """

    def __init__(self, name: str, instead: str) -> None:
        self.name, self.instead = name, instead

    def __get__(self, thing: Any, kind: type) -> NoReturn:
        # without a name in the error, because Python would add a guess: "Did you mean 'sin'?" for v.min
        raise AttributeError(f"'{kind.__name__}' object has no attribute '{self.name}': {self.instead}", name="")


class MissingSetting(Missing):
    """The same for a name that may not be set either, because setting it would have no effect."""

    def __set__(self, thing: Any, setting: Any) -> NoReturn:
        self.__get__(thing, type(thing))


def without_missing(thing: Any) -> list[str]:
    """dir(thing) without the names that are missing."""
    absent = {name for kind in type(thing).__mro__ for name, found in vars(kind).items() if isinstance(found, Missing)}
    return [name for name in object.__dir__(thing) if name not in absent or hasattr(thing, name)]


def missing(names: Mapping[str, str]) -> dict[str, Any]:
    """The attributes of a class that lacks these names."""
    kinds = {"requires_grad": MissingSetting}
    return {name: kinds.get(name, Missing)(name, instead) for name, instead in names.items()} | {
        "__dir__": without_missing
    }
