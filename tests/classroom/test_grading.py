"""Points for what holds: the teacher's file, what students hand in, many at once, and what graders of others read."""

import csv
import html
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograd.__main__ import main
from autograd.classroom.checks.engine_facts import ENGINE
from autograd.classroom.checks.facts import Fact, Result
from autograd.classroom.checks.reports import Report
from autograd.classroom.grading import classroom50, gradescope, many
from autograd.classroom.grading.many import as_csv, grade, graded
from autograd.classroom.grading.progress import Progress
from autograd.classroom.grading.scheme import Scheme, read, understood
from autograd.classroom.grading.submissions import SubmissionError, engine_in

pytestmark = pytest.mark.once

OURS = "from autograd import Value\n"
HALF = "class Value:\n    def __init__(self, data): self.data = data\n"  # 2 of 4 facts of the stage "data" hold
POINTS = """
[points]
data = 8
"a + a" = 2

[[fact]]
stage = "hyperbolic"
statement = "cosh of 0 is 1"
program = '''
x = Value(0.0)
x.cosh().data
'''
expected = 1.0
points = 3
hidden = true
mistakes = [{ gives = 0.0, hint = "That is sinh." }, { error = "AttributeError", hint = "Write cosh." }]
"""


def report(**statuses):
    """A report about stages, "pp-o" for two facts that passed, one that failed and one that is not offered."""
    names = {"p": "passed", "-": "failed", ".": "not yet", "o": "not offered"}
    return Report(
        "engine.py",
        tuple(
            Result(stage, Fact(f"{stage} {place}", "1", 1), names[each], "1")
            for stage, several in statuses.items()
            for place, each in enumerate(several)
        ),
    )


@pytest.fixture
def points(tmp_path):
    path = tmp_path / "points.toml"
    path.write_text(POINTS, encoding="utf-8")
    return path


# Points


@pytest.mark.parametrize(
    ("scheme", "statuses", "points", "maximum"),
    [
        (Scheme(), {"data": "pp", "order": "p-"}, 75, 100),
        (Scheme(), {"file": "p", "data": ".."}, 0, 100),
        (Scheme({"data": 6}), {"data": "ppo-", "order": "----"}, 4, 6),  # a third for each that is offered
        (Scheme({"data": 6}), {"data": "oo"}, 0, 6),
        (Scheme({"data": 6, "data 1": 1}), {"data": "pp--"}, 3, 7),  # 1 of its own, and 2 of 6 for one of three
        (Scheme({"data": 6, "file": 4}), {"file": "p", "data": "-"}, 4, 10),
        (Scheme({"data": 6}, hidden=frozenset({"data 0"})), {"data": "p-"}, 3, 6),
    ],
)
def test_what_holds_gives_points(scheme, statuses, points, maximum):
    score = scheme.score(report(**statuses))
    assert (score.points, score.maximum) == pytest.approx((points, maximum))


def test_what_students_do_not_see_is_a_part_of_its_own():
    scheme = Scheme({"data": 6}, hidden=frozenset({"data 0"}))
    parts = scheme.score(report(data="p--")).parts
    assert [(part.hidden, part.points, part.maximum) for part in parts] == [(True, 2, 2), (False, 0, 4)]
    assert [result.fact.statement for result in scheme.for_students(report(data="p--")).results] == ["data 1", "data 2"]


# The teacher's file


def test_a_file_of_points_has_points_and_facts_of_the_teachers_own(points):
    scheme = read(points)
    assert scheme.points == {"data": 8, "a + a": 2, "cosh of 0 is 1": 3}
    (fact,) = scheme.own["hyperbolic"]
    assert fact.hint(got=0.0) == "That is sinh."
    assert fact.hint(error="AttributeError: no cosh") == "Write cosh."
    assert scheme.hidden == {"cosh of 0 is 1"}
    assert [*scheme.facts] == [*ENGINE, "hyperbolic"]


