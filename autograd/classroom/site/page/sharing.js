// A program in the address itself, packed; and as a file.
const sharing = (() => {
  const MOST = 400_000;  // characters of a program
  const through = (bytes, stream) => new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer();
  return {
    MOST,
    async address(file, source) {
      const bytes = new Uint8Array(await through(new TextEncoder().encode(JSON.stringify({ file, source })), new CompressionStream("gzip")));
      let letters = "";
      for (const byte of bytes) letters += String.fromCharCode(byte);
      const packed = btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
      return `${location.href.replace(/#.*/, "")}#code/${packed}`;
    },
    // {file, source} of what stands after #code/; null if it is not whole: the packing has a checksum
    async read(packed) {
      try {
        const letters = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
        const stream = new Blob([Uint8Array.from(letters, (letter) => letter.charCodeAt(0))]).stream().pipeThrough(new DecompressionStream("gzip"));
        const text = await readAtMost(stream, 4 * MOST);
        const { file, source } = JSON.parse(text);
        if (typeof file !== "string" || typeof source !== "string" || source.length > MOST) return null;
        return { file: named(file), source };
      } catch {
        return null;
      }
    },
    save(file, source) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([source], { type: "text/x-python" }));
      link.download = file;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    },
  };
  async function readAtMost(stream, most) {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let text = "", n = 0;
    for (let reader = stream.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      if ((n += value.length) > most) throw new Error("too long");
      text += decoder.decode(value, { stream: true });
    }
  }
})();
// A name that a file may have
const named = (name) => { const own = name.replace(/[^\p{L}\p{N}_. -]/gu, "").replace(/^\.+/, "").slice(-60) || "program.py"; return own.endsWith(".py") ? own : `${own}.py` };
