"""Numbers of parameters that lie side by side are those of the Values, whatever is made, moved and freed."""

import copy
import gc
import pickle
import random

import pytest

import autograd
import nn
from autograd import Value
from nn import optim

MANY = 5000  # Values, more than one buffer holds


def trained(parameters, scale=2.0, steps=3):
    """Steps of gradient descent on the sum of squares: after one each parameter is 1 - 0.1 · 2 · scale of itself."""
    loss = autograd.compile(lambda: autograd.sum([scale * p * p for p in parameters]))
    optimizer = optim.SGD(parameters, lr=0.1)
    for _ in range(steps):
        loss.update(optimizer)
    return loss


@pytest.mark.parametrize("n", [1, 7, 8, 9, 300, MANY])
def test_as_many_parameters_as_you_like_are_moved(n):
    parameters = [Value(1.0 + i) for i in range(n)]
    trained(parameters, steps=1)
    assert [p.data for p in parameters] == pytest.approx([(1.0 + i) * 0.6 for i in range(n)])
    assert [p.grad for p in parameters] == [4 * (1.0 + i) for i in range(n)]


def test_a_parameter_that_was_moved_is_still_a_value():
    parameters = [Value(float(i), label=f"p{i}") for i in range(20)]
    trained(parameters, steps=1)
    p = parameters[3]
    assert (p.label, p.op, p.parents) == ("p3", "", ())
    p.data, p.grad = 5.0, -1.0
    assert (p.data, p.grad) == (5.0, -1.0)
    (p * p).backward()
    assert p.grad == 9.0
    for other in (copy.copy(p), copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
        other.data = 7.0
        assert (other.data, p.data) == (7.0, 5.0)
    p.__init__(8.0)
    assert (p.data, p.grad) == (8.0, 0.0)


def test_each_function_and_each_optimizer_may_use_parameters_of_its_own_in_its_own_order():
    rng = random.Random(1)
    parameters = [Value(rng.uniform(-1, 1)) for _ in range(200)]
    shuffled = rng.sample(parameters, 150)
    expected = {p: p.data for p in parameters}
    for own in (parameters, shuffled, parameters[50:120], shuffled[::-1], parameters[::2]):
        trained(own, steps=2)
        for p in own:
            for _ in range(2):
                expected[p] -= 0.1 * (4 * expected[p])
        assert [p.data for p in parameters] == pytest.approx(list(expected.values()), rel=1e-14)


@pytest.mark.parametrize("make", [lambda ps: optim.SGD(ps, 0.1, momentum=0.5), lambda ps: optim.Adam(ps, 0.1)])
def test_a_list_of_parameters_may_change_between_steps(make):
    ours, alone = ([Value(float(i)) for i in range(12)] for _ in "ab")
    optimizer, each = make(ours), [make([p]) for p in alone]
    others = [Value(9.0), Value(-9.0)]
    for step in range(4):
        for p, q in zip(ours, alone):
            p.grad = q.grad = 0.5 * p.data
        optimizer.step()
        for one in each:
            one.step()
        assert [p.data for p in ours] == [p.data for p in alone]
        if step == 1:  # another Value at the end, which takes over what was kept of the one before
            ours[-1] = others[0]
            optimizer.parameters[-1] = others[0]
            alone[-1] = each[-1].parameters[0] = others[1]
            others[0].data = others[1].data = 3.0
    optimizer.zero_grad()
    assert [p.grad for p in ours] == [0.0] * 12


def test_a_value_at_the_address_of_one_that_was_freed_is_another():
    for turn in range(50):
        parameters = [Value(float(turn)) for _ in range(8 + turn % 3)]
        trained(parameters, steps=1)
        assert [p.data for p in parameters] == pytest.approx([0.6 * turn] * len(parameters))
        kept = parameters[turn % 8]
        del parameters
        fresh = [Value(1.0) for _ in range(8)]
        autograd.clear(fresh)
        autograd.descend(fresh, None, 0.5)
        assert [p.data for p in fresh] == [1.0] * 8
        assert kept.data == pytest.approx(0.6 * turn)


def test_nothing_is_kept_of_parameters_that_are_gone():
    if autograd.engine_name == "python":
        pytest.skip("the textbook engine leaves this to Python")

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    def some():
        for _ in range(100):
            parameters = [Value(1.0) for _ in range(MANY)]
            autograd.descend(parameters, None, 0.1)
        del parameters
        gc.collect()

    some()
    before = resident()
    some()
    assert resident() - before < 4 * 2**20  # the numbers of one round are 80 kB, those of a hundred 8 MB


def test_a_result_keeps_the_parameters_it_needs():
    def result():
        parameters = [Value(2.0) for _ in range(30)]
        loss = autograd.compile(lambda: autograd.sum([p * p for p in parameters]))
        loss()
        return loss()

    loss = result()
    gc.collect()
    loss.backward()
    assert [p.grad for p in loss.parents] == [4.0] * 30


def test_a_model_trains_the_same_compiled_and_as_it_is():
    points = [[0.5, -1.0], [1.0, 0.25], [-0.5, 0.75]]
    ends = []
    for compiled in (False, True):
        model = nn.MLP(2, [8, 1], rng=random.Random(3))
        optimizer = optim.Adam(model.parameters(), lr=0.05)

        def loss(x, model=model):
            return (model(x) - 1.0) ** 2

        call = autograd.compile(loss) if compiled else loss
        for step in range(30):
            model.zero_grad()
            call(points[step % 3]).backward()
            optimizer.step()
        ends.append([p.data for p in model.parameters()])
    assert ends[0] == pytest.approx(ends[1], rel=1e-12)


def test_arguments_and_what_a_function_uses_may_be_the_same_values():
    w = [Value(float(i)) for i in range(10)]
    f = autograd.compile(lambda xs: autograd.dot(xs, w))
    for _ in range(3):
        autograd.clear(w)
        assert f.value_and_grad(w) == 285.0
        assert [p.grad for p in w] == [2.0 * i for i in range(10)]
        autograd.clear(w)
        f(w).backward()
        assert [p.grad for p in w] == [2.0 * i for i in range(10)]
