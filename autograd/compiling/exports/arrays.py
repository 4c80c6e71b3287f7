"""A compiled function as a function of JAX or of PyTorch: each instruction of its program an operation on arrays.

The program is followed as the machine follows it, with blocks of slots that are arrays of the library: the neurons of a
layer are one product of a matrix and a vector there too. The library finds the derivatives in its own way; the table
below says how it writes an operation so that they are those of the table of derivatives, at kinks too. Operations that
are not in it are made from their entries, see of_table.py: so are new ones.
"""

from collections.abc import Callable, Container, Sequence
from functools import reduce
from importlib import import_module
from math import nan, prod
from operator import add, or_
from types import ModuleType
from typing import Any

from autograd import derivatives as table
from autograd.compiling.exports.of_table import of_table
from autograd.compiling.exports.ranks import agree
from autograd.compiling.exports.rows import check_path, common_shape
from autograd.compiling.program import (
    COMPARISONS,
    VECTORS,
    Guard,
    Instruction,
    Program,
    Run,
    accumulate,
    affine,
    copy,
    fold,
    held,
)
from autograd.derivatives import TABLE, Operation, to_float
from autograd.transforms.containers import is_array, leaves, rebuilt
from autograd.value import Value

# How an operation is written for arrays. `a` is the library, see Library; an operation of many numbers has them on the
# last axis. Where a formula is singular at a point that another branch is for, `where` keeps that point from it too:
# otherwise the derivative of what was not chosen, times 0, would be nan.

SAME_NAME = {  # in both libraries
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "reciprocal"),
    *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
}
IN_ARRAYS: dict[Operation, Callable[..., Any]] = {
    **{TABLE[name]: lambda a, x, name=name: getattr(a.np, name)(x) for name in SAME_NAME},
    copy: lambda a, x: x,
    held: lambda a, x: a.constant(x),
    table.add: lambda a, x, y: x + y,
    table.subtract: lambda a, x, y: x - y,
    table.multiply: lambda a, x, y: x * y,
    table.divide: lambda a, x, y: x / y,
    table.power: lambda a, x, y: power(a, x, y),
    table.negative: lambda a, x: -x,
    table.floor: lambda a, x: a.np.floor(x),
    table.round_to_whole: lambda a, x: a.np.round(x),
    table.remainder: lambda a, x, y: a.np.remainder(x, y),
    table.floor_divide: lambda a, x, y: a.constant(a.np.floor_divide(x, y)),
    table.absolute: lambda a, x: a.np.where(x == 0, 0.0, a.np.abs(x)),
    table.cbrt: lambda a, x: cube_root(a, x),
    table.atan2: lambda a, y, x: angle(a, y, x),
    table.bell: lambda a, x: a.np.exp(-x * x / 2),
    table.gauss: lambda a, x: a.np.exp(-x * x),
    table.erf: lambda a, x: a.erf(x),
    table.erfc: lambda a, x: a.erfc(x),
    table.relu: lambda a, x: a.np.where(x <= 0, 0.0, x),
    table.leaky_relu: lambda a, x, slope: a.np.where(x > 0, x, slope * x),
    table.elu: lambda a, x, alpha: a.np.where(x > 0, x, alpha * a.np.expm1(a.np.where(x > 0, 0.0, x))),
    table.sigmoid: lambda a, x: a.sigmoid(x),
    table.softplus: lambda a, x: a.softplus(x),
    table.silu: lambda a, x: x * a.sigmoid(x),
    table.gelu: lambda a, x: x * (a.erfc(-x / table.SQRT2) / 2),
    table.clip: lambda a, x, low, high: a.np.where(
        low <= high, a.np.where(x < low, low, a.np.where(x > high, high, x)), nan
    ),
    table.maximum: lambda a, xs: a.np.amax(xs, -1),
    table.minimum: lambda a, xs: a.np.amin(xs, -1),
    table.total: lambda a, xs: xs.sum(-1),
    fold: lambda a, xs: reduce(add, [xs[..., k] for k in range(xs.shape[-1])]),
    table.mean: lambda a, xs: xs.mean(-1),
    table.product: lambda a, xs: xs.prod(-1),
    table.norm: lambda a, xs: length(a, xs),
    table.logsumexp: lambda a, xs: a.logsumexp(xs),
}


