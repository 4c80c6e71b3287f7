"""Finds mistakes of a training that raise no error. fit warns of them once, and says what to write instead."""

import sys
import warnings
from typing import Any

from nn.module import Module

STEP = "A step p = p - lr * p.grad makes a new number and leaves the parameter as it is; write p.data -= lr * p.grad"


class Oversights:
    """Looks over one training: in its first two epochs, and after some epochs.

    >>> from nn import Neuron, optim
    >>> neuron = Neuron(1)
    >>> noticed = Oversights(neuron, optim.SGD(neuron.parameters(), lr=0.1))
    >>> noticed.after_epoch()
    """

    def __init__(self, model: Module, optimizer: Any) -> None:
        self.model, self.optimizer = model, optimizer
        self.known = model.parameters()
        self.moved = [*{*optimizer.parameters} & {*self.known}]
        self.said = False
        self.before: list[float] | None = [parameter.data for parameter in self.moved]
        self.look_for_results()

    def say(self, sentence: str) -> None:
        """Warn, once in a training: further oversights often follow from the first."""
        if not self.said:
            self.said = True
            frame, level = sys._getframe(), 1
            while frame.f_back and frame.f_globals["__name__"].partition(".")[0] == "nn":  # up to who called fit
                frame, level = frame.f_back, level + 1
            warnings.warn(sentence, stacklevel=level)

    def look_for_results(self) -> None:
        """Warn where the model holds p - lr * p.grad in the place of a parameter."""
        for name, found in self.model._held():
            if found.op in ("-", "+") and [parent.op for parent in found.parents[1:]] == ["constant"]:
                self.say(
                    f"{name} of the model is the result of '{found.op}', not a parameter: fit cannot train it. {STEP}"
                )

    def before_forward(self) -> None:
        """After zero_grad() in a step."""
        if any(parameter.grad for parameter in self.moved):
            self.say(f"after zero_grad() of {self.optimizer!r} there are still gradients: those of all steps add up; "
                     "set the grad of each parameter to 0.0 in it")  # fmt: skip

    def before_backward(self) -> None:
        """Between the forward and the backward pass of a step."""
        if any(parameter.grad for parameter in self.moved):
            self.say("the loss or the model calls backward(), and so does fit: every gradient is counted twice; remove "
                     "the call")  # fmt: skip

    def after_epoch(self) -> None:
        """Where the optimiser has moved nothing, or something stands in the place of a parameter."""
        if self.before is not None:  # after the first
            step = type(self.optimizer).step
            own = getattr(step, "__module__", "") != "nn.optim"  # only a function of your own can be wrong
            still = self.before == [parameter.data for parameter in self.moved]
            if own and still and getattr(self.optimizer, "lr", 1) and any(p.grad for p in self.moved):
                self.say(f"step() of {self.optimizer!r} moved no parameter, though there are gradients. {STEP}")
            self.before = None
        now = self.model.parameters()
        if now != self.known:
            self.known = now
            self.look_for_results()
            if not {*self.moved} <= {*now}:
                self.say(f"parameters of the model were replaced, and the optimiser still moves the old ones. {STEP}")
