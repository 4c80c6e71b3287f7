// The page on which one writes: its cells, what comes of them, and what is kept.
const SVG = "http://www.w3.org/2000/svg";
const STARTS = {
  "my_engine.py": `from autograd.classroom import check


class Value:
    """A number that remembers how it was computed."""

    def __init__(self, data):
        self.data = data


check(Value)
`,
  "first_graph.py": `from autograd import Value, draw

a = Value(2.0)
b = Value(-3.0)
c = Value(6.5)
loss = (a * b + c).tanh()
loss.backward()
print(a.grad, b.grad, c.grad)
draw(loss)
`,
};
let sections = new Map();
let work = null;  // {id, title, file, cells, original}; a cell is {kind, text, html, editor, element}
let beside = () => here, here = 0, last = "";
const ran = new Map();  // the text of each cell as this Python has run it
const isShown = (element) => element.getClientRects().length > 0 && innerWidth > 800;
const pressed = (key) => { if (key === "Escape") alone(null) };

// What is shown

function update(news, isAll) {
  if (isAll) sections = new Map();
  const names = new Set(Object.keys(news));
  const has = (...starts) => [...names].some((name) => starts.some((start) => name === start || name.startsWith(`${start} `)));
  for (const [name, content] of Object.entries(news)) content === null ? sections.delete(name) : sections.set(name, content);
  if (has("state")) {
    const { state, cell } = sections.get("state");
    if (state === "running") { goTo(cell); since = performance.now(); }
    last = state;
  }
  const newest = has("panels") ? showPanels() : null;
  for (const name of names) if (/^panel \d+$/.test(name)) showPanel(Number(name.slice(6)));
  if (has("error")) showErrors();
  if (has("output", "ask")) showOutput(names, false);
  if (has("ask")) showAsk();
  if (has("state") && last === "failed") work.cells[here].editor.reveal(sections.get(`error ${here}`)?.line);
  showRoom();
  showState();
  if (newest && !isAll && isShown(newest)) newest.scrollIntoView({ block: "nearest" });
}

// A page within the page: nobody serves it, so that it comes as a text, whose scripts get the word that lets them run
SHOWN.page = (body, content, element) => {
  element.classList.add("wide");
  const before = body.querySelector("iframe");
  if (before?.dataset.page === content.page) return;
  const frame = made("iframe"), look = `<style>:root { color-scheme: ${isDark() ? "dark" : "light"}; font: 16px/1.45 system-ui, sans-serif } body { margin: 0.6rem 0.8rem } td, th { text-align: left; padding: 0.2rem 0.9rem }</style>`;
  const companion = `<script>${byId("companion").textContent}</script>`;
  frame.sandbox = content.scripts ? "allow-scripts" : "";
  frame.dataset.scripts = content.scripts;
  frame.dataset.page = content.page;
  frame.title = element.querySelector("h2").textContent;
  frame.srcdoc = content.scripts ? (content.html + companion).replaceAll("<script>", `<script nonce="${nonce}">`) : `<!doctype html>${look}${content.html}`;
  body.replaceChildren(frame);
};

function goTo(cell) {
  if (here !== cell) {
    here = cell;
    showPanels();
    showOutput(new Set(), true);
    showErrors();
    showRoom();
  }
  work.cells.forEach(({ element }, i) => element.classList.toggle("here", i === cell));
  if (innerWidth <= 800 && work.cells.length > 1) work.cells[cell].element.after(document.querySelector("main"));  // on a phone below the cell
}

function showRoom() {
  const isEmpty = !byId("panels").querySelector(".panel:not([hidden])") && byId("printed").hidden;
  byId("empty").hidden = !isEmpty || last === "running" || !!byId("mishap").textContent;
  byId("panels").className = `n${Math.min(3, byId("panels").querySelectorAll(".panel:not([hidden])").length)}`;
}

function showErrors() {
  byId("mishap").replaceChildren();
  work.cells.forEach(({ kind, editor, element }, i) => {
    if (kind !== "code") return;
    const error = sections.get(`error ${i}`), isOld = error?.old && last === "running";
    element.querySelector(".mishap")?.remove();
    const isTold = error?.sentence;
    editor.error(isTold ? error.line : null, error?.start, error?.end, isTold ? error.callers : []);
    if (isTold) element.append(mishap(error, isOld));
  });
}

