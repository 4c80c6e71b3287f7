"""The site: built as a user builds it, handed out on loopback, and used in a real browser as a student uses it."""

import json
import os
import re
import shutil
from contextlib import contextmanager

import pytest

from autograd.__main__ import main
from autograd.classroom.lessons import lessons
from autograd.languages import say
from tests.classroom.broken_engines import RIGHT
from tests.classroom.live import until
from tests.helpers.browser import CHROMIUM, PATIENCE, PICTURES, contrasts, served, watched
from tests.helpers.firefox import firefox
from tests.helpers.looks import faults, settle

PYODIDE = os.environ.get("CHALKGRAD_PYODIDE", "")
TRAINING = 1_200_000  # milliseconds, for a lesson in which networks are trained, on a machine that is busy
LAPTOP, PROJECTOR, PHONE = ({"width": w, "height": h} for w, h in ((1280, 720), (1920, 1080), (390, 844)))
DRAWN = """
from autograd import Value, draw

a, b = Value(2.0), Value(-3.0)
loss = (a * b + 6.5).tanh()
loss.backward()
print(f"{a.grad:.4f}")
draw(loss)
"""

pytestmark = [
    pytest.mark.once,
    pytest.mark.slow,
    pytest.mark.skipif(
        os.environ.get("CHALKGRAD_ENGINE") == "python",
        reason="it has a run of its own: python -m pytest --all tests/classroom/test_site.py",
    ),
    pytest.mark.skipif(
        not PYODIDE,
        reason="Pyodide is not here: run npm install pyodide, and set CHALKGRAD_PYODIDE to node_modules/pyodide",
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder that the command builds."""
    for name in ("markdown_it", "pdoc"):
        pytest.importorskip(name, reason="what the site needs is not installed: python -m pip install -e '.[site]'")
    folder = tmp_path_factory.mktemp("site")
    assert main(["site", str(folder), "--pyodide", PYODIDE]) == 0
    return folder


@pytest.fixture(scope="module")
def home(folder):
    """The address at which it is handed out."""
    with served(folder) as address:
        yield address


class Student:
    """Somebody who writes on the page."""

    def __init__(self, page, home):
        self.page, self.home = page, home

    def open(self, place):
        """Open work, by its place in the site, and wait until one can type."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.home}work.html#{place}")
        self.page.locator("html[data-open]").wait_for(state="attached")
        self.page.locator(".cm-content").first.wait_for()

    def type(self, text, cell=0):
        """Replace what is in an editor, as one who selects all and pastes."""
        self.page.locator(".cm-content").nth(cell).click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type("x")
        self.page.evaluate(
            "([cell, text]) => work.cells.filter(({ kind }) => kind === 'code')[cell].editor.put(text)", [cell, text]
        )

    def text(self):
        return self.page.evaluate("work.cells.at(-1).editor.text()")

    def start(self):
        """Press Run."""
        self.page.locator("html[data-python=ready]").wait_for(state="attached")
        self.page.click("#run")

    def run(self, text=None):
        """Run what is there, or this text, to its end; returns how it ended."""
        if text is not None:
            self.type(text)
        n = self.page.evaluate("Number(root.dataset.runs ?? 0)")
        self.start()
        self.page.locator(f"html[data-runs='{n + 1}']").wait_for(state="attached")
        return self.page.evaluate("root.dataset.state")

    def notice(self, name):
        """What the page says at its top."""
        box = self.page.locator(f"[data-notice='{name}']")
        box.wait_for()
        return box.inner_text()

    def printed(self):
        return self.page.locator("#output").inner_text().strip()


@pytest.fixture
def student(browser, home):
    with browser.new_context(viewport=LAPTOP) as context, watched(context.new_page(), home) as page:
        yield Student(page, home)


@contextmanager
def someone(browser, profile):
    """A browser of somebody's own, which keeps what it kept when it was last closed."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    context = browser.browser_type.launch_persistent_context(profile, executable_path=path, viewport=LAPTOP)
    context.set_default_timeout(PATIENCE)
    with context:
        yield context


def test_write_check_draw_break_stop_and_come_back_the_next_day_without_a_network(browser, folder, tmp_path):
    with served(folder) as home:
        port = int(home.rstrip("/").rpartition(":")[2])
        with someone(browser, tmp_path) as context, watched(context.new_page(), home) as page:
            student = Student(page, home)
            student.open("file/my_engine.py")
            student.page.goto(home)
            student.page.click("text=Write your own engine")
            student.page.locator(".cm-content").wait_for()
            assert student.run() == "good"
            report = page.frame_locator("#panels iframe")
            report.locator("text=not yet").first.wait_for()
            assert student.run(f"{RIGHT}\n\nfrom autograd.classroom import check\n\ncheck(Value)") == "good"
            report.locator(r"text=/all \d+ facts hold/").wait_for()
            graph = (
                RIGHT + "\n\nfrom autograd import draw\n\na = Value(2.0)\ny = (a * 3 + 1).tanh()\ny.backward()\ndraw(y)"
            )
            assert student.run(graph) == "good"
            assert page.locator("#panels svg g.node").count() >= 5
            assert student.run(graph.replace("a * 3", "q * 3")) == "failed"
            assert "NameError: name 'q' is not defined" in page.locator(".cell .mishap").inner_text()
            assert "q * 3" in page.locator(".cm-line.error").inner_text()
            student.type(f"{graph}\nwhile True:\n    pass")
            student.start()
            page.locator("html[data-state=running]").wait_for(state="attached")
            student.type(f"{graph}\nwhile 1:\n    pass  # typed meanwhile")  # the page is not frozen
            page.click("#stop")
            assert "as you wrote it" in student.notice("site stopped")
            assert student.text().endswith("# typed meanwhile")
            assert student.run("print('again')") == "good"
            assert student.printed() == "again"
            student.type(graph)
            page.locator("html[data-kept=true]").wait_for(state="attached")
            page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    with someone(browser, tmp_path) as context, watched(context.new_page(), home) as page:  # nobody serves it any more
        page.goto(f"http://127.0.0.1:{port}/")
        page.click("#yours a")
        student = Student(page, home)
        student.page.locator(".cm-content").wait_for()
        assert student.text() == graph
        assert student.run() == "good"
        assert page.locator("#panels svg g.node").count() >= 5


def test_the_first_graph_is_drawn_beside_its_program(student):
    student.page.set_viewport_size({"width": 960, "height": 480})
    student.open("file/first_graph.py")
    assert student.run() == "good"
    assert student.printed().startswith("-2.359")
    assert student.page.locator("#panels svg g.node").count() >= 5
    PICTURES.mkdir(parents=True, exist_ok=True)
    student.page.screenshot(path=PICTURES / "site.png")  # demos/pictures/site.png is one


def test_everything_that_is_shown(student):
    student.open("file/everything.py")
    text = f"{DRAWN}\nfrom autograd import explain, explore, show\nshow(explain(loss))\nshow(explore(loss))\n"
    assert student.run(f"{text}show({{'loss': [3.0, 2.0]}})\nshow([[1.0, 2.0], [3.0, 4.0]], 'rows')") == "good"
    assert student.printed() == "-2.3593"
    player, explorer = (student.page.frame_locator(f"#panel-{number} iframe") for number in (1, 2))
    player.locator("text=Play").first.wait_for()
    explorer.locator("svg").first.wait_for()
    assert student.page.locator("#panels svg.chart").count() == 1
    assert student.page.locator("#panels td").all_inner_texts() == ["1", "2", "3", "4"]


def test_a_lesson_is_there_at_once_and_runs_cell_by_cell(student):
    student.open("lesson/03_value")
    page = student.page
    assert page.locator("#source h1", has_text="3. Value, from nothing").is_visible()
    assert "Plan for the teacher" not in page.locator("#source").inner_text()
    last = page.locator(".cell.code").last
    page.locator("html[data-python=ready]").wait_for(state="attached")
    last.get_by_role("button", name="Run").click()
    page.locator("html[data-state=good]").wait_for(state="attached")
    page.frame_locator("#panels .panel:not([hidden]) iframe").locator("text=exercise 3.3").wait_for()
    page.click("#run")
    page.locator("html[data-runs='2'][data-state=good]").wait_for(state="attached")


@pytest.mark.parametrize("lesson", [path.stem for path in lessons()])
def test_a_lesson_runs_to_its_end(student, lesson):
    student.open(f"lesson/{lesson}")
    page = student.page
    n_codes = page.locator(".cell.code").count()
    student.start()
    page.locator("html[data-runs='1']").wait_for(state="attached", timeout=TRAINING)
    assert page.locator(".mishap").all_inner_texts() == []
    assert page.evaluate("[root.dataset.state, ran.size]") == ["good", n_codes]


def test_work_on_a_lesson_is_kept_and_can_begin_again(student):
    student.open("lesson/01_derivative")
    first = student.page.evaluate("work.cells.find(({ kind }) => kind === 'code').editor.text()")
    student.type("kept = 1")
    student.open("lesson/01_derivative")
    assert student.page.locator(".cm-content").first.inner_text() == "kept = 1"
    assert student.page.locator("#source h2").count() > 3  # the texts are still rendered
    student.page.click("#again")
    with student.page.expect_navigation():
        student.page.locator("#renewal button[value=yes]").click()
    student.page.locator(".cm-content").first.wait_for()
    assert student.page.evaluate("work.cells.find(({ kind }) => kind === 'code').editor.text()") == first


def test_a_shared_program_arrives_whole_and_does_not_run_by_itself(browser, home, student):
    student.open("file/mine.py")
    student.type("print('mine')\nprint('é 🎲')")
    student.page.click("#link")
    student.page.locator("#sharing[open]").wait_for()
    link = student.page.locator("#address").inner_text()
    with browser.new_context(viewport=LAPTOP) as context, watched(context.new_page(), home) as page:
        other = Student(page, home)
        other.open("file/mine.py")
        other.type("their own")
        other.open(link.partition("#")[2])
        assert other.text() == "print('mine')\nprint('é 🎲')"
        assert "Nothing runs until you press Run" in other.notice("site link came")
        page.locator("html[data-python=ready]").wait_for(state="attached")
        assert page.evaluate("root.dataset.runs === undefined")
        assert other.run() == "good"
        assert other.printed() == "mine\né 🎲"
        other.open("file/mine.py")
        assert other.text() == "their own"
        for broken in (link[:-1], link[:-40], link.partition("#")[0] + "#code/", link[:-30] + "A" * 30):
            other.open(broken.partition("#")[2])
            assert "not whole" in other.notice("site link broken")


def test_a_file_is_saved_and_opened(student, tmp_path):
    student.open("lesson/02_graph_by_hand")
    student.type("x = 'changed'")
    with student.page.expect_download() as saved:
        student.page.click("#save")
    path = tmp_path / saved.value.suggested_filename
    saved.value.save_as(path)
    text = path.read_text(encoding="utf-8")
    assert path.name == "02_graph_by_hand.py"
    assert "# %%\nx = 'changed'" in text
    compile(text, path.name, "exec")
    student.page.locator("#file").set_input_files(path)
    student.page.locator("html[data-open='file/02_graph_by_hand.py']").wait_for(state="attached")
    assert student.page.locator(".cm-content").first.inner_text() == "x = 'changed'"
    assert student.page.locator("#source h2").count() > 3  # its texts are rendered as before
    (tmp_path / "picture.py").write_bytes(b"\x89PNG\0\xff")
    student.page.locator("#file").set_input_files(tmp_path / "picture.py")
    assert "picture.py is not a text file" in student.notice("site not text")


def test_a_program_has_no_way_out_of_its_worker(student):
    student.open("file/out.py")
    tries = ("localStorage", "document", "caches.keys()", "indexedDB.open('x')", "navigator.serviceWorker")
    program = "import js\nfrom pyodide.code import run_js\n"
    for expression in tries:
        program += (
            f"try:\n    found = js.{expression}\n    print(found)\nexcept BaseException as error:\n    print('no')\n"
        )
    program += "try:\n    run_js('1 + 1')\nexcept BaseException:\n    print('no')\n"
    assert student.run(program) == "good"
    assert set(student.printed().split("\n")) <= {"no", "None", "undefined"}, student.printed()


def test_a_program_reaches_no_network(browser, home):
    with browser.new_context(viewport=LAPTOP) as context:
        page, answered = context.new_page(), []
        page.on("response", lambda response: answered.append(response.url))
        student = Student(page, home)
        student.open("file/asks.py")
        program = "import js\nrequest = js.XMLHttpRequest.new()\nrequest.open('GET', '{}secret', False)\n"
        program += "try:\n    request.send()\n    print('came')\nexcept BaseException:\n    print('refused')"
        assert student.run(program.format(home)) == "good"
        assert student.printed() == "refused"
        assert answered
        assert not [address for address in answered if "secret" in address]


def test_what_cannot_be_kept_is_told_and_not_lost(browser, home):
    with browser.new_context(viewport=LAPTOP) as context, watched(context.new_page(), home) as page:
        student = Student(page, home)
        student.open("file/full.py")
        page.evaluate("""() => {
            for (let size = 1 << 22; size >= 1; size >>= 1) {
                for (let i = 0; ; i++) try { localStorage.setItem(`${size} ${i}`, 'x'.repeat(size)) } catch { break }
            }
        }""")
        student.type("x = 1  # still here")
        assert "storage is full" in student.notice("site storage full")
        assert student.text() == "x = 1  # still here"
        assert student.run("print('it runs')") == "good"
        page.evaluate("localStorage.clear()")
        student.type("x = 2")
        page.evaluate("keep()")
        assert page.evaluate("isKept")


# What a browser may lack, or forbid: put in its place before the page begins
FORBIDDEN = """
for (const name of ["localStorage", "caches", "indexedDB"])
  Object.defineProperty(globalThis, name, { get() { throw new DOMException("no", "SecurityError") } });
delete Navigator.prototype.serviceWorker;
"""


def test_a_browser_that_keeps_nothing_says_so_and_runs_programs(browser, home, tmp_path):
    with browser.new_context(viewport=LAPTOP) as context:
        context.add_init_script(FORBIDDEN)
        with watched(context.new_page(), home) as page:
            student = Student(page, home)
            student.open("file/mine.py")
            assert student.run("print(6 * 7)") == "good"
            assert student.printed() == "42"
            assert "does not let the page keep your work" in student.notice("site storage forbidden")
            assert "each visit needs the network" in student.notice("site no offline")
            with page.expect_download() as saved:
                page.click("#save")
            saved.value.save_as(tmp_path / "saved.py")
            assert (tmp_path / "saved.py").read_text() == "print(6 * 7)"
            page.on("dialog", lambda dialog: dialog.accept())
            page.goto(home)
            page.locator("#offline", has_text="each visit needs the network").wait_for()


def test_a_browser_without_room_for_the_site_says_so(browser, home):
    with browser.new_context(viewport=LAPTOP) as context:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Storage.overrideQuotaForOrigin", {"origin": home.rstrip("/"), "quotaSize": 1e6})
        student = Student(page, home)
        student.open("file/mine.py")
        assert student.run("print(6 * 7)") == "good"
        assert "each visit needs the network" in student.notice("site no offline")
        page.locator("html[data-kept=true]").wait_for(state="attached")


@pytest.mark.parametrize("name", ["WebAssembly", "Worker", "DecompressionStream"])
def test_an_older_browser_writes_and_does_not_run(browser, home, name):
    with browser.new_context(viewport=LAPTOP) as context:
        context.add_init_script(f"delete globalThis.{name}")
        with watched(context.new_page(), home) as page:
            student = Student(page, home)
            student.open("file/mine.py")
            student.type("x = 1")
            assert f"Python needs {name}, and this browser does not have it" in student.notice("site lacks")
            page.click("#run")
            page.locator("html[data-kept=true]").wait_for(state="attached")
            student.open("file/mine.py")
            assert student.text() == "x = 1"


def test_a_browser_that_does_not_understand_the_page_is_told_which_does(browser, home):
    with browser.new_context(viewport=LAPTOP, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{home}work.html#lesson/01_derivative")
        assert "needs a browser from 2023 or later" in page.locator("#old").inner_text()


def test_a_worker_that_cannot_begin_is_told(browser, home):
    with browser.new_context(viewport=LAPTOP) as context:
        context.add_init_script("if (top !== self) Worker = function () { throw new Error('no workers here') }")
        with watched(context.new_page(), home) as page:
            student = Student(page, home)
            student.open("file/mine.py")
            student.type("x = 1")
            assert "no workers here. Your program is safe" in student.notice("site failed")
            page.locator("html[data-kept=true]").wait_for(state="attached")


def test_python_that_dies_is_begun_again(browser, home):
    with browser.new_context(viewport=LAPTOP) as context:
        student = Student(context.new_page(), home)
        student.open("file/deep.py")
        student.type("x = 0\nfor i in range(100_000):\n    x = (x,)\ndel x")
        student.start()
        assert "Your program is safe" in student.notice("site died")
        assert student.text().endswith("del x")
        assert student.run("print(1 + 1)") == "good"
        assert student.printed() == "2"


def test_python_that_does_not_begin_after_stop_begins_when_run_is_pressed(browser, home):
    with browser.new_context(viewport=LAPTOP) as context:
        context.add_init_script("""if (top !== self) {
            const Own = Worker;
            let n = 0;
            Worker = function (address) { if (n++) throw new Error('no second worker'); return new Own(address) };
        }""")
        student = Student(context.new_page(), home)
        student.open("file/forever.py")
        student.type("while True:\n    pass")
        student.start()
        student.page.locator("html[data-state=running]").wait_for(state="attached")
        student.page.click("#stop")
        assert "no second worker. Your program is safe" in student.notice("site failed")
        student.type("print(1 + 1)")
        student.page.click("#run")
        student.page.locator("html[data-state=good]").wait_for(state="attached")
        assert student.printed() == "2"
        assert student.page.locator("[data-notice='site failed']").count() == 0


ASKS = "name = input('your name? ')\nprint('hello', name)"


def test_input_asks_on_the_page(student):
    student.open("file/asks.py")
    page = student.page
    student.type(f"{ASKS}\nimport sys\nprint(sys.stdin.readline().upper(), end='')")
    student.start()
    page.locator("#ask label", has_text="your name?").wait_for()
    assert page.locator("#state").inner_text() == "your program asks"
    page.keyboard.type("Ada 🎲")  # the field has the focus
    page.keyboard.press("Enter")
    page.locator("#output", has_text="your name? Ada 🎲\nhello Ada 🎲").wait_for()
    page.locator("#answer").fill("more")
    page.click("#ask button")
    page.locator("html[data-state=good]").wait_for(state="attached")
    assert student.printed().endswith("more\nMORE")
    assert not page.locator("#ask").is_visible()


def test_a_program_that_waits_for_an_answer_is_stopped(student):
    student.open("file/asks.py")
    student.type(ASKS)
    student.start()
    student.page.locator("#ask").wait_for()
    student.page.click("#stop")
    student.notice("site stopped")
    assert not student.page.locator("#ask").is_visible()
    assert student.run("print('again')") == "good"


def test_a_browser_in_which_no_program_can_wait_asks_before_the_run(browser, home):
    with browser.new_context(viewport=LAPTOP, locale="de-DE") as context:
        context.add_init_script("delete WebAssembly.Suspending")
        with watched(context.new_page(), home) as page:
            student = Student(page, home)
            student.open("file/asks.py")
            student.type(f"{ASKS}\nprint(input())")
            student.start()
            assert "Schreib die Antworten vor dem Lauf hierher" in page.locator("#asking").inner_text()
            page.fill("#answers", "Ada")
            page.click("#asking button[value=run]")
            page.locator("html[data-state=failed]").wait_for(state="attached")
            assert "Für input() ist keine Antwort mehr da" in page.locator(".cell .mishap").inner_text()
            assert student.printed() == "your name? Ada\nhello Ada"
            page.click("#run")
            page.fill("#answers", "Ada\nBob")
            page.click("#asking button[value=run]")
            page.locator("html[data-state=good]").wait_for(state="attached")
            assert student.printed() == "your name? Ada\nhello Ada\nBob\nBob"
            page.click("#run")
            page.locator("#asking button").last.click()
            assert page.evaluate("root.dataset.runs") == "2"


WHOLE_START = """async () => {
    const name = (await caches.keys()).find((name) => name.includes("start"));
    return !!name && (await (await caches.open(name)).keys()).length > 0;
}"""


def test_run_pressed_twice_while_python_loads_runs_once(student):
    student.open("file/twice.py")
    student.type("print('once')")
    student.page.evaluate("for (let k = 0; k < 2; k++) byId('run').click()")
    student.page.locator("html[data-runs='1']").wait_for(state="attached")
    assert student.run() == "good"
    assert student.printed() == "once"
    assert student.page.evaluate("sections.get('state').run") == 2


def test_what_is_pressed_before_the_document_is_there_does_no_harm(student):
    waiting = []
    student.page.route("**/documents/**", lambda route: waiting.append(route))
    student.page.goto(f"{student.home}work.html#lesson/01_derivative")
    for name in ("run", "save", "link"):
        assert student.page.locator(f"#{name}").is_disabled()
    until(lambda: student.page.evaluate("true") and waiting)
    waiting[0].continue_()
    student.page.locator("html[data-open]").wait_for(state="attached")
    for name in ("run", "save", "link"):
        assert student.page.locator(f"#{name}").is_enabled()


def test_the_second_visit_begins_with_the_memory_of_the_first(browser, home):
    program = "import random, sys\nprint(random.random(), 'nn' in sys.modules)"
    with browser.new_context(viewport=LAPTOP) as context, watched(context.new_page(), home) as page:
        student, printed = Student(page, home), []
        for is_kept in (False, True, True):
            student.open("file/kept.py")
            assert student.run(program) == "good"
            assert page.evaluate("python.isKept") == is_kept
            printed.append(student.printed())
            page.wait_for_function(WHOLE_START)
        assert len(set(printed)) == 3  # other random numbers each time
        assert all(line.endswith("True") for line in printed)
        page.evaluate("""async () => {
            for (const name of await caches.keys()) if (name.includes("start")) {
                const cache = await caches.open(name);
                for (const request of await cache.keys()) await cache.put(request, new Response("broken"));
            }
        }""")
        student.open("file/kept.py")
        assert student.run(program) == "good"  # from nothing
        assert not page.evaluate("python.isKept")


def test_a_phone_shows_a_lesson_without_loading_python(browser, home):
    phone = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
    with browser.new_context(**phone) as context, watched(context.new_page(), home) as page:
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        student = Student(page, home)
        student.open("lesson/01_derivative")
        assert page.locator("#source h1", has_text="1. The derivative of one function").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("root.dataset.python") == "away"
        assert not [address for address in asked if "/python/" in address]


@pytest.mark.parametrize("shade", ["light", "dark"])
def test_every_text_can_be_read(browser, home, shade):
    def looks_well():
        for size in (LAPTOP, PROJECTOR, PHONE):
            page.set_viewport_size(size)
            settle(page)  # a narrow screen gets other pictures
            assert faults(page) == {}
            assert {text: contrast for text, contrast in contrasts(page).items() if contrast < 4.5} == {}
        page.set_viewport_size(LAPTOP)

    look = {"viewport": LAPTOP, "color_scheme": shade, "reduced_motion": "reduce"}
    with browser.new_context(**look) as context, watched(context.new_page(), home) as page:
        student = Student(page, home)
        student.open("file/read.py")
        assert student.run(DRAWN) == "good"
        page.locator("html[data-offline]").wait_for(state="attached")  # nothing is said any more that moves the rest
        looks_well()
        assert student.run(f"{DRAWN}\nundefined_name  # a comment") == "failed"
        looks_well()
        student.open("lesson/01_derivative")
        page.locator("html[data-python=ready][data-offline]").wait_for(state="attached")
        looks_well()
        page.goto(home)
        page.locator("#offline", has_text=say("site offline")).wait_for()
        looks_well()


def test_the_reference_is_in_it(browser, home):
    with browser.new_context(viewport=LAPTOP) as context, watched(context.new_page(), home) as page:
        page.goto(home)
        page.click("text=Look up a name")
        page.get_by_role("link", name="hessian").first.click()
        page.locator("#hessian").wait_for()


def test_every_page_has_a_policy_and_names_no_other_server(folder):
    for path in folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        (policy,) = re.findall('<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
        assert "default-src 'none'" in policy or path.is_relative_to(folder / "reference")
        assert "http" not in policy
        assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//(?!github\.com|docs|peps|en\.)""", text)


