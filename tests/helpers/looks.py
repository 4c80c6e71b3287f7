"""What a page looks like, measured: how large its texts are, whether they lie over each other, and what they leave."""

from typing import Any

SMALLEST = 12  # pixels of a letter's height, as fonts have it

# Every line of text that is on the screen: what it says, its box, the size of its letters, and whether something that
# is not its own lies on it. What is scrolled away, or cut off at the edge of what scrolls, is not on the screen.
LINES = """() => {
    const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const around = (element) => (element ? [element, ...around(element.parentElement)] : []);
    const isCut = (element, box) => around(element.parentElement).some((each) => {  // by the edge of what scrolls
        const { overflowX, overflowY } = getComputedStyle(each), room = each.getBoundingClientRect();
        const isOver = box.left < room.left - 1 || box.right > room.right + 1;
        const isOut = isOver || box.top < room.top - 1 || box.bottom > room.bottom + 1;
        return each !== document.body && (overflowX !== "visible" || overflowY !== "visible") && isOut;
    });
    const scaleOf = (element) => {
        if (element.getScreenCTM) return Math.abs(element.getScreenCTM().d);
        const scaled = element.closest("[style*='scale']");
        return scaled ? scaled.getBoundingClientRect().width / scaled.offsetWidth : 1;
    };
    while (walker.nextNode()) {
        const node = walker.currentNode, parent = node.parentElement, range = document.createRange();
        const unseen = "script, style, title, option, [hidden], details:not([open]) > :not(summary)";
        if (!node.data.trim() || parent.closest(unseen)) continue;
        if (around(parent).some((each) => getComputedStyle(each).clipPath !== "none")) continue;  // for screen readers
        range.selectNodeContents(node);
        for (const box of range.getClientRects()) {
            const isOff = box.width < 3 || box.height < 3 || box.bottom < 0 || box.top > innerHeight;
            if (isOff || isCut(parent, box)) continue;
            const own = parent.closest("g.node, g.edge, g.operation") ?? parent, inSvg = Boolean(parent.getScreenCTM);
            const tops = [0.08, 0.5, 0.92].map((share) =>
                document.elementFromPoint(box.left + box.width * share, box.top + box.height / 2)).filter(Boolean);
            const covers = tops.filter((top) =>
                !own.contains(top) && !top.contains(parent) && !(inSvg && top.closest("g.edge")));
            const isUnder = covers.some((top) => top.closest("dialog, [role=dialog], .big"));  // which somebody opened
            if (isUnder || (!inSvg && covers.length === 3)) continue;
            found.push({ text: node.data.trim(), box: [box.left, box.top, box.right, box.bottom],
                size: parseFloat(getComputedStyle(parent).fontSize) * scaleOf(parent), covered: covers.length > 0 });
        }
    }
    return found;
}"""


# Nothing has moved from one picture of the screen to the next
SETTLED = """async () => {
    const all = () => [...document.querySelectorAll("svg, svg text, li, .panel, button")];
    const places = () => JSON.stringify(all().map((each) => {
        const { x, y, width } = each.getBoundingClientRect();
        return [Math.round(x), Math.round(y), Math.round(width), getComputedStyle(each).fill];
    }));
    let before = "";
    while (before !== (before = places())) {
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }
}"""


def settle(page: Any) -> None:
    """Wait until nothing moves on the page."""
    page.evaluate(SETTLED)


def overlapping(labels: list[dict[str, Any]], slack: float = 1.5) -> list[tuple[str, str]]:
    """Pairs of labels that lie over each other by more than the slack of a font's box, in pixels."""
    found = []
    for i, one in enumerate(labels):
        left, top, right, bottom = one["box"]
        for other in labels[:i]:
            x, y, end, below = other["box"]
            if (
                min(right, end) - max(left, x) > slack
                and min(bottom, below) - max(top, y) > (bottom - top) * 0.25 + slack
            ):
                found.append((one["text"], other["text"]))
    return found


def faults(page: Any) -> dict[str, list[Any]]:
    """What a demanding eye would mark on the page as it stands, by its kind."""
    lines, size = page.evaluate(LINES), page.viewport_size
    found = {
        "too small": [(each["text"], round(each["size"], 1)) for each in lines if each["size"] < SMALLEST - 0.05],
        "over each other": overlapping(lines),
        "covered": [each["text"] for each in lines if each["covered"]],
        "off the screen": [each["text"] for each in lines if each["box"][0] < -1 or each["box"][2] > size["width"] + 1],
        "wider than the screen": [page.evaluate("document.documentElement.scrollWidth")]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth")
        else [],
    }
    assert lines
    return {kind: each for kind, each in found.items() if each}
