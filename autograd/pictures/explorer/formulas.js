// Writes mathematics out, as formulas.py and wording.py do: a computation, and its chain rule, with names and numbers.
// A formula is a number, the place of an operand or "out", or a list of an operation and its operands.
const SUM = 0, PRODUCT = 1, SIGN = 2, POWER = 3, ATOM = 4;
const INFIX = { "+": [SUM, " + "], "-": [SUM, " − "], "*": [PRODUCT, " × "], "/": [PRODUCT, " ÷ "], "%": [PRODUCT, " mod "], "//": [PRODUCT, " // "] };
const CHAINS = { sum: "+", prod: "*" };
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const MOST_OPERANDS = 6;

// show: the text of an operand. Answers the text and how strongly it holds together.
function written(tree, show) {
  if (!Array.isArray(tree)) {
    const text = typeof tree === "number" ? shown(tree) : show(tree);
    return [text, /^−|^[\d.]+e/.test(text) ? SIGN : ATOM];
  }
  const inner = (operand, least) => {
    const [text, strength] = written(operand, show);
    return strength >= least ? text : `(${text})`;
  };
  const ends = (xs) => (xs.length <= MOST_OPERANDS ? xs : [...xs.slice(0, MOST_OPERANDS - 2), xs[xs.length - 1]]);
  const elided = (texts, n) => (texts.length === n ? texts : [...texts.slice(0, -1), "…", texts[texts.length - 1]]);
  const afterSign = (text) => (text.startsWith("−") ? `(${text})` : text);
  const [name, ...operands] = tree, op = CHAINS[name] || name, n = operands.length;
  if (op === "dot" && n % 2 === 0) {
    const pairs = operands.slice(0, n / 2).map((x, k) => [x, operands[n / 2 + k]]);
    const texts = ends(pairs).map(([x, y]) => `${inner(x, POWER)} × ${inner(y, POWER)}`);
    return [elided(texts, pairs.length).join(" + "), pairs.length > 1 ? SUM : PRODUCT];
  }
  if (op in INFIX && (n === 2 || name in CHAINS)) {
    const [strength, sign] = INFIX[op], [first, ...others] = ends(operands);
    const least = strength === SUM && op === "+" ? strength : strength + 1;
    return [elided([inner(first, strength), ...others.map((x) => afterSign(inner(x, least)))], n).join(sign), strength];
  }
  if (op === "neg" && n === 1) return ["−" + inner(operands[0], POWER), SIGN];
  if (op === "**" && n === 2) {
    const base = inner(operands[0], ATOM), exponent = operands[1];
    if (typeof exponent === "number" && exponent >= 0 && exponent < 100 && Number.isInteger(exponent)) {
      return [base + [...String(exponent)].map((digit) => SUPERSCRIPTS[digit]).join(""), POWER];
    }
    return [`${base}^${inner(exponent, ATOM)}`, POWER];
  }
  if (op === "abs" && n === 1) return [`|${inner(operands[0], SUM)}|`, ATOM];
  if (op === "sqrt" && n === 1) return ["√" + inner(operands[0], ATOM), POWER];
  return [`${name}(${elided(ends(operands).map((x) => inner(x, SUM)), n).join(", ")})`, ATOM];
}

// The number of a formula; undefined where it needs an operation that the page does not have
function worth(tree, number) {
  if (typeof tree === "number") return tree;
  if (!Array.isArray(tree)) return number(tree);
  const [op, ...operands] = tree, xs = operands.map((x) => worth(x, number));
  if (xs.includes(undefined)) return undefined;
  const usual = { "+": (x, y) => x + y, "-": (x, y) => x - y, "*": (x, y) => x * y, "/": (x, y) => x / y, neg: (x) => -x, abs: Math.abs };
  return op in usual ? usual[op](...xs) : undefined;
}

const COMPARISONS = { "<": (x, y) => x < y, "≤": (x, y) => x <= y, ">": (x, y) => x > y, "≥": (x, y) => x >= y };
const TURNED = { "<": "≥", "≤": ">", ">": "≤", "≥": "<" };

// The case of a local gradient that holds at these numbers, if one is known
function caseOf(cases, number) {
  return cases.find(([conditions]) =>
    conditions.every(([left, sign, right, outcome]) => {
      const x = worth(left, number), y = worth(right, number);
      return x !== undefined && y !== undefined && COMPARISONS[sign](x, y) === outcome;
    }));
}

// How the nodes of a graph are written. graph: its numbers, see graph.js.
class Wording {
  constructor(graph) {
    this.graph = graph;
  }

  name(i) {
    return this.graph.nodes[i].name;
  }

  equation(left, x) {
    return left + equal(isExact(x)) + shown(x);
  }

