// Holds the state of the training page: plays, shows, and lets settings, weights and examples be changed.
const settings = { ...data.settings };
const trainer = new Trainer(data, settings);
const isPlane = data.inputs[0].length === 2, isCurve = data.inputs[0].length === 1 && data.nOutputs === 1 && data.classes.length === 0;
const RUN_COLOURS = ["#7b2d8e", "#b05a00", "#2f6fad", "#1f7a55", "#a4343a", "#8a6d00"];
const state = { isPlaying: false, debt: 0, point: 0, weight: null, runs: [], frames: [], isMoving: false, seed: settings.seed };
const changes = new Changes(trainer), colours = {};

function readColours() {
  const style = getComputedStyle(document.querySelector(".lab"));
  for (const name of ["ink", "soft", "line", "panel", "accent"]) colours[name] = style.getPropertyValue(`--${name}`).trim();
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  Object.assign(colours, isDark ? { below: "#8cbbe8", above: "#f7b267" } : { below: "#2f6fad", above: "#b05a00" });
}

const actions = {
  chooseWeight(k) { state.weight = k; show(); },
  choosePoint(i) { state.point = i; show(); },
  movePoint(i, x, y) {
    if (!state.isMoving) changes.ofExamples(i); // one change for each drag
    state.isMoving = true;
    const example = trainer.examples[i];
    example.x[0] = tidy(Number(x.toPrecision(5)));
    if (isCurve) example.target[0] = tidy(Number(y.toPrecision(5)));
    else example.x[1] = tidy(Number(y.toPrecision(5)));
    show();
  },
  endMove() { state.isMoving = false; },
  add(x, y, tool) {
    changes.ofExamples(state.point);
    const target = isCurve ? [y] : [tool], like = trainer.examples.find((example) => isCurve || example.target[0] === tool) || trainer.examples[0];
    trainer.examples.push({ x: isCurve ? [x] : [x, y], target, which: like.which });
    state.point = trainer.examples.length - 1;
    show();
  },
  remove(i) {
    if (trainer.examples.length < 2) return;
    changes.ofExamples(i);
    trainer.examples.splice(i, 1);
    trainer.order = [];
    state.point = Math.min(state.point, trainer.examples.length - 1);
    show();
  },
};

const network = data.columns.length ? new Network(byId("network"), data, actions) : null;
const plane = isPlane || isCurve ? new Plane(byId("plane"), trainer, actions) : null;

function forward(n) {
  try {
    for (let k = 0; k < n; k++) trainer.forward();
    trouble("");
    return true;
  } catch (error) {
    pause();
    trouble(error.message);
    return false;
  }
}

function trouble(sentence) {
  byId("trouble").hidden = !sentence;
  byId("trouble").textContent = sentence;
}

function frame(now) {
  if (!state.isPlaying) return;
  const began = performance.now();
  state.debt += Number(byId("speed").value);
  const n = Math.floor(state.debt);
  state.debt -= n;
  if (n && !forward(n)) { show(); return; }
  if (n) show(true);
  state.frames.push(performance.now() - began);
  if (state.frames.length > 600) state.frames.shift();
  requestAnimationFrame(frame);
}

function play() {
  state.isPlaying = true;
  byId("play").textContent = say("Pause");
  requestAnimationFrame(frame);
}

function pause() {
  if (!state.isPlaying) return;
  state.isPlaying = false;
  byId("play").textContent = say("Play");
  show();
}

// The loss of the header and of a kept run, after the last step; all texts would take too long
function measured() {
  const recent = trainer.losses.slice(-20);
  if (!data.texts.length || !recent.length) return trainer.evaluate();
  return { loss: recent.reduce((a, b) => a + b) / recent.length, accuracy: null, wrong: new Set() };
}

