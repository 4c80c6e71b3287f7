// The state of the training page: what is trained, what is chosen, and how all of it is shown.
const settings = { ...data.settings };
const trainer = new Trainer(data, settings);
const isPlane = data.inputs[0].length === 2, isCurve = data.inputs[0].length === 1 && data.nOutputs === 1 && data.classes.length === 0;
const state = { isPlaying: false, debt: 0, point: 0, weight: null, runs: [], frames: [], isMoving: false, seed: settings.seed, next: 0 };
const changes = new Changes(trainer), colours = {};

// A canvas follows no scheme of colours by itself
function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of [...PAINTED, ...CLASSES]) colours[name] = style.getPropertyValue(`--${name}`).trim();
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
  state.next = requestAnimationFrame(frame);
}

function play() {
  state.isPlaying = true;
  byId("play").textContent = say("Pause");
  cancelAnimationFrame(state.next);  // of before a pause that was shorter than a frame, or both would train
  state.next = requestAnimationFrame(frame);
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
    if (isPlane) plane.compute(colours, !isLight);
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
  const box = byId("curve");
  if (!box.clientWidth || !box.clientHeight) return;
  const title = say(settings.batch_size ? "loss of its batch before each step" : "loss before each step");
  box.replaceChildren(pictureOfLosses([...state.runs, { losses: trainer.losses, colour: colours.accent }], box, title));
}
