"""Keeps the reports of submissions in a folder, so that what is checked is not checked again."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograd.classroom.checks.facts import Fact, Odd, Result
from autograd.classroom.checks.reports import Report
from autograd.extending import write_whole
from autograd.languages import Said

FORM = "chalkgrad/report/1"


class Kept:
    """The reports of submissions, a file for each in a folder.

    asked: all that decides what is checked beside the submission itself. What was checked otherwise is checked again.
    """

    def __init__(self, folder: Path, asked: Any) -> None:
        self.folder, self.asked = folder, repr(asked)
        folder.mkdir(parents=True, exist_ok=True)

    def read(self, submission: Path) -> Report | None:
        """The report of a submission; None if there is none, or if the submission has changed since."""
        try:
            content = json.loads(self._path(submission).read_text(encoding="utf-8"))
            return report_of(content["report"]) if content["form"] == FORM else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, submission: Path, report: Report) -> None:
        """Keep a report, completely or not at all."""
        content = {"form": FORM, "submission": str(submission), "report": as_plain(report)}
        write_whole(self._path(submission), json.dumps(content).encode())

    def _path(self, submission: Path) -> Path:
        told = hashlib.sha256(f"{self.asked} {submission.name}".encode())
        for name, content in contents(submission):
            told.update(f"{len(name)} {len(content)} {name}".encode(errors="surrogateescape") + content)
        return self.folder / f"{told.hexdigest()[:32]}.json"


def contents(submission: Path) -> Iterator[tuple[str, bytes]]:
    """The names and the bytes of all files of a submission."""
    files = sorted(submission.rglob("*")) if submission.is_dir() else [submission]
    for path in files:
        if path.is_file():
            yield str(path.relative_to(submission)), path.read_bytes()


def as_plain(report: Report) -> dict[str, Any]:
    """A report as JSON has it. Of a fact the mistakes are left out: what they say is the hint."""
    results = []
    for result in report.results:
        fact = {name: _plain(getattr(result.fact, name)) for name in OF_A_FACT}
        results.append({**{name: _plain(getattr(result, name)) for name in OF_A_RESULT}, "fact": fact})
    return {"title": _plain(report.title), "note": _plain(report.note), "results": results}


OF_A_FACT = ("statement", "program", "expected", "tolerance", "optional")
OF_A_RESULT = ("stage", "status", "program", "got", "error", "where", "missing", "hint")


def report_of(content: Mapping[str, Any]) -> Report:
    """The report that as_plain() gave."""
    results = []
    for each in content["results"]:
        fact = Fact(**{name: _from_plain(each["fact"][name]) for name in OF_A_FACT})
        results.append(Result(fact=fact, **{name: _from_plain(each[name]) for name in OF_A_RESULT}))
    return Report(_from_plain(content["title"]), tuple(results), _from_plain(content["note"]))


def _plain(thing: Any) -> Any:
    if isinstance(thing, Said):
        return {"text": thing.text, "parts": [_plain(part) for part in thing.parts]}
    if isinstance(thing, Odd):
        return {"kind": thing.kind, "shown": thing.shown}
    return [_plain(each) for each in thing] if isinstance(thing, (list, tuple)) else thing


def _from_plain(thing: Any) -> Any:
    if isinstance(thing, list):
        return [_from_plain(each) for each in thing]
    if isinstance(thing, dict):
        return Odd(**thing) if "kind" in thing else Said(thing["text"], *map(_from_plain, thing["parts"]))
    return thing
