"""The live page in a real browser: it follows a lesson, survives what lessons do, and lets nobody else in."""

import asyncio
import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import sys
import zlib
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.classroom.live import PATIENCE, followed, need_the_extra, served, until, wait_for, written
from tests.helpers.browser import PICTURES, watched

pytestmark = pytest.mark.once

need_the_extra()

from autograd.__main__ import main
from autograd.classroom.live import server
from autograd.classroom.live.lesson import Lesson

LESSON = """\
from autograd import Value, show

a, b = Value(2.0), Value(-3.0)
loss = (a * b).tanh()
loss.backward()
print("a is", a.data)
show(loss)
"""
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """One server for the tests of this file, each of which saves a lesson of its own. It is shared on loopback."""
    with served(tmp_path_factory.mktemp("live"), LESSON, "--share", "--address", "127.0.0.1") as live:
        yield live


def opened(browser, link, **options):
    """A page of the server, watched: it logs nothing and asks for nothing elsewhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, **options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    return context, watched(page, home(link))


def home(link):
    return f"http://{urlsplit(link).netloc}/"


@pytest.fixture(scope="module")
def teachers_page(browser, live):
    """The teacher's page, open all the time, as in a lesson."""
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(live.link)
        wait_for_any(page)
        yield page


@pytest.fixture
def teacher(teachers_page, live):
    """The same, watched."""
    with watched(teachers_page, home(live.link)) as page:
        yield page


def wait_for_any(page):
    page.locator("html[data-run]").wait_for(state="attached")


def run_of(page):
    return int(page.locator("html").get_attribute("data-run"))


def save(page, live, source, state="good"):
    """Save a lesson and wait until the page has what comes of it."""
    before = run_of(page)
    live.save(source)
    wait_for(page, state, before + 1)


def panel(page, title):
    return page.locator(".panel").filter(has=page.locator("h2", has_text=re.compile(rf"^{re.escape(title)}$")))


def texts(svg):
    return svg.locator("text").all_text_contents()


def photograph(page, name):
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


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
    graph = panel(teacher, "what was there before the error").locator("svg")
    assert {"a", "b", "total", "log"} <= set(texts(graph))
    assert " ".join(graph.locator(".failure text").all_text_contents()).startswith("'log' is not defined at x = 0.0")
    photograph(teacher, "live-before-the-error")
    save(teacher, live, source.replace("-2.0", "-1.0"))
    assert teacher.locator(".panel").count() == 0


def test_a_node_and_the_line_that_made_it_know_each_other(teacher, live):
    lines = ["from autograd import Value, explain, show", "a = Value(2.0)", "b = a * a", "c = b.tanh()", "show(c)"]
    source = "\n".join([*lines, "show(explain(c))", ""])
    save(teacher, live, source)
    graph = panel(teacher, "c").locator("svg")
    graph.locator("g.node", has_text="data 4").hover()
    assert teacher.locator("#source li.pointed").all_inner_texts() == ["b = a * a"]
    teacher.locator("#source li", has_text="c = b.tanh()").hover()
    assert [node.locator("text").first.text_content() for node in graph.locator(".lit").all()] == ["c"]
    player = panel(teacher, "explain(c)").frame_locator("iframe")
    player.locator(".lit").wait_for()
    assert player.locator(".lit .name").all_text_contents() == ["c"]
    player.locator("g.node.v0").hover()
    teacher.locator("#source li.pointed", has_text="a = Value(2.0)").wait_for()


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


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os._exit(3)", "the program ended at once, with status 3"),
        ("import sys; sys.exit('enough')", "the program ended itself: sys.exit('enough')"),
        ("def f(): f()\nf()", "RecursionError: maximum recursion depth exceeded"),
        ("import sys; sys.stdin.readline() or input.missing", "AttributeError"),
        ("import faulthandler; faulthandler._sigsegv()", "signal 11 (SIGSEGV)"),
        ("x = bytearray(1 << 50)", "MemoryError"),
        ("import os; os.write(1, b'[' * 100000); os.kill(os.getpid(), 9)", "signal 9 (SIGKILL)"),
    ],
    ids=["exit", "sys.exit", "recursion", "stdin", "segfault", "memory", "killed"],
)
@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
def test_a_lesson_that_crashes_leaves_the_page(teacher, live, code, said):
    save(teacher, live, f"from autograd import show\nshow('before', 'kept')\n{code}\n", "failed")
    assert said in teacher.locator(".mishap strong").first.inner_text()
    assert teacher.locator(".panel pre").all_inner_texts() == ["before"]


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


