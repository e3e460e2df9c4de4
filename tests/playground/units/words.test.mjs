// The words that completion offers, and what a key means: `|` is the caret.

import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";
import { read } from "../../../docs/playground/src/editor/place.js";
import { edits, meaningAt, wordsAt, written } from "../../../docs/playground/src/editor/words.js";

const SCHEMA = JSON.parse(fs.readFileSync(new URL("../../../archcalc/archcalc.schema.json", import.meta.url), "utf8"));
const BLOCK = "blocks:\n  basic:\n    params: {out: required, step: 1}\n    layers: [relu]\n";

function at(marked) {
  const offset = marked.indexOf("|");
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  return { text, offset, found: wordsAt(SCHEMA, text, offset) };
}

// [where the caret is, what is offered among others, what is not]
const OFFERED = [
  ["|", ["name", "input", "layers"], ["conv", "kernel"]],
  ["name: x\n|", ["input", "layers"], ["name", "conv"]],
  ["layers:\n  - {|}", ["conv", "residual", "name"], ["kernel", "input"]],
  ["layers:\n  - {conv: 64, |}", ["kernel", "stride", "pad", "norm", "repeat"], ["conv", "fc", "maxpool"]],
  ["layers:\n  - {conv: 64, kernel: 3, |\n  - relu\n", ["stride"], ["kernel", "fc"]],
  ["layers:\n  - conv: 64\n    |", ["kernel", "name"], ["conv", "fc"]],
  ["layers:\n  - conv: 64\n    s|\n    kernel: 3\n", ["stride", "share"], ["kernel"]],
  ["layers:\n  - |", ["relu", "conv", "gap"], ["kernel"]],
  ["layers: [relu, |]", ["relu", "conv"], ["kernel"]],
  ["layers:\n  - name: a\n    residual:\n      - {dwconv: , |}", ["multiplier", "kernel"], ["groups"]],
  ["layers:\n  - concat:\n      left: [{conv: 3, |}]", ["kernel"], ["fc"]],
  ["layers:\n  - {conv: 64, act: |}", ["relu", "none"], ["kernel"]],
  ["layers:\n  - {conv: 64, bias: |}", ["true", "false"], ["relu"]],
  ["layers:\n  - {conv: 64, pad: |}", ["same", "half", "valid", "causal"], ["relu"]],
  ["layers:\n  - {conv: 64, repeat: 2, first: {|}}", ["stride"], ["repeat", "name"]],
  ["defaults:\n  conv: {|}", ["kernel", "bias"], ["name", "repeat"]],
  ["params: {width: 64}\nlayers:\n  - {conv: |}", ["width"], ["relu"]],
  [`${BLOCK}layers:\n  - {use: |}`, ["basic"], ["out"]],
  [`${BLOCK}layers:\n  - {use: basic, |}`, ["out", "step", "repeat"], ["kernel", "conv"]],
  ["blocks:\n  basic:\n    params: {out: 3}\n    layers:\n      - {conv: |}", ["out"], []],
  ["layers:\n  - {name: stem, conv: 3}\n  - {relu: , from: |}", ["stem"], ["relu"]],
  ["params: {width: 64}\nvariants:\n  wide: {|}", ["width"], ["conv"]],
  ["expect:\n  - {|}", ["params", "macs", "at"], ["relu", "stage"]],
  ["task: |", ["classify", "detect"], ["relu"]],
];

for (const [marked, offered, others] of OFFERED) {
  test(`offered at ${JSON.stringify(marked)}`, () => {
    const labels = at(marked).found.options.map((one) => one.label);
    for (const one of offered) assert.ok(labels.includes(one), `${one} is missing in ${labels.slice(0, 20)}`);
    for (const one of others) assert.ok(!labels.includes(one), `${one} is offered`);
    assert.equal(new Set(labels).size, labels.length, "a word stands twice");
  });
}

