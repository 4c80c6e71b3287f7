"""A lesson with cells in a real browser: it presents itself, runs no more than it has to, and keeps its notes."""

import asyncio
import concurrent.futures
import http.client
import json
import os
import re
import time
from urllib.parse import urlsplit

import pytest

from tests.classroom.live import ANSWERED, followed, need_the_extra, served, until, wait_for
from tests.helpers.browser import PATIENCE, watched

pytestmark = pytest.mark.once

need_the_extra()

from autograd.classroom.live import guard
from autograd.classroom.live.guard import LENGTH, LETTERS, Code
from autograd.languages import ENGLISH, say, table

LESSON = """\
# %% [markdown]
# # Slopes
# A **bold** word and a <script>console.error("run")</script>.
#
# | a | b |
# |---|---|
# | 1 | 2 |

# %% [markdown] tags=["notes"]
# SECRET plan: five minutes.

# %%
from autograd import Value, explain, show
x = Value(3.0, label="x")
print("first")

# %% [markdown]
# ## The square
# It is easy.

# %%
y = x**2
x.data += 1.0
show(x.data, "x")
show(explain(y), "player")

# %% [markdown]
# What it made stays beside this text.

# %% tags=["notes"]
print("SECRET answer")

# %% last
print("last", x.data)
"""
TEXTS = table("live", ENGLISH)
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    with served(tmp_path_factory.mktemp("presented"), LESSON, "--share", "--address", "127.0.0.1") as live:
        yield live


@pytest.fixture
def teacher(browser, live):
    """The teacher's page, at the first cell of the lesson as it is above."""
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        with watched(page, f"http://{urlsplit(live.link).netloc}/"):
            page.goto(live.link)
            page.locator("html[data-run]").wait_for(state="attached")
            if live.path.read_text(encoding="utf-8") != LESSON:
                save(page, live, LESSON)
            while page.locator("html").get_attribute("data-cell") != "0":
                go(page, "PageUp", int(page.locator("html").get_attribute("data-cell")) - 1)
            yield page
            page.evaluate(ANSWERED)


def go(page, key, cell, state="good"):
    page.keyboard.press(key)
    at(page, cell, state)


def at(page, cell, state="good"):
    page.locator(f"html[data-cell='{cell}'][data-state='{state}']").wait_for(state="attached")


def save(page, live, source, state="good"):
    before = int(page.locator("html").get_attribute("data-run"))
    live.save(source)
    wait_for(page, state, before + 1)


def panels(page):
    return page.locator(".panel:visible h2").all_inner_texts()


def opened(browser, link, **options):
    context = browser.new_context(viewport=PHONE, **options)
    page = context.new_page()
    page.goto(link)
    page.locator("html[data-run]").wait_for(state="attached")
    return context, page


# In the browser


def test_cells_come_one_by_one_with_what_they_made_beside_them(teacher):
    assert teacher.locator(".cell.here h1").inner_text() == "Slopes"
    assert teacher.locator(".cell.here strong").inner_text() == "bold"
    assert '<script>console.error("run")</script>' in teacher.locator(".cell.here").inner_text()
    assert teacher.locator(".cell.here td").all_inner_texts() == ["1", "2"]
    assert teacher.locator("main").is_hidden()  # a text has all the room
    assert teacher.locator("#jump").inner_text() == "1 / 6"
    go(teacher, "PageDown", 1)
    assert teacher.locator(".cell.here li").all_inner_texts()[2] == 'print("first")'
    assert teacher.locator("#output").inner_text() == "first"
    go(teacher, "ArrowRight", 2)
    assert teacher.locator("#printed").is_hidden()
    go(teacher, " ", 3)
    assert panels(teacher) == ["x", "player"]
    assert teacher.locator(".panel:visible kbd").all_inner_texts() == ["1", "2"]
    go(teacher, "PageDown", 4)
    assert panels(teacher) == ["x", "player"]  # they stay beside the text after them
    go(teacher, "PageUp", 3)
    go(teacher, "ArrowLeft", 2)
    assert panels(teacher) == []
    assert teacher.locator(".cell.here").inner_text().startswith("The square")
    box, room = teacher.locator(".cell.here").bounding_box(), teacher.locator("#source").bounding_box()
    until(lambda: room["y"] <= teacher.locator(".cell.here").bounding_box()["y"] < room["y"] + 100)
    assert box["height"] < room["height"]


