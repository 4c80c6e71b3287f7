"""The demos do what their docstrings promise, as programs started from a shell."""

import random
import re
import runpy
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import autograd
from autograd import Value
from nn import Layer

DEMOS = Path(__file__).parent.parent / "demos"


def run(demo, *options):
    return subprocess.run([sys.executable, DEMOS / demo, *options], capture_output=True, text=True, encoding="utf-8")


def test_moons_are_told_apart_completely(tmp_path):
    result = run("moons.py", "--out", tmp_path / "new" / "folder")
    assert result.returncode == 0, result.stderr
    assert "accuracy 100% on the 100 points" in result.stdout
    assert str(tmp_path / "new" / "folder") in result.stdout
    assert "100/100" in result.stderr  # the progress bar
    assert "accuracy=100%" in result.stderr
    for picture in ("boundary.svg", "loss.svg", "network.svg", "neuron.svg"):
        assert picture in result.stdout
        assert ElementTree.parse(tmp_path / "new" / "folder" / picture).getroot().tag.endswith("svg")


def test_the_first_graph_is_drawn_and_explained(tmp_path):
    result = run("first_graph.py", "--out", tmp_path)
    assert result.returncode == 0, result.stderr
    assert "a gets 0.7864 × (−3) ≈ −2.359" in result.stdout
    # tanh(6.5 - 6) and, with the gradients of the text, tanh of what a, b and c are after the step
    assert "the loss goes from 0.4621 to 0.3710" in result.stdout
    for picture in ("forward.svg", "graph.svg", "local_gradients.svg"):
        assert ElementTree.parse(tmp_path / picture).getroot().tag.endswith("svg")
    assert "steps.html" in result.stdout
    assert "∂loss/∂v₂" in (tmp_path / "steps.html").read_text(encoding="utf-8")


def test_moons_obey_their_options(tmp_path):
    def train(*options):
        result = run("moons.py", "--steps", "2", "--out", tmp_path, *options)
        assert result.returncode == 0, result.stderr
        return result.stdout.splitlines()[1]

    assert train("--seed", "1") == train("--seed", "1")
    assert train("--seed", "1") != train("--seed", "2")
    assert train().startswith("after 2 steps")


def test_ridge_finds_the_regularisation_with_the_least_error(tmp_path):
    result = run("ridge.py", "--out", tmp_path)
    assert result.returncode == 0, result.stderr
    first, last, _ = result.stdout.splitlines()
    assert first.startswith("at first λ = 1: mean squared error 0.5055")
    slope = float(last.split("derivative ")[1])
    assert abs(slope) < 1e-4  # the bottom of the valley
    assert ElementTree.parse(tmp_path / "ridge.svg").getroot().tag.endswith("svg")
    quick = run("ridge.py", "--out", tmp_path, "--quick", "--seed", "7")
    assert "after 5 steps" in quick.stdout
    assert quick.stdout.splitlines()[0] != first
    assert all(option in run("ridge.py", "--help").stdout for option in ("--seed", "--out", "--quick"))
    (tmp_path / "file").touch()
    assert "the folder of the picture cannot be made" in run("ridge.py", "--out", tmp_path / "file").stderr


@pytest.mark.parametrize("demo", ["moons.py"])
def test_help_names_every_option(demo):
    shown = run(demo, "--help").stdout
    assert all(option in shown for option in ("--steps", "--seed", "--out"))


@pytest.mark.parametrize("steps", ["0", "-3", "many"])
def test_a_wrong_number_of_steps_is_refused(steps):
    result = run("moons.py", "--steps", steps)
    assert result.returncode == 2
    assert "argument --steps: a whole number from 1 on is needed" in result.stderr


def test_a_wrong_seed_or_folder_is_refused_in_words(tmp_path):
    assert "a whole number from 0 to 4294967295 is needed, got '-1'" in run("moons.py", "--seed=-1").stderr
    (tmp_path / "file").touch()
    assert "the folder of the pictures cannot be made" in run("moons.py", "--out", tmp_path / "file").stderr


# The networks that learn from data: with --quick they only show that they run, in seconds on either engine

LEARNERS = {
    "digits.py": ("training.svg", "weights.svg", "mistakes.svg", "evidence.svg", "network.svg"),
    "convnet.py": ("training.svg", "maps.svg", "output.svg"),
    "recurrent.py": ("loss.svg", "reach.svg", "states.svg"),
    "gpt.py": ("loss.svg", "attention.svg", "expectations.svg", "characters.svg", "graph.svg"),
    "sentiment.py": ("accuracy.svg", "contributions.svg", "words.svg"),
    "reinforce.py": ("episodes.svg", "balance.svg", "policy.svg", "network.svg"),
}
in_full = pytest.mark.skipif(autograd.engine_name == "python", reason="in full it takes minutes on the textbook engine")


