"""Runs small programs on a student's code: in this process, or as a script in one of its own, told what to do by pipe.

As a script it stands alone: it imports nothing of this project, so that the student's file finds Python as it is.
What the file writes, reads or closes is not the pipe's business: standard input and output lead nowhere.
"""

import ast
import builtins
import contextlib
import importlib.util
import io
import json
import os
import sys
import traceback
from functools import cache
from importlib.machinery import SourceFileLoader
from numbers import Real
from types import CodeType, FunctionType, SimpleNamespace
from typing import Any

FUNCTIONS = (
    "exp",
    "log",
    "tanh",
    "relu",
    "sigmoid",
    "sin",
    "cos",
    "sqrt",
)  # that some write as methods, and some as functions
PARENTS = ("parents", "_prev", "_children", "children", "_parents", "prev", "inputs")  # what the parents are called
OP = ("op", "_op")
LONGEST, MOST = 500, 50  # characters of a text, and items of a list, that are told

HERE = os.path.dirname(os.path.abspath(__file__))
MEMORY = 2 << 30  # bytes that the process of a student may have

# The student's code may put anything in the place of a builtin, or of a function of os.
python = SimpleNamespace(**vars(builtins))
system = SimpleNamespace(**vars(os))
dumps, loads = json.dumps, json.loads


def plain(thing: Any, depth: int = 3) -> Any:
    """A result as JSON can hold it: what is no number, text, bool, None or list of these as {kind, shown}."""
    kind = python.type(thing)
    if thing is None or kind is python.bool:
        return thing
    if python.isinstance(thing, python.str):
        return thing[:LONGEST]
    if python.isinstance(thing, python.int):
        return python.int(thing) if python.abs(python.int(thing)) < 2**53 else python.float(thing)
    if python.isinstance(thing, Real):
        return python.float(thing)
    if python.isinstance(thing, (python.list, python.tuple)) and depth:
        return [plain(each, depth - 1) for each in thing[:MOST]]
    return {"kind": kind.__name__, "shown": python.repr(thing)[:LONGEST]}


def run(program: str, names: dict[str, Any], folder: str = "") -> dict[str, Any]:
    """Run a program and return {"got": the value of its last line} or {"error": …, "where": the student's line}.

    Either has "printed", too: whether something was printed. folder: that of the student's file; "" for a class of
    this process.
    """
    said = Said()
    with contextlib.redirect_stdout(said):
        reply = answered(program, names, folder)
    return {**reply, "printed": said.something}


class Said(io.TextIOBase):
    """Takes what is printed, and remembers only that there was something."""

    something = False

    def write(self, text: str) -> int:
        """Take some text."""
        self.something = self.something or python.bool(text)
        return python.len(text)


def answered(program: str, names: dict[str, Any], folder: str) -> dict[str, Any]:
    """The reply to a program, as run() has it, but for what was printed."""
    body, last_line = compiled(program)
    scope = {"__name__": "program", "__builtins__": builtins, **names}
    try:
        python.exec(body, scope)
        return {"got": plain(python.eval(last_line, scope))}
    except KeyboardInterrupt:
        if not folder:  # in a notebook it is meant
            raise
        return {"error": "KeyboardInterrupt", "where": ""}
    except BaseException as error:
        return told(error, folder)


@cache
def compiled(program: str) -> tuple[CodeType, CodeType]:
    """A program, and its last line if that is an expression."""
    tree = ast.parse(program)
    last = tree.body.pop() if python.isinstance(tree.body[-1], ast.Expr) else ast.Expr(ast.Constant(None))
    last_line = ast.fix_missing_locations(ast.Expression(last.value))  # type: ignore[attr-defined]
    return python.compile(tree, "<program>", "exec"), python.compile(last_line, "<program>", "eval")


def told(error: BaseException, folder: str) -> dict[str, Any]:
    """An error in words, and the line of the student's code where it came."""
    try:
        text = python.str(error)
        if isinstance(error, SyntaxError):
            text = error.msg
    except BaseException:
        text = "(it cannot be put into words)"
    lines = [(frame.filename, frame.lineno, frame.line or "") for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError):
        lines.append((error.filename or "", error.lineno, (error.text or "").strip()))
    lines = [line for line in lines if _is_the_students(line[0], folder)]
    where = f"line {lines[-1][1]}: {lines[-1][2]}" if lines else ""
    if folder and lines:
        where = f"{system.path.basename(lines[-1][0])}, {where}"
    return {"error": f"{python.type(error).__name__}: {text}"[:LONGEST].rstrip(": "), "where": where[:LONGEST]}


