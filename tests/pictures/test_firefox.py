"""The pages of draw, explain, explore and of a training in Firefox: every control, by the mouse and by the keys."""

import json

import pytest

from tests.helpers.firefox import firefox
from tests.helpers.pages import PAGES, saved

pytestmark = [pytest.mark.once, pytest.mark.slow]


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    """Firefox with a window as large as a laptop's."""
    with firefox(tmp_path_factory.mktemp("profile")) as started:
        started.size(1280, 720)
        yield started


@pytest.fixture
def opened(window, tmp_path):
    """Opens a page; the answer is the window. The test fails if the page raised an error."""

    def load(name):
        window.go(saved(name, tmp_path).as_uri())
        window.run("void (window.mistakes = [], addEventListener('error', (event) => mistakes.push(event.message)))")
        return window

    yield load
    assert window.run("JSON.stringify(window.mistakes)") == "[]"


def button(name):
    """The expression for a button, by its label or its text."""
    found = "[...document.querySelectorAll('button')].find((each) => each.offsetParent && "
    return f"{found}[each.ariaLabel, each.textContent].some((text) => text?.startsWith({json.dumps(name)})))"


def node(name):
    return (
        "[...document.querySelectorAll('g.node')].find((each) => "
        f"each.querySelector('.name')?.textContent === {json.dumps(name)})"
    )


def width(window, name):
    return window.run(f"{node(name)}.querySelector('rect').getBoundingClientRect().width")


def place(window, name):
    return window.middle(f"{node(name)}.querySelector('rect')")


# true when what moves has come to its place: a move takes 280 ms, and its last part comes with the next frame
COMES_TO_REST = """new Promise((done) => setTimeout(
    () => requestAnimationFrame(() => requestAnimationFrame(() => done(true))), 300))"""


def typed(window, text):
    window.press(*text)


def test_a_drawing_is_zoomed_and_moved(opened):
    window = opened("draw")
    window.run("document.activeElement.blur()")
    before = width(window, "a")
    window.wheel(f"{node('a')}.querySelector('rect')", -120)
    window.until(f"{node('a')}.querySelector('rect').getBoundingClientRect().width > {before} * 1.1")
    window.click(button("the whole graph"))
    window.until(f"Math.abs({node('a')}.querySelector('rect').getBoundingClientRect().width / {before} - 1) < 0.02")
    for larger, smaller in (("larger", "smaller"), ("+", "-")):
        for way, factor in ((larger, 1.3), (smaller, 1.0)):
            window.press(way) if len(way) == 1 else window.click(button(way))
            assert width(window, "a") == pytest.approx(before * factor, rel=0.02)
    x, y = place(window, "c")
    window.drag(f"{node('c')}.querySelector('rect')", 60, 40)
    moved = place(window, "c")
    assert moved == (pytest.approx(x + 60, abs=18), pytest.approx(y + 40, abs=12))
    assert window.run("document.querySelector('.card') === null")  # a drag is no click
    window.press("Shift+ArrowLeft")
    assert place(window, "c")[0] == pytest.approx(moved[0] + 80, abs=2)
    window.press("0")
    window.until(f"Math.abs({node('a')}.querySelector('rect').getBoundingClientRect().width / {before} - 1) < 0.02")


def test_a_drawing_asks_for_the_full_screen(opened):  # which there is none of without a screen
    window = opened("draw")
    window.run("void (window.asked = 0, Element.prototype.requestFullscreen = () => { window.asked += 1 })")
    window.click(button("full screen"))
    window.press("f")
    assert window.run("window.asked") == 2


def test_a_name_is_found_and_its_path_copied(opened):
    window = opened("draw-large")
    window.press("/")
    typed(window, "layers.0.neurons.3.w[1]")
    window.until("document.querySelector('.lit .name')?.textContent === 'layers.0.neurons.3.w[1]'")
    window.press("Enter", "Escape")
    assert window.run("document.querySelector('.lit') === null")
    window.click("document.querySelector('input[type=search]')")
    typed(window, "layers.0.neurons")
    assert window.run("document.querySelector('.found').textContent").endswith("of 48")
    window.until("document.querySelector('.lit rect') !== null")
    window.press("Escape", "/")
    typed(window, "layers.2.neurons.0.b")
    window.until("document.querySelector('.lit .name')?.textContent === 'layers.2.neurons.0.b'")
    window.until(COMES_TO_REST)
    window.click("document.querySelector('.lit rect')")
    window.click(button("Copy the path"))
    window.until(f"{button('Copied')} !== undefined")
    window.click(button("close"))
    assert window.run("document.querySelector('.card') === null")