FACT = '[[fact]]\nstatement = "s"\nprogram = "Value(1.0).data"\nexpected = 1.0\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("points = 3", "points are a table: a line [points]"),
        ("[points]\nbakward = 3", "there is no stage and no fact 'bakward'. Perhaps you mean 'backward'"),
        ("[points]\ndata = -1", "[points] 'data': expected a number from 0 on, got -1"),
        ("[points]\ndata = nan", "[points] 'data': expected a number from 0 on, got nan"),
        ("[points]\ndata = true", "[points] 'data': expected a number from 0 on, got True"),
        ("[points]\ndata = 0", "all points are 0"),
        ("[points", "points.toml is not TOML"),
        ("[point]\ndata = 1", "there is no 'point', only fact, points"),
        ("fact = 3", "a fact is written below a line [[fact]]"),
        ("[fact]\nstatement = 'x'", "a fact is written below a line [[fact]]"),
        ("[[fact]]\nstatement = 's'", "fact 1 has no program"),
        (FACT + "hiden = true", "fact 1: there is no 'hiden', only expected, hidden"),
        (FACT + "hidden = 1", "fact 1: hidden is true or false, not 1"),
        (FACT + "points = -2", "fact 1: expected a number from 0 on, got -2"),
        (FACT + FACT, "fact 2: there is a fact 's' already"),
        (FACT.replace('"s"', '"a + a"'), "fact 1: there is a fact 'a + a' already"),
        (FACT.replace("Value(1.0).data", "a = "), "fact 1: the program is not Python, line 1"),
        (FACT.replace("Value(1.0).data", "a = 1"), "fact 1: the last line of the program must be an expression"),
        (FACT.replace("= 1.0", "= 1979-05-27"), "fact 1: expected is a number, true, false, a text or a list"),
        (FACT + "mistakes = 3", "fact 1: mistakes are a list"),
        (FACT + "mistakes = [{ hint = 'h' }]", "a mistake has a hint, and either what it gives or a part of its error"),
        (FACT + "mistakes = [{ error = '(', hint = 'h' }]", "error '(' is no regular expression"),
        (FACT + "stage = 'file'", "fact 1: stage is 'file'"),
        (FACT + "points = 1\n[points]\ns = 1", "the fact 's' has points twice"),
        (FACT + "[points]\ndata = 1", "fact 1 's' has no points. Write points = 1 below it"),
        ("[points]\ndata =", "points.toml is not TOML"),
    ],
)
def test_a_mistake_in_the_file_of_points_is_told(text, sentence, tmp_path, capsys):
    path = tmp_path / "points.toml"
    path.write_text(text, encoding="utf-8")
    assert main(["check", "--list", "--points", str(path)]) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert said.startswith("check: points.toml")


SIGN = Path(many.__file__).with_name("README.md").read_text(encoding="utf-8")


