"""Pictures in a real marimo notebook: each cell displays what it ends in, and what it shows."""

import html
import json
import re
import subprocess
import sys

import pytest

pytest.importorskip("marimo", reason="marimo is not installed: python -m pip install -e '.[browser]'")

pytestmark = [pytest.mark.once, pytest.mark.slow]

NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def begins():
    from autograd import Value, draw, explain, explore, show
    a = Value(2.0, label="a")
    y = (a * 3).tanh()
    y.backward()
    return draw, explain, explore, show, y


@app.cell
def draws(draw, y):
    draw(y)
    return


@app.cell
def explains(explain, y):
    explain(y)
    return


@app.cell
def explores(explore, y):
    explore(y)
    return


@app.cell
def shows(show, y):
    for k in range(3):
        show([3.0, 2.0, 1.0 + k], "the losses")
    show(y)
    return
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What each cell displays, as text, in the page that marimo exports."""
    folder = tmp_path_factory.mktemp("marimo")
    (folder / "notebook.py").write_text(NOTEBOOK, encoding="utf-8")
    command = [sys.executable, "-m", "marimo", "export", "html", "notebook.py", "-o", "notebook.html"]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=200)
    assert told.returncode == 0, told.stderr
    page = (folder / "notebook.html").read_text(encoding="utf-8")
    session = json.JSONDecoder().raw_decode(page, page.index('{"cells": [{"code_hash"'))[0]
    return [html.unescape(json.dumps(cell["outputs"], ensure_ascii=False)) for cell in session["cells"]]


def test_draw_explain_and_explore_display_themselves(outputs):
    _, draws, explains, explores, _ = outputs
    for shown in (draws, explains, explores):
        assert "<iframe" in shown
        assert "tanh" in shown
    assert "<svg" in draws
    assert "Play" in explains
    assert "How does" in explores


def test_show_displays_each_place_once(outputs):
    shown = outputs[4]
    assert "the losses" in shown
    assert len(re.findall("class=.{1,3}chart", shown)) >= 1
    assert "tanh" in shown
    assert shown.count("curve of") <= 2  # as a picture and as HTML; of three runs of the line the last
