// The plane of two inputs: what the model makes of each point, the boundary, and the points, which can be moved; or the
// curve of a model with one input.
const GRID = 36;
// The colours of the palette that are painted, by their names there: those of the classes, and all others
const CLASSES = ["s2", "s1", "s3", "s0", "s5", "s4", "s9", "s6", "s7", "s8"];
const PAINTED = ["ink", "soft", "line", "panel", "paper", "accent", "below-line", "above-line", "below", "box", "above", "not-finite"];
const channelsOf = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
const between = (from, to, share) => from.map((channel, k) => channel + (to[k] - channel) * share);

class Plane {
  constructor(canvas, trainer, actions) {
    Object.assign(this, { canvas, trainer, actions, tool: "choose" });
    this.isCurve = trainer.data.inputs[0].length === 1;
    const { examples, data } = trainer, column = (k) => examples.map(({ x }) => x[k]);
    const second = this.isCurve ? examples.map(({ target }) => target[0]) : column(1);
    [this.x, this.y] = [column(0), second].map((numbers) => {
      const low = Math.min(...numbers), high = Math.max(...numbers), margin = (high - low || 1) * 0.15;
      return { low: low - margin, high: high + margin };
    });
    this.nNeurons = data.columns.reduce((n, column) => n + column.length, 0);
    if (!this.isCurve) {
      this.tiles = [...Array(2 + this.nNeurons)].map(() => new ImageData(GRID, GRID));
      this.pictures = this.tiles.map(() => Object.assign(document.createElement("canvas"), { width: GRID, height: GRID }));
      this.whole = Object.assign(document.createElement("canvas"), { width: GRID, height: GRID });
      this.image = new ImageData(GRID, GRID);
    }
    let drag = null;
    const point = (event) => this.at(event);
    canvas.addEventListener("pointerdown", (event) => {
      const found = this.nearest(event), [x, y] = point(event);
      if (this.tool === "remove") { if (found !== null) actions.remove(found); return; }
      if (this.tool !== "choose" && found === null) { actions.add(x, y, this.tool); return; }
      if (found === null) return;
      actions.choosePoint(found);
      drag = found;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      canvas.style.cursor = this.nearest(event) === null && drag === null ? "crosshair" : "grab";
      if (drag !== null) actions.movePoint(drag, ...point(event));
    });
    const end = () => { drag = null; actions.endMove(); };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
  }

  at(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [this.x.low + (event.clientX - left) / width * (this.x.high - this.x.low), this.y.high - (event.clientY - top) / height * (this.y.high - this.y.low)];
  }

  px(x) { return (x - this.x.low) / (this.x.high - this.x.low) * this.canvas.clientWidth; }

  py(y) { return (this.y.high - y) / (this.y.high - this.y.low) * this.canvas.clientHeight; }

  second(example) { return this.isCurve ? example.target[0] : example.x[1]; }

  nearest(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    let best = event.pointerType === "touch" ? 24 : 14, found = null; // a finger is broader
    this.trainer.examples.forEach((example, i) => {
      const distance = Math.hypot(this.px(example.x[0]) - event.clientX + left, this.py(this.second(example)) - event.clientY + top);
      if (distance < best) { best = distance; found = i; }
    });
    return found;
  }

  // what the model makes of the plane; and, with tiles, each neuron
  compute(colours, hasTiles = true) {
    const { trainer } = this, { data, outputs } = trainer, program = PROGRAMS[0], target = trainer.data.targets[trainer.data.which.indexOf(0)];
    const given = [0, 0, ...target], n = data.nOutputs, twoClasses = n === 1, values = this.values = this.values || new Float64Array(GRID * GRID);
    const reach = new Float64Array(2 + this.nNeurons).fill(1e-9), all = this.all = this.all || new Float64Array(GRID * GRID * (2 + this.nNeurons));
    for (let row = 0; row < GRID; row++) for (let column = 0; column < GRID; column++) {
      const at = row * GRID + column;
      given[0] = this.x.low + (column + 0.5) / GRID * (this.x.high - this.x.low);
      given[1] = this.y.high - (row + 0.5) / GRID * (this.y.high - this.y.low);
      const isDefined = program.value(given, outputs) === 0;
      for (let k = 0; hasTiles && k < 2 + this.nNeurons; k++) {
        const x = k < 2 ? given[k] : isDefined ? outputs[1 + n + k - 2] : 0;
        all[k * GRID * GRID + at] = x;
        if (Math.abs(x) > reach[k]) reach[k] = Math.abs(x);
      }
      if (twoClasses) values[at] = isDefined ? outputs[1] - data.threshold : NaN;
      else {
        let best = 0, sum = 0;
        for (let k = 1; k < n; k++) if (outputs[1 + k] > outputs[1 + best]) best = k;
        for (let k = 0; k < n; k++) sum += Math.exp(outputs[1 + k] - outputs[1 + best]);
        values[at] = isDefined ? best + Math.min(0.999, 1 / sum) : NaN;
      }
    }
    for (let k = 0; hasTiles && k < 2 + this.nNeurons; k++) {
      paint(this.tiles[k].data, all, k * GRID * GRID, reach[k], colours);
      this.pictures[k].getContext("2d").putImageData(this.tiles[k], 0, 0);
    }
    if (twoClasses) {
      let largest = 0;
      for (const x of values) if (Math.abs(x) > largest && Number.isFinite(x)) largest = Math.abs(x);
      paint(this.image.data, values, 0, Math.max(largest * 0.6, 1e-9), colours);
    } else {
      const paper = channelsOf(colours.paper), classes = CLASSES.map((name) => channelsOf(colours[name])), missing = channelsOf(colours["not-finite"]);
      values.forEach((x, at) => this.image.data.set([...(Number.isFinite(x) ? between(paper, classes[Math.floor(x) % 10], 0.175 + 0.42 * (x % 1)) : missing), 255], at * 4));
    }
    this.whole.getContext("2d").putImageData(this.image, 0, 0);
  }

