"""compile: a function of numbers, recorded once and run many times at the speed of the machine."""

import re
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any

from autograd import functions
from autograd.choice import engine_name
from autograd.engine import Value, _node
from autograd.exports import ArrayFunction, jax_library, torch_library
from autograd.exports_c import to_c
from autograd.layout import laid_out
from autograd.passes import PASSES, folded
from autograd.program import Program, TextbookMachine
from autograd.recorder import record
from autograd.recording import recording, watchers
from autograd.surroundings import Surroundings
from autograd.transforms import gradients
from autograd.trees import dict_like, is_array, leaves, paths, rebuilt

if engine_name == "native":
    from autograd._engine import Machine, Misses, hand_over
else:
    Machine, Misses = TextbookMachine, type(None)

SET_SINCE = "a number that {} was called with has been set since; for derivatives of derivatives call it again"
MOST_RECORDINGS = 64  # of one shape of arguments; after that the function itself is called


def compile(function: Callable[..., Any]) -> "Compiled":
    """The function, recorded at the first call and run natively from then on. Also a decorator.

    function: a function of numbers, Values, and lists, tuples, dicts and NumPy arrays of them, nested in any way, that
        computes with operators and the functions of `autograd`, and returns a Value or a container of Values. Values
        that it uses from outside, such as parameters, are read at every call. Whole numbers, strings, None and other
        objects among the arguments are part of what is recorded: another one is another recording.

    When something that the function names is replaced, a global or a variable of an outer function, or what is in such
    a list, tuple or dict, it is recorded again. What other functions and objects hold, a model's mode or an array's
    numbers, is taken to stay as it is: compile again after a change, or pass it as an argument. Each number among the
    arguments counts as a Value of its own, also where one and the same is given twice.

    What is called is a Compiled. Its result is a Value that depends on the Values among the arguments and on those from
    outside: backward() gives them the gradients that the function itself would give them.

    A comparison in the function decides which operations come next. It is made again at every call, and where it comes
    out differently the function is recorded again. CannotCompile, with the line, if the function reads the data of a
    Value, draws random numbers, or does something else that cannot be done again.

    >>> from autograd import Value, tanh
    >>> w, b = Value(0.5), Value(-1.0)
    >>> @compile
    ... def loss(x, y):
    ...     return (tanh(w * x + b) - y) ** 2
    >>> loss(2.0, 1.0).backward()
    >>> w.grad
    -4.0
    >>> round(loss.map([1.0, 2.0], [0.0, 1.0]).data, 6)
    0.606776
    """
    if not callable(function):
        raise TypeError(f"compile takes a function, got {function!r}")
    return Compiled(function)


def within_another() -> bool:
    """Whether this is called by another function, which is being recorded in this thread."""
    return any(watcher.thread == threading.get_ident() for watcher in watchers[-1:])


@dataclass
class Recording:
    """A function recorded for arguments of one shape, and for one outcome of its comparisons."""

    program: Program
    machine: Any
    captured: tuple[Value, ...]  # those that the program uses, in its order
    arguments: Any  # those it was recorded with, with Values in the places of the inputs
    result: Any  # what the function returned, with Values in the places of the outputs
    counts: dict[str, int]
    _machine_of_rows: Any = None

    def __post_init__(self) -> None:
        # whether gradients need not go on from what is captured, so that the machine can add them at once
        self.has_floats = any(type(x) is float for x in leaves(self.result))
        self.at_once = engine_name == "native" and not any(x.parents for x in self.captured)

    def value_and_grad(self, inputs: list[Any]) -> Any:
        """The output in a list, with the gradients added; something else where that cannot be done at once."""
        if not self.at_once or len(self.program.outputs) != 1:
            return None
        return self.machine.value_and_grad(self.captured, inputs)

    def machine_of_rows(self, row: tuple[Any, ...]) -> Any:
        """The machine for many rows; None where there is something else in them than numbers."""
        if self._machine_of_rows is None and len(leaves(row)) == len(self.program.inputs):
            self._machine_of_rows = Machine(self.program, row)
        return self._machine_of_rows

    def put_together(self, outputs: Sequence[Any]) -> Any:
        """The result with other Values in the places of the outputs."""
        rest = iter(outputs)
        return rebuilt(self.result, [next(rest) if isinstance(x, Value) else x for x in leaves(self.result)])


