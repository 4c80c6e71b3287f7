"""The live page in a real browser: it follows a lesson, and its mistakes, as the file is saved and as it runs."""

import os

import pytest

from tests.classroom.live import LESSON, need_the_extra, opened, panel, photograph, run_of, save, texts, until, wait_for

pytestmark = pytest.mark.once

need_the_extra()


def test_the_page_follows_the_file(teacher, live):
    save(teacher, live, LESSON)
    graph = panel(teacher, "loss").locator("svg")
    assert {"a", "data 2", "b", "data −3", "data −6", "loss", "tanh"} <= set(texts(graph))
    assert teacher.locator("#output").inner_text() == "a is 2.0"
    assert teacher.locator("#source li").all_inner_texts()[:3] == [
        "from autograd import Value, show",
        "\n",
        "a, b = Value(2.0), Value(-3.0)",
    ]
    assert teacher.locator("#source li.shows").inner_text() == "show(loss)"
    save(teacher, live, LESSON.replace("2.0", "0.5"))
    assert {"data 0.5", "data −1.500"} & set(texts(graph)) == {"data 0.5"}
    lit = set(panel(teacher, "loss").locator("svg text.changed").all_text_contents())
    assert lit >= {"data 0.5", "data −1.5"}
    assert "data −3" not in lit
    assert teacher.locator("#output").inner_text() == "a is 0.5"


def test_an_error_is_told_at_its_line_and_what_was_shown_stays_until_it_is_mended(teacher, live):
    save(teacher, live, LESSON)
    save(teacher, live, LESSON.replace("loss.backward()", "lose.backward()"), "failed")
    assert teacher.locator("#source li.error").inner_text() == "lose.backward()"
    assert teacher.locator("#source mark").inner_text() == "lose"
    said = teacher.locator("#source .mishap").inner_text()
    assert said.startswith("Line 5: NameError: name 'lose' is not defined. Did you mean: 'loss'?")
    assert "Python does not know this name here" in said
    assert "data −6" in texts(panel(teacher, "loss").locator("svg"))
    assert panel(teacher, "loss").get_attribute("class").split()[-1] == "old"
    photograph(teacher, "live-error")
    save(teacher, live, LESSON.replace("(2.0)", "(2.0"), "failed")
    assert teacher.locator("#source .mishap strong").inner_text() == "Line 3: SyntaxError: '(' was never closed"
    save(teacher, live, LESSON)
    assert teacher.locator(".mishap").count() == 0
    assert teacher.locator(".panel.old").count() == 0


def test_an_error_within_a_function_names_who_called_it(teacher, live):
    source = "from autograd import Value\ndef entropy(p):\n    return -p * p.log()\n\nü = 1; entropy(Value(0.0))\n"
    save(teacher, live, source, "failed")
    assert (
        teacher.locator("#source .mishap strong").inner_text()
        == "Line 3: ValueError: 'log' is not defined at x = 0.0: it needs x > 0"
    )
    assert teacher.locator("#source mark").inner_text() == "p.log()"
    assert teacher.locator("#source li.caller").inner_text() == "ü = 1; entropy(Value(0.0))"


def test_what_was_there_before_an_error_is_drawn(teacher, live):
    source = "from autograd import Value\na, b = Value(2.0), Value(-2.0)\ntotal = a + b\nloss = total.log()\n"
    save(teacher, live, source, "failed")
    graph = panel(teacher, "before the error").locator("svg")
    assert {"a", "b", "total", "log"} <= set(texts(graph))
    assert " ".join(graph.locator(".failure text").all_text_contents()).startswith("'log' is not defined at x = 0.0")
    photograph(teacher, "live-before-the-error")
    save(teacher, live, source.replace("-2.0", "-1.0"))
    assert teacher.locator(".panel").count() == 0


def test_a_panel_that_a_good_run_does_not_show_any_more_goes(teacher, live):
    save(teacher, live, "from autograd import show\nshow('one', 'first')\nshow('two', 'second')\n")
    assert teacher.locator(".panel h2").all_inner_texts() == ["first", "second"]
    save(teacher, live, "from autograd import show\nshow('new', 'third')\nshow('two', 'second')\n")
    assert teacher.locator(".panel h2").all_inner_texts() == ["third", "second"]
    assert teacher.locator(".panel pre").all_inner_texts() == ["new", "two"]


