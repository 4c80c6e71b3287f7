"""The lessons run as notebooks, and the checks of their exercises know answers from usual mistakes."""

import ast
import json
import re
import runpy
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import autograd
from autograd.__main__ import main
from autograd.classroom import check
from autograd.classroom.checks.exercises import EXERCISES
from autograd.classroom.lessons import demo_notebook
from autograd.classroom.live.cells import cells_of as cells_in
from tests.helpers.notebook import run_notebook

REASON = "what notebooks need is not installed: python -m pip install -e '.[browser]'"
jupytext = pytest.importorskip("jupytext", reason=REASON)
nbformat = pytest.importorskip("nbformat", reason=REASON)

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "demos" / "lessons"
SIGN = FOLDER / "README.md"
LESSONS = sorted(FOLDER.glob("0*.py"))
NUMBERED = {lesson.stem[:2]: lesson for lesson in LESSONS}
ON_EITHER_ENGINE = ["01", "02", "05"]

pytestmark = pytest.mark.once


def cells_of(path, kind="code"):
    """The title and the source of each cell."""
    return [
        (cell.metadata.get("title", ""), cell.source) for cell in jupytext.read(path).cells if cell.cell_type == kind
    ]


def title_of(number):
    """The first cell of a lesson."""
    return cells_of(NUMBERED[number], "markdown")[0][1]


def plan_of(number):
    """The notes of a lesson, which are for the teacher."""
    cells = jupytext.read(NUMBERED[number]).cells
    return "\n".join(cell.source for cell in cells if "notes" in cell.metadata.get("tags", []))


def checks_of(number):
    """The cell that checks the answer, for each exercise of a lesson: the one after the student's."""
    cells = cells_of(NUMBERED[number])
    return {title: check for (title, _), (_, check) in pairwise(cells) if title}


ANSWERS = dict(cells_of(FOLDER / "teacher" / "answers.py")[1:])
MISTAKES = runpy.run_path(str(FOLDER / "teacher" / "mistakes.py"))["MISTAKES"]


def text_of(shown):
    return re.sub(r"\s+", " ", "\n".join(str(content) for output in shown for content in output.values()))


@pytest.mark.slow
@pytest.mark.parametrize("number", NUMBERED)
def test_a_lesson_runs_from_top_to_bottom_and_its_checks_know_right_from_wrong(number, tmp_path):
    if autograd.engine_name == "python" and number not in ON_EITHER_ENGINE:
        pytest.skip("it takes long on the textbook engine, or uses none")
    lesson, checks = cells_of(NUMBERED[number]), checks_of(number)
    right = [(exercise, "", ANSWERS[exercise]) for exercise in checks]
    wrong = [
        (exercise, hint, ANSWERS[exercise].replace(before, after))
        for exercise in checks
        for hint, before, after in MISTAKES[exercise]
    ]
    tried = right + wrong
    more = [f"{source}\n{checks[exercise].replace('show(', 'print(')}" for exercise, _, source in tried]
    shown = run_notebook([source for _, source in lesson] + more, tmp_path)

    as_given = dict(zip(lesson, shown, strict=False))
    for (_, source), outputs in as_given.items():
        if re.search(r"^ *show\((?!check)", source, re.MULTILINE):
            assert any(output.keys() & {"image/png", "image/svg+xml", "text/html"} for output in outputs), source
    for exercise, source in checks.items():
        unfinished = "3 failed" if exercise == "3.3" else f"exercise {exercise}: not yet answered"
        assert unfinished in text_of(as_given["", source])
    for (exercise, hint, _), outputs in zip(tried, shown[len(lesson) :], strict=True):
        report = text_of(outputs)
        if hint:
            assert hint in report
        else:
            assert re.search(rf"exercise {exercise}: (all \d+ facts hold|the fact holds)", report), report


