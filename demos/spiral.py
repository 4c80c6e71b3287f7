"""A spiral of three arms: a network learns three classes, by cross-entropy and mini-batches.

No straight line separates the arms, and no circle does: the network must bend its boundaries round and round. It gives
every point three scores, the logits. Softmax turns them into probabilities,

    pᵢ = exp(logitᵢ) / Σⱼ exp(logitⱼ),

and the cross-entropy is −log p of the right class: 0 for a network that is sure and right, log 3 = 1.0986 for one that
knows nothing, and without bound for one that is sure and wrong. Its gradient by the logits is simple: p − 1 for the
right class, and p for the others.

The network learns in epochs. Each epoch shuffles the points and divides them into mini-batches. Each mini-batch gives a
step of Adam, with a learning rate that falls along a cosine. A third of the points is held out. They show whether the
network has found the arms, or has only learned its points by heart.

At the end the program names the folder with three pictures: the regions in which each class wins, with the points; how
these regions grew, epoch by epoch; and the losses and accuracies.
"""

import argparse
import math
import random
from pathlib import Path

try:
    import matplotlib
    import numpy as np
    from tqdm import tqdm
except ModuleNotFoundError as error:
    raise SystemExit(f'{error.name} is not installed. Run: python -m pip install -e ".[demos]"') from None

