// The processor time of a browser until it shows the first table: `node first_table.mjs CHROMIUM
// PROFILE ADDRESS`. All processes of the browser count, from the moment at which the page is opened.

import { readFileSync, readdirSync } from "node:fs";
import { chromium } from "../../../docs/playground/node_modules/playwright-core/index.mjs";

const [executablePath, profile, address] = process.argv.slice(2);
const context = await chromium.launchPersistentContext(profile, { executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const page = context.pages()[0] ?? (await context.newPage());
await page.waitForTimeout(1500); // the browser's own start is no part of it
const before = busyBelow(process.pid);
const begun = performance.now();
await page.goto(address);
await page.waitForFunction(() => document.querySelector("#totals").textContent, null, { timeout: 120_000, polling: 50 });
const seconds = (performance.now() - begun) / 1000;
const busy = busyBelow(process.pid) - before;
await page.waitForTimeout(6000); // what is kept for the next visit is written
await context.close();
console.log(JSON.stringify({ seconds, busy }));

/** Seconds that the processes below a process have computed, those included that have ended. */
function busyBelow(root) {
  const known = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const fields = readFileSync(`/proc/${name}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
      known.set(Number(name), { parent: Number(fields[1]), ticks: fields.slice(11, 15).map(Number) });
    } catch {
      // it has ended meanwhile
    }
  }
  const below = (pid) => pid === root || (known.has(pid) && below(known.get(pid).parent));
  let ticks = 0;
  for (const [pid, one] of known) if (pid !== root && below(pid)) ticks += one.ticks.reduce((sum, part) => sum + part);
  return ticks / 100;
}
