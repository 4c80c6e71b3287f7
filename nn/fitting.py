"""fit(): the training loop, for when you do not want to look at it; and the history that it returns."""

import hashlib
import math
import os
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from numbers import Real
from typing import Any

import autograd
from autograd import Value, no_grad
from nn.batches import Batches
from nn.checkpoints import Checkpoints
from nn.inputs import is_list, listed, plain, size, source
from nn.losses import is_mean_over_examples
from nn.module import Module
from nn.optim import Adam, Optimizer, Schedule
from nn.oversights import Oversights
from nn.progress import progress_bar

Loss = Callable[[list[Any], list[Any]], Value]
Examples = list[tuple[Any, Any]]
Columns = tuple[Any, Any]  # the inputs and the targets of a batch

FIRST = 10  # epochs after each of which fit looks for mistakes; then after every tenth, because looking takes time


@dataclass(repr=False)
class History:
    """How a training went: a loss for each epoch.

    losses: the training losses. Each is the mean over the batches of an epoch, before their steps.
    validation_losses: the losses of the validation examples after each epoch. Empty if there are none.

    >>> history = History([0.5, 0.2, 0.1], [0.6, 0.3, 0.4])
    >>> history.best_epoch  # counted from 0
    1
    """

    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)

    @property
    def best_epoch(self) -> int:
        """The epoch, counted from 0, with the smallest validation loss, or without validation the smallest loss."""
        losses = self.validation_losses or self.losses
        if not losses:
            raise ValueError("there is no best epoch before the first one ends")
        return min(range(len(losses)), key=lambda epoch: (math.isnan(losses[epoch]), losses[epoch]))

    def plot(self, axes: Any = None) -> Any:
        """Draw the losses over the epochs, on the axes of matplotlib or on new ones, and return the axes."""
        if axes is None:
            import matplotlib.pyplot as plt

            axes = plt.subplots(layout="constrained")[1]
        axes.plot(self.losses, label="training")
        if self.validation_losses:
            axes.plot(self.validation_losses, label="validation")
            axes.axvline(self.best_epoch, linestyle=":", color="gray", label="best")
        axes.set(xlabel="epoch", ylabel="loss")
        axes.legend()
        return axes

    def __repr__(self) -> str:
        if not self.losses:
            return "no epochs yet"
        validation = f", validation {self.validation_losses[-1]:.4g}" if self.validation_losses else ""
        return f"{len(self.losses)} epochs: loss {self.losses[-1]:.4g}{validation}"


