// The network: a column for each layer, a tile for each neuron with its own picture over the plane, weights as lines.
const MOST_SHOWN = 20; // neurons of a column

class Network {
  constructor(canvas, data, actions) {
    Object.assign(this, { canvas, data, actions });
    this.sizes = [data.inputs[0].length, ...data.columns.map((column) => column.length)];
    canvas.addEventListener("click", (event) => {
      const { left, top } = canvas.getBoundingClientRect(), found = this.nearest(event.clientX - left, event.clientY - top);
      if (found !== null) actions.chooseWeight(found);
    });
  }

  place() {
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight, ratio = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * ratio)) { this.canvas.width = Math.round(width * ratio); }
    if (this.canvas.height !== Math.round(height * ratio)) { this.canvas.height = Math.round(height * ratio); }
    const tallest = Math.min(MOST_SHOWN, Math.max(...this.sizes)), columns = this.sizes.length;
    this.tile = Math.max(10, Math.min(46, (height - 30) / tallest - 5, width / columns - 24));
    const gap = Math.min(this.tile + 22, (height - 30) / tallest);
    this.hasValues = gap >= this.tile + 14;
    this.columns = this.sizes.map((n, c) => {
      const shown = Math.min(n, MOST_SHOWN), x = this.tile / 2 + 6 + (width - this.tile - 12) * (columns > 1 ? c / (columns - 1) : 0.5);
      return [...Array(shown).keys()].map((j) => ({ x, y: 24 + (height - 24) / 2 + (j - (shown - 1) / 2) * gap }));
    });
    this.ratio = ratio;
  }

  *weights() {
    for (let c = 1; c < this.columns.length; c++) {
      for (let j = 0; j < this.columns[c].length; j++) {
        const [places] = this.data.columns[c - 1][j];
        for (let i = 0; i < this.columns[c - 1].length; i++) if (places[i] >= 0) yield [places[i], this.columns[c - 1][i], this.columns[c][j]];
      }
    }
  }

  nearest(x, y) {
    let best = 9, found = null;
    for (let c = 1; c < this.columns.length; c++) for (let j = 0; j < this.columns[c].length; j++) {
      const { x: nx, y: ny } = this.columns[c][j], bias = this.data.columns[c - 1][j][1];
      if (bias >= 0 && Math.abs(x - nx) < this.tile / 2 && Math.abs(y - ny) < this.tile / 2) return bias;
    }
    for (const [k, a, b] of this.weights()) {
      const distance = this.distance(x, y, a, b);
      if (distance < best) { best = distance; found = k; }
    }
    return found;
  }

  // how far a place is from the line between two neurons, which is a curve: as draw() draws it
  distance(x, y, a, b) {
    const [left, right] = [a.x + this.tile / 2, b.x - this.tile / 2], middle = (a.x + b.x) / 2, pieces = 16;
    let least = Infinity, from = [left, a.y];
    for (let k = 1; k <= pieces; k++) {
      const t = k / pieces, u = 1 - t, after = t * t * (3 - 2 * t);
      const to = [u ** 3 * left + 3 * t * u * middle + t ** 3 * right, a.y + (b.y - a.y) * after];
      const [dx, dy] = [to[0] - from[0], to[1] - from[1]], share = Math.max(0, Math.min(1, ((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy)));
      least = Math.min(least, Math.hypot(x - from[0] - share * dx, y - from[1] - share * dy));
      from = to;
    }
    return least;
  }

  // parameters: of now; pictures: a canvas for each neuron and input, or null; values: of the chosen example
  draw(parameters, pictures, values, chosen, colours) {
    this.place();
    const g = this.canvas.getContext("2d");
    g.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    g.clearRect(0, 0, this.canvas.clientWidth, this.canvas.clientHeight);
    let largest = 0, n = 0;
    for (const [k] of this.weights()) if (n++ >= 0 && Math.abs(parameters[k]) > largest) largest = Math.abs(parameters[k]);
    const isDense = n > 120;
    for (const [k, a, b] of this.weights()) {
      const w = parameters[k], share = largest > 0 ? Math.sqrt(Math.min(Math.abs(w) / largest, 1)) : 0;
      g.beginPath();
      g.moveTo(a.x + this.tile / 2, a.y);
      g.bezierCurveTo((a.x + b.x) / 2, a.y, (a.x + b.x) / 2, b.y, b.x - this.tile / 2, b.y);
      g.strokeStyle = k === chosen ? colours.accent : w < 0 ? colours["below-line"] : colours["above-line"];
      g.globalAlpha = k === chosen ? 1 : (isDense ? 0.06 : 0.15) + (isDense ? 0.6 : 0.75) * share;
      g.lineWidth = k === chosen ? 4 : 0.5 + (isDense ? 1.7 : 3.5) * share;
      g.stroke();
    }
    g.globalAlpha = 1;
    g.textAlign = "center";
    const times = enlargement();
    g.font = `${13 * times}px system-ui, sans-serif`;
    const heads = [say("inputs"), ...this.data.activations];
    let at = 0;
    this.columns.forEach((column, c) => {
      g.fillStyle = colours.soft;
      const head = heads[c] + (this.sizes[c] > column.length ? ` (${this.sizes[c]})` : ""), half = g.measureText(head).width / 2 + 2;
      g.fillText(head, Math.min(Math.max(column[0].x, half), this.canvas.clientWidth - half), 14 * times);
      column.forEach(({ x, y }, j) => {
        const half = this.tile / 2, picture = pictures && pictures[at + j], value = values && values[at + j];
        g.fillStyle = value !== null && Number.isFinite(value) && !picture ? shade(value, 1, colours) : colours.panel;
        g.fillRect(x - half, y - half, this.tile, this.tile);
        if (picture) g.drawImage(picture, x - half, y - half, this.tile, this.tile);
        g.strokeStyle = c && this.data.columns[c - 1][j][1] === chosen && chosen !== null ? colours.accent : colours.line;
        g.lineWidth = g.strokeStyle === colours.line ? 1 : 3;
        g.strokeRect(x - half, y - half, this.tile, this.tile);
        if (values && this.tile >= 22 && this.hasValues && Number.isFinite(value)) {
          g.fillStyle = colours.ink;
          g.font = "12px system-ui, sans-serif";
          g.fillText(shown(value), x, y + half + 11);
        }
      });
      at += this.sizes[c];
    });
  }
}
