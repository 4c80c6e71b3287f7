"""fit() on Batches trains as on the same examples in memory, and reads them a part at a time."""

import random
from typing import Any

import numpy as np
import pytest

import nn
from nn import MLP, Batches, fit, mse_loss, optim

pytestmark = pytest.mark.once

RNG = np.random.default_rng(2)
XS = RNG.uniform(-1, 1, (100, 2))
YS = XS[:, 0] - 2 * XS[:, 1]


def trained(data: Any, epochs: int = 3, **options: Any) -> tuple[list[float], list[float], dict[str, float]]:
    model = MLP(2, [3, 1], "tanh", rng=random.Random(1))
    options = {"optimizer": optim.SGD(model.parameters(), lr=0.1), "progress": False, "rng": random.Random(4)} | options
    history = fit(model, mse_loss, data, epochs, 10, **options)
    return history.losses, history.validation_losses, model.state_dict()


def close(found: Any, expected: Any) -> bool:
    numbers = [[*losses, *validation, *state.values()] for losses, validation, state in (found, expected)]
    return numbers[0] == pytest.approx(numbers[1], rel=1e-12)


@pytest.mark.parametrize("compile", [False, True])
def test_without_shuffling_it_is_the_training_on_the_same_batches_in_memory(compile) -> None:
    options = {"shuffle": False, "compile": compile, "validation": list(zip(XS[:7].tolist(), YS[:7]))}
    expected = trained(list(zip(XS.tolist(), YS.tolist())), **options)
    assert close(trained(Batches.of_arrays(XS, YS), **options), expected)
    assert close(trained(Batches([(XS.tolist(), YS.tolist())]), **options), expected)
    assert close(trained(Batches(lambda: iter([(XS, YS)])), **options), expected)


def test_each_epoch_has_every_example_once_in_an_order_of_its_own(monkeypatch) -> None:
    monkeypatch.setattr(nn.batches, "ROWS", 30)
    data = Batches.of_arrays(XS, YS)
    rng = random.Random(0)
    epochs = [[y for _, ys in data.epoch(7, rng) for y in ys] for _ in range(2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == sorted(YS)
    assert epochs[0] != epochs[1]
    sizes = [len(ys) for _, ys in data.epoch(7)]
    assert sizes == [6] * 15 + [5, 5]  # parts of 30, 30, 30 and 10, as equal as possible


def test_the_loss_of_an_epoch_counts_every_example_once() -> None:
    """Batches of 10 and 2: the mean is over 12 examples."""
    frozen = {"optimizer": None, "shuffle": False}
    model = MLP(2, [3, 1], "tanh", rng=random.Random(1))
    whole = mse_loss([model(x) for x in XS[:12].tolist()], YS[:12].tolist()).data
    frozen["optimizer"] = optim.SGD(model.parameters(), lr=1e-300)
    data = Batches([(XS[:10], YS[:10]), (XS[10:12], YS[10:12])])
    history = fit(model, mse_loss, data, 1, 10, progress=False, validation=data, **frozen)
    assert history.losses == pytest.approx([whole], rel=1e-12)
    assert history.validation_losses == pytest.approx([whole], rel=1e-12)


def test_it_reads_arrays_on_the_disk_and_parquet(tmp_path) -> None:
    xs, ys = (np.memmap(tmp_path / name, "f8", "w+", shape=array.shape) for name, array in (("x", XS), ("y", YS)))
    xs[:], ys[:] = XS, YS
    expected = trained(Batches.of_arrays(XS, YS), compile=True)
    assert close(trained(Batches.of_arrays(xs, ys), compile=True), expected)
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: python -m pip install -e '.[data]'")
    from pyarrow import parquet

    parquet.write_table(pa.table({"y": YS, "a": XS[:, 0], "b": XS[:, 1]}), tmp_path / "rows.parquet")
    expected = trained(Batches([(XS, YS)]), compile=True)
    source = parquet.ParquetFile(tmp_path / "rows.parquet")
    assert close(trained(Batches(source, inputs=["a", "b"], targets="y"), compile=True), expected)


def test_an_interrupted_training_on_batches_ends_as_an_uninterrupted_one(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(nn.checkpoints, "PAUSE", 0.0)
    monkeypatch.setattr(nn.batches, "ROWS", 30)
    data = Batches.of_arrays(XS, YS)
    whole = trained(data, 6)
    trained(data, 2, checkpoint=tmp_path)
    assert trained(data, 6, checkpoint=tmp_path, rng=random.Random(99)) == whole
    with pytest.raises(ValueError, match="of another training: its data is"):
        trained(Batches.of_arrays(XS + 1, YS), 6, checkpoint=tmp_path)


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (lambda: Batches(iter([])), TypeError, r"read only once, .*Batches\(read\) and not Batches\(read\(\)\)"),
        (lambda: Batches(3), TypeError, "takes a function that reads, or an iterable of pairs; got 3"),
        (lambda: Batches(XS, YS), TypeError, r"For arrays write Batches.of_arrays\(inputs, targets\)"),
        (lambda: Batches.of_arrays(XS, YS[1:]), ValueError, "as many targets as inputs are needed, got 100 inputs, 99"),
        (lambda: trained(Batches([])), ValueError, "at least one example, got none"),
        (lambda: trained(Batches([3.0])), TypeError, r"pairs of inputs and targets, \(xs, ys\), each a list; got 3.0"),
        (lambda: trained(Batches([(XS, YS[1:])])), ValueError, "a batch has 100 inputs and 99 targets"),
        (
            lambda: trained(Batches.of_arrays(XS, YS), validation=0.2),
            ValueError,
            "Batches cannot be divided",
        ),
    ],
)
def test_what_is_no_batches_is_refused(make, error, sentence) -> None:
    with pytest.raises(error, match=sentence):
        make()


def test_the_names_of_columns_are_asked_for() -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: python -m pip install -e '.[data]'")
    with pytest.raises(TypeError, match="Batches needs the names of the columns"):
        Batches(pa.table({"x": [1.0]}))