// The program asks by input()
function showAsk() {
  const { prompt } = sections.get("ask") ?? {};
  byId("ask").hidden = prompt === undefined;
  byId("ask").querySelector("label").textContent = prompt ?? "";
  if (prompt !== undefined) byId("answer").focus();
  showState();
}
byId("ask").onsubmit = (event) => {
  event.preventDefault();
  python.answer(byId("answer").value);
  byId("answer").value = "";
  update({ ask: {} }, false);
};

// Where the browser lets no program wait, the reader answers before it runs; null if they do not want it to run
const answers = (sources) => new Promise((done) => {
  if (python.CAN_ASK || !sources.some((source) => /\binput\s*\(|\bstdin\b/.test(source))) return done([]);
  byId("asking").onclose = () => done(byId("asking").returnValue === "run" ? byId("answers").value.split("\n") : null);
  byId("asking").returnValue = "";
  byId("asking").showModal();
});

const line = (number) => work.cells[here]?.editor?.line(number) ?? null;

let since = 0, megabytes = 0;
function showState() {
  const { seconds = 0 } = sections.get("state") ?? {}, pill = byId("state"), running = python.state === "running";
  const took = seconds < 0.95 ? say("milliseconds", Math.round(seconds * 1000)) : say("seconds", seconds.toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 }));
  const [name, text] = {
    away: ["waiting", say("site stays")],
    loading: ["running", say("site loading", megabytes.toFixed(0))],
    beginning: ["running", say("site beginning")],
    failed: ["failed", say("site no python")],
    running: sections.get("ask")?.prompt !== undefined ? ["waiting", say("site asks")] : ["running", say("state running", Math.round((performance.now() - since) / 1000))],
    ready: last && last !== "running" ? [last, say(`state ${last}`, took)] : ["good", say("site ready")],
  }[python.state];
  pill.className = name;
  pill.textContent = text;
  byId("stop").disabled = !running;
  byId("run").disabled = running || !work;
  byId("save").disabled = byId("link").disabled = !work;
  root.dataset.state = running ? "running" : last;
  root.dataset.python = python.state;
}
setInterval(() => { if (python.state === "running") showState() }, 1000);

const notices = new Map();
function notice(name, ...parts) {
  notices.get(name)?.remove();
  const box = made("p", say(name, ...parts), "notice"), away = made("button", "✕");
  box.dataset.notice = name;
  away.type = "button";
  away.ariaLabel = say("button close");
  away.onclick = () => box.remove();
  box.append(away);
  notices.set(name, box);
  byId("notices").append(box);
}

// What runs

const lacking = () => {
  if (!globalThis.isSecureContext) return ["site unsafe"];
  const missing = ["WebAssembly", "Worker", "DecompressionStream"].filter((name) => !(name in globalThis));
  return missing.length ? ["site lacks", missing.join(", ")] : null;
};

let upTo = null;  // the cell up to which a run will go that was asked for and has not begun
async function run(pressed) {
  if (python.state === "running") return;
  if (top !== self) return notice("site framed");
  if (lacking()) return notice(...lacking());
  notices.get("site stopped")?.remove();
  keep();
  const isAsked = upTo !== null;
  upTo = pressed;
  if (isAsked) return;  // who presses Run again while Python loads gets one run: the last one pressed
  try { await python.start() } catch { upTo = null; return }
  const cell = upTo, codes = work.cells.flatMap(({ kind }, i) => (kind === "code" && i <= cell ? [i] : []));
  const text = (i) => work.cells[i].editor.text();
  const stale = codes.find((i) => ran.get(i) !== text(i)) ?? cell, first = Math.min(stale, cell), fresh = first === codes[0] || !ran.size;
  const wanted = codes.filter((i) => i >= (fresh ? codes[0] : first)).map((i) => [i, text(i)]);
  const given = await answers(wanted.map(([, source]) => source));
  upTo = null;
  if (!given) return;
  if (!ran.size) update({}, true);
  for (const [i] of wanted) ran.delete(i);
  last = "running";
  goTo(wanted[0][0]);
  since = performance.now();
  const how = await python.run({ name: work.file, n: work.cells.length, cells: wanted, fresh, answers: given });
  update({ ask: {} }, false);
  if (how.over) for (const [i, source] of wanted) ran.set(i, source);
  else if ("over" in how) {
    const failed = sections.get("state")?.cell ?? -1;
    for (const [i, source] of wanted) if (i < failed) ran.set(i, source);
  } else {
    ran.clear();
    for (const [name, error] of sections) if (name.startsWith("error ") && error.old) sections.delete(name);
    last = how.stopped ? "stopped" : "failed";
    if (how.stopped) notice("site stopped");
    else notice("site died", how.died);
  }
  showErrors();
  showRoom();
  showState();
  root.dataset.runs = Number(root.dataset.runs ?? 0) + 1;  // what tests wait for
}

