"""sweep() calls a function for each of many settings, here and by others, and loses nothing that is done."""

import json
import os
import random
import signal
import subprocess
import sys
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

import nn
from nn import MLP, Trial, mse_loss, sweep

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
GRID = {"seed": range(3), "lr": [0.1, 0.01]}
DATA = [([x / 10], x * x / 100) for x in range(-10, 11)]


def train(seed: int, lr: float) -> float:
    model = MLP(1, [4, 1], "tanh", rng=random.Random(seed))
    optimizer = nn.optim.SGD(model.parameters(), lr=lr)
    history = nn.fit(model, mse_loss, DATA, 3, optimizer=optimizer, rng=random.Random(seed), progress=False)
    return history.losses[-1]


def quietly(*args: Any, **options: Any) -> list[Trial]:
    return sweep(*args, progress=False, **options)


def test_every_combination_is_trained_in_order() -> None:
    trials = quietly(train, GRID)
    assert [trial.settings for trial in trials] == [{"seed": s, "lr": lr} for s in range(3) for lr in (0.1, 0.01)]
    assert [trial.result for trial in trials] == [train(**trial.settings) for trial in trials]
    assert quietly(train, [trial.settings for trial in trials]) == trials


def test_by_other_processes_the_results_are_the_same_and_in_order() -> None:
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        assert quietly(train, GRID, executor=pool) == quietly(train, GRID)


class Counted:
    """A function that remembers its calls, and fails at some."""

    def __init__(self, fails: Any = ()) -> None:
        self.calls: list[int] = []
        self.fails = fails

    def __call__(self, k: int) -> Any:
        self.calls.append(k)
        if k in self.fails:
            raise ValueError(f"no {k}")
        return {"k": k, "nan": float("inf")}


@pytest.mark.parametrize("by", [None, ThreadPoolExecutor])
def test_what_is_done_is_not_done_again(by, tmp_path) -> None:
    first, second, third = Counted(), Counted(), Counted()
    executor = by and by(1)
    done = quietly(first, {"k": range(3)}, folder=tmp_path, executor=executor)
    assert quietly(second, {"k": range(5)}, folder=tmp_path, executor=executor)[:3] == done
    assert (first.calls, second.calls) == ([0, 1, 2], [3, 4])
    assert [trial.result["k"] for trial in quietly(third, {"k": [4, 2]}, folder=tmp_path)] == [4, 2]
    assert third.calls == []


def test_a_training_that_fails_does_not_end_the_others_and_is_tried_again(tmp_path) -> None:
    with pytest.warns(UserWarning, match=r"1 of 3 trainings failed; the first: Trial\(k=1: ValueError: no 1\)"):
        trials = quietly(Counted([1]), {"k": range(3)}, folder=tmp_path)
    assert [trial.error for trial in trials] == ["", "ValueError: no 1", ""]
    again = Counted()
    quietly(again, {"k": range(3)}, folder=tmp_path)
    assert again.calls == [1]
    with pytest.raises(RuntimeError, match=r"all 2 trainings failed; the first: Trial\(k=0: ValueError: no 0\)"):
        quietly(Counted([0, 1]), {"k": [0, 1]})


KILLED = """
import os, signal, sys
import nn

def train(k):
    open(f"{sys.argv[1]}/{k}.began", "w").close()
    if k == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return k * k

print([trial.result for trial in nn.sweep(train, {"k": range(5)}, folder=sys.argv[1], progress=False)])
"""

kills = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")


def run(text: str, *arguments: Any, file: Path) -> "subprocess.CompletedProcess[str]":
    file.write_text(text)
    command = [sys.executable, file, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)


@kills
def test_kill_9_in_the_middle_of_a_sweep_loses_only_what_was_running(tmp_path) -> None:
    (folder := tmp_path / "sweep").mkdir()
    assert run(KILLED, folder, 3, file=tmp_path / "program.py").returncode == -signal.SIGKILL
    assert sorted(json.loads(path.read_text())["result"] for path in folder.glob("*.json")) == [0, 1, 4]
    for path in folder.glob("*.began"):
        path.unlink()
    assert run(KILLED, folder, 99, file=tmp_path / "program.py").stdout.strip() == "[0, 1, 4, 9, 16]"
    assert sorted(path.name for path in folder.glob("*.began")) == ["3.began", "4.began"]


def stops_once(k: int, checkpoint: str) -> list[float]:
    model = MLP(1, [3, 1], "tanh", rng=random.Random(k))

    def stop(history: Any) -> None:
        if k == 1 and len(history.losses) == 3 and not os.path.exists(f"{checkpoint}.stopped"):
            open(f"{checkpoint}.stopped", "w").close()
            raise OSError("the machine is gone")

    nn.checkpoints.PAUSE = 0.0
    history = nn.fit(
        model, mse_loss, DATA, 5, rng=random.Random(k), progress=False, checkpoint=checkpoint, callbacks=[stop]
    )
    return history.losses