HOSTILE = """\
from autograd import Drawing, Value, explain, show

evil = EVIL

class Page:
    def _repr_html_(self):
        return evil

class Picture:
    def _repr_svg_(self):
        return '<svg xmlns="http://www.w3.org/2000/svg" onload="console.error(1)">' \\
            '<script>console.error(2)</script></svg>'

class Fake(Drawing):
    svg = '''<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="console.error(3)">
        <script>console.error(4)</script><foreignObject><b xmlns="http://www.w3.org/1999/xhtml">b</b></foreignObject>
        <a href="javascript:console.error(5)"><text>link</text></a><image href="https://127.0.0.1:9/x.png"/>
        <text onclick="console.error(6)" fill="url(https://127.0.0.1:9/)">kept</text></svg>'''

x = Value(1.0, label=evil)
show(x * 2, evil)
show(explain(x * 2), "player")
show([[evil]], "table")
show(evil, "text")
show(Page(), "html")
show(Picture(), "picture")
show(Fake(None), "fake")
print(evil)
raise ValueError(evil)
"""


def test_what_a_lesson_shows_is_no_markup(browser, live):
    evil = "<img src=x onerror=console.error('run')><script>console.error('run')</script>"
    source = HOSTILE.replace("EVIL", repr(evil))
    logged, requested = [], []  # that the policy of the page forbids something is logged, and as it should be
    with browser.new_context() as context:
        teacher = context.new_page()
        teacher.on("console", lambda message: logged.append(message.text))
        teacher.on("request", lambda request: requested.append(request.url))
        teacher.goto(live.link)
        wait_for_any(teacher)
        save(teacher, live, source, "failed")
        check_markup(teacher, evil)
        save(teacher, live, LESSON)
    assert not {"run", "1", "2", "3", "4", "5", "6"} & set(logged)
    assert {urlsplit(url).netloc for url in requested if url.startswith("http")} == {urlsplit(live.link).netloc}


def check_markup(teacher, evil):
    assert teacher.locator("#output").inner_text() == evil
    assert panel(teacher, evil).locator("svg text", has_text=evil).count() == 1
    assert panel(teacher, "table").locator("td").inner_text() == evil
    assert evil in teacher.locator("#source .mishap strong").inner_text()
    fake = panel(teacher, "fake").locator("svg")
    assert fake.locator("*").evaluate_all("all => all.map((each) => each.outerHTML)") == ["<text>kept</text>"]
    for frame in teacher.locator("iframe").all():
        assert frame.get_attribute("sandbox") == "allow-scripts"
    inner = panel(teacher, "html").frame_locator("iframe")
    inner.locator("img").wait_for(state="attached")
    size = "each => Math.round(parseFloat(getComputedStyle(each).fontSize))"  # a report is as large as all else
    assert inner.locator("body").evaluate(size) == teacher.locator("body").evaluate(size) > 16
    assert panel(teacher, "player").frame_locator("iframe").locator("h1").inner_text() == "Given"


def test_what_is_shown_as_html_is_read_from_the_last_row(teacher, live):
    save(
        teacher,
        live,
        "from autograd.classroom import check\nfrom autograd import Value, show\n\nshow(check(Value), 'it')",
    )
    headline = panel(teacher, "it").frame_locator("iframe").locator("b", has_text="all 126 facts hold")
    family, size = headline.evaluate("each => [getComputedStyle(each).fontFamily, getComputedStyle(each).fontSize]")
    assert "system-ui" in family
    assert float(size.removesuffix("px")) >= 18


@pytest.mark.skipif(os.name != "posix", reason="the system has no timer that interrupts")
@pytest.mark.parametrize("rest", ["while True:\n    pass", "import time\ntime.sleep(1000)"])
def test_the_last_picture_of_a_fast_loop_comes_though_the_program_goes_on(teacher, live, rest):
    source = (
        f"from autograd import show\nxs = []\nfor i in range(1, 101):\n    xs.append(1 / i)\n    show(xs)\n{rest}\n"
    )
    save(teacher, live, source, "running")
    panel(teacher, "xs").locator("text.last", has_text="0.01").wait_for()


def test_words_in_colours_are_light_on_a_dark_page(teacher, live):
    save(teacher, live, "from autograd import draw, show\nfrom nn import MLP\nshow(draw(MLP(2, [2, 1])))\n")
    words = teacher.locator(".panel svg tspan")
    colours = "each => getComputedStyle(each).fill"
    words.first.wait_for()
    assert words.all_text_contents() == ["blue below 0", "orange above"]
    assert [each.evaluate(colours) for each in words.all()] == ["rgb(47, 111, 173)", "rgb(176, 90, 0)"]
    teacher.keyboard.press("d")
    assert [each.evaluate(colours) for each in words.all()] == ["rgb(140, 187, 232)", "rgb(247, 178, 103)"]
    teacher.keyboard.press("d")