def test_a_heading_is_jumped_to(teacher):
    teacher.keyboard.press("o")
    assert teacher.locator("#overview li:visible").all_inner_texts() == ["1\nSlopes", "3\nThe square", "6\nlast"]
    teacher.locator("#overview button", has_text="last").click()
    at(teacher, 5)
    assert teacher.locator("#output").inner_text() == "last 4.0"


def test_only_what_has_changed_runs_again_with_what_comes_after_it(teacher, live):
    log = live.path.with_name("log")
    log.unlink(missing_ok=True)
    source = "\n".join(f"# %%\nopen({str(log)!r}, 'a').write('{name}')\nn = {name!r}" for name in "abc")
    save(teacher, live, source)
    assert log.read_text() == "a"
    go(teacher, "PageDown", 1)
    go(teacher, "PageDown", 2)
    assert log.read_text() == "abc"
    go(teacher, "PageUp", 1)
    go(teacher, "PageDown", 2)
    assert log.read_text() == "abc"  # to look back costs nothing
    save(teacher, live, source.replace("n = 'b'", "n = 'B'"))
    assert log.read_text() == ("abcbc" if hasattr(os, "fork") else "abcabc")
    save(teacher, live, "# %% [markdown]\n# a text\n" + source.replace("n = 'b'", "n = 'B'"))
    assert log.read_text() == ("abcbc" if hasattr(os, "fork") else "abcabc")  # a text runs nothing
    before = int(teacher.locator("html").get_attribute("data-run"))
    teacher.keyboard.press("r")
    wait_for(teacher, "good", before + 1)
    assert log.read_text() == ("abcbcb" if hasattr(os, "fork") else "abcabcab")


def test_a_changed_cell_begins_where_the_one_before_it_ended(teacher, live):
    for cell in (1, 2, 3):
        go(teacher, "PageDown", cell)
    assert teacher.locator(".panel:visible pre").inner_text() == "4.0"
    save(teacher, live, LESSON.replace("x.data += 1.0", "x.data += 0.5"))
    assert teacher.locator(".panel:visible pre").inner_text() == "3.5"  # not 4.5: x was 3 before this cell
    save(teacher, live, LESSON.replace("x.data += 1.0", "x.data += missing"), "failed")
    assert teacher.locator("#source .mishap strong").inner_text().startswith("Line 23: NameError: name 'missing'")
    assert teacher.locator(".panel:visible .age").all_inner_texts() == ["from the run before"] * 2
    assert teacher.locator("li.shows").count() == 0  # the lines of an older run may be others now
    save(teacher, live, LESSON.replace("x.data += 1.0", "x.data += missing  # "), "failed")
    assert teacher.locator(".panel:visible .age").all_inner_texts() == ["from 2 runs before"] * 2
    teacher.keyboard.press("1")
    big = teacher.locator(".panel.big")
    big.wait_for()
    assert big.evaluate("each => getComputedStyle(each).opacity") == "1"  # to be read, with nothing shining through
    assert big.evaluate("each => getComputedStyle(each).backgroundColor") == "rgb(255, 255, 255)"
    teacher.keyboard.press("Escape")


