"""The player of explain() in a real browser: every control, the keys, a phone, the dark, paper, and a notebook."""

import random
import re

import pytest

import nn
from autograd import Value, explain
from tests.helpers.browser import DRAWN, PICTURES, contrasts, load
from tests.helpers.notebook import run_notebook

pytestmark = pytest.mark.once

BOXES = """() => [...document.querySelectorAll("#graph .node > rect")].map((each) => {
    const { x, y, width, height } = each.getBoundingClientRect();
    return [x, y, width, height];
})"""
# Whether the box of the step is in view, between the edges of the graph
BROUGHT_INTO_VIEW = """() => {
    const [here, room] = ["#graph .node.here > rect", "#graph"].map((each) =>
        document.querySelector(each).getBoundingClientRect());
    return room.left <= here.left + 1 && here.right <= room.right + 1;
}"""
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def simple(tmp_path_factory):
    """The player of tanh(a*b + c): given, three steps forward, the gradient 1, three steps back."""
    a, b, c = Value(2.0), Value(-3.0), Value(6.5)
    loss = (a * b + c).tanh()
    return explain(loss).save(tmp_path_factory.mktemp("player") / "simple.html")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """The player of one training example of an MLP."""
    model = nn.MLP(2, [4, 1], activation="tanh", rng=random.Random(1))
    x, target = [Value(1.0), Value(2.0)], 0.5
    loss = (model(x) - target) ** 2
    return explain(loss).save(tmp_path_factory.mktemp("player") / "network.html")


def heading(page):
    return page.locator("#step h1").inner_text()


def box(page, name):
    """The texts of the box of a node."""
    node = page.locator("#graph g.node").filter(has=page.locator(f"text:text-is('{name}')"))
    return node.locator("text").all_text_contents()


def photograph(page, name):
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(600)  # until what moves has come to rest
    page.screenshot(path=PICTURES / f"{name}.png")


def test_the_buttons_go_step_by_step(page, simple):
    load(page, simple)
    assert heading(page) == "Given"
    assert box(page, "a") == ["a", "data 2", "grad"]
    assert box(page, "loss") == ["loss", "data", "grad"]  # not yet known
    assert page.get_by_role("button", name="Back").is_disabled()
    headings = [heading(page)]
    while page.get_by_role("button", name="Next").is_enabled():
        page.get_by_role("button", name="Next").click()
        headings.append(heading(page))
    forward = [f"Forward, {i} of 3" for i in (1, 2, 3)]
    assert headings == ["Given", *forward, "Backward begins", *[f"Backward, {i} of 3" for i in (1, 2, 3)], "Result"]
    assert box(page, "a") == ["a", "data 2", "grad −2.359"]
    assert page.locator("#step td").all_inner_texts()[:2] == [
        "∂loss/∂a ≈ −2.359",
        "a up by 0.01: loss down by about 0.02359",
    ]
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Back").click()
    assert heading(page) == "Backward, 2 of 3"
    assert box(page, "a") == ["a", "data 2", "grad"]
    assert box(page, "c") == ["c", "data 6.5", "grad 0.7864"]
    page.get_by_role("button", name="to the first step").click()
    assert heading(page) == "Given"
    assert page.locator("#count").inner_text() == "1 / 9"


def test_a_step_shows_its_numbers_and_lights_its_part_of_the_graph(page, simple):
    load(page, simple)
    page.get_by_label("step", exact=True).fill("2")
    assert page.locator("#step p").inner_text() == "v₂ = v₁ + c = −6 + 6.5 = 0.5"
    lit = page.locator("#graph .here")
    assert lit.filter(has=page.locator("text")).locator("text").all_text_contents() == ["v2", "data 0.5", "grad", "+"]
    assert page.locator("#graph .edge.here").count() == 3
    page.get_by_label("step", exact=True).fill("7")
    rows = [row.locator("td").all_inner_texts() for row in page.locator("#step tbody tr").all()]
    assert rows == [
        ["a", "b = −3", "0.7864 × (−3) ≈ −2.359", "−2.359"],
        ["b", "a = 2", "0.7864 × 2 ≈ 1.573", "1.573"],
    ]
    assert "∂loss/∂v₁ ≈ 0.7864" in page.locator("#step p").inner_text()
    assert page.locator("#graph .gets .name").all_text_contents() == ["a", "b"]


def test_the_keys(page, simple):
    load(page, simple)
    for key, expected in [
        ("ArrowRight", "Forward, 1 of 3"),
        ("ArrowRight", "Forward, 2 of 3"),
        ("ArrowLeft", "Forward, 1 of 3"),
        ("End", "Result"),
        ("Home", "Given"),
        ("ArrowLeft", "Given"),
    ]:
        page.keyboard.press(key)
        assert heading(page) == expected
    page.get_by_label("step", exact=True).focus()
    page.keyboard.press("ArrowRight")  # once, not twice
    assert heading(page) == "Forward, 1 of 3"


