"""Pictures of networks: a neuron, a weight, a number where each is, of models of nn and of a student's own."""

import math
import random
import re
import xml.etree.ElementTree as ElementTree

import pytest

import nn
from autograd import Value, draw
from autograd.languages import speaking
from tests.helpers.browser import load
from tests.helpers.svg import SVG, parts, texts

# Whether the picture fills the screen and each text is large and whole; in one breath, for another picture may come in
ALL_FIT = """(width) => {
    const picture = document.querySelector("#graph > svg"), texts = [...picture.querySelectorAll("text")];
    const places = texts.map((text) => text.getBoundingClientRect());
    const isGood = ({ left, right, height }) => left >= 0 && right <= width && height > 12;
    return picture.clientWidth === width && places.length > 0 && places.every(isGood);
}"""


def test_a_network_is_drawn_in_columns_with_an_edge_for_every_weight(renderer):
    model = nn.MLP(3, [4, 2], "tanh", rng=random.Random(1))
    model.layers[0].neurons[2].b.data = 0.25
    svg = draw(model).svg
    assert texts(svg, "neuron") == sorted([["b 0"]] * 5 + [["b 0.25"]])
    assert texts(svg, "input") == [["x[0]"], ["x[1]"], ["x[2]"]]
    assert len(texts(svg, "plate")) == 20  # so few are written over their lines
    weights = [float(title.split("= ")[1].split(",")[0].replace("−", "-")) for _, title, _ in parts(svg, "weight")]
    expected = [w.data for layer in model.layers for neuron in layer.neurons for w in neuron.w]
    assert sorted(weights) == pytest.approx(sorted(expected), rel=1e-3)
    headings = [lines for lines in texts(svg) if "neurons" in lines[0] or "inputs" in lines[0]]
    assert headings == [["2 neurons", "linear"], ["3 inputs"], ["4 neurons", "tanh"]]


@pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
@pytest.mark.parametrize("sizes", [(2, [1]), (2, [4, 1]), (3, [3, 3]), (4, [4, 1]), (1, [6, 1])])
def test_no_weight_is_written_over_another_or_over_a_neuron(sizes, direction):
    model = nn.MLP(*sizes, rng=random.Random(1))
    drawing = draw(model, direction=direction)
    for picture in [drawing, *([drawing.narrow] if drawing.narrow else [])]:
        apart(picture, sum(len(neuron.w) for layer in model.layers for neuron in layer.neurons))


def apart(picture, n_weights):
    svg = ElementTree.fromstring(picture.svg)

    def boxes(kind):
        for g in svg.iter(f"{SVG}g"):
            if kind & set(g.get("class", "").split()):
                path = next(each for each in g if each.tag in (f"{SVG}path", f"{SVG}ellipse"))
                if path.tag == f"{SVG}ellipse":
                    x, y, r, s = (float(path.get(name)) for name in ("cx", "cy", "rx", "ry"))
                    yield x - r, y - s, x + r, y + s
                else:
                    numbers = [float(each) for each in re.findall(r"-?[\d.]+", path.get("d"))]
                    yield min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])

    plates, circles = list(boxes({"plate"})), list(boxes({"neuron", "input"}))
    assert len(plates) == n_weights
    for i, (left, top, right, bottom) in enumerate(plates):
        for other in [*plates[:i], *circles]:
            assert other[2] <= left or right <= other[0] or other[3] <= top or bottom <= other[1]


def test_a_network_shows_what_it_makes_of_an_input():
    model = nn.MLP(2, [3, 1], "tanh", rng=random.Random(1))
    x = [0.5, -1.5]
    hidden = [neuron(x).data for neuron in model.layers[0].neurons]
    shown = {lines[0] for lines in texts(draw(model, x=x, number_format=".4g").svg, "neuron")}
    assert shown == {f"{y:.4g}".replace("-", "−") for y in [*hidden, model(x).data]}


def test_the_colours_show_gradients_on_demand():
    model = nn.Neuron(2, rng=random.Random(1))
    model([1.0, -2.0]).backward()
    colours = {
        g.find(f"{SVG}path").get("stroke")
        for g in ElementTree.fromstring(draw(model, by="grad").svg).iter(f"{SVG}g")
        if "weight" in g.get("class", "")
    }
    assert len(colours) == 2  # one weight has a gradient above 0, the other below
    with pytest.raises(ValueError, match="by must be 'data', for the weights, or 'grad'"):
        draw(model, by="size")


def test_large_layers_are_elided():
    model = nn.MLP(30, [20, 1], rng=random.Random(1))
    svg = draw(model).svg
    assert texts(svg, "more") == [["⋮"]] * 2
    headings = [lines[0] for lines in texts(svg, "heading")]
    assert headings == ["1 neuron", "20 neurons, 9 drawn", "30 inputs, 9 drawn"]
    assert len(list(parts(svg, "weight"))) == 9 * 9 + 9


