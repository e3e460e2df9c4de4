// Compile the engine for the page with Pyodide itself, and ask it what stays the same.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadPyodide } from 'pyodide';
import { answerOf, startPython } from '../src/boot.js';

const MADE_ONCE = ['shelf', 'schema', 'formats', 'lessons'];

/** Return the folder of the PyYAML that a Python has, and its licence; refuse another version. */
export function pyyaml(python, version) {
  const code = [
    'import importlib.metadata as found, yaml',
    'files = [f.locate() for f in found.files("PyYAML") if f.name == "LICENSE"]',
    'print(yaml.__version__, list(yaml.__path__)[0], files[0], sep="\\n")',
  ];
  const said = execFileSync(python, ['-c', code.join('\n')], { encoding: 'utf8' });
  const [has, folder, licence] = said.trim().split(/\r?\n/);
  if (has !== version) {
    throw new Error(`the build needs PyYAML ${version}, and ${python} has ${has}: pip install PyYAML==${version}`);
  }
  return { folder, licence };
}

/** Write the packs `library` and `app`, and the answers that are always the same. */
export async function buildPython({ repository, packages, yaml, out }) {
  const pyodide = path.join(packages, 'pyodide');
  const lock = JSON.parse(await readFile(path.join(pyodide, 'pyodide-lock.json'), 'utf8'));
  const scratch = await mkdtemp(path.join(tmpdir(), 'archcalc-page-'));
  try {
    await compiled(pyodide, lock.info, { repository, yaml, scratch });
    const packs = {};
    for (const name of ['library', 'app']) {
      packs[name] = await readFile(path.join(scratch, name));
      await writeFile(path.join(out, `${name}.pack`), gzipSync(packs[name], { level: 9 }));
    }
    const python = await startPython(loadPyodide, {
      ...packs,
      indexURL: `${pyodide}/`,
      info: lock.info,
      address: (zip) => {
        const file = path.join(scratch, 'library.zip');
        writeFileSync(file, zip);
        return file;
      },
    });
    const answer = answerOf(python);
    for (const action of MADE_ONCE) {
      const said = JSON.parse(answer(JSON.stringify({ do: action })));
      if (!said.ok) throw new Error(`the engine refuses ${action}: ${said.error.message}`);
      await writeFile(path.join(out, `${action}.json`), JSON.stringify(said.result));
    }
    python.runPython(await readFile(new URL('loading.py', import.meta.url), 'utf8'));
    return lock.info;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function compiled(pyodide, info, { repository, yaml, scratch }) {
  const python = await loadPyodide({
    indexURL: `${pyodide}/`,
    packageBaseUrl: `${pyodide}/`,
    lockFileContents: JSON.stringify({ info, packages: {} }),
  });
  const loaded = python.runPython('import sys; set(sys.modules)');
  for (const [place, root] of Object.entries({ '/repository': repository, '/yaml': yaml, '/out': scratch })) {
    python.FS.mkdirTree(place);
    python.FS.mount(python.FS.filesystems.NODEFS, { root }, place);
  }
  const code = await readFile(new URL('compile.py', import.meta.url), 'utf8');
  python.runPython(code, { filename: 'compile.py' });
  python.globals.set('loaded', loaded);
  python.runPython('write(Path("/out"), loaded)');
}