def test_a_plot_is_dark_on_a_dark_page(teacher, live):
    pytest.importorskip("matplotlib")
    from PIL import Image

    plot = "import matplotlib.pyplot as plt\nfrom autograd import show\nplt.plot([1, 3, 2])\nshow(plt)\n"
    save(teacher, live, plot)
    image = panel(teacher, "plt").locator("img")
    image.wait_for()
    corner = lambda: Image.open(BytesIO(image.screenshot())).convert("RGB").getpixel((9, 9))  # noqa: E731
    assert corner() == (255, 255, 255)
    teacher.keyboard.press("d")
    until(lambda: corner() == (23, 27, 32))
    teacher.keyboard.press("d")
    until(lambda: corner() == (255, 255, 255))
    teacher.evaluate("localStorage.clear()")


def test_a_curve_of_any_name_is_drawn_without_a_complaint(teacher, live):  # from the policy of the page, into its log
    save(teacher, live, "from autograd import show\nshow({'a > b \\u202e\\x00': [3, 2, 1]}, 'curve')\n")
    assert panel(teacher, "curve").locator("svg text", has_text="a > b").count() == 1


def test_one_panel_alone_keys_and_settings(teacher, live):
    save(teacher, live, LESSON)
    teacher.keyboard.press("1")
    teacher.locator(".panel.big").wait_for()
    assert teacher.locator(".panel.big").bounding_box() == pytest.approx({"x": 0, "y": 0, "width": 1280, "height": 720})
    teacher.keyboard.press("Escape")
    teacher.locator(".panel:not(.big)").wait_for()
    teacher.keyboard.press("0")
    assert teacher.locator("#printed.big").bounding_box() == pytest.approx(
        {"x": 0, "y": 0, "width": 1280, "height": 720}
    )
    teacher.keyboard.press("Escape")
    teacher.locator("#printed:not(.big)").wait_for()
    teacher.keyboard.press("b")
    assert teacher.locator("#source").is_hidden()
    teacher.keyboard.press("b")
    size = "getComputedStyle(document.documentElement).fontSize"
    before = teacher.evaluate(size)
    teacher.keyboard.press("+")
    assert float(teacher.evaluate(size)[:-2]) > float(before[:-2])
    paper = "getComputedStyle(document.body).backgroundColor"
    assert teacher.evaluate(paper) == "rgb(255, 255, 255)"
    teacher.keyboard.press("d")
    assert teacher.evaluate(paper) == "rgb(23, 27, 32)"
    teacher.reload()
    wait_for(teacher, "good")
    assert teacher.evaluate(paper) == "rgb(23, 27, 32)"
    teacher.keyboard.press("q")
    assert teacher.locator("#invitation code").inner_text() == live.shared
    assert teacher.locator("#invitation img").evaluate("image => image.decode().then(() => image.naturalWidth > 100)")
    teacher.evaluate("localStorage.clear()")
    teacher.reload()
    wait_for_any(teacher)


def test_the_class_sees_the_page_on_a_phone_and_can_change_nothing(browser, teacher, live):
    save(teacher, live, LESSON)
    context, watching = opened(browser, live.shared, color_scheme="dark")
    with context, watching as viewer:
        viewer.set_viewport_size(PHONE)
        viewer.goto(live.shared)
        wait_for(viewer, "good", run_of(teacher))
        assert "data −6" in texts(panel(viewer, "loss"))
        assert viewer.locator("button:visible").all_inner_texts() == ["◐", "line 7", "", ""]
        assert viewer.evaluate("document.documentElement.scrollWidth") <= 390
        result = panel(viewer, "loss").locator("g.node", has_text="loss").bounding_box()
        assert result["x"] + result["width"] <= 390  # the whole graph
        for key in "fsrq":
            viewer.keyboard.press(key)
        photograph(viewer, "live-phone")
    assert teacher.locator("#state").inner_text().startswith("done")
    for action in ("run", "stop", "freeze", "thaw", "share"):
        assert ask(live.shared, urlsplit(live.shared).path + action)[0] == 404


EXPLORE = """\
import random
from autograd import Value, explore, show
from nn import MLP, hinge_loss
a, b = Value(2.0, label="a"), Value(-3.0, label="b")
show(explore((a * b).tanh()), "graph")
data = [([0.1, 0.2], 1), ([-0.3, 0.4], -1), ([0.5, -0.6], 1)]
show(explore(MLP(2, [3, 1], rng=random.Random(1)), hinge_loss, data), "training")
"""


