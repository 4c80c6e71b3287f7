"""Touch the chain rule: pages on which you can change every number, and everything that depends on it follows.

The first page holds loss = tanh(a b + c). Drag a number and watch the loss. The gradient of a says how much the loss
moves when a moves. The page computes the loss anew, so you see that this is true. In the plot the gradient is the slope
of the tangent. Press "A step downhill for all" again and again: each step makes the loss smaller.

The second page holds a function with two branches: the energy of a spring that is stiffer when it is pressed together.
A graph knows only the branch that was taken. The function knows both, so the page can go from one to the other, and the
plot shows both.

At the end the program names the folder with chain.html and spring.html. They need no internet and no Python.
"""

import argparse
import random
from pathlib import Path

from autograd import Value, explore


def main() -> None:
    """Compute, differentiate, and write the pages."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, help="for other numbers, drawn at random")
    parser.add_argument(
        "--out", type=Path, default=Path("out/explore_chain"), help="folder of the pages (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="changes nothing: this demo is quick")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pages cannot be made: {error}")

    numbers = [2.0, -3.0, 6.5]
    if options.seed is not None:
        rng = random.Random(options.seed)
        numbers = [round(rng.uniform(-1.5, 1.5), 2) for _ in numbers]  # small ones, or tanh is flat
    a, b, c = map(Value, numbers)
    loss = (a * b + c).tanh()
    loss.backward()
    print(f"loss = {loss.data:.4f}, with the gradients {a.grad:.4f}, {b.grad:.4f} and {c.grad:.4f}".replace("-", "−"))
    explore(loss).save(options.out / "chain.html")
    explore(energy, 0.5, 2.0).save(options.out / "spring.html")
    print(f"pages in {options.out.resolve()}: chain.html, spring.html")


def energy(stretch: Value, stiffness: Value) -> Value:
    """The energy of a spring that is ten times as stiff when it is pressed together.

    >>> energy(Value(2.0), Value(3.0)).data, energy(Value(-2.0), Value(3.0)).data
    (6.0, 60.0)
    """
    if stretch < 0:
        return 10 * stiffness * stretch**2 / 2
    return stiffness * stretch**2 / 2


if __name__ == "__main__":
    main()
