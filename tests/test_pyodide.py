"""The pure-Python package runs in Pyodide, the Python of JupyterLite: no compiled parts, threads or processes."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

import autograd
import nn

TESTS = Path(__file__).parent
PYODIDE = os.environ.get("CHALKGRAD_PYODIDE", "")  # the folder of the npm package pyodide
PURE = ["graphviz", "pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments"]  # which are pure Python, too


def folder_of(module):
    spec = find_spec(module)
    assert spec
    assert spec.origin
    return Path(spec.origin).parent


@pytest.mark.skipif(
    os.environ.get("CHALKGRAD_ENGINE") == "python", reason="the same engine serves in Pyodide whichever serves here"
)
def test_everything_of_the_pure_installation_runs_in_pyodide(tmp_path):
    node = shutil.which("node")
    if not (node and PYODIDE):
        pytest.skip(
            "Pyodide is not here: with Node installed, run npm install pyodide, and set CHALKGRAD_PYODIDE to its "
            "folder, node_modules/pyodide"
        )
    compiled = shutil.ignore_patterns("*.so", "*.pyd", "*.c", "*.pyx", "*.pxi", "__pycache__")
    for module in ("autograd", "nn", *PURE):
        shutil.copytree(folder_of(module), tmp_path / module, ignore=compiled)
    shutil.copy(folder_of("py") / "py.py", tmp_path)
    (tmp_path / "tests").mkdir()
    for file in ("__init__.py", "test_engine.py", "broken_engines.py"):
        shutil.copy(TESTS / file, tmp_path / "tests")
    shutil.copy(TESTS / "in_pyodide.py", tmp_path)
    command = [node, str(TESTS / "pyodide.mjs"), PYODIDE, str(tmp_path), "in_pyodide.py"]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=300)
    said = re.search(r"in Pyodide, Python [\d.]+: (\d+) tests of the engine passed", result.stdout)
    assert said, result.stdout[-5000:] + result.stderr[-5000:]
    assert int(said[1]) > 60


def test_the_packages_of_this_project_are_what_was_copied():
    assert folder_of("autograd") == Path(autograd.__file__).parent
    assert folder_of("nn") == Path(nn.__file__).parent
