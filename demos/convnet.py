"""Convnet: eight neurons slide over an image and read handwritten digits, and are right on at least 96 % of new images.

A convolution is a neuron that looks at many places. It sees 3 × 3 pixels, and says how much they look like its weights.
Then it moves on by one pixel, and does the same there. An image of 8 × 8 pixels gives 36 outputs: a map that shows
where the neuron found its shape. A shape looks the same everywhere, so the neuron learns it only once: its 10 numbers
serve at all 36 places, and backward() adds up their gradients. Max pooling then keeps the largest of each 2 × 2
outputs, because it matters that a shape is there, not on which pixel. One linear layer makes the ten logits from these.

The network has 810 parameters, a sixth of those of the perceptron in digits.py. Images and loss are the same.

At the end the program names the folder with three pictures: the loss and accuracy of each epoch; the eight neurons with
the maps that they make of an image; and the graph of one output. In the graph a pixel has the gradients of the few
places that see it, and a weight has those of all 36.
"""

import argparse
import random
from pathlib import Path

try:
    import matplotlib
    from sklearn.datasets import load_digits
    from tqdm import tqdm
except ModuleNotFoundError as error:
    raise SystemExit(f'{error.name} is not installed. Run: python -m pip install -e ".[demos,digits]"') from None

import autograd
from autograd import Value, draw, no_grad
from nn import Layer, Module, Neuron, cross_entropy, optim

matplotlib.rcParams["svg.hashsalt"] = "convnet"
matplotlib.use("svg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

BLUE, ORANGE, INK = "#2f6fad", "#b05a00", "#1f2933"
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])  # blue below 0, orange above
INKS = LinearSegmentedColormap.from_list("inks", ["white", INK])

Image = list[list[float]]  # rows of pixels
Maps = list[list[list[Value]]]  # rows of places, at each of them one number for each neuron


class Convolution(Module):
    """A layer of neurons that slides over an image. size: the width of the square of pixels that they see at a time."""

    def __init__(self, n_out: int, size: int, rng: random.Random) -> None:
        self.size = size
        self.layer = Layer(size * size, n_out, "relu", rng=rng)

    def __call__(self, image: list[list[Value]]) -> Maps:
        """What the neurons say at every place where they fit into the image."""
        places = range(len(image) - self.size + 1)
        return [[self.layer(self.window(image, row, column)) for column in places] for row in places]

    def window(self, image: list[list[Value]], row: int, column: int) -> list[Value]:
        """The pixels that are seen from one place, row by row."""
        return [pixel for line in image[row : row + self.size] for pixel in line[column : column + self.size]]


class ConvNet(Module):
    """A convolution, max pooling and a linear layer; from an image it makes the logits of the ten digits."""

    def __init__(self, rng: random.Random) -> None:
        self.convolution = Convolution(8, 3, rng)
        self.output = Layer(3 * 3 * 8, 10, rng=rng)

    def __call__(self, image: Image) -> list[Value]:
        """The ten logits."""
        pixels = [[Value(pixel) for pixel in row] for row in image]
        pooled = max_pool(self.convolution(pixels))
        return self.output([number for row in pooled for place in row for number in place])


def max_pool(maps: Maps) -> Maps:
    """The largest of each 2 × 2 outputs of a neuron: maps of half the width.

    Only the largest has a gradient, so at each place the neuron learns from the pixels it liked best.
    """
    corners = range(0, len(maps), 2)
    return [
        [
            [autograd.max(four) for four in zip(*maps[row][column : column + 2], *maps[row + 1][column : column + 2])]
            for column in corners
        ]
        for row in corners
    ]


