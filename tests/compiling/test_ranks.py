"""Holds one scalar program on several devices and in several processes, by JAX and by PyTorch, against loss.map."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograd import Value, compile, sqrt
from nn import MLP, optim
from tests.benchmarks.thousand import figures

pytestmark = pytest.mark.once  # a program is data, whichever engine recorded it

ROOT = Path(__file__).parents[2]
TIME = 120  # seconds, after which processes that wait for each other are ended

rng = random.Random(5)
XS = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(64)]
YS = [1.0 if x * y > 0 else -1.0 for x, y in XS]

PROGRAM = """
import json, os, random, sys
import autograd
from nn import MLP

rng = random.Random(5)
xs = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(64)]
ys = [1.0 if x * y > 0 else -1.0 for x, y in xs]
model = MLP(2, [8, 1], "tanh", rng=random.Random(3))
loss = autograd.compile(lambda x, y: (model(x) - y) ** 2)
"""


def one_process() -> tuple[float, list[float]]:
    """The loss and its gradient by loss.map."""
    model = MLP(2, [8, 1], "tanh", rng=random.Random(3))
    loss = compile(lambda x, y: (model(x) - y) ** 2)
    loss.map(XS, YS).backward()
    return loss.map(XS, YS).data, [p.grad for p in loss.captured]


def free_port() -> int:
    """A port that stays free until it is needed: no system gives those below 32,768 to who asks for any."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 1000):
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def started(arguments: list[str], **variables: str) -> "subprocess.Popen[str]":
    """Python, with these arguments."""
    environment = os.environ | {"JAX_PLATFORMS": "cpu", "JAX_ENABLE_X64": "1"} | variables
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ended(processes: "list[subprocess.Popen[str]]", time: float = TIME) -> list[tuple[int, str, str]]:
    """How each ended, and what it said."""
    try:
        said = [process.communicate(timeout=time) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, *words) for process, words in zip(processes, said)]


def results(processes: "list[subprocess.Popen[str]]") -> list[Any]:
    found = ended(processes)
    assert not any(status for status, _, _ in found), "\n".join(errors for _, _, errors in found)
    return [json.loads(output.splitlines()[-1]) for _, output, _ in found]


def needs(library: str) -> None:
    pytest.importorskip(library, reason=f"{library} is not installed; it is not among the extras, for it is large")


# JAX


ON_A_MESH = """
import jax
from jax.sharding import AxisType, NamedSharding, PartitionSpec

f = loss.to_jax(xs[0], ys[0])
shape, names = json.loads(sys.argv[1])
mesh = jax.make_mesh(shape, names, (AxisType.Auto,) * len(names))
rows, of_parameters = (NamedSharding(mesh, PartitionSpec(*spec)) for spec in (names[:1], names[1:]))
n = len(f.captured)
mean = lambda parameters, xs, ys: f.map(parameters[:n], xs, ys)
step = jax.jit(jax.value_and_grad(mean), in_shardings=(of_parameters, rows, rows), out_shardings=(None, of_parameters))
xs, ys = (jax.device_put(jax.numpy.asarray(each), rows) for each in (xs, ys))
padded = jax.numpy.pad(f.parameters, (0, -n % 2))  # so that the devices have equal parts
value, slopes = step(jax.device_put(padded, of_parameters), xs, ys)
parts = {str(shard.index) for shard in xs.addressable_shards}
print(json.dumps([jax.device_count(), float(value), slopes[:n].tolist(), len(parts)]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "names"), [((8,), ("data",)), ((4, 2), ("data", "model"))])
def test_a_mesh_of_virtual_devices_gives_what_map_gives(shape, names) -> None:
    needs("jax")
    given = json.dumps([shape, names])
    ((devices, value, slopes, shards),) = results(
        [started(["-c", PROGRAM + ON_A_MESH, given], XLA_FLAGS="--xla_force_host_platform_device_count=8")]
    )
    expected, gradient = one_process()
    assert (devices, shards) == (8, shape[0])
    assert value == pytest.approx(expected, rel=1e-12)
    assert slopes == pytest.approx(gradient, rel=1e-12, abs=1e-15)


TWO_OF_JAX = """
import jax
from jax.sharding import AxisType, NamedSharding, PartitionSpec

port, rank, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
jax.config.update("jax_cpu_collectives_implementation", "gloo")
jax.distributed.initialize(f"127.0.0.1:{port}", num_processes=2, process_id=rank, heartbeat_timeout_seconds=10)
if how == "another program" and rank == 1:
    loss = autograd.compile(lambda x, y: (model(x) - y) ** 4)