def test_parts_open_and_close(opened):
    window = opened("draw-large")
    cluster = node("layers.2")
    window.click(f"{cluster}.querySelector('rect')")
    window.until(f"{cluster} === undefined")
    window.press("p")
    window.click("[...document.querySelectorAll('.card button')].find((each) => each.ariaLabel === 'close layers.2')")
    window.until(f"{cluster} !== undefined")
    window.click(button("2"))
    window.until("document.querySelectorAll('g.node').length < 12")
    window.click(button("Open all"))
    window.until("document.querySelector('g.stub') !== null")
    window.click(button("Close all"))
    window.until("document.querySelectorAll('g.node').length < 12")
    window.press("Escape")
    assert window.run("document.querySelector('.card') === null")


def test_a_player_steps_by_buttons_keys_and_the_slider(opened):
    window = opened("player")

    def at():
        return window.run("document.getElementById('count').textContent")

    window.click(button("Next"))
    window.press("ArrowRight")  # keys are heard after a click
    assert at() == "3 / 9"
    window.press("ArrowLeft")
    window.click(button("Back"))
    assert at() == "1 / 9"
    window.press("End")
    assert window.run("document.querySelector('#step h1').textContent") == "Result"
    window.click(button("to the first step"))
    window.click(button("Play"))
    window.until("document.getElementById('play').textContent === 'Pause'")
    window.press(" ")
    window.until("document.getElementById('play').textContent === 'Play'")
    window.click("document.getElementById('slider')")  # its middle
    assert at() == "5 / 9"
    window.run("void document.getElementById('speed').focus()")
    window.press("ArrowDown")
    assert window.run("document.getElementById('speed').selectedOptions[0].textContent") == "fast"


def number(window, name):
    return window.run(f"graph.data[graph.nodes.findIndex((node) => node.name === {json.dumps(name)})]")


def field(name):
    return f"document.querySelector('input[type=text][aria-label={json.dumps(name)}]')"


def test_every_way_to_change_a_number(opened):
    window = opened("explore")
    window.click(field("a"))
    window.run(f"void {field('a')}.select()")
    typed(window, "1.5")
    assert number(window, "a") == 1.5
    window.press("ArrowUp")
    after = number(window, "a")
    assert after > 1.5
    window.press("ArrowDown", "Enter")
    assert number(window, "a") == 1.5
    window.drag(field("b"), 40, 0)
    assert number(window, "b") > -3
    window.press("Control+z")
    assert number(window, "b") == -3
    window.click(button("Redo"))
    assert number(window, "b") > -3
    window.click(button("As it was"))
    assert [number(window, name) for name in "abc"] == [2.0, -3.0, 6.5]
    window.click(button("Undo"))
    assert number(window, "a") == 1.5
    window.drag("document.querySelector('input[type=range][aria-label^=c]')", 30, 0)
    assert number(window, "c") != 6.5
    window.click(button("As it was"))
    point = "document.querySelector('#curve circle')"
    before = number(window, "c")
    window.drag(point, 60, 0)
    assert number(window, "c") > before


def test_what_is_plotted_told_and_pinned(opened):
    window = opened("explore")
    window.click("document.querySelector('.card.result .name')")
    window.until("document.getElementById('one').textContent.startsWith('loss')")
    window.click("document.querySelector('.card.leaf .name')")
    window.click(button("Pin"))
    assert window.run("document.getElementById('pins').children.length") == 1
    window.click(button("a + 0.01"))
    assert number(window, "a") == pytest.approx(2.01)
    loss = number(window, "loss")
    window.click(button("A step downhill"))
    assert number(window, "loss") < loss
    window.run("void document.getElementById('abscissa').focus()")
    window.press("ArrowDown")
    assert window.run("document.getElementById('abscissa').selectedOptions[0].textContent") == "b"
    window.run("void document.getElementById('ordinate').focus()")
    window.press("ArrowDown")
    assert window.run("document.getElementById('ordinate').selectedIndex") == 1


