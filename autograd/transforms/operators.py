"""From functions to their derivatives: grad, jacobian, hessian, jvp, vjp, hvp, taylor; and gradients of a Value.

Each calls the function once, with a new Value in place of every number that it is differentiated with respect to, and
then sweeps over the graph that the call has recorded. As these Values are new at every call, derivatives within
derivatives cannot take each other's variables for their own.

What goes in: numbers, and lists, tuples, dicts and NumPy arrays of numbers, nested in any way. What comes out has the
same form, and consists of floats, unless it can be differentiated further: with a Value in place of a number in what
goes in, or where the function uses Values from outside, Values come out. (A Value that the function makes itself counts
as a constant.) Within no_grad() floats come out.

The function is made of operators, functions of `autograd` and plain Python. It returns a number or, where it says so,
a container of numbers; those that do not depend on the argument have derivatives 0.
"""

from collections.abc import Callable, Sequence
from functools import update_wrapper
from operator import index
from threading import get_ident
from typing import Any

from autograd.derivatives import Operation, number_of
from autograd.reading import ties
from autograd.recording import as_it_is, is_paused, must_be_defined, recording, traced, tracer
from autograd.transforms.closures import doubted, doubting
from autograd.transforms.containers import inputs_of, is_container, leaves, mapped, matched, numbers_of, paths, rebuilt
from autograd.transforms.doubts import pass_on, refuse_wrong
from autograd.transforms.ranges import careful, settled
from autograd.transforms.sweeps import Graph, added, constant, tape
from autograd.value import Value, new_call

Function = Callable[..., Any]
sweeps_in_values = [0]  # how many graphs there have been whose derivatives may be differentiated again


def gradients(output: Value, inputs: Any, create_graph: bool = False) -> Any:
    """The derivatives of a Value with respect to others that it was computed from. Each grad stays as it is.

    output: a Value.
    inputs: a Value, leaf or not, or a container of them.
    create_graph: whether to return Values, which you can draw, explain and differentiate again, instead of floats.

    Returns a container of the form of inputs, with 0 where the output does not depend on an input. An input that is
    computed from another one counts as a part of the way, and gets its own derivative too. TypeError for anything that
    is not a Value.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> gradients(x**3, x)
    27.0
    >>> slope = gradients(x**3, x, create_graph=True)
    >>> gradients(slope, [x])
    [18.0]
    """
    if not isinstance(output, Value):
        raise TypeError(f"gradients needs a Value as its output, got {output!r}")
    found = leaves(inputs, "inputs")
    for path, x in zip(paths(inputs, "inputs"), found):
        if not isinstance(x, Value):
            raise TypeError(f"{path} must be a Value that the output was computed from, got {x!r}")
    again = sweeps_in_values[0] > 0
    if create_graph:
        sweeps_in_values[0] += 1
        slopes = Graph([output], found).pull([constant(1.0)])
        return rebuilt(inputs, settled(slopes, 0) if again else slopes)
    return rebuilt(inputs, (careful if again else tape)([output], found).pull([1.0]))


