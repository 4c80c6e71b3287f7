"""The "fastest autograd in the west": softplus, sums, products and softmax of numbers made before, in turn.

The program was published on a blog in 2023 in several languages. Some of them computed wrong gradients. Here the
softmax is a real one: its exponentials are shifted, and its sum is in every derivative. The result is the sum of all
numbers. As published it is only the last number, which the inputs move by less than a double can show.
"""

from typing import Any

import numpy as np

from tests.benchmarks.field.problem import Problem, numbers


def problem(operations: int = 10_000, variables: int = 100) -> Problem:
    def scalars(xs: list[Any], m: Any) -> Any:
        made = list(xs)
        for i in range(operations):
            if i % 4 == 0:
                made.append(m.softplus(made[-10]))
            elif i % 4 == 1:
                made.append(m.sum(made[-30:-10:5]))
            elif i % 4 == 2:
                made.append(made[-20] * made[-10])
            else:
                made += m.softmax(made[-4:])
        return m.sum(made)

    return Problem(numbers(variables, 0.0, 1.0), scalars, None, by_hand, (operations,))


def by_hand(x: Any, operations: Any) -> tuple[float, Any]:
    n = len(x)
    total = n + operations // 4 * 7 + min(operations % 4, 3)
    made, gradient = np.zeros(total), np.ones(total)
    made[:n] = x
    at = n
    for i in range(operations):
        if i % 4 == 0:
            z = made[at - 10]
            made[at] = max(z, 0.0) + np.log1p(np.exp(-abs(z)))
        elif i % 4 == 1:
            made[at] = made[at - 30] + made[at - 25] + made[at - 20] + made[at - 15]
        elif i % 4 == 2:
            made[at] = made[at - 20] * made[at - 10]
        else:
            largest = made[at - 4 : at].max()
            made[at : at + 4] = np.exp(made[at - 4 : at] - largest)
            made[at : at + 4] /= made[at : at + 4].sum()
            at += 3
        at += 1
    value = made.sum()
    for i in range(operations - 1, -1, -1):
        at -= 4 if i % 4 == 3 else 1
        if i % 4 == 0:
            gradient[at - 10] += gradient[at] / (1 + np.exp(-made[at - 10]))
        elif i % 4 == 1:
            for back in (30, 25, 20, 15):
                gradient[at - back] += gradient[at]
        elif i % 4 == 2:
            gradient[at - 20] += gradient[at] * made[at - 10]
            gradient[at - 10] += gradient[at] * made[at - 20]
        else:
            mean = 0.0
            for k in range(at, at + 4):
                mean += gradient[k] * made[k]
            for k in range(at, at + 4):
                gradient[k - 4] += made[k] * (gradient[k] - mean)
    return value, gradient[:n].copy()