def cube_root(a: Any, x: Any) -> Any:
    """The cube root, infinitely steep at 0: so is acosh(1 + x), which is 0 there, whatever the sign of the 0."""
    return a.np.where(x == 0, a.np.acosh(a.np.where(x == 0, 1 + x, 2.0)), a.cbrt(other_than_0(a, x)))


def power(a: Any, x: Any, y: Any) -> Any:
    """x ** y, with gradient 0 at 0 ** 0."""
    x, y = a.broadcast(x, y)
    both = (x == 0) & (y == 0)
    return a.np.where(both, 1.0 + flat(a, both, a.np.stack((x, y), -1)), a.np.where(both, 1.0, x) ** y)


def flat(a: Any, there: Any, xs: Any) -> Any:
    """0, where all numbers of the last axis are 0: its gradient is 0, and has no derivatives."""
    return a.np.abs(a.np.where(there[..., None], xs, 1.0)).sum(-1) ** 1.5


def other_than_0(a: Any, x: Any) -> Any:
    """x, with 1 in the place of 0."""
    return a.np.where(x == 0, 1.0, x)


def length(a: Any, xs: Any) -> Any:
    """√Σ x² without overflow, with gradient 0 at 0."""
    scale = a.constant(a.np.amax(a.np.abs(xs), -1))
    parts = xs / other_than_0(a, scale)[..., None]
    squares = a.np.where(scale == 0, 1.0, (parts * parts).sum(-1))
    return a.np.where(scale == 0, flat(a, scale == 0, xs), scale * a.np.sqrt(squares))


def angle(a: Any, y: Any, x: Any) -> Any:
    """atan2 of y and x made so large that their squares are in range, with gradient 0 at (0, 0)."""
    y, x = a.broadcast(y, x)
    scale = a.constant(a.np.maximum(a.np.abs(y), a.np.abs(x)))
    safe = other_than_0(a, scale)
    found = a.np.atan2(y / safe, a.np.where(scale == 0, 1.0, x / safe))
    at_zero = a.constant(a.np.atan2(y, x)) + flat(a, scale == 0, a.np.stack((y, x), -1))
    return a.np.where(scale == 0, at_zero, found)


class Library:
    """What a library of arrays is asked for, beyond functions of the same name in both, which are in np."""

    name: str
    np: Any
    broadcast: Callable[..., Any]
    einsum: Callable[..., Any]
    erf: Callable[[Any], Any]
    erfc: Callable[[Any], Any]
    sigmoid: Callable[[Any], Any]
    softplus: Callable[[Any], Any]
    logsumexp: Callable[[Any], Any]  # over the last axis
    cbrt: Callable[[Any], Any]  # except at 0
    constant: Callable[[Any], Any]  # the same number, through which no derivative passes
    new: Callable[[Sequence[float]], Any]  # an array of floats of the size that the user has chosen for the library
    alike: Callable[[list[Any]], list[Any]]  # arrays, and lists of floats, as arrays of one type on one device
    numbers: Callable[[Sequence[float], Any], Any]  # an array of floats that goes with another array
    places: Callable[[Any, Any], Any]  # an array of whole numbers that can be an index of another array
    vmap: Callable[..., Any]  # a function over rows, given for each argument its axis of rows, or None
    each_rank: Callable[[str], list[str]]  # the texts that the processes of a training give here, in their order
    with_partials: Callable[..., Any]  # a function of arrays of one shape, with the partial derivatives that it is told

    def __init__(self) -> None:
        self._of_table: dict[Operation, Callable[..., Any]] = {}

    def operation(self, op: Operation) -> Callable[..., Any]:
        """An operation on arrays: f(library, *operands)."""
        if op not in IN_ARRAYS and op not in self._of_table:
            self._of_table[op] = of_table(self, op, self.operation)
        return IN_ARRAYS.get(op) or self._of_table[op]


