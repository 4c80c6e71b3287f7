"""Every control of a graph in a page, and in the page of explore: by mouse, by touch and by keyboard.

And a graph of five thousand nodes.
"""

import random

import pytest

import autograd
import nn
from autograd import Value, draw, explore
from tests.helpers.browser import PHONE, fingers, load, until, watched

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The page of tanh(a b + c)."""
    a, b, c = Value(2.0), Value(-3.0), Value(6.5)
    loss = (a * b + c).tanh()
    loss.backward()
    assert [a, b, c]
    return draw(loss).save(tmp_path_factory.mktemp("viewer") / "small.html")


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The page of a loss of more than five thousand nodes, over a batch, through a network."""
    model = nn.MLP(2, [16, 16, 1], rng=random.Random(1))
    loss = autograd.mean([(model([i / 25 - 1, 1 - i / 25]) - 0.5).relu() for i in range(50)])
    loss.backward()
    drawing = draw(loss)
    assert len(drawing.scene["nodes"]) > 5000
    return drawing.save(tmp_path_factory.mktemp("viewer") / "large.html")


def box(page, name):
    return page.locator("g.node", has=page.locator(f"text.name:text-is('{name}')")).locator("rect").first.bounding_box()


def is_moved(before, after, dx, dy, slack=12):
    """The place after, if it is that before moved so far; else False."""
    distance = after["x"] - before["x"], after["y"] - before["y"]
    return distance == (pytest.approx(dx, abs=slack), pytest.approx(dy, abs=slack)) and after


def still(page):
    page.emulate_media(reduced_motion="reduce")


def test_the_wheel_zooms_at_the_pointer_and_the_buttons_in_the_middle(page, small):
    still(page)
    load(page, small)
    before = box(page, "a")
    x, y = before["x"] + before["width"] / 2, before["y"] + before["height"] / 2
    page.mouse.move(x, y)
    page.mouse.wheel(0, -120)
    page.wait_for_function(
        f"() => document.querySelector('g.node > rect').getBoundingClientRect().width > {before['width']}"
    )
    after = box(page, "a")
    assert after["x"] + after["width"] / 2 == pytest.approx(x, abs=1.5)  # what is under the pointer stays there
    page.get_by_role("button", name="smaller").click()
    assert box(page, "a")["width"] == pytest.approx(after["width"] / 1.3, rel=0.01)
    page.get_by_role("button", name="larger").click()
    assert box(page, "a")["width"] == pytest.approx(after["width"], rel=0.01)
    page.get_by_role("button", name="the whole graph").click()
    assert box(page, "a")["x"] > 0
    assert box(page, "loss")["x"] + box(page, "loss")["width"] < 1280


def test_a_move_goes_from_here_to_there_also_in_a_frame_that_began_before_it(page, small):
    load(page, small)
    before = box(page, "a")["width"]
    page.evaluate(
        """() => {
            const next = requestAnimationFrame;
            requestAnimationFrame = (step) => next((now) => {
                step(now - 300);
                widths.push(document.querySelector("g.node > rect").getBoundingClientRect().width);
            });
            window.widths = [];
        }"""
    )
    for _ in range(4):
        page.keyboard.press("-")
    start = box(page, "a")["width"]
    page.keyboard.press("0")
    page.wait_for_function(f"() => Math.abs(widths.at(-1) / {before} - 1) < 0.02")
    widths = page.evaluate("widths")
    assert start - 1 <= min(widths)
    assert widths == sorted(widths)


def test_dragging_moves_the_graph_and_does_not_click(page, small):
    load(page, small)
    before = box(page, "c")
    page.mouse.move(before["x"] + 20, before["y"] + 20)
    page.mouse.down()
    page.mouse.move(before["x"] + 60, before["y"] + 90, steps=4)
    page.mouse.up()
    after = box(page, "c")
    assert (after["x"] - before["x"], after["y"] - before["y"]) == (pytest.approx(40, abs=6), pytest.approx(70, abs=6))
    assert page.locator(".card").count() == 0


