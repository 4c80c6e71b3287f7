"""The teacher's file: the points that facts give, those that students do not see, and facts of the teacher's own."""

import ast
import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Any

from autograd.classroom.checks.engine_facts import ENGINE
from autograd.classroom.checks.facts import Fact, Facts, Result
from autograd.classroom.checks.reports import Report
from autograd.languages import say

FILE = "file"  # the stage of the one fact that the file runs and has the class
ALL = "all facts"
OWN_STAGE = "your own"  # of a fact for which the teacher names none
POINTS = 100.0  # for all facts, if the teacher says nothing else
OF_A_FACT = {"stage", "statement", "program", "expected", "mistakes", "tolerance", "points", "hidden"}
OF_A_MISTAKE = {"gives", "error", "hint"}


@dataclass(frozen=True)
class Part:
    """Some facts that give points together.

    name: of the stage, of the fact, or ALL. maximum: the points if all of them hold. results: what became of them.
    hidden: whether the student is not to see them.
    """

    name: str
    maximum: float
    results: tuple[Result, ...]
    hidden: bool = False

    @property
    def points(self) -> float:
        """The maximum times the share that holds of those about what is offered."""
        return Report(self.name, self.results).points(self.maximum)


@dataclass(frozen=True)
class Score:
    """The points that a report gives, part by part."""

    parts: tuple[Part, ...]

    @property
    def points(self) -> float:
        """All of them."""
        return math.fsum(part.points for part in self.parts)

    @property
    def maximum(self) -> float:
        """The points if everything holds."""
        return math.fsum(part.maximum for part in self.parts)

    def __str__(self) -> str:
        return say("{0} of {1} points", amount(self.points), amount(self.maximum))


@dataclass(frozen=True)
class Scheme:
    """How a teacher grades.

    points: the points of a stage, or of a fact, by its name; if empty, all facts together give POINTS.
    own: the teacher's own facts, by their stage. hidden: the statements of facts that students do not see. entries: the
    facts of the teacher's own as they stand in the file, by their statements.

    >>> print(Scheme({"data": 2.0}).score(Report("nothing", ())))
    0 of 0 points
    """

    points: Mapping[str, float] = field(default_factory=dict)
    own: Facts = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    entries: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        """All facts, by their stage: those of an engine, and the teacher's own."""
        stages = dict.fromkeys([*ENGINE, *self.own])
        return {stage: [*ENGINE.get(stage, ()), *self.own.get(stage, ())] for stage in stages}

    def score(self, report: Report) -> Score:
        """The points of a report about these facts.

        A stage shares its points equally among its facts, but for those that have points of their own. What need not be
        offered, and is not, is left out of that. The facts that students do not see are parts of their own.
        """
        groups: dict[tuple[str, bool], list[Result]] = {}
        for result in report.results:
            groups.setdefault((self._key(result), result.fact.statement in self.hidden), []).append(result)
        of_key = {key: sum(len(group) for (each, _), group in groups.items() if each == key) for key, _ in groups}
        points = self.points or {ALL: POINTS}
        return Score(
            tuple(
                Part(key, points[key] * len(group) / of_key[key], tuple(group), hidden)
                for (key, hidden), group in groups.items()
                if points.get(key)
            )
        )

    def _key(self, result: Result) -> str:
        if not self.points:
            return FILE if result.stage == FILE else ALL
        statement = result.fact.statement
        return statement if statement in self.points else result.stage

    def for_students(self, report: Report) -> Report:
        """The report without what students do not see."""
        seen = tuple(result for result in report.results if result.fact.statement not in self.hidden)
        return Report(report.title, seen, report.note)


def amount(points: float) -> str:
    """Points as they are shown, with two decimals at most.

    >>> amount(12.0), amount(2 / 3)
    ('12', '0.67')
    """
    return f"{points:.2f}".rstrip("0").rstrip(".")


