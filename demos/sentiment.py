"""Sentiment: is a short review good or bad? Words become numbers, and their order matters.

The file demos/data/sentiment.txt holds 900 sentences, half of them + and half -. A fifth of them is held out. Each word
gets a row of 8 numbers, its embedding. The rows are learned like any weight: backward() reaches the rows of the words
in a sentence. A word that occurs only once in the training shares a row with all unknown words.

Two models read the same sentences. The first, a bag of words, takes the mean of the rows, and one neuron judges this
mean. It learns which words are good and bad, and is right on about two thirds of the new sentences. It cannot tell "not
good" from "good, not". The second slides 16 neurons over the sentence. Each sees three words at a time, so it can learn
"not … good" or "but was dull". The largest output of each neuron counts, and one more neuron judges these 16. This
model is right on about 90 %.

The loss is the binary cross-entropy of the judgement, a logit above 0 for +. The training hides one word in five, so
that no single word decides. The decoupled weight decay of AdamW keeps the weights small.

At the end the program names the folder with three pictures: the accuracy of both models over the epochs; how much each
word of some new sentences speaks for + or for -, by its gradients; and the words as points in the plane.
"""

import argparse
import random
from collections import Counter
from pathlib import Path

try:
    import matplotlib
    import numpy as np
    from tqdm import tqdm
except ModuleNotFoundError as error:
    raise SystemExit(f'{error.name} is not installed. Run: python -m pip install -e ".[demos]"') from None

import autograd
from autograd import Value, no_grad
from nn import Embedding, Layer, Module, Neuron, binary_cross_entropy_with_logits, optim

matplotlib.rcParams["svg.hashsalt"] = "sentiment"
matplotlib.use("svg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.transforms import Bbox

BLUE, ORANGE, INK = "#2f6fad", "#b05a00", "#1f2933"
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])  # blue below 0, orange above

UNKNOWN, EDGE = 0, 1  # rows of the embedding that belong to no word
WIDTH, WINDOW = 8, 3

Example = tuple[list[str], int]  # the words, and 1 for + or 0 for -

SHOWN = [  # never trained on
    "the film was good",
    "the film was not good",
    "the cake is anything but stale",
    "the room looked ugly but was lovely",
    "the book is not only clever but also funny",
    "there was nothing wonderful about the dinner",
]


class BagOfWords(Module):
    """The mean of the words' rows, and one neuron."""

    def __init__(self, n_words: int, rng: random.Random) -> None:
        self.words = Embedding(n_words, WIDTH, rng=rng)
        self.judge = Neuron(WIDTH, rng=rng)

    def __call__(self, text: list[int]) -> Value:
        """A logit, above 0 for +."""
        return self.judged(self.words(text))

    def judged(self, rows: list[list[Value]]) -> Value:
        """The same from the rows of the words."""
        return self.judge([autograd.mean(column) for column in zip(*rows, strict=True)])


class SlidingWindow(Module):
    """Neurons that see three words at a time, the largest output of each, and one neuron that judges those."""

    def __init__(self, n_words: int, rng: random.Random) -> None:
        self.words = Embedding(n_words, WIDTH, lambda rng, *_: rng.gauss(0, 0.5), rng=rng)
        self.window = Layer(WINDOW * WIDTH, 16, "tanh", rng=rng)
        self.judge = Neuron(16, rng=rng)

    def __call__(self, text: list[int]) -> Value:
        """A logit, above 0 for +."""
        return self.judged(self.words(text))

    def judged(self, rows: list[list[Value]]) -> Value:
        """The same from the rows of the words. At both ends the window sticks out over the edge."""
        edge = [self.words(EDGE)] * (WINDOW - 1)
        rows = edge + rows + edge
        windows = [rows[begin : begin + WINDOW] for begin in range(len(rows) - WINDOW + 1)]
        outputs = [self.window([number for row in window for number in row]) for window in windows]
        return self.judge([autograd.max(column) for column in zip(*outputs, strict=True)])


Model = BagOfWords | SlidingWindow


