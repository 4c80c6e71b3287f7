"""Recognises an environment in which this package and the older package autograd lie on top of each other."""

from pathlib import Path


def refuse_mixed_installation(folder: Path = Path(__file__).parent) -> None:
    """ImportError if files of the older package autograd are in `folder`, where this package is installed.

    Both packages are imported under the name autograd. pip lets the one installed last overwrite the other's
    files, so that neither is whole.
    """
    if (folder / "tracer.py").exists() and (folder / "wrap_util.py").exists():
        raise ImportError(
            f"two packages that are both imported as 'autograd' were installed over each other in {folder}: "
            "chalkgrad and the older one, which is also called autograd. Remove both with "
            "'python -m pip uninstall -y autograd chalkgrad' and install chalkgrad again, "
            "in a virtual environment of its own."
        )
