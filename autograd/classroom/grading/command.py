"""python -m autograd check: its arguments, and what it does."""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager
from dataclasses import replace
from glob import glob
from math import inf
from pathlib import Path
from typing import Any

from autograd.classroom.checks.engine_facts import ENGINE, LIKE
from autograd.classroom.checks.replies import clean
from autograd.classroom.checks.reports import as_json, as_junit, save
from autograd.classroom.grading import classroom50, gradescope, otter
from autograd.classroom.grading.many import Graded, as_csv, grade
from autograd.classroom.grading.progress import Progress
from autograd.classroom.grading.scheme import Scheme, read
from autograd.extending import write_whole
from autograd.languages import chosen, say

FAILED = 1  # the exit status if a fact does not hold
TO_GRADERS = {"gradescope": gradescope.results, "classroom50": classroom50.result}

EPILOG = f"""\
examples:
  python -m autograd check my_engine.py
  python -m autograd check my_engine.py --stage backward --stage reuse
  python -m autograd check handed_in/* --points points.toml --jobs 2 --csv grades.csv --reports reports
  python -m autograd check --gradescope autograder.zip --points points.toml

You can name files, folders and zip archives. A file runs in its own process, and each fact in a copy of it. --timeout
limits the time of each fact.
stages: {", ".join(ENGINE)}
exit status: 0 if all facts hold, 1 if not, 2 if the command is wrong
"""


