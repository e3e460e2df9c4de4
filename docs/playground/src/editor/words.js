// The words that may stand at the caret, with their descriptions: those of the schema, and those
// that the spec itself defines (names of steps, blocks, params and variants).

import { keysOf, placeAt, valueOf } from "./place.js";
import { describe, keysFor, kindsOf, schemaAt, takesArithmetic, takesList, wordsFor } from "./schema.js";

/** A longer text gets neither completion nor hover. */
export const LARGEST = 200_000;

// What comes first where much may stand: the words of first lectures.
const FIRST = {
  step: "conv fc maxpool relu bn flatten gap dropout softmax residual concat stage use name avgpool dwconv linear ln attention".split(" "),
  act: "relu gelu swish sigmoid tanh leaky_relu hardswish none".split(" "),
  norm: "bn ln in rms none".split(" "),
};
const STEP_NAMES = new Set(["from", "share", "at", "outputs"]);
const COMMON = new Set("name from repeat first last when note share frozen lora norm act".split(" "));

/**
 * What may be written at `offset`: `{from, to, role, word, options}`, options in the order in which
 * they are offered, each `{label, detail, info, kind}`; `kind` is "key", "layer", "word" or "own".
 */
export function wordsAt(root, text, offset) {
  const place = placeAt(text, offset);
  if (!place) return null;
  const all = place.role === "key" ? keyOptions(root, place) : valueOptions(root, place);
  const options = ranked(all, place.word);
  return { from: place.from, to: place.to, role: place.role, word: place.word, place, options };
}

function keyOptions(root, { trail, tree, entry }) {
  const { node } = trail[trail.length - 1];
  const schema = schemaAt(root, trail.slice(0, -1));
  const taken = new Set(node.entries.filter((one) => one !== entry && !one.pending).map((one) => one.key));
  const without = { ...node, entries: node.entries.filter((one) => one !== entry) };
  const own = ownKeys(trail, tree, without).map((name) => option(name, "own", "a param of the block"));
  const begun = without.entries.some((one) => isKind(root, one.key));
  const kinds = isStep(schema) && !begun;
  const keys = keysFor(root, schema, without).map((key) => keyOption(root, key, kinds));
  const rest = keys.filter(({ label }) => !taken.has(label));
  return [...own.filter(({ label }) => !taken.has(label)), ...(kinds ? put(FIRST.step, rest) : rest)];
}

function keyOption(root, { key, description, schema }, kinds) {
  const layer = kinds && isKind(root, key) && !COMMON.has(key);
  return option(key, layer ? "layer" : "key", description, kindsOf(root, schema));
}

const isKind = (root, key) => `kind-${key}` in root.definitions;

/** The options named in `first` before all others, which keep their order. */
function put(first, options) {
  const place = ({ label }) => (first.indexOf(label) + 1 || first.length + 1);
  return options.map((one, order) => ({ one, order })).sort((a, b) => place(a.one) - place(b.one) || a.order - b.order).map(({ one }) => one);
}

function isStep(schema) {
  const name = (one) => one && (one.$ref === "#/definitions/step" || one.$ref === "#/definitions/mapping");
  return name(schema) || [...(schema.anyOf ?? []), ...(schema.allOf ?? [])].some(name);
}

function option(label, kind, info = "", detail = "") {
  return { label, kind, info, detail };
}

/** Keys that the spec itself defines: params of the block that is used, of the file in a variant. */
function ownKeys(trail, tree, node) {
  const used = valueOf(node, "use");
  if (used) return keysOf(valueOf(valueOf(valueOf(tree, "blocks"), used.text), "params"));
  const steps = trail.map((step) => step.key);
  if (steps[0] === "variants" && trail.length === 3) return keysOf(valueOf(tree, "params"));
  if ((steps.at(-2) === "first" || steps.at(-2) === "last") && trail.length > 2)
    return ownKeys(trail.slice(0, -1), tree, trail[trail.length - 2].node);
  return [];
}

function valueOptions(root, { trail, tree, role, node }) {
  const schema = schemaAt(root, trail);
  const words = wordsFor(root, schema, node).map(({ word, description }) => option(word, "word", description));
  const list = role === "value" && takesList(root, schema);
  const item = role === "item" || !list ? schema : listItem(root, schema);
  const key = trail[trail.length - 1].key;
  if (key === "act" || key === "norm") return put(FIRST[key], [...words, option("none", "word", "None.")]);
  if (isStep(item)) {
    const steps = list ? wordsFor(root, item, node).map(({ word, description }) => option(word, "word", description)) : [];
    const begun = [...steps, ...itemOptions(root, item, node)];
    return role === "item" ? put(FIRST.step, [...words, ...begun]) : [...words, ...put(FIRST.step, begun)];
  }
  return [...ownValues(trail, tree, root, schema), ...words];
}

