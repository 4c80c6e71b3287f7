"""Optimisers: their paths over Rosenbrock's valley and past a saddle, step by step.

An optimiser knows only the gradients of the places where it has been. Two landscapes show how the optimisers differ.

Rosenbrock's valley, (1 − x)² + 100 (y − x²)², is narrow and bent. Its floor falls only slowly towards the minimum at
(1, 1). Plain gradient descent must take small steps because of the steep walls, and then creeps along the floor.
Momentum keeps a part of the last step and gathers speed on the floor. Nesterov's momentum looks one step ahead and
overshoots less. Adagrad, RMSprop and Adam divide the gradient of each parameter by a measure of its size, so that a
wall and a floor count the same. Adagrad measures all gradients so far, so it only slows down. RMSprop measures the
recent ones. Adam does so, too, and has momentum.

The saddle, x² − y² + y⁴ / 4, falls along x to (0, 0), where the gradient is 0. But this is no minimum: along y it goes
down on both sides, to −1. The paths begin so near the ridge that at first only x matters. Optimisers that divide by the
size of the gradient leave it at once. Plain gradient descent stays there long, because the gradient along y is nearly
0. (Rosenbrock 1960; Dauphin et al. 2014; for the optimisers see nn/optim.py)

The learning rates were chosen by hand, for each optimiser and each landscape. They are large, but not so large that the
first steps go up the wall on the other side.

At the end the program names the folder with two pictures of the paths and their heights, and with two animations of the
paths, valley.gif and saddle.gif.
"""

import argparse
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

try:
    import matplotlib
    import numpy as np
    from tqdm import tqdm
except ModuleNotFoundError as error:
    raise SystemExit(f'{error.name} is not installed. Run: python -m pip install -e ".[demos]"') from None

