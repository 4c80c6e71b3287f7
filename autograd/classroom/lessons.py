"""Writes the lessons and the demos of this package into a folder, as programs and as notebooks for students."""

import ast
import json
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograd.classroom.live.cells import Cell, cells_of

EPILOG = """\
Without --notebooks you get Python files, each with the plan and the notes for the teacher. Open one on the live page.
With --notebooks you get Jupyter notebooks for students, without plan and notes. With --demos the demos come too. Files
that are already there stay as they are.

examples:
  python -m autograd lessons
  python -m autograd live lessons/01_derivative.py
  python -m autograd lessons for-students --notebooks
  python -m autograd lessons colab --notebooks --demos --github https://github.com/you/course/tree/main/colab
"""
SOURCES = Path(__file__).parents[2] / "demos"  # in a copy of the repository
INSTALLED = "share/chalkgrad/"  # in an installed package
# The first cell of a notebook: on Colab and elsewhere it installs what is missing, and does nothing where it is there
INSTALL = "%pip install -q chalkgrad"
INSTALL_FOR_DEMOS = '%pip install -q "chalkgrad[demos,digits]"'
RUN = """\
# --quick makes the run short; without it the program takes its time
%run {name} --quick"""
SHOW = """\
# the pictures and pages that the program wrote
from html import escape
from pathlib import Path

from IPython.display import HTML, SVG, display

FRAME = '<iframe sandbox="allow-scripts" width="100%" height="640" style="border: 0" srcdoc="{}"></iframe>'
for path in sorted(Path("out").rglob("*.*")):
    if path.suffix == ".svg":
        display(SVG(path))
    elif path.suffix == ".html":
        display(HTML(FRAME.format(escape(path.read_text(encoding="utf-8")))))"""
DATA = """\
# the file that the program reads, where it looks for it
from pathlib import Path

from autograd.classroom.lessons import lesson_data

Path("data").mkdir(exist_ok=True)
Path("data/{name}").write_bytes(lesson_data("{name}").read_bytes())"""
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
GITHUB = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+)/(?:tree|blob)/([\w.-]+)(/[\w./-]*)?")
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def lessons() -> list[Path]:
    """The files of the lessons, in their order. FileNotFoundError if this installation has none.

    >>> [path.name for path in lessons()][:2]
    ['01_derivative.py', '02_graph_by_hand.py']
    """
    found = sorted((SOURCES / "lessons").glob("0*.py")) or _installed("lessons/0")
    if not found:
        raise FileNotFoundError("the lessons are not in this installation: python -m pip install --force-reinstall")
    return found


def demos() -> list[Path]:
    """The files of the demos, by their names. FileNotFoundError if this installation has none.

    >>> [path.name for path in demos()][:2]
    ['beyond.py', 'convnet.py']
    """
    found = sorted(SOURCES.glob("*.py")) or _installed("demos/")
    if not found:
        raise FileNotFoundError("the demos are not in this installation: python -m pip install --force-reinstall")
    return found


def lesson_data(name: str) -> Path:
    """A file that lessons read, such as names.txt. FileNotFoundError if there is none of this name.

    >>> lesson_data("names.txt").read_text(encoding="utf-8").split()[:3]
    ['emma', 'olivia', 'ava']
    """
    found = [path for path in [SOURCES / "data" / name, *_installed(f"data/{name}")] if path.is_file()]
    if not found:
        raise FileNotFoundError(f"the lessons have no file {name!r}")
    return found[0]


def _installed(beginning: str) -> list[Path]:
    from importlib.metadata import PackageNotFoundError, files  # slow to load, and seldom needed

    try:
        found = [file for file in files("chalkgrad") or [] if f"{INSTALLED}{beginning}" in file.as_posix()]
    except PackageNotFoundError:
        return []
    return sorted(Path(str(file.locate())).resolve() for file in found if file.suffix != ".pyc")  # pip compiles demos


def notebook(source: str) -> dict[str, Any]:
    """A lesson as a notebook for students: without notes, with a kernel, and with the line that installs chalkgrad.

    >>> [cell["source"] for cell in notebook("# %% [markdown]\\n# # Sums\\n# %%\\n1 + 1\\n")["cells"]]
    ['%pip install -q chalkgrad', '# Sums', '1 + 1']
    """
    return _notebook([Cell("code", INSTALL, 1), *(cell for cell in cells_of(source) if not cell.is_note)])


