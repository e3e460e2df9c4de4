// The formulas of the chosen row, with the numbers put in.

import { el, showing } from "./dom.js";

export const formulas = {
  id: "formulas",
  title: "Formulas",
  mount(element, context) {
    const host = el("div", { class: "formulas" });
    const said = el("p", { class: "soft" });
    let shown;
    const show = (row) => {
      if (!context.state.look || shown === row) return;
      shown = row;
      said.textContent = row ? "Choose another layer: put the caret on it, or click on its row or box." : "No layer is chosen, so these are the sums of the whole network. Put the caret on a layer, or click on its row or box.";
      showing(host, () => context.ask("explain", row ? { row } : {}), explained);
    };
    element.append(said, host);
    context.on("stale", () => (shown = undefined));
    context.on("result", () => (shown = undefined));
    context.on("row", show);
  },
};

function explained({ title, parts, left_out: left, assumptions }) {
  const more = left ? [el("p", { class: "soft" }, `${left} more parts are left out.`)] : [];
  const notes = assumptions.map((text) => el("p", { class: "soft" }, text));
  return [el("h3", {}, title), ...parts.map((part) => partOf(part, title)), ...more, ...notes];
}

function partOf(part, title) {
  const told = [part.label, part.shapes].filter(Boolean).join(" · ");
  const sizes = part.symbols.map((one) => el("span", {}, el("i", {}, one.symbol), ` ${one.meaning} = ${one.value}`));
  return el(
    "section",
    {},
    part.name === title ? null : el("h4", {}, part.name),
    told ? el("p", {}, told) : null,
    sizes.length ? el("p", { class: "symbols" }, ...sizes) : null,
    el("dl", {}, ...part.lines.flatMap(lineOf)),
    ...part.reasons.map((text) => el("p", { class: "soft" }, text)),
  );
}

/** A figure: its name, then the rule, the numbers and the value, a step a line. */
function lineOf({ name, symbol, steps, value, note }) {
  const first = symbol ? [el("span", { class: "step" }, symbol)] : [];
  const more = steps.map((step, at) => el("span", { class: "step" }, at || symbol ? `= ${step}` : step));
  const equals = first.length || more.length ? "= " : "";
  const result = el("span", { class: "step" }, equals, el("b", {}, value.text), note ? ` (${note})` : "");
  return [el("dt", {}, name), el("dd", {}, ...first, ...more, result)];
}