def test_the_keys_zoom_move_and_search(page, small):
    still(page)
    load(page, small)
    before = box(page, "a")
    page.keyboard.press("+")
    assert box(page, "a")["width"] == pytest.approx(before["width"] * 1.3, rel=0.01)
    page.keyboard.press("-")
    page.keyboard.press("Shift+ArrowLeft")
    assert box(page, "a")["x"] == pytest.approx(before["x"] + 80, abs=1)
    page.keyboard.press("0")
    page.keyboard.press("/")
    page.keyboard.type("los")
    assert page.locator(".lit .name").all_text_contents() == ["loss"]
    assert page.locator(".found").inner_text() == "1 of 1"
    page.keyboard.press("Escape")
    assert page.locator(".lit").count() == 0
    page.keyboard.press("+")  # keys are heard again
    page.keyboard.press("p")
    assert page.locator(".card h2").inner_text() == "Parts of the graph"
    page.keyboard.press("Escape")
    assert page.locator(".card").count() == 0


def test_the_full_screen_by_button_and_key(page, small):
    load(page, small)
    page.get_by_role("button", name="full screen").click()
    page.wait_for_function("() => document.fullscreenElement !== null")
    page.keyboard.press("f")
    page.wait_for_function("() => document.fullscreenElement === null")


def test_the_card_of_a_node_copies_its_path(page, large):
    still(page)
    load(page, large)
    page.evaluate("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve() }")
    page.get_by_role("searchbox").fill("layers.0.neurons.3.w[1]")
    page.locator(".lit").click()
    page.get_by_role("button", name="Copy the path").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("window.copied") == "layers.0.neurons.3.w[1]"


def test_parts_open_and_close_by_click_and_from_the_list(page, large):
    still(page)
    load(page, large)
    parts = set(page.locator(".cluster .name").all_text_contents())
    assert parts >= {"layers.0", "layers.1", "49 more computed alike"}
    page.locator(".cluster", has_text="layers.0").click()
    assert "layers.0" not in page.locator(".cluster .name").all_text_contents()
    page.get_by_role("button", name="open and close parts").click()
    page.get_by_role("button", name="close layers.0", exact=True).click()
    assert "layers.0" in page.locator(".cluster .name").all_text_contents()
    page.get_by_role("button", name="2", exact=True).click()  # two operations back from the result
    assert page.locator("g.node").count() < 12
    page.get_by_role("button", name="Open all").click()
    assert page.locator("g.stub").count() > 0  # so many that the far ones are left out, and said
    assert page.locator("g.node").count() < 250


def test_in_five_thousand_nodes_any_name_is_found(page, large):
    still(page)
    load(page, large)
    for name in ("layers.1.neurons.7.w[15]", "layers.2.neurons.0.b", "loss"):
        page.get_by_role("searchbox").fill(name)
        lit = page.locator(".lit")
        assert lit.locator("title").text_content().startswith((name, "loss"))
        place = lit.locator("rect").first.bounding_box()
        assert 0 <= place["x"] <= 1280 - place["width"]
        assert 0 <= place["y"] <= 720 - place["height"]
    page.get_by_role("searchbox").fill("layers.0.neurons")
    assert page.locator(".found").inner_text().endswith("of 48")
    page.get_by_role("searchbox").fill("nobody")
    assert page.locator(".found").inner_text() == "no such name"


def test_fingers_move_zoom_and_tap(browser, small):
    with browser.new_context(**PHONE) as context, watched(context.new_page()) as page:
        load(page, small)
        before = box(page, "loss")
        page.touchscreen.tap(before["x"] + 20, before["y"] + 20)
        assert page.locator(".card h2").inner_text() == "loss"
        page.get_by_role("button", name="close", exact=True).tap()
        page.locator(".card").wait_for(state="detached")
        send = fingers(page)
        send("touchStart", (100, 500))
        send("touchMove", (110, 510))
        send("touchMove", (150, 560))
        send("touchEnd")
        moved = until(lambda: is_moved(before, box(page, "loss"), 50, 60))
        send("touchStart", (150, 400), (250, 400))
        send("touchMove", (140, 400), (260, 400))
        send("touchMove", (100, 400), (300, 400))
        send("touchEnd")
        until(lambda: box(page, "loss")["width"] == pytest.approx(moved["width"] * 2, rel=0.2))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("size", [(390, 844), (1280, 720)])
