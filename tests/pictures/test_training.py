"""explore(model, loss, data): the page's training is Python's, number by number; everything on it can be changed."""

import math
import random
import re

import pytest

import autograd
from autograd import Value, explore, no_grad
from autograd.pictures.training import Chance, batches, begun_anew, groups_of
from nn import (
    MLP,
    Embedding,
    Layer,
    Module,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    mse_loss,
    optim,
)
from tests.helpers.browser import DRAWN, PHONE, PICTURES, fingers, load

pytestmark = pytest.mark.once


def moons(seed=1, n=40):
    chance = random.Random(seed)
    points, labels = [], []
    for i in range(n):
        angle = math.pi * chance.random()
        x, y = (math.cos(angle), math.sin(angle)) if i % 2 else (1 - math.cos(angle), 0.5 - math.sin(angle))
        points.append([x + chance.gauss(0, 0.1), y + chance.gauss(0, 0.1)])
        labels.append(1 if i % 2 else -1)
    return list(zip(points, labels))


def classes(n=30):
    chance = random.Random(3)
    return [([chance.gauss(k, 0.7), chance.gauss(-k, 0.7)], k) for k in (0, 1, 2) for _ in range(n // 3)]


def curve(n=20):
    return [([x / 5 - 2], math.sin(x / 3)) for x in range(n)]


CASES = {
    "hinge, all at once": (MLP, (2, [6, 5, 1], "relu"), hinge_loss, moons(), {"lr": 0.3}),
    "momentum and decay, in batches": (
        *(MLP, (2, [6, 1], "tanh"), hinge_loss, moons()),
        {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-3, "batch_size": 7, "seed": 5},
    ),
    "classes with Adam": (
        *(MLP, (2, [7, 3], "tanh"), cross_entropy, classes()),
        {"lr": 0.03, "optimizer": "adam", "batch_size": 10, "seed": 2},
    ),
    "L1": (
        *(MLP, (2, [6, 1], "tanh"), hinge_loss, moons()),
        {"lr": 0.1, "momentum": 0.5, "l1": 0.01, "weight_decay": 0.001},
    ),
    "a curve with Adam and decay": (
        *(MLP, (1, [8, 1], "silu"), mse_loss, curve()),
        {"lr": 0.02, "optimizer": "adam", "weight_decay": 0.01},
    ),
    "logits": (
        *(MLP, (2, [5, 1], "gelu"), binary_cross_entropy_with_logits, [(x, (y + 1) // 2) for x, y in moons()]),
        {"lr": 0.5, "seed": 9, "batch_size": 16},
    ),
}


def model_of(kind, shape):
    return kind(shape[0], shape[1], activation=shape[2], rng=random.Random(1))


def trained(
    model, loss, data, steps=100, lr=0.1, batch_size=0, optimizer="sgd", momentum=0.0, weight_decay=0.0, l1=0.0, seed=0
):
    """The same loop in Python: the losses, and the parameters afterwards."""
    parameters = model.parameters()
    for p, number in zip(parameters, begun_anew([p.data for p in parameters], groups_of(model), seed)):
        p.data = number
    if optimizer == "adam":
        moves = optim.Adam(parameters, lr=lr, weight_decay=weight_decay)
    else:
        moves = optim.SGD(parameters, lr=lr, momentum=momentum, weight_decay=weight_decay)
    losses = []
    for _, places in zip(range(steps), batches(len(data), batch_size, seed)):
        batch = [data[i] for i in places]
        result = loss([model(x) for x, _ in batch], [target for _, target in batch])
        moves.zero_grad()
        result.backward()
        for p in parameters:
            p.grad += l1 * math.copysign(1.0, p.data) if p.data else 0.0
        moves.step()
        losses.append(result.data)
    return losses, [p.data for p in parameters]


@pytest.fixture
def opened(page, tmp_path):
    def load_it(exploration, size=None):
        if size:
            page.set_viewport_size(size)
        load(page, exploration.save(tmp_path / "training.html"))
        return page

    return load_it


def played(page, steps=100):
    return page.evaluate(
        """(n) => {
            for (let k = 0; k < n; k++) trainer.forward();
            show();
            return [trainer.losses, [...trainer.parameters]];
        }""",
        steps,
    )


def parameters(page):
    return page.evaluate("() => [...trainer.parameters]")


def small(**settings):
    return explore(model_of(MLP, (2, [4, 1], "tanh")), hinge_loss, moons(), **settings)


@pytest.mark.parametrize("case", CASES)
def test_a_hundred_steps_are_pythons(opened, case):
    kind, shape, loss, data, settings = CASES[case]
    page = opened(explore(model_of(kind, shape), loss, data, **settings))
    losses, numbers = played(page)
    expected = trained(model_of(kind, shape), loss, data, **settings)
    assert losses == pytest.approx(expected[0], rel=1e-9, abs=1e-12)
    assert numbers == pytest.approx(expected[1], rel=1e-9, abs=1e-9)


def test_back_really_goes_back(opened):
    settings = {"lr": 0.05, "momentum": 0.9, "batch_size": 7, "seed": 3}
    page = opened(small(**settings))
    played(page, 30)
    after_30 = parameters(page)
    played(page, 10)
    for _ in range(10):
        page.get_by_role("button", name="Back", exact=True).click()
    assert parameters(page) == after_30
    assert page.locator("#steps-so-far").inner_text() == "30"
    again, numbers = played(page, 10)
    expected = trained(model_of(MLP, (2, [4, 1], "tanh")), hinge_loss, moons(), steps=40, **settings)
    assert again == pytest.approx(expected[0], rel=1e-9)
    assert numbers == pytest.approx(expected[1], rel=1e-9)


def test_it_plays_steps_and_starts_again(opened):
    page = opened(small())
    first = parameters(page)
    page.get_by_role("button", name="Step", exact=True).click()
    page.keyboard.press("ArrowRight")
    assert page.locator("#steps-so-far").inner_text() == "2"
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("() => trainer.step > 5")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Start again").click()
    assert page.locator("#steps-so-far").inner_text() == "0"
    assert parameters(page) == first


def test_a_pause_shorter_than_a_frame_does_not_train_twice_as_fast(opened):
    page = opened(small())
    frames = """() => new Promise((done) => {
        play();
        pause();
        play();
        let left = 5;
        const count = () => (left-- ? requestAnimationFrame(count) : done(state.frames.length));
        count();
    })"""
    assert page.evaluate(frames) == 5


def test_settings_are_typed_and_stand_in_the_link(opened, page, tmp_path):
    page = opened(small())
    page.get_by_label("learning rate").fill("0.25")
    page.get_by_label("momentum").fill("0.5")
    page.get_by_label("weight decay").fill("0.01")
    page.get_by_label("batch size").fill("8")
    page.get_by_label("seed").fill("4")
    page.get_by_label("seed").blur()
    page.get_by_role("button", name="Start again").click()
    settings = {"lr": 0.25, "momentum": 0.5, "weight_decay": 0.01, "batch_size": 8, "seed": 4}
    expected = trained(model_of(MLP, (2, [4, 1], "tanh")), hinge_loss, moons(), steps=20, **settings)
    assert played(page, 20)[1] == pytest.approx(expected[1], rel=1e-9)
    link = page.evaluate("location.href")  # page.url hears of a change later
    assert "lr=0.25" in link
    page.goto("about:blank")
    page.goto(link)
    assert played(page, 20)[1] == pytest.approx(expected[1], rel=1e-9)
    page.get_by_label("optimiser").select_option("adam")
    assert page.get_by_label("momentum").is_disabled()


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("learning rate", "fast", "“fast” is not a number. Write a number, such as −2.5."),
        ("learning rate", "-1", "The learning rate is a number from 0 to 1e+06; got -1."),
        ("batch size", "2.5", "The batch size is a whole number from 0 to 1e+06; got 2.5."),
        ("momentum", "1", "The momentum is a number from 0 to 0.9999; got 1."),
    ],
)
def test_a_wrong_setting_gets_its_sentence_and_the_last_one_stays(opened, field, text, sentence):
    page = opened(small())
    before = page.evaluate("() => ({ ...settings })")
    page.get_by_label(field).fill(text)
    assert page.get_by_role("alert").inner_text() == sentence
    assert page.evaluate("() => ({ ...settings })") == before
    page.get_by_label(field).blur()
    assert page.get_by_role("alert").count() == 0


@pytest.mark.parametrize(
    ("field", "text"), [("learning rate", "1e200"), ("momentum", "0.75x"), ("batch size", "1e9"), ("seed", "12.5")]
)
def test_a_refused_setting_leaves_nothing_of_its_typing(opened, field, text):
    page = opened(small())
    before = page.evaluate("() => ({ ...settings, waits: state.seed })")
    page.get_by_label(field).press("Control+a")
    page.keyboard.type(text)
    assert page.evaluate("() => ({ ...settings, waits: state.seed })") == before
    assert page.get_by_role("alert").is_visible()
    page.keyboard.press("Tab")
    assert page.get_by_role("alert").count() == 0
    link = page.evaluate("location.href")
    assert "lr=0.1&batch_size=0" in link
    assert "seed=0" in link


def test_another_seed_waits_for_the_next_start(opened):
    page = opened(small())
    played(page, 20)
    numbers = parameters(page)
    page.get_by_label("seed").fill("4")
    page.get_by_label("seed").blur()
    assert parameters(page) == numbers
    assert page.locator("#hint").inner_text() == "“Start again” begins with seed 4; this run has 0."
    page.get_by_role("button", name="Keep this run").click()
    assert "seed 0: 20 steps" in page.locator("#runs").inner_text()
    page.get_by_role("button", name="Start again").click()
    assert page.locator("#hint").is_hidden()
    assert played(page, 5)[1] == pytest.approx(
        trained(model_of(MLP, (2, [4, 1], "tanh")), hinge_loss, moons(), steps=5, seed=4)[1], rel=1e-9
    )


def test_a_batch_of_all_is_called_all(opened):
    page = opened(small(batch_size=7))
    field = page.get_by_label("batch size")
    for text in ("all", "0"):
        field.fill(text)
        field.blur()
        assert field.input_value() == "all"
        assert page.evaluate("() => settings.batch_size") == 0
    field.press("ArrowUp")
    assert field.input_value() == "1"


def test_what_was_changed_by_hand_is_undone(opened):
    page = opened(small())
    undo = page.get_by_role("button", name="Undo")
    assert undo.is_disabled()
    examples = page.evaluate("() => trainer.examples")
    box = page.locator("#plane").bounding_box()
    x, y = page.evaluate("() => { const [x, y] = trainer.examples[4].x; return [plane.px(x), plane.py(y)]; }")
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="Add 1", exact=True).click()
    page.mouse.click(box["x"] + 30, box["y"] + box["height"] - 30)
    page.get_by_role("button", name="Start again").click()  # keeps the points
    assert len(page.evaluate("() => trainer.examples")) == 41
    page.keyboard.press("Control+z")
    undo.click()
    assert page.evaluate("() => trainer.examples") == examples
    assert undo.is_disabled()
    field = page.get_by_label("x[0] of example", exact=False)
    field.fill("0.5")
    page.keyboard.press("Control+z")
    assert page.evaluate("() => trainer.examples") == examples
    shown = page.evaluate("() => inField(trainer.examples[state.point].x[0], false)")
    assert page.get_by_label("x[0] of example", exact=False).input_value() == shown


def test_a_changed_weight_is_undone_with_the_steps_since_then(opened):
    page = opened(small(momentum=0.5))
    _, numbers = played(page, 10)
    page.evaluate("() => actions.chooseWeight(2)")
    field = page.locator("#one .row input").first
    field.fill("3")
    field.press("Enter")
    assert parameters(page)[2] == 3
    played(page, 5)
    page.keyboard.press("Control+z")
    assert parameters(page) == numbers
    expected = trained(model_of(MLP, (2, [4, 1], "tanh")), hinge_loss, moons(), steps=15, momentum=0.5)
    assert played(page, 5)[1] == pytest.approx(expected[1], rel=1e-9)
    field.fill("4")
    field.press("Enter")
    page.locator("#plane").click(position={"x": 3, "y": 3})
    for _ in range(3):
        page.get_by_role("button", name="Back", exact=True).click()
    assert page.get_by_role("button", name="Undo").is_disabled()


@pytest.mark.parametrize("size", [{"width": 1280, "height": 720}, {"width": 390, "height": 844}])
def test_nothing_jumps_while_it_trains_or_complains(opened, size):
    page = opened(small(), size)
    parts = "#play, #next, #speed, #figures, #share, #net, #map, #toolbar, #curves, #words, #keep"
    places = (
        f"""() => [...document.querySelectorAll("{parts}")].map((x) => JSON.stringify(x.getBoundingClientRect()))"""
    )
    before = page.evaluate(places)
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("() => trainer.step > 12")
    assert page.evaluate(places) == before
    page.get_by_role("button", name="Pause").click()
    for part, text in (("steps-so-far", "123456"), ("loss", "−1.235e−05"), ("accuracy", "100 %")):
        page.evaluate("([part, text]) => { byId(part).textContent = text; }", [part, text])
    page.evaluate(
        "(text) => trouble(text)", "At step 12345 a number is no longer finite: the learning rate may be too large."
    )
    page.evaluate("(text) => complain(byId('lr'), text)", "The learning rate is a number from 0 to 1e+06; got -1.")
    assert page.evaluate(places) == before
    assert page.evaluate(
        "() => [...document.querySelectorAll('#figures dd')].every((x) => x.scrollWidth <= x.clientWidth)"
    )


def test_a_weight_is_changed(opened):
    model = model_of(MLP, (2, [4, 1], "tanh"))
    page = opened(explore(model, hinge_loss, moons()))
    page.get_by_label("weight", exact=True).select_option(label="layers.1.neurons.0.w[2]")
    field = page.get_by_label("layers.1.neurons.0.w[2]", exact=True)
    field.fill("−1.5")
    field.press("Enter")
    model.layers[1].neurons[0].w[2].data = -1.5
    with no_grad():
        loss = hinge_loss([model(x) for x, _ in moons()], [y for _, y in moons()]).data
    assert page.evaluate("() => trainer.evaluate().loss") == pytest.approx(loss, rel=1e-12)
    field.press("ArrowUp")
    assert parameters(page)[model.parameters().index(model.layers[1].neurons[0].w[2])] == -1.4
    field.fill("heavy")
    field.press("Enter")
    assert "“heavy” is not a number" in page.get_by_role("alert").inner_text()


def test_a_click_on_a_line_or_a_tile_chooses_it(opened):
    page = opened(small())
    place = page.evaluate(
        """() => {
            const [, a, b] = [...network.weights()].find(([k]) => data.names[k] === "layers.0.neurons.3.w[1]");
            const [left, right] = [a.x + network.tile / 2, b.x - network.tile / 2];
            const place = [(27 * left + 18 * (a.x + b.x) + right) / 64, a.y * 0.84375 + b.y * 0.15625];
            return [...place, network.columns[1][2].x, network.columns[1][2].y];
        }"""
    )
    canvas = page.locator("#network")
    chosen = page.get_by_label("weight", exact=True).locator("option:checked")
    canvas.click(position={"x": place[2], "y": place[3]})
    assert chosen.inner_text() == "layers.0.neurons.2.b"
    canvas.click(position={"x": place[0], "y": place[1]})
    assert chosen.inner_text() == "layers.0.neurons.3.w[1]"


def test_the_chain_rule_at_the_chosen_example_is_the_engines(opened):
    model = model_of(MLP, (2, [4, 1], "tanh"))
    page = opened(explore(model, hinge_loss, moons()))
    page.get_by_label("weight", exact=True).select_option(label="layers.0.neurons.1.w[0]")
    for i in (3, 6):
        page.get_by_label("example", exact=True).fill(str(i + 1))
        page.get_by_label("example", exact=True).press("Enter")
        x, y = moons()[i]
        model.zero_grad()
        hinge_loss([model(x)], [y]).backward()
        expected = page.evaluate("(x) => shown(x)", model.layers[0].neurons[1].w[0].grad)
        assert page.locator("#chain p").last.inner_text().endswith(f"= {expected}.")


def test_points_are_moved_added_and_removed(opened):
    page = opened(small())
    box = page.locator("#plane").bounding_box()
    place = page.evaluate("() => { const [x, y] = trainer.examples[4].x; return [plane.px(x), plane.py(y)]; }")
    page.mouse.move(box["x"] + place[0], box["y"] + place[1])
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=3)
    page.mouse.up()
    middle = page.evaluate("() => [(plane.x.low + plane.x.high) / 2, (plane.y.low + plane.y.high) / 2]")
    moved = page.evaluate("() => state.point")
    assert page.evaluate("() => trainer.examples[state.point].x") == pytest.approx(middle, abs=0.02)
    page.get_by_role("button", name="Add 1", exact=True).click()
    page.mouse.click(box["x"] + 30, box["y"] + box["height"] - 30)
    assert page.evaluate("() => [trainer.examples.length, trainer.examples[40].target[0]]") == [41, 1]
    data = moons()
    data[moved] = (page.evaluate("(i) => trainer.examples[i].x", moved), data[moved][1])
    data.append((page.evaluate("() => trainer.examples[40].x"), 1))
    expected = trained(model_of(MLP, (2, [4, 1], "tanh")), hinge_loss, data, steps=20)
    assert played(page, 20)[1] == pytest.approx(expected[1], rel=1e-9)
    page.get_by_role("button", name="Remove", exact=True).click()
    page.mouse.click(box["x"] + 30, box["y"] + box["height"] - 30)
    assert page.evaluate("() => trainer.examples.length") == 40
    page.get_by_label("x[0] of example", exact=False).fill("0.5")
    page.get_by_label("x[0] of example", exact=False).press("Enter")
    assert page.evaluate("() => trainer.examples[state.point].x[0]") == 0.5


def test_points_are_moved_added_and_removed_by_a_finger(browser):
    with browser.new_context(**PHONE) as context:
        page = context.new_page()
        page.set_content(small().page)
        page.evaluate(DRAWN)  # before that the browser does not know what a finger may move
        send, box = fingers(page), page.locator("#plane").bounding_box()
        x, y, to, moved = page.evaluate("""() => {
            const { left, top } = plane.canvas.getBoundingClientRect(), [x, y] = trainer.examples[4].x;
            const clientX = left + plane.px(x), clientY = top + plane.py(y), { low, high } = plane.x;
            const middle = [(low + high) / 2, (plane.y.low + plane.y.high) / 2];
            return [clientX, clientY, middle, plane.nearest({ clientX, clientY, pointerType: "touch" })];
        }""")
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        send("touchStart", (x, y))
        send("touchMove", ((x + middle[0]) / 2, (y + middle[1]) / 2))
        send("touchMove", middle)
        send("touchEnd")
        is_there = "([i, to]) => trainer.examples[i].x.every((x, k) => Math.abs(x - to[k]) < 0.02) && !state.isMoving"
        page.wait_for_function(is_there, arg=[moved, to])
        assert page.evaluate("() => scrollY") == 0  # the page stood still under it
        # buttons by the mouse: a browser may take the tap after a drag for the end of a fling
        page.get_by_role("button", name="Add 1", exact=True).click()
        page.wait_for_function("() => plane.tool === 1")
        page.touchscreen.tap(box["x"] + 30, box["y"] + box["height"] - 30)
        page.wait_for_function("() => trainer.examples.length === 41 && trainer.examples[40].target[0] === 1")
        page.get_by_role("button", name="Remove", exact=True).click()
        page.wait_for_function("() => plane.tool === 'remove'")
        page.touchscreen.tap(box["x"] + 30 + 18, box["y"] + box["height"] - 30)  # beside it: a finger is broad
        page.wait_for_function("() => trainer.examples.length === 40")
        page.get_by_role("button", name="Undo", exact=True).click()
        page.wait_for_function("() => trainer.examples.length === 41")


def test_a_phone_shows_the_whole_legend_in_german(browser):
    with browser.new_context(locale="de-DE", **PHONE) as context:
        page = context.new_page()
        page.set_content(small().page)
        legend = page.get_by_text("Dicker Rand: auf der falschen Seite.")
        assert legend.evaluate("(each) => each.getBoundingClientRect().right") <= PHONE["viewport"]["width"]


def test_what_is_painted_follows_light_and_dark(browser):
    """A canvas has no style: the plane is painted anew, as the page around it becomes dark."""
    corner = """() => {
        const { data } = plane.canvas.getContext("2d").getImageData(2, plane.canvas.height - 3, 1, 1);
        return [Math.max(...data.slice(0, 3)), colours.ink];
    }"""
    with browser.new_context(color_scheme="light") as context:
        page = context.new_page()
        page.set_content(small().page)
        light, ink = page.evaluate(corner)
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("(ink) => colours.ink !== ink", arg=ink)
        dark = page.evaluate(corner)[0]
        assert light > 200 > 170 > dark


def test_two_runs_are_compared(opened):
    page = opened(small())
    played(page, 20)
    page.get_by_role("button", name="Keep this run").click()
    page.get_by_label("learning rate").fill("1")
    page.get_by_role("button", name="Start again").click()
    played(page, 10)
    assert page.locator("#curve .run").count() == 2
    assert "SGD, learning rate 0.1, seed 0: 20 steps" in page.locator("#runs").inner_text()


@pytest.mark.parametrize("batch_size", [0, 7])
def test_the_header_and_a_kept_run_tell_one_loss(opened, batch_size):
    page = opened(small(lr=0.3, batch_size=batch_size))
    played(page, 20)
    loss = page.evaluate("() => shown(trainer.evaluate().loss)")
    page.get_by_role("button", name="Keep this run").click()
    assert page.locator("#figures").inner_text().split("\n")[:4] == ["step", "20", "loss after it", loss]
    assert page.locator("#runs").inner_text().endswith(f": 20 steps, loss after them {loss}")
    before = "loss of its batch before each step" if batch_size else "loss before each step"
    assert page.locator("#curve .note").first.text_content().startswith(before)


def drawn(page, losses):
    """The places (x, y) of the last run in the plot of these losses; of what is written there, notes and marks."""
    script = """(losses) => {
        trainer.losses = losses.map((x) => (x === null ? Infinity : x));
        showCurve();
        const box = byId("curve"), all = (name) => [...box.querySelectorAll(`.${name}`)];
        const path = all("run").at(-1).getAttribute("d"), pairs = path.match(/[ML][^MLh]+/g) || [];
        const places = pairs.map((pair) => pair.slice(1).split(",").map(Number));
        const [notes, marks] = ["note", "mark"].map((name) => all(name).map((x) => x.textContent));
        return [places, notes, marks, box.innerHTML, box.clientHeight];
    }"""
    places, notes, marks, source, height = page.evaluate(script, losses)
    assert "NaN" not in source
    assert "Infinity" not in source
    assert all(0 <= y <= height for _, y in places)
    assert 1 <= len(marks) <= 6, marks
    return places, notes, marks, height


def test_the_graph_of_an_example_has_pythons_numbers(opened):
    model, data = model_of(MLP, (2, [4, 3, 1], "tanh")), moons()
    page = opened(explore(model, hinge_loss, data, digits=9), {"width": 1280, "height": 900})
    (x, target), weight = data[5], model.layers[0].neurons[2].w[1]
    page.evaluate(
        "([k, i]) => { actions.chooseWeight(k); actions.choosePoint(i) }", [model.parameters().index(weight), 5]
    )
    first, neuron, inner = Value(x[1]), model.layers[0].neurons[2], model.layers[1].neurons
    total = neuron.w[0] * x[0] + weight * first + neuron.b
    between = [layer_neuron(x) for layer_neuron in model.layers[0].neurons]
    between[2] = total.tanh()
    last = [each(between) for each in inner]
    out = model.layers[2].neurons[0](last)
    loss = hinge_loss([out], [target])
    loss.backward()
    expected = [
        (weight.data, weight.grad),
        (first.data, None),
        *((v.data, v.grad) for v in (total, between[2], *last, out, loss)),
    ]
    texts = page.locator("svg.path g").evaluate_all(
        "all => all.map(g => [...g.querySelectorAll('text')].map(t => t.textContent))"
    )
    assert [text[0] for text in texts] == [
        *("w[1]", "x[1]", "sum z", "neuron 2", "neuron 0", "neuron 1", "neuron 2", "output", "loss")
    ]
    number = lambda text: float(text.replace("−", "-"))  # noqa: E731
    for (_, written, slope), (value, gradient) in zip(texts, expected, strict=True):
        assert number(written) == pytest.approx(value, rel=1e-2)  # as many digits as there is room for
        if gradient is not None:
            assert number(slope) == pytest.approx(gradient, rel=1e-2)


@pytest.mark.parametrize("sizes", [(2, [8, 8, 1]), (2, [4, 3, 1])])
def test_a_laptop_shows_all_words_and_the_whole_graph_of_an_example(opened, sizes):
    page = opened(explore(model_of(MLP, (*sizes, "tanh")), hinge_loss, moons()), {"width": 1280, "height": 720})
    page.evaluate("() => { actions.chooseWeight(3); actions.choosePoint(6) }")
    for selector in ("#one", ".of-path"):
        assert page.locator(selector).evaluate("(box) => box.scrollHeight <= box.clientHeight"), selector
        assert page.locator(selector).evaluate("(box) => box.scrollWidth <= box.clientWidth"), selector


def test_a_long_run_that_goes_up_and_down_is_a_band(opened):
    page = opened(small())
    places, *_ = drawn(page, [1.0 if k % 2 else 0.5 for k in range(2001)])
    heights = [y for _, y in places]
    assert len(places) < 2000
    assert all(abs(one - other) > 30 for one, other in zip(heights[:-1:2], heights[1::2]))  # the extremes of a place
    assert max(heights) - min(heights) > 30
    spike = [0.5] * 5000
    spike[3333] = 1.0
    heights = [y for _, y in drawn(page, spike)[0]]
    assert max(heights) - min(heights) > 30


@pytest.mark.parametrize(
    ("losses", "notes", "n"),
    [
        ([1.0, None, 0.5, None], ["2 losses are not finite numbers, and are left out."], 2),
        ([None], ["1 loss is not a finite number, and is left out."], 0),
        ([1e308, 1.7e308, 3.0, 1e-300], [], 4),
        ([-1e308, 1.7e308], [], 2),
        ([-0.5, -0.25], [], 2),
        ([1.0, 0.01, 0.0, 0.02], ["A loss of exactly 0 is at the bottom edge (1 of them)."], 4),
        ([0.0, 0.0], [], 2),
        ([], [], 0),
    ],
)
def test_losses_of_every_size_are_drawn(opened, losses, notes, n):
    page = opened(small())
    places, found, _, height = drawn(page, losses)
    assert len(places) == n
    assert found[1:] == notes
    if 0.0 in losses:
        assert places[losses.index(0.0)][1] == height - 38


def test_a_kept_run_stays_drawn_beside_one_that_breaks(opened):
    page = opened(small())
    played(page, 20)
    page.get_by_role("button", name="Keep this run").click()
    drawn(page, [1.0, 1e200, None])
    assert "L" in page.locator("#curve .run").first.get_attribute("d")


def test_a_run_that_breaks_says_so_and_can_be_mended(opened):
    model = MLP(1, [4, 1], activation="relu", rng=random.Random(1))
    page = opened(explore(model, mse_loss, curve(), lr=1e6))
    page.evaluate("() => { for (let k = 0; k < 200; k++) if (!forward(1)) break; show(); }")
    assert "no longer finite: the learning rate may be too large" in page.get_by_role("alert").inner_text()
    page.get_by_label("learning rate").fill("0.01")
    page.get_by_role("button", name="Start again").click()
    losses, _ = played(page, 50)
    assert losses[-1] < losses[0]


def test_the_accuracy_is_pythons(opened):
    model = model_of(MLP, (2, [7, 3], "tanh"))
    page = opened(explore(model, cross_entropy, classes()))
    with no_grad():
        guesses = [max(range(3), key=[out.data for out in model(x)].__getitem__) for x, _ in classes()]
    right = sum(guess == k for guess, (_, k) in zip(guesses, classes()))
    assert page.locator("#accuracy").inner_text() == f"{round(100 * right / len(guesses))} %"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [{"width": 1280, "height": 720}, {"width": 390, "height": 844}])
