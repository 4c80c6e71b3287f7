"""The optimisers and the schedules move as PyTorch's do, step by step, and clipping changes what it says."""

import math
import random

import pytest

import autograd
from autograd import Value
from nn import optim

SCHEDULES = [
    ("StepLR", {"step_size": 7, "gamma": 0.6}),
    ("ExponentialLR", {"gamma": 0.97}),
    ("CosineAnnealingLR", {"T_max": 60, "eta_min": 0.001}),
    ("CosineAnnealingLR", {"T_max": 13}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.01, "end_factor": 0.5, "total_iters": 40}),
    ("LambdaLR", {"lr_lambda": lambda step: 1 / (1 + step)}),
]


def torch_or_skip():
    return pytest.importorskip("torch", reason="PyTorch is not installed")


def valley(x):
    return (x[0] - 1) ** 2 + 3 * (x[1] + x[0] ** 2) ** 2 + 0.1 * x[2] ** 4


OPTIMISERS = [
    ("SGD", {"lr": 0.01}),
    ("SGD", {"lr": 0.01, "momentum": 0.9}),
    ("SGD", {"lr": 0.01, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.01, "momentum": 0.5, "nesterov": True, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05, "betas": (0.0, 0.0)}),
    ("AdamW", {"lr": 0.05}),
    ("AdamW", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.3}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.005, "alpha": 0.9, "eps": 1e-6, "weight_decay": 0.1, "momentum": 0.7}),
    ("Adagrad", {"lr": 0.3}),
    ("Adagrad", {"lr": 0.3, "lr_decay": 0.02, "weight_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-6}),
]


def test_every_optimiser_and_schedule_is_compared():
    named = {name: kind for name, kind in vars(optim).items() if isinstance(kind, type) and name in optim.__all__}
    optimisers = {name for name, kind in named.items() if issubclass(kind, optim.Optimizer)}
    schedules = {name for name, kind in named.items() if issubclass(kind, optim.Schedule)}
    assert {name for name, _ in OPTIMISERS} == optimisers - {"Optimizer"}
    assert {name for name, _ in SCHEDULES} == schedules - {"Schedule", "SequentialLR"}  # which has a test of its own


@pytest.mark.parametrize(("name", "settings"), OPTIMISERS)
def test_optimisers_move_as_pytorchs_over_a_hundred_steps(name, settings):
    torch = torch_or_skip()
    ours = [Value(1.5), Value(-2.0), Value(3.0)]
    theirs = torch.tensor([1.5, -2.0, 3.0], dtype=torch.float64, requires_grad=True)
    optimizer, twin = getattr(optim, name)(ours, **settings), getattr(torch.optim, name)([theirs], **settings)
    for _ in range(100):
        for x, step in (ours, optimizer), (theirs, twin):
            step.zero_grad()
            valley(x).backward()
            step.step()
        assert [x.data for x in ours] == pytest.approx(theirs.tolist(), rel=1e-12)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_the_settings_are_pytorchs_unless_given(name):
    torch = torch_or_skip()
    given = {"lr": 0.1} if name == "SGD" else {}
    ours = getattr(optim, name)([Value(1.0)], **given)
    theirs = getattr(torch.optim, name)([torch.ones(1, requires_grad=True)], **given).defaults
    settings = [setting for setting in (*ours._settings, "betas", "nesterov") if hasattr(ours, setting)]
    assert {setting: getattr(ours, setting) for setting in settings} == {s: theirs[s] for s in settings}


@pytest.mark.parametrize(("name", "settings"), SCHEDULES)
def test_schedules_are_pytorchs_over_a_hundred_steps(name, settings):
    torch = torch_or_skip()
    ours = optim.SGD([Value(1.0)], lr=0.3)
    theirs = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.3)
    schedule = getattr(optim, name)(ours, **settings)
    twin = getattr(torch.optim.lr_scheduler, name)(theirs, **settings)
    for _ in range(100):
        assert ours.lr == pytest.approx(theirs.param_groups[0]["lr"], rel=1e-12, abs=1e-15)
        theirs.step()
        schedule.step()
        twin.step()


