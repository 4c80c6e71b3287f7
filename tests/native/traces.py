"""Prints every number and gradient of many programs, to the last bit, on any engine.

python -m tests.native.traces [--all], which trains longer.
"""

import importlib.util
import math
import random
import sys
from itertools import pairwise
from pathlib import Path

from hypothesis import given

import autograd
from autograd import Value, grad, hessian, hvp, jvp, topological_order
from autograd.derivatives import TABLE
from nn import (
    MLP,
    BatchNorm,
    Dropout,
    Layer,
    LayerNorm,
    RMSNorm,
    Sequential,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    optim,
)
from tests.helpers import examples

examples.choose(all="--all" in sys.argv)

from tests.helpers.programs import programs

MOONS = Path(__file__).parents[2] / "demos" / "moons.py"


# kinks, poles, ends of domains and of the range of floats
SPECIAL = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, 25.0, -25.5, -41.0, 700.0, 710.0, -745.0, 1e-10, 1e9, 1e16]
SPECIAL += [5e-324, 1e-300, -1e-300, 1e-200, 1e200, 1e300, -1e300, math.inf, -math.inf, math.nan]


def trace_operations(n: int) -> None:
    """Every operation of the table, with plain numbers among its operands: numbers, gradients and errors."""
    rng = random.Random(0)
    draws = [
        lambda: rng.choice(SPECIAL),
        lambda: rng.uniform(-3, 3),
        lambda: rng.choice([-1, 1]) * 10 ** rng.uniform(-320, 308),
    ]
    for op in TABLE.values():
        for _ in range(n):
            size = len(op.operands) or 2 * rng.randrange(1, 4)
            numbers = [rng.choice(draws)() for _ in range(size)]
            operands = [Value(x) if k == 0 or rng.random() < 0.7 else x for k, x in enumerate(numbers)]
            try:
                out = op(*operands)
                out.backward()
            except (ArithmeticError, ValueError) as error:
                print(repr(error))
            else:
                gradients = [x.grad.hex() for x in operands if isinstance(x, Value)]
                print(out.op, out.data.hex(), *gradients, *[c.hex() for c in out.local_gradient(0.7)])


def trace_graph(root: Value) -> None:
    """Every node of a differentiated graph, and what its local gradient answers."""
    for node in topological_order(root):
        contributions = node.local_gradient(0.7) if node.parents else ()
        print(node.op, node.data.hex(), node.grad.hex(), *[c.hex() for c in contributions])


@given(programs())
def trace_transforms(program) -> None:
    """Their derivatives, forward and reverse, of first and second order."""
    direction = [0.5 - i for i in range(len(program.leaves))]
    value, moved = jvp(program.run, (program.leaves,), (direction,))
    rows = [grad(program.run)(program.leaves), *hessian(program.run)(program.leaves)]
    print(value.hex(), moved.hex(), *[x.hex() for row in rows for x in row])
    print(*[x.hex() for x in hvp(program.run, program.leaves, direction)])


@given(programs())
def trace_expressions(program) -> None:
    """The programs that hypothesis makes, differentiated twice: by floats, and by Values for second derivatives."""
    leaves = [Value(x) for x in program.leaves]
    out = program.run(leaves)
    out.backward()
    trace_graph(out)
    if out.parents:
        for contribution in out.local_gradient(Value(1.0)):
            contribution.backward()
            trace_graph(contribution)


def trace_moons(steps: int) -> None:
    """The moons demo: the loss of every step, and the parameters at the end."""
    spec = importlib.util.spec_from_file_location("moons", MOONS)
    moons = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(moons)
    model = MLP(2, [16, 16, 1], activation="relu", initialisation="uniform", rng=random.Random(1337))
    losses, _ = moons.train(model, *moons.two_moons(1337), steps)
    print(*[loss.hex() for loss in losses])
    print(*[f"{p.data.hex()} {p.grad.hex()}" for p in model.parameters()])


def trace_layers(n: int) -> None:
    """Layers of two neurons and more, some of which share Values, are looked into, set, or used in other ways too."""
    for seed in range(n):
        rng = random.Random(seed)
        sizes = [rng.randrange(1, 5) for _ in range(3)]
        layers = [
            ([[Value(rng.uniform(-2, 2)) for _ in range(a)] for _ in range(b)], [Value(rng.random()) for _ in range(b)])
            for a, b in pairwise(sizes)
        ]
        parameters = [p for rows, biases in layers for p in [*biases, *[w for row in rows for w in row]]]
        if rng.random() < 0.3:
            layers[1][0][-1][0] = rng.choice(parameters)
        if rng.random() < 0.2:
            layers[1][1][0] = rng.choice(parameters) * 2
        losses, held = [], []
        for _ in range(3):
            x = [rng.uniform(-2, 2) if rng.random() < 0.2 else Value(rng.uniform(-2, 2)) for _ in range(sizes[0])]
            for rows, biases in layers:
                x = autograd.linear(rows, x, biases, rng.choice([None, autograd.relu, autograd.tanh, autograd.sigmoid]))
                if rng.random() < 0.2:
                    held += x[-1].parents
                if rng.random() < 0.1:
                    x[0].data, x[-1].grad = 0.5, 0.25
                if rng.random() < 0.2:
                    x[0] = x[0] * x[-1] + rng.choice(parameters)
                if rng.random() < 0.1:
                    x[0] = looks_around(x[0])
            losses += x
        loss = autograd.mean(losses)
        loss.backward()
        print(*[v.grad.hex() for v in [*parameters, *losses, *held]])
        trace_graph(loss)


def looks_around(v: Value) -> Value:
    """An operation of one's own that comes upon the nodes before it, within backward()."""
    x = v.data
    return Value(x * x, (v,), "own", lambda gradient: (2 * gradient * x * bool(topological_order(v)),))


def trace_networks(steps: int) -> None:
    """A network with every kind of layer, under every optimiser and several losses: all parameters at every step."""
    for make in (
        lambda parameters: optim.SGD(parameters, 0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda parameters: optim.AdamW(parameters, 0.02),
        lambda parameters: optim.RMSprop(parameters, momentum=0.5, weight_decay=0.01),
        lambda parameters: optim.Adagrad(parameters, 0.1, lr_decay=0.1),
    ):
        rng = random.Random(0)
        model = Sequential(
            *(Layer(2, 6, rng=rng), BatchNorm(6), "tanh", Layer(6, 6, "sigmoid", "orthogonal", rng), LayerNorm(6)),
            *(Layer(6, 6, "gelu", rng=rng), Dropout(0.2, rng), RMSNorm(6), Layer(6, 3, rng=rng)),
        )
        points = [[rng.uniform(-2, 2), rng.uniform(-2, 2)] for _ in range(8)]
        optimizer = make(model.parameters())
        schedule = optim.CosineAnnealingLR(optimizer, T_max=steps)
        for _ in range(steps):
            outputs = model(points)
            loss = cross_entropy(outputs, [i % 3 for i in range(8)], label_smoothing=0.1)
            loss += binary_cross_entropy_with_logits([row[0] for row in outputs], [0, 1] * 4)
            loss += huber_loss([row[1] for row in outputs], points[0] * 4)
            optimizer.zero_grad()
            loss.backward()
            optim.clip_grad_norm(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            print(loss.data.hex(), *[f"{p.data.hex()} {p.grad.hex()}" for p in model.parameters()])


if __name__ == "__main__":
    trace_expressions()
    trace_transforms()
    trace_layers(200)
    in_full = "--all" in sys.argv
    trace_operations(300 if in_full else 60)
    trace_moons(100 if in_full else 3)
    trace_networks(30 if in_full else 8)
