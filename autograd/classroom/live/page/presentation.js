// Where the teacher is in a presentation: the cell, what stands beside it, and the way to others.
let lastPlace = null, isBrought = false, coming = 0;  // whether the cell is where the page itself has brought it; the frame in which it will be

function showPlace() {
  const place = sections.get("place") ?? { cell: 0 }, source = byId("source");
  for (const cell of source.querySelectorAll(".cell")) cell.classList.toggle("here", Number(cell.dataset.cell) === place.cell);
  byId("steps").hidden = !presents();
  byId("notes").hidden = !isTeacher || !presents();
  byId("jump").textContent = `${place.cell + 1} / ${sections.get("source")?.n ?? 0}`;
  byId("back").disabled = place.cell === 0;
  byId("next").disabled = place.cell + 1 >= (sections.get("source")?.n ?? 0);
  for (const cell of source.querySelectorAll(".cell")) cell.classList.toggle("later", Number(cell.dataset.cell) > place.cell);
  if (presents() && lastPlace !== place.cell) comeHere();
  lastPlace = place.cell;
}

// When the page is whole
function comeHere() {
  cancelAnimationFrame(coming);
  coming = requestAnimationFrame(bringHere);
}

// All of the cell is in sight, and of its section before it as many cells as have room
function bringHere() {
  cancelAnimationFrame(coming);
  coming = 0;
  const source = byId("source"), here = source.querySelector(".here");
  if (!here) return;
  if (innerWidth <= 800) { scrollTo(0, 0); return; }
  const begins = (cell) => /^H\d$/.test(cell.querySelector(".text")?.firstElementChild?.tagName ?? "");
  const end = here.offsetTop + here.offsetHeight;
  let first = here;
  while (!begins(first) && first.previousElementSibling && end - first.previousElementSibling.offsetTop < source.clientHeight - 24) first = first.previousElementSibling;
  source.scrollTop = first.offsetTop - source.offsetTop - 8;
  isBrought = true;
  showMore();
}

// In a cell that is too high the class reads where the teacher reads
function showRead() {
  const { share = 0, by } = sections.get("read") ?? {}, source = byId("source"), here = source.querySelector(".here");
  if (!here || by === me) return;
  isBrought = false;
  if (share && innerWidth <= 800) scrollTo(0, here.offsetTop + here.offsetHeight * share / 1000 - document.querySelector("header").offsetHeight);
  else if (share) source.scrollTop = here.offsetTop - source.offsetTop + here.offsetHeight * share / 1000;
  else bringHere();
}

// Whether the cell goes on below what is seen
function showMore() {
  const source = byId("source"), here = source.querySelector(".here");
  const below = here && presents() ? here.getBoundingClientRect().bottom - source.getBoundingClientRect().bottom : 0;
  source.classList.toggle("goes-on", below > 12);
}
byId("source").addEventListener("scroll", showMore);
for (const kind of ["wheel", "touchmove", "pointerdown"]) byId("source").addEventListener(kind, () => { isBrought = false }, { passive: true });
// What comes to stand beside it makes it narrower, and so higher
new ResizeObserver(() => {
  if (presents() && isBrought) bringHere();
  else showMore();
}).observe(byId("source"));

// With nothing beside it, a text or a cell has all the room
function showRoom() {
  const isEmpty = !byId("panels").querySelector(".panel:not([hidden])") && byId("printed").hidden;
  const running = sections.get("state")?.state === "running";
  const isAlone = presents() && isEmpty && !byId("mishap").textContent;
  if (document.body.classList.contains("nothing-beside") !== isAlone) {
    document.body.classList.toggle("nothing-beside", isAlone);
    comeHere();
  }
  byId("empty").hidden = presents() || !isEmpty || running;
  byId("panels").className = `n${Math.min(3, byId("panels").querySelectorAll(".panel:not([hidden])").length)}`;
}

function showOutline() {
  const list = byId("overview").querySelector("ol");
  let last = "";
  list.replaceChildren(...(sections.get("own outline") ?? []).flatMap(({ title, level }, number) => {
    if (!title || last.startsWith(title)) return [];  // the code of an exercise after its heading
    last = title;
    const item = made("li"), button = made("button", title);
    button.type = "button";
    button.dataset.cell = number;
    item.className = `level-${level}`;
    item.append(made("span", String(number + 1)), button);
    return [item];
  }));
}
byId("overview").onclick = (event) => {
  const cell = event.target.closest("button[data-cell]")?.dataset.cell;
  if (cell === undefined) return;
  ask("go", { cell });
  byId("overview").close();
};
function overview() {
  const here = sections.get("place")?.cell ?? 0;
  const buttons = [...byId("overview").querySelectorAll("button[data-cell]")];
  byId("overview").showModal();
  buttons.findLast((button) => Number(button.dataset.cell) <= here)?.focus();
}

// The program asks by input(): the teacher answers, and the class sees that
function showAsk() {
  const asked = sections.get("ask"), form = byId("ask");
  form.hidden = asked?.prompt === undefined;
  form.querySelector("label").textContent = asked?.prompt ?? "";
  byId("answer").hidden = form.querySelector("button").hidden = !isTeacher;
  if (!form.hidden && isTeacher) byId("answer").focus();
}
byId("ask").onsubmit = (event) => {
  event.preventDefault();
  const asked = sections.get("ask");
  if (!asked || asked.isAnswered) return;  // who presses Enter twice does not answer what is asked next
  asked.isAnswered = true;
  ask("answer", { text: byId("answer").value });
  byId("answer").value = "";
};
