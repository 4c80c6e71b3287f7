"""What is freed and when, and what a copy keeps: of graphs, Values, closures and models."""

import copy
import gc
import math
import pickle
import random
import tracemalloc
import weakref

import pytest

import autograd
from autograd import Value, topological_order
from nn import MLP, hinge_loss, optim


@pytest.fixture
def no_collector():
    """The garbage collector switched off, so that only reference counts free anything."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_the_memory_of_many_values_is_used_again_in_any_order(deep):
    n = deep // 16
    rng = random.Random(1)
    one, alive = Value(1.0), {}
    for _ in range(3):
        for i in range(n):
            alive[i] = Value(float(i)) + one
        watched = weakref.ref(alive[7])
        for i in rng.sample(range(n), n * 2 // 3):
            del alive[i]
        assert all(v.data == i + 1.0 and v.grad == 0.0 and v.parents[1] is one for i, v in alive.items())
    alive.clear()
    assert watched() is None


def test_values_chained_by_their_labels_are_freed_without_overflowing_the_stack(deep):
    v = Value(0.0)
    for _ in range(deep // 3):
        v = Value(0.0, label=v)
    watched = weakref.ref(v)
    del v
    assert watched() is None


def test_a_graph_is_freed_with_its_last_name(no_collector):
    a = Value(2.0)
    results = [
        (a + 1).tanh(),
        a * 2 - 1 / a,
        autograd.dot([a, a], [a, 1.0]),
        autograd.softmax([a, 1.0])[0],
        autograd.max(a, 1.0) ** a,
        MLP(1, [2, 1])([a]),
    ]
    for result in results:
        result.backward()
    watched = [weakref.ref(node) for result in results for node in topological_order(result) if node.parents]
    del result, results
    assert watched
    assert [ref() for ref in watched] == [None] * len(watched)
    assert a.grad != 0.0


def test_a_deep_chain_of_additions_is_built_differentiated_and_freed(no_collector, deep):
    one = Value(1.0)
    x = first = Value(0.0)
    for _ in range(deep):
        x = x + one
    x.backward()
    assert (x.data, first.grad, one.grad) == (deep, 1.0, deep)
    watched = weakref.ref(x)
    del x
    assert watched() is None


def test_training_leaves_memory_where_it_was(no_collector, in_full):
    model = MLP(2, [3, 1], activation="tanh")
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.5)

    def train(steps):
        for _ in range(steps):
            loss = hinge_loss([model(x) for x in ([0.0, 1.0], [1.0, -1.0])], [1, -1])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        # The collector finds nothing to do; called by hand it also empties the interpreter's own free lists.
        assert gc.collect() == 0
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        after_ten = train(10)
        later = train(990 if in_full else 200)
    finally:
        tracemalloc.stop()
    graph_of_one_step = 10_000  # bytes, about; a step that left its graph behind would leave this each time
    assert later - after_ten < graph_of_one_step


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_a_leaf_can_be_copied_and_a_result_cannot(duplicate):
    a = Value(2.0, label="a")
    a.grad = 3.0
    twin = duplicate(a)
    assert twin is not a
    assert type(twin) is Value
    assert (twin.data, twin.grad, twin.label, twin.parents) == (2.0, 3.0, "a", ())
    with pytest.raises(TypeError, match=r"computed from others.*take v.detach\(\)"):
        duplicate(a * 2)


def test_a_model_can_be_copied():
    model = MLP(2, [3, 1])
    twin = copy.deepcopy(model)
    assert [p.data for p in twin.parameters()] == [p.data for p in model.parameters()]
    assert not set(twin.parameters()) & set(model.parameters())


def test_a_closure_that_refers_to_its_result_is_freed_by_the_collector():
    a = Value(2.0)

    def own_exp():
        result = Value(math.exp(a.data), (a,), "exp", lambda gradient: (gradient * result.data,))
        return result

    result = own_exp()
    result.backward()
    assert a.grad == math.exp(2.0)
    watched = weakref.ref(result)
    del result
    gc.collect()
    assert watched() is None
