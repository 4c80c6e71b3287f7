"""compile: a function of numbers, recorded once and run many times at the speed of the machine."""

import dis
import gc
import math
import re
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache, update_wrapper
from types import CodeType, MethodType
from typing import Any, cast

from autograd import functions
from autograd.compiling.exports.arrays import ArrayFunction, jax_library, torch_library
from autograd.compiling.exports.c import to_c
from autograd.compiling.exports.javascript import to_js
from autograd.compiling.invariants import CHECKED, check_operations, check_program
from autograd.compiling.machine import Machine, Misses
from autograd.compiling.passes import PASSES, folded
from autograd.compiling.program import Program
from autograd.compiling.replay import Recording, WayBack, WayBackOfRows, in_lanes
from autograd.compiling.shapes import in_order, named_paths, number_of_rows, reduced, row_at, taken_apart, with_inputs
from autograd.compiling.slots import laid_out
from autograd.compiling.surroundings import MODELS, Surroundings, is_installed, names_in
from autograd.compiling.tracing import Call, CannotCompile, Watcher, call_recorded, record
from autograd.recording import is_paused, recording, tell, tracer
from autograd.transforms.containers import is_array, is_container, leaves, mapped, rebuilt
from autograd.value import Value, new_node

MOST_SHAPES = 100  # recordings, of arguments of different shapes, that pass without a warning
MOST_RECORDINGS = 64  # of one shape of arguments; after that the function itself is called
WITH_GRADIENTS = object()  # in the key of recordings that have derivatives with respect to plain numbers
MOST_CHANGES = 64  # of what it depends on; after that too


