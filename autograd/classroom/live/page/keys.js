// The keys and buttons of the page, and its settings.
function scale(factor) {
  const size = Math.min(2.5, Math.max(0.5, (Number(remembered("size")) || 1) * factor));
  root.style.setProperty("--size", size);
  remember("size", size);
  showPages();
}

// Pages within this one are as large and as dark as it is
function showPages() {
  for (const [name, content] of sections) if (content?.kind === "page") showPanel(Number(name.slice(6)));
  for (const frame of document.querySelectorAll("iframe[data-scripts=true]")) frame.contentWindow?.postMessage({ dark: isDark() }, "*");
}

prefersDark.addEventListener("change", showPages);

// The way to the page for the class, if there is one
function showInvitation() {
  const { link = "", picture = "", short = "", wrong = 0, closed = false } = sections.get("own invitation") ?? {};
  byId("invite").hidden = !link;
  if (!link) return;
  byId("invitation").querySelector("code").textContent = link;
  byId("invitation").querySelector("img").src = picture;
  byId("short").replaceChildren(short.slice(0, -6), made("strong", short.slice(-6)));
  byId("short").classList.toggle("closed", closed);
  byId("tries").hidden = !wrong;
  byId("tries").textContent = say("share wrong", wrong);
}
byId("renew").onclick = () => ask("code");

const notes = () => window.open("notes", "chalkgrad-notes", "popup,width=760,height=900");
// What each key does: its text, what follows, and whether it is for the teacher, or for presentations, alone
const KEYS = {
  PageDown: ["key next", () => readOn(1) || ask("next"), true, true],
  PageUp: ["key back", () => readOn(-1) || ask("back"), true, true],
  o: ["key overview", overview, true, true],
  n: ["key notes", notes, true, true],
  f: ["key freeze", () => ask("freeze"), true],
  s: ["key stop", () => ask("stop"), true],
  r: ["key run", () => ask("again"), true],
  R: ["key rerun", () => ask("run"), true, true],
  q: ["key link", () => { if (!byId("invite").hidden) byId("invitation").showModal() }, true],
  b: ["key board", () => { byId("board").ariaPressed = String(document.body.classList.toggle("no-source")) }],
  d: ["key shade", () => { remember("shade", isDark() ? "light" : "dark"); paint(); showPages() }],
  "+": ["key larger", () => scale(1.1)],
  "-": ["key smaller", () => scale(1 / 1.1)],
  "1": ["key alone", () => 0],
  "?": ["key help", () => help()],
};
// Whether a cell that is too high has more to be read: then the next page of it comes before the next cell
function readOn(by) {
  const source = byId("source"), here = source.querySelector(".here");
  if (!here || innerWidth <= 800 || source.hidden) return false;
  if (coming) bringHere();  // who presses twice may be faster than the page
  const top = here.getBoundingClientRect().top - source.getBoundingClientRect().top, bottom = top + here.offsetHeight - source.clientHeight;
  if (by > 0 ? bottom < 12 : top > -12) return false;
  source.scrollBy({ top: by * Math.min(0.8 * source.clientHeight, 12 + (by > 0 ? bottom : -top)) });
  isBrought = false;
  const above = source.getBoundingClientRect().top - here.getBoundingClientRect().top;
  ask("read", { share: Math.round(1000 * Math.max(0, above / here.offsetHeight)) });
  return true;
}
const SAME = { "=": "+", ArrowRight: "PageDown", ArrowDown: "PageDown", " ": "PageDown", Enter: "PageDown", ArrowLeft: "PageUp", ArrowUp: "PageUp", Backspace: "PageUp" };
const may = ([, , isTeachers, isOfPresentations]) => (isTeacher || !isTeachers) && (presents() || !isOfPresentations);

function help() {
  byId("keys").querySelector("dl").replaceChildren(...Object.entries(KEYS).filter(([, what]) => may(what)).flatMap(([key, [meaning]]) => [made("dt", key), made("dd", say(meaning))]));
  byId("keys").showModal();
}

const buttons = { jump: "o", notes: "n", stop: "s", run: "r", freeze: "f", invite: "q", board: "b", smaller: "-", larger: "+", shade: "d", help: "?" };
for (const [id, key] of Object.entries(buttons)) byId(id).onclick = () => KEYS[key][1]();
byId("next").onclick = () => ask("next");
byId("back").onclick = () => ask("back");
for (const element of document.querySelectorAll(".teacher-only")) element.hidden ||= !isTeacher;

// Whether a key did something
function pressed(key) {
  if (document.querySelector("dialog[open]")) return false;
  if (key === "Escape") { alone(null); return true; }
  if (/^[0-9]$/.test(key)) {
    const element = key === "0" ? byId("printed") : byId("panels").querySelectorAll(".panel:not([hidden])")[Number(key) - 1];
    if (element && !element.hidden) alone(element);
    return true;
  }
  const frame = document.querySelector(".big iframe[data-scripts=true]");
  if (frame && /^Arrow|^ $|^Home$|^End$/.test(key)) {  // the steps of a player that is shown alone
    frame.contentWindow.postMessage({ key }, "*");
    return true;
  }
  const what = KEYS[key] ?? KEYS[SAME[key]];
  if (!what || !may(what)) return false;
  what[1]();
  return true;
}
document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.altKey || event.ctrlKey || event.metaKey || target.matches("input")) return;
  if ((key === " " || key === "Enter") && target.matches("button, summary, a")) return;
  if (/^Arrow(Up|Down)$/.test(key) && target.matches("#source, #output, .body")) return;  // which scrolls
  if (pressed(key)) event.preventDefault();
});
paint();
scale(1);
