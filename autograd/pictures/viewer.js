// A picture that can be zoomed and moved by mouse, touch and keys, shown whole, searched, and seen on the full screen.
//
// viewer(place, find) makes one of an element; viewer.set(picture, bounds) gives it a picture, which is an SVG, or an
// element within one of the class "plane", and the part of its plane that is filled. find(text) answers which elements of
// the picture a text names; readable is the scale at which all its texts can be read. The browser's pointer events are all it takes:
// a library of zooming would do the same to a layer, which search, keys and the steps of a player move too.
"use strict";

function viewer(place, find = (text) => byText(place, text), readable = 0.93) {
  const LEAST = 0.02, MOST = 8;
  let picture = null, bounds = { x: 0, y: 0, width: 1, height: 1 }, view = { x: 0, y: 0, scale: 1 }, animation = 0;
  const pointers = new Map();
  let moved = false;
  place.classList.add("viewer");

  // The sizes of the place, measured when they change: to ask for them makes the browser lay out all that is new. The
  // picture lies between the tools and the caption, so that they cover nothing of it, unless the place is very low.
  let size = { width: 1, height: 1 }, top = 0;
  const measure = () => {
    const height = place.clientHeight || 1, caption = place.querySelector(":scope > .caption"), isLow = height <= 240;
    top = isLow ? 0 : tools.offsetHeight;
    const bottom = caption && !isLow ? Math.min(caption.offsetHeight + 8, height * 0.4) : 0;
    place.classList.toggle("low", isLow);
    place.style.setProperty("--tools", `${top}px`);
    place.style.setProperty("--caption", `${bottom}px`);
    size = { width: place.clientWidth || 1, height: Math.max(1, height - top - bottom) };
  };
  const room = () => size;
  const fitting = () => Math.min((room().width - 24) / bounds.width, (room().height - 24) / bounds.height);

  // view.x and view.y are the point of the picture in the middle of the place, view.scale its pixels for one of the picture's
  function apply() {
    const { width, height } = room();
    if (picture instanceof SVGElement) picture.setAttribute("viewBox", `${view.x - width / 2 / view.scale} ${view.y - height / 2 / view.scale} ${width / view.scale} ${height / view.scale}`);
    else if (picture) picture.style.transform = `translate(${width / 2 - view.x * view.scale}px, ${height / 2 - view.y * view.scale}px) scale(${view.scale})`;
  }

  function go(to, slowly = false) {
    cancelAnimationFrame(animation);
    to = { x: to.x, y: to.y, scale: Math.max(LEAST, Math.min(MOST, to.scale)) };
    if (!slowly || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      view = to;
      apply();
      return;
    }
    const from = { ...view }, start = performance.now();
    const step = (now) => {
      const part = Math.max(0, Math.min(1, (now - start) / 280)), eased = part * (2 - part);  // a frame may have begun before
      view = { x: from.x + (to.x - from.x) * eased, y: from.y + (to.y - from.y) * eased, scale: from.scale + (to.scale - from.scale) * eased };
      apply();
      if (part < 1) animation = requestAnimationFrame(step);
    };
    animation = requestAnimationFrame(step);
  }

  // whether a plane is not too wide to be read as a whole
  const isReadable = (plane) => plane.width * readable <= room().width - 24;
  const middle = () => ({ x: bounds.x + bounds.width / 2, y: bounds.y + bounds.height / 2 });

  // the whole picture, however small
  const fit = () => {
    const scale = Math.min(fitting(), 3), { x, y } = middle();
    go({ x, y, scale }, true);
  };

  // at a size that can be read, as much of the picture as there is room for, and these elements in it
  // (what cannot be read as a whole is as large as the page's own letters, which grow with the screen)
  const legible = () => readable * Math.max(1, parseFloat(getComputedStyle(document.documentElement).fontSize) / 19.2);
  function read(elements = [], slowly = false, scale = fitting() >= readable ? Math.min(fitting(), 2.4) : legible()) {
    const { width, height } = room(), target = middle(), places = elements.map(boxOf).filter((box) => box);
    if (places.length) {
      const around = union(places), first = places[0];
      const whole = around.width * scale <= width - 16 && around.height * scale <= height - 16 ? around : first;
      target.x = whole.x + whole.width / 2;
      target.y = whole.y + whole.height / 2;
    }
    // where all fits in one direction it is in the middle; else no room is left empty beyond its edges
    const inside = (at, size, from, length) => (length <= size ? from + length / 2 : Math.max(from + size / 2, Math.min(from + length - size / 2, at)));
    target.x = inside(target.x, (width - 24) / scale, bounds.x, bounds.width);
    target.y = inside(target.y, (height - 24) / scale, bounds.y, bounds.height);
    go({ x: target.x, y: target.y, scale }, slowly);
  }

  // of an element; where who drew it has said it, the browser need not lay out all that is new
  const boxes = new WeakMap(), know = (element, box) => boxes.set(element, box);
  function boxOf(element) {
    if (element && !(element instanceof Element)) return element;
    if (element?.isConnected && boxes.has(element)) return boxes.get(element);
    if (!element?.isConnected || !element.getBBox) return null;
    const box = element.getBBox(), matrix = picture.getScreenCTM().inverse().multiply(element.getScreenCTM());
    const corners = [[box.x, box.y], [box.x + box.width, box.y + box.height]].map(([x, y]) => new DOMPoint(x, y).matrixTransform(matrix));
    return { x: Math.min(corners[0].x, corners[1].x), y: Math.min(corners[0].y, corners[1].y), width: Math.abs(corners[1].x - corners[0].x), height: Math.abs(corners[1].y - corners[0].y) };
  }

  function zoom(factor, at = null) {
    const frame = place.getBoundingClientRect(), { width, height } = room();
    const dx = at ? at.x - frame.left - width / 2 : 0, dy = at ? at.y - frame.top - top - height / 2 : 0;
    const scale = Math.max(LEAST, Math.min(MOST, view.scale * factor));
    go({ x: view.x + dx / view.scale - dx / scale, y: view.y + dy / view.scale - dy / scale, scale });
  }

  const move = (dx, dy) => go({ x: view.x - dx / view.scale, y: view.y - dy / view.scale, scale: view.scale });

  // What is on the picture: all but the tools, a caption and a card. Fields have the mouse and the finger for themselves
  const isPicture = (target) => !target.closest(".viewer > :not(svg, .plane)"), isFree = (target) => isPicture(target) && !target.closest("input, select, textarea");

  // The mouse, the finger, and two fingers
  place.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !isFree(event.target)) return;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.size === 1) moved = false;
  });
  place.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    if (!moved && pointers.size === 1 && Math.hypot(now.x - before.x, now.y - before.y) < 5) return;
    if (!moved) {
      moved = true;
      place.classList.add("moving");
      for (const id of pointers.keys()) place.setPointerCapture(id);
    }
    if (pointers.size === 1) move(now.x - before.x, now.y - before.y);
    else if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
      const length = (point) => Math.hypot(point.x - other.x, point.y - other.y);
      zoom(length(now) / Math.max(length(before), 1), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
      move((now.x - before.x) / 2, (now.y - before.y) / 2);
    }
    pointers.set(event.pointerId, now);
  });
  const released = (event) => {
    if (event.type === "lostpointercapture" && event.target !== place) return;  // a finger's, given over to the place
    pointers.delete(event.pointerId);
    if (!pointers.size) place.classList.remove("moving");
  };
  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) place.addEventListener(kind, released);
  place.addEventListener("click", (event) => { if (moved && isPicture(event.target)) { event.stopPropagation(); moved = false } }, true);
  place.addEventListener("dblclick", (event) => { if (isFree(event.target) && !event.target.closest("button")) zoom(1.6, { x: event.clientX, y: event.clientY }) });
  place.addEventListener("wheel", (event) => {
    if (!isPicture(event.target) || (window !== parent && !document.hasFocus() && !event.ctrlKey)) return;  // a notebook scrolls on
    event.preventDefault();
    zoom(Math.exp(-Math.max(-60, Math.min(60, event.deltaY * (event.deltaMode ? 20 : 1))) / (event.ctrlKey ? 80 : 240)), { x: event.clientX, y: event.clientY });
  }, { passive: false });

  // The tools
  const tools = document.createElement("div"), search = document.createElement("input"), found = document.createElement("span");
  tools.className = "tools";
  Object.assign(search, { type: "search", placeholder: say("find a name") + (matchMedia("(pointer: coarse)").matches ? "" : "  /"), ariaLabel: say("find a name") });
  found.className = "found";
  found.setAttribute("role", "status");
  const button = (text, label, action, name = "") => {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", textContent: text, ariaLabel: label, title: label, onclick: action, className: name });
    return made;
  };
  const full = () => (document.fullscreenElement ? document.exitFullscreen() : place.requestFullscreen?.())?.catch?.(() => 0);
  tools.append(found, search, button("−", say("smaller (key −)"), () => zoom(1 / 1.3), "minor"), button("+", say("larger (key +)"), () => zoom(1.3), "minor"),
    button(say("Fit"), say("the whole graph (key 0)"), () => fit()), button("", say("full screen (key f)"), full, "full"));
  place.append(tools);

  let hits = [], hit = -1;
  function seek(next = 1) {
    const text = search.value.trim();
    place.querySelectorAll(".lit").forEach((each) => each.classList.remove("lit"));
    hits = text ? find(text) : [];
    hit = hits.length ? (hit + next + hits.length) % hits.length : -1;
    found.textContent = !text ? "" : hits.length ? say("{0} of {1}", hit + 1, hits.length) : say("no such name");
    if (hit < 0) return;
    const element = typeof hits[hit] === "function" ? hits[hit]() : hits[hit];  // one that is not drawn yet
    element.classList.add("lit");
    read([element], true, Math.max(view.scale, readable));
  }
  search.oninput = () => { hit = -1; seek() };
  search.onkeydown = (event) => {
    if (event.key === "Enter") seek(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") { search.value = ""; seek(); search.blur() }
    event.stopPropagation();
  };

  const KEYS = { "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), "0": fit, "/": () => search.focus(), f: full };
  // Whether a key was one of the viewer's; those who hear keys for other things ask first
  function key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return false;
    const step = 80, moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (event.shiftKey && moves[event.key]) move(...moves[event.key]);
    else if (KEYS[event.key]) KEYS[event.key]();
    else return false;
    event.preventDefault?.();
    return true;
  }

  const set = (next, plane) => {
    if (next !== picture) picture?.remove();
    picture = next;
    bounds = plane;
    if (picture instanceof SVGElement) picture.setAttribute("preserveAspectRatio", "xMidYMid meet");
    if (!place.contains(picture)) place.prepend(picture);
    apply();
  };
  // Brings elements into view that are not, as they are reached by the tabulator key or by a step
  const show = (elements, slowly = true) => {
    const { width, height } = room(), seen = (box) => {
      const x = (box.x - view.x) * view.scale + width / 2, y = (box.y - view.y) * view.scale + height / 2;
      return x >= 0 && y >= 0 && x + box.width * view.scale <= width && y + box.height * view.scale <= height;
    };
    if (!elements.map(boxOf).every((box) => !box || seen(box))) read(elements, slowly, view.scale);
  };
  measure();
  new ResizeObserver(() => { measure(); apply() }).observe(place);
  return { measure, know, isReadable, set, fit, read, show, zoom, move, go, key, seek, search, tools, button, room, view: () => view, bounds: () => bounds };
}

// The keys of a page that are none of its fields', nor of a dialog
function hearKeys(key) {
  document.addEventListener("keydown", (event) => { if (!event.target.closest("input, textarea, select, dialog") && key(event)) event.preventDefault() });
}

function union(boxes) {
  const left = Math.min(...boxes.map((box) => box.x)), top = Math.min(...boxes.map((box) => box.y));
  return { x: left, y: top, width: Math.max(...boxes.map((box) => box.x + box.width)) - left, height: Math.max(...boxes.map((box) => box.y + box.height)) - top };
}

function byText(place, text) {
  const wanted = text.toLowerCase();
  return [...place.querySelectorAll("svg .node")].filter((node) => node.textContent.toLowerCase().includes(wanted));
}
