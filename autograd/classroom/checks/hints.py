"""Hints for common mistakes. They are found by the errors and the wrong results that the mistakes cause."""

import re
import struct
from collections.abc import Collection
from math import floor, isclose, isfinite, trunc
from operator import ne
from typing import Any

from autograd.languages import Said

OPERATORS = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "**": "pow", "** or pow()": "pow"}

OVERWRITTEN = (
    "This node is used more than once. The last use overwrote what the other uses contributed. Write += where you "
    "wrote =."
)
NO_SEED = (
    "No gradient flows back. The gradient of the result is still 0, and every contribution is multiplied by it. Begin "
    "backward() with self.grad = 1."
)
NOT_REVERSED = (
    "The gradient reached the nodes next to the result, and no further. Visit the nodes in reversed topological order: "
    "from the result back to the leaves, each node after all nodes that use it."
)
EARLY = (
    "A node was visited too early: nodes that use it had not yet passed their gradient to it. Sort the graph "
    "topologically, each node after its parents. Then go through it in reverse."
)
TWICE = (
    "A node was visited once for every path to it. Each time it passed on everything that had arrived so far. Visit "
    "every node once, in reversed topological order."
)
NOT_RESET = (
    "The second backward() began with gradients that the first one left in the nodes in between. Before it begins, set "
    "the gradient of every node with parents to 0. Only leaves add up."
)
NOT_AGAIN = (
    "The second backward() added nothing. Does it set the gradients of leaves to 0? Leave that to the caller. Or does "
    "it remember the visited nodes? A default argument, visited=set(), is made only once: make the set inside."
)
SEED_ADDS = "The second backward() began with more than 1. Write self.grad = 1, not self.grad += 1."
NO_CHAIN = (
    "These are only the local derivatives. The chain rule multiplies each by the gradient that arrives at the result: "
    "+= local derivative * out.grad."
)
SWAPPED = (
    "Each operand got its own number. The derivative of a*b by a is b: write self.grad += other.data * out.grad, and "
    "other.grad += self.data * out.grad."
)
LATE_PARENT = (
    "The last operand got the gradients of all operands. A function made in a loop looks up its variables when it is "
    "called, after the loop. Bind them: def _backward(parent=parent)."
)
NEGATED = "The sign is wrong: this is minus the right number."
SUBTRAHEND = "The derivative of a - b by b is -1. Give b the gradient with the opposite sign."
REVERSED = (
    "The operands are in the wrong order. Python calls a.__rsub__(b) for b - a, a.__rtruediv__(b) for b / a, and "
    "a.__rpow__(b) for b ** a. The argument stands on the left."
)
QUOTIENT = "The derivative of a/b by b is -a / b**2."
POWER = "The derivative of a**n by a is n * a**(n - 1). The exponent is 1 less."
POWER_FACTOR = "The derivative of a**n by a is n * a**(n - 1). The factor n is missing."
EXPONENT = "This is the derivative by the exponent. The derivative of a**n by the base a is n * a**(n - 1)."
TANH_OF_X = "The derivative of tanh is 1 - t**2. Here t is the result, tanh(x), not x: write 1 - out.data**2."
TANH_SQUARE = "The derivative of tanh is 1 - t**2, where t is the result. The square is missing."
EXP_AS_POWER = "This is the rule of powers. The derivative of exp(x) is exp(x) itself: write out.data."
LOG_BASE = "This is a logarithm to another base. Write math.log, the natural logarithm."
RELU_OPEN = "relu passes the gradient on only where its number is above 0. Write += (out.data > 0) * out.grad."
TANH_OVERFLOW = "exp of a large number is too large for a float. tanh of it is not: write math.tanh."
LOCAL_ONLY = "out.grad is missing. Each contribution is the local derivative times the gradient that arrives."
IN_PLACE = "The operation changed its operands. Make a new Value and return it."
IN_PLACE_OPERATOR = (
    "`{0}=` changed the Value itself. What was computed from it before is now wrong. Remove __i{1}__: then Python "
    "computes c = c {0} a, a new Value."
)
BY_EXPONENT = (
    "The exponent gets no gradient. The derivative of a**b by b is a**b * log(a). Write other.grad += out.data * "
    "math.log(self.data) * out.grad."
)
AT_SOME_NUMBERS = (
    "The operation is right at other numbers, and wrong at these. Each list has the numbers that went in, and then "
    "what came out: the value and the gradients. Look for abs, min, max, round, //, an if, or a small number that is "
    "added."
)
EQUAL = (
    "Two nodes with the same number were treated as the same node. Remove __eq__ and __hash__: then Python compares "
    "the objects, not their numbers."
)
RELU_AT_ZERO = (
    "relu has a kink at 0. By convention its slope there is 0, in PyTorch too. Write += (out.data > 0) * out.grad, "
    "with > and not >=."
)
OF_SIZE = (
    "There is no {0} here, and the engine gives a number. Write {1}(self.data), without abs and without an if: it "
    "raises an error, as it must."
)
CUT_OFF = (
    "This number is too large for a float, and the engine gives another one. Write math.exp(self.data), without min "
    "and without an if: it raises an error, as it must."
)
BY_ZERO = (
    "Nothing can be divided by 0, and the engine gives a number. Write self.data / other.data, without an if: it "
    "raises an error, as it must."
)
WRONG_SEED = "A result moves exactly as fast as itself. Begin backward() with self.grad = 1, whatever its number is."
COPIED = (
    "The result knows a copy of its operand, and the copy gets the gradient. Make a new Value only of a plain number: "
    "other = other if isinstance(other, Value) else Value(other)."
)
NOT_REACHED = (
    "No gradient reached the operands. The result must know them, and have a backward function: write out = "
    "Value(…, (self, other)), and out._backward = _backward."
)
SHARED = "All Values have the number of the last one. Keep it in self.data, not in the class."
INTEGER = "The fraction is cut off. Look for // in place of /, and for int(…)."
ROUNDED = "Nearly right, but the last digits are wrong. Look for a rounded number, or for a small number that is added."
SINGLE = (
    "These are numbers of float32, with about seven digits. An engine keeps Python's own numbers, with sixteen: write "
    "float(…), or ask NumPy or PyTorch for float64."
)
NOT_A_VALUE = "The operation returned a plain number. Make a new Value, out = Value(…), and end with return out."
NO_PARENTS = "The result does not know its operands. Write out = Value(…, (self, other)), and keep them in __init__."
NO_RETURN = "Something is None where a Value must be. Does every operation end with `return out`?"
PRINTED = (
    "The function printed its result and returned None. print only shows a number, and return gives it back. Write "
    "return where you wrote print."
)
NO_FUNCTION = "A leaf has no backward function. Give it a function that does nothing, lambda: None, or skip leaves."
CALLED_AT_ONCE = (
    "The backward function of a result is None. `out._backward = _backward()` calls the function at once, and keeps "
    "the None that it returns. Write `out._backward = _backward`, without parentheses."
)
R_LOOPS = (
    "The reflected method calls itself again and again. In __radd__(self, other), other + self calls __radd__. Write "
    "self + other."
)
LOOPS = (
    "An operation calls itself again and again. Does it compute with Values where it needs their numbers, .data? Or do "
    "two operations call each other?"
)
RESULT_IS_NONE = "The result is None. Is there a return at the end?"
A_FUNCTION = "This is a function, not its result. Call it, with parentheses, or write @property before it."
AN_OBJECT = (
    "This is an object of type {0}, not a plain number. In _backward, and for data and grad, compute with the numbers "
    "of a Value, .data and .grad."
)
NEVER_ENDS = "The code does not end. Look for a loop that never stops."
IN_A_LOOP = (
    "This is the result of {0}. A function made in a loop looks up its variables when it is called, after the loop. So "
    "all functions do what the last one does. Bind the variables as default arguments, or make each function in a "
    "function."
)

