"""The losses: as PyTorch's in value and gradients, as mpmath's where digits could be lost, at huge logits too."""

import math
import random

import mpmath
import numpy as np
import pytest

import nn
from autograd import Value

rng = random.Random(0)
NUMBERS = [rng.uniform(-3, 3) for _ in range(12)]
OTHERS = [rng.uniform(-3, 3) for _ in range(12)]
PARTS = [rng.random() for _ in range(12)]
ROWS = [NUMBERS[i : i + 4] for i in range(0, 12, 4)]


def distributions():
    return [[q / sum(row) for q in row] for row in (PARTS[:4], PARTS[4:8], PARTS[8:])]


def ours(loss, predictions, targets, **options):
    """The value of a loss and its gradients, for numbers in a list or in rows."""
    nested = isinstance(predictions[0], list)
    rows = [[Value(x) for x in row] for row in (predictions if nested else [predictions])]
    out = loss(rows if nested else rows[0], targets, **options)
    out.backward()
    return out.data, [v.grad for row in rows for v in row]


def torchs(name, predictions, targets, **options):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    twin = torch.tensor(predictions, dtype=torch.float64, requires_grad=True)
    whole = isinstance(targets[0], int) and name == "cross_entropy"
    targets = torch.tensor(targets, dtype=torch.int64 if whole else torch.float64)
    if name == "hinge_loss":  # as a rank above that of 0, for PyTorch has none of its own
        out = torch.nn.functional.margin_ranking_loss(twin, torch.zeros_like(twin), targets, margin=1.0, **options)
    else:
        out = getattr(torch.nn.functional, name)(twin, targets, **options)
    out.backward()
    return out.item(), twin.grad.flatten().tolist()


CASES = [
    ("mse_loss", NUMBERS, OTHERS, {}),
    ("mse_loss", ROWS, [OTHERS[:4], OTHERS[4:8], OTHERS[8:]], {}),
    ("l1_loss", [*NUMBERS, 2.0], [*OTHERS, 2.0], {}),
    ("huber_loss", [*NUMBERS, 2.0, 1.0, -1.0, 1000.0], [*OTHERS, 2.0, 0.0, 0.0, -1000.0], {}),
    ("huber_loss", NUMBERS, OTHERS, {"delta": 0.3}),
    ("huber_loss", [1e300, -1e300], [0.0, 0.0], {"delta": 0.3}),
    ("binary_cross_entropy_with_logits", [1e3, -1e3, 1e3, -1e3], [0.3, 0.3, 1.0, 0.0], {}),
    ("binary_cross_entropy", PARTS, PARTS[::-1], {}),
    ("binary_cross_entropy", [*PARTS[:4], 0.0, 0.0, 1.0, 1.0, 1e-50], [1, 0, 0, 1, 0, 1, 0, 1, 1.0], {}),
    ("binary_cross_entropy_with_logits", NUMBERS, PARTS, {}),
    ("binary_cross_entropy_with_logits", [*NUMBERS[:4], 1e3, 1e3, -1e3, -1e3], [1, 0, 0, 1, 1, 0, 1, 0], {}),
    ("hinge_loss", [*NUMBERS, 1e3, 1e3, -1e3, -1e3], [1, -1] * 8, {}),
    ("cross_entropy", ROWS, [3, 0, 2], {}),
    ("cross_entropy", NUMBERS[:4], [0.1, 0.2, 0.3, 0.4], {}),
    ("cross_entropy", ROWS, distributions(), {}),
    ("cross_entropy", ROWS, [3, 0, 2], {"label_smoothing": 0.2}),
    ("cross_entropy", ROWS, [3, 0, 2], {"label_smoothing": 1.0}),
    ("cross_entropy", ROWS, distributions(), {"label_smoothing": 0.2}),
    ("cross_entropy", [[1e3, -1e3, 0.0], [-1e3, 1e3, 999.5]], [1, 2], {"label_smoothing": 0.1}),
    ("cross_entropy", [[1e3, -1e3, 0.0], [-1e3, 1e3, 999.5]], [1, 2], {}),
]