def main() -> None:
    """Train the network, report, and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="for split, weights and order (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/convnet"), help="folder of the pictures (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="a short test with a few images and 2 epochs")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    rng = random.Random(options.seed)
    examples = digits()[: 40 if options.quick else None]
    rng.shuffle(examples)
    cut = len(examples) // 5
    held_out, training = examples[:cut], examples[cut:]
    model = ConvNet(rng)
    print(model)
    history = train(model, training, held_out, 2 if options.quick else 15, rng)

    print(f"right on {accuracy(model, held_out):.1%} of {cut} images held out, trained on {len(training)}")
    plot_history(history, options.out / "training.svg")
    plot_maps(model, *held_out[0], options.out / "maps.svg")
    draw_output(model, *held_out[0], options.out / "output.svg")
    print(f"in {options.out.resolve()}: training.svg, maps.svg, output.svg")


def digits() -> list[tuple[Image, int]]:
    """The images, 8 rows of 8 numbers from 0 (paper) to 1 (ink), with the digit that was meant."""
    data = load_digits()
    return list(zip((data.images / 16).tolist(), data.target.tolist(), strict=True))


def train(
    model: ConvNet,
    training: list[tuple[Image, int]],
    held_out: list[tuple[Image, int]],
    epochs: int,
    rng: random.Random,
    batch: int = 32,
) -> list[tuple[float, float]]:
    """Learn in mini-batches; returns, for each epoch, the mean loss, and the accuracy on the images held out."""
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.001)
    schedule = optim.CosineAnnealingLR(optimizer, T_max=epochs)  # large steps first, small ones to settle
    history = []
    progress = tqdm(range(epochs), desc="training", unit="epoch")
    for _ in progress:
        rng.shuffle(training)
        total = 0.0
        for begin in range(0, len(training), batch):
            images, labels = zip(*training[begin : begin + batch], strict=True)
            loss = cross_entropy([model(image) for image in images], labels, label_smoothing=0.1)

            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

            total += loss.data * len(images)
        schedule.step()
        history.append((total / len(training), accuracy(model, held_out)))
        progress.set_postfix(loss=f"{history[-1][0]:.4f}", held_out=f"{history[-1][1]:.1%}")
    return history


def accuracy(model: ConvNet, examples: list[tuple[Image, int]]) -> float:
    """The fraction of the images whose digit has the largest logit, from 0 to 1."""
    with no_grad():
        rows = [[logit.data for logit in model(image)] for image, _ in examples]
    return sum(row.index(max(row)) == digit for row, (_, digit) in zip(rows, examples, strict=True)) / len(examples)


def plot_history(history: list[tuple[float, float]], path: Path) -> None:
    """The loss, and below it the accuracy on the images held out, after each epoch."""
    losses, accuracies = zip(*history, strict=True)
    epochs = range(1, len(history) + 1)
    figure, (upper, lower) = plt.subplots(2, sharex=True, figsize=(7, 5), layout="constrained")
    upper.plot(epochs, losses, color=BLUE)
    upper.set(title="Training", ylabel="cross-entropy (nats)")
    lower.plot(epochs, accuracies, color=ORANGE)
    lower.set(xlabel="epoch", ylabel="accuracy on images held out", ylim=(min(0.88, *accuracies), 1.005))
    lower.yaxis.set_major_formatter("{x:.0%}")
    lower.xaxis.get_major_locator().set_params(integer=True)
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})  # the same picture at every run
    plt.close(figure)


def plot_maps(model: ConvNet, image: Image, digit: int, path: Path) -> None:
    """An image; and for each neuron its weights, its map, and the map after pooling."""
    with no_grad():
        maps = model.convolution([[Value(pixel) for pixel in row] for row in image])
        pooled = max_pool(maps)
    neurons = model.convolution.layer.neurons
    figure = plt.figure(figsize=(10, 3.6), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1, 3.2])
    axes = left.subplots()
    axes.imshow(image, cmap=INKS)
    axes.set(title=f"an image held out, a {digit}", xticks=[], yticks=[])
    rows = right.subplots(3, len(neurons))
    strongest = max(number.data for row in maps for place in row for number in place)
    for i, neuron in enumerate(neurons):
        show_weights(rows[0][i], neuron)
        for axes, layer in ((rows[1][i], maps), (rows[2][i], pooled)):
            axes.imshow([[place[i].data for place in row] for row in layer], cmap=INKS, vmin=0, vmax=strongest)
            axes.set(xticks=[], yticks=[])
    for row, what in zip(rows, ("weights,\norange > 0", "where it\nsays yes", "after\npooling"), strict=True):
        row[0].set_ylabel(what, rotation=0, ha="right", va="center")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def show_weights(axes: plt.Axes, neuron: Neuron) -> None:
    """The weights of a neuron as an image of 3 × 3, from blue over white, which is 0, to orange."""
    weights = [w.data for w in neuron.w]
    reach = max(map(abs, weights))
    axes.imshow([weights[0:3], weights[3:6], weights[6:9]], cmap=SIGNED, vmin=-reach, vmax=reach)
    axes.set(xticks=[], yticks=[])


def draw_output(model: ConvNet, image: Image, digit: int, path: Path) -> None:
    """The graph of a neuron's strongest output, with the gradients of its share in the surprise at the right digit."""
    pixels = [[Value(pixel, label=f"pixel {i},{j}") for j, pixel in enumerate(row)] for i, row in enumerate(image)]
    maps = model.convolution(pixels)
    loss = cross_entropy(model.output([n for row in max_pool(maps) for place in row for n in place]), digit)
    model.zero_grad()
    loss.backward()
    output = max((number for row in maps for place in row for number in place), key=lambda number: number.data)
    output.label = "output"
    draw(output).save(path)


if __name__ == "__main__":
    main()
