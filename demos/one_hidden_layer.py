"""One hidden layer by hand: every number of the forward pass, the backward pass and a step, beside those of the engine.

The network is small but has all parts: two inputs x, two hidden neurons h and two outputs o. Each neuron is the sigmoid
σ of a weighted sum. The loss is the mean squared error between the outputs and their targets t. The sigmoid σ(z) = 1 /
(1 + e⁻ᶻ) has the derivative σ(z) (1 − σ(z)). So the chain rule needs two lines for each layer:

    forward    zᵢ = Σⱼ wᵢⱼ xⱼ + bᵢ          hᵢ = σ(zᵢ)
    backward   δᵢ = ∂loss/∂hᵢ · hᵢ (1 − hᵢ)     ∂loss/∂wᵢⱼ = δᵢ xⱼ,  ∂loss/∂bᵢ = δᵢ,  ∂loss/∂xⱼ = Σᵢ δᵢ wᵢⱼ

A layer hands ∂loss/∂xⱼ to the layer before it, where it is ∂loss/∂hⱼ. So these two lines go back from the loss through
a network of any depth. (Rumelhart, Hinton & Williams 1986)

The program does this in plain Python, on floats, and prints every number. Then the engine does it again, and needs only
the forward pass. A third way moves each parameter a little, to see how the loss changes. All three agree.

At the end the program names the folder with the pictures: the network with its numbers, and with its gradients; the
graph of the loss; and the training that follows. The page steps.html plays both passes of the engine.
"""

import argparse
import math
import random
from collections.abc import Callable
from pathlib import Path

try:
    import matplotlib
    from tqdm import tqdm
except ModuleNotFoundError as error:
    raise SystemExit(f'{error.name} is not installed. Run: python -m pip install -e ".[demos]"') from None