class Run:
    """A call of a function with new Values for the numbers that it is differentiated with respect to.

    args: all arguments. argnums: the positions of those that count.
    result: what the function returned; `aux` is the second part of it, where it has one.
    inputs, outputs: the new Values, and the numbers in the result. began: when; see new_call.
    as_values: whether derivatives are Values, to be differentiated further.
    twice: whether second derivatives are wanted, or the function asked for derivatives itself.
    """

    _tape: Any = None
    _graph: Graph | None = None

    def __init__(
        self,
        f: Function,
        args: Sequence[Any],
        argnums: Sequence[int],
        name: str = "args",
        has_aux: bool = False,
        kwargs: Any = None,
        more: Sequence[Any] = (),
        twice: bool = False,
    ) -> None:
        self.f, self.args, self.aux = f, list(args), None
        self.given, self.kwargs, self.has_aux = list(args), kwargs or {}, has_aux
        numbers: list[Any] = []
        for i in argnums:
            numbers += inputs_of(args[i], f"{name}[{i}]" if name == "args" else name)
        outside = is_paused()
        self.began, earlier = new_call(), sweeps_in_values[0]
        any_values = any(isinstance(x, Value) for x in numbers)
        again = twice or any_values
        with recording(again):
            self.inputs = [Value(x) if type(x) is float else new_input(x, not outside) for x in numbers]
            fresh = iter(self.inputs)
            for i in argnums:
                self.args[i] = rebuilt(args[i], fresh)
            self.result = (plain(f) if again else f)(*self.args, **self.kwargs)
        if ties:
            refuse_tie(f, self.began)
        self.twice = twice or sweeps_in_values[0] != earlier
        if has_aux:
            if not isinstance(self.result, tuple) or len(self.result) != 2:
                raise TypeError(f"with has_aux, {name_of(f)} must return a pair (result, aux), got {self.result!r}")
            self.result, self.aux = self.result
        self.outputs = numbers_of(self.result, f"the result of {name_of(f)}")
        must_be_defined(self.outputs)
        self.known = known = any_values or bool(more and any(isinstance(x, Value) for x in more))
        self.as_values = (known or self.tape.captures) and not outside
        self.detached = known and outside  # Values come out for Values, but no further derivatives
        self.argnums = argnums
        if numbers and self.outputs and not self.sweeps.reaches and tracer() is None:
            self.refuse_lost([number_of(x) for x in numbers])

    def check(
        self,
        names: list[str],
        numbers: Callable[["Run"], Sequence[Any]],
        derivatives: Callable[[list[float]], Sequence[Any]],
        tangents: Sequence[Any] = (),
    ) -> None:
        """TypeError if derivatives that are in doubt disagree with finite differences; see doubts.py.

        numbers: of another run, whose arguments are a step away along the tangents. derivatives: how fast they move.
        tangents: of all numbers that go in; by default other ones for each.
        """
        if self.known and pass_on(names):
            return
        start = [x._data for x in self.inputs]
        speeds = [float(number_of(x)) for x in tangents] or [
            max(abs(x), 1.0) * (1 - 0.7**k / 2) for k, x in enumerate(start)
        ]

        def along(h: float) -> list[float]:
            moved = iter([x + h * speed for x, speed in zip(start, speeds)])
            args = [rebuilt(arg, moved) if i in self.argnums else arg for i, arg in enumerate(self.given)]
            again = Run(self.f, args, self.argnums, has_aux=self.has_aux, kwargs=self.kwargs)
            return [float(number_of(x)) for x in numbers(again)]

        refuse_wrong(names, along, [float(number_of(x)) for x in derivatives(speeds)])

    def refuse_lost(self, numbers: Sequence[float]) -> None:
        """TypeError if numbers came back that change with the arguments, though no graph leads to them: the way to
        their derivatives is lost. Of Values this is said only if the function read data, and holds nothing constant.

        What does not change, or changes on one side alone, as 0.0 for all x <= 0, has the derivative 0.
        """
        reads, found = Reads(), [number_of(x) for x in self.outputs]
        is_plain = not any(isinstance(x, Value) for x in self.outputs)

        def moved(step: float, block: Any) -> tuple[list[float], bool]:
            began = new_call()
            new = [Value(x + step * (1 + k / 7) * max(abs(x), 1.0)) for k, x in enumerate(numbers)]
            fresh = iter(new)
            args = [rebuilt(arg, fresh) if i in self.argnums else arg for i, arg in enumerate(self.given)]
            with recording(), block:
                result = self.f(*args, **self.kwargs)
            outputs = numbers_of(result[0] if self.has_aux else result, "the result")
            return [number_of(x) for x in outputs], tape(outputs, new, began).reaches

        try:
            if moved(0.0, as_it_is if is_plain else traced(reads))[0] != found:  # it draws random numbers, say
                return
            if not is_plain and ("data" not in reads.what or reads.what & {"held", "no_grad"} or doubted()):
                return  # it may be meant, or what is in doubt gets its own sentence; see doubts.py
            sides = [moved(step, as_it_is) for step in (1e-6, -1e-6)]
        except (ValueError, ArithmeticError):
            return
        if all(side != found and not reaches for side, reaches in sides):
            kind = "plain number" if is_plain else "Value"
            raise TypeError(
                f"{name_of(self.f)} returned the {kind} {found[0]!r}, and it changes with the arguments. "
                ".data or float() has lost the derivative. Compute with the Values themselves: x**2, not x.data**2. "
                "For a derivative of 0 write stop_gradient(x)"
            )

    @property
    def tape(self) -> Any:
        """The graph, for sweeps in floats."""
        if self._tape is None:  # not a cached_property, which takes as long as a small function
            self._tape = (careful if self.twice else tape)(self.outputs, self.inputs, self.began)
        return self._tape

    @property
    def graph(self) -> Graph:
        """The graph, for sweeps in Values."""
        if self._graph is None:
            self._graph = Graph(self.outputs, self.inputs, self.began)
            sweeps_in_values[0] += 1
        return self._graph

    @property
    def sweeps(self) -> Any:
        """The one that is to be swept over."""
        return self.graph if self.as_values else self.tape

    @property
    def one(self) -> Any:
        """The seed of a gradient."""
        return constant(1.0) if self.as_values else 1.0

    def seed(self, x: Any) -> Any:
        """A number as a seed or tangent."""
        if self.as_values:
            return x if isinstance(x, Value) else constant(x)
        return x.data if isinstance(x, Value) else x

    def scalar(self) -> Any:
        """The result, which must be one number."""
        if isinstance(self.result, (list, tuple, dict)) or len(self.outputs) != 1:
            kind = type(self.result).__name__
            raise TypeError(f"{name_of(self.f)} must return one number, got a {kind} of {len(self.outputs)}")
        return self.outputs[0]

    def out(self, x: Any) -> Any:
        """A number as the caller is to have it."""
        if self.as_values:
            return x if isinstance(x, Value) else constant(x)
        x = x._data if isinstance(x, Value) else x  # of what depends on no Value from outside
        return Value(x) if self.detached else x

    def outs(self, numbers: Sequence[Any]) -> Sequence[Any]:
        """Derivatives as the caller is to have them."""
        if self.as_values and self.twice:
            numbers = settled(numbers, self.began)
        return [self.out(x) for x in numbers] if self.as_values or self.detached else numbers

    def like_inputs(self, args: Sequence[Any], numbers: Sequence[Any], single: bool) -> Any:
        """One number for each that the function is differentiated with respect to, in the form of the arguments."""
        rest = iter(numbers)
        found = tuple(rebuilt(args[i], rest) for i in self.argnums)
        return found[0] if single else found

    def finished(self, tree: Any) -> Any:
        """What the function returned beside numbers, its Values as the caller is to have them."""
        return mapped(self.out, tree)