def fit(
    model: Module,
    loss: Loss,
    data: Iterable[tuple[Any, Any]] | Batches,
    epochs: int = 10,
    batch_size: int = 32,
    optimizer: Optimizer | None = None,
    schedule: Schedule | None = None,
    validation: float | Iterable[tuple[Any, Any]] | Batches | None = None,
    patience: int | None = None,
    callbacks: Iterable[Callable[[History], Any]] = (),
    shuffle: bool = True,
    rng: random.Random | None = None,
    progress: bool = True,
    compile: bool = False,
    checkpoint: str | os.PathLike[str] | None = None,
) -> History:
    """Train a model: for each batch of each epoch forward, backward, step.

    model: a Module. It is called with one example; if it takes_batch, with a list of examples.
    loss: a function of the list of outputs and the list of targets, for example nn.mse_loss.
    data: the examples, pairs of an input and its target: zip(points, targets). Or nn.Batches, which need not fit in
        memory.
    epochs: how many times the training goes through all examples.
    batch_size: the most examples for one step. The batches of an epoch are as equal in size as possible.
    optimizer: one of nn.optim. None for Adam(model.parameters(), lr=0.01).
    schedule: a schedule made for the optimiser. It takes a step after each epoch.
    validation: other examples; or a number between 0 and 1, the part of the data that is set aside at random. After
        each epoch their loss is measured, with the model in eval() mode.
    patience: stop after so many epochs without a smaller validation loss. At the end, also after an error, the model
        has the parameters of the best epoch. None to go through all epochs and keep the last.
    callbacks: functions of the history, called after each epoch. The training ends when one returns True.
    shuffle: whether each epoch has its own order, if it has several batches.
    rng: the source of random numbers, random.Random(seed).
    progress: whether to show a bar, if tqdm is installed.
    compile: whether to run the steps as a compiled program, which is much faster; see autograd.compile. It trains the
        same loss. A loss of nn with the reduction "mean" runs example by example, side by side. Another one is compiled
        for a whole batch: it is slower, and the first steps take longer. A model that looks up rows by whole numbers
        cannot be compiled.
    checkpoint: a folder. After an epoch, about every second, the state of the training is written there. Called again,
        in a new process too, with the same arguments, fit goes on from there, and ends with the same numbers to the
        last bit. None to keep nothing.

    Returns the History. TypeError and ValueError for arguments that do not fit, for no examples, and for a
    checkpoint of another training.
    FloatingPointError, before the step, when the loss is no longer finite. UserWarning for mistakes that would pass
    silently: parameters that are replaced and not moved, p = p - lr * p.grad, and gradients of one step that are still
    there in the next.

    >>> from nn import MLP, mse_loss
    >>> model = MLP(1, [8, 1], "tanh", rng=random.Random(1))
    >>> data = [([x / 10], x * x / 100) for x in range(-10, 11)]
    >>> history = fit(model, mse_loss, data, epochs=200, batch_size=7, rng=random.Random(1), progress=False)
    >>> history.losses[-1] < 0.01 < history.losses[0]
    True
    """
    if not isinstance(model, Module):
        raise TypeError(f"fit trains a Module, got {model!r}")
    if not isinstance(optimizer, Optimizer | None):
        raise TypeError(
            f"optimizer must be one of nn.optim, for example optim.SGD(model.parameters(), lr=0.1); got {optimizer!r}"
        )
    _check_order(loss, data, epochs)
    if not isinstance(schedule, Schedule | None):
        raise TypeError(f"schedule must be one of nn.optim, for example optim.StepLR(optimizer, 10); got {schedule!r}")
    if not isinstance(callbacks, Iterable) or not all(map(callable, callbacks := list(callbacks))):
        raise TypeError(f"callbacks must be a list of functions of the history, got {callbacks!r}")
    rng, epochs, batch_size = source(rng), size(epochs, "epochs"), size(batch_size, "batch_size")
    examples = data if isinstance(data, Batches) else _examples(data, "data")
    others, run = _divided(examples, validation, rng)
    held_out = others or _chosen(examples, run.held_out)
    if patience is not None and not (size(patience, "patience") and held_out):
        raise ValueError("patience waits for the validation loss, so it needs validation: fit(…, validation=0.2)")
    optimizer = Adam(model.parameters(), lr=0.01) if optimizer is None else optimizer
    if set(model.parameters()).isdisjoint(optimizer.parameters):
        raise ValueError(f"the optimiser moves no parameter of {model!r}: make it with its parameters()")
    if schedule is not None and schedule.optimizer is not optimizer:
        raise ValueError("the schedule sets the lr of another optimiser: fit(…, optimizer=o, schedule=StepLR(o, 10))")
    noticed = Oversights(model, optimizer)
    run.best, modes = model.state_dict(), [(module, module.training) for module in model.modules()]
    checkpoints = None
    if checkpoint is not None:
        of = {"batch_size": batch_size, "shuffle": shuffle, "compile": compile, "data": _digest(examples, others)}
        checkpoints = Checkpoints(checkpoint, model, optimizer, schedule, rng, of, vars(run))
        checkpoints.resume()
        held_out = others or _chosen(examples, run.held_out)
    history = History(run.losses, run.validation_losses)
    begun = len(history.losses)
    is_one_batch = not isinstance(examples, Batches) and batch_size >= len(run.order)
    whole = [_columns(_chosen(examples, run.order))] if is_one_batch else None  # the order does not matter in a mean
    bar = progress_bar(progress, "training", "epoch", begun, epochs)
    gradients = _Program(model, loss) if compile else partial(_gradients, model, loss)
    step = partial(_step, gradients, optimizer)
    try:
        for epoch in range(begun, begun if run.has_stopped else epochs):
            batches = whole or _batches(examples, run.order, batch_size, rng if shuffle else None)
            if epoch == begun or held_out or callbacks:  # else nobody has changed it
                model.train()
            losses, sizes = [], []
            for batch in batches:
                losses.append(step(batch, epoch, noticed if epoch < 2 else None))
                sizes.append(len(batch[0]))
            history.losses.append(_mean(losses, sizes if isinstance(examples, Batches) else [1] * len(sizes)))
            if epoch < FIRST or epoch % FIRST == 0 or epoch == epochs - 1 or held_out or callbacks:
                noticed.after_epoch()
            if held_out:
                model.eval()
                with no_grad():
                    history.validation_losses.append(_validation_loss(model, loss, held_out, batch_size))
            if schedule is not None:
                schedule.step()
            if bar is not None:
                bar.set_postfix_str(repr(history).partition(": ")[2], refresh=False)
                bar.update()
            if patience is not None and history.best_epoch == epoch:
                run.best = model.state_dict()
            stops = [callback(history) is True for callback in callbacks]
            run.has_stopped = any(stops) or (patience is not None and epoch - history.best_epoch >= patience)
            if checkpoints is not None:
                checkpoints.after_epoch(run.has_stopped or epoch == epochs - 1)
            if run.has_stopped:
                break
    finally:
        for module, training in modes:
            module.training = training
        if patience is not None:
            model.load_state_dict(run.best)
        if bar is not None:
            bar.close()
    return history


