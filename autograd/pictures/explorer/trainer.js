// Trains the model, step by step, as the same loop in Python does: the chance of training.py, the optimisers of nn.
class Chance {
  constructor(seed) {
    this.state = (Math.imul(seed, 2654435761) + 88172645) >>> 0 || 1;
  }

  next() {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state;
  }

  below(n) {
    return Math.floor(this.next() * n / 4294967296);
  }

  uniform() {
    return this.next() / 4294967296;
  }
}

// Parameters to begin with; see begun_anew in training.py
function begunAnew(numbers, groups, seed) {
  const found = Float64Array.from(numbers);
  if (seed === 0) return found;
  const chance = new Chance(seed + 7919);
  for (const group of new Set(groups)) {
    const own = [...groups.keys()].filter((k) => groups[k] === group);
    let square = 0;
    for (const k of own) square += numbers[k] * numbers[k];
    square /= own.length;
    if (own.some((k) => numbers[k] !== numbers[own[0]])) for (const k of own) found[k] = (2 * chance.uniform() - 1) * Math.sqrt(3 * square);
  }
  return found;
}

const MOST_KEPT = 48e6; // bytes of the steps that can be gone back

class Trainer {
  constructor(data, settings) {
    this.data = data;
    this.settings = settings;
    this.examples = data.inputs.map((x, i) => ({ x: [...x], target: [...data.targets[i]], which: data.which[i], text: data.texts[i] }));
    this.gathered = data.captured.map((places) => new Float64Array(places.length));
    this.slopes = data.captured.map((places) => new Float64Array(places.length));
    const most = Math.max(...PROGRAMS.map((program) => program.OUTPUTS));
    this.seeds = new Float64Array(most);
    this.seeds[0] = 1;
    this.outputs = new Float64Array(most);
    this.ofInputs = new Float64Array(Math.max(...PROGRAMS.map((program) => program.INPUTS)));
    this.begin();
  }

  begin() {
    const n = this.data.parameters.length;
    this.parameters = begunAnew(this.data.parameters, this.data.groups, this.settings.seed);
    this.first = new Float64Array(n);
    this.second = new Float64Array(n);
    this.gradients = new Float64Array(n);
    this.chance = new Chance(this.settings.seed);
    this.order = [];
    this.at = 0;
    this.step = 0;
    this.adamSteps = 0;
    this.losses = [];
    this.past = [];
    this.load();
  }

  // the parameters of now for all programs; those that read texts take them anew for each text
  load() {
    if (!this.data.texts.length) PROGRAMS.forEach((program, p) => this.gather(p, this.data.captured[p]));
  }

  gather(p, places) {
    const n = this.parameters.length, own = this.gathered[p];
    for (let k = 0; k < own.length; k++) own[k] = places[k] < n ? this.parameters[places[k]] : this.data.fixed[places[k] - n];
    PROGRAMS[p].load(own);
  }

  // which parameters an example uses: of a table, the rows of its characters
  placesOf(example) {
    const places = this.data.captured[example.which];
    return example.text ? places.map((place) => (typeof place === "number" ? place : place[0] + place[1] * example.text[place[2]])) : places;
  }

  // Compute one example; its outputs are in this.outputs. An Error with a sentence where that cannot be.
  run(example, isForTraining = true) {
    if (example.text) this.gather(example.which, this.placesOf(example));
    let code = PROGRAMS[example.which].value([...example.x, ...example.target], this.outputs);
    for (let p = 0; code === 1 && p < PROGRAMS.length; p++) { // another way
      if (p === example.which || PROGRAMS[p].INPUTS !== PROGRAMS[example.which].INPUTS) continue;
      code = PROGRAMS[p].value([...example.x, ...example.target], this.outputs);
      if (code !== 1) example.which = p;
    }
    if (code !== 0 && isForTraining) {
      throw new Error(code === 1 ? say("For these numbers the model takes a way that this page does not know.") : say("At step {0} a number is no longer finite: the learning rate may be too large. Go back, and try a smaller one.", this.step));
    }
    return code;
  }

  // the places of the examples of the next step
  batch() {
    const n = this.examples.length, size = this.settings.batch_size;
    if (!(size > 0 && size < n)) return [...this.examples.keys()];
    if (this.at >= this.order.length || this.order.length !== n) {
      this.order = [...this.examples.keys()];
      for (let i = n - 1; i > 0; i--) {
        const j = this.chance.below(i + 1);
        [this.order[i], this.order[j]] = [this.order[j], this.order[i]];
      }
      this.at = 0;
    }
    const found = this.order.slice(this.at, this.at + size);
    this.at += size;
    return found;
  }

