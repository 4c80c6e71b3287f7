// The words beside the graph: what one number says, and the forward and backward pass step by step.

// the number after the last = or ≈ stands out
function sentence(text, kind = "p", properties = {}) {
  const last = Math.max(text.lastIndexOf(" = "), text.lastIndexOf(" ≈ "));
  const number = made("span", { className: "number", textContent: last < 0 ? text : text.slice(last + 3) });
  return made(kind, properties, last < 0 ? "" : text.slice(0, last + 3), number);
}

function table(headings, rows) {
  return made("table", {}, made("thead", {}, made("tr", {}, ...headings.map((text) => made("th", { textContent: text })))),
    made("tbody", {}, ...rows.map((cells) => made("tr", {}, ...cells))));
}

// All steps, as explain() has them
function stepsOf(graph) {
  const word = new Wording(graph), steps = [{ kind: "given" }];
  for (const i of graph.drawn) steps.push({ kind: "forward", node: i });
  steps.push({ kind: "seed", node: graph.result });
  graph.backward(graph.result, graph.partials, (i, gradient, parts) => {
    if (graph.isDrawn(i)) steps.push({ kind: "backward", node: i, gradient, parts });
  });
  steps.push({ kind: "result" });
  return { word, steps };
}

// What the graph shows at a step
function stateAt(graph, steps, at) {
  const known = new Set(graph.nodes.map((node, i) => (node.parents.length ? -1 : i))), gradients = new Map();
  for (const past of steps.slice(0, at + 1)) {
    if (past.kind === "forward") known.add(past.node);
    if (past.kind === "seed") gradients.set(past.node, 1);
    if (past.kind === "backward") for (const part of past.parts) gradients.set(part.node, part.total);
  }
  const now = steps[at], gets = new Set(now.kind === "backward" ? now.parts.map((part) => part.node) : []);
  return { known, gradients, gets, node: now.node, kind: now.kind };
}

function wordsOf(graph, { word, steps }, at) {
  const step = steps[at], n = graph.drawn.length, result = word.name(graph.result);
  const p = (text) => made("p", { textContent: text });
  if (step.kind === "given") {
    const given = graph.leaves.map((i) => sentence(word.equation(word.name(i), graph.data[i]), "li"));
    return [made("h2", { textContent: say("Given") }), made("ul", {}, ...given), p(say("Forward computes every value from those before it; then gradients flow back."))];
  }
  if (step.kind === "forward") {
    return [made("h2", { textContent: say("Forward, {0} of {1}", at, n) }), sentence(`${word.name(step.node)} = ${word.computed(step.node)}`, "p", { className: "said" })];
  }
  if (step.kind === "seed") {
    return [made("h2", { textContent: say("Backward begins") }), sentence(`∂${result}/∂${result} = 1`, "p", { className: "said" }),
      p(say("How much does {0} change when another value changes? The chain rule answers, from {0} back to what is given.", result))];
  }
  if (step.kind === "result") {
    const rows = graph.leaves.map((i) => [sentence(word.equation(`∂${result}/∂${word.name(i)}`, graph.gradients[i]), "td"), made("td", { textContent: word.meaning(i, graph.result) })]);
    return [made("h2", { textContent: say("Result") }), table([say("gradient"), say("what it says")], rows)];
  }
  const here = word.name(step.node);
  const rows = step.parts.map(({ k, node, contribution, before, total }) => {
    const which = word.which(step.node, k);
    return [made("td", { textContent: word.name(node) + (which ? `, ${which}` : "") }), sentence(word.derived(step.node, k), "td"),
      sentence(word.times(step.gradient, graph.partials[step.node][k], contribution), "td"),
      sentence(before ? word.plus(before, contribution, total) : shown(total), "td")];
  });
  const arrived = sentence(word.equation(`∂${result}/∂${here}`, step.gradient), "p", { className: "said" });
  arrived.prepend(`${say("The gradient that arrived at {0} is", `${here} = ${word.operation(step.node)}`)} `);
  return [made("h2", { textContent: say("Backward, {0} of {1}", at - n - 1, n) }), arrived,
    table([say("to"), say("local gradient, {0}", `∂${here}/∂(${say("it")})`), say("arrived × local gradient"), say("its gradient so far")], rows)];
}

