"""explore(): the page's numbers and words are Python's, whatever is edited; branches, mistakes, keys, and programs."""

import math
import random
import re
import subprocess
import sys

import pytest

import autograd
import nn
from autograd import Value, custom_derivative, explain, explore, relu
from autograd.classroom.panels.views import view_of
from autograd.derivatives import TABLE
from tests.helpers.browser import PICTURES, load
from tests.helpers.operations import POINTS

pytestmark = pytest.mark.once
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def opened(page, tmp_path):
    """Opens an exploration; the answer is the page."""

    def load_it(exploration, size=None):
        if size:
            page.set_viewport_size(size)
        load(page, exploration.save(tmp_path / "explore.html"))
        return page

    return load_it


def field(page, name):
    return page.get_by_label(name, exact=True)


def put(page, name, number):
    field(page, name).fill(repr(number) if isinstance(number, float) else number)


def numbers(page):
    """By name, the data and the gradient of each number that is drawn, to the last digit."""
    return page.evaluate(
        "() => Object.fromEntries(graph.nodes.map((node, i) => [node.name, [graph.data[i], graph.gradients[i]]]))"
    )


def transcript(page):
    """All that the steps say, as lines of text."""
    return page.evaluate(
        """() => {
            const all = stepsOf(graph), text = (x) => x.textContent;
            const rows = (x) => [...x.querySelectorAll("tbody tr")].map((row) => [...row.children].map(text));
            return all.steps.map((step, at) => {
                const box = document.createElement("div");
                box.append(...wordsOf(graph, all, at));
                return [step.kind, [...box.querySelectorAll("p.said")].map(text), rows(box)];
            });
        }"""
    )


def simple():
    a, b, c = Value(2.0), Value(-3.0), Value(6.5)
    loss = (a * b + c).tanh()
    return explore(loss)


def losses(a, b, c):
    a, b, c = (Value(x) for x in (a, b, c))
    loss = (a * b + c).tanh()
    loss.backward()
    return {"a": (a.data, a.grad), "b": (b.data, b.grad), "c": (c.data, c.grad), "loss": (loss.data, 1.0)}


def agrees(page, expected):
    found = numbers(page)
    for name, pair in expected.items():
        assert found[name] == pytest.approx(pair, rel=1e-12, abs=1e-300), name


def test_every_number_follows_what_is_typed(opened):
    page = opened(simple())
    agrees(page, losses(2.0, -3.0, 6.5))
    put(page, "a", 1.75)
    agrees(page, losses(1.75, -3.0, 6.5))
    put(page, "c", "−1e-3")  # with the minus of the page
    agrees(page, losses(1.75, -3.0, -1e-3))
    card = page.locator(".card").filter(has=page.get_by_role("button", name="loss", exact=True))
    expected = explain(Value(1.75) * -3.0)  # for its way to show numbers
    number = expected._wording.number(losses(1.75, -3.0, -1e-3)["loss"][0])
    assert card.locator(".data").inner_text() == f"data{number}"


def test_a_number_is_dragged_slid_and_moved_by_keys(opened):
    page = opened(simple())
    box = field(page, "a").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y)
    page.mouse.move(x - 25, y, steps=4)
    page.mouse.up()
    agrees(page, losses(1.5, -3.0, 6.5))
    field(page, "b").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    agrees(page, losses(1.5, -2.8, 6.5))
    page.keyboard.press("Shift+ArrowDown")
    agrees(page, losses(1.5, -3.8, 6.5))
    page.get_by_label("c, as a slider").fill("5")
    agrees(page, losses(1.5, -3.8, 5.0))


