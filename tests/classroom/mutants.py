"""Makes every single change of a right engine: another operator, constant, sign, name or order, or something left out.

python -m tests.classroom.mutants prints, for each of the right engines, the changes that no fact of `check` notices.
"""

import ast
import math
import random
import re
import sys
import types
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from autograd.classroom import check
from autograd.classroom.checks.engine_facts import ENGINE

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Pow)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
NAMES = ("self", "other", "out")
# What is written around an operand: a sign, and what changes it at some points only
AROUND = ("-{}", "abs({})", "min({}, 3.0)", "min({}, 10.0)", "max({}, -3.0)")
# And what changes its last digits: whoever notices this notices a larger error all the more
AROUND += ("({} + 1e-9)", "({} * (1 + 1e-12))", 'float(format({}, ".6g"))')
TIMEOUT = 1.0  # seconds for each fact; a right engine needs some tenths for the longest


class Mutant(NamedTuple):
    """A changed program: its line, counted from 1, as it was and as it is, and the whole of it."""

    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.before}  →  {self.after}"


def mutants(source: str) -> Iterator[Mutant]:
    """Every single change of a program that is still a program, each once."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    seen = {ast.dump(ast.parse(source))}
    for node in ast.walk(ast.parse(source)):
        if not hasattr(node, "end_col_offset"):
            continue
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        for text in changes(node):
            changed = source[:start] + text + source[end:]
            try:
                dumped = ast.dump(ast.parse(changed))
            except SyntaxError:
                continue
            if dumped not in seen:
                seen.add(dumped)
                n = node.lineno - 1
                yield Mutant(n + 1, lines[n].strip(), changed.splitlines()[n].strip(), changed)


def changes(node: ast.AST) -> Iterator[str]:
    """The texts that may stand in the place of a part of a program."""
    if isinstance(node, ast.expr):
        yield from (f"({text})" for text in expressions(node))
    elif isinstance(node, ast.stmt):
        yield from statements(node)


def expressions(node: ast.expr) -> Iterator[str]:
    """Other expressions for one."""
    said = ast.unparse
    match node:
        case ast.BinOp(left, op, right):
            yield from (said(ast.BinOp(left, other(), right)) for other in ARITHMETIC if not isinstance(op, other))
            yield from (said(ast.BinOp(right, op, left)), said(left), said(right))
        case ast.UnaryOp(_, operand):
            yield said(operand)
        case ast.Compare(left, [op], [right]):
            others = COMPARISONS if isinstance(op, COMPARISONS) else (ast.In, ast.NotIn)
            yield from (said(ast.Compare(left, [other()], [right])) for other in others)
        case ast.Constant(bool()):
            yield str(not node.value)
        case ast.Constant(int() | float() as number):
            yield from map(repr, (number + 1, number - 1, -number, number / 2, 0, 1, 1e-6))
        case ast.IfExp(test, body, orelse):
            yield from (said(body), said(orelse), said(ast.IfExp(test, orelse, body)))
        case ast.Call(_, arguments):
            yield from call(node)
            if len(arguments) == 1:
                yield said(arguments[0])
        case ast.Tuple(elements) if isinstance(node.ctx, ast.Load):
            yield from (said(ast.Tuple(elements[:i] + elements[i + 1 :], node.ctx)) for i in range(len(elements)))
            yield said(ast.Tuple(elements[::-1], node.ctx))
        case ast.Attribute(of, "data" | "grad" as name) if isinstance(node.ctx, ast.Load):
            yield said(ast.Attribute(of, {"data": "grad", "grad": "data"}[name], node.ctx))
        case ast.Name(name) if name in NAMES and isinstance(node.ctx, ast.Load):
            yield from (other for other in NAMES if other != name)
    if is_number(node):
        yield from (around.format(said(node)) for around in AROUND)


def is_number(node: ast.expr) -> bool:
    """Whether this is, as far as one sees, a number in a formula."""
    match node:
        case ast.Attribute(_, "data" | "grad"):
            return isinstance(node.ctx, ast.Load)
        case ast.BinOp() | ast.Call(ast.Attribute(ast.Name("math"))):
            return True
        case ast.Name("x" | "y" | "n"):
            return isinstance(node.ctx, ast.Load)
    return False


def call(node: ast.Call) -> Iterator[str]:
    """A call with one argument less, or with two in the other order, or of a neighbour."""
    arguments = node.args
    for i in range(len(arguments)):
        yield ast.unparse(ast.Call(node.func, arguments[:i] + arguments[i + 1 :], node.keywords))
    for i in range(len(arguments) - 1):
        swapped = [*arguments[:i], arguments[i + 1], arguments[i], *arguments[i + 2 :]]
        yield ast.unparse(ast.Call(node.func, swapped, node.keywords))
    neighbours = {"max": "min", "reversed": "list", "math.exp": "math.expm1", "math.log": "math.log1p"}
    neighbours |= {"math.tanh": "math.atan", "math.sin": "math.cos", "math.cos": "math.sin", "math.sqrt": "math.cbrt"}
    if other := neighbours.get(ast.unparse(node.func)):
        yield f"{other}({', '.join(map(ast.unparse, arguments))})"


def statements(node: ast.stmt) -> Iterator[str]:
    """Other statements for one."""
    said = ast.unparse
    match node:
        case ast.Assign([target], value):
            yield "pass"
            if isinstance(target, ast.Attribute):
                yield from (f"{said(target)} {sign}= {said(value)}" for sign in "+-*")
        case ast.AugAssign(target, _, value):
            yield "pass"
            yield f"{said(target)} = {said(value)}"
            yield from (f"{said(target)} {sign}= {said(value)}" for sign in ("+", "-", "*", "/"))
        case ast.Return(value) if value is not None:
            yield from ("pass", "return self", "return other")
        case ast.Expr(ast.Call()) | ast.FunctionDef() | ast.For() | ast.Assert():
            yield "pass"
        case ast.If(test) | ast.While(test):
            rest = said(node).removeprefix("if " if isinstance(node, ast.If) else "while ").removeprefix(said(test))
            word = "if" if isinstance(node, ast.If) else "while"
            for other in (f"not ({said(test)})", "True", "False"):
                yield f"{word} {other}{rest}".replace("\n", "\n" + " " * node.col_offset)


# Which mutants are noticed


@lru_cache(maxsize=4)
def engine(source: str) -> type:
    """The class Value of a student's source."""
    module = types.ModuleType("students_engine")
    sys.modules["students_engine"] = module
    exec(compile(source, "students_engine.py", "exec"), vars(module))
    value: type = module.Value
    return value


