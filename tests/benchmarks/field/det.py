"""The determinant of a matrix, expanded by minors: a recursion, with no arrays in it."""

from typing import Any

from tests.benchmarks.field.problem import Problem, numbers, rows


def problem(size: int = 6) -> Problem:
    return of(numbers(size * size))


def of(entries: list[float]) -> Problem:
    return Problem(entries, scalars)


def scalars(entries: list[Any], m: Any) -> Any:
    size = round(len(entries) ** 0.5)
    return expanded(rows(entries, size), list(range(size)))


def expanded(matrix: list[list[Any]], columns: list[int]) -> Any:
    """The determinant of the last rows, as many as there are columns, in these columns."""
    row = matrix[len(matrix) - len(columns)]
    if len(columns) == 1:
        return row[columns[0]]
    total = None
    for i, column in enumerate(columns):
        term = row[column] * expanded(matrix, columns[:i] + columns[i + 1 :])
        total = term if total is None else total - term if i % 2 else total + term
    return total