def test_each_of_the_class_explores_on_a_device_of_their_own(browser, teacher, live):
    save(teacher, live, EXPLORE)
    context, watching = opened(browser, live.shared)
    with context, watching as viewer:
        viewer.set_viewport_size(PHONE)
        viewer.goto(live.shared)
        both = [[each.frame_locator(f"iframe >> nth={k}") for k in (0, 1)] for each in (teacher, viewer)]
        field, own_field = (each[0].get_by_label("a", exact=True) for each in both)
        step, own_step = (each[1].get_by_role("button", name="Step", exact=True) for each in both)
        own_field.wait_for()
        own_field.fill("0.5")
        own_step.click()
        assert [each[1].locator("#steps-so-far").inner_text() for each in both] == ["0", "1"]
        field.fill("1.5")
        step.click()
        step.click()
        assert [each[1].locator("#steps-so-far").inner_text() for each in both] == ["2", "1"]
        assert [each.input_value() for each in (field, own_field)] == ["1.5", "0.5"]
        card = both[1][0].locator(".card", has_text="v₁").first
        card.filter(has_text="−1.5").wait_for()
        viewer.locator(".panel .alone").first.click()
        viewer.locator(".panel.big").wait_for()
        photograph(viewer, "live-explore-phone")
        photograph(teacher, "live-explore")


def test_a_file_that_goes_is_noticed_and_so_is_that_it_comes_back(teacher, live):
    save(teacher, live, LESSON)
    live.path.unlink()
    wait_for(teacher, "failed")
    assert teacher.locator(".mishap:visible strong").inner_text().startswith("lesson.py cannot be read: No such file")
    assert "data −6" in texts(panel(teacher, "loss"))
    live.save(LESSON)
    wait_for(teacher, "good")
    assert teacher.locator(".mishap").count() == 0


def test_a_file_in_another_encoding_is_told_and_a_very_long_one_is_shown(teacher, live):
    before = run_of(teacher)
    live.path.write_bytes("x = 1\nprint('é')\n".encode("latin-1"))
    wait_for(teacher, "failed", before + 1)
    said = teacher.locator("#source .mishap").inner_text()
    assert said.startswith("Line 2: SyntaxError: (unicode error) 'utf-8' codec can't decode byte 0xe9")
    assert "Save it as UTF-8" in said
    save(teacher, live, "x = 1\r\n" * 10_000 + "print(x)\n")
    assert teacher.locator("#source li").count() == 10_001
    assert teacher.locator("#output").inner_text() == "1"


def test_a_module_beside_the_lesson_is_followed_too(teacher, live):
    module = live.path.with_name("helper.py")
    written(module, "number = 1\n")
    save(teacher, live, "import helper\nprint(helper.number)\n")
    before = run_of(teacher)
    written(module, "number = 22\n")
    wait_for(teacher, "good", before + 1)
    assert teacher.locator("#output").inner_text() == "22"
    written(module, "number = (22\n")  # a mistake there is told, and its correction is followed
    wait_for(teacher, "failed", before + 2)
    written(module, "number = 23\n")
    wait_for(teacher, "good", before + 3)


def test_a_package_below_the_lesson_is_followed_and_a_module_that_is_not_there_yet(teacher, live):
    package = live.path.with_name("tools")
    package.mkdir()
    (package / "__init__.py").write_text("")
    save(teacher, live, "import tools.missing\nprint(tools.missing.number)\n", "failed")

    written(package / "missing.py", "number = 1\n")
    teacher.locator("#output", has_text="1").wait_for()
    written(package / "missing.py", "number = 2\n")
    teacher.locator("#output", has_text="2").wait_for()


# What is refused


def ask(link, path=None, method="GET", **headers):
    """The status and the body of the answer to a request; headers None are not sent."""
    address = urlsplit(link)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    connection.putrequest(method, address.path if path is None else path, skip_host=True, skip_accept_encoding=True)
    for name, value in {"Host": address.netloc, **headers}.items():
        if value is not None:
            connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    found = (
        answer.status,
        "" if answer.getheader("content-type", "").startswith("text/event-stream") else answer.read().decode(),
    )
    connection.close()
    return found