function listItem(root, schema) {
  const steps = schema.$ref ? root.definitions[schema.$ref.slice(14)] : schema;
  if (steps.items) return steps.items;
  const inner = steps.allOf?.[0] ?? steps.anyOf?.find((one) => one.$ref === "#/definitions/steps");
  return inner ? listItem(root, inner) : schema;
}

/** The steps that may stand in a list: words alone, and kinds that begin a mapping. */
function itemOptions(root, schema, node) {
  const words = new Set(wordsFor(root, schema, node).map(({ word }) => word));
  const kinds = keysFor(root, { $ref: "#/definitions/mapping" }, null);
  const steps = kinds.filter(({ key }) => !COMMON.has(key) && !words.has(key));
  return [
    ...steps.map(({ key, description }) => ({ ...option(key, "layer", description), mapping: true })),
    { ...option("name", "key", "The name of the step."), mapping: true },
  ];
}

/** Values that the spec itself defines: names of earlier steps, blocks, params. */
function ownValues(trail, tree, root, schema) {
  const last = trail.findLast((step) => step.key !== undefined);
  const key = last?.key;
  if (key === "use") return keysOf(valueOf(tree, "blocks")).map((name) => option(name, "own", "a block of this file"));
  if (key === "variant") return keysOf(valueOf(tree, "variants")).map((name) => option(name, "own", "a variant"));
  if (STEP_NAMES.has(key)) return stepNames(tree).map((name) => option(name, "own", "a step of this file"));
  if (!takesArithmetic(root, schema)) return [];
  const block = trail[0].key === "blocks" ? valueOf(valueOf(tree, "blocks"), trail[1]?.key) : null;
  const names = new Set([...keysOf(valueOf(block, "params")), ...keysOf(valueOf(tree, "params"))]);
  return [...names].map((name) => option(name, "own", "a param"));
}

function stepNames(tree) {
  const names = new Set();
  const visit = (node) => {
    if (!node || node.type === "word") return;
    if (node.type === "list") return node.items.forEach(visit);
    const name = valueOf(node, "name");
    if (name?.type === "word" && !name.marked) names.add(name.text);
    node.entries.forEach((entry) => visit(entry.value));
  };
  visit(valueOf(tree, "layers"));
  return [...names];
}

/** Options that fit the typed word: those that begin with it, contain it, or are the nearest. */
export function ranked(options, typed) {
  const wanted = typed.replace(/^["']/, "").toLowerCase();
  if (!wanted) return options;
  const scored = options.map((one, order) => ({ one, order, score: distance(one.label.toLowerCase(), wanted) }));
  const fitting = scored.filter(({ score }) => score < 4);
  return fitting.sort((a, b) => a.score - b.score || a.order - b.order).map(({ one }) => one);
}

function distance(label, wanted) {
  if (label.startsWith(wanted)) return label === wanted ? 0 : 1;
  if (label.includes(wanted)) return 2;
  if (wanted.length < 3) return 4;
  const allowed = wanted.length < 5 ? 1 : 2;
  return edits(label, wanted) <= allowed || edits(label.slice(0, wanted.length), wanted) <= 1 ? 3 : 4;
}

/** The number of letters to insert, drop, change or swap with a neighbour. */
export function edits(a, b) {
  let before = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}

/** The text that is put in, with `|` where the caret goes. */
export function written({ label, mapping }, { role, from, to, place }, text) {
  if (role === "key") return /^\s*:/.test(text.slice(to)) ? `${label}|` : `${label}: |`;
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const before = text.slice(start, from);
  const step = mapping ? `{${label}: |}` : `${label}|`;
  const parent = place.trail[place.trail.length - 1].node;
  const bare = place.node.bare || (role === "value" && !before.trim());
  if (bare) return `- ${step}`;
  if (role === "value" && mapping) return parent.flow ? `[${step}]` : `\n${/^\s*(- )*/.exec(before)[0].replaceAll("-", " ")}  - ${step}`;
  return step;
}

/** What the key or word at `offset` means: `{from, to, title, text, kinds}`, or null. */
export function meaningAt(root, text, offset) {
  const place = placeAt(text, offset);
  if (!place || place.from === place.to) return null;
  const { trail, from, to } = place;
  const last = trail[trail.length - 1];
  if (place.role === "key") {
    const { node, key } = last;
    const said = keysFor(root, schemaAt(root, trail.slice(0, -1)), node).find((one) => one.key === key);
    if (!said) return null;
    const value = describe(root, said.schema);
    const text = value.startsWith(said.description) ? value : said.description;
    return { from, to, title: key, text, kinds: kindsOf(root, said.schema) };
  }
  const word = place.node.text;
  const schema = schemaAt(root, trail);
  const said = wordsFor(root, schema, place.node).find((one) => one.word === word && one.description);
  return said ? { from, to, title: word, text: said.description, kinds: "" } : null;
}
