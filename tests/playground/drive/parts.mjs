// What opens over the page, for everyone: the dialog, the menus, the lists of the editor, with axe-core.

import { readFileSync } from "node:fs";

const AXE = readFileSync(new URL("../../../docs/playground/node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const RULES = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };

const settled = (page) =>
  page.waitForFunction(() => document.querySelector("#totals").textContent && !document.querySelector("#state").hasAttribute("data-stale"));

async function serious(page, where) {
  const { violations } = await page.evaluate((rules) => axe.run(document, rules), RULES);
  const bad = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  return bad.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
}

function overThePage(options) {
  return async ({ visit, assert }) => {
    const page = await visit("?net=lenet5", { ...options, reducedMotion: "reduce" });
    await settled(page);
    await page.evaluate(AXE);
    const found = [];
    const look = async (where) => found.push(...(await serious(page, where)));
    await page.locator("#begin-button").click();
    await page.locator("#shelf button").first().waitFor();
    await look("dialog");
    await page.keyboard.press("Escape");
    await page.locator("#share-button").click();
    await look("share");
    await page.keyboard.press("Escape");
    await page.locator(".cm-line", { hasText: "name: lenet5" }).click();
    await page.keyboard.press("Home");
    await page.keyboard.type("x");
    await page.locator("#findings li.error .fix").first().waitFor();
    await look("findings");
    await page.keyboard.press("Control+.");
    await page.locator("[role=menuitem]").first().waitFor();
    await look("fixes");
    await page.keyboard.press("Escape");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Control+Space");
    await page.locator(".completions li").first().waitFor();
    await look("completion");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+f");
    await page.locator(".cm-search").waitFor();
    await look("search");
    // The list of completions has no focus: the editor's arrow keys move in it (aria-activedescendant).
    assert.deepEqual(found.filter((one) => !/^completion: scrollable-region-focusable: \S*#cm-ac/.test(one)), []);
  };
}

export const cases = {
  "axe finds nothing serious in what opens over the page, light": overThePage({}),
  "axe finds nothing serious in what opens over the page, dark": overThePage({ colorScheme: "dark" }),

  "axe finds nothing serious before an embedded page is started": async ({ visit, assert }) => {
    const page = await visit("?net=lenet5&embed");
    await page.locator("#cover button").waitFor();
    await page.evaluate(AXE);
    assert.deepEqual(await serious(page, "cover"), []);
  },
};