def test_a_students_own_network_is_drawn_too():
    class Neuron:
        def __init__(self, n):
            self.w, self.b = [Value(0.5) for _ in range(n)], Value(0.0)

        def __call__(self, x):
            return sum((w * v for w, v in zip(self.w, x)), self.b)

    class Layer:
        def __init__(self, n, m):
            self.neurons = [Neuron(n) for _ in range(m)]

        def __call__(self, x):
            return [neuron(x) for neuron in self.neurons]

    class MLP:
        def __init__(self):
            self.layers = [Layer(2, 3), Layer(3, 1)]

        def __call__(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    assert len(list(parts(draw(MLP()).svg, "weight"))) == 9
    assert texts(draw(MLP(), x=[1.0, 2.0]).svg, "neuron")[0] == ["1.5", "b 0"]


def test_numbers_of_numpy_are_numbers():
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    model = nn.MLP(2, [1], rng=random.Random(1))
    for kind in (numpy.float64, numpy.float32, numpy.int64):
        assert draw(model, x=numpy.array([1, 2], dtype=kind)).svg == draw(model, x=[1.0, 2.0]).svg
    assert texts(draw(model, x=[math.nan, 1.0]).svg, "neuron") == [["nan", "b 0"]]


def test_layers_that_do_not_follow_each_other_are_not_passed_off_as_a_network():
    class Towers(nn.Module):
        def __init__(self):
            self.actor, self.critic = nn.Layer(4, 4), nn.Layer(4, 4)

        def __call__(self, x):
            return self.actor(x) + self.critic(x)

    assert "does more than these layers" in draw(Towers()).svg
    assert "does more" not in draw(nn.MLP(4, [4, 4])).svg


def test_a_model_that_is_no_chain_of_layers_is_refused_in_words():
    class Line(nn.Module):
        def __init__(self):
            self.slope = Value(1.0)

        def __call__(self, x):
            return self.slope * x

    class Doubled(nn.MLP):
        def __call__(self, x):
            return 2 * super().__call__(x)

    with pytest.raises(ValueError, match="Line cannot be drawn as columns of neurons"):
        draw(Line())
    ragged = nn.Layer(2, 2)
    ragged.neurons[0].w.pop()
    with pytest.raises(ValueError, match="Layer cannot be drawn as columns of neurons"):
        draw(ragged)
    assert draw(Doubled(2, [1])).svg
    with pytest.raises(
        ValueError,
        match="Doubled does more than its layers of neurons, so it cannot be drawn with an input",
    ):
        draw(Doubled(2, [1]), x=[1.0, 2.0])
    with pytest.raises(TypeError, match="draw takes a Value or a model, got type"):
        draw(nn.MLP)


def test_the_caption_writes_the_name_of_a_colour_in_it():
    for by, what in (("data", "weights"), ("grad", "gradients of the weights")):
        svg = ElementTree.fromstring(draw(nn.MLP(2, [2, 1], rng=random.Random(1)), by=by).svg)
        marks = {mark.text: mark.get("fill") for mark in svg.iter(f"{SVG}tspan")}
        assert marks == {"blue below 0": "#2f6fad", "orange above": "#b05a00"}
        caption = next(text for text in svg.iter(f"{SVG}text") if len(text))
        assert "".join(caption.itertext()) == f"lines: {what}, blue below 0, orange above, the thicker the larger"


def test_the_headings_are_told_in_the_language_of_the_reader():
    with speaking("de"):
        svg = draw(nn.MLP(2, [12, 1], "tanh", rng=random.Random(1))).svg
    assert texts(svg, "heading") == [["1 Neuron", "linear"], ["12 Neuronen, 9 gezeichnet", "tanh"], ["2 Eingaben"]]
    assert "Neuron 3 der Schicht 0" in svg


@pytest.mark.once
def test_a_phone_shows_the_whole_network_and_its_lines_have_their_colours(page, tmp_path):
    model = nn.MLP(2, [4, 1], rng=random.Random(1))
    file = draw(model).save(tmp_path / "network.html")
    page.emulate_media(reduced_motion="reduce")
    load(page, file)
    wide = page.locator("#graph > svg").bounding_box()["width"]
    assert page.locator("#graph > svg").count() == 1
    for width in (390, 1280, 390):  # turned, and turned back
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function(ALL_FIT, arg=width)
        seen = page.locator("g.weight path").evaluate_all(
            "(all) => all.map((path) => [getComputedStyle(path).stroke, path.getAttribute('stroke')])"
        )
        colours = {"#2f6fad": "rgb(47, 111, 173)", "#b05a00": "rgb(176, 90, 0)"}
        assert len(seen) == 12
        assert [stroke for stroke, _ in seen] == [colours[named] for _, named in seen]
    assert wide == 1280


@pytest.mark.parametrize("n_hidden", [1, 5, 9, 12])
def test_a_laptop_shows_a_network_of_many_layers_as_a_whole(page, tmp_path, n_hidden):
    file = draw(nn.MLP(2, [3] * n_hidden + [1], rng=random.Random(1))).save(tmp_path / "network.html")
    page.emulate_media(reduced_motion="reduce")
    load(page, file)
    columns = page.locator("#graph > svg g.heading text").all()
    places = [column.bounding_box() for column in columns]
    assert len({place["y"] for place in places[1:]}) <= 3  # one or two lines each, side by side
    assert all(place["x"] >= 0 and place["x"] + place["width"] <= 1280 for place in places)
