"""Prints every number and gradient of many programs, to the last bit: python -m tests.traces, on any engine."""

import importlib.util
import random
from pathlib import Path

from hypothesis import given

from autograd import Value, topological_order
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
from tests.test_expressions import deterministic, programs

MOONS = Path(__file__).parent.parent / "demos" / "moons.py"


def trace_graph(root: Value) -> None:
    """Every node of a differentiated graph, and what its local gradient answers."""
    for node in topological_order(root):
        contributions = node.local_gradient(0.7) if node.parents else ()
        print(node.op, node.data.hex(), node.grad.hex(), *[c.hex() for c in contributions])


@given(programs())
@deterministic
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
    trace_moons(100)
    trace_networks(30)
