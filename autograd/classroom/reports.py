"""The report of a check: as text, and in a notebook as HTML."""

import html
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from textwrap import indent
from typing import Any

from autograd.classroom.facts import Result


@dataclass(frozen=True)
class Report:
    """What became of every fact that was checked.

    title: what was checked. results: a Result for every fact, in order.
    str() of it is the text, a notebook shows it as a table.
    """

    title: str
    results: tuple[Result, ...]

    @cached_property
    def counts(self) -> "Counter[str]":
        """How many facts "passed", "failed" or are "not yet" reached."""
        return Counter(result.status for result in self.results)

    @property
    def passed(self) -> bool:
        """Whether every fact holds."""
        return self.counts["passed"] == len(self.results)

    def __str__(self) -> str:
        return "\n\n".join([self.headline, *[_as_text(result) for result in self.results if result.status == "failed"]])

    @property
    def headline(self) -> str:
        """The counts in a sentence."""
        n = len(self.results)
        if self.passed:
            return f"{self.title}: all {n} facts hold" if n != 1 else f"{self.title}: the fact holds"
        parts = [f"{self.counts['passed']} of {n} facts hold"]
        if self.counts["failed"]:
            parts.append(f"{self.counts['failed']} failed")
        if self.counts["not yet"]:
            parts.append(f"{self.counts['not yet']} not there yet")
        return f"{self.title}: {', '.join(parts)}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def _as_text(result: Result) -> str:
    lines = [f"✗ {result.stage}: {result.fact.statement}", indent(result.program, "      ")]
    lines += [f"  {name:9}{text}" for name, text in details(result)]
    return "\n".join(lines)


def details(result: Result) -> list[tuple[str, Any]]:
    """What is said of a fact that failed, line by line: what it is and the text."""
    said = [("expected", repr(result.fact.expected)), ("got", result.error or repr(result.got))]
    if result.where:
        said.append(("at", result.where))
    return [*said, ("hint", result.hint)] if result.hint else said