OPTIONAL = r"def (__(rpow|lt|gt|abs|iadd|imul)__|sigmoid|sin|cos|sqrt)\("
SLOW = ("deep", "training")


def is_noticed(source: str, stages: Iterable[str]) -> bool:
    """Whether a fact fails, or its program asks for what is not there any more. The stages are tried one by one."""
    try:
        Value = engine(source)
    except Exception:
        return True
    return any(not check(Value, stages=[stage], timeout=TIMEOUT).passed for stage in stages)


def survivors(source: str, made: Iterable[Mutant], n_programs: int = 500) -> Iterator[tuple[Mutant, str]]:
    """The mutants that no fact notices, each with the reason why; "" if there is none, and check is to be mended.

    n_programs: how many random programs tell whether a mutant computes the same.
    """
    quick = [stage for stage in ENGINE if stage not in SLOW]
    for mutant in made:
        if not is_noticed(mutant.source, quick):
            if mutant.before.startswith("return f") or mutant.before.startswith('return "Value'):
                yield mutant, "the text of a Value is free, if its number is in it"
            elif mutant.after == "pass" and re.match(OPTIONAL, mutant.before):
                yield mutant, "an engine may do without it"
            elif is_like(source, mutant.source, n_programs):
                yield mutant, "it computes the same"
            elif not is_noticed(mutant.source, SLOW):
                yield mutant, ""