@pytest.mark.parametrize("which", ["link", "shared"])
def test_who_does_not_know_the_token_is_refused(live, which):
    link = getattr(live, which)
    token = urlsplit(link).path.strip("/")
    other = urlsplit(live.shared if which == "link" else live.link).path
    paths = [
        "/",
        "//",
        "/events",
        "/run",
        "/page",
        f"/{token[:-1]}/",
        f"/{token}x/",
        f"/{token.swapcase()}/",
        "/%C3%A9/",
        "/%ff/",
        other,
    ]
    paths += [f"/%00{token}/", f"/./{token}/", f"/?{token}", "/favicon.ico", "/robots.txt", f"/x/../{token}/"]
    for path in paths:
        status, body = ask(link, path)
        is_door = which == "shared" and (path in ("/", "/events") or path.startswith("/?"))  # where a code is typed
        assert (status, body.startswith("refused: ")) == (403, True) or (is_door and "<form" in body), path
    assert ask(link)[0] == 200
    assert ask(link, f"/{token}/events")[0] == 200
    assert ask(link, f"/{token}")[0] == 307  # to the page, whose requests go beside it


@pytest.mark.parametrize("which", ["link", "shared"])
@pytest.mark.parametrize(
    "beyond",
    [
        *(
            "../lesson.py",
            "..%2flesson.py",
            "page/..%2f..%2flesson.py",
            "page/",
            "page/x",
            "page/page.html",
            "%2e%2e/",
        ),
        *("events/", "x/", "page/x/"),
    ],
)
def test_no_path_leads_to_a_file(live, which, beyond):
    link = getattr(live, which)
    path = urlsplit(link).path + beyond
    assert ask(link, path)[0] in (403, 404)


@pytest.mark.parametrize("which", ["link", "shared"])
def test_another_host_is_refused(live, which):
    link = getattr(live, which)
    port = urlsplit(link).port
    hosts = [
        "evil.example",
        f"evil.example:{port}",
        "127.0.0.1",
        f"127.0.0.1:{port + 1}",
        f"127.0.0.1.evil.example:{port}",
        f"user@127.0.0.1:{port}",
        "",
        f"127.1:{port}",
    ]
    for host in hosts:
        assert ask(link, Host=host)[0] in (400, 421), host
    assert ask(link, Host=None)[0] == 400


@pytest.mark.parametrize("which", ["link", "shared"])
def test_another_origin_is_refused(live, which):
    link = getattr(live, which)
    own = "http://" + urlsplit(link).netloc
    for origin in (
        "http://evil.example",
        "null",
        own + ".evil.example",
        own.replace("http", "https"),
        "http://127.0.0.1",
        "",
    ):
        assert ask(link, Origin=origin)[0] == 403, origin
        assert ask(link, urlsplit(link).path + "events", Origin=origin)[0] == 403, origin
    assert ask(link, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")[0] == 403
    assert ask(link, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")[0] == 200  # a link on the school's page
    assert ask(link, Origin=own)[0] == 200


def test_other_methods_are_refused(live):
    own = "http://" + urlsplit(live.link).netloc
    path = urlsplit(live.link).path
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "HEAD", "CONNECT", "PROPFIND"):
        assert ask(live.link, method=method, Origin=own)[0] == 405, method
        assert ask(live.shared, method=method, Origin="http://" + urlsplit(live.shared).netloc)[0] == 405, method
    for action in ("run", "stop", "freeze", "thaw"):
        assert ask(live.link, path + action)[0] == 405
        assert ask(live.link, path + action, "POST")[0] == 403  # nobody but a page has this, and says whence
        assert (
            ask(
                live.shared,
                urlsplit(live.shared).path + action,
                "POST",
                Origin="http://" + urlsplit(live.shared).netloc,
            )[0]
            == 405
        )


def test_a_page_elsewhere_reaches_nothing(browser, live):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto("about:blank")
        outcome = """link => Promise.all([
            fetch(link).then((answer) => answer.text(), () => "refused"),
            fetch(link + "stop", { method: "POST", mode: "no-cors" }).then((answer) => answer.type, () => "refused"),
            new Promise((done) => {
                const events = new EventSource(link + "events");
                events.onerror = () => done("refused");
                events.addEventListener("all", () => done("read"));
            }),
        ])"""
        assert page.evaluate(outcome, live.link) == ["refused"] * 3
        page.set_content(f"<iframe src='{live.link}'></iframe>")
        assert page.frames[1].url != live.link or page.frame_locator("iframe").locator("#source").count() == 0


@pytest.mark.skipif(os.name != "posix", reason="the browser is a command of a POSIX shell")
def test_the_browser_is_opened_with_a_link_that_serves_once(tmp_path, monkeypatch):
    asked = tmp_path / "asked"
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\nprintf %s \"$1\" > '{asked}.part' && mv '{asked}.part' '{asked}'\n")
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    with served(tmp_path, "print(1)", is_opened=True) as live:
        link = until(lambda: asked.exists() and asked.read_text())
        assert link != live.link  # which would let everybody in who sees the command line
        assert ask(link)[0] == 303
        assert ask(link)[0] == 403
        assert ask(live.link)[0] == 200


