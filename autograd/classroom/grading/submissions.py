"""Finds the file with the engine in what a student has handed in: a file, a folder, or a zip archive of these."""

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

MOST_FILES, MOST_BYTES = 2000, 100 << 20  # of what is unpacked
LONGEST_FILE = 10 << 20  # bytes of a file that is read to find a class in it
DEFINES = re.compile(rb"^class[ \t]+Value\b", re.MULTILINE)


class SubmissionError(ValueError):
    """What was handed in cannot be checked; the sentence is for the student."""


@contextmanager
def engine_in(submission: Path, called: str = "") -> Iterator[Path]:
    """The file to check, as long as it is needed.

    submission: a file, a folder or a .zip. called: the name that the file must have in a folder or archive, "" for any.
    SubmissionError if there is no such file, or more than one.
    """
    if submission.is_dir():
        yield _chosen(submission, called)
    elif submission.suffix.lower() == ".zip":
        with TemporaryDirectory(prefix="chalkgrad-", ignore_cleanup_errors=True) as folder:
            _unpack(submission, Path(folder))
            yield _chosen(Path(folder), called)
    elif not submission.is_file():
        raise SubmissionError(f"{submission.name} is not there. Hand in a Python file")
    elif submission.suffix.lower() == ".ipynb":
        raise SubmissionError(f"{submission.name} is a notebook. Write the class Value to a .py file, and hand that in")
    else:
        yield submission


def _chosen(folder: Path, called: str) -> Path:
    files = sorted(path for path in _files(folder) if path.suffix in (".py", ".ipynb"))
    programs = [path for path in files if path.suffix == ".py"]
    named = [path for path in programs if path.name == called]
    if called:
        found, what = named, f"file {called}"
    else:
        found, what = programs, "Python file"
        if len(found) > 1:
            found, what = [path for path in programs if _defines(path)], "file with a class Value"
    if len(found) == 1:
        return found[0]
    if not files:
        raise SubmissionError("there is no Python file in the submission. Hand in the file with your class Value")
    there = ", ".join(str(path.relative_to(folder)) for path in (found or files)[:10])
    if not programs:
        raise SubmissionError(
            f"there is only a notebook: {there}. Write the class Value to a .py file, and hand that in"
        )
    count = "no" if not found else "more than one"
    raise SubmissionError(f"there is {count} {what} in the submission; it has {there}. Hand in one")


def _files(folder: Path) -> Iterator[Path]:
    """The files in a folder and those within it, but not hidden ones, caches and what links lead to."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        for name in names:
            path = Path(place, name)
            if not name.startswith(".") and stat.S_ISREG(path.lstat().st_mode):
                yield path


def _defines(path: Path) -> bool:
    with path.open("rb") as file:
        return bool(DEFINES.search(file.read(LONGEST_FILE)))


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive into a folder and nowhere else. SubmissionError if it would lead out, or is too large."""
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
            if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise SubmissionError(
                    f"{archive.name} is too large: at most {MOST_FILES} files and {MOST_BYTES >> 20} MB are unpacked"
                )
            for entry in entries:
                path = PurePosixPath(entry.filename.replace("\\", "/"))
                is_link = stat.S_ISLNK(entry.external_attr >> 16)
                if path.is_absolute() or ".." in path.parts or re.match(r"\w:", entry.filename) or is_link:
                    raise SubmissionError(
                        f"{archive.name} has an entry that leads out of it: {entry.filename!r:.80}. Pack it again"
                    )
                if entry.flag_bits & 1:
                    raise SubmissionError(f"{archive.name} has a password. Pack the folder without one")
            opened.extractall(folder)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, zlib.error) as error:
        if isinstance(error, SubmissionError):
            raise
        raise SubmissionError(f"{archive.name} cannot be unpacked: {error}. Pack the folder again, as .zip") from None
