// The editor and what stands around it, as a person uses them.

import { crc32 } from "node:zlib";
import { readAddress } from "../../../docs/playground/src/links.js";

const LINE = ".cm-activeLine";

/** Waits until the figures are those of the text. */
async function settled(page) {
  await page.waitForFunction(() => document.querySelector("#totals").textContent && !document.querySelector("#state").hasAttribute("data-stale"));
}

const totals = (page) => page.locator("#totals").textContent();
const findings = (page) => page.locator("#findings").textContent();
const sound = (page) => page.waitForFunction(() => document.querySelector("#findings").textContent === "No errors or warnings");
const text = (page) => page.locator(".cm-content").evaluate((node) => node.cmTile?.view?.state.sliceDoc() ?? node.innerText);

async function caretBehind(page, words) {
  await page.locator(".cm-line", { hasText: words }).first().click();
  await page.keyboard.press("End");
}

/** Takes the first completion; the editor takes no key in the first moment of its list. */
async function pick(page, word) {
  await page.locator(".completions li", { hasText: word }).first().waitFor();
  await page.waitForTimeout(150);
  await page.keyboard.press("Enter");
}

/** Waits until the address of the page holds a text. */
async function addressHolds(page, pattern) {
  const spec = async () => (await readAddress(page.url())).spec ?? "";
  for (let at = 0; at < 100 && !pattern.test(await spec()); at += 1) await page.waitForTimeout(100);
}

/** A file dropped on the page. */
async function drop(page, name, bytes) {
  await page.evaluate(([file, letters]) => {
    const data = Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([data], file));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, [name, Buffer.from(bytes).toString("base64")]);
}