def test_freezing_holds_the_page_of_the_class_too(browser, teacher, live):
    save(teacher, live, LESSON)
    context, watching = opened(browser, live.shared)
    with context, watching as viewer:
        viewer.goto(live.shared)
        wait_for(viewer, "good", run_of(teacher))
        teacher.keyboard.press("f")
        for page in (teacher, viewer):
            page.locator("#state.frozen").wait_for()
        marker = live.path.with_name("marker")
        before = run_of(teacher)
        live.save(LESSON.replace("2.0", "0.5") + f"open({str(marker)!r}, 'w').close()\n")
        until(marker.exists)
        assert all("data 2" in texts(panel(page, "loss")) for page in (teacher, viewer))
        teacher.keyboard.press("f")
        for page in (teacher, viewer):
            wait_for(page, "good", before + 1)
            assert "data 0.5" in texts(panel(page, "loss"))


def test_freezing_twice_at_once_lets_the_page_follow_again(teacher, live):
    save(teacher, live, LESSON)
    teacher.evaluate("async () => { KEYS.f[1](); KEYS.f[1](); await asked }")
    save(teacher, live, LESSON.replace("2.0", "0.5"))
    assert "data 0.5" in texts(panel(teacher, "loss"))


def test_a_runaway_program_is_stopped_by_the_button_by_its_key_and_by_saving(teacher, live):
    endless = "from autograd import show\nprint('here')\nshow(1, 'one')\nwhile True: pass\n"
    for stop in (lambda: teacher.locator("#stop").click(), lambda: teacher.keyboard.press("s")):
        save(teacher, live, endless, "running")
        panel(teacher, "one").wait_for()
        stop()
        wait_for(teacher, "stopped")
    save(teacher, live, endless, "running")
    save(teacher, live, "print('after')")
    assert teacher.locator("#output").inner_text() == "after"


def test_a_curve_grows_while_its_program_runs(teacher, live):
    go_on = live.path.with_name("go-on")
    go_on.unlink(missing_ok=True)
    source = f"""\
from autograd import show
import os, time
losses = []
for step in range(100):
    losses.append(1 / (1 + step))
    show(losses, "losses")
    while step == 9 and not os.path.exists({str(go_on)!r}):
        show(losses, "losses")
        time.sleep(0.01)
"""
    save(teacher, live, source, "running")
    chart = panel(teacher, "losses").locator("svg.chart")
    chart.locator("text.last", has_text="0.1").wait_for()
    go_on.touch()
    wait_for(teacher, "good")
    assert chart.locator("text.last").inner_html() == "0.01"
    assert teacher.locator(".panel").count() == 1
    assert len(chart.locator("polyline").get_attribute("points").split()) == 100


def test_ten_thousand_lines_of_output_are_bounded(teacher, live):
    save(teacher, live, "for i in range(10_000): print('line', i)\nprint('x' * 10**7)\nprint('end', end='')\n")
    lines = "\n".join(teacher.locator("#output div").all_text_contents()).split("\n")
    assert lines[-1] == "end"
    assert lines[-2] == "x" * 1000 + "…"
    assert lines[-3] == "line 9999"
    assert 1900 <= len(lines) <= 2000
    assert teacher.locator("#gone").inner_text() == f"{10_002 - len(lines):,} lines before these are left out"
    save(
        teacher, live, "for i in range(1_000): print(str(i) * 300)\n"
    )  # long ones are fewer, or a page is drawn for ever
    assert 100_000 < len("".join(teacher.locator("#output div").all_text_contents())) <= 200_000


@pytest.mark.skipif(os.name != "posix", reason="the system has no timer that interrupts")
@pytest.mark.parametrize("rest", ["while True:\n    pass", "import time\ntime.sleep(1000)"])
def test_the_last_picture_of_a_fast_loop_comes_though_the_program_goes_on(teacher, live, rest):
    source = (
        f"from autograd import show\nxs = []\nfor i in range(1, 101):\n    xs.append(1 / i)\n    show(xs)\n{rest}\n"
    )
    save(teacher, live, source, "running")
    panel(teacher, "xs").locator("text.last", has_text="0.01").wait_for()
