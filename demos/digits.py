"""Digits: a multi-layer perceptron reads handwritten digits, and is right on at least 95 % of images it never saw.

scikit-learn has 1,797 images. Each has 8 × 8 grey pixels: 64 numbers from 0 (paper) to 1 (ink). A fifth is held out:
the network learns nothing from these, and they show how well it reads new images. The network has 64 inputs, 64 hidden
neurons and one output for each digit. The outputs are logits: softmax makes probabilities of them, and the
cross-entropy is the surprise at the right digit. The network learns in mini-batches: it takes the gradient of 32
images, makes a step, and goes on with the next 32. After all images an epoch is over.

Two things help with new images. Label smoothing asks for a probability of 91 % at the right digit, because 64 pixels
are too few to be certain. Weight decay pulls a weight towards 0 if the images do not need it.

At the end the program names the folder with five pictures: the loss and accuracy of each epoch; the weights of each
hidden neuron as an image; images that the network read wrongly; for one of those, the places where more ink would help,
by the gradients of its pixels; and the network with the numbers of this image.
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

from autograd import Value, draw, no_grad, softmax
from nn import MLP, cross_entropy, optim

matplotlib.rcParams["svg.hashsalt"] = "digits"
matplotlib.use("svg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt
from matplotlib.colors import Colormap, LinearSegmentedColormap

BLUE, ORANGE, INK = "#2f6fad", "#b05a00", "#1f2933"
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])  # blue below 0, orange above
INKS = LinearSegmentedColormap.from_list("inks", ["white", INK])

Image = list[float]


def main() -> None:
    """Train the network, report, and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="for split, weights and order (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/digits"), help="folder of the pictures (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="a short test with a few images and 2 epochs")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    rng = random.Random(options.seed)
    training, held_out = split(digits()[: 80 if options.quick else None], rng)
    model = MLP(64, [64, 10], activation="relu", rng=rng)
    print(model)
    history = train(model, training, held_out, 2 if options.quick else 20, rng)

    wrong = [(image, digit, read) for image, digit in held_out if (read := most_likely(model, image)) != digit]
    part = 1 - len(wrong) / len(held_out)
    print(f"right on {part:.1%} of {len(held_out)} images held out, trained on {len(training)}")
    plot_history(history, options.out / "training.svg")
    plot_weights(model, options.out / "weights.svg")
    plot_mistakes(wrong, options.out / "mistakes.svg")
    image, digit = wrong[0][:2] if wrong else held_out[0]
    plot_evidence(model, image, digit, options.out / "evidence.svg")
    draw(model, x=image).save(options.out / "network.svg")
    print(f"in {options.out.resolve()}: training.svg, weights.svg, mistakes.svg, evidence.svg, network.svg")


def digits() -> list[tuple[Image, int]]:
    """The images, each 64 numbers from 0 to 1, row by row, with the digit that was meant."""
    data = load_digits()
    return list(zip((data.data / 16).tolist(), data.target.tolist(), strict=True))


def split(examples: list[tuple[Image, int]], rng: random.Random) -> tuple[list[tuple[Image, int]], ...]:
    """Four fifths of the examples for training, and one fifth held out, at random."""
    examples = rng.sample(examples, len(examples))
    cut = len(examples) // 5
    return examples[cut:], examples[:cut]


def train(
    model: MLP,
    training: list[tuple[Image, int]],
    held_out: list[tuple[Image, int]],
    epochs: int,
    rng: random.Random,
    batch: int = 32,
) -> list[tuple[float, float, float]]:
    """Learn; returns, for each epoch, the mean loss, and the accuracy on the images trained on and on those held out.

    The loss is that of each mini-batch before its step, and the first accuracy is counted on the way.
    """
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.003)
    schedule = optim.CosineAnnealingLR(optimizer, T_max=epochs)  # large steps first, small ones to settle
    history = []
    progress = tqdm(range(epochs), desc="training", unit="epoch")
    for _ in progress:
        rng.shuffle(training)  # so that each image has others in its batch in every epoch
        losses, right = 0.0, 0
        for begin in range(0, len(training), batch):
            images, labels = zip(*training[begin : begin + batch], strict=True)
            logits = [model(image) for image in images]
            loss = cross_entropy(logits, labels, label_smoothing=0.1)

            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

            losses += loss.data * len(images)
            right += sum(largest(row) == label for row, label in zip(logits, labels, strict=True))
        schedule.step()
        new = sum(most_likely(model, image) == digit for image, digit in held_out) / len(held_out)
        history.append((losses / len(training), right / len(training), new))
        progress.set_postfix(loss=f"{history[-1][0]:.4f}", held_out=f"{new:.1%}")
    return history