def test_undo_redo_and_as_it_was(opened):
    page = opened(simple())
    undo, redo, reset = (page.get_by_role("button", name=name) for name in ("Undo", "Redo", "As it was"))
    assert undo.is_disabled()
    assert reset.is_disabled()
    put(page, "a", 1.0)
    field(page, "a").press("Enter")
    put(page, "b", 4.0)
    field(page, "b").blur()
    agrees(page, losses(1.0, 4.0, 6.5))
    undo.click()
    agrees(page, losses(1.0, -3.0, 6.5))
    page.keyboard.press("Control+z")
    agrees(page, losses(2.0, -3.0, 6.5))
    redo.click()
    page.keyboard.press("Control+y")
    agrees(page, losses(1.0, 4.0, 6.5))
    reset.click()
    agrees(page, losses(2.0, -3.0, 6.5))
    undo.click()
    agrees(page, losses(1.0, 4.0, 6.5))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("two", "“two” is not a number. Write a number, such as −2.5."),
        ("1,5", "“1,5” is not a number. Write 1.5."),
        ("1e999", "1e999 is beyond the largest number, 1.8e308."),
        ("", "Write a number, such as −2.5."),
        ("-1", "log is not defined at x = −1: it needs x > 0."),
        ("0", "log is not defined at x = 0: it needs x > 0."),
        ("1e3", "exp overflows at x = 1000: the result is beyond the largest number, 1.8e308."),
    ],
)
def test_a_mistake_gets_its_sentence_and_the_last_numbers_stay(opened, text, sentence):
    x = Value(2.0)
    y = x.log() + x.exp()
    page = opened(explore(y))
    before = numbers(page)
    put(page, "x", 3.0)
    field(page, "x").press("Enter")
    put(page, "x", text)
    assert page.get_by_role("alert").inner_text() == sentence
    assert field(page, "x").get_attribute("aria-invalid") == "true"
    assert numbers(page)["y"][0] == pytest.approx(math.log(3) + math.exp(3), rel=1e-14)
    field(page, "x").press("Escape")
    assert page.get_by_role("alert").count() == 0
    assert field(page, "x").input_value() == "3"
    page.get_by_role("button", name="As it was").click()
    assert numbers(page) == before


@pytest.mark.parametrize("text", ["1e999", "1e", "12x"])
def test_a_refused_number_leaves_nothing_of_its_typing(opened, text):
    page = opened(simple())
    before = numbers(page)
    field(page, "a").press("Control+a")
    page.keyboard.type(text)
    assert numbers(page) == before
    assert field(page, "a").get_attribute("aria-invalid") == "true"
    field(page, "a").blur()
    assert field(page, "a").input_value() == "2"
    assert page.get_by_role("button", name="Undo").is_disabled()
    field(page, "a").press("Control+a")
    page.keyboard.type("1.5")
    field(page, "a").press("Escape")
    assert numbers(page) == before


@pytest.mark.parametrize("name", ["a", "b", "c"])
@pytest.mark.parametrize("size", [{"width": 1280, "height": 720}, PHONE])
def test_a_complaint_is_in_view_and_not_on_the_name_or_the_field(opened, name, size):
    page = opened(simple(), size)
    put(page, name, "a number of many words")
    bubble, room = page.get_by_role("alert").bounding_box(), page.locator("#graph").bounding_box()
    card = page.locator(".card").filter(has=field(page, name))
    for part in (card.locator(".name"), field(page, name)):
        assert part.bounding_box()["y"] + part.bounding_box()["height"] <= bubble["y"]
    assert bubble["x"] + bubble["width"] <= room["x"] + room["width"] + 1
    assert bubble["y"] + bubble["height"] <= room["y"] + room["height"] + 1


@pytest.mark.parametrize("large", ["1e300", "100", "-5e307"])
@pytest.mark.parametrize("way", ["As it was", "Undo", "typing", "Redo"])
def test_the_axis_and_the_slider_fit_the_number_in_every_way_back(opened, large, way):
    page = opened(simple())
    slider = page.get_by_label("a, as a slider")

    def state():
        axis = page.locator("#curve text[text-anchor=middle]").all_inner_texts()
        return [slider.get_attribute(end) for end in ("min", "max")], axis

    before = state()
    assert [float(end) for end in before[0]] == [-2.0, 6.0]
    put(page, "a", large)
    field(page, "a").press("Enter")
    low, high = (float(slider.get_attribute(end)) for end in ("min", "max"))
    assert low <= float(large) <= high
    assert high - low < math.inf
    if way == "typing":
        put(page, "a", "3")
    elif way == "Redo":
        put(page, "a", "3")
        field(page, "a").press("Enter")
        for button in ("Undo", "Undo", "Redo", "Redo"):
            page.get_by_role("button", name=button).click()
    else:
        page.get_by_role("button", name=way).click()
    assert state() == before


