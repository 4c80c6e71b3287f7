"""Notices that a file was saved: the lesson, or a module of it.

It looks at the files themselves. A watcher of folders misses what you save before it knows the folder, and it learns of
folders only from a run.
"""

import os
from collections.abc import Iterable
from pathlib import Path

Stamp = tuple[int, int, int]


class Modules:
    """What the files of the modules were like when the lesson ran last."""

    def __init__(self) -> None:
        self._known: dict[str, Stamp | None] = {}
        self._seen: dict[str, Stamp] = {}  # what was there at the last look, and may be half written

    def were_saved(self, paths: Iterable[str], began: float) -> bool:
        """Whether one of these files is another one than for the last run, and has been so at two looks.

        began: when that run began, as time.time() has it. A file that is gone may be about to be written anew.
        """
        found = {path: stamp(path) for path in paths}
        self._known = {path: self._known.get(path, _as_read(each, began)) for path, each in found.items()}
        changed = {path: each for path, each in found.items() if each is not None and each != self._known[path]}
        are_whole = bool(changed) and changed == self._seen
        self._seen = {} if are_whole else changed
        if are_whole:
            self._known.update(changed)
        return are_whole


def stamp(path: str | Path) -> Stamp | None:
    """What changes when a file is saved; None if there is no file."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _as_read(found: Stamp | None, began: float) -> Stamp | None:
    """A file as the run read it that named it first: not what was saved after the run had begun."""
    return found if found is None or found[0] <= began * 1e9 else None