def test_notes_are_in_a_window_of_their_own_and_nowhere_else(browser, teacher, live):
    with teacher.expect_popup() as popup:
        teacher.keyboard.press("n")
    notes = popup.value
    notes.locator(".note.here", has_text="SECRET plan").wait_for()
    assert "first" in notes.locator("#following").inner_text()
    notes.keyboard.press("PageDown")  # the window drives the page too
    at(teacher, 1)
    until(lambda: "The square" in notes.locator("#following").inner_text())
    for cell in (2, 3, 4, 5):
        go(teacher, "PageDown", cell)
    notes.locator(".note.here", has_text="SECRET answer").wait_for()
    assert "last" in teacher.locator("#output").inner_text()
    assert "SECRET" not in teacher.content()
    context, phone = opened(browser, live.shared)
    with context:
        at(phone, 5)
        assert "SECRET" not in phone.content()
        assert "SECRET" not in phone.evaluate("JSON.stringify([...sections])")
        assert phone.evaluate("[...sections.keys()].filter((name) => /^own |^notes/.test(name))") == []
    assert b"SECRET" not in events_of(live.shared)
    assert b"SECRET" not in events_of(live.link)
    for path in ("notes", "notes-events", "next", "go?cell=3"):
        assert asked(live.shared, path)[0] == 404
    notes.close()


def test_the_class_does_not_get_what_is_still_to_come(teacher, live):
    save(teacher, live, "# %% [markdown]\n# # One\n\n# %%\nprint('TO COME')\n")
    assert b"TO COME" not in events_of(live.shared)
    go(teacher, "PageDown", 1)
    assert b"TO COME" in events_of(live.shared)


def test_the_class_follows_to_the_cell_the_panel_and_the_step_of_a_player(browser, teacher, live):
    context, phone = opened(browser, live.shared)
    with context:
        for cell in (1, 2, 3):
            go(teacher, "PageDown", cell)
            at(phone, cell)
        assert phone.locator(".cell:visible").count() == 1
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
        teacher.keyboard.press("2")
        phone.locator(".panel.big h2", has_text="player").wait_for()
        for each in (teacher, phone):
            each.frame_locator("iframe").locator("#count", has_text=re.compile("^1 / ")).wait_for()
        teacher.keyboard.press("ArrowRight")  # goes into the panel that is alone
        teacher.keyboard.press("ArrowRight")
        for each in (teacher, phone):
            each.frame_locator("iframe").locator("#count", has_text=re.compile("^3 / ")).wait_for()
        late, other = opened(browser, live.shared)
        with late:  # who comes late is where the others are
            other.locator(".panel.big").wait_for()
            other.frame_locator("iframe").locator("#count", has_text=re.compile("^3 / ")).wait_for()
        teacher.keyboard.press("Escape")
        phone.locator(".panel:not(.big)").first.wait_for()
        phone.locator(".big").wait_for(state="detached")
        for key in ("PageDown", "PageUp", "o", "n", "r", "s", "R"):
            phone.keyboard.press(key)
        at(teacher, 3)
        assert phone.locator("button:visible", has_text=re.compile("‹|›")).count() == 0


def test_a_page_does_not_go_back_to_what_it_asked_for_a_moment_ago(teacher, live):
    for cell in (1, 2, 3):
        go(teacher, "PageDown", cell)
    number = teacher.locator(".panel:visible").nth(1).get_attribute("id")[6:]
    count = teacher.frame_locator("iframe").locator("#count")
    teacher.keyboard.press("2")
    teacher.locator(".panel.big").wait_for()
    count.filter(has_text=re.compile(" / ")).wait_for()
    teacher.keyboard.press("Home")
    for n in (1, 2, 3, 4):
        count.filter(has_text=re.compile(f"^{n} / ")).wait_for()
        if n < 4:
            teacher.keyboard.press("ArrowRight")
    bring = "([name, content]) => update({ [name]: { ...content, by: content.by ?? me } }, false)"
    teacher.keyboard.press("Escape")
    teacher.locator(".big").wait_for(state="detached")
    answered = "number => !sections.get('alone')?.panel && sections.get(`at ${number}`)?.at === '3'"
    teacher.wait_for_function(answered, arg=number)  # what the server itself says comes no more
    teacher.evaluate(bring, ["alone", {"panel": number}])  # as the answers of a slow server would
    teacher.evaluate(bring, [f"at {number}", {"at": "1"}])
    assert teacher.locator(".big").count() == 0
    assert teacher.evaluate("number => lastAt.get(number)", int(number)) == "3"
    teacher.evaluate(bring, ["alone", {"panel": number, "by": "another window"}])
    teacher.evaluate(bring, [f"at {number}", {"at": "1", "by": "another window"}])
    teacher.locator(".panel.big").wait_for()  # the full screen is entered in its turn
    count.filter(has_text=re.compile("^2 / ")).wait_for()


