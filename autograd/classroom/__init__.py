"""Help for teaching: show() for the class, check() for a student's own Value and for exercises, what lessons read."""

from typing import TYPE_CHECKING

from autograd.importing import face

if TYPE_CHECKING:
    from autograd.classroom.checks.checking import check as check
    from autograd.classroom.checks.checking import check_file as check_file
    from autograd.classroom.checks.facts import Fact as Fact
    from autograd.classroom.checks.reports import Report as Report
    from autograd.classroom.lessons import lesson_data as lesson_data
    from autograd.classroom.panels.showing import show as show

__getattr__, __dir__ = face(
    __name__,
    {
        "Fact": "autograd.classroom.checks.facts",
        "Report": "autograd.classroom.checks.reports",
        "check": "autograd.classroom.checks.checking",
        "check_file": "autograd.classroom.checks.checking",
        "lesson_data": "autograd.classroom.lessons",
        "show": "autograd.classroom.panels.showing",
    },
)

__all__ = ["Fact", "Report", "check", "check_file", "lesson_data", "show"]