def test_one_schedule_after_the_other_as_pytorchs():
    torch = torch_or_skip()
    ours = optim.SGD([Value(1.0)], lr=0.3)
    theirs = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.3)
    rates = []
    for optimizer, names in (ours, optim), (theirs, torch.optim.lr_scheduler):
        parts = [
            names.LinearLR(optimizer, 0.1, total_iters=10),
            names.CosineAnnealingLR(optimizer, T_max=40),
            names.ExponentialLR(optimizer, gamma=0.9),
        ]
        schedule = names.SequentialLR(optimizer, parts, milestones=[10, 50])
        rates.append([])
        for _ in range(100):
            rates[-1].append(optimizer.lr if optimizer is ours else optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
    assert rates[0] == pytest.approx(rates[1], rel=1e-12, abs=1e-15)


def test_optimisers_by_hand():
    def moved(name, **settings):
        x = Value(2.0)
        optimizer = getattr(optim, name)([x], lr=0.5, **settings)
        path = []
        for gradient in (3.0, -4.0):
            x.grad = gradient
            optimizer.step()
            path.append(x.data)
        return path

    # the velocity is 3 and looks ahead 3 + 0.5 · 3; then it is 0.5 · 3 - 4, and looks ahead -4 - 0.5 · 2.5
    assert moved("SGD", momentum=0.5, nesterov=True) == [2.0 - 0.5 * 4.5, 2.0 - 0.5 * 4.5 + 0.5 * 5.25]
    first = 2.0 - 0.5 * 3 / 3
    assert moved("Adagrad", eps=1e-99) == pytest.approx([first, first + 0.5 * 4 / math.sqrt(9 + 16)], rel=1e-15)
    second = first + 0.5 * 4 / math.sqrt(0.75 * 16 / (1 - 0.25**2) + 0.25 * 0.75 * 9 / (1 - 0.25**2))
    assert moved("Adam", betas=(0.0, 0.25), eps=1e-99) == pytest.approx([first, second], rel=1e-15)
    mean = (0.5 * -4 + 0.25 * 3) / 0.75
    square = (0.25 * 16 + 0.1875 * 9) / (1 - 0.75**2)
    second = first - 0.5 * mean / math.sqrt(square)
    assert moved("Adam", betas=(0.5, 0.75), eps=1e-99) == pytest.approx([first, second], rel=1e-15)


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.5, math.inf])
@pytest.mark.parametrize("max_norm", [0.5, 1000.0])
def test_gradients_are_clipped_as_by_pytorch(norm_type, max_norm):
    torch = torch_or_skip()
    rng = random.Random(1)
    gradients = [rng.uniform(-3, 3) for _ in range(20)]
    ours, theirs = [Value(0.0) for _ in gradients], torch.zeros(20, dtype=torch.float64)
    theirs.grad = torch.tensor(gradients, dtype=torch.float64)
    for parameter, gradient in zip(ours, gradients):
        parameter.grad = gradient
    norm = optim.clip_grad_norm(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_([theirs], max_norm, norm_type)
    assert norm == pytest.approx(expected.item(), rel=1e-12)
    assert [p.grad for p in ours] == pytest.approx(theirs.grad.tolist(), rel=1e-12)
    optim.clip_grad_value(ours, max_norm / 4)
    torch.nn.utils.clip_grad_value_([theirs], max_norm / 4)
    assert [p.grad for p in ours] == pytest.approx(theirs.grad.tolist(), rel=1e-12)


def test_clipping_by_hand():
    a, b = Value(0.0), Value(0.0)
    a.grad, b.grad = 3e200, -4e200
    assert optim.clip_grad_norm([a, b], 1.0) == pytest.approx(5e200, rel=1e-15)
    assert (a.grad, b.grad) == pytest.approx((0.6, -0.8), rel=1e-15)
    optim.clip_grad_norm([a, b], 1.5)
    assert (a.grad, b.grad) == pytest.approx((0.6, -0.8), rel=1e-15)
    optim.clip_grad_value([a, b], 0.7)
    assert (a.grad, b.grad) == pytest.approx((0.6, -0.7), rel=1e-15)
    a.grad = b.grad = 0.0
    assert optim.clip_grad_norm([a, b], 1.0, norm_type=3) == 0.0


def test_gradients_that_are_not_finite_are_left_alone():
    a, b = Value(0.0), Value(7.0)
    a.grad, b.grad = 3.0, math.inf
    with pytest.raises(ValueError, match=r"the gradient of Value\(data=7.0, grad=inf.* is not finite"):
        optim.clip_grad_norm([a, b], 1.0)
    assert (a.grad, b.grad) == (3.0, math.inf)
    optim.clip_grad_value([a, b], 1.0)
    assert (a.grad, b.grad) == (1.0, 1.0)


@pytest.mark.parametrize("name", ["Adam", "AdamW", "RMSprop", "Adagrad"])
def test_a_wrong_setting_changes_nothing(name):
    x = Value(1.0)
    optimizer = getattr(optim, name)([x], lr=0.1)
    x.grad = 1.0
    for attribute, wrong, error in (
        ("lr", "0.1", TypeError),
        ("eps", 0.0, ValueError),
        ("weight_decay", [], TypeError),
    ):
        before = getattr(optimizer, attribute)
        setattr(optimizer, attribute, wrong)
        with pytest.raises(error):
            optimizer.step()
        setattr(optimizer, attribute, before)
    assert (x.data, list(optimizer.squares), getattr(optimizer, "steps", 0)) == (1.0, [0.0], 0)


def test_adapt_takes_one_of_each_per_parameter():
    with pytest.raises(ValueError, match="one number per parameter, got 2 squares for 1"):
        autograd.adapt([Value(1.0)], [0.0], [0.0, 0.0], [], 0.1, 0.9, 0.9, 0.1, 1.0, 1e-8)


def test_a_wrong_schedule_leaves_the_learning_rate():
    optimizer = optim.SGD([Value(1.0)], lr=0.5)
    with pytest.raises(ZeroDivisionError):
        optim.LambdaLR(optimizer, lambda step: 1 / step)
    optimizer.lr = 0.25
    optim.ExponentialLR(optimizer, 0.5).step()
    assert optimizer.lr == 0.125


def test_an_optimiser_obeys_one_schedule_and_no_hand_beside_it():
    optimizer = optim.SGD([Value(1.0)], lr=0.5)
    first, second = optim.ExponentialLR(optimizer, 0.5), optim.StepLR(optimizer, 1, 0.1)
    first.step()
    with pytest.raises(ValueError, match=r"the lr was set to 0.25 by hand or by another.*this StepLR would overwrite"):
        second.step()
    optimizer.lr = 0.1
    with pytest.raises(ValueError, match=r"the lr was set to 0.1 by hand.*SequentialLR; .* use LambdaLR"):
        first.step()
    assert (optimizer.lr, first.steps) == (0.1, 1)


def test_a_rate_that_is_none_changes_nothing():
    optimizer = optim.SGD([Value(1.0)], lr=0.5)
    schedule = optim.LambdaLR(optimizer, lambda step: 1 - 2 * step)
    with pytest.raises(ValueError, match=r"0 or more; LambdaLR says -0.5"):
        schedule.step()
    assert (optimizer.lr, schedule.steps) == (0.5, 0)


def test_reprs_show_the_settings():
    adam = optim.Adam([Value(1.0)])
    assert repr(adam) == "Adam(1 parameters, lr=0.001, eps=1e-08, weight_decay=0.0)"
    assert repr(optim.StepLR(adam, 3)) == "StepLR(lr=0.001 after 0 steps)"


A = Value(1.0)
SGD = optim.SGD([A], lr=0.1)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optim.SGD([A], 0.1, nesterov=True), ValueError, "nesterov needs a momentum above 0"),
        (lambda: optim.Adam([A], eps=0), ValueError, "eps must be above 0, got 0"),
        (
            lambda: optim.Adam([A], betas=0.9),
            TypeError,
            r"betas must be two numbers, for example \(0.9, 0.999\), got 0.9",
        ),
        (lambda: optim.Adam([A], betas=(0.9, 1.0)), ValueError, "each of betas must be from 0 to below 1, got 1.0"),
        (lambda: optim.Adam([A], betas=(0.9, "1")), TypeError, "each of betas must be a real number, got str"),
        (lambda: optim.Adam([A], lr=-1), ValueError, "lr must be a finite number, 0 or more; got -1"),
        (lambda: optim.Adam([]), ValueError, "at least one parameter"),
        (lambda: optim.AdamW([A, A]), ValueError, "in the list twice"),
        (lambda: optim.RMSprop([A], alpha=1.0), ValueError, "alpha must be from 0 to below 1, got 1.0"),
        (lambda: optim.RMSprop([A], eps=0.0), ValueError, "eps must be above 0"),
        (lambda: optim.Adagrad([A], lr_decay=math.nan), ValueError, "lr_decay must be a finite number"),
        (lambda: optim.Optimizer([A], lr=0.1).step(), NotImplementedError, "Optimizer does not say how"),
        (lambda: optim.Schedule(SGD), NotImplementedError, "Schedule does not say what its rate is"),
        (lambda: optim.StepLR([A], 3), TypeError, "a schedule takes the optimiser whose lr it sets"),
        (lambda: optim.StepLR(SGD, 0), ValueError, "step_size must be at least 1, got 0"),
        (lambda: optim.CosineAnnealingLR(SGD, 2.5), TypeError, "T_max must be a whole number, got 2.5"),
        (lambda: optim.ExponentialLR(SGD, None), TypeError, "gamma must be a real number, got NoneType"),
        (lambda: optim.LinearLR(SGD, "0.1"), TypeError, "start_factor must be a real number, got str"),
        (lambda: optim.LambdaLR(SGD, 0.5), TypeError, "lr_lambda must be a function of the number of steps"),
        (lambda: optim.SequentialLR(SGD, [], []), ValueError, "got 0 schedules and the milestones"),
        (lambda: optim.SequentialLR(SGD, None, [1]), TypeError, "a list of schedules, such as .*; got None"),
        (lambda: optim.SequentialLR(SGD, [optim.StepLR], [1]), TypeError, "a list of schedules, such as"),
        (lambda: optim.SequentialLR(SGD, [], 3), TypeError, "milestones must be a list of numbers of steps.*got 3"),
        (lambda: optim.SequentialLR(SGD, [], ["1"]), TypeError, "a milestone must be a whole number, got '1'"),
        (lambda: optim.LambdaLR(SGD, "0.9"), TypeError, "lr_lambda must be a function of the number of steps"),
        (lambda: optim.LambdaLR(SGD, str), TypeError, "what lr_lambda returns must be a real number, got str"),
        (
            lambda: optim.LambdaLR(SGD, lambda step: -1),
            ValueError,
            "learning rate must be a finite number, 0 or more",
        ),
        (lambda: optim.LambdaLR(SGD, lambda step: 10.0**400), ValueError, "0 or more; LambdaLR says inf"),
        (lambda: optim.SGD([A], True), ValueError, "lr must be a finite number, 0 or more; got True"),
        (lambda: optim.SGD([A], 0.1, 0.9, True), ValueError, "weight_decay must be a finite number.*got True"),
        (lambda: optim.SGD([{"params": [A]}], 0.1), TypeError, "make one optimiser for each group"),
        (lambda: optim.clip_grad_norm([A], 0.0), ValueError, "max_norm must be above 0, got 0.0"),
        (lambda: optim.clip_grad_norm([A], 1.0, 0.5), ValueError, "norm_type must be a number, 1 or more"),
        (lambda: optim.clip_grad_norm(A, 1.0), TypeError, r"model.parameters\(\)"),
        (lambda: optim.clip_grad_value([A], math.nan), ValueError, "clip_value must be above 0, got nan"),
    ],
)
def test_mistakes_get_sentences(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_without_momentum_nothing_is_kept_of_an_infinite_gradient():
    x = Value(1.0)
    by = optim.SGD([x], lr=0.125)
    x.grad = math.inf
    by.step()
    x.data, x.grad = 1.0, 1.0
    by.step()
    assert x.data == 0.875


def test_momentum_that_is_turned_on_begins_with_the_gradient():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x, y = Value(1.0), torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    ours, theirs = optim.SGD([x], lr=0.1), torch.optim.SGD([y], lr=0.1)
    for step in range(6):
        if step == 2:
            ours.momentum = theirs.param_groups[0]["momentum"] = 0.9
        ours.zero_grad()
        theirs.zero_grad()
        (x * x).backward()
        (y * y).backward()
        ours.step()
        theirs.step()
    assert x.data == pytest.approx(y.item(), rel=1e-12)