class Compiled:
    """A function that was compiled. See compile().

    map: the same function over rows of examples, a MappedFunction.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        update_wrapper(self, function)
        self.function = function
        self.name = getattr(function, "__name__", repr(function))
        self.map = MappedFunction(self)
        self._recordings: dict[Any, list[Recording]] = {}
        self._latest: Recording | None = None
        self._guard_misses = 0
        self._surroundings = Surroundings(function)

    def __reduce__(self) -> Any:
        return Compiled, (self.function,)  # a copy records anew

    def __call__(self, *args: Any) -> Any:
        """What the function returns, as Values that know how to go back."""
        if within_another():
            return self.function(*args)
        self._look_around()
        key, inputs = taken_apart(args)
        found = self._run(key, inputs, args)
        if found is None:
            return self._by_itself(args, inputs)
        its, run = found
        parents = its.captured + tuple([x for x in inputs if isinstance(x, Value)])
        return its.put_together(
            [
                _node(x, parents, self.name, WayBack(self, its, run, k, args, inputs))
                for k, x in enumerate(run.outputs())
            ]
        )

    def value_and_grad(self, *args: Any) -> float:
        """The result, one number, and at once its backward(): the gradients are added to the grad of all parameters.

        It does what `result = step(*args); result.backward()` does, without making a graph; returns result.data.
        """
        if within_another():
            watchers[-1].read("backward")
        self._look_around()
        key, inputs = taken_apart(args)
        for its in self._recordings.get(key, ()):
            answer = its.value_and_grad(inputs)
            if isinstance(answer, list):
                return answer[0]
        found = self._run(key, inputs, args)
        if found is not None:
            its, run = found
            value = one_of(self, run.outputs())
            contributions = run.backward([1.0])
            if contributions is not None:
                add_gradients(its, inputs, contributions)
                return value
        result = self._by_itself(args, inputs)
        result.backward()
        return result.data

    def update(self, optimizer: Any, *args: Any) -> float:
        """A whole step of training: zero_grad(), value_and_grad(*args), step() of the optimiser; returns the loss."""
        optimizer.zero_grad()
        loss = self.value_and_grad(*args)
        optimizer.step()
        return loss

    @property
    def program(self) -> Program:
        """The program that was made last; print(step.program) shows its instructions.

        >>> w = [Value(1.0), Value(2.0)]
        >>> step = compile(lambda x, y: functions.relu(functions.dot(w, x) + y))
        >>> step([3.0, 4.0], 5.0)
        Value(data=16.0, grad=0.0)
        >>> print(step.program)
        captured    %0..%1 (2)
        inputs      %2..%4 (3)
        <BLANKLINE>
        %5 = affine %0..%1, %2..%3, %4
        %6 = relu %5
        <BLANKLINE>
        outputs     %6
        <BLANKLINE>
        operations  3 recorded, 3 after folding constants and common subexpressions, ...
        statistics  nodes 3, instructions 2, bytes 112, recordings 1, guard misses 0
        """
        program = self._chosen(()).program
        program.statistics = self.statistics
        return program

    @property
    def captured(self) -> list[Value]:
        """The Values from outside that the program uses that was made last, in its order."""
        return list(self._chosen(()).captured)

    @property
    def statistics(self) -> dict[str, int]:
        """Of the program that was made last, the operations recorded, the instructions, and the bytes for one example;
        how many recordings there are; and how often a comparison came out otherwise than in a recording."""
        found = self._chosen(())
        return {
            "nodes": found.counts["recorded"],
            "instructions": found.counts["instructions"],
            "bytes": 16 * found.program.n_slots,  # a number and a gradient in each slot
            "recordings": sum(len(several[:MOST_RECORDINGS]) for several in self._recordings.values()),
            "guard misses": self._guard_misses,
        }

    def to_jax(self, *example: Any) -> ArrayFunction:
        """The same function for JAX, which may differentiate, batch and jit it; see ArrayFunction.

        example: arguments whose recording is meant; without any it is the one made last.
        """
        return ArrayFunction(jax_library(), self.name, self._chosen(example))

    def to_torch(self, *example: Any) -> ArrayFunction:
        """The same function for PyTorch, on tensors; see ArrayFunction, and to_jax for the example."""
        return ArrayFunction(torch_library(), self.name, self._chosen(example))

    def to_c(self, *example: Any, name: str = "") -> str:
        """The same function, and its gradient, as a file of C99 that needs nothing but math.h; the file says how.

        name: what begins the names in it, letters and digits; that of the function if none is given.

        >>> w = Value(3.0)
        >>> step = compile(lambda x: functions.tanh(w * x))
        >>> print(*[row for row in step.to_c(2.0, name="f").splitlines() if "g[2]" in row])
            g[2] += g[3] * tanh_by_x(s[3], s[2]);     g[0] += g[2] * s[1];     g[1] += g[2] * s[0];
        """
        return to_c(self._chosen(example), name or re.sub(r"\W", "", self.name, flags=re.ASCII) or "function")

    def graph_of_recording(self) -> Value:
        """The graph of the function for the arguments that it was recorded with last; draw(step) shows it."""
        with recording():
            result = self.function(*self._chosen(()).arguments)
        roots = [x for x in leaves(result) if isinstance(x, Value)]
        return roots[0] if len(roots) == 1 else Value(0.0, roots, "results", lambda gradient: [gradient] * len(roots))

    def _chosen(self, example: tuple[Any, ...]) -> Recording:
        """The recording that a call with these arguments runs; without arguments the one made last."""
        if example:
            self._look_around()
            found = self._run(*taken_apart(example), example)
            if found is None:
                raise ValueError(f"{self.name} has a result that is not finite for the example; choose another one")
            return found[0]
        if self._latest is None:
            raise RuntimeError(f"{self.name} was not recorded yet: call it once, or give arguments as an example")
        return self._latest

    def _run(self, key: Any, inputs: list[Any], args: tuple[Any, ...]) -> tuple[Recording, Any] | None:
        """The recording that fits, after a run; None if the function itself is to be called."""
        found = self._recordings.setdefault(key, [])
        for i, each in enumerate(found):
            run = each.machine.run(each.captured, inputs)
            if run.holds:
                if i:
                    found.insert(0, found.pop(i))
                return (each, run) if run.finite else None
            self._guard_misses += 1
        if len(found) == MOST_RECORDINGS:
            warnings.warn(
                f"{self.name} was recorded {MOST_RECORDINGS} times, for its comparisons keep coming out differently; "
                "from now on it is called as it is, without compiling",
                stacklevel=3,
            )
            found.append(found[-1])
        if len(found) > MOST_RECORDINGS:
            return None
        found.insert(0, self._recorded(inputs, args))
        run = found[0].machine.run(found[0].captured, inputs)
        return (found[0], run) if run.holds and run.finite else None

    def _look_around(self) -> None:
        """Forget the recordings if something that the function names was replaced since."""
        if self._surroundings.changed():
            self._recordings, self.map._latest = {}, None
            self._surroundings.look()

    def _by_itself(self, args: tuple[Any, ...], inputs: list[Any]) -> Any:
        """What the function returns without compiling: of Values too where the arguments are plain numbers."""
        given = [x if isinstance(x, Value) else Value(x) for x in inputs]
        return self.function(*with_inputs(args, iter(given)))

    def _recorded(self, inputs: list[Any], args: tuple[Any, ...]) -> Recording:
        leaves_of_inputs = [Value(getattr(x, "_data", x)) for x in inputs]
        wants = [isinstance(x, Value) and x.op != "constant" for x in inputs]
        arguments = with_inputs(args, iter(leaves_of_inputs))
        recorded, result = record(self.function, self.name, arguments, leaves_of_inputs)
        counts = {"recorded": sum(bool(own) for own in recorded.operands)}
        found = folded(recorded)
        counts["folding constants and common subexpressions"] = found.count()
        for name, simplify in PASSES.items():
            found = simplify(found)
            counts[name] = found.count()
        program = laid_out(found, wants)
        counts["instructions"] = len(program.instructions)
        program.counts.update(counts)
        result = rebuilt(result, [Value(0.0) if isinstance(x, Value) else x for x in leaves(result)])
        captured = tuple(found.captured.values())
        self._latest = Recording(program, Machine(program), captured, arguments, result, counts)
        return self._latest


class MappedFunction:
    """A compiled function over rows: every argument has one more leading axis, a list or NumPy array of rows.

    All rows are computed side by side, in lanes, and Values from outside are shared by all. Numbers in the rows vary,
    the whole ones too. Where rows take different paths each is computed by itself.
    """

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._latest: tuple[Recording, Any] | None = None  # and its machine
        self._kinds: list[Any] = []  # of the rows for which it was

    def __call__(self, *columns: Any, reduction: str = "mean") -> Any:
        """The mean of the results over all rows; their "sum"; or all of them, "none", as a list."""
        n = number_of_rows(columns, reduction)
        alone = reduction == "none" or within_another()
        found = None if alone else self._in_lanes("run_rows", columns, reduction)
        if found is None or found[1].has_values or found[0].has_floats:
            results = [self._compiled(*row_at(columns, i)) for i in range(n)]
            return results if reduction == "none" else reduced(results, reduction)
        (its, rows), compiled = found, self._compiled
        ways = [WayBackOfRows(compiled, its, rows, k, columns, reduction) for k in range(len(its.program.outputs))]
        return its.put_together([_node(x, its.captured, compiled.name, way) for x, way in zip(rows.outputs(), ways)])

    def value_and_grad(self, *columns: Any, reduction: str = "mean") -> float:
        """The mean or sum, and at once its backward(); see Compiled.value_and_grad."""
        if within_another():
            watchers[-1].read("backward")
        number_of_rows(columns, reduction)
        found = self._in_lanes("value_and_grad_rows", columns, reduction) if reduction != "none" else None
        if found is not None:
            return one_of(self._compiled, found[1])
        result = self(*columns, reduction=reduction)
        result.backward()
        return result.data

    def update(self, optimizer: Any, *columns: Any, reduction: str = "mean") -> float:
        """A whole step of training on the rows; see Compiled.update."""
        optimizer.zero_grad()
        loss = self.value_and_grad(*columns, reduction=reduction)
        optimizer.step()
        return loss

    def _in_lanes(self, how: str, columns: Sequence[Any], reduction: str) -> tuple[Recording, Any] | None:
        """What a method of the machine answers for all rows; None where there are no lanes, where rows take different
        paths, or where something is not finite."""
        self._compiled._look_around()
        kinds = [type(column) if is_array(column) else type(column[0]) for column in columns]
        if self._latest is not None and kinds == self._kinds:  # mostly the rows are as they were
            its, machine = self._latest
            answer = in_lanes(machine, how, its, columns, reduction)
            if not isinstance(answer, Misses):
                return its, answer
        first = row_at(columns, 0)
        key, inputs = taken_apart(first)
        found = self._compiled._recordings.setdefault(key, [])
        if not found and self._compiled._run(key, inputs, first) is None:
            return None
        for its in found:
            machine = its.machine_of_rows(first) if its.at_once else None
            if machine is None:
                return None
            answer = in_lanes(machine, how, its, columns, reduction)
            if not isinstance(answer, Misses):
                self._latest, self._kinds = (its, machine), kinds
                return its, answer
            if not answer.guards:
                return None
        return None


def in_lanes(machine: Any, how: str, its: Recording, columns: Sequence[Any], reduction: str) -> Any:
    """What a method of the machine answers; Misses without any for rows of another structure."""
    try:
        return getattr(machine, how)(its.captured, columns, reduction)
    except (TypeError, ValueError):
        return Misses([], [])


@dataclass
class WayBack:
    """The local gradient of one output of a run."""

    compiled: Compiled
    recording: Recording
    run: Any
    output: int
    args: tuple[Any, ...]
    inputs: list[Any]

    def __call__(self, gradient: Any) -> Sequence[Any]:
        """One contribution for each Value from outside and each Value among the arguments.

        A gradient that is a Value wants derivatives of derivatives, which the function itself knows.
        """
        if isinstance(gradient, Value):
            return self.by_the_function(gradient)
        found = self.run.backward(self.seeds(gradient))
        if found is None:
            return [x.data for x in self.by_the_function(Value(gradient))]
        of_captured, of_inputs = found
        return of_captured + [g for x, g in zip(self.inputs, of_inputs) if isinstance(x, Value)]

    def seeds(self, gradient: float) -> list[float]:
        """The gradient of this output, and 0 for the others."""
        return [gradient if k == self.output else 0.0 for k in range(len(self.recording.program.outputs))]

    def by_the_function(self, gradient: Value) -> list[Any]:
        """The same as Values, from the graph of the function itself."""
        again, seeds = self.recording.machine.run(self.recording.captured, taken_apart(self.args)[1]), self.seeds(1.0)
        if again.outputs() != self.run.outputs() or again.backward(seeds) != self.run.backward(seeds):
            raise RuntimeError(SET_SINCE.format(self.compiled.name))
        with recording():
            result = self.compiled._by_itself(self.args, self.inputs)
        parents = [*self.recording.captured, *(x for x in self.inputs if isinstance(x, Value))]
        root = [x for x in leaves(result) if isinstance(x, Value)][self.output]
        return [gradient * g for g in gradients(root, parents, create_graph=True)]


@dataclass
class WayBackOfRows:
    """The local gradient of the mean or sum over rows of one output."""

    compiled: Compiled
    recording: Recording
    rows: Any
    output: int
    columns: Sequence[Any]
    reduction: str

    def __call__(self, gradient: Any) -> Sequence[Any]:
        """One contribution for each Value from outside."""
        if isinstance(gradient, Value):
            return self.by_the_function(gradient)
        seeds = [0.0] * len(self.recording.program.outputs)
        seeds[self.output] = gradient
        found = self.rows.backward(seeds)
        if found is None:
            return [x.data for x in self.by_the_function(Value(gradient))]
        return found[0]

    def by_the_function(self, gradient: Value) -> list[Any]:
        """The same as Values, from the graph of the function itself."""
        its, seeds = self.recording, [float(k == self.output) for k in range(len(self.recording.program.outputs))]
        again = in_lanes(its._machine_of_rows, "run_rows", its, self.columns, self.reduction)
        if (
            isinstance(again, Misses)
            or again.outputs() != self.rows.outputs()
            or again.backward(seeds) != self.rows.backward(seeds)
        ):
            raise RuntimeError(SET_SINCE.format(self.compiled.name))
        n = number_of_rows(self.columns, self.reduction)
        with recording():
            rows = [row_at(self.columns, i) for i in range(n)]
            results = [self.compiled._by_itself(row, taken_apart(row)[1]) for row in rows]
            root = reduced(
                [[x for x in leaves(y) if isinstance(x, Value)][self.output] for y in results], self.reduction
            )
        return [gradient * g for g in gradients(root, self.recording.captured, create_graph=True)]


def reduced(results: list[Any], reduction: str) -> Any:
    """The mean or the sum of results, container by container."""
    function = functions.mean if reduction == "mean" else functions.sum
    places = paths(results[0], "")
    for i, result in enumerate(results):
        if paths(result, "") != places:
            raise ValueError(
                f"the results of rows 0 and {i} are containers of different shapes, which have no {reduction}: "
                'take them all with reduction="none"'
            )
    return rebuilt(
        results[0],
        [
            function(column) if any(type(x) is float or isinstance(x, Value) for x in column) else column[0]
            for column in zip(*[leaves(result) for result in results])
        ],
    )


def one_of(compiled: Compiled, outputs: Sequence[float]) -> float:
    """The only output."""
    if len(outputs) != 1:
        raise TypeError(f"{compiled.name} returns {len(outputs)} Values; value_and_grad needs one")
    return outputs[0]


def add_gradients(recording: Recording, inputs: list[Any], contributions: tuple[list[float], list[float]]) -> None:
    """Add contributions to the grads of captured Values and of Values among the inputs, and go on from those."""
    wanting = [
        (x, g)
        for values, found in zip((recording.captured, inputs), contributions)
        for x, g in zip(values, found)
        if isinstance(x, Value) and x.op != "constant"
    ]
    computed = [x * g for x, g in wanting if x.parents]
    if computed:
        functions.sum(computed).backward()
    for x, g in wanting:
        if not x.parents:
            x.grad += g


# Arguments: what in them varies from call to call, and what is part of the recording


def taken_apart(args: Any) -> tuple[Any, list[Any]]:
    """The shape of arguments, and the numbers in them, floats and Values.

    Arguments of the same shape run the same program. Everything that is not a float, a Value, or a number in an array
    is part of the shape.
    """
    inputs: list[Any] = []
    return shape_of(args, inputs), inputs


def shape_of(tree: Any, inputs: list[Any]) -> Any:
    """The shape of a container; appends its numbers."""
    kind = type(tree)
    if kind is float:
        inputs.append(tree)
        return float
    if isinstance(tree, (list, tuple)):
        kinds = set(map(type, tree))
        if kinds <= {float}:
            inputs.extend(tree)
            return kind, len(tree)
        if kinds == {Value} and "constant" not in [x.op for x in tree]:
            inputs.extend(tree)
            return kind, len(tree), Value
        return kind, *[shape_of(child, inputs) for child in tree]
    if isinstance(tree, Value):
        inputs.append(tree)
        return "constant" if tree.op == "constant" else Value
    if isinstance(tree, dict):
        return kind, *[(key, shape_of(child, inputs)) for key, child in tree.items()]
    if is_array(tree):
        numbers = tree.ravel().tolist()
        if tree.dtype.kind in "fiu":
            inputs.extend(map(float, numbers))
            return kind, tree.shape
        return kind, tree.shape, *[shape_of(child, inputs) for child in numbers]
    if isinstance(tree, float) or (
        kind.__module__ == "numpy" and getattr(tree, "dtype", None) is not None and tree.dtype.kind == "f"
    ):
        inputs.append(float(tree))
        return float
    try:
        hash(tree)
    except TypeError:
        raise TypeError(f"an argument of a compiled function can be told from others, got {tree!r}") from None
    return "same", kind, tree


if engine_name == "native":
    shape_of = hand_over(shape_of)


def with_inputs(tree: Any, rest: Iterator[Value]) -> Any:
    """The arguments with other Values in the places of the numbers."""
    found: list[Any] = leaves(tree)
    arrays = is_array(tree)
    if isinstance(tree, (list, tuple)):
        children = [with_inputs(child, rest) for child in tree]
        return type(tree)(*children) if hasattr(tree, "_fields") else type(tree)(children)
    if isinstance(tree, dict):
        return dict_like(tree, {key: with_inputs(child, rest) for key, child in tree.items()})
    if arrays:
        return rebuilt(tree, [next(rest) if _varies(x) or tree.dtype.kind in "iu" else x for x in found])
    return next(rest) if _varies(tree) else tree


def _varies(x: Any) -> bool:
    return isinstance(x, (float, Value)) or getattr(getattr(x, "dtype", None), "kind", "") == "f"


def number_of_rows(columns: Sequence[Any], reduction: str) -> int:
    """How many rows there are. ValueError if there are none, or not as many in each column."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction is 'mean', 'sum' or 'none', got {reduction!r}")
    if not columns:
        raise TypeError("map takes the rows of each argument of the function, got no arguments")
    for column in columns:
        if not (isinstance(column, (list, tuple)) or is_array(column)):
            raise TypeError(f"map takes for each argument a list or array of rows, got {column!r}")
    lengths = [len(column) for column in columns]
    if len(set(lengths)) != 1:
        raise ValueError(f"map takes columns of the same number of rows, got {lengths}")
    if lengths[0] == 0:
        raise ValueError("map takes at least one row, got none")
    return lengths[0]


def row_at(columns: Sequence[Any], i: int) -> tuple[Any, ...]:
    """The arguments of one row, with floats for whole numbers."""
    return tuple([as_floats(column[i]) for column in columns])


def as_floats(tree: Any) -> Any:
    """The container with floats for the whole numbers in it: what varies from row to row is no part of a recording."""
    if is_array(tree):
        return tree if tree.dtype.kind != "i" and tree.dtype.kind != "u" else tree.astype(float)
    found = leaves(tree)
    return rebuilt(tree, [float(x) if isinstance(x, int) and not isinstance(x, bool) else x for x in found])
