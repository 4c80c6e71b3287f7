// The teacher's notes: those of the cell that the class sees, and what comes next.
const sections = new Map(), began = Date.now();
let lastCell = null;
const events = new EventSource("notes-events");
const take = (event) => {
  const news = JSON.parse(event.data);
  for (const [name, content] of Object.entries(news)) sections.set(name, content);
  show("notes" in news);
};
events.addEventListener("all", (event) => { sections.clear(); take(event) });
events.addEventListener("some", take);

function show(isNew) {
  const { name = "", n = 0 } = sections.get("source") ?? {}, { cell = 0 } = sections.get("place") ?? {};
  document.title = say("notes title", name);
  byId("place").textContent = say("notes place", cell + 1, n);
  byId("back").disabled = cell === 0;
  byId("next").disabled = cell + 1 >= n;
  const following = sections.get("notes following");
  byId("following").querySelector("div").replaceChildren(!following?.kind ? made("p", say("notes last")) : following.kind === "code" ? code(following) : text(following.html));
  const notes = sections.get("notes") ?? [];
  if (isNew) {
    byId("all").replaceChildren(...notes.map((note) => {
      const element = made("article", "", "note");
      element.dataset.cell = note.cell;
      element.append(text(note.html));
      return element;
    }), ...(notes.length ? [] : [made("p", say("notes none"))]));
  }
  const at = Math.max(-1, ...notes.map((note) => note.cell).filter((each) => each <= cell));
  const here = [...byId("all").querySelectorAll(".note")].filter((note) => note.classList.toggle("here", Number(note.dataset.cell) === at));
  if (isNew || lastCell !== at) here[0]?.scrollIntoView({ block: "start" });
  lastCell = at;
}

byId("back").onclick = () => ask("back");
byId("next").onclick = () => ask("next");
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || (event.target.matches("button") && /^( |Enter)$/.test(event.key))) return;
  const action = { PageDown: "next", ArrowRight: "next", " ": "next", PageUp: "back", ArrowLeft: "back" }[event.key];
  if (!action) return;
  event.preventDefault();
  ask(action);
});
const tick = () => { byId("time").textContent = say("notes time", Math.floor((Date.now() - began) / 60000)) };
setInterval(tick, 5000);
tick();
paint();