class Reads:
    """What a function asks of Values that no graph shows: a tracer; see recording.py."""

    def __init__(self) -> None:
        self.what = set[str]()

    def read(self, what: str) -> None:
        """Something was read."""
        self.what.add(what)

    def held(self, x: Value) -> Value:
        """x as a constant."""
        self.what.add("held")
        return Value(x._data, op="constant", label=x.label)

    def equal(self, x: Value, other: object) -> Any:
        """A Value answers == itself."""
        return NotImplemented

    def __getattr__(self, name: str) -> Function:
        """Of all else a function may do, nothing comes."""
        return lambda *details: None


def new_input(x: Value, linked: bool) -> Value:
    """A Value that is nobody else's: a leaf with the same number, or one that passes everything on to x."""
    return passed_on(x) if linked else Value(x.data)


passed_on = Operation("input", lambda x: x, lambda out, x: (1.0,))  # known to compile, which leaves it out


def refuse_tie(f: Function, began: int) -> None:
    """TypeError if a function asked with == for two Values of the same number, which plain numbers would answer in
    another way.

    began: when it was called. Values that were there before are not numbers to it.
    """
    if ties.get(get_ident(), -1) >= began > 0:  # which is 0 when there are no more numbers for calls
        del ties[get_ident()]
        raise TypeError(
            f"{name_of(f)} asks with == or in, or by comparing tuples, whether two Values are the same one. They are "
            "not, but their numbers are equal, and with plain numbers the answer would be another. To compare the "
            "numbers write not (a < b or a > b). To ask for the Value write a is b. For the largest tuple give a key: "
            "max(pairs, key=lambda pair: pair[0])"
        )


