"""What comes in corrupts no memory of the native engine: sizes that lie, lists that change, errors, and no memory."""

import ctypes
import dataclasses
import gc
import numbers
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import autograd
from autograd import Value, no_grad
from autograd.compiling import compile

if autograd.engine_name != "native":
    pytest.skip("the textbook engine has no memory of its own", allow_module_level=True)

import contextlib

from autograd.native._engine import Machine, Replay, Rows, Structure


class Liar(list):
    """A list that says more than it has."""

    def __len__(self):
        return 2**61


def compiled(n):
    """A function of a list of n numbers, recorded."""
    function = compile(lambda xs: autograd.sum([x * x for x in xs]))
    function([1.0] * n)
    return function


# Sizes


def test_rows_are_counted_by_reading_them():
    function = compiled(8)
    rows = [[1.0] * 8, [2.0] * 8]
    assert function.map(rows).data == 20.0
    machine = Machine(function.program, ([1.0] * 8,))
    assert machine.run_rows((), (Liar(rows),)).outputs() == [20.0]
    with pytest.raises((TypeError, OverflowError, MemoryError, RuntimeError)):
        function.map(Liar(rows), Liar(rows))
    assert function.map(rows).data == 20.0


def test_the_numbers_in_containers_that_say_something_else_are_counted():
    class OddDict(dict):
        def values(self):
            return [1.0] * 50

    class Array:
        shape, ndim, size = (3,), 1, -1

        def ravel(self):
            return self

        def tolist(self):
            return [1.0, 2.0, 3.0]

    Array.__module__ = "numpy"
    assert Structure(OddDict(a=1.0)).n == 1
    assert Structure((Array(), [1.0] * 6)).n == 9


@pytest.mark.parametrize(
    "change",
    [
        {"outer": 2**32, "inner": 2**32},
        {"length": 2**62},
        {"operands": ()},
        {"operands": ((0, 0, 0, 2**62),)},
        {"inner": 2**63 - 1},
    ],
)
def test_a_program_that_needs_more_than_there_is_is_refused(change):
    program = compile(lambda x: autograd.sum([x, x, x]))
    program(1.0)
    wrong = dataclasses.replace(program.program, instructions=list(program.program.instructions))
    wrong.instructions[-1] = wrong.instructions[-1]._replace(**change)
    with pytest.raises((ValueError, MemoryError)):
        Machine(wrong)


def test_a_program_that_is_changed_later_changes_nothing():
    function = compiled(2)
    machine = Machine(function.program)
    function.program.constants.append((10**9, 1.0))
    function.program.instructions.clear()
    function.program.outputs[:] = [10**9]
    assert machine.run((), [2.0, 3.0]).outputs() == [13.0]


# Things that were not made as the engine makes them


def test_what_a_machine_makes_cannot_be_made_without_one():
    machine = Machine(compiled(1).program, ([1.0],))
    for wrong in (lambda: Replay(), lambda: Replay(None), lambda: Rows(None, "mean")):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(ValueError, match="the reduction is"):
        machine.run_rows((), ([[1.0]],), "median")


@pytest.mark.parametrize("deep", [100_000])
def test_containers_that_are_nested_deeply_are_refused(deep):
    nested = 1.0
    for _ in range(deep):
        nested = [nested]
    function = compile(lambda x: autograd.sum([1.0 * y for y in x] if isinstance(x, list) else [x * 1.0]))
    for call in (
        lambda: function(nested),
        lambda: function.map([nested, nested]),
        lambda: function.value_and_grad({"x": (nested,)}),
        lambda: Structure(nested),
    ):
        with pytest.raises((RecursionError, ValueError), match=r"recursion|nested too deeply"):
            call()
    assert function(2.0).data == 2.0


# Code that runs in between


def test_an_error_of_a_class_is_the_error_that_comes():
    class Odd:
        @property
        def __class__(self):
            raise LookupError("no class")

    x = Value(1.0)
    with pytest.raises(LookupError, match="no class"):
        x + Odd()
    with pytest.raises(LookupError, match="no class"):
        autograd.sum([x, Odd()])


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sum", "logsumexp", "max"])
def test_a_list_may_change_while_its_numbers_are_read(name):
    class Odd(int):
        def __float__(self):
            given.clear()
            return 1.0

    given = [Value(1.0), Odd(2), Value(3.0)]
    found = getattr(autograd, name)(given)
    assert found
    assert given == []


def test_lists_that_change_while_they_are_read_are_refused_in_a_dot():
    class Odd:
        def __float__(self):
            second.append(1.0)
            return 1.0

    numbers.Real.register(Odd)
    first, second = [Odd(), Value(2.0)], [1.0, 1.0]
    with pytest.raises(RuntimeError, match="changed while their numbers were read"):
        autograd.dot(first, second)


