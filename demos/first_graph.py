"""A first graph: one expression, its derivatives by the chain rule, drawn and explained step by step.

The expression is loss = tanh(a b + c). Computing it leaves a graph behind: every Value knows the Values that it was
computed from, and how much each of them moves it. The backward pass walks this graph from the loss to the leaves and
multiplies what it meets on the way: that is the chain rule. A small step against the gradients makes the loss smaller.

The folder that the program names at the end then holds the graph as a picture, before and after the backward pass, and
with the local gradients at its edges; and steps.html, which plays both passes in a browser.
"""

import argparse
from pathlib import Path

from autograd import Value, draw, explain


def main() -> None:
    """Compute, differentiate, draw and explain."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--a", type=float, default=2.0, help="(default: %(default)s)")
    parser.add_argument("--b", type=float, default=-3.0, help="(default: %(default)s)")
    parser.add_argument("--c", type=float, default=6.5, help="(default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/first_graph"), help="folder of the pictures (default: %(default)s)"
    )
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    a, b, c = Value(options.a), Value(options.b), Value(options.c)
    loss = (a * b + c).tanh()
    draw(loss).save(options.out / "forward.svg")

    loss.backward()
    draw(loss).save(options.out / "graph.svg")
    draw(loss, local_gradients=True, direction="TB").save(options.out / "local_gradients.svg")

    explanation = explain(loss)
    print(explanation)
    explanation.save(options.out / "steps.html")

    # Each number moves a little against its gradient: what did that do to the loss?
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