def demo_notebook(path: Path) -> dict[str, Any]:
    """A demo as a notebook: what it shows, its program, which is written to a file and run, and its pictures.

    >>> (moons,) = [path for path in demos() if path.stem == "moons"]
    >>> [cell["source"][:16] for cell in demo_notebook(moons)["cells"]]
    ['# Two moons: a n', '%pip install -q ', '%%writefile moon', '# --quick makes ', '# the pictures a']
    """
    source = path.read_text(encoding="utf-8")
    said, _, more = (ast.get_docstring(ast.parse(source)) or path.stem).partition("\n")
    texts = [("markdown", f"# {said.rstrip('.')}\n\n{more.strip()}".rstrip()), ("code", INSTALL_FOR_DEMOS)]
    texts += [("code", DATA.format(name=name)) for name in re.findall(r'"data" / "([\w.]+)"', source)]
    texts += [
        ("code", f"%%writefile {path.name}\n{source.rstrip()}"),
        ("code", RUN.format(name=path.name)),
        ("code", SHOW),
    ]
    return _notebook([Cell(kind, text, 1) for kind, text in texts])


def _notebook(shown: list[Cell]) -> dict[str, Any]:
    return {
        "cells": [_in_notebook(cell, number) for number, cell in enumerate(shown, 1)],
        "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _place(arguments: Namespace) -> str:
    """Where Colab finds the folder; "" if it is not to be found."""
    if arguments.github is None:
        return ""
    found = GITHUB.fullmatch(arguments.github.rstrip("/"))
    if found is None or not arguments.notebooks:
        raise ValueError(
            "--github goes with --notebooks, and takes the address of the folder on GitHub, for example "
            f"https://github.com/you/course/tree/main/lessons; got {arguments.github!r}"
        )
    owner, name, branch, path = found.groups()
    return f"https://colab.research.google.com/github/{owner}/{name}/blob/{branch}{path or ''}"


def _make(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        print(f"made {path}")
    except FileExistsError:
        print(f"kept {path}, which was there")


def _in_notebook(cell: Cell, number: int) -> dict[str, Any]:
    same = {"id": f"cell-{number}", "metadata": {}, "source": cell.text}
    if cell.kind == "markdown":
        return {"cell_type": "markdown", **same}
    return {"cell_type": "code", **same, "execution_count": None, "outputs": []}


def add_arguments(parser: ArgumentParser) -> None:
    """Add what the command takes to its parser."""
    parser.add_argument(
        "folder", metavar="FOLDER", nargs="?", default="lessons", help="made if it does not exist (default: lessons)"
    )
    parser.add_argument(
        "--github",
        metavar="ADDRESS",
        help="with --notebooks: where you will put the folder on GitHub; its README.md opens each notebook in Colab",
    )
    parser.add_argument("--demos", action="store_true", help="the demos too")
    parser.add_argument("--notebooks", action="store_true", help="notebooks for students, without the teacher's notes")


def write(arguments: Namespace) -> None:
    """Write the lessons, and say what there is now. ValueError for an address that is none of a folder on GitHub."""
    place = _place(arguments)
    folder = Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    signs = ["# Lessons", "", *_write(lessons(), folder, place, arguments.notebooks, notebook_of=_of_lesson)]
    if arguments.demos:
        signs += ["", "# Demos", "", *_write(demos(), folder, place, arguments.notebooks, notebook_of=demo_notebook)]
    if place:
        _make(folder / "README.md", "\n".join(signs) + "\n")
    first = folder / lessons()[0].name
    if arguments.notebooks:
        print(f"open one: python -m jupyter lab {first.with_suffix('.ipynb')}")
    else:
        print(f"open one: python -m autograd live {first}")


def _of_lesson(path: Path) -> dict[str, Any]:
    return notebook(path.read_text(encoding="utf-8"))


def _write(
    sources: list[Path], folder: Path, place: str, are_notebooks: bool, notebook_of: Callable[[Path], dict[str, Any]]
) -> list[str]:
    """Write them to a folder; returns the lines of its sign, each with a badge that opens one in Colab."""
    lines = []
    for source in sources:
        made, path = notebook_of(source), folder / source.name
        text = source.read_text(encoding="utf-8")
        if are_notebooks:
            path = path.with_suffix(".ipynb")
            text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
        _make(path, text)
        titles = [line[2:] for cell in made["cells"] for line in cell["source"].split("\n") if line.startswith("# ")]
        lines.append(f"- [{titles[0]}]({path.name}) [![Open in Colab]({BADGE})]({place}/{path.name})")
    return lines