// isPlaying: in the middle of a run, when what nobody can read so fast is left out
function show(isPlaying = false) {
  byId("undo").disabled = !changes.past.length;
  const isLight = isPlaying && trainer.step % 4 !== 0; // the boundary moves in each frame, all else in each fourth
  const { loss, accuracy, wrong } = measured();
  byId("steps-so-far").textContent = trainer.step;
  byId("loss").textContent = shown(loss);
  byId("right").hidden = accuracy === null;
  byId("accuracy").textContent = accuracy === null ? "" : `${Math.round(accuracy * 100)} %`;
  if (plane) {
    if (isPlane) plane.compute(!isLight);
    plane.draw(state.point, wrong, colours);
  }
  const values = network && !isLight ? valuesAt(trainer.examples[state.point]) : null;
  if (network && !isLight) network.draw(trainer.parameters, isPlane ? plane.pictures : null, values, state.weight, colours);
  if (!isLight) showCurve();
  if (!plane && (!isPlaying || !data.texts.length || trainer.step % 6 === 0)) showBars();
  if (!isPlaying || trainer.step % 6 === 0) {
    showWords();
    byId("back").disabled = !trainer.past.length;
  }
  if (!isPlaying) byId("live").textContent = say(accuracy === null ? "Step {0}: {1} {2}." : "Step {0}: {1} {2}, {3} % right.", trainer.step, byId("loss-of").textContent, shown(loss), Math.round(accuracy * 100));
}

// the inputs, and what each neuron makes of an example
function valuesAt(example) {
  return trainer.run(example, false) === 0 ? [...example.x, ...trainer.outputs.slice(1 + data.nOutputs, PROGRAMS[example.which].OUTPUTS)] : null;
}

function showCurve() {
  const box = byId("curve"), width = box.clientWidth, height = box.clientHeight;
  if (!width || !height) return;
  const title = say(settings.batch_size ? "loss of its batch before each step" : "loss before each step");
  box.replaceChildren(pictureOfLosses([...state.runs, { losses: trainer.losses, colour: colours.accent }], width, height, title));
}

// For a text: after each character the probabilities of the next one, with a frame around the one that came
function showExpectations() {
  const example = trainer.examples[state.point], { characters } = data, n = characters.length, rows = example.text.length;
  trainer.run(example, false);
  const head = made("tr", {}, made("th", { textContent: say("after") }), ...[...characters].map((c) => made("th", { textContent: c })));
  const body = [...Array(rows).keys()].map((t) => {
    const logits = trainer.outputs.slice(1 + t * n, 1 + (t + 1) * n), largest = Math.max(...logits), sum = logits.reduce((total, x) => total + Math.exp(x - largest), 0);
    return made("tr", {}, made("th", { textContent: example.text.slice(0, t + 1).map((c) => characters[c]).join("") }), ...[...logits].map((x, c) => {
      const share = Math.exp(x - largest) / sum, cell = made("td", { title: `${characters[c]}: ${(share * 100).toFixed(1)} %`, className: example.target[t] === c ? "came" : "" });
      cell.style.background = `color-mix(in srgb, var(--accent) ${Math.round(Math.min(1, share * 1.6) * 100)}%, transparent)`;
      return cell;
    }));
  });
  byId("bars").replaceChildren(made("table", { className: "expected" }, made("thead", {}, head), made("tbody", {}, ...body)),
    made("p", {}, made("button", { type: "button", textContent: say("Make up texts"), onclick: makeUp }), " ", made("span", { id: "made-up", textContent: state.madeUp || "" })));
}

// Texts that the model makes up: each character is drawn with the probability that the model gives it
function makeUp() {
  const chance = new Chance(settings.seed + trainer.step + 1), n = data.characters.length, texts = [], longest = Math.max(...data.texts.map((text) => text.length));
  const like = trainer.examples.find((example) => example.text.length === longest);
  for (let k = 0; k < 8; k++) {
    const text = [data.texts[0][0]];
    while (text.length <= longest && (text.length === 1 || text[text.length - 1] !== text[0])) {
      const padded = [...text.slice(0, longest), ...Array(longest).fill(0)].slice(0, longest);
      trainer.run({ ...like, text: padded }, false);
      const logits = trainer.outputs.slice(1 + (text.length - 1) * n, 1 + text.length * n), largest = Math.max(...logits);
      const weights = [...logits].map((x) => Math.exp(x - largest));
      let left = chance.uniform() * weights.reduce((a, b) => a + b, 0), next = 0;
      while (next < n - 1 && (left -= weights[next]) > 0) next++;
      text.push(next);
    }
    texts.push(text.slice(1).filter((c) => c !== text[0]).map((c) => data.characters[c]).join(""));
  }
  state.madeUp = texts.filter(Boolean).join(", ");
  show();
}