  // the formula of a node's own operation, and of its local gradients; its operands by their places in the graph
  tree(i) {
    const node = this.graph.nodes[i];
    return [node.op, ...node.parents.map((p) => (this.graph.nodes[p].kind === "constant" ? this.graph.data[p] : String(p)))];
  }

  named(tree) {
    return written(tree, (i) => this.name(i))[0];
  }

  operation(i) {
    return this.named(this.tree(i));
  }

  // the whole computation of a node as one formula, but for what people gave names; "" where it is too long
  whole(i) {
    let left = 40;
    const inside = (j) => {
      const node = this.graph.nodes[j];
      if (node.kind === "constant") return this.graph.data[j];
      if (j !== i && (node.given || !node.parents.length)) return String(j);
      left -= node.parents.length;
      return left < 0 ? "0" : [node.op, ...node.parents.map(inside)];
    };
    const tree = inside(i), text = left < 0 ? "" : this.named(tree);
    return text.length > 90 ? "" : text;
  }

  // a × b = 2 × (−3) = −6
  chain(tree, x) {
    const names = this.named(tree), numbers = written(tree, (i) => shown(this.graph.data[i]))[0];
    const operands = this.isExactTree(tree), result = shown(x);
    const text = numbers === names ? names : names + equal(operands) + numbers;
    return result === numbers ? text : text + equal(operands && isExact(x)) + result;
  }

  isExactTree(tree) {
    if (Array.isArray(tree)) return tree.slice(1).every((x) => this.isExactTree(x));
    return isExact(typeof tree === "number" ? tree : this.graph.data[tree]);
  }

  computed(i) {
    return this.chain(this.tree(i), this.graph.data[i]);
  }

  slope(i, k) {
    const name = `∂${this.name(i)}/∂${this.name(this.graph.nodes[i].parents[k])}`, which = this.which(i, k);
    return which ? say("{0} by {1}", name, which) : name;
  }

  // which of several equal operands it is: the 2nd x; "" where there is one only
  which(i, k) {
    const { parents } = this.graph.nodes[i], parent = parents[k];
    if (parents.filter((p) => p === parent).length < 2) return "";
    const place = parents.slice(0, k + 1).filter((p) => p === parent).length;
    return say("the {0} {1}", say(["1st", "2nd", "3rd"][place - 1] ?? "{0}th", place), this.name(parent));
  }

  // what the local gradient of a node by its operand k is: 1 − y² ≈ 1 − 0.4621² ≈ 0.7864
  derived(i, k) {
    const { parents, cases } = this.graph.nodes[i], { data } = this.graph, x = this.graph.partials[i][k];
    const place = (tree) => (Array.isArray(tree) ? [tree[0], ...tree.slice(1).map(place)] : typeof tree === "number" ? tree : tree === "out" ? String(i) : String(parents[tree]));
    const found = caseOf(cases, (at) => data[at === "out" ? i : parents[at]]);
    const tree = found ? found[2][k] : null;
    if (tree === null || tree === undefined) return shown(x);
    if (typeof tree !== "number") return this.chain(place(tree), x);
    if (!found[1] || !found[0].length) return shown(x);
    const [left, sign, right, outcome] = found[0][found[0].length - 1];
    const number = (tree) => worth(tree, (at) => data[at === "out" ? i : parents[at]]);
    const isKink = number(left) === number(right), relation = isKink ? "=" : outcome ? sign : TURNED[sign];
    return say(isKink ? "{0}, as {1}, where there is a kink: a convention" : "{0}, as {1}", shown(x), `${this.named(place(left))} ${relation} ${this.named(place(right))}`);
  }

  times(x, y, result) {
    return this.two(x, " × ", y, result, asShown(x) * asShown(y));
  }

  plus(x, y, result) {
    return this.two(x, " + ", y, result, asShown(x) + asShown(y));
  }

  two(x, sign, y, result, byHand) {
    const right = shown(y), left = shown(x) + sign + (right.startsWith("−") ? `(${right})` : right);
    const isSame = Math.abs(byHand - asShown(result)) <= 1e-12 * Math.max(Math.abs(byHand), Math.abs(asShown(result))) || !Number.isFinite(result);
    return left + equal(isSame) + shown(result);
  }

  // what a gradient says of a small change
  meaning(i, result) {
    const change = 0.01 * this.graph.gradients[i], name = this.name(i), of = this.name(result);
    if (!change) return say("a little more of {0} does not change {1}", name, of);
    return say(change > 0 ? "{0} up by 0.01: {1} up by about {2}" : "{0} up by 0.01: {1} down by about {2}", name, of, shown(Math.abs(change)));
  }
}