def test_the_sign_leads_a_teacher_to_three_facts_of_which_students_see_two(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = re.findall(r"[Ss]ave this as\s+`(.*?)`", SIGN)
    for name, content in zip(names, re.findall(r"^```(?:toml|python)\n(.*?)^```$", SIGN, re.MULTILINE | re.DOTALL)):
        Path(name).write_text(content, encoding="utf-8")
    assert names == ["points.toml", "right.py", "wrong.py"]
    assert [fact.statement for fact in read("points.toml").own["sigmoid"]][-1:] == [*read("points.toml").hidden]
    right, wrong = re.findall(r"^python -m autograd check (?:right|wrong)\.py (.*)$", SIGN, re.MULTILINE)
    assert main(["check", "right.py", *right.split()]) == 0
    assert capsys.readouterr().out.endswith("7 of 7 points\n")
    assert main(["check", "wrong.py", *wrong.split()]) == 1
    assert "wrong.py: 2 of 7 points." in capsys.readouterr().out
    page = Path("reports/wrong.html").read_text(encoding="utf-8")
    assert "That is y itself. The slope is y * (1 - y)." in page
    assert "-1000" not in page
    assert "2 of 7 points" in page
    (row,) = csv.DictReader(io.StringIO(Path("grades.csv").read_text(encoding="utf-8-sig")))
    assert row["sigmoid of -1000 is 0"] == "0"


def test_a_file_of_points_that_is_not_there_is_named(tmp_path, capsys):
    (tmp_path / "right.py").write_text("from autograd import Value\n")
    assert main(["check", str(tmp_path / "right.py"), "--points", str(tmp_path / "none.toml")]) == 1
    assert "cannot read the points in" in capsys.readouterr().err


# What students hand in


def handed_in(folder, **files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    return folder


def test_the_file_of_a_folder_is_found(tmp_path):
    folder = handed_in(tmp_path / "alice", engine_py=OURS)
    with engine_in(folder) as file:
        assert file.name == "engine.py"
    handed_in(folder, helper_py="x = 1", engine_py=HALF)
    with engine_in(folder) as file:
        assert file.name == "engine.py"  # it alone has a class Value
    with engine_in(folder, "helper.py") as file:
        assert file.name == "helper.py"
    (folder / ".hidden.py").write_text(HALF)
    handed_in(folder / "__pycache__", x_py=HALF)
    (folder / "link.py").symlink_to(folder / "engine.py")
    with engine_in(folder) as file:
        assert file.name == "engine.py"


@pytest.mark.parametrize(
    ("files", "called", "sentence"),
    [
        ({}, "", "there is no Python file in the submission"),
        ({"a_txt": ""}, "", "there is no Python file in the submission"),
        ({"a_ipynb": "{}"}, "", "there is only a notebook: a.ipynb"),
        ({"a_py": HALF, "b_py": HALF}, "", "there is more than one file with a class Value in the submission"),
        ({"a_py": "", "b_py": ""}, "", "there is no file with a class Value in the submission; it has a.py, b.py"),
        ({"a_py": HALF}, "engine.py", "there is no file engine.py in the submission; it has a.py"),
    ],
)
def test_what_is_wrong_with_a_submission_is_told(files, called, sentence, tmp_path):
    with pytest.raises(SubmissionError) as told, engine_in(handed_in(tmp_path / "alice", **files), called):
        pass
    assert sentence in str(told.value)


def packed(path, mode=0, **files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return path


def test_an_archive_is_unpacked_for_as_long_as_it_is_needed(tmp_path):
    with engine_in(packed(tmp_path / "alice.zip", **{"hw/engine.py": HALF})) as file:
        assert file.read_text() == HALF
    assert not file.exists()


@pytest.mark.parametrize("name", ["../x.py", "/x.py", "a/../../x.py", "..\\x.py", "C:\\x.py"])
def test_an_archive_that_leads_out_of_itself_is_refused(name, tmp_path):
    before = {*tmp_path.parent.rglob("*")}
    archive = packed(tmp_path / "alice.zip", **{name: HALF})
    with pytest.raises(SubmissionError, match="has an entry that leads out of it"), engine_in(archive):
        pass
    assert {*tmp_path.parent.rglob("*")} - before == {archive}


def test_other_archives_that_cannot_be_unpacked_are_told_of(tmp_path):
    for name, content in {"a.zip": b"", "b.zip": b"PK\3\4" + bytes(50)}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SubmissionError, match="cannot be unpacked"), engine_in(tmp_path / name):
            pass
    link = packed(tmp_path / "link.zip", 0o120777, **{"x.py": "/etc/passwd"})
    with pytest.raises(SubmissionError, match="leads out of it"), engine_in(link):
        pass
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.py", bytes(101 << 20))
    with pytest.raises(SubmissionError, match="too large"), engine_in(tmp_path / "bomb.zip"):
        pass


# Many at once


def test_each_submission_gets_its_points_and_its_own_report(tmp_path, points, capsys):
    folder = tmp_path / "in"
    folder.mkdir()
    handed_in(folder / "alice", my_py=OURS)
    handed_in(folder / "bob", my_py=HALF)
    handed_in(folder / "eve")
    files = [str(folder / name) for name in ("alice", "bob", "eve")]
    table, reports = tmp_path / "grades.csv", tmp_path / "reports"
    wanted = ["--points", str(points), "--jobs", "2", "--csv", str(table), "--reports", str(reports)]
    stages = ["--stage", "data", "--stage", "hyperbolic"]
    assert main(["check", *files, *wanted, *stages]) == 1
    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig"))))
    told = [(row["points"], row["maximum"], row["data"]) for row in rows]
    assert told == [("11", "11", "8"), ("4", "11", "4"), ("0", "11", "0")]
    assert "no Python file" in rows[2]["hint"]
    assert "alice: 11 of 11 points. my.py, class Value of autograd.value" in capsys.readouterr().out
    assert sorted(path.name for path in reports.iterdir()) == ["alice.html", "bob.html", "eve.html"]
    assert "cosh" not in "".join(path.read_text(encoding="utf-8") for path in reports.iterdir())


def test_whatever_is_handed_in_the_others_are_graded_and_whoever_can_mend_it_is_told(tmp_path, capsys):
    folder = tmp_path / "in"
    folder.mkdir()
    sentences = {
        "without": "there is no Python file in the submission",
        "with_two": "there is more than one file my.py in the submission; it has a/my.py, b/my.py",
        "with_another_name": "there is no file my.py in the submission; it has mine.py",
        "with_a_notebook": "there is only a notebook: my.ipynb",
        "notebook.ipynb": "notebook.ipynb is a notebook. Write the class Value to a .py file",
        "leads_out.zip": "leads_out.zip has an entry that leads out of it: '../my.py'",
        "broken.zip": "broken.zip cannot be unpacked",
        "not_text.py": "SyntaxError",
        "folder.py": "there is no Python file in the submission",
    }
    handed_in(folder / "without", a_txt="")
    for each in ("a", "b"):
        (folder / "with_two" / each).mkdir(parents=True)
        handed_in(folder / "with_two" / each, my_py=HALF)
    handed_in(folder / "with_another_name", mine_py=HALF)
    handed_in(folder / "with_a_notebook", my_ipynb="{}")
    (folder / "notebook.ipynb").write_text("{}")
    packed(folder / "leads_out.zip", **{"../my.py": HALF})
    (folder / "broken.zip").write_bytes(b"PK")
    (folder / "not_text.py").write_bytes(b"\xff\xfe\x00x = 1")
    (folder / "folder.py").mkdir()
    handed_in(folder / "good", my_py=OURS)
    table, reports = tmp_path / "grades.csv", tmp_path / "reports"
    wanted = ["--called", "my.py", "--stage", "data", "--jobs", "2", "--csv", str(table), "--reports", str(reports)]
    assert main(["check", *sorted(map(str, folder.iterdir())), *wanted]) == 1
    rows = {Path(row["submission"]).name: row for row in csv.DictReader(io.StringIO(table.read_text("utf-8-sig")))}
    assert {*rows} == {*sentences, "good"}
    assert rows.pop("good")["points"] == "100"
    for name, row in rows.items():
        assert row["points"] == "0"
        assert sentences[name] in row["hint"] or name == "not_text.py", row
        page = (reports / Path(name).with_suffix(".html").name).read_text(encoding="utf-8")
        assert sentences[name] in html.unescape(page)


SLOW_ONCE = """
import os, time
if not os.path.exists("seen"):
    open("seen", "w").close()
    time.sleep(100)
"""


@pytest.mark.slow
def test_what_does_not_end_is_tried_again_after_all_others_and_delays_nobody(tmp_path, monkeypatch):
    order = []
    monkeypatch.setattr(many, "graded", lambda each, **options: order.append(each.stem) or graded(each, **options))
    for first in (4.0, 40.0):  # seconds: on a busy machine the first is too short for what ends
        (folder := tmp_path / str(first)).mkdir()
        handed_in(folder, slow_py=SLOW_ONCE + HALF, right_py=HALF)
        monkeypatch.setattr(many, "FIRST", first)
        order.clear()
        several = many.grade([folder / "slow.py", folder / "right.py"], Scheme(), stages=["data"], timeout=60.0)
        if len(order) == 3:
            break
    assert order == ["slow", "right", "slow"]
    assert [each.report.counts["passed"] for each in several] == [3, 3]  # of five, with the one about the file


def test_progress_is_told_and_ends_at_all(tmp_path):
    handed_in(tmp_path, a_txt="", b_txt="")
    done = []
    grade([tmp_path / "none", tmp_path / "neither"], Scheme(), told=done.append, jobs=2)
    assert done == [1, 2]


class Terminal(io.StringIO):
    """Keeps what is written to it."""

    encoding = "utf-8"

    def isatty(self):
        return True


def test_the_bar_shows_how_many_are_done_and_about_how_long_the_rest_takes(monkeypatch):
    now = iter([0.0, 8.0, 10.0, 50.0])
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((60, 20)))
    terminal = Terminal()
    progress = Progress(20, terminal)
    progress(1)
    progress(5)
    progress(20)
    lines = terminal.getvalue().split("\r")[1:]
    assert [len(line.rstrip("\n")) for line in lines] == [59, 59, 59]
    assert lines[0].rstrip() == "[█" + "░" * 21 + "] 1 of 20, 0:08"
    assert lines[1].rstrip() == "[" + "█" * 5 + "░" * 17 + "] 5 of 20, 0:10, about 0:30 left"
    assert lines[2] == ("[" + "█" * 22 + "] 20 of 20, 0:50").ljust(59) + "\n"


def test_the_bar_needs_a_terminal_fits_it_and_takes_the_signs_that_it_has(monkeypatch):
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((20, 20)))
    nowhere, terminal = io.StringIO(), Terminal()
    terminal.encoding = "ascii"
    for total, where in ((2, nowhere), (1, terminal), (2, None)):
        Progress(total, where)(1)
    assert nowhere.getvalue() == terminal.getvalue() == ""
    Progress(2, terminal)(1)
    assert terminal.getvalue() == "\r[#####.....] 1 of 2"