function showBars() {
  byId("bars").hidden = false;
  byId("plane").hidden = true;
  if (data.texts.length) { showExpectations(); return; }
  const example = trainer.examples[state.point];
  trainer.run(example, false);
  const out = [...trainer.outputs.slice(1, 1 + data.nOutputs)], isSoft = data.classes.length > 2 || data.nOutputs > 1;
  const largest = Math.max(...out), sum = out.reduce((total, x) => total + Math.exp(x - largest), 0);
  byId("bars").replaceChildren(...out.map((x, k) => {
    const share = isSoft ? Math.exp(x - largest) / sum : Math.min(Math.abs(x), 1), isTarget = example.target[0] === k && data.nOutputs > 1;
    return made("div", {}, made("span", { textContent: (data.nOutputs > 1 ? say("class {0}", k) : say("output")) + (isTarget ? " ✓" : "") }), made("b", { style: `width: ${(share * 100).toFixed(1)}%` }), made("span", { textContent: isSoft ? `${(share * 100).toFixed(1)} %` : shown(x) }));
  }));
}

// a field for a number of the page, whose name is that of the number
function numberField(name, number, take) {
  const field = made("input", { type: "text", inputMode: "decimal", "aria-label": name, title: name });
  field.refresh = () => { field.value = inField(number(), false); };
  const change = (x) => { field.removeAttribute("aria-invalid"); trouble(""); take(x); };
  field.addEventListener("focus", () => { field.value = inField(number(), true); field.select(); });
  field.addEventListener("blur", () => { field.removeAttribute("aria-invalid"); field.refresh(); });
  field.addEventListener("change", () => {
    try {
      change(read(field.value));
    } catch (error) {
      field.setAttribute("aria-invalid", "true");
      trouble(error.message);
    }
  });
  field.addEventListener("keydown", (event) => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    event.stopPropagation();
    change(tidy(number() + direction * stepFor(number()) * (event.shiftKey ? 10 : 1)));
    field.value = inField(number(), true);
  });
  return field;
}

function showWords() {
  const box = byId("one"), key = [state.weight, state.point, trainer.examples.length].join();
  if (key === state.words) { refreshWords(); return; }
  state.words = key;
  const focused = box.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
  const example = trainer.examples[state.point], k = state.weight ?? 0, n = trainer.examples.length;
  const choose = state.choose = state.choose || made("select", { "aria-label": say("weight"), onchange: () => actions.chooseWeight(Number(state.choose.value)) }, ...data.names.slice(0, 3000).map((name, i) => made("option", { value: String(i), textContent: name })));
  choose.value = String(k);
  const weight = numberField(data.names[k], () => trainer.parameters[k], (x) => { changes.ofWeight(); trainer.set(k, x); show(); });
  const which = made("input", { type: "number", min: 1, max: n, value: state.point + 1, "aria-label": say("example") });
  which.onchange = () => actions.choosePoint(Math.min(Math.max(Math.round(Number(which.value)) || 1, 1), n) - 1);
  const inputs = example.x.slice(0, 6).map((x, i) => made("label", {}, `x[${i}]`, numberField(say("{0} of example {1}", `x[${i}]`, state.point + 1), () => example.x[i], (number) => { changes.ofExamples(state.point); example.x[i] = number; show(); })));
  const target = data.classes.length
    ? made("select", { "aria-label": say("target of example {0}", state.point + 1), id: "target", onchange: (event) => { changes.ofExamples(state.point); const like = trainer.examples.find((other) => other.target[0] === Number(event.target.value)); example.target[0] = Number(event.target.value); example.which = like ? like.which : example.which; show(); } }, ...data.classes.map((c) => made("option", { value: String(c), textContent: String(c), selected: c === example.target[0] })))
    : data.texts.length ? made("span", { textContent: example.text.map((c) => data.characters[c]).join("") })
    : numberField(say("target of example {0}", state.point + 1), () => example.target[0], (x) => { changes.ofExamples(state.point); example.target[0] = x; show(); });
  box.replaceChildren(
    made("div", { className: "row" }, made("label", {}, `${say("weight")} `, choose), made("label", {}, "= ", weight)), made("p", { id: "of-weight" }),
    made("div", { className: "row" }, made("label", {}, `${say("example")} `, which), ...inputs, made("label", {}, `${say("target")} `, target)), made("p", { id: "of-example" }), made("div", { id: "chain" }));
  if (focused) [...box.querySelectorAll("input, select")].find((each) => each.getAttribute("aria-label") === focused)?.focus();
  refreshWords();
}