matplotlib.rcParams["svg.hashsalt"] = "spiral"
matplotlib.rcParams["font.size"] = 13  # to be read from the last row
matplotlib.use("svg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt
from matplotlib.colors import to_rgb

from autograd import Value, no_grad, softmax
from nn import MLP, cross_entropy, optim

INK, COLOURS, MARKERS = "#1f2933", ["#2f6fad", "#b05a00", "#3d8168"], "os^"

Examples = list[tuple[list[float], int]]  # points and classes, 0 to 2


def main() -> None:
    """Train the network, report, and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="for points, weights and order (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/spiral"), help="folder of the pictures (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="a short test with few points and epochs")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    rng = random.Random(options.seed)
    examples = spiral(10 if options.quick else 100, rng)
    training, held_out = examples[len(examples) // 3 :], examples[: len(examples) // 3]
    epochs, fineness = (3, 12) if options.quick else (150, 110)
    model = MLP(2, [16, 16, 3], activation="tanh", rng=rng)
    print(model)

    stages = {0, *(round(epochs * part) for part in (0.03, 0.06, 0.1, 0.2, 1))}
    history, regions = train(model, training, held_out, epochs, stages, fineness, rng)
    loss, accuracy, unseen_loss, unseen_accuracy = history[-1]
    print(f"after {epochs} epochs: loss {loss:.4f}, accuracy {accuracy:.1%} on the {len(training)} training points,")
    print(f"loss {unseen_loss:.4f}, accuracy {unseen_accuracy:.1%} on the {len(held_out)} held-out points")

    plot_regions(regions[epochs], training, held_out, options.out / "regions.svg")
    plot_stages(regions, training, options.out / "stages.svg")
    plot_history(history, options.out / "losses.svg")
    print(f"pictures in {options.out.resolve()}: regions.svg, stages.svg, losses.svg")


def spiral(per_class: int, rng: random.Random) -> Examples:
    """Three arms from the middle outwards, with a little noise, in random order."""
    examples: Examples = []
    for c in range(3):
        for i in range(per_class):
            radius = 0.05 + 0.95 * i / (per_class - 1)
            angle = 2 * math.pi * c / 3 + 4.5 * radius + rng.gauss(0, 0.16)
            examples.append(([radius * math.cos(angle), radius * math.sin(angle)], c))
    rng.shuffle(examples)
    return examples


Measures = list[float]  # loss and accuracy on the training examples, and on the held-out ones


def train(
    model: MLP, training: Examples, held_out: Examples, epochs: int, stages: set[int], fineness: int, rng: random.Random
) -> tuple[list[Measures], dict[int, np.ndarray]]:
    """The measures after each epoch, and those before the first; and the regions after the epochs in `stages`."""
    optimizer = optim.Adam(model.parameters(), lr=0.03)
    schedule = optim.CosineAnnealingLR(optimizer, T_max=epochs, eta_min=0.0003)
    history = [[*measured(model, training), *measured(model, held_out)]]
    regions = {0: probabilities(model, fineness)}
    progress = tqdm(range(1, epochs + 1), desc="training", unit="epoch")
    for epoch in progress:
        rng.shuffle(training)
        for begin in range(0, len(training), 20):
            batch = training[begin : begin + 20]
            loss = cross_entropy([model(point) for point, _ in batch], [c for _, c in batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
        history.append([*measured(model, training), *measured(model, held_out)])
        if epoch in stages:
            regions[epoch] = probabilities(model, fineness)
        progress.set_postfix(loss=f"{history[-1][0]:.4f}", accuracy=f"{history[-1][1]:.0%}")
    return history, regions


def measured(model: MLP, examples: Examples) -> tuple[float, float]:
    """The loss on the examples, and the fraction of them, from 0 to 1, whose class has the largest logit."""
    with no_grad():
        logits: list[list[Value]] = [model(point) for point, _ in examples]
        loss = cross_entropy(logits, [c for _, c in examples]).data
    right = sum(row[c] == max(row, key=lambda logit: logit.data) for row, (_, c) in zip(logits, examples, strict=True))
    return loss, right / len(examples)


REACH = 1.25


def probabilities(model: MLP, fineness: int) -> np.ndarray:
    """The probabilities of the classes at the points of a grid, in its rows and columns."""
    line = np.linspace(-REACH, REACH, fineness)
    with no_grad():
        return np.array([[[p.data for p in softmax(model([x, y]))] for x in line] for y in line])


def show_regions(axes: plt.Axes, chances: np.ndarray) -> None:
    """The colour of the likeliest class, the paler the less sure the network is, and the boundaries."""
    own = np.array([to_rgb(colour) for colour in COLOURS])[chances.argmax(axis=2)]
    sure = np.clip((chances.max(axis=2, keepdims=True) - 1 / 3) * 1.5, 0, 1) * 0.55
    axes.imshow(1 - sure * (1 - own), origin="lower", extent=[-REACH, REACH] * 2, interpolation="bilinear")
    line = np.linspace(-REACH, REACH, len(chances))
    for c in range(3):
        ahead = chances[:, :, c] - np.delete(chances, c, axis=2).max(axis=2)
        if ahead.min() < 0 < ahead.max():
            axes.contour(line, line, ahead, [0.0], colors=INK, linewidths=1.2)


def scatter(axes: plt.Axes, examples: Examples, size: float, hollow: bool = False) -> None:
    """The points, a colour and a shape for each class."""
    for c, (colour, marker) in enumerate(zip(COLOURS, MARKERS, strict=True)):
        xs, ys = ([point[i] for point, own in examples if own == c] for i in (0, 1))
        face, edge = ("white", colour) if hollow else (colour, "white")
        axes.scatter(xs, ys, s=size, c=face, marker=marker, edgecolors=edge, linewidths=1.6 if hollow else size / 60)


def plot_regions(chances: np.ndarray, training: Examples, held_out: Examples, path: Path) -> None:
    """The regions after the training, and all points."""
    figure, axes = plt.subplots(figsize=(7, 7), layout="constrained")
    show_regions(axes, chances)
    scatter(axes, training, 40)
    scatter(axes, held_out, 34, hollow=True)
    axes.set(title="Which class wins where (hollow: held out)", xlabel="$x_0$", ylabel="$x_1$")
    save(figure, path)


def plot_stages(regions: dict[int, np.ndarray], training: Examples, path: Path) -> None:
    """The regions after more and more epochs."""
    figure, rows = plt.subplots(2, 3, figsize=(10, 7), layout="constrained")
    for axes, (epoch, chances) in zip(rows.flat, sorted(regions.items()), strict=False):
        show_regions(axes, chances)
        scatter(axes, training, 9)
        axes.set(title=f"epoch {epoch}", xticks=[], yticks=[])
    for axes in rows.flat[len(regions) :]:
        axes.set_axis_off()
    save(figure, path)


def plot_history(history: list[Measures], path: Path) -> None:
    """The losses, and below them the accuracies, after every epoch."""
    losses, accuracies, unseen_losses, unseen_accuracies = zip(*history, strict=True)
    figure, (upper, lower) = plt.subplots(2, sharex=True, figsize=(7, 5.5), layout="constrained")
    upper.semilogy(losses, color=COLOURS[0], linewidth=2, label="training")
    upper.semilogy(unseen_losses, color=COLOURS[1], linewidth=2, label="held out")
    upper.axhline(math.log(3), color=INK, linestyle=":", label="knowing nothing")
    upper.set(title="Training", ylabel="cross-entropy")
    lower.plot(accuracies, color=COLOURS[0], linewidth=2)
    lower.plot(unseen_accuracies, color=COLOURS[1], linewidth=2)
    lower.set(xlabel="epoch", ylabel="accuracy")
    lower.yaxis.set_major_formatter("{x:.0%}")
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
    upper.legend()
    save(figure, path)


def save(figure: plt.Figure, path: Path) -> None:
    """Write a figure, the same at every run."""
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