def compile(function: Callable[..., Any]) -> "Compiled":
    """The function, recorded at the first call and run natively from then on. Also a decorator.

    function: a function of numbers, Values, and lists, tuples, dicts and NumPy arrays of them. It computes with
        operators and the functions of `autograd`, and returns a Value or a container of Values. Values that it uses
        from outside, for example parameters, are read at every call. Whole numbers, strings, None and other objects
        among the arguments are part of the recording: for other ones it is recorded again.

    Returns a Compiled, which you call like the function. Its result is a Value. backward() gives the same gradients as
    without compile, to the Values among the arguments and to those from outside.

    A comparison in the function decides which operations come next. It is made again at every call. If it comes out
    differently, the function is recorded again. So it is when something changes that the function read while it was
    recorded. What cannot be followed is refused: CannotCompile, with the line, if the function reads the data of a
    Value, draws random numbers, or does something else that cannot be done again. TypeError for something that is not a
    function.

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
    """Whether this is called by another function, which is being recorded."""
    return tracer() is not None


class without_collecting:
    """Within it no garbage is looked for: none is made, and to look at millions of new tuples again and again takes
    longer than to make them. (Should a Ctrl-C come before __exit__, it ends with this object.)"""

    enabled = False

    def __enter__(self) -> None:
        self.enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *error: object) -> None:
        self.__del__()

    def __del__(self) -> None:
        if self.enabled:
            gc.enable()
            self.enabled = False


class Compiled:
    """A function that was compiled. compile() returns it.

    function: the function itself.
    map: the same function over rows of examples: map(xs, ys), map.value_and_grad(xs, ys), map.update(optimizer, xs,
        ys).

    >>> square = compile(lambda x: x * x)
    >>> square(3.0).data, square.map([1.0, 3.0]).data
    (9.0, 5.0)
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        update_wrapper(self, function)
        self.function = function
        self.name = self._attribute = getattr(function, "__name__", repr(function))
        self.map = MappedFunction(self)
        self._recordings: dict[Any, list[Recording]] = {}
        self._latest: Recording | None = None
        self._guard_misses = 0
        self._surroundings = Surroundings()
        self._changes = 0

    def __reduce__(self) -> Any:
        return Compiled, (self.function,)  # a copy records anew

    def __repr__(self) -> str:
        n = self._how_many()
        return f"<{self.name}, compiled; {n} recording{'s' * (n != 1)} so far, the latest is .program>"

    def __set_name__(self, owner: type, name: str) -> None:
        self._attribute = name

    def __get__(self, instance: Any, owner: type | None = None) -> "Compiled":
        """A method of an instance, compiled for it alone; it keeps it as an attribute."""
        if instance is None:
            return self
        if not hasattr(instance, "__dict__"):
            raise TypeError(f"{self.name} is compiled for each instance, and a {type(instance).__name__} has __slots__")
        bound = Compiled(MethodType(self.function, instance))
        return cast(Compiled, vars(instance).setdefault(self._attribute, bound))

    def __call__(self, *args: Any, **named: Any) -> Any:
        """What the function returns, as Values that know how to go back."""
        if within_another():
            return self.function(*args, **named)
        if named:
            args = in_order(self.function, args, named)
        self._look_around()
        key, inputs = taken_apart(args)
        found = self._run(key, inputs, args)
        if found is None:
            return self._by_itself(args, inputs)
        its, run = found
        parents = its.captured + tuple([x for x in inputs if isinstance(x, Value)])
        if not parents:
            return its.put_together([Value(x) for x in run.outputs()])
        ways = [WayBack(self, its, run, k, args, inputs) for k in range(len(its.program.outputs))]
        return its.put_together([new_node(x, parents, self.name, way) for x, way in zip(run.outputs(), ways)])

    def value_and_grad(self, *args: Any, **named: Any) -> float:
        """The result, one number, and at once its backward(): the gradients are added to the grad of all parameters.

        It does what `result = step(*args); result.backward()` does, without making a graph; returns result.data.
        """
        if within_another():
            tell("read", "backward")
        if named:
            args = in_order(self.function, args, named)
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

    def __value_and_gradients__(self, args: tuple[Any, ...]) -> tuple[float, list[float]] | None:
        """The result and its derivatives with respect to all floats among the arguments, for autograd.value_and_grad.

        None where these are not all that there is: for other arguments, and for Values that the function uses.
        """
        if within_another() or not all(type(x) is float or only_floats(x) for x in args):
            return None
        self._look_around()
        key, inputs = taken_apart(args)
        found = self._run((WITH_GRADIENTS, key), inputs, args)
        if found is None:
            return None
        its, run = found
        if its.captured or not isinstance(its.result, Value):
            return None
        contributions = run.backward([1.0])
        return None if contributions is None else (run.outputs()[0], contributions[1])

    def __compile_alike__(self, derivative: Callable[..., Any], known: bool) -> Callable[..., Any]:
        """A derivative of this function, compiled too where it is called with floats.

        known: whether __value_and_gradients__ knows it already.
        """
        found = derivative if known else update_wrapper(_of_floats(derivative), derivative)
        found.__compile_alike__ = self.__compile_alike__  # type: ignore[attr-defined]
        return found

    def update(self, optimizer: Any, *args: Any, **named: Any) -> float:
        """A whole step of training: zero_grad(), value_and_grad(*args), step() of the optimiser; returns the loss."""
        check_optimizer(optimizer)
        optimizer.zero_grad()
        loss = self.value_and_grad(*args, **named)
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
            "recordings": self._how_many(),
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
        return to_c(self._chosen(example), name or self._plain_name)

    def to_js(self, *example: Any, name: str = "") -> str:
        """The same function, and its gradient, as a module of JavaScript that needs nothing else; it says how.

        name: what the module is called, in its first line and in its example.

        >>> w = Value(3.0)
        >>> step = compile(lambda x: functions.tanh(w * x))
        >>> print(*[row for row in step.to_js(2.0, name="f").splitlines() if "g[2]" in row])
            g[2] += g[3] * tanh_by_x(s[3], s[2]);     g[0] += g[2] * s[1];     g[1] += g[2] * s[0];
        """
        return to_js(self._chosen(example), name or self._plain_name)

    @property
    def _plain_name(self) -> str:
        """The name of the function as other languages take it."""
        return re.sub(r"\W", "", self.name, flags=re.ASCII) or "function"

    @property
    def is_recorded(self) -> bool:
        """Whether there is a program to be seen."""
        return self._latest is not None

    def graph_of_recording(self) -> Value:
        """The graph of the function for the arguments that it was recorded with last; draw(step) shows it."""
        arguments = self._chosen(()).arguments
        for path, x in zip(named_paths(self.function, arguments), leaves(arguments)):
            if isinstance(x, Value):
                x.label = path
        with recording():
            result = self.function(*arguments)
        roots = [x for x in leaves(result) if isinstance(x, Value)]
        if len(roots) == 1 and roots[0].parents:
            roots[0].label = roots[0].label or self.name
        return roots[0] if len(roots) == 1 else Value(0.0, roots, "results", lambda gradient: [gradient] * len(roots))

    def _how_many(self) -> int:
        """Recordings there are."""
        return sum(len(several[:MOST_RECORDINGS]) for several in self._recordings.values())

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
        if self._changes >= MOST_CHANGES:
            return None
        found = self._recordings.setdefault(key, [])
        for i, each in enumerate(found):
            if not each.fits():
                continue
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
        if self._how_many() == MOST_SHAPES and len(self._recordings) > MOST_SHAPES // 2:
            warnings.warn(
                f"{self.name} was recorded {MOST_SHAPES} times, mostly for arguments that differ in more than their "
                "floats: a whole number is part of what is recorded; give a float, 2.0, for one that is to vary",
                stacklevel=3,
            )
        with without_collecting():
            recording = self._recorded(inputs, args, key[:1] == (WITH_GRADIENTS,))
        found = self._recordings.setdefault(key, [])  # the function may have changed what others depend on
        found.insert(0, recording)
        run = found[0].machine.run(found[0].captured, inputs)
        return (found[0], run) if run.holds and run.finite else None

    def _look_around(self) -> None:
        """Forget the recordings if something that the function depends on has changed since."""
        change = self._surroundings.change()
        if change is not None:
            self._forget()
            self._changes += 1
            if self._changes == MOST_CHANGES:
                what = (
                    f"the {type(change.subject).__name__} in which {change.key!r} is" if change.key else "a container"
                )
                warnings.warn(
                    f"{self.name} was recorded {MOST_CHANGES} times, for what it depends on keeps changing, {what} for "
                    "example; from now on it is called as it is, without compiling. Pass what varies as an argument",
                    stacklevel=3,
                )

    def _forget(self) -> None:
        """Forget all recordings, and what they depend on."""
        self._recordings, self.map._latest, self._surroundings = {}, None, Surroundings()

    def _by_itself(self, args: tuple[Any, ...], inputs: list[Any]) -> Any:
        """What the function returns without compiling: of Values too where the arguments are plain numbers."""
        given = [x if isinstance(x, Value) else Value(x) for x in inputs]
        return self.function(*with_inputs(args, iter(given)))

    def _recorded(self, inputs: list[Any], args: tuple[Any, ...], all_active: bool) -> Recording:
        """all_active: whether derivatives with respect to plain numbers are wanted too."""

        def arguments() -> tuple[Any, list[Value]]:
            new = [Value(getattr(x, "_data", x)) for x in inputs]
            return with_inputs(args, iter(new)), new

        plain = [not isinstance(x, Value) for x in inputs]
        wants = [all_active or (isinstance(x, Value) and x.op != "constant") for x in inputs]
        try:
            call = record(self.function, self.name, arguments, plain)
        except (TypeError, AttributeError) as error:
            self._explain(error, args, plain)
            raise
        recorded, result = call.recorded, call.result
        self._compare_with_plain_numbers(call, args, plain)
        counts = {"recorded": sum(map(bool, recorded.operands))}
        found = folded(recorded)
        counts["folding constants and common subexpressions"] = found.count()
        for name, simplify in PASSES.items():
            found = simplify(found)
            if CHECKED:
                check_operations(found, name)
            counts[name] = found.count()
        program = laid_out(found, wants)
        if CHECKED:
            check_program(program)
        counts["instructions"] = len(program.instructions)
        program.counts.update(counts)
        result = rebuilt(result, [Value(0.0) if isinstance(x, Value) else x for x in leaves(result)])
        captured = tuple(found.captured.values())
        machine = Machine(program)
        self._latest = Recording(program, machine, captured, call.arguments, result, counts, recorded.settings)
        if self._surroundings.change() is not None:
            self._forget()
        self._surroundings.take(self.function, call.seen, recorded.settings)
        return self._latest

    def _explain(self, error: Exception, args: tuple[Any, ...], plain: list[bool]) -> None:
        """CannotCompile for an error that the function does not raise for plain numbers."""
        if not any(plain):
            return
        try:
            self.function(*args)
        except Exception:
            return
        trace = error.__traceback__
        while (
            trace is not None
            and trace.tb_next is not None
            and not is_installed(trace.tb_next.tb_frame.f_code.co_filename)
        ):
            trace = trace.tb_next
        line = f"\n  in {trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno}" if trace is not None else ""
        raise CannotCompile(
            f"{self.name} cannot be compiled: it takes plain numbers, but not the Values that stand for them while it "
            f"is recorded: {error}. For what selects or counts pass a whole number, which is part of the recording, "
            f"and write autograd.exp and its like for those of math{line}"
        ) from error

    def _compare_with_plain_numbers(self, call: Call, args: tuple[Any, ...], plain: list[bool]) -> None:
        """CannotCompile for a function that tells Values from plain numbers, and computes something else with these."""
        if not any(plain) or not any(map(tells_types_apart, call.seen.ran)):
            return
        for nudge in (0.0, 0.375, -1.25):  # other numbers too, for at some both may be the same
            moved = [x * (1 + nudge / 8) + nudge for x in taken_apart(args)[1]]
            try:
                alone = self.function(*with_inputs(args, iter(moved)))
                values = [Value(getattr(x, "_data", x)) for x in moved]
                arguments = with_inputs(args, iter(values))
                recorded, _ = call_recorded(self.function, arguments, values, plain, Watcher(self.name))
            except Exception:  # for Values only, or not defined there
                continue
            alone, recorded = ([getattr(x, "_data", x) for x in leaves(result)] for result in (alone, recorded))
            if len(alone) != len(recorded) or not all(map(nearly, alone, recorded)):
                raise CannotCompile(
                    f"{self.name} cannot be compiled: with plain numbers it computes {shown(alone)}, and "
                    f"{shown(recorded)} with the Values that stand for them while it is recorded. Does it ask for "
                    "their types, with isinstance or type, or with 'is' which objects they are? Pass a bool or a text "
                    "that says what is meant"
                )