// What a step downhill is, and what becomes of the result. after: the result then, or null where there is none
function downhill(graph, result, after) {
  const now = graph.data[graph.result], size = say("A step downhill: each leaf minus 0.1 × its gradient.");
  if (after === null) return `${size} ${say("There {0} is not defined: the step would be too large.", result)}`;
  if (after === now) return `${size} ${say("{0} stays {1}.", result, shown(now))}`;
  return `${size} ${say(after < now ? "{0} goes down from {1} to {2}." : "{0} goes up, as the step is too large: from {1} to {2}.", result, shown(now), shown(after))}`;
}

// What one number is, what its gradient says, whether that is true, and where it comes from
function wordsOfOne(graph, i, nudged, actions) {
  const word = new Wording(graph), name = word.name(i), result = word.name(graph.result), gradient = graph.gradients[i];
  const said = graph.nodes[i].parents.length ? `${name} = ${word.computed(i)}` : word.equation(name, graph.data[i]);
  const pin = made("button", { type: "button", textContent: say(actions.isPinned(i) ? "Unpin" : "Pin"), title: say("watch {0} while other numbers change", name), onclick: () => actions.pin(i) });
  const path = made("button", { type: "button", textContent: say("Copy the path"), onclick: () => offer(path, say("The path of a number"), graph.nodes[i].name) });
  const parts = [made("p", { className: "said" }, sentence(said, "span"), " ", pin, ...(/[.[]/.test(graph.nodes[i].name) ? [" ", path] : []))];
  if (i === graph.result) {
    parts.push(made("p", { textContent: say("This is the result. The gradient of every other number says how fast {0} changes with it.", name) }));
    const order = [...graph.leaves].sort((a, b) => Math.abs(graph.gradients[b]) - Math.abs(graph.gradients[a]));
    parts.push(table([say("gradient"), say("what it says")], order.slice(0, 30).map((leaf) =>
      [sentence(word.equation(`∂${result}/∂${word.name(leaf)}`, graph.gradients[leaf]), "td"), made("td", { textContent: word.meaning(leaf, graph.result) })])));
    return parts;
  }
  parts.push(sentence(word.equation(`∂${result}/∂${name}`, gradient), "p", { className: "said" }));
  const change = nudged === null ? "" : nudged === 0 ? say("not at all") : say(nudged > 0 ? "up by {0}" : "down by {0}", shown(Math.abs(nudged)));
  parts.push(made("p", { textContent: say("The gradient says: {0}.", word.meaning(i, graph.result)) + (change ? ` ${say("Computed anew: {0}.", change)}` : "") }));
  if (graph.nodes[i].kind === "leaf") {
    const move = (h) => made("button", { type: "button", textContent: `${name.length > 12 ? say("it") : name} ${h > 0 ? "+" : "−"} 0.01`, onclick: () => actions.nudge(i, h) });
    parts.push(made("p", {}, move(0.01), " ", move(-0.01), " ", made("button", { type: "button", textContent: say("A step downhill for all"), onclick: () => actions.descend(0.1) })),
      made("p", { id: "downhill", textContent: downhill(graph, result, actions.descended(0.1)) }));
  }
  const rows = [];
  graph.backward(graph.result, graph.partials, (j, arrived, contributions) => {
    for (const { k, node, contribution } of contributions) {
      if (node === i && graph.isDrawn(j)) rows.push([made("td", { textContent: `${word.name(j)} = ${word.operation(j)}` }), sentence(word.derived(j, k), "td"), sentence(word.times(arrived, graph.partials[j][k], contribution), "td")]);
    }
  });
  if (rows.length) parts.push(made("h2", { textContent: rows.length > 1 ? say("Where it comes from: {0} ways to {1}, added", rows.length, result) : say("Where it comes from: the chain rule") }),
    table([say("through"), say("local gradient"), say("arrived × local gradient")], rows));
  return parts;
}