def name_of(f: Any) -> str:
    """What to call a function, or an operation of the table, in a message."""
    return getattr(f, "__name__", None) or getattr(f, "name", None) or type(f).__name__


def checked(f: Function, call: str) -> Function:
    """The function; TypeError, showing how to call, if it is none."""
    if not callable(f):
        raise TypeError(f"{call.split('(')[0]} takes a function, as in {call}, got {f!r}")
    return f


def whole(number: Any) -> int:
    """A whole number of any type, NumPy's too, as an int; TypeError for what is none."""
    if isinstance(number, bool):
        raise TypeError
    return index(number)


def order_of(name: str, number: Any) -> int:
    """An order of derivatives; ValueError, naming it, for what is not a whole number from 0 on."""
    try:
        order = whole(number)
    except TypeError:
        order = -1
    if order < 0:
        raise ValueError(f"the order of {name} must be a whole number, 0 or more; got {number!r}")
    return order


def positions(argnums: int | Sequence[int], args: Sequence[Any], f: Function) -> list[int]:
    """The positions of arguments, all of them from 0 on."""
    if type(argnums) is int and 0 <= argnums < len(args):
        return [argnums]
    try:
        asked = [whole(i) for i in argnums] if isinstance(argnums, (list, tuple)) else [whole(argnums)]
    except TypeError:
        raise TypeError(
            f"argnums must be the position of an argument, or a tuple of positions; got {argnums!r}"
        ) from None
    for i in asked:
        if not -len(args) <= i < len(args):
            raise ValueError(
                f"argnums={argnums!r} asks for argument {i}, but {name_of(f)} was called with {len(args)} positional "
                "arguments"
            )
    found = [i % len(args) for i in asked]
    if len(set(found)) < len(found):
        raise ValueError(f"argnums={argnums!r} names an argument twice")
    return found


def plain(f: Function) -> Function:
    """The function itself in the place of a compiled one, or of a derivative of one: its own graph is differentiated
    twice at once, while that of a replay has to be made anew."""
    pair: Any = getattr(f, "__plain__", None)
    return pair[1] if pair is not None and pair[0] is f else f  # a function that wraps f may have its attributes


def transform(f: Function, what: str, derivative: Function, *settings: Any) -> Function:
    """A function with the name of f that answers derivative(...). settings: of the transform that is called so."""
    checked(f, f"{what}(f)(x)")
    if not isinstance(f, type):
        update_wrapper(derivative, f)
    itself = plain(f)
    if itself is not f:  # a compiled function has derivatives that are compiled
        known = hasattr(type(f), "__value_and_gradients__") and what in ("grad", "value_and_grad")
        same: Function = lambda: globals()[what](itself, *settings)  # noqa: E731
        alike: Any = f
        derivative = alike.__compile_alike__((f, what, *settings), derivative if known else None, same)
    derivative.__name__ = f"{what}({name_of(f)})"
    derivative.__doc__ = f"{what} of {name_of(f)}."
    return derivative