# How an engine refuses a Value as an exponent, which it need not take
NO_VALUE_AS_EXPONENT = (
    r"AssertionError|NotImplementedError|TypeError: (unsupported operand type\(s\) for \*\*|must be real number, not)"
)

# Regular expressions, searched for in an error, in this order. In a hint, {0} is what the first group found.
SIGNS = "|".join(map(re.escape, OPERATORS))
ERRORS = {
    r"TimeLimit: the facts before": "Facts before this one took too long. Correct them first.",
    r"TimeLimit": f"{NEVER_ENDS} Or backward() visits a node again for every path to it. Keep the visited nodes in a "
    "set.",
    r"RecursionError": "A function calls itself for every node of a long chain. Python allows about 1000 calls inside "
    "each other. Sort the graph in a loop, with a list as a stack.",
    r"Crash": "The process ended without an error of Python. Look for os._exit, a signal, or a builtin that was "
    "replaced. Or a recursion was too deep for the machine, after sys.setrecursionlimit with a large number.",
    r"MemoryError": "The code takes more than 2 GiB of memory. Look for a list that grows without end.",
    r"NameError: there is no class": "The class must be called Value. For another name write --class NAME.",
    r"TypeError: \w+ is not a class": "Write a class: class Value:",
    rf"unsupported operand type\(s\) for ({SIGNS}): '(?:int|float)' and '(?!NoneType)(\w+)'": "The left side is a "
    "plain number, which knows nothing of {1}. So Python calls {1}.__r{0}__(self, other): define it. If both are plain "
    "numbers, .data is missing on the right.",
    r"unsupported operand type\(s\) for .*NoneType|'NoneType' object has no attribute": NO_RETURN,
    r"'(int|float)' object has no attribute '(\w+)'": "A plain number of type {0} came where a Value is needed: it has "
    "no .{1}. Wrap it: other = other if isinstance(other, Value) else Value(other).",
    r"'NoneType' object is not callable": CALLED_AT_ONCE,
    r"'(?:int|float)' object is not iterable": "A number came where the parents are needed. Pass the Values "
    "themselves, (self, other), not their numbers.",
    r"'(?!NoneType)\w+' object is not iterable|type '(?!NoneType)\w+' has no len|iterable, not (?!None)\w+$": "A Value "
    "came where a tuple of parents is needed. For one operand write (self,), with a comma.",
    r"must be real number, not (?!NoneType)(\w+)": "The functions of math take plain numbers, and got a {0}. Pass its "
    r"number: math.exp(self.data), not math.exp(self).",
    r"unhashable type": "A class that defines __eq__ loses __hash__, so it cannot be in a set. Remove __eq__: then "
    "Python compares the objects, not their numbers.",
    r"TypeError: (\w+)\(\) takes no arguments": "{0} has no __init__ that takes the number. Write def __init__(self, "
    "data).",
    r"has no attribute '(\w+)'": "There is no attribute .{0}. Is it set in __init__? Is the name spelled the same?",
    r"KeyError: '(\w+)'": "There is no key '{0}'. Is it spelled the same everywhere? Is it set before this line?",
    r"TypeError: '(float|int)' object is not callable": "A number is called like a function. Remove the parentheses, "
    "or give the method and the number different names.",
    r"UnboundLocalError|NameError": "A name has no value yet. Is it spelled the same in both places?",
    r"EOFError": "The file calls input(), and nobody can type here. Remove input().",
    r"SystemExit": "The file ends the program with exit() or sys.exit(). Remove it.",
    r"SyntaxError|IndentationError|TabError": "Python cannot read the file. Look at this line and the line before.",
    r"attempted relative import": "The file runs alone, not as part of a package. Import the file beside it without "
    "the dot.",
    r"ModuleNotFoundError": "The file imports a module that is not installed here. Install it, or do without it.",
}


