// The plot of any number over any leaf, with the tangent whose slope is the derivative; its point can be dragged.
const POINTS = 200;

class Plot {
  constructor(actions) {
    this.actions = actions;
    const box = byId("curve");
    const move = (event) => {
      const { left, width } = box.getBoundingClientRect(), { low, high } = this.range, times = enlargement();
      const share = ((event.clientX - left) / times - this.left) / (width / times - this.left - this.right);
      this.actions.change(this.leaf, Number((low + Math.min(Math.max(share, 0), 1) * (high - low)).toPrecision(4)), false);
    };
    box.addEventListener("pointerdown", (event) => { box.setPointerCapture(event.pointerId); this.isDragged = true; move(event); });
    box.addEventListener("pointermove", (event) => { if (this.isDragged) move(event); });
    const end = () => { if (this.isDragged) this.actions.settle(this.leaf); this.isDragged = false; };
    box.addEventListener("pointerup", end);
    box.addEventListener("pointercancel", end);
    Object.assign(this, { left: 62, right: 12, top: 8, bottom: 24 });
  }

  // y: a node; leaf: its number, and x: its node; range: that of its slider; curve: from x to y, or NaN
  show(graph, y, x, leaf, range, at) {
    this.range = range;
    this.leaf = leaf;
    const box = byId("curve"), width = box.clientWidth / enlargement(), height = box.clientHeight / enlargement();
    if (!width || !height) return;
    const here = graph.data[x], value = graph.data[y], slope = y === graph.result ? graph.gradients[x] : graph.backward(y, graph.partials)[x];
    const points = [];
    for (let k = 0; k <= POINTS; k++) {
      const place = range.low + (range.high - range.low) * k / POINTS;
      points.push([place, ...at(place, y)]);
    }
    const finite = points.map(([, y]) => y).filter(Number.isFinite).concat(value).sort((a, b) => a - b);
    const cut = finite.slice(Math.floor(finite.length * 0.01), Math.ceil(finite.length * 0.99));
    let low = Math.min(cut[0], value), high = Math.max(cut[cut.length - 1], value);
    if (!(high - low > 1e-9 * Math.max(Math.abs(low), Math.abs(high)))) { const margin = Math.abs(low) / 2 || 1; low -= margin; high += margin; }
    const margin = (high / 2 - low / 2) * 0.16, most = 8.9e307; // a height that is a number
    low = Math.max(low - margin, -most); high = Math.min(high + margin, most);
    const marks = ticks(low, high, Math.max(2, height / 55));
    this.left = Math.max(62, ...marks.map((mark) => widthOf(shown(mark), 13) + 14));
    const px = (x) => this.left + (x - range.low) / (range.high - range.low) * (width - this.left - this.right);
    const py = (y) => this.top + (high - y) / (high - low) * (height - this.top - this.bottom);
    const parts = [];
    for (const tick of marks) {
      parts.push(drawn("line", { class: tick === 0 ? "zero" : "grid", x1: this.left, x2: width - this.right, y1: py(tick), y2: py(tick) }));
      parts.push(drawn("text", { x: this.left - 7, y: py(tick) + 4, "text-anchor": "end" }, shown(tick)));
    }
    for (const tick of ticks(range.low, range.high, Math.max(2, width / 130))) {
      parts.push(drawn("line", { class: tick === 0 ? "zero" : "grid", x1: px(tick), x2: px(tick), y1: this.top, y2: height - this.bottom }));
      if (px(tick) + widthOf(shown(tick), 13) / 2 >= width) continue; // no room for its number
      parts.push(drawn("text", { x: px(tick), y: height - this.bottom + 17, "text-anchor": "middle" }, shown(tick)));
    }
    const inside = (y) => Math.min(Math.max(py(y), -5 * height), 6 * height);
    let d = "", before = null;
    for (const [x, y, way] of points) {
      if (Number.isFinite(y)) {
        const jumps = before === null || (way !== before.way && Math.abs(y - before.y) > 0.05 * (high - low));
        d += `${jumps ? "M" : "L"}${px(x).toFixed(1)},${inside(y).toFixed(1)}`;
      }
      before = Number.isFinite(y) ? { y, way } : null;
    }
    const clip = drawn("clipPath", { id: "inside" }, drawn("rect", { x: this.left, y: this.top, width: width - this.left - this.right, height: height - this.top - this.bottom }));
    const lines = drawn("g", { "clip-path": "url(#inside)" }, drawn("path", { class: "curve", d }));
    if (Number.isFinite(slope)) {
      const [x1, x2] = [range.low, range.high];
      lines.append(drawn("line", { class: "tangent", x1: px(x1), y1: py(value + slope * (x1 - here)), x2: px(x2), y2: py(value + slope * (x2 - here)) }));
    }
    lines.append(drawn("line", { class: "drop", x1: px(here), x2: px(here), y1: py(value), y2: height - this.bottom }));
    const names = [graph.nodes[y].name, graph.nodes[x].name];
    const picture = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": say("{0} over {1}, with its tangent at {1} = {2}, of slope {3}", ...names, shown(here), shown(slope)) },
      clip, ...parts, lines, drawn("circle", { cx: px(here), cy: py(value), r: 6.5 }));
    box.replaceChildren(picture);
    const direction = slope < 0 ? say("The tangent falls by {0} for each 1 to the right.", shown(-slope)) : slope > 0 ? say("The tangent rises by {0} for each 1 to the right.", shown(slope)) : say("The tangent is level.");
    byId("slope").replaceChildren(`${direction} ${say("Its slope")} `, made("span", { className: "number", textContent: shown(slope) }),
      ` ${y === graph.result ? say("is the gradient of {0}.", names[1]) : say("is the gradient of {0}, seen from {1}.", names[1], names[0])}`);
  }
}

// Round numbers between two others, about so many
function ticks(low, high, n) {
  const power = 10 ** Math.floor(Math.log10((high - low) / n)), step = power * [1, 2, 5, 10].find((k) => k * power * n >= high - low);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(Number((k * step).toPrecision(12)));
  return found;
}
