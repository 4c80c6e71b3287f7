// The keys and buttons of the page, and its settings.
const ask = (action) => fetch(action, { method: "POST" }).catch(() => 0);
const remember = (name, value) => { try { localStorage.setItem(name, value) } catch {} };
const remembered = (name) => { try { return localStorage.getItem(name) } catch { return null } };

function scale(factor) {
  const size = Math.min(2.5, Math.max(0.5, (Number(remembered("size")) || 1) * factor));
  root.style.setProperty("--size", size);
  remember("size", size);
  for (const [name, content] of sections) if (content?.kind === "page") showPanel(Number(name.slice(6)));
}

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (remembered("shade") ?? (prefersDark.matches ? "dark" : "light")) === "dark";
const paint = () => root.classList.toggle("dark", isDark());
prefersDark.onchange = paint;

async function invite() {
  const { link, picture } = await (await fetch("share")).json();
  byId("invite").hidden = !link;
  byId("invitation").querySelector("code").textContent = link;
  if (picture) byId("invitation").querySelector("img").src = picture;
  return link;
}

const frozen = () => sections.get("frozen") === true;
const KEYS = {
  f: ["freeze the page, or let it follow again", () => ask(frozen() ? "thaw" : "freeze"), true],
  s: ["stop the program", () => ask("stop"), true],
  r: ["run it again", () => ask("run"), true],
  q: ["the link for the class", async () => { if (await invite()) byId("invitation").showModal() }, true],
  b: ["hide or show the source", () => { byId("board").ariaPressed = String(document.body.classList.toggle("no-source")) }],
  d: ["light or dark", () => { remember("shade", isDark() ? "light" : "dark"); paint() }],
  "+": ["larger", () => scale(1.1)],
  "-": ["smaller", () => scale(1 / 1.1)],
  "1": ["to 9: one panel alone; 0: what was printed; Escape: all again", () => 0],
  "?": ["these keys", () => byId("keys").showModal()],
};
const buttons = { stop: "s", run: "r", freeze: "f", invite: "q", board: "b", smaller: "-", larger: "+", shade: "d", help: "?" };
for (const [id, key] of Object.entries(buttons)) byId(id).onclick = () => KEYS[key][1]();
for (const element of document.querySelectorAll(".teacher-only")) element.hidden ||= !isTeacher;
for (const [key, [meaning, , isTeachers]] of Object.entries(KEYS)) {
  if (isTeacher || !isTeachers) byId("keys").querySelector("dl").append(made("dt", key), made("dd", meaning));
}
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") { alone(null); return; }
  if (/^[0-9]$/.test(event.key)) {
    const element = event.key === "0" ? byId("printed") : byId("panels").children[Number(event.key) - 1];
    if (element && !element.hidden) alone(element);
    return;
  }
  const [, action, isTeachers] = KEYS[event.key === "=" ? "+" : event.key] ?? [];
  if (action && (isTeacher || !isTeachers)) {
    event.preventDefault();
    action();
  }
});
paint();
scale(1);
if (isTeacher) invite();
