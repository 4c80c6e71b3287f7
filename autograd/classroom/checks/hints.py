"""The usual mistakes and their hints, found by the errors and the odd results that they cause."""

import re
from collections.abc import Collection
from math import floor, isclose, isfinite, trunc
from operator import ne
from typing import Any

OPERATORS = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "**": "pow", "** or pow()": "pow"}

OVERWRITTEN = (
    "The node is used more than once, and the last use has overwritten what the others contributed: write += where "
    "you wrote =."
)
NO_SEED = (
    "No gradient flows back: the result's own gradient is still 0, and everything is multiplied by it. backward() "
    "begins with self.grad = 1."
)
NOT_REVERSED = (
    "The gradient came to the nodes next to the result and no further. The nodes are visited from the result back to "
    "the leaves: in reversed topological order, each after all that use it."
)
EARLY = (
    "A node was visited before all that use it had handed it their gradient. Sort the graph topologically, a node "
    "after all of its parents, and go through it in reverse; first come, first served is not enough."
)
TWICE = (
    "A node was visited once for each path to it, and handed on each time what had come so far. Visit every node once, "
    "in reversed topological order."
)
NOT_RESET = (
    "The second backward() began with what the first one left in the nodes in between. Set the gradient of every node "
    "that has parents to 0 before; only the leaves add up."
)
NOT_AGAIN = (
    "The second backward() added nothing. Either it sets the gradients of leaves to 0 first, which is up to whoever "
    "calls it; or it keeps the visited nodes of the first, as a default argument does: visited=set() is made once."
)
SEED_ADDS = "The second backward() began with more than 1: write self.grad = 1, not self.grad += 1."
NO_CHAIN = (
    "These are the local derivatives alone. The chain rule multiplies each by the gradient that arrives at the result "
    "of the operation: += local derivative * out.grad."
)
SWAPPED = (
    "Each operand got its own number. The derivative of a*b by a is b: self.grad += other.data * out.grad, and the "
    "other way round."
)
LATE_PARENT = (
    "Only the last operand got anything, and got it for all: functions made in a loop look their variables up when "
    "they are called, after the loop. Bind them: def _backward(parent=parent)."
)
NEGATED = "The sign is the other way round."
SUBTRAHEND = "The derivative of a - b by b is -1: what is subtracted gets the gradient with the opposite sign."
REVERSED = (
    "The operands came in the wrong order. a.__rsub__(b) is asked for b - a, a.__rtruediv__(b) for b / a and "
    "a.__rpow__(b) for b ** a: what stands on the left is the argument."
)
QUOTIENT = "The derivative of a/b by b is -a / b**2."
POWER = "The derivative of a**n by a is n * a**(n - 1): the exponent falls by one."
POWER_FACTOR = "The derivative of a**n by a is n * a**(n - 1): the factor n is missing."
EXPONENT = "This is the derivative by the exponent. By the base, a**n has n * a**(n - 1)."
TANH_OF_X = "The derivative of tanh is 1 - t**2 with t the result, tanh(x), not x itself: 1 - out.data**2."
TANH_SQUARE = "The derivative of tanh is 1 - t**2, with t the result: the square is missing."
EXP_AS_POWER = "The rule of powers does not hold for exp: the derivative of exp(x) is exp(x) itself, out.data."
LOG_BASE = "This is the logarithm to another base: math.log is the natural one."
RELU_OPEN = "relu lets the gradient through only where its number is above 0: += (out.data > 0) * out.grad."
TANH_OVERFLOW = "exp of a large number is too large for a float, though tanh is not: use math.tanh."
LOCAL_ONLY = "out.grad is missing: each contribution is the local derivative times the gradient that arrives."
IN_PLACE = "An operation must leave its operands as they are: make a new Value and return that."
IN_PLACE_OPERATOR = (
    "`{0}=` changed the Value itself, and with it what was computed from it before. Take __i{name}__ away: Python then "
    "computes c = c {0} a, a new Value."
)
BY_EXPONENT = (
    "The exponent gets no gradient. The derivative of a**b by b is a**b * log(a): other.grad += out.data * "
    "math.log(self.data) * out.grad."
)
AT_SOME_NUMBERS = (
    "Each list has the numbers that went in, and what came out: the value, then the gradients. The operation is right "
    "at other numbers, so look for what is done at these only: abs, min, max, round, //, an if, or a small number that "
    "was added."
)
EQUAL = (
    "Two nodes with the same number were taken for one. Leave out __eq__ and __hash__: nodes are the same only if they "
    "are one object."
)
RELU_AT_ZERO = (
    "relu has a kink at 0. By convention its slope there is 0, in PyTorch too: += (out.data > 0) * out.grad, with > "
    "and not >=."
)
OF_SIZE = "This is the {0} of |x|. {1}(self.data) refuses what has no {0}: take abs away."
SHARED = "All Values have the number of the last: keep it in self.data, not in the class."
INTEGER = "The fraction is cut off: look for // where / is meant, and for int(…)."
ROUNDED = "This is right to six digits or so: look for a number that was rounded, or is kept as float32."
NOT_A_VALUE = "The operation returned a plain number. It makes a new Value: out = Value(…), and at its end return out."
NO_PARENTS = "Hand them over: out = Value(…, (self, other)), and keep them in __init__."
NO_RETURN = "Something is None that is meant to be a Value: does every operation end with `return out`?"
PRINTED = (
    "Something was printed, and None came back. print shows a number to people; return hands it on: write return where "
    "you wrote print."
)
NO_FUNCTION = "A leaf has no backward function. Give it one that does nothing, lambda: None, or leave out leaves."
CALLED_AT_ONCE = (
    "The backward function of a result is None. `out._backward = _backward()` calls it at once and keeps what it "
    "returns, None: write `out._backward = _backward`, without parentheses."
)
R_LOOPS = (
    "The reflected method asks itself again: in __radd__(self, other), other + self comes back to it. Write "
    "self + other."
)
LOOPS = (
    "An operation asks itself again and again: in it a Value stands where its number is meant, .data, or it calls "
    "another operation that calls it."
)
NEVER_ENDS = "It does not come to an end: look for a loop that never stops."
IN_A_LOOP = (
    "This is what {} gives there. Functions made in a loop look their variables up when they are called, after the "
    "loop, and so all do what the last one does: bind them as default arguments, or make each in a function of its own."
)