@pytest.mark.parametrize("size", [{"width": 1280, "height": 720}, PHONE])
def test_numbers_stay_in_their_boxes(opened, size):
    a, b, d = Value(-1.234567e-254), Value(1.518e-12), Value(-9.33e299)
    c = a * b
    e = d * 1.001
    loss = e * 2.003 + c * a.tanh() + b.sin() * 1e-240
    page = opened(explore(loss), size)
    found = page.evaluate(
        """() => [...document.querySelectorAll(".card")].flatMap((card) => {
            const box = card.getBoundingClientRect();
            return [...card.querySelectorAll(".grad, .data, input[type=text]")].map((part) => {
                const range = document.createRange();
                range.selectNodeContents(part);
                const right = part.matches("input") ? 0 : range.getBoundingClientRect().right;
                const isCut = part.scrollWidth > part.clientWidth + 1 && part.matches("input");
                return [right < box.right - 2, isCut, parseFloat(getComputedStyle(part).fontSize)];
            });
        })"""
    )
    assert len(found) > 12
    assert all(isInside and not isCut and size >= 12 for isInside, isCut, size in found), found
    assert page.locator("#curve").evaluate(
        """(box) => [...box.querySelectorAll("text")].every((text) => {
            const [own, all] = [text.getBoundingClientRect(), box.getBoundingClientRect()];
            return own.left >= all.left - 1 && own.right <= all.right + 1;
        })"""
    )


# The words and numbers of every operation


def every_operation():
    """A sum of one operation of each kind, on leaves of their own, with constants too."""
    terms, leaves = [], {}
    for name, op in TABLE.items():
        xs = [
            Value(x, label=f"{op.operands[k] if op.operands else 'x'}{k}_{len(leaves)}")
            for k, x in enumerate(POINTS[name].ordinary[0])
        ]
        leaves[name] = xs
        terms.append(op(*xs))
    x = Value(0.7, label="shared")
    terms += [x**2, x**-1.5, 3 * x, 2 / x, x - 1, x * x, -x, relu(x), autograd.max(x, 0.5)]
    return terms, leaves


def test_the_words_of_each_step_are_those_of_explain(opened):
    terms, leaves = every_operation()
    page = opened(explore(autograd.sum(terms)))
    chance = random.Random(1)
    for name, points in ((name, POINTS[name].ordinary) for name in TABLE):
        for x, number in zip(leaves[name], chance.choice(points)):
            x.data = number
    moved = {x.label: x.data for own in leaves.values() for x in own}
    page.evaluate(
        """(moved) => take(state.numbers.map((x, leaf) => {
            const node = graph.nodes.find((node) => node.leaf === leaf);
            return node.name in moved ? moved[node.name] : x;
        }))""",
        moved,
    )
    terms = [*(TABLE[name](*leaves[name]) for name in TABLE), *every_operation()[0][len(TABLE) :]]
    told = explain(autograd.sum(terms))
    found = transcript(page)
    forward = [said[0] for kind, said, _ in found if kind == "forward"]
    assert forward == [str(step) for step in told.forward]
    backward = [(said[0], rows) for kind, said, rows in found if kind == "backward"]
    unknown = {"gelu", "norm", "hypot", "prod"}  # a page shows their slopes as numbers, or in another of their forms
    for (said, rows), step in zip(backward, told.backward, strict=True):
        assert said.startswith(f"The gradient that arrived at {step.name} = {step.operation} is ")
        for (_, formula, product, total), part in zip(rows, step.contributions, strict=True):
            assert product == part.product, step.operation
            assert total == (part.sum or told._wording.number(part.total))
            if step.node.op not in unknown:
                assert formula == part.formula, step.operation


def test_the_numbers_of_every_operation_are_the_engines(opened):
    terms, leaves = every_operation()
    total = autograd.sum(terms)
    page = opened(explore(total))
    total.backward()
    found = numbers(page)
    for own in leaves.values():
        for x in own:
            assert found[x.label] == pytest.approx([x.data, x.grad], rel=1e-12, abs=1e-15), x.label
    assert found["total"][0] == pytest.approx(total.data, rel=1e-12)


# Branches


def bent(x, y):
    if x * y > 1:
        return (x * y).log()
    if y < 0:
        return relu(x) - y**2
    return x / 3


def test_a_function_is_followed_across_its_branches(opened):
    page = opened(explore(bent, 2.0, 3.0))
    for x, y in ((2.0, 3.0), (-0.5, 3.0), (-0.5, -0.25), (0.5, -0.25), (-4.0, -3.0), (2.0, 0.75)):
        page.evaluate("([x, y]) => { take([x, y]); show(); }", [x, y])
        given = [Value(x), Value(y)]
        out = bent(*given)
        out.backward()
        found = numbers(page)
        assert found["bent"][0] == pytest.approx(out.data, rel=1e-13), (x, y)
        assert [found["x"][1], found["y"][1]] == pytest.approx([v.grad for v in given], rel=1e-13), (x, y)
    put(page, "x", -0.5)
    put(page, "y", 3.0)
    assert page.locator(".circle").all_inner_texts() == ["÷ 3"]
    put(page, "y", -2.5)
    assert page.locator(".circle").all_inner_texts() == ["×", "log"]


