"""The public names: scalar reverse-mode automatic differentiation that you can see."""

from autograd.importing import check_installation, face  # before anything else is imported

# isort: split
from typing import TYPE_CHECKING

from autograd import functions
from autograd.functions import *  # noqa: F403
from autograd.functions import abs as abs
from autograd.functions import max as max
from autograd.functions import min as min
from autograd.functions import round as round
from autograd.functions import sum as sum
from autograd.pytorch import OF_AUTOGRAD
from autograd.recording import no_grad
from autograd.updates import adapt, clear, descend, leaves
from autograd.value import Value, engine_name, topological_order

if TYPE_CHECKING:
    from autograd.classroom import show
    from autograd.compiling import CannotCompile, Compiled
    from autograd.compiling import compile as compile
    from autograd.pictures import (
        Drawing,
        Explanation,
        Exploration,
        draw,
        explain,
        explore,
        find_nan,
        line_of,
        remember_lines,
    )
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

check_installation()

# What the wings need takes longer to import than all else: it is imported when one of their names is asked for.
__getattr__, __dir__ = face(
    __name__,
    {
        "CannotCompile": "autograd.compiling",
        "Compiled": "autograd.compiling",
        "Drawing": "autograd.pictures",
        "Explanation": "autograd.pictures",
        "Exploration": "autograd.pictures",
        "check_grad": "autograd.transforms",
        "compile": "autograd.compiling",
        "custom_derivative": "autograd.transforms",
        "derivative": "autograd.transforms",
        "draw": "autograd.pictures",
        "explain": "autograd.pictures",
        "explore": "autograd.pictures",
        "find_nan": "autograd.pictures",
        "fixed_point": "autograd.transforms",
        "grad": "autograd.transforms",
        "gradients": "autograd.transforms",
        "hessian": "autograd.transforms",
        "hvp": "autograd.transforms",
        "jacobian": "autograd.transforms",
        "jvp": "autograd.transforms",
        "laplacian": "autograd.transforms",
        "line_of": "autograd.pictures",
        "remember_lines": "autograd.pictures",
        "root": "autograd.transforms",
        "show": "autograd.classroom",
        "stop_gradient": "autograd.transforms",
        "taylor": "autograd.transforms",
        "value_and_grad": "autograd.transforms",
        "vjp": "autograd.transforms",
    },
    OF_AUTOGRAD,
)

__version__ = "0.1.0"

__all__ = [
    "CannotCompile",
    "Compiled",
    "Drawing",
    "Explanation",
    "Exploration",
    "Value",
    "adapt",
    "check_grad",
    "clear",
    "custom_derivative",
    "derivative",
    "descend",
    "draw",
    "engine_name",
    "explain",
    "explore",
    "find_nan",
    "fixed_point",
    "grad",
    "gradients",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "laplacian",
    "leaves",
    "line_of",
    "no_grad",
    "remember_lines",
    "root",
    "show",
    "stop_gradient",
    "taylor",
    "topological_order",
    "value_and_grad",
    "vjp",
]
__all__ += functions.__all__
