"""Scalar reverse-mode automatic differentiation that one can see: the public names."""

from typing import TYPE_CHECKING

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
from autograd.lazily import face
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
    from autograd.classroom import show
    from autograd.compiling import CannotCompile, Compiled
    from autograd.compiling import compile as compile
    from autograd.pictures import Drawing, Explanation, draw, explain

refuse_mixed_installation()

# What pictures and compiling need takes as long to import as all else: it is imported when one of these is asked for.
__getattr__, __dir__ = face(
    __name__,
    {
        "CannotCompile": "autograd.compiling",
        "Compiled": "autograd.compiling",
        "Drawing": "autograd.pictures",
        "Explanation": "autograd.pictures",
        "compile": "autograd.compiling",
        "draw": "autograd.pictures",
        "explain": "autograd.pictures",
        "show": "autograd.classroom",
    },
)

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
