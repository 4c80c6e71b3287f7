// A graph that is too large for fields at all its numbers: drawn part by part, as on every other page. The card of a leaf
// has its field. It takes the place of a Scene.
class PartsScene {
  constructor(graph, actions, place) {
    const { large } = graph, widest = "−0.0000000";
    Object.assign(this, { graph, actions, places: large.places, open: null });
    this.keys = new Map(this.places.map((i, k) => [i, k]));
    for (const node of large.nodes) Object.assign(node, { data: widest, grad: widest });  // so much room has a number
    place.replaceChildren();
    this.picture = graphOf(place, large);
    this.picture.onselect = (k, card) => this.select(this.places[k], card);
  }

  // more in the card of a node: its numbers as they are now, and the field of a leaf
  select(i, card) {
    const { name, kind, leaf } = this.graph.nodes[i], { actions } = this, numbers = card.querySelector("p:not(.hint)");
    this.open = { i, card, numbers, leaf };
    if (kind === "leaf") {
      const field = made("input", { type: "text", inputMode: "decimal", autocomplete: "off", spellcheck: false, "aria-label": name });
      const slider = made("input", { type: "range", "aria-label": say("{0}, as a slider", name), tabIndex: -1 });
      numbers.after(made("div", { className: "row" }, field, slider));
      Object.assign(this.open, { field, slider });
      editing(field, slider, leaf, actions, i, (x) => inField(x, false, 6));
    }
    actions.choose(i);
    this.showCard();
  }

  show(ranges, chosen, step) {
    const { data, gradients } = this.graph, picture = this.picture;
    const largest = Math.max(0, ...gradients.filter(Number.isFinite).map(Math.abs));
    this.ranges = ranges;
    this.places.forEach((i, k) => {
      const isKnown = !step || step.known.has(i), grad = step ? step.gradients.get(i) : gradients[i];
      const share = grad === undefined ? 0 : Number.isFinite(grad) ? Math.sign(grad) * shareOf(grad, largest) : null;
      picture.set(k, { data: isKnown ? shown(data[i], 4) : "", grad: grad === undefined ? "" : shown(grad, 4), share, waiting: !isKnown });
    });
    const at = (i) => (this.keys.has(i) ? [this.keys.get(i)] : []);
    picture.mark(step ? { here: at(step.node), gets: [...step.gets].flatMap(at), seed: step.kind === "seed" } : { here: at(chosen) });
    if (step) picture.close();
    if (step && at(step.node).length) picture.focus(at(step.node));
    this.showCard();
  }

  showCard() {
    const { open, graph, ranges } = this;
    if (!open?.card.isConnected) return;
    const x = graph.data[open.i];
    open.numbers.textContent = `data ${shown(x)}, grad ${shown(graph.gradients[open.i])}`;
    if (!open.field) return;
    if (document.activeElement !== open.field) open.field.value = inField(x, false, 6);
    Object.assign(open.slider, { min: ranges[open.leaf].low, max: ranges[open.leaf].high, step: "any" });
    open.slider.value = x;
  }

  // what is wrong with the field, below it; "" if nothing is
  complain(leaf, sentence) {
    const { open } = this;
    if (open?.leaf !== leaf || !open.field) return;
    open.card.querySelector("[role=alert]")?.remove();
    open.field.setAttribute("aria-invalid", String(sentence !== ""));
    if (sentence) open.field.parentNode.after(made("p", { className: "bad", role: "alert", textContent: sentence }));
  }
}
