"""Help for teaching: show() for the class, facts that check a student's own Value, and the answers of exercises."""

from autograd.classroom.checking import check, check_file
from autograd.classroom.facts import Fact
from autograd.classroom.reports import Report
from autograd.showing import show

__all__ = ["Fact", "Report", "check", "check_file", "show"]
