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
  addEventListener("message", ({ source, data }) => {
    if (source !== parent) return;
    if (typeof data?.line === "number") document.dispatchEvent(new CustomEvent("chalkgrad-lines", { detail: data.line }));
    if (typeof data?.go === "string") document.dispatchEvent(new CustomEvent("chalkgrad-go", { detail: data.go }));
    if (typeof data?.dark === "boolean") {  // as the page around it, whatever the system prefers
      scheme(data.dark);
      document.dispatchEvent(new CustomEvent("chalkgrad-scheme"));  // for what is painted
    }
  });
  tell({ ready: true });
})();
