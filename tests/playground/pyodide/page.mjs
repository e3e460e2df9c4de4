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

/** A spec of as many layers as the limits allow, all different, so that none is counted with another. */
function huge() {
  const steps = Array.from({ length: 8500 }, (_, at) => `  - {conv: ${8 + (at % 4000)}, kernel: 3, pad: 1}`);
  return `name: huge\ninput: [8, 8, 8]\nlayers:\n${steps.join("\n")}\n`;
}

/** A file dropped on the page. */
async function drop(page, name, text) {
  await page.evaluate(([file, words]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([words], file));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, [name, text]);
}

export const cases = {
  "a key is completed, a word broken and mended by the bulb": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16");
    await settled(page);
    await page.locator(".cm-line", { hasText: "conv2-1" }).first().click();
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.type(", ker");
    await page.locator(".completions li", { hasText: "kernel" }).first().waitFor();
    await page.waitForTimeout(150);
    await page.keyboard.press("Enter");
    await page.keyboard.type("1");
    await page.waitForFunction(() => /^138,292,008 /.test(document.querySelector("#totals").textContent)); // 64·128·8 fewer
    for (let at = 0; at < 5; at += 1) await page.keyboard.press("Backspace");
    await page.keyboard.type("al: 1");
    await page.locator(".found.error").waitFor();
    await page.locator("#findings button", { hasText: "Write kernel" }).click();
    await settled(page);
    assert.match(await totals(page), /^138,292,008 /);
    assert.equal(await page.locator(".found.error").count(), 0);
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
    await drop(page, "huge.yaml", huge());
    await page.waitForFunction(() => /^Stopped after 2 seconds/.test(document.querySelector("#status").textContent), null, { timeout: 60_000 });
    await page.locator("#again").waitFor();
    await drop(page, "small.yaml", SMALL);
    await page.waitForFunction(() => /^112 params/.test(document.querySelector("#totals").textContent), null, { timeout: 60_000 });
    await settled(page);
    assert.match(await totals(page), /^112 params/);
  },
};