def test_all_lessons_and_the_demos_of_the_base_installation_are_in_it(folder):
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("documents/*/*.json")}
    assert {"01_derivative", "08_gpt", "first_graph", "explore_moons"} <= found.keys()
    assert "moons" not in found  # it needs matplotlib, as the sign says
    assert sum(name.startswith("0") for name in found) == 8
    for document in found.values():
        assert document["title"]
        assert all(cell["kind"] == "code" or cell["html"].startswith("<") for cell in document["cells"])


def test_the_same_package_makes_the_same_folder(folder, tmp_path):
    assert main(["site", str(tmp_path), "--pyodide", PYODIDE]) == 0
    for path in folder.rglob("*"):
        if path.is_file():
            assert (tmp_path / path.relative_to(folder)).read_bytes() == path.read_bytes(), path


def test_firefox_writes_checks_draws_asks_stops_and_comes_back_without_a_network(folder, tmp_path):
    def put(window, text):
        window.run(f"work.cells[0].editor.put({json.dumps(text)}); keep(); document.querySelector('#run').click()")

    def state(window, name):
        window.until(f"root.dataset.state === {json.dumps(name)} && python.state !== 'beginning'")

    with served(folder) as home:
        port = int(home.rstrip("/").rpartition(":")[2])
        with firefox(tmp_path) as window:
            window.go(f"{home}work.html#file/mine.py")
            window.until("root.dataset.python === 'ready'")
            put(window, f"{RIGHT}\n\nfrom autograd.classroom import check\n\ncheck(Value)")
            state(window, "good")
            window.until("document.querySelector('#panels iframe').srcdoc.includes('facts hold')")
            put(window, "name = input('who? ')\nprint('hello', name)")
            window.until("!document.querySelector('#ask').hidden")
            window.run(
                "document.querySelector('#answer').value = 'Ada'; document.querySelector('#ask').requestSubmit()"
            )
            window.until("document.querySelector('#output').innerText.includes('hello Ada')")
            put(window, "while True: pass")
            state(window, "running")
            window.run("document.querySelector('#stop').click()")
            state(window, "stopped")
            put(window, "undefined_name")
            state(window, "failed")
            put(window, DRAWN)
            state(window, "good")
            assert window.run("document.querySelector('#output').innerText.trim()") == "-2.3593"
            assert window.run("document.querySelectorAll('#panels svg g.node').length") >= 5
            window.until("root.dataset.offline === 'true'")
    with firefox(tmp_path) as window:  # nobody serves it any more
        window.go(f"http://127.0.0.1:{port}/work.html#file/mine.py")
        window.until("root.dataset.python === 'ready'")
        assert window.run("work.cells[0].editor.text()") == DRAWN
        window.run("document.querySelector('#run').click()")
        state(window, "good")
        assert window.run("document.querySelectorAll('#panels svg g.node').length") >= 5


def test_pyodide_that_is_not_there_is_told(capsys, tmp_path):
    pytest.importorskip("pdoc")
    pytest.importorskip("markdown_it")
    assert main(["site", str(tmp_path / "out"), "--pyodide", str(tmp_path)]) == 1
    assert "is not the npm package pyodide: it has no pyodide.mjs" in capsys.readouterr().err
    assert main(["site", str(tmp_path / "out"), "--pyodide", str(tmp_path / "no.tgz")]) == 1
    assert "does not exist" in capsys.readouterr().err
    (tmp_path / "half.tgz").write_bytes(b"\x1f\x8b\x08 and no more")
    assert main(["site", str(tmp_path / "out"), "--pyodide", str(tmp_path / "half.tgz")]) == 1
    assert "is not the npm package pyodide" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