def test_a_training_with_a_checkpoint_goes_on_where_it_was(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(nn.checkpoints, "PAUSE", 0.0)
    with pytest.warns(UserWarning, match="1 of 2 trainings failed"):
        quietly(stops_once, {"k": range(2)}, folder=tmp_path / "cut")
    (kept,) = [path for path in (tmp_path / "cut").iterdir() if path.suffix == ".stopped"]
    state = json.loads((kept.with_suffix("") / "checkpoint.json").read_text())["state"]
    assert len(state["progress"]["losses"]) == 2
    trials = quietly(stops_once, {"k": range(2)}, folder=tmp_path / "cut")
    (tmp_path / "whole.stopped").touch()
    assert trials[1].result == stops_once(1, str(tmp_path / "whole"))


def dies(k: int, folder: str) -> int:
    if k == 2 and not os.path.exists(f"{folder}/died"):
        open(f"{folder}/died", "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return k


@kills
def test_a_dead_worker_of_a_pool_ends_the_sweep_with_a_sentence_and_loses_nothing(tmp_path) -> None:
    settings = {"k": range(4), "folder": [str(tmp_path)]}
    with (
        ProcessPoolExecutor(1, get_context("spawn")) as pool,
        pytest.raises(RuntimeError, match=r"workers were lost, .*goes on"),
    ):
        quietly(dies, settings, folder=tmp_path / "sweep", executor=pool)
    assert len(list((tmp_path / "sweep").glob("*.json"))) == 2
    assert [trial.result for trial in quietly(dies, settings, folder=tmp_path / "sweep")] == [0, 1, 2, 3]


class Lost(ThreadPoolExecutor):
    """An executor that loses its connection to the workers, as Dask's does when the scheduler ends."""

    def submit(self, function: Any, /, *args: Any, **named: Any) -> "Future[Any]":
        future: Future[Any] = super().submit(function, *args, **named)
        future.result()
        if args[1] != {"k": 2}:
            return future
        future = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_a_lost_cluster_ends_the_sweep_with_a_sentence_and_loses_nothing(tmp_path) -> None:
    with Lost(1) as executor, pytest.raises(RuntimeError, match=r"workers were lost, .*goes on from there"):
        quietly(Counted(), {"k": range(4)}, folder=tmp_path, executor=executor)
    again = Counted()
    quietly(again, {"k": range(4)}, folder=tmp_path)
    assert again.calls == [2]


class Interrupted(ThreadPoolExecutor):
    """An executor whose work is done when Ctrl-C comes, before anybody was told."""

    def submit(self, function: Any, /, *args: Any, **named: Any) -> "Future[Any]":
        future = super().submit(function, *args, **named)
        future.result()
        if args[1] == {"k": 2}:
            raise KeyboardInterrupt
        return future


def test_ctrl_c_leaves_what_was_finished(tmp_path) -> None:
    with Interrupted(1) as executor, pytest.raises(KeyboardInterrupt):
        quietly(Counted(), {"k": range(4)}, folder=tmp_path, executor=executor)
    again = Counted()
    quietly(again, {"k": range(4)}, folder=tmp_path)
    assert again.calls == [2, 3]


@pytest.mark.parametrize(
    ("settings", "error", "sentence"),
    [
        ({"k": 3}, TypeError, r"the settings of a sweep are lists, \{'k': \[3\]\}; got 3"),
        ({"k": "ab"}, TypeError, r"the settings of a sweep are lists"),
        ([3], TypeError, "a dict of lists, or a list of dicts; got 3 in the list"),
        ({"k": [{1.0}]}, TypeError, "settings are numbers, texts, and lists and dicts of these"),
        ([{"k": 1}, {"k": 1}], ValueError, "come twice: give a seed to each training"),
    ],
)
def test_settings_that_are_none_are_refused(settings, error, sentence) -> None:
    with pytest.raises(error, match=sentence):
        quietly(Counted(), settings)


def test_what_json_does_not_have_is_told() -> None:
    with pytest.raises(RuntimeError, match=r"TypeError: .*lambda> returned \{1\.0\}, which JSON does not have"):
        quietly(lambda k: {1.0}, {"k": [1]})
    with pytest.raises(TypeError, match="sweep takes a function, and then the settings"):
        quietly({"k": [1]}, train)


def test_results_of_another_function_and_damaged_ones_are_refused(tmp_path) -> None:
    quietly(lambda k: k + 1, {"k": [1]}, folder=tmp_path)
    with pytest.raises(ValueError, match="is another function or has changed since: name another folder, or delete"):
        quietly(lambda k: k + 2, {"k": [1]}, folder=tmp_path)
    (path,) = tmp_path.glob("*.json")
    path.write_text("{")
    with pytest.raises(ValueError, match="is not a result of a sweep, or is damaged: delete it"):
        quietly(train, {"k": [1]}, folder=tmp_path)


# Dask


BY_DASK = """
import os, signal, sys
import nn
from distributed import Client, LocalCluster

def train(k, folder):
    if k == 2 and not os.path.exists(folder + "/died"):
        with open(folder + "/died", "w") as died:
            died.write(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGKILL)
    return [k, os.getpid()]

if __name__ == "__main__":
    with LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        folder = sys.argv[1]
        found = nn.sweep(train, {"k": range(6), "folder": [folder]}, folder=folder, executor=client.get_executor())
        print(*[trial.result[0] for trial in found], found[2].result[1])
"""


@kills
@pytest.mark.slow
def test_dask_goes_on_when_a_worker_dies(tmp_path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: python -m pip install -e '.[cluster]'")
    (tmp_path / "sweep").mkdir()
    told = run(BY_DASK, tmp_path / "sweep", file=tmp_path / "program.py")
    assert told.stdout, told.stderr
    *results, process = told.stdout.split()
    assert results == ["0", "1", "2", "3", "4", "5"], told.stderr
    assert process != (tmp_path / "sweep" / "died").read_text()  # another one did it
