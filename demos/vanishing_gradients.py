"""Vanishing and exploding gradients: depth × activation × initialisation × normalisation, layer by layer.

From layer to layer the backward pass multiplies the gradient by the weights and by the slope of the activation. If
these factors are mostly below 1, the product vanishes on the way to the first layers, and they do not learn. If the
factors are mostly above 1, it explodes. The slope of the sigmoid is at most 1/4, that of tanh at most 1, that of relu 0
or 1. So the first weights matter. These four help:

    initialisation    Xavier's and He's weights keep the factors near 1, for tanh and for relu
    normalisation     between a layer and its activation the numbers are scaled to mean 0 and variance 1
    residuals         a block adds to its input, x + f(x), so that the gradient has a path around f
    clipping          before the step, gradients that are too large are scaled down together

Part 1 measures networks that have learned nothing yet, one for each combination. It takes the derivative of the loss by
the weighted sums w·x + b, and divides its size in the first hidden layer by that in the last one. Part 2 trains five
deep networks and looks at all layers before and after. Part 3 trains a network with exploding gradients, with and
without clipping. (Hochreiter 1991; Pascanu, Mikolov & Bengio 2013; Glorot & Bengio 2010; He et al. 2015 and 2016; Ioffe
& Szegedy 2015; Ba et al. 2016)

At the end the program names the folder with a picture of each part.
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

matplotlib.rcParams["svg.hashsalt"] = "vanishing_gradients"
matplotlib.rcParams["font.size"] = 13  # to be read from the last row
matplotlib.use("svg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

from autograd import Value
from nn import BatchNorm, Layer, LayerNorm, Module, Sequential, gradient_report, mse_loss, optim

BLUE, ORANGE, INK = "#2f6fad", "#b05a00", "#1f2933"
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])  # blue vanishes, orange explodes

ACTIVATIONS = ["sigmoid", "tanh", "relu"]
INITIALISATIONS = ["normal", "xavier_normal", "kaiming_normal"]
NORMALISATIONS = {"none": None, "BatchNorm": BatchNorm, "LayerNorm": LayerNorm}

Examples = tuple[list[list[float]], list[float]]


def main() -> None:
    """Measure, train, report, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="for points and weights (default: %(default)s)")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("out/vanishing_gradients"),
        help="folder of the pictures (default: %(default)s)",
    )
    parser.add_argument("--quick", action="store_true", help="a short test with narrow, shallow networks")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    width, depths, steps = (3, [2, 3], 2) if options.quick else (12, [3, 10, 20], 300)
    examples = waves(4 if options.quick else 24, random.Random(options.seed))

    print("1. The first hidden layer's gradients over the last one's, in networks that have learned nothing yet")
    ratios = measure_all(width, depths, examples, options.seed)
    for (activation, normalisation), rows in ratios.items():
        for initialisation, row in zip(INITIALISATIONS, rows, strict=True):
            shown = "   ".join(f"{depth} layers {found:.0e}" for depth, found in zip(depths, row, strict=True))
            print(f"   {activation:<8} {initialisation:<15} normalisation {normalisation:<10} {shown}")
    plot_ratios(ratios, depths, options.out / "ratios.svg")

    depth = depths[1]
    print(f"2. Networks of {depth} hidden layers, before and after {steps} steps")
    networks = contenders(width, depth, options.seed)
    trained = {name: train(model, examples, steps, name) for name, model in networks.items()}
    for name, (losses, before, after) in trained.items():
        print(f"   {name}:")
        for when, found, loss in (("before", before, losses[0]), ("after", after, losses[-1])):
            print(f"      {when}: first over last layer {ratio(found):.0e}, loss {loss:.4f}")
    plot_layers(trained, steps, options.out / "layers.svg")
    vanishing = network(width, depth, "sigmoid", "xavier_normal", None, random.Random(options.seed))
    loss = forward_backward(vanishing, examples)
    print("The report on the first of them, before:")
    print(gradient_report(vanishing, loss))

    print("3. Weights of 1.5 times He's size, so that gradients explode: their norm before the first step")
    clipped = clip_or_not(width, depth, examples, steps, options.seed)
    for name, (losses, norms) in clipped.items():
        more = "" if len(losses) > steps else ", stopped there"
        first, last = f"norm {norms[0]:.3g}, loss {losses[0]:.3g}", f"{losses[-1]:.3g}{more}"
        print(f"   {name}: {first}; after {len(losses) - 1} steps {last}")
    plot_clipping(clipped, options.out / "clipping.svg")
    print(f"pictures in {options.out.resolve()}: ratios.svg, layers.svg, clipping.svg")


def waves(n: int, rng: random.Random) -> Examples:
    """Points of the plane, each with the height of smooth hills there."""
    points = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(n)]
    return points, [math.sin(2 * x) * math.cos(y) for x, y in points]


