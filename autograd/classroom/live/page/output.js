// Shows what the cell prints whose results are seen.
function showOutput(names, isOther) {
  const cell = beside(), { blocks, gone } = sections.get(`output ${cell}`) ?? { blocks: [], gone: 0 }, output = byId("output");
  const isAtEnd = output.scrollHeight - output.scrollTop - output.clientHeight < 60;
  const wanted = new Set(blocks.map((block) => `${cell} ${block}`));
  for (const element of [...output.children]) if (!wanted.has(element.dataset.block)) element.remove();
  let next = output.firstChild;
  for (const name of wanted) {
    if (next?.dataset.block !== name) {
      const element = made("div");
      element.dataset.block = name;
      output.insertBefore(element, next);
      next = element;
      names.add(`output ${name}`);
    }
    if (names.has(`output ${name}`)) next.textContent = (sections.get(`output ${name}`) ?? []).join("\n");
    next = next.nextSibling;
  }
  byId("printed").hidden = blocks.length === 0 && sections.get("ask")?.prompt === undefined;
  byId("gone").textContent = gone ? say("lines left out", gone) : "";
  if (isAtEnd || isOther) output.scrollTop = isOther && !isRunning() ? 0 : output.scrollHeight;
}
const isRunning = () => sections.get("state")?.state === "running";
