// Start Pyodide with the packs of the build: the library as one zip, the engine as files.
// The worker uses it in the browser, and the build in node.

const PLACE = '/app';

/** Return the bytes of a pack that was fetched: it is compressed with gzip. */
export async function unpacked(stream) {
  const plain = stream.pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

/** Yield `[path, bytes]` of a pack: a table of names and sizes, then the bytes. */
export function* filesOf(pack) {
  const size = new DataView(pack.buffer, pack.byteOffset).getUint32(0, true);
  const table = new TextDecoder().decode(pack.subarray(4, 4 + size));
  let at = 4 + size;
  for (const line of table.trimEnd().split('\n')) {
    const [path, length] = line.split('\t');
    yield [path, pack.subarray(at, at + Number(length))];
    at += Number(length);
  }
}

/** Start Pyodide; `address` makes an address of the library's zip. */
export async function startPython(loadPyodide, { indexURL, info, library, app, address }) {
  const [[, zip]] = filesOf(library);
  const stdLibURL = address(zip);
  const python = await loadPyodide({
    indexURL,
    stdLibURL,
    packageBaseUrl: indexURL,
    lockFileContents: JSON.stringify({ info, packages: {} }),
    env: { HOME: '/home/pyodide', PYTHONDONTWRITEBYTECODE: '1' },
  });
  const made = new Set();
  for (const [path, bytes] of filesOf(app)) {
    const folder = `${PLACE}/${path.slice(0, path.lastIndexOf('/'))}`;
    if (!made.has(folder)) python.FS.mkdirTree(folder);
    made.add(folder);
    python.FS.writeFile(`${PLACE}/${path}`, bytes, { canOwn: true });
  }
  python.runPython(`import sys; sys.path.insert(0, '${PLACE}')`);
  return python;
}

/** Return the engine's function: a request as JSON text in, an answer as JSON text out. */
export function answerOf(python) {
  return python.runPython(
    'import gc\n'
    + 'from archcalc.playground.driver import answer\n'
    + 'answer(\'{"do": "look", "text": "name: a\\\\ninput: [3, 8, 8]\\\\nlayers: [relu]\\\\n"}\')\n'
    + 'gc.collect(); gc.freeze()\n'
    + 'answer',
  );
}
