"""What check reports: in words, in a notebook, to a shell, to graders, and as tests of pytest."""

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autograd.__main__ import main
from autograd.classroom import check
from autograd.classroom.checks.engine_facts import ENGINE
from tests.classroom.broken_engines import MISTAKES, RIGHT
from tests.classroom.facts import ALL
from tests.classroom.mutants import engine

pytestmark = pytest.mark.once


def test_the_sign_says_how_many_facts_there_are_and_shows_one():
    sign = (Path(__file__).parents[2] / "autograd/classroom/README.md").read_text(encoding="utf-8")
    assert f"a list of {len(ALL)} facts" in sign
    assert SHOWN.strip() in sign


def without_style(page):
    return page[: page.index("<style>")] + page[page.index("</style>") + len("</style>") :]


SHOWN = """

✗ reuse: a + a

      a = Value(3.0)
      b = a + a
      b.backward()
      a.grad

  expected 2.0
  got      1.0
  hint     This node is used more than once. The last use overwrote what the other uses contributed.
           Write += where you wrote =.
"""


def test_the_report_shows_the_smallest_program_what_came_and_a_hint():
    report = check(engine(RIGHT.replace("other.grad += out.grad\n", "other.grad = out.grad\n")))
    text = str(report)
    assert repr(report) == text
    assert SHOWN in text
    assert "  ✗ reuse: b + a and c + a" in text
    assert "a + b and a + c" not in text
    page = without_style(report._repr_html_())
    ElementTree.fromstring(page)
    assert '<details class="failed" open="">' in page
    assert "<dt>got</dt><dd>1.0</dd>" in page


def test_what_comes_from_a_student_is_escaped_in_a_notebook():
    evil = "</pre><script>alert(1)</script>\x00"
    Evil = type(evil[:-1], (), {"__init__": lambda self, data: None, "data": evil, "__repr__": lambda self: evil})
    report = check(Evil, stages=["data"])
    assert "<script>" not in report._repr_html_()
    assert "&lt;script&gt;" in report._repr_html_()
    ElementTree.fromstring(
        report._repr_html_().replace("<style>", "<style><![CDATA[").replace("</style>", "]]></style>")
    )


def test_what_the_student_prints_is_not_shown(capsys):
    check(
        engine(RIGHT.replace("self.data = data", "self.data = print(data) or data")),
        stages=["data"],
    )
    assert capsys.readouterr().out == ""


# From a shell


