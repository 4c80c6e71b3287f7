"""GPT: a transformer of one layer reads names letter by letter, and then makes up names of its own.

The model gets the letters so far, and gives every letter a probability of being the next. That is all a language model
does. This one has 4,411 parameters and 27 characters: the letters, and a dot that begins and ends a name. It reads the
names of demos/data/names.txt. The loss is the mean surprise at the letter that really came, in nats. A model that knows
nothing has log(27) = 3.30, and a table of which letter follows which has 2.45. This one gets below 2.3 on names held
out, after a minute or two on the native engine.

It has these parts. One embedding says what a letter is, another says where it stands, with 16 numbers each. Their sum
begins the stream, a list of 16 numbers for each position. Attention lets a position look back: it compares its query
with the keys of the positions so far, softmax turns the scores into shares, and the result is the mixture of their
values with these shares. Four heads do so side by side, each with 4 of the 16 numbers. Then a small perceptron works on
each position by itself. Attention and perceptron only add to the stream. This is called a residual connection, and it
gives gradients a direct path to the embeddings. RMSNorm before each of them keeps the numbers at one size. Adam trains
all parameters. (Vaswani et al. 2017; Radford et al. 2019)

At the end the program names the folder with five pictures: the loss over the steps; the letters that each head looks
back at in a name held out; what the model expected at every letter of this name; the letters as points in the plane, by
their embeddings; and the graph of the loss for a name of two letters, with a box for each part of the model.
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

import autograd
from autograd import Value, draw, no_grad, softmax
from nn import Embedding, Layer, Module, RMSNorm, cross_entropy, optim

matplotlib.rcParams["svg.hashsalt"] = "gpt"
matplotlib.use("svg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

BLUE, ORANGE, INK = "#2f6fad", "#b05a00", "#1f2933"
BLUES = LinearSegmentedColormap.from_list("blues", ["white", BLUE])

CHARACTERS = ".abcdefghijklmnopqrstuvwxyz"
WIDTH, HEADS = 16, 4
LONGEST = 16  # the dot and 15 letters

Stream = list[list[Value]]  # for each position of the text WIDTH numbers


class Attention(Module):
    """Every position mixes the values of the positions up to itself, by how well their keys match its query."""

    def __init__(self, rng: random.Random) -> None:
        self.query, self.key, self.value, self.output = (Layer(WIDTH, WIDTH, rng=rng) for _ in range(4))

    def __call__(self, stream: Stream) -> Stream:
        """What each position gets from those before it, and from itself."""
        values = [self.value(x) for x in stream]
        mixtures: Stream = [[] for _ in stream]
        for head, shares in zip(parts(), self.shares(stream), strict=True):
            for mixture, share in zip(mixtures, shares, strict=True):
                columns = zip(*[value[head] for value in values[: len(share)]], strict=True)
                mixture += [autograd.dot(share, column) for column in columns]
        return [self.output(mixture) for mixture in mixtures]

    def shares(self, stream: Stream) -> list[Stream]:
        """For each head, and for each position, the shares of the positions up to it; they sum to 1."""
        queries, keys = [self.query(x) for x in stream], [self.key(x) for x in stream]
        size = WIDTH // HEADS
        return [
            [
                # divided by √size, so that a larger head does not make sharper shares
                softmax(
                    [score / math.sqrt(size) for score in autograd.linear([k[head] for k in keys[: t + 1]], q[head])]
                )
                for t, q in enumerate(queries)
            ]
            for head in parts()
        ]


def parts() -> list[slice]:
    """Which of the WIDTH numbers belong to each head."""
    size = WIDTH // HEADS
    return [slice(begin, begin + size) for begin in range(0, WIDTH, size)]


class GPT(Module):
    """From a text, a list of the numbers of its characters, to the logits of the character after each position."""

    def __init__(self, rng: random.Random) -> None:
        self.characters = Embedding(len(CHARACTERS), WIDTH, rng=rng)
        self.positions = Embedding(LONGEST, WIDTH, rng=rng)
        self.before_attention, self.before_perceptron, self.before_logits = (RMSNorm(WIDTH) for _ in range(3))
        self.attention = Attention(rng)
        self.up, self.down = Layer(WIDTH, 4 * WIDTH, "relu", rng=rng), Layer(4 * WIDTH, WIDTH, rng=rng)
        self.logits = Layer(WIDTH, len(CHARACTERS), rng=rng)

    def __call__(self, text: list[int]) -> Stream:
        """A row of logits for each position."""
        stream = self.embedded(text)
        stream = added(stream, self.attention([self.before_attention(x) for x in stream]))
        stream = added(stream, [self.down(self.up(self.before_perceptron(x))) for x in stream])
        return [self.logits(self.before_logits(x)) for x in stream]

    def embedded(self, text: list[int]) -> Stream:
        """What each character is, and where it stands."""
        return added(self.characters(text), self.positions(list(range(len(text)))))


def added(stream: Stream, more: Stream) -> Stream:
    """The residual connection: what a part makes is added to what was there."""
    return [[a + b for a, b in zip(x, y, strict=True)] for x, y in zip(stream, more, strict=True)]


def main() -> None:
    """Train the model, let it make up names, and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="for split, weights and names (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/gpt"), help="folder of the pictures (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="a short test with a few steps and names")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    rng = random.Random(options.seed)
    known = names()
    texts = [numbered(name) for name in rng.sample(known, len(known))]
    held_out, training = (texts[:2], texts[2:50]) if options.quick else (texts[:1000], texts[1000:])
    model = GPT(rng)
    print(model)
    history = train(model, training, held_out, 4 if options.quick else 2000, rng)

    print(f"surprise at {len(held_out)} names held out: {mean_loss(model, held_out):.3f} nats a character")
    print("new names:", ", ".join(new_names(model, 1 if options.quick else 20, set(known), rng)))
    plot_loss(history, options.out / "loss.svg")
    example = max(held_out[:20], key=len)
    plot_attention(model, example, options.out / "attention.svg")
    plot_expectations(model, example, options.out / "expectations.svg")
    plot_characters(model, options.out / "characters.svg")
    draw_loss(model, "al", options.out / "graph.svg")
    print(f"in {options.out.resolve()}: loss.svg, attention.svg, expectations.svg, characters.svg, graph.svg")


