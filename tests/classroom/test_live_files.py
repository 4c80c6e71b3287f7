"""What the live page makes of a lesson's file and of the modules beside it: whatever they contain, go or come back."""

import asyncio
import os
import re
import shutil

import pytest

from tests.classroom.live import (
    LESSON,
    need_the_extra,
    panel,
    run_of,
    save,
    serving,
    state_of,
    texts,
    until,
    wait_for,
    written,
)

pytestmark = pytest.mark.once

need_the_extra()

from autograd.classroom.live.lesson import Lesson


def test_a_file_that_goes_is_noticed_and_so_is_that_it_comes_back(teacher, live):
    save(teacher, live, LESSON)
    live.path.unlink()
    wait_for(teacher, "failed")
    assert teacher.locator(".mishap:visible strong").inner_text().startswith("lesson.py cannot be read: No such file")
    assert "data −6" in texts(panel(teacher, "loss"))
    live.save(LESSON)
    wait_for(teacher, "good")
    assert teacher.locator(".mishap").count() == 0


def test_a_file_in_another_encoding_is_told_and_a_very_long_one_is_shown(teacher, live):
    before = run_of(teacher)
    written(live.path, "x = 1\nprint('é')\n".encode("latin-1"))
    wait_for(teacher, "failed", before + 1)
    said = teacher.locator("#source .mishap").inner_text()
    assert said.startswith("Line 2: SyntaxError: (unicode error) 'utf-8' codec can't decode byte 0xe9")
    assert "Save it as UTF-8" in said
    save(teacher, live, "x = 1\r\n" * 10_000 + "print(x)\n")
    assert teacher.locator("#source li").count() == 10_001
    assert teacher.locator("#output").inner_text() == "1"


def test_a_module_beside_the_lesson_is_followed_too(teacher, live):
    module = live.path.with_name("helper.py")
    written(module, "number = 1\n")
    save(teacher, live, "import helper\nprint(helper.number)\n")
    before = run_of(teacher)
    written(module, "number = 22\n")
    wait_for(teacher, "good", before + 1)
    assert teacher.locator("#output").inner_text() == "22"
    written(module, "number = (22\n")  # a mistake there is told, and its correction is followed
    wait_for(teacher, "failed", before + 2)
    written(module, "number = 23\n")
    wait_for(teacher, "good", before + 3)


def test_a_package_below_the_lesson_is_followed_and_a_module_that_is_not_there_yet(teacher, live):
    package = live.path.with_name("tools")
    package.mkdir()
    (package / "__init__.py").write_text("")
    save(teacher, live, "import tools.missing\nprint(tools.missing.number)\n", "failed")

    written(package / "missing.py", "number = 1\n")
    teacher.locator("#output", has_text="1").wait_for()
    written(package / "missing.py", "number = 2\n")
    teacher.locator("#output", has_text="2").wait_for()


@pytest.mark.parametrize(
    "cookie",
    [
        *(
            "rot13",
            "utf-16",
            "utf-32",
            "hex",
            "zip",
            "bz2",
            "base64",
            "uu",
            "idna",
            "punycode",
            "undefined",
            "mbcs",
            "no",
        )
    ],
)
def test_a_file_in_an_encoding_that_is_none_is_shown_and_told(tmp_path, cookie):
    path = tmp_path / "lesson.py"
    path.write_text(f"# -*- coding: {cookie} -*-\nprint('é')\n", encoding="utf-8")
    lesson = Lesson(path)
    lesson.run()
    until(lambda: state_of(lesson)["state"] != "running")
    lesson.close()
    lesson.stage.publish_now()
    assert state_of(lesson)["state"] in ("failed", "good")
    assert lesson.stage._sections["cell 0"]["lines"][-1][-1][1].endswith(")") or cookie in ("rot13", "idna", "punycode")
    if state_of(lesson)["state"] == "failed":
        assert re.match("SyntaxError|UnicodeError|LookupError", lesson.stage._sections["error 0"]["sentence"])


@pytest.mark.skipif(os.name != "posix", reason="the system has no pipes in files")
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_what_is_no_file_is_told_and_not_waited_for(tmp_path, make):
    path = tmp_path / "lesson.py"
    make(path)
    lesson = Lesson(path)
    lesson.run()
    lesson.close()
    assert state_of(lesson)["state"] == "failed"
    assert lesson.stage._sections["problem"]["sentence"].startswith("lesson.py cannot be read: ")


def test_a_folder_that_is_deleted_and_made_again_is_followed(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()

    async def follow(page, address):
        await asyncio.to_thread(until, lambda: state_of(page.lesson)["state"] == "good")
        shutil.rmtree(folder)
        await asyncio.sleep(0.3)
        folder.mkdir()
        (folder / "lesson.py").write_text("print(2)")
        await asyncio.to_thread(
            until, lambda: state_of(page.lesson)["run"] > 1 and state_of(page.lesson)["state"] == "good"
        )
        before = state_of(page.lesson)["run"]
        (folder / "lesson.py").write_text("print(3)")
        await asyncio.to_thread(until, lambda: state_of(page.lesson)["run"] > before)
        return True

    assert serving(folder, follow)


def test_half_a_character_is_shown_in_every_form(tmp_path):
    path = tmp_path / "lesson.py"
    path.write_text(
        "from autograd import show\nclass Page:\n    def _repr_html_(self): return '<p>\\ud800</p>'\n"
        "show(Page(), '\\ud800')\nshow('\\ud800', 'text')\nshow([['\\ud800']], 'table')\nraise ValueError('\\ud800')\n"
    )
    lesson = Lesson(path)
    lesson.run()
    until(lambda: state_of(lesson)["state"] != "running")
    lesson.close()
    lesson.stage.publish_now()
    assert len(lesson.stage._sections["panels"]) == 3
    assert [page.html[-8:] for page in lesson._shown._pages.values()] == ["<p>?</p>"]
    assert lesson.stage._sections["error 0"]["sentence"].startswith("ValueError: ")