def network(width: int, depth: int, activation: str, initialisation, normalisation, rng: random.Random) -> Sequential:
    """`depth` hidden layers of this width, each with its normalisation, if any, before its activation; one output."""
    parts: list[Module | str] = []
    for n_in in [2] + [width] * (depth - 1):
        if normalisation is None:
            parts += [Layer(n_in, width, activation, initialisation, rng)]
        else:
            parts += [Layer(n_in, width, "linear", initialisation, rng), normalisation(width), activation]
    return Sequential(*parts, Layer(width, 1, "linear", "xavier_normal", rng))


class Residual(Module):
    """x + f(x): adds to x the output of a layer that reads the normalised x."""

    def __init__(self, layer: Layer) -> None:
        self.layer, self.norm = layer, LayerNorm(len(layer.neurons))

    def __call__(self, x: list[Value]) -> list[Value]:
        """Each input plus the layer's output for it."""
        return [each + change for each, change in zip(x, self.layer(self.norm(x)), strict=True)]


def contenders(width: int, depth: int, seed: int) -> dict[str, Sequential]:
    """The networks of part 2, by name. All but one have sigmoids, because their gradients vanish most."""

    def plain(activation: str, initialisation: str, normalisation=None) -> Sequential:
        return network(width, depth, activation, initialisation, normalisation, random.Random(seed))

    rng = random.Random(seed)
    blocks = [Residual(Layer(width, width, "sigmoid", "xavier_normal", rng)) for _ in range(depth - 1)]
    first, last = Layer(2, width, "sigmoid", "xavier_normal", rng), Layer(width, 1, "linear", "xavier_normal", rng)
    return {
        "sigmoid": plain("sigmoid", "xavier_normal"),
        "relu with He's weights": plain("relu", "kaiming_normal"),
        "sigmoid with BatchNorm": plain("sigmoid", "xavier_normal", BatchNorm),
        "sigmoid with LayerNorm": plain("sigmoid", "xavier_normal", LayerNorm),
        "sigmoid, LayerNorm and residuals": Sequential(first, *blocks, LayerNorm(width), last),
    }


def forward_backward(model: Sequential, examples: Examples) -> Value:
    """The loss over all examples, after its backward pass."""
    loss = mse_loss(model(examples[0]), examples[1])
    model.zero_grad()
    loss.backward()
    return loss


def sizes(model: Sequential, loss: Value) -> list[float]:
    """The root mean square of ∂loss/∂(w·x + b), of each hidden layer."""
    return [row.deltas for row in gradient_report(model, loss).rows if row.deltas is not None][:-1]


def ratio(found: list[float]) -> float:
    """The first over the last; nan where the last is 0, because all its relus are dead."""
    return found[0] / found[-1] if found[-1] else math.nan


Ratios = dict[tuple[str, str], list[list[float]]]  # by activation and normalisation: initialisations × depths


def measure_all(width: int, depths: list[int], examples: Examples, seed: int) -> Ratios:
    """The gradients of the first hidden layer over those of the last one, for every combination."""
    combinations = [(a, n) for n in NORMALISATIONS for a in ACTIVATIONS]
    progress = tqdm(total=len(combinations) * len(INITIALISATIONS) * len(depths), desc="measuring", unit="network")
    ratios: Ratios = {}
    for activation, name in combinations:
        rows = ratios[activation, name] = [[math.nan] * len(depths) for _ in INITIALISATIONS]
        for i, initialisation in enumerate(INITIALISATIONS):
            for j, depth in enumerate(depths):
                model = network(width, depth, activation, initialisation, NORMALISATIONS[name], random.Random(seed))
                rows[i][j] = ratio(sizes(model, forward_backward(model, examples)))
                progress.update()
    progress.close()
    return ratios


Trained = tuple[list[float], list[float], list[float]]  # the losses; the sizes before and after


def train(model: Sequential, examples: Examples, steps: int, name: str) -> Trained:
    """Full-batch gradient descent with momentum."""
    optimizer = optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
    loss = forward_backward(model, examples)
    losses, before = [loss.data], sizes(model, loss)
    for _ in tqdm(range(steps), desc=name, unit="step"):
        optimizer.step()
        loss = forward_backward(model, examples)
        losses.append(loss.data)
    return losses, before, sizes(model, loss)