def test_nothing_leaves_the_screen(opened, page, size, scheme):
    page.emulate_media(color_scheme=scheme)
    page = opened(small(), size)
    played(page, 40)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"training-{size['width']}-{scheme}.png")


@pytest.mark.parametrize("size", [{"width": 760, "height": 612}, {"width": 366, "height": 640}])
def test_the_boundary_is_seen_first_where_there_is_little_room(opened, size):
    page = opened(small(), size)
    plane, settings = page.locator("#plane").bounding_box(), page.locator("#settings").bounding_box()
    assert plane["y"] + plane["height"] <= min(size["height"], settings["y"])
    assert min(plane["width"], plane["height"]) >= 250
    net = page.locator("#network").bounding_box()
    assert plane["x"] + plane["width"] <= size["width"]
    assert net["x"] + net["width"] <= plane["x"] or net["y"] >= plane["y"] + plane["height"]


def test_more_inputs_are_shown_as_bars(opened):
    chance = random.Random(1)
    data = [([chance.gauss(k, 1) for _ in range(5)], k) for k in (0, 1, 2) for _ in range(8)]
    page = opened(explore(MLP(5, [6, 3], activation="tanh", rng=random.Random(1)), cross_entropy, data))
    assert page.locator("#bars div").count() == 3
    assert page.locator("#plane").is_hidden()


