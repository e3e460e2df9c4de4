// Asks the worker of the page: `node answers.mjs CHROMIUM ADDRESS ASKED TOLD`. ASKED is a list of
// requests; TOLD gets the answers, and for a request that is null the size of the heap.

import { readFile, writeFile } from "node:fs/promises";
import { chromium } from "../../../docs/playground/node_modules/playwright-core/index.mjs";

const [executablePath, address, asked, told] = process.argv.slice(2);
const requests = JSON.parse(await readFile(asked, "utf8"));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage();
await page.goto(`${address}THIRD-PARTY.md`); // a page of this origin that runs no engine of its own
const found = await page.evaluate(async (all) => {
  const worker = new Worker("worker.js", { type: "module" });
  const next = (wanted) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (data.phase === "failed") reject(new Error(data.text));
      if (wanted(data)) resolve(data);
    };
  });
  await next((data) => data.phase === "ready");
  const ask = (message) => {
    const answer = next((data) => !data.phase);
    worker.postMessage(message);
    return answer;
  };
  const answers = [];
  for (const one of all) {
    const { answer, heap } = await ask(one);
    answers.push(answer ?? heap);
  }
  return answers;
}, requests);
await writeFile(told, JSON.stringify(found));
await browser.close();
