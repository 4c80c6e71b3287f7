// Holds the state of the page: the numbers of the leaves, their history, what is chosen, and the step that is played.
const ways = data.ways.map((way) => {
  const graph = new Graph(way), places = new Set(way.drawn);
  graph.isDrawn = (i) => places.has(i);
  return graph;
});
const start = data.leaves.map((leaf) => leaf.data);
const state = { numbers: [...start], past: [], future: [], before: null, way: 0, chosen: null, tab: "one", at: 0, pins: new Map() };
const homes = start.map((x) => spanOf(x - Math.max(1, 2 * Math.abs(x)), x + Math.max(1, 2 * Math.abs(x)), x));
const ranges = homes.map((home) => ({ ...home }));
let graph = ways[0], scene = null, timer = null, telling = null;
const isInParts = ways.length === 1 && Boolean(graph.large);
const view = isInParts ? null : viewer(byId("graph"), (text) => scene.find(text), 1);

// A range around x whose width is a number too
function spanOf(low, high, x) {
  const most = 1.79e308;
  low = Math.max(low, -most); high = Math.min(high, most);
  return x < 0 ? { low, high: Math.min(high, low + most) } : { low: Math.max(low, high - most), high };
}

// The axis and the slider of a leaf fit its number: as at the start wherever that holds it. isHeld: while somebody drags,
// only as far as needed, as the number would run away from the pointer
function fitRange(leaf, x, isHeld) {
  const range = ranges[leaf], home = homes[leaf], holds = ({ low, high }) => low <= x && x <= high;
  if (isHeld && holds(range)) return false;
  const fit = holds(home) ? home : spanOf(Math.min(home.low, x - Math.abs(x) / 2), Math.max(home.high, x + Math.abs(x) / 2), x);
  const isGood = holds(range) && !holds(home) && range.high - range.low <= 4 * (fit.high - fit.low);
  if (isGood || (range.low === fit.low && range.high === fit.high)) return false;
  Object.assign(range, fit);
  return true;
}

// The numbers of the leaves as each way has them
const leavesOf = (way, numbers) => way.leaves.map((i) => [i, numbers[way.nodes[i].leaf]]);

// The way that the function takes with these numbers, and all its data; an Error with a sentence if there is none
function computed(numbers) {
  let trouble = null;
  for (const way of [graph, ...ways.filter((way) => way !== graph)]) {
    let found = null;
    try {
      found = way.forward(leavesOf(way, numbers));
    } catch (error) {
      trouble = trouble || error;
      continue;
    }
    if (way.holds(found)) return { way, data: found };
  }
  throw trouble && ways.length === 1 ? trouble : new Error(say("Here the function takes a way that this page does not know. In Python, explore it with these numbers."));
}

// Let the leaves have these numbers; the sentence if they cannot
function take(numbers, isHeld = false) {
  const { way, data } = computed(numbers);
  const isOther = way !== graph;
  way.take(data);
  graph = way;
  state.numbers = numbers;
  for (const [leaf, x] of numbers.entries()) fitRange(leaf, x, isHeld);
  if (isOther) build();
}

const actions = {
  number: (leaf) => state.numbers[leaf],
  // another number for a leaf; isLast: whether it is one of its own in the history, else somebody drags
  change(leaf, x, isLast = true) {
    actions.replace(actions.having(leaf, x), leaf, isLast);
  },
  having: (leaf, x) => state.numbers.map((old, k) => (k === leaf ? x : old)),
  replace(numbers, leaf, isLast) {
    try {
      actions.put(numbers, !isLast);
      if (isLast) actions.settle(leaf);
    } catch (error) {
      complain(leaf, error.message);
    }
  },
  // Show these numbers; an Error with a sentence if that cannot be
  put(numbers, isHeld) {
    const before = state.before || [...state.numbers];
    take(numbers, isHeld);
    state.before = before;
    for (const each of start.keys()) complain(each, "");
    show();
  },
  // What is typed counts at once. What is refused must not leave a part of itself: then it is as before the typing.
  type(leaf, text) {
    try {
      actions.put(actions.having(leaf, read(text)), false);
    } catch (error) {
      actions.abandon();
      complain(leaf, error.message);
    }
  },
  abandon() {
    if (state.before === null) return;
    take(state.before);
    state.before = null;
    show();
  },
  // a change has come to its end: it becomes one step of the history
  settle(leaf) {
    if (state.before === null) return;
    if (state.before.some((x, k) => !Object.is(x, state.numbers[k]))) {
      state.past.push(state.before);
      state.future = [];
    }
    state.before = null;
    tell(leaf);
    if (state.numbers.filter((x, k) => fitRange(k, x, false)).length) show();
    else showButtons();
  },
  leave(leaf) {
    complain(leaf, "");
    actions.settle(leaf);
  },
  choose(i) {
    if (state.tab === "steps") return;
    if (state.chosen === i) return;
    state.chosen = i;
    if (graph.nodes[i].kind === "leaf") byId("abscissa").value = i;
    show();
  },
  isPinned: (i) => state.pins.has(i),
  pin(i) {
    if (!state.pins.delete(i)) state.pins.set(i, graph.data[i]);
    show();
  },
  nudge(i, h) {
    actions.change(graph.nodes[i].leaf, tidy(graph.data[i] + h));
  },
  descend(rate) {
    actions.replace(downhillOf(rate), graph.nodes[graph.leaves[0]].leaf, true);
  },
  // the result after such a step; null where there is none
  descended(rate) {
    try {
      const { way, data } = computed(downhillOf(rate));
      return data[way.result];
    } catch {
      return null;
    }
  },
};

