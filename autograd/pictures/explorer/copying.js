// The dialog of what can be copied: it copies at once where that is allowed, and shows what it copied from its first line.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    byId("program").select();
    return document.execCommand("copy");
  }
}

// button: the one that was pressed, which says so too
async function offer(button, title, text) {
  const program = byId("program");
  byId("code-title").textContent = title;
  program.value = text;
  byId("copied").textContent = "";
  byId("code").showModal();
  const isCopied = await copied(text);
  byId("copied").textContent = say(isCopied ? "Copied." : "Press Copy, or select it all and press Ctrl C.");
  program.setSelectionRange(0, 0);
  program.scrollTop = 0;
  if (!isCopied || button.dataset.words) return;
  button.style.minWidth = `${button.offsetWidth}px`; // the others beside it stay where they are
  button.dataset.words = button.textContent;
  button.textContent = say("Copied");
  setTimeout(() => {
    button.textContent = button.dataset.words;
    delete button.dataset.words;
  }, 2000);
}

byId("close").onclick = () => byId("code").close();
byId("copy").onclick = async () => {
  byId("copied").textContent = say((await copied(byId("program").value)) ? "Copied." : "Selected: press Ctrl C.");
};
