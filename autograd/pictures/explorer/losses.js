// Draws the losses of runs over their steps; many steps in one place become the band between their extremes.
const MOST_MARKS = 6, HIGHEST = 8.9e307; // the height of a plot is a number too

// How the losses are laid out: linear, or logarithmic where they differ much and none is below 0
function scaleOf(runs) {
  const scale = { longest: 10, zeros: 0, missing: 0, isLog: false };
  let low = Infinity, high = -Infinity, smallest = Infinity; // smallest: of those above 0
  for (const { losses } of runs) {
    scale.longest = Math.max(scale.longest, losses.length);
    for (const y of losses) {
      if (!Number.isFinite(y)) { scale.missing += 1; continue; }
      if (y < low) low = y;
      if (y > high) high = y;
      if (y === 0) scale.zeros += 1;
      else if (y > 0 && y < smallest) smallest = y;
    }
  }
  if (low > high) [low, high] = [0, 1];
  scale.isLog = low >= 0 && high > 20 * smallest;
  const [bottom, top] = scale.isLog ? [Math.log10(smallest), Math.log10(high)] : [Math.max(Math.min(0, low), -HIGHEST), Math.min(high, HIGHEST)];
  const margin = (top - bottom || 1) * 0.06;
  return { ...scale, bottom: scale.isLog || bottom < 0 ? Math.max(bottom - margin, -HIGHEST) : bottom, top: Math.min(top + margin, HIGHEST) };
}

function marksOf({ isLog, bottom, top }) {
  if (!isLog) return ticks(bottom, top, 4);
  const first = Math.ceil(bottom), n = Math.floor(top) - first + 1, every = Math.max(1, Math.ceil(n / MOST_MARKS));
  return [...Array(Math.max(0, Math.ceil(n / every))).keys()].map((k) => Number(`1e${first + k * every}`));
}

// A path through the losses: of each bucket of steps its lowest and its highest; what is not finite leaves a gap
function pathOf(losses, size, px, py) {
  let d = "", isOpen = false;
  for (let from = 0; from < losses.length; from += size) {
    let low = -1, high = -1;
    for (let k = from; k < Math.min(from + size, losses.length); k++) {
      if (!Number.isFinite(losses[k])) continue;
      if (low < 0 || losses[k] < losses[low]) low = k;
      if (high < 0 || losses[k] > losses[high]) high = k;
    }
    if (low < 0) { isOpen = false; continue; }
    for (const k of low === high ? [low] : low < high ? [low, high] : [high, low]) {
      d += `${isOpen ? "L" : "M"}${px(k).toFixed(1)},${py(losses[k]).toFixed(1)}${isOpen ? "" : "h0"}`;
      isOpen = true;
    }
  }
  return d;
}

// runs: each with losses and colour; room: the element that it fills; title: what a loss is
function pictureOfLosses(runs, room, title) {
  const width = room.clientWidth / enlargement(), height = room.clientHeight / enlargement();
  const scale = scaleOf(runs), { isLog, bottom, top, longest } = scale, marks = marksOf(scale);
  const notes = [isLog ? say("{0}, logarithmic", title) : title];
  if (isLog && scale.zeros) notes.push(say("A loss of exactly 0 is at the bottom edge ({0} of them).", scale.zeros));
  if (scale.missing) notes.push(say(scale.missing === 1 ? "{0} loss is not a finite number, and is left out." : "{0} losses are not finite numbers, and are left out.", scale.missing));
  const left = Math.max(58, ...marks.map((mark) => widthOf(shown(mark), 13) + 12)), right = 10, above = 5 + 15 * notes.length, below = 38;
  const share = (y) => (isLog ? (y === 0 ? 0 : (Math.log10(y) - bottom) / (top - bottom)) : y / (top - bottom) - bottom / (top - bottom));
  const px = (k) => left + k / (longest - 1) * (width - left - right), py = (y) => above + (1 - Math.min(Math.max(share(y), 0), 1)) * (height - above - below);
  const parts = marks.flatMap((y) => [drawn("line", { class: "grid", x1: left, x2: width - right, y1: py(y), y2: py(y) }), drawn("text", { class: "mark", x: left - 6, y: py(y) + 4, "text-anchor": "end" }, shown(y))]);
  for (const k of ticks(0, longest - 1, Math.max(2, width / 110))) if (Number.isInteger(k)) parts.push(drawn("text", { x: Math.min(px(k), width - widthOf(String(k), 13) / 2 - 1), y: height - 21, "text-anchor": "middle" }, String(k)));
  parts.push(drawn("text", { x: (left + width - right) / 2, y: height - 5, "text-anchor": "middle" }, say("step")));
  for (const { losses, colour } of runs) {
    const size = Math.max(1, Math.ceil(losses.length / Math.max(50, (width - left - right) / 1.5)));
    parts.push(drawn("path", { class: "run", d: pathOf(losses, size, px, py), style: `stroke: ${colour}` }));
  }
  notes.forEach((note, k) => parts.push(drawn("text", { class: "note", x: 4, y: 13 + 15 * k }, note)));
  return drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": notes.join(". ") }, ...parts);
}
