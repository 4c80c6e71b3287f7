"""From functions to their derivatives: the public names."""

from autograd.transforms.custom import custom_derivative, stop_gradient
from autograd.transforms.finite_differences import check_grad
from autograd.transforms.implicit import fixed_point, root
from autograd.transforms.operators import (
    derivative,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    laplacian,
    taylor,
    value_and_grad,
    vjp,
)

__all__ = [
    "check_grad",
    "custom_derivative",
    "derivative",
    "fixed_point",
    "grad",
    "gradients",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "laplacian",
    "root",
    "stop_gradient",
    "taylor",
    "value_and_grad",
    "vjp",
]
