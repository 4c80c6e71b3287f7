"""Ridge: gradient descent chooses the strength of a regularisation, through a whole fit.

We fit a polynomial of degree 9 to twelve noisy points of a curve. Without a penalty it goes near every point, and is
useless between them. So ridge regression adds a penalty of λ · |weights|². If λ is too small, the polynomial fits the
noise. If λ is too large, it fits nothing. The best λ gives the best predictions at points that the fit has not seen.

To find it by gradient descent we need the derivative, with respect to λ, of the error on those points. It goes through
the fit, and the fit is itself the result of an optimisation: the weights w with ∂loss/∂w = 0. `root` solves this
equation by Newton's method. The implicit function theorem says how the solution moves with λ, and needs no step that
led there. So the whole optimisation is one operation, with a derivative like any other:

    weights = root(grad(loss), start)          the fit
    error_unseen(weights)                      what we care about
    grad of this with respect to log λ         which way to change λ

At the end the program names the folder with one picture: the fits before and after, and the error at every λ, with the
path of gradient descent.
"""

import argparse
import math
import random
from pathlib import Path

try:
    import matplotlib
    from tqdm import tqdm
except ModuleNotFoundError as error:
    raise SystemExit(f'{error.name} is not installed. Run: python -m pip install -e ".[demos]"') from None

matplotlib.rcParams["svg.hashsalt"] = "ridge"
matplotlib.use("svg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt

import autograd
from autograd import grad, root, value_and_grad

DEGREE = 9
INK, GREY, BLUE, ORANGE = "#1f2933", "#9aa1a8", "#2f6fad", "#b05a00"
Points = list[tuple[float, float]]


def main() -> None:
    """Fit, learn λ, report, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=seed, default=3, help="for the noise (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/ridge"), help="folder of the pictures (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="a short test with a few steps")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    seen, unseen = samples(random.Random(options.seed))
    path = descend(seen, unseen, steps=5 if options.quick else 40)
    first, last = path[0], path[-1]
    print(f"at first λ = {math.exp(first[0]):.3g}: mean squared error {first[1]:.4f} on the points not seen")
    print(f"after {len(path) - 1} steps λ = {math.exp(last[0]):.3g}: {last[1]:.4f}, with the derivative {last[2]:+.1e}")
    plot(seen, unseen, path, options.out / "ridge.svg")
    print(f"picture in {options.out.resolve()}: ridge.svg")


def samples(rng: random.Random) -> tuple[Points, Points]:
    """Noisy points of one curve: twelve to fit, and forty others."""

    def noisy(x: float) -> tuple[float, float]:
        return x, math.sin(3 * x) + rng.gauss(0, 0.25)

    return [noisy(-1 + 2 * i / 11) for i in range(12)], [noisy(-1 + 2 * i / 39) for i in range(40)]


def polynomial(weights, x):
    """w₀ + w₁x + w₂x² + …"""
    return autograd.dot(weights, [x**k for k in range(DEGREE + 1)])


def squared_error(weights, points):
    """The mean over the points."""
    return autograd.mean([(polynomial(weights, x) - y) ** 2 for x, y in points])


def fit(points: Points, log_strength):
    """The weights that minimise the error plus λ · |weights|²: where the gradient of both is 0."""
    strength = autograd.exp(log_strength)

    def loss(weights):
        return squared_error(weights, points) + strength * autograd.dot(weights, weights)

    return root(grad(loss), [0.0] * (DEGREE + 1))


def descend(seen: Points, unseen: Points, steps: int) -> list[tuple[float, float, float]]:
    """Gradient descent on log λ: at every step log λ, the error on the points not seen, and its derivative."""

    def error_of(log_strength):
        return squared_error(fit(seen, log_strength), unseen)

    log_strength, path = math.log(1.0), []
    for _ in tqdm(range(steps + 1), desc="turning λ", unit="step"):
        error, slope = value_and_grad(error_of)(log_strength)
        path.append((log_strength, error, slope))
        log_strength -= 20.0 * slope
    return path


def plot(seen: Points, unseen: Points, path: list[tuple[float, float, float]], file: Path) -> None:
    """Left the fits, right the error at every λ."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.8), layout="constrained")
    grid = [-1 + i / 100 for i in range(201)]
    for log_strength, colour, label in (
        (math.log(1e-9), GREY, "λ ≈ 0"),
        (path[0][0], ORANGE, "λ at first"),
        (path[-1][0], BLUE, "λ learned"),
    ):
        weights = fit(seen, log_strength)
        left.plot(grid, [polynomial(weights, x) for x in grid], color=colour, linewidth=2, label=label)
    left.scatter(*zip(*seen, strict=True), color=INK, s=30, label="seen", zorder=3)
    left.scatter(*zip(*unseen, strict=True), facecolors="none", edgecolors=INK, s=20, label="not seen")
    left.set(title="The fit", xlabel="$x$", ylabel="$y$", ylim=(-2, 2), xticks=[-1, -0.5, 0, 0.5, 1])
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=5)
    strengths = [-16 + i * 0.5 for i in range(41)]
    right.plot(
        [math.exp(s) for s in strengths],
        [squared_error(fit(seen, s), unseen) for s in strengths],
        color=GREY,
    )
    right.plot([math.exp(s) for s, _, _ in path], [error for _, error, _ in path], "o-", color=BLUE, markersize=3)
    for (s, error, _), colour, label in ((path[0], ORANGE, "at first"), (path[-1], BLUE, "learned")):
        right.plot(math.exp(s), error, "o", color=colour, markersize=9)
        right.annotate(label, (math.exp(s), error), (-10, 12), textcoords="offset points", ha="right", color=INK)
    right.set(title="The error on the points not seen", xlabel="λ", xscale="log")
    right.grid(alpha=0.3)
    figure.savefig(file, metadata={"Date": None})  # the same picture at every run
    plt.close(figure)


def seed(text: str) -> int:
    """A whole number from 0 on, from the command line."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number from 0 on is needed, got {text!r}")
    return int(text)


if __name__ == "__main__":
    main()
