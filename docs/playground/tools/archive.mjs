// The release archives: the folder of the page as .zip and .tar.gz, the same bytes every time.
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { loadPyodide } from 'pyodide';

/** Write both archives into a folder. Pyodide's zlib makes their bytes, whatever the machine has. */
export async function archives({ out, folder, packages }) {
  await mkdir(folder, { recursive: true });
  const indexURL = `${path.join(packages, 'pyodide')}/`;
  const { info } = JSON.parse(await readFile(path.join(indexURL, 'pyodide-lock.json'), 'utf8'));
  const python = await loadPyodide({
    indexURL,
    packageBaseUrl: indexURL,
    lockFileContents: JSON.stringify({ info, packages: {} }),
  });
  for (const [place, root] of Object.entries({ '/page': out, '/archives': folder })) {
    python.FS.mkdirTree(place);
    python.FS.mount(python.FS.filesystems.NODEFS, { root }, place);
  }
  python.runPython(await readFile(new URL('archive.py', import.meta.url), 'utf8'));
}
