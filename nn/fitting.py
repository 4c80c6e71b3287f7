"""fit(): the training loop, for when it is not what one wants to look at; and the history that it returns."""

import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from numbers import Real
from typing import Any

import autograd
from autograd import Value, no_grad
from nn.arguments import size, source
from nn.module import Module
from nn.optim import Adam, Optimizer, Schedule

Loss = Callable[[list[Any], list[Any]], Value]
Examples = list[tuple[Any, Any]]


@dataclass(repr=False)
class History:
    """How a training went: a loss for every epoch.

    losses: those of the training, each the mean over the batches of an epoch, as they were before their steps.
    validation_losses: those of the validation examples after each epoch; empty where there are none.
    """

    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)

    @property
    def best_epoch(self) -> int:
        """The epoch, counted from 0, with the smallest validation loss, or without validation the smallest loss."""
        losses = self.validation_losses or self.losses
        if not losses:
            raise ValueError("without an epoch none is the best")
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
    data: Iterable[tuple[Any, Any]],
    epochs: int = 10,
    batch_size: int = 32,
    optimizer: Optimizer | None = None,
    schedule: Schedule | None = None,
    validation: float | Iterable[tuple[Any, Any]] | None = None,
    patience: int | None = None,
    callbacks: Iterable[Callable[[History], Any]] = (),
    shuffle: bool = True,
    rng: random.Random | None = None,
    progress: bool = True,
    compile: bool = False,
) -> History:
    """Train a model: for every batch of every epoch forward, backward, step. Returns the history.

    model: a Module that is called with one example, or where it takes_batch with a list of them.
    loss: a function of the list of outputs and the list of targets, such as nn.mse_loss.
    data: the examples, pairs of an input and its target: zip(points, targets).
    epochs: how many times all examples are gone through.
    batch_size: the most examples for one step. The batches of an epoch are as equal in size as can be.
    optimizer: None for Adam(model.parameters(), lr=0.01). schedule: one made for it; it takes a step after each epoch.
    validation: other examples, or the part of the data, between 0 and 1, that is taken away at random for it; after
        each epoch the model in eval() mode is measured on them.
    patience: stop after so many epochs without a smaller validation loss; at the end, however it came, the model has
        the parameters of the best epoch. None to go through all epochs and keep the last.
    callbacks: functions of the history, called after each epoch; training ends when one returns True.
    shuffle: whether each epoch has an order of its own. rng: the source of random numbers, random.Random(seed).
    progress: whether a bar is shown, where tqdm is installed.
    compile: whether the steps run as a compiled program, which is much faster; see autograd.compile. The numbers of the
        examples, classes too, vary from step to step; a model that looks up rows by whole numbers cannot be compiled.

    ValueError for no examples; FloatingPointError, before the step, when the loss is no longer finite.

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
            f"optimizer is one of nn.optim's, such as optim.SGD(model.parameters(), lr=0.1); got {optimizer!r}"
        )
    if not callable(loss):
        raise TypeError(f"loss is a function of the outputs and the targets, such as nn.mse_loss; got {loss!r}")
    if not isinstance(schedule, Schedule | None):
        raise TypeError(f"schedule is one of nn.optim's, such as optim.StepLR(optimizer, 10); got {schedule!r}")
    if not isinstance(callbacks, Iterable) or not all(map(callable, callbacks := list(callbacks))):
        raise TypeError(f"callbacks is a list of functions of the history, got {callbacks!r}")
    rng, epochs, batch_size = source(rng), size(epochs, "epochs"), size(batch_size, "batch_size")
    examples, held_out = _divided(_examples(data, "data"), validation, rng)
    if patience is not None and not (size(patience, "patience") and held_out):
        raise ValueError("patience needs validation, for it waits for the validation loss: fit(…, validation=0.2)")
    optimizer = Adam(model.parameters(), lr=0.01) if optimizer is None else optimizer
    if set(model.parameters()).isdisjoint(optimizer.parameters):
        raise ValueError(f"the optimiser moves no parameter of {model!r}: make it with its parameters()")
    if schedule is not None and schedule.optimizer is not optimizer:
        raise ValueError("the schedule sets the lr of another optimiser: fit(…, optimizer=o, schedule=StepLR(o, 10))")
    history = History()
    best, modes = model.state_dict(), [(module, module.training) for module in model.modules()]
    n_batches = math.ceil(len(examples) / batch_size)
    bar = _bar(epochs, progress)
    gradients = _Program(model, loss) if compile else partial(_gradients, model, loss)
    try:
        for epoch in range(epochs):
            if shuffle:
                rng.shuffle(examples)
            model.train()
            losses = [_step(gradients, examples[i::n_batches], optimizer, epoch) for i in range(n_batches)]
            history.losses.append(math.fsum(losses) / n_batches)
            if held_out:
                model.eval()
                with no_grad():
                    history.validation_losses.append(_loss(model, loss, held_out).data)
            if schedule is not None:
                schedule.step()
            if bar is not None:
                bar.set_postfix_str(repr(history).partition(": ")[2], refresh=False)
                bar.update()
            if patience is not None and history.best_epoch == epoch:
                best = model.state_dict()
            stops = [callback(history) is True for callback in callbacks]
            if any(stops) or (patience is not None and epoch - history.best_epoch >= patience):
                break
    finally:
        for module, training in modes:
            module.training = training
        if patience is not None:
            model.load_state_dict(best)
        if bar is not None:
            bar.close()
    return history


DIVERGED = (
    "the loss became {} in epoch {}, counted from 0; try a smaller learning rate, or optim.clip_grad_norm in a loop of "
    "your own, or look for nan in the data"
)


def _step(gradients: Callable[[Examples], float], batch: Examples, optimizer: Optimizer, epoch: int) -> float:
    optimizer.zero_grad()
    try:
        loss = gradients(batch)
    except OverflowError as error:
        raise FloatingPointError(DIVERGED.format("infinite", epoch)) from error
    if not math.isfinite(loss):
        raise FloatingPointError(DIVERGED.format(loss, epoch))
    optimizer.step()
    return loss


def _gradients(model: Module, loss: Loss, batch: Examples) -> float:
    """The loss of a batch, whose gradients are added to the parameters."""
    result = _loss(model, loss, batch)
    if not result.parents:
        raise ValueError("the loss depends on no parameter, so nothing can be learned: is this within no_grad()?")
    result.backward()
    return result.data


class _Program:
    """The same by a compiled program: in lanes where the loss is the mean over the examples, else the whole batch."""

    def __init__(self, model: Module, loss: Loss) -> None:
        self.model, self.loss, self.in_lanes = model, loss, None if not model.takes_batch else False
        self.one = autograd.compile(lambda x, target: loss([model(x)], [target]))
        self.batch = autograd.compile(lambda inputs, targets: _loss(model, loss, list(zip(inputs, targets))))

    def __call__(self, batch: Examples) -> float:
        inputs, targets = [x for x, _ in batch], [target for _, target in batch]
        if self.in_lanes is None:
            self.in_lanes = self._is_mean(batch, inputs, targets)
        if self.in_lanes:
            return float(self.one.map.value_and_grad(inputs, targets))
        return float(self.batch.map.value_and_grad([inputs], [targets]))  # one row, whose whole numbers vary as well

    def _is_mean(self, batch: Examples, inputs: list[Any], targets: list[Any]) -> bool:
        """Whether the loss of the first batch, and its gradients, are the means of those of its examples."""
        parameters = self.model.parameters()
        found: list[list[float]] = []
        for in_lanes in (False, True):
            autograd.clear(parameters)
            mean = (
                self.one.map.value_and_grad(inputs, targets) if in_lanes else _gradients(self.model, self.loss, batch)
            )
            found.append([mean, *(p.grad for p in parameters)])
        autograd.clear(parameters)
        size = max(map(abs, found[0]))
        return len(batch) > 1 and all(math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12 * size) for x, y in zip(*found))


def _loss(model: Module, loss: Loss, batch: Examples) -> Value:
    inputs, targets = [x for x, _ in batch], [target for _, target in batch]
    result = loss(model(inputs) if model.takes_batch else [model(x) for x in inputs], targets)
    if not isinstance(result, Value):
        raise TypeError(f"the loss is a function of outputs and targets that returns a Value, got {result!r}")
    return result


def _examples(data: Any, what: str) -> Examples:
    if not isinstance(data, Iterable):
        raise TypeError(f"{what} must be pairs of an input and its target, zip(inputs, targets); got {data!r}")
    examples = [tuple(pair) if isinstance(pair, Iterable) else (pair,) for pair in data]
    for i, example in enumerate(examples):
        if len(example) != 2:
            raise ValueError(f"{what} must be pairs, zip(inputs, targets); number {i} is no pair: {example!r}")
    if not examples:
        raise ValueError(f"{what} must have at least one example, got none")
    return examples


def _divided(examples: Examples, validation: Any, rng: random.Random) -> tuple[Examples, Examples]:
    """The examples to train with, and those to validate with."""
    if validation is None:
        return examples, []
    if not isinstance(validation, Real):
        return examples, _examples(validation, "validation")
    part = float(validation)
    n = round(part * len(examples)) if 0 < part < 1 else 0
    if not 0 < n < len(examples):
        raise ValueError(
            f"validation is examples, or a part between 0 and 1 that leaves some of the {len(examples)} examples on "
            f"either side; got {validation!r}"
        )
    rng.shuffle(examples)
    return examples[n:], examples[:n]


def _bar(epochs: int, progress: bool) -> Any:
    """A progress bar; None where none is wanted, or tqdm is not installed."""
    if not progress:
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=epochs, desc="training", unit="epoch")
