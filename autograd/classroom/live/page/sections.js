// Follows what the server says: the sections of the page, and what is to be drawn again when one is new.
"use strict";
const byId = (id) => document.getElementById(id);
const root = document.documentElement, isTeacher = root.dataset.role === "teacher";
const SVG = "http://www.w3.org/2000/svg";

const made = (kind, text = "", name = "") => {
  const element = document.createElement(kind);
  element.textContent = text;
  if (name) element.className = name;
  return element;
};

// The sections, as the server has them: source, state, error, panels, "panel 3", output, "output 12", frozen, viewers
let sections = new Map(), since = performance.now();

const events = new EventSource("events");
events.addEventListener("all", (event) => {
  sections = new Map();
  update(JSON.parse(event.data), true);
});
events.addEventListener("some", (event) => update(JSON.parse(event.data), false));
events.onerror = () => { root.dataset.away = "yes"; showState() };
events.onopen = () => { delete root.dataset.away; showState() };

function update(news, isAll) {
  const names = new Set(Object.keys(news)), run = sections.get("state")?.run;
  for (const [name, content] of Object.entries(news)) sections.set(name, content);
  if (run !== sections.get("state")?.run) since = performance.now();
  if (names.has("source")) showSource();
  const newest = names.has("panels") ? showPanels() : null;
  for (const name of names) if (name.startsWith("panel ")) showPanel(Number(name.slice(6)));
  if (names.has("source") || names.has("error") || names.has("state")) showError();
  if ([...names].some((name) => name.startsWith("output"))) showOutput(names);
  showState();
  const panels = sections.get("panels") ?? [];
  byId("empty").hidden = panels.length > 0 || !byId("printed").hidden;
  for (const item of byId("source").querySelectorAll("li.shows")) item.classList.remove("shows");
  for (const panel of panels) line(panel.line)?.classList.add("shows");
  if (newest && !isAll && shown(newest)) newest.scrollIntoView({ block: "nearest" });
  root.dataset.run = sections.get("state")?.run ?? 0;  // what tests wait for
  root.dataset.state = sections.get("state")?.state ?? "";
}

function showState() {
  const { state = "waiting", seconds = 0 } = sections.get("state") ?? {};
  const frozen = sections.get("frozen") === true, pill = byId("state");
  const took = seconds < 0.95 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
  const words = { waiting: "waiting", running: `running, ${Math.round((performance.now() - since) / 1000)} s`, good: `done in ${took}`, failed: `failed after ${took}`, stopped: "stopped" };
  pill.className = root.dataset.away ? "away" : frozen ? "frozen" : state;
  pill.textContent = root.dataset.away ? "the program that serves this page is gone" : frozen ? "frozen" : words[state];
  byId("stop").disabled = state !== "running";
  byId("freeze").ariaPressed = String(frozen);
  byId("freeze").textContent = frozen ? "Go on" : "Freeze";
  const viewers = sections.get("viewers");
  byId("viewers").hidden = !viewers;
  byId("viewers").textContent = viewers === 1 ? "1 follows" : `${viewers} follow`;
}
setInterval(() => { if (sections.get("state")?.state === "running") showState() }, 1000);