class Reader(Module):
    """Which character comes after each one: from it, and from the one before."""

    def __init__(self, rng):
        self.characters, self.positions = Embedding(6, 4, rng=rng), Embedding(5, 4, rng=rng)
        self.hidden, self.out = Layer(8, 7, "tanh", rng=rng), Layer(7, 6, rng=rng)

    def __call__(self, text):
        rows = [
            [a + b for a, b in zip(*each)] for each in zip(self.characters(text), self.positions([*range(len(text))]))
        ]
        return [self.out(self.hidden(before + row)) for before, row in zip([rows[0], *rows], rows)]


def surprise(outputs, targets):
    return autograd.mean([cross_entropy(rows, list(target)) for rows, target in zip(outputs, targets)])


def test_a_model_that_reads_texts_is_pythons_and_makes_up_texts(opened):
    chance = random.Random(1)
    texts = [[0, *(chance.randint(1, 5) for _ in range(chance.choice((2, 3)))), 0] for _ in range(30)]
    data = [(text[:-1], text[1:]) for text in texts]
    settings = {"lr": 0.02, "optimizer": "adam", "batch_size": 4, "seed": 0}
    page = opened(explore(Reader(random.Random(2)), surprise, data, characters=".abcde", **settings))
    losses, numbers = played(page, 60)
    expected = trained(Reader(random.Random(2)), surprise, data, steps=60, **settings)
    assert losses == pytest.approx(expected[0], rel=1e-9)
    assert numbers == pytest.approx(expected[1], rel=1e-9, abs=1e-9)
    assert page.locator(".expected tbody tr").count() == len(data[0][0])
    page.get_by_role("button", name="Make up texts").click()
    assert re.fullmatch("[a-e, ]+", page.locator("#made-up").inner_text())


