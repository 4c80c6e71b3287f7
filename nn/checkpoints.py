"""Checkpoints of fit(): all that a training needs to go on exactly, in one file that is never half written."""

import hashlib
import json
import random
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograd.extending import write_whole
from nn.lr_scheduler import Schedule
from nn.module import Module
from nn.saving import Path_, kinds_of_modules

NAME, FORM = "checkpoint.json", "chalkgrad/checkpoint/1"
PAUSE = 1.0  # seconds between two checkpoints: an epoch may take less than to write one


class Checkpoints:
    """The checkpoints of one training, in a folder.

    folder: where they are; it is made if it is not there. model, optimizer, schedule, rng: those of the training. of:
        what else says which training it is, as JSON has it: another one is refused. progress: whatever else belongs to
        its state, as JSON has it; it is changed in place.

    TypeError if there is something that cannot be kept.
    """

    def __init__(
        self,
        folder: Path_,
        model: Module,
        optimizer: Any,
        schedule: Schedule | None,
        rng: Any,
        of: dict[str, Any],
        progress: dict[str, Any],
    ) -> None:
        self.path = Path(folder) / NAME
        self.model, self.optimizer, self.schedule, self.progress = model, optimizer, schedule, progress
        self.sources = list(_sources(model, rng))
        self.of = {
            "model": kinds_of_modules(model),
            "optimizer": type(optimizer).__name__,
            "schedule": type(schedule).__name__,
            **of,
        }
        self.written = time.monotonic()
        self._state()  # a TypeError comes before the training

    def resume(self) -> None:
        """Put back what was kept, if something was. ValueError if it is of another training, or damaged."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        otherwise = f"name another folder, or delete {self.path} to begin anew"
        try:
            kept = json.loads(text)
            of, state = kept["of"], kept["state"]
            intact = kept["form"] == FORM and kept["digest"] == _digest(state) and of.keys() == self.of.keys()
        except (ValueError, KeyError, TypeError, RecursionError):
            intact = False
        if not intact:
            raise ValueError(f"{self.path} is not a checkpoint that fit() wrote, or is damaged: {otherwise}")
        for name, here in self.of.items():
            if of[name] != here:
                raise ValueError(
                    f"{self.path} is of another training: its {name} is {of[name]!r:.100}, and here it is "
                    f"{here!r:.100}; {otherwise}"
                )
        self._put_back(state)

    def after_epoch(self, ended: bool) -> None:
        """Write a checkpoint, if the training has ended or the last one is older than a second."""
        if ended or time.monotonic() - self.written > PAUSE:
            state = self._state()
            content = {"form": FORM, "of": self.of, "digest": _digest(state), "state": state}
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, json.dumps(content).encode())
            self.written = time.monotonic()

    def _state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "optimizer": {name: _plain(thing, name) for name, thing in _attributes(self.optimizer)},
            "schedule": None if self.schedule is None else [self.schedule.steps, self.schedule._last],
            "sources": [each.getstate() for each in self.sources],
            "progress": self.progress,
        }

    def _put_back(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        for name, thing in _attributes(self.optimizer):
            setattr(self.optimizer, name, _as(thing, state["optimizer"][name]))
        if self.schedule is not None:
            self.schedule.steps, self.schedule._last = state["schedule"]
        for source, (version, numbers, gauss) in zip(self.sources, state["sources"]):
            source.setstate((version, tuple(numbers), gauss))
        self.progress.update(state["progress"])


def _digest(state: Any) -> str:
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()


def _sources(model: Module, rng: Any) -> Iterator[Any]:
    """Each source of random numbers that the training draws from, once: Python's own is always one of them."""
    drawn = [thing for module in model.modules() for thing in vars(module).values() if hasattr(thing, "getstate")]
    for source in {id(each): each for each in (random, rng, *drawn)}.values():
        if not hasattr(source, "getstate"):
            raise TypeError(f"a checkpoint keeps the state of random.Random, and not of {source!r:.60}")
        yield source


def _attributes(optimizer: Any) -> Iterator[tuple[str, Any]]:
    """What an optimiser keeps from step to step, and its settings; not the parameters."""
    return ((name, thing) for name, thing in vars(optimizer).items() if name not in ("parameters", "_settings"))


def _plain(thing: Any, name: str) -> Any:
    """An attribute of an optimiser as JSON has it."""
    if thing is None or isinstance(thing, (bool, int, float, str)):
        return thing
    if isinstance(thing, (array, list, tuple)):
        return [_plain(each, name) for each in thing]
    raise TypeError(f"a checkpoint keeps numbers and lists of an optimiser; its {name} is {thing!r:.60}")


def _as(thing: Any, kept: Any) -> Any:
    """What was kept, of the kind that is there."""
    if isinstance(thing, array):
        return array(thing.typecode, kept)
    return tuple(kept) if isinstance(thing, tuple) else kept
