// Shows the source of the lesson, the lines that changed, and the line of an error.
const line = (number) => byId("source").querySelector("ol").querySelectorAll("li")[number - 1];

function showSource() {
  const { name, lines } = sections.get("source");
  byId("name").textContent = name;
  document.title = `${name}, live`;
  byId("source").querySelector("ol").replaceChildren(...lines.map((pieces) => {
    const item = made("li");
    item.append(...pieces.map(([kind, text]) => (kind ? made("span", text, kind) : text)));
    if (!pieces.length) item.append("\n");
    return item;
  }));
  const texts = lines.map((pieces) => pieces.map((piece) => piece[1]).join(""));
  if (lastTexts) lightLines(lastTexts, texts);
  lastTexts = texts;
}

// The lines that the last save has changed light up, for the class does not see the editor
let lastTexts = null;
function lightLines(before, after) {
  let first = 0, last = after.length - 1, shift = before.length - after.length;
  while (first <= last && before[first] === after[first]) first++;
  while (last >= first && last + shift >= first && before[last + shift] === after[last]) last--;
  const items = [...byId("source").querySelectorAll("li")];
  items.slice(first, last + 1).forEach((item) => item.classList.add("new"));
  if (first < after.length && shown(byId("source"))) items[Math.min(first, items.length - 1)].scrollIntoView({ block: "nearest" });
}

const shown = (element) => element.getClientRects().length > 0 && innerWidth > 800;

function showError() {
  const error = sections.get("error") ?? {}, running = sections.get("state")?.state === "running";
  byId("source").querySelectorAll(".mishap").forEach((box) => box.remove());
  byId("source").querySelectorAll(".error, .caller").forEach((item) => item.classList.remove("error", "caller"));
  byId("source").querySelectorAll("mark").forEach((mark) => mark.replaceWith(...mark.childNodes));
  byId("mishap").replaceChildren();
  if (!error.sentence) return;
  const place = error.line ? line(error.line) : null;
  byId("mishap").append(mishap(error, running));
  byId("mishap").className = place ? "at-line" : "";
  if (!place) return;
  for (const caller of error.callers) line(caller)?.classList.add("caller");
  place.classList.remove("caller");
  place.classList.add("error");
  underline(place, error.start, error.end);
  place.after(mishap(error, running));
  if (!running) place.nextSibling.scrollIntoView({ block: "nearest" });
}

function mishap(error, isOld) {
  const box = made("div", "", isOld ? "mishap old" : "mishap");
  box.append(made("strong", (error.line ? `Line ${error.line}: ` : "") + error.sentence));
  if (error.meaning) box.append(made("p", error.meaning));
  if (error.callers.length) box.append(made("p", `Called from line ${error.callers.join(", ")}.`));
  if (error.trace) {
    const details = made("details");
    details.append(made("summary", "the whole traceback"), made("pre", error.trace));
    box.append(details);
  }
  return box;
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
