// Parts of the page without a browser: the order of questions, rows and lines, the search of the shelf.

import assert from "node:assert/strict";
import test from "node:test";
import { filtered } from "../../../docs/playground/src/files.js";
import { summary } from "../../../docs/playground/src/problems.js";
import { Refused, Stopped, createQueue } from "../../../docs/playground/src/queue.js";
import { rowAt } from "../../../docs/playground/src/rows.js";

/** An engine that answers when it is told to. */
function slowEngine() {
  const open = [];
  return {
    open,
    ask: (action) => new Promise((answer) => open.push({ action, answer })),
    stop() {
      open.shift().answer({ ok: false, stopped: true });
    },
  };
}

const settled = () => new Promise((done) => setImmediate(done));

test("one question at a time, the most urgent first", async () => {
  const engine = slowEngine();
  const queue = createQueue(engine);
  const answers = ["draw", "explain", "look"].map((action, at) => queue.ask(action, {}, { urgency: [2, 1, 0][at] }));
  assert.deepEqual(engine.open.map((one) => one.action), ["draw"]);
  const order = [];
  for (let at = 0; at < 3; at += 1) {
    const one = engine.open.shift();
    order.push(one.action);
    one.answer({ ok: true, result: at });
    await settled();
  }
  assert.deepEqual(order, ["draw", "look", "explain"]);
  assert.deepEqual(await Promise.all(answers), [0, 2, 1]);
});

test("the newest text wins: what was asked about an older one is dropped, unless it lasts", async () => {
  const engine = slowEngine();
  const queue = createQueue(engine);
  const heard = [];
  const ask = (name, options) => queue.ask(name, {}, options).then(() => heard.push(name));
  ask("running");
  ask("waiting");
  ask("shelf", { lasting: true });
  queue.renew();
  ask("new");
  while (engine.open.length) {
    engine.open.shift().answer({ ok: true, result: 1 });
    await settled();
  }
  assert.deepEqual(heard.sort(), ["new", "shelf"]);
});

test("a run that is stopped says so, and so does what waited for it", async () => {
  const engine = slowEngine();
  const queue = createQueue(engine);
  const both = Promise.allSettled([queue.ask("look", {}), queue.ask("draw", {})]);
  queue.stop();
  for (const { reason } of await both) assert.ok(reason instanceof Stopped);
});

test("an error of the engine, or an engine that fails, is an error with its text", async () => {
  const refusing = createQueue({ ask: async () => ({ ok: false, error: { message: "no such network" } }) });
  await assert.rejects(refusing.ask("source", {}), (error) => error instanceof Refused && error.message === "no such network");
  const broken = createQueue({ ask: async () => { throw new Error("lost"); } });
  await assert.rejects(broken.ask("look", {}), /does not answer: lost/);
});

const SPEC = "name: x\nlayers:\n  - name: a\n    stage:\n      - relu\n      - conv: 3\n        kernel: 3\n\nexpect:\n  - {params: 3}\n";
const ROWS = [
  { path: "a", line: 3, kind: "subtotal" },
  { path: "a.relu", line: 5, kind: "row" },
  { path: "a.conv", line: 6, kind: "row" },
  { path: "a.again", line: 6, kind: "row" },
];
const LINES = [[1, null], [2, null], [3, "a"], [4, "a"], [5, "a.relu"], [6, "a.conv"], [7, "a.conv"], [9, null], [10, null]];
for (const [line, path] of LINES)
  test(`the row of line ${line}`, () => assert.equal(rowAt(ROWS, line, SPEC)?.path ?? null, path));

const SHELF = {
  networks: [
    { name: "resnet50", title: "ResNet-50", family: "resnet", task: ["classify"], year: 2015, variants: ["v1.5"] },
    { name: "yolov3", title: "YOLOv3", family: "detection", task: ["detect"], year: 2018, variants: [] },
  ],
  layers: [{ key: "conv", title: "Slide a kernel over the input", text: "" }],
};
const SEARCHES = [["", 2, 1], ["resnet 2015", 1, 0], ["RESNET 2018", 0, 0], ["v1.5", 1, 0], ["detect", 1, 0], ["layer kernel", 0, 1]];
for (const [wanted, networks, layers] of SEARCHES) {
  test(`a search for "${wanted}"`, () => {
    const found = filtered(SHELF, wanted);
    assert.deepEqual([found.networks.length, found.layers.length], [networks, layers]);
  });
}

test("findings are counted", () => {
  const of = (...kinds) => summary(kinds.map((severity) => ({ severity })));
  assert.equal(of(), "No errors or warnings");
  assert.equal(of("error", "hint", "error", "warning"), "2 errors, 1 warning, 1 hint");
});

test("while the check runs, or when it did not end, the count says so", () => {
  const hint = [{ severity: "hint" }];
  assert.equal(summary([], "looking"), "Looking for errors and warnings…");
  assert.equal(summary(hint, "looking"), "1 hint; looking for more…");
  assert.equal(summary([], "unknown"), "Not checked");
  assert.equal(summary(hint, "unknown"), "1 hint; not all was checked");
});
