"""Reads a formula such as "tanh(w*x + b)" from text and computes it with Values, and runs nothing in it as Python."""

import ast
import inspect
import keyword
import math
import operator
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

from autograd import functions
from autograd.value import Value

FOR_PYTHON = ("as_values", "side_by_side")  # their arguments and results have no use in a formula
FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: function
    for name, function in vars(functions).items()
    if inspect.isfunction(inspect.unwrap(function))
    and function.__module__ == functions.__name__
    and not name.startswith("_")
    and name not in FOR_PYTHON
}
CONSTANTS = {"pi": math.pi, "e": math.e}
OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
LONGEST = 10_000  # characters: far more than a picture can show, far less than Python's parser can take
SHOWN = 72  # characters of a line that a message shows

ALLOWED = (
    "an expression is made of numbers, names, + - * / // % **, parentheses and functions such as tanh(x) or max(a, b)"
)
SOMETHING_IS_MISSING = "something is missing here, or too much; for example, write 2*x instead of 2x"
TOO_LARGE = "this number is too large: the largest float is 1.8e308"
TOO_MANY_DIGITS = "Exceeds the limit"  # as Python says it
PUNCTUATION = " +-*/%()[].,_"
INSTEAD = {
    "^": "for a power write **",
    "×": "to multiply write *",
    "·": "to multiply write *",
    "⋅": "to multiply write *",
    "÷": "to divide write /",
    "−": "for minus write -",
    "–": "for minus write -",
    "√": "for a root write sqrt(x)",
    "π": "write pi",
    "²": "for a square write **2",
    "³": "for a cube write **3",
    "=": "write values after the expression, for example x=2; write arguments in order, without their names",
    "|": "for the absolute value write abs(x)",
}
OTHER_NAMES = {"ln": "log(x)", "lg": "log10(x)", "pow": "x**y", "logistic": "sigmoid(x)"}

Compute = Callable[[Mapping[str, Value]], Any]


class ExpressionError(ValueError):
    """A text that is no expression, or does not fit the given values. The message points at the place."""


def evaluate(expression: str, values: Mapping[str, float]) -> Value:
    """The result of `expression`, computed from leaves with the names as labels.

    expression: numbers, names, + - * / // % **, parentheses, and the functions of autograd; lists [a, b] as arguments
        of those that take them. pi and e have their values, unless you give them others.
    values: the number of every name in it.

    ExpressionError for any other text, for a name without a value, and for a value without a name. Its message points
    at the place. ValueError and ArithmeticError from the operations.

    >>> loss = evaluate("tanh(w*x + b)", {"w": 0.5, "x": 2, "b": -1})
    >>> loss.backward()
    >>> loss.data, loss.op
    (0.0, 'tanh')
    >>> evaluate("2 x", {"x": 1})
    Traceback (most recent call last):
    autograd.expressions.ExpressionError: something is missing here, or too much; for example, write 2*x instead of 2x
        2 x
          ^
    """
    formula = _Formula(expression)
    leaves = {unicodedata.normalize("NFKC", name): Value(number, label=name) for name, number in values.items()}
    formula.check_names(leaves)
    for name in formula.names.keys() - leaves.keys():
        leaves[name] = Value(CONSTANTS[name], op="constant", label=name)
    try:
        result = formula.compute(leaves)
    except RecursionError:
        raise formula.too_deep() from None
    return result if isinstance(result, Value) else Value(result, op="constant")


def read_values(assignments: Iterable[str]) -> dict[str, float]:
    """The numbers from texts such as "x=2", "w=-1e-3" or "t=pi/4"; the names are in Unicode's form NFKC.

    ExpressionError for another text, and for a name that comes twice.

    >>> read_values(["x=2", "t=1/4"])
    {'x': 2.0, 't': 0.25}
    """
    values: dict[str, float] = {}
    for assignment in assignments:
        before, equals, number = assignment.partition("=")
        name = unicodedata.normalize("NFKC", before.strip())
        if not equals:
            raise ExpressionError(f"write values after the expression, for example x=2; got {assignment!r}")
        if not name.isidentifier() or "·" in name:
            raise ExpressionError(f"{before!r}, in {assignment!r}, is not a name: use letters, digits and _")
        if keyword.iskeyword(name):
            raise ExpressionError(f"{name!r} is a Python keyword; use another name, for example {name}_")
        if name in values:
            raise ExpressionError(f"{name!r} has two values: {values[name]!r} and, in {assignment!r}, another")
        values[name] = _number(name, number)
    return values


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.inf
    if math.isinf(number) and "inf" not in text.lower():
        try:
            number = evaluate(text, {}).data
        except ExpressionError as error:
            raise ExpressionError(f"the value of {name!r} is not a number: {error}") from None
    return number


