"""Losses: one Value that says how far the predictions are from the targets, to be made small.

Names and conventions are PyTorch's: the predictions come first, and reduction is "mean" or "sum", over all numbers or,
where classes are predicted, over all examples. Every loss returns a Value, for plain numbers too. Every loss raises
ValueError for no predictions, for targets that do not fit them, and for another reduction.
"""

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import autograd
from autograd import Value, custom_derivative
from autograd.extending import are_all, to_float
from nn.inputs import is_list, listed, plain

Predictions = Iterable[Any] | Value
Targets = Iterable[Any] | Value | float

# Regression: predictions and targets are numbers in lists of the same shape; a single one may stand without a list


def mse_loss(predictions: Predictions, targets: Targets, reduction: str = "mean") -> Value:
    """The mean squared error: the mean of (prediction - target)².

    predictions, targets: numbers in lists of the same shape, at least one.
    reduction: "mean" or "sum".

    Returns a Value. ValueError for lists that do not fit; OverflowError if a square is beyond the largest float.

    >>> mse_loss([Value(1.0), Value(4.0)], [1.0, 2.0]).data
    2.0
    """
    return _reduced([(prediction - target) ** 2 for prediction, target in _pairs(predictions, targets)], reduction)


def l1_loss(predictions: Predictions, targets: Targets, reduction: str = "mean") -> Value:
    """The mean absolute error: the mean of |prediction - target|. Outliers move it less than mse_loss.

    predictions, targets, reduction: as in mse_loss.

    Returns a Value. ValueError for lists that do not fit.

    >>> l1_loss([Value(1.0), Value(4.0)], [1.0, 2.0]).data
    1.0
    """
    return _reduced([abs(prediction - target) for prediction, target in _pairs(predictions, targets)], reduction)


def huber_loss(predictions: Predictions, targets: Targets, reduction: str = "mean", delta: float = 1.0) -> Value:
    """With e = prediction - target, the mean of e²/2 where |e| <= delta, and of delta · (|e| - delta/2) elsewhere.

    It is smooth like mse_loss near 0, and outliers move it as little as l1_loss. (Huber 1964)

    predictions, targets, reduction: as in mse_loss.
    delta: a number above 0.

    Returns a Value. ValueError for lists that do not fit, and for another delta.

    >>> huber_loss([Value(1.5), Value(4.0)], [1.0, 2.0], reduction="sum").data
    1.625
    """
    if not 0 < to_float(delta, "delta") < math.inf:
        raise ValueError(f"the delta of huber_loss must be a finite number above 0, got {delta!r}")
    errors = [prediction - target for prediction, target in _pairs(predictions, targets)]
    return _reduced([_held(error, delta) + _beyond(error, delta) for error in errors], reduction)


def _held(error: Any, delta: float) -> Any:
    """The square up to delta, and from there on what it is at delta."""
    held = autograd.clip(error, -delta, delta)
    return 0.5 * held * held


def _beyond(error: Any, delta: float) -> Any:
    """The straight line from delta on; without a product of the error, whose gradient at an infinite one is nan."""
    return delta * autograd.relu(abs(error) - delta)


# Two classes: predictions and targets likewise


def hinge_loss(scores: Predictions, targets: Targets, reduction: str = "mean") -> Value:
    """The max-margin loss for two classes: the mean of max(0, 1 - target · score). (Cortes & Vapnik 1995)

    scores: any numbers. Their sign is the predicted class.
    targets: -1 or 1 for each score.
    reduction: "mean" or "sum".

    Returns a Value. ValueError for other targets.

    >>> hinge_loss([Value(0.5), Value(2.0)], [-1, 1]).data
    0.75
    """
    terms = []
    for score, target in _pairs(scores, targets):
        if isinstance(target, Value):
            # a compiled loss repeats each comparison of a Value at every call: one serves for -1 and for 1
            fits, missing = abs(abs(target) - 1) <= 0, 1.0 - target * score
        elif target == 1.0:
            fits, missing = True, 1.0 - score
        else:
            fits, missing = target == -1.0, 1.0 + score
        if not fits:
            raise ValueError(f"the targets of hinge_loss must be -1 or 1, got {target!r}; for 0 and 1 write 2 * y - 1")
        terms.append(autograd.relu(missing))
    return _reduced(terms, reduction)


