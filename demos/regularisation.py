"""Regularisation: the same network without and with L1, L2, dropout and early stopping, judged on held-out data.

Two moons overlap, and the network sees only a few points of them. It has far more weights than there are points, so it
can learn each point and its noise by heart. Then the loss on the training points falls to 0, and the loss on points
that it never saw rises. That is overfitting. Here are four ways to reduce it, each with the same points and the same
first weights:

    L1               λ Σ |w| is added to the loss      pulls every weight to 0 by the same force: most end there
    L2               λ Σ w² is added to the loss       pulls by the size of the weight: the large ones most
    dropout          at every step a random fifth of the hidden outputs is 0: no neuron can rely on one other
    early stopping   the weights of the epoch with the smallest loss on a validation set are kept

(If a relu is off at every point, only the penalty moves its weights. So with L2 some weights shrink to nearly 0, too.)
The penalties leave out the biases, because biases bend nothing. The held-out points decide nothing during the training:
early stopping has a validation set of its own. They judge the result at the end. (Tibshirani 1996; Krogh & Hertz 1992;
Srivastava et al. 2014; Prechelt 1998)

At the end the program names the folder with three pictures: the decision boundaries; the losses on training and
held-out points after each epoch; and the sizes of the weights.
"""

import argparse
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

try:
    import matplotlib
    import numpy as np
except ModuleNotFoundError as error:
    raise SystemExit(f'{error.name} is not installed. Run: python -m pip install -e ".[demos]"') from None

matplotlib.rcParams["svg.hashsalt"] = "regularisation"
matplotlib.rcParams["font.size"] = 13  # to be read from the last row
matplotlib.use("svg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

import autograd
from autograd import Value, no_grad
from nn import Dropout, History, Layer, Sequential, binary_cross_entropy_with_logits, fit, optim

BLUE, ORANGE, INK = "#2f6fad", "#b05a00", "#1f2933"
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])  # blue below 0, orange above

EVERY = 5  # epochs from one look at the held-out points to the next
Examples = list[tuple[list[float], int]]  # points and classes, 0 or 1


@dataclass
class Way:
    """A way to train: its penalty on the weights, the fraction that drops out, and whether it stops early."""

    name: str
    penalty: Callable[[list[Value]], Value | float] = lambda weights: 0.0
    dropout: float = 0.0
    patience: int | None = None


WAYS = [
    Way("nothing"),
    Way("L1", penalty=lambda weights: 0.001 * autograd.sum([abs(w) for w in weights])),
    Way("L2", penalty=lambda weights: 0.003 * autograd.dot(weights, weights)),
    Way("dropout", dropout=0.2),
    Way("early stopping", patience=40),
]


@dataclass
class Outcome:
    """The result of a way: the model, its weights, and the losses on training and held-out points, epoch by epoch."""

    model: Sequential
    weights: list[Value]
    losses: list[float]
    unseen_losses: list[float]
    kept: int  # the epoch whose weights the model has, counted from 0


def main() -> None:
    """Train in every way, report, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=seed, default=0, help="for points and weights (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/regularisation"), help="folder of the pictures (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="a short test with a small network and few epochs")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    training, validation = moons(40, options.seed), moons(20 if options.quick else 40, options.seed + 2**32)
    held_out = moons(20 if options.quick else 300, options.seed + 2**33)
    width, epochs, fineness = (4, 3, 12) if options.quick else (20, 300, 50)
    outcomes = {}
    print("                 training        held out                weights")
    print("                   loss       loss   accuracy    Σ|w|   smaller than 0.01")
    for way in WAYS:
        outcome = train(way, training, validation, held_out, width, epochs, options.seed)
        outcomes[way.name] = outcome
        loss, unseen = measured(outcome.model, training)[0], measured(outcome.model, held_out)
        sizes = [abs(w.data) for w in outcome.weights]
        small = sum(size < 0.01 for size in sizes) / len(sizes)
        print(f"{way.name:<15} {loss:8.4f}   {unseen[0]:8.4f}   {unseen[1]:8.1%} {sum(sizes):7.1f}   {small:8.0%}")

    plot_boundaries(outcomes, training, held_out[:100], fineness, options.out / "boundaries.svg")
    plot_losses(outcomes, options.out / "losses.svg")
    plot_weights(outcomes, options.out / "weights.svg")
    print(f"pictures in {options.out.resolve()}: boundaries.svg, losses.svg, weights.svg")


def seed(text: str) -> int:
    """A whole number from 0 on, from the command line."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number from 0 on is needed, got {text!r}")
    return int(text)


