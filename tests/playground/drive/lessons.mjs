// The lessons, done by filling in blanks alone: from an empty page to a correct small network.

/** For each lesson a wrong answer, what must be said of it, and a right answer. */
const LESSONS = {
  "output-size": [["5", "2"], /\(227 \+ 2·0 − 11\)\/5 \+ 1/, ["4", "2"]],
  parameters: [["90", "10"], /should be 34,944/, ["96", "10"]],
  padding: [["2", "2", "0"], /384×11×11/, ["2", "2", "1"]],
  bottleneck: [["256", "256", "64"], /at most 300M/, ["64", "64", "64"]],
  residual: [["128", "128", "1"], /a residual needs equal shapes/, ["128", "128", "2"]],
  "receptive-field": [["3", "2"], /5, but it should be 7/, ["3", "3"]],
  memory: [["gap"], /at least 4/, ["{maxpool: 2}\n  - {conv: 64, kernel: 3, pad: half}\n  - {maxpool: 2}\n  - {conv: 64, kernel: 3, pad: half}\n  - gap"]],
};

const verdict = (page) => page.locator(".verdict");

async function opened(page) {
  await page.waitForFunction(() => document.querySelector("#findings").textContent);
  await page.click("#lessons-button");
  await verdict(page).getByText("left to fill in").waitFor();
}

/** Writes over a word, as a person who marks it and types. */
async function write(page, word, text) {
  await page.locator(".cm-line", { hasText: word }).first().evaluate((line, wanted) => {
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const at = walker.currentNode.data.indexOf(wanted);
      if (at >= 0) return getSelection().setBaseAndExtent(walker.currentNode, at, walker.currentNode, at + wanted.length);
    }
  }, word);
  await page.keyboard.insertText(text);
}

async function fill(page, answers) {
  for (const answer of answers) await write(page, "___", answer);
}

export const cases = {
  "a student goes from an empty page to a correct network": async ({ visit, assert }) => {
    const page = await visit();
    await opened(page);
    for (const [id, [wrong, said, right]] of Object.entries(LESSONS)) {
      await page.locator("#files", { hasText: `${id}.yaml` }).waitFor();
      await fill(page, wrong);
      await verdict(page).getByText(said).first().waitFor();
      assert.doesNotMatch(await verdict(page).textContent(), /Right/);
      await page.getByRole("button", { name: "Begin this lesson again" }).click();
      await verdict(page).getByText("left to fill in").waitFor();
      await fill(page, right);
      await verdict(page).getByText("Right.").waitFor();
      if (id !== "memory") await page.getByRole("button", { name: "Next lesson" }).click();
    }
    assert.equal(await page.locator(".lesson-list").textContent(), "1 ✓2 ✓3 ✓4 ✓5 ✓6 ✓7 ✓");
    assert.match(await page.locator("#totals").textContent(), /^56,970 params/); // 896 + 18,496 + 36,928 + 650
    await page.waitForFunction(() => document.querySelector("#findings").textContent === "No errors or warnings");
  },

  "the hint is a formula, and progress ends with the visit": async ({ visit, assert }) => {
    const page = await visit();
    await opened(page);
    await page.getByText("Hint: the formula").click();
    assert.match(await page.locator(".lesson details").textContent(), /height = ⌊\(H \+ 2p − k\)\/s \+ 1⌋/);
    await fill(page, ["4", "2"]);
    await verdict(page).getByText("Right.").waitFor();
    await page.getByRole("button", { name: "Close the lessons" }).click();
    assert.equal(await page.locator(".lessons").count(), 0);
    await page.click("#lessons-button"); // at the first that is not done
    await page.getByRole("heading", { name: "2. Parameters of a layer" }).waitFor();
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    await page.reload();
    await opened(page);
    await page.getByRole("heading", { name: "1. A convolution's output size" }).waitFor();
    assert.doesNotMatch(await page.locator(".lesson-list").textContent(), /✓/);
  },

  "only the blanks may be changed": async ({ visit }) => {
    const page = await visit();
    await opened(page);
    await fill(page, ["4", "2"]);
    await write(page, "11", "9");
    await verdict(page).getByText("the lesson has 11 here, not 9").waitFor();
    await page.getByRole("button", { name: "Begin this lesson again" }).click();
    await verdict(page).getByText("left to fill in").waitFor();
  },
};
