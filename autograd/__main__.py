"""The shell: python -m autograd draw "tanh(w*x + b)" w=0.5 x=2 b=1 -o out.svg, explain, explore, check, live, …."""

import io
import os
import re
import sys
from argparse import REMAINDER, SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from errno import EBADF
from textwrap import fill
from typing import Any, NoReturn

from autograd.importing import check_installation

check_installation()

# isort: split
from autograd.classroom import lessons
from autograd.classroom.grading import command as check
from autograd.classroom.grading.command import MisuseError
from autograd.classroom.live import command as live
from autograd.classroom.site import command as site
from autograd.expressions import ALLOWED, CONSTANTS, FUNCTIONS, ExpressionError, evaluate, read_values
from autograd.languages import LANGUAGES, VARIABLE, speaking
from autograd.value import Value

LONGEST_MESSAGE = 2000  # characters
FAILED, MISUSED = 1, 2  # exit statuses: the mathematics or the file failed; the command was not understood


@dataclass(frozen=True)
class Command:
    """A subcommand.

    purpose: a sentence for --help.
    epilog: what --help ends with: examples, and what else there is to know.
    add_arguments: adds its arguments to a parser.
    run: does the work. Its errors become a sentence. It returns the exit status, or None for 0.
    """

    purpose: str
    epilog: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int | None]


def _add_expression(parser: ArgumentParser) -> None:
    parser.add_argument("expression", metavar="EXPRESSION", help='in quotation marks: "tanh(w*x + b)"')
    parser.add_argument("values", metavar="NAME=VALUE", nargs="*", help="a value for each name: x=2 t=pi/4")


def _differentiated(arguments: Namespace) -> Value:
    result = evaluate(arguments.expression, read_values(arguments.values))
    result.backward()
    return result


# Options that are not given are not handed on: draw and explain have the defaults.


def _add_output(parser: ArgumentParser, endings: str, otherwise: str, most_digits: int = 17) -> None:
    _add_expression(parser)
    parser.add_argument(
        "-o", dest="file", metavar="FILE", help=f"write to this file: {endings} (without -o: {otherwise})"
    )
    parser.add_argument(
        "--digits",
        type=int,
        choices=range(1, most_digits + 1),
        metavar="N",
        help=f"digits of each number, from 1 to {most_digits}",
    )


def _add_draw(parser: ArgumentParser) -> None:
    _add_output(parser, ".svg, .png, .pdf, .html or .dot", "the SVG is printed")
    parser.add_argument(
        "--direction", choices=["LR", "TB"], default=SUPPRESS, help="to the right (LR) or downwards (TB)"
    )
    parser.add_argument(
        "--local-gradients", action="store_true", default=SUPPRESS, help="show the local gradients at the edges"
    )


def _options(arguments: Namespace) -> dict[str, Any]:
    options = {name: value for name, value in vars(arguments).items() if name in ("direction", "local_gradients")}
    return options if arguments.digits is None else {**options, "number_format": f".{arguments.digits}g"}


# draw() labels a result with the name of its variable. So the result has no variable here.


def _draw(arguments: Namespace) -> None:
    from autograd.pictures import draw  # here, because check and live need no pictures

    drawing = draw(_differentiated(arguments), **_options(arguments))
    if arguments.file is None:
        print(drawing.svg)
    else:
        drawing.save(arguments.file)


def _explain(arguments: Namespace) -> None:
    from autograd.pictures import explain

    explanation = explain(_differentiated(arguments), **_options(arguments))
    if arguments.file is None:
        print(explanation)
    else:
        explanation.save(arguments.file)


def _explore(arguments: Namespace) -> None:
    from autograd.pictures import explore

    exploration = explore(
        _differentiated(arguments), **({} if arguments.digits is None else {"digits": arguments.digits})
    )
    if arguments.file is None:
        print(exploration.page)
    else:
        exploration.save(arguments.file)


EXPRESSIONS = f"""
{ALLOWED[0].upper()}{ALLOWED[1:]}.
Some functions take lists, for example sum([a, b]). Nothing in an expression runs as Python.

functions:
{fill(", ".join(sorted(FUNCTIONS)), 78, initial_indent="  ", subsequent_indent="  ")}
constants: {", ".join(CONSTANTS)}; you may give them other values
"""

