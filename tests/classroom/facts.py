"""The facts that check knows about an engine, and those of a report that have one status."""

from autograd.classroom.checks.engine_facts import ENGINE
from autograd.classroom.checks.reports import Report

ALL = [f"{stage}: {fact.statement}" for stage, facts in ENGINE.items() for fact in facts]


def names(report: Report, status: str) -> list[str]:
    """The facts of a report that passed, failed, are not yet there or are not offered."""
    return [f"{result.stage}: {result.fact.statement}" for result in report.results if result.status == status]
