"""Prints how fast the pages answer: a graph of 5,000 nodes, a number that is dragged, the moons and a GPT that train.

Each figure is the smallest of several rounds: milliseconds of the page's own thread, in the system's Chromium. For 60
frames a second a frame may take 16.7 ms.
"""

import argparse
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import autograd
import nn
from autograd import Value, draw, explore
from demos.explore_moons import two_moons
from demos.gpt import CHARACTERS, GPT, names, numbered
from tests.helpers.browser import chromium, load

# The milliseconds of an act, what it makes laid out; and the act of writing into a field
HELP = """
    const timed = (act) => {
        const began = performance.now();
        act();
        document.body.offsetHeight;
        return performance.now() - began;
    };
    const write = (field, text) => {
        field.value = text;
        field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const least = Math.min, most = Math.max, times = (n) => [...Array(n).keys()];
"""
GRAPH = """
    const place = document.getElementById("graph"), scene = JSON.parse(document.getElementById("scene").textContent);
    const search = document.querySelector("input[type=search]"), all = {};
    const names = ["layers.1.neurons.7.b", "layers.0.neurons.3.w[1]", "layers.2.neurons.0.w[9]"];
    let graph;
    all["first picture"] = timed(() => { place.replaceChildren(); graph = graphOf(place, scene) });
    all["a name found, the longest of 3"] = most(...names.map((name) => timed(() => write(search, name))));
    write(search, "");
    const nodes = [100, 1000, 2000, 3000, 4000];
    all["to another node, the longest"] = most(...nodes.map((i) => timed(() => graph.focus([i], false))));
    all["lighting a node"] = timed(() => graph.mark({ here: [4000], gets: [3999] }));
    return all;
"""
DRAG = """
    const field = document.querySelector(".card input[type=range]"), middle = Number(field.value);
    const step = Number(field.step) || 0.01;
    return { "a leaf dragged": least(...times(30).map((k) => timed(() => write(field, String(middle + k * step))))) };
"""
TRAINING = """
    const all = { "a step": least(...times(12).map(() => timed(() => trainer.forward()))) };
    const frames = times(48).map(() => timed(() => { trainer.forward(); show(true) }));  // each fourth draws all
    all["a frame, the longest of four"] = most(...times(4).map((j) => least(...frames.filter((_, k) => k % 4 === j))));
    const drag = (k) => timed(() => actions.movePoint(3, 0.1 + k / 50, 0.2));
    if (plane) all["a point dragged"] = least(...times(12).map(drag));
    return all;
"""


def graph_of_5_000() -> Any:
    """The graph of a loss over a batch."""
    model = nn.MLP(2, [16, 16, 1], rng=random.Random(1))
    loss = autograd.mean([(model([i / 25 - 1, 1 - i / 25]) - 0.5).relu() for i in range(50)])
    loss.backward()
    return draw(loss)


def chain() -> Any:
    """The page of one small graph."""
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(6.5, label="c")
    return explore((a * b + c).tanh())


def moons() -> Any:
    """The page of the demo."""
    model = nn.MLP(2, [8, 8, 1], activation="tanh", rng=random.Random(1337))
    return explore(model, nn.hinge_loss, two_moons(random.Random(1337)), lr=0.5)


def surprise(outputs: Any, targets: Any) -> Any:
    """The mean surprise at the characters of the texts."""
    each = [nn.cross_entropy(rows, list(target)) for rows, target in zip(outputs, targets, strict=True)]
    return autograd.mean(each)


def gpt() -> Any:
    """The page of the model of the demo, which learns names one by one."""
    texts = [numbered(name) for name in names()[:200]]
    data = [(text[:-1], text[1:]) for text in texts]
    settings: dict[str, Any] = {"optimizer": "adam", "lr": 0.005, "batch_size": 1}
    return explore(GPT(random.Random(0)), surprise, data, characters=CHARACTERS, **settings)


PAGES: dict[str, tuple[Callable[[], Any], str]] = {
    "a graph of 5,000 nodes": (graph_of_5_000, GRAPH),
    "explore((a*b + c).tanh())": (chain, DRAG),
    "the moons, 105 parameters, 100 points": (moons, TRAINING),
    "a GPT of 4,411 parameters, one name a step": (gpt, TRAINING),
}


def main() -> None:
    """Make the pages, open each some times, and print the least."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    options = parser.parse_args()
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        for name, (made, measure) in PAGES.items():
            path = made().save(Path(folder) / "page.html")
            found: dict[str, list[float]] = {}
            for _ in range(options.rounds):
                page = browser.new_page(viewport={"width": 1280, "height": 720})
                load(page, path)
                for what, milliseconds in page.evaluate(f"() => {{ {HELP} {measure} }}").items():
                    found.setdefault(what, []).append(milliseconds)
                opened = page.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart")
                found.setdefault("the page opened", []).append(opened)
                page.close()
            print(f"{name} ({path.stat().st_size // 1024:,} KB)")
            for what, all_of_it in found.items():
                print(f"    {what:30} {min(all_of_it):8.1f} ms")


if __name__ == "__main__":
    main()