def test_what_was_done_before_does_not_count_as_fast(monkeypatch):
    now = iter([0.0, 0.0, 50.0])
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((100, 20)))
    terminal = Terminal()
    progress = Progress(200, terminal)
    progress(100)  # 99 or more of them were kept from the last time
    progress(110)
    assert "110 of 200, 0:50, about 6:49 left" in terminal.getvalue()  # 11 took 50 s, 90 are left


def test_a_spreadsheet_computes_nothing_of_what_students_write():
    failed = Result("data", Fact("f", "1", 1), "failed", "1", error="=cmd|' /C calc'!A0")
    one = Report("=1+1", (failed,))
    table = as_csv([type("Graded", (), {"submission": Path("@x"), "report": one, "score": Scheme().score(one)})()])
    row = next(csv.DictReader(io.StringIO(table)))
    assert (row["submission"], row["checked"], row["hint"]) == ("'@x", "'=1+1", "'=cmd|' /C calc'!A0")


# Graders of others

# As https://gradescope-autograders.readthedocs.io/en/latest/specs/ tells it
NUMBER, TEXT = {"type": "number"}, {"type": "string"}
VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
GRADESCOPE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["tests"],
    "properties": {
        "score": NUMBER,
        "execution_time": NUMBER,
        "output": TEXT,
        "output_format": FORMAT,
        "test_output_format": FORMAT,
        "test_name_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "score": NUMBER,
                    "max_score": NUMBER,
                    "status": {"enum": ["passed", "failed"]},
                    "name": TEXT,
                    "name_format": FORMAT,
                    "number": TEXT,
                    "output": TEXT,
                    "output_format": FORMAT,
                    "tags": {"type": "array", "items": TEXT},
                    "visibility": VISIBILITY,
                    "extra_data": {"type": "object"},
                },
            },
        },
    },
}
# As https://github.com/foundation50/classroom50/wiki/Advanced-Autograding tells it
POINTS_OF_50 = {"type": "integer", "minimum": 0}
CLASSROOM_50 = {
    "type": "object",
    "required": [
        *["schema", "classroom", "assignment", "submission", "commit", "release", "review", "datetime"],
        *["score", "max-score", "tests"],
    ],
    "properties": {
        "schema": {"const": "classroom50/result/v1"},
        **{name: {"type": "string", "minLength": 1} for name in ("classroom", "assignment", "submission", "commit")},
        **{name: {"type": "string", "minLength": 1} for name in ("release", "review")},
        "datetime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "score": POINTS_OF_50,
        "max-score": POINTS_OF_50,
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["test-name", "passed", "score", "max-score"],
                "properties": {
                    "test-name": {"type": "string", "minLength": 1},
                    "passed": {"type": "boolean"},
                    "score": POINTS_OF_50,
                    "max-score": POINTS_OF_50,
                },
            },
        },
    },
}
RUNNER = {
    "CLASSROOM": "cs",
    "ASSIGNMENT": "value",
    "SUBMISSION_TAG": "submit/2026-09-01",
    "COMMIT_URL": "https://example.org/commit/1",
    "RELEASE_URL": "https://example.org/releases/1",
}


