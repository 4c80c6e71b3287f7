"""Every text that is said to people is there in every language, and `--language` or a variable chooses the language."""

import json
import os
import random
import re
import zipfile
from itertools import combinations
from urllib.parse import urlsplit

import pytest

import autograd
from autograd import Value, draw, explain, explore, languages
from autograd.__main__ import main
from autograd.classroom import check
from autograd.classroom.checks import hints
from autograd.languages import ENGLISH, FOLDER, LANGUAGES, SEPARATORS, VARIABLE, Said, chosen, say, speaking, table
from nn import MLP, hinge_loss
from tests.classroom.live import need_the_extra, served
from tests.helpers.texts import places, wanted

pytestmark = pytest.mark.once

OTHERS = [language for language in LANGUAGES if language != ENGLISH]
ALL = wanted()


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("subject", ALL)
def test_no_text_is_forgotten(subject, language):
    told = table(subject, language)
    assert ALL[subject] - {*told} == set(), "these are not in the table"
    assert {*told} - ALL[subject] == set(), "these are said nowhere"
    english = table(subject, ENGLISH)
    assert [key for key, text in told.items() if not text.strip() and english.get(key, key)] == []


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("subject", ALL)
def test_a_text_is_filled_in_with_the_same_in_every_language(subject, language):
    english = table(subject, ENGLISH)
    told = table(subject, language).items()
    assert [key for key, text in told if places(text) != places(english.get(key, key))] == []


def test_every_table_is_that_of_a_subject_and_a_language():
    assert {path.name for path in FOLDER.glob("*.json")} >= {f"{s}.{each}.json" for s in ALL for each in OTHERS}
    assert {path.name.split(".")[1] for path in FOLDER.glob("*.json")} <= {*LANGUAGES}


# Which language


def test_no_two_tables_mean_different_texts_by_one_key():
    for language in LANGUAGES:
        for one, other in combinations(sorted(path.name for path in FOLDER.glob(f"*.{language}.json")), 2):
            texts = [table(name.partition(".")[0], language) for name in (one, other)]
            shared = texts[0].keys() & texts[1].keys()
            assert [texts[0][key] for key in shared] == [texts[1][key] for key in shared], (one, other, shared)
    named = {key for path in FOLDER.glob("*.en.json") for key in table(path.name.partition(".")[0], "en")}
    in_full = {path.name.partition(".")[0] for path in FOLDER.glob("*.de.json")} - {
        path.name.partition(".")[0] for path in FOLDER.glob("*.en.json")
    }
    assert not [key for subject in in_full for key in table(subject, "de").keys() & named]


def test_a_name_of_the_system_is_understood_and_any_other_is_refused(monkeypatch):
    monkeypatch.setenv(VARIABLE, "de_AT.UTF-8")
    assert (chosen(), say("hint")) == ("de", "Hinweis")
    monkeypatch.setenv(VARIABLE, "tlh")
    with pytest.raises(ValueError, match="CHALKGRAD_LANGUAGE is 'tlh', and there are only en, de"):
        chosen()


