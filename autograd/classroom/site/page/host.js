// Within a frame that has no access to anything: keeps the worker that Python is in, ends it, and begins another.
"use strict";
let parts = null, module = null, worker = null, generation = 0, hasRun = false;
const tell = (message) => parent.postMessage({ ...message, generation }, "*");
const address = (blob) => URL.createObjectURL(new Blob([blob], { type: "text/javascript" }));

function begin(number) {
  worker?.terminate();
  generation = number;
  hasRun = false;
  worker = new Worker(parts.worker);
  worker.onmessage = ({ data }) => {
    if (number !== generation) return;
    if (!data.start) tell(data);
    else if (!hasRun) tell({ start: parts.start = data.start });  // no program of a reader's has touched it
  };
  worker.onerror = (event) => { if (number === generation) tell({ died: event.message ?? "" }) };
  worker.postMessage({ ...parts, module });
}

addEventListener("message", async ({ source, data }) => {
  if (source !== parent) return;
  try {
    if (data.parts) {
      const { wasm, pyodide, compiled, worker: code, ...rest } = data.parts;
      parts = { ...rest, pyodide: address(pyodide), compiled: address(compiled), worker: address(code) };
      module = await WebAssembly.compile(await wasm.arrayBuffer());
      begin(data.generation);
    } else if (data.begin) {
      if (data.anew) parts.start = null;
      begin(data.generation);
    } else {
      hasRun ||= !!data.run;
      worker?.postMessage(data);
    }
  } catch (error) {
    tell({ died: String(error) });
  }
});
tell({ listening: true });