def moons(n: int, seed: int) -> Examples:
    """Points of two half-circles in random order, with so much noise that the half-circles overlap."""
    rng = np.random.RandomState(random.Random(seed).getrandbits(32))
    angles = np.linspace(0, np.pi, n // 2)
    upper = np.column_stack([np.cos(angles), np.sin(angles)])
    lower = np.column_stack([1 - np.cos(angles), 1 - np.sin(angles) - 0.5])
    order = np.arange(n)
    rng.shuffle(order)
    points = np.concatenate([upper, lower])[order] + rng.normal(scale=0.3, size=(n, 2))
    return [(point.tolist(), int(place >= n // 2)) for point, place in zip(points, order, strict=True)]


def train(
    way: Way, training: Examples, validation: Examples, held_out: Examples, width: int, epochs: int, seed: int
) -> Outcome:
    """The same network, with the same first weights, trained in one of the ways."""
    rng = random.Random(seed)
    layers = [Layer(2, width, "relu", rng=rng), Layer(width, width, "relu", rng=rng), Layer(width, 1, rng=rng)]
    model = Sequential(layers[0], Dropout(way.dropout, rng), layers[1], Dropout(way.dropout, rng), layers[2])
    weights = [w for layer in layers for neuron in layer.neurons for w in neuron.w]

    def loss(logits: list[Value], targets: list[int]) -> Value:
        data_loss = binary_cross_entropy_with_logits(logits, targets)
        return data_loss + way.penalty(weights) if model.training else data_loss

    outcome = Outcome(model, weights, [], [], epochs - 1)

    def measure(history: History) -> None:
        if (len(history.losses) - 1) % EVERY == 0:
            outcome.losses.append(measured(model, training)[0])
            outcome.unseen_losses.append(measured(model, held_out)[0])

    history = fit(
        model,
        loss,
        training,
        epochs=epochs,
        batch_size=10,
        optimizer=optim.Adam(model.parameters(), lr=0.01),
        validation=validation,
        patience=way.patience,
        callbacks=[measure],
        rng=random.Random(seed),
    )
    outcome.kept = history.best_epoch if way.patience else len(history.losses) - 1
    return outcome


def measured(model: Sequential, examples: Examples) -> tuple[float, float]:
    """The loss on the examples without dropout, and the fraction of them, from 0 to 1, whose class is right."""
    training = model.training
    model.eval()
    with no_grad():
        logits = model([point for point, _ in examples])
    model.train(training)
    classes = [c for _, c in examples]
    right = sum((logit > 0) == (c == 1) for logit, c in zip(logits, classes, strict=True))
    return binary_cross_entropy_with_logits(logits, classes).data, right / len(examples)


def plot_boundaries(
    outcomes: dict[str, Outcome], training: Examples, unseen: Examples, fineness: int, path: Path
) -> None:
    """The output of each network over the plane, with the points that trained it and those held out."""
    figure, rows = plt.subplots(2, 3, figsize=(10, 6.4), layout="constrained")
    x0, x1 = np.linspace(-2, 3, fineness), np.linspace(-1.8, 2.2, fineness)
    for axes, (name, outcome) in zip(rows.flat, outcomes.items(), strict=False):
        outcome.model.eval()
        with no_grad():
            scores = np.array([[outcome.model([a, b]).data for a in x0] for b in x1])
        chances = 0.5 + 0.5 * np.tanh(scores / 2)  # their sigmoid
        axes.imshow(
            chances,
            origin="lower",
            extent=[-2, 3, -1.8, 2.2],
            cmap=SIGNED,
            vmin=0,
            vmax=1,
            alpha=0.5,
            interpolation="bilinear",
        )
        if scores.min() < 0 < scores.max():  # not where the chance is 0.5: that jumps, and its line is ragged
            axes.contour(x0, x1, scores, [0.0], colors=INK, linewidths=1.8)
        for c, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "s")):
            xs, ys = ([point[i] for point, own in training if own == c] for i in (0, 1))
            axes.scatter(xs, ys, c=colour, marker=marker, edgecolors="white", s=34, linewidths=0.8, label=f"class {c}")
            xs, ys = ([point[i] for point, own in unseen if own == c] for i in (0, 1))
            look = {"facecolors": "none", "edgecolors": colour, "alpha": 1}
            axes.scatter(xs, ys, marker=marker, s=14, linewidths=0.9, label=f"class {c}, held out", **look, zorder=1)
        axes.set(title=name, xticks=[], yticks=[], aspect="auto")
    rows.flat[-1].set_axis_off()
    rows.flat[-1].legend(*rows.flat[0].get_legend_handles_labels(), loc="center", fontsize=13, markerscale=1.5)
    save(figure, path)


def plot_losses(outcomes: dict[str, Outcome], path: Path) -> None:
    """The losses on training and held-out points after every epoch."""
    figure, rows = plt.subplots(2, 3, figsize=(10, 6.4), sharex=True, sharey=True, layout="constrained")
    for axes, (name, outcome) in zip(rows.flat, outcomes.items(), strict=False):
        epochs = [EVERY * i for i in range(len(outcome.losses))]
        axes.semilogy(epochs, outcome.losses, color=BLUE, linewidth=2, label="training")
        axes.semilogy(epochs, outcome.unseen_losses, color=ORANGE, linewidth=2, label="held out")
        axes.axvline(outcome.kept, color=INK, linestyle=":", label="weights kept")
        axes.set(title=name, ylim=(0.01, 2))
        axes.grid(alpha=0.3)
    for axes in (*rows[1, :2], rows[0, 2]):
        axes.set_xlabel("epoch")
        axes.tick_params(labelbottom=True)
    for axes in rows[:, 0]:
        axes.set_ylabel("cross-entropy")
    rows.flat[-1].set_axis_off()
    rows.flat[-1].legend(*rows.flat[0].get_legend_handles_labels(), loc="center")
    save(figure, path)


def plot_weights(outcomes: dict[str, Outcome], path: Path) -> None:
    """All weights of each network, from the largest to the smallest."""
    figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
    styles = ["solid", "dashed", "solid", "dashdot", "dotted"]
    colours = [INK, BLUE, ORANGE, "#3d8168", "#7b5ea7"]
    for (name, outcome), style, colour in zip(outcomes.items(), styles, colours, strict=True):
        sizes = sorted((abs(w.data) for w in outcome.weights), reverse=True)
        axes.semilogy(sizes, linestyle=style, color=colour, linewidth=2.4, label=name)
    axes.set(title="The weights by their size", xlabel="rank of the weight", ylabel="$|w|$", ylim=(1e-5, None))
    axes.grid(alpha=0.3)
    axes.legend()
    save(figure, path)


def save(figure: plt.Figure, path: Path) -> None:
    """Write a figure, the same at every run."""
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
