"""Runs small programs on a student's code: in this process, or as a script in one of its own, told what to do by pipe.

As a script it stands alone: it imports nothing of this project, so that the student's file finds Python as it is.
"""

import ast
import builtins
import json
import traceback
from numbers import Real
from types import FunctionType, SimpleNamespace
from typing import Any

FUNCTIONS = ("exp", "log", "tanh", "relu")  # that some write as methods, and some as functions
PARENTS = ("parents", "_prev", "_children", "children", "_parents", "prev", "inputs")  # what the parents are called
OP = ("op", "_op")
LONGEST, MOST = 500, 50  # characters of a text, and items of a list, that are told

# The student's code may put anything in the place of a builtin.
b = SimpleNamespace(**vars(builtins))
dumps, loads = json.dumps, json.loads


def plain(thing: Any, depth: int = 3) -> Any:
    """A result as JSON can hold it: what is no number, text, bool, None or list of these as {kind, shown}."""
    kind = b.type(thing)
    if thing is None or kind is b.bool:
        return thing
    if b.isinstance(thing, b.str):
        return thing[:LONGEST]
    if b.isinstance(thing, b.int):
        return b.int(thing) if b.abs(b.int(thing)) < 2**53 else b.float(thing)
    if b.isinstance(thing, Real):
        return b.float(thing)
    if b.isinstance(thing, (b.list, b.tuple)) and depth:
        return [plain(each, depth - 1) for each in thing[:MOST]]
    return {"kind": kind.__name__, "shown": b.repr(thing)[:LONGEST]}


def run(program: str, names: dict[str, Any], file: str = "") -> dict[str, Any]:
    """Run a program and return {"got": the value of its last line} or {"error": …, "where": the line of the file}."""
    tree = ast.parse(program)
    last = tree.body.pop() if b.isinstance(tree.body[-1], ast.Expr) else ast.Expr(ast.Constant(None))
    last_line = ast.fix_missing_locations(ast.Expression(last.value))  # type: ignore[attr-defined]
    scope = {"__name__": "program", "__builtins__": builtins, **names}
    try:
        b.exec(b.compile(tree, "<program>", "exec"), scope)
        return {"got": plain(b.eval(b.compile(last_line, "<program>", "eval"), scope))}
    except KeyboardInterrupt:
        if not file:  # in a notebook it is meant
            raise
        return {"error": "KeyboardInterrupt", "where": ""}
    except BaseException as error:
        return told(error, file)


def told(error: BaseException, file: str) -> dict[str, Any]:
    """An error in words, and the line of the student's file where it came."""
    try:
        text = b.str(error)
    except BaseException:
        text = "(its text cannot be had)"
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename not in ("<program>", __file__)
    ]
    if file:
        frames = [frame for frame in frames if frame.filename == file]
    where = f"line {frames[-1].lineno}: {frames[-1].line}"[:LONGEST] if frames else ""
    if isinstance(error, SyntaxError) and error.filename == file:
        where = f"line {error.lineno}: {(error.text or '').strip()}"[:LONGEST]
        text = error.msg
    return {"error": f"{b.type(error).__name__}: {text}"[:LONGEST].rstrip(": "), "where": where}


def dialect(value: Any, module: dict[str, Any]) -> dict[str, Any]:
    """How the student calls things, to write the programs with these names: attributes, and functions for methods.

    functions: those of FUNCTIONS that are functions of the module and no methods, themselves.
    has: the attributes of the class and of a Value.
    """
    has = set(dir(value))
    try:
        leaf = value(1.0)
        has |= set(dir(leaf))
    except Exception:  # a fact of its own
        pass
    functions = {
        name: module[name] for name in FUNCTIONS if name not in has and b.type(module.get(name)) is FunctionType
    }
    attributes = {
        names[0]: name for names in (PARENTS, OP) for name in [next((n for n in names if n in has), names[0])]
    }
    return {"functions": functions, "attributes": attributes, "has": sorted(has)}
