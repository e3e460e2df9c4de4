// What the JSON schema says about a place in a spec: the keys and values that may stand there, and
// their descriptions. A schema becomes alternatives, each a list of plain schemas that hold together.

import { keysOf } from "./place.js";

/** The alternatives of a schema for the node that stands there (null: nothing is known of it). */
export function alternatives(root, schema, node, depth = 0) {
  if (!schema || schema === true || depth > 24) return [[]];
  const { $ref, allOf, anyOf, if: test, then: yes, else: no, ...own } = schema;
  let all = [[own]];
  const parts = [];
  if ($ref) parts.push(target(root, $ref));
  if (allOf) parts.push(...allOf);
  for (const part of parts) all = cross(all, alternatives(root, part, node, depth + 1));
  if (anyOf) all = cross(all, anyOf.flatMap((one) => alternatives(root, one, node, depth + 1)));
  if (test) {
    const holds = holdsFor(test, node);
    const branches = [];
    if (holds !== false) branches.push(...alternatives(root, yes, node, depth + 1));
    if (holds !== true) branches.push(...alternatives(root, no, node, depth + 1));
    all = cross(all, branches);
  }
  return all;
}

const target = (root, ref) => root.definitions[ref.slice("#/definitions/".length)];

const cross = (left, right) =>
  right.length === 1 && !right[0].length ? left : left.flatMap((a) => right.map((b) => [...a, ...b]));

function holdsFor(test, node) {
  if (test.type === "object") return !node || node.type === "word" ? undefined : node.type === "map";
  const keys = keysOf(node);
  const required = (test.required ?? []).every((key) => keys.includes(key));
  const some = !test.anyOf || test.anyOf.some((one) => holdsFor(one, node));
  return required && some && !(test.not && holdsFor(test.not, node));
}

/** The schema of the place that a trail leads to, without the last step of the trail. */
export function schemaAt(root, trail) {
  let schema = root;
  for (const { node, key, index } of trail) schema = inside(root, schema, node, key, index);
  return schema;
}

function inside(root, schema, node, key, index) {
  const options = [];
  for (const group of alternatives(root, schema, node)) {
    const parts = [];
    for (const one of group) {
      if (index !== undefined) parts.push(one.items);
      else if (one.properties && key in one.properties) parts.push(one.properties[key]);
      else if (one.additionalProperties) parts.push(one.additionalProperties);
    }
    const said = parts.filter((part) => part && part !== true);
    if (said.length) options.push(said.length === 1 ? said[0] : { allOf: said });
  }
  if (!options.length) return true;
  return options.length === 1 ? options[0] : { anyOf: options };
}

/** The keys that a map may have: `[{key, description, schema}]`. */
export function keysFor(root, schema, node) {
  const found = new Map();
  for (const group of alternatives(root, schema, node)) {
    const closed = group.filter((one) => (one.additionalProperties ?? true) !== true);
    for (const one of group.toReversed()) {
      for (const [key, value] of Object.entries(one.properties ?? {})) {
        if (!closed.every((other) => key in (other.properties ?? {}))) continue;
        const said = found.get(key);
        if (!said) found.set(key, { key, description: describe(root, value), schema: value });
        else if (said.schema === true || !said.description) said.description = describe(root, value);
      }
    }
  }
  return [...found.values()];
}

/** The words that may stand as a value: `[{word, description}]`. */
export function wordsFor(root, schema, node) {
  const found = new Map();
  const add = (word, description = "") => found.has(word) || found.set(word, { word, description });
  for (const group of alternatives(root, schema, node)) {
    for (const one of group) {
      (one.enum ?? []).forEach((word, index) => add(String(word), (one.markdownEnumDescriptions ?? [])[index]));
      if (one.const !== undefined) add(String(one.const));
      if ([one.type].flat().includes("boolean")) ["true", "false"].forEach((word) => add(word));
    }
  }
  return [...found.values()];
}

/** Whether a value may be arithmetic on params. */
export const takesArithmetic = (root, schema) =>
  alternatives(root, schema, null).some((group) => group.some((one) => /^arithmetic/.test(one.description ?? "")));

/** Whether a value is a list of which each item is a step or a word. */
export const takesList = (root, schema) =>
  alternatives(root, schema, null).some((group) => group.some((one) => one.type === "array"));

/** The first description that a schema or what it refers to has. */
export function describe(root, schema) {
  for (let at = schema; at && at !== true; at = at.$ref ? target(root, at.$ref) : at.allOf?.[0])
    if (at.description) return at.description;
  return "";
}

/** What a value may be, in words: "a whole number from 1, arithmetic or a list". */
export function kindsOf(root, schema) {
  const kinds = new Set();
  for (const group of alternatives(root, schema, null)) {
    for (const one of group) {
      if (/^arithmetic/.test(one.description ?? "")) kinds.add("arithmetic");
      else if (one.enum) kinds.add("a word");
      else for (const type of [one.type ?? []].flat()) kinds.add(NAMES[type](one));
    }
  }
  const list = [...kinds].filter(Boolean);
  return list.length < 2 ? (list[0] ?? "") : `${list.slice(0, -1).join(", ")} or ${list[list.length - 1]}`;
}

const from = (one) => (one.minimum === undefined ? "" : ` from ${one.minimum}`);
const NAMES = {
  integer: (one) => `a whole number${from(one)}`,
  number: (one) => `a number${from(one)}`,
  string: () => "a word",
  boolean: () => "true or false",
  array: () => "a list",
  object: () => "a mapping",
  null: () => "",
};