def installed(name: str) -> ModuleType:
    """A library. ImportError, with the command that installs it, if it is missing."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise ImportError(f"to_{name} needs {name}, which is not installed: python -m pip install {name}") from None


def jax_library() -> Library:
    """JAX. ImportError if it is not installed."""
    jax = installed("jax")
    numpy = jax.numpy

    a = Library()
    a.name, a.np, a.broadcast, a.cbrt = "JAX", numpy, numpy.broadcast_arrays, numpy.cbrt
    a.erf, a.erfc, a.sigmoid = jax.scipy.special.erf, jax.scipy.special.erfc, jax.nn.sigmoid
    a.softplus = lambda x: numpy.logaddexp(x, numpy.zeros_like(x))
    a.logsumexp = lambda xs: jax.nn.logsumexp(xs, axis=-1)
    a.einsum = lambda letters, *arrays: numpy.einsum(letters, *arrays, precision="highest")
    a.constant = jax.lax.stop_gradient
    a.new = lambda numbers: numpy.asarray(numbers, dtype=float)
    a.numbers = lambda numbers, beside: numpy.asarray(numbers, dtype=beside.dtype)
    a.places = lambda places, beside: numpy.asarray(places)
    a.vmap = jax.vmap

    def each_rank(text: str) -> list[str]:
        if jax.process_count() == 1:
            return [text]
        from jax.experimental import multihost_utils

        own = numpy.frombuffer(text.encode(), dtype=numpy.uint8)
        return [bytes(row.tolist()).decode() for row in multihost_utils.process_allgather(own)]

    a.each_rank = each_rank

    def alike(arrays: list[Any]) -> list[Any]:
        dtype = numpy.result_type(float, *[x for x in arrays if not isinstance(x, list)])
        return [numpy.asarray(x, dtype=dtype) for x in arrays]

    def with_partials(f: Callable[..., Any], partials: Callable[..., Sequence[Any]]) -> Callable[..., Any]:
        told = jax.custom_jvp(f)

        def rule(xs: Any, directions: Any) -> Any:
            out = told(*xs)
            return out, sum(slope * t for slope, t in zip(partials(out, *xs), directions))

        told.defjvp(rule)
        return told

    a.alike, a.with_partials = alike, with_partials
    return a


def torch_library() -> Library:
    """PyTorch. ImportError if it is not installed."""
    torch = installed("torch")

    a = Library()
    a.name, a.np, a.broadcast = "PyTorch", torch, torch.broadcast_tensors
    a.erf, a.erfc, a.sigmoid = torch.special.erf, torch.special.erfc, torch.sigmoid
    a.softplus = lambda x: torch.nn.functional.softplus(x, threshold=40.0)  # from there on, x
    a.logsumexp = lambda xs: torch.logsumexp(xs, -1)
    a.constant = torch.Tensor.detach
    a.new = lambda numbers: torch.tensor(numbers, dtype=torch.get_default_dtype())
    a.numbers = lambda numbers, beside: torch.tensor(numbers, dtype=beside.dtype, device=beside.device)
    a.places = lambda places, beside: torch.tensor(places, device=beside.device)
    a.vmap = torch.func.vmap

    def each_rank(text: str) -> list[str]:
        if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
            return [text]
        texts: list[Any] = [None] * torch.distributed.get_world_size()
        torch.distributed.all_gather_object(texts, text)
        return texts

    a.each_rank = each_rank

    def cbrt(x: Any) -> Any:
        y = torch.sign(x) * torch.abs(x) ** (1 / 3)
        return y - (y - x / (y * y)) / 3  # a step of Newton's method, for 1 / 3 is rounded

    def alike(arrays: list[Any]) -> list[Any]:
        device = next((x.device for x in arrays if isinstance(x, torch.Tensor)), None)
        arrays = [x if isinstance(x, list) else torch.as_tensor(x, device=device) for x in arrays]
        floating = [x.dtype for x in arrays if not isinstance(x, list) and x.is_floating_point()]
        dtype = reduce(torch.promote_types, floating) if floating else torch.get_default_dtype()
        return [torch.tensor(x, dtype=dtype, device=device) if isinstance(x, list) else x.to(dtype) for x in arrays]

    def einsum(letters: str, x: Any, y: Any) -> Any:
        """Matrices times vectors as products of matrices: over rows, einsum would copy the parameters for each row."""
        (its, other), out = letters[: letters.index("-")].split(","), letters[letters.index(">") + 1 :]
        if {*its} & {*other} != {"k"} or max(len(its), len(other)) > 2 or len(its) + len(other) < 3:
            return torch.einsum(letters, x, y)
        if len(other) < len(its):
            its, other, x, y = other, its, y, x
        found = (x if x.dim() == 2 else x[None]) @ y.T
        return found[0] if len(its) == 1 else found if its[0] + other[0] == out else found.T

    def with_partials(f: Callable[..., Any], partials: Callable[..., Sequence[Any]]) -> Callable[..., Any]:
        class Told(torch.autograd.Function):  # type: ignore[name-defined, misc]
            generate_vmap_rule = True

            @staticmethod
            def forward(*xs: Any) -> Any:
                return f(*xs)

            @staticmethod
            def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
                ctx.save_for_backward(output, *inputs)
                ctx.save_for_forward(output, *inputs)

            @staticmethod
            def backward(ctx: Any, gradient: Any) -> Any:
                return tuple(gradient * slope for slope in partials(*ctx.saved_tensors))

            @staticmethod
            def jvp(ctx: Any, *directions: Any) -> Any:
                return sum(slope * t for slope, t in zip(partials(*ctx.saved_tensors), directions))

        return Told.apply

    a.cbrt, a.alike, a.einsum, a.with_partials = cbrt, alike, einsum, with_partials
    return a


class ArrayFunction:
    """A compiled function as a function of a library: f(parameters, *args).

    parameters: an array of the numbers of the Values that the function uses from outside, f.captured, in their order;
        f.parameters are those of now, and f.write_back(new) puts others into the Values.
    args: like those that were recorded. In the place of a list of numbers, or of lists of them, there may be an array
        of that shape. What was part of the recording, such as whole numbers, must be the same again.

    It returns what the function returned, with arrays of no dimension in the place of Values. If a comparison comes out
    differently than in the recording, the results are nan. f.holds(parameters, *args) says, as an array, whether all
    come out the same. With all_paths the comparisons choose among all recorded paths. The function has no side effects,
    so the library can transform it like one of its own.

    f.map(parameters, *columns) is the same over rows. Before a training, f.check(*columns) looks whether the rows take
    a recorded path, and f.agree() whether all processes have the same program.
    """

    def __init__(self, a: Library, name: str, recordings: Sequence[Any], function: Any) -> None:
        self._a, self.__name__, self._function = a, name, function
        for recording in recordings:
            refuse(recording.program, name, a.name, {*TABLE.values(), *IN_ARRAYS, affine, accumulate})
        self.captured: list[Value] = list(dict.fromkeys(v for its in recordings for v in its.captured))
        self._paths = [Path(a, recording, self.captured) for recording in recordings]
        if len(recordings) > 1:
            common_shape(name, [its.result for its in recordings])

    @property
    def parameters(self) -> Any:
        """The numbers of the captured Values now, an array."""
        return self._a.new([v.data for v in self.captured])

    def write_back(self, parameters: Any) -> None:
        """Set the captured Values to the numbers of an array, or of a list, like f.parameters."""
        numbers = [float(x) for x in parameters]
        if len(numbers) != len(self.captured):
            raise ValueError(f"{self.__name__} uses {len(self.captured)} parameters, got {len(numbers)}")
        for v, x in zip(self.captured, numbers):
            v.data = x

    def __call__(self, parameters: Any, *args: Any) -> Any:
        """What the function returns."""
        first, *rest = self._given(parameters, args)
        if len(self._paths) == 1:
            (path,) = self._paths
            slots = path.filled(first, rest)
            found = slots.gathered(path.recording.program.outputs)
            if path.recording.program.guards:
                found = found * self._a.np.where(path.holds(slots), 1.0, nan)  # nan in all derivatives too
            return self._put_together(found)
        chosen: Any = nan
        for path in self._paths:
            holds = path.holds(path.filled(first, rest))
            usual = path.usual(first, rest)  # where another path is taken, so that no derivative is nan times 0
            own = [self._a.np.where(holds, x, other) for x, other in zip((first, *rest), usual)]
            outputs = path.filled(own[0], own[1:]).gathered(path.recording.program.outputs)
            chosen = self._a.np.where(holds, outputs, chosen)
        return self._put_together(chosen + self._a.constant(0.0 * first.sum()))  # of the type of the parameters

    def _put_together(self, found: Any) -> Any:
        recording = self._paths[0].recording
        if is_array(recording.result):
            return found.reshape(recording.result.shape)
        return recording.put_together([found[k] for k in range(len(recording.program.outputs))])

    def map(self, parameters: Any, *columns: Any, reduction: str = "mean") -> Any:
        """The same over rows, as loss.map is of a compiled loss: every argument has one more leading axis.

        columns: arrays of the library, or lists of rows. reduction: "mean" or "sum" over the rows, or "none" for all.
        ValueError for another reduction, and for columns that are not equally long.
        """
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"reduction is 'mean', 'sum' or 'none', got {reduction!r}")
        if not columns:
            raise TypeError(f"map takes the rows of each argument of {self.__name__}, got no arguments")
        given = [x if hasattr(x, "shape") else nested(x) for x in (parameters, *columns)]
        parameters, *rows = self._a.alike(given)
        lengths = [column.shape[0] if column.ndim else None for column in rows]
        if len(set(lengths)) != 1 or not lengths[0]:
            raise ValueError(f"map needs the same number of rows for each argument, at least one, got {lengths}")
        found = self._a.vmap(self.__call__, (None, *[0] * len(rows)))(parameters, *rows)
        return found if reduction == "none" else rebuilt(found, [getattr(x, reduction)(0) for x in leaves(found)])

    def check(self, *columns: Any) -> None:
        """Look, before the first step, whether all rows take a recorded path with the present parameters.

        columns: the rows of each argument, as map takes them. ValueError if one takes another path. It says which row,
        which comparison, and what to write.

        >>> from autograd import compile
        >>> f = compile(lambda x: x * x if x > 0 else -x).to_torch(1.0)  # doctest: +SKIP
        >>> f.check([1.0, -2.0])  # doctest: +SKIP
        Traceback (most recent call last):
        ...
        ValueError: row 1 takes another path than what was recorded ...
        """
        check_path(self.__name__, self._function, [path.recording for path in self._paths], columns)

    def agree(self) -> None:
        """Look, before the first step, whether all processes of a training have the same program and parameters.

        Each process must call it. RuntimeError, in each of them, if they differ. With one process it does nothing.
        """
        agree(self._a.each_rank, self.__name__, [path.recording.program for path in self._paths], self.captured)

    def holds(self, parameters: Any, *args: Any) -> Any:
        """Whether all comparisons come out as they did in a recording, an array of no dimension."""
        first, *rest = self._given(parameters, args)
        return reduce(or_, [path.holds(path.filled(first, rest)) for path in self._paths])

    def _given(self, parameters: Any, args: tuple[Any, ...]) -> list[Any]:
        """The parameters, and the numbers in the arguments, as arrays of one type."""
        n = len(self.captured)
        if tuple(getattr(parameters, "shape", [len(parameters)])) != (n,):
            raise ValueError(
                f"the parameters of {self.__name__} are an array of {n} numbers, got {described(parameters)}"
            )
        inputs: list[Any] = []
        expected = self._paths[0].recording.arguments
        if len(args) != len(expected):
            raise TypeError(f"{self.__name__} was recorded with {len(expected)} arguments, got {len(args)}")
        for k, (like, arg) in enumerate(zip(expected, args)):
            take_apart(like, arg, f"argument {k}", inputs)
        return self._a.alike([parameters if hasattr(parameters, "shape") else list(parameters), *inputs])


def nested(column: Any) -> Any:
    """Rows that are lists, or arrays of NumPy, as nested lists."""
    if not isinstance(column, (list, tuple)):
        raise TypeError(f"map takes for each argument an array or a list of rows, got {described(column)}")
    return [each.tolist() if hasattr(each, "tolist") else each for each in column]


class Path:
    """One recording of a function: the path that its comparisons chose.

    captured: the Values whose numbers are the parameters, those of this path among them.
    """

    def __init__(self, a: Library, recording: Any, captured: Sequence[Value]) -> None:
        self._a, self.recording = a, recording
        place = {v: k for k, v in enumerate(captured)}
        self.own = [place[v] for v in recording.captured]  # of all parameters those of this path
        self._numbers = [v.data for v in captured]
        self._inputs = [x.data for x in leaves(recording.arguments) if isinstance(x, Value)]

    def filled(self, parameters: Any, inputs: Sequence[Any]) -> "Slots":
        """The slots after a run."""
        program, every = self.recording.program, list(range(parameters.shape[-1]))
        own = parameters if self.own == every else parameters[self._a.places(self.own, parameters)]
        slots = Slots(self._a, program.n_slots, parameters)
        slots.place(program.captured, own)
        if inputs:
            slots.place(program.inputs, self._a.np.concatenate([x.reshape(-1) for x in inputs]))
        if program.constants:
            numbers = [x for _, x in program.constants]
            slots.place([s for s, _ in program.constants], self._a.numbers(numbers, parameters))
        for instruction in program.each():
            slots.run(instruction)
        return slots

    def usual(self, parameters: Any, inputs: Sequence[Any]) -> list[Any]:
        """The parameters and the inputs of the recording, as arrays like these."""
        found, begin = [self._a.numbers(self._numbers, parameters)], 0
        for x in inputs:
            n = prod(x.shape)
            found.append(self._a.numbers(self._inputs[begin : begin + n], parameters).reshape(x.shape))
            begin += n
        return found

    def holds(self, slots: "Slots") -> Any:
        """Whether all comparisons come out as they did in the recording, an array of no dimension."""
        alike: dict[tuple[str, bool], list[Guard]] = {}
        for guard in self.recording.program.guards:
            alike.setdefault((guard.comparison, guard.outcome), []).append(guard)
        outcome = self._a.np.zeros_like(slots.like[:0]).all()  # true
        for (comparison, recorded), guards in alike.items():
            left, right = slots.gathered([g.left for g in guards]), slots.gathered([g.right for g in guards])
            found: Any = self.same(left, right) if comparison == "is" else COMPARISONS[comparison](left, right)
            outcome = outcome & (found == recorded).all()
        return outcome

    def same(self, x: Any, y: Any) -> Any:
        """Whether numbers are the same: 0.0 is not -0.0, and nan is nan."""
        signbit = self._a.np.signbit
        return ((x == y) & (signbit(x) == signbit(y))) | ((x != x) & (y != y))


def refuse(program: Program, name: str, target: str, known: Container[Operation]) -> None:
    """TypeError for an operation of the user's own, and where there is nothing to compute."""
    if not program.outputs:
        raise TypeError(f"{name} returns no Value, so there is nothing to write for {target}")
    for instruction in program.each():
        if instruction.op not in known:
            raise TypeError(
                f"{name} cannot be written for {target}: '{instruction.op.name}' is an operation of your own, known "
                "only as a function of floats. Write it with operators and the functions of autograd"
            )