if how == "other parameters" and rank == 1:
    model.parameters()[0].data += 1e-9
f = loss.to_jax(xs[0], ys[0])
f.agree()
mesh = jax.make_mesh((2,), ("data",), (AxisType.Auto,))
rows, everywhere = NamedSharding(mesh, PartitionSpec("data")), NamedSharding(mesh, PartitionSpec())
own = slice(32 * rank, 32 * rank + 32)  # each process has read its part of the data alone
xs, ys = (jax.make_array_from_process_local_data(rows, jax.numpy.asarray(each[own])) for each in (xs, ys))
step = jax.jit(jax.value_and_grad(f.map), out_shardings=everywhere)
if how == "lost" and rank == 1:
    step(f.parameters, xs, ys)[0].block_until_ready()
    os.kill(os.getpid(), 9)
for _ in range(100_000 if how == "lost" else 1):
    value, slopes = step(f.parameters, xs, ys)
    value.block_until_ready()
print(json.dumps([jax.process_count(), float(value), slopes.tolist()]))
"""


def two_of_jax(how: str) -> "list[subprocess.Popen[str]]":
    needs("jax")
    port = free_port()
    return [started(["-c", PROGRAM + TWO_OF_JAX, str(port), str(rank), how]) for rank in (0, 1)]


@pytest.mark.slow
def test_two_processes_of_jax_give_what_map_gives() -> None:
    expected, gradient = one_process()
    for processes, value, slopes in results(two_of_jax("alike")):
        assert processes == 2
        assert value == pytest.approx(expected, rel=1e-12)
        assert slopes == pytest.approx(gradient, rel=1e-12, abs=1e-15)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["another program", "other parameters"])
def test_ranks_of_jax_that_differ_are_noticed_before_the_first_step(how) -> None:
    for status, _, errors in ended(two_of_jax(how)):
        assert status != 0
        assert f"rank 1 {'has' if 'program' in how else 'begins with'} {how}" in errors


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_a_lost_process_of_jax_ends_the_other_with_a_sentence() -> None:
    (status, _, errors), (lost, _, _) = ended(two_of_jax("lost"))
    assert lost == -signal.SIGKILL
    assert status not in (0, -signal.SIGKILL)
    assert any(words in errors for words in ("by peer", "heartbeat", "Socket closed")), errors


# PyTorch


TWO_OF_TORCH = """
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

how, folder = sys.argv[1], sys.argv[2]
torch.set_default_dtype(torch.float64)
dist.init_process_group("gloo")
rank = dist.get_rank()
if how == "another program" and rank == 1:
    loss = autograd.compile(lambda x, y: (model(x) - y) ** 4)
module = loss.to_torch(xs[0], ys[0]).module()
network = DistributedDataParallel(module)
own = slice(32 * rank, 32 * rank + 32)
xs, ys = torch.tensor(xs)[own], torch.tensor(ys)[own]
for step in range(1_000_000 if how == "lost" else 1):
    value = network(xs, ys)
    value.backward()
    if how == "lost" and rank == 1:
        os.kill(os.getpid(), 9)
dist.all_reduce(value := value.detach())
slopes = module.values.grad.tolist()
torch.optim.SGD(module.parameters(), lr=0.1).step()
module.write_back()
with open(f"{folder}/{rank}.json", "w") as file:
    json.dump([dist.get_world_size(), value.item() / 2, slopes, [v.data for v in loss.captured]], file)