def _is_the_students(file: str, folder: str) -> bool:
    return file.startswith(folder) if folder else file != "<program>" and system.path.dirname(file) != HERE


def dialect(value: Any, module: dict[str, Any]) -> dict[str, Any]:
    """How the student calls things, to write the programs with these names.

    attributes: what the parents and the operation are called. has: all attributes of the class and of a Value.
    functions: those of FUNCTIONS that are functions of the module and no methods.
    """
    has = set(dir(value))
    with contextlib.suppress(Exception):  # a fact of its own
        has |= set(dir(value(1.0)))
    functions = [name for name in FUNCTIONS if name not in has and python.type(module.get(name)) is FunctionType]
    attributes = {names[0]: next((name for name in names if name in has), names[0]) for names in (PARENTS, OP)}
    return {"functions": functions, "attributes": attributes, "has": sorted(has)}


# In a process of its own


class FromSource(SourceFileLoader):
    """Reads the file itself: what stands beside it in __pycache__ may have been made of another."""

    def path_stats(self, path: str) -> dict[str, Any]:
        """Refused, so that nothing kept is looked for."""
        raise OSError


def load(file: str, wanted: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run a student's file; what its programs can use, and what is told: the class, where it is from, the dialect.

    NameError or TypeError if it has no class of that name; where none is wanted, Value or the only one with backward().
    """
    sys.path.insert(_behind_pythons_own(), system.path.dirname(file))
    name = system.path.splitext(system.path.basename(file))[0]
    if name in sys.modules or name in sys.stdlib_module_names:
        name += "_of_student"
    loader = FromSource(name, file)  # whatever its ending
    spec = importlib.util.spec_from_file_location(name, file, loader=loader)
    assert spec
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    has = vars(module)
    others = [each for each in has if isinstance(has[each], type) and callable(getattr(has[each], "backward", None))]
    chosen = wanted or ("Value" if "Value" in has or len(others) != 1 else others[0])
    if chosen not in has or not chosen.isidentifier():
        there = f"; it has {', '.join(others)}" if others else ""
        raise NameError(f"there is no class {chosen} in {system.path.basename(file)}{there}")
    value = has[chosen]
    if not isinstance(value, type):
        raise TypeError(f"{chosen} is not a class: it is of type {type(value).__name__}")
    spoken = dialect(value, has)
    names = {chosen: value, **{name: has[name] for name in spoken["functions"]}}
    home = system.path.basename(file) if value.__module__ == name else str(value.__module__)[:LONGEST]
    return names, {"class": chosen, "home": home, "dialect": spoken}


def _behind_pythons_own() -> int:
    """Where the folder stands in sys.path: another student's random.py there is not taken for Python's."""
    packages = ("site-packages", "dist-packages")
    places = [place for place, folder in enumerate(sys.path) if system.path.basename(folder) in packages]
    return min(places, default=len(sys.path))


def main() -> None:
    """Answer requests, a line of JSON each, with a line of JSON after the token of the request."""
    requests, replies = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    _limit_memory()
    names: dict[str, Any] = {}
    folder = ""
    while line := _read_line(requests):
        request = loads(line)
        try:
            if "file" in request:
                folder = system.path.dirname(request["file"])
                names, reply = load(request["file"], request["class"])
            elif not python.hasattr(system, "fork"):
                reply = run(request["program"], names, folder)
            else:
                reply = {}
                child = system.fork()  # so that no fact sees what the one before left behind
                if not child:
                    try:
                        _reply(replies, request, run(request["program"], names, folder))
                    except BaseException:  # what came cannot be told
                        system._exit(1)
                    system._exit(0)
                status = system.waitstatus_to_exitcode(system.waitpid(child, 0)[1])
                reply = {"status": status}  # of no interest if the child has answered
        except BaseException as error:
            reply = told(error, folder)
        _reply(replies, request, reply)
    system._exit(0)


def _read_line(pipe: int) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        some = system.read(pipe, 65536)
        if not some:
            return b""
        line += some
    return line


def _reply(pipe: int, request: dict[str, Any], reply: dict[str, Any]) -> None:
    line = f"\n{request['token']} {dumps(reply)}\n".encode()
    while line:
        line = line[system.write(pipe, line) :]


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on every system
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
