// Runs a Python program in Pyodide: node pyodide.mjs PYODIDE FOLDER PROGRAM, with the FOLDER's packages and PROGRAM.
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"

const [pyodide, folder, program] = process.argv.slice(2)
const { loadPyodide } = await import(pathToFileURL(resolve(pyodide, "pyodide.mjs")))
const python = await loadPyodide()
python.mountNodeFS("/packages", folder)
try {
  python.runPython(`
import runpy, sys
sys.path.insert(0, "/packages")
runpy.run_path("/packages/${program}", run_name="__main__")
`)
} catch (error) {
  console.error(error.stack) // and not the line of Pyodide's own source, which is its longest
  process.exitCode = 1
}
