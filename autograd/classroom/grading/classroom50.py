"""Classroom 50: the result.json that its runner reads, schema classroom50/result/v1.

The form is published: https://github.com/foundation50/classroom50/wiki/Advanced-Autograding
"""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime

from autograd.classroom.grading.many import Graded

SCHEMA = "classroom50/result/v1"
FROM_THE_RUNNER = {  # the variables in which the runner tells what it grades
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}


def result(graded: Graded, environment: Mapping[str, str] = os.environ) -> str:
    """The result.json of a submission, with a test for each part that gives points.

    environment: where the runner says which classroom, assignment, submission and commit it is.
    ValueError if these are missing, or if the maximum of a part is no whole number: Classroom 50 counts in whole
    points. The points of a part are rounded down.
    """
    told = {name: environment.get(variable, "") for name, variable in FROM_THE_RUNNER.items()}
    told["review"] = told["review"] or told["commit"]
    missing = [FROM_THE_RUNNER[name] for name, text in told.items() if not text]
    if missing:
        raise ValueError(
            f"the variable {missing[0]} is not set. Run this in an autograder.py of Classroom 50, whose runner sets it"
        )
    for part in graded.score.parts:
        if abs(part.maximum - round(part.maximum)) > 1e-9:
            raise ValueError(
                f"{part.name!r} gives {part.maximum:g} points, and Classroom 50 takes whole ones. Change [points]"
            )
    parts = graded.score.parts
    points = [int(part.points + 1e-9) for part in parts]
    maxima = [round(part.maximum) for part in parts]
    tests = [
        {"test-name": part.name, "passed": part.points == part.maximum, "score": score, "max-score": maximum}
        for part, score, maximum in zip(parts, points, maxima)
    ]
    content = {
        "schema": SCHEMA,
        **told,
        "datetime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": sum(points),
        "max-score": sum(maxima),
        "tests": tests,
    }
    return json.dumps(content, indent=1) + "\n"