class _Formula:
    """An expression that was read and checked, ready to be computed.

    names: the names in it, each with the column of its first place.
    compute: from the leaves, by name, to the result.
    """

    def __init__(self, expression: str) -> None:
        self.source = re.sub(r"[\t\n\r]", " ", expression).strip()
        self.names: dict[str, int] = {}
        self._check_characters()
        try:
            with warnings.catch_warnings(action="ignore"):  # Python's warnings about what is refused below
                tree = ast.parse(self.source, mode="eval").body
            self.compute = self._scalar(tree)
        except SyntaxError as error:
            self._refuse(self._place(error), _about_syntax(error.msg))
        except (RecursionError, MemoryError):
            raise self.too_deep() from None

    def check_names(self, values: Mapping[str, Value]) -> None:
        """ExpressionError unless every name has a value and every value a name."""
        missing = [name for name in self.names if name not in values and name not in CONSTANTS]
        surplus = [name for name in values if name not in self.names]
        if missing:
            names = ", ".join(map(_described, missing))
            add = " ".join(f"{name}=…" for name in missing)
            hint = f"{missing[0]} is a function: write {missing[0]}(x)" if missing[0] in FUNCTIONS else f"add {add}"
            self._refuse(self.names[missing[0]], f"{names}: has no value; {hint}")
        if surplus:
            names = ", ".join(map(_described, surplus))
            known = ", ".join(self.names) or "no names"
            self._refuse(0, f"{names}: has a value, but the expression has {known}")

    def too_deep(self) -> ExpressionError:
        """What to raise when Python's stack is full."""
        return ExpressionError("the expression is nested too deeply, or has too many terms")

    def _check_characters(self) -> None:
        if not self.source:
            raise ExpressionError(f"the expression is empty; {ALLOWED}")
        if len(self.source) > LONGEST:
            raise ExpressionError(f"the expression has {len(self.source):,} characters; the limit is {LONGEST:,}")
        for word in re.finditer(r"[^\W\d]\w*", self.source):
            if keyword.iskeyword(word[0]):
                self._refuse(word.start(), f"{word[0]!r}, a Python keyword, is not allowed: {ALLOWED}")
        for column, character in enumerate(self.source):
            if character in INSTEAD or (character not in PUNCTUATION and not f"a{character}".isidentifier()):
                self._refuse(column, f"{_described(character)} is not allowed: {INSTEAD.get(character, ALLOWED)}")

    # From the syntax tree to functions that compute

    def _scalar(self, node: ast.expr) -> Compute:
        """Like _any, for a place where a list is not allowed."""
        if isinstance(node, ast.List):
            self._refuse(node, "use a list only as an argument of a function that takes one, for example sum([a, b])")
        compute = self._any(node)

        def scalar(leaves: Mapping[str, Value]) -> Any:
            number = compute(leaves)
            if isinstance(number, list):
                self._refuse(node, "this is a list; take one number of it, as in dot(softmax([a, b]), [1, 0])")
            return number

        return scalar if isinstance(node, ast.Call) else compute

    def _any(self, node: ast.expr) -> Compute:
        match node:
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=float() | int() as number):
                return self._literal(node, number)
            case ast.Name(id=name):
                self.names.setdefault(name, self._column(node))
                return lambda leaves: leaves[name]
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=float() | int() as number)):
                return self._literal(node, -number)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
                unary, x = OPERATORS[type(op)], self._scalar(operand)
                return lambda leaves: unary(x(leaves))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                binary, x, y = OPERATORS[type(op)], self._scalar(left), self._scalar(right)
                return lambda leaves: binary(x(leaves), y(leaves))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(node, name, arguments)
            case ast.List(elts=elements):
                numbers = [self._any(element) for element in elements]
                return lambda leaves: [number(leaves) for number in numbers]
        self._refuse(node, _about_syntax_of(node))

    def _literal(self, node: ast.expr, number: float) -> Compute:
        try:
            data = float(number)
        except OverflowError:
            data = math.inf
        if math.isinf(data):
            self._refuse(node, TOO_LARGE)
        return lambda leaves: Value(data, op="constant")

    def _call(self, node: ast.expr, name: str, arguments: list[ast.expr]) -> Compute:
        if name not in FUNCTIONS:
            self._refuse(node, f"{_described(name)} is not a function here{_nearest(name)}")
        function, computes = FUNCTIONS[name], [self._any(argument) for argument in arguments]
        signature = inspect.signature(inspect.unwrap(function))
        try:
            signature.bind(*computes)
        except TypeError:
            operands = ", ".join(str(each.replace(annotation=each.empty)) for each in signature.parameters.values())
            self._refuse(node, f"it is {name}({operands}); the number of arguments here is {len(computes)}")

        def call(leaves: Mapping[str, Value]) -> Any:
            operands = [compute(leaves) for compute in computes]
            try:
                return function(*operands)
            except TypeError as error:
                self._refuse(node, str(error))

        return call

    # Where, and what

    def _column(self, node: ast.expr) -> int:
        return len(self.source.encode()[: node.col_offset].decode())  # Python counts bytes

    def _place(self, error: SyntaxError) -> int:
        if error.offset:
            return error.offset - 1
        if error.msg.startswith(TOO_MANY_DIGITS):
            return max(re.finditer(r"\d+", self.source), key=lambda digits: len(digits[0])).start()
        return len(self.source)  # Python did not expect the end

    def _refuse(self, place: int | ast.expr, sentence: str) -> NoReturn:
        column = place if isinstance(place, int) else self._column(place)
        column = min(max(column, 0), len(self.source))
        start = max(0, min(column - SHOWN // 2, len(self.source) - SHOWN))
        line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in self.source[start:][:SHOWN])
        before, after = "…" * (start > 0), "…" * (start + SHOWN < len(self.source))
        caret = " " * (len(before) + column - start) + "^"
        raise ExpressionError(f"{sentence}\n    {before}{line}{after}\n    {caret}") from None


def _about_syntax(message: str) -> str:
    """Python's message, if it helps; else what is wrong most often."""
    if message.startswith(TOO_MANY_DIGITS):
        return TOO_LARGE
    return SOMETHING_IS_MISSING if message.startswith("invalid") else message


def _about_syntax_of(node: ast.expr) -> str:
    match node:
        case ast.Attribute() | ast.Call(func=ast.Attribute()):
            return "a dot after a name is not allowed: write tanh(x), not x.tanh()"
        case ast.Tuple():
            return "a comma is not allowed here: a list of numbers is written [a, b]"
        case ast.Call():
            return "this is not a function: to multiply write *, as in 2*(x + 1)"
        case ast.Starred():
            return "a * before an argument is not allowed: write the arguments one by one"
        case ast.Subscript():
            return "an index is not allowed: give each number a name of its own, such as x0"
        case ast.Constant(value=complex()):
            return "imaginary numbers are not allowed: Values are real"
    return f"this is not allowed: {ALLOWED}"


def _nearest(name: str) -> str:
    nearest = [OTHER_NAMES[name]] if name in OTHER_NAMES else get_close_matches(name, FUNCTIONS, n=1)
    return f"; did you mean {nearest[0]}?" if nearest else f"; if it is a number, write * to multiply: {name}*(…)"


def _described(text: str) -> str:
    """A name or character in quotation marks, with what its unusual characters are called."""
    strange = [unicodedata.name(c, f"U+{ord(c):04X}") for c in text if not c.isascii() or not c.isprintable()]
    return repr(text) + (f" ({', '.join(strange[:3])})" if strange else "")
