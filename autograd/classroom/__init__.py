"""Help for teaching: facts that check a student's own Value, and the answers of exercises."""

from autograd.classroom.checking import check, check_file
from autograd.classroom.facts import Fact
from autograd.classroom.reports import Report

__all__ = ["Fact", "Report", "check", "check_file"]