DIVERGED = (
    "the loss became {} in epoch {}, counted from 0; try a smaller learning rate, or optim.clip_grad_norm in a loop of "
    "your own, or look for nan in the data"
)


def _step(
    gradients: "Gradients", optimizer: Optimizer, batch: Columns, epoch: int, noticed: Oversights | None
) -> float:
    optimizer.zero_grad()
    if noticed is not None:
        noticed.before_forward()
    try:
        loss = gradients(batch, noticed)
    except OverflowError as error:
        raise FloatingPointError(DIVERGED.format("infinite", epoch)) from error
    if not math.isfinite(loss):
        raise FloatingPointError(DIVERGED.format(loss, epoch))
    optimizer.step()
    return loss


Gradients = Callable[[Columns, Oversights | None], float]  # the loss of a batch, with gradients for the parameters


def _gradients(model: Module, loss: Loss, batch: Columns, noticed: Oversights | None = None) -> float:
    result = _loss(model, loss, batch)
    if not result.parents:
        raise ValueError("the loss depends on no parameter, so fit cannot train the model. Is this inside no_grad()?")
    if noticed is not None:
        noticed.before_backward()
    result.backward()
    return result.data


class _Program:
    """The same by a compiled program: in lanes where the loss is the mean over the examples, else the whole batch."""

    def __init__(self, model: Module, loss: Loss) -> None:
        self.model, self.loss, self.in_lanes = model, loss, False
        self.of_one: Any = None  # the program of one example, made when one is there
        self.of_batch = autograd.compile(lambda inputs, targets: _loss(model, loss, (inputs, targets)))

    def __call__(self, batch: Columns, noticed: Oversights | None) -> float:
        inputs, targets = batch
        if self.of_one is None and not self.model.takes_batch:
            with no_grad():
                shape = _shape(self.model(inputs[0]))
            self.of_one = autograd.compile(partial(_loss_of_one, self.model, self.loss, shape))
            self.in_lanes = is_mean_over_examples(self.loss, of_rows=shape is not None)
        if self.in_lanes:
            try:
                return float(self.of_one.map.value_and_grad(inputs, targets))
            except _OtherShape:
                self.in_lanes = False
        return float(self.of_batch.map.value_and_grad([inputs], [targets]))  # one row: its whole numbers vary as well


class _OtherShape(Exception):
    """That the outputs for one example are fewer or more than for another: they have not the same part in the mean."""


def _shape(output: Any) -> Any:
    return [_shape(each) for each in output] if is_list(output) else None


def _loss_of_one(model: Module, loss: Loss, shape: Any, x: Any, target: Any) -> Value:
    output = model(x)
    if _shape(output) != shape:
        raise _OtherShape
    return loss([output], [target])


def _loss(model: Module, loss: Loss, batch: Columns) -> Value:
    inputs, targets = map(listed, batch)
    result = loss(model(inputs) if model.takes_batch else [model(x) for x in inputs], targets)
    if not isinstance(result, Value):
        raise TypeError(f"the loss is a function of outputs and targets that returns a Value, got {result!r}")
    return result


PAIRS = "fit takes the loss, and then pairs of an input and its target: fit(model, nn.mse_loss, zip(X, y))"


