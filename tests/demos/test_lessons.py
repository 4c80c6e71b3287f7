"""The lessons run as notebooks, and the checks of their exercises know answers from usual mistakes."""

import re
import runpy
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import autograd
from autograd.classroom.checks.exercises import EXERCISES
from tests.helpers.notebook import run_notebook

jupytext = pytest.importorskip("jupytext", reason="jupytext is not installed: python -m pip install -e '.[browser]'")

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


def plan_of(number):
    """The first cell of a lesson, which is for the teacher."""
    return cells_of(NUMBERED[number], "markdown")[0][1]


def checks_of(number):
    """The cell that checks the answer, for each exercise of a lesson: the one after the student's."""
    cells = cells_of(NUMBERED[number])
    return {title: check for (title, _), (_, check) in pairwise(cells) if title}


ANSWERS = dict(cells_of(FOLDER / "answers.py")[1:])
MISTAKES = runpy.run_path(str(FOLDER / "mistakes.py"))["MISTAKES"]


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
    for exercise, check in checks.items():
        unfinished = "3 failed" if exercise == "03.3" else f"exercise {exercise}: not yet answered"
        assert unfinished in text_of(as_given["", check])
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
        assert exercise[:2] != number or last_line not in text or exercise == "03.3"


@pytest.mark.parametrize("number", NUMBERED)
def test_no_line_of_code_is_too_long_for_a_projector(number):
    lines = "\n".join(source for _, source in cells_of(NUMBERED[number])).splitlines()
    assert [line for line in lines if len(line) > 88] == []


@pytest.mark.parametrize("number", NUMBERED)
def test_a_lesson_begins_with_a_plan_whose_minutes_add_up(number):
    plan = plan_of(number)
    minutes = [int(minutes) for minutes in re.findall(r"^\| (\d+) \|", plan, re.MULTILINE)]
    assert plan.startswith(f"# {int(number)}. ")
    assert f"## Plan for the teacher: {sum(minutes)} minutes" in plan
    assert plan.count("?* ") >= 4  # usual questions, with answers


@pytest.mark.parametrize("number", NUMBERED)
def test_the_sign_tells_of_it(number):
    sign = SIGN.read_text(encoding="utf-8")
    title, minutes = re.search(r"# \d\. (.*)", plan_of(number))[1], re.search(r"teacher: (\d+)", plan_of(number))[1]
    row = next(line for line in sign.splitlines() if f"({NUMBERED[number].name})" in line)
    assert title in row
    assert row.endswith(f"| {minutes} |")


def test_the_command_of_the_sign_makes_a_notebook(tmp_path):
    command = next(line.split() for line in SIGN.read_text(encoding="utf-8").splitlines() if "--to ipynb" in line)
    assert command[:4] == ["python", "-m", "jupytext", "--to"]
    arguments = [*command[1:-1], str(NUMBERED["02"]), "--output", str(tmp_path / "02.ipynb")]
    made = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert [cell.source for cell in jupytext.read(tmp_path / "02.ipynb").cells if cell.cell_type == "code"] == [
        source for _, source in cells_of(NUMBERED["02"])
    ]


def test_a_lesson_is_a_program_as_well(tmp_path):
    run = subprocess.run(
        [sys.executable, NUMBERED["02"]], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8"
    )
    assert run.returncode == 0, run.stderr
    assert "dw = -18.0, dx = -12.0, db = -6.0, dt = 6.0" in run.stdout
    assert "exercise 02.1: not yet answered" in run.stdout