class MisuseError(ValueError):
    """Arguments that do not fit together, where argparse cannot know it."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("files", metavar="FILE", nargs="*", type=_existing, help="a student's file, folder or zip: my_engine.py")
    add(
        "--stage",
        dest="stages",
        metavar="STAGE",
        action="append",
        help="check only this stage; may be repeated",
    )
    add("--like", default="", choices=list(LIKE), help="check only what this engine promises")
    add("--list", action="store_true", help="list the stages and their facts, and check nothing")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const=as_json, help="print JSON instead of text")
    form.add_argument("--junit", dest="form", action="store_const", const=as_junit, help="print JUnit XML instead")
    form.add_argument(
        "--results", choices=list(TO_GRADERS), help="print one submission's result for this grader instead of text"
    )
    add("-o", dest="file", metavar="FILE", help="also write the report to a .json, .xml, .html or .txt file")
    add("--class", dest="class_name", default="", metavar="NAME", help="the name of the class (default: Value)")
    add("--timeout", type=_seconds, default=10.0, metavar="SECONDS", help="the time for each fact (default: 10)")
    grading = parser.add_argument_group("grade a class")
    grading.add_argument("--points", metavar="FILE", help="a TOML file: what gives points, and facts of your own")
    grading.add_argument("--csv", metavar="FILE", help="write a table with the points of each submission")
    grading.add_argument("--reports", metavar="FOLDER", help="write a report for each student, without hidden facts")
    grading.add_argument("--jobs", type=_count, default=1, metavar="N", help="check N files side by side (default: 1)")
    grading.add_argument(
        "--keep", metavar="FOLDER", help="keep each report there, and check only what is not there yet"
    )
    grading.add_argument(
        "--cluster", metavar="ADDRESS", help="check on the workers of a Dask scheduler: tcp://host:8786"
    )
    grading.add_argument("--called", default="", metavar="NAME", help="the file to look for in folders and archives")
    grading.add_argument("--gradescope", metavar="ZIP", help="write the autograder for Gradescope, and check nothing")
    grading.add_argument("--otter", metavar="FOLDER", help="write the test files for Otter-Grader, and check nothing")


def _existing(path: str) -> str:
    path = path[1:] if path.startswith(" -") else path  # marked so that it is not taken for an option
    if not (os.path.exists(path) or glob(path)):
        raise ArgumentTypeError(f"there is no file {path!r}")
    return path


def _expanded(file: str) -> list[str]:
    """The files that a pattern such as handed_in/* stands for, which the shells of Windows leave as it is."""
    return [file] if os.path.exists(file) else sorted(glob(file))


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < inf:
        raise ArgumentTypeError("the number of seconds must be above 0")
    return seconds


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 1000:
        raise ArgumentTypeError("the number must be from 1 to 1000")
    return count


def check(arguments: Namespace) -> int:
    """Check the files, and report as the arguments say. MisuseError if the arguments do not fit together."""
    scheme = read(arguments.points) if arguments.points else Scheme()
    for stage in arguments.stages or ():
        if stage not in scheme.facts:
            raise MisuseError(f"there is no stage {stage!r}; there are {', '.join(scheme.facts)}")
    if arguments.list:
        for stage in arguments.stages or scheme.facts:
            print(stage, *(f"  {fact.statement}" for fact in scheme.facts[stage]), sep="\n")
        return 0
    if arguments.gradescope:
        points = Path(arguments.points).read_bytes() if arguments.points else None
        write_whole(Path(arguments.gradescope), gradescope.archive(_options(arguments), points))
        print(say("Upload {0} to Gradescope: Configure Autograder, Zip file upload.", arguments.gradescope))
        return 0
    if arguments.otter:
        _write_tests(scheme, arguments)
        return 0
    if not arguments.files:
        raise MisuseError("name the file to check, for example my_engine.py; for more: python -m autograd check --help")
    if sys.platform == "emscripten":
        raise RuntimeError("a file is checked in its own process, and a browser has no processes: use check(Value)")
    submissions = [Path(each) for file in arguments.files for each in _expanded(file)]
    if arguments.results and len(submissions) > 1:
        raise MisuseError(f"--results {arguments.results} is for one submission, and you named {len(submissions)}")
    with _cluster(arguments.cluster) as executor:
        several = grade(
            submissions,
            scheme,
            jobs=arguments.jobs,
            timeout=arguments.timeout,
            called=arguments.called,
            told=Progress(len(submissions), sys.stderr),
            keep=Path(arguments.keep) if arguments.keep else None,
            executor=executor,
            class_name=arguments.class_name,
            stages=arguments.stages,
            like=arguments.like,
        )
    _tell(several, arguments)
    return 0 if all(graded.report.passed for graded in several) else FAILED


@contextmanager
def _cluster(address: str | None) -> Iterator[Executor | None]:
    """The workers of a Dask scheduler; None without an address. MisuseError if it does not answer."""
    if address is None:
        yield None
        return
    try:
        from distributed import Client, KilledWorker
    except ModuleNotFoundError:
        raise MisuseError(
            '--cluster needs Dask, which is not installed: python -m pip install "chalkgrad[cluster]"'
        ) from None
    connect: Any = Client
    try:
        client = connect(address, timeout=20)
    except (OSError, ValueError) as error:
        raise MisuseError(f"no Dask scheduler answers at {address}: begin one with: dask scheduler ({error})") from None
    with client:
        try:
            yield client.get_executor()
        except (CancelledError, KilledWorker) as error:
            raise RuntimeError(
                f"the cluster at {address} lost what it was checking ({type(error).__name__}). What is done is in the "
                "folder of --keep, if you named one: the same command goes on from there"
            ) from error


def _write_tests(scheme: Scheme, arguments: Namespace) -> None:
    folder = Path(arguments.otter)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in otter.test_files(scheme, arguments.class_name).items():
        write_whole(folder / name, text.encode())
    print(say("Generate the autograder with: {0}", f"otter generate -t {arguments.otter}"))


def _options(arguments: Namespace) -> list[str]:
    """The given options that say what is checked."""
    options = [f"--stage={stage}" for stage in arguments.stages or ()]
    names = {"like": arguments.like, "class": arguments.class_name, "called": arguments.called}
    names["language"] = chosen()
    options += [f"--{name}={given}" for name, given in names.items() if given]
    return [*options, f"--timeout={arguments.timeout:g}"]


def _tell(several: Sequence[Graded], arguments: Namespace) -> None:
    reports = [graded.report for graded in several]
    if arguments.results:
        told = TO_GRADERS[arguments.results](several[0])
        if arguments.file is not None:
            write_whole(Path(arguments.file), told.encode())
            return
        print(told, end="")
    elif arguments.form:
        print(arguments.form(reports))
    elif arguments.csv or arguments.reports:
        for graded in several:
            print(f"{clean(str(graded.submission))}: {graded.score}. {graded.report.headline}")
    else:
        texts = [f"{graded.report}\n\n{graded.score}" if arguments.points else str(graded.report) for graded in several]
        print("\n\n".join(texts))
    if arguments.file is not None:
        save(reports, arguments.file)
    if arguments.csv:
        write_whole(Path(arguments.csv), as_csv(several).encode("utf-8-sig"))  # its mark says UTF-8 to spreadsheets
    if arguments.reports:
        _write_reports(several, Path(arguments.reports), arguments.points is not None)


def _write_reports(several: Sequence[Graded], folder: Path, with_points: bool) -> None:
    """A page for each student, with the name of the submission, and of its folder if the folders differ."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [graded.submission.absolute() for graded in several]
    shared = os.path.commonpath([path.parent for path in paths])
    for graded, path in zip(several, paths):
        name = "-".join(path.relative_to(shared).with_suffix("").parts)
        notes = [str(graded.score)] * with_points + [say(graded.seen.note)] * bool(graded.seen.note)
        replace(graded.seen, note=". ".join(notes)).save(folder / f"{name}.html")
