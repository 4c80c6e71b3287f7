// Places a graph in layers, as computations are drawn: operands before results, as few crossings as a few sweeps find.
//
// layers(items, edges) takes items {along, across}, their sizes in the direction of the graph and across it, and edges
// [from, to]; the operands of an item stand in the order of its edges. It answers the middle of each item and the bends
// of each edge, as [along, across]. The method is Sugiyama's: ranks, dummies for long edges, medians, straightening.
"use strict";

function layers(items, edges, { gap = 46, room = 16 } = {}) {
  const n = items.length, into = items.map(() => []), out = items.map(() => []);
  edges.forEach(([from, to], e) => { if (from !== to) { into[to].push(e); out[from].push(e) } });

  // An order without circles: parts of a model that were put together may have some, whose last edges run back
  const state = new Uint8Array(n), order = [], back = new Set();
  for (let root = n - 1; root >= 0; root--) {
    if (state[root]) continue;
    const path = [[root, 0]];
    state[root] = 1;
    while (path.length) {
      const top = path[path.length - 1], [at, k] = top;
      if (k < into[at].length) {
        top[1]++;
        const from = edges[into[at][k]][0];
        if (state[from] === 1) back.add(into[at][k]);
        else if (!state[from]) { state[from] = 1; path.push([from, 0]) }
      } else { state[at] = 2; order.push(at); path.pop() }
    }
  }
  const isBack = (e) => back.has(e);

  // Ranks: the longest way from what is given; then what has more results than operands moves up to them
  const rank = new Int32Array(n);
  for (const at of order) for (const e of into[at]) if (!isBack(e)) rank[at] = Math.max(rank[at], rank[edges[e][0]] + 1);
  for (let turn = 0; turn < 2; turn++) {
    for (const at of [...order].reverse()) {
      const results = out[at].filter((e) => !isBack(e)).map((e) => rank[edges[e][1]]);
      if (results.length && into[at].filter((e) => !isBack(e)).length < Math.max(1, results.length)) rank[at] = Math.min(...results) - 1;
    }
  }
  const least = Math.min(...rank, 0);

  // Layers of places; a place is an item or a dummy, where a long edge runs through
  const places = items.map((item, i) => ({ item: i, rank: rank[i] - least, size: item.across, down: [], up: [], at: 0 })), ways = [];
  edges.forEach(([from, to], e) => {
    if (from === to) { ways.push([]); return }
    const [low, high] = places[from].rank <= places[to].rank ? [from, to] : [to, from], way = [low];
    for (let r = places[low].rank + 1; r < places[high].rank; r++) way.push(places.push({ item: -1, rank: r, size: 4, down: [], up: [], at: 0 }) - 1);
    way.push(high);
    if (places[low].rank !== places[high].rank) {
      for (let k = 1; k < way.length; k++) { places[way[k - 1]].up.push(way[k]); places[way[k]].down.push(way[k - 1]) }
    }
    ways.push(low === from ? way : way.reverse());
  });
  const layered = [];
  for (const place of places) layered[place.rank] ??= [];

  // The first order: from the result, operand after operand
  const seen = new Uint8Array(places.length);
  for (let root = n - 1; root >= 0; root--) {
    if (seen[root] || places[root].up.length) continue;
    const stack = [root];
    while (stack.length) {
      const at = stack.pop();
      if (seen[at]) continue;
      seen[at] = 1;
      layered[places[at].rank].push(at);
      for (let k = places[at].down.length - 1; k >= 0; k--) stack.push(places[at].down[k]);
    }
  }
  places.forEach((place, i) => { if (!seen[i]) layered[place.rank].push(i) });
  const number = () => layered.forEach((layer) => layer.forEach((i, k) => { places[i].order = k }));
  number();

  function crossings() {
    let count = 0;
    for (const layer of layered) {
      const ends = [];
      for (const i of layer) ends.push(...places[i].up.filter((j) => places[j].rank === places[i].rank + 1).map((j) => places[j].order).sort((a, b) => a - b));
      const sorted = [];
      for (const end of ends) {
        let low = 0, high = sorted.length;
        while (low < high) { const half = (low + high) >> 1; if (sorted[half] <= end) low = half + 1; else high = half }
        count += sorted.length - low;
        sorted.splice(low, 0, end);
      }
    }
    return count;
  }
  let best = layered.map((layer) => [...layer]), fewest = crossings();
  for (let turn = 0; turn < 8 && fewest > 0; turn++) {
    const way = turn % 2 ? "up" : "down", sequence = turn % 2 ? [...layered.keys()].reverse() : [...layered.keys()];
    for (const r of sequence) {
      const wish = new Map(layered[r].map((i) => {
        const near = places[i][way].map((j) => places[j].order);
        return [i, near.length ? near.reduce((sum, each) => sum + each, 0) / near.length : places[i].order];
      }));
      layered[r].sort((a, b) => wish.get(a) - wish.get(b) || places[a].order - places[b].order);
      layered[r].forEach((i, k) => { places[i].order = k });
    }
    const now = crossings();
    if (now < fewest) { fewest = now; best = layered.map((layer) => [...layer]) }
  }
  best.forEach((layer, r) => { layered[r] = layer });
  number();

  // Across: each place as near to the middle of its neighbours as the others of its layer let it (pooled averages)
  for (const layer of layered) {
    let edge = 0;
    for (const i of layer) { places[i].at = edge + places[i].size / 2; edge += places[i].size + room }
    for (const i of layer) places[i].at -= (edge - room) / 2;
  }
  const straighten = (r, ways) => {
    const layer = layered[r], blocks = [];
    let offset = 0;
    layer.forEach((i, k) => {
      const place = places[i], near = ways.flatMap((way) => place[way]);
      if (k) offset += places[layer[k - 1]].size / 2 + room + place.size / 2;
      let sum = 0, weight = 0;
      for (const j of near) { const w = place.item < 0 && places[j].item < 0 ? 8 : 1; sum += w * places[j].at; weight += w }
      const block = { sum: weight ? sum - weight * offset : 0.01 * (place.at - offset), weight: weight || 0.01, members: [[i, offset]] };
      blocks.push(block);
      while (blocks.length > 1) {
        const last = blocks[blocks.length - 1], before = blocks[blocks.length - 2];
        if (before.sum / before.weight <= last.sum / last.weight) break;
        before.sum += last.sum;
        before.weight += last.weight;
        before.members.push(...last.members);
        blocks.pop();
      }
    });
    for (const block of blocks) for (const [i, shift] of block.members) places[i].at = block.sum / block.weight + shift;
  };
  const ranks = [...layered.keys()];
  for (let turn = 0; turn < 10; turn++) {
    const ways = turn < 6 ? [turn % 2 ? "up" : "down"] : ["up", "down"];
    for (const r of turn % 2 ? [...ranks].reverse() : ranks) straighten(r, ways);
  }

  // Along: each layer as wide as its widest item
  const width = layered.map((layer) => Math.max(0, ...layer.map((i) => (places[i].item < 0 ? 0 : items[i].along)))), start = [];
  width.forEach((each, r) => { start[r] = r ? start[r - 1] + width[r - 1] + gap : 0 });
  const middle = (i) => [start[places[i].rank] + width[places[i].rank] / 2, places[i].at];
  return {
    middles: items.map((_, i) => middle(i)),
    bends: ways.map((way) => way.slice(1, -1).map((i) => ({ from: start[places[i].rank], to: start[places[i].rank] + width[places[i].rank], across: places[i].at }))),
  };
}