def clip_or_not(
    width: int, depth: int, examples: Examples, steps: int, seed: int
) -> dict[str, tuple[list[float], list[float]]]:
    """The losses, and the norms of all gradients before each step, without and with clipping."""

    def too_large(rng: random.Random, fan_in: int, fan_out: int) -> float:
        return rng.gauss(0, 1.5 * math.sqrt(2 / fan_in))

    outcomes = {}
    for name, most in (("not clipped", math.inf), ("clipped to a norm of 1", 1.0)):
        model = network(width, depth, "relu", too_large, None, random.Random(seed))
        optimizer = optim.SGD(model.parameters(), lr=0.03)
        losses, norms = [], []
        for _ in tqdm(range(steps), desc=name, unit="step"):
            try:
                losses.append(forward_backward(model, examples).data)
            except OverflowError:  # the squares are too large for a float
                losses.append(math.inf)
            if not losses[-1] < 1e100:
                break
            norms.append(math.hypot(*(p.grad for p in model.parameters())))
            if most < math.inf:
                optim.clip_grad_norm(model.parameters(), most)
            optimizer.step()
        else:
            losses.append(mse_loss(model(examples[0]), examples[1]).data)
        outcomes[name] = losses, norms
    return outcomes


def plot_ratios(ratios: Ratios, depths: list[int], path: Path) -> None:
    """A field for each combination: blue where gradients vanish, orange where they explode, white is good."""
    figure, grid = plt.subplots(3, 3, figsize=(10, 8), sharex=True, sharey=True, layout="constrained")
    for axes, ((activation, normalisation), rows) in zip(grid.flat, ratios.items(), strict=True):
        powers = [[math.nan if math.isnan(found) else math.log10(max(found, 1e-99)) for found in row] for row in rows]
        image = axes.imshow(powers, cmap=SIGNED, vmin=-10, vmax=10, aspect="auto")
        for i, row in enumerate(powers):
            for j, power in enumerate(row):
                shown = f"{power:+.1f}".replace("-", "−")
                text = "–" if math.isnan(power) else "0.0" if shown[1:] == "0.0" else shown
                colour = "white" if abs(power) > 9.3 else "black"  # whichever differs more from the shade below it
                axes.text(j, i, text, ha="center", va="center", color=colour, fontsize=16)
        axes.set_title(f"{activation}, {'no normalisation' if normalisation == 'none' else normalisation}", fontsize=13)
        axes.set_xticks(range(len(depths)), [f"{depth}" for depth in depths])
        axes.set_yticks(range(3), ["N(0, 1)", "Xavier", "He"])
    for axes in grid[-1]:
        axes.set_xlabel("hidden layers")
    bar = figure.colorbar(image, ax=grid, shrink=0.6, ticks=[-10, 0, 10], extend="both")
    bar.ax.set_yticklabels(["−10: vanishing", "0: even", "+10: exploding"])
    figure.suptitle("From the last layer to the first the gradient changes by 10 to this power")
    save(figure, path)


def plot_layers(trained: dict[str, Trained], steps: int, path: Path) -> None:
    """The gradients of all layers before and after the training, and the losses on the way."""
    figure, (before, after, losses) = plt.subplots(1, 3, figsize=(13, 5.6), layout="constrained")
    looks = [
        (INK, "o", "solid"),
        (BLUE, "s", "dashed"),
        ("#3d8168", "D", "dashdot"),
        ("#7b5ea7", "v", "dotted"),
        (ORANGE, "^", "solid"),
    ]
    for (name, (course, first, last)), (colour, marker, style) in zip(trained.items(), looks, strict=True):
        for axes, found in ((before, first), (after, last)):
            layers = range(1, len(found) + 1)
            axes.semilogy(layers, [each or math.nan for each in found], color=colour, marker=marker, linestyle=style)
        losses.semilogy(course, color=colour, linestyle=style, linewidth=2.2, label=name)
    before.set(title="before", ylabel="size of ∂loss/∂(w·x + b)")
    after.set(title=f"after {steps} steps", ylim=before.get_ylim())
    for axes in (before, after):
        axes.set_xlabel("hidden layer")
        axes.xaxis.get_major_locator().set_params(integer=True)
    losses.set(title="loss", xlabel="step")
    figure.legend(loc="outside lower center", ncols=3)
    for axes in (before, after, losses):
        axes.grid(alpha=0.3)
    save(figure, path)


def plot_clipping(clipped: dict[str, tuple[list[float], list[float]]], path: Path) -> None:
    """The losses and the norms with and without clipping."""
    figure, pair = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    for (name, both), colour, marker in zip(clipped.items(), (ORANGE, BLUE), ("o", None), strict=True):
        for axes, numbers in zip(pair, both, strict=True):
            axes.semilogy(numbers, color=colour, marker=marker, linewidth=2, label=name)
    pair[0].set(title="loss", xlabel="step", ylim=(0.1, 1e6))  # without clipping out of sight at once
    pair[1].set(title="norm of all gradients, before clipping", xlabel="step", ylim=(1, 1e7))
    for axes in pair:
        axes.grid(alpha=0.3)
    pair[0].legend()
    save(figure, path)


def save(figure: plt.Figure, path: Path) -> None:
    """Write a figure, the same at every run."""
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