  // the gradients of the mean loss of some examples; answers the loss
  differentiate(places) {
    const sum = this.gradients, n = sum.length;
    sum.fill(0);
    let loss = 0;
    for (const i of places) {
      const example = this.examples[i];
      this.run(example);
      loss += this.outputs[0];
      const own = this.slopes[example.which], to = this.placesOf(example);
      if (PROGRAMS[example.which].gradient(this.seeds, own, this.ofInputs) !== 0) throw new Error(say("At step {0} a gradient is no longer finite: the learning rate may be too large. Go back, and try a smaller one.", this.step));
      for (let k = 0; k < own.length; k++) if (to[k] < n) sum[to[k]] += own[k];
    }
    for (let k = 0; k < n; k++) sum[k] /= places.length;
    return loss / places.length;
  }

  // One step. Whatever fails, all is as it was before.
  forward() {
    const before = this.snapshot();
    try {
      const loss = this.differentiate(this.batch());
      this.losses.push(loss);
      if (this.settings.optimizer === "adam") this.adam();
      else this.descend();
      this.step += 1;
      this.load();
    } catch (error) {
      this.restore(before);
      throw error;
    }
    this.past.push(before);
    if (this.past.length > Math.max(20, MOST_KEPT / (24 * this.parameters.length))) this.past.shift();
  }

  // the gradient of a parameter, with what keeps it small
  regularised(k) {
    const { l1, weight_decay } = this.settings, x = this.parameters[k];
    return this.gradients[k] + l1 * Math.sign(x) + weight_decay * x;
  }

  descend() {
    const { lr, momentum } = this.settings, p = this.parameters;
    for (let k = 0; k < p.length; k++) {
      const gradient = this.regularised(k);
      if (momentum) this.first[k] = momentum * this.first[k] + gradient;
      p[k] -= lr * (momentum ? this.first[k] : gradient);
    }
  }

  adam() {
    const { lr } = this.settings, p = this.parameters;
    this.adamSteps += 1;
    const corrected = lr / (1 - 0.9 ** this.adamSteps), root = Math.sqrt(1 - 0.999 ** this.adamSteps);
    for (let k = 0; k < p.length; k++) {
      const gradient = this.regularised(k);
      this.first[k] = 0.9 * this.first[k] + (1 - 0.9) * gradient;
      this.second[k] = 0.999 * this.second[k] + (1 - 0.999) * gradient * gradient;
      p[k] -= corrected * this.first[k] / (Math.sqrt(this.second[k]) / root + 1e-8);
    }
  }

  snapshot() {
    return { parameters: this.parameters.slice(), first: this.first.slice(), second: this.second.slice(), chance: this.chance.state, order: this.order, at: this.at, step: this.step, adamSteps: this.adamSteps };
  }

  restore(found) {
    Object.assign(this, { ...found, parameters: found.parameters.slice(), first: found.first.slice(), second: found.second.slice() });
    this.chance = Object.assign(new Chance(0), { state: found.chance });
    this.losses.length = this.step;
    this.load();
  }

  back() {
    if (this.past.length) this.restore(this.past.pop());
  }

  set(k, x) {
    this.parameters[k] = x;
    this.load();
  }

  isRight(example) {
    const { classes, threshold, nOutputs } = this.data;
    if (nOutputs === 1) return (this.outputs[1] > threshold ? classes[1] : classes[0]) === example.target[0];
    let best = 0;
    for (let k = 1; k < nOutputs; k++) if (this.outputs[1 + k] > this.outputs[1 + best]) best = k;
    return best === example.target[0];
  }

  // the loss over all examples, and the part that is right; which are wrong
  evaluate() {
    let loss = 0, right = 0;
    const wrong = new Set(), hasClasses = this.data.classes.length > 0;
    this.examples.forEach((example, i) => {
      const code = this.run(example, false);
      loss += code ? NaN : this.outputs[0];
      if (hasClasses && !code && this.isRight(example)) right += 1;
      else wrong.add(i);
    });
    return { loss: loss / this.examples.length, accuracy: hasClasses ? right / this.examples.length : null, wrong };
  }
}