def test_a_class_of_fifty_goes_where_the_teacher_goes_and_so_does_who_typed_the_code(browser, teacher, live):
    code = short_link(live).rsplit("/", 1)[1]

    def is_there(sections):
        return sections.get("place", {}).get("cell") == 5 and "output 2 0" in sections

    async def follow_all():
        arrived = [asyncio.Event() for _ in range(50)]
        followers = [asyncio.create_task(followed(live.shared, is_there, each)) for each in arrived]
        await asyncio.wait_for(asyncio.gather(*(each.wait() for each in arrived)), 60)
        await asyncio.to_thread(asked, live.link, "go?cell=5", "POST", False, f"http://{urlsplit(live.link).netloc}")
        return await asyncio.wait_for(asyncio.gather(*followers), 60)

    context = browser.new_context(viewport=PHONE)
    with context, concurrent.futures.ThreadPoolExecutor(1) as pool:  # beside the event loop of the browser
        phone = context.new_page()
        phone.goto(f"http://{urlsplit(live.shared).netloc}/")
        phone.locator("input").fill(code.upper())
        phone.keyboard.press("Enter")
        at(phone, 0)
        gone = pool.submit(lambda: asyncio.run(follow_all())).result()
        at(phone, 5)
        phone.locator("#output", has_text="last 4.0").wait_for()
    assert [sections["output 2 0"] for sections in gone] == [["last 4.0"]] * 50
    at(teacher, 5)


AT_LINE_35 = "while print('here') or not __import__('time').sleep(9): pass\n"


def test_keys_work_where_a_panel_has_been_clicked(teacher, live):
    save(teacher, live, LESSON.replace('show(x.data, "x")', "show(x.data, 'x')") + AT_LINE_35)
    for cell in (1, 2, 3):
        go(teacher, "PageDown", cell)
    teacher.frame_locator("iframe").locator("#step").click()
    teacher.keyboard.press("PageDown")
    at(teacher, 4)
    teacher.keyboard.press("PageDown")
    at(teacher, 5, "running")
    teacher.locator("#output", has_text="here").wait_for()
    teacher.keyboard.press("s")
    wait_for(teacher, "stopped")
    assert teacher.locator("#source .mishap strong").inner_text() == "Line 35: The program was stopped here."


def test_what_input_asks_for_is_answered_on_the_page(browser, teacher, live):
    context, phone = opened(browser, live.shared)
    with context:
        save(teacher, live, "print('hello', input('your name? '))\n", "running")
        teacher.locator("#ask label", has_text="your name?").wait_for()
        phone.locator("#ask label", has_text="your name?").wait_for()
        assert phone.locator("#ask input").is_hidden()
        teacher.keyboard.type("Ada sfr1")  # no key of the page
        teacher.keyboard.press("Enter")
        for page in (teacher, phone):
            wait_for(page, "good")
            assert page.locator("#output").inner_text() == "your name? Ada sfr1\nhello Ada sfr1"
            assert page.locator("#ask").is_hidden()


def test_who_types_at_once_answers_though_nothing_stood_beside_the_text_before(teacher):
    assert teacher.locator("main").is_hidden()
    teacher.evaluate("update({ ask: { prompt: 'your name? ' } }, false)")
    teacher.keyboard.type("sfr")  # no keys of the page
    assert teacher.locator("#answer").input_value() == "sfr"


