"""compile: a function of numbers, recorded once and run many times at the speed of the machine."""

import gc
import re
import warnings
from collections.abc import Callable, Sequence
from functools import update_wrapper
from time import perf_counter
from types import MethodType
from typing import Any, cast

from autograd import functions
from autograd.compiling.calls import Caller
from autograd.compiling.exports.arrays import ArrayFunction, jax_library, torch_library
from autograd.compiling.exports.c import to_c
from autograd.compiling.exports.javascript import to_js
from autograd.compiling.exports.torch_modules import TorchFunction
from autograd.compiling.invariants import CHECKED, check_operations, check_program
from autograd.compiling.machine import Machine
from autograd.compiling.mapping import MappedFunction, check_optimizer, one_of, within_another
from autograd.compiling.outside import Listener, may_ask
from autograd.compiling.passes import PASSES, folded
from autograd.compiling.plain_numbers import (
    asks_which,
    attributes_of_arguments,
    compare,
    explain,
    refuse_own_attributes,
)
from autograd.compiling.program import Program, Tape
from autograd.compiling.replay import Recording, WayBack
from autograd.compiling.shapes import in_order, named_paths, objects_in, same_objects, taken_apart, with_inputs
from autograd.compiling.slots import laid_out
from autograd.compiling.surroundings import Surroundings
from autograd.compiling.tracing import HINTS, CannotCompile, PlainNumbers, Watcher, call_recorded, looked_at, record
from autograd.recording import is_paused, recording, tell, tracer, within
from autograd.transforms.containers import in_turn, is_container, leaves, mapped, rebuilt
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
    differently, the function is recorded again. The same happens if something changes that the function read while it
    was recorded. CannotCompile, with the line, if the function reads the data of a Value, draws random numbers, or does
    something else that a recording cannot repeat. TypeError for something that is not a function.

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


class without_collecting:
    """Within it Python does not collect garbage: a recording makes none, and to look at millions of new tuples again
    and again takes longer than to make them. (If Ctrl-C comes before __exit__, the end of this object ends it.)"""

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