# How an engine refuses a Value as an exponent, which it need not take
NO_VALUE_AS_EXPONENT = (
    r"AssertionError|NotImplementedError|TypeError: (unsupported operand type\(s\) for \*\*|must be real number, not)"
)

# Regular expressions, searched in an error in this order. \1 and so on in the hint are what their groups found.
ERRORS = {
    r"TimeLimit: the facts before": "The facts that take long come first: mend those.",
    r"TimeLimit": f"{NEVER_ENDS} Or backward() visits a node again for every path that leads to it, which a set of the "
    "visited nodes prevents.",
    r"RecursionError": "A function calls itself once for every node in a row, and Python allows about 1000 such calls. "
    "Sort the graph in a loop, with a list as a stack.",
    r"Crash": "The process came to its end without an error of Python: os._exit, a signal, a builtin that was "
    "replaced, or a recursion deeper than the machine's stack, as after sys.setrecursionlimit of a large number.",
    r"MemoryError": "It takes more than 2 GiB of memory: look for a list that grows without end.",
    r"NameError: there is no class": "The class that is checked is called Value; --class says so if it is not.",
    r"TypeError: \w+ is no class": "Write a class: class Value:",
    **{
        rf"unsupported operand type\(s\) for {re.escape(sign)}: '(?:int|float)' and '(?!NoneType)(\w+)'": "A plain "
        rf"number stands on the left, knows nothing of \1, and so Python asks \1.__r{name}__(self, other): define it. "
        "If both are meant to be numbers, .data is missing on the right."
        for sign, name in OPERATORS.items()
    },
    r"unsupported operand type\(s\) for .*NoneType|'NoneType' object has no attribute": NO_RETURN,
    r"'(int|float)' object has no attribute '(\w+)'": r"A plain number, of type \1, was taken for a Value: it has no "
    r".\2. Wrap it: other = other if isinstance(other, Value) else Value(other).",
    r"'NoneType' object is not callable": CALLED_AT_ONCE,
    r"'(?:int|float)' object is not iterable": "A number stands where the parents are meant: hand over the Values "
    "themselves, (self, other), and not their numbers.",
    r"'(?!NoneType)\w+' object is not iterable|type '(?!NoneType)\w+' has no len|iterable, not (?!None)\w+$": "A Value "
    "stands where its parents are meant, a tuple. The parents of one operand are a tuple too: (self,), with a comma.",
    r"must be real number, not (?!NoneType)(\w+)": r"The functions of math take plain numbers, and a \1 came. Hand "
    r"over its number: math.exp(self.data), not math.exp(self).",
    r"unhashable type": "A class that defines __eq__ loses __hash__, and cannot be in a set. Leave __eq__ away: nodes "
    "are the same only if they are one object.",
    r"TypeError: (\w+)\(\) takes no arguments": r"\1 has no __init__ that takes the number: def __init__(self, data).",
    r"has no attribute '(\w+)'": r"Nothing is called .\1: is it spelled as it was where it was set, and set in "
    "__init__?",
    r"KeyError: '(\w+)'": r"Nothing is called '\1' here: is it spelled so, and is it there?",
    r"TypeError: '(float|int)' object is not callable": "A number is called like a function: is an attribute called as "
    "a method is?",
    r"UnboundLocalError|NameError": "A name is used that was not set: is it spelled alike in both places?",
    r"EOFError": "The file asks for input(), and nobody is there to answer: leave that out.",
    r"SystemExit": "The file ends itself, by exit() or sys.exit(): leave that out.",
    r"SyntaxError|IndentationError|TabError": "Python cannot read the file: look at this line and at the one before.",
    r"attempted relative import": "The file is run by itself, not as a part of a package: import what is beside it "
    "without the dot.",
    r"ModuleNotFoundError": "The file imports something that is not installed here.",
}


