// Build the page: `node build.mjs [FOLDER]`, by default build/playground of the repository.
import { cp, mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import * as esbuild from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(here, '../../build/playground'));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await esbuild.build({
  entryPoints: { main: path.join(here, 'src/main.js') },
  outdir: out,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
});
for (const name of ['index.html', 'style.css', 'views.css']) {
  await cp(path.join(here, name), path.join(out, name)).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
    console.warn(`${name} is not there`);
  });
}
console.log(`built ${out}`);
