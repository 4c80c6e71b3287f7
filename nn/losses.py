"""Losses: one Value that says how far the predictions are from the targets, to be made small."""

from collections.abc import Iterable
from typing import Any

import autograd
from autograd import Value

Predictions = Iterable[Value] | Value
Targets = Iterable[Value | float] | Value | float


def mse_loss(predictions: Predictions, targets: Targets, reduction: str = "mean") -> Value:
    """The mean squared error, mean of (prediction - target)², for regression; as PyTorch's mse_loss.

    predictions and targets: equally many numbers, at least one; a single one may stand without a list.
    reduction: "mean" or "sum". ValueError if the lengths differ.

    >>> mse_loss([Value(1.0), Value(4.0)], [1.0, 2.0]).data
    2.0
    """
    errors = [prediction - target for prediction, target in _pairs(predictions, targets)]
    return _reduced([error**2 for error in errors], reduction)


def hinge_loss(scores: Predictions, targets: Targets, reduction: str = "mean") -> Value:
    """The max-margin loss, mean of max(0, 1 - target · score), for two classes. (Cortes & Vapnik 1995)

    scores: any numbers; their sign is the predicted class. targets: -1 or 1 each. reduction: "mean" or "sum".
    ValueError for another target, or if the lengths differ.

    >>> hinge_loss([Value(0.5), Value(2.0)], [-1, 1]).data
    0.75
    """
    pairs = _pairs(scores, targets)
    for _, target in pairs:
        if target not in (-1, 1):
            raise ValueError(f"the targets of hinge_loss are -1 or 1, got {target!r}")
    return _reduced([autograd.relu(1 - target * score) for score, target in pairs], reduction)


def _pairs(predictions: Any, targets: Any) -> list[tuple[Any, Any]]:
    predictions, targets = (list(each) if isinstance(each, Iterable) else [each] for each in (predictions, targets))
    if len(predictions) != len(targets):
        raise ValueError(f"a loss takes one target for each prediction, got {len(predictions)} and {len(targets)}")
    for target in targets:
        if isinstance(target, (list, tuple)) or getattr(target, "ndim", 0) != 0:
            raise TypeError(f"targets must be numbers, [0, 1], got {target!r} among them")
    if not predictions:
        raise ValueError("a loss needs at least one prediction, got none")
    return list(zip(predictions, targets, strict=True))


def _reduced(terms: list[Value], reduction: str) -> Value:
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction is 'mean' or 'sum', got {reduction!r}")
    return autograd.mean(terms) if reduction == "mean" else autograd.sum(terms)
