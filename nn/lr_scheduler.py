"""Learning-rate schedules: they set the lr of an optimiser from step to step; as PyTorch's.

A schedule takes over the learning rate the moment it is made, and every step() moves it on by one: after each epoch, or
after each batch, whichever is meant. The rates are multiples of the lr that the optimiser had when it first met one.
An optimiser obeys one schedule: step() refuses to overwrite an lr that was set by another, or by hand. For one after
the other there is SequentialLR, for any other rule LambdaLR.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

from autograd.extending import to_float
from nn.inputs import is_list, size


class Schedule:
    """The base of the schedules. A subclass says in rate(step) what the learning rate is after so many steps.

    optimizer: the optimiser whose lr it sets.

    TypeError for anything else than an optimiser. step() raises ValueError if somebody else has set the lr.

    >>> from autograd import Value
    >>> from nn import optim
    >>> class Halving(Schedule):
    ...     def rate(self, step):
    ...         return self.base_lr / 2**step
    >>> optimizer = optim.SGD([Value(1.0)], lr=0.5)
    >>> schedule = Halving(optimizer)
    >>> schedule.step()
    >>> optimizer.lr
    0.25
    """

    def __init__(self, optimizer: Any) -> None:
        if not hasattr(optimizer, "lr"):
            raise TypeError(f"a schedule takes the optimiser whose lr it sets, got {optimizer!r}")
        self.optimizer, self.steps = optimizer, 0
        self.base_lr: float = getattr(optimizer, "initial_lr", optimizer.lr)
        self._set(0)
        optimizer.initial_lr = self.base_lr

    def rate(self, step: int) -> float:
        """The learning rate after so many steps."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its rate is")

    def step(self) -> None:
        """Set the learning rate to the next one; ValueError if it is no longer the one that this schedule set."""
        if self.optimizer.lr != self._last:
            raise ValueError(
                f"the lr was set to {self.optimizer.lr!r} by hand or by another schedule, and this "
                f"{type(self).__name__} would overwrite it. For schedules one after the other use SequentialLR; for "
                "your own rule use LambdaLR"
            )
        self._set(self.steps + 1)
        self.steps += 1

    def _set(self, step: int) -> None:
        try:
            rate = to_float(self.rate(step), "a learning rate")
        except OverflowError:
            rate = math.inf
        if not 0 <= rate < math.inf:
            raise ValueError(f"a learning rate must be a finite number, 0 or more; {type(self).__name__} says {rate!r}")
        self.optimizer.lr = self._last = rate

    def __repr__(self) -> str:
        return f"{type(self).__name__}(lr={self._last} after {self.steps} steps)"


class LambdaLR(Schedule):
    """The learning rate times lr_lambda(step).

    optimizer: as in Schedule.
    lr_lambda: a function of the number of steps so far that returns a factor. TypeError for anything else.

    >>> from autograd import Value
    >>> from nn import optim
    >>> optimizer = optim.SGD([Value(1.0)], lr=0.5)
    >>> schedule = LambdaLR(optimizer, lambda step: 1 / (step + 1))
    >>> schedule.step()
    >>> optimizer.lr
    0.25
    """

    def __init__(self, optimizer: Any, lr_lambda: Callable[[int], float]) -> None:
        if not callable(lr_lambda):
            raise TypeError(
                f"lr_lambda must be a function of the number of steps, lambda step: 0.9**step; got {lr_lambda!r}"
            )
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def rate(self, step: int) -> float:
        """lr · lr_lambda(step)."""
        return self.base_lr * to_float(self.lr_lambda(step), "what lr_lambda returns")


