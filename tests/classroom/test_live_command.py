"""The command `python -m autograd live`: what it makes from nothing, and what it refuses."""

import pytest

from tests.classroom.live import need_the_extra, opened, panel, photograph, save, served, wait_for

pytestmark = pytest.mark.once

need_the_extra()

from autograd.__main__ import main


def test_two_commands_make_a_lesson(browser, tmp_path):
    with served(tmp_path, None) as live:
        assert live.said[0] == "made lesson.py, a small lesson to start with\n"
        assert live.shared == ""
        context, watching = opened(browser, live.link)
        with context, watching as page:
            page.goto(live.link)
            wait_for(page, "good", 1)
            assert page.locator(".panel h2").all_inner_texts() == ["loss", "losses", "explain(loss)"]
            assert page.locator("#output").inner_text() == "the loss is 0.4621"
            save(page, live, live.path.read_text(encoding="utf-8").replace("a = Value(2.0)", "a = Value(1.9)"))
            assert "data 1.9" in panel(page, "loss").locator("text.changed").all_text_contents()
            page.set_viewport_size({"width": 1440, "height": 960})
            photograph(page, "live")  # the picture of the README
            assert page.locator("#invite").is_hidden()
            page.keyboard.press("q")
            assert page.locator("#invitation").is_hidden()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["notes.txt"], "a lesson is a Python file, such as lesson.py, got 'notes.txt'"),
        (["no/lesson.py"], "there is no folder no"),
        (["lesson.py", "--address", "192.0.2.1"], "cannot listen at 192.0.2.1, port 0: "),
    ],
)
def test_what_cannot_be_followed_is_said(tmp_path, monkeypatch, capsys, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    assert main(["live", "--no-browser", *arguments]) == 1
    assert sentence in capsys.readouterr().err


def test_what_is_no_port_is_said(capsys):
    with pytest.raises(SystemExit):
        main(["live", "lesson.py", "--port", "99999"])
    assert "a port is a number from 0 to 65535, got '99999'" in capsys.readouterr().err