def binary_cross_entropy(probabilities: Predictions, targets: Targets, reduction: str = "mean") -> Value:
    """The loss for two classes: the mean of -target · log(p) - (1 - target) · log(1 - p).

    probabilities: the probability p of class 1 for each example, from 0 to 1. For sigmoids of logits, use
        binary_cross_entropy_with_logits: it loses no digits.
    targets: from 0 to 1 for each example.
    reduction: "mean" or "sum".

    Returns a Value. ValueError for numbers below 0 or above 1.

    As in PyTorch, a logarithm counts as no less than -100. The denominator of the gradient (p - target) / (p · (1 - p))
    counts as no less than 1e-12. So both are finite at p = 0 and p = 1.

    >>> round(binary_cross_entropy([Value(0.5)], [1]).data, 6)
    0.693147
    """
    pairs = [*_pairs(probabilities, targets, in_order=True)]
    _check_between_0_and_1("probabilities of binary_cross_entropy", [p for p, _ in pairs])
    _check_between_0_and_1("targets of binary_cross_entropy", [target for _, target in pairs])
    return _reduced([bernoulli_loss(p, target) for p, target in pairs], reduction)


def binary_cross_entropy_with_logits(logits: Predictions, targets: Targets, reduction: str = "mean") -> Value:
    """The binary_cross_entropy of sigmoid(logits), without overflow and without loss of digits.

    logits: any numbers. Above 0, class 1 is predicted.
    targets: from 0 to 1 for each logit.
    reduction: "mean" or "sum".

    Returns a Value. ValueError for other targets.

    >>> round(binary_cross_entropy_with_logits([Value(0.0)], [1]).data, 6)
    0.693147
    >>> binary_cross_entropy_with_logits([Value(1000.0), Value(-1000.0)], [0, 0]).data
    500.0
    """
    pairs = [*_pairs(logits, targets, in_order=True)]
    _check_between_0_and_1("targets of binary_cross_entropy_with_logits", [target for _, target in pairs])
    return _reduced([_logistic_loss(logit, target) for logit, target in pairs], reduction)


def _logistic_loss(logit: Any, target: Any) -> Any:
    if target in (0, 1):
        return autograd.softplus(-logit if target else logit)  # softplus(-x) is -log(sigmoid(x))
    return target * autograd.softplus(-logit) + (1 - target) * autograd.softplus(logit)


def _bounded(log: Callable[[Any], Any], x: Any) -> Any:
    try:
        return autograd.max(log(x), -100.0)
    except ValueError:  # the logarithm of 0
        return -100.0


SMALLEST = 9.999999960041972e-13  # 1e-12 in PyTorch's source, where it is a 32-bit number


def _derivative(out: Any, p: Any, target: Any) -> tuple[Any, Any]:
    """With the bounds it is not exactly the derivative; as PyTorch's."""
    by_target = _bounded(autograd.log1p, -p) - _bounded(autograd.log, p)
    return (p - target) / autograd.max(p * (1 - p), SMALLEST), by_target


@custom_derivative(_derivative)
def bernoulli_loss(p: float, target: float) -> float:
    """That of a single number, with logarithms that are bounded.

    >>> round(bernoulli_loss(0.5, 1.0), 6)
    0.693147
    """
    return -(target * _bounded(autograd.log, p) + (1 - target) * _bounded(autograd.log1p, -p))


# Several classes: a row of logits, and a target, for each example