# Many at once


async def compressed_events(link):
    """The beginning of the stream, as a browser gets it that says it can read gzip."""
    address = urlsplit(link)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    request = f"GET {address.path}events HTTP/1.1\r\nHost: {address.netloc}\r\nAccept-Encoding: gzip, br\r\n\r\n"
    writer.write(request.encode())
    assert b"content-encoding: gzip\r\n" in await reader.readuntil(b"\r\n\r\n")
    body = b""
    while b"data" not in zlib.decompressobj(31).decompress(body):
        size = int(await reader.readline(), 16)  # in chunks, as HTTP has them
        body += (await reader.readexactly(size + 2))[:-2]
    writer.close()
    return body


def test_fifty_viewers_at_once_all_see_the_end_and_a_stalled_one_holds_nobody_up(teacher, live):
    save(teacher, live, LESSON)
    number = run_of(teacher) + 1

    def is_over(sections):
        return (
            sections["state"]["run"] >= number and sections["state"]["state"] == "good"
            if "state" in sections
            else False
        )

    async def watch():
        started = [asyncio.Event() for _ in range(50)]
        viewers = [asyncio.create_task(followed(live.shared, is_over, each)) for each in started]
        address = urlsplit(live.shared)
        with socket.create_connection((address.hostname, address.port)) as stalled:
            stalled.sendall(f"GET {address.path}events HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
            await asyncio.wait_for(asyncio.gather(*(each.wait() for each in started)), 60)
            live.save(
                "from autograd import show\n"
                "for i in range(3_000): print(i); show([j * i for j in range(300)], 'curve')\n"
            )
            ends = await asyncio.wait_for(asyncio.gather(*viewers), 120)
        return ends, await compressed_events(live.shared)

    ends, compressed = in_a_thread(watch)
    assert len(ends) == 50
    assert zlib.decompressobj(31).decompress(compressed).startswith(b":\n\nevent: all\ndata: {")
    for sections in ends:
        assert sections["output 0"]["gone"] in (1_000, 1_100)
        (shown,) = sections["panels"]
        assert ">896,701<" in sections[f"panel {shown['number']}"]["svg"]  # the last one, 299 × 2,999


def in_a_thread(function):
    """Run a coroutine beside the event loop of the browser."""
    import concurrent.futures

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(function())).result()


# Who holds connections without using them. With a server in this process, whose patience can be set


def serving(tmp_path, follow):
    """What a coroutine finds, which is given a page that is served and shared."""
    (tmp_path / "lesson.py").write_text("print(1)")

    async def run():
        with socket.create_server(("127.0.0.1", 0)) as own, socket.create_server(("127.0.0.1", 0)) as shared:
            page = server.Live(Lesson(tmp_path / "lesson.py"), own, shared, "127.0.0.1")
            served = asyncio.create_task(page._serve())
            try:
                return await asyncio.wait_for(follow(page, shared.getsockname()), 30)
            finally:
                served.cancel()
                await asyncio.gather(served, return_exceptions=True)
                await asyncio.to_thread(until, lambda: page.lesson._runs._family is None)

    return in_a_thread(run)


def test_a_connection_on_which_no_request_arrives_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "HURRY", 0.1)

    async def follow(page, address):
        for beginning in (b"", b"GET / HTTP/1.1\r\nHo", b"\n\n\n"):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(beginning)
            with contextlib.suppress(ConnectionError):
                assert (await reader.read())[:12] in (b"", b"HTTP/1.1 400")
            writer.close()
        return True

    assert serving(tmp_path, follow)


def test_a_viewer_who_takes_nothing_in_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "STALLED", 0.2)
    monkeypatch.setattr(server, "HURRY", 0.2)

    async def follow(page, address):
        loop, stage = asyncio.get_running_loop(), page.lesson.stage
        stage.put("panel 1", {"kind": "text", "text": "x" * 20_000_000})  # more than any system takes in advance
        with socket.socket() as stalled:
            stalled.setblocking(False)
            await loop.sock_connect(stalled, address)
            path = urlsplit(page.shared_link).path
            request = f"GET {path}events HTTP/1.1\r\nHost: 127.0.0.1:{address[1]}\r\n\r\n"
            await loop.sock_sendall(stalled, request.encode())
            counted = []
            while not counted or counted[-1]:
                await asyncio.sleep(0.02)
                name = "viewers"
                if name in stage._sections:
                    counted.append(stage._sections[name])
            return counted

    counted = serving(tmp_path, follow)
    assert counted[0] == 1
    assert counted[-1] == 0