// All leaves, each minus rate times its gradient
function downhillOf(rate) {
  const numbers = [...state.numbers];
  for (const i of graph.leaves) numbers[graph.nodes[i].leaf] -= rate * graph.gradients[i];
  return numbers;
}

function complain(leaf, sentence) {
  scene.complain(leaf, sentence);
}

// What changed, for those who hear the page; not more often than it can be heard
function tell(leaf) {
  clearTimeout(telling);
  telling = setTimeout(() => {
    const i = graph.leaves.find((i) => graph.nodes[i].leaf === leaf), result = graph.result, name = (i) => graph.nodes[i].name;
    const own = i === undefined ? "" : `${say("{0} is {1}; its gradient {2}.", name(i), shown(graph.data[i]), shown(graph.gradients[i]))} `;
    byId("live").textContent = own + say("{0} is {1}.", name(result), shown(graph.data[result]));
  }, 300);
}

// The way that is drawn has changed, or the room for it: a drawing for it
function build() {
  const isNarrow = getComputedStyle(document.querySelector("main")).display === "block", most = innerHeight * 0.85;
  byId("graph").style.height = isNarrow ? `${most}px` : "";
  if (isInParts) scene ??= new PartsScene(graph, actions, byId("graph"));
  else view.measure();
  const share = (layout) => Math.min(view.room().width / layout.width, view.room().height / layout.height);
  const focused = document.activeElement?.getAttribute("aria-label");
  const whole = new Wording(graph).whole(graph.result);
  document.querySelector("h1").textContent = data.title + (whole && ` = ${whole}`);
  if (!isInParts) {
    scene = new Scene(graph, actions, view);
    scene.build(graph.tall !== null && share(graph.tall) > share(graph.wide));
  }
  const names = (places) => places.map((i) => made("option", { value: String(i), textContent: graph.nodes[i].name }));
  const [y, x] = [byId("ordinate"), byId("abscissa")], kept = [y.value, x.value];
  y.replaceChildren(...names([...graph.drawn].reverse()));
  x.replaceChildren(...names(graph.leaves));
  if (kept[0] && graph.drawn.includes(Number(kept[0]))) y.value = kept[0];
  if (kept[1] && graph.leaves.includes(Number(kept[1]))) x.value = kept[1];
  if (state.chosen === null || state.chosen >= graph.nodes.length || graph.nodes[state.chosen].kind === "constant") state.chosen = graph.leaves[0];
  if (isInParts) return;
  // as large as the room, but not too small to be read; on a narrow screen no higher than it needs
  if (isNarrow) byId("graph").style.height = `${Math.min(Math.max(scene.height + 24 + view.tools.offsetHeight, 240), most)}px`;
  view.measure();
  view.set(byId("scene"), { x: 0, y: 0, width: scene.width, height: scene.height });
  view.read([scene.cards.get(graph.leaves[0] ?? graph.result).element]);
  if (focused) [...document.querySelectorAll("#scene input")].find((field) => field.getAttribute("aria-label") === focused)?.focus();
}

function show() {
  const steps = state.tab === "steps" ? stepsOf(graph) : null;
  if (steps) {
    state.at = Math.min(state.at, steps.steps.length - 1);
    byId("step").replaceChildren(...wordsOf(graph, steps, state.at));
    byId("at").max = steps.steps.length - 1;
    byId("at").value = state.at;
    byId("at").setAttribute("aria-valuetext", byId("step").querySelector("h2").textContent);
    byId("count").textContent = say("step {0} of {1}", state.at + 1, steps.steps.length);
    byId("back").disabled = state.at === 0;
    byId("next").disabled = state.at === steps.steps.length - 1;
  } else {
    const focused = byId("one").contains(document.activeElement) ? document.activeElement.textContent : null;
    byId("one").replaceChildren(...wordsOfOne(graph, state.chosen, nudged(state.chosen, 0.01), actions));
    if (focused) [...byId("one").querySelectorAll("button")].find((button) => button.textContent.replace(say("Unpin"), say("Pin")) === focused.replace(say("Unpin"), say("Pin")))?.focus();
  }
  scene.show(ranges, state.chosen, steps && stateAt(graph, steps.steps, state.at));
  showPlot();
  showPins();
  showButtons();
}

