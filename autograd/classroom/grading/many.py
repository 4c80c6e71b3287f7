"""Grades what a class has handed in, several submissions side by side; none delays or spoils those of others."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from autograd.classroom.checks.checking import check_file, chosen
from autograd.classroom.checks.facts import Fact, Result
from autograd.classroom.checks.replies import clean
from autograd.classroom.checks.reports import Report
from autograd.classroom.grading.scheme import FILE, Scheme, Score, amount
from autograd.classroom.grading.submissions import engine_in
from autograd.languages import Said, say

FIRST = 2.0  # seconds for a fact in the first round: what takes longer comes again when all others are done
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


@dataclass(frozen=True)
class Graded:
    """A submission, its report and its points, and the report that its student sees."""

    submission: Path
    report: Report
    score: Score
    seen: Report


def grade(
    submissions: Sequence[Path],
    scheme: Scheme,
    *,
    jobs: int = 1,
    timeout: float = 10.0,
    called: str = "",
    told: Callable[[int], None] = lambda done: None,
    **options: Any,
) -> list[Graded]:
    """Check submissions, and give points.

    submissions: files, folders and zip archives. jobs: how many are checked at the same time. timeout: seconds for each
    fact; a submission that does not end within 2 seconds is tried again after all others. called: as in engine_in().
    told: is called with the number of those that are done. options: what check_file() takes.
    Returns them in the order given. Whatever goes wrong with one, its report says so.
    """
    one = partial(graded, scheme=scheme, called=called, **options)
    done: dict[int, Graded] = {}
    waiting = [*range(len(submissions))]
    for seconds in sorted({min(FIRST, timeout), timeout}):
        with ThreadPoolExecutor(jobs) as pool:
            begun = {pool.submit(one, submissions[place], timeout=seconds): place for place in waiting}
            try:
                for future in as_completed(begun):
                    done[begun[future]] = future.result()
                    told(sum(not _has_waited(each.report) or seconds == timeout for each in done.values()))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        waiting = [place for place in waiting if _has_waited(done[place].report)]
    return [done[place] for place in range(len(submissions))]


def graded(submission: Path, scheme: Scheme, called: str = "", **options: Any) -> Graded:
    """One submission. Whatever goes wrong with it is its report."""
    title = clean(submission.name)
    try:
        with engine_in(submission, called) as file:
            report = check_file(file, facts=scheme.facts, **options)
    except Exception as error:
        fact = Fact(Said("it can be checked"), f"chalkgrad check {title}", None)
        said = clean(str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}")
        report = Report(
            title, (Result(FILE, fact, "failed", fact.program, error=said), *_nothing(scheme, options.get("stages")))
        )
    return Graded(submission, report, scheme.score(report), scheme.for_students(report))


def _nothing(scheme: Scheme, stages: Sequence[str] | None) -> Iterator[Result]:
    """All facts of the stages, not yet there: what points there would be."""
    for stage, several in chosen(scheme.facts, stages, "stage").items():
        for fact in several:
            yield Result(stage, fact, "not yet", fact.program, missing=FILE)


def _has_waited(report: Report) -> bool:
    return any(result.error.startswith("TimeLimit") for result in report.results)


def as_csv(several: Iterable[Graded]) -> str:
    """A table with a line for each submission: its points, how many facts hold, the points of each part, what is wrong.

    Text that a spreadsheet would take for a formula is preceded by an apostrophe.
    """
    several = list(several)
    names = list(dict.fromkeys(part.name for each in several for part in each.score.parts))
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(
        ["submission", "checked", "points", "maximum", "hold", "asked", *names, "first failure", "hint"],
    )
    for each in several:
        failed = [result for result in each.report.results if result.status == "failed"]
        points = {name: sum(part.points for part in each.score.parts if part.name == name) for name in names}
        first = [say(failed[0].fact.statement), say(failed[0].hint or failed[0].error)] if failed else ["", ""]
        table.writerow(
            [
                _harmless(str(each.submission)),
                _harmless(each.report.title),
                amount(each.score.points),
                amount(each.score.maximum),
                each.report.counts["passed"],
                each.report.n_asked,
                *(amount(points[name]) for name in names),
                *map(_harmless, first),
            ]
        )
    return written.getvalue()


def _harmless(text: str) -> str:
    text = clean(text)
    return f"'{text}" if text.startswith(FORMULA) else text
