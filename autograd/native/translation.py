"""Translates the values and local gradients of the table of derivatives from Python to C.

So nobody writes the mathematics a second time. The translator calls a function of the table with symbols, which
remember what is done with them. If the function compares a symbol, it is called once for each outcome, and the two ways
become an `if`. A function that it calls, such as cos or stable_sigmoid, becomes a call in C with the same name.
"""

import inspect
import math
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType, MappingProxyType
from typing import Any

from autograd import derivatives as table
from autograd.derivatives import Operation

LOGIC, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(6)  # how strongly an expression of C holds together
INFIX = {
    **dict.fromkeys(("&&", "||"), LOGIC),
    **dict.fromkeys(("<", "<=", ">", ">=", "=="), COMPARISON),
    **dict.fromkeys(("+", "-"), SUM),
    **dict.fromkeys(("*", "/"), PRODUCT),
}
SPELLED = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "**": "power",
    "%": "remainder",
    "//": "floor_divide",
}
# what is known of a comparison when another one of the same two numbers has come out true
IMPLIED = {
    (">", "<"): False,
    (">", "<="): False,
    (">", ">="): True,
    ("<", ">"): False,
    ("<", ">="): False,
    ("<", "<="): True,
    (">=", "<"): False,
    ("<=", ">"): False,
}


