"""The GPT of microgpt, in scalars and in PyTorch: the same model, the same numbers, one training step.

It reads names letter by letter. One layer, 16 embedding dimensions, 4 heads, blocks of 16 characters, RMSNorm without
gain, no biases, ReLU; 4,192 parameters. Adam trains it, at a rate that falls to 0 in 1000 steps. (Karpathy 2026)
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

DIMENSIONS, HEADS, BLOCK = 16, 4, 16
WIDTH = DIMENSIONS // HEADS
ALPHABET = ".abcdefghijklmnopqrstuvwxyz"  # the dot begins and ends a name
SHAPES = {
    "tokens": (len(ALPHABET), DIMENSIONS),
    "positions": (BLOCK, DIMENSIONS),
    "query": (DIMENSIONS, DIMENSIONS),
    "key": (DIMENSIONS, DIMENSIONS),
    "value": (DIMENSIONS, DIMENSIONS),
    "out": (DIMENSIONS, DIMENSIONS),
    "up": (4 * DIMENSIONS, DIMENSIONS),
    "down": (DIMENSIONS, 4 * DIMENSIONS),
    "head": (len(ALPHABET), DIMENSIONS),
}
LEARNING_RATE = 0.1  # of gradient descent
BETAS = (0.85, 0.99)  # of Adam
STEPS = 1000


def rate(step: int) -> float:
    """Adam's learning rate at a step, counted from 0."""
    return 0.01 * (1 - step % STEPS / STEPS)


def names() -> list[str]:
    """Names to learn from: the project's file of them where it is, else a few."""
    file = Path(__file__).parents[2] / "demos" / "data" / "names.txt"
    return file.read_text().split() if file.exists() else ["emma", "olivia", "ava", "isabella", "sophia", "charlotte"]


def weights() -> dict[str, list[list[float]]]:
    """The same 4,192 random weights every time."""
    rng = random.Random(0)
    return {name: [[rng.gauss(0, 0.08) for _ in range(n)] for _ in range(m)] for name, (m, n) in SHAPES.items()}


def numbered(name: str) -> list[int]:
    """A name as numbers, with its beginning and its end, as much of it as fits into a block."""
    return [ALPHABET.index(c) for c in f".{name}."][: BLOCK + 1]


def loss_of(engine: Any, w: Any, tokens: list[list[Any]], targets: list[Any]) -> Any:
    """The loss in scalars. tokens: the rows of weights of the characters; targets: numbers, or all probabilities."""

    def normed(x: list[Any]) -> list[Any]:
        scale = (engine.dot(x, x) * (1 / DIMENSIONS) + 1e-5) ** -0.5
        return [xi * scale for xi in x]

    keys: list[list[Any]] = []
    values: list[list[Any]] = []
    losses = []
    for token, place, target in zip(tokens, w["positions"], targets):
        x = normed([t + p for t, p in zip(token, place)])
        h = normed(x)
        query = engine.linear(w["query"], h)
        keys.append(engine.linear(w["key"], h))
        values.append(engine.linear(w["value"], h))
        mixed = []
        for begin in range(0, DIMENSIONS, WIDTH):
            part = slice(begin, begin + WIDTH)
            scores = [engine.dot(query[part], key[part]) * WIDTH**-0.5 for key in keys]
            attention = engine.softmax(scores)
            mixed += [engine.dot(attention, [value[i] for value in values]) for i in range(begin, begin + WIDTH)]
        x = [a + b for a, b in zip(x, engine.linear(w["out"], mixed))]
        h = [engine.relu(z) for z in engine.linear(w["up"], normed(x))]
        x = [a + b for a, b in zip(x, engine.linear(w["down"], h))]
        logits = engine.linear(w["head"], x)
        if isinstance(target, list):
            losses.append(engine.autograd.logsumexp(logits) - engine.dot(target, logits))
        else:
            losses.append(-engine.log_probability(logits, target))
    return engine.mean(losses)


def scalar_step(engine: Any, adam: bool = False) -> Callable[[], float]:
    """A function that takes one training step on the next name, in scalars, and returns the loss."""
    w = {name: [[engine.value(x) for x in row] for row in rows] for name, rows in weights().items()}
    parameters = [p for rows in w.values() for row in rows for p in row]
    queue = names()
    step = 0
    optimizer = engine.adam(parameters, rate(0), BETAS) if adam else None

    def run() -> float:
        nonlocal step
        tokens = numbered(queue[step % len(queue)])
        loss = loss_of(engine, w, [w["tokens"][t] for t in tokens[:-1]], tokens[1:])
        step += 1
        engine.clear(parameters)
        loss.backward()
        if optimizer is None:
            engine.descend(parameters, LEARNING_RATE)
        else:
            optimizer.lr = rate(step - 1)
            optimizer.step()
        return float(loss.data)

    return run


def torch_step(torch: Any, adam: bool = False) -> Callable[[], float]:
    """The same step in PyTorch's tensors, all positions of the name at once."""
    w = {name: torch.tensor(rows, dtype=torch.float64, requires_grad=True) for name, rows in weights().items()}
    of_adam = torch.optim.Adam(w.values(), lr=rate(0), betas=BETAS) if adam else None
    optimizer = of_adam or torch.optim.SGD(w.values(), lr=LEARNING_RATE)
    mask = torch.full((BLOCK, BLOCK), float("-inf"), dtype=torch.float64).triu(1)
    queue = names()
    step = 0

    def normed(x: Any) -> Any:
        return x * ((x * x).mean(-1, keepdim=True) + 1e-5) ** -0.5

    def heads(x: Any) -> Any:
        return x.view(-1, HEADS, WIDTH).transpose(0, 1)

    def run() -> float:
        nonlocal step
        tokens = torch.tensor(numbered(queue[step % len(queue)]))
        if adam:
            optimizer.param_groups[0]["lr"] = rate(step)
        step += 1
        inputs, targets = tokens[:-1], tokens[1:]
        n = len(inputs)
        x = normed(w["tokens"][inputs] + w["positions"][:n])
        h = normed(x)
        query, key, value = (heads(h @ w[name].T) for name in ("query", "key", "value"))
        attention = torch.softmax(query @ key.transpose(1, 2) * WIDTH**-0.5 + mask[:n, :n], -1)
        mixed = (attention @ value).transpose(0, 1).reshape(n, DIMENSIONS)
        x = x + mixed @ w["out"].T
        x = x + torch.relu(normed(x) @ w["up"].T) @ w["down"].T
        loss = torch.nn.functional.cross_entropy(x @ w["head"].T, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return run