const NEAREST = [
  ["layers:\n  - {conv: 64, kernal|}", "kernel"],
  ["layers:\n  - {conv: 64, strid|}", "stride"],
  ["layers:\n  - {cnov|}", "conv"],
  ["layers:\n  - maxpol|", "maxpool"],
  ["laeyrs|", "layers"],
];

for (const [marked, word] of NEAREST)
  test(`nearest word at ${JSON.stringify(marked)}`, () => assert.equal(at(marked).found.options[0].label, word));

// [where the caret is, the word that is chosen, the text with the caret afterwards]
const WRITTEN = [
  ["layers:\n  - |", "conv", "layers:\n  - {conv: |}"],
  ["layers:\n  - re|", "relu", "layers:\n  - relu|"],
  ["layers:\n  - {conv: 3, ker|}", "kernel", "layers:\n  - {conv: 3, kernel: |}"],
  ["layers:\n  - {conv: 3, kern|al: 5}", "kernel", "layers:\n  - {conv: 3, kernel|: 5}"],
  ["layers:\n  |", "conv", "layers:\n  - {conv: |}"],
  ["layers: |", "conv", "layers: \n  - {conv: |}"],
  ["layers: [|]", "conv", "layers: [{conv: |}]"],
];

for (const [marked, word, wanted] of WRITTEN) {
  test(`${word} put in at ${JSON.stringify(marked)}`, () => {
    const { text, found } = at(marked);
    const option = found.options.find((one) => one.label === word);
    assert.equal(text.slice(0, found.from) + written(option, found, text) + text.slice(found.to), wanted);
  });
}

test("a comment and a text block offer nothing", () => {
  for (const marked of ["# na|\nname: x", "name: x\nnotes: >-\n  some wo|rds"]) assert.equal(at(marked).found, null);
});

test("what a key means stands in the schema", () => {
  const { definitions, properties } = SCHEMA;
  const text = "name: x\nlayers:\n  - {conv: 64, kernel: 3}\nexpect: []\n";
  const meaning = (word) => meaningAt(SCHEMA, text, text.indexOf(word) + 1);
  assert.equal(meaning("kernel").text, definitions["key-kernel-2"].description);
  assert.ok(meaning("conv").text.startsWith(definitions["kind-conv"].description));
  assert.equal(meaning("expect").text, definitions[properties.expect.$ref.split("/").pop()].description);
  assert.equal(meaning("64"), null);
});

// By hand: letters to insert, drop, change, or swap with a neighbour.
const EDITS = [["kernel", "kernal", 1], ["conv", "cnov", 1], ["pad", "pads", 1], ["relu", "gelu", 1], ["", "abc", 3], ["stride", "string", 2]];
for (const [a, b, count] of EDITS) test(`from ${a} to ${b}`, () => assert.equal(edits(a, b), count));

test("every prefix of a spec is read, and each key is found where it stands", () => {
  const text = fs.readFileSync(new URL("../../../specs/resnet/resnet50.yaml", import.meta.url), "utf8");
  for (let end = 0; end <= text.length; end += 7) wordsAt(SCHEMA, text.slice(0, end), end);
  const visit = (node) => {
    if (!node || node.type === "word") return 0;
    if (node.type === "list") return node.items.reduce((sum, item) => sum + visit(item), 0);
    for (const { key, from, to } of node.entries) assert.equal(text.slice(from, to).replaceAll(/["']/g, ""), key);
    return node.entries.reduce((sum, entry) => sum + 1 + visit(entry.value), 0);
  };
  const tree = read(text);
  assert.deepEqual(tree.entries.map((one) => one.key).slice(0, 3), ["archcalc", "name", "title"]);
  assert.ok(visit(tree) > 60);
});

test("hostile texts are read in time that grows with their length", () => {
  for (const text of ["[".repeat(3000), "{a: ".repeat(3000), "- ".repeat(3000), "[a" + " ".repeat(100_000), "a:\n".repeat(3000), "'".repeat(3000), "a ".repeat(50_000), "a\n".repeat(3000), "\u0001{".repeat(50)])
    read(text);
});