"""


def two_of_torch(how: str, folder: Path) -> tuple[int, str, str]:
    needs("torch")
    (folder / "program.py").write_text(PROGRAM + TWO_OF_TORCH)
    under = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    variables = {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}
    (found,) = ended([started([*under, str(folder / "program.py"), how, str(folder)], **variables)])
    return found


@pytest.mark.slow
def test_two_processes_under_torchrun_give_what_map_gives(tmp_path) -> None:
    status, _, errors = two_of_torch("alike", tmp_path)
    assert status == 0, errors
    expected, gradient = one_process()
    begun = [p.data for p in MLP(2, [8, 1], "tanh", rng=random.Random(3)).parameters()]
    for rank in (0, 1):
        processes, value, slopes, trained = json.loads((tmp_path / f"{rank}.json").read_text())
        assert processes == 2
        assert value == pytest.approx(expected, rel=1e-12)
        assert slopes == pytest.approx(gradient, rel=1e-12, abs=1e-15)
        assert sorted(trained) == pytest.approx(sorted(x - 0.1 * g for x, g in by_parameter(begun, slopes)), rel=1e-12)


def by_parameter(numbers: list[float], slopes: list[float]) -> list[tuple[float, float]]:
    """The numbers of the parameters, each with the slope of the captured Value that it is."""
    model = MLP(2, [8, 1], "tanh", rng=random.Random(3))
    loss = compile(lambda x, y: (model(x) - y) ** 2)
    loss(XS[0], YS[0])
    place = {v: k for k, v in enumerate(loss.captured)}
    return [(x, slopes[place[p]]) for x, p in zip(numbers, model.parameters())]


@pytest.mark.slow
def test_ranks_of_torch_that_differ_are_noticed_before_the_first_step(tmp_path) -> None:
    status, _, errors = two_of_torch("another program", tmp_path)
    assert status != 0
    assert "rank 1 has another program of <lambda> than rank 0" in errors


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_a_lost_process_of_torch_ends_the_other_with_a_sentence(tmp_path) -> None:
    status, _, errors = two_of_torch("lost", tmp_path)
    assert status not in (0, -signal.SIGKILL)
    assert "ChildFailedError" in errors
    assert any(words in errors for words in ("Signal 9 (SIGKILL) received by PID", "by peer")), errors


@pytest.fixture
def torch() -> Iterator[Any]:
    needs("torch")
    import torch

    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(torch.float32)


def loss_of_one(seed: int = 3) -> Any:
    model = MLP(2, [8, 1], "tanh", rng=random.Random(seed))
    return compile(lambda x, y: (model(x) - y) ** 2)


def test_a_module_of_torch_trains_by_its_optimisers_and_gives_its_parameters_back(torch) -> None:
    loss = loss_of_one()
    module = loss.to_torch(XS[0], YS[0]).module()
    assert [tuple(p.shape) for p in module.parameters()] == [(33,)]
    optimizer = torch.optim.Adam(module.parameters(), lr=0.05)
    twin = loss_of_one()
    twin(XS[0], YS[0])
    own = optim.Adam(twin.captured, lr=0.05)
    for _ in range(20):
        optimizer.zero_grad()
        module(torch.tensor(XS), torch.tensor(YS)).backward()
        optimizer.step()
        twin.map.update(own, XS, YS)
    module.write_back()
    assert [v.data for v in loss.captured] == pytest.approx([v.data for v in twin.captured], rel=1e-9)
    assert loss.map(XS, YS).data < 0.9 * one_process()[0]


def test_torch_func_takes_the_gradient_of_a_module(torch) -> None:
    module = loss_of_one().to_torch(XS[0], YS[0]).module("none")
    values = {name: p.detach() for name, p in module.named_parameters()}

    def mean(values: Any, xs: Any, ys: Any) -> Any:
        return torch.func.functional_call(module, values, (xs, ys)).mean()

    found = torch.func.grad(mean)(values, torch.tensor(XS), torch.tensor(YS))
    assert found["values"].tolist() == pytest.approx(one_process()[1], rel=1e-12, abs=1e-15)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # what PyTorch warns itself of, which would end its compiler
def test_the_compiler_of_torch_takes_a_module(torch) -> None:
    module = loss_of_one().to_torch(XS[0], YS[0]).module()
    compiled = torch.compile(module, backend="inductor" if shutil.which("g++") else "aot_eager")
    value = compiled(torch.tensor(XS), torch.tensor(YS))
    value.backward()
    expected, gradient = one_process()
    assert value.item() == pytest.approx(expected, rel=1e-12)
    assert module.values.grad.tolist() == pytest.approx(gradient, rel=1e-12, abs=1e-15)


# Rows, and paths


@pytest.fixture(params=["jax", "torch"])
def there(request) -> Any:
    """How to export to a library, and its arrays and gradients."""
    needs(request.param)
    if request.param == "torch":
        torch = request.getfixturevalue("torch")
        yield SimpleNamespace(
            export=lambda step, *example, **how: step.to_torch(*example, **how),
            array=torch.tensor,
            grad=torch.func.grad,
        )
        return
    import jax

    jax.config.update("jax_enable_x64", True)
    yield SimpleNamespace(
        export=lambda step, *example, **how: step.to_jax(*example, **how), array=jax.numpy.asarray, grad=jax.grad
    )
    jax.config.update("jax_enable_x64", False)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_map_over_rows_is_that_of_the_compiled_function(there, reduction) -> None:
    loss = loss_of_one()
    f = there.export(loss, XS[0], YS[0])
    expected = loss.map(XS, YS, reduction=reduction)
    expected = [x.data for x in expected] if reduction == "none" else expected.data
    for xs, ys in ((XS, YS), (there.array(XS), there.array(YS)), (np.array(XS), np.array(YS))):
        assert f.map(f.parameters, xs, ys, reduction=reduction).tolist() == pytest.approx(expected, rel=1e-12)


def branching(x: Any) -> Any:
    return W * sqrt(x) if x > 0 else V * x * x


W, V = Value(2.0), Value(3.0)


def test_all_paths_are_exported_and_each_row_takes_its_own(there) -> None:
    """The path that a row does not take has no slope at 0: no nan comes from it."""
    loss, rows = compile(branching), [0.25, -2.0, 0.0, 4.0]
    loss.map([1.0, -1.0]).backward()
    f = there.export(loss, 1.0, all_paths=True)
    assert set(f.captured) == {W, V}
    f.check(rows)
    assert f.map(f.parameters, rows, reduction="none").tolist() == [1.0, 12.0, 0.0, 4.0]
    W.grad = V.grad = 0.0
    loss.map(rows).backward()
    slopes = there.grad(lambda p: f.map(p, there.array(rows)))(f.parameters)
    assert dict(zip(f.captured, slopes.tolist())) == {W: W.grad, V: V.grad} == {W: 0.625, V: 1.0}
    by_x = there.grad(lambda x: f.map(f.parameters, x, reduction="sum"))(there.array(rows))
    assert by_x.tolist() == [2.0, -12.0, 0.0, 0.5]


def test_a_row_on_another_path_is_named_with_its_comparison_and_what_to_write(there) -> None:
    f = there.export(compile(branching), 1.0)
    with pytest.raises(
        ValueError,
        match=r"row 1 takes another path .* -2 > 0 is False there, and True in the recording\n.*test_ranks.py, line "
        r"\d+: return W \* sqrt\(x\) if x > 0 else V \* x \* x. Call branching with rows of each path, then "
        r"export all_paths=True",
    ):
        f.check([0.5, -2.0])
    f.check([0.5, 2.0])


def test_a_recording_that_was_made_anew_since_is_exported(there, monkeypatch) -> None:
    loss = compile(lambda x: FACTOR * x)
    loss(1.0)
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    loss._look_around()  # what it depends on has changed, and nothing is recorded yet
    f = there.export(loss)
    assert float(f(f.parameters, 2.0)) == 4.0
    g = there.export(loss, 2.0)
    assert float(g(g.parameters, 2.0)) == 6.0


FACTOR = 2.0


def test_rows_that_do_not_fit_are_refused(there) -> None:
    f = there.export(loss_of_one(), XS[0], YS[0])
    with pytest.raises(ValueError, match=r"the same number of rows for each argument, at least one, got \[64, 63\]"):
        f.map(f.parameters, XS, YS[1:])
    with pytest.raises(ValueError, match="reduction is 'mean', 'sum' or 'none', got 'max'"):
        f.map(f.parameters, XS, YS, reduction="max")
    with pytest.raises(TypeError, match=r"an array or a list of rows, got 1\.0"):
        f.map(f.parameters, XS, 1.0)


# On a GPU


def on_a_gpu(library: str) -> Any:
    needs(library)
    if library == "torch":
        import torch

        if not torch.cuda.is_available():
            pytest.skip("PyTorch finds no GPU here")
        return torch.device("cuda")
    import jax

    if jax.default_backend() != "gpu":
        pytest.skip("JAX finds no GPU here")
    return jax.devices()[0]


@pytest.mark.parametrize("library", ["jax", "torch"])
def test_the_program_runs_on_a_gpu_in_single_precision(library) -> None:
    device, loss = on_a_gpu(library), loss_of_one()
    expected, gradient = one_process()
    if library == "torch":
        import torch

        module = loss.to_torch(XS[0], YS[0]).module().to(device)
        value = module(torch.tensor(XS, device=device), torch.tensor(YS, device=device))
        value.backward()
        found, slopes = value.item(), module.values.grad.tolist()
    else:
        import jax

        f = loss.to_jax(XS[0], YS[0])
        found, slopes = jax.jit(jax.value_and_grad(f.map))(f.parameters, jax.numpy.array(XS), jax.numpy.array(YS))
    assert float(found) == pytest.approx(expected, rel=1e-5)
    assert [*map(float, slopes)] == pytest.approx(gradient, rel=1e-4, abs=1e-6)


# The plan


def test_the_sign_has_the_figures_of_the_simulation() -> None:
    sign = (ROOT / "autograd/compiling/exports/README.md").read_text(encoding="utf-8")
    found = figures()
    assert [f"| {name} | {figure} |" for name, figure in found.items() if f"| {name} | {figure} |" not in sign] == []
    assert len(found) > 10