def test_every_exercise_has_facts_an_answer_and_usual_mistakes():
    exercises = [exercise for number in NUMBERED for exercise in checks_of(number)]
    assert exercises == list(EXERCISES) == list(ANSWERS) == list(MISTAKES)
    assert list(NUMBERED) == [f"{k:02}" for k in range(1, 9)]
    assert {len(checks_of(number)) for number in NUMBERED} <= {2, 3, 4}
    for exercise, wrong in MISTAKES.items():
        assert len(wrong) >= 2, exercise
        for hint, before, _ in wrong:
            assert ANSWERS[exercise].count(before) == 1, (exercise, hint)


@pytest.mark.parametrize("number", NUMBERED)
def test_the_answers_are_not_in_the_lesson(number):
    text = NUMBERED[number].read_text(encoding="utf-8")
    for exercise, source in ANSWERS.items():
        last_line = source.strip().splitlines()[-1].strip()
        assert exercise.split(".")[0] != str(int(number)) or last_line not in text or exercise == "3.3"


@pytest.mark.parametrize("number", NUMBERED)
def test_no_line_of_code_is_too_long_for_a_projector(number):
    lines = "\n".join(source for _, source in cells_of(NUMBERED[number])).splitlines()
    assert [line for line in lines if len(line) > 88] == []


@pytest.mark.parametrize("number", NUMBERED)
def test_a_cell_that_shows_something_stands_beside_it_as_a_whole(number):
    """A projector has room for about two dozen lines: what is longer defines, and the next cell shows."""
    for _, source in cells_of(NUMBERED[number]):
        shows = [each for each in ast.parse(source).body if not isinstance(each, (ast.FunctionDef, ast.ClassDef))]
        assert not shows or len(source.splitlines()) <= 24, source
    texts = [source for _, source in cells_of(NUMBERED[number], "markdown")]
    assert [text for text in texts if all(re.match("#|$", line) for line in text.splitlines())] == []


@pytest.mark.parametrize("number", NUMBERED)
def test_a_lesson_begins_with_a_plan_whose_minutes_add_up(number):
    plan = plan_of(number)
    minutes = [int(minutes) for minutes in re.findall(r"^\| (\d+) \|", plan, re.MULTILINE)]
    assert title_of(number).startswith(f"# {int(number)}. ")
    assert "Plan for the teacher" not in title_of(number)
    assert f"## Plan for the teacher: {sum(minutes)} minutes" in plan
    assert plan.count("?* ") >= 4  # usual questions, with answers


@pytest.mark.parametrize("number", NUMBERED)
def test_the_sign_tells_of_it(number):
    sign = SIGN.read_text(encoding="utf-8")
    title, minutes = re.search(r"# \d\. (.*)", title_of(number))[1], re.search(r"teacher: (\d+)", plan_of(number))[1]
    row = next(line for line in sign.splitlines() if f"({NUMBERED[number].name})" in line)
    assert title in row
    assert row.endswith(f"| {minutes} |")


def test_our_cells_are_those_of_jupytext():
    for lesson in LESSONS:
        ours = cells_in(lesson.read_text(encoding="utf-8"))
        theirs = jupytext.read(lesson).cells
        assert [(cell.kind, cell.text.strip()) for cell in ours] == [
            (cell.cell_type, cell.source.strip()) for cell in theirs
        ]
        assert [cell.is_note for cell in ours] == ["notes" in cell.metadata.get("tags", []) for cell in theirs]


