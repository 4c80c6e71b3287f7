"""The plots of the site beside matplotlib, whose place they take: the same ranges, lines and colours."""

import ast
import math
import os
import re
import subprocess
import sys

import pytest

from autograd.classroom.lessons import lessons
from autograd.classroom.site.building import MATPLOTLIB
from autograd.classroom.site.plots import pyplot as plots
from autograd.classroom.site.plots.axes import Axes
from autograd.classroom.site.plots.colours import LinearSegmentedColormap
from autograd.classroom.site.plots.figures import Figure
from autograd.classroom.site.plots.surfaces import segments_at

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed: python -m pip install -e '.[test]'")
matplotlib.use("agg")
from matplotlib import colors, pyplot

pytestmark = pytest.mark.once

XS = [i / 7 for i in range(-20, 30)]


def bell(x, y):
    return math.exp(-x * x - y * y / 2)


def both(draw):
    """The axes that a function draws on, ours and matplotlib's."""
    ours = plots.subplots()[1]
    figure, theirs = pyplot.subplots()
    draw(ours)
    draw(theirs)
    pyplot.close(figure)
    return ours, theirs


@pytest.mark.parametrize(
    "draw",
    [
        lambda axes: axes.plot(XS, [x**3 for x in XS]),
        lambda axes: axes.plot([3.0, 2.0, 1.0, 1.5], "o--"),
        lambda axes: axes.semilogy([1e-3, 10.0, 1e5]),
        lambda axes: axes.loglog([1.0, 10.0, 1000.0], [1e-8, 1e-3, 1.0]),
        lambda axes: axes.bar(["a", "b", "c"], [1.0, 4.0, 2.5]),
        lambda axes: axes.imshow([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        lambda axes: axes.contourf(XS, XS, [[bell(x, y) for x in XS] for y in XS]),
        lambda axes: (axes.plot(XS, XS), axes.set(xlim=(-1, 2), ylim=(0, 5))),
    ],
)
def test_axes_go_as_far_as_those_of_matplotlib(draw):
    ours, theirs = both(draw)
    (x_limits, y_limits) = ours.figure.limits(ours)
    if ours.x.names:  # a bar leaves a margin below no bar
        assert y_limits[1] == pytest.approx(theirs.get_ylim()[1], rel=0.01)
        return
    assert x_limits == pytest.approx(sorted(theirs.get_xlim()), rel=1e-6)
    assert y_limits == pytest.approx(sorted(theirs.get_ylim()), rel=1e-6)


def test_plots_that_share_an_axis_share_its_scale():
    limits = []
    for library in (plots, pyplot):
        figure, (first, second) = library.subplots(1, 2, sharey=True)
        first.plot([2.0, 30.0])
        second.semilogy([1.0, 100.0])
        limits.append([*figure.limits(first)[1]] if library is plots else [*first.get_ylim()])
        if library is plots:
            assert "nan" not in figure.svg()
    assert limits[0] == pytest.approx(limits[1], rel=1e-6)
    pyplot.close(figure)


def test_contour_lines_are_those_of_matplotlib():
    rows = [[bell(x, y) for x in XS] for y in XS]
    _, axes = pyplot.subplots()
    theirs = [tuple(point) for line in axes.contour(XS, XS, rows, levels=[0.3]).allsegs[0] for point in line]
    pyplot.close()
    ours = {point for segment in segments_at(XS, XS, rows, 0.3) for point in segment}
    assert len(ours) > 20
    for x, y in ours:
        assert min(math.hypot(x - a, y - b) for a, b in theirs) < 1e-9


def test_colours_between_are_those_of_matplotlib():
    colours = ["#2f6fad", "white", "#b85f00"]
    theirs, ours = (kind.from_list("x", colours) for kind in (colors.LinearSegmentedColormap, LinearSegmentedColormap))
    for i in range(11):
        expected = [round(255 * channel) for channel in theirs(i / 10)[:3]]
        assert [*ours.rgb(i / 10)] == pytest.approx(expected, abs=2)  # matplotlib rounds to 256 colours


def test_a_picture_has_its_words_and_is_whole():
    figure, grid = plots.subplots(2, 2, sharex=True, sharey=True)
    for axes in grid.flat:
        axes.plot([1, 2, 3], label="a < b")
        axes.legend()
    grid[0, 1].set(title="$x_1$ & more")
    figure.suptitle("all")
    picture = figure.svg()
    assert "x₁ &amp; more" in picture
    assert picture.count("a &lt; b") == 4
    assert "nan" not in re.sub("<text.*?</text>", "", picture)
    from xml.etree import ElementTree

    ElementTree.fromstring(picture)


@pytest.mark.parametrize(("ncols", "n_rows"), [(3, 1), (2, 2), (1, 3)])
def test_the_legend_of_a_figure_stands_below_its_plots(ncols, n_rows):
    from xml.etree import ElementTree

    figure, (left, _) = plots.subplots(1, 2, figsize=(10.5, 4.8))
    for name in ("one", "two", "three"):
        left.plot([0, 1], label=name)
    figure.legend(loc="outside lower center", ncols=ncols)
    boxes = [
        each for each in ElementTree.fromstring(figure.svg()).iter() if each.tag.endswith("rect") and each.get("x")
    ]
    legend = next(each for each in boxes if each.get("fill") == "#fffc")
    top, height = float(legend.get("y")), float(legend.get("height"))
    assert height == 20 * n_rows + 8
    assert top + height < 72 * 4.8
    assert all(float(each.get("y")) + float(each.get("height")) < top for each in boxes if each is not legend)
    with pytest.raises(AttributeError, match="place 'upper left' for the legend of a figure"):
        figure.legend(loc="upper left")


@pytest.mark.parametrize(
    "draw",
    [
        lambda axes: axes.plot([0, 1], [0, 1], label="through two corners"),
        lambda axes: axes.plot([0, 0.4, 0.5, 0.6, 1], [1, 0, 0, 0, 1], label="in all corners but below"),
        lambda axes: axes.plot([0, 1, 1, 0, 0], [0, 0, 1, 1, 0], label="all around"),
        lambda axes: axes.scatter([0, 1, 0, 1], [0, 0, 1, 1], label="marks in the corners"),
        lambda axes: (axes.axhline(0.9, label="across"), axes.axvline(0.1), axes.set(xlim=(0, 1), ylim=(0, 1))),
        lambda axes: axes.plot([0, 1] * 40, [i // 2 / 40 for i in range(80)], label="everywhere"),
        lambda axes: (
            axes.semilogy([10 ** (-i / 40) for i in range(400)], label="one falls"),
            axes.semilogy([10 ** (-i / 160 if i < 90 else (i - 180) / 160) for i in range(400)], label="one turns"),
        ),
    ],
)
def test_a_legend_leaves_lines_and_marks_free(draw):
    from xml.etree import ElementTree

    figure, (axes, _) = plots.subplots(1, 2, figsize=(10.5, 4.8))
    draw(axes)
    axes.legend()
    root = ElementTree.fromstring(figure.svg())
    legend = next(each for each in root.iter() if each.get("fill") == "#fffc")
    left, top, width, height = (float(legend.get(name)) for name in ("x", "y", "width", "height"))
    clipped = next(each for each in root.iter() if (each.get("clip-path") or "").startswith("url(#clip0-0)"))
    lines = [each.get("d") for each in clipped if each.get("d") and each.get("stroke") != "#d5dade"]
    ways = [[tuple(map(float, point.split(","))) for point in re.findall(r"[\d.]+,[\d.]+", line)] for line in lines]
    ways += [[(float(each.get("cx")), float(each.get("cy")))] for each in clipped if each.get("cx")]
    assert ways
    for way in ways:
        for (x, y), (x2, y2) in zip(way, way[1:] or way, strict=False):
            for k in range(201):
                at, down = x + (x2 - x) * k / 200, y + (y2 - y) * k / 200
                assert not (left < at < left + width and top < down < top + height)


@pytest.mark.parametrize(
    ("draw", "what"),
    [
        (lambda axes: axes.violinplot([1]), "axes.violinplot"),
        (lambda axes: axes.plot([1], zorder=3), "argument 'zorder'"),
        (lambda axes: axes.plot([1], color="chartreuse"), "colour 'chartreuse'"),
        (lambda axes: axes.set(xmargin=0), "axes.set(xmargin=…)"),
        (lambda axes: axes.figure.add_axes(), "figure.add_axes"),
    ],
)
def test_what_is_missing_is_refused_in_a_sentence(draw, what):
    with pytest.raises(AttributeError, match=re.escape(f"the plots of this page have no {what}")):
        draw(plots.subplots()[1])


def test_python_in_the_browser_finds_it_as_matplotlib(tmp_path):
    for name, source in MATPLOTLIB.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(source)
    program = """
import matplotlib, matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap
matplotlib.use("agg")
plt.style.use("classic")
plt.title("three")
plt.plot([1, 2, 3])
plt.gcf().savefig("three.svg")
print(type(plt).__name__, LinearSegmentedColormap.__module__)
"""
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8")
    assert (ran.stdout, ran.stderr) == ("module autograd.classroom.site.plots.colours\n", "")
    assert "three" in (tmp_path / "three.svg").read_text(encoding="utf-8")


def test_it_has_whatever_the_lessons_call():
    own = {name for kind in (Axes, Figure, plots) for name in vars(kind)}
    for path in lessons():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("plt", "axes", "figure"):
                assert node.attr in own, (path.name, node.attr)
