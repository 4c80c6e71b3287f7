"""Recurrent: a network with a memory reads names letter by letter, and then makes up names of its own.

At every letter the same 32 neurons see two things: the letter, as the 12 numbers of its embedding, and their own
outputs at the letter before. These outputs are the state: all that the network knows of the past. One linear layer
makes the logits of the next letter from the state. The loss is the mean surprise at the letter that really came, in
nats.

backward() needs to know nothing about time. The graph of a name is as long as the name, and through the states the
gradient of a late letter flows back to the early ones. On its way it meets the same weights at every letter. So it
shrinks, or sometimes explodes. A picture shows how it shrinks. Clipping the gradients helps where they explode. With
attention (see gpt.py) every letter is only one step away, so its gradients do not have to go this long way.

For comparison: a model that knows nothing has a loss of log(27) = 3.30. A table that counts which letter follows which
gets about 2.45. The network gets below 2.3 on names held out. Names are so short that this memory is enough for them:
the transformer is hardly better here.

At the end the program names the folder with three pictures: the loss over the steps; how far back the gradient reaches;
and the outputs of the 32 neurons while the network reads a name. (Elman 1990)
"""

import argparse
import math
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

try:
    import matplotlib
    import numpy as np
    from tqdm import tqdm
except ModuleNotFoundError as error:
    raise SystemExit(f'{error.name} is not installed. Run: python -m pip install -e ".[demos]"') from None

from autograd import Value, no_grad, softmax
from nn import Embedding, Layer, Module, cross_entropy, optim

matplotlib.rcParams["svg.hashsalt"] = "recurrent"
matplotlib.use("svg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

BLUE, ORANGE, INK = "#2f6fad", "#b05a00", "#1f2933"
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])  # blue below 0, orange above

CHARACTERS = ".abcdefghijklmnopqrstuvwxyz"  # the dot begins and ends a name
WIDTH, STATE = 12, 32

State = list[Value]


class Recurrent(Module):
    """From each letter and the old state to a new state, and from each state to a row of logits."""

    def __init__(self, rng: random.Random) -> None:
        self.characters = Embedding(len(CHARACTERS), WIDTH, rng=rng)
        self.memory = Layer(WIDTH + STATE, STATE, "tanh", rng=rng)
        self.logits = Layer(STATE, len(CHARACTERS), rng=rng)

    def __call__(self, text: list[int]) -> list[list[Value]]:
        """The logits of the character after each one of the text."""
        return [self.logits(state) for state in self.states(text)]

    def states(self, text: list[int]) -> list[State]:
        """The state after each character of the text."""
        state, states = [Value(0.0) for _ in range(STATE)], []
        for character in text:
            state = self.memory(self.characters(character) + state)  # one list after the other: 12 and 32 numbers
            states.append(state)
        return states


