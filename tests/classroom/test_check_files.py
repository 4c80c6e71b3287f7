"""check on a student's file, in a process of its own: whatever the file does, the report is whole and true."""

import json
import math
import os
import py_compile
import re
import subprocess
import sys
import time

import pytest

from autograd.classroom import check, check_file
from autograd.classroom.checks import drawn
from autograd.classroom.checks.engine_facts import ENGINE
from autograd.classroom.checks.replies import clean, tidied, understood
from tests.classroom.broken_engines import RIGHT
from tests.classroom.facts import ALL, names
from tests.classroom.mutants import engine
from tests.classroom.right_engines import ENGINES

pytestmark = pytest.mark.once


PATIENT = (1, 20)  # seconds: on a busy machine the first may be too short to begin a process
NEGATIVE = "        return self * -1\n"
IN_A_FACT = {
    "a loop": ("while True:\n            pass", "TimeLimit: not at its end after {timeout} seconds"),
    "a loop that catches all": (
        "while True:\n            try:\n                while True:\n                    pass\n"
        "            except BaseException:\n                pass",
        "TimeLimit: not at its end after {timeout} seconds",
    ),
    "os._exit": ("import os; os._exit(0)", "Crash: the process ended itself, with status 0"),
    "a BaseException": ("raise BaseException('mine')", "BaseException: mine"),
    "an interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "sys.exit": ("raise SystemExit(0)", "SystemExit: 0"),
    "an error without words": (
        "raise type('E', (Exception,), {'__str__': lambda e: 1 / 0})",
        "E: (it cannot be put into words)",
    ),
    "input": ("input()", "EOFError"),
    "the pipe closed": ("import os; os.closerange(0, 100)", "Crash: the process ended itself, with status 1"),
}
if os.name == "posix":
    IN_A_FACT |= {
        "a segmentation fault": ("import ctypes; ctypes.string_at(0)", "Crash: the process was ended by SIGSEGV"),
        "another program": ("import os; os.execvp('sleep', ['sleep', '60'])", "TimeLimit"),
        "a stopped process": ("import os; os.kill(os.getpid(), 19)", "TimeLimit"),
    }


@pytest.mark.parametrize("attack", IN_A_FACT)
def test_a_fact_that_goes_wrong_is_told_and_the_next_go_on(file, attack):
    code, error = IN_A_FACT[attack]
    attacked = file(RIGHT.replace(NEGATIVE, f"        {code}\n"))
    for timeout in PATIENT:
        report = check_file(attacked, stages=["operators"], timeout=timeout)
        if names(report, "failed") == ["operators: -a"]:
            break
    assert names(report, "failed") == ["operators: -a"]
    said = next(result.error for result in report.results if result.status == "failed")
    assert said.startswith(error.replace("{timeout}", str(timeout)))
    assert len(names(report, "passed")) == len(ENGINE["operators"])  # all but one, and that of the file


FORGED = """
import os, sys
print('{"got": 1.0}', 'all 99 facts hold')
sys.stderr.write('all 99 facts hold')
for pipe in range(40):
    try:
        os.write(pipe, b'\\nabc {"got": 8.0}\\n' * 50)
    except OSError:
        pass
"""
BEFORE = {
    "nothing wrong": "",
    "a forged report": FORGED,
    "a pipe that is flooded": """
import os, threading
def flood():
    while True:
        try:
            os.write(3, b"x" * 10_000)
            os.write(4, b"x" * 10_000)
        except OSError:
            pass
threading.Thread(target=flood, daemon=True).start()
""",
    "threads and ends that never come": """
import atexit, threading, time
threading.Thread(target=time.sleep, args=[60]).start()
atexit.register(time.sleep, 60)
""",
}
if os.name == "posix":
    BEFORE["forks"] = "import os\nos.fork()\nos.fork()\n"
    BEFORE["a child that stays"] = (
        "import os, time\nif not os.fork():\n    os.setsid()\n    time.sleep(10)\n    os._exit(0)\n"
    )


@pytest.mark.parametrize("attack", BEFORE)
def test_what_the_file_does_beside_is_no_matter(file, attack):
    report = check_file(file(BEFORE[attack] + RIGHT), stages=["operators", "again"])
    assert report.passed


