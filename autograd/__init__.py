"""Scalar reverse-mode automatic differentiation that one can see: the public names."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autograd.choice import engine_name
from autograd.engine import Value, topological_order

# Those named like a builtin are reached as autograd.sum and so on, and not by `from autograd import *`.
from autograd.functions import abs as abs
from autograd.functions import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    bell,
    cbrt,
    clip,
    cos,
    cosh,
    dot,
    elu,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    gauss,
    gelu,
    hypot,
    leaky_relu,
    linear,
    log,
    log1p,
    log2,
    log10,
    log_softmax,
    logsumexp,
    mean,
    norm,
    prod,
    relu,
    sech,
    sigmoid,
    silu,
    sin,
    sinh,
    softmax,
    softplus,
    sqrt,
    tan,
    tanh,
)
from autograd.functions import max as max
from autograd.functions import min as min
from autograd.functions import sum as sum
from autograd.installation import refuse_mixed_installation
from autograd.recording import no_grad
from autograd.transforms import (
    check_grad,
    custom_derivative,
    derivative,
    fixed_point,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    laplacian,
    root,
    stop_gradient,
    taylor,
    value_and_grad,
    vjp,
)
from autograd.updates import adapt, clear, descend

if TYPE_CHECKING:
    from autograd.compiler import Compiled
    from autograd.compiler import compile as compile
    from autograd.drawing import draw
    from autograd.explanation import Explanation, explain
    from autograd.recorder import CannotCompile
    from autograd.rendering import Drawing
    from autograd.showing import show

refuse_mixed_installation()

# What pictures and compiling need takes as long to import as all else: it is imported when one of these is asked for.
_LATER = {
    "CannotCompile": "recorder",
    "Compiled": "compiler",
    "Drawing": "rendering",
    "Explanation": "explanation",
    "compile": "compiler",
    "draw": "drawing",
    "explain": "explanation",
    "show": "showing",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
    globals()[name] = thing = getattr(import_module(f"autograd.{_LATER[name]}"), name)
    return thing


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


__all__ = [
    "CannotCompile",
    "Compiled",
    "Drawing",
    "Explanation",
    "Value",
    "acos",
    "acosh",
    "adapt",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bell",
    "cbrt",
    "check_grad",
    "clear",
    "clip",
    "cos",
    "cosh",
    "custom_derivative",
    "derivative",
    "descend",
    "dot",
    "draw",
    "elu",
    "engine_name",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "explain",
    "expm1",
    "fixed_point",
    "gauss",
    "gelu",
    "grad",
    "gradients",
    "hessian",
    "hvp",
    "hypot",
    "jacobian",
    "jvp",
    "laplacian",
    "leaky_relu",
    "linear",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logsumexp",
    "mean",
    "no_grad",
    "norm",
    "prod",
    "relu",
    "root",
    "sech",
    "show",
    "sigmoid",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "stop_gradient",
    "tan",
    "tanh",
    "taylor",
    "topological_order",
    "value_and_grad",
    "vjp",
]
