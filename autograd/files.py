"""Writes files so that nothing is lost: after an error the old file is still there."""

import errno
import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all: what was there stays until the new content is complete on the disk.

    Permissions stay, and a link points where it did. A pipe or a device takes the content as it comes. OSError, naming
    the path, where it cannot be written.

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