def largest(logits: list[Value]) -> int:
    """The class with the largest logit, which is the most likely one."""
    return max(range(len(logits)), key=lambda digit: logits[digit].data)


def most_likely(model: MLP, image: Image) -> int:
    """What the model reads in an image. It keeps no graph, because it does not learn here."""
    with no_grad():
        return largest(model(image))


def plot_history(history: list[tuple[float, float, float]], path: Path) -> None:
    """The loss, and below it both accuracies, after each epoch."""
    losses, seen, new = zip(*history, strict=True)
    epochs = range(1, len(history) + 1)
    figure, (upper, lower) = plt.subplots(2, sharex=True, figsize=(7, 5), layout="constrained")
    upper.plot(epochs, losses, color=INK)
    upper.set(title="Training", ylabel="cross-entropy (nats)")
    lower.plot(epochs, seen, color=BLUE, label="images trained on")
    lower.plot(epochs, new, color=ORANGE, label="images held out")
    lower.set(xlabel="epoch", ylabel="accuracy", ylim=(min(0.88, *seen, *new), 1.005))
    lower.yaxis.set_major_formatter("{x:.0%}")
    lower.xaxis.get_major_locator().set_params(integer=True)
    lower.legend(loc="lower right")
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})  # the same picture at every run
    plt.close(figure)


def plot_weights(model: MLP, path: Path) -> None:
    """What each hidden neuron looks for: its 64 weights as an image, orange where ink excites it, blue where not."""
    neurons = model.layers[0].neurons
    figure, axes = plt.subplots(4, 16, figsize=(9, 2.8))
    reach = max(abs(w.data) for neuron in neurons for w in neuron.w)  # one scale, so that weak neurons are pale
    for place, neuron in zip(axes.flat, neurons, strict=True):
        show(place, [w.data for w in neuron.w], SIGNED, reach)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.87)  # a constrained layout of 64 axes takes long
    figure.suptitle("The weights of the hidden neurons")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def plot_mistakes(wrong: list[tuple[Image, int, int]], path: Path) -> None:
    """The first 8 of the images that were read wrongly."""
    figure, axes = plt.subplots(1, 8, figsize=(9, 1.7), layout="constrained")
    for place in axes:
        place.set_axis_off()
    for place, (image, digit, read) in zip(axes, wrong, strict=False):
        show(place, image)
        place.set_title(f"{digit}, read as {read}", fontsize=9)
    figure.suptitle(f"{len(wrong)} images held out were read wrongly")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def plot_evidence(model: MLP, image: Image, digit: int, path: Path) -> None:
    """An image, the gradient by its pixels of the probability of the right digit, and all probabilities.

    The weights are not the only leaves of the graph: the pixels are leaves too, and have gradients.
    """
    pixels = [Value(pixel) for pixel in image]
    probabilities = softmax(model(pixels))
    probabilities[digit].backward()

    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(10, 3), layout="constrained")
    show(left, image)
    left.set_title(f"an image held out, a {digit}")
    show(middle, [pixel.grad for pixel in pixels], SIGNED, max(abs(pixel.grad) for pixel in pixels))
    middle.set_title(f"where ink speaks for a {digit} (orange)\nor against it (blue)")
    right.bar(range(10), [p.data for p in probabilities], color=[ORANGE if i == digit else BLUE for i in range(10)])
    read = max(range(10), key=lambda i: probabilities[i].data)
    verdict = "and it is one" if read == digit else f"but it is a {digit}"
    right.set(title=f"the network reads a {read},\n{verdict} (orange)", xlabel="digit", xticks=range(10), ylim=(0, 1))
    right.yaxis.set_major_formatter("{x:.0%}")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def show(axes: plt.Axes, numbers: list[float], colours: Colormap = INKS, reach: float = 1.0) -> None:
    """64 numbers as an image. reach: the number that has the full colour."""
    rows = [numbers[begin : begin + 8] for begin in range(0, 64, 8)]
    axes.imshow(rows, cmap=colours, vmin=-reach if colours is SIGNED else 0, vmax=reach)
    axes.set_axis_off()


if __name__ == "__main__":
    main()
