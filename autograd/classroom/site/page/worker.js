// The worker that Python is in. It gets all that it needs from the page, and can ask for nothing else.
"use strict";
const HOME = "https://nowhere.invalid/"; // Pyodide wants an address; what it asks for there it gets from here
const graphviz = {{graphviz}};
let python = null, run = null;

async function load({ pyodide, compiled, module, library, packages, language }) {
  const fetched = globalThis.fetch, instantiated = WebAssembly.instantiateStreaming;
  globalThis.fetch = async (address) => new Response(String(address).endsWith(".zip") ? library : null, { status: 200 });
  WebAssembly.instantiateStreaming = async (answer, imports) => ({ module, instance: await WebAssembly.instantiate(module, imports) });
  const { loadPyodide } = await import(pyodide);
  const createPyodideModule = (await import(compiled)).default;
  const lockFileContents = { info: { abi_version: "{{abi}}", arch: "wasm32", platform: "{{platform}}", python: "{{python}}", version: "{{version}}" }, packages: {} };
  python = await loadPyodide({ indexURL: HOME, createPyodideModule, lockFileContents, env: { CHALKGRAD_LANGUAGE: language } });
  Object.assign(globalThis, { fetch: fetched });
  WebAssembly.instantiateStreaming = instantiated;
  globalThis.chalkgradGraphviz = graphviz; // for run_js would need a policy that lets any text run
  python.unpackArchive(packages, "zip", { extractDir: "/packages" });
  python.runPython("import sys; sys.path.insert(0, '/packages')");
  const { begin } = python.pyimport("autograd.classroom.site.session");
  run = begin((news) => postMessage({ news }));
  postMessage({ ready: true });
}

onmessage = async ({ data }) => {
  try {
    if (data.module) await load(data);
    else if (data.run) postMessage({ over: run(JSON.stringify(data.run)) });
  } catch (error) {
    postMessage({ died: String(error?.message ?? error).trim().split("\n").at(-1) });
  }
};