// the same with the numbers of now
function refreshWords() {
  for (const field of document.querySelectorAll("#one input[type=text]")) if (field !== document.activeElement) field.refresh();
  updateWords();
}

// The chain rule at the chosen example, down to the chosen weight; and what the next step does
function updateWords() {
  const k = state.weight ?? 0, name = data.names[k], example = trainer.examples[state.point];
  const kept = trainer.gradients.slice(), ofOne = [];
  try {
    trainer.differentiate([state.point]);
    ofOne.push(...trainer.gradients);
    const program = PROGRAMS[example.which], loss = trainer.outputs[0], out = [...trainer.outputs.slice(1, 1 + data.nOutputs)];
    byId("of-example").replaceChildren(`${say("output {0}; loss", out.slice(0, 4).map((x) => shown(x)).join(", ") + (out.length > 4 ? ", …" : ""))} `, made("span", { className: "number", textContent: shown(loss) }));
    byId("chain").replaceChildren(...chain(k, program, example, ofOne));
    trainer.differentiate([...trainer.examples.keys()].slice(0, data.texts.length ? 8 : undefined));
    const gradient = trainer.gradients[k];
    byId("of-weight").replaceChildren(`${say(data.texts.length ? "gradient, over the first examples:" : "gradient, over all examples:")} `, made("span", { className: "number", textContent: shown(gradient) }), settings.optimizer === "sgd" && !settings.momentum && !settings.weight_decay ? say("; a step of all makes it {0}", `${shown(trainer.parameters[k])} − ${shown(settings.lr)} × ${gradient < 0 ? `(${shown(gradient)})` : shown(gradient)} = ${shown(trainer.parameters[k] - settings.lr * gradient)}`) : "");
  } catch (error) {
    byId("of-example").textContent = error.message;
  }
  trainer.gradients.set(kept);
}

// where a weight is: its layer, its neuron, and which input; null for one that is no neuron's
function placeOf(k) {
  for (const [c, column] of data.columns.entries()) for (const [j, [weights, bias]] of column.entries()) {
    if (bias === k) return { c, j, i: -1 };
    const i = weights.indexOf(k);
    if (i >= 0) return { c, j, i };
  }
  return null;
}

function chain(k, program, example, gradients) {
  const place = placeOf(k), line = (...parts) => made("p", {}, ...parts), number = (x) => made("span", { className: "number", textContent: shown(x) });
  if (place === null) return [line(`${say("At this example {0} is", `∂loss/∂${data.names[k]}`)} `, number(gradients[k]))];
  const { c, j, i } = place, values = valuesAt(example), sizes = [example.x.length, ...data.columns.map((column) => column.length)];
  const before = sizes.slice(0, c).reduce((a, b) => a + b, 0), own = sizes.slice(0, c + 1).reduce((a, b) => a + b, 0) + j;
  trainer.differentiate([state.point]);
  const slope = program.slope(1 + data.nOutputs + own - sizes[0]), bias = data.columns[c][j][1];
  const parts = [line(`${say("At this example neuron {0} of layer {1} gives a = {2}, and", j, c, shown(values[own]))} ∂loss/∂a = `, number(slope), ".")];
  if (bias >= 0) {
    const delta = gradients[bias];
    const local = slope ? say(": times its own slope, {0}", shown(delta / slope)) : "";
    parts.push(line(`${say("Its sum z = w·x + b gets")} ∂loss/∂z = `, number(delta), `${local}.`));
    if (i >= 0) {
      const x = values[before + i];
      parts.push(line(`${say("So {0}", `∂loss/∂${data.names[k]}`)} = ∂loss/∂z × ${c ? say("a of neuron {0}", i) : `x[${i}]`} = ${shown(delta)} × ${x < 0 ? `(${shown(x)})` : shown(x)} = `, number(gradients[k]), "."));
    }
  }
  return parts;
}