def test_enter_pressed_twice_answers_once(teacher, live):
    source = "first = input('first? ')\nwhile input('on? ') != 'end': print('again')\nprint('got', first)\n"
    save(teacher, live, source, "running")
    teacher.locator("#ask label", has_text="first?").wait_for()
    teacher.keyboard.type("one")
    teacher.evaluate("for (let k = 0; k < 2; k++) byId('ask').requestSubmit()")
    teacher.locator("#ask label", has_text="on?").wait_for()
    teacher.keyboard.type("end")
    teacher.keyboard.press("Enter")
    wait_for(teacher, "good")
    assert teacher.locator("#output").inner_text() == "first? one\non? end\ngot one"


def test_a_cell_that_ends_its_process_leaves_those_before_it(teacher, live):
    save(teacher, live, "# %%\nx = 1\n# %%\nimport os; os._exit(3)\n# %%\nprint(x)\n")
    go(teacher, "PageDown", 1, "failed")
    assert "status 3" in teacher.locator(".mishap:visible strong").first.inner_text()
    save(teacher, live, "# %%\nx = 1\n# %%\ny = 2\n# %%\nprint(x)\n")
    go(teacher, "PageDown", 2)
    assert teacher.locator("#output").inner_text() == "1"


def test_after_a_cell_that_fails_the_lesson_can_go_on(teacher, live):
    save(teacher, live, "# %%\nx = 1\n1 / 0\n# %%\nprint(x)\n", "failed")
    go(teacher, "PageDown", 1)
    assert teacher.locator("#output").inner_text() == "1"


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (1024, 768)])
def test_pictures_are_whole_type_can_be_read_and_the_bar_is_one_row(teacher, live, width, height):
    source = (
        "from autograd import Value, show\na = Value(2.0, label='a')\nshow((a * 3 + 1).tanh())\nfor i in range(30):\n"
        "    print(i)\n"
    )
    teacher.set_viewport_size({"width": width, "height": height})
    save(teacher, live, source)
    size = "[...document.querySelectorAll('.panel svg text')].map((each) => each.getBoundingClientRect().height)"
    heights = [teacher.evaluate(f"Math.min(...{size})")]
    for _ in range(3):
        teacher.keyboard.press("+")
        heights.append(teacher.evaluate(f"Math.min(...{size})"))
    assert [round(each, 3) for each in heights] == sorted(round(each, 3) for each in heights)  # larger is never smaller
    bar = teacher.locator("body > header").bounding_box()
    assert bar["height"] < 60
    buttons = [each.bounding_box() for each in teacher.locator("body > header button:visible").all()]
    assert len({round(each["y"]) for each in buttons}) == 1
    assert all(each["x"] + each["width"] <= width for each in buttons)
    teacher.evaluate("localStorage.clear()")
    save(teacher, live, "from autograd import show\nshow({'loss': [3, 2, 1]})\nfor i in range(30): print(i)\n")
    chart, printed = teacher.locator("svg.chart").bounding_box(), teacher.locator("#printed").bounding_box()
    assert chart["y"] + chart["height"] <= printed["y"] + 1
    teacher.keyboard.press("b")
    panel = teacher.locator(".panel:visible").bounding_box()
    assert panel["width"] > 0.9 * width
    assert panel["y"] + panel["height"] > 0.5 * height
    teacher.keyboard.press("b")


def test_the_picture_of_a_network_of_eight_neurons_is_whole(teacher, live):
    source = "from autograd import draw, show\nfrom nn import MLP\nshow(draw(MLP(2, [8, 8, 1]), x=[1.0, 2.0]))\n"
    save(teacher, live, source)
    panel, picture = teacher.locator(".panel:visible"), teacher.locator(".panel:visible svg")
    assert panel.bounding_box()["y"] + panel.bounding_box()["height"] <= 720
    assert picture.bounding_box()["y"] + picture.bounding_box()["height"] <= 720
    assert teacher.locator("#shown").evaluate("each => each.scrollHeight <= each.clientHeight")


