"""Guards and speeds up every import of autograd.

It imports nothing from the working folder. It loads the names of a face when somebody asks for them. The package
imports this module before all else.
"""

import os.path  # not pathlib, because every `import autograd` runs this
import sys

OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def leave_the_working_folder() -> None:
    """Take the working folder from the folders that `python -m autograd` imports from.

    Python puts it first. A student's random.py in it would take the place of Python's. The folder stays if this
    package itself was found there.
    """
    called = next((name for flag, name in zip(sys.orig_argv, sys.orig_argv[1:]) if flag == "-m"), "")
    is_ours = called == "autograd" or called.startswith("autograd.")
    if is_ours and not sys.flags.safe_path and sys.path[:1] not in ([OWN], []):
        del sys.path[0]


leave_the_working_folder()

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any


def face(
    package: str, places: Mapping[str, str], missing: Mapping[str, str] = MappingProxyType({})
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The __getattr__ and __dir__ of a package.

    places: the module of each name that is loaded late.
    missing: names that people look for here in vain, and for each what to write instead.

    >>> later, names = face("autograd", {"draw": "autograd.pictures.drawing"})
    >>> later("draw").__name__
    'draw'
    """

    def __getattr__(name: str) -> Any:
        if name not in places:
            instead = f": {missing[name]}" if name in missing else ""
            raise AttributeError(f"module {package!r} has no attribute {name!r}{instead}")
        thing = getattr(import_module(places[name]), name)
        setattr(sys.modules[package], name, thing)
        return thing

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *places})

    return __getattr__, __dir__