// Settings: in the fields, in the trainer, and in the link
const FIELDS = { lr: [0, 1e6], batch_size: [0, 1e6, true], momentum: [0, 0.9999], weight_decay: [0, 1e6], seed: [0, 4294967295, true] };
const WORDS = { lr: say("The learning rate"), batch_size: say("The batch size"), momentum: say("The momentum"), weight_decay: say("The weight decay"), seed: say("The seed") };

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

function keep() {
  const words = [settings.optimizer === "adam" ? "Adam" : "SGD", `${say("learning rate")} ${settings.lr}`];
  if (settings.batch_size) words.push(`${say("batch")} ${settings.batch_size}`);
  if (settings.momentum && settings.optimizer === "sgd") words.push(`${say("momentum")} ${settings.momentum}`);
  if (settings.weight_decay) words.push(`${say("weight decay")} ${settings.weight_decay}`);
  words.push(`${say("seed")} ${settings.seed}`);
  state.runs.push({ losses: [...trainer.losses], loss: measured().loss, colour: RUN_COLOURS[1 + state.runs.length % 5], words: words.join(", ") });
  showRuns();
}

function showRuns() {
  byId("runs").replaceChildren(...state.runs.map(({ words, losses, loss, colour }) => made("li", { style: `border-color: ${colour}`, textContent: say(data.texts.length ? "{0}: {1} steps, loss of the last 20 {2}" : "{0}: {1} steps, loss after them {2}", words, losses.length, shown(loss)) })));
  byId("forget").disabled = !state.runs.length;
  showCurve();
}

function program() {
  const [model, loss] = data.python, { lr, momentum, weight_decay, batch_size, seed } = settings;
  const optimizer = settings.optimizer === "adam" ? `optim.Adam(model.parameters(), lr=${lr}, weight_decay=${weight_decay})` : `optim.SGD(model.parameters(), lr=${lr}, momentum=${momentum}, weight_decay=${weight_decay})`;
  return `# model is your ${model}, ${loss} your loss, data your pairs of inputs and targets, with which you called explore
from autograd.pictures.training import batches, begun_anew, groups_of
from nn import optim

parameters = model.parameters()
for p, number in zip(parameters, begun_anew([p.data for p in parameters], groups_of(model), seed=${seed})):
    p.data = number
optimizer = ${optimizer}
steps = batches(len(data), ${batch_size}, seed=${seed})
for step in range(${trainer.step || 100}):
    batch = [data[i] for i in next(steps)]
    loss = ${loss}([model(x) for x, _ in batch], [target for _, target in batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.data)
`;
}

function tools() {
  const bar = byId("toolbar"), kinds = [["choose", say("Choose, move")]];
  if (isCurve) kinds.push(["add", say("Add")]);
  if (isPlane) for (const c of data.classes) kinds.push([c, say("Add {0}", shown(c))]);
  kinds.push(["remove", say("Remove")]);
  if (!plane) return;
  bar.replaceChildren(...kinds.map(([tool, words], k) => {
    const button = made("button", { type: "button", "aria-pressed": String(tool === plane.tool), onclick: () => { plane.tool = tool; tools(); } });
    if (typeof tool === "number") button.append(made("i", { style: `background: rgb(${CLASS_COLOURS[data.classes.indexOf(tool) % 10].join(" ")})` }));
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
for (const part of location.hash.slice(1).split("&")) {
  const [name, value] = part.split("=");
  try {
    if (name in FIELDS) settings[name] = setting(name, decodeURIComponent(value));
    if (name === "optimizer" && ["sgd", "adam"].includes(value)) settings.optimizer = value;
  } catch { /* a link that says something else changes nothing */ }
}
addEventListener("resize", () => show());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); show(); });
document.querySelector("h1").textContent = document.querySelector("h1").title = data.title;
byId("loss-of").textContent = say(data.texts.length ? "loss, last 20" : "loss after it");
byId("loss-of").title = say(data.texts.length ? "the mean loss of the last 20 steps, each before it" : "the loss over all examples, after the last step");
document.querySelector(".lab").classList.toggle("no-network", !network); // it is no chain of layers of neurons
readColours();
state.seed = settings.seed;
trainer.begin();
showSettings();
showRuns();
tools();
show();