class MappedFunction:
    """A compiled function over rows: every argument has one more leading axis, a list or NumPy array of rows.

    All rows are computed side by side, in lanes, and Values from outside are shared by all. Numbers in the rows vary,
    the whole ones too. Where rows take different paths each is computed by itself.
    """

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._latest: tuple[Recording, Any] | None = None  # and its machine
        self._kinds: list[Any] = []  # of the rows for which it was

    def __repr__(self) -> str:
        return f"<{self._compiled.name}, compiled, over rows>"

    def __call__(self, *columns: Any, reduction: str = "mean") -> Any:
        """The mean of the results over all rows; their "sum"; or all of them, "none", as a list.

        All of them are computed side by side within no_grad(), and else one by one, each with its own way back.
        """
        n = number_of_rows(columns, reduction)
        one_by_one = reduction == "none" and not is_paused()  # each with a way back of its own
        found = None if one_by_one or within_another() else self._in_lanes("run_rows", columns, reduction)
        if found is not None and reduction == "none":
            its, rows = found
            return [its.put_together([Value(x) for x in outputs]) for outputs in rows.outputs()]
        if found is None and not one_by_one and not within_another():
            result = self._in_groups(columns, reduction, n)
            if result is not None:
                return result
        if found is None or found[1].has_values or found[0].has_floats:
            results = [self._compiled(*row_at(columns, i)) for i in range(n)]
            return results if reduction == "none" else reduced(results, reduction)
        (its, rows), compiled = found, self._compiled
        ways = [WayBackOfRows(compiled, its, rows, k, columns, reduction) for k in range(len(its.program.outputs))]
        return its.put_together([new_node(x, its.captured, compiled.name, way) for x, way in zip(rows.outputs(), ways)])

    def _in_groups(self, columns: Sequence[Any], reduction: str, n: int) -> Any:
        """The same where rows take different paths; None where that cannot be done."""
        groups = self._groups(columns)
        if groups is None:
            return None
        compiled, parts = self._compiled, []
        everything: list[Any] = [None] * n
        for its, machine, own, chosen in groups:
            rows = in_lanes(machine, "run_rows", its, chosen, "none" if reduction == "none" else "sum")
            if isinstance(rows, Misses) or rows.has_values or its.has_floats:
                return None
            if reduction == "none":
                for row, outputs in zip(own, rows.outputs()):
                    everything[row] = its.put_together([Value(x) for x in outputs])
                continue
            ways = [WayBackOfRows(compiled, its, rows, k, chosen, "sum") for k in range(len(its.program.outputs))]
            nodes = [new_node(x, its.captured, compiled.name, way) for x, way in zip(rows.outputs(), ways)]
            parts.append(its.put_together(nodes))
        if reduction == "none":
            return everything
        total = reduced(parts, "sum")
        return mapped(lambda x: x / n, total) if reduction == "mean" else total

    def value_and_grad(self, *columns: Any, reduction: str = "mean") -> float:
        """The mean or sum, and at once its backward(); see Compiled.value_and_grad."""
        if within_another():
            tell("read", "backward")
        number_of_rows(columns, reduction)
        found = self._in_lanes("value_and_grad_rows", columns, reduction) if reduction != "none" else None
        if found is not None:
            return one_of(self._compiled, found[1])
        result = self(*columns, reduction=reduction)
        result.backward()
        return result.data

    def update(self, optimizer: Any, *columns: Any, reduction: str = "mean") -> float:
        """A whole step of training on the rows; see Compiled.update."""
        check_optimizer(optimizer)
        optimizer.zero_grad()
        loss = self.value_and_grad(*columns, reduction=reduction)
        optimizer.step()
        return loss

    def _in_lanes(self, how: str, columns: Sequence[Any], reduction: str) -> tuple[Recording, Any] | None:
        """What a method of the machine answers for all rows; None where there are no lanes, where rows take different
        paths, or where something is not finite."""
        self._compiled._look_around()
        kinds = [type(column) if is_array(column) else type(column[0]) for column in columns]
        if self._latest is not None and kinds == self._kinds and self._latest[0].fits():  # mostly they are as before
            its, machine = self._latest
            answer = in_lanes(machine, how, its, columns, reduction)
            if not isinstance(answer, Misses):
                return its, answer
        first = row_at(columns, 0)
        key, inputs = taken_apart(first)
        found = self._compiled._recordings.setdefault(key, [])
        if not any(its.fits() for its in found) and self._compiled._run(key, inputs, first) is None:
            return None
        for its in filter(Recording.fits, found):
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

    def _groups(self, columns: Sequence[Any]) -> list[tuple[Recording, Any, list[int], Sequence[Any]]] | None:
        """Rows that take the same path together: their recording, its machine, which rows they are, and these rows.

        None where there are no lanes, where something is not finite, or where there are too many paths.
        """
        compiled, rest = self._compiled, list(range(len(columns[0])))
        groups: list[tuple[Recording, Any, list[int], Sequence[Any]]] = []
        while rest:
            first = row_at(columns, rest[0])
            key, inputs = taken_apart(first)
            if compiled._run(key, inputs, first) is None:
                return None
            its = compiled._recordings[key][0]  # the one that fits comes first
            machine = its.machine_of_rows(first) if its.at_once else None
            if machine is None or len(groups) == MOST_RECORDINGS:
                return None
            own, chosen = rest, chosen_rows(columns, rest)
            answer = in_lanes(machine, "run_rows", its, chosen, "none")
            if isinstance(answer, Misses):
                missed = set(answer.guards)
                if not missed or len(missed) == len(rest) or answer.not_finite:
                    return None
                own = [row for k, row in enumerate(rest) if k not in missed]
                chosen = chosen_rows(columns, own)
            groups.append((its, machine, own, chosen))
            taken = set(own)
            rest = [row for row in rest if row not in taken]
        return groups


