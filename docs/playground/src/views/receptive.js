// The receptive field of the chosen row, drawn on the input.

import { el, labelled, showing } from "./dom.js";
import { tableOf } from "./report.js";

const SIDE = 300;
const SVG = "http://www.w3.org/2000/svg";

export const receptive = {
  id: "receptive",
  title: "Receptive field",
  mount(element, context) {
    const host = el("div", {});
    const sliders = el("div", { class: "sliders" });
    let [row, at] = [null, null];
    const ask = () => context.ask("receptive", { ...(row ? { row } : {}), ...(at ? { at } : {}) });
    const move = (axis, value) => {
      at[axis] = value;
      showing(host, ask, seen);
    };
    const show = (path) => {
      if (!context.state.look) return;
      [row, at] = [path, null];
      showing(host, ask, (found) => {
        at = found.axes?.map((axis) => axis.at.output) ?? null;
        sliders.replaceChildren(...(found.axes ?? []).map((axis, index) => sliderOf(axis, index, found.axes.length, move)));
        return seen(found);
      });
    };
    element.append(sliders, host);
    context.on("row", show);
  },
};

const namesOf = (count) => [["position"], ["row", "column"], ["frame", "row", "column"]][count - 1] ?? [];

function sliderOf({ output, at }, axis, count, move) {
  const name = namesOf(count)[axis] ?? `axis ${axis + 1}`;
  const input = el("input", { type: "range", min: 0, max: output - 1, value: at.output, disabled: output < 2 });
  input.oninput = () => move(axis, Number(input.value));
  return labelled(`Output ${name}`, input);
}

function seen(found) {
  const { axes, input, output, what, chosen, row } = found;
  const hint = chosen ? null : el("p", { class: "soft" }, "Choose another layer: put the caret on it, or click on its row or box.");
  const name = el("div", {}, el("h3", {}, `${row} `, el("span", { class: "soft" }, what)), hint);
  const table = tableOf(found.growth, { chosen: row, label: "How the field grows" });
  const opened = el("details", { open: found.growth.rows.length < 30 }, el("summary", {}, "How the field grows from layer to layer"), table);
  if (!axes) {
    const why = `Each value of the output (${output.text}) sees the whole input (${input.text}), or a size is no number.`;
    return [name, el("p", {}, why), opened];
  }
  return [name, el("p", {}, sentence(axes)), pictureOf(axes), opened];
}

function sentence(axes) {
  const by = (pick) => axes.map(pick).join("×");
  const padding = axes.some(({ at, input }) => at.first < 0 || at.last >= input) ? " What lies outside the input is padding." : "";
  const places = axes.map(({ at }) => `${signed(at.first)} to ${signed(at.last)}`);
  return (
    `The output at ${axes.map(({ at }) => at.output).join(", ")} of ${by((axis) => axis.output)} sees ` +
    `${by(({ at }) => at.last - at.first + 1)} positions of the input, which has ${by((axis) => axis.input)}: ` +
    `${places.join(" and ")}. The next output sees as many, ${by((axis) => axis.jump)} further.${padding}`
  );
}

const signed = (place) => String(place).replace("-", "−");

/** The input as a rectangle, and on it what one output sees; of more than two axes the last two. */
function pictureOf(axes) {
  const across = axes[axes.length - 1];
  const along = axes.length > 1 ? axes[axes.length - 2] : { input: across.input / 12, at: { first: 0, last: across.input / 12 - 1 } };
  const low = (axis) => Math.min(0, axis.at.first);
  const high = (axis) => Math.max(axis.input, axis.at.last + 1);
  const [wide, tall] = [across, along].map((axis) => high(axis) - low(axis));
  const unit = SIDE / Math.max(wide, tall);
  const svg = document.createElementNS(SVG, "svg");
  const box = [low(across), low(along), wide, tall];
  const attributes = { viewBox: box.join(" "), width: Math.max(wide * unit, 8), height: Math.max(tall * unit, 8), role: "img", class: "field-picture" };
  Object.entries({ ...attributes, "aria-label": "What the output sees of the input" }).forEach(([key, value]) => svg.setAttribute(key, value));
  svg.append(rect("outside", box), rect("input", [0, 0, across.input, along.input]), rect("seen", spanOf(across, along)));
  return svg;
}

const spanOf = (across, along) => [across.at.first, along.at.first, across.at.last - across.at.first + 1, along.at.last - along.at.first + 1];

function rect(name, [x, y, width, height]) {
  const node = document.createElementNS(SVG, "rect");
  Object.entries({ class: name, x, y, width, height }).forEach(([key, value]) => node.setAttribute(key, value));
  return node;
}