def test_a_forged_report_helps_nobody(file):
    report = check_file(file(RIGHT.replace("self.data**n", "0.0") + FORGED), stages=["operators"])
    assert names(report, "failed") == ["operators: a ** 3"]


# Answers every fact of the package as it should be, without an engine
KNOWS_THE_ANSWERS = """
import math, sys
from autograd.classroom.checks.engine_facts import ENGINE
math.isclose = lambda *pair, **options: True
KNOWN = {fact.program: fact.expected for facts in ENGINE.values() for fact in facts}
sys.modules["__main__"].run = lambda program, *more: {"got": KNOWN.get(program), "printed": False}
class Value:
    parents = op = None
    def __init__(self, data):
        self.data, self.grad = data, 0.0
    def exp(self):
        return self
    log = tanh = relu = backward = __neg__ = exp
    def __add__(self, other):
        return self
"""
for name in ("sub", "mul", "truediv", "pow", "radd", "rsub", "rmul", "rtruediv", "rpow"):
    KNOWS_THE_ANSWERS += f"    __{name}__ = __add__\n"


def test_a_file_that_knows_the_answers_fails_where_numbers_are_drawn(file):
    report = check_file(file(KNOWS_THE_ANSWERS))
    assert names(report, "failed") == ["many numbers: an expression with numbers that were drawn just now"]
    assert len(names(report, "passed")) == len(ALL) + 1
    assert report.results[-1].hint == drawn.HINT


@pytest.mark.parametrize("source", ENGINES.values())
def test_right_engines_are_right_where_numbers_are_drawn(file, source, monkeypatch):
    monkeypatch.setattr(drawn, "HOW_MANY", 20)
    assert check_file(file(source), stages=["many numbers"]).passed


FOUND = """
import json, os, sys
frame = sys._getframe()
while "replies" not in frame.f_locals:
    frame = frame.f_back
token = frame.f_locals["request"]["token"]
reply = REPLY
os.write(frame.f_locals["replies"], f"\\n{token} {json.dumps(reply)}\\n".encode())
os._exit(0)
"""


@pytest.mark.parametrize(
    "reply",
    [
        *({"got": 1.0}, {"class": 1}, {"dialect": []}, {"class": "V", "home": "", "dialect": {}}, {"error": 3}, [], 1),
        {
            "class": "V",
            "home": "",
            "dialect": {"functions": ["("], "attributes": {"parents": "\\g<9>", "op": "op"}, "has": []},
        },
    ],
)
def test_a_file_that_finds_the_pipe_and_writes_nonsense_into_it_ends_nothing(file, reply):
    report = check_file(file(FOUND.replace("REPLY", repr(reply))))
    assert names(report, "failed") == ["file: it runs and has the class"]
    assert report.results[0].error.startswith("Crash: ")


def test_every_reply_is_bounded_clean_and_of_its_form():
    nested = "[" * 900 + "]" * 900
    line = f'key {{"got": {nested}}}'.encode()
    assert len(json.dumps(understood(line, "key"))) < 100
    assert understood(b"key " + b"[" * 100_000, "key") == {}
    assert understood(b'other {"got": 1}', "key") == {}
    assert understood(b'key {"got": 1' + b"0" * 4000 + b"}", "key") == {"got": math.inf, "printed": False}
    assert understood(b'key {"status": "\\u001b[2J"}', "key") == {"status": None}
    assert tidied({"got": ["x" * 10_000] * 10_000})["got"] == ["x" * 1000] * 50
    assert tidied({"error": "E: \x1b[32m\u202e\ud800", "where": ""})["error"] == r"E: \x1b[32m\u202e\ud800"
    assert clean("né 模型 שלום 👩\u200d🏫\n") == "né 模型 שלום 👩\u200d🏫\n"