matplotlib.rcParams["svg.hashsalt"] = "one_hidden_layer"
matplotlib.rcParams["font.size"] = 13  # to be read from the last row
matplotlib.use("svg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt

from autograd import Value, draw, explain
from nn import Layer, Sequential, mse_loss, optim

BLUE, ORANGE, INK = "#2f6fad", "#b05a00", "#1f2933"

X, TARGETS = [1.0, 0.5], [0.9, 0.2]
RATE = 0.5  # the learning rate

Tell = Callable[[str], object]

Rows = list[list[float]]  # for each neuron of a layer its weights and, at the end, its bias
FIRST: Rows = [[0.4, -0.6, 0.1], [0.7, 0.2, -0.3]]
SECOND: Rows = [[0.5, -0.8, 0.2], [-0.3, 0.9, 0.4]]

# The names of the numbers of each layer: inputs, weighted sums, outputs, weights, biases
NAMES = [("x", "z", "h", "w", "b"), ("h", "y", "o", "v", "c")]
SUBSCRIPTS = "₁₂"


def main() -> None:
    """Work by hand, compare with the engine, train, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, help="for weights drawn at random (default: those in the program)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/one_hidden_layer"), help="folder of the pictures (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="few training steps")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    layers = [FIRST, SECOND]
    if options.seed is not None:
        rng = random.Random(options.seed)
        layers = [[[round(rng.uniform(-1, 1), 1) for _ in row] for row in rows] for rows in layers]

    loss, gradients = by_hand(layers, tell=print)
    model = same_network(layers)
    error = labelled_loss(model)
    error.backward()
    compare(layers, loss, gradients, error.data, [p.grad for p in model.parameters()])

    draw(model, x=X).save(options.out / "network.svg")
    draw(model, by="grad").save(options.out / "gradients.svg")
    draw_loss(error, options.out)

    path = train(model, layers, steps=20 if options.quick else 500)
    plot(path, options.out / "training.svg")
    print(f"in {options.out.resolve()}: network.svg, gradients.svg, graph.svg, training.svg, steps.html")


def by_hand(layers: list[Rows], tell: Tell) -> tuple[float, list[Rows]]:
    """The loss, and its derivative by every weight and bias, in the shape of the layers."""
    tell(f"Given: x₁ = {X[0]}, x₂ = {X[1]}; targets t₁ = {TARGETS[0]}, t₂ = {TARGETS[1]}.")
    tell("Forward")
    inputs, outputs = [X], X
    for depth, rows in enumerate(layers):
        inputs.append(outputs := layer_forward(rows, outputs, depth, tell))
    o1, o2 = outputs
    t1, t2 = TARGETS
    loss = ((o1 - t1) ** 2 + (o2 - t2) ** 2) / 2
    tell(f"  loss = ((o₁ − t₁)² + (o₂ − t₂)²) / 2 = (({n(o1 - t1)})² + ({n(o2 - t2)})²) / 2 = {n(loss)}")

    tell("Backward")
    arriving = [o1 - t1, o2 - t2]  # ∂loss/∂o
    tell(f"  ∂loss/∂o₁ = 2 (o₁ − t₁) / 2 = {n(o1 - t1)}")
    tell(f"  ∂loss/∂o₂ = 2 (o₂ − t₂) / 2 = {n(o2 - t2)}")
    gradients: list[Rows] = []
    for depth in (1, 0):
        own, arriving = layer_backward(layers[depth], inputs[depth], inputs[depth + 1], arriving, depth, tell)
        gradients.insert(0, own)
    return loss, gradients


def layer_forward(rows: Rows, x: list[float], depth: int, tell: Tell) -> list[float]:
    """The outputs of a layer: of each neuron the sigmoid of its weighted sum."""
    x_, z, h, w, b = NAMES[depth]
    outputs = []
    for i, (w1, w2, bias) in zip(SUBSCRIPTS, rows, strict=True):
        total = w1 * x[0] + w2 * x[1] + bias
        outputs.append(1 / (1 + math.exp(-total)))
        formula = f"{w}{i}₁ {x_}₁ + {w}{i}₂ {x_}₂ + {b}{i}"
        tell(f"  {z}{i} = {formula} = {p(w1)} × {n(x[0])} + {p(w2)} × {n(x[1])} + {p(bias)} = {n(total)}")
        tell(f"  {h}{i} = σ({z}{i}) = 1 / (1 + exp({n(-total)})) = {n(outputs[-1])}")
    return outputs


def layer_backward(
    rows: Rows, x: list[float], h: list[float], arriving: list[float], depth: int, tell: Tell
) -> tuple[Rows, list[float]]:
    """From ∂loss/∂h of a layer to the gradients of its weights and biases, and to ∂loss/∂x for the layer before."""
    x_, z, h_, w, b = NAMES[depth]
    deltas = [slope * out * (1 - out) for slope, out in zip(arriving, h, strict=True)]
    own: Rows = []
    for i, slope, out, delta in zip(SUBSCRIPTS, arriving, h, deltas, strict=True):
        tell(
            f"  ∂loss/∂{z}{i} = ∂loss/∂{h_}{i} · {h_}{i} (1 − {h_}{i})"
            f" = {p(slope)} × {n(out)} × {n(1 - out)} = {n(delta)}"
        )
        for j, number in zip(SUBSCRIPTS, x, strict=True):
            product = f"{p(delta)} × {n(number)} = {n(delta * number)}"
            tell(f"    ∂loss/∂{w}{i}{j} = ∂loss/∂{z}{i} · {x_}{j} = {product}")
        tell(f"    ∂loss/∂{b}{i} = ∂loss/∂{z}{i} = {n(delta)}")
        own.append([delta * x[0], delta * x[1], delta])
    before = [deltas[0] * rows[0][j] + deltas[1] * rows[1][j] for j in (0, 1)]
    if depth == 0:
        return own, before  # the inputs are data: nothing moves them
    for j, w1, w2, slope in zip(SUBSCRIPTS, rows[0], rows[1], before, strict=False):
        tell(
            f"  ∂loss/∂{x_}{j} = ∂loss/∂{z}₁ · {w}₁{j} + ∂loss/∂{z}₂ · {w}₂{j}"
            f" = {p(deltas[0])} × {p(w1)} + {p(deltas[1])} × {p(w2)} = {n(slope)}"
        )
    return own, before


def same_network(layers: list[Rows]) -> Sequential:
    """The network of these weights and biases, for the engine."""
    model = Sequential(*[Layer(2, 2, "sigmoid", [row[:2] for row in rows]) for rows in layers])
    for layer, rows in zip(model.layers, layers, strict=True):
        for neuron, row in zip(layer.neurons, rows, strict=True):
            neuron.b.data = row[2]
    return model


def labelled_loss(model: Sequential) -> Value:
    """The loss on the engine, with the names of by_hand()."""
    signals = [Value(number) for number in X]
    for layer, (x, _, h, w, b) in zip(model.layers, NAMES, strict=True):
        outputs = layer(signals)
        for i, neuron, signal, output in zip(SUBSCRIPTS, layer.neurons, signals, outputs, strict=True):
            signal.label, output.label, neuron.b.label = f"{x}{i}", f"{h}{i}", f"{b}{i}"
            for j, weight in zip(SUBSCRIPTS, neuron.w, strict=True):
                weight.label = f"{w}{i}{j}"
        signals = outputs
    loss = mse_loss(signals, TARGETS)
    loss.label = "loss"
    return loss


def draw_loss(loss: Value, folder: Path) -> None:
    """The graph, and the page with both passes. It gets no model, so that the boxes show our labels."""
    draw(loss, direction="TB").save(folder / "graph.svg")
    explain(loss).save(folder / "steps.html")


def compare(layers: list[Rows], loss: float, gradients: list[Rows], engine_loss: float, found: list[float]) -> None:
    """Print the gradients of all parameters by hand, from the engine, and from moving each parameter a little."""
    print("Three ways to the gradients")
    print("            by hand         the engine      moved a little")
    by_hand_all, furthest = [], 0.0
    for depth, rows in enumerate(gradients):
        *_, weight, bias = NAMES[depth]
        for i, row in enumerate(rows):
            for j, gradient in enumerate(row):
                moved = [at(layers, depth, i, j, by)[0] for by in (1e-5, -1e-5)]
                nudged = (moved[0] - moved[1]) / 2e-5
                name = f"{bias}{SUBSCRIPTS[i]}" if j == 2 else f"{weight}{SUBSCRIPTS[i]}{SUBSCRIPTS[j]}"
                engine = found[len(by_hand_all)]
                by_hand_all.append(gradient)
                furthest = max(furthest, abs(nudged - gradient))
                print(f"  ∂loss/∂{name:<3} {gradient:+.10f}   {engine:+.10f}   {nudged:+.10f}".replace("-", "−"))
    apart = max(abs(a - b) for a, b in zip(by_hand_all, found, strict=True))
    print(f"The loss by hand and from the engine: {loss:.10f} and {engine_loss:.10f}.")
    print(f"By hand and from the engine the gradients are {apart:.0e} apart at most, and by moving {furthest:.0e}.")


def at(layers: list[Rows], depth: int, i: int, j: int, by: float) -> tuple[float, list[Rows]]:
    """by_hand() in silence, with one number of the network moved."""
    moved = [[list(row) for row in rows] for rows in layers]
    moved[depth][i][j] += by
    return by_hand(moved, tell=lambda line: None)


def train(model: Sequential, layers: list[Rows], steps: int) -> list[list[float]]:
    """Gradient descent by hand and by the engine side by side; returns the loss and the outputs before each step."""
    optimizer = optim.SGD(model.parameters(), lr=RATE)
    layers = [[list(row) for row in rows] for rows in layers]
    path = []
    for step in tqdm(range(steps), desc="training", unit="step"):
        _, gradients = by_hand(layers, tell=lambda line: None)
        for rows, slopes in zip(layers, gradients, strict=True):
            for row, own in zip(rows, slopes, strict=True):
                for j in range(3):
                    row[j] -= RATE * own[j]

        outputs = model(X)
        loss = mse_loss(outputs, TARGETS)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        path.append([loss.data, *(output.data for output in outputs)])
        if step == 0:
            first = mse_loss(model(X), TARGETS).data
    numbers = [number for rows in layers for row in rows for number in row]
    apart = max(abs(a - p.data) for a, p in zip(numbers, model.parameters(), strict=True))
    print(f"One step with the learning rate {RATE} takes the loss from {path[0][0]:.6f} to {first:.6f},")
    print(f"{steps} steps to {mse_loss(model(X), TARGETS).data:.2e}. By hand and by the engine the weights are then")
    print(f"{apart:.0e} apart at most.")
    return path


def plot(path: list[list[float]], file: Path) -> None:
    """The loss, and below it the outputs on the way to their targets."""
    losses, *outputs = zip(*path, strict=True)
    figure, (upper, lower) = plt.subplots(2, sharex=True, figsize=(7, 5), layout="constrained")
    upper.semilogy(losses, color=INK, linewidth=2)
    upper.set(title="Gradient descent on one example", ylabel="loss")
    for i, (output, target, colour) in enumerate(zip(outputs, TARGETS, (BLUE, ORANGE), strict=True), 1):
        lower.plot(output, color=colour, linewidth=2, label=f"output $o_{i}$")
        lower.axhline(target, color=colour, linestyle=":", linewidth=2, label=f"its target $t_{i}$")
    lower.set(xlabel="step", ylabel="output", ylim=(0, 1))
    lower.legend(ncols=2)
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
    figure.savefig(file, metadata={"Date": None})  # the same picture at every run
    plt.close(figure)


def n(number: float) -> str:
    """A number with four digits."""
    return f"{number:.4g}".replace("-", "−")


def p(number: float) -> str:
    """The same, in parentheses where it is negative, so that it can stand beside an operator."""
    return f"({n(number)})" if number < 0 else n(number)


if __name__ == "__main__":
    main()
