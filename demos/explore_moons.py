"""Train in the page: a network learns to tell two moons apart, while you change whatever you like.

Press Play. The line in the plane is the boundary between the two classes; each tile of the network shows the output of
its neuron over the plane. Make the learning rate 30: the loss jumps, and does not come down. Go back and make it
smaller: the loss comes down. Move a point to the other side, and see how the network reacts. Click a line of the
network and change that weight. Keep a run, choose Adam, start again, and compare the two losses.

A step of the page is a step of the same loop in Python, number by number. This program trains for a few steps and
prints the losses, so that you can compare them with those of the page.

At the end the program names the folder with two pages: moons.html, and curve.html, where a network with one input
learns a curve. They need no internet and no Python.
"""

import argparse
import math
import random
from pathlib import Path

from autograd import explore
from nn import MLP, hinge_loss, mse_loss, optim


def main() -> None:
    """Train a little, report, and write the pages."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1337, help="for data and weights (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/explore_moons"), help="folder of the pages (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="two steps of training in Python")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pages cannot be made: {error}")

    moons = two_moons(random.Random(options.seed))
    model = MLP(2, [8, 8, 1], activation="tanh", rng=random.Random(options.seed))
    explore(model, hinge_loss, moons, lr=0.5).save(options.out / "moons.html")

    optimizer = optim.SGD(model.parameters(), lr=0.5)
    for step in range(2 if options.quick else 20):
        loss = hinge_loss([model(x) for x, _ in moons], [label for _, label in moons])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"step {step}: loss {loss.data:.12f}")

    rng = random.Random(options.seed)
    curve = [([x / 10], math.sin(x / 5) + rng.gauss(0, 0.1)) for x in range(-20, 21)]
    model = MLP(1, [8, 8, 1], activation="tanh", rng=rng)
    explore(model, mse_loss, curve, optimizer="adam", lr=0.02).save(options.out / "curve.html")
    print(f"pages in {options.out.resolve()}: moons.html, curve.html")


def two_moons(rng: random.Random) -> list[tuple[list[float], int]]:
    """100 points of two half-circles, each moved a little at random, with their labels, -1 and 1."""
    found = []
    for i in range(100):
        angle = math.pi * (i // 2) / 49
        x, y = (math.cos(angle), math.sin(angle)) if i % 2 else (1 - math.cos(angle), 0.5 - math.sin(angle))
        found.append(([x + rng.gauss(0, 0.1), y + rng.gauss(0, 0.1)], 1 if i % 2 else -1))
    return found


if __name__ == "__main__":
    main()
