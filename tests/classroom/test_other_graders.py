"""Otter-Grader and nbgrader, run for real, give the same points as `check`: 4 of 11.

They bring much along, so they are installed in an environment of their own, whose Python CHALKGRAD_GRADERS names.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from autograd.__main__ import main

pytestmark = [pytest.mark.once, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
HALF = "class Value:\n    def __init__(self, data): self.data = data\n"  # 2 of 4 facts of the stage "data" hold
POINTS = """
[points]
data = 8

[[fact]]
stage = "hyperbolic"
statement = "cosh of 0 is 1"
program = "Value(0.0).cosh().data"
expected = 1.0
points = 3
hidden = true
"""


@pytest.fixture
def graders(tmp_path, monkeypatch):
    """Runs a program of the graders' environment in an empty folder."""
    python = os.environ.get("CHALKGRAD_GRADERS")
    if not python:
        pytest.skip("CHALKGRAD_GRADERS names no Python that has otter-grader and nbgrader")
    monkeypatch.chdir(tmp_path)
    path = os.pathsep.join([str(Path(python).parent), os.environ["PATH"]])
    own = {"PATH": path, "PYTHONPATH": str(ROOT), "CHALKGRAD_ENGINE": "python", "HOME": str(tmp_path)}

    def run(*command):
        told = subprocess.run(
            [Path(python).parent / command[0], *command[1:]],
            env=os.environ | own,
            capture_output=True,
            text=True,
        )
        assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-3000:]
        return told.stdout

    return run


def notebook(path, *cells):
    """Write a notebook; each cell is its source and its metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = {"cell_type": "code", "execution_count": None, "outputs": []}
    content = [{**shape, "id": f"c{i}", "source": source, "metadata": meta} for i, (source, meta) in enumerate(cells)]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    path.write_text(json.dumps({"cells": content, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))


def test_otter_gives_the_same_points(graders, tmp_path):
    (tmp_path / "points.toml").write_text(POINTS)
    notebook(tmp_path / "engine.ipynb", (HALF, {}))
    assert main(["check", "--otter", "tests", "--points", "points.toml"]) == 0
    graders("otter", "generate", "-t", "tests", "--no-environment", "-o", "autograder.zip")
    (tmp_path / "out").mkdir()
    graders("otter", "run", "engine.ipynb", "-a", "autograder.zip", "-o", "out")
    tests = {test["name"]: test for test in json.loads((tmp_path / "out" / "results.json").read_text())["tests"]}
    assert (tests["data"]["score"], tests["data"]["max_score"]) == (4, 8)
    hidden = tests["cosh_of_0_is_1_hidden"]
    assert (hidden["score"], hidden["max_score"], hidden["visibility"]) == (0, 3, "hidden")
    assert "__repr__" in tests["data"]["output"]


def marked(identity, **how):
    usual = {"schema_version": 3, "locked": False, "solution": False, "grade": False, "task": False}
    return {"nbgrader": {**usual, "grade_id": identity, **how}}


def test_nbgrader_takes_the_value_of_the_last_line_for_points(graders, tmp_path):
    solution = "### BEGIN SOLUTION\nfrom autograd import Value\n### END SOLUTION"
    test = (
        "from autograd.classroom import check\nreport = check(Value, stages=['data'])\nprint(report)\nreport.points(8)"
    )
    cells = marked("value", solution=True), marked("test", grade=True, locked=True, points=8)
    notebook(tmp_path / "source" / "one" / "value.ipynb", (solution, cells[0]), (test, cells[1]))
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'c'\n")
    graders("nbgrader", "generate_assignment", "one")
    released = json.loads((tmp_path / "release" / "one" / "value.ipynb").read_text())["cells"]
    assert "import Value" not in "".join(released[0]["source"])
    handed_in = [("".join(cell["source"]), cell["metadata"]) for cell in released]
    notebook(tmp_path / "submitted" / "bob" / "one" / "value.ipynb", (HALF, handed_in[0][1]), handed_in[1])
    graders("nbgrader", "autograde", "one")
    asked = (
        "from nbgrader.api import Gradebook\n"
        "with Gradebook('sqlite:///gradebook.db') as book:\n"
        "    one = book.find_submission('one', 'bob')\n"
        "    print(one.score, one.max_score)"
    )
    assert graders("python", "-c", asked).split() == ["4.0", "8.0"]
