// Times of edits in the browser: `node edits.mjs CHROMIUM ADDRESS REQUESTS`. REQUESTS is a file with a
// list of JSON texts; printed are the milliseconds of each answer, and the heap behind them in bytes.

import { readFileSync } from "node:fs";
import { chromium } from "../../../docs/playground/node_modules/playwright-core/index.mjs";

const [executablePath, address, file] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage();
await page.goto(`${address}THIRD-PARTY.md`);
const told = await page.evaluate(async (requests) => {
  const worker = new Worker("worker.js", { type: "module" });
  const next = (wanted) => new Promise((resolve) => {
    worker.onmessage = ({ data }) => wanted(data) && resolve(data);
  });
  await next((data) => data.phase === "ready");
  const times = [];
  for (const one of requests) {
    const begun = performance.now();
    const answer = next((data) => !data.phase);
    worker.postMessage(one);
    await answer;
    times.push(performance.now() - begun);
  }
  const heap = next((data) => !data.phase);
  worker.postMessage(null);
  return { times, ...(await heap) };
}, JSON.parse(readFileSync(file, "utf8")));
await browser.close();
console.log(JSON.stringify(told));