def take_apart(like: Any, given: Any, place: str, found: list[Any]) -> None:
    """Append the numbers in an argument, arrays and lists of floats; `like` has Values where there are numbers."""
    shape = shape_of(like)
    if shape is not None and hasattr(given, "shape"):
        if tuple(given.shape) != shape:
            raise ValueError(f"{place} was recorded as {of_shape(shape)}, got {of_shape(tuple(given.shape))}")
        found.append(given.reshape(-1) if hasattr(given, "reshape") else given)
    elif isinstance(like, Value):
        found.append([to_float(given, place)])
    elif shape is not None and shape_of(given, of=(float, int)) == shape:
        found.append([float(x) for x in leaves(given)])
    elif isinstance(like, (list, tuple, dict)) or is_array(like):
        children = like.items() if isinstance(like, dict) else enumerate(like)
        if not hasattr(given, "__getitem__") or not hasattr(given, "__len__") or len(given) != len(like):
            raise ValueError(f"{place} was recorded as {described(like)}, got {described(given)}")
        for key, child in children:
            if isinstance(like, dict) and key not in given:
                raise ValueError(f"{place} has no {key!r}, which it was recorded with")
            take_apart(child, given[key], f"{place}[{key!r}]", found)
    elif given is not like and (hasattr(given, "shape") or type(given) is not type(like) or given != like):
        raise ValueError(
            f"{place} is {like!r} in the recording, and part of it, got {described(given)}. Make it a float if it may "
            "vary, or leave it to the library as a static argument"
        )


