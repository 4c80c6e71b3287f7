"""Beyond one core: one loss, written in scalars for one example, trained by four engines, and what each costs to start.

The loss is three lines of scalars. autograd.compile records them once, and four ways run the recording on all examples:
loss.map on one core and on all of them, JAX on a mesh of devices, and PyTorch in one process for each core, under
torchrun. All four do the same steps of gradient descent, and end with the same parameters.

A faster engine takes longer to start. The table says how long, how many examples a second each then does, and from how
many examples on it has caught up with loss.map on one core. At the end the program names the folder with a picture of
that: the seconds over the examples.
"""

import argparse
import importlib.util
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

try:
    import matplotlib
    import numpy as np
    from tqdm import tqdm
except ModuleNotFoundError as error:
    raise SystemExit(f'{error.name} is not installed. Run: python -m pip install -e ".[demos]"') from None

import autograd
from nn import MLP, optim

matplotlib.rcParams["svg.hashsalt"] = "beyond"
matplotlib.use("svg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt

INK = "#1f2933"
COLOURS = ["#2f6fad", "#3d8168", "#b05a00", "#7b5ea7"]
RATE = 0.05  # of gradient descent
CORES = min(os.cpu_count() or 1, 8)


def main() -> None:
    """Run each way in a process of its own, report, and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--examples", type=at_least_one, help="examples in a step (default: 65536)")
    parser.add_argument("--steps", type=at_least_one, help="steps that are timed (default: 50)")
    parser.add_argument("--seed", type=seed, default=1337, help="for data and weights (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/beyond"), help="folder of the pictures (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="a short test with few examples")
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)  # one way, in the process of its own
    parser.add_argument("--began", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.examples = options.examples or (1 << 10 if options.quick else 1 << 16)
    options.examples = max(1, options.examples // CORES) * CORES  # as many for each core
    options.steps = options.steps or (3 if options.quick else 50)
    if options.way:
        WAYS[options.way](options)
        return
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    print(f"{options.examples} examples in a step, on {CORES} core{'s' * (CORES > 1)}")
    found = {way: started(way, options) for way in tqdm(WAYS, desc="ways", unit="way")}
    print(table(found))
    ends = [result["parameters"] for result in found.values() if result]
    largest = max(abs(x - y) for end in ends for x, y in zip(end, ends[0], strict=True))
    assert largest < 1e-9, "the ways do not agree"
    print(f"{len(ends)} ways end with the same {len(ends[0])} parameters")
    plot({way: result for way, result in found.items() if result}, options.out / "seconds.svg")
    print(f"pictures in {options.out.resolve()}: seconds.svg")


# The program: three lines, in scalars


def model_and_loss(seed: int) -> tuple[MLP, Any]:
    """A network of 337 parameters, and the loss of one example."""
    model = MLP(2, [16, 16, 1], activation="tanh", rng=random.Random(seed))

    @autograd.compile
    def loss(x: Any, y: Any) -> Any:
        return (model(x) - y) ** 2

    return model, loss


def data(seed: int, n: int) -> tuple[Any, Any]:
    """Points of a square, and 1 or -1 in the corners: exclusive or."""
    xs = np.random.default_rng(seed).uniform(-1, 1, (n, 2))
    return xs, np.sign(xs[:, 0] * xs[:, 1])


# The ways


def on_one_core(options: argparse.Namespace) -> None:
    """loss.map takes all rows at once."""
    model, loss = model_and_loss(options.seed)
    xs, ys = data(options.seed, options.examples)
    optimizer = optim.SGD(model.parameters(), lr=RATE)
    timed(options, lambda: loss.map.update(optimizer, xs, ys), lambda: [p.data for p in model.parameters()])


def on_all_cores(options: argparse.Namespace) -> None:
    """A thread for each core takes its part of the rows; the gradients add up in the parameters."""
    model, loss = model_and_loss(options.seed)
    xs, ys = data(options.seed, options.examples)
    optimizer = optim.SGD(model.parameters(), lr=RATE / CORES)  # the sum of the means of the parts
    parts = list(zip(np.split(xs, CORES), np.split(ys, CORES), strict=True))
    loss(xs[0], ys[0])  # recorded once, before the threads
    with ThreadPoolExecutor(CORES) as threads:

        def step() -> None:
            optimizer.zero_grad()
            list(threads.map(lambda part: loss.map.value_and_grad(*part), parts))
            optimizer.step()

        timed(options, step, lambda: [p.data for p in model.parameters()])


def by_jax(options: argparse.Namespace) -> None:
    """A mesh of devices, here one for each core: each has its part of the rows, and all have the parameters."""
    import jax
    from jax.sharding import AxisType, NamedSharding, PartitionSpec

    model, loss = model_and_loss(options.seed)
    xs, ys = data(options.seed, options.examples)
    f = loss.to_jax(xs[0], ys[0])
    mesh = jax.make_mesh((CORES,), ("data",), (AxisType.Auto,))
    rows, everywhere = NamedSharding(mesh, PartitionSpec("data")), NamedSharding(mesh, PartitionSpec())
    xs, ys = jax.device_put(xs, rows), jax.device_put(ys, rows)

    @jax.jit
    def descend(parameters: Any, xs: Any, ys: Any) -> Any:
        return parameters - RATE * jax.grad(f.map)(parameters, xs, ys)

    parameters = jax.device_put(f.parameters, everywhere)

    def step() -> None:
        nonlocal parameters
        parameters = descend(parameters, xs, ys).block_until_ready()

    def end() -> list[float]:
        f.write_back(parameters)
        return [p.data for p in model.parameters()]

    timed(options, step, end)


def by_torch(options: argparse.Namespace) -> None:
    """A process for each core has its part of the rows; PyTorch averages the gradients."""
    import torch
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel

    dist.init_process_group("gloo")
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    model, loss = model_and_loss(options.seed)
    xs, ys = data(options.seed, options.examples)
    module = loss.to_torch(xs[0], ys[0]).module()
    network = DistributedDataParallel(module)
    optimizer = torch.optim.SGD(module.parameters(), lr=RATE)
    own = slice(dist.get_rank(), None, dist.get_world_size())
    mine = torch.tensor(xs[own]), torch.tensor(ys[own])

    def step() -> None:
        optimizer.zero_grad()
        network(*mine).backward()
        optimizer.step()

    def end() -> list[float]:
        module.write_back()
        return [p.data for p in model.parameters()]

    timed(options, step, end, tells=dist.get_rank() == 0)
    dist.destroy_process_group()


WAYS = {
    "map, one core": on_one_core,
    f"map, {CORES} threads": on_all_cores,
    f"JAX, {CORES} devices": by_jax,
    f"torchrun, {CORES} processes": by_torch,
}


def timed(
    options: argparse.Namespace, step: Callable[[], Any], end: Callable[[], list[float]], tells: bool = True
) -> None:
    """Time the first step, which ends the start, and then the others; print both, and the parameters at the end."""
    step()
    start = time.time() - options.began
    seconds = []
    for _ in range(options.steps):
        before = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - before)
    rate = options.examples / min(seconds)  # what others do on this machine makes steps longer only
    if tells:
        print(json.dumps({"start": start - options.examples / rate, "rate": rate, "parameters": end()}), flush=True)


def started(way: str, options: argparse.Namespace) -> dict[str, Any] | None:
    """What one way tells, in processes of its own; None where its library is not installed."""
    library = {by_jax: "jax", by_torch: "torch"}.get(WAYS[way])
    if library is not None and importlib.util.find_spec(library) is None:
        return None
    under = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={CORES}"] if library == "torch" else []
    given = [f"--{name}={getattr(options, name)}" for name in ("examples", "steps", "seed")]
    variables = {
        "JAX_ENABLE_X64": "1",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={CORES}",
        "OMP_NUM_THREADS": "1",
    }
    ran = subprocess.run(
        [sys.executable, *under, __file__, f"--way={way}", f"--began={time.time()}", *given],
        capture_output=True,
        text=True,
        env=os.environ | variables,
    )
    if ran.returncode:
        raise SystemExit(f"{way} failed:\n{ran.stderr}")
    told: dict[str, Any] = json.loads(next(line for line in ran.stdout.splitlines() if line.startswith("{")))
    return told


# The report


def pays_from(own: dict[str, Any], first: dict[str, Any]) -> float | None:
    """From how many examples on a way has caught up with the first one; None if it never does."""
    gained = 1 / first["rate"] - 1 / own["rate"]
    return max(0.0, own["start"] - first["start"]) / gained if gained > 0 else None


def table(found: dict[str, dict[str, Any] | None]) -> str:
    """A line for each way."""
    first = next(result for result in found.values() if result)
    lines = [f"{'':24}{'to start':>10}{'examples a second':>20}   pays from"]
    for way, own in found.items():
        if own is None:
            lines.append(f"{way:24}not installed: python -m pip install {'jax' if 'JAX' in way else 'torch'}")
            continue
        n = None if own is first else pays_from(own, first)
        pays = (
            "" if own is first else "never, on this machine" if n is None else f"{n:,.0f} examples" if n else "at once"
        )
        lines.append(f"{way:24}{own['start']:8.1f} s{own['rate']:20,.0f}   {pays}")
    return "\n".join(lines)


def plot(found: dict[str, dict[str, Any]], path: Path) -> None:
    """The seconds that each way takes, with its start, over the examples."""
    figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
    n = np.logspace(3, 9, 200)
    for (way, own), colour in zip(found.items(), COLOURS, strict=False):
        axes.loglog(n, own["start"] + n / own["rate"], color=colour, linewidth=2, label=way)
    axes.set(title="Seconds to train, with the start", xlabel="examples, in all steps", ylabel="seconds")
    axes.legend(handles=sorted(axes.lines, key=lambda line: -line.get_ydata()[-1]))  # as they stand at the right
    axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def at_least_one(text: str) -> int:
    """A whole number from 1 on, from the command line."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 on is needed, got {text!r}")
    return int(text)


def seed(text: str) -> int:
    """A whole number from 0 to 4,294,967,295, from the command line."""
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"a whole number from 0 to {2**32 - 1} is needed, got {text!r}")
    return int(text)


if __name__ == "__main__":
    main()
