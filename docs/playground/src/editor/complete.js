// Completion: the words of words.js in CodeMirror's list, put in as specs are usually written.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, pickedCompletion, startCompletion } from "@codemirror/autocomplete";
import { keymap } from "@codemirror/view";
import { LARGEST, wordsAt, written } from "./words.js";

const TYPES = { key: "property", layer: "class", word: "constant", own: "variable" };

/** The extension; `schema()` gives the JSON schema, or null while it is not there yet. */
export function completion(schema) {
  const source = (context) => complete(schema(), context);
  return [
    autocompletion({ override: [source], icons: false, maxRenderedOptions: 60, tooltipClass: () => "completions" }),
    closeBrackets(),
    keymap.of([...closeBracketsKeymap, ...completionKeymap]),
  ];
}

function complete(root, context) {
  if (!root || context.state.doc.length > LARGEST) return null;
  const text = context.state.sliceDoc();
  const found = wordsAt(root, text, context.pos);
  if (!found || !found.options.length) return null;
  if (!found.word && !context.explicit && !inviting(text, context.pos)) return null;
  const { from, to, options } = found;
  if (options.length === 1 && options[0].label === text.slice(from, to)) return null;
  return { from, to, filter: false, options: options.map((one) => shown(one, found, text)) };
}

/** Behind a dash, a brace, a comma or a colon, the list opens by itself. */
const inviting = (text, at) => /(^|[\n ])- $|[{,] ?$|: $/.test(text.slice(Math.max(0, at - 3), at));

function shown(one, found, text) {
  return {
    label: one.label,
    type: TYPES[one.kind],
    detail: one.kind === "own" ? one.info : one.detail,
    info: one.kind === "own" || !one.info ? undefined : () => explanation(one.info),
    apply: (view, completion, from, to) => put(view, completion, from, to, written(one, found, text)),
  };
}

function put(view, completion, from, to, template) {
  const caret = template.indexOf("|");
  const insert = template.replace("|", "");
  view.dispatch({
    changes: { from, to, insert },
    selection: { anchor: from + caret },
    userEvent: "input.complete",
    annotations: pickedCompletion.of(completion),
  });
  if (insert.includes(": ")) startCompletion(view);
}

/** A description as text; what stands between backticks is code. */
export function explanation(text) {
  const node = document.createElement("span");
  text.split("`").forEach((part, index) => {
    const piece = document.createElement(index % 2 ? "code" : "span");
    piece.textContent = part;
    node.append(piece);
  });
  return node;
}
