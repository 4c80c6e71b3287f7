"""The demos: each runs as a program, obeys its options, writes its pictures, and shows what its docstring promises."""

import contextlib
import io
import math
import random
import re
import runpy
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import namedtuple
from functools import cache
from pathlib import Path

import mpmath
import pytest
from matplotlib.figure import Figure

import autograd
from autograd import Value
from nn import Layer

DEMOS = Path(__file__).parents[2] / "demos"
PICTURES = {
    "first_graph.py": ["forward.svg", "graph.svg", "local_gradients.svg", "steps.html"],
    "explore_chain.py": ["chain.html", "spring.html"],
    "explore_moons.py": ["moons.html", "curve.html"],
    "one_hidden_layer.py": ["network.svg", "gradients.svg", "graph.svg", "training.svg", "steps.html"],
    "regression.py": ["fits.svg", "losses.svg"],
    "moons.py": ["boundary.svg", "loss.svg", "network.svg", "neuron.svg"],
    "spiral.py": ["regions.svg", "stages.svg", "losses.svg"],
    "regularisation.py": ["boundaries.svg", "losses.svg", "weights.svg"],
    "vanishing_gradients.py": ["ratios.svg", "layers.svg", "clipping.svg"],
    "digits.py": ["training.svg", "weights.svg", "mistakes.svg", "evidence.svg", "network.svg"],
    "convnet.py": ["training.svg", "maps.svg", "output.svg"],
    "recurrent.py": ["loss.svg", "reach.svg", "states.svg"],
    "gpt.py": ["loss.svg", "attention.svg", "expectations.svg", "characters.svg", "graph.svg"],
    "sentiment.py": ["accuracy.svg", "contributions.svg", "words.svg"],
    "reinforce.py": ["episodes.svg", "balance.svg", "policy.svg", "network.svg"],
    "optimisers.py": ["valley.svg", "valley.gif", "saddle.svg", "saddle.gif"],
    "ridge.py": ["ridge.svg"],
    "beyond.py": ["seconds.svg"],
}

# what takes less than a second or two with --quick
QUICK = ["first_graph.py", "explore_chain.py", "explore_moons.py", "one_hidden_layer.py", "regression.py", "moons.py"]

on_python = autograd.engine_name == "python"
pytestmark = pytest.mark.once

Told = namedtuple("Told", "output errors status")


def full_training(test):
    """Mark what trains in full: it is slow, and on the textbook engine it takes minutes."""
    return pytest.mark.slow(
        pytest.mark.skipif(on_python, reason="in full it takes minutes on the textbook engine")(test)
    )


def started(demo, *options):
    """Runs a demo as a program in this process, which saves importing everything again."""
    output, errors, status = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", [demo, *map(str, options)])
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            try:
                runpy.run_path(str(DEMOS / demo), run_name="__main__")
            except SystemExit as stopped:
                status = stopped.code
    return Told(output.getvalue(), errors.getvalue(), status)


def report(demo, folder, *options):
    """What a demo prints, but for the folder and the times it took."""
    told = started(demo, "--out", folder, *options)
    assert told.status == 0, told.errors
    return words(told, folder)


def words(told, folder):
    return re.sub(r"in +[\d.]+ s,", "", told.output.replace(str(folder.resolve()), "the folder"))


def functions(demo):
    """The names that a demo defines, without running it."""
    return runpy.run_path(str(DEMOS / demo))


def part(pattern, text):
    return float(re.search(pattern, text)[1])


# All of them


