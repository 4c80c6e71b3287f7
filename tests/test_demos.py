"""The demos do what their docstrings promise, as programs started from a shell."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

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
