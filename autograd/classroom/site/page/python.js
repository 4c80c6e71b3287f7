// Python on the page's side: loads what it needs, runs cells, and ends it where it does not end by itself.
const python = (() => {
  // The memory of a Python that has begun is kept in the browser; this names the Python that it belongs to
  const STARTS = `chalkgrad-start ${new URL(".", location.href)}`, START = "python/start-{{start}}";
  const CAN_ASK = "Suspending" in (globalThis.WebAssembly ?? {});  // whether a program can wait for an answer
  const FILES = {
    wasm: "python/pyodide.asm.wasm.packed",
    library: "python/python_stdlib.zip",
    packages: "python/packages.packed",
    pyodide: "python/pyodide.mjs",
    compiled: "python/pyodide.asm.mjs.packed",
    worker: "worker.js",
  };
  let state = "away", frame = null, generation = 0, listening = null, settled = null, begun = null, isKept = false;
  const heard = { changed: () => 0, news: () => 0 };

  function change(now, ...more) {
    state = now;
    heard.changed(now, ...more);
  }

  // A file of the site, as a Blob, which goes on to the worker without being copied. What was packed is unpacked here,
  // for not every server does that on its way
  async function file(address, arrived) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    const blob = await answer.blob(), [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
    arrived(blob.size);
    return first === 0x1f && second === 0x8b ? new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).blob() : blob;
  }

  // Storage that is forbidden or full is no harm here: Python begins as at the first time
  const kept = async () => { try { return (await (await (await caches.open(STARTS)).match(START))?.blob()) ?? null } catch { return null } };
  async function keep(start) {
    try {
      await caches.delete(STARTS);
      await (await caches.open(STARTS)).put(START, new Response(start));
    } catch {}
  }

  async function load() {
    let n = 0;
    const arrived = (bytes) => change("loading", (n += bytes) / 1e6);
    change("loading", 0);
    const listens = new Promise((done) => { listening = done }), names = Object.keys(FILES);
    const files = Promise.all(names.map((name) => file(FILES[name], arrived))), start = kept();
    const host = await (await fetch("host.js")).text();
    frame?.remove();
    frame = document.createElement("iframe");
    frame.hidden = true;
    frame.title = "Python";
    frame.sandbox = "allow-scripts";
    frame.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src blob: 'nonce-${nonce}' 'wasm-unsafe-eval'; worker-src blob:; connect-src blob:"><script nonce="${nonce}">${host}</script>`;
    document.body.append(frame);
    await listens;
    const ready = new Promise((done, fail) => { settled = { done, fail } });
    const contents = await files, parts = Object.fromEntries(names.map((name, i) => [name, contents[i]]));
    Object.assign(parts, { start: await start, language, asks: CAN_ASK });
    isKept = !!parts.start;
    frame.contentWindow.postMessage({ parts, generation: ++generation }, "*");
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
    if (data.start) keep(data.start);
    if (data.news) heard.news(JSON.parse(data.news));
    if ("over" in data) end({ over: data.over });
    if ("died" in data) {
      const wasLoading = state === "loading" || state === "beginning";
      if (wasLoading && isKept) {  // what was kept may be broken: once more, from nothing
        isKept = false;
        frame.contentWindow.postMessage({ begin: true, anew: true, generation: ++generation }, "*");
      } else if (wasLoading) {
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
    begun.catch(() => { begun = null });  // then start() loads it again
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
    CAN_ASK,
    get isKept() { return isKept },  // whether it began with what was kept
    heard,
    start,
    get state() { return state },
    // program: {name, cells: [[number, source]], n: of all cells, fresh, answers}. Resolves to {over}, {stopped} or {died}
    async run(program) {
      await start();
      const over = new Promise((done) => { running = done });
      change("running");
      frame.contentWindow.postMessage({ run: program }, "*");
      return over;
    },
    answer(text) { frame.contentWindow.postMessage({ answer: text }, "*") },
    stop() { if (running) again({ stopped: true }) },
  };
})();