def names() -> list[str]:
    """The names of the file, each once: a name for training must not be held out, too."""
    text = (Path(__file__).parent / "data" / "names.txt").read_text(encoding="utf-8")
    return list(dict.fromkeys(text.split()))


def numbered(name: str) -> list[int]:
    """A name as the numbers of its characters, with the dots that begin and end it.

    >>> numbered("abe")
    [0, 1, 2, 5, 0]
    """
    return [CHARACTERS.index(character) for character in f".{name}."]


def name_of(text: list[int]) -> str:
    """The name that these numbers stand for."""
    return "".join(CHARACTERS[i] for i in text).strip(".")


def losses_of(model: GPT, texts: list[list[int]]) -> Value:
    """The mean surprise at all characters of the texts, each predicted from those before it."""
    logits = [row for text in texts for row in model(text[:-1])]
    return cross_entropy(logits, [target for text in texts for target in text[1:]])


def mean_loss(model: GPT, texts: list[list[int]]) -> float:
    """The same as a number, without a graph. A few texts at a time need less memory."""
    with no_grad():
        groups = [texts[begin : begin + 50] for begin in range(0, len(texts), 50)]
        sizes = [sum(len(text) - 1 for text in group) for group in groups]
        return sum(losses_of(model, group).data * size for group, size in zip(groups, sizes, strict=True)) / sum(sizes)


def train(
    model: GPT, training: list[list[int]], held_out: list[list[int]], steps: int, rng: random.Random, batch: int = 8
) -> tuple[list[float], dict[int, float]]:
    """Adam on mini-batches of names; returns the loss of each step, and now and then that on names held out."""
    optimizer = optim.Adam(model.parameters(), lr=0.01, betas=(0.9, 0.99))
    schedule = optim.CosineAnnealingLR(optimizer, T_max=steps)  # large steps first, small ones to settle
    losses: list[float] = []
    checks: dict[int, float] = {}
    progress = tqdm(range(1, steps + 1), desc="training", unit="step")
    for step in progress:
        loss = losses_of(model, rng.sample(training, batch))

        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()

        losses.append(loss.data)
        if step % (steps // 4) == 0:
            checks[step] = mean_loss(model, held_out)
        if step % 10 == 0:
            recent = losses[-100:]
            shown = {f"held_out_at_{step}": f"{checks[step]:.3f}" for step in list(checks)[-1:]}
            progress.set_postfix(loss=f"{sum(recent) / len(recent):.3f}", **shown)
    return losses, checks


def new_names(model: GPT, n: int, known: set[str], rng: random.Random) -> list[str]:
    """n names that are not known: each letter is drawn with the probability that the model gives it."""
    made: list[str] = []
    while len(made) < n:
        text = [0]
        with no_grad():
            while len(text) <= LONGEST and (len(text) == 1 or text[-1]):
                probabilities = softmax(model(text)[-1])
                text += rng.choices(range(len(CHARACTERS)), [p.data for p in probabilities])
        if (name := name_of(text)) and name not in known:
            made.append(name)
    return made


def plot_loss(history: tuple[list[float], dict[int, float]], path: Path) -> None:
    """The loss of every step, its mean over a hundred, and the loss on names held out."""
    losses, checks = history
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(losses, color=BLUE, alpha=0.2, linewidth=0.8)
    window = min(100, len(losses))
    smooth = np.convolve(losses, np.full(window, 1 / window), mode="valid")
    axes.plot(range(window - 1, len(losses)), smooth, color=BLUE, label=f"names trained on, mean over {window} steps")
    axes.plot(checks.keys(), checks.values(), "o", color=ORANGE, label="names held out")
    axes.axhline(math.log(27), color=INK, linestyle=":", label="knowing nothing, log(27)")
    axes.set(title="Training", xlabel="step", ylabel="surprise at a character (nats)", ylim=(1.9, 3.5))
    figure.legend(loc="outside lower center", ncols=2)
    axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})  # the same picture at every run
    plt.close(figure)


