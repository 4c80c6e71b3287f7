// The sections of the page, and what is to be drawn again when one is new.
const SVG = "http://www.w3.org/2000/svg";

// As the server has them: source, "cell 2", place, read, state, "error 1", problem, panels, "panel 3", "at 3", alone,
// "output 1", "output 1 12", ask, frozen, viewers; and for the teacher "own outline" and "own invitation"
let sections = new Map(), since = performance.now();
const presents = () => sections.get("source")?.presents === true;
const beside = () => sections.get("place")?.beside ?? null;  // the cell of code whose results are shown

function update(news, isAll) {
  const names = new Set(Object.keys(news)), run = sections.get("state")?.run;
  const has = (...starts) => [...names].some((name) => starts.some((start) => name === start || name.startsWith(`${start} `)));
  for (const [name, content] of Object.entries(news)) {
    if (content === null) sections.delete(name);
    else sections.set(name, content);
  }
  if (run !== sections.get("state")?.run) since = performance.now();
  if (has("source", "cell")) showSource(isAll);
  if (has("source", "cell", "place")) showPlace();
  const newest = has("panels", "place") ? showPanels() : null;
  for (const name of names) if (/^panel \d+$/.test(name)) showPanel(Number(name.slice(6)));
  if (has("source", "cell", "place", "error", "problem", "state")) showErrors();
  if (has("output", "place", "source", "ask")) showOutput(names, has("place", "source"));
  if (has("panels", "place", "output", "source", "error", "ask")) showRoom();
  if (has("ask")) showAsk();  // when there is room for it: what is not seen gets no focus
  if (has("at")) for (const name of names) if (name.startsWith("at ")) bring(Number(name.slice(3)));
  if (has("alone") || isAll) showAlone();
  if (has("read")) requestAnimationFrame(showRead);
  if (has("own outline")) showOutline();
  if (has("own invitation")) showInvitation();
  showState();
  if (newest && !isAll && isShown(newest)) newest.scrollIntoView({ block: "nearest" });
  root.dataset.run = sections.get("state")?.run ?? 0;  // what tests wait for
  root.dataset.state = sections.get("state")?.state ?? "";
  root.dataset.cell = sections.get("place")?.cell ?? "";
}

function showState() {
  const { state = "waiting", seconds = 0 } = sections.get("state") ?? {};
  const frozen = sections.get("frozen") === true, pill = byId("state");
  const took = seconds < 0.95 ? say("milliseconds", Math.round(seconds * 1000)) : say("seconds", seconds.toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 }));
  const time = state === "running" ? Math.round((performance.now() - since) / 1000) : took;
  pill.className = root.dataset.away ? "away" : frozen ? "frozen" : state;
  pill.textContent = say(`state ${pill.className}`, time);
  byId("stop").disabled = state !== "running";
  byId("freeze").ariaPressed = String(frozen);
  byId("freeze").textContent = say(frozen ? "button thaw" : "button freeze");
  const viewers = sections.get("viewers");
  byId("viewers").hidden = !viewers;
  byId("viewers").textContent = viewers === 1 ? say("one follows") : say("follow", viewers ?? 0);
}
setInterval(() => { if (sections.get("state")?.state === "running") showState() }, 1000);

const isShown = (element) => element.getClientRects().length > 0 && innerWidth > 800;
