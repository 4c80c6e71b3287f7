"""What takes the gradients: this project, eager and compiled, and other libraries, each as its own users would.

A rival makes two functions of a problem. The first computes the value and the gradient, and returns the value. The
second returns this gradient as a list; its time is not measured. A library of arrays gets the program in arrays if
there is one. Otherwise it gets single numbers of an array.
"""

from collections.abc import Callable
from typing import Any

from tests.benchmarks.field.libraries import Arrays, Scalars, numpy_like, ours, torch_arrays
from tests.benchmarks.field.problem import Nested, Problem

Pair = tuple[Callable[[], Any], Callable[[], list[float]]]


class NotWritten(Exception):
    """A rival cannot do this evaluation, and why."""


def compiled(problem: Problem | Nested) -> Pair:
    import autograd

    values, m = [autograd.Value(x) for x in problem.inputs], ours()
    if isinstance(problem, Nested):
        return nested(autograd, values, problem.made(lambda f: autograd.compile(autograd.grad(f)), m))
    program = problem.scalars
    f = autograd.compile(lambda xs: program(xs, m))

    def work() -> float:
        autograd.clear(values)
        return f.value_and_grad(values)

    return work, lambda: [x.grad for x in values]


def eager(problem: Problem | Nested) -> Pair:
    import autograd

    values, m = [autograd.Value(x) for x in problem.inputs], ours()
    if isinstance(problem, Nested):
        return nested(autograd, values, problem.made(autograd.grad, m))

    def work() -> float:
        autograd.clear(values)
        result = problem.scalars(values, m)
        result.backward()
        return result.data

    return work, lambda: [x.grad for x in values]


def nested(autograd: Any, values: list[Any], f: Any) -> Pair:
    """Of a function that takes gradients within."""

    def work() -> float:
        autograd.clear(values)
        result = f(values)
        result.backward()
        return result.data

    return work, lambda: [x.grad for x in values]


def by_casadi(problem: Problem | Nested) -> Pair:
    """Symbols of single numbers, and the virtual machine by its fastest interface."""
    import casadi
    import numpy as np

    if isinstance(problem, Nested):
        raise NotWritten("loops that end when a number says so")
    n = len(problem.inputs)
    symbols = casadi.SX.sym("x", n)
    m = Scalars(casadi, smaller=casadi.fmin, larger=casadi.fmax)
    result = problem.scalars([symbols[i] for i in range(n)], m)
    f = casadi.Function("f", [symbols], [result, casadi.gradient(result, symbols)])
    arrays = np.array(problem.inputs), np.zeros(1), np.zeros(n)
    buffer, call = f.buffer()
    buffer.set_arg(0, memoryview(arrays[0]))
    buffer.set_res(0, memoryview(arrays[1]))
    buffer.set_res(1, memoryview(arrays[2]))

    def work() -> Any:
        call()
        return arrays[1][0]

    work.keeps = buffer, f  # type: ignore[attr-defined]
    return work, lambda: arrays[2].tolist()