def test_the_commands_of_the_sign_write_lessons_and_notebooks_for_students(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    sign = SIGN.read_text(encoding="utf-8")
    for command in ("python -m autograd lessons", "python -m autograd lessons for-students --notebooks"):
        assert command in sign
        assert main(command.split()[3:]) == 0
    assert "open one: python -m autograd live lessons/01_derivative.py" in capsys.readouterr().out.replace("\\", "/")
    assert [path.name for path in sorted(Path("lessons").iterdir())] == [lesson.name for lesson in LESSONS]
    for lesson in LESSONS:
        assert Path("lessons", lesson.name).read_bytes() == lesson.read_bytes()
        made = nbformat.read(Path("for-students", lesson.with_suffix(".ipynb").name), as_version=4)
        nbformat.validate(made)
        assert made.metadata.kernelspec.name == "python3"
        code = [cell.source for cell in made.cells if cell.cell_type == "code"]
        assert code == ["%pip install -q chalkgrad", *(source.strip() for _, source in cells_of(lesson))]
        assert "Plan for the teacher" not in json.dumps(made)
        assert "Usual questions" not in json.dumps(made)


def test_a_sign_opens_each_notebook_in_colab(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    address = "https://github.com/you/course/tree/main/colab"
    assert main(["lessons", "colab", "--notebooks", "--github", address]) == 0
    sign = Path("colab/README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((https://colab\.research\.google\.com/github/\S+)\)$", sign, re.MULTILINE)
    assert links == [
        f"https://colab.research.google.com/github/you/course/blob/main/colab/{lesson.stem}.ipynb" for lesson in LESSONS
    ]
    for wrong in ("https://example.com/a", "you/course"):
        assert main(["lessons", "other", "--notebooks", "--github", wrong]) == 1
        assert "takes the address of the folder on GitHub" in capsys.readouterr().err
    assert not Path("other").exists()


def test_every_demo_is_a_notebook_too_and_the_sign_opens_it_in_colab(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = "lessons colab --notebooks --demos --github=https://github.com/you/course/tree/main/colab"
    assert f"python -m autograd {command}" in SIGN.read_text(encoding="utf-8")
    assert main(command.split()) == 0
    sign = Path("colab/README.md").read_text(encoding="utf-8")
    demos = sorted((ROOT / "demos").glob("*.py"))
    for demo in demos:
        made = nbformat.read(Path("colab", demo.with_suffix(".ipynb").name), as_version=4)
        nbformat.validate(made)
        sources = [cell.source for cell in made.cells if cell.cell_type == "code"]
        assert sources[0] == '%pip install -q "chalkgrad[demos,digits]"'
        assert f"%%writefile {demo.name}\n{demo.read_text(encoding='utf-8').rstrip()}" in sources
        assert f"/course/blob/main/colab/{demo.stem}.ipynb)" in sign
    assert len(re.findall("Open in Colab", sign)) == len(demos) + len(LESSONS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["first_graph", "moons", "sentiment"])  # pages; a progress bar; a file that is read
def test_the_notebook_of_a_demo_runs_and_shows_its_pictures(name, tmp_path):
    made = demo_notebook(ROOT / "demos" / f"{name}.py")
    code = [cell["source"] for cell in made["cells"] if cell["cell_type"] == "code"]
    assert code.pop(0).startswith("%pip install")
    shown = run_notebook(code, tmp_path)
    assert len([output for output in shown[-1] if "image/svg+xml" in output]) > 1
    assert len([output for output in shown[-1] if "<iframe" in output.get("text/html", "")]) == (name == "first_graph")


def test_a_lesson_that_was_written_before_is_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("lessons").mkdir()
    Path("lessons/01_derivative.py").write_text("mine")
    assert main(["lessons"]) == 0
    assert Path("lessons/01_derivative.py").read_text() == "mine"
    assert f"kept {Path('lessons/01_derivative.py')}, which was there" in capsys.readouterr().out


@pytest.mark.parametrize("number", NUMBERED)
def test_headings_and_numbers_of_exercises_agree(number):
    text = NUMBERED[number].read_text(encoding="utf-8")
    headings = re.findall(r"^# ### (\d\.\d) ", text, re.MULTILINE)
    assert headings == [*checks_of(number)] == re.findall(r"^# %% (\d\.\d)$", text, re.MULTILINE)
    assert headings == [f"{int(number)}.{k}" for k in range(1, len(headings) + 1)]


def test_a_number_with_a_nought_before_it_is_understood():
    assert check({"a": -2, "b": 2, "c": 3}, "02.1").title == "exercise 2.1"


def test_a_lesson_is_a_program_as_well(tmp_path):
    run = subprocess.run(
        [sys.executable, NUMBERED["02"]], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8"
    )
    assert run.returncode == 0, run.stderr
    assert "dw = -18.0, dx = -12.0, db = -6.0, dt = 6.0" in run.stdout
    assert "exercise 2.1: not yet answered" in run.stdout