def test_a_picture_too_high_to_be_read_as_a_whole_begins_at_its_result_and_is_moved(browser, teacher, live):
    source = "from autograd import Value, draw, show\nx = Value(1.0)\nfor _ in range(25):\n    x = x.tanh()\n"
    save(teacher, live, source + "show(draw(x, direction='TB'))\n")
    context, phone = opened(browser, live.shared)
    with context:
        for page in (teacher, phone):
            graph = page.frame_locator(".panel:visible iframe")
            result = graph.locator(".node.result")
            result.wait_for()
            assert result.evaluate("each => 14 * each.querySelector('text').getScreenCTM().d") >= 12

            def is_in_view():
                place, box = page.locator(".panel:visible iframe").bounding_box(), result.bounding_box()  # noqa: B023
                end = min(place["y"] + place["height"], page.viewport_size["height"])  # noqa: B023
                return place["y"] <= box["y"] and box["y"] + box["height"] <= end

            until(is_in_view)


def test_plots_side_by_side_are_large_enough_on_a_phone_to_be_read(browser, teacher, live):
    pytest.importorskip("matplotlib")
    figure = "import matplotlib.pyplot as plt\nfigure, _ = plt.subplots(1, 2, figsize=(12, 4.6))\n"
    save(teacher, live, f"from autograd import show\n{figure}show(figure)\n")
    context, phone = opened(browser, live.shared)
    with context:
        picture = phone.locator(".panel.wide:visible img")
        picture.wait_for()
        assert picture.bounding_box()["width"] > 550
        body = phone.locator(".panel:visible .body")
        assert body.evaluate("each => each.scrollWidth") >= picture.bounding_box()["width"]  # a finger moves it
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_phone_reads_the_state_before_the_name_of_the_file_and_has_the_height_for_a_page(browser, teacher, live):
    save(teacher, live, "from autograd import Value, explore, show\nshow(explore(Value(3.0) * 2))\n")
    context, phone = opened(browser, live.shared)
    with context:
        phone.evaluate(
            "byId('name').textContent = '04_neuron_and_layer.py'; byId('state').textContent = 'done in 639 ms'"
        )
        assert phone.locator("#state").evaluate("each => each.scrollWidth <= each.clientWidth")
        frame = phone.locator(".panel:visible iframe").bounding_box()
        assert 600 <= frame["height"] <= 844 - frame["y"]
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390


HIGH = "# %%\n" + "\n".join(f"x{n} = {n}" for n in range(60)) + "\n"


def test_a_cell_that_is_too_high_is_read_in_parts_and_the_class_reads_along(browser, teacher, live):
    save(teacher, live, HIGH)
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        pages = [teacher, context.new_page()]
        pages[1].goto(live.shared)
        at(pages[1], 0)
        last = "number => document.querySelector(`li[data-line='${number}']`).getBoundingClientRect().bottom"
        assert all(page.evaluate(last, 61) > 720 for page in pages)
        for _ in range(3):  # by parts that overlap; the last one leads to the end
            teacher.keyboard.press("PageDown")
        for page in pages:
            page.wait_for_function(f"() => ({last})(61) <= 720 && ({last})(61) > 600")
        assert teacher.locator("html").get_attribute("data-cell") == "0"
        assert teacher.locator("#source").evaluate("each => each.getBoundingClientRect().bottom") <= 720
        teacher.keyboard.press("PageUp")
        for page in pages:
            page.wait_for_function(f"() => ({last})(61) > 720")
    context, phone = opened(browser, live.shared)
    with context:
        phone.wait_for_function("() => scrollY > 0")  # who comes late is where the others are
        teacher.keyboard.press("PageUp")
        teacher.keyboard.press("PageUp")
        phone.wait_for_function("() => scrollY === 0")


def test_who_presses_a_key_twice_before_the_page_is_drawn_is_two_cells_on(teacher, live):
    save(teacher, live, "".join("# %%\n" + "\n".join(f"x{n} = {n}" for n in range(14)) + "\n" for _ in range(3)))
    teacher.evaluate("requestAnimationFrame = () => 1")  # no frame comes
    go(teacher, "PageDown", 1)
    go(teacher, "PageDown", 2)