def cross_entropy(logits: Any, targets: Any, reduction: str = "mean", label_smoothing: float = 0.0) -> Value:
    """The mean of -log(softmax(logits)[class]), the surprise at the right class, without overflow.

    logits: for each example a row with one number for each class, at least 2. A single row may stand alone, with a
        single target.
    targets: for each example the right class, counted from 0. Or a row with the probability q of each class; then the
        loss is the mean of -Σ qᵢ · log(softmax(logits)ᵢ).
    reduction: "mean" or "sum".
    label_smoothing: the part of each target, from 0 to 1, that is spread evenly over all classes. (Szegedy et al. 2016)

    Returns a Value. ValueError for a class that does not exist, for probabilities below 0 or whose sum is not 1, and
    for several classes beside a single row.

    >>> round(cross_entropy([[Value(0.0), Value(0.0)]], [1]).data, 6)
    0.693147
    >>> cross_entropy([Value(1000.0), Value(0.0), Value(-1000.0)], 1).data
    1000.0
    """
    if not 0 <= to_float(label_smoothing, "label_smoothing") <= 1:
        raise ValueError(f"label_smoothing must be from 0 to 1, got {label_smoothing!r}")
    rows = _list("logits", logits)
    if rows and not is_list(rows[0]):
        classes = list(targets) if is_list(targets) else []
        if classes and all(hasattr(type(target), "__index__") for target in classes):
            raise ValueError(
                f"a single row of logits is one example, with one class as its target; got the classes {classes!r}: "
                f"several examples have a row of logits each; {ONE_OUTPUT}"
            )
        rows, targets = [rows], [classes or targets]
    targets = _list("targets", targets)
    _check_lengths(rows, targets)
    rows = [_list("logits", row) for row in rows]
    rows = [row if are_all(row, VALUES) else [_value(x) for x in row] for row in rows]
    if any(len(row) != len(rows[0]) for row in rows):
        raise ValueError(f"every row has a logit for every class, got rows of {sorted(set(map(len, rows)))} logits")
    return _reduced([_surprise(row, target, label_smoothing) for row, target in zip(rows, targets)], reduction)


ONE_OUTPUT = "for one output per example, of two classes, take binary_cross_entropy_with_logits"


def _surprise(logits: list[Any], target: Any, smoothing: float) -> Any:
    n = len(logits)
    if n < 2:
        raise ValueError(f"there are {n} logits for an example, and at least 2 classes are needed; {ONE_OUTPUT}")
    probabilities = None
    if isinstance(target, Value):
        probabilities = _certain(target, n)
        if not smoothing:
            return _surprise_at(probabilities, logits)
    elif is_list(target):
        probabilities = _distribution(list(target), n)
    right = None if probabilities else _class(target, n)
    if right is not None and not smoothing:  # in one operation, so that the gradient of a sure answer loses no digits
        own = logits[right]
        return autograd.logsumexp([0.0 if i == right else x - own for i, x in enumerate(logits)])
    log_probabilities: list[Any] = autograd.log_softmax(logits)
    wanted = probabilities or [float(i == right) for i in range(n)]
    return -autograd.dot([(1 - smoothing) * q + smoothing / n for q in wanted], log_probabilities)


def _surprise_at(certain: list[Any], logits: list[Any]) -> Any:
    """The same operation for a class that varies, given by probabilities 0 and 1: its own difference is exactly 0."""
    at_right = autograd.dot(certain, logits)
    return autograd.logsumexp([(x - at_right) * (1 - q) for x, q in zip(logits, certain)])


def _class(target: Any, n: int) -> int:
    if not hasattr(type(target), "__index__"):
        hint = "; if the class is a float, write int(y)" * (isinstance(target, float) and target.is_integer())
        about = "a class is a whole number, for example 2, or a list of probabilities, one for each class"
        raise TypeError(f"{about}; got {target!r}{hint}")
    if not 0 <= target < n:
        raise ValueError(f"there are {n} logits, so the classes are 0 to {n - 1}; got {target!r}")
    return int(target)


def _certain(target: Value, n: int) -> list[Any]:
    """The probabilities of all classes where the right one is a Value: it varies in a compiled loss."""
    found = [autograd.relu(1 - abs(autograd.stop_gradient(target) - i)) for i in range(n)]
    if not autograd.max(found) >= 1:
        raise ValueError(f"there are {n} logits, so the classes are 0 to {n - 1}; got {target!r}")
    return found


def _distribution(probabilities: list[Any], n: int) -> list[Any]:
    for q in probabilities:
        if not isinstance(q, Value):
            to_float(q, "a probability")
    if len(probabilities) != n:
        about = f"there are {n} logits, so a target is a class or {n} probabilities"
        raise ValueError(f"{about}; got {probabilities!r}{_about_column(probabilities)}")
    if any(q < 0 for q in probabilities) or not abs(autograd.sum(probabilities) - 1) <= 1e-6:
        raise ValueError(
            f"the probabilities of a target must be 0 or more, and their sum must be 1; got {probabilities!r}"
        )
    return probabilities