def test_every_loss_is_compared():
    assert {name for name, *_ in CASES} == {
        name for name in nn.__all__ if name.endswith(("_loss", "_entropy", "_logits"))
    }


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(("name", "predictions", "targets", "options"), CASES)
def test_losses_are_pytorchs_in_value_and_gradients(name, predictions, targets, options, reduction):
    value, gradients = ours(getattr(nn, name), predictions, targets, reduction=reduction, **options)
    expected, expected_gradients = torchs(name, predictions, targets, reduction=reduction, **options)
    assert math.isfinite(value)
    assert value == pytest.approx(expected, rel=1e-12)
    assert gradients == pytest.approx(expected_gradients, rel=1e-12, abs=1e-17)


@pytest.mark.parametrize("logit", [-1000.0, -40.0, -1e-9, 0.0, 3.0, 30.0, 1000.0])
@pytest.mark.parametrize("target", [0, 1, 0.25])
def test_binary_cross_entropy_with_logits_keeps_all_digits(logit, target):
    with mpmath.workdps(900):
        exact = mpmath.log1p(mpmath.exp(logit)) - target * mpmath.mpf(logit)
        slope = 1 / (1 + mpmath.exp(-mpmath.mpf(logit))) - target
        value, (gradient,) = ours(nn.binary_cross_entropy_with_logits, [logit], [target])
        assert value == pytest.approx(float(exact), rel=4e-16)
        assert gradient == pytest.approx(float(slope), rel=4e-16)


@pytest.mark.parametrize(
    "logits",
    [[0.0, 0.0, 0.0], [1000.0, 980.0, -1000.0], [1000.5, 1000.0, 999.0], [-1e3, -1e3, 1e3], [1e-9, 0.0, -1e-9]],
)
@pytest.mark.parametrize("right", [0, 1, 2])
def test_cross_entropy_keeps_all_digits(logits, right):
    with mpmath.workdps(900):
        exps = [mpmath.exp(mpmath.mpf(x)) for x in logits]
        exact = mpmath.log(sum(exps) / exps[right])
        value, gradients = ours(nn.cross_entropy, [logits], [right])
        assert value == pytest.approx(float(exact), rel=1e-15)
        slopes = [float(e / sum(exps) - (i == right)) for i, e in enumerate(exps)]
        assert gradients == pytest.approx(slopes, rel=1e-15, abs=3e-16)


def test_losses_by_hand():
    assert ours(nn.l1_loss, [1.0, 4.0, 3.0], [2.0, 2.0, 3.0]) == (1.0, [-1 / 3, 1 / 3, 0.0])
    assert ours(nn.huber_loss, [0.5, -3.0], [0.0, 0.0], delta=2.0, reduction="sum") == (0.125 + 4.0, [0.5, -2.0])
    value, gradients = ours(nn.binary_cross_entropy, [0.25, 0.25], [1, 0])
    assert value == pytest.approx((math.log(4) - math.log(0.75)) / 2, rel=1e-15)
    assert gradients == pytest.approx([-2.0, 1 / 1.5], rel=1e-15)
    value, gradients = ours(nn.cross_entropy, [math.log(1), math.log(3)], [0.5, 0.5], label_smoothing=0.3)
    assert value == pytest.approx(-0.5 * math.log(0.25) - 0.5 * math.log(0.75), rel=1e-15)
    assert gradients == pytest.approx([-0.25, 0.25], rel=1e-15)


def test_forms_of_predictions_and_targets():
    assert nn.l1_loss(Value(3.0), 1.0).data == 2.0
    assert nn.l1_loss([Value(3.0)], 1.0).data == 2.0
    assert nn.l1_loss(np.array([[Value(3.0)], [Value(1.0)]]), np.zeros((2, 1))).data == 2.0
    assert nn.binary_cross_entropy_with_logits([Value(0.0)], np.array([1]) == 1).data == math.log(2)
    assert nn.hinge_loss([Value(0.5), Value(0.5)], np.array([1.0, -1.0])).data == 1.0
    row = [Value(0.0), Value(math.log(3))]
    expected = nn.cross_entropy([row], [1]).data
    assert nn.cross_entropy(row, 1).data == expected
    assert nn.cross_entropy(tuple(row), np.int64(1)).data == expected
    assert nn.cross_entropy(np.array([row]), np.array([1])).data == expected
    assert nn.cross_entropy([row], [[0.0, 1.0]]).data == expected
    assert nn.cross_entropy(row, np.array([0.0, 1.0])).data == expected


