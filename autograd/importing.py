"""Guards and speeds up every import of autograd.

It imports nothing from the working folder. It notices if the older package autograd was installed over this one, or
under it. It loads the names of a face when somebody asks for them. The package imports this module before all else.
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

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

LEFT_OVER = ("tracer.py", "wrap_util.py")  # files that the older package has, and this one has not
AGAIN = "python -m pip install --force-reinstall --no-deps chalkgrad"


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
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(f"{message}: {missing[name]}", name="") if name in missing else AttributeError(message)
        thing = getattr(import_module(places[name]), name)
        setattr(sys.modules[package], name, thing)
        return thing

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *places})

    return __getattr__, __dir__


def check_installation(folder: str = os.path.dirname(__file__)) -> None:
    """Warn if this package lies over the older one; ImportError if its own face, __init__.py, has been lost.

    Both are imported under the name autograd, so in one environment pip writes the files of one over those of the
    other. folder: where this package is.

    - This package was installed last: it works, and the older one does not. A warning says so.
    - The older package was installed last: its face answers, and has no Value.
    - The older package was then removed: pip took the face with it, because both packages have a file of that name.
    - This package is used from its source, and the older one is found first.
    """
    face = sys.modules["autograd"]
    place = os.path.dirname(face.__file__) if face.__file__ else folder
    if os.path.realpath(place) != os.path.realpath(folder):
        raise ImportError(
            f"'autograd' was imported from {place}, which is the older package of that name, not chalkgrad. "
            "Remove it: python -m pip uninstall -y autograd"
        )
    if not hasattr(face, "Value"):
        what = "wrote over" if face.__file__ else "took along, as it was removed,"
        raise ImportError(
            "the older package autograd, which has the same import name as chalkgrad, "
            f"{what} a file of chalkgrad: {os.path.join(folder, '__init__.py')}. Install chalkgrad again, "
            f"and restart Python: {AGAIN}"
        )
    if all(os.path.exists(os.path.join(folder, name)) for name in LEFT_OVER):
        warnings.warn(
            "chalkgrad now answers to the name autograd. The older package autograd is installed too, and programs "
            "written for it, which import autograd.numpy, do not work here. To have it back: "
            "python -m pip uninstall -y chalkgrad autograd && python -m pip install autograd",
            stacklevel=3,  # what imports autograd
        )
