"""Recognises an environment where this package and the older package autograd overwrite each other."""

import os.path  # not pathlib, for this is part of every `import autograd`
import sys


def refuse_mixed_installation(folder: str = os.path.dirname(__file__)) -> None:
    """ImportError if the older package autograd is in `folder`, where this one is installed, or in its place.

    Both packages are imported under the name autograd. pip lets the one installed last overwrite the other's
    files, so that neither is whole; or, where this one is installed from its source, the other is found first.
    """
    imported = os.path.dirname(sys.modules["autograd"].__file__ or "")
    if os.path.realpath(imported) != os.path.realpath(folder):
        raise ImportError(
            f"'autograd' was imported from {imported}, which is the older package of that name, not chalkgrad. "
            "Remove it with 'python -m pip uninstall -y autograd', or install chalkgrad in a virtual environment "
            "of its own."
        )
    if all(os.path.exists(os.path.join(folder, name)) for name in ("tracer.py", "wrap_util.py")):
        raise ImportError(
            f"two packages that are both imported as 'autograd' were installed over each other in {folder}: "
            "chalkgrad and the older one, which is also called autograd. Remove both with "
            "'python -m pip uninstall -y autograd chalkgrad' and install chalkgrad again, "
            "in a virtual environment of its own."
        )