def test_every_demo_is_tested():
    assert sorted(path.name for path in DEMOS.glob("*.py")) == sorted(PICTURES)


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The folder of the first quick run of a demo, with the seed 1, and what was told: once for several tests."""

    @cache
    def run(demo):
        folder = tmp_path_factory.mktemp("demo") / "new" / "folder"
        return folder, started(demo, "--quick", "--seed", 1, "--out", folder)

    return run


@pytest.mark.parametrize(
    "demo", [pytest.param(demo, marks=[pytest.mark.slow] * (demo not in QUICK)) for demo in PICTURES]
)
def test_every_demo_runs_quickly_and_names_its_pictures(demo, first):
    folder, told = first(demo)
    assert told.status == 0, told.errors
    assert ("%|" in told.errors) == (
        demo not in ("first_graph.py", "explore_chain.py", "explore_moons.py")
    )  # a progress bar, if it takes time
    last = told.output.splitlines()[-1]
    assert f"in {folder.resolve()}: {', '.join(PICTURES[demo])}" in last
    assert {path.name for path in folder.iterdir()} == set(PICTURES[demo])
    for picture in PICTURES[demo]:
        content = (folder / picture).read_bytes()
        if picture.endswith(".svg"):
            assert ElementTree.fromstring(content).tag.endswith("svg")
        else:
            assert content.startswith((b"GIF89a", b"<!doctype html>"))


@pytest.mark.slow
@pytest.mark.skipif(on_python, reason="what a seed decides is the same on both engines, bit for bit")
@pytest.mark.parametrize("demo", [demo for demo in PICTURES if demo != "beyond.py"])  # which tells how fast it was
def test_every_demo_obeys_its_seed(demo, first, tmp_path, monkeypatch):
    folder, told = first(demo)
    assert words(told, folder) == report(demo, tmp_path, "--quick", "--seed", 1)
    for picture in PICTURES[demo]:
        if picture.endswith(".svg"):
            assert (tmp_path / picture).read_bytes() == (folder / picture).read_bytes()
    monkeypatch.setattr(Figure, "draw", lambda figure, renderer: None)  # pictures take most of the time
    assert words(told, folder) != report(demo, tmp_path, "--quick", "--seed", 2)


@pytest.mark.parametrize("demo", PICTURES)
def test_every_demo_tells_its_options_and_refuses_what_is_wrong(demo, tmp_path):
    (tmp_path / "file").touch()
    shown, no_seed = started(demo, "--help"), started(demo, "--seed", "many", "--out", tmp_path / "none")
    no_folder = started(demo, "--quick", "--out", tmp_path / "file")
    assert (shown.status, no_seed.status, no_folder.status) == (0, 2, 2)
    assert all(option in shown.output for option in ("--seed", "--out", "--quick"))
    assert "argument --seed" in no_seed.errors
    assert re.search("the folder of the (pictures|pages) cannot be made", no_folder.errors)


# One by one: what the docstrings promise


def drawn(path):
    """The words and the colours of a picture; where they stand differs between versions of Graphviz."""
    svg = ElementTree.parse(path)
    return sorted((each.get("fill", ""), each.get("stroke", ""), "".join(each.itertext())) for each in svg.iter())


@full_training
def test_moons_are_told_apart_completely(tmp_path):
    # as a program of its own, as the README starts it
    command = [sys.executable, DEMOS / "moons.py", "--out", tmp_path]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert result.returncode == 0, result.stderr
    assert "accuracy 100% on the 100 points" in result.stdout
    assert "100/100" in result.stderr
    assert "accuracy=100%" in result.stderr
    for name in ("network", "neuron"):  # those that are not matplotlib's: if they differ, replace the kept ones
        assert drawn(tmp_path / f"{name}.svg") == drawn(DEMOS / "pictures" / f"moons-{name}.svg")


def test_the_moons_take_as_many_steps_as_are_wanted(tmp_path):
    assert report("moons.py", tmp_path, "--quick", "--steps", "3").splitlines()[1].startswith("after 3 steps")
    for steps in ("0", "-3", "many"):
        told = started("moons.py", "--steps", steps)
        assert told.status == 2
        assert "argument --steps: a whole number from 1 on is needed" in told.errors
    assert "a whole number from 0 to 4294967295 is needed, got '-1'" in started("moons.py", "--seed=-1").errors


def test_the_first_graph_is_explained(tmp_path):
    text = report("first_graph.py", tmp_path)
    assert "a gets 0.7864 × (−3) ≈ −2.359" in text
    # tanh(6.5 - 6) and, with the gradients of the text, tanh of what a, b and c are after the step
    assert "the loss goes from 0.4621 to 0.3710" in text
    assert "∂loss/∂v₂" in (tmp_path / "steps.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_what_runs_beyond_one_core_agrees_and_is_tabled(first):
    _, told = first("beyond.py")
    lines = told.output.splitlines()
    assert lines[1].split() == ["to", "start", "examples", "a", "second", "pays", "from"]
    rows = lines[2:6]
    assert [row.split(",")[0].split(" is")[0] for row in rows] == ["map", "map", "JAX", "torchrun"]
    measured = [row for row in rows if "not installed" not in row]
    assert all(re.search(r" \d+\.\d s +[\d,]+ ", row) for row in measured)
    assert lines[6] == f"{len(measured)} ways end with the same 337 parameters"


def test_a_way_pays_from_where_it_has_caught_up():
    """Nine seconds later, and twice as fast: 180 examples take 1 + 18 s, and 10 + 9 s."""
    pays_from = functions("beyond.py")["pays_from"]
    first = {"start": 1.0, "rate": 10.0}
    n = pays_from({"start": 10.0, "rate": 20.0}, first)
    assert n == pytest.approx(180)
    assert 1 + n / 10 == pytest.approx(10 + n / 20)
    assert pays_from({"start": 10.0, "rate": 9.0}, first) is None
    assert pays_from({"start": 0.5, "rate": 11.0}, first) == 0


@full_training
def test_ridge_finds_the_regularisation_with_the_least_error(tmp_path):
    first, last, _ = report("ridge.py", tmp_path).splitlines()
    assert first.startswith("at first λ = 1: mean squared error 0.5055")
    assert abs(part("derivative (.*)", last)) < 1e-4  # the bottom of the valley


@full_training
def test_digits_are_read(tmp_path):
    assert part(r"right on ([\d.]+)% of 359 images held out", report("digits.py", tmp_path)) >= 95


@full_training
def test_digits_are_read_by_few_neurons_that_slide_over_them(tmp_path):
    assert part(r"right on ([\d.]+)% of 359 images held out", report("convnet.py", tmp_path)) >= 96


@full_training
def test_the_transformer_is_less_surprised_than_2_3_nats():
    gpt, rng = functions("gpt.py"), random.Random(0)
    known = gpt["names"]()
    texts = [gpt["numbered"](name) for name in rng.sample(known, len(known))]
    held_out, training = texts[:400], texts[1000:]
    model = gpt["GPT"](rng)
    gpt["train"](model, training, held_out[:1], 1000, rng)  # half of what the program takes
    assert gpt["mean_loss"](model, held_out) < 2.3


@full_training
def test_the_windows_see_what_the_bag_of_words_cannot(tmp_path):
    bag, window = re.findall(r": right on ([\d.]+)% of the sentences held out", report("sentiment.py", tmp_path))
    assert float(bag) < 75 < 85 < float(window)


@full_training
def test_the_pole_is_balanced(tmp_path):
    text = report("reinforce.py", tmp_path)
    assert part(r"the last 100 had ([\d.]+) on average", text) >= 195
    assert part(r"nothing learned from them: ([\d.]+) steps on average", text) >= 195


def test_one_hidden_layer_tells_the_true_gradients(tmp_path):
    demo = functions("one_hidden_layer.py")
    layers = [demo["FIRST"], demo["SECOND"]]

    def loss(*numbers):
        signals = demo["X"]
        for begin in (0, 6):
            rows = [numbers[begin + 3 * i : begin + 3 * i + 3] for i in (0, 1)]
            signals = [1 / (1 + mpmath.exp(-(w1 * signals[0] + w2 * signals[1] + b))) for w1, w2, b in rows]
        return sum((o - t) ** 2 for o, t in zip(signals, demo["TARGETS"], strict=True)) / 2

    numbers = [number for rows in layers for row in rows for number in row]
    with mpmath.workdps(40):
        at = [mpmath.mpf(number) for number in numbers]
        slopes = [mpmath.diff(loss, at, tuple(int(i == j) for j in range(12))) for i in range(12)]
        value = loss(*at)
    text = report("one_hidden_layer.py", tmp_path, "--quick").replace("−", "-")
    table = re.findall(r"∂loss/∂(\w+) +([+-][\d.]+) +([+-][\d.]+) +([+-][\d.]+)", text)
    assert len(table) == 12
    for (_, *witnesses), slope in zip(table, slopes, strict=True):
        assert [float(number) for number in witnesses] == pytest.approx([float(slope)] * 3, abs=6e-11)
    assert f"The loss by hand and from the engine: {float(value):.10f} and {float(value):.10f}." in text
    assert float(re.search(r"are (\S+) apart at most, and", text)[1]) < 1e-15


@full_training
def test_small_batches_go_further_in_the_same_epochs(tmp_path):
    text = report("regression.py", tmp_path)
    noise = float(re.search(r"variance of the noise, is (\S+)", text)[1])
    full, mini, stochastic = (float(loss) for loss in re.findall(r"(\S+) at last", text))
    assert max(mini, stochastic) < 1.1 * noise < full / 2


@full_training
def test_the_arms_of_the_spiral_are_told_apart(tmp_path):
    text = report("spiral.py", tmp_path)
    training, held_out = (float(accuracy) for accuracy in re.findall(r"accuracy (\S+)%", text))
    assert training >= 99
    assert held_out >= 95


@full_training
def test_l2_predicts_held_out_points_better_than_nothing():
    demo = functions("regularisation.py")
    training, validation, held_out = demo["moons"](40, 0), demo["moons"](40, 2**32), demo["moons"](300, 2**33)
    nothing, _, l2, *_ = demo["WAYS"]
    outcomes = [demo["train"](way, training, validation, held_out, 20, 300, 0) for way in (nothing, l2)]
    losses = [demo["measured"](outcome.model, training)[0] for outcome in outcomes]
    unseen = [demo["measured"](outcome.model, held_out)[0] for outcome in outcomes]
    sizes = [math.hypot(*(w.data for w in outcome.weights)) for outcome in outcomes]
    assert losses[0] < losses[1]
    assert unseen[0] > 2 * unseen[1]
    assert sizes[0] > 2 * sizes[1]


def test_gradients_vanish_and_explode_as_told():
    demo = functions("vanishing_gradients.py")
    examples = demo["waves"](8, demo["random"].Random(0))

    def ratio(activation, initialisation, normalisation=None):
        model = demo["network"](8, 8, activation, initialisation, normalisation, demo["random"].Random(0))
        found = demo["sizes"](model, demo["forward_backward"](model, examples))
        assert len(found) == 8
        return found[0] / found[-1]

    assert ratio("sigmoid", "xavier_normal") < 0.25**7  # the bound of the slopes, and the weights are below 1
    assert ratio("relu", "normal") > 10
    assert 0.1 < ratio("tanh", "xavier_normal") < 10
    assert 0.1 < ratio("sigmoid", "xavier_normal", demo["BatchNorm"]) < 100


def test_momentum_passes_plain_descent_in_the_valley_and_all_get_past_the_saddle():
    demo = functions("optimisers.py")
    valley, saddle = demo["LANDSCAPES"]
    heights = {name: valley.height(*demo["follow"](name, valley, valley.start, 600)[-1]) for name in demo["OPTIMISERS"]}
    assert max(heights["momentum"], heights["Nesterov"], heights["Adam"]) < 0.05 < 0.5 < heights["SGD"]
    for name in demo["OPTIMISERS"]:
        x, y = demo["follow"](name, saddle, saddle.start, saddle.steps)[-1]
        assert (x, y) == pytest.approx((0, math.sqrt(2)), abs=0.05)
    at_50 = {name: demo["follow"](name, saddle, saddle.start, 50)[-1][1] for name in demo["OPTIMISERS"]}
    assert at_50["SGD"] < 0.2 < 1.2 < min(at_50["Adagrad"], at_50["RMSprop"], at_50["Adam"])


def test_the_convolution_is_a_neuron_at_every_place():
    convnet = functions("convnet.py")
    convolution = convnet["Convolution"](1, 2, random.Random(0))
    neuron = convolution.layer.neurons[0]
    for w, number in zip(neuron.w, (1.0, -1.0, 0.5, 2.0), strict=True):
        w.data = number
    maps = convolution([[Value(float(3 * row + column)) for column in range(3)] for row in range(3)])
    # by hand: pixels 0 1 / 3 4, then one to the right, then one down, then both
    assert [[place[0].data for place in row] for row in maps] == [[8.5, 11.0], [16.0, 18.5]]
    autograd.sum([place[0] for row in maps for place in row]).backward()
    assert [w.grad for w in neuron.w] == [0 + 1 + 3 + 4, 1 + 2 + 4 + 5, 3 + 4 + 6 + 7, 4 + 5 + 7 + 8]
    pooled = convnet["max_pool"](maps)
    assert [[place[0].data for place in row] for row in pooled] == [[18.5]]


def test_attention_and_the_transformer_do_not_look_ahead():
    gpt = functions("gpt.py")
    model = gpt["GPT"](random.Random(0))
    first, other = gpt["numbered"]("anna"), gpt["numbered"]("anton")
    same = [[logit.data for logit in row] for row in model(first)[:3]]  # after . and a and n
    assert same == [[logit.data for logit in row] for row in model(other)[:3]]
    stream = model.embedded(first)
    for shares in (row for head in model.attention.shares(stream) for row in head):
        assert sum(share.data for share in shares) == pytest.approx(1)
    assert [len(row) for row in model.attention.shares(stream)[0]] == [1, 2, 3, 4, 5, 6]


def test_the_transformer_agrees_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
    gpt = functions("gpt.py")
    model, text = gpt["GPT"](random.Random(0)), gpt["numbered"]("charlotte")
    for layer in (m for m in model.modules() if isinstance(m, Layer)):
        for neuron in layer.neurons:
            neuron.b.data = 0.1

    def table(rows):
        return torch.tensor([[number.data for number in row] for row in rows], dtype=torch.float64)

    def linear(layer, x):
        biases = torch.tensor([neuron.b.data for neuron in layer.neurons], dtype=torch.float64)
        return torch.nn.functional.linear(x, table([neuron.w for neuron in layer.neurons]), biases)

    def heads(x):
        return x.view(len(text), gpt["HEADS"], -1).transpose(0, 1)

    def normed(x):
        return torch.nn.functional.rms_norm(x, x.shape[-1:])

    attention = model.attention
    x = table(model.characters(text)) + table(model.positions.weight[: len(text)])
    query, key, value = (heads(linear(m, normed(x))) for m in (attention.query, attention.key, attention.value))
    mixed = torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    x = x + linear(attention.output, mixed.transpose(0, 1).reshape(x.shape))
    x = x + linear(model.down, torch.relu(linear(model.up, normed(x))))
    assert table(model(text)).numpy() == pytest.approx(linear(model.logits, normed(x)).numpy(), rel=1e-9, abs=1e-12)


def test_what_the_words_add_is_what_the_judgement_gains():
    sentiment = functions("sentiment.py")
    model = sentiment["SlidingWindow"](9, random.Random(0))
    logit, added = sentiment["contributions"](model, [2, 3, 4, 3], steps=500)
    nothing = model.judged([[Value(0.0)] * 8 for _ in range(4)])
    assert logit == model([2, 3, 4, 3]).data
    assert sum(added) == pytest.approx(logit - nothing.data, abs=0.01)  # completeness (Sundararajan et al. 2017)


def test_the_sentences_are_balanced_and_all_different():
    sentences = functions("sentiment.py")["sentences"]()
    assert len({" ".join(words) for words, _ in sentences}) == len(sentences) == 900
    assert sum(label for _, label in sentences) == 450


def test_returns_are_the_discounted_steps_to_come():
    returns_of = functions("reinforce.py")["returns_of"]
    assert returns_of(3) == pytest.approx([1 + 0.99 + 0.99**2, 1 + 0.99, 1])