matplotlib.rcParams["svg.hashsalt"] = "optimisers"
matplotlib.rcParams["font.size"] = 13  # to be read from the last row
matplotlib.use("agg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.colors import LinearSegmentedColormap

from autograd import Value
from nn import optim

INK = "#1f2933"
FLOOR = 1e-8  # the lowest height that a picture shows
GREYS = LinearSegmentedColormap.from_list("greys", ["#ffffff", "#c3ccd5"])

Path2D = list[tuple[float, float]]


def valley(x, y):
    """Rosenbrock's valley, of numbers, Values or arrays: 0 at (1, 1), more everywhere else."""
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def saddle(x, y):
    """A saddle at (0, 0), and two minima at (0, ±√2), where it is −1."""
    return x * x - y * y + y**4 / 4


@dataclass
class Landscape:
    """A function to minimise: its start, its minima, what the picture shows, and the learning rates."""

    name: str
    height: Callable
    start: tuple[float, float]
    minima: list[tuple[float, float]]
    lowest: float
    window: tuple[float, float, float, float]
    steps: int
    rates: dict[str, float]


LANDSCAPES = [
    Landscape(
        "valley",
        valley,
        (-1.4, 1.9),
        [(1.0, 1.0)],
        0.0,
        (-1.9, 1.5, -0.6, 2.4),
        600,
        {"SGD": 0.001, "momentum": 0.0015, "Nesterov": 0.0007, "Adagrad": 0.2, "RMSprop": 0.01, "Adam": 0.1},
    ),
    Landscape(
        "saddle",
        saddle,
        (-1.5, 0.001),
        [(0.0, math.sqrt(2)), (0.0, -math.sqrt(2))],
        -1.0,
        (-1.7, 1.1, -0.5, 1.9),
        150,
        {"SGD": 0.05, "momentum": 0.02, "Nesterov": 0.02, "Adagrad": 0.3, "RMSprop": 0.03, "Adam": 0.06},
    ),
]

# Each optimiser: how it is made of the parameters and the learning rate, and its colour and dashes
OPTIMISERS = {
    "SGD": (lambda p, lr: optim.SGD(p, lr), INK, "solid"),
    "momentum": (lambda p, lr: optim.SGD(p, lr, momentum=0.9), "#2f6fad", "solid"),
    "Nesterov": (lambda p, lr: optim.SGD(p, lr, momentum=0.9, nesterov=True), "#5fa8dc", "dashed"),
    "Adagrad": (lambda p, lr: optim.Adagrad(p, lr), "#3d8168", "dashdot"),
    "RMSprop": (lambda p, lr: optim.RMSprop(p, lr, alpha=0.9), "#7b5ea7", (0, (1, 1))),
    "Adam": (lambda p, lr: optim.Adam(p, lr), "#b05a00", "solid"),
}


def main() -> None:
    """Follow every optimiser over both landscapes, report, draw and animate."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, help="for a random start nearby (default: the start in the program)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/optimisers"), help="folder of the pictures (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="a short test with few steps and frames")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    rng = random.Random(options.seed)
    for land in LANDSCAPES:
        start = land.start
        if options.seed is not None:
            start = (start[0] + rng.uniform(-0.2, 0.2), start[1] * rng.uniform(0.8, 1.2))
        steps = 20 if options.quick else land.steps
        paths = {name: follow(name, land, start, steps) for name in OPTIMISERS}
        print(f"The {land.name}, from ({start[0]:.4g}, {start[1]:.4g}), {steps} steps; its lowest is {land.lowest:g}")
        for name, path in paths.items():
            x, y = path[-1]
            print(f"  {name:<9} rate {land.rates[name]:<7g} at ({x:+.4f}, {y:+.4f}), height {land.height(x, y):+.2e}")
        plot(land, paths, options.out / f"{land.name}.svg")
        animate(land, paths, 3 if options.quick else 40, options.out / f"{land.name}.gif")
    print(f"pictures in {options.out.resolve()}: valley.svg, valley.gif, saddle.svg, saddle.gif")


def follow(name: str, land: Landscape, start: tuple[float, float], steps: int) -> Path2D:
    """Where the optimiser is before each step and after the last."""
    x, y = Value(start[0]), Value(start[1])
    make, _, _ = OPTIMISERS[name]
    optimizer = make([x, y], land.rates[name])
    path = [start]
    for _ in range(steps):
        height = land.height(x, y)
        optimizer.zero_grad()
        height.backward()
        optimizer.step()
        path.append((x.data, y.data))
    return path


def contours(axes: plt.Axes, land: Landscape) -> None:
    """The landscape from above: lines of equal height, close together near the minimum, and the minima."""
    left, right, bottom, top = land.window
    x, y = np.meshgrid(np.linspace(left, right, 160), np.linspace(bottom, top, 160))
    depth = np.log(0.02 + land.height(x, y) - land.lowest)
    axes.contourf(x, y, depth, 14, cmap=GREYS)
    axes.contour(x, y, depth, 14, colors="#8796a5", linewidths=0.5)
    for x, y in land.minima:
        axes.plot(x, y, marker="*", markersize=17, color="#f2c14e", markeredgecolor=INK)
    axes.set(xlim=(left, right), ylim=(bottom, top), xlabel="$x$", ylabel="$y$")


def plot(land: Landscape, paths: dict[str, Path2D], file: Path) -> None:
    """The paths, and beside them the height above the minimum at every step."""
    figure, (above, beside) = plt.subplots(1, 2, figsize=(12, 5.2), layout="constrained")
    contours(above, land)
    for name, path in paths.items():
        _, colour, style = OPTIMISERS[name]
        xs, ys = zip(*path, strict=True)
        above.plot(xs, ys, color=colour, linestyle=style, linewidth=1.8, label=name)
        above.plot(xs[-1], ys[-1], marker="o", markersize=6, color=colour, markeredgecolor="white")
        heights = [max(land.height(x, y) - land.lowest, FLOOR) for x, y in path]
        beside.semilogy(heights, color=colour, linestyle=style, linewidth=2, label=name)
    above.plot(*path[0], marker="o", markersize=9, color="white", markeredgecolor=INK)
    above.annotate("start", path[0], (16, -18), textcoords="offset points", color=INK)
    above.set_title(f"{len(path) - 1} steps; the star is the lowest place")
    beside.axhline(FLOOR, color=INK, linestyle=":", linewidth=1)
    beside.annotate(
        "what is lower is drawn on this line", (0, FLOOR), (4, -16), textcoords="offset points", fontsize=12
    )
    beside.set(title="Height above the lowest place", xlabel="step", ylabel="height")
    beside.set_ylim(bottom=FLOOR / 10)
    beside.grid(alpha=0.3)
    figure.legend(*beside.get_legend_handles_labels(), loc="outside lower center", ncols=6)
    figure.savefig(file, metadata={"Date": None})  # the same picture at every run
    plt.close(figure)


def animate(land: Landscape, paths: dict[str, Path2D], frames: int, file: Path) -> None:
    """The paths as they grow. Early frames are few steps apart and late ones many, because most happens early."""
    figure, axes = plt.subplots(figsize=(7, 5.2), dpi=72, layout="constrained")
    contours(axes, land)
    lines, heads = [], []
    for name in paths:
        _, colour, style = OPTIMISERS[name]
        lines += axes.plot([], [], color=colour, linestyle=style, linewidth=2, label=name)
        heads += axes.plot([], [], marker="o", markersize=9, color=colour, markeredgecolor="white")
    axes.legend(loc="upper right", framealpha=1)
    steps = len(next(iter(paths.values()))) - 1
    shown = [round(steps * (frame / (frames - 1)) ** 2) for frame in range(frames)]
    progress = tqdm(total=frames, desc=f"animating the {land.name}", unit="frame")

    def show(step: int) -> None:
        for line, head, path in zip(lines, heads, paths.values(), strict=True):
            line.set_data(*zip(*path[: step + 1], strict=True))
            head.set_data(*zip(path[step], strict=True))
        axes.set_title(f"step {step}")

    film = FuncAnimation(figure, show, shown + [steps] * (frames // 6), init_func=lambda: None, repeat=True)
    film.save(file, PillowWriter(fps=12), progress_callback=lambda i, n: progress.update(i < frames))
    progress.close()
    plt.close(figure)


if __name__ == "__main__":
    main()
