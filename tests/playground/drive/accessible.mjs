// Every view for everyone: axe-core, keys, a phone, 200 % zoom, dark colours, reduced motion.

import { readFileSync } from "node:fs";

const AXE = readFileSync(new URL("../../../docs/playground/node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const RULES = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
const LOOKS = {
  light: {},
  dark: { colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};

async function settled(page) {
  await page.waitForFunction(() => document.querySelector("#totals").textContent && !document.querySelector("#state").hasAttribute("data-stale"));
}

/** What axe finds that is serious, a line each. */
async function serious(page, where) {
  const { violations } = await page.evaluate((rules) => axe.run(document, rules), RULES);
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => `${where}: ${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).slice(0, 3).join("; ")}`);
}

async function everyView(page, act) {
  for (const tab of await page.getByRole("tab").all()) {
    await tab.click();
    await page.waitForFunction(() => {
      const panel = document.querySelector("[role=tabpanel]:not([hidden])");
      return panel.textContent.length > 25 && [...panel.querySelectorAll("img")].every((image) => image.complete);
    });
    await act(await tab.textContent());
  }
}

function withAxe(options) {
  return async ({ visit, assert }) => {
    const page = await visit("?net=lenet5", { ...options, reducedMotion: "reduce" });
    await settled(page);
    await page.evaluate(AXE);
    await page.locator("#panel-table tr[data-path=c3]").click();
    const found = [];
    await everyView(page, async (name) => found.push(...(await serious(page, name))));
    await page.getByRole("tab", { name: "Published figure" }).click();
    await page.getByLabel("A figure as it was printed").fill("62k params");
    await page.keyboard.press("Enter");
    await page.locator("#panel-reconcile table").waitFor();
    found.push(...(await serious(page, "a reading")));
    await page.click("#lessons-button");
    await page.locator(".verdict").getByText("left to fill in").waitFor();
    found.push(...(await serious(page, "lessons")));
    assert.deepEqual(found, []);
  };
}

export const cases = {
  ...Object.fromEntries(Object.entries(LOOKS).map(([name, options]) => [`axe finds nothing serious in any view, ${name}`, withAxe(options)])),

  "at 200 % nothing but tables and pictures scrolls sideways": async ({ visit, assert }) => {
    const page = await visit("?net=lenet5", { viewport: { width: 640, height: 400 } }); // 1280×800 at 200 %
    await settled(page);
    await everyView(page, async (name) => {
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wider <= 0, `${name} is ${wider} pixels wider than the window`);
    });
  },

  "nothing moves for those who want less motion": async ({ visit, assert }) => {
    const page = await visit("?net=lenet5", { reducedMotion: "reduce" });
    await settled(page);
    const moving = await page.evaluate(() => document.getAnimations().length + [...document.querySelectorAll("*")].filter((node) => getComputedStyle(node).transitionDuration !== "0s").length);
    assert.equal(moving, 0);
  },

  "every view is reached, read and left by keys alone": async ({ visit, assert }) => {
    const page = await visit("?net=lenet5");
    await settled(page);
    await page.locator("#tab-table").focus();
    const count = await page.getByRole("tab").count();
    const seen = [];
    for (let at = 0; at < count; at += 1) {
      seen.push(await page.evaluate(() => document.activeElement.textContent));
      const panel = page.locator("[role=tabpanel]:visible");
      assert.equal(await panel.getAttribute("aria-labelledby"), await page.evaluate(() => document.activeElement.id));
      await page.keyboard.press("ArrowRight");
    }
    assert.equal(new Set(seen).size, count);
    assert.equal(await page.evaluate(() => document.activeElement.id), "tab-table");
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate(() => document.querySelector("#panel-table").contains(document.activeElement)));
  },
};