def test_an_exploration_steps_zooms_and_becomes_a_program(opened):
    window = opened("explore")
    window.click(button("Step by step"))
    window.click(button("Next"))
    assert window.run("document.getElementById('count').textContent") == "step 2 of 9"
    window.click(button("Back"))
    window.click("document.getElementById('at')")
    assert window.run("document.getElementById('count').textContent") == "step 5 of 9"
    window.click(button("Play"))
    window.until("document.getElementById('play').textContent === 'Pause'")
    window.click(button("Pause"))
    window.run("void document.getElementById('tab-steps').focus()")
    window.press("ArrowLeft")
    assert window.run("document.getElementById('steps').hidden")
    size = "document.getElementById('scene').getBoundingClientRect().width"
    before = window.run(size)
    window.run("void document.activeElement.blur()")
    for larger, smaller in (("larger", "smaller"), ("+", "-")):
        for way, factor in ((larger, 1.3), (smaller, 1.0)):
            window.press(way) if len(way) == 1 else window.click(button(way))
            assert window.run(size) == pytest.approx(before * factor, rel=0.02)
    box = "document.querySelector('#scene .result')"
    window.wheel(box, -120)
    window.until(f"{size} > {before} * 1.1")
    window.press("0")
    whole = "document.getElementById('scene').getBoundingClientRect()[side]"
    room = "document.querySelector('.plane').getBoundingClientRect()[side]"
    window.until(f"['width', 'height'].every((side) => {whole} <= {room})")
    window.until(COMES_TO_REST)
    x, y = window.middle(box)
    window.drag(box, -60, 20)
    moved = window.middle(box)
    assert moved == (pytest.approx(x - 60, abs=18), pytest.approx(y + 20, abs=12))
    window.press("/")
    typed(window, "loss")
    assert window.run("document.querySelector('#scene .lit .name').textContent") == "loss"
    window.press("Escape")
    window.run("void (window.asked = 0, Element.prototype.requestFullscreen = () => { window.asked += 1 })")
    window.click(button("full screen"))
    window.press("f")
    assert window.run("window.asked") == 2
    window.click(button("Copy as Python"))
    window.until("document.querySelector('dialog[open] textarea')?.value.includes('backward()')")
    window.press("Escape")
    window.until("document.querySelector('dialog[open]') === null")


def at_example(i):
    """The expression for the place of an example on the plane, as if it were an element of the page."""
    x, y = f"trainer.examples[{i}].x[0]", f"trainer.examples[{i}].x[1]"
    box = "document.getElementById('plane').getBoundingClientRect()"
    place = f"new DOMRect({box}.x + plane.px({x}), {box}.y + plane.py({y}), 0, 0)"
    return f"({{ closest: () => true, getBoundingClientRect: () => {place} }})"


def test_a_training_plays_steps_and_starts_again(opened):
    window = opened("training")
    window.click(button("Step"))
    window.press("ArrowRight", "ArrowRight", "ArrowLeft")  # keys are heard after a click
    assert window.run("document.getElementById('steps-so-far').textContent") == "2"
    window.click(button("Back"))
    assert window.run("trainer.step") == 1
    window.run("void document.getElementById('speed').focus()")
    window.press("ArrowDown")
    assert window.run("document.getElementById('speed').selectedOptions[0].textContent") == "5 times"
    window.click(button("Play"))
    window.until("trainer.step > 5")
    window.click(button("Pause"))
    paused = window.run("trainer.step")
    window.run("void document.activeElement.blur()")
    window.press(" ")
    window.until(f"trainer.step > {paused}")
    window.press(" ")
    assert window.run("document.getElementById('play').textContent") == "Play"
    window.click(button("Start again"))
    assert window.run("document.getElementById('steps-so-far').textContent") == "0"