def test_a_neuron_may_lose_its_weights_while_they_are_looked_for():
    from nn import Layer

    class Odd(str):
        def __hash__(self):
            return hash("b")

        def __eq__(self, other):
            vars(neuron).update(w=None)
            return False

    layer = Layer(2, 1)
    neuron = layer.neurons[0]
    rest, weights = dict(vars(neuron)), neuron.w
    vars(neuron).clear()
    vars(neuron)[Odd("odd")] = 1  # comes before "b"
    vars(neuron).update(rest)
    del rest
    with contextlib.suppress(TypeError, AttributeError):
        layer([1.0, 2.0])
    assert sys.getrefcount(weights) < 10


# Code that runs in the middle of a call of a compiled function


class Pretends(type):
    """Classes that say that they equal any other."""

    def __eq__(self, other):
        return True

    def __hash__(self):
        return hash(dict)


def test_only_lists_tuples_and_dicts_are_read_as_such():
    """One that says it equals them has another layout in memory, or runs code when it is compared."""

    class Named(dict, metaclass=Pretends):
        pass

    class Row(list, metaclass=Pretends):
        pass

    class Same(metaclass=Pretends):
        def __eq__(self, other):
            xs.clear()
            return True

        def __hash__(self):
            return 1

    of_values = compile(lambda xs: autograd.sum([x * x for x in xs.values()]))
    of_items = compile(lambda xs: autograd.sum([x * x for x in xs if isinstance(x, (float, Value))]))
    for _ in range(4):
        assert of_values(Named({list: Value(3.0)})).data == of_values(Named({list: 3.0})).data == 9.0
        assert of_items(Row([Value(3.0), Value(1.0)])).data == of_items(Row([3.0, 1.0])).data == 10.0
        xs = [3.0, Same(), 1.0]
        with contextlib.suppress(RuntimeError):
            of_items(xs)


class Tracked:
    __slots__ = ("anything",)


@contextlib.contextmanager
def collecting(soon, act):
    """Code runs with the garbage collector when so many more objects have been made."""

    def called(phase, found):
        if phase == "start" and not ran:
            ran.append(True)
            act()

    before, ran = gc.get_threshold(), []
    gc.collect()
    gc.callbacks.append(called)
    kept = [Tracked() for _ in range(60 - soon)]
    gc.set_threshold(60)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(called)
        del kept


def test_recording_may_pause_in_the_middle_of_a_call():
    function = compile(lambda xs, *_: xs[0] * xs[1] + xs[1])
    values, more = [Value(2.0), Value(3.0)], [1.0] * 25  # Python keeps no memory for tuples as long as that
    for _ in range(3):
        function(values, *more)
    before, blocks = references(values), []

    def pause():
        blocks.append(no_grad())
        blocks[-1].__enter__()

    for soon in range(12):
        with collecting(soon, pause):
            result = function(values, *more)
        while blocks:
            blocks.pop().__exit__(None, None, None)
        assert result.data == 9.0
        del result
        assert references(values) == before, soon


def test_a_result_may_get_another_local_gradient_while_it_is_asked_for_its_own():
    function = compile(lambda xs, *_: xs[0] * xs[1] + xs[1])
    values, more = [Value(2.0), Value(3.0)], [1.0] * 25
    for _ in range(3):
        function(values, *more)
    before = references(values)
    for soon in range(12):
        result = function(values, *more)

        def change(result=result):
            result.local_gradient = lambda gradient: [gradient, gradient]

        with collecting(soon, change):
            local_gradient = result.local_gradient
        assert local_gradient(1.0) in ([3.0, 3.0], [1.0, 1.0])
        del result, local_gradient, change
        assert function(values, *more).local_gradient(1.0) == [3.0, 3.0]
        assert references(values) == before, soon


def test_what_is_watched_may_be_forgotten_while_it_is_looked_at(monkeypatch):
    monkeypatch.setitem(sys.modules, "meddling", meddling := ModuleType("meddling"))

    class Name(str):
        def __hash__(self):
            return hash("W")

        def __eq__(self, other):
            __import__("meddling").act()
            return False

    def act():
        meddling.act = lambda: None
        names["W"] = Value(names["W"].data + 1.0)
        function(1.0, 3)

    meddling.act = lambda: None
    names = {Name("w"): 1, "__builtins__": __builtins__, "W": Value(2.0)}
    exec("def f(x, k):\n    return x * W + k\n", names)
    function = compile(names["f"])
    for k in range(5):
        for _ in range(3):
            assert function(1.0, 2).data == 4.0 + k
        names["z"], meddling.act = k, act
        assert function(1.0, 2).data == 5.0 + k


# No memory


def references(things):
    return [sys.getrefcount(x) for x in things]


