"""What packages like nn, which build on autograd, need beside the public names: checks, files, compiled programs.

are_all(xs, kinds): whether the type of each thing in a list is one of these.
to_float(x, what): a real number of any type as a float. TypeError, which names `what`, for anything else.
write_whole(path, content): writes bytes to a file completely or not at all.
check_installation(): ImportError if the older package autograd lies over this one, or in its place.
depends_on(owner, name, setting): tells a recording that the function depends on the setting owner.name, as Dropout
    depends on `training`. A compiled function is recorded again when the setting has changed.
arrow_batches(source, names), arrow_columns(batch, names), is_arrow(source), is_on_disk(column): for data larger than
    memory. ROWS: how many rows are read at a time.
missing(names), face(package, places, names): names that people look for in vain in a class or a package, each with what
    to write instead, which their errors say.
cannot_be_done_again(what): raises CannotCompile while a function is compiled that a recording cannot repeat: "random"
    if it draws random numbers, "running" if it changes numbers beside the parameters.

>>> to_float(3, "the width")
3.0
>>> from autograd import Value, compile
>>> class Scaled:
...     def __init__(self):
...         self.doubled = True
...     def __call__(self, x):
...         depends_on(self, "doubled", self.doubled)
...         return x * 2.0 if self.doubled else x * 1.0
>>> scaled = Scaled()
>>> program = compile(lambda x: scaled(x))
>>> x = Value(3.0)
>>> first = program(x).data
>>> scaled.doubled = False
>>> first, program(x).data
(6.0, 3.0)
"""

import errno
import os
from pathlib import Path
from typing import Any

from autograd.compiling.columns import ROWS, arrow_batches, arrow_columns, is_arrow, is_on_disk
from autograd.derivatives import to_float
from autograd.importing import check_installation, face
from autograd.pytorch import missing
from autograd.recording import cannot_be_done_again, depends_on
from autograd.value import engine_name

__all__ = [
    "ROWS",
    "are_all",
    "arrow_batches",
    "arrow_columns",
    "cannot_be_done_again",
    "check_installation",
    "depends_on",
    "face",
    "is_arrow",
    "is_on_disk",
    "missing",
    "to_float",
    "write_whole",
]


def are_all(xs: list[Any], kinds: set[type]) -> bool:
    """Whether the type of each thing in a list is one of these.

    >>> are_all([1.0, 2], {float}), are_all([1.0, 2], {float, int}), are_all([], {float})
    (False, True, True)
    """
    return {*map(type, xs)} <= kinds


def write_whole(path: Path, content: bytes) -> None:
    """Write a file completely or not at all. The old file stays until the new content is complete on the disk.

    Permissions stay, and a link stays a link. A pipe or a device gets the content directly. OSError, which names the
    path, if it cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "a.txt"), b"whole")
    ...     print(Path(folder, "a.txt").read_text())
    whole
    """
    target = Path(os.path.realpath(path))  # what a link points to, not the link
    if target.exists() and not target.is_file():  # a folder refuses
        path.write_bytes(content)
        return
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {target.parent}", str(path))
    beside = target.with_name(f".{os.urandom(8).hex()}.part")
    try:
        with open(beside, "xb") as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        if target.exists():
            beside.chmod(target.stat().st_mode)
        os.replace(beside, target)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from None
    finally:
        beside.unlink(missing_ok=True)


# Where the native engine was built, it answers faster.

if engine_name == "native":
    from autograd.native._engine import hand_over

    are_all = hand_over(are_all)
