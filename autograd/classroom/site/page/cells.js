// The cells of a file, as Jupytext has them: "# %%" begins code, "# %% [markdown]" a text.
const MARKER = /^# %%(.*)$/;

function cellsOf(source) {
  const lines = source.replace(/\r\n?/g, "\n").split("\n"), starts = lines.flatMap((line, i) => (MARKER.test(line) ? [i] : []));
  if (!starts.length) return [{ kind: "code", text: source.replace(/\r\n?/g, "\n") }];
  const before = lines.slice(0, starts[0]), cells = before.some((line) => line.trim() && !line.startsWith("#")) ? [{ kind: "code", text: trimmed(before) }] : [];
  starts.forEach((start, i) => {
    const options = MARKER.exec(lines[start])[1], own = trimmed(lines.slice(start + 1, starts[i + 1] ?? lines.length));
    if (/notes/.test(options)) return;
    if (/\[(markdown|md)\]/.test(options)) cells.push({ kind: "markdown", text: textOf(own) });
    else cells.push({ kind: "code", text: own });
  });
  return cells;
}

const trimmed = (lines) => lines.join("\n").replace(/^(\s*\n)+|\s+$/g, "");
function textOf(code) {
  const string = /^r?("""|''')\n?([^]*?)\n?\1\s*$/.exec(code);
  return string ? string[2] : code.split("\n").map((line) => line.replace(/^# ?/, "")).join("\n");
}

// The file that has these cells
function sourceOf(cells) {
  if (cells.length === 1 && cells[0].kind === "code") return cells[0].text;
  const written = ({ kind, text }) => (kind === "code" ? `# %%\n${text}` : `# %% [markdown]\n${text.split("\n").map((line) => `# ${line}`.trimEnd()).join("\n")}`);
  return `${cells.map(written).join("\n\n")}\n`;
}
