"""What the live page shows, in a real browser: to teacher and class, light and dark, and never a lesson as markup."""

import re
from io import BytesIO
from urllib.parse import urlsplit

import pytest

from tests.classroom.live import (
    ANSWERED,
    LESSON,
    PHONE,
    ask,
    need_the_extra,
    opened,
    panel,
    photograph,
    run_of,
    save,
    texts,
    until,
    wait_for,
    wait_for_any,
)

pytestmark = pytest.mark.once

need_the_extra()


def test_a_node_and_the_line_that_made_it_know_each_other(teacher, live):
    lines = ["from autograd import Value, explain, show", "a = Value(2.0)", "b = a * a", "c = b.tanh()", "show(c)"]
    source = "\n".join([*lines, "show(explain(c))", ""])
    save(teacher, live, source)
    graph = panel(teacher, "c").locator("svg")
    graph.locator("g.node", has_text="data 4").hover()
    teacher.locator("#source li.pointed", has_text="b = a * a").wait_for()
    assert teacher.locator("#source li.pointed").count() == 1
    teacher.locator("#source li", has_text="c = b.tanh()").hover()
    graph.locator(".lit").first.wait_for()
    first = "all => all.map((node) => node.querySelector('text').textContent)"
    assert graph.locator(".lit").evaluate_all(first) == ["c"]
    player = panel(teacher, "explain(c)").frame_locator("iframe")
    player.locator(".lit .name", has_text=re.compile("^c$")).wait_for()
    assert player.locator(".lit").count() == 1
    player.locator("g.node.v0").hover()
    teacher.locator("#source li.pointed", has_text="a = Value(2.0)").wait_for()


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


def test_words_in_colours_are_light_on_a_dark_page(teacher, live):
    save(teacher, live, "from autograd import draw, show\nfrom nn import MLP\nshow(draw(MLP(2, [2, 1])))\n")
    words = teacher.locator(".panel svg tspan")
    colours = "all => all.map((each) => getComputedStyle(each).fill)"
    words.first.wait_for()
    assert words.all_text_contents() == ["blue below 0", "orange above"]
    assert words.evaluate_all(colours) == ["rgb(47, 111, 173)", "rgb(176, 90, 0)"]
    teacher.keyboard.press("d")
    assert words.evaluate_all(colours) == ["rgb(140, 187, 232)", "rgb(247, 178, 103)"]
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
    whole = pytest.approx({"x": 0, "y": 0, "width": 1280, "height": 720})
    until(lambda: teacher.locator(".panel.big").bounding_box() == whole)
    teacher.keyboard.press("Escape")
    teacher.locator(".panel:not(.big)").wait_for()
    teacher.keyboard.press("0")
    until(lambda: teacher.locator("#printed.big").bounding_box() == whole)
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
    teacher.evaluate(ANSWERED)
    teacher.reload()
    wait_for(teacher, "good")
    assert teacher.evaluate(paper) == "rgb(23, 27, 32)"
    teacher.emulate_media(media="print")  # paper is light, and everything stands on it
    until(lambda: teacher.evaluate(paper) == "rgb(255, 255, 255)")
    heights = "all => all.map((each) => each.getBoundingClientRect().height)"
    until(lambda: min(teacher.locator("#shown, .panel:not([hidden])").evaluate_all(heights)) > 100)
    teacher.emulate_media(media="screen")
    teacher.keyboard.press("q")
    assert teacher.locator("#invitation code").inner_text() == live.shared
    assert teacher.locator("#invitation img").evaluate("image => image.decode().then(() => image.naturalWidth > 100)")
    teacher.evaluate("localStorage.clear()")
    teacher.reload()
    wait_for_any(teacher)


@pytest.mark.slow
def test_what_is_opened_while_the_full_screen_is_left_stays(teacher, live):
    save(teacher, live, LESSON)
    for _ in range(20):  # the page hears of it sometimes before, sometimes after the next key
        teacher.keyboard.press("1")
        teacher.locator(".panel.big").wait_for()
        teacher.keyboard.press("Escape")
        teacher.locator(".panel:not(.big)").wait_for()
        teacher.keyboard.press("0")
        until(lambda: teacher.evaluate("Boolean(document.fullscreenElement)"))
        teacher.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert teacher.locator("#printed.big").count() == 1
        teacher.keyboard.press("Escape")
        until(lambda: teacher.evaluate("!document.fullscreenElement"))


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
    for action in ("run", "stop", "freeze"):
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
        card = both[1][0].locator(".card:has([title='v₁'])").first
        card.filter(has_text="−1.5").wait_for()
        viewer.locator(".panel .alone").first.click()
        viewer.locator(".panel.big").wait_for()
        photograph(viewer, "live-explore-phone")
        photograph(teacher, "live-explore")
