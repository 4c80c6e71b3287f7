"""A first graph: one expression and its derivatives by the chain rule, drawn and explained step by step.

The expression is loss = tanh(a b + c). Computing it makes a graph: every Value knows the Values that it was computed
from, and how much each of them moves it. The backward pass walks through this graph from the loss to the leaves, and
multiplies along the edges: that is the chain rule. A small step against the gradients makes the loss smaller.

At the end the program names the folder with three pictures of the graph: before the backward pass, after it, and with
the local gradients at its edges. The page steps.html plays both passes in a browser.
"""

import argparse
import random
from pathlib import Path

from autograd import Value, draw, explain


def main() -> None:
    """Compute, differentiate, draw and explain."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--a", type=float, help="(default: 2)")
    parser.add_argument("--b", type=float, help="(default: -3)")
    parser.add_argument("--c", type=float, help="(default: 6.5)")
    parser.add_argument("--seed", type=int, help="for other numbers, drawn at random, where none are given")
    parser.add_argument(
        "--out", type=Path, default=Path("out/first_graph"), help="folder of the pictures (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="changes nothing: this demo is quick")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    numbers = [2.0, -3.0, 6.5]
    if options.seed is not None:
        rng = random.Random(options.seed)
        numbers = [round(rng.uniform(-1.5, 1.5), 2) for _ in numbers]  # small ones, or tanh is flat
    given = [options.a, options.b, options.c]
    a, b, c = (Value(number if own is None else own) for own, number in zip(given, numbers, strict=True))
    loss = (a * b + c).tanh()
    draw(loss).save(options.out / "forward.svg")

    loss.backward()
    draw(loss).save(options.out / "graph.svg")
    draw(loss, local_gradients=True, direction="TB").save(options.out / "local_gradients.svg")

    explanation = explain(loss)
    print(explanation)
    explanation.save(options.out / "steps.html")

    # Move each number a little against its gradient: how does the loss change?
    step = 0.01
    moved = [Value(x.data - step * x.grad) for x in (a, b, c)]
    after = (moved[0] * moved[1] + moved[2]).tanh()
    expected = -step * sum(x.grad**2 for x in (a, b, c))
    print(f"A step of {step} against the gradients: the loss goes from {loss.data:.4f} to {after.data:.4f}.")
    change = after.data - loss.data
    print(f"The gradients alone promise a change of {expected:+.4f}; it is {change:+.4f}.".replace("-", "−"))
    print(f"in {options.out.resolve()}: forward.svg, graph.svg, local_gradients.svg, steps.html")


if __name__ == "__main__":
    main()