def hint_of_error(error: str, where: str, backward: bool) -> str:
    """The hint for an error; "" if there is none.

    where: the line of the student's code; "" if the error came in the program of the fact. backward: whether that
    program calls backward().
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
            return Said(hint, *(OPERATORS.get(group, group) for group in found.groups()))
    return ""


def hint_of_result(got: Any, expected: Any, backward: bool, before: Collection[str]) -> str:
    """The hint for a wrong result made of numbers; "" if there is none.

    backward: whether the program calls backward(). before: the hints for the facts before.
    """
    if expected == [] and isinstance(got, list):
        return "" if before else AT_SOME_NUMBERS
    numbers, wanted = _numbers(got), _numbers(expected)
    if got is None or (isinstance(got, list) and None in got):
        return RESULT_IS_NONE
    if len(numbers) != len(wanted) or not all(map(isfinite, [*numbers, *wanted])) or not any(wanted):
        return ""
    if backward and not any(numbers):
        if NO_SEED in before:
            return NO_SEED
        if NOT_REVERSED in before:
            return NOT_REVERSED
        if max(map(abs, wanted)) >= 1:
            return NOT_REACHED
    if any(map(ne, numbers, wanted)) and all(x in (y, trunc(y), floor(y)) for x, y in zip(numbers, wanted)):
        return INTEGER
    if numbers != wanted and all(isclose(x, y, rel_tol=1e-6, abs_tol=1e-6) for x, y in zip(numbers, wanted)):
        single = all(map(_is_single, numbers)) and not all(map(_is_single, wanted))
        return SINGLE if single or SINGLE in before else ROUNDED
    return NEGATED if numbers == [-x for x in wanted] else ""


def hint_of_kind(kind: str) -> str:
    """The hint for a result of this type where a number is needed."""
    return A_FUNCTION if kind in ("method", "function", "builtin_function_or_method") else Said(AN_OBJECT, kind)


def _is_single(number: float) -> bool:
    """Whether float32 has this number."""
    return abs(number) < 1e38 and struct.unpack("f", struct.pack("f", number))[0] == number


def _numbers(thing: Any) -> list[float]:
    things = thing if isinstance(thing, (list, tuple)) else [thing]
    return [x for x in things if isinstance(x, (int, float)) and not isinstance(x, bool)]
