// Shows what the lesson shows, a panel for each thing, and one panel alone.
function showPanels() {
  const panels = sections.get("panels") ?? [], grid = byId("panels");
  let newest = null, n = 0;
  const wanted = panels.map((panel) => {
    const element = byId(`panel-${panel.number}`) ?? (newest = newPanel(panel.number));
    element.hidden = panel.cell !== beside();
    element.classList.toggle("old", panel.age > 0);
    element.querySelector("kbd").textContent = element.hidden || ++n > 9 ? "" : n;
    element.querySelector("h2").textContent = panel.title;
    element.querySelector(".age").textContent = panel.age ? (panel.age === 1 ? say("run before") : say("runs ago", panel.age)) : "";
    const button = element.querySelector(".line");
    button.textContent = panel.age ? "" : say("line number", panel.line);  // the line of an older run may be another one now
    button.dataset.line = panel.line;
    return element;
  });
  for (const element of [...grid.children]) if (!wanted.includes(element)) element.remove();
  for (const name of [...sections.keys()]) if (/^(panel|at) /.test(name) && !panels.some((panel) => name.endsWith(` ${panel.number}`))) sections.delete(name);
  wanted.forEach((element, i) => {
    if (grid.children[i] === element) return;
    grid.insertBefore(element, grid.children[i] ?? null);
    toTheResult(element.querySelector(".body"));  // what is moved forgets where it was
  });
  return newest;
}

function newPanel(number) {
  const element = made("article", "", "panel"), head = made("header"), place = made("button", "", "line"), alone = made("button", "", "alone");
  element.id = `panel-${number}`;
  place.type = alone.type = "button";
  alone.ariaLabel = say("label alone");
  head.append(made("kbd"), made("h2"), made("span", "", "age"), place, made("span", "", "space"), alone);
  element.append(head, made("div", "", "body"));
  place.onclick = () => line(Number(place.dataset.line))?.scrollIntoView({ block: "center" });
  place.onmouseenter = () => line(Number(place.dataset.line))?.classList.add("pointed");
  place.onmouseleave = () => byId("source").querySelectorAll(".pointed").forEach((item) => item.classList.remove("pointed"));
  return element;
}

function showPanel(number) {
  const content = sections.get(`panel ${number}`), element = byId(`panel-${number}`);
  if (!content || !element) return;
  const body = element.querySelector(".body");
  body.classList.toggle("framed", content.kind === "page");
  SHOWN[content.kind]?.(body, content, element);
}

// How much width a picture gets, so that its type is as large as can be
function shape(element, ratio) {
  element.classList.toggle("wide", ratio > 2.1);
  element.classList.toggle("broad", ratio > 3.3);
}

// A graph that is wider or higher than its place shows its result first, once it is seen
function toTheResult(body) {
  if (body.querySelector("svg .result, svg .failure")) new ResizeObserver((_, watch) => {
    if (!body.clientWidth) return;
    watch.disconnect();
    body.scrollTo(body.scrollWidth, body.scrollHeight);
  }).observe(body);
}

const isNarrow = matchMedia("(max-width: 640px)");
isNarrow.onchange = () => { for (const [name, content] of sections) if (content?.narrow) showPanel(Number(name.slice(6))) };