def test_what_is_on_its_way_to_slow_viewers_is_bounded_for_all_together(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "MOST_HELD", 10_000_000)

    async def follow(page, address):
        loop, stage = asyncio.get_running_loop(), page.lesson.stage
        path = urlsplit(page.shared_link).path
        events = next(each for each in everything(page) if isinstance(each, server.Events) and each._packs)
        stalled, held = [], []
        for n in range(8):
            stage.put("panel 1", {"kind": "text", "text": str(n) * 4_000_000})
            await asyncio.sleep(0.15)  # until it is published
            stalled.append(socket.socket())
            stalled[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stalled[-1].setblocking(False)
            await loop.sock_connect(stalled[-1], address)
            request = f"GET {path}events HTTP/1.1\r\nHost: 127.0.0.1:{address[1]}\r\n\r\n"
            await loop.sock_sendall(stalled[-1], request.encode())
            await asyncio.sleep(0.15)
            held.append(sum(len(news) for parcel in events._on_its_way.values() for news in parcel))
        n_viewers = events.n_viewers
        for each in stalled:
            each.close()
        return held, n_viewers

    held, n_viewers = serving(tmp_path, follow)
    assert 4_000_000 < max(held) <= 10_000_000
    assert n_viewers <= 3


def everything(page):
    """The endpoints of the servers of a page."""
    for each, _ in page._servers:
        app = each.config.app
        while app is not None:
            yield from (route.endpoint for route in getattr(app, "routes", ()))
            app = getattr(app, "_app", None) or getattr(app, "app", None)


def test_one_address_cannot_take_all_places(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "MOST_VIEWERS", 6)

    async def follow(page, address):
        path = urlsplit(page.shared_link).path
        said, opened = [], []
        for _ in range(6):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(f"GET {path}events HTTP/1.1\r\nHost: 127.0.0.1:{address[1]}\r\n\r\n".encode())
            said.append((await reader.readline())[9:12])
            opened.append(writer)
        for writer in opened:
            writer.close()
        return said

    assert serving(tmp_path, follow) == [b"200"] * 4 + [b"503"] * 2


# Whatever a lesson's file is


def state_of(lesson):
    return lesson.stage._sections["state"]


@pytest.mark.parametrize(
    "cookie",
    [
        *(
            "rot13",
            "utf-16",
            "utf-32",
            "hex",
            "zip",
            "bz2",
            "base64",
            "uu",
            "idna",
            "punycode",
            "undefined",
            "mbcs",
            "no",
        )
    ],
)
def test_a_file_in_an_encoding_that_is_none_is_shown_and_told(tmp_path, cookie):
    path = tmp_path / "lesson.py"
    path.write_text(f"# -*- coding: {cookie} -*-\nprint('é')\n", encoding="utf-8")
    lesson = Lesson(path)
    lesson.run()
    until(lambda: state_of(lesson)["state"] != "running")
    lesson.close()
    lesson.stage.publish_now()
    assert state_of(lesson)["state"] in ("failed", "good")
    assert lesson.stage._sections["cell 0"]["lines"][-1][-1][1].endswith(")") or cookie in ("rot13", "idna", "punycode")
    if state_of(lesson)["state"] == "failed":
        assert re.match("SyntaxError|UnicodeError|LookupError", lesson.stage._sections["error 0"]["sentence"])


@pytest.mark.skipif(os.name != "posix", reason="the system has no pipes in files")
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_what_is_no_file_is_told_and_not_waited_for(tmp_path, make):
    path = tmp_path / "lesson.py"
    make(path)
    lesson = Lesson(path)
    lesson.run()
    lesson.close()
    assert state_of(lesson)["state"] == "failed"
    assert lesson.stage._sections["problem"]["sentence"].startswith("lesson.py cannot be read: ")


def test_a_folder_that_is_deleted_and_made_again_is_followed(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()

    async def follow(page, address):
        await asyncio.to_thread(until, lambda: state_of(page.lesson)["state"] == "good")
        shutil.rmtree(folder)
        await asyncio.sleep(0.3)
        folder.mkdir()
        (folder / "lesson.py").write_text("print(2)")
        await asyncio.to_thread(
            until, lambda: state_of(page.lesson)["run"] > 1 and state_of(page.lesson)["state"] == "good"
        )
        before = state_of(page.lesson)["run"]
        await asyncio.sleep(0.3)  # until the folder is watched
        (folder / "lesson.py").write_text("print(3)")
        await asyncio.to_thread(until, lambda: state_of(page.lesson)["run"] > before)
        return True

    assert serving(folder, follow)


FORGED = """
import json, os
for pipe in range(3, 20):
    for message in ({"show": {}}, {"show": 3}, {"error": []}, {"modules": [[]]}, {"show": {"place": "x" * 9}}):
        try:
            os.write(pipe, json.dumps(message).encode() + b"\\n[[[[[[[[\\n\\xff\\n")
        except OSError:
            pass
"""


def test_half_a_character_is_shown_in_every_form(tmp_path):
    path = tmp_path / "lesson.py"
    path.write_text(
        "from autograd import show\nclass Page:\n    def _repr_html_(self): return '<p>\\ud800</p>'\n"
        "show(Page(), '\\ud800')\nshow('\\ud800', 'text')\nshow([['\\ud800']], 'table')\nraise ValueError('\\ud800')\n"
    )
    lesson = Lesson(path)
    lesson.run()
    until(lambda: state_of(lesson)["state"] != "running")
    lesson.close()
    lesson.stage.publish_now()
    assert len(lesson.stage._sections["panels"]) == 3
    assert [page.html[-8:] for page in lesson._shown._pages.values()] == ["<p>?</p>"]
    assert lesson.stage._sections["error 0"]["sentence"].startswith("ValueError: ")


def test_forged_messages_end_nothing(teacher, live):
    save(teacher, live, FORGED + "from autograd import show\nshow('still', 'here')\n")
    assert panel(teacher, "here").locator("pre").inner_text() == "still"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what has left its group")
def test_what_has_an_environment_and_a_session_of_its_own_ends_with_the_run(teacher, live):
    pid = live.path.with_name("pid")
    pid.unlink(missing_ok=True)
    code = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid()) + ' '); time.sleep(1000)"
    source = f"""
import os, sys, time
if os.fork() == 0:
    os.setsid()
    os.execve(sys.executable, [sys.executable, "-S", "-c", {code!r}], dict())
while not os.path.exists({str(pid)!r}) or not open({str(pid)!r}).read().endswith(" "):
    time.sleep(0.01)
"""
    for rest, state in (("", "good"), ("while True: pass", "running")):
        pid.unlink(missing_ok=True)
        save(teacher, live, source + rest, state)
        started = until(lambda: pid.exists() and pid.read_text().endswith(" ") and pid.read_text().strip())
        save(teacher, live, "print('next')")
        until(lambda: not is_running(started))  # noqa: B023 (called at once)


