// What the model makes of an example: bars for classes, and for a text the probabilities after each character.

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
  byId("bars").replaceChildren(made("p", { className: "of", textContent: say("{0} of example {1}", say("output"), state.point + 1) }), ...out.map((x, k) => {
    const share = isSoft ? Math.exp(x - largest) / sum : Math.min(Math.abs(x), 1), isTarget = example.target[0] === k && data.nOutputs > 1;
    return made("div", {}, made("span", { textContent: (data.nOutputs > 1 ? say("class {0}", k) : say("output")) + (isTarget ? " ✓" : "") }), made("b", { style: `width: ${(share * 100).toFixed(1)}%` }), made("span", { textContent: isSoft ? `${(share * 100).toFixed(1)} %` : shown(x) }));
  }));
}
