// What shows when the pointer rests on a word: the findings there, and what the key or word means.

import { hoverTooltip } from "@codemirror/view";
import { explanation } from "./complete.js";
import { findingsAt } from "./findings.js";
import { LARGEST, meaningAt } from "./words.js";

export function hover(schema, act) {
  return hoverTooltip(
    (view, at) => {
      const found = findingsAt(view.state, at);
      const root = schema();
      const meaning = root && view.state.doc.length <= LARGEST && meaningAt(root, view.state.sliceDoc(), at);
      if (!found.length && !meaning) return null;
      const { from, to } = found[0] ?? meaning;
      return { pos: from, end: to, above: true, create: () => ({ dom: content(view, found, meaning, act) }) };
    },
    { hideOnChange: true },
  );
}

function content(view, found, meaning, act) {
  const dom = document.createElement("div");
  dom.className = "hover";
  for (const { finding } of found) {
    dom.append(line("p", finding.message, `said ${finding.severity}`));
    if (finding.help) dom.append(line("p", finding.help, "help"));
    for (const fix of finding.fixes) {
      const button = line("button", fix.title, "fix");
      button.type = "button";
      button.onclick = () => act(fix);
      dom.append(button);
    }
  }
  if (meaning) {
    const text = document.createElement("p");
    text.append(line("strong", meaning.title), " ", explanation(meaning.text));
    dom.append(text);
    if (meaning.kinds) dom.append(line("p", `Takes ${meaning.kinds}.`, "kinds"));
  }
  return dom;
}

function line(tag, text, name) {
  const node = document.createElement(tag);
  node.textContent = text;
  if (name) node.className = name;
  return node;
}