def test_a_way_that_is_not_known_is_said(opened):
    def narrow(x):
        return x * 2 if abs(x - 1234.5678) > 1e-9 else x * 3

    page = opened(explore(narrow, 1.0))
    page.evaluate("() => { for (const way of ways.slice(1)) way.holds = () => false }")
    put(page, "x", 1234.5678)
    assert "a way that this page does not know" in page.get_by_role("alert").inner_text()
    assert numbers(page)["narrow"][0] == 2.0


# Plot, words, pins, steps, program


def test_the_tangent_has_the_slope_of_the_gradient(opened):
    page = opened(simple())
    assert "falls by 2.359" in page.locator("#slope").inner_text()
    page.get_by_label("the number on the x axis").select_option(label="c")
    assert "rises by 0.7864" in page.locator("#slope").inner_text()
    page.get_by_label("the number on the y axis").select_option(label="v₁")
    page.get_by_label("the number on the x axis").select_option(label="b")
    assert "rises by 2 " in page.locator("#slope").inner_text()
    tangent = page.locator("#curve .tangent")
    rise = [float(tangent.get_attribute(name)) for name in ("x1", "y1", "x2", "y2")]
    across, down = page.evaluate(
        """() => {
            const texts = [...document.querySelectorAll("#curve text")];
            const ticks = texts.map((t) => [t.textContent.replace("−", "-"), t]);
            const at = (anchor) => ticks.filter(([, t]) => t.getAttribute("text-anchor") === anchor);
            const x = at("middle"), y = at("end"), get = (t, name) => Number(t.getAttribute(name));
            const last = (xs) => xs[xs.length - 1];
            const across = (get(last(x)[1], "x") - get(x[0][1], "x")) / (last(x)[0] - x[0][0]);
            const down = (get(last(y)[1], "y") - get(y[0][1], "y")) / (last(y)[0] - y[0][0]);
            return [across, down];
        }"""
    )
    assert (rise[3] - rise[1]) / (rise[2] - rise[0]) * across / down == pytest.approx(2.0, rel=0.01)


def test_the_point_of_the_plot_is_dragged(opened):
    page = opened(simple())
    box = page.locator("#curve").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 12, box["y"] + box["height"] / 2, steps=3)
    page.mouse.up()
    agrees(page, losses(6.0, -3.0, 6.5))


def test_one_number_says_what_its_gradient_promises_and_what_comes_out(opened):
    page = opened(simple())
    words = page.locator("#one")
    up = losses(2.01, -3.0, 6.5)["loss"][0] - losses(2.0, -3.0, 6.5)["loss"][0]
    said = explain(Value(up) * 1.0)._wording.number(-up)
    assert f"a up by 0.01: loss down by about 0.02359. Computed anew: down by {said}." in words.inner_text()
    words.get_by_role("button", name="a + 0.01").click()
    agrees(page, losses(2.01, -3.0, 6.5))
    page.get_by_role("button", name="loss", exact=True).click()
    words.get_by_role("button", name="Pin").click()
    put(page, "c", 7.0)
    before, now = losses(2.01, -3.0, 6.5)["loss"][0], losses(2.01, -3.0, 7.0)["loss"][0]
    shown = explain(Value(1.0) * 1.0)._wording.number
    assert page.locator("#pins").inner_text() == f"loss {shown(before)} → {shown(now)} (+{shown(now - before)})"


def test_a_step_downhill_says_how_large_it_is_and_what_goes_down(opened):
    page = opened(simple())
    shown = explain(Value(1.0) * 1.0)._wording.number
    now = losses(2.0, -3.0, 6.5)
    after = losses(*(x - 0.1 * g for x, g in (now[name] for name in "abc")))
    assert page.locator("#downhill").inner_text() == (
        "A step downhill: each leaf minus 0.1 × its gradient. "
        f"loss goes down from {shown(now['loss'][0])} to {shown(after['loss'][0])}."
    )
    page.get_by_role("button", name="A step downhill for all").click()
    agrees(page, {"loss": after["loss"]})


