// Settings: in their fields, in the trainer, and in the link.
const FIELDS = { lr: [0, 1e6], batch_size: [0, 1e6, true], momentum: [0, 0.9999], weight_decay: [0, 1e6], l1: [0, 1e6], seed: [0, 4294967295, true] };
const WORDS = { lr: say("The learning rate"), batch_size: say("The batch size"), momentum: say("The momentum"), weight_decay: say("The weight decay"), l1: "L1", seed: say("The seed") };

function complain(field, sentence) {
  if (field) field.setAttribute("aria-invalid", String(Boolean(sentence)));
  byId("complaint").hidden = !sentence;
  byId("complaint").textContent = sentence;
}

function setting(name, text) {
  const [low, high, isWhole] = FIELDS[name], x = name === "batch_size" && [say("all"), "all"].includes(text.trim().toLowerCase()) ? 0 : read(text);
  if (x < low || x > high || (isWhole && !Number.isInteger(x))) throw new Error(say(isWhole ? "{0} is a whole number from {1} to {2}; got {3}." : "{0} is a number from {1} to {2}; got {3}.", WORDS[name], low, shown(high), text.trim()));
  return x;
}

// A new seed throws the run away: it waits for the next start
const inUse = (name) => (name === "seed" ? state.seed : settings[name]);

function change(name, x) {
  if (name === "seed") { state.seed = x; return; }
  settings[name] = x;
  if (name === "batch_size") trainer.order = [];
  updateWords();
}

function showSettings() {
  for (const name of Object.keys(FIELDS)) byId(name).value = name === "batch_size" && settings[name] === 0 ? say("all") : String(inUse(name));
  byId("hint").hidden = state.seed === settings.seed;
  byId("hint").textContent = say("“Start again” begins with seed {0}; this run has {1}.", state.seed, settings.seed);
  byId("optimizer").value = settings.optimizer;
  byId("momentum").disabled = settings.optimizer === "adam";
  const words = Object.keys(settings).map((name) => `${name}=${inUse(name)}`).join("&");
  try { history.replaceState(null, "", `#${words}`); } catch { /* a frame has no address of its own */ }
}

for (const name of Object.keys(FIELDS)) {
  let before = null; // the typing: what is refused leaves no part of itself
  byId(name).addEventListener("input", () => {
    before = before ?? inUse(name);
    try {
      change(name, setting(name, byId(name).value));
      complain(byId(name), "");
    } catch (error) {
      change(name, before);
      complain(byId(name), error.message);
    }
  });
  byId(name).addEventListener("change", () => { before = null; complain(byId(name), ""); showSettings(); });
  byId(name).addEventListener("blur", () => { before = null; complain(byId(name), ""); showSettings(); });
  byId(name).addEventListener("keydown", (event) => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    const x = settings[name], isWhole = FIELDS[name][2];
    byId(name).value = String(Math.max(0, isWhole ? x + direction : tidy(x + direction * stepFor(x || 0.01))));
    byId(name).dispatchEvent(new Event("input"));
    showSettings();
  });
}
byId("optimizer").onchange = () => { settings.optimizer = byId("optimizer").value; trainer.first.fill(0); trainer.second.fill(0); trainer.adamSteps = 0; showSettings(); show(); };

// those of the link
for (const part of location.hash.slice(1).split("&")) {
  const [name, value] = part.split("=");
  try {
    if (name in FIELDS) settings[name] = setting(name, decodeURIComponent(value));
    if (name === "optimizer" && ["sgd", "adam"].includes(value)) settings.optimizer = value;
  } catch { /* a link that says something else changes nothing */ }
}