def test_a_narrow_screen_gets_a_graph_from_top_to_bottom(page, small, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    load(page, small)
    first, last = box(page, "a"), box(page, "loss")
    if size[0] < size[1]:
        assert last["y"] > first["y"] + first["height"]
    else:
        assert last["x"] > first["x"] + first["width"]
    for name in ("a", "b", "c", "loss"):
        place = box(page, name)
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= size[0]


def test_a_notebook_scrolls_on_until_the_frame_is_used(page, small, tmp_path):
    frame = tmp_path / "frame.html"
    frame.write_text(
        f"<!doctype html><body style='height:3000px'><iframe src='{small.as_uri()}'></iframe>", encoding="utf-8"
    )
    load(page, frame)
    page.frame_locator("iframe").locator("g.node").first.wait_for()
    page.mouse.move(100, 80)
    page.mouse.wheel(0, 200)
    page.wait_for_function("() => scrollY > 100")


# The page of explore has the same viewer, around fields


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    """The page of explore for tanh(a b + c)."""
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(6.5, label="c")
    loss = (a * b + c).tanh()
    loss.label = "loss"
    return explore(loss).save(tmp_path_factory.mktemp("viewer") / "fields.html")


def card(page, name):
    return page.locator("#scene .card", has=page.get_by_role("button", name=name, exact=True)).bounding_box()


def middle(place):
    return place["x"] + place["width"] / 2, place["y"] + place["height"] / 2


def numbers(page):
    return page.evaluate("[...state.numbers]")


def test_explore_zooms_by_wheel_buttons_and_keys(page, fields):
    still(page)
    load(page, fields)
    before = card(page, "loss")
    x, y = middle(before)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -60)
    page.wait_for_function(f"() => view.view().scale > {before['width'] / 118 * 1.1}")
    after = card(page, "loss")
    assert middle(after) == (pytest.approx(x, abs=1.5), pytest.approx(y, abs=1.5))
    page.get_by_role("button", name="smaller").click()
    page.get_by_role("button", name="larger").click()
    assert card(page, "loss")["width"] == pytest.approx(after["width"], rel=0.01)
    page.keyboard.press("+")
    assert card(page, "loss")["width"] == pytest.approx(after["width"] * 1.3, rel=0.01)
    page.keyboard.press("-")
    page.keyboard.press("Shift+ArrowLeft")
    assert card(page, "loss")["x"] == pytest.approx(after["x"] + 80, abs=1)
    for whole in (lambda: page.keyboard.press("0"), page.get_by_role("button", name="the whole graph").click):
        page.keyboard.press("+")
        whole()
        room = page.locator("#graph .plane").bounding_box()
        for name in ("a", "b", "c", "loss"):
            place = card(page, name)
            assert place["x"] >= room["x"]
            assert place["y"] >= room["y"]
            assert place["x"] + place["width"] <= room["x"] + room["width"]
            assert place["y"] + place["height"] <= room["y"] + room["height"]
    assert numbers(page) == [2.0, -3.0, 6.5]


def test_explore_moves_where_one_drags_and_a_field_keeps_its_own(page, fields):
    still(page)
    load(page, fields)
    before = card(page, "loss")
    for at, down in ((middle(before), 1), ((before["x"], before["y"] - 60), -1)):  # a box, and the ground
        start = card(page, "loss")
        page.mouse.move(*at)
        page.mouse.down()
        page.mouse.move(at[0] - 20, at[1] + 15 * down)
        page.mouse.move(at[0] - 40, at[1] + 30 * down)
        page.mouse.up()
        after = card(page, "loss")
        assert (after["x"] - start["x"], after["y"] - start["y"]) == (
            pytest.approx(-40, abs=6),
            pytest.approx(30 * down, abs=6),
        )
    assert page.locator("#scene .chosen .name").inner_text() == "a"  # a drag is no click
    still_there = card(page, "loss")
    x, y = middle(page.get_by_label("a", exact=True).bounding_box())
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y)
    page.mouse.move(x - 25, y)
    page.mouse.up()
    assert numbers(page) == [1.5, -3.0, 6.5]
    slider = page.get_by_label("c, as a slider").bounding_box()
    page.mouse.click(slider["x"] + 8, middle(slider)[1])
    assert numbers(page)[2] < 0
    assert card(page, "loss") == still_there


