// The engine on the stock distribution of Pyodide, to compare with: sources that are compiled at
// each start, the whole library, and the engine unpacked from a zip of its sources.

import { loadPyodide } from "./pyodide/pyodide.mjs";

const python = await loadPyodide({ indexURL: new URL("pyodide/", import.meta.url).href });
const engine = await fetch(new URL("engine.zip", import.meta.url));
python.unpackArchive(await engine.arrayBuffer(), "zip", { extractDir: "/app" });
const answer = python.runPython(
  "import sys\nsys.path.insert(0, '/app')\nfrom archcalc.playground.driver import answer\nanswer",
);
self.onmessage = ({ data }) => self.postMessage({ answer: answer(data) });
self.postMessage({ phase: "ready" });