def value_and_grad(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function that returns (f(x), grad(f)(x)).

    f, argnums: as in grad.
    has_aux: f returns a pair (result, aux). The result is differentiated. The answer is ((result, aux), gradient).

    It raises what grad raises.

    >>> value_and_grad(lambda x: x**2)(3.0)
    (9.0, 6.0)
    """

    at_once = getattr(type(f), "__value_and_gradients__", None)  # of a compiled function: it knows them for floats

    def derivative(*args: Any, **kwargs: Any) -> Any:
        if at_once is not None and not has_aux and not kwargs:
            found = at_once(f, args)
            if found is not None:
                return found[0], chosen(found[1], args, positions(argnums, args, f), argnums)
        with doubting() as doubtful:
            run = Run(f, args, positions(argnums, args, f), has_aux=has_aux, kwargs=kwargs)
            value = run.out(run.scalar())
            slopes = run.outs(run.sweeps.pull([run.one]))
        if doubtful:
            run.check(doubtful, lambda run: run.outputs, lambda speeds: [along(slopes, speeds)])
        result = (value, run.finished(run.aux)) if has_aux else value
        return result, run.like_inputs(args, slopes, not isinstance(argnums, (list, tuple)))

    return transform(f, "value_and_grad", derivative, argnums, has_aux)


def along(slopes: Sequence[Any], speeds: Sequence[float]) -> float:
    """How fast a number moves, given its slopes and how fast those move by which they are."""
    return sum(number_of(slope) * speed for slope, speed in zip(slopes, speeds))


def slopes_of(run: Run) -> Sequence[Any]:
    """The gradient of the only output, in floats."""
    return run.tape.pull([1.0])


def chosen(slopes: Sequence[float], args: Sequence[Any], asked: Sequence[int], argnums: int | Sequence[int]) -> Any:
    """Of one derivative for each number in the arguments those that are asked for, in the form of the arguments."""
    rest = iter(slopes)
    of_all = [next(rest) if type(arg) is float else rebuilt(arg, rest) for arg in args]
    return tuple([of_all[i] for i in asked]) if isinstance(argnums, (list, tuple)) else of_all[asked[0]]


def grad(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The gradient of a function that returns one number, in reverse mode.

    f: a function of numbers, or of lists, tuples, dicts and NumPy arrays of numbers.
    argnums: the position of the argument to differentiate with respect to. A tuple of positions makes the answer a
        tuple. The other arguments may be anything.
    has_aux: f returns a pair (result, aux), and the answer is (gradient, aux).

    Returns a function with the arguments of f. Its answer has the form of the argument. TypeError, which names the
    place, for numbers that are not real, for whole numbers (write 2.0 for 2), and for a result that is not one number.
    ValueError for positions that are not there.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(lambda p: p["a"] * p["b"][0])({"a": 2.0, "b": [3.0, 4.0]})
    {'a': 3.0, 'b': [2.0, 0.0]}
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    """
    both = value_and_grad(checked(f, "grad(f)(x)"), argnums, has_aux)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        result, slopes = both(*args, **kwargs)
        return (slopes, result[1]) if has_aux else slopes

    return transform(f, "grad", derivative, argnums, has_aux)


def derivative(f: Function, n: int = 1) -> Function:
    """The n-th derivative of a function of one number.

    f: a function from a number to a number.
    n: the order, a whole number, 0 or more. It may be large: the work grows as a polynomial in n.

    Returns a function of one number. ValueError for another n.

    >>> derivative(lambda x: x**5, 3)(2.0)
    240.0
    """
    n = order_of("a derivative", n)

    def nth(x: Any) -> Any:
        found = taylor(f, x, n)[n]
        for k in range(2, n + 1):  # n! may be beyond the largest float
            found = found * float(k)
        return found

    return transform(f, "derivative", nth, n)


def taylor(f: Function, x: float, order: int) -> list[Any]:
    """The coefficients of the Taylor polynomial of a function of one number: f⁽ᵏ⁾(x) / k! for k from 0 to order.

    f: a function from a number to a number.
    x: the number around which the polynomial is.
    order: a whole number, 0 or more. The work grows as a polynomial in the order, not exponentially as with grad of
        grad.

    Returns a list of order + 1 numbers. TypeError if x is not one number. ValueError for another order.

    >>> from autograd import exp
    >>> taylor(exp, 0.0, 4)
    [1.0, 1.0, 0.5, 0.16666666666666666, 0.041666666666666664]
    """
    order = order_of("a Taylor polynomial", order)
    with doubting() as doubtful:
        run = Run(checked(f, "taylor(f, x, order)"), [x], [0], name="x", twice=order > 1)
        run.scalar()
        (x_,) = run.inputs if len(run.inputs) == 1 else ("",)
        if is_container(x) or not isinstance(x_, Value):
            raise TypeError(f"taylor needs a function of one number, got x = {x!r}")
        start = [x_ if run.as_values else x_.data, 1.0]
        with recording():
            (coefficients,) = run.graph.series([start], order, run.as_values)
    if doubtful and order > 1:
        run.check(
            doubtful,
            lambda run: run.graph.series([[run.inputs[0].data, 1.0]], order - 1)[0],
            lambda _: [number_of(x) * k for k, x in enumerate(coefficients)][1:],
            [1.0],
        )
    return list(run.outs(coefficients))


def vjp(f: Function, *args: Any) -> tuple[Any, Function]:
    """The value of f, and its vector-Jacobian product, in reverse mode.

    f: a function of the arguments args.
    args: numbers, or containers of numbers.

    Returns (f(*args), pull). pull takes a container like f(*args), with one weight for each output. It returns a tuple
    with the derivatives of Σ weight · output, one entry for each argument. You may call it many times.

    >>> value, pull = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    >>> value, pull([1.0, 0.0]), pull([0.0, 1.0])
    ([6.0, 5.0], (3.0, 2.0), (1.0, 1.0))
    """
    with doubting() as of_call:
        run = Run(checked(f, "vjp(f, x)"), args, range(len(args)))

    def pull(weights: Any) -> Any:
        seeds = matched(weights, "weights", run.result, f"the result of {name_of(f)}")
        with doubting() as doubtful:
            if any(isinstance(seed, Value) for seed in seeds) and not is_paused():
                found: Sequence[Any] = run.graph.pull([x if isinstance(x, Value) else constant(x) for x in seeds])
                found = settled(found, run.began) if run.twice else found
            else:
                found = run.outs(run.sweeps.pull([run.seed(x) for x in seeds]))
        if of_call or doubtful:
            run.check(
                of_call + doubtful,
                lambda run: [along(run.outputs, list(map(number_of, seeds)))],
                lambda s: [along(found, s)],
            )
        return run.like_inputs(args, found, False)

    return rebuilt(run.result, [run.out(x) for x in run.outputs]), pull


def jvp(f: Function, args: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of f, and how fast it moves when the arguments move as the tangents say, in forward mode.

    f: a function of the arguments args.
    args: the arguments, in a tuple or list.
    tangents: containers of the same form as the arguments.

    Returns (f(*args), tangent of f(*args)). TypeError if args is not a tuple or list. ValueError, which names the
    place, for tangents of another form.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.5))
    (6.0, 4.0)
    """
    if not isinstance(args, (list, tuple)):
        raise TypeError(f"jvp takes the arguments as a tuple, jvp(f, (x,), (v,)), got {args!r}")
    speeds = matched(tangents, "tangents", args, "args")
    with doubting() as doubtful:
        run = Run(checked(f, "jvp(f, (x,), (v,))"), args, range(len(args)), more=speeds)
        with recording():
            moved = run.sweeps.push([run.seed(x) for x in speeds], run.as_values)
    if doubtful:
        run.check(doubtful, lambda run: run.outputs, lambda _: moved, speeds)
    value = rebuilt(run.result, [run.out(x) for x in run.outputs])
    return value, rebuilt(run.result, run.outs(moved))


def hvp(f: Function, x: Any, v: Any) -> Any:
    """The product of the Hessian of f at x with the vector v, at the cost of a few gradients.

    It runs in forward over reverse mode.

    f: a function of one argument that returns one number.
    x: a number, or a container of numbers.
    v: a container of the same form as x.

    Returns a container of the same form as x. TypeError if f returns something else than one number. ValueError if v
    has another form.

    >>> hvp(lambda x: x[0] ** 2 * x[1], [3.0, 5.0], [1.0, 0.0])
    [10.0, 6.0]
    """
    speeds = matched(v, "v", x, "x")
    with doubting() as doubtful:
        run = Run(checked(f, "hvp(f, x, v)"), [x], [0], name="x", more=speeds, twice=True)
        run.scalar()
        if run.as_values:
            slopes = run.graph.pull([run.one])
            moved = Graph(slopes, run.inputs, run.began).push([run.seed(x) for x in speeds], True)
        else:
            moved = run.tape.bend([run.seed(x) for x in speeds])[1]
    if doubtful:
        run.check(doubtful, slopes_of, lambda _: moved, speeds)
    return rebuilt(x, run.outs(moved))


def unit_vectors(n: int) -> list[list[float]]:
    """The n unit vectors of n numbers."""
    return [[float(i == j) for j in range(n)] for i in range(n)]


def units(run: Run, n: int) -> list[list[Any]]:
    """The same as seeds or tangents."""
    return [[run.seed(x) for x in unit] for unit in unit_vectors(n)]


def jacobian_in_floats(run: Run) -> list[list[float]]:
    """The derivatives by all inputs, a row for each output."""
    return [run.tape.pull(unit) for unit in unit_vectors(len(run.outputs))]


def jacobian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """The derivatives of each output of f with respect to each number that goes in.

    f: a function of numbers or containers of numbers that returns a number or a container of numbers.
    argnums: as in grad.

    Returns a function with the arguments of f. Its answer has the form of the output, with a container like the
    argument in place of each number. For lists of m and n numbers it is a list of m lists of n; for arrays, an array of
    m × n. It runs in forward or reverse mode, whichever needs fewer sweeps. It raises what grad raises.

    >>> jacobian(lambda x: [x[0] * x[1], x[0]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 0.0]]
    """

    def derivative(*args: Any, **kwargs: Any) -> Any:
        with doubting() as doubtful:
            run = Run(f, args, positions(argnums, args, f), kwargs=kwargs)
            n, m = len(run.inputs), len(run.outputs)
            if n < m:
                columns = [run.sweeps.push(unit, run.as_values) for unit in units(run, n)]
                rows = [[column[i] for column in columns] for i in range(m)]
            else:
                rows = [run.sweeps.pull(unit) for unit in units(run, m)]
        if doubtful:
            run.check(doubtful, lambda run: run.outputs, lambda speeds: [along(row, speeds) for row in rows])
        single = not isinstance(argnums, (list, tuple))
        return rebuilt(run.result, [run.like_inputs(args, run.outs(row), single) for row in rows])

    return transform(f, "jacobian", derivative, argnums)


def second_derivatives(run: Run) -> list[list[Any]]:
    """The rows of the Hessian."""
    run.scalar()
    n = len(run.inputs)
    if not run.as_values:
        return [run.tape.bend(unit)[1] for unit in units(run, n)]
    slopes = run.graph.pull([run.one])
    graph = Graph(slopes, run.inputs, run.began)
    return [graph.pull(unit) for unit in units(run, n)]


def hessian_of(run: Callable[[], Run]) -> tuple[Run, list[list[Any]]]:
    """A run and the rows of its Hessian."""
    with doubting() as doubtful:
        found = run()
        rows = second_derivatives(found)
    if doubtful:
        found.check(doubtful, slopes_of, lambda speeds: [along(row, speeds) for row in rows])
    return found, rows


def hessian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """The second derivatives of a function that returns one number.

    f: a function of numbers or containers of numbers.
    argnums: as in grad.

    Returns a function with the arguments of f. Its answer has the form of the argument, with another one like it in
    place of each number. For a list of n numbers it is a list of n lists of n; for an array, an array of n × n. With a
    tuple as argnums it is a tuple of tuples. It raises what grad raises.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """

    def derivative(*args: Any, **kwargs: Any) -> Any:
        run, found = hessian_of(lambda: Run(f, args, positions(argnums, args, f), kwargs=kwargs, twice=True))
        single = not isinstance(argnums, (list, tuple))
        rows = [run.like_inputs(args, run.outs(row), single) for row in found]
        return run.like_inputs(args, rows, single)

    return transform(f, "hessian", derivative, argnums)


def laplacian(f: Function) -> Function:
    """The sum of the second derivatives ∂²f/∂xᵢ² of a function.

    f: a function of one argument, a number or a container of numbers, that returns one number.

    Returns a function with the argument of f. TypeError if f returns something else than one number.

    >>> laplacian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0])
    10.0
    """

    def derivative(x: Any) -> Any:
        run, rows = hessian_of(lambda: Run(f, [x], [0], name="x", twice=True))
        return run.outs([added([row[i] for i, row in enumerate(rows)])])[0]

    return transform(f, "laplacian", derivative)