@dataclass(frozen=True)
class Symbol:
    """An unknown number: a variable of C, or the result of an operation of C on others. A Translator makes it."""

    translator: "Translator"
    name: str
    operands: tuple["Operand", ...] | None = None  # None for a variable

    @staticmethod
    def __operation__(op: Operation, operands: Sequence["Operand"]) -> "Symbol":
        """Turns an operation of the table that was called with symbols into a call in C."""
        translator = next(x.translator for x in operands if isinstance(x, Symbol))
        return translator.applied(op, operands)

    def __add__(self, other: Any) -> Any:
        return self.translator.symbol("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return self.translator.symbol("+", other, self)

    def __sub__(self, other: Any) -> Any:
        return self.translator.symbol("-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.translator.symbol("-", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.translator.symbol("*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.translator.symbol("*", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.translator.symbol("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.translator.symbol("/", other, self)

    def __pow__(self, other: Any) -> Any:
        return self.translator.symbol("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self.translator.symbol("pow", other, self)

    def __neg__(self) -> Any:
        return self.translator.symbol("neg", self)

    def __abs__(self) -> Any:
        return self.translator.symbol("fabs", self)

    def __lt__(self, other: "Operand") -> bool:
        return self.translator.decided("<", self, other)

    def __le__(self, other: "Operand") -> bool:
        return self.translator.decided("<=", self, other)

    def __gt__(self, other: "Operand") -> bool:
        return self.translator.decided(">", self, other)

    def __ge__(self, other: "Operand") -> bool:
        return self.translator.decided(">=", self, other)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, (int, float)) and self.translator.decided("==", self, other))

    __hash__ = object.__hash__


Operand = Symbol | float


@dataclass(eq=False, frozen=True)
class Choice:
    """A place where a function goes one of two ways. At the end of each way is what it returns."""

    condition: Symbol
    yes: "Tree"
    no: "Tree"


Tree = Choice | Operand


class Translator:
    """Translates what it is asked for.

    renamed: the names in C of functions of math, if they differ.
    suffix: ends the names of partial derivatives.
    functions: by their names, the functions of C so far; each comes after those it calls.
    trees: the parameters and the results of the functions that others call.

    >>> c = Translator()
    >>> c.value(table.sech, ["s[3]"])
    'stable_sech(s[3])'
    >>> print(c.functions["stable_sech"])
    static double stable_sech(double x)
    {
        const double t1 = exp(-fabs(x));
        return 2 * t1 / (1 + t1 * t1);
    }
    >>> c.partial(table.sin, 0, {"x": "s[3]"})
    'cos(s[3])'
    """

    def __init__(self, renamed: Mapping[str, str] = MappingProxyType({}), suffix: str = "") -> None:
        self.renamed, self.suffix = renamed, suffix
        self.functions: dict[str, str] = {}
        self.trees: dict[str, tuple[Sequence[str], Tree]] = {}
        self._begun: set[str] = set()
        self._symbols: dict[Any, Symbol] = {}
        self._answers: list[bool] = []  # that the function is to get, in turn
        self._asked: list[tuple[Symbol, bool]] = []
        self._globals = {**vars(table), "math": _Mathematics(self), "float": _unchanged}
        for name, f in vars(table).items():
            if isinstance(f, FunctionType) and f.__annotations__.get("return") is float:
                self._globals[name] = self._called_by_name(f)
            elif isinstance(f, FunctionType) and f.__module__ == table.__name__:
                self._globals[name] = self._in_symbols(f)
        # a symbol stands for a float, of which is known what its rounding costs; a Value may stand for many
        self._globals |= {"type": _type_of, "rounded_number_of": _unchanged, "is_value": lambda x: False}

    def value(self, op: Operation, names: Sequence[str]) -> str:
        """The value of an operation that has a fixed number of operands, in C. names: what those are called in C."""
        variables = [self.variable(x) for x in op.operands]
        return written(self.applied(op, variables), dict(zip(variables, names)))

    def applied(self, op: Operation, operands: Sequence[Operand]) -> Symbol:
        """The result of an operation."""
        f = op.value
        if op.name in INFIX or op is table.negative:
            return self.symbol(op.name, *operands)
        if f.__module__ == "math":
            return self.symbol(self.renamed.get(f.__name__, f.__name__), *operands)
        if f.__name__ != "<lambda>":
            return self._globals[f.__name__](*operands)
        self._define(identifier(op), f, op.operands)
        return self.symbol(identifier(op), *operands)

    def partial(self, op: Operation, k: int, names: dict[str, str]) -> str:
        """The partial derivative of an operation with respect to operand k, in C, as a factor.

        names: what the operands, and "out", are called in C.
        """
        tree = self.partial_tree(op, k)
        if not isinstance(tree, Choice) and _size(tree) <= 2:
            text, strength = _written(tree, {self.variable(x): name for x, name in names.items()})
            return text if strength >= SIGN else f"({text})"
        parameters = [x for x in ("out", *op.operands) if self.variable(x) in _within(tree)]
        name = f"{identifier(op)}_by_{op.operands[k]}{self.suffix}"
        if name not in self.functions:
            self.functions[name] = _function(name, parameters, tree)
        return f"{name}({', '.join(names[x] for x in parameters)})"

    def symbol(self, name: str, *operands: Operand) -> Symbol:
        """The result of an operation of C. The same operation always gives the same symbol."""
        key = (name, *(id(x) if isinstance(x, Symbol) else repr(x) for x in operands))
        return self._symbols.setdefault(key, Symbol(self, name, operands))

    def variable(self, name: str) -> Symbol:
        """A variable of C."""
        return self._symbols.setdefault(name, Symbol(self, name))

    def decided(self, name: str, *operands: Operand) -> bool:
        """Whether a condition holds on the present way."""
        condition = self.symbol(name, *operands)
        for earlier, outcome in self._asked:
            if earlier is condition:
                return outcome
            if outcome and [*map(_key, earlier.operands or ())] == [*map(_key, operands)]:
                known = IMPLIED.get((earlier.name, name))
                if known is not None:
                    return known
        outcome = self._answers[len(self._asked)] if len(self._asked) < len(self._answers) else True
        self._asked.append((condition, outcome))
        return outcome

    def partial_tree(self, op: Operation, k: int) -> Tree:
        """The partial derivative of an operation with respect to operand k: of the variables "out" and its operands."""
        f = self._in_symbols(op.partials)
        variables = [self.variable(x) for x in ("out", *op.operands)]
        return _simplified(self._explored(lambda: f(*variables)[k]))

    def _define(self, name: str, f: Callable[..., Any], parameters: Sequence[str]) -> None:
        """A function of C for a function of Python."""
        if name in self._begun:
            return
        self._begun.add(name)
        asked, answers = self._asked, self._answers  # of the function that calls this one
        in_symbols, variables = self._in_symbols(f), [self.variable(x) for x in parameters]
        tree = _simplified(self._explored(lambda: in_symbols(*variables)))
        self._asked, self._answers = asked, answers
        self.trees[name] = parameters, tree
        self.functions[name] = _function(name, parameters, tree)

    def _in_symbols(self, f: Any) -> Any:
        """A function of the table that takes symbols, and computes with functions that do."""
        if not isinstance(f, FunctionType):
            return f  # an operator
        return FunctionType(f.__code__, self._globals, f.__name__, f.__defaults__, f.__closure__)

    def _called_by_name(self, f: FunctionType) -> Callable[..., Any]:
        """A call in C, in the place of a function of floats."""
        signature = inspect.signature(f)

        def call(*operands: Any) -> Any:
            if not any(isinstance(x, Symbol) for x in operands):
                return f(*operands)
            bound = signature.bind(*operands)
            bound.apply_defaults()
            self._define(f.__name__, f, [*signature.parameters])
            return self.symbol(f.__name__, *bound.args)

        return call

    def _explored(self, f: Callable[[], Any], answers: tuple[bool, ...] = ()) -> Tree:
        """What a function returns on every way that it can take after these answers."""
        self._asked, self._answers = [], list(answers)
        try:
            result = f()
        except (ValueError, ArithmeticError):
            result = math.nan
        if len(self._asked) == len(answers):
            return result
        condition, _ = self._asked[len(answers)]
        return Choice(condition, self._explored(f, (*answers, True)), self._explored(f, (*answers, False)))


class _Mathematics:
    """Stands for the module math among the functions of the table."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator

    def __getattr__(self, name: str) -> Any:
        of_floats = getattr(math, name)

        def call(*operands: Any) -> Any:
            if not any(isinstance(x, Symbol) for x in operands):
                return of_floats(*operands)
            if name.startswith("is"):
                return self._translator.decided(name, *operands)
            return self._translator.symbol(self._translator.renamed.get(name, name), *operands)

        return call if callable(of_floats) else of_floats


def _unchanged(x: Any) -> Any:
    return x


def _type_of(x: Any) -> Any:
    return _unchanged if isinstance(x, Symbol) else type(x)  # which takes the place of float


def identifier(op: Operation) -> str:
    """The name of an operation as C takes it."""
    return SPELLED.get(op.name, op.name)


def _key(x: Any) -> Any:
    return id(x) if isinstance(x, Symbol) else repr(x)


def _same(x: Tree, y: Tree) -> bool:
    if isinstance(x, Choice) and isinstance(y, Choice):
        return x.condition is y.condition and _same(x.yes, y.yes) and _same(x.no, y.no)
    return not isinstance(x, Choice) and not isinstance(y, Choice) and _key(x) == _key(y)


def _simplified(tree: Tree) -> Tree:
    """The tree with one choice for several that lead to the same two ends, and none where both ends are the same."""
    if not isinstance(tree, Choice):
        return tree
    condition, yes, no = tree.condition, _simplified(tree.yes), _simplified(tree.no)
    if _same(yes, no):
        return yes
    joined = condition.translator.symbol
    if isinstance(yes, Choice) and _same(yes.no, no):
        return Choice(joined("&&", condition, *_parts("&&", yes.condition)), yes.yes, no)
    if isinstance(no, Choice) and _same(no.yes, yes):
        return Choice(joined("||", condition, *_parts("||", no.condition)), yes, no.no)
    return Choice(condition, yes, no)


def _parts(sign: str, condition: Symbol) -> tuple[Any, ...]:
    return condition.operands or () if condition.name == sign else (condition,)


def _ends(tree: Tree) -> Iterator[Any]:
    """All expressions in a tree, conditions and what is returned."""
    if isinstance(tree, Choice):
        yield tree.condition
        yield from _ends(tree.yes)
        yield from _ends(tree.no)
    else:
        yield tree


def _uses(x: Any, known: Container[Symbol] = ()) -> Counter[Symbol]:
    """How often each symbol is used in an expression; uses within a symbol that has a name already do not count."""
    uses: Counter[Symbol] = Counter()
    stack = [x]
    while stack:
        x = stack.pop()
        if isinstance(x, Symbol):
            uses[x] += 1
            if uses[x] == 1 and x not in known:
                stack.extend(x.operands or ())
    return uses


def _within(tree: Tree) -> set[Symbol]:
    """All symbols in a tree."""
    return {x for end in _ends(tree) for x in _uses(end)}


def _size(x: Any) -> int:
    """How many operations an expression has, each counted where it is used."""
    return 1 + sum(map(_size, x.operands)) if isinstance(x, Symbol) and x.operands is not None else 0


def _function(name: str, parameters: Sequence[str], tree: Tree) -> str:
    head = f"static double {name}({', '.join(f'double {x}' for x in parameters)})"
    return "\n".join([head, "{", *_statements(tree, {}, "    "), "}"])


def _statements(tree: Tree, names: dict[Symbol, str], indent: str) -> Iterator[str]:
    """The statements of a function. names: the constants that it has declared for what it uses more than once."""
    names = dict(names)
    here = tree.condition if isinstance(tree, Choice) else tree
    later = _within(tree.yes) | _within(tree.no) if isinstance(tree, Choice) else set()
    uses = _uses(here, names)
    for x in _in_order(here):
        computes = x.operands is not None and INFIX.get(x.name, ATOM) > COMPARISON and x.name != "neg"
        if computes and x not in names and x in uses and (uses[x] > 1 or x in later):
            name = f"t{len(names) + 1}"
            yield f"{indent}const double {name} = {written(x, names)};"
            names[x] = name
    if isinstance(tree, Choice):
        inner = list(_statements(tree.yes, names, indent + "    "))
        yield f"{indent}if ({written(here, names)})" + (" {" if len(inner) > 1 else "")
        yield from inner
        if len(inner) > 1:
            yield f"{indent}}}"
        yield from _statements(tree.no, names, indent)
    else:
        yield f"{indent}return {written(here, names)};"


def _in_order(x: Any) -> list[Symbol]:
    """The symbols in an expression, operands first."""
    found: dict[Symbol, None] = {}

    def visit(x: Any) -> None:
        if isinstance(x, Symbol) and x not in found:
            for operand in x.operands or ():
                visit(operand)
            found[x] = None

    visit(x)
    return list(found)


def written(x: Any, names: dict[Symbol, str]) -> str:
    """An expression in C; names: what symbols in it are called that are known already."""
    return _written(x, names)[0]


def _written(x: Any, names: dict[Symbol, str]) -> tuple[str, int]:
    if not isinstance(x, Symbol):
        return number(x), SIGN if math.copysign(1.0, x) < 0 else ATOM
    if x in names or x.operands is None:
        return names.get(x, x.name), ATOM

    def inner(operand: Any, least: int) -> str:
        text, strength = _written(operand, names)
        return text if strength >= least else f"({text})"

    if x.name == "neg":
        text = inner(x.operands[0], PRODUCT)
        return "-" + (f"({text})" if text.startswith("-") else text), SIGN
    if x.name in INFIX:
        strength = INFIX[x.name]
        first, *others = x.operands
        least = strength if strength in (SUM, PRODUCT) else strength + 1
        return f" {x.name} ".join([inner(first, least), *(inner(y, strength + 1) for y in others)]), strength
    return f"{x.name}({', '.join(inner(y, LOGIC) for y in x.operands)})", ATOM


def number(x: float) -> str:
    """A number in C, to the last bit."""
    if x != x:
        return "NAN"
    return repr(x) if abs(x) < math.inf else "INFINITY" if x > 0 else "-INFINITY"