def test_the_steps_follow_the_numbers(opened):
    page = opened(simple())
    page.get_by_role("tab", name="Step by step").click()
    for _ in range(2):
        page.get_by_role("button", name="Next").click()
    assert page.locator("#step .said").inner_text() == "v₂ = v₁ + c = −6 + 6.5 = 0.5"
    put(page, "c", 8.0)
    assert page.locator("#step .said").inner_text() == "v₂ = v₁ + c = −6 + 8 = 2"
    assert page.locator(".card.here .name").get_attribute("title") == "v₂"
    assert page.locator(".card.waiting .name").all_inner_texts() == ["loss"]


def test_the_program_computes_the_same(opened):
    terms, _ = every_operation()
    page = opened(explore(autograd.sum(terms)))
    put(page, "shared", 0.625)
    page.evaluate("() => { setTimeout = () => 0; }")  # so that the button says for ever that it has copied
    page.get_by_role("button", name="Copy as Python").click()
    program = page.get_by_label("the program").input_value()
    page.wait_for_function("() => document.getElementById('copied').textContent !== ''")
    assert page.get_by_role("dialog", name="The same in Python").is_visible()
    assert page.get_by_label("the program").evaluate("(box) => box.scrollTop") == 0
    assert program.startswith("import autograd")
    if page.locator("#copied").inner_text() == "Copied.":
        assert page.locator("#python").inner_text() == "Copied"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    found = numbers(page)
    rows = [line.split() for line in ran.splitlines()]
    assert len(rows) > 60
    for name, *row in rows[:-1]:
        assert found[name] == pytest.approx([*map(float, row)], rel=1e-12, abs=1e-15), name
    assert float(rows[-1][1]) == pytest.approx(found["result"][0] if "result" in found else list(found.values())[-1][0])


# The page


def test_a_page_of_300_nodes_is_small():
    model = nn.MLP(3, [12, 5, 1], activation="tanh", rng=random.Random(1))
    out = model([Value(0.5), Value(-1.0), Value(2.0)])
    exploration = explore(out**2)
    assert len(exploration._data["ways"][0]["nodes"]) > 150
    x = Value(0.3)
    chain = x
    for i in range(148):
        chain = (chain * x).tanh() if i % 2 else chain + x
    large = explore(chain)
    assert len(large._data["ways"][0]["nodes"]) >= 200
    assert max(len(exploration.page.encode()), len(large.page.encode())) < 500_000


def test_a_function_of_two_ways_that_is_too_large_to_be_drawn_has_its_fields_in_rows(opened):
    def total(*xs):
        found = autograd.sum([(x * y + i).tanh() for i, x in enumerate(xs) for y in xs[:6]])
        return -found if xs[3] < 0 else found

    at = [i / 7 for i in range(30)]
    page = opened(explore(total, *at))
    assert page.locator(".card").count() == 31
    assert page.locator(".circle").count() == 0
    for number in (0.25, -0.25):
        page.locator("#scene .card input[type=text]").nth(3).fill(repr(number))
        at[3] = number
        expected = total(*map(Value, at)).data
        assert page.evaluate("() => graph.data[graph.result]") == pytest.approx(expected, rel=1e-13)


def test_labels_are_text(opened):
    x, y = (
        Value(2.0, label="</script><img src=x onerror=alert(1)>"),
        Value(1.0, label='"&<b>\n'),
    )
    page = opened(explore((x * y).exp()))
    assert page.locator("img").count() == 0
    assert field(page, "(</script><img src=x onerror=alert(1)>)").input_value() == "2"


def test_the_keyboard_alone_is_enough(opened):
    page = opened(simple())
    page.locator("#python").focus()
    seen = []
    for _ in range(14):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("() => document.activeElement.ariaLabel || document.activeElement.textContent.trim()")
        )
    assert [name for name in seen if name in ("a", "b", "c")][:2] == ["a", "a"]  # its name, and its field
    assert {"a", "b", "c", "loss"} <= {*seen}
    field(page, "a").focus()
    page.keyboard.press("ArrowUp")
    page.locator("#live", has_text=re.compile(r"a is 2.1; its gradient −.*loss is ")).wait_for(state="attached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [{"width": 1280, "height": 720}, PHONE, {"width": 1920, "height": 1080}])
def test_nothing_leaves_the_screen(opened, page, size, scheme):
    page.emulate_media(color_scheme=scheme)
    page = opened(simple(), size)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    room = page.locator("#graph").bounding_box()
    for card in page.locator(".card").all():
        box = card.bounding_box()
        assert box["x"] >= room["x"]
        assert box["x"] + box["width"] <= room["x"] + room["width"]
        assert box["y"] + box["height"] <= room["y"] + room["height"] + 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"explore-{size['width']}-{scheme}.png")


