"""Loads the names of a face when somebody asks for them, so a lesson waits only for what it uses."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def face(package: str, places: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The __getattr__ and __dir__ of a package: for each of its later names the module in which it is found.

    >>> later, names = face("autograd", {"draw": "autograd.pictures.drawing"})
    >>> later("draw").__name__
    'draw'
    """

    def __getattr__(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        thing = getattr(import_module(places[name]), name)
        setattr(sys.modules[package], name, thing)
        return thing

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *places})

    return __getattr__, __dir__