def hint_of_error(error: str, where: str, backward: bool) -> str:
    """What an error says of itself; "" if that is all that is known.

    where: the line of the student's code; "" if it came in the program itself. backward: whether the program calls
    backward().
    """
    if not backward:
        if error.startswith("RecursionError"):
            return LOOPS
        if error.startswith("TimeLimit: not"):
            return NEVER_ENDS
    if not where and re.match(r"AttributeError: '(int|float)' object", error):
        return NOT_A_VALUE
    for pattern, hint in ERRORS.items():
        if found := re.search(pattern, error):
            return found.expand(hint)
    return ""


def hint_of_result(got: Any, expected: Any, backward: bool, before: Collection[str]) -> str:
    """What the wrong result of any program says, numbers all; "" if that is nothing.

    backward: whether the program calls backward(). before: the hints to the facts before.
    """
    if expected == [] and isinstance(got, list):
        return "" if before else AT_SOME_NUMBERS
    numbers, wanted = _numbers(got), _numbers(expected)
    if got is None or (isinstance(got, list) and None in got):
        return "None came: is there a return at the end?"
    if len(numbers) != len(wanted) or not all(map(isfinite, [*numbers, *wanted])) or not any(wanted):
        return ""
    if backward and not any(numbers):
        if NO_SEED in before:
            return NO_SEED
        if NOT_REVERSED in before or max(map(abs, wanted)) >= 1:
            return NOT_REVERSED
    if any(map(ne, numbers, wanted)) and all(x in (y, trunc(y), floor(y)) for x, y in zip(numbers, wanted)):
        return INTEGER
    if all(isclose(x, y, rel_tol=1e-6, abs_tol=1e-6) for x, y in zip(numbers, wanted)):
        return ROUNDED
    return NEGATED if numbers == [-x for x in wanted] else ""


def hint_of_kind(kind: str) -> str:
    """What a result of this type says, where a number is meant."""
    if kind in ("method", "function", "builtin_function_or_method"):
        return "This is a function that nobody has called: the parentheses are missing, or @property."
    return (
        f"An object of type {kind} came where a plain number is meant. In _backward, and for data and grad, use the "
        "numbers of a Value, its .data and .grad."
    )


def _numbers(thing: Any) -> list[float]:
    things = thing if isinstance(thing, (list, tuple)) else [thing]
    return [x for x in things if isinstance(x, (int, float)) and not isinstance(x, bool)]