def test_settings_and_weights_of_a_training_are_typed_and_undone(opened):
    window = opened("training")
    for name, text in (("lr", "0.25"), ("batch_size", "8"), ("momentum", "0.5")):
        window.click(f"document.getElementById('{name}')")
        window.run(f"void document.getElementById('{name}').select()")
        window.press(*text, "Enter")
        assert window.run(f"settings.{name}") == float(text)
    window.until("location.href.includes('lr=0.25')")
    window.run("void document.getElementById('optimizer').focus()")
    window.press("ArrowDown")
    assert window.run("settings.optimizer") == "adam"
    assert window.run("document.getElementById('momentum').disabled")
    tile = "(() => { const { x, y } = network.columns[1][2], box = document.getElementById('network')"
    tile += ".getBoundingClientRect(); return { closest: () => true, "
    window.click(f"{tile} getBoundingClientRect: () => new DOMRect(box.x + x, box.y + y, 0, 0) }} }})()")
    assert window.run("data.names[state.weight]") == "layers.0.neurons.2.b"
    window.click("document.querySelector('#one input')")
    window.run("void document.querySelector('#one input').select()")
    window.press(*"1.5")
    window.press("Enter")
    assert window.run("trainer.parameters[state.weight]") == 1.5
    window.press("Control+z")
    window.until("trainer.parameters[state.weight] !== 1.5")


def test_examples_of_a_training_are_moved_added_and_removed(opened):
    window = opened("training")
    before = window.run("trainer.examples[4].x[0]")
    window.drag(at_example(4), 40, 0)
    assert window.run("state.point") == 4
    assert window.run("trainer.examples[4].x[0]") > before
    window.click(button("Undo"))
    assert window.run("trainer.examples[4].x[0]") == before
    window.click(button("Add 1"))
    window.click("document.getElementById('plane')")
    assert window.run("`${trainer.examples.length} ${trainer.examples[40].target[0]}`") == "41 1"
    window.click(button("Remove"))
    window.click(at_example(40))
    assert window.run("trainer.examples.length") == 40


def test_runs_of_a_training_are_kept_and_its_program_is_copied(opened):
    window = opened("training")
    window.click(button("Step"))
    window.click(button("Keep this run"))
    window.click(button("Start again"))
    assert window.run("document.querySelectorAll('#curve .run').length") == 2
    window.click(button("Forget"))
    assert window.run("document.getElementById('runs').children.length") == 0
    for name, part in (("Copy as Python", "backward()"), ("Copy link", "training.html")):
        window.click(button(name))
        window.until(f"document.querySelector('dialog[open] textarea')?.value.includes({json.dumps(part)})")
        window.press("Escape")
        window.until("document.querySelector('dialog[open]') === null")


NOTEBOOK = {"draw": "g.node.result", "draw-network": "g.neuron", "player": "g.node.result", "explore": ".card.result"}


def test_what_a_notebook_shows_works_in_its_frame(window, tmp_path):
    """JupyterLab and others put this HTML into their pages: a frame that may run scripts, and nothing else."""
    outputs = [PAGES[name][0]()._repr_mimebundle_()["text/html"] for name in NOTEBOOK]
    file = tmp_path / "notebook.html"
    cells = "".join(f"<div class='output'>{each}</div>" for each in outputs)
    file.write_text(f"<!doctype html><meta charset='utf-8'><title>a notebook</title>{cells}", encoding="utf-8")
    window.go(file.as_uri())
    for frame, result in enumerate(NOTEBOOK.values()):
        box = f"document.querySelector({json.dumps(result)})?.getBoundingClientRect()"
        is_inside = f"{box}.right <= innerWidth + 1 && {box}.bottom <= innerHeight + 1"
        window.until(f"({box}?.width ?? 0) > 20 && {is_inside}", frame)
    window.run("document.getElementById('next').click()", 2)
    window.until("document.getElementById('count').textContent === '2 / 9'", 2)
    width = "document.querySelector('g.node').getBoundingClientRect().width"
    before = window.run(width, 0)
    plus = "[...document.querySelectorAll('button')].find((each) => each.textContent === '+')"
    window.run(f"{plus}.click()", 0)
    window.until(f"Math.abs({width} / {before} - 1.3) < 0.02", 0)
    field = "document.querySelector('input[type=text]')"
    window.run(f"void Object.assign({field}, {{ value: '1.5' }})", 3)
    window.run(f"void {field}.dispatchEvent(new Event('input', {{ bubbles: true }}))", 3)
    window.until("graph.data[graph.leaves[0]] === 1.5", 3)
