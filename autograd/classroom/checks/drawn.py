"""Facts with numbers that are drawn anew for every file: an answer that was written down beforehand does not pass.

What a student's process answers may come from anywhere: its own code could find the pipe, or read what is expected in
this package. What these facts expect is computed in this process, by our own engine, and compared here.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd.classroom.checks.facts import Fact, Result
from autograd.classroom.checks.student import run
from autograd.languages import Said
from autograd.value import Value

HOW_MANY = 3
STAGE = "many numbers"
STATEMENT = Said("an expression with numbers that were drawn just now")
HINT = Said(
    "The other facts hold, and this one does not. Does the class compute its numbers, or does it know the ones that "
    "the facts ask for?"
)
# By the fact that must hold before it is used: a term of a, b and the number n, all between 0.5 and 2
TERMS = {
    "a + b, at many numbers": "a + b",
    "a - b, at many numbers": "a - b",
    "a * b, at many numbers": "a * b",
    "a / b, at many numbers": "a / b",
    "a + 1 and 1 + a, at many numbers": "{n} + a",
    "a - 1 and 1 - a, at many numbers": "b - {n}",
    "a * 2 and 2 * a, at many numbers": "{n} * b",
    "a / 2 and 2 / a, at many numbers": "{n} / a",
    "-a, at many numbers": "-b",
    "a ** n, at many numbers": "a ** 3",
    "exp, at many numbers": "a.exp()",
    "log, at many numbers": "b.log()",
    "tanh, at many numbers": "a.tanh()",
}
NEEDED = ("a + b, at many numbers", "a * b, at many numbers")  # to join them


def drawn(
    results: Sequence[Result], run_it: Callable[[str], dict[str, Any]], translated: Callable[[str], str]
) -> Iterator[Result]:
    """The results of such facts that fail, of operations that are right at many numbers; mostly none.

    results: those of the other facts. run_it: from a program to the student's answer. translated: from a program to
    one with the student's own names.
    """
    right = {result.fact.statement for result in results if result.status == "passed"}
    if not right.issuperset(NEEDED):
        return
    for _ in range(HOW_MANY):
        program = _program([term for statement, term in TERMS.items() if statement in right])
        fact = Fact(STATEMENT, program, run(program, {"Value": Value})["got"])
        answer = run_it(translated(program))
        got, error = answer.get("got"), answer.get("error", "")
        if error or not fact.holds(got):
            yield Result(STAGE, fact, "failed", translated(program), got, error, answer.get("where", ""), hint=HINT)
            return


def _program(terms: Sequence[str]) -> str:
    """A sum of products of some terms, and what it gives."""
    chance = random.SystemRandom()

    def number() -> str:
        return f"{chance.uniform(0.5, 2.0):.6f}"

    def term() -> str:
        return f"({chance.choice(terms).format(n=number())})"

    return (
        f"a, b = Value({number()}), Value({number()})\n"
        f"c = {term()} * {term()} + {term()}\n"
        f"d = c * a + {term()} * c\n"
        "d.backward()\n"
        "[c.data, d.data, a.grad, b.grad]"
    )
