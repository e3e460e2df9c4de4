// The page's scripts and styles, its policy, and the licences of what is in it.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as esbuild from 'esbuild';

const SHARED = {
  bundle: true,
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
  target: 'es2022',
};

/** What the page may do: nothing from elsewhere. Pictures of the engine come as blobs. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Bundle a script; return the packages that are in it. */
export async function bundle({ from, to, define = {}, format = 'esm', external = [] }) {
  const made = await esbuild.build({
    ...SHARED,
    entryPoints: [from],
    outfile: to,
    format,
    external,
    define,
    metafile: true,
  });
  return Object.keys(made.metafile.inputs)
    .map((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1])
    .filter(Boolean);
}

/** Copy the page and its styles: the policy goes in, the styles become small. */
export async function pages({ here, out }) {
  const html = await readFile(path.join(here, 'index.html'), 'utf8');
  const mark = '<meta charset="utf-8">';
  if (!html.includes(mark)) throw new Error(`index.html has no ${mark}`);
  const meta = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
  await writeFile(path.join(out, 'index.html'), html.replace(mark, `${mark}\n${meta}`));
  for (const name of ['style.css', 'views.css']) {
    await esbuild.build({ ...SHARED, entryPoints: [path.join(here, name)], outfile: path.join(out, name) });
  }
}

/** Write the licences of everything that the build hands on. */
export async function thirdParty({ packages, bundled, licences, yaml, out }) {
  const parts = [
    '# What is in this folder, and under which licence',
    'archcalc itself: MIT. Its sources, and how this folder is made of them, are in its repository under docs/playground.',
    await own('Pyodide', packages, 'pyodide', path.join(licences, 'MPL-2.0.txt'),
      'in pyodide/, unchanged; the sources are at github.com/pyodide/pyodide'),
    `## CPython's standard library (PSF-2.0)\n\nin library.pack, compiled, as far as it is imported.\n\n${await fenced(path.join(licences, 'PSF-2.0.txt'))}`,
    `## PyYAML (MIT)\n\nin app.pack, its pure Python files, compiled.\n\n${await fenced(path.join(yaml))}`,
  ];
  for (const name of [...new Set(bundled)].sort()) {
    parts.push(await own(name, packages, name, path.join(packages, name, 'LICENSE'), 'in main.js'));
  }
  await writeFile(path.join(out, 'THIRD-PARTY.md'), `${parts.join('\n\n')}\n`);
}

async function own(title, packages, name, licence, where) {
  const about = JSON.parse(await readFile(path.join(packages, name, 'package.json'), 'utf8'));
  return `## ${title} ${about.version} (${about.license})\n\n${where}.\n\n${await fenced(licence)}`;
}

async function fenced(file) {
  return `\`\`\`\n${(await readFile(file, 'utf8')).trim()}\n\`\`\``;
}