def test_explore_finds_a_name_and_its_fields_take_every_key(page, fields):
    still(page)
    load(page, fields)
    page.get_by_role("button", name="larger").click(click_count=6)
    before = page.evaluate("view.view()")
    field = page.get_by_label("b", exact=True)
    field.focus()
    field.select_text()
    page.keyboard.type("-0+f/")  # which are keys of the viewer elsewhere
    assert field.input_value() == "-0+f/"
    assert page.evaluate("document.fullscreenElement") is None
    field.press("Escape")
    field.blur()
    page.keyboard.press("/")
    page.keyboard.type("loss")
    assert page.locator(".found").inner_text() == "1 of 1"
    assert page.locator(".lit .name").all_text_contents() == ["loss"]
    room = page.locator("#graph .plane").bounding_box()
    x, y = middle(card(page, "loss"))
    assert room["x"] < x < room["x"] + room["width"]
    assert room["y"] < y < room["y"] + room["height"]
    assert page.evaluate("view.view()") != before
    page.keyboard.press("Escape")
    assert page.locator(".lit").count() == 0
    page.get_by_role("searchbox").fill("nobody")
    assert page.locator(".found").inner_text() == "no such name"


def test_explore_shows_the_field_that_the_tabulator_key_reaches(page, fields):
    still(page)
    load(page, fields)
    page.get_by_label("a", exact=True).focus()
    for _ in range(6):
        page.get_by_role("button", name="larger").click()
    for name in ("a", "b", "c"):
        page.get_by_role("button", name=name, exact=True).focus()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.ariaLabel") == name
        room, place = page.locator("#graph .plane").bounding_box(), middle(page.locator(":focus").bounding_box())
        assert room["x"] <= place[0] <= room["x"] + room["width"]
        assert room["y"] <= place[1] <= room["y"] + room["height"]
        assert page.evaluate("document.getElementById('graph').scrollTop") == 0


def test_explore_fills_the_screen_by_button_and_key(page, fields):
    load(page, fields)
    page.get_by_role("button", name="full screen").click()
    page.wait_for_function("() => document.fullscreenElement?.id === 'graph'")
    page.keyboard.press("f")
    page.wait_for_function("() => document.fullscreenElement === null")


def test_explore_copies_the_path_of_a_number(page, tmp_path):
    model, x = nn.MLP(2, [3, 1], rng=random.Random(1)), [Value(0.5, label="x"), Value(-1.0, label="y")]
    still(page)
    load(page, explore(model(x)).save(tmp_path / "paths.html"))
    page.get_by_role("searchbox").fill("layers.0.neurons.1.w[0]")
    page.locator("#scene .lit .name").click()
    page.get_by_role("button", name="Copy the path").click()
    assert page.get_by_label("the program").input_value() == "layers.0.neurons.1.w[0]"
    page.get_by_role("button", name="Close").click()
    page.get_by_role("searchbox").fill("x")
    page.locator("#scene .lit .name").click()
    assert page.get_by_role("button", name="Copy the path").count() == 0  # a name is no path


def test_fingers_move_and_zoom_explore(browser, fields):
    with browser.new_context(**PHONE) as context, watched(context.new_page()) as page:
        load(page, fields)
        before = card(page, "a")
        send = fingers(page)
        send("touchStart", (40, 500))
        send("touchMove", (50, 510))
        send("touchMove", (90, 560))
        send("touchEnd")
        moved = until(lambda: is_moved(before, card(page, "a"), 50, 60))
        send("touchStart", (40, 600), (140, 600))
        send("touchMove", (30, 600), (150, 600))
        send("touchMove", (20, 600), (160, 600))
        send("touchEnd")
        until(lambda: card(page, "a")["width"] == pytest.approx(moved["width"] * 1.4, rel=0.1))
        scale = page.evaluate("view.view().scale")
        page.get_by_role("button", name="the whole graph").click()
        page.wait_for_function("before => view.view().scale !== before", arg=scale)
        x, y = middle(card(page, "loss"))
        page.touchscreen.tap(x, y)
        page.locator("#scene .chosen .name", has_text="loss").wait_for()
        assert numbers(page) == [2.0, -3.0, 6.5]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
