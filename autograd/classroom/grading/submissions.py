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

from autograd.languages import Said, say

MOST_FILES, MOST_BYTES = 2000, 100 << 20  # of what is unpacked
LONGEST_FILE = 10 << 20  # bytes of a file that is read to find a class in it
DEFINES = re.compile(rb"^class[ \t]+Value\b", re.MULTILINE)


NO_FILE = Said("there is no file {1} in the submission; it has {0}. Hand in one")
SEVERAL_FILES = Said("there is more than one file {1} in the submission; it has {0}. Hand in one")
NO_CLASS = Said("there is no file with a class Value in the submission; it has {0}. Hand in one")
SEVERAL_CLASSES = Said("there is more than one file with a class Value in the submission; it has {0}. Hand in one")


class SubmissionError(ValueError):
    """What was handed in cannot be checked; the sentence is for the student, in the language that was chosen."""

    def __init__(self, sentence: str, *parts: object) -> None:
        super().__init__(say(sentence, *parts))


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
        raise SubmissionError("{0} is not there. Hand in a Python file", submission.name)
    elif submission.suffix.lower() == ".ipynb":
        raise SubmissionError(
            "{0} is a notebook. Write the class Value to a .py file, and hand that in", submission.name
        )
    else:
        yield submission


def _chosen(folder: Path, called: str) -> Path:
    files = sorted(path for path in _files(folder) if path.suffix in (".py", ".ipynb"))
    programs = [path for path in files if path.suffix == ".py"]
    named = [path for path in programs if path.name == called]
    if called:
        found, none, several = named, NO_FILE, SEVERAL_FILES
    else:
        found, none, several = programs, NO_CLASS, SEVERAL_CLASSES
        if len(found) > 1:
            found = [path for path in programs if _defines(path)]
    if len(found) == 1:
        return found[0]
    if not files:
        raise SubmissionError("there is no Python file in the submission. Hand in the file with your class Value")
    there = ", ".join(str(path.relative_to(folder)) for path in (found or files)[:10])
    if not programs:
        raise SubmissionError(
            "there is only a notebook: {0}. Write the class Value to a .py file, and hand that in", there
        )
    raise SubmissionError(several if found else none, there, called)


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
                    "{0} is too large: at most {1} files and {2} MB are unpacked",
                    archive.name,
                    MOST_FILES,
                    MOST_BYTES >> 20,
                )
            for entry in entries:
                path = PurePosixPath(entry.filename.replace("\\", "/"))
                is_link = stat.S_ISLNK(entry.external_attr >> 16)
                if path.is_absolute() or ".." in path.parts or re.match(r"\w:", entry.filename) or is_link:
                    raise SubmissionError(
                        "{0} has an entry that leads out of it: {1}. Pack it again",
                        archive.name,
                        f"{entry.filename!r:.80}",
                    )
                if entry.flag_bits & 1:
                    raise SubmissionError("{0} has a password. Pack the folder without one", archive.name)
            opened.extractall(folder)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, zlib.error) as error:
        if isinstance(error, SubmissionError):
            raise
        raise SubmissionError(
            "{0} cannot be unpacked: {1}. Pack the folder again, as .zip", archive.name, error
        ) from None