class StepLR(Schedule):
    """lr times gamma after every step_size steps, at least 1.

    >>> from autograd import Value
    >>> from nn import optim
    >>> schedule = StepLR(optim.SGD([Value(1.0)], lr=1.0), step_size=2, gamma=0.5)
    >>> [schedule.rate(step) for step in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Any, step_size: int, gamma: float = 0.1) -> None:
        self.step_size, self.gamma = size(step_size, "step_size"), to_float(gamma, "gamma")
        super().__init__(optimizer)

    def rate(self, step: int) -> float:
        """lr · gamma to the number of times that step_size has passed."""
        return self.base_lr * self.gamma ** (step // self.step_size)


class ExponentialLR(Schedule):
    """lr times gamma after every step.

    >>> from autograd import Value
    >>> from nn import optim
    >>> schedule = ExponentialLR(optim.SGD([Value(1.0)], lr=1.0), gamma=0.5)
    >>> [schedule.rate(step) for step in range(3)]
    [1.0, 0.5, 0.25]
    """

    def __init__(self, optimizer: Any, gamma: float) -> None:
        self.gamma = to_float(gamma, "gamma")
        super().__init__(optimizer)

    def rate(self, step: int) -> float:
        """lr · gamma to the power step."""
        return self.base_lr * self.gamma**step


class CosineAnnealingLR(Schedule):
    """From lr down to eta_min in T_max steps, at least 1, along half a wave of the cosine. (Loshchilov & Hutter 2017)

    Beyond T_max steps the wave goes on, and the rate rises again.

    >>> from autograd import Value
    >>> from nn import optim
    >>> schedule = CosineAnnealingLR(optim.SGD([Value(1.0)], lr=1.0), T_max=4)
    >>> [round(schedule.rate(step), 3) for step in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """

    def __init__(self, optimizer: Any, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max, self.eta_min = size(T_max, "T_max"), to_float(eta_min, "eta_min")
        super().__init__(optimizer)

    def rate(self, step: int) -> float:
        """eta_min + (lr - eta_min) · (1 + cos(π · step / T_max)) / 2."""
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * step / self.T_max)) / 2


class LinearLR(Schedule):
    """From start_factor · lr to end_factor · lr along a straight line, in total_iters steps: the usual warm-up.

    >>> from autograd import Value
    >>> from nn import optim
    >>> schedule = LinearLR(optim.SGD([Value(1.0)], lr=1.0), start_factor=0.25, total_iters=3)
    >>> [schedule.rate(step) for step in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self, optimizer: Any, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ) -> None:
        self.start_factor, self.end_factor = to_float(start_factor, "start_factor"), to_float(end_factor, "end_factor")
        self.total_iters = size(total_iters, "total_iters")
        super().__init__(optimizer)

    def rate(self, step: int) -> float:
        """lr times the factor on the line."""
        part = min(step, self.total_iters) / self.total_iters
        return self.base_lr * (self.start_factor + (self.end_factor - self.start_factor) * part)


class SequentialLR(Schedule):
    """One schedule after the other.

    optimizer: as in Schedule.
    schedulers: a list of schedules of this optimiser.
    milestones: a list of rising numbers of steps, one less than schedules. At each of them the next schedule begins.

    TypeError if these are not lists; ValueError if they do not fit together.

    >>> from autograd import Value
    >>> from nn import optim
    >>> optimizer = optim.SGD([Value(1.0)], lr=1.0)
    >>> warm_up, decay = LinearLR(optimizer, 0.5, total_iters=2), CosineAnnealingLR(optimizer, T_max=4)
    >>> schedule = SequentialLR(optimizer, [warm_up, decay], milestones=[2])
    >>> [round(schedule.rate(step), 3) for step in range(7)]
    [0.5, 0.75, 1.0, 0.854, 0.5, 0.146, 0.0]
    """

    def __init__(self, optimizer: Any, schedulers: Iterable[Schedule], milestones: Iterable[int]) -> None:
        self.schedulers: list[Any] = list(schedulers) if is_list(schedulers) else [schedulers]
        if not all(isinstance(each, Schedule) for each in self.schedulers):
            raise TypeError(f"SequentialLR takes a list of schedules, such as [warm_up, decay]; got {schedulers!r}")
        if not is_list(milestones):
            raise TypeError(f"milestones must be a list of numbers of steps, for example [10]; got {milestones!r}")
        self.milestones = [size(each, "a milestone") for each in milestones]
        if len(self.schedulers) != len(self.milestones) + 1 or self.milestones != sorted(self.milestones):
            raise ValueError(
                f"SequentialLR needs one milestone between two schedules, in rising order; got {len(self.schedulers)} "
                f"schedules and the milestones {self.milestones}"
            )
        if any(scheduler.optimizer is not optimizer for scheduler in self.schedulers):
            raise ValueError("the schedules of a SequentialLR must be made for the same optimiser as itself")
        super().__init__(optimizer)

    def rate(self, step: int) -> float:
        """The rate of the schedule whose turn it is."""
        begun = [0] + [milestone for milestone in self.milestones if milestone <= step]
        return self.schedulers[len(begun) - 1].rate(step - begun[-1])