def test_playing_and_pausing(page, simple):
    page.clock.install(time=0)
    load(page, simple)
    page.clock.pause_at(3600)  # or it would run on while the test does
    page.get_by_label("speed").select_option("fast")
    page.keyboard.press("Space")
    assert page.get_by_role("button", name="Pause").is_visible()
    page.clock.run_for(2500)
    assert heading(page) == "Forward, 2 of 3"
    page.keyboard.press("Space")
    page.clock.run_for(10_000)
    assert heading(page) == "Forward, 2 of 3"
    page.get_by_role("button", name="Play").click()
    page.get_by_label("speed").select_option("slow")
    page.clock.run_for(4000)
    assert heading(page) == "Forward, 2 of 3"
    page.clock.run_for(60_000)
    assert heading(page) == "Result"  # the end, where it stops
    page.get_by_role("button", name="Play").click()  # from the beginning
    assert heading(page) == "Given"


def test_what_is_known_is_told_without_colour(page, simple):
    load(page, simple)
    dashes = "node => getComputedStyle(node.querySelector('rect')).strokeDasharray"
    node = page.locator("#graph g.node").filter(has=page.locator("text:text-is('loss')"))
    assert node.evaluate(dashes) != "none"
    page.keyboard.press("End")
    assert node.evaluate(dashes) == "none"