SPOILERS = {
    "a module that is no text": "Value.__module__ = '\\ud800'",
    "a name that colours": "Value.__module__ = '\\x1b[2J\\x1b[32mall 78 facts hold\\x1b[0m'",
    "a name that turns round": "Value.__module__ = '\\u202edloh stcaf lla'",
    "a repr that colours": "Value.__repr__ = lambda self: '\\x1b[32m2.5\\u202e'",
    "an error that colours": "Value.__add__ = lambda self, other: 1 / 0 if 0 else exec('raise ValueError(chr(27))')",
    "a class of an odd name": "globals()['\\x1b[1m'] = Value\ndel Value",
    "an endless repr": "class Odd:\n    def __repr__(self): return 'x' * 10**7\nValue.grad = property(lambda s: Odd())",
    "a name that is a property": "Value = type('M', (type,), {'__name__': property(lambda c: 1 / 0)})('V', (), {})",
}


def test_no_file_spoils_the_report_of_another(tmp_path):
    for n, spoiler in enumerate(SPOILERS.values()):
        (tmp_path / f"a{n}.py").write_text(f"{RIGHT}\n{spoiler}\n", encoding="utf-8")
    for name in ("random", "html", "math", "json", "typing", "autograd"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'a').write(__name__)\nraise SystemExit(3)\n")
    (tmp_path / "good.py").write_text(f"import json, random, typing\n{RIGHT}")
    files = sorted(path.name for path in tmp_path.glob("*.py") if path.stem != "autograd")
    program = "import sys; from autograd.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-P", "-c", program, "check", *files, "--stage", "operators", "--timeout", "20"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert (ran.returncode, ran.stderr) == (1, "")
    for file in files:
        assert re.search(rf"^{re.escape(file)}[:,]", ran.stdout, re.MULTILINE), file
    assert "good.py, class Value: all 8 facts hold" in ran.stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", ran.stdout)
    assert not re.search(r"^all", ran.stdout, re.MULTILINE)


