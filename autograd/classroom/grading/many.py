"""Grades what a class has handed in, several submissions side by side; none delays or spoils those of others."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from autograd.classroom.checks.checking import check_file, chosen
from autograd.classroom.checks.facts import Fact, Result
from autograd.classroom.checks.replies import clean
from autograd.classroom.checks.reports import Report
from autograd.classroom.grading.kept import Kept, contents
from autograd.classroom.grading.scheme import FILE, Scheme, Score, amount
from autograd.classroom.grading.submissions import engine_in
from autograd.languages import Said, say

UNREADABLE = Said("it can be checked")  # the fact that fails where nothing else could be found out
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
    keep: Path | None = None,
    executor: Executor | None = None,
    **options: Any,
) -> list[Graded]:
    """Check submissions, and give points.

    submissions: files, folders and zip archives. jobs: how many are checked at the same time. timeout: seconds for each
    fact; a submission that does not end within 2 seconds is tried again after all others. called: as in engine_in().
    told: is called with the number of those that are done. keep: a folder, in which each report is kept at once; what
    is there already is not checked again. executor: who checks in the place of `jobs` threads here, with the interface
    of concurrent.futures, also on other machines. options: what check_file() takes.
    Returns them in the order given. Whatever goes wrong with one, its report says so.
    """
    one = partial(graded if executor is None else sent, scheme=scheme, called=called, **options)
    done: dict[int, Graded] = {}
    kept = None if keep is None else Kept(keep, (scheme.facts, called, timeout, options))
    for place, submission in enumerate(submissions):
        report = kept and kept.read(submission)
        if report:
            done[place] = Graded(submission, report, scheme.score(report), scheme.for_students(report))
    if done:
        told(len(done))
    waiting = [place for place in range(len(submissions)) if place not in done]
    for seconds in sorted({min(FIRST, timeout), timeout}):
        with ThreadPoolExecutor(jobs) if executor is None else nullcontext(executor) as pool:
            begin = partial(_begin, pool, one, executor is not None, seconds)
            begun = {begin(submissions[place]): place for place in waiting}
            try:
                for future in as_completed(begun):
                    place = begun[future]
                    try:
                        found = future.result()
                    except (BrokenExecutor, CancelledError):
                        raise
                    except Exception:  # graded() raises nothing: it came of a worker that died, and may not come again
                        found = begin(submissions[place]).result()
                    done[place] = replace(found, submission=submissions[place])
                    is_final = seconds == timeout or not _has_waited(done[place].report)
                    if kept is not None and is_final and done[place].report.results[0].fact.statement != UNREADABLE:
                        kept.write(submissions[place], done[place].report)
                    told(sum(not _has_waited(each.report) or seconds == timeout for each in done.values()))
            except BaseException:
                for future in begun:
                    future.cancel()
                raise
        waiting = [place for place in waiting if _has_waited(done[place].report)]
    return [done[place] for place in range(len(submissions))]


def _begin(pool: Executor, one: Callable[..., Graded], elsewhere: bool, seconds: float, path: Path) -> Future[Graded]:
    return pool.submit(one, as_sent(path) if elsewhere else path, timeout=seconds)


Sent = tuple[str, bool, list[tuple[str, bytes]]]  # the name of a submission, whether it is a folder, and its files


def as_sent(submission: Path) -> Sent:
    """A submission as it goes to another machine."""
    return submission.name, submission.is_dir(), list(contents(submission))


def sent(submission: Sent, scheme: Scheme, called: str = "", **options: Any) -> Graded:
    """One submission that came from another machine."""
    name, is_folder, files = submission
    with TemporaryDirectory(prefix="chalkgrad-", ignore_cleanup_errors=True) as folder:
        path = Path(folder, name)
        if is_folder:
            path.mkdir()
        for inside, content in files:
            (path / inside).parent.mkdir(parents=True, exist_ok=True)
            (path / inside).write_bytes(content)
        return graded(path, scheme, called, **options)


def graded(submission: Path, scheme: Scheme, called: str = "", **options: Any) -> Graded:
    """One submission. Whatever goes wrong with it is its report."""
    title = clean(submission.name)
    try:
        with engine_in(submission, called) as file:
            report = check_file(file, facts=scheme.facts, **options)
    except Exception as error:
        fact = Fact(UNREADABLE, f"chalkgrad check {title}", None)
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