# Whether a mutant answers otherwise than the engine that it was made of, as far as random programs tell

LEAVES = 3
NUMBERS = (-3.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 30.0, -30.0, 1e-3, 7.0, 2.00075)
FUNCTIONS = ("exp", "log", "tanh", "relu", "sigmoid", "sin", "cos", "sqrt")


def answer(Value: type, seed: int) -> list[Any]:
    """What a random program gives: the data and gradients of all its Values, and how it failed."""
    chance = random.Random(seed)
    values = [Value(chance.choice(NUMBERS) * chance.choice((1, 1, 1 + chance.random()))) for _ in range(LEAVES)]
    said: list[Any] = []
    for _ in range(chance.randint(1, 8)):
        first, second = chance.choice(values), chance.choice([*values, chance.choice(NUMBERS)])
        if chance.random() < 0.3:
            first, second = second, first
        sign = chance.choice(["+", "-", "*", "/", "**", "neg", "abs", "<", "+=", "*=", "back", "zero", *FUNCTIONS])
        try:
            step(sign, first, second, values)
        except Exception:
            said.append("error")
    for each in values[:LEAVES:-1][:2] or values[-1:]:
        try:
            step("back", each, None, values)
        except Exception:
            said.append("error")
        said += [getattr(value, name, None) for value in values for name in ("data", "grad")]
    return said


def step(sign: str, first: Any, second: Any, values: list[Any]) -> None:
    """One step of a random program. What mathematics or convention leaves open is left out."""
    scope = {"a": first, "b": second}
    match sign:
        case "+" | "-" | "*" | "/" | "**":
            result = eval(f"a {sign} b", scope)
        case "neg":
            result = -first
        case "abs" if getattr(first, "data", 0.0) != 0:  # where the slope is anybody's choice
            result = abs(first)
        case "<":
            result = first * float((first < second) + 2 * (first > second))
        case "+=" | "*=":
            exec(f"a {sign} b", scope)
            result = scope["a"]
        case "back":
            if all(first is not each for each in values[:LEAVES]):  # a leaf's own 1 may add up, or not
                first.backward()
            return
        case "zero":
            first.grad = 0.0
            return
        case _:
            result = getattr(first, sign)()
    if isinstance(result.data, complex):  # as a negative number to the power 0.5: refused by some, and not by others
        raise ArithmeticError
    values.append(result)


def is_like(source: str, other: str, n_programs: int) -> bool:
    """Whether random programs find no difference between two engines."""
    two = engine(other)
    return all(are_close(right_answer(source, n), answer(two, n)) for n in range(n_programs))


@cache
def right_answer(source: str, seed: int) -> list[Any]:
    """The answer of an engine to a random program."""
    return answer(engine(source), seed)


def are_close(one: list[Any], other: list[Any]) -> bool:
    """Whether two answers are the same but for rounding."""
    if len(one) != len(other):
        return False
    for x, y in zip(one, other):
        if isinstance(x, (int, float)) and isinstance(y, (int, float)):
            if not (x == y or (x != x and y != y) or math.isclose(x, y, rel_tol=3e-13)):
                return False
        elif x != y:
            return False
    return True


def main() -> None:
    """Print how many mutants each right engine has, and those that pass, with the reason."""
    from tests.classroom.right_engines import ENGINES

    for name, source in ENGINES.items():
        assert not is_noticed(source, ENGINE), name
        made = list(mutants(source))
        passed = list(survivors(source, made))
        print(f"{name}: {len(made)} mutants, {len(passed)} pass")
        for mutant, why in passed:
            print("  ", why or "NOT NOTICED", "|", mutant, flush=True)


if __name__ == "__main__":
    main()