  draw(chosen, wrong, colours) {
    const { canvas, trainer } = this, ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const g = canvas.getContext("2d");
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    if (this.isCurve) this.curve(g, width, colours);
    else {
      g.drawImage(this.whole, 0, 0, width, height);
      if (trainer.data.nOutputs === 1) this.boundary(g, width, height, colours);
    }
    trainer.examples.forEach((example, i) => {
      const place = trainer.data.classes.indexOf(example.target[0]), isWrong = wrong.has(i) && !this.isCurve;
      g.beginPath();
      g.arc(this.px(example.x[0]), this.py(this.second(example)), i === chosen ? 8 : 5, 0, 7);
      g.fillStyle = colours[this.isCurve ? "s0" : CLASSES[Math.max(place, 0) % 10]];
      g.fill();
      g.lineWidth = i === chosen ? 3.5 : isWrong ? 2.6 : 1.2;
      g.strokeStyle = i === chosen ? colours.accent : isWrong ? colours.ink : colours.paper;
      g.stroke();
    });
  }

  curve(g, width, colours) {
    const { trainer } = this, given = [0, ...trainer.data.targets[0]];
    g.strokeStyle = colours.line;
    g.lineWidth = 1;
    for (const tick of ticks(this.y.low, this.y.high, 5)) { g.beginPath(); g.moveTo(0, this.py(tick)); g.lineTo(width, this.py(tick)); g.stroke(); }
    g.beginPath();
    for (let k = 0; k <= 240; k++) {
      given[0] = this.x.low + (this.x.high - this.x.low) * k / 240;
      const isDefined = PROGRAMS[0].value(given, trainer.outputs) === 0;
      if (isDefined) g.lineTo(this.px(given[0]), Math.max(-1e4, Math.min(1e4, this.py(trainer.outputs[1]))));
    }
    g.strokeStyle = colours.ink;
    g.lineWidth = 2.6;
    g.stroke();
    this.words(g, width, colours);
  }

  // the numbers at the edges, and what is drawn: over the curve, with a rim of paper
  words(g, width, colours) {
    const bottom = this.canvas.clientHeight - 6, times = enlargement();
    const write = (text, x, y, side) => { g.textAlign = side; g.strokeText(text, x, y); g.fillText(text, x, y) };
    Object.assign(g, { font: `${12 * times}px system-ui, sans-serif`, fillStyle: colours.soft, strokeStyle: colours.paper, lineWidth: 4, lineJoin: "round" });
    for (const tick of ticks(this.y.low, this.y.high, 5)) write(shown(tick), 4, this.py(tick) - 3, "left");
    for (const tick of ticks(this.x.low, this.x.high, 6)) if (this.px(tick) > 40 * times && this.px(tick) < width - 60 * times) write(shown(tick), this.px(tick), bottom, "center");
    write("x[0]", width - 8, bottom, "right");
    write(say("output and target"), 30 * times, 4 + 12 * times, "left");
  }

  // where the output changes sides, by marching squares
  boundary(g, width, height, colours) {
    const v = this.values, sx = width / GRID, sy = height / GRID;
    g.beginPath();
    for (let row = 0; row + 1 < GRID; row++) for (let column = 0; column + 1 < GRID; column++) {
      const at = row * GRID + column, corners = [v[at], v[at + 1], v[at + GRID + 1], v[at + GRID]];
      const crossings = [];
      for (let k = 0; k < 4; k++) {
        const a = corners[k], b = corners[(k + 1) % 4];
        if ((a > 0) === (b > 0)) continue;
        const t = a / (a - b), x = [t, 1, 1 - t, 0][k], y = [0, t, 1, 1 - t][k];
        crossings.push([(column + 0.5 + x) * sx, (row + 0.5 + y) * sy]);
      }
      for (let k = 0; k + 1 < crossings.length; k += 2) { g.moveTo(...crossings[k]); g.lineTo(...crossings[k + 1]); }
    }
    g.strokeStyle = colours.ink;
    g.lineWidth = 2.2;
    g.stroke();
  }
}

// numbers as colours: blue below 0, orange above
function paint(pixels, numbers, from, reach, colours) {
  const [below, middle, above, missing] = ["below", "box", "above", "not-finite"].map((name) => channelsOf(colours[name]));
  for (let at = 0; at < GRID * GRID; at++) {
    const x = numbers[from + at], share = shareOf(x, reach), end = x > 0 ? above : below;
    for (let c = 0; c < 3; c++) pixels[at * 4 + c] = Number.isFinite(x) ? middle[c] + (end[c] - middle[c]) * share : missing[c];
    pixels[at * 4 + 3] = 255;
  }
}

function shade(x, largest, colours) {
  if (!Number.isFinite(x)) return colours["not-finite"];
  return `rgb(${between(channelsOf(colours.box), channelsOf(colours[x > 0 ? "above" : "below"]), shareOf(x, largest)).map(Math.round).join(" ")})`;
}
