"""Notices if the older package autograd was installed over this one, or under it, and says what to do.

Both are imported under the name autograd, so in one environment pip writes the files of one over those of the other.
"""

import os.path  # not pathlib, because every `import autograd` runs this
import sys
import warnings

LEFT_OVER = ("tracer.py", "wrap_util.py")  # files that the older package has, and this one has not
AGAIN = "python -m pip install --force-reinstall --no-deps chalkgrad"


def check_installation(folder: str = os.path.dirname(__file__)) -> None:
    """Warn if this package lies over the older one; ImportError if its own face, __init__.py, has been lost.

    folder: where this package is.

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
