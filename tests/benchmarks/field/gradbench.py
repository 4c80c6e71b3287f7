"""A tool of GradBench: answers its messages, a line of JSON each, so that this project can stand in its table.

GradBench's runner starts it: gradbench run --eval "…" --tool "python -m tests.benchmarks.field.gradbench". Functions
are compiled before they are timed; --eager leaves that out, for sizes that take too long to compile.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import autograd
from autograd import Value, grad, hvp, jvp
from tests.benchmarks.field import ba, det, gmm, kmeans, llsq, lse, lstm, ode, particle, saddle
from tests.benchmarks.field.libraries import ours
from tests.benchmarks.field.problem import Problem, rows

Work = Callable[[], Any]  # what is timed, and gives the output
Input = Any
LIBRARY = ours()


def as_it_is(f: Any) -> Any:
    """What --eager does in place of compiling."""
    return f


def value_of(problem: Problem) -> Work:
    return lambda: problem.scalars(problem.inputs, LIBRARY)


def gradient_of(problem: Problem, compile: Any) -> Callable[[], list[float]]:
    values, program = [Value(x) for x in problem.inputs], problem.scalars
    f = compile(lambda xs: program(xs, LIBRARY))

    def work() -> list[float]:
        autograd.clear(values)
        if compile is as_it_is:
            f(values).backward()
        else:
            f.value_and_grad(values)
        return [x.grad for x in values]

    return work


def of_problem(make: Callable[[Input], Problem], value: str, gradient: str) -> dict[str, Any]:
    """The two functions of an evaluation whose gradient is a list."""
    return {value: lambda given, _: value_of(make(given)), gradient: lambda given, c: gradient_of(make(given), c)}


# gmm


def gmm_problem(given: Input) -> Problem:
    flat = [[x for row in given[name] for x in row] for name in ("mu", "q", "l")]
    return gmm.of(given["alpha"], *flat, given["x"], given["m"], given["gamma"])


def gmm_jacobian(given: Input, compile: Any) -> Work:
    gradient, k, d = gradient_of(gmm_problem(given), compile), given["k"], given["d"]
    return lambda: dict(zip(("alpha", "mu", "q", "l"), gmm.taken_apart(gradient(), k, d)))


# ba: every observation is the same, and is computed all the same


def ba_objective(given: Input, _: Any) -> Work:
    cam, x, w, seen, p = given["cam"], given["x"], given["w"], given["feat"], given["p"]

    def work() -> Any:
        found = [[*ba.errors(cam, x, w, seen, LIBRARY), 1 - w * w] for _ in range(p)]
        *off, of_weight = found[0]
        return {"reproj_error": {"elements": off, "repeated": p}, "w_err": {"element": of_weight, "repeated": p}}

    return work


def ba_jacobian(given: Input, compile: Any) -> Work:
    """A sparse matrix in compressed rows, of which the first thirty entries and the last one are wanted."""
    n, m, p = given["n"], given["m"], given["p"]
    values = [Value(x) for x in (*given["cam"], *given["x"], given["w"])]
    errors = [
        compile(lambda xs, i=i: ba.errors(xs[:11], xs[11:14], xs[14], given["feat"], LIBRARY)[i]) for i in range(2)
    ]

    def row(f: Any) -> list[float]:
        autograd.clear(values)
        f(values).backward()
        return [x.grad for x in values]

    def ends(xs: list[Any]) -> list[Any]:
        return [*xs[:30], xs[-1]]

    def work() -> Any:
        entries, columns = [], []
        for i in range(p):
            of_camera, of_point = range(11 * (i % n), 11 * (i % n) + 11), range(3 * (i % m), 3 * (i % m) + 3)
            where = [*of_camera, *(11 * n + each for each in of_point), 11 * n + 3 * m + i]
            for f in errors:
                entries += row(f)
                columns += where
        entries += [-2.0 * given["w"]] * p
        columns += range(11 * n + 3 * m, 11 * n + 3 * m + p)
        starts = list(accumulate([15] * (2 * p) + [1] * p, initial=0))
        return {"rows": ends(starts), "cols": ends(columns), "vals": ends(entries)}

    return work


# lstm, ode and kmeans


def lstm_problem(given: Input) -> Problem:
    main, extra = ([x for row in given[name] for x in row] for name in ("main_params", "extra_params"))
    return lstm.of(main, extra, given["state"], given["sequence"])


def kmeans_direction(given: Input, compile: Any) -> Work:
    """The gradient, each entry divided by its own second derivative: others are 0."""
    problem = kmeans.of(given["points"], given["centroids"])
    xs, ones, width = problem.inputs, [1.0] * len(problem.inputs), len(given["points"][0])
    gradient = gradient_of(problem, compile)

    def cost(xs: list[Any]) -> Any:
        return problem.scalars(xs, LIBRARY)

    def work() -> Any:
        return rows([a / b for a, b in zip(gradient(), hvp(cost, xs, ones))], width)

    return work


# Gradients within


def forward(f: Any) -> Any:
    """The gradient by the first argument, a list, forward."""

    def gradient(x: list[Any], *others: Any) -> list[Any]:
        units = [[float(i == j) for j in range(len(x))] for i in range(len(x))]
        return [jvp(lambda x: f(x, *others), (x,), (unit,))[1] for unit in units]

    return gradient


def nested(search: Callable[..., Work]) -> dict[str, Any]:
    """The four functions: the outer gradient, then the one within, forward or reverse."""
    ways = {"f": forward, "r": grad}

    def function(outer: Any, inner: Any) -> Any:
        return lambda given, compile: search(given, outer, lambda f: compile(inner(f)))

    return {a + b: function(ways[a], ways[b]) for a in ways for b in ways}


MODULES: dict[str, dict[str, Callable[[Input, Any], Work]]] = {
    "hello": {
        "square": lambda x, _: lambda: x * x,
        "double": lambda x, _: lambda: grad(lambda x: x * x)(float(x)),
    },
    "gmm": {"objective": lambda given, _: value_of(gmm_problem(given)), "jacobian": gmm_jacobian},
    "ba": {"objective": ba_objective, "jacobian": ba_jacobian},
    "lstm": of_problem(lstm_problem, "objective", "jacobian"),
    "lse": of_problem(lambda given: lse.of(given["x"]), "primal", "gradient"),
    "llsq": of_problem(lambda given: llsq.of(given["x"], given["n"]), "primal", "gradient"),
    "ode": of_problem(lambda given: ode.of(given["x"], given["s"]), "", "gradient")
    | {"primal": lambda given, _: lambda: ode.solved(given["x"], given["s"])},
    "det": of_problem(lambda given: det.of(given["A"]), "primal", "gradient"),
    "kmeans": of_problem(lambda given: kmeans.of(given["points"], given["centroids"]), "cost", "")
    | {"dir": kmeans_direction},
    "particle": nested(lambda given, *ways: lambda: particle.found([given["w"]], *ways, LIBRARY)[0]),
    "saddle": nested(lambda given, *ways: lambda: saddle.found(given["start"], *ways, LIBRARY)),
}


def answer(message: dict[str, Any], compile: Any) -> dict[str, Any]:
    """What is said to a message, beside its number."""
    kind, functions = message["kind"], MODULES.get(message.get("module", ""))
    if kind == "start":
        return {"tool": "chalkgrad"}
    if kind == "define":
        return {"success": functions is not None}
    if kind != "evaluate":
        return {}
    if not functions or message["function"] not in functions:
        return {"success": False, "error": f"there is no {message['module']} with a {message['function']}"}
    given = message["input"]
    least = given if isinstance(given, dict) else {}
    try:
        start = time.perf_counter_ns()
        work = functions[message["function"]](given, compile)
        output = work()  # the first call compiles
        timings = [{"name": "prepare", "nanoseconds": time.perf_counter_ns() - start}]
        runs, seconds = 0, 0.0
        while runs < max(1, least.get("min_runs", 1)) or seconds < least.get("min_seconds", 0):
            start = time.perf_counter_ns()
            output = work()
            took = time.perf_counter_ns() - start
            timings.append({"name": "evaluate", "nanoseconds": took})
            runs, seconds = runs + 1, seconds + took / 1e9
    except Exception as error:  # the eval goes on with what comes next
        return {"success": False, "error": f"{type(error).__name__}: {error}"}
    return {"success": True, "output": output, "timings": timings}


def main() -> None:
    """Answer every line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--eager", action="store_true", help="compile nothing")
    compile = as_it_is if parser.parse_args().eager else autograd.compile
    for line in sys.stdin:
        message = json.loads(line)
        print(json.dumps({"id": message["id"]} | answer(message, compile)), flush=True)


if __name__ == "__main__":
    main()
