// Shows the cells of the lesson, the lines that changed, and the lines of errors. A plain program is one cell.
const line = (number) => byId("source").querySelector(`li[data-line="${number}"]`);
const cellOf = (number) => byId("source").querySelector(`.cell[data-cell="${number}"]`);

const put = new Map();  // what each cell of the page shows, as text
let lastLines = null;

function showSource(isAll) {
  const { name, n } = sections.get("source") ?? { name: "…", n: 0 };
  byId("name").textContent = name;
  document.title = say("title", name);
  document.body.classList.toggle("presents", presents());
  const wanted = [];
  let isNew = false;
  for (let number = 0; number < n; number++) {
    const content = sections.get(`cell ${number}`);
    if (!content) break;
    const written = JSON.stringify(content);
    let element = put.get(number)?.element;
    if (put.get(number)?.written !== written) {
      element = made("article", "", `cell ${content.kind}`);
      element.dataset.cell = number;
      if (content.kind === "code") element.dataset.code = content.code;
      element.append(content.kind === "code" ? code(content) : text(content.html));
      put.set(number, { written, element });
      isNew = true;
    }
    wanted.push(element);
  }
  for (const number of [...put.keys()]) if (number >= wanted.length) put.delete(number);
  if (!isNew && byId("source").children.length === wanted.length) return;
  byId("source").replaceChildren(...wanted);
  const lines = new Map(wanted.map((cell) => [cell.dataset.cell, [...cell.querySelectorAll("li[data-line]")].map((item) => item.textContent)]));
  if (lastLines && !isAll) lightLines(lastLines, lines);
  lastLines = lines;
}

// The lines that the last save has changed light up, because the class does not see the editor
function lightLines(before, now) {
  let isSeen = false;
  for (const [cell, after] of now) {
    const old = before.get(cell);
    if (!old) continue;
    let first = 0, last = after.length - 1;
    const shift = old.length - after.length;
    while (first <= last && old[first] === after[first]) first++;
    while (last >= first && last + shift >= first && old[last + shift] === after[last]) last--;
    const items = [...cellOf(cell).querySelectorAll("li[data-line]")];
    items.slice(first, last + 1).forEach((item) => item.classList.add("new"));
    if (!isSeen && first < after.length && items.length && isShown(byId("source"))) {
      items[Math.min(first, items.length - 1)].scrollIntoView({ block: "nearest" });
      isBrought = false;
      isSeen = true;
    }
  }
}

function showErrors() {
  const source = byId("source"), running = sections.get("state")?.state === "running";
  source.querySelectorAll(".mishap").forEach((box) => box.remove());
  source.querySelectorAll(".error, .caller").forEach((item) => item.classList.remove("error", "caller"));
  source.querySelectorAll("mark").forEach((mark) => mark.replaceWith(...mark.childNodes));
  byId("mishap").replaceChildren();
  byId("mishap").className = "";
  const problem = sections.get("problem");
  if (problem?.sentence) byId("mishap").append(mishap(problem, running));
  for (const [name, error] of sections) if (name.startsWith("error ") && error.sentence) showError(error, Number(name.slice(6)), running, !problem?.sentence);
  for (const item of source.querySelectorAll("li.shows")) item.classList.remove("shows");
  for (const panel of sections.get("panels") ?? []) if (!panel.age) line(panel.line)?.classList.add("shows");
}

function showError(error, cell, running, isFirst) {
  const place = error.line ? line(error.line) : null, isOld = error.old && running;
  const isHere = cell === beside() || cell === (sections.get("place")?.beside ?? 0);
  if (isFirst && isHere) {
    byId("mishap").append(mishap(error, isOld));
    byId("mishap").className = place ? "at-line" : "";
  }
  if (!place) return;
  for (const caller of error.callers) line(caller)?.classList.add("caller");
  place.classList.remove("caller");
  place.classList.add("error");
  underline(place, error.start, error.end);
  place.after(mishap(error, isOld));
  if (running || !isHere) return;
  place.nextSibling.scrollIntoView({ block: "nearest" });
  isBrought = false;
}

function underline(item, start, end) {
  if (start === null || end === null || end === undefined) return;
  let at = 0;
  for (const piece of [...item.childNodes]) {
    const text = piece.textContent, from = Math.max(0, start - at), to = Math.min(text.length, end - at);
    if (from < to) {
      const parts = [text.slice(0, from), made("mark", text.slice(from, to)), text.slice(to)];
      if (piece.nodeType === Node.TEXT_NODE) piece.replaceWith(...parts);
      else piece.replaceChildren(...parts);
    }
    at += text.length;
  }
}
