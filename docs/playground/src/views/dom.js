// Elements of the views. Text goes in as text, never as markup.

import { Stopped } from "../queue.js";

/** Return an element; `props` are properties, `aria-*`, `data-*` and `role` attributes. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined) continue;
    if (/^(aria-|data-|role$|for$|scope$|list$)/.test(name)) node.setAttribute(name, value);
    else node[name === "class" ? "className" : name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Return text in which what stands between backticks is code. */
export function withCode(text) {
  return text.split("`").map((part, at) => (at % 2 ? el("code", {}, part) : part));
}

export const button = (text, onclick, props = {}) => el("button", { type: "button", onclick, ...props }, text);

/** A labelled field: the label, then the control below or beside it. */
export function labelled(text, control, note) {
  const id = (control.id ||= `field-${(labelled.count = (labelled.count ?? 0) + 1)}`);
  const label = el("label", { for: id }, text);
  if (!note) return el("p", { class: "field" }, label, control);
  control.setAttribute("aria-describedby", `${id}-note`);
  return el("p", { class: "field" }, label, control, el("small", { id: `${id}-note` }, note));
}

/** Radio buttons of which one is on. `changed(value)` is called when another is. */
export function choices(legend, options, value, changed) {
  const name = `choice-${(choices.count = (choices.count ?? 0) + 1)}`;
  const radios = options.map(([key, title]) =>
    el("label", {}, el("input", { type: "radio", name, value: key, checked: key === value, onchange: () => changed(key) }), title),
  );
  return el("fieldset", { class: "choices" }, el("legend", {}, legend), ...radios);
}

/** What the engine refused, or that it was stopped. */
export function trouble(error) {
  const help = error.error?.help;
  return el("p", { class: "trouble", role: "alert" }, error.message, help ? el("br") : null, help ?? null);
}

/** Ask by `ask()`, and show the answer or what was refused. What was stopped can be asked again. */
export async function showing(host, ask, show) {
  try {
    host.replaceChildren(...[show(await ask())].flat());
  } catch (error) {
    host.replaceChildren(trouble(error));
    if (error instanceof Stopped) host.append(button("Compute again", () => showing(host, ask, show)));
  }
}
