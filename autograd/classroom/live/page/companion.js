// Within a page of the live page: hands on the keys that it does not use itself, and its place in what it shows.
(() => {
  "use strict";
  const tell = (message) => parent.postMessage(message, "*");
  document.addEventListener("keydown", (event) => {
    const types = event.target.closest?.("select, textarea, [contenteditable], input:not([type=range], [type=checkbox], [type=radio], [type=button])");
    if (!event.defaultPrevented && !types && !event.altKey && !event.ctrlKey && !event.metaKey) tell({ key: event.key });
  });
  document.addEventListener("chalkgrad-place", (event) => tell({ place: String(event.detail) }));
  document.addEventListener("chalkgrad-line", (event) => tell({ line: Number(event.detail) }));
  addEventListener("message", (event) => {
    if (event.source === parent && typeof event.data?.line === "number") document.dispatchEvent(new CustomEvent("chalkgrad-lines", { detail: event.data.line }));
    if (event.source === parent && typeof event.data?.go === "string") document.dispatchEvent(new CustomEvent("chalkgrad-go", { detail: event.data.go }));
  });
  tell({ ready: true });
})();