@pytest.mark.parametrize("name", ["as_values", "softmax", "log_softmax", "linear", "leaves"])
def test_nothing_is_freed_twice_without_memory(name):
    testing = pytest.importorskip("_testcapi")
    from autograd import functions

    function = getattr(functions, name, None) or getattr(autograd, name)
    values = [Value(float(i)) for i in range(40)]
    args = ([values] * 3, values, values[:3]) if name == "linear" else (values,)
    function(*args)
    before = references(values)
    failed = 0
    for start in range(150):
        testing.set_nomemory(start, start + 1)
        try:
            function(*args)
        except MemoryError:
            failed += 1
        finally:
            testing.remove_mem_hooks()
        assert references(values) == before, start
    assert failed


def test_a_leaf_that_keeps_its_row_may_fail_to_become_an_operation():
    testing = pytest.importorskip("_testcapi")
    x = Value(1.0)
    for start in range(12):
        row = [Value(1.0), Value(2.0)]
        assert autograd.dot(row, [x, x]).data == 3.0  # the first one keeps the row
        testing.set_nomemory(start, start + 1)
        try:
            row[0].__init__(5.0, (x,), "own", lambda gradient: (gradient,))
        except MemoryError:
            pass
        finally:
            testing.remove_mem_hooks()
        assert autograd.dot(row, [x, x]).data in (3.0, 7.0)


def test_a_machine_gives_back_what_it_kept_once():
    """Blocks go from rows to runs and back, and the machine is freed while it has both kinds."""
    machines = []
    for k in range(20):
        machine = Machine(compiled(8).program, ([1.0] * 8,))
        runs = [machine.run((), ([float(k)] * 8,)) for _ in range(5)]
        rows = [machine.run_rows((), ([[1.0] * 8],)) for _ in range(3)]
        del runs[::2]
        assert machine.value_and_grad((), ([1.0] * 8,)) == [8.0]
        assert [run.outputs() for run in runs] == [[8.0 * k * k]] * 2
        assert [each.outputs() for each in rows] == [[8.0]] * 3
        machines.append(machine)
        del runs, rows
        if k % 3 == 0:
            machines.clear()
    again = [compiled(3)([1.0, 2.0, float(k)]).data for k in range(50)]
    assert again == [5.0 + k * k for k in range(50)]


def test_a_sanitizer_sees_a_spare_run_that_is_touched():
    is_forbidden = getattr(ctypes.CDLL(None), "__asan_address_is_poisoned", None) if sys.platform == "linux" else None
    if is_forbidden is None:
        pytest.skip("this is not run by tests.fuzz.sanitized")
    is_forbidden.argtypes = [ctypes.c_void_p]
    machine = Machine(compiled(8).program, ([1.0] * 8,))
    run = machine.run((), ([1.0] * 8,))
    place = id(run)
    assert not is_forbidden(place)
    del run
    assert is_forbidden(place)
    again = machine.run((), ([2.0] * 8,))
    assert id(again) == place
    assert not is_forbidden(place)
    assert again.outputs() == [32.0]


# Where memory is asked for

NATIVE = Path(autograd.__file__).parent / "native"
FIXED = {  # what does not depend on arguments, and a declaration
    ("_engine.pyx", "PyObject_Malloc(size_t)"),
    ("memory.pxi", "PyObject_Malloc(VALUE.tp_basicsize)"),
    ("slabs.pxi", "mmap(NULL, 2 * SLAB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)"),
}


def found_in_sources(pattern):
    """What is found in the sources of the engine, other than sizes.pxi, without comments: file and text."""
    return {
        (path.name, found)
        for path in [*NATIVE.glob("*.pxi"), *NATIVE.glob("*.pyx"), *NATIVE.glob("*.c"), *NATIVE.glob("*.h")]
        if path.name not in ("sizes.pxi", "_engine.c")
        for found in re.findall(pattern, re.sub(r"#(?!define).*|/\*.*?\*/", "", path.read_text(encoding="utf-8")))
    }


def test_sizes_alone_asks_for_memory_that_depends_on_arguments():
    """Everything else would be beyond the reach of its checks; see the file."""
    asking = r"(?i)\b(?:\w*(?:[mc]|re)alloc|mmap|alloca|PyBytes_From\w*|PyByteArray\w*|\w+_Resize)\(.*?\)(?=[\s;]|$)"
    assert found_in_sources(asking) == FIXED
    assert found_in_sources(r"\bbytearray\([^)]*\)") == {("checking.pxi", "bytearray(program.active)")}  # a copy
    on_the_stack = r"\n *(?:cdef |const )*(?:double|u?int\w*|Py_ssize_t|ptrdiff_t|char|\w+\*)[ *]+\w+\[[a-z].*"
    assert found_in_sources(on_the_stack) == set()  # there arrays have a fixed length


def test_no_other_file_multiplies_to_say_how_many_bytes_it_needs():
    """How many bytes are to be set, copied or compared is another matter: they are there."""
    for name, line in found_in_sources(r"\n(.*\b(?!\d )\w+\)? \* sizeof\(.*)"):
        assert re.search(r"\b(?:mem(?:set|cpy|cmp|move)|populate)\(", line), (name, line)
