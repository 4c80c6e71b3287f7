"""The signs tell the truth: their code runs, their commands are understood, and their links and pictures are there."""

import os
import re
import shlex
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import autograd
from autograd.__main__ import COMMANDS, main
from autograd.derivatives import TABLE

ROOT = Path(__file__).parent.parent
SIGNS = [
    ROOT / "README.md",
    *(path for each in ("autograd", "nn", "demos", "tests") for path in (ROOT / each).rglob("README.md")),
]
TEXT = {sign.relative_to(ROOT).as_posix(): sign.read_text(encoding="utf-8") for sign in SIGNS}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
README = TEXT["README.md"]

pytestmark = pytest.mark.once


def blocks(language):
    """Each fenced block of a language, with an id that says where it is."""
    for name, text in TEXT.items():
        for found in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            line = text[: found.start()].count("\n") + 1
            yield pytest.param(found[1], id=f"{name}:{line}")


@pytest.mark.parametrize("code", [*blocks("python")])
def test_python_runs_and_prints_what_its_comments_say(code, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    known = {**TABLE}
    try:
        exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
    finally:
        for name in TABLE.keys() - known.keys():
            del TABLE[name]
    said = re.findall(r"^ *print\(.*\)  # (.*)$", code, re.MULTILINE)
    printed = capsys.readouterr().out.splitlines()
    assert printed[: len(said)] == said
    assert len(printed) == len(said) or "show(" in code  # show() prints text where the program just runs


def understood(words, folder):
    """Whether a command is one of those below, and all that it names is there."""
    while words and re.fullmatch(r"[A-Z_]+=\S+", words[0]):
        words = words[1:]
    match words:
        case ["git", "clone", url]:
            assert url.startswith("https://")
        case ["cd", _] | [".", ".venv/bin/activate"] | ["python3", "-m", "venv", ".venv"]:
            pass
        case ["python", "-m", "pip", "install" | "wheel", *rest]:
            for extra in re.findall(r"\w+", "".join(re.findall(r"\[(.*?)\]", " ".join(rest)))):
                assert extra in EXTRAS
            assert rest[-1].startswith(".")
        case ["python", "-m", "autograd", command, *rest] if command == "live":
            assert rest[0].endswith(".py")
            assert all(option in COMMANDS["live"].epilog for option in rest[1:])
        case ["python", "-m", "autograd", "check", *rest]:
            (folder / "handed_in").mkdir()
            for name in ("my_engine.py", "right.py", "wrong.py", "handed_in/my_engine.py"):
                (folder / name).write_text("from autograd import Value", encoding="utf-8")
            (points,) = blocks("toml")
            (folder / "points.toml").write_text(points.values[0], encoding="utf-8")
            assert main(["check", *rest]) == 0
        case ["python", "-m", "autograd", "lessons", *rest]:
            assert main(["lessons", str(folder / "lessons"), *(word for word in rest if word.startswith("-"))]) == 0
        case ["python", "-m", "autograd", "site", *rest]:  # test_site.py runs it
            assert all(option in COMMANDS["site"].epilog for option in rest)
        case ["python", "-m", "autograd.classroom.site.reference", name]:
            assert name.startswith("out/")
        case ["python", "-m", "http.server", *_, name]:
            assert name == "out/site"
        case ["python", "-m", "autograd", *rest]:
            assert main(rest) == 0
        case ["python", "-m", "pytest", *rest]:
            for word in rest:
                if not word.startswith("-") and word not in ("my_engine.py",):
                    path, _, name = word.partition("::")
                    assert (ROOT / path).exists(), word
                    assert not name or f"\ndef {name}(" in (ROOT / path).read_text(encoding="utf-8"), word
        case ["python", "-m", "ruff" | "mypy", *_]:
            pass
        case ["python", "-m", "jupyter", *_, path]:  # of a lesson
            assert (ROOT / "demos/lessons" / Path(path).name).with_suffix(".py").exists()
        case ["python", "-m", module, *options] if module.startswith("tests."):
            path = ROOT / module.replace(".", "/")
            text = (path / "__main__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8")
            for option in options:
                if option.startswith("-"):
                    assert f'"{option}"' in text, option
                elif "--rows" in options:
                    from tests.benchmarks.measurements import ROWS

                    assert option in ROWS
        case ["python", path, *options]:
            text = (ROOT / path).read_text(encoding="utf-8")
            assert all(f'"{option}"' in text for option in options if option.startswith("--"))
        case _:
            pytest.fail(f"no test knows the command {shlex.join(words)}")


@pytest.mark.parametrize("code", [*blocks("bash")])
def test_commands_are_understood_and_what_they_name_is_there(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for line in code.splitlines():
        for command in re.split(r" (?:&&|\|\||;) ", line.partition("  #")[0]):
            understood(shlex.split(command), tmp_path)


def test_no_block_is_without_a_test():
    for name, text in TEXT.items():
        fences = re.findall(r"^ *```(.*)$", text, re.MULTILINE)
        assert {*fences[::2]} <= {"python", "bash", "toml", ""}, name
        assert {*fences[1::2]} <= {""}, name
        shown = len(fences[::2]) - len(re.findall(r"^```(?:python|bash|toml)$", text, re.MULTILINE))
        assert shown == (name == "autograd/classroom/README.md")  # the report, which test_check_reports.py compares


# Links


def slug(heading):
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(text):
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", outside, re.MULTILINE)}


LINKS = [
    pytest.param(name, link, id=f"{name}: {link}")
    for name, text in TEXT.items()
    for link in dict.fromkeys(
        re.findall(r"\]\(([^)]+)\)", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE))
    )
]


@pytest.mark.parametrize(("name", "link"), LINKS)
def test_a_link_leads_somewhere(name, link):
    if link.startswith("https://"):
        assert re.fullmatch(r"https://[a-z.]+(?:/[\w.-]+)*", link)
        return
    path, _, anchor = link.partition("#")
    target = (ROOT / name).parent / path if path else ROOT / name
    assert target.exists()
    assert os.path.normpath(target).startswith(str(ROOT))
    if anchor:
        assert anchor in anchors(target.read_text(encoding="utf-8"))
    if target.suffix == ".svg":
        ElementTree.parse(target)


def test_pictures_say_in_words_what_they_show():
    for name, text in TEXT.items():
        for words in re.findall(r"!\[(.*?)\]\(", text):
            assert len(words.split()) > 2, name


@pytest.mark.parametrize(
    "name", [name for name, text in TEXT.items() if text.count("\n") > 100 and name != "README.md"]
)
def test_a_long_sign_has_a_list_of_its_headings(name):
    headings = re.findall(r"^## (.*)$", TEXT[name], re.MULTILINE)
    first = TEXT[name][: TEXT[name].index("\n## ")]
    assert all(f"](#{slug(heading)})" in first for heading in headings)


def test_lines_are_no_longer_than_a_screen():
    for name, text in TEXT.items():
        for line in text.splitlines():
            assert len(line) <= 120 or line.startswith(("|", "!", "http")), (name, line)


# The README


def test_the_readme_is_one_page():
    assert README.count("\n") <= 150
    assert len(README.encode()) <= 9000


def test_the_readme_has_its_parts_in_order():
    assert re.findall(r"^## (.*)$", README, re.MULTILINE) == [
        "Start",
        "Ten lines",
        "A training loop",
        "Everything else",
        "Beside other engines",
        "Contribute",
        "Licence",
    ]


def test_the_two_commands_come_first():
    commands = re.findall(r"^```bash\n(.*?)\n```$", README, re.DOTALL | re.MULTILINE)
    commands = [command for command in commands if not command.startswith("git clone")]
    assert [command.partition(" && ")[2] for command in commands[:2]] == ["python demos/moons.py", "python -m pytest"]


def test_the_tour_has_ten_lines_and_draws_the_picture_that_the_page_shows(tmp_path, monkeypatch):
    def texts(path):
        svg = ElementTree.parse(path)
        return sorted(element.text for element in svg.iter("{http://www.w3.org/2000/svg}text"))

    tour = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]
    assert len([line for line in tour.splitlines() if line]) == 10
    monkeypatch.chdir(tmp_path)
    exec(tour, {})
    assert texts("graph.svg") == texts(ROOT / "demos/pictures/tour.svg")


