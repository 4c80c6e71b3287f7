// The graph on the page: a card for each number, with a field and a slider where it may be changed, circles and edges.
const byId = (id) => document.getElementById(id);

function made(kind, properties = {}, ...children) {
  const element = document.createElement(kind);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function drawn(kind, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// The colour of a number between -largest and largest: blue below 0, orange above, the paler the smaller
const shareOf = (x, largest) => (largest > 0 ? Math.sqrt(Math.min(Math.abs(x) / largest, 1)) : 0);
function tint(x, largest) {
  if (!Number.isFinite(x)) return "var(--not-finite)";
  return `color-mix(in srgb, var(${x > 0 ? "--above" : "--below"}) ${(shareOf(x, largest) * 100).toFixed(0)}%, var(--box))`;
}

// The width of a text in the letters of the graph, in pixels
const ruler = document.createElement("canvas").getContext("2d"), LETTERS = getComputedStyle(document.documentElement).fontFamily;
function widthOf(text, size) {
  ruler.font = `${size}px ${LETTERS}`;
  return ruler.measureText(text).width;
}

// How much larger than on a laptop the plots are drawn, as the type around them is: on a projector
const enlargement = () => Math.max(1, parseFloat(getComputedStyle(document.documentElement).fontSize) / 16.5);

// A number with as many digits as fit into so many pixels beside other words, in type that is smaller if need be: [text, size]
function fitted(x, room, sizes, write, most) {
  for (const size of sizes) if (widthOf(write(x, most), size) <= room) return [write(x, most), size];
  const smallest = sizes[sizes.length - 1];
  for (let n = most - 1; n > 1; n--) if (widthOf(write(x, n), smallest) <= room) return [write(x, n), smallest];
  return [write(x, 1), smallest];
}

// Boxes alone side by side, as many in a row as there is room for
function inRows({ v }, most) {
  const gap = 12, [width, height] = [3, 4].map((side) => Math.max(...v.map((each) => each[side]))), n = Math.max(1, Math.floor((most - gap) / (width + gap)));
  const at = (k) => gap + k * (width + gap), down = (k) => gap + k * (height + gap);
  return { width: at(Math.min(n, v.length)), height: down(Math.ceil(v.length / n)), o: [], e: [], v: v.map(([i, , , ...own], k) => [i, at(k % n), down(Math.floor(k / n)), ...own]) };
}

// One drawing of a way that the function takes, in a viewer. actions: choose(node), change(leaf, x, isLast), complain(leaf) …
class Scene {
  constructor(graph, actions, viewer) {
    this.graph = graph;
    this.actions = actions;
    this.viewer = viewer;
    this.cards = new Map();
    this.circles = new Map();
    this.edges = [];
    this.slopes = [];
    this.isTall = null;
  }

  // lay the parts out in the direction that fits better, and show them
  build(isTall) {
    this.isTall = isTall;
    const { tall, wide } = this.graph, layout = isTall ? tall : wide.o.length ? wide : inRows(wide, this.viewer.room().width), scene = byId("scene");
    this.width = layout.width;
    this.height = layout.height;
    scene.replaceChildren();
    scene.style.width = layout.width + "px";
    scene.style.height = layout.height + "px";
    const tip = drawn("path", { d: "M0,0 L8,3.5 L0,7 z" });
    const lines = drawn("svg", { width: layout.width, height: layout.height, "aria-hidden": "true" },
      drawn("defs", {}, drawn("marker", { id: "tip", markerWidth: 8, markerHeight: 7, refX: 7, refY: 3.5, orient: "auto", markerUnits: "userSpaceOnUse" }, tip)));
    scene.append(lines);
    this.edges = layout.e.map(([from, to, d]) => {
      const path = drawn("path", { d, ...(from === to ? { "marker-end": "url(#tip)" } : {}) });
      lines.append(path);
      return { from, to, path };
    });
    this.circles = new Map(layout.o.map(([i, x, y, width, height]) => {
      const symbol = this.graph.nodes[i].symbol;
      const circle = made("div", { className: "circle" + (symbol.length === 1 ? " short" : ""), textContent: symbol });
      this.place(circle, x, y, width, height);
      scene.append(circle);
      return [i, circle];
    }));
    this.cards = new Map(layout.v.map(([i, x, y, width, height]) => {
      const card = this.card(i);
      card.width = width;
      this.place(card.element, x, y, width, height);
      this.viewer.know(card.element, { x, y, width, height });
      return [i, card];
    }));
    // the order of the tabulator key is that of the computation
    scene.append(...[...this.cards.entries()].sort(([i], [j]) => i - j).map(([, card]) => card.element));
  }

  place(element, x, y, width, height) {
    Object.assign(element.style, { left: x + "px", top: y + "px", width: width + "px", height: height + "px" });
  }

  card(i) {
    const { name, kind, leaf } = this.graph.nodes[i], isResult = i === this.graph.result;
    const element = made("div", { className: `card ${kind}${isResult ? " result" : ""}` });
    const title = made("button", { className: "name", type: "button", title: name, onclick: () => this.actions.choose(i) },
      ...levels(name).map(([part, isLow]) => (isLow ? made("span", { className: "subscript", textContent: part }) : part)));
    const grad = made("span", { className: "grad" });
    if (kind !== "leaf") {
      const data = made("span", { className: "data" }, made("b", { textContent: "data" }), "");
      element.append(title, data, grad);
      element.onclick = () => this.actions.choose(i);
      return { element, grad, data };
    }
    const field = made("input", { type: "text", inputMode: "decimal", autocomplete: "off", spellcheck: false, "aria-label": name });
    const slider = made("input", { type: "range", "aria-label": say("{0}, as a slider", name), tabIndex: -1 });
    slider.hidden = !this.graph.hasSliders;
    element.append(title, field, slider, grad);
    element.addEventListener("pointerdown", () => this.actions.choose(i));
    const card = { element, grad, field, slider, leaf };
    editing(field, slider, leaf, this.actions, i, (x) => this.inCard(card, x));
    return card;
  }

  // Show the numbers. states: for a step that is played, which nodes have data and gradients already, else null
  show(ranges, chosen, step) {
    const { data, gradients } = this.graph;
    const seen = step ? [...step.gradients.values()] : gradients;
    const largest = Math.max(0, ...(step ? gradients : seen).filter(Number.isFinite).map(Math.abs));
    for (const [i, card] of this.cards) {
      const isKnown = !step || step.known.has(i), grad = step ? step.gradients.get(i) : gradients[i];
      card.element.classList.toggle("chosen", i === chosen && !step);
      card.element.classList.toggle("waiting", !isKnown);
      card.element.classList.toggle("here", Boolean(step) && step.node === i);
      card.element.classList.toggle("gets", Boolean(step) && step.gets.has(i));
      this.write(card.grad, grad, card.width - 26, (x, n) => `grad ${shown(x, n)}`, "grad");
      card.grad.style.background = grad === undefined ? "" : tint(grad, largest);
      if (card.field) {
        const x = data[i], { low, high } = ranges[card.leaf];
        if (document.activeElement !== card.field) card.field.value = this.inCard(card, x);
        Object.assign(card.slider, { min: low, max: high, step: "any" });
        card.slider.value = x;
      } else {
        this.write(card.data, isKnown ? data[i] : undefined, card.width - 27, (x, n) => `data ${shown(x, n)}`, "data ");
        const [word, number] = ["data", card.data.textContent.slice(5)];
        card.data.replaceChildren(made("b", { textContent: word }), number);
      }
    }
    for (const [i, circle] of this.circles) {
      circle.classList.toggle("waiting", Boolean(step) && !step.known.has(i));
      circle.classList.toggle("here", Boolean(step) && step.node === i && step.kind !== "seed");
    }
    for (const { to, path } of this.edges) {
      path.classList.toggle("waiting", Boolean(step) && !step.known.has(to));
      path.classList.toggle("here", Boolean(step) && step.node === to && step.kind !== "seed");
    }
    if (this.cards.has(step?.node)) this.viewer.show([this.cards.get(step.node).element]);
  }

  // what the field of a card shows while nobody types into it
  inCard(card, x) {
    return fitted(x, card.width - 40, [16], (x, n) => inField(x, false, n), 6)[0];
  }

  // a number and its word, so that they stay in their box; the whole number is what a pointer finds there
  write(element, x, room, words, without) {
    const [text, size] = x === undefined ? [without, 14] : fitted(x, room, [14, 13, 12], words, DIGITS);
    element.textContent = text;
    element.style.fontSize = size === 14 ? "" : `${size}px`;
    element.title = x === undefined || !text || text === words(x, DIGITS) ? "" : words(x, DIGITS);
  }

  // a complaint stands below the field, never on the name, and stays in the room
  keepInside({ complaint, field }) {
    complaint.style.top = `${field.offsetTop + field.offsetHeight + 5}px`;
    const edges = byId("graph").getBoundingClientRect(), place = complaint.getBoundingClientRect();
    const over = place.right - edges.right;
    if (over > 0) complaint.style.left = `${-1 - Math.min(over, place.left - edges.left) / this.viewer.view().scale}px`;
    if (place.bottom > edges.bottom) this.viewer.move(0, edges.bottom - place.bottom - 4);
  }

  // the cards whose names a text is in; that name itself comes first
  find(text) {
    const wanted = text.toLowerCase(), name = (i) => this.graph.nodes[i].name.toLowerCase(), isWhole = (i) => name(i) === wanted;
    return [...this.cards.keys()].filter((i) => name(i).includes(wanted)).sort((i, j) => isWhole(j) - isWhole(i) || i - j).map((i) => this.cards.get(i).element);
  }

  // what is wrong with a field, below it; "" if nothing is
  complain(leaf, sentence) {
    for (const card of this.cards.values()) {
      if (card.leaf !== leaf) continue;
      card.complaint?.remove();
      card.complaint = null;
      card.field.setAttribute("aria-invalid", String(sentence !== ""));
      card.field.removeAttribute("aria-describedby");
      card.element.style.zIndex = sentence ? 4 : "";
      if (sentence) {
        card.complaint = made("div", { className: "complaint", id: `complaint${leaf}`, role: "alert", textContent: sentence });
        card.field.setAttribute("aria-describedby", `complaint${leaf}`);
        card.element.append(card.complaint);
        this.keepInside(card);
      }
    }
  }
}

// A field that is typed into, dragged on, and moved by keys, and its slider
function editing(field, slider, leaf, actions, node, inside) {
  let drag = null;
  field.addEventListener("focus", () => {
    actions.choose(node);
    const whole = inField(actions.number(leaf), true);
    if (field.value === whole) return;
    field.value = whole;
    field.select();
  });
  field.addEventListener("blur", () => {
    actions.leave(leaf);
    field.value = inside(actions.number(leaf));
  });
  field.addEventListener("input", () => actions.type(leaf, field.value));
  field.addEventListener("keydown", (event) => {
    const direction = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (direction) {
      const size = stepFor(actions.number(leaf)) * (event.shiftKey ? 10 : event.altKey ? 0.1 : 1);
      actions.change(leaf, tidy(actions.number(leaf) + direction * size));
      field.value = inField(actions.number(leaf), true);
      event.preventDefault();
    }
    if (event.key === "Enter") actions.settle(leaf);
    if (event.key === "Escape") { actions.abandon(); actions.leave(leaf); field.value = inField(actions.number(leaf), true); }
  });
  field.addEventListener("pointerdown", (event) => {
    if (document.activeElement === field || event.button !== 0) return;
    drag = { x: event.clientX, from: actions.number(leaf), step: stepFor(actions.number(leaf)) / 5, moved: false };
    field.setPointerCapture(event.pointerId);
  });
  field.addEventListener("pointermove", (event) => {
    if (!drag || (!drag.moved && Math.abs(event.clientX - drag.x) < 4)) return;
    if (!drag.moved) { drag.moved = true; field.blur(); }
    actions.change(leaf, tidy(drag.from + Math.round(event.clientX - drag.x) * drag.step * (event.shiftKey ? 10 : 1)), false);
    event.preventDefault();
  });
  const end = () => {
    if (drag?.moved) { actions.settle(leaf); field.blur(); }
    drag = null;
  };
  field.addEventListener("pointerup", end);
  field.addEventListener("pointercancel", end);
  slider.addEventListener("input", () => actions.change(leaf, Number(Number(slider.value).toPrecision(4)), false));
  slider.addEventListener("change", () => actions.settle(leaf));
}
