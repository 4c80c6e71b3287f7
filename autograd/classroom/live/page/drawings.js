// Copies drawings into the page, of known parts alone, and lights up what changed.
// What a drawing may be made of. All else in it is left out: what a lesson shows is not trusted.
const ELEMENTS = new Set(["svg", "g", "path", "polygon", "polyline", "ellipse", "circle", "rect", "line", "text", "tspan", "title"]);
const ATTRIBUTES = new Set(("viewBox role aria-label class d points x y x1 y1 x2 y2 cx cy r rx ry width height transform fill stroke stroke-width " +
  "stroke-dasharray stroke-linejoin stroke-linecap fill-opacity stroke-opacity text-anchor font-family font-size font-weight font-style").split(" "));

function copied(element) {
  if (element.namespaceURI !== SVG || !ELEMENTS.has(element.localName)) return null;
  const copy = document.createElementNS(SVG, element.localName);
  for (const { name, value } of element.attributes) if (ATTRIBUTES.has(name) && !/url\(|expression|javascript/i.test(value)) copy.setAttribute(name, value);
  if (/^(path|ellipse|polygon)$/.test(element.localName)) {
    const dark = inTheDark(element.getAttribute("fill") ?? "");
    if (dark) copy.style.setProperty("--in-the-dark", dark);
  }
  for (const child of element.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) copy.append(child.data);
    else if (child.nodeType === Node.ELEMENT_NODE) copy.append(...[copied(child)].filter(Boolean));
  }
  return copy;
}

// The fill of a box on a dark page: as much blue or orange, between other ends. (rendering.py has the same for files)
function inTheDark(fill) {
  if (fill === "#e3a9dd") return "#7a3472";
  if (!/^#[0-9a-f]{6}$/.test(fill) || ["#ffffff", "#1f2933", "#a3232b"].includes(fill)) return "";
  const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)), own = channels(fill), pale = channels("#f6f6f4"), dark = channels("#2c343c");
  const [light, end, k] = own[0] > own[2] ? ["#f7b267", "#94530e", 2] : ["#8cbbe8", "#1f5c99", 0];
  const share = Math.max(0, Math.min(1, (pale[k] - own[k]) / (pale[k] - channels(light)[k])));
  return `rgb(${dark.map((from, at) => Math.round(from + (channels(end)[at] - from) * share)).join(" ")})`;
}

// What differs from the drawing before lights up: text by text where it is the same graph, else box by box by their names
function light(before, after) {
  const texts = (svg) => [...svg.querySelectorAll(".node text, .edge text")];
  const old = texts(before), now = texts(after);
  const differ = (one, other) => { if (one && other && one.textContent !== other.textContent) mark(other) };
  if (old.length === now.length) {
    now.forEach((text, i) => differ(old[i], text));
    return;
  }
  const boxes = new Map([...before.querySelectorAll(".node.named")].map((box) => [box.querySelector("text")?.textContent, box]));
  for (const box of after.querySelectorAll(".node.named")) {
    const same = boxes.get(box.querySelector("text")?.textContent);
    if (same) [...box.querySelectorAll("text")].forEach((text, i) => differ(same.querySelectorAll("text")[i], text));
  }
}

function mark(text) {
  text.classList.add("changed");
  text.parentNode.classList.add("touched");
}

// A node and the line that made it know each other: over one, the other lights up
const numberIn = (element) => Number(/(?:^| )l(\d+)(?: |$)/.exec(element?.closest?.("g.node")?.getAttribute("class") ?? "")?.[1] ?? 0);
function pointAt(number) {
  byId("source").querySelectorAll(".pointed").forEach((item) => item.classList.remove("pointed"));
  if (number) line(number)?.classList.add("pointed");
}
byId("panels").addEventListener("mouseover", (event) => {
  const number = numberIn(event.target);
  if (number) pointAt(number);
  else if (event.target.closest("svg")) pointAt(0);
});
byId("panels").addEventListener("mouseleave", () => pointAt(0));
let pointed = 0;  // the line that the pointer is over
function lightNodes(number) {
  pointed = number;
  for (const node of byId("panels").querySelectorAll("svg .lit")) node.classList.remove("lit");
  if (number) for (const node of byId("panels").querySelectorAll(`svg .l${number}`)) node.classList.add("lit");
  for (const frame of byId("panels").querySelectorAll("iframe[data-scripts=true]")) frame.contentWindow.postMessage({ line: number }, "*");
}
byId("source").addEventListener("mouseover", (event) => lightNodes(Number(event.target.closest("li[data-line]")?.dataset.line ?? 0)));
byId("source").addEventListener("mouseleave", () => lightNodes(0));