class Compiled(Caller):
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
        self._surroundings = Surroundings()
        self._changes = 0
        self._derivatives: dict[Any, Callable[..., Any]] = {}
        self._asks_which = False  # whether it asks with `is` which objects its arguments are
        self._asked = set[str]()  # the attributes that it may ask its arguments for, which have none yet
        self._asks_as_numbers = False  # whether it compares plain numbers with ==, or asks for their hash

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
            raise TypeError(
                f"{self.name} is compiled for each instance, and a {type(instance).__name__} has __slots__. "
                'Add "__dict__" to them'
            )
        bound = Compiled(MethodType(self.function, instance))
        return cast(Compiled, vars(instance).setdefault(self._attribute, bound))

    def _call(self, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
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
        self._keep_all(its, key, inputs)
        parents = its.captured + tuple([x for x in inputs if isinstance(x, Value)])
        if not parents:
            return its.put_together([Value(x) for x in run.outputs()])
        ways = [WayBack(self, its, run, k, args, inputs) for k in range(len(its.program.outputs))]
        return its.put_together([new_node(x, parents, self.name, way) for x, way in zip(run.outputs(), ways)])

    def _value_and_grad(self, args: tuple[Any, ...], named: dict[str, Any]) -> float:
        """The result, one number, and at once its backward()."""
        if within_another():
            tell("read", "backward")
        if named:
            args = in_order(self.function, args, named)
        self._look_around()
        key, inputs = taken_apart(args)
        for its in self._recordings.get(key, ()) if not self._may_ask(inputs) else ():
            answer = its.value_and_grad(inputs)
            if isinstance(answer, list):
                self._keep_all(its, key, inputs)
                return answer[0]
        found = self._run(key, inputs, args)
        if found is not None:
            its, run = found
            self._keep_all(its, key, inputs)
            value = one_of(self.name, run.outputs())
            contributions = run.backward([1.0])
            if contributions is not None:
                add_gradients(its, inputs, contributions)
                return value
        result = self._by_itself(args, inputs)
        result.backward()
        return result.data

    def _may_ask(self, inputs: list[Any]) -> bool:
        """Whether it may ask one of these for an attribute: a Value, for a float has none of its user."""
        return bool(self._asked) and any(isinstance(x, Value) for x in inputs)

    def _keep_all(self, latest: Recording, key: Any, inputs: list[Any]) -> None:
        """Let the recordings for arguments of this shape be called at once too from now on, the latest one first."""
        entries = self._surroundings.entries  # first: code may run meanwhile that has the function recorded again
        if latest.form is not Value or self._asks_which or self._may_ask(inputs):
            return
        recordings = sorted(self._recordings.get(key, ()), key=lambda its: its is not latest)
        if recordings and recordings[0] is latest:
            prepared = [its.prepared(key, self.name) for its in recordings]
            self._keep(entries, [x for x in prepared if x is not None] if prepared[0] else [])

    def __value_and_gradients__(self, args: tuple[Any, ...]) -> tuple[float, list[float]] | None:
        """The result and its derivatives with respect to all floats among the arguments, for autograd.value_and_grad.

        None if there are others: for other arguments, and for Values that the function uses.
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

    @property
    def __plain__(self) -> tuple["Compiled", Callable[..., Any]]:
        """Itself, and the function itself; see plain() of operators.py."""
        return self, self.function

    def __compile_alike__(
        self, key: Any, derivative: Callable[..., Any] | None, same: Callable[[], Callable[..., Any]]
    ) -> Callable[..., Any]:
        """A derivative of this function, which is compiled too where it is called with floats again and again.

        key: what tells one derivative from another. derivative: one that asks __value_and_gradients__ for it; or None.
        same: makes the derivative of the function itself.
        """
        try:
            found = self._derivatives.get(key)
        except TypeError:  # a list of argnums has no hash
            key = found = None
        if found is None:
            itself = same()
            found = derivative or update_wrapper(_of_floats(itself), itself)
            vars(found).update(__plain__=(found, itself), __compile_alike__=self.__compile_alike__)
            if key is not None:
                self._derivatives[key] = found
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
        """The latest program; print(step.program) shows its instructions.

        >>> w = [Value(1.0), Value(2.0), Value(3.0)]
        >>> step = compile(lambda x, y: functions.relu(functions.dot(w, x) + y))
        >>> step([4.0, 5.0, 6.0], 7.0)
        Value(data=39.0, grad=0.0)
        >>> print(step.program)
        captured    %0..%2 (3)
        inputs      %3..%6 (4)
        <BLANKLINE>
        %7 = affine %0..%2, %3..%5, %6
        %8 = relu %7
        <BLANKLINE>
        outputs     %8
        <BLANKLINE>
        operations  3 recorded, 3 after folding constants and common subexpressions, ...
        statistics  nodes 3, instructions 2, on tapes 1, bytes 144, recordings 1, guard misses 0
        """
        program = self._chosen(()).program
        program.statistics = self.statistics
        return program

    @property
    def captured(self) -> list[Value]:
        """The Values from outside that the latest program uses, in its order."""
        return list(self._chosen(()).captured)

    @property
    def statistics(self) -> dict[str, int]:
        """The latest program's recorded operations, its instructions, how many of these are on tapes, for they do one
        operation each, and its bytes for one example; the number of recordings; and how often a comparison came out
        differently than in a recording."""
        found = self._chosen(())
        return {
            "nodes": found.counts["recorded"],
            "instructions": found.counts["instructions"],
            "on tapes": found.counts["on tapes"],
            "bytes": 16 * found.program.n_slots,  # a number and a gradient in each slot
            "recordings": self._how_many(),
            "guard misses": self._guard_misses,
        }

    def costs(self, times: int = 100) -> dict[str, float]:
        """The time of each part of a gradient of the latest program, in microseconds, measured now.

        times: how often each part is done.

        watching: whether what the function depends on has changed. reading: the numbers of the parameters and the
        arguments. forward, backward: the two sweeps over the program. crediting: adding to the grad of the parameters.
        Beside these there is Python's call of the function, and a Value for the result.

        >>> w = Value(3.0)
        >>> step = compile(lambda x: functions.tanh(w * x))
        >>> _ = step(2.0)
        >>> list(step.costs())
        ['watching', 'reading', 'forward', 'backward', 'crediting']
        """
        its = self._chosen(())
        inputs = [x for x in leaves(its.arguments) if isinstance(x, Value)]
        start = perf_counter()
        for _ in range(times):
            self._is_unchanged() or self._surroundings.change()
        watching = (perf_counter() - start) / times
        parts = {"watching": watching, **its.machine.costs(its.captured, inputs, times)}
        return {name: round(1e6 * seconds, 3) for name, seconds in parts.items()}

    def to_jax(self, *example: Any, all_paths: bool = False) -> ArrayFunction:
        """The same function for JAX, which may differentiate, batch and jit it; see ArrayFunction.

        example: arguments that choose a recording; without any it is the latest one. all_paths: whether all recordings
            for such arguments are exported together. Each row then takes the path that its comparisons choose, and all
            paths are computed for each row.
        """
        return ArrayFunction(jax_library(), self.name, self._paths(example, all_paths), self.function)

    def to_torch(self, *example: Any, all_paths: bool = False) -> TorchFunction:
        """The same function for PyTorch, on tensors, and as a torch.nn.Module; see TorchFunction, and to_jax for the
        arguments."""
        return TorchFunction(torch_library(), self.name, self._paths(example, all_paths), self.function)

    def _paths(self, example: tuple[Any, ...], all_paths: bool) -> list[Recording]:
        """The recording that a call with these arguments runs, and perhaps all others for such arguments."""
        first = self._chosen(example)
        alike = next((found for found in self._recordings.values() if any(its is first for its in found)), [])
        return [first, *[its for its in alike if its is not first and all_paths]]

    def to_c(self, *example: Any, name: str = "") -> str:
        """The same function, and its gradient, as a file of C99 that needs nothing but math.h; the file says how.

        name: the beginning of the names in it, letters and digits; if none is given, the name of the function.

        >>> w = Value(3.0)
        >>> step = compile(lambda x: functions.tanh(w * x))
        >>> print(*[row for row in step.to_c(2.0, name="f").splitlines() if "g[2]" in row])
            g[2] += g[3] * tanh_by_x(s[3], s[2]);     g[0] += g[2] * s[1];     g[1] += g[2] * s[0];
        """
        return to_c(self._chosen(example), name or self._plain_name)

    def to_js(self, *example: Any, name: str = "") -> str:
        """The same function, and its gradient, as a module of JavaScript that needs nothing else; it says how.

        name: the name of the module, in its first line and in its example.

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
                raise ValueError(
                    f"{self.name} has a result that is not finite for the example, or a second derivative with a "
                    "number on the way that is too large or too small for a float; choose another example"
                )
            return found[0]
        if self._latest is None:
            raise RuntimeError(f"{self.name} was not recorded yet: call it once, or give arguments as an example")
        return self._latest

    def _run(self, key: Any, inputs: list[Any], args: tuple[Any, ...]) -> tuple[Recording, Any] | None:
        """The recording that fits, after a run; None if the function itself is to be called."""
        if self._changes >= MOST_CHANGES:
            return None
        self._refuse_own(inputs)
        of_shape, asked_which = key, self._asks_which
        if asked_which:
            objects = objects_in(args)[1:]
            if self._surroundings.hold(objects):  # it may know its argument from elsewhere
                return None
            key = of_shape, same_objects(objects)
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
                f"{self.name} was recorded {MOST_RECORDINGS} times, because its comparisons keep changing. "
                "From now on it runs without compiling",
                stacklevel=3,
            )
            found.append(found[-1])
        if len(found) > MOST_RECORDINGS:
            return None
        if self._how_many() == MOST_SHAPES and len(self._recordings) > MOST_SHAPES // 2:
            warnings.warn(
                f"{self.name} was recorded {MOST_SHAPES} times, mostly because its arguments differ in more than their "
                "floats. A whole number is part of a recording: if it varies, pass a float, such as 2.0",
                stacklevel=3,
            )
        with without_collecting():
            recording, recordings = self._recorded(inputs, args, of_shape)
        if self._asks_which and not asked_which:
            self._keep_nothing()
            return self._run(of_shape, inputs, args)
        recordings.setdefault(key, []).insert(0, recording)
        run = recording.machine.run(recording.captured, inputs)
        return (recording, run) if run.holds and run.finite else None

    def _look_around(self) -> None:
        """Forget the recordings if something that the function depends on has changed since."""
        change = self._surroundings.change()
        if change is not None:
            self._forget()
            self._changes += 1
            if self._changes == MOST_CHANGES:
                what = f"{change.key!r} of a {type(change.subject).__name__}" if change.key else "a container"
                warnings.warn(
                    f"{self.name} was recorded {MOST_CHANGES} times, because something that it uses keeps changing: "
                    f"{what}. From now on it runs without compiling. Pass what varies as an argument",
                    stacklevel=3,
                )

    def _forget(self) -> None:
        """Forget all recordings, and what they depend on."""
        self._recordings, self.map._latest, self._surroundings = {}, None, Surroundings()
        self._keep_nothing()

    def _by_itself(self, args: tuple[Any, ...], inputs: list[Any], plain: list[bool] | None = None) -> Any:
        """What the function returns without compiling: of Values too where the arguments are plain numbers.

        plain: for each input whether it stands for a plain number. It then compares as one.
        """
        if self._asks_which and (self._surroundings.hold(objects_in(args)[1:]) or not inputs):
            result = self.function(*args)
            return rebuilt(result, [Value(x) if type(x) is float else x for x in leaves(result)])
        plain = [not isinstance(x, Value) for x in inputs] if plain is None else plain
        given = [x if isinstance(x, Value) else Value(x) for x in inputs]
        arguments = self._with_inputs(args, given)
        if not self._asks_as_numbers or not any(plain) or tracer() is not None:
            return self.function(*arguments)
        with looked_at(), within(is_paused(), PlainNumbers(self.name, given, plain)):
            return self.function(*arguments)

    def _refuse_own(self, arguments: Sequence[Any]) -> None:
        """CannotCompile if it may ask arguments, or columns of them, for what their user gave them."""
        if self._asked:
            refuse_own_attributes(self.name, leaves(arguments), self._asked)

    def _with_inputs(self, args: tuple[Any, ...], values: list[Value]) -> Any:
        """The arguments with Values in the places of numbers; the same objects are the same again, if that matters."""
        return with_inputs(args, in_turn(values), {} if self._asks_which else None)

    def _recorded(self, inputs: list[Any], args: tuple[Any, ...], key: Any) -> tuple[Recording, dict[Any, Any]]:
        """A new recording, and those that depend on the same surroundings: the function may have changed what others
        depended on, and code that runs meanwhile what this one does.

        key: the shape of the arguments, and perhaps that derivatives by plain numbers are wanted too.
        """
        all_active, shape = (True, key[1]) if key[:1] == (WITH_GRADIENTS,) else (False, key)

        def arguments(kind: type[Value] = Value) -> tuple[Any, list[Value]]:
            new = [kind(x._data) if isinstance(x, Value) else Value(x) for x in inputs]
            return self._with_inputs(args, new), new

        plain = [not isinstance(x, Value) for x in inputs]
        wants = [all_active or (isinstance(x, Value) and x.op != "constant") for x in inputs]
        try:
            call = record(self.function, self.name, arguments, plain)
        except (TypeError, AttributeError) as error:
            if isinstance(error, AttributeError):
                refuse_own_attributes(self.name, inputs, {error.name or ""})
            explain(self.function, self.name, error, args, plain)
            raise
        if not all(plain):
            self._asked |= attributes_of_arguments(self.function, self.name, call, arguments, plain)
        if self._asked:
            self._keep_nothing()
            self._refuse_own(inputs)
        recorded, result = call.recorded, call.result
        self._asks_which = self._asks_which or any(asks_which(code) for code, _ in call.seen.ran)
        self._asks_as_numbers = self._asks_as_numbers or recorded.asks_as_numbers()
        compare(self.function, self.name, call, args, plain, self._asks_which)
        if self._surroundings.change() is not None:
            self._forget()
        recordings = self._recordings
        reached = self._surroundings.take(self.function, call.seen, recorded.settings)
        if taken_apart(args)[0] != shape:  # a thread, or code that runs with the garbage collector
            raise RuntimeError(
                f"the arguments of {self.name} changed while it was recorded: give it a copy that nothing else changes"
            )
        if may_ask(reached, {known.get("__name__", "") for known in call.seen.installed.values()}):
            self._listen(reached, arguments, plain)
        counts = {"recorded": sum(map(bool, recorded.operands))}
        found = folded(recorded)
        counts["folding constants and common subexpressions"] = found.count()
        for name, simplify in PASSES.items():
            found = simplify(found)
            if CHECKED:
                check_operations(found, name)
            counts[name] = found.count()
        program = laid_out(found, wants)
        program.order = recorded.order
        if CHECKED:
            check_program(program)
        counts["on tapes"] = sum(len(x.codes) for x in program.instructions if isinstance(x, Tape))
        counts["instructions"] = counts["on tapes"] + sum(not isinstance(x, Tape) for x in program.instructions)
        program.counts.update(counts)
        result = rebuilt(result, [Value(0.0) if isinstance(x, Value) else x for x in leaves(result)])
        captured = tuple(found.captured.values())
        machine = Machine(program)
        self._latest = latest = Recording(program, machine, captured, call.arguments, result, counts, recorded.settings)
        return latest, recordings

    def _listen(self, reached: list[Any], arguments: Callable[[], tuple[Any, list[Value]]], plain: list[bool]) -> None:
        """CannotCompile for a function that asks for the time, random numbers, or what is in a file."""
        args, inputs = arguments()
        with Listener(reached) as heard:
            call_recorded(self.function, args, inputs, plain, Watcher(self.name))
        if heard.asked is not None:
            self._forget()
            what, function, line = heard.asked
            hint = HINTS.get(what) or HINTS["outside"].format(what, function)
            raise CannotCompile(f"{self.name} cannot be compiled: {hint}{line}")
        self._surroundings.watch(heard.again)


MOST_OF_DERIVATIVES = 8  # recordings, for one whose path changes often, by the branches of its formulas
WORTHWHILE = 1_000  # calls: to record a derivative of second order takes about as long


def _of_floats(derivative: Callable[..., Any]) -> Callable[..., Any]:
    """A function of floats, Values or others that is compiled once it has been called with floats often; floats come
    out for these."""
    compiled: list[Compiled] = []
    n_calls = 0

    def found(*args: Any, **named: Any) -> Any:
        nonlocal n_calls
        if named or within_another() or not args or not all(type(x) is float or only_floats(x) for x in args):
            return derivative(*args, **named)
        n_calls += 1
        if n_calls < WORTHWHILE:
            return derivative(*args)
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


def add_gradients(recording: Recording, inputs: list[Any], contributions: tuple[list[float], list[float]]) -> None:
    """Add contributions to the grads of captured Values and of Values among the inputs, and go back from there."""
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