def shape_of(tree: Any, of: Any = Value) -> tuple[int, ...] | None:
    """The shape that an array of the same numbers would have; None for anything else."""
    if isinstance(tree, of):
        return () if not isinstance(tree, bool) else None
    if not (isinstance(tree, (list, tuple)) or is_array(tree)) or hasattr(tree, "_fields") or not len(tree):
        return None
    shapes = {shape_of(child, of) for child in tree}
    only = shapes.pop() if len(shapes) == 1 else None
    return None if only is None else (len(tree), *only)


def of_shape(shape: tuple[int, ...]) -> str:
    """A shape in words."""
    return f"an array of shape {shape}" if shape else "one number"


def described(thing: Any) -> str:
    """A short description of an argument."""
    if hasattr(thing, "shape"):
        return of_shape(tuple(thing.shape))
    sized = isinstance(thing, (list, tuple, dict))
    return f"a {type(thing).__name__} of {len(thing)}" if sized else repr(thing)


class Slots:
    """The slots of a program as blocks, arrays of one dimension; a block has consecutive slots."""

    def __init__(self, a: Library, n: int, like: Any) -> None:
        self._a, self.like = a, like
        self._block: list[int | None] = [None] * n  # the number of the block that has the slot
        self._firsts: list[int] = []  # of each block the first slot
        self._arrays: list[Any] = []
        self._lengths: list[int] = []

    def add(self, first: int, array: Any, length: int) -> None:
        """A block of slots from `first` on."""
        self._block[first : first + length] = [len(self._arrays)] * length
        self._firsts.append(first)
        self._arrays.append(array)
        self._lengths.append(length)

    def place(self, slots: Sequence[int], numbers: Any) -> None:
        """Put numbers[k] into slots[k], consecutive slots in one block."""
        order = sorted(range(len(slots)), key=slots.__getitem__)
        begin = 0
        for end in range(1, len(order) + 1):
            if end == len(order) or slots[order[end]] != slots[order[end - 1]] + 1:
                own, n = order[begin:end], end - begin
                in_order = own == list(range(own[0], own[0] + n))
                block = numbers[own[0] : own[0] + n] if in_order else numbers[self._a.places(own, self.like)]
                self.add(slots[own[0]], block, n)
                begin = end

    def run(self, x: Instruction) -> None:
        """Do an instruction: a new block."""
        counts = (x.outer, x.inner)
        if x.op is table.dot or x.op is affine:
            result = self.dot(x)
            if x.op is affine:
                result = result + self.on_axes(x, 2)
        elif x.op is accumulate:
            left, right = (self.on_axes(x, k) for k in (0, 1))
            result = self.on_axes(x, 2)
            for k in range(x.length):  # in the order in which it was written
                result = result + left[..., min(k, left.shape[-1] - 1)] * right[..., min(k, right.shape[-1] - 1)]
        else:
            operands = [self.on_axes(x, k) for k in range(len(x.operands))]
            if x.op.name in VECTORS:
                (xs,) = operands
                operands = [self._a.np.broadcast_to(xs, (*xs.shape[:2], x.length))]
            result = self._a.operation(x.op)(self._a, *operands)
        self.add(x.out.base, self._a.np.broadcast_to(result, counts).reshape(-1), x.outer * x.inner)

    def dot(self, x: Instruction) -> Any:
        """Σ over k of two operands, on the axes (j, i)."""
        (left, its), (right, other) = (self.read(run, (x.outer, x.inner, x.length)) for run in x.operands[:2])
        out = "".join(letter for letter in "ji" if letter in its + other)
        result = self._a.einsum(f"{its},{other}->{out}", left, right)
        if "k" not in its + other:
            result = result * float(x.length)
        return result.reshape([n if letter in out else 1 for letter, n in zip("ji", (x.outer, x.inner))])

    def on_axes(self, x: Instruction, operand: int) -> Any:
        """An operand on the axes (j, i), of an operation of many numbers on (j, i, k); 1 long where nothing varies."""
        counts = (x.outer, x.inner, x.length)[: 3 if operand < VECTORS.get(x.op.name, 0) else 2]
        found, letters = self.read(x.operands[operand], (*counts, 1)[:3])
        return found.reshape([n if letter in letters else 1 for letter, n in zip("jik", counts)])

    def read(self, run: Run, counts: Sequence[int]) -> tuple[Any, str]:
        """The numbers of an operand on those of the axes "jik" along which they vary, and which those are."""
        axes = [
            (letter, n, step)
            for letter, n, step in zip("jik", counts, (run.outer, run.inner, run.stride))
            if n > 1 and step
        ]
        letters = "".join(letter for letter, _, _ in axes)
        low = run.base + sum((n - 1) * min(step, 0) for _, n, step in axes)
        high = run.base + sum((n - 1) * max(step, 0) for _, n, step in axes)
        falling = sorted(axes, key=lambda axis: -axis[2])
        first, block = self.block(low, high)
        found = None
        if block is not None:
            found = strided(block, run.base - first, [(n, step) for _, n, step in falling])
        if found is None:
            slots = [run.base]
            for _, n, step in axes:
                slots = [s + i * step for s in slots for i in range(n)]
            return self.gathered(slots).reshape([n for _, n, _ in axes]), letters
        order = [falling.index(axis) for axis in axes]
        if order != sorted(order):
            found = found.permute(order) if hasattr(found, "permute") else found.transpose(order)
        return found, letters

    def block(self, low: int, high: int) -> tuple[int, Any]:
        """One array that has the slots from low to high, and its first slot; None if some are not filled yet."""
        k = self._block[low]
        found: list[int] = []
        while k is not None:
            found.append(k)
            end = self._firsts[k] + self._lengths[k]
            if end > high:
                return self._firsts[found[0]], self._joined(found)
            k = self._block[end]
        return 0, None

    def gathered(self, slots: Sequence[int]) -> Any:
        """The numbers of any slots, an array of one dimension."""
        own: Any = [self._block[s] for s in slots]
        needed: dict[int, int] = dict.fromkeys(own, 0)
        offset = 0
        for k in needed:
            needed[k] = offset - self._firsts[k]  # what is added to its slots
            offset += self._lengths[k]
        places = [s + needed[k] for s, k in zip(slots, own)]
        first, n, joined = places[0], len(places), self._joined(list(needed))
        if places == list(range(first, first + n)):
            return joined[first : first + n]
        return joined[self._a.places(places, self.like)]

    def _joined(self, blocks: Sequence[int]) -> Any:
        return (
            self._arrays[blocks[0]] if len(blocks) == 1 else self._a.np.concatenate([self._arrays[k] for k in blocks])
        )


def strided(array: Any, offset: int, axes: Sequence[tuple[int, int]]) -> Any:
    """The elements offset + Σ i · step of the last axis, with an axis for each (count, step), by slices alone.

    The steps fall. None where slices cannot do it: where rows overlap, or where a step is negative.
    """
    if not axes:
        return array[..., offset]
    (n, step), *rest = axes
    if axes[-1][1] < 0:
        return None
    if not rest:
        return array[..., offset : offset + (n - 1) * step + 1 : step]
    span = 1 + sum((count - 1) * inner for count, inner in rest)
    start = min(offset, array.shape[-1] - n * step)
    if start < max(0, offset + span - step):
        return None
    rows = array[..., start : start + n * step].reshape([*array.shape[:-1], n, step])
    return strided(rows, offset - start, rest)