def by_jax(problem: Problem | Nested) -> Pair:
    """Jitted, the value and the gradient together. Of a nested function the gradient within is jitted."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    m = Scalars(jnp, erf=jax.scipy.special.erf, atan2=jnp.arctan2, smaller=jnp.minimum, larger=jnp.maximum)
    x = jnp.array(problem.inputs)
    if isinstance(problem, Nested):
        gradient = jax.value_and_grad(problem.made(lambda f: jax.jit(jax.grad(f)), m))
        return of_function(gradient, [jnp.array(each) for each in problem.inputs])
    gradient = jax.jit(jax.value_and_grad(in_arrays(problem, numpy_like(jnp), m)))
    return of_function(gradient, x, lambda result: jax.block_until_ready(result))


def by_torch(problem: Problem | Nested) -> Pair:
    import torch

    torch.set_num_threads(1)
    m = Scalars(torch, smaller=torch.minimum, larger=torch.maximum)
    if isinstance(problem, Nested):
        # a plain number has no square root there, so everything begins as a tensor
        root = torch.sqrt
        m.sqrt = lambda x: root(x if isinstance(x, torch.Tensor) else torch.tensor(x, dtype=torch.float64))
        leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in problem.inputs]
        f: Any = problem.made(torch_grad(torch), m)
        argument: Any = leaves
    else:
        leaves = [torch.tensor(problem.inputs, dtype=torch.float64, requires_grad=True)]
        f, argument = in_arrays(problem, torch_arrays(), m), leaves[0]

    def work() -> Any:
        for leaf in leaves:
            leaf.grad = None
        result = f(argument)
        result.backward()
        return result.item()

    return work, lambda: [x for leaf in leaves for x in leaf.grad.reshape(-1).tolist()]


def torch_grad(torch: Any) -> Callable[[Any], Any]:
    """The gradient of a function by its first argument, a list, that can be differentiated again."""

    def gradient_of(f: Any) -> Any:
        def gradient(xs: list[Any], *others: Any) -> Any:
            made = [x if isinstance(x, torch.Tensor) else torch.tensor(x, dtype=torch.float64) for x in xs]
            made = [x if x.requires_grad else x.clone().requires_grad_() for x in made]
            return list(torch.autograd.grad(f(made, *others), made, create_graph=True))

        return gradient

    return gradient_of


def by_hips(problem: Problem | Nested) -> Pair:
    """The older package that has our import name; it is found first where this is called."""
    import autograd.numpy as np
    import autograd.scipy.special

    grad, value_and_grad = autograd.grad, autograd.value_and_grad
    m = Scalars(np, erf=autograd.scipy.special.erf, atan2=np.arctan2, smaller=np.minimum, larger=np.maximum)
    if isinstance(problem, Nested):
        return of_function(value_and_grad(problem.made(grad, m)), problem.inputs)
    return of_function(value_and_grad(in_arrays(problem, numpy_like(np), m)), np.array(problem.inputs))


def by_numba(problem: Problem | Nested) -> Pair:
    """Loops with derivatives by hand, compiled for this processor."""
    import numba
    import numpy as np

    if isinstance(problem, Nested) or problem.by_hand is None:
        raise NotWritten("no derivatives by hand")
    data = [np.array(each) if isinstance(each, list) else each for each in problem.data]
    f = numba.njit(error_model="numpy")(problem.by_hand)
    return of_function(lambda x: f(x, *data), np.array(problem.inputs))


def by_xad(problem: Problem | Nested) -> Pair:
    """A tape of C++, by operators, recorded each time."""
    import xad.math
    from xad.adj_1st import Real, Tape

    if isinstance(problem, Nested):
        raise NotWritten("derivatives of derivatives")
    m = Scalars(xad.math, smaller=xad.math.min, larger=xad.math.max)
    gradient: list[float] = []

    def work() -> float:
        with Tape() as tape:
            xs = [Real(x) for x in problem.inputs]
            for x in xs:
                tape.registerInput(x)
            tape.newRecording()
            result = problem.scalars(xs, m)
            tape.registerOutput(result)
            result.setDerivative(1.0)
            tape.computeAdjoints()
            gradient[:] = [x.getDerivative() for x in xs]
            return result.getValue()

    return work, lambda: gradient


def in_arrays(problem: Problem, arrays: Arrays, m: Scalars) -> Callable[[Any], Any]:
    """The program of one array."""
    if problem.arrays is not None:
        program = problem.arrays
        return lambda x: program(x, arrays)
    n = len(problem.inputs)
    return lambda x: problem.scalars([x[i] for i in range(n)], m)


def of_function(value_and_gradient: Any, x: Any, wait: Callable[[Any], Any] = lambda result: result) -> Pair:
    """The two functions of one that answers a pair."""
    last: list[Any] = []

    def work() -> Any:
        last[:] = wait(value_and_gradient(x))
        return last[0]

    return work, lambda: [float(each) for each in last[1]]


RIVALS: dict[str, Callable[[Problem | Nested], Pair]] = {
    "compiled": compiled,
    "eager": eager,
    "CasADi": by_casadi,
    "JAX": by_jax,
    "PyTorch": by_torch,
    "HIPS": by_hips,
    "numba by hand": by_numba,
    "xad": by_xad,
}
NEEDS = {"CasADi": "casadi", "JAX": "jax", "PyTorch": "torch", "HIPS": "autograd.numpy", "numba by hand": "numba"}
NEEDS |= {"xad": "xad"}