def test_all_of_a_cell_is_seen_when_its_picture_makes_it_narrow(teacher, live):
    words = "# %% [markdown]\n# # Words\n# " + "many words " * 60 + "\n# %%\n"
    code = "\n".join(f"name_{n} = 'a line that is broken where a picture stands beside it {n}'" for n in range(9))
    save(teacher, live, f"{words}from autograd import Value, explain, show\n{code}\nshow(explain(Value(1.0) * 2))\n")
    go(teacher, "PageDown", 1)
    teacher.locator(".panel:visible iframe").wait_for()
    bottom = "Math.max(...[...document.querySelectorAll('.here li')].map(each => each.getBoundingClientRect().bottom))"
    teacher.wait_for_function(f"() => {bottom} <= 720")


def test_a_broken_line_of_code_goes_on_further_in(teacher, live):
    save(teacher, live, "# %%\nif True:\n    x = '" + "word " * 60 + "'\nprint(x)\n")
    teacher.locator("#printed").wait_for()
    lefts = """() => {
      const range = document.createRange(), item = document.querySelector("li[data-line='3']");
      range.selectNodeContents(item);
      const begin = item.textContent.search(/\\S/), lines = [...range.getClientRects()];
      range.setStart(item.firstChild, 0);
      range.setEnd(item.firstChild, Math.min(begin, item.firstChild.length));
      const last = lines[lines.length - 1];
      return [range.getBoundingClientRect().right, last.left, last.top - lines[0].top];
    }"""
    words_begin, last_line_begins, down = teacher.evaluate(lefts)
    assert down > 20
    assert last_line_begins > words_begin


def test_printed_lines_have_the_width_that_they_need(teacher, live):
    save(teacher, live, "# %%\nfor n in range(5):\n    print('=' * 62)\n")
    output = teacher.locator("#output div")
    lines = output.evaluate("each => Math.round(each.offsetHeight / parseFloat(getComputedStyle(each).lineHeight))")
    assert lines == 5
    save(teacher, live, "# %%\nprint('short')\n")
    source, page = teacher.locator("#source").bounding_box(), 1280
    assert source["width"] > 0.55 * page  # the code has the rest


def test_a_very_wide_picture_stands_below_the_code_and_is_whole(teacher, live):
    chain = "x = Value(1.0, label='x')\nfor _ in range(7):\n    x = x * 2\n    x.label = 'name'\nx.backward()\n"
    save(teacher, live, f"# %%\nfrom autograd import Value, show\n{chain}show(x)\nprint(x)\n")
    picture = teacher.locator(".panel:visible svg")
    picture.wait_for()
    teacher.wait_for_function("""() => {
        const [panel, picture] = [".panel", ".panel:not([hidden]) svg"].map((each) => document.querySelector(each));
        const box = picture.getBoundingClientRect(), code = [...document.querySelectorAll(".here li")].at(-1);
        const isBelow = code.getBoundingClientRect().bottom <= box.top && box.bottom <= 720;
        return panel.getBoundingClientRect().width > 1200 && box.left >= 0 && box.right <= 1280 && isBelow;
    }""")
    shown = teacher.locator("#shown")
    assert shown.evaluate("each => each.scrollHeight - each.clientHeight") <= 1
    body = teacher.locator(".panel:visible .body")
    assert body.evaluate("each => each.scrollWidth - each.clientWidth") <= 1


# The short address


def asked(link, path="", method="GET", whole=False, origin=None):
    """The status, the place to go to and the body of an answer."""
    address = urlsplit(link)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE / 1000)
    headers = {} if origin is None else {"Origin": origin}
    connection.request(method, path if whole else address.path + path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.getheader("location", ""), answer.read().decode()
    connection.close()
    return found


def events_of(link):
    """What somebody who comes now is sent first."""
    address = urlsplit(link)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE / 1000)
    connection.request("GET", f"{address.path}events")
    answer, data = connection.getresponse(), b""
    while b"data: " not in data or not data.endswith(b"\n\n"):
        data += answer.read1(1 << 20)
    connection.close()
    return data


