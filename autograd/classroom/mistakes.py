"""What errors and odd results say of the usual mistakes, whichever fact they come from."""

import re
from typing import Any

OPERATORS = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "**": "pow", "** or pow()": "pow"}

# regular expressions, searched in an error in this order; \1 and so on in the hint are what their groups found
ERRORS = {
    r"TimeLimit": "It does not come to an end: look for a loop that never stops, or for backward() visiting a node "
    "again for every path that leads to it. A set of the nodes visited already prevents that.",
    r"RecursionError": "A function calls itself once for every node of the chain, and Python allows about 1000 such "
    "calls. Sort the graph with a list used as a stack, in a loop.",
    r"Crash": "The process ended without an error of Python: os._exit, a signal, or a recursion deeper than the "
    "machine's stack, as after sys.setrecursionlimit with a large number.",
    r"AttributeError: '(?:int|float)' object has no attribute '(\w+)'": r"A plain number is used as if it were a "
    r"Value: it has no .\1. Wrap it first: other = other if isinstance(other, Value) else Value(other).",
    r"AttributeError: 'NoneType' object has no attribute": "Something is None where a Value is meant: does every "
    "operation end with `return out`?",
    r"TypeError: 'NoneType' object is not callable": "A node has no backward function: give leaves one that does "
    "nothing, lambda: None, or skip nodes without parents.",
    r"TypeError: unsupported operand type\(s\) for \S+ 'NoneType'": "An operation returned None: does it end with "
    "`return out`?",
    r"TypeError: (\w+)\(\) takes no arguments": r"\1 has no __init__ that takes the number: def __init__(self, data).",
    r"ZeroDivisionError": "Something is divided by zero that is not zero in the program: look at the operands.",
    r"EOFError": "The file asks for input(), and nobody is there to answer: take that out.",
}


def hint_of_error(error: str) -> str:
    """What an error says of itself; "" if that is all that is known."""
    for pattern, hint in ERRORS.items():
        if found := re.search(pattern, error):
            return found.expand(hint)
    return ""


def hint_of_kind(got: Any, expected: Any) -> str:
    """What it says that something else came than a number."""
    return ""