# What predictions and targets must be

VALUES: set[type] = {Value}
USUAL: set[type] = {Value, float, int}  # single numbers that need no closer look, which would take longer than the loss


def _list(what: str, thing: Any) -> list[Any]:
    if not is_list(thing):
        raise TypeError(f"the {what} of cross_entropy come as a list, one entry for each example; got {thing!r}")
    return listed(thing)


def _pairs(predictions: Any, targets: Any, in_order: bool = False) -> Iterable[tuple[Any, Any]]:
    """Each prediction with its target, to be gone through once.

    in_order: whether the other order would give another loss, without a word.
    """
    predictions = listed(predictions) if is_list(predictions) else [predictions]
    targets = listed(targets) if is_list(targets) else [targets]
    _check_lengths(predictions, targets)
    pairs: list[tuple[Any, Any]] = []
    if are_all(predictions, VALUES) and are_all(targets, USUAL):
        return zip(predictions, targets)
    for prediction, target in zip(predictions, targets):
        if type(target) not in USUAL:
            target = plain(target)
        if isinstance(prediction, Value) and type(target) in USUAL:
            pairs.append((prediction, target))
        elif is_list(prediction) and is_list(target):
            pairs += _pairs(prediction, target, in_order)
        elif is_list(target):
            raise TypeError(f"targets must be numbers, [0, 1], got {target!r} among them{_about_column(target)}")
        elif is_list(prediction):
            hint = "; a Layer of one neuron returns a list of one number: write [out for (out,) in outputs]"
            hint *= len(list(prediction)) == 1
            raise TypeError(f"the target of the row {prediction!r} must be a row too, got {target!r}{hint}")
        elif in_order and isinstance(target, Value) and not isinstance(prediction, Value) and prediction in (0, 1):
            order = "the predictions come first, and then the targets: loss(outputs, targets)"
            raise TypeError(f"{order}; got the class {prediction!r} as the prediction of {target!r}")
        else:
            pairs.append((_value(prediction), _target(target)))
    return pairs


def _about_column(target: Any) -> str:
    return "; for a column of numbers write y.ravel(), or [t for (t,) in y]" * (len(list(target)) == 1)


def _value(prediction: Any) -> Value:
    return prediction if isinstance(prediction, Value) else Value(to_float(prediction, "a prediction of a loss"))


def _target(target: Any) -> Any:
    return target if isinstance(target, Value) else to_float(target, "a target of a loss")


def _check_lengths(predictions: list[Any], targets: list[Any]) -> None:
    if len(predictions) != len(targets):
        raise ValueError(f"a loss takes one target for each prediction, got {len(predictions)} and {len(targets)}")
    if not predictions:
        raise ValueError("a loss needs at least one prediction, got none")


def _check_between_0_and_1(what: str, numbers: list[Any]) -> None:
    for number in numbers:
        if number < 0 or number > 1 or number != number:
            raise ValueError(f"the {what} must be from 0 to 1, got {number!r}")


def _reduced(terms: list[Value], reduction: str) -> Value:
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction must be 'mean' or 'sum', got {reduction!r}")
    return autograd.mean(terms) if reduction == "mean" else autograd.sum(terms)


# What fit must know of a loss before it computes the examples apart from each other

ALL = (mse_loss, l1_loss, huber_loss, hinge_loss, binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy)


def is_mean_over_examples(loss: Any, of_rows: bool) -> bool:
    """Whether a loss of a batch is the mean of the losses of its examples, if the outputs for each have one shape.

    So it is for the losses here with the reduction "mean", also where a partial gives them settings. of_rows: whether
    the output for an example is a row of numbers; several single numbers are one row to cross_entropy.

    >>> is_mean_over_examples(mse_loss, False), is_mean_over_examples(partial(mse_loss, reduction="sum"), False)
    (True, False)
    """
    while isinstance(loss, partial):
        if loss.args or loss.keywords.get("reduction", "mean") != "mean":
            return False
        loss = loss.func
    return any(loss is each for each in ALL) and (of_rows or loss is not cross_entropy)
