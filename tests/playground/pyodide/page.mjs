// The page with Pyodide as its engine: a first visit, offline, a spec that takes too long.

/** Waits until the figures are those of the text. */
async function settled(page) {
  await page.waitForFunction(
    () => document.querySelector("#totals").textContent && !document.querySelector("#state").hasAttribute("data-stale"),
    null,
    { timeout: 60_000 },
  );
}

const totals = (page) => page.locator("#totals").textContent();
const SMALL = "name: small\ninput: [3, 8, 8]\nlayers:\n  - {conv: 4, kernel: 3}\n";

/** A spec of many layers that are all different, so that none is counted with another. */
function huge() {
  const steps = Array.from({ length: 9000 }, (_, at) => `  - {conv: ${8 + (at % 4000)}, kernel: 3, pad: 1}`);
  return `name: huge\ninput: [8, 8, 8]\nlayers:\n${steps.join("\n")}\n`;
}

async function write(page, text) {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.evaluate((words) => {
    const data = new DataTransfer();
    data.setData("text/plain", words);
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);
}

export const cases = {
  "a network is typed, completed, broken and mended": async ({ visit, assert }) => {
    const page = await visit("");
    await page.keyboard.press("Escape");
    await write(page, "name: typed\ninput: [3, 8, 8]\nlayers:\n  - {conv: 4, ");
    await page.keyboard.type("kern");
    await page.locator(".completions li", { hasText: "kernel" }).first().waitFor();
    await page.waitForTimeout(150);
    await page.keyboard.press("Enter");
    await page.keyboard.type("3}");
    await settled(page);
    assert.match(await totals(page), /^112 params/);
    await write(page, SMALL.replace("kernel", "kernal"));
    await page.locator(".found.error").waitFor();
    await page.keyboard.press("Control+Home");
    await page.locator(".cm-line", { hasText: "kernal" }).click();
    await page.locator(".cm-line .found.error").click();
    await page.keyboard.press("Control+.");
    await page.locator("[role=menuitem]").first().waitFor();
    await page.keyboard.press("Enter");
    await settled(page);
    assert.match(await totals(page), /^112 params/);
  },

  "after a visit the page works offline": async ({ visit, assert }) => {
    const page = await visit("?net=lenet5");
    await settled(page);
    const before = await totals(page);
    await page.waitForFunction(async () => (await navigator.serviceWorker.ready) && navigator.serviceWorker.controller, null, { timeout: 60_000 });
    const names = await page.evaluate(() => caches.keys());
    assert.match(names.join(), /^archcalc-[0-9a-f]{16}$/);
    await page.context().setOffline(true);
    await page.reload();
    await settled(page);
    assert.equal(await totals(page), before);
  },

  "a spec that takes too long is stopped, and the page goes on": async ({ visit, assert }) => {
    const page = await visit("?net=lenet5");
    await settled(page);
    await write(page, huge());
    await page.waitForFunction(() => /Stopped|limit/i.test(document.querySelector("#status").textContent), null, { timeout: 60_000 });
    await write(page, SMALL);
    await settled(page);
    assert.match(await totals(page), /^112 params/);
  },
};
