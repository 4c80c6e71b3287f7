// The words about one weight and one example: their fields, the graph, and the chain rule down to the weight.

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
    ? made("select", { "aria-label": say("target of example {0}", state.point + 1), id: "target", onchange: (event) => { changes.ofExamples(state.point); const like = trainer.examples.find((other) => other.target[0] === Number(event.target.value)); example.target[0] = Number(event.target.value); example.which = like ? like.which : example.which; show(); } }, ...data.classes.map((c) => made("option", { value: String(c), textContent: String(c).replace("-", "−"), selected: c === example.target[0] })))
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
    byId("of-weight").replaceChildren(`${say(data.texts.length ? "gradient, over the first examples:" : "gradient, over all examples:")} `, made("span", { className: "number", textContent: shown(gradient) }), settings.optimizer === "sgd" && !settings.momentum && !settings.weight_decay && !settings.l1 ? say("; a step of all makes it {0}", `${shown(trainer.parameters[k])} − ${shown(settings.lr)} × ${gradient < 0 ? `(${shown(gradient)})` : shown(gradient)} = ${shown(trainer.parameters[k] - settings.lr * gradient)}`) : "");
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
  const slopes = values.map((_, n) => program.slope(1 + data.nOutputs + n - sizes[0]));
  for (let n = 0; n < sizes[0]; n++) slopes[n] = trainer.ofInputs[n];
  const delta = bias >= 0 ? gradients[bias] : NaN;
  const picture = made("div", { className: "of-path", tabIndex: 0, role: "group", "aria-label": say("the graph of this example") }, pictureOfPath({ k, c, j, i, values, slopes, delta, gradient: gradients[k], loss: trainer.outputs[0] }));
  const parts = [picture, line(`${say("At this example neuron {0} of layer {1} gives a = {2}, and", j, c, shown(values[own]))} ∂loss/∂a = `, number(slope), ".")];
  if (bias >= 0) {
    const local = slope ? say(": times its own slope, {0}", shown(delta / slope)) : "";
    parts.push(line(`${say("Its sum z = w·x + b gets")} ∂loss/∂z = `, number(delta), `${local}.`));
    if (i >= 0) {
      const x = values[before + i];
      parts.push(line(`${say("So {0}", `∂loss/∂${data.names[k]}`)} = ∂loss/∂z × ${c ? say("a of neuron {0}", i) : `x[${i}]`} = ${shown(delta)} × ${x < 0 ? `(${shown(x)})` : shown(x)} = `, number(gradients[k]), "."));
    }
  }
  return parts;
}