def plot_attention(model: GPT, text: list[int], path: Path) -> None:
    """For each head a square: the row is the letter that looks back, the column the one that is looked at."""
    text = text[:-1]  # no letter follows the last dot
    with no_grad():
        heads = model.attention.shares([model.before_attention(x) for x in model.embedded(text)])
    ticks, letters = range(len(text)), [CHARACTERS[i] for i in text]
    figure, axes = plt.subplots(1, HEADS, figsize=(11, 3.3), layout="constrained")
    for i, (place, shares) in enumerate(zip(axes, heads, strict=True)):
        square = [[p.data for p in row] + [math.nan] * (len(text) - len(row)) for row in shares]
        place.set_facecolor("#eceff2")  # where it cannot look: what is yet to come
        shades = place.imshow(square, cmap=BLUES, vmin=0, vmax=1)
        place.set(title=f"head {i}", xticks=ticks, xticklabels=letters, yticks=ticks, yticklabels=letters)
        place.set_xlabel("is looked at")
    axes[0].set_ylabel("looks back")
    figure.colorbar(shades, ax=axes, label="share", format="{x:.0%}", shrink=0.7)
    figure.suptitle(f"Which letters each letter of “{name_of(text)}” looks back at")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def plot_expectations(model: GPT, text: list[int], path: Path) -> None:
    """For each letter of a text the probabilities before it came, and with a frame the one that came."""
    with no_grad():
        rows = [[p.data for p in softmax(logits)] for logits in model(text[:-1])]
    figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
    shades = axes.imshow(rows, cmap=BLUES, vmin=0)
    for t, target in enumerate(text[1:]):
        axes.add_patch(plt.Rectangle((target - 0.5, t - 0.5), 1, 1, fill=False, edgecolor=ORANGE, linewidth=2))
    so_far = ["." + name_of(text[: t + 1]) for t in range(len(rows))]
    axes.set(title="What is expected next, and what came", xlabel="next character", ylabel="after")
    axes.set(xticks=range(len(CHARACTERS)), xticklabels=CHARACTERS, yticks=range(len(rows)), yticklabels=so_far)
    figure.colorbar(shades, label="probability", format="{x:.0%}", shrink=0.7)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def plot_characters(model: GPT, path: Path) -> None:
    """The embeddings of the letters, seen from the side where they are furthest apart."""
    table = np.array([[number.data for number in row] for row in model.characters.weight[1:]])
    centred = table - table.mean(0)
    plane = centred @ np.linalg.svd(centred)[2][:2].T  # the two principal components
    figure, axes = plt.subplots(figsize=(6, 5), layout="constrained")
    for character, (x, y) in zip(CHARACTERS[1:], plane, strict=True):
        colour = ORANGE if character in "aeiouy" else BLUE
        axes.text(x, y, character, color=colour, fontsize=16, ha="center", va="center")
    axes.set(title="The letters as the model knows them", xlabel="first principal component", ylabel="second")
    axes.set(xlim=(plane[:, 0].min() - 0.4, plane[:, 0].max() + 0.4))
    axes.set(ylim=(plane[:, 1].min() - 0.4, plane[:, 1].max() + 0.4))
    axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def draw_loss(model: GPT, name: str, path: Path) -> None:
    """The graph of the loss at one name, with gradients, summed up by the parts of the model."""
    loss = losses_of(model, [numbered(name)])
    model.zero_grad()
    loss.backward()
    draw(loss, direction="TB").save(path)


if __name__ == "__main__":
    main()
