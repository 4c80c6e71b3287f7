"""Two moons: a network of 337 parameters learns to tell two interleaved half-circles of points apart.

Each point is a pair of numbers. Each label is -1 or 1. The network has two hidden layers of 16 neurons. It gives every
point a score, and the sign of the score is its guess. The max-margin loss asks for more than the right sign: every
score should be at least 1 away from 0. A little L2 regularisation keeps the weights small, and the boundary smooth.

At the end the program names the folder with four pictures: the decision boundary with the points, the loss and accuracy
over the steps, the trained network, and the graph of one neuron with its gradients.
"""

import argparse
import random
from pathlib import Path

try:
    import matplotlib
    import numpy as np
    from tqdm import tqdm
except ModuleNotFoundError as error:
    raise SystemExit(f'{error.name} is not installed. Run: python -m pip install -e ".[demos]"') from None

import autograd
from autograd import Value, draw, no_grad
from nn import MLP, hinge_loss, optim

matplotlib.rcParams["svg.hashsalt"] = "moons"
matplotlib.use("svg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

BLUE, ORANGE, INK = "#2f6fad", "#b05a00", "#1f2933"
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])  # blue below 0, orange above


def main() -> None:
    """Train the network, report, and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=at_least_one, help="training steps (default: 100)")
    parser.add_argument("--seed", type=seed, default=1337, help="for data and weights (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/moons"), help="folder of the pictures (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="a short test with 2 steps and a coarse picture")
    options = parser.parse_args()
    steps = options.steps or (2 if options.quick else 100)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    points, labels = two_moons(options.seed)
    model = MLP(2, [16, 16, 1], activation="relu", initialisation="uniform", rng=random.Random(options.seed))
    print(model)
    losses, accuracies = train(model, points, labels, steps)

    with no_grad():
        final = accuracy([model(point) for point in points], labels)
    print(f"after {steps} steps: loss {losses[-1]:.4f}, accuracy {final:.0%} on the {len(points)} points")
    plot_boundary(model, points, labels, 15 if options.quick else 70, options.out / "boundary.svg")
    plot_history(losses, accuracies, options.out / "loss.svg")
    draw(model, x=points[0]).save(options.out / "network.svg")
    draw_neuron(model, points, options.out / "neuron.svg")
    print(f"pictures in {options.out.resolve()}: boundary.svg, loss.svg, network.svg, neuron.svg")


def two_moons(seed: int) -> tuple[list[list[float]], list[int]]:
    """100 points of two half-circles, moved a little at random, in random order; and their labels, -1 and 1."""
    rng = np.random.RandomState(seed)
    angles = np.linspace(0, np.pi, 50)
    upper = np.column_stack([np.cos(angles), np.sin(angles)])
    lower = np.column_stack([1 - np.cos(angles), 1 - np.sin(angles) - 0.5])
    order = np.arange(100)
    rng.shuffle(order)
    points = np.concatenate([upper, lower])[order] + rng.normal(scale=0.1, size=(100, 2))
    return points.tolist(), [-1 if place < 50 else 1 for place in order]


def train(model: MLP, points: list[list[float]], labels: list[int], steps: int) -> tuple[list[float], list[float]]:
    """Forward, backward, step, again and again; returns the loss and the accuracy before each step."""
    parameters = model.parameters()
    optimizer = optim.SGD(parameters, lr=1.0)
    losses, accuracies = [], []
    progress = tqdm(range(steps), desc="training", unit="step")
    for step in progress:
        scores = [model(point) for point in points]
        regularisation = 1e-4 * autograd.dot(parameters, parameters)
        loss = hinge_loss(scores, labels) + regularisation

        optimizer.zero_grad()
        loss.backward()
        optimizer.lr = 1.0 - 0.9 * step / steps  # large steps first, small ones to settle
        optimizer.step()

        losses.append(loss.data)
        accuracies.append(accuracy(scores, labels))
        progress.set_postfix(loss=f"{losses[-1]:.4f}", accuracy=f"{accuracies[-1]:.0%}")
    return losses, accuracies


def at_least_one(text: str) -> int:
    """A whole number from 1 on, from the command line."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 on is needed, got {text!r}")
    return int(text)


def seed(text: str) -> int:
    """A whole number from 0 to 4,294,967,295, from the command line."""
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"a whole number from 0 to {2**32 - 1} is needed, got {text!r}")
    return int(text)


def accuracy(scores: list[Value], labels: list[int]) -> float:
    """The fraction of the scores that have the sign of their label, from 0 to 1."""
    right = [(score > 0) == (label > 0) for score, label in zip(scores, labels, strict=True)]
    return sum(right) / len(right)


def plot_boundary(model: MLP, points: list[list[float]], labels: list[int], fineness: int, path: Path) -> None:
    """The score over the plane, its zero line, which is the decision boundary, and the points."""
    x0, x1 = (np.linspace(min(column) - 0.4, max(column) + 0.4, fineness) for column in zip(*points, strict=True))
    with no_grad():
        scores = np.array([[model([a, b]).data for a in x0] for b in x1])
    reach = np.ceil(abs(scores).max())  # a round number, for the scale of colours
    figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
    levels = np.linspace(-reach, reach, 21)
    shades = axes.contourf(x0, x1, scores, levels, cmap=SIGNED, alpha=0.6)
    axes.contour(x0, x1, scores, [0.0], colors=INK, linewidths=2)
    for label, colour, marker in ((-1, BLUE, "o"), (1, ORANGE, "s")):
        chosen = [point for point, own in zip(points, labels, strict=True) if own == label]
        axes.scatter(
            *zip(*chosen, strict=True),
            c=colour,
            marker=marker,
            edgecolors="white",
            s=45,
            label=f"label {label:+d}".replace("-", "−"),
        )
    axes.set(title="Decision boundary: the score is 0 at the line", xlabel="x[0]", ylabel="x[1]")
    axes.legend(loc="upper right")
    figure.colorbar(shades, label="score", ticks=levels[::5])
    figure.savefig(path, metadata={"Date": None})  # the same picture at every run
    plt.close(figure)


def plot_history(losses: list[float], accuracies: list[float], path: Path) -> None:
    """The loss, and below it the accuracy, at every step."""
    figure, (upper, lower) = plt.subplots(2, sharex=True, figsize=(7, 5), layout="constrained")
    upper.semilogy(losses, color=INK, linewidth=2)
    upper.set(title="Training", ylabel="loss")
    lower.plot(accuracies, color=INK, linewidth=2)
    lower.set(xlabel="step", ylabel="accuracy", ylim=(min(accuracies) - 0.03, 1.03))
    lower.yaxis.set_major_formatter("{x:.0%}")
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})  # the same picture at every run
    plt.close(figure)


def draw_neuron(model: MLP, points: list[list[float]], path: Path) -> None:
    """The graph of a neuron of the first layer at a point where it is active, with the gradients of its output."""
    with no_grad():
        active = [(neuron, x) for neuron in model.layers[0].neurons for x in points if neuron(x) > 0]
    neuron, point = active[0]
    model.zero_grad()
    x = [Value(number, label=f"x[{i}]") for i, number in enumerate(point)]
    output = neuron(x)
    output.label = "output"
    output.backward()
    draw(output).save(path)


if __name__ == "__main__":
    main()