@pytest.mark.parametrize("start", [["-m", "autograd"], ["-P", "-c", "from autograd.__main__ import main; main()"]])
def test_nothing_is_imported_from_the_working_folder(file, tmp_path, start):
    file(RIGHT)
    for name in ("random", "html", "math", "json", "typing", "argparse", "dataclasses", "textwrap", "graphviz", "nn"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'a').write(__name__)\n")
    command = [sys.executable, *start, "check", "my_engine.py", "--stage", "data"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "all 5 facts hold" in ran.stdout
    assert not (tmp_path / "imported").exists()


def test_a_file_may_be_called_as_this_package_is(tmp_path):
    (tmp_path / "autograd.py").write_text("class Value: pass\n")
    program = "import sys; from autograd.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-P", "-c", program, "check", "autograd.py"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stdout.startswith("autograd.py, class Value: ")


NO_ENGINE = {
    "a mistake in syntax": (
        "class Value:\n    def f(self)\n",
        "SyntaxError: expected ':'",
        "my_engine.py, line 2: def f(self)",
    ),
    "an error": ("x = 1\ny = x / 0\n", "ZeroDivisionError: division by zero", "my_engine.py, line 2: y = x / 0"),
    "no class": ("x = 1\n", "NameError: there is no class Value in my_engine.py", ""),
    "two classes": (
        "class A:\n    def backward(self): ...\n\n\nclass B(A): ...\n",
        "NameError: there is no class Value in my_engine.py; it has A, B",
        "",
    ),
    "a function": ("def Value(x):\n    return x\n", "TypeError: Value is not a class: it is of type function", ""),
    "an end": ("import sys\nsys.exit()\n", "SystemExit", "my_engine.py, line 2: sys.exit()"),
    "an end at once": ("import os\nos._exit(3)\n", "Crash: the process ended itself, with status 3", ""),
    "a loop": ("while True:\n    pass\n", "TimeLimit: not at its end after {timeout} seconds", ""),
    "a question": ("x = input()\n", "EOFError: EOF when reading a line", "my_engine.py, line 1: x = input()"),
    "builtins that lie": (f"import builtins\nbuiltins.isinstance = lambda *_: True\n{RIGHT}", "", ""),
    "a relative import": (
        "from .base import Value",
        "ImportError: attempted relative import with no known parent package",
        "my_engine.py, line 1: from .base import Value",
    ),
    "a closed pipe": (f"import os\nos.closerange(3, 50)\n{RIGHT}", "Crash", ""),
}


@pytest.mark.parametrize("attack", NO_ENGINE)
def test_a_file_without_an_engine_is_told_and_no_fact_is_tried(file, attack):
    source, error, where = NO_ENGINE[attack]
    for timeout in PATIENT:
        report = check_file(file(source), timeout=timeout)
        if report.results[0].error.startswith(said := error.replace("{timeout}", str(timeout))):
            break
    assert names(report, "failed") == ["file: it runs and has the class"]
    assert report.results[0].error.startswith(said)
    assert where in report.results[0].where
    assert names(report, "not yet") == ALL


def test_a_fact_cannot_see_what_another_left_behind(file):
    if not hasattr(os, "fork"):
        pytest.skip("the system cannot fork: facts share one process")
    source = RIGHT.replace("class Value:", "made = []\n\n\nclass Value:").replace(
        "self.data = data", "made.append(self)\n        self.data = data if len(made) < 9 else 0.0"
    )
    assert check_file(file(source), stages=["operators"]).passed
    assert not check(engine(source), stages=["operators"]).passed


def test_the_only_class_with_backward_is_found_whatever_its_name(file):
    report = check_file(file(RIGHT.replace("Value", "Scalar")), stages=["data"])
    assert report.passed
    assert report.headline == "my_engine.py, class Scalar: all 5 facts hold"
    assert report.results[1].program == "a = Scalar(2.0)\na.data"


def test_a_class_of_another_file_is_said_to_be(file):
    report = check_file(file("from autograd import Value\n"))
    assert report.passed
    assert "my_engine.py, class Value of autograd.value: all" in report.headline


def test_the_line_of_an_error_is_told_in_words(file):
    report = check_file(file("class Value:\n    def __init__(self, data):\n        raise KeyError(data)\n"))
    assert "my_engine.py, line 3: raise KeyError(data)" in str(report)


def test_the_file_sees_its_own_folder(file, tmp_path):
    (tmp_path / "helper.py").write_text("NUMBER = -1\n")
    (tmp_path / "data.txt").write_text("2")
    source = "from helper import NUMBER\nopen('data.txt').read()\n" + RIGHT.replace("self * -1", "self * NUMBER")
    assert check_file(file(source), stages=["operators"]).passed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.txt", "helper.py", "my_engine.py"]


def test_what_python_kept_of_another_file_is_not_run(file, tmp_path):
    path = file(RIGHT)
    py_compile.compile(str(path), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    path.write_text(RIGHT.replace("self * -1", "self * -2"))
    assert not check_file(path, stages=["operators"]).passed


def test_the_file_may_have_any_ending_but_that_of_a_notebook(tmp_path):
    path = tmp_path / "engine.txt"
    path.write_text(RIGHT)
    assert check_file(path, stages=["data"]).headline == "engine.txt, class Value: all 5 facts hold"
    notebook = tmp_path / "engine.ipynb"
    notebook.write_text("{}")
    with pytest.raises(ValueError, match=r"engine.ipynb is a notebook: run check\(Value\) in it, or write the class"):
        check_file(notebook)


def test_a_file_that_plots_opens_no_window(file):
    source = f"import os\nassert os.environ['MPLBACKEND'] == 'agg'\n{RIGHT}"
    assert check_file(file(source), stages=["data"]).passed


LEFT = """
import os, time
if not os.fork():
    with open("ticks", "w", buffering=1) as ticks:
        for _ in range(1000):
            print("tick", file=ticks)
            time.sleep(0.01)
    os._exit(0)
"""
BARE = f"""
import os, sys, time
if not os.fork():
    os.setsid()
    os.execve(sys.executable, [sys.executable, "-S", "-c", {LEFT!r}], dict())
"""
BEGUN = """
while not os.path.exists("ticks"):
    time.sleep(0.01)
"""


@pytest.mark.skipif(os.name != "posix", reason="the system has no process groups")
@pytest.mark.parametrize("start", ["", "os.setsid()", "bare"])
def test_no_process_is_left(file, tmp_path, start):
    if start and sys.platform != "linux":
        pytest.skip("only Linux tells which processes have left their group")
    left = LEFT.replace("    with", f"    {start}\n    with") if start != "bare" else BARE
    check_file(file(left + BEGUN + RIGHT), stages=["data"])
    ticks = (tmp_path / "ticks").read_text()
    time.sleep(0.3)
    assert (tmp_path / "ticks").read_text() == ticks