def test_a_screen_reader_is_told_of_every_step(page, simple):
    load(page, simple)
    assert page.locator("#step").get_attribute("aria-live") == "polite"
    assert page.locator("#graph svg").get_attribute("aria-label") == "the graph of loss"
    page.keyboard.press("End")
    assert page.get_by_label("step", exact=True).get_attribute("aria-valuetext") == "Result"
    unnamed = (
        "[...document.querySelectorAll('button, input, select')].filter(e => !(e.ariaLabel || e.textContent.trim()))"
    )
    assert page.evaluate(f"{unnamed}.length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(page, simple, scheme):
    page.emulate_media(color_scheme=scheme)
    load(page, simple)
    page.get_by_label("step", exact=True).fill("6")
    measured = contrasts(page)
    assert len(measured) > 20
    assert min(measured.values()) >= 4.5, measured  # WCAG 2.1, level AA
    photograph(page, f"player-{scheme}")


def test_every_number_of_a_training_example_is_there_in_text_and_picture(page, network):
    load(page, network)
    steps = page.evaluate("steps.length")
    for step in range(steps):
        page.get_by_label("step", exact=True).fill(str(step))
        lit = page.locator("#graph .node.here")
        assert heading(page) in ("Given", "Result") or lit.count() in (1, 2)
    page.get_by_label("step", exact=True).fill("20")
    photograph(page, "player-network")
    page.keyboard.press("End")
    boxes = page.locator("#graph g.node")
    assert boxes.count() == 17 + 2 + 16  # parameters, inputs, and what was computed from them
    empty = [text for text in boxes.locator("text").all_text_contents() if text in ("data", "grad")]
    assert empty == []


def test_a_large_graph_is_seen_as_a_whole_on_demand(page, network, simple):
    page.emulate_media(reduced_motion="reduce")
    load(page, network)

    def fits():
        boxes, room = page.evaluate(BOXES), page.locator("#graph").bounding_box()
        return all(room["y"] <= y and y + h <= room["y"] + room["height"] for _, y, _, h in boxes) and all(
            room["x"] <= x and x + w <= room["x"] + room["width"] for x, _, w, _ in boxes
        )

    assert not fits()
    page.get_by_role("button", name="the whole graph").click()
    assert fits()
    load(page, simple)  # which fits as it is
    assert fits()


@pytest.mark.parametrize("which", ["simple", "network"])
def test_on_a_phone_everything_is_within_reach(page, request, which):
    page.set_viewport_size(PHONE)
    load(page, request.getfixturevalue(which))
    page.keyboard.press("End")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for control in page.locator("nav button, nav input, nav select").all():
        place = control.bounding_box()
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= PHONE["width"]
        assert place["y"] + place["height"] <= PHONE["height"]
        assert place["height"] >= 40  # a thumb
    for step in range(page.evaluate("steps.length") - 1):
        page.evaluate(f"go({step})")
        page.evaluate("new Promise(requestAnimationFrame)")  # each move begins while the one before is under way
    page.wait_for_function(BROUGHT_INTO_VIEW)
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 15
    photograph(page, f"player-phone-{which}")


@pytest.mark.parametrize("size", [(667, 375), (568, 320), (640, 360)])
def test_on_a_phone_held_sideways_there_is_room_for_the_graph(page, network, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(reduced_motion="reduce")
    load(page, network)
    room = page.locator("#graph").bounding_box()
    assert room["height"] >= 0.7 * size[1]
    assert room["width"] >= 0.4 * size[0]
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    for step in range(1, page.evaluate("steps.length") - 1):
        page.evaluate(f"go({step})")
        here = page.locator("#graph .node.here").bounding_box()
        assert here["x"] >= room["x"] - 1
        assert here["x"] + here["width"] <= room["x"] + room["width"] + 3
        assert here["y"] >= room["y"] - 1
        assert here["y"] + here["height"] <= room["y"] + room["height"] + 3


def test_without_a_mouse_the_graph_can_be_moved(page, network):
    page.emulate_media(reduced_motion="reduce")
    load(page, network)
    left = page.evaluate(BOXES)[0][0]
    page.keyboard.press("Shift+ArrowRight")
    assert page.evaluate(BOXES)[0][0] == pytest.approx(left - 80, abs=1)
    assert heading(page) == "Given"


def test_paper_has_the_whole_text_and_the_graph_without_the_controls(page, simple):
    load(page, simple)
    page.emulate_media(media="print")
    page.evaluate(DRAWN)  # as paper
    assert page.locator("#transcript").is_visible()
    assert "a gets 0.7864 × (−3) ≈ −2.359" in page.locator("#transcript").inner_text()
    assert page.locator("nav").is_hidden()
    assert page.locator("#graph svg").is_visible()
    assert page.locator("#graph svg").bounding_box()["height"] <= 720
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert box(page, "a") == ["a", "data 2", "grad −2.359"]
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert box(page, "a") == ["a", "data 2", "grad"]


def test_labels_run_nothing_and_are_shown_as_they_are(page, tmp_path):
    text = "</script><img src=x onerror=console.error('run')><b>"
    a = Value(2.0, label=text)
    load(page, explain(-a).save(tmp_path / "x.html"))
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    node = page.locator("#graph g.node").first
    assert node.locator("title").text_content() == text
    assert node.locator("text").all_text_contents()[:2] == [f"{text[:17]}…{text[-12:]}", "data 2"]  # it is a long one
    assert page.locator("#step td").first.inner_text() == f"({text})"  # no plain name: brackets
    assert page.locator("img, b").count() == 0


def test_a_large_graph_is_drawn_around_each_step(page, tmp_path):
    page.emulate_media(reduced_motion="reduce")
    model = nn.MLP(2, [16, 16, 1], rng=random.Random(1))
    x = [Value(1.0), Value(-1.0)]
    output = model(x)
    load(page, explain(output).save(tmp_path / "x.html"))
    assert page.locator("#graph .cluster").count() >= 2  # layers that are put together
    for step in (1, 30, 60, 100, 150):
        page.evaluate("step => go(step)", step)
        assert page.locator("#graph .node.here:not(.cluster)").count() == 1
        here, room = page.locator("#graph .node.here").bounding_box(), page.locator("#graph").bounding_box()
        assert room["x"] <= here["x"]
        assert here["x"] + here["width"] <= room["x"] + room["width"]
    page.keyboard.press("End")
    assert page.locator("#step tbody tr").count() == 337 + 2  # the gradient of every parameter and input


def test_a_notebook_plays_it(page, tmp_path):
    cells = [
        "from autograd import Value, draw, explain",
        "a, b = Value(2.0), Value(-3.0)\nloss = (a * b).tanh()\nexplain(loss)",
        "draw(loss)",
        "loss",
    ]
    _, [player], [picture], [plain] = run_notebook(cells, tmp_path)
    page.set_content(f"<!doctype html><title>notebook</title>{player['text/html']}{picture['text/html']}")
    frame = page.frame_locator("iframe").first
    frame.get_by_role("button", name="Next").click()
    assert frame.locator("#step p").inner_text() == "v₁ = a × b = 2 × (−3) = −6"
    assert page.frame_locator("iframe").nth(1).locator("text.name").all_text_contents() == ["a", "b", "loss"]
    right_edges = "['iframe', 'body'].map(each => document.querySelector(each).getBoundingClientRect().right)"
    frame_ends, page_ends = page.evaluate(right_edges)
    assert frame_ends <= page_ends  # no scroll bar below it
    assert "image/svg+xml" in picture
    assert re.fullmatch(r"Value\(data=-0\.99\d+, grad=0\.0\)", plain["text/plain"])
