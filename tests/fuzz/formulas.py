"""Formulas of every kind: each is computed, or refused in a sentence. python -m tests.fuzz.formulas 600"""

import random
import warnings

from autograd.expressions import CONSTANTS, FUNCTIONS, LONGEST, ExpressionError, evaluate, read_values
from autograd.value import Value
from tests.fuzz import chance as odd

PIECES = ["x", "y", "(", ")", "+", "-", "*", "/", "**", ",", ".", "1", "2.5", "1e308", "1e999", "0x1", "1_0", " ", "\n"]
PIECES += ["=", ":=", "lambda", "[", "]", "{", "}", "'", "#", "\\", "if", "else", "for", "not", "x.data", "__import__"]
PIECES += ["−", "²", "π", "√", "\x00", "\ud800", "é", "𝑥", "~", "@", "<", "%", "//", "None", "True", "1j", "*x", "**x"]
LONGEST_MESSAGE = 2 * LONGEST  # which quotes a name


def formula(chance: random.Random) -> str:
    """A formula that is right, or nearly, or not at all."""
    if chance.random() < 0.2:
        return chance.choice([odd.text(chance), "(" * 5000, "-" * 9000 + "x", "x+" * 3000 + "x", "sin(" * 90 + "x"])
    names = [f"{name}(" for name in chance.sample([*FUNCTIONS, *CONSTANTS], 3)]
    return "".join(chance.choice([*PIECES[:8], *PIECES, *names]) for _ in range(chance.randrange(1, 25)))


def one(chance: random.Random) -> None:
    """Read some values and compute some formulas."""
    for _ in range(50):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                values = {"x": 0.5, "y": -2.0}
                if chance.random() < 0.2:
                    values |= read_values([f"{chance.choice(['x', 'y', odd.text(chance)])}={formula(chance)}"])
                result = evaluate(formula(chance), values)
            assert isinstance(result, Value)
            result.backward()
            said = "computed"
        except (ExpressionError, ArithmeticError, ValueError) as error:
            said = str(error)
        assert 0 < len(said) < LONGEST_MESSAGE, said


if __name__ == "__main__":
    odd.run(one)
