"""Gradescope: the archive that a teacher uploads there, and the results.json that it reads.

The form is published: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from autograd.classroom.checks.reports import as_text, not_yet
from autograd.classroom.grading.many import Graded
from autograd.classroom.grading.scheme import FILE, Part, amount
from autograd.languages import say

PACKAGE = Path(__file__).parents[2]
LEFT_OUT = {".so", ".pyd", ".c", ".pyx", ".pxi", ".h", ".md"}  # what is needed to build an engine, or to read

SETUP = """\
#!/usr/bin/env bash
# Finds a Python that chalkgrad runs on, or installs one. Nothing else is needed: chalkgrad is in this archive.
set -eu
fits='import sys; sys.exit(sys.version_info < (3, 11))'
for python in python3 python3.13 python3.12 python3.11; do
  if command -v "$python" > /dev/null && "$python" -c "$fits"; then
    ln -sf "$(command -v "$python")" /autograder/python
    exit 0
  fi
done
apt-get update
apt-get install -y --no-install-recommends python3.11
ln -sf "$(command -v python3.11)" /autograder/python
"""

RUN = """\
#!/usr/bin/env bash
# Grades /autograder/submission, and writes /autograder/results/results.json.
set -eu
cd /autograder
export CHALKGRAD_ENGINE=python PYTHONPATH=/autograder/source/chalkgrad PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1
exec /autograder/python -m autograd check /autograder/submission --results gradescope \\
  -o /autograder/results/results.json {options}
"""


def archive(options: Sequence[str], scheme: bytes | None = None) -> bytes:
    """The .zip to upload: setup.sh, run_autograder, chalkgrad itself, and the teacher's file of points.

    options: of `python -m autograd check`, as for every submission. scheme: what is in the teacher's file.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:

        def put(name: str, content: bytes, mode: int = 0o644) -> None:
            entry = zipfile.ZipInfo(name)
            entry.external_attr, entry.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            packed.writestr(entry, content)

        if scheme is not None:
            put("points.toml", scheme)
            options = [*options, "--points", "/autograder/source/points.toml"]
        put("setup.sh", SETUP.encode(), 0o755)
        put("run_autograder", RUN.format(options=" ".join(map(_quoted, options))).encode(), 0o755)
        for path in sorted(PACKAGE.rglob("*")):
            if path.is_file() and path.suffix not in LEFT_OUT and "__pycache__" not in path.parts:
                put(f"chalkgrad/autograd/{path.relative_to(PACKAGE).as_posix()}", path.read_bytes())
    return written.getvalue()


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


def results(graded: Graded) -> str:
    """The results.json of a submission: a test for each part that gives points; hidden ones only the teacher sees."""
    tests = [_test(part) for part in graded.score.parts]
    broken = [result for result in graded.seen.results if result.stage == FILE and result.status == "failed"]
    said = as_text(broken[0]) if broken else graded.seen.headline
    return _as_json(
        {
            "score": round(graded.score.points, 4),
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "output": f"{said}\n\n{say(graded.seen.note)}".strip(),
            "output_format": "text",
            "tests": tests,
        }
    )


def _test(part: Part) -> dict[str, Any]:
    return {
        "name": say(part.name),
        "score": round(part.points, 4),
        "max_score": round(part.maximum, 4),
        "status": "passed" if part.points == part.maximum else "failed",
        "output": "\n\n".join(_said(part)),
        "output_format": "text",
        "visibility": "hidden" if part.hidden else "visible",
    }


def _said(part: Part) -> Iterator[str]:
    missing = sorted({result.missing for result in part.results if result.missing and result.missing != FILE})
    yield say("{0} of {1} points", amount(part.points), amount(part.maximum))
    if missing:
        yield not_yet(", ".join(map(say, missing)))
    for result in part.results:
        if result.status == "failed":
            yield as_text(result)


def _as_json(content: Any) -> str:
    return json.dumps(content, indent=1) + "\n"
