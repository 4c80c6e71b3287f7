"""A real notebook: cells run by a Jupyter kernel, and what they show."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

# In a process of its own, for Jupyter leaves sockets and event loops behind. The kernel is the Python that runs it.
EXECUTE = "from nbclient.cli import main; main()"


def run_notebook(cells: Iterable[str], folder: Path) -> list[list[Mapping[str, Any]]]:
    """What each cell shows, a list of mappings from the type, "image/svg+xml", to the content; "stream" is for prints.

    The cells run in `folder`, by the Python that runs the tests. AssertionError, with what was said, if a cell fails;
    without Jupyter the test is skipped.
    """
    reason = "Jupyter is not installed: python -m pip install -e '.[browser]'"
    nbformat = pytest.importorskip("nbformat", reason=reason)
    for name in ("nbclient", "ipykernel"):
        pytest.importorskip(name, reason=reason)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    path = folder / "notebook.ipynb"
    nbformat.write(notebook, path)
    answer = subprocess.run(
        [sys.executable, "-c", EXECUTE, "--inplace", "--timeout=300", "--startup_timeout=300", path.name],
        cwd=folder,
        env={**os.environ, "JUPYTER_PLATFORM_DIRS": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert answer.returncode == 0, answer.stderr
    executed = nbformat.read(path, as_version=4).cells
    return [[output.get("data") or {"stream": output.text} for output in cell.outputs] for cell in executed]
