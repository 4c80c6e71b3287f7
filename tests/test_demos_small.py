"""The demos of ideas: each runs quickly where asked to, obeys its options, and shows what its docstring says."""

import math
import re
import runpy
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

import mpmath
import pytest

from autograd import engine_name
from tests.test_demos import DEMOS, run

PICTURES = {
    "first_graph.py": ["forward.svg", "graph.svg", "local_gradients.svg", "steps.html"],
    "moons.py": ["boundary.svg", "loss.svg", "network.svg", "neuron.svg"],
    "one_hidden_layer.py": ["network.svg", "gradients.svg", "graph.svg", "training.svg", "steps.html"],
    "regression.py": ["fits.svg", "losses.svg"],
    "spiral.py": ["regions.svg", "stages.svg", "losses.svg"],
    "regularisation.py": ["boundaries.svg", "losses.svg", "weights.svg"],
    "vanishing_gradients.py": ["ratios.svg", "layers.svg", "clipping.svg"],
    "optimisers.py": ["valley.svg", "valley.gif", "saddle.svg", "saddle.gif"],
}
LONG = pytest.mark.skipif(engine_name == "python", reason="takes minutes on the textbook engine")


def told(demo, *options):
    """What a demo prints, but for the times it took."""
    result = run(demo, *options)
    assert result.returncode == 0, result.stderr
    return re.sub(r"in +[\d.]+ s,", "", result.stdout)


def functions(demo):
    """The names that a demo defines, without running it."""
    return runpy.run_path(str(DEMOS / demo))


@pytest.mark.parametrize("demo", PICTURES)
def test_every_demo_runs_quickly_and_obeys_its_seed(demo, tmp_path):
    folders = [tmp_path / "new" / name for name in ("first", "again", "other")]

    def quick(out, seed):
        return told(demo, "--quick", "--seed", seed, "--out", out).replace(str(out), "the folder")

    with ThreadPoolExecutor() as side_by_side:
        first, again, other = side_by_side.map(quick, folders, ["1", "1", "2"])
    assert first == again != other
    last = first.splitlines()[-1]
    assert "in the folder: " in last
    assert {path.name for path in folders[0].iterdir()} == set(PICTURES[demo]) == set(last.split(": ")[1].split(", "))
    for picture in PICTURES[demo]:
        content = (folders[0] / picture).read_bytes()
        if picture.endswith(".svg"):
            assert ElementTree.fromstring(content).tag.endswith("svg")
            assert content == (folders[1] / picture).read_bytes()
        else:
            assert content.startswith((b"GIF89a", b"<!DOCTYPE html>", b"<!doctype html>"))


@pytest.mark.parametrize("demo", PICTURES)
def test_every_demo_tells_its_options_and_refuses_what_is_wrong(demo, tmp_path):
    (tmp_path / "file").touch()
    mistakes = [("--help",), ("--quick", "--out", tmp_path / "file"), ("--seed", "many", "--out", tmp_path)]
    with ThreadPoolExecutor() as side_by_side:
        shown, no_folder, no_seed = side_by_side.map(lambda options: run(demo, *options), mistakes)
    assert all(option in shown.stdout for option in ("--seed", "--out", "--quick"))
    assert (no_folder.returncode, no_seed.returncode) == (2, 2)
    assert "the folder of the pictures cannot be made" in no_folder.stderr
    assert "argument --seed" in no_seed.stderr


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
    text = told("one_hidden_layer.py", "--quick", "--out", tmp_path).replace("−", "-")
    table = re.findall(r"∂loss/∂(\w+) +([+-][\d.]+) +([+-][\d.]+) +([+-][\d.]+)", text)
    assert len(table) == 12
    for (_, *witnesses), slope in zip(table, slopes, strict=True):
        assert [float(number) for number in witnesses] == pytest.approx([float(slope)] * 3, abs=6e-11)
    assert f"The loss by hand and from the engine: {float(value):.10f} and {float(value):.10f}." in text
    assert float(re.search(r"are (\S+) apart at most, and", text)[1]) < 1e-15


@LONG
def test_small_batches_go_further_in_the_same_epochs(tmp_path):
    text = told("regression.py", "--out", tmp_path)
    noise = float(re.search(r"variance of the noise, is (\S+)", text)[1])
    full, mini, stochastic = (float(loss) for loss in re.findall(r"(\S+) at last", text))
    assert max(mini, stochastic) < 1.1 * noise < full / 2


@LONG
def test_the_arms_of_the_spiral_are_told_apart(tmp_path):
    text = told("spiral.py", "--out", tmp_path)
    training, held_out = (float(accuracy) for accuracy in re.findall(r"accuracy (\S+)%", text))
    assert training >= 99
    assert held_out >= 95


@LONG
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