def follows(content, schema):
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed: it comes with .[browser]")
    jsonschema.validate(content, schema)
    return content


@pytest.fixture
def half_graded(tmp_path):
    folder = handed_in(tmp_path, engine_py=HALF)
    return graded(folder / "engine.py", understood({"points": {"data": 8}}), stages=["data"])


def test_gradescope_gets_what_it_reads(half_graded):
    content = follows(json.loads(gradescope.results(half_graded)), GRADESCOPE)
    (test,) = content["tests"]
    assert (content["score"], test["score"], test["max_score"], test["status"]) == (4, 4, 8, "failed")
    assert "__repr__" in test["output"]


def test_a_hidden_fact_is_hidden_there_too(tmp_path, points):
    folder = handed_in(tmp_path, engine_py=HALF)
    content = json.loads(gradescope.results(graded(folder / "engine.py", read(points), stages=["hyperbolic"])))
    (test,) = content["tests"]
    assert (test["name"], test["visibility"], test["score"]) == ("cosh of 0 is 1", "hidden", 0)
    assert "cosh" not in content["output"]


def test_classroom_50_gets_what_it_reads(half_graded):
    content = follows(json.loads(classroom50.result(half_graded, RUNNER)), CLASSROOM_50)
    assert (content["score"], content["max-score"], content["review"]) == (4, 8, RUNNER["COMMIT_URL"])
    assert content["tests"] == [{"test-name": "data", "passed": False, "score": 4, "max-score": 8}]


