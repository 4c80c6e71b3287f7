"""Writes the reference, a page for each face with all its public names.

By itself: python -m autograd.classroom.site.reference out/docs.
"""

import argparse
import pkgutil
import re
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from autograd import engine

# The pages, in the order in which they are listed, and what the reader finds there
PAGES = {
    "autograd": "Values, functions, derivatives, pictures, compile",
    "autograd.classroom": "show things to a class, and check a student's own engine",
    "nn": "layers, losses, training, saving",
    "nn.optim": "optimisers and learning-rate schedules",
    "nn.init": "how weights begin",
}
# The order of the names of `autograd`: by where they are made
ORDER = ("engine", "native", "value", "functions", "recording", "transforms", "pictures", "classroom", "compiling")
ENTRY = r"(?:\*{0,2}\w+)(?:, \*{0,2}\w+)*: "  # how what is said of a parameter begins
LONG_NAME = r'<span class=\\?"n\\?">typing</span><span class=\\?"o\\?">\.</span>'  # typing.Any is shown as Any
NAMED_LIKE_BUILTINS = ["abs", "max", "min", "sum", "compile"]

CSS = """
.pdoc { --link: #1659a5; }
nav.pdoc { box-shadow: none; }
nav.pdoc h2, main.pdoc h2 { font-size: 1.2rem; letter-spacing: 0; font-weight: 600; }
header.pdoc h1 { font-weight: 600; width: 100%; }
main.pdoc pre { overflow-x: auto; }
.pdoc .signature, .pdoc .signature.multiline .param { white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 769px) { header.pdoc h1 { padding-right: 4rem; } }
main.pdoc p.names a { margin-right: .6em; }
main.pdoc li + li { margin-top: .25rem; }
@media (min-width: 1700px) { html { font-size: 20px; } }
@media print { nav.pdoc { display: none; } main.pdoc { padding: 0; } }
"""
DARK = """
:root { --pdoc-background: #16191d; color-scheme: dark; }
.pdoc { --text: #e6e8ea; --muted: #a3abb3; --link: #7db4f0; --link-hover: #a9cdf7; --code: #20252b; --active: #5a4c00;
  --accent: #262b31; --accent2: #48505a; --nav-hover: rgba(255, 255, 255, .08); --name: #7db4f0; --def: #7cc77c;
  --annotation: #8fd19e; }
"""
MODULE = """
{% extends "default/module.html.jinja2" %}
{% block title %}{{ module.modulename }}: reference of chalkgrad{% endblock %}
{% block module_list_link %}<a class="pdoc-button module-list-button" href="{{ "../" * module.modulename.count(".") }}\
index.html">All pages</a>{% endblock %}
{% block nav_submodules %}{% endblock %}
{% block nav_members %}<h2>{{ module.modulename }}</h2>{{ nav_members(module.members.values()) }}{% endblock %}
{% block attribution %}{% endblock %}
{% macro is_public(doc) %}
{% if doc.name == "__init__" and doc.signature_without_self.parameters or doc.docstring and doc.name[0] != "_" %}shown
{% endif %}
{% endmacro %}
"""
INDEX = """
{% extends "default/index.html.jinja2" %}
{% set root_module_name = False %}
{% macro page(name) %}<a href="{{ name.replace(".", "/") }}.html">{{ name }}</a>{% endmacro %}
{% block title %}Reference of chalkgrad{% endblock %}
{% block nav %}<h2>Pages</h2><ul>{% for name in all_modules %}<li>{{ page(name) }}</li>{% endfor %}</ul>{% endblock %}
{% block content %}
<header class="pdoc">
<h1>Reference of chalkgrad</h1>
<input type="search" placeholder="Search" aria-label="search box">
</header>
<main class="pdoc">
{% for name, module in all_modules.items() %}
<h2>{{ page(name) }}: {{ PAGES[name] }}</h2>
<p class="names">{% for each in module.members %}<a href="{{ name.replace(".", "/") }}.html#{{ each }}">{{ each }}</a>
{% endfor %}</p>
{% endfor %}
</main>
{% include "search.html.jinja2" %}
{% endblock %}
"""


def _without_what_is_behind(pages: dict[str, Any]) -> None:
    """Leave out bases without a page, and decorators."""
    members = [each for page in pages.values() for each in page.members.values()]
    public = {each.name for each in members}
    for each in members:
        if each.kind == "class":
            each.bases = [base for base in each.bases if base[1] in public]
        for shown in (each, *getattr(each, "members", {}).values()):
            if shown.kind in ("class", "function"):
                shown.decorators = [name for name in shown.decorators if name in ("@property", "@classmethod")]


