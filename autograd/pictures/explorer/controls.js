// The buttons and keys of the training page, and how it begins.

function restart() {
  pause();
  settings.seed = state.seed;
  trainer.begin();
  changes.past = changes.past.filter((change) => change.examples); // weights begin anew, points stay
  trouble("");
  showSettings();
  show();
}

function undo() {
  pause();
  const change = changes.undo();
  if (!change) return;
  if (change.examples) state.point = Math.min(change.point, trainer.examples.length - 1);
  state.words = null; // its fields are those of other examples
  trouble("");
  show();
}

function tools() {
  const bar = byId("toolbar"), kinds = [["choose", say("Choose, move")]];
  if (isCurve) kinds.push(["add", say("Add")]);
  if (isPlane) for (const c of data.classes) kinds.push([c, say("Add {0}", shown(c))]);
  kinds.push(["remove", say("Remove")]);
  if (!plane) return;
  bar.replaceChildren(...kinds.map(([tool, words], k) => {
    const button = made("button", { type: "button", "aria-pressed": String(tool === plane.tool), onclick: () => { plane.tool = tool; tools(); } });
    if (typeof tool === "number") button.append(made("i", { style: `background: var(--${CLASSES[data.classes.indexOf(tool) % 10]})` }));
    button.append(words);
    return button;
  }));
}

byId("play").onclick = () => (state.isPlaying ? pause() : play());
byId("next").onclick = () => { pause(); forward(1); show(); };
byId("back").onclick = () => { pause(); trainer.back(); changes.forget(); trouble(""); show(); };
byId("restart").onclick = restart;
byId("undo").onclick = undo;
byId("keep").onclick = keep;
byId("forget").onclick = () => { state.runs = []; showRuns(); };
byId("share").onclick = () => offer(byId("share"), say("The link to these settings"), location.href);
byId("python").onclick = () => offer(byId("python"), say("The same in Python"), program());
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== "z") return;
  if (event.target.closest("#settings, dialog")) return; // there the field undoes its typing
  event.preventDefault();
  if (event.target.matches("input")) event.target.blur();
  undo();
});
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, select, textarea") || event.ctrlKey || event.altKey || event.metaKey) return;
  const keys = { ArrowRight: "next", ArrowLeft: "back", " ": "play" };
  if (!(event.key in keys) || (event.key === " " && event.target.matches("button"))) return;
  event.preventDefault();
  byId(keys[event.key]).click();
});

addEventListener("resize", () => show());
const repaint = () => { readColours(); show() };
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
document.addEventListener("chalkgrad-scheme", repaint);  // of the live page around it
document.querySelector("h1").textContent = document.querySelector("h1").title = data.title;
byId("loss-of").textContent = say(data.texts.length ? "loss, last 20" : "loss after it");
byId("loss-of").title = say(data.texts.length ? "the mean loss of the last 20 steps, each before it" : "the loss over all examples, after the last step");
const legend = [say("Blue: below 0. Orange: above.")];
if (isPlane && data.classes.length) legend.push(say("Thick rim: on the wrong side."));
byId("legend").textContent = network ? legend.join(" ") : "";
document.querySelector(".lab").classList.toggle("no-network", !network); // it is no chain of layers of neurons
readColours();
state.seed = settings.seed;
trainer.begin();
showSettings();
showRuns();
tools();
show();
document.querySelector("#settings").addEventListener("submit", (event) => event.preventDefault()); // Enter sends nothing anywhere