def main() -> None:
    """Train the network, let it make up names, and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="for split, weights and names (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/recurrent"), help="folder of the pictures (default: %(default)s)"
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
    held_out, training = (texts[:10], texts[10:100]) if options.quick else (texts[:1000], texts[1000:])
    model = Recurrent(rng)
    print(model)
    counted = surprise_of_pairs(training, held_out)
    losses = train(model, training, 5 if options.quick else 3000, rng)

    with no_grad():
        final = loss_of(model, held_out).data
    print(f"surprise at {len(held_out)} names held out: {final:.3f} nats a character; by counting pairs {counted:.3f}")
    print("new names:", ", ".join(new_names(model, 1 if options.quick else 20, set(known), rng)))
    plot_loss(losses, final, counted, options.out / "loss.svg")
    plot_reach(model, held_out, options.out / "reach.svg")
    plot_states(model, max(held_out[:20], key=len), options.out / "states.svg")
    print(f"in {options.out.resolve()}: loss.svg, reach.svg, states.svg")


def names() -> list[str]:
    """The names of the file, each once: a name for training must not be held out, too."""
    text = (Path(__file__).parent / "data" / "names.txt").read_text(encoding="utf-8")
    return list(dict.fromkeys(text.split()))


def numbered(name: str) -> list[int]:
    """A name as the numbers of its characters, with the dots that begin and end it."""
    return [CHARACTERS.index(character) for character in f".{name}."]


def name_of(text: list[int]) -> str:
    """The name that these numbers stand for."""
    return "".join(CHARACTERS[i] for i in text).strip(".")


def surprise_of_pairs(training: list[list[int]], held_out: list[list[int]]) -> float:
    """The loss, on the names held out, of a model that only counts how often each character follows each other one.

    Each count begins at 1, so that no pair is impossible.
    """
    seen = Counter(pair for text in training for pair in pairwise(text))
    begun = Counter(character for text in training for character in text[:-1])
    surprises = [
        -math.log((seen[pair] + 1) / (begun[pair[0]] + len(CHARACTERS))) for text in held_out for pair in pairwise(text)
    ]
    return sum(surprises) / len(surprises)


def loss_of(model: Recurrent, texts: list[list[int]]) -> Value:
    """The mean surprise at all characters of the texts, each predicted from those before it."""
    logits = [row for text in texts for row in model(text[:-1])]
    return cross_entropy(logits, [target for text in texts for target in text[1:]])


def train(model: Recurrent, training: list[list[int]], steps: int, rng: random.Random, batch: int = 8) -> list[float]:
    """Adam on mini-batches of names; returns the loss of each step."""
    parameters = model.parameters()
    optimizer = optim.Adam(parameters, lr=0.01)
    schedule = optim.CosineAnnealingLR(optimizer, T_max=steps)  # large steps first, small ones to settle
    losses: list[float] = []
    progress = tqdm(range(1, steps + 1), desc="training", unit="step")
    for step in progress:
        loss = loss_of(model, rng.sample(training, batch))

        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm(parameters, 1.0)  # one name whose gradients explode must not undo what was learned
        optimizer.step()
        schedule.step()

        losses.append(loss.data)
        if step % 10 == 0:
            progress.set_postfix(loss=f"{sum(losses[-100:]) / len(losses[-100:]):.3f}")
    return losses


def new_names(model: Recurrent, n: int, known: set[str], rng: random.Random) -> list[str]:
    """n names that are not known: each letter is drawn with the probability that the model gives it."""
    made: list[str] = []
    while len(made) < n:
        text = [0]
        with no_grad():
            while len(text) <= 15 and (len(text) == 1 or text[-1]):
                probabilities = softmax(model(text)[-1])
                text += rng.choices(range(len(CHARACTERS)), [p.data for p in probabilities])
        if (name := name_of(text)) and name not in known:
            made.append(name)
    return made


def plot_loss(losses: list[float], final: float, counted: float, path: Path) -> None:
    """The loss of every step and its mean over a hundred, with the loss on names held out and what to compare with."""
    window = min(100, len(losses))
    smooth = np.convolve(losses, np.full(window, 1 / window), mode="valid")
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(losses, color=BLUE, alpha=0.2, linewidth=0.8)
    axes.plot(range(window - 1, len(losses)), smooth, color=BLUE, label=f"names trained on, mean over {window} steps")
    axes.plot([len(losses)], [final], "o", color=ORANGE, label="names held out")
    axes.axhline(math.log(27), color=INK, linestyle=":", label="knowing nothing, log(27)")
    axes.axhline(counted, color=INK, linestyle="--", label="counting pairs of characters")
    axes.set(title="Training", xlabel="step", ylabel="surprise at a character (nats)", ylim=(1.9, 3.5))
    figure.legend(loc="outside lower center", ncols=2)
    axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})  # the same picture at every run
    plt.close(figure)


def plot_reach(model: Recurrent, texts: list[list[int]], path: Path) -> None:
    """The size of the gradient of the last character's surprise at each state before it, name by name.

    A state is no leaf, but backward() gives every Value of the graph its gradient.
    """
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    lengths = []
    for text in sorted(texts, key=len)[-60:]:
        states = model.states(text[:-1])
        cross_entropy(model.logits(states[-1]), text[-1]).backward()
        sizes = [math.hypot(*(number.grad for number in state)) for state in reversed(states)]
        lengths.append([size / sizes[0] for size in sizes])
        axes.semilogy(lengths[-1], color=BLUE, alpha=0.15)
    axes.plot([], color=BLUE, alpha=0.5, label="the longest names held out")
    common = min(map(len, lengths))
    typical = np.exp(np.mean([np.log(sizes[:common]) for sizes in lengths], axis=0))
    axes.semilogy(typical, color=ORANGE, linewidth=2.5, label="their geometric mean, as far as all reach")
    axes.set(title="How far back the gradient of the last character reaches", xlabel="characters back")
    axes.set(ylabel="size of the gradient by a state,\nin sizes of that by the last state")
    axes.legend(loc="lower left")
    axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def plot_states(model: Recurrent, text: list[int], path: Path) -> None:
    """What each neuron of the memory says after each character, from -1 to 1."""
    with no_grad():
        states = [[number.data for number in state] for state in model.states(text[:-1])]
    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    shades = axes.imshow(states, cmap=SIGNED, vmin=-1, vmax=1)
    so_far = ["." + name_of(text[: t + 1]) for t in range(len(states))]
    axes.set(title="The memory while a name is read", xlabel="neuron", ylabel="after")
    axes.set(yticks=range(len(states)), yticklabels=so_far)
    figure.colorbar(shades, label="output", shrink=0.7)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
