"""Pages of every kind that the project makes, and the states in which they are looked at."""

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import autograd
from autograd import Value, draw, explain, explore
from nn import MLP, cross_entropy, hinge_loss, mse_loss

NOTHING = "() => {}"
CARD = "() => document.querySelector('g.node.leaf').dispatchEvent(new MouseEvent('click'))"  # of a leaf
PARTS = "() => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'p', bubbles: true }))"  # are listed


def chain() -> tuple[Value, list[Value]]:
    """tanh(a b + c), and its leaves, which names refer to."""
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(6.5, label="c")
    loss = (a * b + c).tanh()
    loss.label = "loss"
    return loss, [a, b, c]


def batch(n: int) -> tuple[Value, MLP]:
    """The loss of n points through a network."""
    model = MLP(2, [16, 16, 1], rng=random.Random(1))
    return autograd.mean([(model([i / n * 2 - 1, 1 - i / n * 2]) - 0.5).relu() for i in range(n)]), model


def _drawn() -> Any:
    loss, _ = chain()
    loss.backward()
    return draw(loss)


def _large() -> Any:
    loss, model = batch(50)
    loss.backward()
    names = model  # its path in the model names each parameter
    return draw(loss) if names else None


def _against() -> Any:
    one, _ = chain()
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(6.5, label="c")
    other = (a * b - c).tanh()
    other.label = "loss"
    return draw(one, against=other)


def _failed() -> Any:
    x, y = Value(2.0, label="x"), Value(2.0, label="y")
    try:
        return (x - y).log() * 2
    except (ValueError, ArithmeticError) as error:
        return draw(error)


def _network() -> Any:
    return draw(MLP(2, [4, 1], activation="tanh", rng=random.Random(1)), x=[1.0, -2.0])


def _played() -> Any:
    return explain(chain()[0])


def _example() -> Any:
    model, x = MLP(2, [4, 1], activation="tanh", rng=random.Random(1)), [Value(1.25), Value(-0.5)]
    error = (model(x) - 0.5) ** 2
    return explain(error)


def _played_large() -> Any:
    loss, model = batch(30)
    return explain(loss) if model else None


def _explored() -> Any:
    loss, _ = chain()
    loss.backward()
    return explore(loss)


def energy(stretch: Value, stiffness: Value) -> Value:
    """Of a spring that is ten times as stiff when it is pressed together."""
    return (10 if stretch < 0 else 1) * stiffness * stretch**2 / 2


def _parts() -> Any:
    loss, model = batch(4)
    return explore(loss) if model else None


def _rows() -> Any:
    leaves = [Value(math.sin(i), label=f"x{i}") for i in range(150)]
    total = leaves[0]
    for leaf in leaves[1:]:
        total = (total * 0.9 + leaf).tanh()
    return explore(total)


def _moons() -> Any:
    chance = random.Random(1)
    data = []
    for i in range(40):
        angle = math.pi * chance.random()
        x, y = (math.cos(angle), math.sin(angle)) if i % 2 else (1 - math.cos(angle), 0.5 - math.sin(angle))
        data.append(([x + chance.gauss(0, 0.1), y + chance.gauss(0, 0.1)], 1 if i % 2 else -1))
    return explore(MLP(2, [8, 8, 1], activation="tanh", rng=random.Random(1)), hinge_loss, data, lr=0.5)


def _curve() -> Any:
    data = [([x / 10], math.sin(x / 5)) for x in range(-20, 21)]
    model = MLP(1, [8, 1], activation="tanh", rng=random.Random(1))
    return explore(model, mse_loss, data, optimizer="adam", lr=0.02)


def _bars() -> Any:
    chance = random.Random(1)
    data = [([chance.gauss(k, 1) for _ in range(5)], k) for k in (0, 1, 2) for _ in range(8)]
    return explore(MLP(5, [6, 3], activation="tanh", rng=random.Random(1)), cross_entropy, data)


TRAINED = "() => { for (let k = 0; k < 118; k++) trainer.forward(); actions.chooseWeight(30); actions.choosePoint(6) }"

# By name: what makes a page, and what is done on it before it is looked at, one state after the other
PAGES: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "draw": (_drawn, [NOTHING, "() => document.querySelector('g.node').dispatchEvent(new MouseEvent('click'))"]),
    "draw-large": (_large, [NOTHING, PARTS]),
    "draw-against": (_against, [NOTHING]),
    "draw-failed": (_failed, [NOTHING]),
    "draw-network": (_network, [NOTHING]),
    "player": (_played, ["() => go(0)", "() => go(2)", "() => go(6)", "() => go(7)"]),
    "player-example": (_example, ["() => go(0)", "() => go(20)", "() => go(steps.length - 1)"]),
    "player-large": (_played_large, ["() => go(0)", "() => go(5)", "() => go(700)", "() => go(steps.length - 1)"]),
    "explore": (_explored, [NOTHING, "() => { document.getElementById('tab-steps').click() }"]),
    "explore-branches": (lambda: explore(energy, 0.5, 2.0), [NOTHING]),
    "explore-rows": (_rows, [NOTHING]),
    "explore-parts": (
        _parts,
        [NOTHING, CARD],
    ),
    "training": (_moons, [NOTHING, TRAINED]),
    "training-curve": (_curve, [TRAINED.replace("chooseWeight(30)", "chooseWeight(12)")]),
    "training-bars": (_bars, [TRAINED.replace("chooseWeight(30)", "chooseWeight(12)")]),
}


def saved(name: str, folder: Path) -> Path:
    """The file of a page."""
    return Path(PAGES[name][0]().save(folder / f"{name}.html"))