// How much the result changes where one number is h more, computed anew; null where it is not defined
function nudged(i, h) {
  const found = graph.data.slice();
  found[i] += h;
  for (const k of graph.steps) if (k > i) found[k] = graph.value(k, found);
  const change = found[graph.result] - graph.data[graph.result];
  return Number.isFinite(change) && graph.holds(found) ? change : null;
}

function showPlot() {
  const y = Number(byId("ordinate").value), x = Number(byId("abscissa").value);
  if (!graph.nodes[x] || graph.nodes[x].kind !== "leaf") return;
  const leaf = graph.nodes[x].leaf, numbers = [...state.numbers];
  plot.show(graph, y, x, leaf, ranges[leaf], (place) => {
    numbers[leaf] = place;
    try {
      const { way, data } = computed(numbers);
      return [way === graph || y === graph.result ? data[way === graph ? y : way.result] : NaN, way];
    } catch {
      return [NaN, null];
    }
  });
}

function showPins() {
  byId("pins").replaceChildren(...[...state.pins].map(([i, before]) => {
    const change = graph.data[i] - before, name = graph.nodes[i].name;
    return made("li", { textContent: `${name} ${shown(before)} → ${shown(graph.data[i])}` + (change ? ` (${change > 0 ? "+" : ""}${shown(change)})` : "") });
  }));
}

function showButtons() {
  byId("undo").disabled = !state.past.length;
  byId("redo").disabled = !state.future.length;
  byId("reset").disabled = state.numbers.every((x, k) => Object.is(x, start[k]));
}

function travel(from, to) {
  actions.settle(0);
  if (!from.length) return;
  to.push([...state.numbers]);
  take(from.pop());
  for (const each of start.keys()) complain(each, "");
  show();
  tell(0);
  if (document.activeElement?.matches("#scene input[type=text]")) document.activeElement.blur();
}

function program() {
  const literal = (x) => { const text = String(x); return /[.e]/.test(text) ? text : text + ".0"; };
  return graph.python.map((line) => (typeof line === "string" ? line : line[1] + literal(graph.data[line[0]]) + line[2])).join("\n") + "\n";
}

function go(at) {
  pause();
  state.at = Math.max(0, at);
  show();
}

function play() {
  if (byId("next").disabled) state.at = -1;
  byId("play").textContent = say("Pause");
  const next = () => {
    state.at += 1;
    show();
    if (byId("next").disabled) pause();
  };
  timer = setInterval(next, 2200);
  next();
}

function pause() {
  clearInterval(timer);
  timer = null;
  byId("play").textContent = say("Play");
}

function openTab(tab) {
  pause();
  state.tab = tab;
  for (const each of ["one", "steps"]) {
    byId(each).hidden = each !== tab;
    byId(`tab-${each}`).setAttribute("aria-selected", String(each === tab));
    byId(`tab-${each}`).tabIndex = each === tab ? 0 : -1;
  }
  show();
}

const plot = new Plot(actions);
byId("undo").onclick = () => travel(state.past, state.future);
byId("redo").onclick = () => travel(state.future, state.past);
byId("reset").onclick = () => actions.replace([...start], 0, true);
byId("python").onclick = () => offer(byId("python"), say("The same in Python"), program());
byId("ordinate").onchange = byId("abscissa").onchange = showPlot;
byId("tab-one").onclick = () => openTab("one");
byId("tab-steps").onclick = () => openTab("steps");
document.querySelector(".tabs").addEventListener("keydown", (event) => {
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  openTab(state.tab === "one" ? "steps" : "one");
  byId(`tab-${state.tab}`).focus();
});
byId("back").onclick = () => go(state.at - 1);
byId("next").onclick = () => go(state.at + 1);
byId("play").onclick = () => (timer === null ? play() : pause());
byId("at").oninput = () => go(Number(byId("at").value));
byId("scene")?.addEventListener("focusin", ({ target }) => { if (target.matches(":focus-visible")) view.show([target.closest(".card")]) });
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.matches("textarea")) return;
  const key = event.key.toLowerCase();
  if (key !== "z" && key !== "y") return;
  event.preventDefault();
  if (key === "y" || event.shiftKey) travel(state.future, state.past);
  else travel(state.past, state.future);
});
addEventListener("resize", () => { build(); show(); });
state.chosen = graph.leaves[0] ?? graph.result;
take([...start]);
build();
hearKeys(isInParts ? scene.picture.key : view.key);
openTab("one");