const SHOWN = {
  drawing(body, content, element) {
    const plain = (isNarrow.matches && content.narrow ? content.narrow : content.svg).replace(/<style>[^<]*<\/style>/g, "").replace(/<(?:[^>"']|"[^"]*"|'[^']*')+>/g, (tag) => tag.replace(/ style="[^"]*"/g, ""));  // which this page may not have
    const svg = copied(new DOMParser().parseFromString(unread.createHTML(plain), "image/svg+xml").documentElement);
    if (!svg) return;
    const [, , width = 600, height = 400] = (svg.getAttribute("viewBox") ?? "").split(" ").map(Number);
    for (const size of ["width", "height"]) svg.removeAttribute(size);
    svg.style.setProperty("--natural", width);
    svg.style.setProperty("--natural-height", height);
    svg.style.setProperty("--least", `${12 / Math.min(...[...svg.querySelectorAll("[font-size]")].map((text) => parseFloat(text.getAttribute("font-size"))), 24)}px`);
    const isChart = svg.classList.contains("chart");
    const ratio = width / height;
    shape(element, isChart || width <= 380 ? 1 : width > 700 ? Math.max(2.2, ratio) : ratio);  // half the page is too narrow
    const before = body.querySelector(":scope > svg");
    if (before && !isChart) light(before, svg);
    body.replaceChildren(svg);
    if (!before) toTheResult(body);
  },
  image(body, content, element) {
    const image = made("img"), bytes = Uint8Array.from(atob(content.base64), (c) => c.charCodeAt(0));
    const type = ["image/svg+xml", "image/png"].includes(content.type) ? content.type : "image/png";
    const before = body.querySelector(":scope > img");
    image.alt = say("label plot");
    image.onload = () => {
      const ratio = image.naturalWidth / image.naturalHeight || 3;
      image.style.setProperty("--ratio", ratio);
      shape(element, ratio);
      body.replaceChildren(image);
      if (before) URL.revokeObjectURL(before.src);
    };
    image.src = URL.createObjectURL(new Blob([bytes], { type }));
  },
  page(body, content, element) {
    element.classList.add("wide");
    const size = content.scripts ? "" : `?size=${Math.round(parseFloat(getComputedStyle(root).fontSize))}&shade=${isDark() ? "dark" : "light"}`;  // a player has its own
    const address = new URL(`/page/${encodeURIComponent(content.page)}${size}`, location.href).href;
    if (body.querySelector("iframe")?.src === address) return;
    const frame = made("iframe");
    frame.sandbox = "allow-scripts";
    frame.dataset.scripts = content.scripts;
    frame.title = element.querySelector("h2").textContent;
    frame.src = address;
    body.replaceChildren(frame);
  },
  table(body, content) {
    const table = made("table"), isMatrix = content.rows.some((row) => row.some((cell) => typeof cell !== "string"));
    const before = [...body.querySelectorAll("td")].map((cell) => cell.textContent);
    if (isMatrix) table.className = content.rows[0]?.[0]?.[0] ? "matrix" : "matrix pixels";
    if (content.head.length) {
      const row = made("tr");
      row.append(...content.head.map((text) => made("th", text)));
      table.append(row);
    }
    for (const cells of content.rows) {
      const row = made("tr");
      row.append(...cells.map((cell) => {
        const element = made("td", typeof cell === "string" ? cell : cell[0]);
        if (typeof cell !== "string" && /^#[0-9a-f]{6}$/.test(cell[1])) element.style.background = cell[1];
        return element;
      }));
      table.append(row);
    }
    const cells = [...table.querySelectorAll("td")];
    if (before.length === cells.length) cells.forEach((cell, i) => cell.classList.toggle("changed", cell.textContent !== before[i]));
    body.replaceChildren(table, ...(content.more ? [made("p", say("more rows", content.more), "more")] : []));
  },
  text(body, content) {
    body.replaceChildren(made("pre", content.text));
  },
};


// The place within a page, such as the step of a player: the class goes where the teacher is
const frameOf = (number) => byId(`panel-${number}`)?.querySelector("iframe");
const numberOf = (frame) => Number(frame?.closest(".panel")?.id.slice(6) ?? 0);
const lastAt = new Map();  // of each panel, as far as this page knows

function bring(number) {
  const { at, by } = sections.get(`at ${number}`) ?? {};
  if (at === undefined || lastAt.get(number) === at || (by === me && lastAt.has(number))) return;
  lastAt.set(number, at);
  frameOf(number)?.contentWindow?.postMessage({ go: at }, "*");  // its origin is that of nobody
}

addEventListener("message", (event) => {
  const frame = [...document.querySelectorAll("iframe")].find((each) => each.contentWindow === event.source), data = event.data;
  if (!frame || typeof data !== "object" || data === null) return;
  const number = numberOf(frame);
  if (data.ready === true) {
    event.source.postMessage({ dark: isDark(), line: pointed }, "*");
    lastAt.delete(number);
    bring(number);
  }
  if (typeof data.key === "string") pressed(data.key);
  if (typeof data.line === "number") pointAt(data.line);
  if (typeof data.place === "string" && lastAt.get(number) !== data.place) {
    lastAt.set(number, data.place);
    if (isTeacher) ask("place", { panel: number, at: data.place.slice(0, 2000) });
  }
});
// A page without scripts cannot hand on keys: what is typed stays here
addEventListener("blur", () => setTimeout(() => {
  const frame = document.activeElement;
  if (frame?.localName === "iframe" && frame.dataset.scripts !== "true") frame.blur();
}));

// One panel alone, as large as the screen
function alone(element, isTold = false) {
  const before = document.querySelector(".big");
  before?.classList.remove("big");
  const isOpen = element && before !== element;
  if (isOpen) element.classList.add("big");
  if (isTeacher && !isTold && (before || isOpen)) ask("alone", { panel: isOpen ? nameOf(element) : "" });
  if (!isOpen || (isTeacher && !isTold)) fill(Boolean(isOpen));
}
const nameOf = (element) => (element.id === "printed" ? "printed" : element.id.slice(6));
function showAlone() {
  const { panel: name = "", by } = sections.get("alone") ?? {}, before = document.querySelector(".big");
  if (by === me) return;  // it may have gone on since
  const element = name === "printed" ? byId("printed") : name ? byId(`panel-${name}`) : null;
  if (element ? element !== before && !element.hidden : before) alone(element, true);
}
document.addEventListener("click", (event) => { if (event.target.closest(".alone")) alone(event.target.closest(".panel, #printed")) });

// Enter and leave the full screen one after the other, because each takes a while. The page hears of it before or after
// that is over. Only if it has asked for nothing else is it the teacher who has left
let filling = Promise.resolve(), nFilling = 0, isWanted = false;
function fill(isFull) {
  nFilling += 1;
  isWanted = isFull;
  filling = filling.then(async () => {
    if (isFull !== Boolean(document.fullscreenElement)) await (isFull ? root.requestFullscreen?.() : document.exitFullscreen());
  }).catch(() => 0).finally(() => { nFilling -= 1 });
}
document.addEventListener("fullscreenchange", () => {
  if (!document.fullscreenElement && isWanted && !nFilling) alone(null);
});