def short_link(live):
    """The address for the class to type, as the teacher's page has it."""
    _, data = re.search(rb"event: (all)\ndata: (.*)\n\n", events_of(live.link)).groups()
    return json.loads(data)["own invitation"]["short"]


def test_the_short_address_leads_to_the_page_and_a_wrong_one_does_not(browser, teacher, live):
    short = short_link(live)
    code = short.rsplit("/", 1)[1]
    assert any(line == f"or, to be typed: {short}\n" for line in live.said)
    assert len(code) == LENGTH
    assert set(code) <= set(LETTERS)
    assert asked(live.shared, f"/{code}", whole=True)[:2] == (303, urlsplit(live.shared).path)
    assert asked(live.shared, f"/{code.upper()}/", whole=True)[0] == 303
    assert asked(live.link, f"/{code}", whole=True)[0] == 403  # of the teacher's page there is none
    wrong = "z" * LENGTH
    status, _, body = asked(live.shared, f"/{wrong}", whole=True)
    assert status == 403
    assert say("code wrong") in body
    context = browser.new_context(viewport=PHONE)
    with context:
        phone = context.new_page()
        phone.goto(f"http://{urlsplit(live.shared).netloc}/")
        phone.locator("input").fill(code)
        phone.keyboard.press("Enter")
        phone.locator("html[data-run]").wait_for(state="attached")
        assert phone.locator(".cell.here h1").inner_text() == "Slopes"
    teacher.keyboard.press("q")
    teacher.locator("#invitation").wait_for()
    assert teacher.locator("#short").inner_text() == short
    teacher.locator("#tries", has_text="wrong codes so far: 1").wait_for()
    teacher.keyboard.press("Enter")  # closes it, and takes no new code
    teacher.locator("#invitation").wait_for(state="hidden")
    assert short_link(live) == short
    teacher.keyboard.press("q")
    teacher.locator("#renew").click()
    until(lambda: teacher.locator("#short").inner_text() != short)
    assert asked(live.shared, f"/{code}", whole=True)[0] == 403
    assert asked(live.shared)[0] == 200  # who is here already stays


def test_who_guesses_waits_and_in_the_end_the_code_is_closed(monkeypatch):
    seen = []
    code = Code(lambda: seen.append(code.n_wrong))
    assert [code.answer("zzzzzz", "a") for _ in range(11)] == ["wrong"] * 10 + ["wait"]
    assert code.answer(code.text, "a") == "wait"  # or one could go on trying
    assert code.answer(code.text.upper(), "b") == "right"
    monkeypatch.setattr(time, "monotonic", lambda: 1e9)
    assert code.answer(code.text, "a") == "right"
    said = [code.answer("zzzzzz", str(n)) for n in range(290)]
    assert said == ["wrong"] * 289 + ["closed"]
    assert code.answer(code.text, "c") == "closed"
    assert seen[-1] == guard.MOST_WRONG
    before = code.text
    code.renew()
    assert code.text != before
    assert code.answer(code.text, "c") == "right"


def test_every_text_of_the_page_is_in_one_place():
    page = os.path.join(os.path.dirname(guard.__file__), "page")
    for name in os.listdir(page):
        with open(os.path.join(page, name), encoding="utf-8") as file:
            text = file.read()
        for key in re.findall(r'say\("([^"]+)"', text) + re.findall(r'\["(key \w+)"', text):
            assert key in TEXTS, (name, key)
        if name.endswith(".html"):
            named = re.findall(r"\{\{([^}]+)\}\}", text)
            assert all(
                key in TEXTS or key in ("style", "script", "role", "texts", "said", "language") for key in named
            ), name
            shown = re.sub(r"<!--.*?-->|<[^>]*>|\{\{[^}]*\}\}", " ", text, flags=re.DOTALL)
            assert re.findall(r"[A-Za-z]{3,}", shown) in ([], ["chalkgrad", "live"]), name
