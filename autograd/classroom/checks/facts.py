"""What a fact is: a small program, what it must give, and what the usual mistakes give instead."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose
from textwrap import dedent
from typing import Any

from autograd.classroom.checks import hints as m
from autograd.languages import Said


@dataclass(frozen=True)
class Fact:
    """A sentence about a student's code, and the smallest program that shows whether it is true.

    statement: the sentence, "a node used twice gets both contributions".
    program: Python as it is run and shown. The value of its last line, an expression, is what counts. It uses the
        names that it is given: Value for a student's class, answer for the answer of an exercise. Anything else it
        imports.
    expected: what the last line must give: a number, a bool, a string, None, or a list of such (a tuple counts as a
        list), from a source of its own, never from the code that is checked.
    mistakes: hints by their evidence. A key that is a string is a regular expression, searched in the error,
        "TypeError: unsupported operand …", "TimeLimit: …", "Crash: …". Any other is what the mistake gives instead
        of what is expected.
    tolerance: how far a number may be off, relative to its size, or absolutely below 1.
    optional: a regular expression. An error in which it is found says that the code does not offer this, and need not.

    >>> Fact("twice", "answer(3.0)", 6.0, {9.0: "this is the square, x * x"}).hint(got=9.0)
    'this is the square, x * x'
    """

    statement: str
    program: str
    expected: Any
    mistakes: Mapping[Any, str] = field(default_factory=dict)
    tolerance: float = 1e-12
    optional: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "program", dedent(self.program).strip())

    @property
    def is_found_by_hand(self) -> bool:
        """Whether what is expected is the answer itself, a number that the student is to find: a report keeps it."""
        return re.fullmatch(r'answer(\["\w+"\])?', self.program) is not None

    def holds(self, got: Any) -> bool:
        """Whether this is what is expected."""
        return same(got, self.expected, self.tolerance)

    def is_refused(self, error: str) -> bool:
        """Whether the error says that this is not offered, and it need not be."""
        return bool(self.optional and re.search(self.optional, error))

    def hint(
        self, got: Any = None, error: str = "", where: str = "", printed: bool = False, before: Collection[str] = ()
    ) -> str:
        """What to look for, by what came: by the error, or by what the last line gave; "" if nothing is known.

        where: the line of the student's code at which the error came; "" for one in the program itself. printed:
        whether the program printed something. before: the hints to the facts before.
        """
        backward = "backward()" in self.program
        if printed and (got is None and (not error or "NoneType" in error)):
            return m.PRINTED
        if backward and m.NO_PARENTS in before:
            return m.NO_PARENTS
        if m.NOT_A_VALUE in before and not error:  # then a number is wrong because of that
            return ""
        for evidence, hint in self.mistakes.items():
            if isinstance(evidence, str):
                found = bool(error and re.search(evidence, error))
            else:
                found = not error and same(got, evidence, self.tolerance)
            if found:
                return hint
        if error:
            return m.hint_of_error(error, where, backward)
        odd = [each for each in (got if isinstance(got, list) else [got]) if isinstance(each, Odd)]
        return m.hint_of_kind(odd[0].kind) if odd else m.hint_of_result(got, self.expected, backward, before)


NO_ANSWER = Said("an answer")  # what is missing of an exercise where nothing came, or ... stands still

Facts = Mapping[str, Sequence[Fact]]  # by their stage, or by the number of the exercise, in the order of difficulty


@dataclass(frozen=True)
class Odd:
    """What a program gave that is no number, text, bool, None or list of these: its type and its repr."""

    kind: str
    shown: str

    def __repr__(self) -> str:
        return self.shown


def same(got: Any, expected: Any, tolerance: float) -> bool:
    """Whether two plain things are the same, numbers within the tolerance; nan is the same as nan."""
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(got, (list, tuple))
            and len(got) == len(expected)
            and all(same(one, other, tolerance) for one, other in zip(got, expected))
        )
    if isinstance(expected, (bool, str)) or expected is None:
        return type(got) is type(expected) and got == expected
    if not isinstance(got, (int, float)):
        return False
    return (
        got == expected
        or isclose(got, expected, rel_tol=tolerance, abs_tol=tolerance)
        or (got != got) & (expected != expected)
    )


@dataclass(frozen=True)
class Result:
    """What became of a fact.

    stage: its key in the table of facts. fact: the fact.
    status: "passed", "failed", "not yet" if something that the student has not written is missing, or "not offered" if
        that may stay so.
    program: as it was run, with the student's own names.
    got: what the last line gave; None after an error. error: "TypeError: …", "" if there was none.
    where: the line of the student's file at which the error came, "line 12: return x + y"; "" if it is not known.
    missing: what is not yet written, "__add__", or NO_ANSWER.
    hint: what to look for; "" if nothing is known or needed.
    """

    stage: str
    fact: Fact
    status: str
    program: str
    got: Any = None
    error: str = ""
    where: str = ""
    missing: str = ""
    hint: str = ""