def test_what_classroom_50_cannot_take_is_told(half_graded, tmp_path):
    with pytest.raises(ValueError, match="the variable CLASSROOM is not set"):
        classroom50.result(half_graded, {})
    third = graded(tmp_path / "engine.py", Scheme({"data": 2.5}), stages=["data"])
    with pytest.raises(ValueError, match=r"'data' gives 2\.5 points, and Classroom 50 takes whole ones"):
        classroom50.result(third, RUNNER)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Gradescope runs Linux")
def test_the_archive_for_gradescope_grades_by_itself(tmp_path, points):
    """As Gradescope does it: unpacked in a folder, here another one, setup.sh first, then run_autograder."""
    place = tmp_path / "autograder"
    (place / "results").mkdir(parents=True)
    handed_in(place / "submission", engine_py=HALF)
    assert main(["check", "--gradescope", str(tmp_path / "a.zip"), "--points", str(points), "--stage", "data"]) == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(place / "source")
        executable = {entry.filename for entry in archive.infolist() if entry.external_attr >> 16 & 0o100}
    assert executable == {"setup.sh", "run_autograder"}
    for name in executable:
        script = place / "source" / name
        script.write_text(
            script.read_text().replace("/autograder/", f"{place}/").replace("cd /autograder", f"cd {place}")
        )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CHALKGRAD", "PYTHON"))}
    for name in ("setup.sh", "run_autograder"):
        told = subprocess.run(
            ["bash", place / "source" / name],
            cwd=place,
            env=environment | {"PATH": path},
            capture_output=True,
            text=True,
        )
        assert told.returncode in (0, 1), told.stderr
    content = follows(json.loads((place / "results" / "results.json").read_text()), GRADESCOPE)
    assert content["score"] == 4