@pytest.fixture
def shell(file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    file(RIGHT.replace("other.grad -= out.grad\n", "other.grad += out.grad\n"))

    def run(*arguments):
        status = main(["check", *arguments])
        return status, capsys.readouterr().out

    return run


def test_the_exit_status_says_whether_all_holds(shell):
    assert shell("my_engine.py", "--stage", "data")[0] == 0
    assert shell("my_engine.py", "--stage", "data", "--stage", "backward")[0] == 1
    assert shell()[0] == 2
    with pytest.raises(SystemExit, match="2"):
        shell("not_there.py")
    assert shell("my_engine.py", "--stage", "nope")[0] == 2


def test_json_is_for_graders(shell):
    status, out = shell("my_engine.py", "my_engine.py", "--stage", "backward", "--json")
    first, second = json.loads(out)
    assert first == second
    n = len(ENGINE["backward"]) + 1
    assert (status, first["total"], first["passed"], first["failed"], first["not_yet"]) == (1, n, n - 2, 2, 0)
    assert next(fact for fact in first["facts"] if fact["status"] == "failed") == {
        "stage": "backward",
        "statement": "a - b",
        "status": "failed",
        "program": "a, b = Value(2.0), Value(-3.0)\nc = a - b\nc.backward()\n[a.grad, b.grad]",
        "expected": "[1.0, -1.0]",
        "got": "[1.0, 1.0]",
        "hint": MISTAKES["sign of the subtrahend"].hint,
    }


def test_junit_is_for_graders(shell, tmp_path):
    _, out = shell("my_engine.py", "--stage", "backward", "--junit", "-o", "grades.xml")
    assert out.strip() == (tmp_path / "grades.xml").read_text(encoding="utf-8").strip()
    suite = ElementTree.fromstring(out.encode()).find("testsuite")
    assert suite is not None
    assert suite.attrib == {
        "name": "my_engine.py, class Value",
        "tests": str(len(ENGINE["backward"]) + 1),
        "failures": "2",
        "errors": "0",
        "skipped": "0",
    }
    failures = {case.get("name"): case.find("failure").text for case in suite if case.find("failure") is not None}
    assert list(failures) == ["a - b", "1 - a"]
    assert "expected: [1.0, -1.0]\ngot: [1.0, 1.0]\n" in failures["a - b"]


def test_a_report_is_saved_as_its_ending_says(shell, tmp_path):
    for ending in ("txt", "json", "xml", "html"):
        assert shell("my_engine.py", "--stage", "data", "-o", f"report.{ending}")[0] == 0
        saved = (tmp_path / f"report.{ending}").read_text(encoding="utf-8")
        assert ("all 5 facts hold" if ending == "txt" else "a Value has its number") in saved
    assert shell("my_engine.py", "--stage", "data", "-o", "report.doc")[0] == 1


def test_the_stages_can_be_listed(shell):
    status, out = shell("--list")
    assert status == 0
    assert [line for line in out.splitlines() if not line.startswith(" ")] == list(ENGINE)
    assert sum(line.startswith("  ") for line in out.splitlines()) == len(ALL)


# pytest


def run_pytest(folder, *arguments):
    plugin = [] if has_entry_point() else ["-p", "autograd.classroom.checks.pytest_plugin"]
    others = ["-p", "no:cacheprovider", "-p", "no:rerunfailures"]  # CI has it; it imports before ours can see to it
    command = [sys.executable, "-m", "pytest", *others, *plugin, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def has_entry_point():
    return any(each.value == "autograd.classroom.checks.pytest_plugin" for each in entry_points(group="pytest11"))


def test_pytest_makes_a_test_of_every_fact(file, tmp_path):
    (tmp_path / "test_other.py").write_text("def test_other():\n    assert False\n")
    file(RIGHT.replace("1 - y**2", "1 - x**2").replace('function("exp"', "#"))
    result = run_pytest(tmp_path, "--chalkgrad-engine", "my_engine.py", "--chalkgrad-stage", "functions", "-v", "-rs")
    assert "my_engine.py::file: it runs and has the class PASSED" in result.stdout
    assert "my_engine.py::functions: tanh has the right derivative FAILED" in result.stdout
    assert "      b = a.tanh()\n      b.backward()\n      a.grad\n\n  expected 0.78644" in result.stdout
    assert "  got      0.75\n  hint     The derivative of tanh is 1 - t**2. Here t is the result" in result.stdout
    assert "functions: exp has the right value SKIPPED" in result.stdout
    assert "not yet there: exp" in result.stdout
    assert "2 failed, 13 passed, 3 skipped" in result.stdout
    assert result.returncode == 1


def test_pytest_asks_only_for_what_a_published_engine_promises(file, tmp_path):
    file(RIGHT)
    options = ["--chalkgrad-engine", "my_engine.py", "--chalkgrad-stage", "again", "-q"]
    assert "4 passed" in run_pytest(tmp_path, *options, "--chalkgrad-like", "micrograd").stdout  # of 5
    unknown = run_pytest(tmp_path, *options, "--chalkgrad-like", "another")
    assert "--chalkgrad-like: 'another' is none of micrograd" in unknown.stderr


def test_pytest_imports_no_students_file(file, tmp_path):
    file(RIGHT)
    (tmp_path / "secrets.py").write_text(
        "open('imported', 'w').close()\n"
    )  # which libraries import, and pytest may not have
    assert "5 passed" in run_pytest(tmp_path, "--chalkgrad-engine", "my_engine.py", "--chalkgrad-stage", "data").stdout
    assert not (tmp_path / "imported").exists()


@pytest.mark.slow
def test_other_tests_run_beside_if_they_are_named(file, tmp_path):
    file(RIGHT)
    (tmp_path / "test_other.py").write_text("def test_other():\n    pass\n")
    options = ["--chalkgrad-engine", "my_engine.py", "--chalkgrad-stage", "data", "-q"]
    assert "5 passed" in run_pytest(tmp_path, *options).stdout
    assert "6 passed" in run_pytest(tmp_path, "test_other.py", *options).stdout
    assert "1 passed" in run_pytest(tmp_path, "-q").stdout
