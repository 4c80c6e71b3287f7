"""Regression: a network learns a curve from noisy points, by full-batch, stochastic and mini-batch gradient descent.

The points lie around a curve, with noise of a known size. So we know how small the loss should become: the mean squared
error of the curve itself is the variance of the noise. A network that gets far below has learned the noise.

The loss is a mean over the points, and so is its gradient. The three ways differ in how many points one step looks at:

    full batch      all points       the gradient is exact, and there is one step in an epoch
    mini-batch      a few points     the gradient is an estimate, and there are several steps
    stochastic      a single point   the gradient is a rough guess, and there are as many steps as points

An epoch is one pass over all points. It costs about the same in all three ways. All begin with the same weights and
have the same learning rate. After every epoch the program measures the loss over all points. Many rough steps go
further than a few exact ones. But rough steps do not come to rest, so the learning rate falls in the second half.
(Robbins & Monro 1951; Bottou, Curtis & Nocedal 2018)

At the end the program names the folder with two pictures: the fits, and the losses.
"""

import argparse
import math
import random
import time
from pathlib import Path

try:
    import matplotlib
    from tqdm import tqdm
except ModuleNotFoundError as error:
    raise SystemExit(f'{error.name} is not installed. Run: python -m pip install -e ".[demos]"') from None

matplotlib.rcParams["svg.hashsalt"] = "regression"
matplotlib.rcParams["font.size"] = 13  # to be read from the last row
matplotlib.use("svg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt

from autograd import no_grad
from nn import MLP, mse_loss, optim

BLUE, ORANGE, INK, GREEN = "#2f6fad", "#b05a00", "#1f2933", "#3d8168"

NOISE = 0.15  # its standard deviation
RATE = 0.1
Points = tuple[list[float], list[float]]


def main() -> None:
    """Train three times, report, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="for points, weights and order (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/regression"), help="folder of the pictures (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="a short test with few points and epochs")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    points = noisy_points(20 if options.quick else 80, random.Random(options.seed))
    n, epochs = len(points[0]), 4 if options.quick else 600
    noise = sum((y - curve(x)) ** 2 for x, y in zip(*points, strict=True)) / n
    print(f"{n} points; the mean squared error of the curve itself, the variance of the noise, is {noise:.4f}")

    models, histories = {}, {}
    for name, batch_size in (("full batch", n), ("mini-batch", 8), ("stochastic", 1)):
        model = MLP(1, [16, 16, 1], activation="tanh", rng=random.Random(options.seed))
        begin = time.perf_counter()
        losses = train(model, points, batch_size, epochs, random.Random(options.seed), name)
        seconds = time.perf_counter() - begin
        models[name], histories[name] = model, losses
        steps = epochs * math.ceil(n / batch_size)
        print(
            f"{name:>10}: {steps:>6} steps in {seconds:4.1f} s, loss {losses[0]:.4f} at first, {losses[-1]:.4f} at last"
        )

    plot_fits(models, points, options.out / "fits.svg")
    plot_losses(histories, noise, options.out / "losses.svg")
    print(f"pictures in {options.out.resolve()}: fits.svg, losses.svg")


def curve(x: float) -> float:
    """The curve to find: a wave that becomes faster and larger."""
    return math.sin(2.2 * x + 0.6 * x * x) * (0.5 + 0.2 * x)


def noisy_points(n: int, rng: random.Random) -> Points:
    """Evenly spaced from -2 to 2, each with noise of its own."""
    xs = [-2 + 4 * i / (n - 1) for i in range(n)]
    return xs, [curve(x) + rng.gauss(0, NOISE) for x in xs]


def train(model: MLP, points: Points, batch_size: int, epochs: int, rng: random.Random, name: str) -> list[float]:
    """Steps on batches in a new order each epoch; returns the loss over all points before training and after epochs."""
    xs, ys = points
    optimizer = optim.SGD(model.parameters(), lr=RATE)
    order = list(range(len(xs)))
    losses = [loss_over_all(model, points)]
    progress = tqdm(range(epochs), desc=name, unit="epoch")
    for epoch in progress:
        optimizer.lr = RATE * min(1, 2 * (1 - epoch / epochs))  # the same, then down to 0
        rng.shuffle(order)
        for begin in range(0, len(order), batch_size):
            batch = order[begin : begin + batch_size]
            loss = mse_loss([model([xs[i]]) for i in batch], [ys[i] for i in batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(loss_over_all(model, points))
        progress.set_postfix(loss=f"{losses[-1]:.4f}")
    return losses


def loss_over_all(model: MLP, points: Points) -> float:
    """The mean squared error over all points."""
    with no_grad():
        return mse_loss([model([x]) for x in points[0]], points[1]).data


LOOKS = {"full batch": (GREEN, (0, (5, 2))), "mini-batch": (BLUE, "solid"), "stochastic": (ORANGE, (0, (1, 1.2)))}


def plot_fits(models: dict[str, MLP], points: Points, path: Path) -> None:
    """The points, the curve that they came from, and what each network made of them."""
    figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
    axes.scatter(*points, color="#9aa5b1", s=22, label="noisy points")
    xs = [-2.2 + 4.4 * i / 220 for i in range(221)]
    axes.plot(xs, [curve(x) for x in xs], color=INK, linewidth=1.2, label="the curve")
    for name, model in models.items():
        with no_grad():
            fit = [model([x]).data for x in xs]
        colour, style = LOOKS[name]
        axes.plot(xs, fit, color=colour, linestyle=style, linewidth=2.6, label=name)
    axes.set(title="The same epochs, three sizes of batch", xlabel="$x$", ylabel="$y$")
    axes.legend()
    save(figure, path)


def plot_losses(histories: dict[str, list[float]], noise: float, path: Path) -> None:
    """The loss over all points after every epoch."""
    figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
    for name, losses in reversed(histories.items()):  # the restless ones behind
        axes.semilogy(losses, color=LOOKS[name][0], linewidth=1 if name == "stochastic" else 2.4, label=name)
    axes.axhline(noise, color=INK, linestyle=":", linewidth=1.5, label="variance of the noise")
    axes.set(title="Loss over all points", xlabel="epoch", ylabel="mean squared error")
    axes.set_yticks(ticks := [0.02, 0.05, 0.1, 0.2, 0.5], [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    save(figure, path)


def save(figure: plt.Figure, path: Path) -> None:
    """Write a figure, the same at every run."""
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