def _check_order(loss: Any, data: Any, epochs: Any) -> None:
    """TypeError for a loss that is none, and for X and y as two arguments, as other libraries take them."""
    if not callable(loss):
        if callable(data) or is_list(loss):
            raise TypeError(f"{PAIRS}; got {loss!r:.60} in the place of the loss")
        raise TypeError(
            f"loss must be a function of the outputs and the targets, for example nn.mse_loss; got {loss!r}"
        )
    if is_list(epochs):
        raise TypeError(f"{PAIRS}; got the targets as an argument of their own, in the place of epochs: {epochs!r:.60}")


def _examples(data: Any, what: str) -> Examples:
    if not isinstance(data, Iterable):
        raise TypeError(f"{what} must be pairs of an input and its target, zip(inputs, targets); got {data!r}")
    examples = [tuple(map(plain, pair)) if isinstance(pair, Iterable) else (pair,) for pair in data]
    for i, example in enumerate(examples):
        if len(example) != 2:
            apart = len(examples) == 2 and len(examples[0]) == len(examples[1])
            hint = f"; {PAIRS}" * apart
            raise ValueError(f"{what} must be pairs, zip(inputs, targets); number {i} is not a pair: {example!r}{hint}")
    if not examples:
        raise ValueError(f"{what} must have at least one example, got none")
    return examples


@dataclass
class _Run:
    """What changes from epoch to epoch beside the model and the optimiser.

    order: the places of the examples in the data, in the order of this epoch. held_out: those to validate with.
    """

    order: list[int]
    held_out: list[int] = field(default_factory=list)
    best: dict[str, float] = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    has_stopped: bool = False


def _divided(examples: Examples | Batches, validation: Any, rng: random.Random) -> tuple[Examples | Batches, _Run]:
    """Other examples to validate with, if there are some; and a run over all of these, or over those not held out."""
    places = [] if isinstance(examples, Batches) else list(range(len(examples)))
    if validation is None:
        return [], _Run(places)
    if isinstance(validation, Batches):
        return validation, _Run(places)
    if not isinstance(validation, Real):
        return _examples(validation, "validation"), _Run(places)
    if isinstance(examples, Batches):
        raise ValueError(f"Batches cannot be divided: give validation examples of its own; got {validation!r}")
    part = float(validation)
    n = round(part * len(examples)) if 0 < part < 1 else 0
    if not 0 < n < len(examples):
        raise ValueError(
            f"validation must be examples, or a part between 0 and 1, with some of the {len(examples)} examples on "
            f"either side; got {validation!r}"
        )
    rng.shuffle(places)
    return [], _Run(places[n:], places[:n])


def _columns(examples: Examples) -> Columns:
    inputs, targets = zip(*examples)
    return list(inputs), list(targets)


def _chosen(examples: Examples | Batches, places: list[int]) -> Examples:
    return [] if isinstance(examples, Batches) else [examples[place] for place in places]


def _batches(examples: Examples | Batches, order: list[int], batch_size: int, rng: Any) -> Iterator[Columns]:
    """The batches of an epoch; with a source of random numbers in a new order."""
    if isinstance(examples, Batches):
        yield from examples.epoch(batch_size, rng)
        return
    if rng is not None:
        rng.shuffle(order)
    n = math.ceil(len(order) / batch_size)
    for i in range(n):
        yield _columns([examples[place] for place in order[i::n]])


def _mean(losses: list[float], sizes: list[int]) -> float:
    return math.fsum(loss * size for loss, size in zip(losses, sizes)) / sum(sizes)


def _validation_loss(model: Module, loss: Loss, examples: Examples | Batches, batch_size: int) -> float:
    if not isinstance(examples, Batches):
        return _loss(model, loss, _columns(examples)).data
    found = [(_loss(model, loss, batch).data, len(batch[0])) for batch in examples.epoch(batch_size)]
    return _mean([x for x, _ in found], [n for _, n in found])


def _digest(*several: Examples | Batches) -> str:
    """What tells whether two trainings have the same data."""
    told = hashlib.sha256()
    for examples in several:
        if isinstance(examples, Batches):
            told.update(examples.digest().encode())
            continue
        for example in examples:
            told.update(repr(example).encode())
    return told.hexdigest()
