// What the figures depend on: params as sliders, input size, batch, number format, convention.

import { button, el, labelled, trouble } from "./dom.js";

export const settings = {
  id: "settings",
  title: "Settings",
  mount(element, context) {
    const [params, given] = [el("div", { class: "params" }), el("div", { class: "given" })];
    const said = el("p", { class: "soft" });
    let [listed, drawn] = [null, ""];
    element.append(el("h3", {}, "Params of the spec"), params, el("h3", {}, "Input and counting"), given, said);
    context.on("result", async (look) => {
      try {
        listed ??= await context.ask("choices");
      } catch (error) {
        return said.replaceChildren(trouble(error));
      }
      const names = JSON.stringify([look.params.map((one) => one.name), look.variants, look.inputs, context.state.name]);
      if (names !== drawn) {
        drawn = names;
        params.replaceChildren(...paramsOf(look, context));
        given.replaceChildren(...givenOf(look, listed, context));
      }
      follow(element, look, context.state.settings);
      said.textContent = `On the command line: ${look.command}`;
    });
  },
};

function paramsOf(look, context) {
  if (!look.params.length) return [el("p", { class: "soft" }, "This spec has none. `params: {width: 32}` declares one that layers can use.")];
  const all = button("Back to the values of the spec", () => context.change({ set: Object.fromEntries(look.params.map(({ name }) => [name, null])) }));
  const left = look.params.length - MOST_PARAMS;
  const more = left > 0 ? [el("p", { class: "soft" }, `${left} more params have no slider here. Change them in the spec.`)] : [];
  return [...look.params.slice(0, MOST_PARAMS).map((param) => paramOf(param, context)), ...more, all];
}

function paramOf({ name, value, low, high }, context) {
  const change = (text) => context.change({ set: { [name]: text === "" ? null : text } });
  const exact = el("input", { type: "text", class: "exact", "data-param": name, value: plain(value), "aria-label": `${name}, exact value`, autocomplete: "off" });
  exact.onchange = () => change(exact.value.trim());
  if (low === undefined) return labelled(name, Object.assign(exact, { ariaLabel: null }));
  const slider = el("input", { type: "range", min: low, max: high, value: value.value, "data-param": name });
  slider.oninput = () => {
    exact.value = slider.value;
    change(slider.value);
  };
  const field = labelled(name, slider);
  field.append(exact);
  return field;
}

const MOST_PARAMS = 200;

const plain = ({ value, text }) => (typeof value === "number" || typeof value === "string" ? String(value) : text);

function givenOf(look, { dtypes, conventions }, context) {
  const pick = (key, options, usual) => {
    const select = el("select", { "data-setting": key }, ...options.map(([value, title]) => el("option", { value }, title)));
    select.onchange = () => context.change({ [key]: select.value === usual ? null : select.value });
    return select;
  };
  const write = (key, props, read = (text) => text) => {
    const input = el("input", { autocomplete: "off", "data-setting": key, ...props });
    input.onchange = () => context.change({ [key]: read(input.value.trim()) });
    return input;
  };
  const number = (text) => Math.max(1, Math.floor(Number(text)) || 1);
  const shape = look.inputs.length > 1 ? look.inputs.map((name) => `${name}=3x224x224`).join(" ") : "3x224x224, or C,H,W";
  const batch = write("batch", { type: "number", min: 1, max: 2 ** 31 }, (text) => (number(text) === 1 ? null : number(text)));
  const training = el("input", { type: "checkbox", "data-setting": "training" });
  training.onchange = () => context.change({ training: training.checked || null });
  return [
    look.variants.length ? labelled("Variant", pick("variant", [["", "the spec as it is"], ...look.variants.map((one) => [one, one])], "")) : null,
    labelled("Input size", write("input", { type: "text" }, (text) => text || null), `Channels, height, width: ${shape}. Empty: as the spec says.`),
    labelled("Batch", batch, "Samples that are computed together."),
    labelled("Number format", pick("dtype", dtypes.map((one) => [one, one]), "float32")),
    labelled("Count operations as", pick("convention", conventions.map((one) => [one.name, `${one.name}: ${one.brief}`]), "macs")),
    labelled("Figures of a training step", training, "The table then has the operations of the backward pass and of the whole step."),
  ].filter(Boolean);
}

/** Let the controls show what holds, except the one that is being used. */
function follow(element, look, now) {
  const usual = { dtype: "float32", convention: "macs", batch: 1, input: "", variant: "" };
  for (const node of element.querySelectorAll("[data-setting]")) {
    const key = node.dataset.setting;
    if (node === document.activeElement) continue;
    if (key === "training") node.checked = Boolean(now.training);
    else node.value = now[key] ?? usual[key];
  }
  const params = new Map(look.params.map((param) => [param.name, param]));
  for (const node of element.querySelectorAll("[data-param]")) {
    const { value, low, high } = params.get(node.dataset.param) ?? {};
    if (node === document.activeElement || !value) continue;
    if (node.type === "range") Object.assign(node, { min: low, max: Math.max(high, value.value) });
    node.value = plain(value);
  }
}