COMMANDS = {
    "draw": Command(
        "draw the graph of an expression, with every number and its gradient",
        """\
examples:
  python -m autograd draw "tanh(w*x + b)" w=0.5 x=2 b=1 -o out.svg
  python -m autograd draw "-log(sigmoid(z))" z=-1.5 --local-gradients -o loss.svg
  python -m autograd draw "dot([u, v], [x, y])" u=1 v=-2 x=0.5 y=pi > graph.svg
"""
        + EXPRESSIONS,
        _add_draw,
        _draw,
    ),
    "explain": Command(
        "explain the backward pass of an expression, step by step",
        """\
examples:
  python -m autograd explain "tanh(w*x + b)" w=0.5 x=2 b=1
  python -m autograd explain "tanh(w*x + b)" w=0.5 x=2 b=1 -o out.html
"""
        + EXPRESSIONS,
        lambda parser: _add_output(parser, ".html or .txt", "the text is printed"),
        _explain,
    ),
    "explore": Command(
        "make a page on which you can change every number of an expression",
        """\
examples:
  python -m autograd explore "tanh(w*x + b)" w=0.5 x=2 b=1 -o out.html
  python -m autograd explore "-log(sigmoid(z))" z=-1.5 -o loss.html
"""
        + EXPRESSIONS,
        lambda parser: _add_output(parser, ".html", "the page is printed", most_digits=15),
        _explore,
    ),
    "check": Command(
        "check a student's own Value, fact by fact",
        check.EPILOG,
        check.add_arguments,
        check.check,
    ),
    "live": Command(
        "open a page that follows a Python file as you edit it",
        live.EPILOG,
        live.add_arguments,
        live.live,
    ),
    "lessons": Command(
        "write the lessons into a folder, from one derivative to a GPT",
        lessons.EPILOG,
        lessons.add_arguments,
        lessons.write,
    ),
    "site": Command(
        "build a folder that any web server can hand out: all this without Python on the reader's machine",
        site.EPILOG,
        site.add_arguments,
        site.build,
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand and return the exit status: 0; 1 if it failed; 2 if it was not understood.

    SystemExit from argparse after --help, and for arguments that a subcommand does not have.
    """
    parser = _parser()
    if not (sys.argv[1:] if argv is None else argv):
        parser.print_help(sys.stderr)
        parser.exit(MISUSED)
    chosen = parser.parse_args(argv)
    name, command = chosen.command, COMMANDS[chosen.command]
    parser = _new_parser(name, f"{command.purpose[0].upper()}{command.purpose[1:]}.", command.epilog)
    command.add_arguments(parser)
    parser.add_argument(
        "--language", choices=LANGUAGES, help=f"what is said to people: English or German (default: {VARIABLE})"
    )
    arguments = parser.parse_intermixed_args(_no_options(chosen.arguments))
    try:
        if sys.stdout is None:
            raise OSError(EBADF, "it is closed")
        with speaking(arguments.language):
            status = command.run(arguments)
        sys.stdout.flush()
        return status or 0
    except (ExpressionError, MisuseError) as error:
        status, sentence = MISUSED, str(error)
    except BrokenPipeError:  # the reader has seen enough
        _give_up_stdout()
        return FAILED
    except OSError as error:
        where = "standard output" if error.filename is None else error.filename
        status, sentence = FAILED, f"cannot write to {where}: {error.strerror}"
        if error.filename is None and sys.stdout is not None:
            _give_up_stdout()
    except (ValueError, ArithmeticError, RuntimeError, ImportError) as error:
        status, sentence = FAILED, str(error)
    print(f"{name}: {_shortened(sentence)}", file=sys.stderr)
    return status


class Parser(ArgumentParser):
    """Reads arguments. Its messages quote no more of them than a person can read."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end. The usage, often ten lines, is left to --help."""
        self.exit(MISUSED, f"{self.prog}: {_shortened(message)}\nfor more: {self.prog} --help\n")


def _shortened(message: str) -> str:
    if len(message) <= LONGEST_MESSAGE:
        return message
    half = LONGEST_MESSAGE // 2
    return f"{message[:half]} … {message[-half:]}"


def _parser() -> ArgumentParser:
    names = "\n".join(f"  {name:8} {command.purpose}" for name, command in COMMANDS.items())
    parser = _new_parser(
        "", "See backpropagation from a shell.", f"commands:\n{names}\n\nFor more: python -m autograd COMMAND --help"
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="see below")
    parser.add_argument("arguments", nargs=REMAINDER, metavar="...", help="what the command takes")
    return parser


def _new_parser(name: str, description: str, epilog: str) -> ArgumentParser:
    return Parser(
        prog=f"{_called()} {name}".strip(),
        description=description,
        epilog=epilog,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _called() -> str:
    """How this program was called: by its own name, or as a module."""
    name = os.path.basename(sys.argv[0]).removesuffix(".exe")
    return name if name == "chalkgrad" else "python -m autograd"


def _no_options(arguments: Sequence[str]) -> list[str]:
    """The arguments, where a space marks expressions such as -x*y and files such as -x.svg: they are no options."""
    safe: list[str] = []
    for argument in arguments:
        if safe and safe[-1] == "-o" and argument:
            safe[-1] += argument
        else:
            is_option = re.fullmatch(r"--[\w-]*(=.*)?|-o(.*\.[a-z]+)?|-h|[^-].*|-?", argument, re.DOTALL)
            safe.append(argument if is_option else f" {argument}")
    return safe


def _give_up_stdout() -> None:
    """Close standard output, so that Python does not fail once more when it writes the rest at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def command() -> None:
    """What the shell calls `chalkgrad`: main(), printing UTF-8. SystemExit with its status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # the encoding of the pictures, in a file or a pipe as well
    sys.exit(main())


if __name__ == "__main__":
    command()
