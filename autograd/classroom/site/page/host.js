// Within a frame that has no access to anything: keeps the worker that Python is in, ends it, and begins another.
"use strict";
let parts = null, module = null, worker = null, generation = 0;
const tell = (message) => parent.postMessage({ ...message, generation }, "*");
const address = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));

function begin(number) {
  worker?.terminate();
  generation = number;
  worker = new Worker(parts.worker);
  worker.onmessage = ({ data }) => { if (number === generation) tell(data) };
  worker.onerror = (event) => { if (number === generation) tell({ died: event.message ?? "" }) };
  worker.postMessage({ ...parts, module });
}

addEventListener("message", async ({ source, data }) => {
  if (source !== parent) return;
  try {
    if (data.parts) {
      const { wasm, pyodide, compiled, worker: code, ...rest } = data.parts;
      parts = { ...rest, pyodide: address(pyodide), compiled: address(compiled), worker: address(code) };
      module = await WebAssembly.compile(wasm);
      begin(data.generation);
    } else if (data.begin) begin(data.generation);
    else worker?.postMessage(data);
  } catch (error) {
    tell({ died: String(error) });
  }
});
tell({ listening: true });
