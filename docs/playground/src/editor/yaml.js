// YAML in the editor: colours by a small mode, and indents and folds by the indentation of lines.
// The grammar of @codemirror/lang-yaml would do the same with 11 kB (gzip) more.

import { StreamLanguage, foldService, indentService } from "@codemirror/language";
import { yaml as mode } from "@codemirror/legacy-modes/mode/yaml";

const depth = (text) => text.length - text.trimStart().length;

/** A new line stands below the last one, and deeper behind a colon. */
const indents = indentService.of((context, at) => {
  const before = context.lineAt(at, -1).text.slice(0, at - context.lineAt(at, -1).from);
  const dashes = /^\s*(?:- +)*/.exec(before)[0];
  const deeper = /:\s*(#.*)?$/.test(before) ? context.unit : 0;
  if (!before.trim()) return null;
  return (deeper || /^\s*- +[\w-]+:/.test(before) ? dashes.length : depth(before)) + deeper;
});

/** A line folds what is deeper below it. */
const folds = foldService.of((state, from) => {
  const first = state.doc.lineAt(from);
  if (!first.text.trim() || /^\s*#/.test(first.text)) return null;
  let last = null;
  for (let number = first.number + 1; number <= state.doc.lines; number += 1) {
    const line = state.doc.line(number);
    if (!line.text.trim()) continue;
    const dashed = /:\s*(#.*)?$/.test(first.text) && depth(line.text) === depth(first.text) && /^\s*- /.test(line.text);
    if (depth(line.text) <= depth(first.text) && !dashed) break;
    last = line;
  }
  return last ? { from: first.to, to: last.to } : null;
});

/** Two things that the mode does not know: `>-` begins a block of text, and `{` begins with a key. */
const patched = {
  ...mode,
  token(stream, state) {
    if (state.pairStart && stream.match(/^[|>][+-]?\d?\s*$/)) {
      state.literal = true;
      return "meta";
    }
    if (stream.peek() === "{") Object.assign(state, { pair: false, pairStart: false });
    return mode.token(stream, state);
  },
};

export const yaml = () => [StreamLanguage.define(patched), indents, folds];