def test_a_large_graph_opens_part_by_part_and_a_leaf_is_changed_in_its_card(opened):
    model = nn.MLP(2, [16, 16, 1], activation="tanh", rng=random.Random(1))

    def loss_at(first):
        points = [(first, Value(-0.2)), (first * 2, Value(0.4)), (first - 1, Value(0.9))]
        return autograd.mean([(model([*point]) - 0.5) ** 2 for point in points])

    first = Value(0.3, label="first")
    loss = loss_at(first)
    page = opened(explore(loss), {"width": 1280, "height": 720})
    assert len(model.parameters()) > 300
    boxes = page.locator("#graph g.node")
    assert page.locator("#graph g.cluster").count() > 1
    before = boxes.count()
    assert before < 60
    page.locator("#graph g.cluster", has_text="layers.1").first.click()  # one part more is open
    page.wait_for_function("before => document.querySelectorAll('#graph g.node').length !== before", arg=before)
    page.keyboard.press("p")
    page.get_by_role("button", name="Close all").click()
    page.get_by_role("button", name="close", exact=True).click()
    page.keyboard.press("/")
    page.keyboard.type("first")
    leaf = page.locator("#graph g.node.lit")
    leaf.wait_for()
    leaf.click()
    card = page.get_by_role("dialog", name="first")
    card.get_by_role("textbox").fill("0.75")
    card.get_by_role("textbox").press("Enter")
    other = Value(0.75)
    expected = loss_at(other)
    expected.backward()
    found = numbers(page)
    assert found["first"] == pytest.approx([0.75, other.grad], rel=1e-12)
    assert found["loss"][0] == pytest.approx(expected.data, rel=1e-12)
    assert f"data 0.75, grad {other.grad:.4g}".replace("-", "−")[:20] in card.inner_text()
    card.get_by_role("textbox").fill("a")
    assert card.get_by_role("alert").is_visible()
    assert numbers(page)["first"][0] == 0.75


@pytest.mark.parametrize("width", [600, 640, 641, 700, 760, 761])
def test_no_graph_lies_on_the_plot(opened, width):
    """A panel of the live page is about 760 pixels wide: the page and its program agree on what is narrow."""
    p, q = Value(10.0), Value(0.0)
    page = opened(explore(sum((p * u + q * u**2 - 9.0) ** 2 for u in (2.0, 3.0, 4.0))), {"width": width, "height": 612})
    graph, plot = page.locator("#graph").bounding_box(), page.locator("#plot").bounding_box()
    assert graph["height"] > 100
    assert graph["y"] + graph["height"] <= plot["y"] + 1


# Mistakes


def test_what_cannot_be_explored_is_said():
    @custom_derivative(lambda out, x: 3 * x**2)
    def cube(x):
        return x**3

    with pytest.raises(ValueError, match="'cube' is an operation of your own"):
        explore(cube(Value(2.0)) + 1)
    with pytest.raises(TypeError, match=r"explore takes a Value.*got str"):
        explore("loss")
    with pytest.raises(ValueError, match="digits must be a whole number from 1 to 15, got 0"):
        explore(Value(1.0) * 2, digits=0)
    with pytest.raises(ValueError, match="no Value that could be changed"):
        explore(Value(1.0, op="constant") * 2)
    with pytest.raises(ValueError, match="finite numbers"):
        explore(Value(math.inf) * 2)
    with pytest.raises(TypeError, match="returns list"):
        explore(lambda x: [x], 1.0)
    with pytest.raises(autograd.CannotCompile, match="reads the data"):
        explore(lambda x: x * x.data, 1.0)
    long = autograd.sum([Value(1.0)])
    for _ in range(2001):
        long = long + 1
    with pytest.raises(ValueError, match="2,000"):
        explore(long)
    with pytest.raises(ValueError, match=r"one of \.html"):
        explore(Value(2.0) * 3).save("page.svg")


def test_show_makes_it_a_panel():
    view = view_of(simple())
    assert (view.kind, view.content["scripts"]) == ("page", True)
    assert view.text.startswith("Exploration of loss")


def test_a_notebook_shows_it_in_a_frame_of_its_own():
    shown = simple()._repr_mimebundle_()
    assert 'sandbox="allow-scripts"' in shown["text/html"]
    assert shown["text/plain"] == "Exploration of loss: shown by a notebook, or .save('x.html')"