@pytest.mark.parametrize("error", [math.inf, -math.inf])
def test_an_infinite_error_has_the_gradient_of_any_large_one(error):
    for loss in (nn.l1_loss, nn.huber_loss):
        value, (gradient,) = ours(loss, [error], [0.0])
        assert (value, gradient) == (math.inf, math.copysign(1.0, error))


def test_every_loss_of_plain_numbers_is_a_value():
    for loss in (nn.mse_loss, nn.l1_loss, nn.huber_loss, nn.binary_cross_entropy, nn.binary_cross_entropy_with_logits):
        assert loss([0.5, 0.25], [1.0, 0.0]).data == loss([Value(0.5), Value(0.25)], [1.0, 0.0]).data
    assert nn.hinge_loss(0.5, 1).data == nn.hinge_loss([Value(0.5)], [Value(1.0)]).data == 0.5
    assert nn.cross_entropy([0.0, 0.0], 1).data == pytest.approx(math.log(2), rel=1e-15)


def test_a_target_may_be_a_value_that_learns_too():
    predictions = {nn.binary_cross_entropy: 0.25, nn.binary_cross_entropy_with_logits: math.log(1 / 3)}
    for loss, prediction in predictions.items():
        target = Value(0.5)
        loss(prediction, target).backward()
        assert target.grad == pytest.approx(math.log(3), rel=1e-15)
    target = [Value(0.5), Value(0.5)]
    nn.cross_entropy([Value(0.0), Value(0.0)], target).backward()
    assert [q.grad for q in target] == pytest.approx([math.log(2)] * 2, rel=1e-15)


def test_a_binary_cross_entropy_has_second_derivatives():
    p = Value(0.25)
    (slope,) = (
        contribution for contribution in nn.binary_cross_entropy(p, 1).parents[0].local_gradient(Value(1.0))[:1]
    )
    slope.backward()
    assert (slope.data, p.grad) == pytest.approx((-4.0, 16.0), rel=1e-15)  # -1/p and 1/p²


def test_nan_is_not_hidden():
    for loss in (nn.mse_loss, nn.l1_loss, nn.huber_loss, nn.binary_cross_entropy_with_logits):
        assert math.isnan(loss(Value(math.nan), 1.0).data)
    assert math.isnan(nn.cross_entropy([Value(math.nan), Value(0.0)], 1).data)


