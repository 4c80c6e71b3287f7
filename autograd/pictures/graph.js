// Draws a graph of values in a page, at any size: parts of a model open and close, what is far away is put together.
//
// graphOf(place, graph) draws it. graph: {nodes, clusters, result}, as scene.py makes it. Answers an object with
//   viewer                  the viewer that it is in
//   set(i, {data, grad, share, waiting})   other numbers and colours in the box of node i
//   mark(classes)           {class: [nodes]}: "here", "gets", …, at boxes; operations and edges into "here" light up
//   focus(nodes)            these nodes and what is near are drawn, whatever else there is, and brought into view
//   select(i)               the card of node i; onselect(i, card) may add to it
"use strict";

// The parts of a name, and whether each is a subscript: in plain digits, for few fonts have the small ones
function levels(name) {
  const plain = (part) => part.replace(/[₀-₉]/g, (digit) => "₀₁₂₃₄₅₆₇₈₉".indexOf(digit));
  return name.split(/([₀-₉]+)/).filter(Boolean).map((part) => [plain(part), /[₀-₉]/.test(part)]);
}

function graphOf(place, graph) {
  const SVG = "http://www.w3.org/2000/svg", MOST = 90, NEAR = 26;
  const { nodes, clusters } = graph, result = graph.result ?? nodes.length - 1;
  const consumers = nodes.map(() => []);
  nodes.forEach((node, i) => node.from.forEach((j) => consumers[j].push(i)));
  const members = clusters.map(() => 0);
  nodes.forEach((node) => { for (let c = node.in ?? -1; c >= 0; c = clusters[c].parent) members[c]++ });
  const open = new Set(clusters.flatMap((cluster, c) => (cluster.open ? [c] : [])));
  const shownNumbers = nodes.map((node) => ({ data: node.data, grad: node.grad, share: node.share, waiting: false }));
  let focused = [result], pinned = new Set(), depth = Infinity, marks = {}, drawn = new Map(), items = [], isPart = false, isDown = false;
  const self = { onselect: null };

  let spelled = null;  // the names of the nodes, made when somebody first looks for one
  const found = (text) => {
    const wanted = text.toLowerCase(), hits = [];
    spelled ??= nodes.map((node) => [node.name.toLowerCase(), `${node.name}\n${node.path ?? ""}`.toLowerCase()]);
    spelled.forEach(([, words], i) => { if (words.includes(wanted)) hits.push(i) });
    hits.sort((i, j) => (spelled[j][0] === wanted) - (spelled[i][0] === wanted));
    const parts = clusters.flatMap((cluster, c) => (cluster.name.toLowerCase().includes(wanted) && drawn.has("c" + c) ? [drawn.get("c" + c).element] : []));
    return [...parts, ...hits.map((i) => () => { reveal([i]); return drawn.get(i).element })];
  };
  const view = viewer(place, found);

  // What stands for each node: itself, or the outermost closed part that it is in
  function representatives() {
    const near = new Set(pinned);
    if (isPart || clusters.some((_, c) => !open.has(c))) {
      for (const i of focused) {
        near.add(i);
        for (const j of [...nodes[i].from.slice(0, NEAR / 2), ...consumers[i].slice(0, 4)]) if (focused[0] !== result || focused.length > 1 || nodes[j].in < 0) near.add(j);
      }
    }
    return nodes.map((node, i) => {
      let stands = i;
      if (!near.has(i)) for (let c = node.in ?? -1; c >= 0; c = clusters[c].parent) if (!open.has(c)) stands = "c" + c;
      return stands;
    });
  }

  // Which of them are drawn: all, or those nearest to the focus; with the edges between, and what is left out
  function chosen() {
    const stands = representatives(), operands = new Map(), results = new Map();
    for (const key of stands) if (!operands.has(key)) { operands.set(key, new Map()); results.set(key, new Set()) }
    nodes.forEach((node, i) => {
      const to = stands[i];
      node.from.forEach((j, k) => {
        const from = stands[j];
        if (from === to) return;
        if (typeof to === "string" && clusters[Number(to.slice(1))].alike) return;  // they share what the first one has
        const list = operands.get(to), key = typeof to === "number" && typeof from === "number" ? `${from} ${k}` : String(from);
        if (!list.has(key)) list.set(key, { from, to, node: i, position: k, count: 0 });
        list.get(key).count++;
        results.get(from).add(to);
      });
    });
    const all = [...operands.keys()];
    let kept = new Set(all);
    if (all.length > MOST || depth < Infinity) {
      kept = new Set();
      let level = [...new Set([...focused, ...pinned].map((i) => stands[i]))], steps = 0;
      while (level.length && kept.size < MOST && steps <= depth) {
        const next = new Set();
        for (const at of level) {
          if (kept.size >= MOST) break;
          kept.add(at);
          let taken = 0;
          for (const { from } of operands.get(at).values()) { if (taken++ >= 10) break; if (!kept.has(from)) next.add(from) }
          if (depth === Infinity) for (const to of [...results.get(at)].slice(0, 3)) if (!kept.has(to)) next.add(to);
        }
        level = [...next];
        steps++;
      }
    }
    return { kept, operands, results, all: all.length };
  }

  // Sizes, by the widths of the texts
  const pen = document.createElement("canvas").getContext("2d"), widths = new Map();
  const widthOf = (text, bold = false) => {
    const key = (bold ? "b" : "") + text;
    if (!widths.has(key)) {
      let width = 0;
      for (const [part, isLow] of bold ? levels(text) : [[text, false]]) {
        pen.font = `${isLow ? "13px" : bold ? "bold 14px" : "14px"} Helvetica, Arial, "Liberation Sans", sans-serif`;
        width += pen.measureText(part).width;
      }
      widths.set(key, width);
    }
    return widths.get(key);
  };
  const short = (text, most = 30) => (text.length <= most ? text : `${text.slice(0, most - 13)}…${text.slice(-12)}`);

  function folded(text, most = 38) {
    const lines = [""];
    for (const word of text.split(" ")) {
      if (lines.at(-1) && lines.at(-1).length + word.length >= most) lines.push("");
      lines[lines.length - 1] += (lines.at(-1) && " ") + word;
    }
    return lines;
  }

  function itemOf(key) {
    if (typeof key === "string" && key[0] === "c") {
      const cluster = clusters[Number(key.slice(1))], lines = cluster.lines;
      return { key, kind: "cluster", width: Math.max(70, widthOf(short(cluster.name), true), ...lines.map((line) => widthOf(line))) + 28, height: 30 + lines.length * 18 + 6, lines };
    }
    const node = nodes[key], hasName = node.name && !node.failed;
    const lines = node.failed ? folded(node.name) : [`data ${node.data}`, ...(node.grad === undefined ? [] : [`grad ${node.grad}`])];
    const width = Math.max(64, hasName ? widthOf(short(node.name), true) : 0, ...lines.map((line) => widthOf(line))) + 24;
    const item = { key, kind: "value", width, height: (hasName ? 26 : 6) + lines.length * 18 + 6, lines };
    if (node.op) {
      item.isRound = node.op.length < 6;
      item.opWidth = item.isRound ? 36 : widthOf(node.op) + 20;
      if (item.isRound && node.op.length > 3) item.opWidth = Math.max(36, widthOf(node.op) + 14);
      item.opHeight = item.isRound ? item.opWidth : 30;
    }
    return item;
  }

  const LINK = 24;
  function sizes(item, down) {
    if (item.kind !== "value" || !item.opWidth) return down ? [item.height, item.width] : [item.width, item.height];
    return down ? [item.opHeight + LINK + item.height, Math.max(item.opWidth, item.width)] : [item.opWidth + LINK + item.width, Math.max(item.opHeight, item.height)];
  }

  function arrange(down, list, edges) {
    const hasNotes = edges.some((edge) => edge.note || edge.count > 1);
    const { middles, bends } = layers(list.map((item) => { const [along, across] = sizes(item, down); return { along, across } }), edges.map((edge) => [edge.a, edge.b]), { gap: hasNotes ? 60 : 44, room: down ? 18 : 14 });
    return { middles, bends };
  }

  function extent(down, list, middles) {
    const boxes = list.map((item, i) => {
      const [along, across] = sizes(item, down), [m, c] = middles[i], [x, y] = down ? [c, m] : [m, c], [w, h] = down ? [across, along] : [along, across];
      return { x: x - w / 2, y: y - h / 2, width: w, height: h };
    });
    return union(boxes.length ? boxes : [{ x: 0, y: 0, width: 1, height: 1 }]);
  }

  // Whether there is room for a graph from top to bottom: on a phone, in the upper part of a page too
  const isUpright = () => view.room().height > view.room().width * (view.room().width < 600 ? 0.75 : 1.15);

  function redraw() {
    const { kept, operands, results, all } = chosen();
    isPart = kept.size < all;
    items = [...kept].sort((a, b) => lastOf(a) - lastOf(b)).map(itemOf);
    const place_ = new Map(items.map((item, i) => [item.key, i])), edges = [];
    for (const item of [...items]) {
      const hidden = { before: [], after: [] };
      for (const edge of operands.get(item.key).values()) {
        if (place_.has(edge.from)) {
          const note = typeof item.key === "number" ? nodes[item.key].notes?.[edge.position] ?? "" : "";
          edges.push({ a: place_.get(edge.from), b: place_.get(item.key), from: edge.from, to: item.key, position: edge.position, note, count: edge.count });
        } else hidden.before.push(edge.from);
      }
      for (const to of results.get(item.key)) if (!kept.has(to)) hidden.after.push(to);
      for (const side of ["before", "after"]) {
        const keys = [...new Set(hidden[side])];
        if (!keys.length) continue;
        const text = say("{0} more", keys.length), stub = { key: `${side} ${item.key}`, kind: "stub", width: widthOf(text) + 20, height: 26, text, opens: keys };
        items.push(stub);
        const [a, b] = side === "before" ? [items.length - 1, place_.get(item.key)] : [place_.get(item.key), items.length - 1];
        edges.push({ a, b, from: null, to: null, note: "", count: 1 });
      }
    }
    // The direction that shows more of it at a size that can be read
    const { width, height } = view.room(), forced = graph.direction;
    let arranged = arrange(false, items, edges), size = extent(false, items, arranged.middles);
    isDown = false;
    if (forced === "TB" || (!forced && size.width > width - 24)) {
      const other = arrange(true, items, edges), otherSize = extent(true, items, other.middles);
      const scale = (each) => Math.min((width - 24) / each.width, (height - 24) / each.height);
      const hidden = (each) => Math.max(1, each.width / width) * Math.max(1, each.height / height);
      if (forced === "TB" || (isUpright() ? otherSize.width <= size.width && scale(otherSize) > scale(size) * 0.6 : hidden(otherSize) * 1.2 < hidden(size) && scale(otherSize) > scale(size) * 1.3)) {
        isDown = true;
        arranged = other;
        size = otherSize;
      }
    }
    paint(edges, arranged, size);
  }

  const lastMember = clusters.map(() => 0);
  nodes.forEach((node, i) => { for (let c = node.in ?? -1; c >= 0; c = clusters[c].parent) lastMember[c] = i });
  const lastOf = (key) => (typeof key === "number" ? key : lastMember[Number(key.slice(1))] - 0.5);

  const made = (kind, attributes = {}, parent = null) => {
    const element = document.createElementNS(SVG, kind);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    parent?.append(element);
    return element;
  };
  const written = (parent, x, y, text, name = "") => {
    const element = made("text", { x, y, ...(name && { class: name }) }, parent);
    if (name !== "name" || !/[₀-₉]/.test(text)) element.textContent = text;
    else levels(text).reduce((wasLow, [part, isLow]) => {
      made("tspan", { dy: 3 * (isLow - wasLow), ...(isLow && { class: "subscript" }) }, element).textContent = part;
      return isLow;
    }, false);
    return element;
  };

  function paint(edges, { middles, bends }, size) {
    const svg = made("svg", { role: "img", "aria-label": graph.title ?? say("the graph"), class: "graph-of-values" });
    const under = made("g", {}, svg), over = made("g", {}, svg);
    drawn = new Map();
    const ports = items.map((item, i) => {
      const [along, across] = sizes(item, isDown), [m, c] = middles[i];
      const first = m - along / 2, op = item.opWidth ? (isDown ? item.opHeight : item.opWidth) : 0;
      const boxMiddle = op ? first + op + LINK + (isDown ? item.height : item.width) / 2 : m;
      const at = (a, b) => (isDown ? { x: b, y: a } : { x: a, y: b });
      return { box: at(boxMiddle, c), op: op ? at(first + op / 2, c) : null, in: first, out: m + along / 2, across: c, opSize: op, first };
    });
    items.forEach((item, i) => {
      const port = ports[i], { x, y } = port.box, element = made("g", { class: classesOf(item) }, over), w = item.width, h = item.height;
      drawn.set(item.key, { element, item, i, box: { x: x - w / 2, y: y - h / 2, width: w, height: h } });
      view.know(element, drawn.get(item.key).box);
      if (item.kind === "cluster") {
        for (const shift of [6, 3, 0]) made("rect", { x: x - w / 2 + shift, y: y - h / 2 - shift, width: w, height: h, rx: 10 }, element);
        const cluster = clusters[Number(item.key.slice(1))];
        written(element, x, y - h / 2 + 21, short(cluster.name), "name");
        item.lines.forEach((line, k) => written(element, x - w / 2 + 14, y - h / 2 + 44 + 18 * k, line));
        tip(element, say("{0}: click to open it", cluster.name));
      } else if (item.kind === "stub") {
        made("rect", { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 13 }, element);
        written(element, x, y + 5, item.text);
        tip(element, say("click to show more"));
      } else {
        const node = nodes[item.key];
        made("rect", { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 10 }, element);
        if (node.failed) item.lines.forEach((line, k) => written(element, x - w / 2 + 12, y - h / 2 + 21 + 18 * k, line));
        else if (node.name) {
          written(element, x, y - h / 2 + 18, short(node.name), "name");
          made("line", { x1: x - w / 2, x2: x + w / 2, y1: y - h / 2 + 26, y2: y - h / 2 + 26 }, element);
        }
        const top = y - h / 2 + (node.name ? 43 : 21);
        item.data = written(element, x - w / 2 + 12, top, "");
        if (node.failed) item.data = made("text");
        else if (node.grad !== undefined) item.gradient = written(element, x - w / 2 + 12, top + 18, "");
        tip(element, node.mark ?? node.hint ?? node.path ?? node.name);
        if (port.op) {
          const operation = made("g", { class: `operation o${item.key}` }, over);
          if (item.isRound) made("circle", { cx: port.op.x, cy: port.op.y, r: item.opWidth / 2 }, operation);
          else made("rect", { x: port.op.x - item.opWidth / 2, y: port.op.y - item.opHeight / 2, width: item.opWidth, height: item.opHeight, rx: 8 }, operation);
          written(operation, port.op.x, port.op.y + (node.op.length === 1 ? 7 : 5), node.op, node.op.length === 1 ? "large" : "");
          tip(operation, node.hint ?? "");
          item.operation = operation;
          const from = port.first + port.opSize;
          line(under, `out o${item.key}`, [[from, port.across]], [from + LINK, port.across], []);
        }
        item.element = element;
        update(item.key);
      }
      element.addEventListener("click", () => pick(item));
      if (item.kind === "value" && nodes[item.key].line) {  // a page around this one shows the line
        element.addEventListener("mouseenter", () => tell(nodes[item.key].line));
        element.addEventListener("mouseleave", () => tell(0));
      }
    });
    const entering = items.map(() => []);
    edges.forEach((edge, e) => entering[edge.b].push(e));
    const side = (e) => { const before = bends[e].at(-1); return before ? before.across : ports[edges[e].a].across };
    entering.forEach((list, i) => list.sort((d, e) => side(d) - side(e)).forEach((e, k) => { edges[e].share = (k + 0.5) / list.length - 0.5 }));
    edges.forEach((edge, e) => {
      const from = ports[edge.a], to = ports[edge.b], target = items[edge.b];
      let end = [to.in, to.across];
      if (target.isRound) {  // the edges of a circle arrive around its side
        const angle = edge.share * (entering[edge.b].length > 1 ? 2.1 : 0), r = target.opWidth / 2;
        end = [to.in + r - r * Math.cos(angle), to.across + r * Math.sin(angle)];
      } else {
        const tall = target.opWidth ? (isDown ? target.opWidth : target.opHeight) : isDown ? target.width : target.height;
        end = [to.in, to.across + edge.share * (tall - 12)];
      }
      const name = `operand e${edge.to}_${edge.position} from${edge.from}`;
      const group = line(under, edge.to === null ? "more" : name, [[from.out, from.across]], end, bends[e], edge);
      if (typeof edge.to === "number") {
        const hint = nodes[edge.to].hints?.[edge.position];
        if (hint) tip(group, hint);
      }
    });
    view.set(svg, { x: size.x - 8, y: size.y - 8, width: size.width + 16, height: size.height + 16 });
    relight();
  }

  if (graph.caption || graph.note) {
    const caption = document.createElement("p");
    caption.className = graph.caption ? "caption" : "caption note";
    caption.textContent = graph.caption || graph.note;
    place.append(caption);
    view.measure();
  }

  function tip(element, text) {
    if (!text) return;
    const title = made("title", {}, element);
    title.textContent = text;
  }

  // An edge as a smooth line along the graph, with its head and what is written at it
  function line(parent, name, [start], end, ways, edge = null) {
    const group = made("g", { class: `edge ${name}` }, parent), xy = ([along, across]) => (isDown ? `${across.toFixed(1)} ${along.toFixed(1)}` : `${along.toFixed(1)} ${across.toFixed(1)}`);
    const tipAt = [end[0] - (Math.abs(end[0] - start[0]) > 16 ? 8 : 6), end[1]];
    let path = `M${xy(start)}`, at = start;
    const curve = (to) => {
      const pull = Math.max(14, Math.abs(to[0] - at[0]) * 0.45);
      path += ` C${xy([at[0] + pull, at[1]])} ${xy([to[0] - pull, to[1]])} ${xy(to)}`;
      at = to;
    };
    const steps = ways.length && ways[0].from > ways.at(-1).from ? [] : ways;
    for (const way of steps) {
      curve([way.from, way.across]);
      path += ` L${xy([way.to, way.across])}`;
      at = [way.to, way.across];
    }
    curve(tipAt);
    made("path", { d: path }, group);
    const corners = [[tipAt[0], tipAt[1] - 3.6], [end[0], end[1]], [tipAt[0], tipAt[1] + 3.6]].map(xy).join(" ");
    made("polygon", { points: corners }, group);
    const text = edge?.note || (edge?.count > 1 ? `${separated(edge.count)} ×` : "");
    if (text) {
      const upwards = (edge.share ?? 0) <= 0 ? -1 : 1;
      const [x, y] = isDown ? [end[1] + upwards * (widthOf(text) / 2 + 6), end[0] - 20] : [end[0] - 12 - widthOf(text) / 2, end[1] + (upwards < 0 ? -7 : 16)];
      written(group, x, y, text);
    }
    return group;
  }

  function classesOf(item) {
    if (item.kind === "cluster") return `node cluster ${item.key}`;
    if (item.kind === "stub") return "node stub";
    const node = nodes[item.key], kind = item.key === result ? "result" : node.from.length || node.op ? "interior" : "leaf";
    return `node ${kind} v${item.key}${node.name ? " named" : ""}${node.mark && node.begins ? " differs" : ""}${node.failed ? " failed" : ""}${node.line ? ` l${node.line}` : ""}`;
  }

  function colour(share) {
    if (share === null || share === undefined) return "var(--not-finite)";
    return `color-mix(in srgb, var(${share < 0 ? "--below" : "--above"}) ${(Math.abs(share) * 100).toFixed(0)}%, var(--box))`;
  }

  function update(i) {
    const part = drawn.get(i)?.item, now = shownNumbers[i];
    if (!part?.element) return;
    part.data.textContent = now.data === "" ? "data" : `data ${now.data}`;
    if (part.gradient) part.gradient.textContent = now.grad === "" ? "grad" : `grad ${now.grad}`;
    if (now.waiting) part.element.querySelector("rect").style.fill = "";
    else part.element.querySelector("rect").style.fill = colour(now.share ?? (now.share === null ? null : 0));
  }

  // Classes at boxes, at the operations before them, and at the edges between
  function relight() {
    const has = (kind, key) => (marks[kind] ?? []).some((i) => i === key);
    const shown = representatives();
    for (const [key, { element, item }] of drawn) {
      const isValue = item.kind === "value", isHere = isValue ? has("here", key) : item.kind === "cluster" && (marks.here ?? []).some((i) => shown[i] === key);
      element.classList.toggle("here", isHere);
      element.classList.toggle("gets", isValue && has("gets", key));
      if (!isValue) continue;
      element.classList.toggle("waiting", shownNumbers[key].waiting);
      item.operation?.classList.toggle("failed", Boolean(nodes[key].failed));
      item.operation?.classList.toggle("waiting", shownNumbers[key].waiting);
      item.operation?.classList.toggle("here", isHere && !marks.seed);
    }
    for (const edge of place.querySelectorAll(".edge")) {
      const into = edge.classList.contains("out") ? Number(edge.classList[2].slice(1)) : Number(/^e(\d+)_/.exec(edge.classList[2] ?? "")?.[1] ?? -1);
      edge.classList.toggle("here", !marks.seed && has("here", into));
      edge.classList.toggle("waiting", into >= 0 && shownNumbers[into].waiting);
    }
  }

  function reveal(list) {
    if (list.every((i) => drawn.has(i))) return;
    pinned = new Set();
    focused = list;
    redraw();
  }

  // The card: what a box is, and what can be done with it
  let card = null;
  function close() { card?.remove(); card = null }
  function opened(title) {
    close();
    card = document.createElement("div");
    card.className = "card";
    card.setAttribute("role", "dialog");
    card.setAttribute("aria-label", title);
    const heading = document.createElement("h2"), shut = document.createElement("button");
    heading.textContent = title;
    Object.assign(shut, { type: "button", className: "close", textContent: "✕", ariaLabel: say("close"), onclick: () => { close(); place.focus({ preventScroll: true }) } });
    card.append(heading, shut);
    place.append(card);
    return card;
  }
  const row = () => { const made = document.createElement("div"); made.className = "row"; card.append(made); return made };
  const told = (text) => { const made = document.createElement("p"); made.textContent = text; card.append(made); return made };
  const press = (parent, text, action) => {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", textContent: text, onclick: action });
    parent.append(made);
    return made;
  };

  function pick(item) {
    if (item.kind === "cluster") toggle(Number(item.key.slice(1)));
    else if (item.kind === "stub") {
      for (const key of item.opens.slice(0, 30)) if (typeof key === "number") pinned.add(key);
      const first = item.opens.find((key) => typeof key === "number");
      if (first !== undefined) focused = [first];
      else focused = [nodes.findIndex((_, i) => representatives()[i] === item.opens[0])];
      if (depth < Infinity) depth += 1;
      redraw();
      view.read([drawn.get(first)?.element ?? place.querySelector(".node")], true);
    } else select(item.key);
  }

  function select(i) {
    const node = nodes[i], box = opened(node.name || node.op || say("a value"));
    if (node.hint) told(node.hint);
    told(`data ${shownNumbers[i].data || say("not computed yet")}${node.grad === undefined ? "" : `, grad ${shownNumbers[i].grad || say("not computed yet")}`}`);
    if (node.mark) told(node.mark);
    const buttons = row(), path = node.path || node.name;
    if (path) press(buttons, say("Copy the path"), (event) => copy(path, event.target));
    for (let c = node.in ?? -1; c >= 0; c = clusters[c].parent) press(buttons, say("Close {0}", clusters[c].name), () => { close(); toggle(c, false) });
    press(buttons, say("Only what is near"), () => { close(); depth = 2; focused = [i]; pinned.clear(); redraw(); view.read([drawn.get(i)?.element], true) });
    if (isPart || depth < Infinity) press(buttons, say("All"), () => { close(); depth = Infinity; focused = [result]; pinned.clear(); redraw(); view.read([drawn.get(i)?.element ?? null].filter(Boolean), true) });
    self.onselect?.(i, box);
  }

  function copy(text, button) {
    const done = () => { button.textContent = say("Copied") };
    const byHand = () => {  // where a frame may not use the clipboard
      const area = document.createElement("textarea");
      area.value = text;
      card.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      done();
    };
    if (navigator.clipboard?.writeText) navigator.clipboard.writeText(text).then(done, byHand);
    else byHand();
  }

  function toggle(c, isOpen = !open.has(c)) {
    if (isOpen) open.add(c);
    else open.delete(c);
    const within = nodes.findIndex((node) => { for (let each = node.in ?? -1; each >= 0; each = clusters[each].parent) if (each === c) return true; return false });
    if (isOpen && isPart) focused = [within];
    pinned.clear();
    redraw();
    const shown = drawn.get(isOpen ? within : "c" + c);
    view.read(shown ? [shown.element] : [], true);
  }

  function parts() {
    opened(say("Parts of the graph"));
    const all = row();
    press(all, say("Open all"), () => { clusters.forEach((_, c) => open.add(c)); redraw(); view.read([], true); parts() });
    press(all, say("Close all"), () => { open.clear(); pinned.clear(); focused = [result]; redraw(); view.read([], true); parts() });
    const list = document.createElement("ul");
    clusters.slice(0, 400).forEach((cluster, c) => {
      let level = 0;
      for (let each = cluster.parent; each >= 0; each = clusters[each].parent) level++;
      const item = document.createElement("li");
      item.style.paddingLeft = `${level * 1.2}rem`;
      const button = press(item, open.has(c) ? "−" : "+", () => { toggle(c); parts() });
      button.ariaLabel = say(open.has(c) ? "close {0}" : "open {0}", cluster.name);
      button.ariaExpanded = String(open.has(c));
      item.append(say("{0}, {1:,} nodes", cluster.name, members[c]));
      list.append(item);
    });
    card.append(list);
    const steps = row();
    steps.append(`${say("Operations back from the result:")} `);
    for (const [text, value] of [["1", 1], ["2", 2], ["4", 4], ["8", 8], [say("all"), Infinity]]) {
      const button = press(steps, text, () => { depth = value; pinned.clear(); focused = [result]; redraw(); view.read([], true); parts() });
      button.ariaPressed = String(depth === value);
    }
  }
  view.tools.insertBefore(view.button(say("Parts"), say("open and close parts, and choose the depth (key p)"), () => (card ? close() : parts())), view.tools.children[2]);

  const key = (event) => {
    if (event.key === "Escape" && card) { close(); return true }
    if (event.key === "p" && !event.ctrlKey && !event.metaKey && !event.altKey) { if (card) close(); else parts(); return true }
    if (event.key === "Enter" && event.target === place) {
      const lit = [...drawn].find(([, { element }]) => element.classList.contains("lit")) ?? [...drawn].find(([, { element }]) => element.classList.contains("here"));
      if (lit) pick(lit[1].item);
      return Boolean(lit);
    }
    return view.key(event);
  };

  const tell = (number) => document.dispatchEvent(new CustomEvent("chalkgrad-line", { detail: number }));
  document.addEventListener("chalkgrad-lines", ({ detail }) => {
    place.querySelectorAll(".lit").forEach((each) => each.classList.remove("lit"));
    if (detail > 0) place.querySelectorAll(`.l${Number(detail)}`).forEach((each) => each.classList.add("lit"));
  });

  redraw();
  view.read([drawn.get(result)?.element].filter(Boolean));
  let wasUpright = isUpright(), hadRoom = place.clientWidth > 0;  // a frame that is not seen yet has none
  new ResizeObserver(() => {
    view.measure();
    const isFirst = !hadRoom && place.clientWidth > 0;
    if (isFirst || isUpright() !== wasUpright) redraw();
    if (isFirst) view.read(focused.map((i) => drawn.get(i)?.element).filter(Boolean));
    wasUpright = isUpright();
    hadRoom ||= isFirst;
  }).observe(place);
  return Object.assign(self, {
    viewer: view, key, select, close, redraw, nodes, reveal,
    set(i, numbers) { Object.assign(shownNumbers[i], numbers); update(i) },
    mark(classes) { marks = classes; relight() },
    focus(list, slowly = true) {
      const missing = list.some((i) => !drawn.has(i));
      if (missing) { pinned = new Set(); focused = list; redraw() }
      view.read(list.map((i) => drawn.get(i)?.box).filter(Boolean), slowly && !missing);
    },
    given: nodes.flatMap((node, i) => (node.from.length ? [] : [i])).slice(0, 1),
    element: (i) => drawn.get(i)?.element, isPart: () => isPart, counts: () => ({ nodes: nodes.length, drawn: drawn.size }),
  });
}
