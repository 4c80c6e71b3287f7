"""The report of a check: text, HTML for a notebook, JSON and JUnit XML for graders."""

import html
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from textwrap import indent, wrap
from typing import Any

from autograd.classroom.checks.facts import NO_ANSWER, Result
from autograd.languages import ENGLISH, chosen, say
from autograd.pictures.pages import page
from autograd.pictures.rendering import printable, write

MARKS = {"passed": "✓", "failed": "✗", "not yet": "·", "not offered": "○"}
IN_FULL = 5  # failed facts that are told in full, if each has a hint of its own
IN_BRIEF = 20  # that are named
WIDTH = 100  # characters of a line of text
STAGE = 15  # characters of the longest English name of a stage
NOT_ANSWERED = "not yet answered. Write your answer where ... stands. A function must return it."


@dataclass(frozen=True)
class Report:
    """What became of each fact that was checked. check() returns it.

    title: what was checked.
    results: a Result for each fact, in their order.
    note: a sentence about all of them, or "".

    str() of it is the text. A notebook shows it as a table. .save("report.json") writes it for graders.
    """

    title: str
    results: tuple[Result, ...]
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether every fact holds, but for what is not offered and need not be."""
        return self.counts["passed"] == self.n_asked

    @cached_property
    def counts(self) -> "Counter[str]":
        """How many facts "passed", "failed", are "not yet" reached, or about something that is "not offered"."""
        return Counter(result.status for result in self.results)

    @property
    def n_asked(self) -> int:
        """How many facts there are about what is offered."""
        return len(self.results) - self.counts["not offered"]

    def points(self, maximum: float) -> float:
        """The points of `maximum` that the facts which hold are worth, each the same. 0.0 if nothing is offered."""
        return maximum * (self.counts["passed"] / self.n_asked) if self.n_asked else 0.0

    @property
    def headline(self) -> str:
        """The counts in a sentence."""
        n, counts = self.n_asked, self.counts
        title = say(self.title)
        if self.passed:
            return f"{title}: {say('the fact holds') if n == 1 else say('all {0} facts hold', n)}"
        if all(result.missing == NO_ANSWER for result in self.results):
            return f"{title}: {say(NOT_ANSWERED)}"
        others = [f"{counts[status]} {say(status)}" for status in ("failed", "not yet") if counts[status]]
        return f"{title}: {say('{0} of {1} facts hold', counts['passed'], n)}, {', '.join(others)}"

    @property
    def stages(self) -> "dict[str, list[Result]]":
        """The results of each stage, but for stages of which nothing is offered."""
        stages: dict[str, list[Result]] = {}
        for result in self.results:
            stages.setdefault(result.stage, []).append(result)
        return {stage: results for stage, results in stages.items() if _worst(results) != "not offered"}

    def __str__(self) -> str:
        lines = [self.headline]
        lines += ["", *wrap(say(self.note), WIDTH)] if self.note else []
        if len(self.stages) > 1:
            width = max(STAGE, *(len(say(stage)) for stage in self.stages))
            lines += ["", *(_stage_as_text(stage, results, width) for stage, results in self.stages.items())]
        full, brief = _told_in_full(self.results)
        for result in full:
            lines += ["", as_text(result)]
        if brief:
            lines += ["", say("These failed too, for the same reason or because of the facts above:")]
            lines += [f"  ✗ {_whole_name(result)}" for result in brief[:IN_BRIEF]]
            lines += [f"  {say('… and {0} more', len(brief) - IN_BRIEF)}"] if len(brief) > IN_BRIEF else []
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        stages = "".join(_stage_as_html(stage, results) for stage, results in self.stages.items())
        note = f"<p>{_escaped(say(self.note))}</p>" if self.note else ""
        return f'<div class="chalkgrad-check">{STYLE}<p><b>{_escaped(self.headline)}</b></p>{note}{stages}</div>'

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it; what was expected and what came as Python writes them.

        What programs read is in English, hints are in the language that was chosen.
        """
        facts = [
            {
                "stage": result.stage,
                "statement": result.fact.statement,
                "status": result.status,
                "program": result.program,
                **dict(details(result)),
                **({"missing": result.missing} if result.missing else {}),
            }
            for result in self.results
        ]
        counts = {status.replace(" ", "_"): self.counts[status] for status in MARKS}
        note = {"note": self.note} if self.note else {}
        return {"title": self.title, **note, "total": len(self.results), **counts, "facts": facts}

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the report to a file, as its ending says: .txt, .json, .xml for JUnit, or .html.

        Returns the path. ValueError for another ending.
        """
        return save([self], path)


def save(reports: Sequence[Report], path: str | PathLike[str]) -> Path:
    """Write several reports to one file, as Report.save() does one."""
    path = Path(path)
    contents: dict[str, Callable[[], str | bytes]] = {
        ".txt": lambda: "\n\n".join(map(str, reports)) + "\n",
        ".json": lambda: as_json(reports),
        ".xml": lambda: as_junit(reports),
        ".html": lambda: page(
            "plain.html",
            language=chosen() or ENGLISH,
            title=say("facts"),
            content="".join(report._repr_html_() for report in reports),
        ),
    }
    write(path, contents, "a report")
    return path


def as_json(reports: Sequence[Report]) -> str:
    """A JSON list of the reports."""
    return json.dumps([report.to_dict() for report in reports], indent=1, ensure_ascii=False) + "\n"


def as_junit(reports: Sequence[Report]) -> str:
    """JUnit XML: a test suite for each report, a test case for each fact; "not yet" is skipped."""
    from xml.etree import ElementTree  # here, for nothing else needs it

    root = ElementTree.Element("testsuites")
    for report in reports:
        counts = {"tests": len(report.results), "failures": report.counts["failed"], "errors": 0}
        counts["skipped"] = report.counts["not yet"] + report.counts["not offered"]
        named = {"name": printable(report.title), **{name: str(count) for name, count in counts.items()}}
        suite = ElementTree.SubElement(root, "testsuite", named)
        for result in report.results:
            case = ElementTree.SubElement(suite, "testcase", classname=result.stage, name=result.fact.statement)
            if result.status == "failed":
                failure = ElementTree.SubElement(
                    case, "failure", message=printable(say(result.hint or "not as expected"))
                )
                said = "\n".join(f"{name}: {text}" for name, text in details(result))
                failure.text = printable(f"{result.program}\n\n{said}")
            elif result.status == "not yet":
                ElementTree.SubElement(case, "skipped", message=not_yet(result.missing))
            elif result.status == "not offered":
                ElementTree.SubElement(case, "skipped", message=say("not offered, and need not be"))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def as_text(result: Result) -> str:
    """A fact that failed, in full."""
    lines = [f"✗ {_whole_name(result)}", "", indent(result.program, "      "), ""]
    for name, text in details(result):
        lines += wrap(text, WIDTH, initial_indent=f"  {say(name):9}", subsequent_indent=" " * 11)
    return "\n".join(lines)


def details(result: Result) -> list[tuple[str, str]]:
    """What is said of a fact that failed: pairs of what it is, "expected", "got", "at" and "hint", and the text."""
    if result.status != "failed":
        return []
    is_told = result.stage != "file" and not result.fact.is_found_by_hand
    said = [("expected", repr(result.fact.expected))] if is_told else []
    said.append(("got", printable(say(result.error) or repr(result.got))))
    if result.where:
        said.append(("at", printable(re.sub(r"\bline (?=\d+: )", f"{say('line')} ", result.where, count=1))))
    return [*said, ("hint", say(result.hint))] if result.hint else said


def not_yet(missing: str) -> str:
    """The sentence that something is not there yet."""
    return say("not yet there: {0}", missing)


def _whole_name(result: Result) -> str:
    return f"{say(result.stage)}: {say(result.fact.statement)}"


def _told_in_full(results: Sequence[Result]) -> tuple[list[Result], list[Result]]:
    """The failed facts: those to be told in full, and the rest."""
    full: list[Result] = []
    brief: list[Result] = []
    for result in results:
        if result.status == "failed":
            said = [other.hint for other in full]
            again = result.hint in said or (said and not result.hint)
            (brief if again or len(full) == IN_FULL else full).append(result)
    return full, brief


def _worst(results: Sequence[Result]) -> str:
    statuses = {result.status for result in results}
    return next(status for status in ("failed", "not yet", "passed", "not offered") if status in statuses)


def _stage_as_text(stage: str, results: Sequence[Result], width: int) -> str:
    missing = list(dict.fromkeys(result.missing for result in results if result.missing))
    rest = f"   {not_yet(', '.join(map(say, missing)))}" if missing else ""
    return f"  {MARKS[_worst(results)]} {say(stage):{width}} {_held(results)}{rest}"


def _held(results: Sequence[Result]) -> str:
    """How many facts hold of those about what is offered."""
    statuses = Counter(result.status for result in results)
    return say("{0:2} of {1:2}", statuses["passed"], len(results) - statuses["not offered"])


STYLE = """<style>
.chalkgrad-check details { margin: 0.2em 0 }
.chalkgrad-check details details { margin-left: 1.4em }
.chalkgrad-check summary { cursor: pointer }
.chalkgrad-check pre { margin: 0.4em 1.4em; padding: 0.5em 0.8em; overflow-x: auto; background: #80808026 }
.chalkgrad-check dl { margin: 0.4em 1.4em; display: grid; grid-template-columns: max-content 1fr; gap: 0.2em 1em }
.chalkgrad-check dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
.chalkgrad-check .passed > summary::before { content: "✓ "; color: #2a9d4a }
.chalkgrad-check .failed > summary::before { content: "✗ "; color: #e0503c }
.chalkgrad-check .not-yet > summary::before { content: "· " }
.chalkgrad-check .not-offered > summary::before { content: "○ " }
</style>"""


def _stage_as_html(stage: str, results: Sequence[Result]) -> str:
    facts = "".join(map(_fact_as_html, results))
    return _folded(f"<b>{_escaped(say(stage))}</b> {_held(results)}", facts, _worst(results))


def _fact_as_html(result: Result) -> str:
    said = "".join(f"<dt>{_escaped(say(name))}</dt><dd>{_escaped(text)}</dd>" for name, text in details(result))
    missing = f"<p>{_escaped(not_yet(result.missing))}</p>" if result.missing else ""
    inside = f"<pre>{_escaped(result.program)}</pre>{missing}" + (f"<dl>{said}</dl>" if said else "")
    return _folded(_escaped(say(result.fact.statement)), inside, result.status)


def _folded(summary: str, inside: str, status: str) -> str:
    is_open = ' open=""' if status == "failed" else ""
    return f'<details class="{status.replace(" ", "-")}"{is_open}><summary>{summary}</summary>{inside}</details>'


def _escaped(text: str) -> str:
    return html.escape(printable(text))