def chosen_rows(columns: Sequence[Any], rows: list[int]) -> Sequence[Any]:
    """These rows of the arguments."""
    return [column[rows] if is_array(column) else [column[i] for i in rows] for column in columns]


ASK_FOR_TYPES = {"isinstance", "issubclass", "type", "id", "callable", "hasattr", "getattr"}


def tells_types_apart(ran: tuple[CodeType, int]) -> bool:
    """Whether code of the user may ask what type an object has, or which one it is."""
    code, _ = ran
    names = names_in(code)
    return not code.co_filename.startswith(MODELS) and (
        bool(names.globals & ASK_FOR_TYPES or "__class__" in names.attributes) or asks_which(code)
    )


@lru_cache(maxsize=4096)
def asks_which(code: CodeType) -> bool:
    """Whether there is an `is`, or a class in a match."""
    return any(x.opname in ("IS_OP", "MATCH_CLASS") for x in dis.get_instructions(code))


def nearly(x: Any, y: Any) -> bool:
    """Whether two results are the same but for rounding."""
    if isinstance(x, (int, float)) and isinstance(y, (int, float)):
        return math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-9) or (x != x and y != y)
    return type(x) is type(y) and bool(x == y)


def shown(results: list[Any]) -> str:
    """Some results in a sentence."""
    return ", ".join(map(repr, results[:3])) + (", …" if len(results) > 3 else "")