def main() -> None:
    """Train both models, compare them, and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="for split, weights and order (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/sentiment"), help="folder of the pictures (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="a short test with a few sentences and 2 epochs")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    rng = random.Random(options.seed)
    examples = [example for example in sentences() if " ".join(example[0]) not in SHOWN]
    examples = rng.sample(examples, 60 if options.quick else len(examples))
    cut = len(examples) // 5
    held_out, training = examples[:cut], examples[cut:]
    vocabulary = known_words(training)
    print(f"{len(training)} sentences to learn from, {cut} held out, {len(vocabulary)} words known")

    n_rows, epochs = len(vocabulary) + 2, 2 if options.quick else 30
    models = {"bag of words": BagOfWords(n_rows, rng), "sliding window": SlidingWindow(n_rows, rng)}
    histories = {}
    for name, model in models.items():
        histories[name] = train(name, model, training, held_out, vocabulary, epochs, rng)
        right, known = accuracy(model, held_out, vocabulary), accuracy(model, training, vocabulary)
        print(f"{name}: right on {right:.1%} of the sentences held out, {known:.1%} of the others")
    for text in SHOWN:
        with no_grad():
            scores = [model(numbered(text.split(), vocabulary)).sigmoid().data for model in models.values()]
        print(f"  {text}: good to {scores[0]:.0%} by the bag of words, to {scores[1]:.0%} by the window")

    plot_accuracies(histories, options.out / "accuracy.svg")
    plot_contributions(models, vocabulary, options.out / "contributions.svg")
    plot_words(models["sliding window"], training, vocabulary, options.out / "words.svg")
    print(f"in {options.out.resolve()}: accuracy.svg, contributions.svg, words.svg")


def sentences() -> list[Example]:
    """The sentences of the file."""
    text = (Path(__file__).parent / "data" / "sentiment.txt").read_text(encoding="utf-8")
    return [(words, int(sign == "+")) for sign, *words in map(str.split, text.splitlines())]


def known_words(training: list[Example]) -> dict[str, int]:
    """The words that occur at least twice, each with its row in the embedding."""
    counts = Counter(word for words, _ in training for word in words)
    return {word: row for row, word in enumerate(sorted(w for w in counts if counts[w] > 1), start=2)}


def numbered(words: list[str], vocabulary: dict[str, int]) -> list[int]:
    """The rows of these words."""
    return [vocabulary.get(word, UNKNOWN) for word in words]


def train(
    name: str,
    model: Model,
    training: list[Example],
    held_out: list[Example],
    vocabulary: dict[str, int],
    epochs: int,
    rng: random.Random,
    batch: int = 20,
) -> list[float]:
    """Learn in mini-batches; returns the accuracy on the sentences held out after each epoch."""
    optimizer = optim.AdamW(model.parameters(), lr=0.02, weight_decay=0.1)
    schedule = optim.CosineAnnealingLR(optimizer, T_max=epochs)  # large steps first, small ones to settle
    training = list(training)
    accuracies = []
    progress = tqdm(range(epochs), desc=name, unit="epoch")
    for _ in progress:
        rng.shuffle(training)
        for begin in range(0, len(training), batch):
            texts, labels = zip(*training[begin : begin + batch], strict=True)
            rows = [numbered(words, vocabulary) for words in texts]
            covered = [[UNKNOWN if rng.random() < 0.2 else row for row in text] for text in rows]
            loss = binary_cross_entropy_with_logits([model(text) for text in covered], labels)

            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
        accuracies.append(accuracy(model, held_out, vocabulary))
        progress.set_postfix(loss=f"{loss.data:.3f}", held_out=f"{accuracies[-1]:.1%}")
    return accuracies


def accuracy(model: Model, examples: list[Example], vocabulary: dict[str, int]) -> float:
    """The fraction of the sentences whose logit has the right sign, from 0 to 1."""
    with no_grad():
        right = [(model(numbered(words, vocabulary)) > 0) == bool(label) for words, label in examples]
    return sum(right) / len(right)


def contributions(model: Model, text: list[int], steps: int = 20) -> tuple[float, list[float]]:
    """The logit, and what each word adds to it, by integrated gradients. (Sundararajan, Taly & Yan 2017)

    A single gradient says little where a neuron is saturated. So each row grows from zeros to its own numbers, in
    stages. At each stage a number adds its gradient times the distance that it moves. All words together add the change
    of the logit from the first stage to the last.
    """
    full = [[number.data for number in model.words(word)] for word in text]
    added = [0.0] * len(text)
    for step in range(steps):
        stage = (step + 0.5) / steps
        rows = [[Value(stage * number) for number in row] for row in full]  # leaves, not the parameters themselves
        model.judged(rows).backward()
        for i, (row, numbers) in enumerate(zip(rows, full, strict=True)):
            added[i] += sum(leaf.grad * number for leaf, number in zip(row, numbers, strict=True)) / steps
    return model(text).data, added


def plot_accuracies(histories: dict[str, list[float]], path: Path) -> None:
    """The accuracy on the sentences held out after each epoch, of both models."""
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for (name, accuracies), colour in zip(histories.items(), (BLUE, ORANGE), strict=True):
        axes.plot(range(1, len(accuracies) + 1), accuracies, color=colour, label=name)
    axes.axhline(0.5, color=INK, linestyle=":", label="guessing")
    axes.set(title="New sentences", xlabel="epoch", ylabel="accuracy on sentences held out", ylim=(0.3, 1.0))
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(loc="lower right")
    axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})  # the same picture at every run
    plt.close(figure)


def plot_contributions(models: dict[str, Model], vocabulary: dict[str, int], path: Path) -> None:
    """Some sentences and their judgements. A word is orange if it speaks for +, and blue if it speaks for -."""
    figure, axes = plt.subplots(figsize=(7.5, 5), layout="constrained")
    line = 0.0
    for text in SHOWN:
        for name, model in models.items():
            logit, parts = contributions(model, numbered(text.split(), vocabulary))
            column, reach = 16.0, max(map(abs, parts)) or 1.0
            axes.text(0, line, name, color=INK, fontsize=9, va="center")
            for word, part in zip(text.split(), parts, strict=True):
                box = {"facecolor": SIGNED(0.5 + 0.4 * part / reach), "edgecolor": "none", "boxstyle": "round,pad=0.2"}
                axes.text(column, line, word, family="monospace", fontsize=11, va="center", bbox=box)
                column += len(word) + 1.2
            axes.text(
                62, line, "+" if logit > 0 else "−", fontsize=15, va="center", color=ORANGE if logit > 0 else BLUE
            )
            line -= 1
        line -= 0.5
    axes.set(
        title="What each word adds to the judgement: orange speaks for +, blue for −",
        xlim=(0, 64),
        ylim=(line + 0.5, 1),
    )
    axes.set_axis_off()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def plot_words(model: Model, training: list[Example], vocabulary: dict[str, int], path: Path) -> None:
    """The embeddings of the fifty most common words, seen from the side where they are furthest apart.

    If two words would overlap, the picture shows the more common one. A word is orange if it is half again as common in
    + sentences as in - sentences, and blue if it is the other way round.
    """
    counts = {label: Counter(w for words, own in training for w in set(words) if own == label) for label in (0, 1)}
    common = [word for word, _ in (counts[0] + counts[1]).most_common() if word in vocabulary][:50]
    table = np.array([[number.data for number in model.words(vocabulary[word])] for word in common])
    centred = table - table.mean(0)
    plane = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T  # the two principal components
    figure, axes = plt.subplots(figsize=(9, 6), layout="constrained")
    axes.set(title="The most common words as the model knows them")
    axes.set(xlabel="first principal component", ylabel="second")
    axes.set(xlim=(plane[:, 0].min() - 0.2, plane[:, 0].max() + 0.2))
    axes.set(ylim=(plane[:, 1].min() - 0.2, plane[:, 1].max() + 0.2))
    axes.grid(alpha=0.3)
    figure.draw_without_rendering()  # now it is known where everything is
    taken: list[Bbox] = []
    for word, (x, y) in zip(common, plane, strict=True):
        good, bad = counts[1][word], counts[0][word]
        colour = ORANGE if good > 1.5 * bad else BLUE if bad > 1.5 * good else INK
        text = axes.text(
            x, y, word, color=colour, fontsize=9, ha="center", va="center", alpha=1 if colour != INK else 0.5
        )
        place = text.get_window_extent()
        if place.count_overlaps(taken):
            text.remove()
        else:
            taken.append(place)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