@pytest.fixture
def here(monkeypatch, capsys):
    """Runs a demo as a program in this process, which saves importing all again; returns what it prints."""

    def run_here(demo, *options):
        monkeypatch.setattr(sys, "argv", [demo, *map(str, options)])
        runpy.run_path(str(DEMOS / demo), run_name="__main__")
        return capsys.readouterr().out

    return run_here


@pytest.mark.parametrize(("demo", "pictures"), LEARNERS.items())
def test_a_learner_runs_with_quick(demo, pictures, tmp_path):
    result = run(demo, "--quick", "--out", tmp_path / "new" / "folder")
    assert result.returncode == 0, result.stderr
    assert "%|" in result.stderr  # the progress bar
    assert f"in {tmp_path / 'new' / 'folder'}: {', '.join(pictures)}" in result.stdout
    for picture in pictures:
        assert ElementTree.parse(tmp_path / "new" / "folder" / picture).getroot().tag.endswith("svg")


@pytest.mark.parametrize(("demo", "pictures"), LEARNERS.items())
def test_a_learner_obeys_its_seed(demo, pictures, tmp_path, here):
    def report(seed, folder):
        return here(demo, "--quick", "--seed", seed, "--out", tmp_path / folder).splitlines()[:-1]  # without the folder

    assert report(1, "first") == report(1, "again") != report(2, "other")
    for picture in pictures:
        assert (tmp_path / "first" / picture).read_bytes() == (tmp_path / "again" / picture).read_bytes()


@pytest.mark.parametrize("demo", LEARNERS)
def test_a_learner_says_what_it_takes(demo, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    for options, status in ((["--help"], 0), (["--seed", "many"], 2), (["--out", str(tmp_path / "file")], 2)):
        monkeypatch.setattr(sys, "argv", [demo, *options])
        with pytest.raises(SystemExit) as stopped:
            runpy.run_path(str(DEMOS / demo), run_name="__main__")
        assert stopped.value.code == status
    output, errors = capsys.readouterr()
    assert all(option in output for option in ("--seed", "--out", "--quick"))
    assert "argument --seed: invalid int value: 'many'" in errors
    assert "the folder of the pictures cannot be made" in errors


def part(pattern, text):
    return float(re.search(pattern, text)[1])


@in_full
def test_digits_are_read(here, tmp_path):
    assert part(r"right on ([\d.]+)% of 359 images held out", here("digits.py", "--out", tmp_path)) >= 95


@in_full
def test_the_pole_is_balanced(here, tmp_path):
    report = here("reinforce.py", "--out", tmp_path)
    assert part(r"the last 100 had ([\d.]+) on average", report) >= 195
    assert part(r"nothing learned from them: ([\d.]+) steps on average", report) >= 195


@pytest.fixture(scope="module")
def demo():
    """What a demo defines, by the name of the file."""
    return lambda name: runpy.run_path(str(DEMOS / name))


def test_the_convolution_is_a_neuron_at_every_place(demo):
    convnet = demo("convnet.py")
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


def test_attention_and_the_transformer_do_not_look_ahead(demo):
    gpt = demo("gpt.py")
    model = gpt["GPT"](random.Random(0))
    first, other = gpt["numbered"]("anna"), gpt["numbered"]("anton")
    same = [[logit.data for logit in row] for row in model(first)[:3]]  # after . and a and n
    assert same == [[logit.data for logit in row] for row in model(other)[:3]]
    stream = model.embedded(first)
    for shares in (row for head in model.attention.shares(stream) for row in head):
        assert sum(share.data for share in shares) == pytest.approx(1)
    assert [len(row) for row in model.attention.shares(stream)[0]] == [1, 2, 3, 4, 5, 6]


def test_the_transformer_agrees_with_pytorch(demo):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
    gpt = demo("gpt.py")
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


def test_what_the_words_add_is_what_the_judgement_gains(demo):
    sentiment = demo("sentiment.py")
    model = sentiment["SlidingWindow"](9, random.Random(0))
    logit, added = sentiment["contributions"](model, [2, 3, 4, 3], steps=500)
    nothing = model.judged([[Value(0.0)] * 8 for _ in range(4)])
    assert logit == model([2, 3, 4, 3]).data
    assert sum(added) == pytest.approx(logit - nothing.data, abs=0.01)  # completeness (Sundararajan et al. 2017)


def test_the_sentences_are_balanced_and_all_different(demo):
    sentences = demo("sentiment.py")["sentences"]()
    assert len({" ".join(words) for words, _ in sentences}) == len(sentences) == 900
    assert sum(label for _, label in sentences) == 450


def test_returns_are_the_discounted_steps_to_come(demo):
    returns_of = demo("reinforce.py")["returns_of"]
    assert returns_of(3) == pytest.approx([1 + 0.99 + 0.99**2, 1 + 0.99, 1])
