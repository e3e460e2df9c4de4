// The views, as a person uses them. Figures are those of the papers, or worked out by hand.

import { deflateRawSync } from "node:zlib";

/** Waits until the figures are those of the text. */
async function settled(page) {
  await page.waitForFunction(() => document.querySelector("#totals").textContent && !document.querySelector("#state").hasAttribute("data-stale"));
}

async function open(visit, where = "?net=resnet50", options) {
  const page = await visit(where, options);
  await settled(page);
  return page;
}

async function show(page, id) {
  await page.click(`#tab-${id}`);
  return page.locator(`#panel-${id}`);
}

const totals = (page) => page.locator("#totals").textContent();
const row = (page, path) => page.locator(`#panel-table tr[data-path="${path}"]`);
const isChosen = (node) => node.getAttribute("aria-selected");

export const cases = {
  "the table is folded as in the terminal, and opens by keys": async ({ visit, assert }) => {
    const page = await open(visit);
    const names = () => page.locator("#panel-table tbody th").allInnerTexts();
    const conv2 = ["conv2", "1", "conv1", "conv2", "conv3", "shortcut.conv", "add", "2–3"];
    const begin = await names();
    assert.deepEqual(begin.slice(3, 11), conv2);
    assert.match(await page.locator("#panel-table tfoot").textContent(), /total.*25\.6M.*3\.86G/);

    const fold = row(page, "conv2.2–3");
    await row(page, "conv2.1.add").click();
    await page.keyboard.press("ArrowDown");
    assert.equal(await isChosen(fold), "true");
    assert.equal(await fold.getAttribute("aria-expanded"), "false");
    await page.keyboard.press("Enter");
    assert.equal(await fold.getAttribute("aria-expanded"), "true");
    assert.equal((await names()).length, begin.length + 10); // two blocks of a head and four rows
    await page.keyboard.press("Enter");
    assert.deepEqual(await names(), begin);

    await page.keyboard.press("Home");
    assert.equal(await isChosen(row(page, "input")), "true");
    await row(page, "conv2").click();
    await page.keyboard.press("ArrowLeft");
    assert.deepEqual((await names()).slice(2, 6), ["pool1", "conv2", "conv3", "1"]);
    await page.keyboard.press("ArrowRight");
    assert.deepEqual(await names(), begin);
    await page.getByRole("button", { name: "Fold all" }).click();
    assert.deepEqual(await names(), ["input", "conv1", "pool1", "conv2", "conv3", "conv4", "conv5", "pool5", "fc"]);
    await page.getByLabel("All digits").check();
    assert.match(await page.locator("#panel-table tfoot").textContent(), /25,557,032.*3,857,973,248/);
  },

  "the head of the table stays while its rows scroll": async ({ visit, assert }) => {
    const page = await open(visit);
    const head = page.locator("#panel-table thead th").first();
    const before = (await head.boundingBox()).y;
    await row(page, "fc").click();
    assert.ok((await page.locator("#panel-table .layers").evaluate((node) => node.scrollTop)) > 100);
    assert.equal((await head.boundingBox()).y, before);
  },

  "row, caret and box point at each other": async ({ visit, assert }) => {
    const page = await open(visit, "?net=vgg16");
    await row(page, "block2.conv2-2").click();
    assert.match(await page.locator(".chosen-line").first().textContent(), /conv2-2/);
    await show(page, "drawing");
    const boxes = page.locator("#panel-drawing [role=option]");
    assert.equal(await page.locator("#panel-drawing [aria-selected=true]").getAttribute("data-path"), "block2.conv2-2");
    await boxes.and(page.locator('[data-path="fc7"]')).click();
    assert.match(await page.locator(".chosen-line").first().textContent(), /fc7/);
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.locator("#panel-drawing [aria-selected=true]").getAttribute("data-path"), "fc8");
    await page.locator(".cm-line", { hasText: "name: conv1-1" }).click();
    assert.equal(await page.locator("#panel-drawing [aria-selected=true]").getAttribute("data-path"), "block1.conv1-1");
    await show(page, "table");
    assert.equal(await isChosen(row(page, "block1.conv1-1")), "true");
  },

  "a box stands for the blocks that are folded with it": async ({ visit, assert }) => {
    const page = await open(visit);
    await page.getByRole("button", { name: "Open all" }).click();
    await row(page, "conv4.5.conv2").click();
    await show(page, "drawing");
    assert.equal(await page.locator("#panel-drawing [aria-selected=true]").getAttribute("data-path"), "conv4.2.conv2");
  },

  "the drawing is a picture in two styles": async ({ visit, assert }) => {
    const page = await open(visit, "?net=lenet5");
    const panel = await show(page, "drawing");
    const image = panel.locator("img");
    const drawn = () => image.evaluate(async (node) => (await node.decode(), [node.naturalWidth, node.alt]));
    const [width, alt] = await drawn();
    assert.ok(width > 100);
    assert.match(alt, /^LeNet-5\. .*8 boxes/);
    await panel.getByLabel("Volumes").check();
    await page.waitForFunction((before) => document.querySelector("#panel-drawing img").naturalWidth !== before, width);
    assert.equal(await panel.locator("[role=option]").count(), 8);
    const size = () => panel.locator("output").textContent();
    const before = await size();
    await panel.getByRole("button", { name: "Larger" }).click();
    assert.notEqual(await size(), before);
  },

  "what cannot be drawn is said, and drawn again when it can": async ({ visit, assert }) => {
    const page = await open(visit, "?net=lenet5&input=1,H,W");
    const panel = await show(page, "drawing");
    await panel.getByLabel("Volumes").check();
    assert.match(await panel.getByRole("alert").textContent(), /volumes need numbers/);
    await panel.getByLabel("Blocks").check();
    await panel.locator("img").waitFor();
    assert.equal(await panel.getByRole("alert").count(), 0);
  },

  "the formulas of the chosen row have the numbers in them": async ({ visit, assert }) => {
    const page = await open(visit, "?net=alexnet");
    const panel = await show(page, "formulas");
    await page.locator(".cm-line", { hasText: "name: conv1," }).click();
    await panel.getByRole("heading", { name: "conv1" }).first().waitFor();
    const told = await panel.textContent();
    assert.match(told, /⌊\(H \+ 2p − k\)\/s \+ 1⌋= \(227 \+ 2·0 − 11\)\/4 \+ 1= 55/);
    assert.match(told, /\(11·11·3\)·96= 34,848/);
    assert.match(told, /55·55·96·11·11·3= 105,415,200/);
  },

  "sliders set params, and the command line follows": async ({ visit, assert }) => {
    const page = await open(visit, "?net=lenet5");
    assert.match(await totals(page), /^61,706 params/);
    const panel = await show(page, "settings");
    const slider = panel.getByLabel("classes", { exact: true });
    await slider.focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => document.querySelector("#totals").textContent.startsWith("61,791 params")); // 84 weights and a bias more
    await panel.getByText("archcalc table lenet5 --set classes=11").waitFor();
    assert.equal(await panel.getByLabel("classes, exact value").inputValue(), "11");
    await panel.getByRole("button", { name: "Back to the values" }).click();
    await page.waitForFunction(() => document.querySelector("#panel-settings [type=range]").value === "10");
    assert.match(await totals(page), /^61,706 params/);
  },

  "input, batch, number format and convention hold for all views": async ({ visit, assert }) => {
    const page = await open(visit, "?net=lenet5");
    const panel = await show(page, "settings");
    await panel.getByLabel("Batch").fill("3");
    await panel.getByLabel("Number format").selectOption("float16");
    await panel.getByLabel("Input size").fill("1x36x36");
    await page.keyboard.press("Tab");
    await page.waitForFunction(() => /--input 1x36x36 --batch 3 --dtype float16/.test(document.querySelector("#panel-settings").textContent));
    await show(page, "table");
    assert.match(await row(page, "input").textContent(), /1×36×36.*7\.78 kB/); // 36·36·3 values of two bytes
    await show(page, "conventions");
    await page.locator("#panel-conventions").getByRole("button", { name: "fvcore", exact: true }).click();
    await settled(page);
    await show(page, "settings");
    assert.equal(await panel.getByLabel("Count operations as").inputValue(), "fvcore");
  },

  "a wrong setting is said and can be mended": async ({ visit, assert }) => {
    const page = await open(visit, "?net=lenet5");
    const panel = await show(page, "settings");
    await panel.getByLabel("Input size").fill("1x2x2");
    await page.keyboard.press("Tab");
    await page.locator("#findings li.error").waitFor();
    await panel.getByLabel("Input size").fill("");
    await page.keyboard.press("Tab");
    await settled(page);
    assert.match(await totals(page), /^61,706 params/);
  },

  "memory has four figures and a timeline, in training too": async ({ visit, assert }) => {
    const page = await open(visit, "?net=vgg16");
    const panel = await show(page, "memory");
    await panel.locator("img").waitFor();
    assert.match(await panel.textContent(), /activations60\.95 MB/);
    await panel.getByLabel("A step of training").check();
    await panel.getByText("gradients of weights", { exact: true }).waitFor();
    assert.match(await panel.locator("img").getAttribute("alt"), /a step of training/);
  },

  "the receptive field is drawn on the input, and moves": async ({ visit, assert }) => {
    const page = await open(visit, "?net=three-3x3");
    await row(page, "conv").click();
    const panel = await show(page, "receptive");
    await panel.locator("svg").waitFor();
    assert.match(await panel.textContent(), /sees 7×7 positions of the input, which has 56×56: 24 to 30/); // 27 − 3 to 27 + 3
    await panel.getByLabel("Output row").fill("0");
    await panel.getByText("What lies outside the input is padding").waitFor();
    assert.equal(await panel.locator("svg .seen").getAttribute("y"), "-3");
    assert.match(await panel.locator("table").textContent(), /How the field grows/);
  },

  "two networks stand side by side": async ({ visit, assert }) => {
    const page = await open(visit, "?net=alexnet");
    const panel = await show(page, "compare");
    await panel.getByRole("button", { name: "Choose the second network" }).click();
    await page.fill("#shelf-search", "vgg16");
    await page.locator("#shelf button", { hasText: "VGG-16" }).first().click();
    await panel.getByText("138,357,544").first().waitFor();
    assert.match(await panel.textContent(), /alexnet and vgg16 side by side/);
  },

  "a printed figure is reconciled": async ({ visit, assert }) => {
    const page = await open(visit);
    const panel = await show(page, "reconcile");
    await panel.getByLabel("A figure as it was printed").fill("3.8 GFLOP");
    await page.keyboard.press("Enter");
    await panel.getByText("3,857,973,248").first().waitFor();
    await panel.getByLabel("A figure as it was printed").fill("a lot");
    await page.keyboard.press("Enter");
    await panel.getByRole("alert").waitFor();
    assert.match(await panel.getByRole("alert").textContent(), /is not a figure/);
  },

  "the quiz marks what is filled in": async ({ visit, assert }) => {
    const page = await open(visit, "?net=lenet5");
    const panel = await show(page, "quiz");
    const fields = panel.locator("td input");
    await fields.first().fill("1");
    await panel.getByRole("button", { name: "Check" }).click();
    await panel.getByText("0 of 6 right, 5 still open").waitFor();
    assert.equal(await fields.first().getAttribute("aria-invalid"), "true");
    await panel.getByText("Hint", { exact: true }).first().click();
    await panel.getByRole("button", { name: "Show the answers" }).click();
    await panel.getByText("These are the answers").waitFor();
    await panel.getByRole("button", { name: "Check" }).click();
    await panel.getByText("6 of 6 right").waitFor();
    const labels = () => fields.evaluateAll((nodes) => nodes.map((node) => node.ariaLabel).join());
    const before = await labels();
    await panel.getByRole("button", { name: "Another sheet" }).click();
    await panel.getByText("6 of 6 right").waitFor({ state: "detached" });
    assert.notEqual(await labels(), before);
  },

  "every format is shown as text": async ({ visit, assert }) => {
    const page = await open(visit, "?net=lenet5");
    const panel = await show(page, "export");
    const begins = { yaml: "archcalc: 1", md: "### LeNet-5", csv: "kind,path,", tex: "% LeNet-5", json: "{", svg: "<svg", mmd: "flowchart", tikz: "% LeNet-5", py: '"""LeNet-5' };
    const buttons = panel.getByRole("button", { name: /^Show/ });
    await buttons.first().waitFor();
    const seen = [];
    for (const button of await buttons.all()) {
      const before = await panel.getByRole("status").textContent();
      await button.click();
      await page.waitForFunction((said) => ![said, ""].includes(document.querySelector("#panel-export [role=status]").textContent), before);
      const ending = /\.(\w+),/.exec(await panel.getByRole("status").textContent())[1];
      const text = await panel.locator("pre").textContent();
      assert.ok(text.startsWith(begins[ending]), `${ending}: ${text.slice(0, 60)}`);
      seen.push(ending);
    }
    assert.deepEqual([...new Set(seen)].sort(), Object.keys(begins).sort());
  },

  "a file is saved, a picture as PNG too": async ({ visit, assert }) => {
    const page = await open(visit, "?net=lenet5");
    const panel = await show(page, "export");
    const saved = async (name) => {
      const [download] = await Promise.all([page.waitForEvent("download"), panel.getByRole("button", { name, exact: true }).click()]);
      return [download.suggestedFilename(), Buffer.concat(await (await download.createReadStream()).toArray())];
    };
    const [csv, text] = await saved("Save the table as CSV");
    assert.equal(csv, "lenet5.csv");
    assert.match(text.toString(), /total,total,total,,10,61706,416520,/);
    const [png, bytes] = await saved("Save as PNG: the drawing as SVG");
    assert.equal(png, "lenet5.png");
    assert.equal(bytes.subarray(1, 4).toString(), "PNG");
    assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [717, 1228]); // twice 358.5×614
  },

  "markup in a spec is text in every view": async ({ visit, assert }) => {
    const markup = '<img src=x onerror="console.log(1)"><script>console.log(2)</script>';
    const text = `name: odd\ntitle: '${markup}'\nnotes: '${markup}'\npaper: {authors: '${markup}', title: '</title>${markup}'}\nparams: {width: 4}\ninput: [3, 8, 8]\nlayers:\n  - {name: a, conv: width, note: '${markup}'}\n  - {fc: 3}\nexpect: [{params: 1, verdict: erratum, why: '${markup}', cite: '${markup}', said: '${markup}'}]\n`;
    const page = await open(visit, `#spec=${deflateRawSync(text).toString("base64url")}&name=odd.yaml`);
    assert.match(await page.locator("#title").textContent(), /^<img/);
    await row(page, "a").click();
    for (const tab of await page.getByRole("tab").all()) {
      await tab.click();
      await page.waitForTimeout(250);
    }
    await show(page, "reconcile");
    await page.getByLabel("A figure as it was printed").fill("1 params");
    await page.keyboard.press("Enter");
    await page.locator("#panel-reconcile .notes").waitFor();
    assert.equal(await page.locator('img[src="x"], #see script').count(), 0);
    assert.match(await page.locator("#panel-reconcile").textContent(), /<script>/);
  },
};