# From nothing


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
            assert ask(live.link, urlsplit(live.link).path + "share")[1].startswith(
                '{"link":"","picture":"","short":"",'
            )


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


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_nothing_that_a_lesson_has_started_outlives_it(teacher, live):
    """Not even what makes itself a daemon, in the middle of which the lesson goes on, or what the lesson waits for."""
    pids = live.path.with_name("pids")
    start = f"""
import os, subprocess, sys
for own in (True, False):
    process = subprocess.Popen(["sleep", "1000"], start_new_session=own)
    open({str(pids)!r}, "a").write(f"{{process.pid}} ")
if os.fork() == 0:
    os.setsid()
    open({str(pids)!r}, "a").write(f"{{os.getpid()}} ")
    while True: pass
"""
    for rest, state in (("", "good"), ("process.wait()", "running")):
        pids.unlink(missing_ok=True)
        save(teacher, live, start + rest, state)
        started = until(lambda: len(pids.read_text().split()) == 3 and pids.read_text().split() if pids.exists() else 0)
        save(teacher, live, "print('next')")
        until(lambda: not any(map(is_running, started)))  # noqa: B023 (called at once)


def is_running(pid):
    stat = Path("/proc") / pid / "stat"
    return stat.exists() and ") Z " not in stat.read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
@pytest.mark.parametrize(
    "end", ["SIGINT", "SIGKILL", *[pytest.param(end, marks=pytest.mark.slow) for end in ("SIGTERM", "SIGHUP")]]
)
def test_a_lesson_ends_with_its_page_even_if_that_is_killed(tmp_path, end):
    pid = tmp_path / "pid"
    leave = "" if end == "SIGKILL" else "if not child: os.setsid()"  # if it is killed, it ends no daemons
    endless = f"""
import os, time
child = os.fork()
{leave}
open({str(pid)!r}, "a").write(f"{{os.getpid()}} ")
while True: time.sleep(0.01)
"""
    with served(tmp_path, endless) as live:
        pids = until(lambda: pid.exists() and len(pid.read_text().split()) == 2 and pid.read_text().split())
        assert all(map(is_running, pids))
        live.process.send_signal(getattr(signal, end))
        until(lambda: not any(map(is_running, pids)))
        assert live.process.wait(10) == (-9 if end == "SIGKILL" else 0)
