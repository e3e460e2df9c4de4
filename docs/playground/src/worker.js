// The engine in the browser: Pyodide in a worker, so that the page stays quick and a run
// can be ended with the worker. One request comes at a time; `null` asks for the heap.

import { answerOf, startPython, unpacked } from './boot.js';
import { loadPyodide } from './pyodide/pyodide.mjs';

const PACKS = { library: 'library.pack', app: 'app.pack' };
const tell = (message) => self.postMessage(message);

/** Fetch a pack, and say how many bytes of all have come. */
async function fetched(name, progress) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  const counted = new TransformStream({
    transform(chunk, controller) {
      progress(chunk.length);
      controller.enqueue(chunk);
    },
  });
  return unpacked(response.body.pipeThrough(counted));
}

async function start() {
  let done = 0;
  const progress = (count) => {
    done += count;
    tell({ phase: 'loading', done, total: PACK_BYTES });
  };
  const [library, app] = await Promise.all(Object.values(PACKS).map((name) => fetched(name, progress)));
  const python = await startPython(loadPyodide, {
    info: PYODIDE_INFO,
    library,
    app,
    indexURL: new URL('pyodide/', import.meta.url).href,
    address: (zip) => URL.createObjectURL(new Blob([zip])),
  });
  const answer = answerOf(python);
  const collect = python.runPython('gc.collect'); // so that the heap does not grow with each edit
  self.onmessage = ({ data }) => {
    const heap = () => ({ heap: python._module.HEAPU8.length });
    tell(data === null ? heap() : { answer: answer(data) });
    collect();
  };
  tell({ phase: 'ready' });
}

start().catch((error) => tell({ phase: 'failed', text: `The engine could not be loaded: ${error.message}` }));
