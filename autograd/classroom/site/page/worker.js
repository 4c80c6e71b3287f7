// The worker that Python is in. It gets all that it needs from the page, and can ask for nothing else.
"use strict";
const HOME = "https://nowhere.invalid/"; // Pyodide wants an address; what it asks for there it gets from here
const graphviz = {{graphviz}};
let python = null, session = null, run = null, canAsk = false, answered = () => 0;

// The files come as Blobs. start: the memory of a Python that has begun before; null if there is none
async function load({ pyodide, compiled, module, library, packages, start, language, asks }) {
  const fetched = globalThis.fetch, instantiated = WebAssembly.instantiateStreaming;
  globalThis.fetch = async (address) => new Response(String(address).endsWith(".zip") ? library : null, { status: 200 });
  WebAssembly.instantiateStreaming = async (answer, imports) => ({ module, instance: await WebAssembly.instantiate(module, imports) });
  const { loadPyodide } = await import(pyodide);
  const createPyodideModule = (await import(compiled)).default;
  const lockFileContents = { info: { abi_version: "{{abi}}", arch: "wasm32", platform: "{{platform}}", python: "{{python}}", version: "{{version}}" }, packages: {} };
  const memory = start ? { _loadSnapshot: start.arrayBuffer() } : { _makeSnapshot: true };
  python = await loadPyodide({ indexURL: HOME, createPyodideModule, lockFileContents, ...memory });
  Object.assign(globalThis, { fetch: fetched });
  WebAssembly.instantiateStreaming = instantiated;
  globalThis.chalkgradGraphviz = graphviz; // for run_js would need a policy that lets any text run
  unpack(new Uint8Array(await packages.arrayBuffer()));
  if (!start) {
    python.runPython("import sys; sys.path.insert(0, '/packages'); sys.dont_write_bytecode = True");
    python.runPython("import autograd.classroom.site.session, autograd.compiling, matplotlib.pyplot, nn"); // what programs use
    keep();
  }
  session = python.pyimport("autograd.classroom.site.session");
  run = session.begin((news) => postMessage({ news }), asks ? () => new Promise((done) => { answered = done }) : undefined, language);
  canAsk = asks;
  postMessage({ ready: true });
  setTimeout(() => session.warm_up()); // while nobody waits for it
}

// The packages, as building.py writes them: the length of their list, the list, and the files one after another
function unpack(bytes) {
  const length = new DataView(bytes.buffer).getUint32(0, true);
  let place = 4 + length;
  for (const [name, size] of JSON.parse(new TextDecoder().decode(bytes.subarray(4, place)))) {
    python.FS.mkdirTree(`/packages/${name.replace(/\/[^/]*$/, "")}`);
    python.FS.writeFile(`/packages/${name}`, bytes.subarray(place, place += size), { canOwn: true });
  }
}

// A Python that cannot be kept begins from nothing the next time
function keep() {
  try {
    postMessage({ start: new Blob([python.makeMemorySnapshot()]) });
  } catch (error) {
    console.info(`Python will not begin faster the next time: ${error}`);
  }
}

onmessage = async ({ data }) => {
  try {
    if (data.module) await load(data);
    else if ("answer" in data) answered(data.answer);
    else if (data.run) {
      const program = JSON.stringify(data.run);
      postMessage({ over: canAsk ? await run.callPromising(program) : run(program) });
    }
  } catch (error) {
    postMessage({ died: String(error?.message ?? error).trim().split("\n").at(-1) });
  }
};
