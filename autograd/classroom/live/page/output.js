// Shows what the lesson prints.
function showOutput(names) {
  const { blocks, gone } = sections.get("output") ?? { blocks: [], gone: 0 }, output = byId("output");
  const isAtEnd = output.scrollHeight - output.scrollTop - output.clientHeight < 60;
  const wanted = new Set(blocks.map(String));
  for (const element of [...output.children]) if (!wanted.has(element.dataset.block)) element.remove();
  for (const name of sections.keys()) if (name.startsWith("output ") && !wanted.has(name.slice(7))) sections.delete(name);
  let next = output.firstChild;
  for (const block of blocks) {
    if (next?.dataset.block !== String(block)) {
      const element = made("div");
      element.dataset.block = block;
      output.insertBefore(element, next);
      next = element;
      names.add(`output ${block}`);
    }
    if (names.has(`output ${block}`)) next.textContent = (sections.get(`output ${block}`) ?? []).join("\n");
    next = next.nextSibling;
  }
  byId("printed").hidden = blocks.length === 0;
  byId("gone").textContent = gone ? `${gone.toLocaleString("en")} lines before these are left out` : "";
  if (isAtEnd) output.scrollTop = output.scrollHeight;
}