# Python's side


def test_chance_is_the_same_in_the_page(opened):
    page = opened(small())
    for seed in (0, 1, 77, 4294967295):
        found = page.evaluate(
            "(seed) => { const c = new Chance(seed); return [...Array(50)].map(() => c.next()); }", seed
        )
        chance = Chance(seed)
        assert found == [chance.next() for _ in range(50)]


def test_a_model_of_10_000_parameters_is_small():
    model = MLP(2, [96, 96, 1], activation="relu", rng=random.Random(1))
    assert 9_500 < len(model.parameters()) < 10_500
    page = explore(model, hinge_loss, moons()).page
    assert len(page.encode()) < 2_000_000


def test_what_cannot_be_trained_is_said():
    model, data = model_of(MLP, (2, [4, 1], "tanh")), moons()
    with pytest.raises(ValueError, match="number 0 is not a pair"):
        explore(model, hinge_loss, [1.0, 2.0])
    with pytest.raises(ValueError, match="reduction='mean'"):
        explore(model, lambda outputs, targets: hinge_loss(outputs, targets, reduction="sum"), data)
    with pytest.raises(TypeError, match="no setting 'rate'"):
        explore(model, hinge_loss, data, rate=1)
    with pytest.raises(ValueError, match="optimizer must be 'sgd' or 'adam', got 'lion'"):
        explore(model, hinge_loss, data, optimizer="lion")
    with pytest.raises(ValueError, match="lr must be"):
        explore(model, hinge_loss, data, lr=-1)
    with pytest.raises(ValueError, match="from 1 to 5,000 examples, got 0"):
        explore(model, hinge_loss, [])
    with pytest.raises(TypeError, match="lr with a model"):
        explore(Value(1.0) * 2, lr=0.1)
