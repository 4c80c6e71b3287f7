"""The parts of a lesson, without a browser: its cells, its texts, its modules, and the threads of a cell."""

import time

import pytest

from tests.classroom.live import need_the_extra, state_of, until

pytestmark = pytest.mark.once

need_the_extra()

from autograd.classroom.live.cells import cells_of
from autograd.classroom.live.lesson import Lesson, script_of
from autograd.classroom.live.markdown import rendered
from autograd.classroom.live.modules import Modules


def test_cells_in_all_their_forms():
    source = (
        "# ---\n# jupyter: x\n# ---\n\n# %% [markdown]\n'''\n# Title\ntext\n'''\n#%% [md] tags=['x', 'notes']\n# note\n"
        "# %% name [markdown] slideshow={\"slide_type\": \"notes\"}\n# other\n# %%\n\n\nx = '''\n# %% no cell\n'''\n\n"
    )
    cells = cells_of(source)
    assert [(cell.kind, cell.text, cell.is_note, cell.title, cell.level, cell.line) for cell in cells] == [
        ("markdown", "# Title\ntext", False, "Title", 1, 6),
        ("markdown", "note", True, "", 0, 11),
        ("markdown", "other", True, "name", 0, 13),
        ("code", "x = '''\n# %% no cell\n'''", False, "", 0, 17),
    ]
    assert cells_of("x = 1\n") == []
    assert cells_of("'''\n# %%\n'''") != []  # one marker is taken to be one
    assert [cell.text for cell in cells_of("import math\n# %%\nx = (")] == ["import math", "x = ("]
    assert script_of("# -*- coding: utf-8 -*-\n# %%\nx = 'é'".encode("latin-1")).cells == []  # told by Python


def test_text_has_no_markup_of_its_own():
    html = rendered("<img src=x onerror=y> [a](javascript:z) ![i](http://x/y.png) `<b>`")
    assert "<img src=x" not in html
    assert "javascript" not in html.split("href=")[-1] or "href" not in html


def test_the_sign_of_a_derivative_stays_with_its_function():
    assert rendered("f′(x)") == "<p>f′\N{WORD JOINER}(x)</p>\n"


def test_a_module_is_saved_when_it_is_another_one_than_the_run_read(tmp_path):
    path, modules = tmp_path / "module.py", Modules()
    paths, began = [str(path)], time.time() + 60
    assert not modules.were_saved(paths, began)  # not there yet
    path.write_text("x = 1")
    assert [modules.were_saved(paths, began) for _ in range(3)] == [False, True, False]  # when it is whole, once
    path.unlink()
    assert [modules.were_saved(paths, began) for _ in range(3)] == [False] * 3  # it may be written anew
    path.write_text("x = 22")
    assert [modules.were_saved(paths, began) for _ in range(3)] == [False, True, False]
    assert not Modules().were_saved(paths, began)  # the run has read it as it is
    late = Modules()  # while the run began it was another one
    assert [late.were_saved(paths, path.stat().st_mtime - 1) for _ in range(3)] == [False, True, False]


def test_a_thread_at_work_is_not_lost(tmp_path):
    path = tmp_path / "lesson.py"
    path.write_text(
        "# %%\nimport threading, time\nseen = []\n"
        "work = lambda: [time.sleep(0.02) or seen.append(1) for _ in range(50_000)]\n"
        "threading.Thread(target=work, daemon=True).start()\n"
        "# %%\nbefore = len(seen)\nwhile len(seen) == before: time.sleep(0.01)\nprint(True)\n"
    )
    lesson = Lesson(path)
    try:
        lesson.run()
        lesson.go(1)
        until(lambda: state_of(lesson)["state"] == "good" and state_of(lesson)["run"] == 2)
        lesson.stage.publish_now()
        assert lesson.stage._sections["output 1 0"] == ["True"]
    finally:
        lesson.close()