/** An archive of files, not packed. */
function archiveOf(files) {
  const [locals, directory] = [[], []];
  for (const [name, text] of Object.entries(files)) {
    const [path, data] = [Buffer.from(name), Buffer.from(text)];
    const about = Buffer.alloc(26); // version, flags, method, time, date, check sum, sizes, lengths of the names
    about.writeUInt16LE(20, 0);
    about.writeUInt32LE(crc32(data), 10);
    about.writeUInt32LE(data.length, 14);
    about.writeUInt32LE(data.length, 18);
    about.writeUInt16LE(path.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(Buffer.concat(locals).length, 10);
    locals.push(Buffer.from("PK\x03\x04"), about, path, data);
    directory.push(Buffer.from("PK\x01\x02\x14\x00"), about, rest, path);
  }
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(Buffer.concat(locals).length, 16);
  return Buffer.concat([...locals, ...directory, end]);
}

const KERAS = JSON.stringify({
  class_name: "Sequential",
  config: {
    name: "tiny",
    layers: [
      { class_name: "InputLayer", config: { name: "x", batch_shape: [null, 4] } },
      { class_name: "Dense", config: { name: "scores", units: 3 } },
    ],
  },
});
const PROTOTXT = `name: "tiny"
input: "data"
input_shape { dim: 1 dim: 3 dim: 32 dim: 32 }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 8 kernel_size: 5 } }
`;
const CFG = "[net]\nwidth=32\nheight=32\nchannels=3\n[convolutional]\nfilters=16\nsize=3\nstride=1\npad=1\nactivation=linear\n";
const HOSTILE = `name: odd\ntitle: "<img src=x onerror=console.log(1)>"\ninput: [3, 8, 8]\nlayers:\n- {name: "<b>&amp;", conv: 4}\n- {konv<script>: 4}\n`;

export const cases = {
  "a broken word is marked, and the bulb mends it by keys alone": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16");
    await settled(page);
    assert.match(await totals(page), /^138,357,544 params/);
    await caretBehind(page, "conv2-1");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.type(", kernal: 3");
    await page.locator(".found.error").waitFor();
    assert.equal(await page.locator(".found.error").textContent(), "kernal");
    assert.ok(await page.locator("#state").evaluate((node) => node.hasAttribute("data-stale")));
    assert.match(await page.locator("#status").textContent(), /^Line 23: conv has no argument/);
    await page.keyboard.press("Control+.");
    await page.locator("[role=menuitem]:focus").waitFor();
    await page.keyboard.press("Enter");
    await settled(page);
    assert.match(await page.locator(LINE).textContent(), /kernel: 3\}/);
    await sound(page);
    await page.keyboard.press("Control+z");
    await page.locator(".found.error").waitFor();
  },

  "the list of findings leads to the place and mends it": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16");
    await settled(page);
    await caretBehind(page, "name: conv1-2");
    await page.keyboard.type(" x");
    await page.locator("#findings li.error").waitFor();
    await page.keyboard.press("Control+Home");
    await page.locator("#findings li button", { hasText: "line" }).click();
    assert.match(await page.locator(LINE).textContent(), /conv1-2/);
    await page.keyboard.type("- bn"); // what is wrong is marked, so that this replaces it
    assert.match(await text(page), /conv1-2, conv: 64\} - bn\n/);
  },

  "a fix of an older text does nothing": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16");
    await settled(page);
    await caretBehind(page, "conv2-1");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.type(", kernal: 3");
    await page.locator("#findings button", { hasText: "Write kernel" }).waitFor();
    const after = await page.locator(".cm-content").evaluate((node) => {
      const { view } = node.cmTile;
      view.dispatch({ changes: { from: 0, insert: "# first\n" } });
      document.querySelector("#findings .fix").click(); // in the moment before the page has looked again
      return view.state.sliceDoc();
    });
    assert.match(after, /^# first\narchcalc: 1/);
    assert.match(after, /kernal: 3\}/);
    await page.waitForFunction(() => /line 24/.test(document.querySelector("#findings").textContent));
    await page.locator("#findings button", { hasText: "Write kernel" }).click();
    await settled(page);
    assert.match(await text(page), /conv2-1, conv: 128, kernel: 3\}/);
  },

  "while the check runs, the page says that it looks": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16");
    await settled(page);
    await sound(page);
    let goOn = null;
    await page.route("**/engine", async (route) => {
      if (/"do":"check"/.test(route.request().postData())) await new Promise((resolve) => (goOn = resolve));
      await route.continue();
    });
    await caretBehind(page, "name: pool1");
    await page.keyboard.press("Enter");
    await page.keyboard.type("# a note");
    await page.waitForFunction(() => document.querySelector("#findings").textContent === "Looking for errors and warnings…");
    await settled(page);
    assert.equal(await findings(page), "Looking for errors and warnings…");
    goOn();
    await sound(page);
  },

  "the line that one types in stays in sight when an error appears below": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16");
    await settled(page);
    const last = await page.locator("#editor").evaluate((host) => {
      const { bottom } = host.getBoundingClientRect();
      const lines = [...host.shadowRoot.querySelectorAll(".cm-line")].filter((line) => line.getBoundingClientRect().bottom < bottom);
      return lines.at(-1).textContent;
    });
    await caretBehind(page, last.slice(0, 20).trim());
    await page.keyboard.type(" {");
    await page.locator("#findings li.error").waitFor();
    const under = () => page.evaluate(() => document.querySelector("#editor").shadowRoot.querySelector(".cm-activeLine").getBoundingClientRect().bottom - document.querySelector("#keys").getBoundingClientRect().top);
    for (let at = 0; at < 20 && (await under()) > 0; at += 1) await page.waitForTimeout(50);
    assert.ok((await under()) <= 0);
  },

  "a key and a kind are completed, in flow and in block style": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16");
    await settled(page);
    await page.waitForTimeout(300);
    await caretBehind(page, "name: pool1");
    await page.keyboard.press("Enter");
    await page.keyboard.type("- con");
    await pick(page, "conv");
    await page.keyboard.type("64, ker");
    await page.locator(".completions li", { hasText: "kernel" }).first().waitFor();
    const { x, y, width } = await page.locator(".completions").first().boundingBox();
    const [figures, above] = await page.evaluate(([right, top]) => [document.querySelector("#see").getBoundingClientRect().x, document.elementFromPoint(right, top).id], [x + width - 4, y + 8]);
    assert.ok(x + width > figures);
    assert.equal(above, "editor"); // the list lies over the figures
    await pick(page, "kernel");
    await page.keyboard.type("5");
    assert.match(await page.locator(LINE).textContent(), /- \{conv: 64, kernel: 5\}/);
    await page.keyboard.press("Escape");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.keyboard.type("- conv: 32");
    await page.keyboard.press("Enter");
    await page.keyboard.type("kern");
    await pick(page, "kernel");
    assert.match(await page.locator(LINE).textContent(), /^ {8}kernel: /);
  },

  "words are found in the editor, by keys alone": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16");
    await settled(page);
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+f");
    await page.keyboard.type("conv2-1");
    await page.locator(".cm-searchMatch").waitFor();
    await page.keyboard.press("Enter");
    assert.match(await page.locator(LINE).textContent(), /conv2-1/);
    await page.keyboard.press("Escape");
    await page.locator(".cm-search").waitFor({ state: "detached" });
    assert.ok(await page.evaluate(() => document.activeElement.id === "editor"));
  },

  "the line between the halves moves by keys and by dragging": async ({ visit, assert }) => {
    const page = await visit("");
    await settled(page);
    const divider = page.getByRole("separator");
    const width = async () => Math.round((await page.locator("#write").boundingBox()).width);
    assert.equal(await width(), 512); // 40 % of 1280
    await divider.focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await width(), 538);
    assert.equal(await divider.getAttribute("aria-valuenow"), "42");
    await page.keyboard.press("Home");
    assert.equal(await width(), 256);
    const box = await divider.boundingBox();
    await page.mouse.move(box.x + 3, 300);
    await page.mouse.down();
    await page.mouse.move(640, 300);
    await page.mouse.up();
    assert.equal(await width(), 640);
    await divider.dblclick();
    assert.equal(await width(), 512);
  },

  "the pointer on a key shows what it means": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16");
    await settled(page);
    const word = page.locator(".cm-content >> text=kernel >> nth=0");
    for (let at = 0; at < 20 && !(await page.locator(".hover").count()); at += 1) {
      await page.locator("#title").hover(); // again, until the schema is there
      await word.hover();
      await page.waitForTimeout(500);
    }
    assert.match(await page.locator(".hover").textContent(), /Size of the window/);
  },

  "shapes stand beside the lines, and stay there while one types": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16");
    await settled(page);
    const line = page.locator(".cm-line", { hasText: "name: conv1-2" }).first();
    assert.equal(await line.locator(".shape").textContent(), "64×224×224");
    await caretBehind(page, "name: conv1-1");
    await page.keyboard.press("Enter");
    assert.equal(await page.locator(LINE).locator(".shape").count(), 0);
  },

  "Escape and Tab leave the editor, the skip link enters it": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16");
    await settled(page);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const inside = () => page.evaluate(() => document.activeElement.id === "editor");
    assert.ok(await inside());
    await page.keyboard.press("Tab");
    assert.ok(await inside());
    await page.locator("#findings li.error").waitFor(); // Tab has indented the line
    await page.keyboard.press("Control+z");
    await settled(page);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    assert.ok(!(await inside()));
    await page.keyboard.press("Shift+Tab");
    assert.ok(await inside());
    await page.locator("#skip-figures").focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "see");
    assert.ok(!page.url().includes("#see"));
  },

  "the shelf is searched by keys, and a second network stands beside the first": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16");
    await settled(page);
    await page.locator("#begin-button").click();
    await page.locator("#shelf button").first().waitFor();
    await page.keyboard.type("resnet-34");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /ResNet-34/.test(document.querySelector("#title").textContent));
    assert.match(await totals(page), /^21,623,848 params/); // 21,797,672 of torchvision, less 173,824 of its projections
    await page.locator("#note button", { hasText: "Back to vgg16" }).waitFor();
    await page.locator("#files button", { hasText: "Compare" }).click();
    await page.locator("#shelf button", { hasText: /^alexnet / }).click();
    await page.locator("#files .file", { hasText: "alexnet" }).click();
    await page.waitForFunction(() => /AlexNet/.test(document.querySelector("#title").textContent));
    await page.locator("#files button", { hasText: "Close the other" }).click();
    assert.equal(await page.locator("#files .file").count(), 1);
  },

  "an example of a layer and the template open": async ({ visit, assert }) => {
    const page = await visit("");
    await settled(page);
    assert.equal(await page.locator("#files .file").textContent(), "my-net.yaml");
    await page.locator("#begin-button").click();
    await page.locator("#shelf button", { hasText: /^dwconv / }).click();
    await page.waitForFunction(() => document.querySelector("#files .file").textContent === "dwconv.yaml");
    await settled(page);
    assert.match(await text(page), /dwconv/);
  },

  "a dropped file is read, and one that cannot be read says why": async ({ visit, assert }) => {
    const page = await visit("");
    await settled(page);
    await drop(page, "tiny.cfg", CFG);
    await page.waitForFunction(() => /^448 params/.test(document.querySelector("#totals").textContent)); // 16·3·3·3 + 16
    const inputs = { "tiny.prototxt": [PROTOTXT, 608], "tiny.json": [KERAS, 15], "tiny.keras": [archiveOf({ "metadata.json": `{"keras_version": "3.0.0"}`, "config.json": KERAS }), 15] };
    for (const [name, [bytes, params]] of Object.entries(inputs)) { // 8·5·5·3 + 8 and 3·4 + 3
      await drop(page, "mine.yaml", "name: mine\ninput: [3, 8, 8]\nlayers: [relu]\n");
      await page.waitForFunction(() => /^0 params/.test(document.querySelector("#totals").textContent));
      await drop(page, name, bytes);
      await page.waitForFunction((begin) => document.querySelector("#totals").textContent.startsWith(begin), `${params} params`);
    }
    await drop(page, "bad.onnx", CFG);
    await page.waitForFunction(() => /cannot read/.test(document.querySelector("#note p").textContent));
    await drop(page, "mine.yaml", "name: mine\r\ninput: [3, 8, 8]\r\nlayers: [relu]\r\n");
    await page.waitForFunction(() => /^0 params/.test(document.querySelector("#totals").textContent));
    assert.equal(await page.locator("#files .file").textContent(), "mine.yaml");
  },

  "the address holds an edited spec, a reload says so, and a fresh one is at hand": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16&set=classes=10");
    await settled(page);
    assert.match(await totals(page), /^134,301,514 params/); // 138,357,544 − 990·4097
    await caretBehind(page, "name: conv1-1");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.keyboard.type("- {conv: 64}");
    await addressHolds(page, /conv1-1, conv: 64\}\n *- \{conv: 64\}\n/);
    await settled(page);
    const edited = await totals(page);
    await page.reload();
    await settled(page);
    assert.equal(await totals(page), edited);
    assert.match(await page.locator("#note p").textContent(), /where vgg16 was edited/);
    await page.locator("#note button", { hasText: "Fresh vgg16" }).click();
    await page.waitForFunction(() => /^138,357,544/.test(document.querySelector("#totals").textContent));
  },

  "an edit with an error is not lost by a reload": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16");
    await settled(page);
    await caretBehind(page, "name: conv1-1");
    await page.keyboard.type(" # mine {");
    await caretBehind(page, "name: conv1-2");
    await page.keyboard.type(" x");
    await addressHolds(page, /conv1-2, conv: 64\} x\n/);
    await page.reload();
    await page.locator("#findings li.error").waitFor();
    assert.match(await page.locator(".cm-line", { hasText: "conv1-1" }).textContent(), /# mine \{/);
    assert.match(await page.locator("#status").textContent(), /^Line 19/);
  },

  "a link is copied and opens the same; the command line is copied": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16&set=classes=10", { permissions: ["clipboard-read", "clipboard-write"] });
    await settled(page);
    const copied = async (name) => {
      await page.locator("#share-button").click();
      await page.locator(`[data-share=${name}]`).click();
      await page.locator("#note p", { hasText: "copied" }).waitFor();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    assert.equal(new URL(await copied("link")).search, "?net=vgg16&set=classes%3D10");
    assert.equal(await copied("command"), "archcalc table vgg16 --set classes=10");
    assert.match(await copied("embed"), /^<iframe src="http:[^"]*[?&]?embed=/);
  },

  "a damaged link says so and leaves a page that works": async ({ visit, assert }) => {
    const page = await visit("#spec=AAAA&name=x.yaml");
    await settled(page);
    assert.match(await page.locator("#note p").textContent(), /damaged/);
  },

  "a network that is not on the shelf says so and leaves a page that works": async ({ visit, assert }) => {
    const page = await visit("?net=resnet5");
    await settled(page);
    assert.match(await page.locator("#note p").textContent(), /resnet5/);
  },

  "an embedded page waits for a click": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16&embed");
    await page.locator("#cover button").waitFor();
    assert.ok(!(await page.locator("#editor").isVisible()));
    await page.locator("#cover button").click();
    await settled(page);
    const own = await page.locator("#own-page").getAttribute("href");
    assert.equal(new URL(own).search, "?net=vgg16");
  },

  "text typed over a selection of several lines replaces it": async ({ visit, assert }) => {
    const page = await visit("");
    await settled(page);
    await sound(page);
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+a");
    await page.keyboard.type("name: mine\n");
    await page.locator("#findings li.error").first().waitFor();
    assert.equal(await page.locator(".cm-line").count(), 2);
    assert.equal(await page.locator(".cm-line").first().textContent(), "name: mine");
  },

  "figures that a spec expects and an edit breaks are folded": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16");
    await settled(page);
    await caretBehind(page, "name: conv1-2");
    await page.keyboard.press("Enter");
    await page.keyboard.type("- {conv: 64}");
    const fold = page.locator("#findings details");
    await fold.waitFor();
    assert.match(await fold.locator("summary").textContent(), /^\d+ figures/);
    assert.equal(await page.locator("#findings > ul > li").count(), 0);
  },

  "names with markup stay text": async ({ visit, assert }) => {
    const page = await visit("");
    await settled(page);
    await drop(page, "<img src=x>.yaml", HOSTILE);
    await page.locator("#findings li.error").waitFor();
    await drop(page, "odd.yaml", HOSTILE.replace("- {konv<script>: 4}\n", ""));
    await page.waitForFunction(() => document.querySelector("#title").textContent.includes("<img"));
    assert.equal(await page.locator("img[src]").count(), 0);
  },

  "dark by preference, and by the switch, which is kept": async ({ visit, assert }) => {
    const page = await visit("?net=vgg16", { colorScheme: "dark" });
    await settled(page);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    await page.locator("#theme-button").click();
    const light = await ground();
    assert.notEqual(light, dark);
    await page.reload();
    await settled(page);
    assert.equal(await ground(), light);
  },

  "a phone shows one below the other, without a sideways scroll": async ({ visit, assert }) => {
    const page = await visit("?net=resnet50", { viewport: { width: 390, height: 844 } });
    await settled(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    const [editor, figures] = await Promise.all(["#editor", "#panels"].map((id) => page.locator(id).boundingBox()));
    assert.ok(figures.y >= editor.y + editor.height);
  },
};