let kept = null;
python.heard.news = (news) => update(news, false);
python.heard.changed = (state, more) => {
  if (state === "loading") megabytes = more;
  if (state === "failed") notice("site failed", more);
  if (state === "ready") notices.get("site failed")?.remove();
  if (state !== "running") showState();
  if (state === "ready") kept ??= offline().then((can) => { root.dataset.offline = can; if (!can) notice("site no offline") });
};

// What is kept

const source = () => sourceOf(work.cells.map(({ kind, text, editor }) => ({ kind, text: editor?.text() ?? text })));
let isKept = true, waiting = 0;
function changed() {
  root.dataset.kept = isKept = false;
  clearTimeout(waiting);
  waiting = setTimeout(keep, 200);
}
function keep() {
  if (isKept || !work) return;
  clearTimeout(waiting);
  const why = keeping.put(work.id, { title: work.title, file: work.file, source: source() });
  if (why && !notices.get(why)?.isConnected) notice(why);
  isKept = !why;
  root.dataset.kept = isKept;
  if (isKept && location.hash !== `#${work.id}`) history.replaceState(null, "", `#${work.id}`);
  byId("again").hidden = !work.original;
}
addEventListener("pagehide", keep);
addEventListener("visibilitychange", keep);
addEventListener("beforeunload", (event) => { keep(); if (!isKept) event.preventDefault() });

// A name that no other work of this browser has
function unused(file) {
  const stem = file.replace(/\.py$/, "");
  for (let i = 1; ; i++) {
    const name = i === 1 ? file : `${stem}_${i}.py`;
    if (!keeping.get(`file/${name}`)) return name;
  }
}

async function find(id) {
  const [kind, ...rest] = id.split("/"), name = rest.join("/");
  if (kind === "code") {
    const shared = await sharing.read(name);
    if (!shared) {
      notice("site link broken");
      return find("file/program.py");
    }
    const file = unused(shared.file);
    notice("site link came");
    return { id: `file/${file}`, title: "", file, cells: cellsOf(shared.source) };
  }
  if (kind === "lesson" || kind === "demo") {
    const { title, file, cells } = (await ofTheSite(`${kind}/${name}`)) ?? {}, kept = keeping.get(id);
    if (cells) return { id, title, file, cells: kept ? rendered(cellsOf(kept.source), cells) : cells, original: cells };
    if (!kept) notice("site not found", id);
    if (kept) return { id, title: kept.title, file: kept.file, cells: cellsOf(kept.source) };
    return find("file/program.py");
  }
  const file = named(decodeURIComponent(kind === "file" && name ? name : "my_engine.py")), kept = keeping.get(`file/${file}`);
  const cells = cellsOf(kept?.source ?? STARTS[file] ?? ""), lesson = /^(0\d_[a-z_]+?)(_\d+)?\.py$/.exec(file);  // one that was saved as a file
  const same = lesson && (await ofTheSite(`lesson/${lesson[1]}`));
  return { id: `file/${file}`, title: "", file, cells: same ? rendered(cells, same.cells) : cells, original: STARTS[file] && cellsOf(STARTS[file]) };
}

// A lesson or a demo; null if there is none of this name
async function ofTheSite(id) {
  const answer = /^\w+\/\w+$/.test(id) ? await fetch(`documents/${id}.json`).catch(() => null) : null;
  return answer?.ok ? answer.json() : null;
}

