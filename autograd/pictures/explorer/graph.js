// The numbers of a graph: forward from its leaves, backward from its result, as the engine computes them.
const POLES = new Set(["/", "//", "%", "log", "log2", "log10", "log1p", "atanh", "xlogy", "reciprocal"]);

class Graph {
  // way: nodes with op, parents, kind and cases, operands first; guards: [comparison, left, right, outcome]; result
  constructor(way) {
    Object.assign(this, way);
    this.data = this.nodes.map((node) => node.data);
    this.gradients = this.nodes.map(() => 0);
    this.partials = this.nodes.map((node) => node.parents.map(() => 0));
    this.steps = this.nodes.map((node, i) => (node.parents.length ? i : -1)).filter((i) => i >= 0);
  }

  // What a node makes of the data of its operands
  value(i, data) {
    const { op, parents } = this.nodes[i], operation = OPERATIONS[op];
    const xs = parents.map((p) => data[p]);
    return operation.partials ? operation.value(...xs) : operation.value(xs, xs.length);
  }

  // All data from those of the leaves, a Map; an Error with a sentence where an operation is not defined
  forward(leaves, data = this.data.slice()) {
    for (const [i, x] of leaves) data[i] = x;
    for (const i of this.steps) {
      data[i] = this.value(i, data);
      if (!Number.isFinite(data[i])) throw new Error(this.trouble(i, data));
    }
    return data;
  }

  trouble(i, data) {
    const { op, parents } = this.nodes[i], { operands, domain } = OPERATIONS[op];
    const given = parents.slice(0, 3).map((p, k) => {
      const name = this.nodes[p].kind === "constant" ? operands[k] || say("operand {0}", k + 1) : this.nodes[p].name;
      return `${name} = ${shown(data[p])}`;
    });
    const at = given.join(", ") + (parents.length > 3 ? ", …" : "");
    const isPole = Number.isNaN(data[i]) || POLES.has(op) || (op === "**" && data[parents[0]] === 0);
    if (!isPole) return say("{0} overflows at {1}: the result is beyond the largest number, 1.8e308.", op, at);
    const names = domain.replace(/\b[xy]\b/g, (x) => { const p = parents[operands.indexOf(x)]; return p === undefined ? x : this.nodes[p].kind === "constant" ? shown(data[p]) : this.nodes[p].name; });
    return domain ? say("{0} is not defined at {1}: it needs {2}.", op, at, names.replaceAll("!=", "≠").replaceAll(">=", "≥").replaceAll("<=", "≤")) : say("{0} is not defined at {1}.", op, at);
  }

  // whether the comparisons of the function come out as they did when these operations were recorded
  holds(data) {
    const compare = { "<": (x, y) => x < y, "<=": (x, y) => x <= y, ">": (x, y) => x > y, ">=": (x, y) => x >= y, "!=": (x, y) => x !== y, is: Object.is };
    return this.guards.every(([sign, left, right, outcome]) => compare[sign](data[left], data[right]) === outcome);
  }

  // The local gradients at these data
  slopes(data) {
    return this.nodes.map(({ op, parents }, i) => {
      if (!parents.length) return [];
      const operation = OPERATIONS[op], xs = parents.map((p) => data[p]);
      if (operation.partials) return operation.partials.map((partial) => partial(data[i], ...xs));
      const gradient = xs.map(() => 0);
      operation.back(1, data[i], xs, gradient, xs.length);
      return gradient;
    });
  }

  // The derivative of one node with respect to all; visit is told of each contribution, in the order of backward()
  backward(from, partials, visit = () => {}) {
    const gradients = this.nodes.map(() => 0);
    gradients[from] = 1;
    for (let s = this.steps.length - 1; s >= 0; s--) {
      const i = this.steps[s];
      if (i > from) continue;
      const parts = this.nodes[i].parents.map((p, k) => {
        if (this.nodes[p].kind === "constant") return null;
        const before = gradients[p], contribution = gradients[i] * partials[i][k];
        gradients[p] = before + contribution;
        return { k, node: p, contribution, before, total: gradients[p] };
      });
      visit(i, gradients[i], parts.filter(Boolean));
    }
    return gradients;
  }

  // Take these data, and all that follows from them
  take(data) {
    this.data = data;
    this.partials = this.slopes(data);
    this.gradients = this.backward(this.result, this.partials);
  }

  get leaves() {
    return this.nodes.map((node, i) => (node.kind === "leaf" ? i : -1)).filter((i) => i >= 0);
  }
}
