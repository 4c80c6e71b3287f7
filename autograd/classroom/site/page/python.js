// Python on the page's side: loads what it needs, runs cells, and ends it where it does not end by itself.
const python = (() => {
  const NEEDED = { wasm: "python/pyodide.asm.wasm.packed", library: "python/python_stdlib.packed", packages: "python/packages.packed" };
  const TEXTS = { pyodide: "python/pyodide.mjs", compiled: "python/pyodide.asm.mjs.packed", worker: "worker.js" };
  let state = "away", frame = null, generation = 0, listening = null, settled = null, parts = null, begun = null;
  const heard = { changed: () => 0, news: () => 0 };

  function change(now, ...more) {
    state = now;
    heard.changed(now, ...more);
  }

  // A file of the site; what was packed is unpacked here, for not every server does that on its way
  async function file(address, arrived) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    arrived(bytes.length);
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.buffer;
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  }

  async function load() {
    let n = 0;
    const arrived = (bytes) => change("loading", (n += bytes) / 1e6);
    change("loading", 0);
    const names = Object.entries({ ...NEEDED, ...TEXTS });
    const contents = await Promise.all(names.map(([name, address]) => file(address, arrived)));
    parts = Object.fromEntries(names.map(([name], i) => [name, name in TEXTS ? new TextDecoder().decode(contents[i]) : contents[i]]));
    const host = await (await fetch("host.js")).text();
    frame = document.createElement("iframe");
    frame.hidden = true;
    frame.title = "Python";
    frame.sandbox = "allow-scripts";
    frame.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src blob: 'nonce-${nonce}' 'wasm-unsafe-eval'; worker-src blob:; connect-src blob:"><script nonce="${nonce}">${host}</script>`;
    const listens = new Promise((done) => { listening = done });
    document.body.append(frame);
    await listens;
    const ready = new Promise((done, fail) => { settled = { done, fail } });
    frame.contentWindow.postMessage({ parts: { ...parts, language }, generation: ++generation }, "*");
    parts = null;
    await ready;
  }

  addEventListener("message", ({ source, data }) => {
    if (!frame || source !== frame.contentWindow) return;
    if (data.listening) listening();
    if (data.generation !== generation) return;
    if (data.ready) {
      change("ready");
      settled?.done();
      settled = null;
    }
    if (data.news) heard.news(JSON.parse(data.news));
    if ("over" in data) end({ over: data.over });
    if ("died" in data) {
      const wasLoading = state === "loading" || state === "beginning";
      if (wasLoading) {
        change("failed", data.died);
        settled?.fail(new Error(data.died));
        settled = null;
      } else again({ died: data.died });
    }
  });

  let running = null;
  function end(how) {
    const done = running;
    running = null;
    if (state === "running") change("ready");
    done?.(how);
  }

  // Another worker takes the place of one that is ended or has died
  function again(how) {
    const done = running;
    running = null;
    frame.contentWindow.postMessage({ begin: true, generation: ++generation }, "*");
    begun = new Promise((done, fail) => { settled = { done, fail } });
    begun.catch(() => 0);
    change("beginning");
    done?.(how);
  }

  function start() {
    begun ??= load().catch((error) => {
      begun = null;
      change("failed", error.message);
      throw error;
    });
    return begun;
  }

  return {
    heard,
    start,
    get state() { return state },
    // program: {name, cells: [[number, source]], n: of all cells, fresh}. Resolves to {over}, {stopped} or {died}
    async run(program) {
      await start();
      const over = new Promise((done) => { running = done });
      change("running");
      frame.contentWindow.postMessage({ run: program }, "*");
      return over;
    },
    stop() { if (running) again({ stopped: true }) },
  };
})();