// Cells whose texts are as the site has rendered them
function rendered(cells, known) {
  const texts = new Map(known.map((cell) => [cell.text, cell.html]));
  return cells.map((cell) => ({ ...cell, html: texts.get(cell.text) }));
}

function show(found) {
  work = found;
  here = work.cells.findIndex(({ kind }) => kind === "code");
  const name = work.title || work.file;
  byId("name").textContent = name;
  document.title = `${name} – chalkgrad`;
  document.body.classList.toggle("reads", work.cells.length > 1);
  byId("run").textContent = say(work.cells.length > 1 ? "site run all" : "button run");
  byId("source").replaceChildren();
  let n = 0;
  work.cells.forEach((cell, i) => {
    const element = made("article", "", `cell ${cell.kind}`);
    cell.element = element;
    byId("source").append(element);
    if (cell.kind === "markdown") {
      element.append(cell.html ? text(cell.html) : plain(cell.text));
      return;
    }
    n++;
    if (work.cells.length > 1) {
      const button = made("button", say("site run cell"), "go");
      button.type = "button";
      button.onclick = () => run(i);
      element.append(button);
    }
    cell.editor = editor({ parent: element, text: cell.text, label: say("site code of", n), isReadOnly: false, changed, run: () => run(i) });
    element.addEventListener("focusin", () => { if (python.state !== "running") goTo(i) });
  });
  byId("again").hidden = !work.original || !keeping.get(work.id);
  keeping.watch(work.id, () => notice("site other tab"));
  showState();
}

function plain(markdown) {
  const element = made("div", "", "text");
  for (const part of markdown.split(/\n\s*\n/)) {
    const heading = /^(#+) (.*)/.exec(part);
    element.append(heading ? made(`h${Math.min(6, heading[1].length)}`, heading[2]) : made("p", part));
  }
  return element;
}

// Its buttons

byId("run").onclick = () => run(work.cells.length > 1 ? work.cells.findLastIndex(({ kind }) => kind === "code") : 0);
byId("stop").onclick = () => python.stop();
byId("save").onclick = () => { keep(); sharing.save(work.file, source()) };
byId("open").onclick = () => byId("file").click();
byId("file").onchange = async () => {
  const [file] = byId("file").files;
  byId("file").value = "";
  if (!file) return;
  if (file.size > sharing.MOST) return notice("site too long", file.name, file.size, sharing.MOST);
  let text = "";
  try { text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()) } catch { return notice("site not text", file.name) }
  if (text.includes("\0")) return notice("site not text", file.name);
  keep();
  const name = unused(named(file.name)), why = keeping.put(`file/${name}`, { title: "", file: name, source: text });
  if (why) {
    notice(why);
    show({ id: `file/${name}`, title: "", file: name, cells: cellsOf(text) });
    changed();
  } else location.hash = `#file/${encodeURIComponent(name)}`;
};
byId("link").onclick = async () => {
  const address = await sharing.address(work.file, source());
  byId("address").textContent = address;
  byId("long").hidden = address.length < 2000;
  byId("copy").textContent = say("site copy");
  if (!byId("sharing").open) byId("sharing").showModal();
};
byId("copy").onclick = async () => {
  try {
    await navigator.clipboard.writeText(byId("address").textContent);
    byId("copy").textContent = say("site copied");
  } catch {
    getSelection().selectAllChildren(byId("address"));
  }
};
byId("again").onclick = () => { byId("renewal").returnValue = ""; byId("renewal").showModal() };
byId("renewal").onclose = () => {
  if (byId("renewal").returnValue !== "yes") return;
  isKept = true;
  keeping.remove(work.id);
  location.reload();
};
byId("shade").onclick = () => {
  remember("shade", isDark() ? "light" : "dark");
  paint();
  for (const frame of document.querySelectorAll("iframe[data-scripts=true]")) frame.contentWindow?.postMessage({ dark: isDark() }, "*");
};
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) alone(null);
});
addEventListener("hashchange", () => { keep(); location.reload() });

paint();
if (!lacking() && top === self && innerWidth > 800) python.start().catch(() => 0);  // the editor does not wait for it
find(location.hash.slice(1) || "file/my_engine.py").then((found) => {
  show(found);
  root.dataset.open = work.id;
  if (lacking()) notice(...lacking());
});
