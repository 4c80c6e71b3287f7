// Draws the graph of one example from one weight to the loss: in each box the number, and below it ∂loss/∂ of it.
const BOX = { width: 68, height: 58, between: 6 }, LOW = matchMedia("(max-height: 800px) and (min-width: 901px)");

// values, slopes: of the inputs and of each neuron, and the derivative of the loss after them; delta: after the sum of the neuron
function pictureOfPath({ k, c, j, i, values, slopes, delta, gradient, loss }) {
  const sizes = [data.inputs[0].length, ...data.columns.map((column) => column.length)], begin = (layer) => sizes.slice(0, layer).reduce((a, b) => a + b, 0);
  const [weights, bias] = data.columns[c][j], p = trainer.parameters, before = begin(c);
  const sum = weights.reduce((total, weight, n) => total + p[weight] * values[before + n], bias >= 0 ? p[bias] : 0);
  const short = (name) => (name.length > 10 ? `…${name.slice(-9)}` : name), own = begin(c + 1) + j;
  const columns = [[{ name: i < 0 ? "b" : `w[${i}]`, title: data.names[k], number: p[k], grad: gradient, isChosen: true }], [{ name: say("sum z"), number: sum, grad: delta }], [{ name: c + 1 < data.columns.length ? say("neuron {0}", j) : say("output"), number: values[own], grad: slopes[own] }]];
  if (i >= 0) columns[0].push({ name: c ? say("neuron {0}", i) : `x[${i}]`, number: values[before + i], grad: slopes[before + i] });
  for (let layer = c + 1; layer < data.columns.length; layer++) {
    const places = [...Array(sizes[layer + 1]).keys()].sort((a, b) => Math.abs(slopes[begin(layer + 1) + b]) - Math.abs(slopes[begin(layer + 1) + a])).slice(0, LOW.matches ? 2 : 3).sort((a, b) => a - b);
    columns.push(places.map((n) => ({ name: layer + 1 < data.columns.length ? say("neuron {0}", n) : sizes[layer + 1] > 1 ? say("output {0}", n) : say("output"), number: values[begin(layer + 1) + n], grad: slopes[begin(layer + 1) + n] })));
    columns[columns.length - 1].more = sizes[layer + 1] - places.length;
  }
  columns.push([{ name: "loss", number: loss, grad: 1, isResult: true }]);
  const tallest = Math.max(...columns.map((column) => column.length)), height = tallest * (BOX.height + BOX.between) + 16, count = columns.length;
  const room = byId("one").clientWidth - 40, times = Math.max(1, Math.min(enlargement(), room / (count * (BOX.width + 12))));
  const gap = Math.max(12, Math.min(36, (room / times - count * BOX.width) / (count - 1))), width = count * (BOX.width + gap) - gap + 4;
  const largest = Math.max(...columns.flat().map(({ grad }) => Math.abs(grad)).filter(Number.isFinite));
  const at = (column, n) => [2 + column * (BOX.width + gap), (height - 16) / 2 + (n - columns[column].length / 2) * (BOX.height + BOX.between) + BOX.between / 2];
  const parts = [];
  columns.forEach((column, m) => column.forEach((_, n) => (columns[m + 1] || []).forEach((_, to) => {
    const [x, y] = at(m, n), [x2, y2] = at(m + 1, to), middle = BOX.height / 2;
    parts.push(drawn("path", { d: `M${x + BOX.width},${y + middle} C${x + BOX.width + gap / 2},${y + middle} ${x2 - gap / 2},${y2 + middle} ${x2},${y2 + middle}` }));
  })));
  columns.forEach((column, m) => {
    column.forEach(({ name, title, number, grad, isChosen, isResult }, n) => {
      const [x, y] = at(m, n), middle = x + BOX.width / 2;
      const [written, size] = fitted(number, BOX.width - 6, [13, 12], shown, DIGITS), [slope, small] = fitted(grad, BOX.width - 10, [13, 12], shown, DIGITS);
      parts.push(drawn("g", { class: isChosen ? "chosen" : isResult ? "result" : "" }, drawn("title", {}, title || name), drawn("rect", { class: "box", x, y, width: BOX.width, height: BOX.height, rx: 7 }),
        drawn("rect", { x: x + 3, y: y + 38, width: BOX.width - 6, height: 17, rx: 4, style: `fill: ${tint(grad, largest)}` }),
        drawn("text", { x: middle, y: y + 15, class: "name", "font-size": 12 }, short(name)), drawn("text", { x: middle, y: y + 32, "font-size": size }, written), drawn("text", { x: middle, y: y + 51, class: "derivative", "font-size": small }, slope)));
    });
    if (column.more > 0) parts.push(drawn("text", { x: at(m, 0)[0] + BOX.width / 2, y: height - 3, class: "more", "font-size": 12 }, say("and {0} more", column.more)));
  });
  return drawn("svg", { class: "path", role: "img", "aria-label": say("the graph from {0} to the loss of this example", data.names[k]), width: width * times, height: height * times, viewBox: `0 0 ${width} ${height}` }, ...parts);
}