def test_a_language_is_chosen_for_what_runs_within_alone(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with speaking("de"):
        assert say("hint") == "Hinweis"
        with speaking(None), speaking("en"):
            assert say("hint") == "hint"
    assert VARIABLE not in os.environ


def test_what_was_filled_in_can_still_be_said_otherwise():
    hint = Said(hints.OF_SIZE, Said("logarithm"), "math.log")
    assert hint == hints.OF_SIZE.format("logarithm", "math.log")
    assert say(hint, language="de").startswith("Hier ist der Logarithmus nicht definiert")
    assert say("a teacher's own {text}", language="de") == "a teacher's own {text}"


def test_thousands_are_separated_as_in_the_language():
    assert say("{0:,} nodes", 4357, language="en") == "4,357 nodes"
    assert say("{0:,} nodes", 4357, language="de").split() == ["4", "357", "Knoten"]  # no point: 4.357 is Python's
    assert {*SEPARATORS} == {*LANGUAGES}


OVERWRITES = """\
class Value:
    def __init__(self, data, parents=()):
        self.data, self.grad, self._prev, self._backward = data, 0.0, parents, lambda: None

    def __add__(self, other):
        out = Value(self.data + other.data, (self, other))

        def _backward():
            self.grad = out.grad
            other.grad = out.grad

        out._backward = _backward
        return out

    def backward(self):
        self.grad = 1.0
        self._backward()
"""


def test_the_shell_tells_a_student_in_german_what_is_wrong(tmp_path, capsys):
    engine = tmp_path / "engine.py"
    engine.write_text(OVERWRITES)
    report = tmp_path / "report.html"
    assert main(["check", str(engine), "--stage", "reuse", "--language", "de", "-o", str(report)]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "engine.py, Klasse Value: 1 von 13 Fakten stimmen, 4 falsch, 8 noch offen" in said
    assert "✗ mehrfach: a + a" in said
    assert "erwartet 2.0 bekommen 1.0 Hinweis Dieser Knoten wird mehr als einmal verwendet." in said
    assert '<html lang="de">' in report.read_text(encoding="utf-8")
    assert VARIABLE not in os.environ


def test_the_variable_is_enough_for_a_notebook_and_machines_read_english(monkeypatch):
    monkeypatch.setenv(VARIABLE, "de")
    report = check(lambda f, x, h: (f(x + h) - f(x)) / h, "1.1")
    assert report.headline == "Aufgabe 1.1: 0 von 3 Fakten stimmen, 3 falsch"
    first = report.to_dict()["facts"][0]
    assert (first["status"], first["statement"]) == ("failed", "the slope of x³ from 1.9 to 2.1")
    assert first["hint"].startswith("Das ist die Steigung von x bis x + h.")
    assert check(autograd.Value, stages=["data"]).headline == "Value: alle 4 Fakten stimmen"


def test_an_archive_for_gradescope_speaks_the_language_in_which_it_was_made(tmp_path, capsys):
    archive = tmp_path / "autograder.zip"
    assert main(["check", "--gradescope", str(archive), "--language", "de"]) == 0
    with zipfile.ZipFile(archive) as packed:
        assert "'--language=de'" in packed.read("run_autograder").decode()
        assert "chalkgrad/autograd/languages/checks.de.json" in packed.namelist()


def test_the_test_files_for_otter_speak_it_too(tmp_path, capsys, monkeypatch):
    assert main(["check", "--otter", str(tmp_path), "--language", "de"]) == 0
    capsys.readouterr()
    written = (tmp_path / "all_facts.py").read_text()
    assert "held(Value, 'a + a', language='de')" in written
    half = {"Value": type("Value", (), {"__init__": lambda self, data: setattr(self, "data", data)})}
    exec(
        "from autograd.classroom.grading.otter import held\nheld(Value, 'a Value shows its number', language='de')",
        half,
    )
    assert "Der Text zeigt die Zahl nicht." in capsys.readouterr().out


def test_a_submission_that_cannot_be_checked_is_told_of_in_german(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    assert main(["check", str(tmp_path / "in"), "--language", "de"]) == 1
    assert "In der Abgabe ist keine Python-Datei." in capsys.readouterr().out


# Pages


def page_of(kind):
    """A page of a kind, with names that are no words."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    model, data = MLP(2, [2, 1], rng=random.Random(1)), [([0.0, 1.0], 1), ([1.0, 0.0], -1)]
    if kind == "explain":
        return explain((a * b).tanh() * a).page
    if kind == "explore":
        return explore((a * b).tanh() * a).page
    if kind == "train":
        return explore(model, hinge_loss, data).page
    return draw(hinge_loss([model(x) for x, _ in data], [target for _, target in data])).page


# Words of the code, which are the same in every language
OWN_WORDS = {"mean", "data", "grad", "tanh", "relu", "linear", "layers", "neurons", "model", "loss", "parameters"}
SHOWN = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode;
    if (!parentElement.closest("script, style, pre, textarea, svg .node")) found.push(data);
  }
  for (const each of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
    for (const name of ["aria-label", "title", "placeholder"]) found.push(each.getAttribute(name) ?? "");
  }
  return found;
}"""


class Marked(dict):
    """A table of a language in which every text is marked."""

    def get(self, key, otherwise=None):
        return f"«{key}»"


def unmarked(text):
    """What is not marked; what is filled in may be marked too."""
    while (shorter := re.sub("«[^«»]*»", "", text)) != text:
        text = shorter
    return text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "keys"),
    [("explain", ["ArrowRight", "End"]), ("explore", ["Tab"]), ("train", ["ArrowRight"]), ("draw", ["p"])],
)
def test_a_page_says_nothing_that_is_not_in_the_tables(kind, keys, browser, monkeypatch):
    monkeypatch.setattr(languages, "_all", lambda language: Marked())  # what Python says
    marked = json.dumps({"chosen": "xx", "xx": {key: f"«{key}»" for key in ALL["pictures"]}}).replace("<", "\\u003c")
    content = re.sub(r'(id="texts">).*?(</script>)', lambda part: part[1] + marked + part[2], page_of(kind))
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_content(content)
    for key in keys:
        page.keyboard.press(key)
    said = page.evaluate(SHOWN)
    page.close()
    assert any("«" in text for text in said)
    words = {word for text in map(unmarked, said) for word in re.findall(r"\b[a-z]{4,}\b", text)}
    assert words - OWN_WORDS == set()


@pytest.mark.slow
def test_a_page_follows_the_browser_unless_a_language_was_chosen(browser, monkeypatch):
    value = Value(2.0, label="a") * 3
    monkeypatch.delenv(VARIABLE, raising=False)
    open_page = explain(value).page
    monkeypatch.setenv(VARIABLE, "en")
    english = explain(value).page
    assert "Abspielen" not in english
    for locale, content, said in (
        ("de-AT", open_page, "Abspielen"),
        ("fr-FR", open_page, "Play"),
        ("de-AT", english, "Play"),
    ):
        context = browser.new_context(locale=locale)
        page = context.new_page()
        page.set_content(content)
        assert page.locator("#play").inner_text() == said
        assert page.locator("html").get_attribute("lang") == ("de" if said == "Abspielen" else "en")
        assert page.evaluate("separated(4357)").split() == (["4", "357"] if said == "Abspielen" else ["4,357"])
        context.close()


@pytest.mark.slow
def test_the_live_page_speaks_to_each_in_their_own_language(browser, tmp_path):
    need_the_extra()
    with served(tmp_path, "from autograd import show\nshow(missing)\n", "--address", "127.0.0.1") as live:
        for locale, run, enter in (("de-DE", "Ausführen", "Öffnen"), ("en-GB", "Run", "Enter")):
            context = browser.new_context(locale=locale)
            page = context.new_page()
            page.goto(live.link)
            page.locator("#run").wait_for()
            assert page.locator("#run").inner_text() == run
            page.goto(f"http://{urlsplit(live.shared).netloc}/")
            assert page.locator("button").inner_text() == enter
            context.close()