def reference() -> dict[str, str]:
    """The pages by their paths. They need no network. ImportError without pdoc."""
    from pdoc import doc, docstrings, render
    from pygments.formatters import HtmlFormatter

    dark = DARK + HtmlFormatter(style="github-dark").get_style_defs(".pdoc-code")
    css = f"{CSS}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}"
    pages = {name: doc.Module(_page(name)) for name in PAGES}
    written = {}
    with TemporaryDirectory() as templates:
        for name, text in {"custom.css": css, "module.html.jinja2": MODULE, "index.html.jinja2": INDEX}.items():
            Path(templates, name).write_text(text.strip(), encoding="utf-8")
        render.configure(docformat="markdown", template_directory=Path(templates))
        render.env.globals["PAGES"] = PAGES
        convert = docstrings.convert
        docstrings.convert = lambda text, *_: as_markdown(text)  # type: ignore[assignment]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about annotations that only a type checker understands
                _without_what_is_behind(pages)
                for name, page in pages.items():
                    html = render.html_module(page, pages)
                    written[name.replace(".", "/") + ".html"] = re.sub(LONG_NAME, "", html)
                written["index.html"] = render.html_index(pages)
                written["search.js"] = re.sub(LONG_NAME, "", render.search_index(pages))
        finally:
            docstrings.convert = convert
    return written


def write_reference(folder: Path) -> list[str]:
    """Write the pages to a folder, and return their names. ImportError without pdoc."""
    written = reference()
    for name, text in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(written)


def _page(name: str) -> ModuleType:
    """A module as its page shows it: with the textbook Value, whose methods have signatures, and in a good order."""
    # by its name, because what is described here stands above: nn is built on autograd
    face, page = pkgutil.resolve_name(name), ModuleType(name)
    names = public_names(face)
    members = {each: getattr(face, each) for each in names}
    if name == "autograd":
        members |= {"Value": engine.Value, "topological_order": engine.topological_order}
        names.sort(key=lambda each: _place(members[each]))
    vars(page).update(members, __all__=names, __doc__=face.__doc__, __file__=face.__file__, __path__=[])
    return page


def public_names(face: ModuleType) -> list[str]:
    """The names of a face; with those named like builtins, which `from autograd import *` leaves alone."""
    own = [name for name, each in vars(face).items() if callable(each) and each.__module__ == face.__name__]
    names: list[str] = getattr(face, "__all__", [name for name in own if not name.startswith("_")])
    return names + NAMED_LIKE_BUILTINS if face.__name__ == "autograd" else [*names]


def _place(member: Any) -> int:
    room = getattr(member, "__module__", "").split(".")[1:2]
    return ORDER.index(room[0]) if room and room[0] in ORDER else len(ORDER)


def as_markdown(text: str) -> str:
    """A docstring as Markdown: lines such as "x: a number" are the entries of a list.

    >>> print(as_markdown("The sum.\\n\\nxs: numbers,\\n    or Values.\\nys: the same."))
    The sum.
    <BLANKLINE>
    - **xs**: numbers,
      or Values.
    - **ys**: the same.
    >>> print(as_markdown("The sum.\\n\\nf: a function. xs, ys: numbers."))
    The sum.
    <BLANKLINE>
    - **f**: a function.
    - **xs, ys**: numbers.
    """
    first, *rest = re.split(r"\n\s*\n", text)
    out = [first]
    for paragraph in rest:
        lines = paragraph.splitlines()
        if lines and all(re.match(f"{ENTRY}|    ", line) for line in lines):
            lines = re.sub(rf"(?<=\.)\s+(?={ENTRY})", "\n", paragraph).splitlines()
            entries = [re.sub(r"^(\S.*?): ", r"- **\1**: ", line) for line in lines]
            paragraph = "\n".join(re.sub("^    ", "  ", entry) for entry in entries)
        out.append(paragraph)
    return "\n\n".join(out)


def main() -> None:
    """Write the reference to the folder that the command names."""
    parser = argparse.ArgumentParser(prog="python -m autograd.classroom.site.reference", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("out/docs"), help="(default: %(default)s)")
    folder = parser.parse_args().folder
    try:
        write_reference(folder)
    except ModuleNotFoundError as error:
        sys.exit(f'the reference needs {error.name}, which is not installed: python -m pip install "chalkgrad[docs]"')
    print(f"open {folder / 'index.html'} in a browser")


if __name__ == "__main__":
    main()
