"""The README tells the truth: its code runs line by line, prints what it says and draws the picture it shows."""

import re
import shlex
import textwrap
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = [textwrap.dedent(block) for block in re.findall(r"^ *```python\n(.*?)^ *```", README, re.DOTALL | re.MULTILINE)]


@pytest.mark.parametrize("code", CODE)
def test_the_code_runs_and_prints_what_its_comments_say(code, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    said = re.findall(r"^ *print\(.*\)  # (.*)$", code, re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == said


def test_the_tour_has_eleven_lines():
    assert len([line for line in CODE[0].splitlines() if line]) == 11


def test_the_tour_draws_the_picture_that_the_page_shows(tmp_path, monkeypatch):
    def texts(path):
        svg = ElementTree.parse(path)
        return [element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")]

    monkeypatch.chdir(tmp_path)
    exec(CODE[0], {})
    assert sorted(texts("graph.svg")) == sorted(texts(ROOT / "demos/pictures/tour.svg"))


def test_every_file_that_the_page_names_exists():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(links) > 8
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_first_screen_has_the_two_commands():
    commands = [line.strip() for line in README.splitlines()[:16] if line.startswith("    ")]
    assert [shlex.split(command)[:4] for command in commands] == [["python", "-m", "pip", "install"]] * 2
    assert [command.split("&& ")[1] for command in commands] == ["python demos/moons.py", "python -m pytest"]
