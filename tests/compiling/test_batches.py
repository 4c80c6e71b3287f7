"""Holds loss.map over batches, arrays on the disk and Arrow against loss.map over all rows at once."""

import random
import sys
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, compile, gradients, no_grad
from autograd.compiling.tracing import CannotCompile
from nn import MLP, optim

N = 100
XS = np.random.default_rng(1).uniform(-1, 1, (N, 2))
YS = XS[:, 0] * XS[:, 1]


def loss_and_model() -> tuple[Any, Any]:
    model = MLP(2, [4, 1], "tanh", rng=random.Random(1))
    return compile(lambda x, y: (model(x) - y) ** 2), model


def in_parts(size: int = 30) -> Any:
    return ((XS[i : i + size], YS[i : i + size]) for i in range(0, N, size))


def slopes(run: Any, model: Any) -> list[float]:
    model.zero_grad()
    run()
    return [p.grad for p in model.parameters()]


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_batches_give_what_all_rows_give(reduction) -> None:
    loss, model = loss_and_model()
    whole = loss.map(XS, YS, reduction=reduction)
    assert loss.map(in_parts(), reduction=reduction).data == pytest.approx(whole.data, rel=1e-13)
    expected = slopes(whole.backward, model)
    found = slopes(lambda: loss.map(in_parts(), reduction=reduction).backward(), model)
    assert found == pytest.approx(expected, rel=1e-12)
    found = slopes(lambda: loss.map.value_and_grad(in_parts(), reduction=reduction), model)
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_training_step_on_batches_is_the_step_on_all_rows() -> None:
    (loss, model), (twin, other) = loss_and_model(), loss_and_model()
    for _ in range(5):
        value = loss.map.update(optim.SGD(model.parameters(), lr=0.1), in_parts())
        assert value == pytest.approx(twin.map.update(optim.SGD(other.parameters(), lr=0.1), XS, YS), rel=1e-12)
    assert [*model.state_dict().values()] == pytest.approx([*other.state_dict().values()], rel=1e-12)


def test_gradients_are_added_and_computed_parameters_pass_them_on() -> None:
    w = Value(0.5)
    v = w * w
    loss = compile(lambda x: (v * x + w) ** 2)
    xs = [float(k) for k in range(10)]
    w.grad = 1.0
    loss.map((xs[i : i + 3],) for i in range(0, 10, 3)).backward()
    # d/dw of the mean of (w² x + w)² is the mean of 2 (w² x + w) (2 w x + 1)
    assert w.grad == pytest.approx(1 + sum(2 * (0.25 * x + 0.5) * (x + 1) for x in xs) / 10, rel=1e-12)


def test_rows_of_a_batch_may_take_different_paths_and_use_other_parameters_in_later_ones() -> None:
    a, b = Value(2.0), Value(3.0)
    loss = compile(lambda x: a * x if x > 0 else b * x * x)
    batches = [([1.0, 2.0],), ([-1.0, 3.0],), ([-2.0],)]
    result = loss.map(iter(batches), reduction="sum")
    assert result.data == 12.0 + 3.0 + 12.0
    assert gradients(result, [a, b]) == [6.0, 5.0]


def test_containers_of_results_are_reduced_part_by_part() -> None:
    w = Value(2.0)
    both = compile(lambda x: {"first": w * x, "second": [x * x]})
    found = both.map(iter([([1.0, 2.0],), ([3.0],)]))
    assert (found["first"].data, found["second"][0].data) == (4.0, pytest.approx(14 / 3))
    assert gradients(found["first"], w) == 2.0


def test_within_no_grad_batches_give_a_plain_number() -> None:
    loss, _ = loss_and_model()
    with no_grad():
        found = loss.map(in_parts())
    assert found.parents == ()
    assert found.data == pytest.approx(loss.map(XS, YS).data, rel=1e-13)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i4"])
