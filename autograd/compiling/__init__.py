"""Functions recorded once and run many times at the speed of the machine: the public names."""

from typing import TYPE_CHECKING

from autograd.importing import face

if TYPE_CHECKING:
    from autograd.compiling.compiler import Compiled as Compiled
    from autograd.compiling.compiler import compile as compile
    from autograd.compiling.tracing import CannotCompile as CannotCompile

__getattr__, __dir__ = face(
    __name__,
    {
        "CannotCompile": "autograd.compiling.tracing",
        "Compiled": "autograd.compiling.compiler",
        "compile": "autograd.compiling.compiler",
    },
)

__all__ = ["CannotCompile", "Compiled", "compile"]