def test_the_signs_name_every_public_name_of_nn_and_of_transforms():
    for module in ("nn", "autograd.transforms"):
        face = __import__(module, fromlist=["*"])
        text = TEXT[f"{module.replace('.', '/')}/README.md"]
        assert [name for name in face.__all__ if not re.search(rf"\b{name}\b", text)] == []
    assert autograd.__all__


@pytest.mark.parametrize(
    ("question", "sign", "words", "answer"),
    [
        ("where does the derivative of tanh stand?", "autograd", "the table of derivatives", "(derivatives.py)"),
        ("where is a layer computed?", "nn", "`Neuron`, `Layer` and `MLP`", "(layers.py)"),
        ("what draws a box?", "autograd/pictures", "boxes", "(drawing.py)"),
        ("what is a compiled instruction?", "autograd/compiling", "class `Instruction`", "(program.py)"),
        ("which file answers a request of the live page?", "autograd/classroom", "each request", "(live/server.py)"),
        ("how do I run one test?", "tests", "| one test |", "::"),
    ],
)
def test_a_newcomer_finds_the_answer_from_the_readme_in_two_steps(question, sign, words, answer):
    assert f"({sign}/README.md" in README
    paragraphs = re.split(r"\n\n|\n(?=[|\d-])", TEXT[f"{sign}/README.md"])
    assert any(words in paragraph and answer in paragraph for paragraph in paragraphs), question
