// Drives the page in a browser: `node frame.mjs CHROMIUM ADDRESS MODULE [WORDS]`; with words, only cases whose name has them.
//
// A module exports `cases = {name: async (help) => {}}`. Each case gets a fresh context; a message
// on the console, an error or a request to elsewhere fails it. One line of JSON tells each result.

import assert from "node:assert/strict";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "../../../docs/playground/node_modules/playwright-core/index.mjs";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const PATIENCE = 120_000;

const [executablePath, address, file, words = ""] = process.argv.slice(2);
const { cases } = await import(pathToFileURL(path.resolve(file)));
const browser = await chromium.launch({ executablePath, args: FLAGS });

for (const [name, act] of Object.entries(cases)) {
  if (!name.includes(words)) continue;
  const contexts = [];
  const heard = [];
  try {
    await act({ assert, visit: (where, options) => visit(contexts, heard, where, options) });
    assert.deepEqual(heard, [], "the page said something");
    tell({ name, ok: true });
  } catch (error) {
    tell({ name, ok: false, shown: await shown(contexts), said: `${error.message}\n${error.stack?.split("\n").find((line) => line.includes("/drive/")) ?? ""}`, heard });
  }
  await Promise.all(contexts.map((context) => context.close()));
}
await browser.close();

/** What the pages say of themselves, for whoever reads of a failure. */
async function shown(contexts) {
  const pages = contexts.flatMap((context) => context.pages());
  const parts = ["#note", "#status", "#totals", "#findings"];
  return Promise.all(pages.map(async (page) => [page.url().slice(0, 200), ...(await Promise.all(parts.map((part) => page.locator(part).innerText({ timeout: 1000 }).catch(() => "")))) ]));
}

function tell(result) {
  console.log(JSON.stringify(result));
}

/**
 * A new tab at the page, with `where` (`?net=…`, `#spec=…`) behind its address. The token of the local
 * engine is kept by the tab, as when a person opens a link in it.
 */
async function visit(contexts, heard, where = "", options = {}) {
  const { origin, pathname } = new URL(address);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true, ...options });
  contexts.push(context);
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const said = (text) => heard.push(text);
  page.on("console", (message) => said(message.text()));
  page.on("pageerror", (error) => said(error.message));
  page.on("dialog", (dialog) => said(dialog.message()));
  page.on("request", (asked) => {
    const to = new URL(asked.url());
    if (to.origin !== origin && !["data:", "blob:", "about:"].includes(to.protocol)) said(`asked ${asked.url()}`);
  });
  const token = /#engine=([\w-]+)/.exec(address)?.[1];
  if (token) await context.addInitScript((kept) => sessionStorage.setItem("archcalc-engine", kept), token);
  await page.goto(`${origin}${pathname}${where}`);
  return page;
}