def check_optimizer(optimizer: Any) -> None:
    """TypeError for what is no optimiser."""
    if not (hasattr(optimizer, "zero_grad") and hasattr(optimizer, "step")):
        raise TypeError(f"update takes an optimiser, then the arguments of the function; got {optimizer!r:.60} first")


MOST_OF_DERIVATIVES = 8  # recordings, for one whose path changes often, by the branches of its formulas


def _of_floats(derivative: Callable[..., Any]) -> Callable[..., Any]:
    """A function of floats, Values or others that is compiled for floats; floats come out for these."""
    compiled: list[Compiled] = []

    def found(*args: Any, **named: Any) -> Any:
        if named or within_another() or not args or not all(type(x) is float or only_floats(x) for x in args):
            return derivative(*args, **named)
        if not compiled:
            compiled.append(Compiled(derivative))
        if compiled[0]._how_many() > MOST_OF_DERIVATIVES:
            return derivative(*args)
        try:
            result = compiled[0](*args)
        except CannotCompile:
            return derivative(*args)
        if any(isinstance(x, Value) and x.parents for x in leaves(result)):  # of Values from outside, or not finite
            return derivative(*args)
        return mapped(lambda x: x._data, result)

    return found


def only_floats(x: Any) -> bool:
    """Whether there is nothing but floats in a container."""
    return is_container(x) and set(map(type, leaves(x))) <= {float}


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
