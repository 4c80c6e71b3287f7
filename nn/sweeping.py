"""sweep(): trains with each of many settings, here or on many machines, and does no training twice."""

import hashlib
import inspect
import itertools
import json
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograd.extending import write_whole
from nn.progress import progress_bar

FORM = "chalkgrad/trial/1"


@dataclass(frozen=True)
class Trial:
    """One training of a sweep.

    settings: what train was called with. result: what it returned; None after an error. error: "ValueError: …", or "".

    >>> min([Trial({"seed": 0}, 0.5), Trial({"seed": 1}, 0.2)], key=lambda trial: trial.result)
    Trial(seed=1: 0.2)
    """

    settings: dict[str, Any]
    result: Any = None
    error: str = ""

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={setting!r}" for name, setting in self.settings.items())
        return f"Trial({settings}: {self.error or repr(self.result)})"


def sweep(
    train: Callable[..., Any],
    settings: Mapping[str, Iterable[Any]] | Iterable[Mapping[str, Any]],
    folder: str | os.PathLike[str] | None = None,
    executor: Executor | None = None,
    progress: bool = True,
) -> list[Trial]:
    """Call train(**settings) for each of many settings.

    train: a function. It returns a number, a text, or a list or dict of these: what JSON has. Other processes
        must be able to import it: write it in a file, with def.
    settings: {"seed": range(5), "lr": [0.1, 0.01]} for all ten combinations. Or an iterable of dicts, one for each
        training.
    folder: each result is written there as soon as it is there. Called again, sweep reads what is done, and does the
        rest. If train takes an argument `checkpoint`, it gets a folder of its own there, for nn.fit(…, checkpoint=…):
        then a training that was interrupted goes on too. None to keep nothing.
    executor: who runs the trainings, with the interface of concurrent.futures. ProcessPoolExecutor() uses the cores of
        this machine, client.get_executor() of Dask all machines of a cluster. None to run one after the other here.
    progress: whether to show a bar, if tqdm is installed.

    Returns a Trial for each, in the order of the settings. A training that fails does not end the others: its Trial has
    the error, a UserWarning tells how many failed, and they are tried again next time.

    RuntimeError if all failed, or if the workers were lost. TypeError and ValueError for settings that JSON does
    not have, for the same settings twice, and for a folder that is of another function.

    >>> def train(seed, lr):
    ...     return round(seed + lr, 3)
    >>> sweep(train, {"seed": [0, 1], "lr": [0.1]}, progress=False)
    [Trial(seed=0, lr=0.1: 0.1), Trial(seed=1, lr=0.1: 1.1)]
    """
    if not callable(train):
        raise TypeError(f"sweep takes a function, and then the settings; got {train!r:.60}")
    several = list(_combined(settings))
    keys = [_key(each) for each in several]
    for k, key in enumerate(keys):
        if key in keys[:k]:
            raise ValueError(f"the settings {several[k]!r} come twice: give a seed to each training")
    kept = None if folder is None else _Kept(Path(folder), train)
    results: dict[str, Trial] = {}
    for key, own in zip(keys, several):
        result = None if kept is None else kept.read(key, own)
        if result is not None:
            results[key] = result
    bar = progress_bar(progress, "sweep", "training", len(results), len(keys))

    def done(key: str, trial: Trial) -> None:
        results[key] = trial
        if kept is not None and not trial.error:
            kept.write(key, trial)
        if bar is not None:
            bar.update()

    todo = {key: (own, _own_folder(train, folder, key, own)) for key, own in zip(keys, several) if key not in results}
    try:
        if executor is None:
            for key, (own, more) in todo.items():
                done(key, _tried(train, own, more))
        elif todo:
            _by_others(executor, train, todo, done)
    except (BrokenExecutor, CancelledError) as error:
        here = "" if folder is None else f"; they are in {folder}, and the same sweep again goes on from there"
        raise RuntimeError(
            "the workers were lost, perhaps because memory ran out; "
            f"{len(results)} of {len(keys)} trainings are done{here}"
        ) from error
    finally:
        if bar is not None:
            bar.close()
    failed = [results[key] for key in keys if results[key].error]
    if failed and len(failed) == len(keys):
        raise RuntimeError(f"all {len(keys)} trainings failed; the first: {failed[0]!r}")
    if failed:
        warnings.warn(f"{len(failed)} of {len(keys)} trainings failed; the first: {failed[0]!r}", stacklevel=2)
    return [results[key] for key in keys]


