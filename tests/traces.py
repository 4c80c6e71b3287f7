"""Prints every number and gradient of many programs, to the last bit: python -m tests.traces, on any engine."""

import importlib.util
import random
from pathlib import Path

from hypothesis import given

from autograd import Value, topological_order
from nn import MLP
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


if __name__ == "__main__":
    trace_expressions()
    trace_moons(100)
