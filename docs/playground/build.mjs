// Build the page: `node build.mjs [FOLDER] [--python PYTHON] [--archive FOLDER]`.
//
// FOLDER is build/playground of the repository if none is named. The same sources give
// the same bytes. PYTHON has the PyYAML whose files the engine gets; `--archive` writes
// the release archives too.
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { archives } from './tools/archive.mjs';
import { bundle, pages, thirdParty } from './tools/page.mjs';
import { buildPython, pyyaml } from './tools/python.mjs';

// The trace of an error in Pyodide has its whole script in one line.
process.on('uncaughtException', (error) => {
  console.error(error.message);
  process.exit(1);
});

const PYODIDE_FILES = ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm'];
const LATER = ['THIRD-PARTY.md', 'sw.js', 'formats.json', 'lessons.json'];
const here = path.dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: 'string', default: process.env.PYTHON ?? 'python3' }, archive: { type: 'string' } },
});
const repository = path.resolve(here, '../..');
const out = path.resolve(positionals[0] ?? path.join(repository, 'build/playground'));
const packages = path.join(here, 'node_modules');
const about = JSON.parse(await readFile(path.join(here, 'package.json'), 'utf8'));
const licences = path.join(here, 'licences');
const source = (name) => path.join(here, 'src', name);
const target = (name) => path.join(out, name);

await rm(out, { recursive: true, force: true });
await mkdir(target('pyodide'), { recursive: true });
const yaml = pyyaml(values.python, about.archcalc.pyyaml);
const info = await buildPython({ repository, packages, yaml: yaml.folder, out });
for (const file of PYODIDE_FILES) await cp(path.join(packages, 'pyodide', file), target(`pyodide/${file}`));
await pages({ here, out });

const packs = await Promise.all(['library.pack', 'app.pack'].map((name) => readFile(target(name))));
const total = packs.reduce((sum, pack) => sum + pack.length, 0);
const bundled = await bundle({ from: source('main.js'), to: target('main.js') });
await bundle({
  from: source('worker.js'),
  to: target('worker.js'),
  external: ['./pyodide/pyodide.mjs'],
  define: { PYODIDE_INFO: JSON.stringify(info), PACK_BYTES: String(total) },
});
await thirdParty({ packages, bundled, licences, yaml: yaml.licence, out });

const files = await filesBelow(out);
const hash = createHash('sha256');
for (const name of files) hash.update(`${name}\n`).update(await readFile(target(name)));
await bundle({
  from: source('sw.js'),
  to: target('sw.js'),
  format: 'iife',
  define: { BUILD_HASH: JSON.stringify(hash.digest('hex').slice(0, 16)), BUILD_FILES: JSON.stringify(files) },
});
if (values.archive) await archives({ out, folder: path.resolve(values.archive), packages });
await report();

/** Say how many bytes a first visit loads, compressed as a server does it. */
async function report() {
  let first = 0;
  for (const name of await filesBelow(out)) {
    const size = gzipSync(await readFile(target(name)), { level: 9 }).length;
    if (!LATER.includes(name)) first += size;
    console.log(`${name.padEnd(28)} ${size.toLocaleString('en').padStart(10)} bytes, gzip`);
  }
  console.log(`${'first visit'.padEnd(28)} ${first.toLocaleString('en').padStart(10)} bytes, gzip, in ${out}`);
}

/** Return the paths of all files below a folder, in their order. */
async function filesBelow(folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((one) => one.isFile())
    .map((one) => path.relative(folder, path.join(one.parentPath, one.name)).replaceAll('\\', '/'))
    .sort();
}