def _by_others(
    executor: Executor,
    train: Callable[..., Any],
    todo: Mapping[str, tuple[dict[str, Any], dict[str, Any]]],
    done: Callable[[str, Trial], None],
) -> None:
    """Run trainings by an executor; whatever ends this, the results that are there are told before."""
    begun: dict[Future[Trial], str] = {}
    told: set[str] = set()

    def tell(future: Future[Trial], is_last: bool = True) -> None:
        error = future.exception()
        if isinstance(error, BrokenExecutor):
            raise error
        if error is not None and not is_last:
            return  # what train raises is a result; this came of a worker that died, and may not come again
        told.add(begun[future])
        own, _ = todo[begun[future]]
        done(begun[future], future.result() if error is None else Trial(own, None, _in_words(error)))

    try:
        for is_last in (False, True):
            rest = [key for key in todo if key not in told]
            for key in rest:
                begun[executor.submit(_tried, train, *todo[key])] = key
            for future in as_completed(list(begun)[-len(rest) :] if rest else []):
                tell(future, is_last)
    except BaseException:
        for future, key in begun.items():
            if not future.cancel() and future.done() and key not in told and future.exception() is None:
                tell(future)
        raise


def _tried(train: Callable[..., Any], settings: dict[str, Any], more: dict[str, Any]) -> Trial:
    """One training, wherever that is."""
    try:
        result = train(**settings, **more)
    except Exception as error:
        return Trial(settings, None, _in_words(error))
    try:
        return Trial(settings, json.loads(json.dumps(result)))
    except (TypeError, ValueError):
        return Trial(settings, None, f"TypeError: {_name(train)} returned {result!r:.60}, which JSON does not have")


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _combined(settings: Any) -> Iterator[dict[str, Any]]:
    if isinstance(settings, Mapping):
        for name, each in settings.items():
            if isinstance(each, str) or not isinstance(each, Iterable):
                raise TypeError(f"the settings of a sweep are lists, {{{name!r}: [{each!r}]}}; got {each!r}")
        for values in itertools.product(*settings.values()):
            yield dict(zip(settings, values))
        return
    for own in settings:
        if not isinstance(own, Mapping):
            raise TypeError(f"settings are a dict of lists, or a list of dicts; got {own!r:.60} in the list")
        yield dict(own)


def _key(settings: dict[str, Any]) -> str:
    """The name of a training in the folder."""
    try:
        text = json.dumps(settings, sort_keys=True)
    except (TypeError, ValueError):
        raise TypeError(f"settings are numbers, texts, and lists and dicts of these; got {settings!r:.100}") from None
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _name(train: Any) -> str:
    return getattr(train, "__qualname__", type(train).__name__)


def _own_folder(train: Any, folder: Any, key: str, settings: dict[str, Any]) -> dict[str, Any]:
    """The argument `checkpoint`, where train takes one and there is a folder."""
    if folder is None or "checkpoint" in settings:
        return {}
    takes = "checkpoint" in inspect.signature(train).parameters
    return {"checkpoint": str(Path(folder).absolute() / key)} if takes else {}


class _Kept:
    """What is done of a sweep, a file for each training in a folder."""

    def __init__(self, folder: Path, train: Any) -> None:
        self.folder, self.of = folder, _name(train)
        try:
            text = inspect.getsource(train)
        except (OSError, TypeError):
            text = ""
        self.digest = hashlib.sha256(text.encode()).hexdigest()
        folder.mkdir(parents=True, exist_ok=True)

    def read(self, key: str, settings: dict[str, Any]) -> Trial | None:
        """What is kept. ValueError if it is damaged, or of another function."""
        path = self.folder / f"{key}.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["form"] != FORM or "result" not in content:
                raise KeyError
            name, digest = content["train"]
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{path} is not a result of a sweep, or is damaged: delete it") from None
        if digest != self.digest:
            raise ValueError(
                f"{path} is the result of {name} as it was, and {self.of} is another function or has changed since: "
                f"name another folder, or delete {self.folder}"
            )
        return Trial(settings, content["result"])

    def write(self, key: str, trial: Trial) -> None:
        """Keep a result, completely or not at all."""
        content = {"form": FORM, "train": [self.of, self.digest], "settings": trial.settings, "result": trial.result}
        write_whole(self.folder / f"{key}.json", json.dumps(content).encode())