def test_arrays_on_the_disk_are_arrays(dtype, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(autograd.compiling.columns, "ROWS", 30)
    columns = [(10 * array).astype(dtype) for array in (XS, YS)]
    mapped = [np.memmap(tmp_path / f"{k}", dtype, "w+", shape=array.shape) for k, array in enumerate(columns)]
    for on_disk, array in zip(mapped, columns):
        on_disk[:] = array
    loss, model = loss_and_model()
    expected = slopes(lambda: loss.map.value_and_grad(*columns), model)
    assert slopes(lambda: loss.map.value_and_grad(*mapped), model) == pytest.approx(expected, rel=1e-12)
    assert slopes(lambda: loss.map.value_and_grad(mapped[0], columns[1].tolist()), model) == pytest.approx(
        expected, rel=1e-12
    )
    with pytest.raises(ValueError, match=r"the same number of rows for each argument, got \[100, 99\]"):
        loss.map(mapped[0], mapped[1][1:])


# Arrow


@pytest.fixture
def pa() -> Any:
    return pytest.importorskip("pyarrow", reason="pyarrow is not installed: python -m pip install -e '.[data]'")


def table(pa: Any, **more: Any) -> Any:
    pairs = pa.FixedSizeListArray.from_arrays(pa.array(XS.ravel()), 2)
    return pa.table({"other": ["text"] * N, "y": YS, "x": pairs, **more})


def test_arrow_gives_columns_by_the_names_of_the_arguments(pa, tmp_path) -> None:
    from pyarrow import dataset, parquet

    loss, model = loss_and_model()
    expected = slopes(lambda: loss.map.value_and_grad(XS, YS), model)
    parquet.write_table(table(pa), tmp_path / "rows.parquet", row_group_size=30)
    sources = [
        table(pa),
        table(pa).to_batches(max_chunksize=30)[0].slice(0),
        iter(table(pa).to_batches(max_chunksize=30)),
        table(pa).to_reader(),
        parquet.ParquetFile(tmp_path / "rows.parquet"),
        dataset.dataset(tmp_path / "rows.parquet"),
    ]
    first = slopes(lambda: loss.map.value_and_grad(XS[:30], YS[:30]), model)
    for k, source in enumerate(sources):
        found = slopes(lambda source=source: loss.map.value_and_grad(source), model)
        assert found == pytest.approx(first if k == 1 else expected, rel=1e-12)


def test_lists_booleans_and_whole_numbers_of_arrow_are_numbers(pa) -> None:
    f = compile(lambda x, label, n: autograd.sum(x) * label + n)
    rows = pa.table({"x": [[1.0, 2.0], [3.0, 4.0]], "label": [True, False], "n": pa.array([1, 2], "int8")})
    assert f.map(rows, reduction="sum").data == 3 + 1 + 2


@pytest.mark.parametrize(
    ("columns", "error", "sentence"),
    [
        ({"y": [1.0, None] * 50}, ValueError, "column 'y' has 50 nulls, which are no numbers: leave these rows out"),
        ({"y": ["a"] * N}, TypeError, "column 'y' is of the type string, and numbers are needed"),
        ({"x": None}, ValueError, "there is no column 'x'; there are 'other', 'y'"),
    ],
)
def test_columns_of_arrow_that_do_not_fit_are_named(pa, columns, error, sentence) -> None:
    rows = table(pa)
    for name, new in columns.items():
        rows = rows.drop([name]) if new is None else rows.set_column(rows.schema.names.index(name), name, pa.array(new))
    with pytest.raises(error, match=sentence):
        loss_and_model()[0].map(rows.to_batches()[0])


# Mistakes


@pytest.mark.parametrize(
    ("source", "error", "sentence"),
    [
        (lambda: zip(XS, YS), TypeError, r"zip gives the rows one by one: give the columns themselves, map\(xs, ys\)"),
        (lambda: iter([[XS, YS]]), TypeError, r"a batch is a tuple with a column for each argument, \(xs, ys\)"),
        (lambda: iter([(XS, YS[1:])]), ValueError, "the same number of rows for each argument"),
        (lambda: iter([]), ValueError, "map takes at least one row, got none"),
        (lambda: iter([(XS[:0], YS[:0])]), ValueError, "map takes at least one row, got none"),
    ],
)
def test_batches_that_are_none_are_refused(source, error, sentence) -> None:
    with pytest.raises(error, match=sentence):
        loss_and_model()[0].map(source())


def test_what_batches_cannot_give_is_refused() -> None:
    loss, model = loss_and_model()
    with pytest.raises(ValueError, match="map each batch"):
        loss.map(in_parts(), reduction="none")
    with pytest.raises(
        RuntimeError, match="called with batches, of which none is kept, so there are no derivatives of"
    ):
        gradients(loss.map(in_parts()), model.parameters(), create_graph=True)
    with pytest.raises(CannotCompile):
        compile(lambda x: loss.map(in_parts()) * x)(1.0)


def test_an_error_while_batches_are_read_leaves_the_gradients(monkeypatch) -> None:
    loss, model = loss_and_model()
    expected = slopes(lambda: loss.map.value_and_grad(XS, YS), model)

    def read() -> Any:
        yield XS[:30], YS[:30]
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        loss.map.value_and_grad(read())
    assert [p.grad for p in model.parameters()] == expected


# Memory


GROWTH = """
import random, resource, sys
import numpy as np
import autograd
from nn import MLP

n, folder = int(sys.argv[1]), sys.argv[2]
model = MLP(2, [4, 1], "tanh", rng=random.Random(1))
loss = autograd.compile(lambda x, y: (model(x) - y) ** 2)
xs = np.memmap(folder + "/xs", "f4", "w+", shape=(n, 2))
ys = np.memmap(folder + "/ys", "f4", "w+", shape=n)

def own_memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) / 1024

loss.map.value_and_grad(xs[: 1 << 17], ys[: 1 << 17])
before = own_memory()
loss.map.value_and_grad(xs, ys)
print(own_memory() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much memory a process has of its own")
def test_the_memory_of_the_process_does_not_grow_with_the_rows(tmp_path) -> None:
    """2,000,000 rows are 24 MB on the disk, and 48 MB as floats of 64 bits."""
    import subprocess

    command = [sys.executable, "-c", GROWTH, "2000000", str(tmp_path)]
    grown = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert grown < 4