PAIR = [Value(0.0), Value(1.0)]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.mse_loss([], []), ValueError, "at least one prediction"),
        (lambda: nn.cross_entropy([], []), ValueError, "at least one prediction"),
        (lambda: nn.cross_entropy([[]], [0]), ValueError, "there are 0 logits"),
        (lambda: nn.mse_loss([PAIR, PAIR], [0.0, 1.0]), TypeError, r"the target of the row \[.*\] must be a row too"),
        (lambda: nn.mse_loss([PAIR, PAIR], [[0.0, 1.0], [2.0]]), ValueError, "one target for each.*got 2 and 1"),
        (
            lambda: nn.huber_loss(PAIR, [1, 1], delta=0),
            ValueError,
            "delta of huber_loss must be a finite number above 0",
        ),
        (lambda: nn.huber_loss(PAIR, [1, 1], delta="1"), TypeError, "delta must be a real number, got str"),
        (lambda: nn.binary_cross_entropy(Value(1.5), 1), ValueError, "probabilities of .* from 0 to 1, got Value"),
        (
            lambda: nn.binary_cross_entropy(Value(0.5), -1),
            ValueError,
            "targets of binary_cross_entropy must be from 0 to",
        ),
        (lambda: nn.binary_cross_entropy(Value(0.5), math.nan), ValueError, "from 0 to 1, got nan"),
        (lambda: nn.binary_cross_entropy_with_logits(PAIR, [-1, 1]), ValueError, "from 0 to 1, got -1"),
        (lambda: nn.cross_entropy(PAIR, 2), ValueError, "there are 2 logits, so the classes are 0 to 1; got 2"),
        (lambda: nn.cross_entropy(PAIR, -1), ValueError, "the classes are 0 to 1; got -1"),
        (lambda: nn.cross_entropy([PAIR], [1.0]), TypeError, "a class is a whole number, for example 2.*got 1.0"),
        (lambda: nn.cross_entropy([PAIR], 1), TypeError, "targets of cross_entropy come as a list.*got 1"),
        (lambda: nn.cross_entropy(Value(1.0), 1), TypeError, "logits of cross_entropy come as a list"),
        (lambda: nn.cross_entropy([PAIR, Value(1.0)], [1, 1]), TypeError, "logits of cross_entropy come as a list"),
        (lambda: nn.cross_entropy([PAIR], [0, 1]), ValueError, "one target for each prediction, got 1 and 2"),
        (lambda: nn.cross_entropy(PAIR, [0.1, 0.2, 0.7]), ValueError, "a target is a class or 2 probabilities"),
        (lambda: nn.cross_entropy(PAIR, [1.0, 1.0]), ValueError, r"their sum must be 1; got \[1.0, 1.0\]"),
        (
            lambda: nn.cross_entropy(PAIR, [0, 1]),
            ValueError,
            r"got the classes \[0, 1\].*take binary_cross_entropy",
        ),
        (lambda: nn.cross_entropy(PAIR, np.array([0, 1])), ValueError, "single row of logits is one example"),
        (lambda: nn.cross_entropy([[PAIR[0]], [PAIR[1]]], [0, 0]), ValueError, "there are 1 logits for an example"),
        (lambda: nn.mse_loss(Value(1e200), 0), OverflowError, "result is beyond the largest float"),
        (lambda: nn.mse_loss(1e200, 0), OverflowError, "result is beyond the largest float"),
        (lambda: nn.hinge_loss(PAIR, [Value(0.5), 1]), ValueError, r"must be -1 or 1, got Value\(data=0.5"),
        (lambda: nn.hinge_loss(PAIR, "ab"), ValueError, "got 2 and 1"),
        (lambda: nn.cross_entropy(PAIR, [1.5, -0.5]), ValueError, "probabilities of a target must be 0 or more"),
        (lambda: nn.cross_entropy(PAIR, [math.nan, 1]), ValueError, "probabilities of a target must be 0 or more"),
        (
            lambda: nn.cross_entropy(PAIR, 0, label_smoothing=1.5),
            ValueError,
            "label_smoothing must be from 0 to 1, got 1.5",
        ),
        (lambda: nn.cross_entropy(PAIR, 0, "none"), ValueError, "reduction must be 'mean' or 'sum', got 'none'"),
        (lambda: nn.mse_loss(None, 1.0), TypeError, "a prediction of a loss must be a real number, got NoneType"),
        (lambda: nn.mse_loss(PAIR, ["1", 2]), TypeError, "a target of a loss must be a real number, got str"),
        (lambda: nn.binary_cross_entropy(PAIR, [None, 1]), TypeError, "a target of a loss must be a real number"),
        (lambda: nn.cross_entropy([PAIR, PAIR[:1]], [1, 0]), ValueError, r"got rows of \[1, 2\] logits"),
        (lambda: nn.mse_loss(PAIR, {0.0, 1.0}), ValueError, "one target for each prediction, got 2 and 1"),
    ],
)
def test_mistakes_get_sentences(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_the_gradient_of_a_sure_answer_keeps_its_digits():
    logits = [Value(0.0), Value(50.0), Value(-3.5)]
    loss = nn.cross_entropy([logits], [1])
    loss.backward()
    others = [mpmath.exp(-50), mpmath.exp(mpmath.mpf("-53.5"))]
    total = 1 + sum(others)
    assert loss.data == pytest.approx(float(mpmath.log(total)), rel=1e-15)
    expected = [others[0] / total, -sum(others) / total, others[1] / total]  # softmax - 1 at the right class
    assert [x.grad for x in logits] == pytest.approx(list(map(float, expected)), rel=1e-15, abs=0)