def read(path: str | PathLike[str]) -> Scheme:
    """Read the teacher's TOML file.

    path: the file. It has a table [points], and a [[fact]] for each fact of the teacher's own; either may be missing.
    ValueError with a sentence if it cannot be read, or if something in it is not understood.
    """
    name = Path(path).name
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
        content = tomllib.loads(text)
    except OSError as error:
        raise ValueError(f"cannot read the points in {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{name} is not text in UTF-8. Save it as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"{name} is not TOML: {error}") from None
    try:
        return understood(content)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def understood(content: Mapping[str, Any]) -> Scheme:
    """The scheme that a teacher's file describes. ValueError as read() has it."""
    _only(content, {"points", "fact"}, "there is")
    entries = content.get("fact", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("a fact is written below a line [[fact]], with two brackets on each side")
    own: dict[str, list[Fact]] = {}
    points: dict[str, float] = {}
    hidden: set[str] = set()
    known = {fact.statement for several in ENGINE.values() for fact in several}
    for number, entry in enumerate(entries, 1):
        where = f"fact {number}"
        stage, fact = _stage(entry, where), _fact(entry, where)
        if fact.statement in known:
            raise ValueError(f"{where}: there is a fact {fact.statement!r} already. Give it another statement")
        known.add(fact.statement)
        own.setdefault(stage, []).append(fact)
        if "points" in entry:
            points[fact.statement] = _points(entry["points"], where)
        if _typed(entry, "hidden", bool, where, False):
            hidden.add(fact.statement)
    given = content.get("points", {})
    if not isinstance(given, dict):
        raise ValueError("points are a table: a line [points], and below it lines such as backward = 20")
    names = [FILE, *ENGINE, *own, *known]
    for key, each in given.items():
        if key not in names:
            near = get_close_matches(key, names, 1, 0.0)[0]
            raise ValueError(
                f"[points]: there is no stage and no fact {key!r}. Perhaps you mean {near!r}; "
                "python -m autograd check --list shows all"
            )
        if key in points:
            raise ValueError(f"the fact {key!r} has points twice: below [points], and below its [[fact]]")
        points[key] = _points(each, f"[points] {key!r}")
    for number, entry in enumerate(entries, 1):
        if points and not {entry["statement"], entry.get("stage", OWN_STAGE)} & {*points}:
            raise ValueError(
                f"fact {number} {entry['statement']!r} has no points. Write points = 1 below it, or give points to its "
                "stage. Write 0 if it is only to be told"
            )
    if points and not any(points.values()):
        raise ValueError("all points are 0. Give some stage or fact more")
    return Scheme(points, own, frozenset(hidden), {entry["statement"]: entry for entry in entries})


def _stage(entry: Mapping[str, Any], where: str) -> str:
    stage: str = _typed(entry, "stage", str, where, OWN_STAGE)
    if not stage.strip() or stage == FILE:
        raise ValueError(f"{where}: stage is {stage!r}. Give the name of a stage, or a new one")
    return stage


def _fact(entry: Mapping[str, Any], where: str) -> Fact:
    _only(entry, OF_A_FACT, f"{where}: there is")
    for name in ("statement", "program", "expected"):
        if name not in entry:
            raise ValueError(f"{where} has no {name}. A fact has a statement, a program and what is expected")
    statement = _typed(entry, "statement", str, where)
    fact = Fact(
        statement,
        _typed(entry, "program", str, where),
        _plain(entry["expected"], f"{where}: expected"),
        dict(_mistakes(entry.get("mistakes", []), where)),
        _points(entry.get("tolerance", 1e-9), f"{where}: tolerance"),
    )
    try:
        body = ast.parse(fact.program).body
    except SyntaxError as error:
        raise ValueError(f"{where}: the program is not Python, line {error.lineno}: {error.msg}") from None
    if not (statement.strip() and body and isinstance(body[-1], ast.Expr)):
        raise ValueError(f"{where}: the last line of the program must be an expression, such as a.grad; it is compared")
    return fact


def _mistakes(given: Any, where: str) -> Iterator[tuple[Any, str]]:
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise ValueError(f"{where}: mistakes are a list such as [{{ gives = 1.0, hint = 'Write += for =.' }}]")
    for each in given:
        _only(each, OF_A_MISTAKE, f"{where}: a mistake has")
        if ("gives" in each) == ("error" in each) or not isinstance(each.get("hint"), str):
            raise ValueError(f"{where}: a mistake has a hint, and either what it gives or a part of its error")
        if "error" in each:
            pattern = _typed(each, "error", str, where)
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{where}: error {pattern!r:.60} is no regular expression: {error}") from None
            yield pattern, each["hint"]
        else:
            gives = _plain(each["gives"], f"{where}: gives")
            if isinstance(gives, str):
                raise ValueError(f"{where}: what a mistake gives is a number, true, false or a list of such")
            yield gives, each["hint"]


def _plain(thing: Any, where: str) -> Any:
    """A number, bool, text, or tuple of such."""
    if isinstance(thing, list):
        return tuple(_plain(each, where) for each in thing)
    if isinstance(thing, (bool, int, float, str)):
        return thing
    raise ValueError(f"{where} is a number, true, false, a text or a list of such, not {thing!r:.60}")


def _points(thing: Any, where: str) -> float:
    if isinstance(thing, bool) or not isinstance(thing, (int, float)) or not 0 <= thing < math.inf:
        raise ValueError(f"{where}: expected a number from 0 on, got {thing!r:.60}")
    return float(thing)


def _typed(entry: Mapping[str, Any], name: str, kind: type, where: str, otherwise: Any = "") -> Any:
    thing = entry.get(name, otherwise)
    if not isinstance(thing, kind):
        written = {str: "text in quotation marks", bool: "true or false"}[kind]
        raise ValueError(f"{where}: {name} is {written}, not {thing!r:.60}")
    return thing


def _only(entry: Mapping[str, Any], names: "set[str]", there_is: str) -> None:
    unknown: Sequence[str] = [name for name in entry if name not in names]
    if unknown:
        raise ValueError(f"{there_is} no {unknown[0]!r}, only {', '.join(sorted(names))}")
