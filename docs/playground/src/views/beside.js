// Figures beside others: every convention, a second network, a published figure.

import { button, el, labelled, showing } from "./dom.js";
import { report } from "./report.js";

const shown = (found) => [el("h3", {}, found.title), ...report(found)].filter(Boolean);

export const conventions = {
  id: "conventions",
  title: "Conventions",
  mount(element, context) {
    const host = el("div", {});
    const act = (row, text) => {
      const now = (context.state.settings.convention ?? "macs") === row.path;
      const use = () => context.change({ convention: row.path === "macs" ? null : row.path });
      return button(text, use, { class: "link", "aria-pressed": String(now), title: `Count by ${row.path} in all views` });
    };
    element.append(el("p", { class: "soft" }, "Tools count the same network differently. Choose a name to count by it in all views."), host);
    context.on("result", () => showing(host, () => context.ask("conventions"), (found) => [el("h3", {}, found.title), ...report(found, { act })]));
  },
};

export const compare = {
  id: "compare",
  title: "Compare",
  mount(element, context) {
    const host = el("div", {});
    const choose = button("Choose the second network…", () => context.compare());
    element.append(el("p", {}, choose), host);
    context.on("result", () => {
      const { other } = context.state;
      choose.textContent = other ? "Choose another second network…" : "Choose the second network…";
      if (other) showing(host, () => context.ask("compare", { other }), shown);
      else host.replaceChildren(el("p", { class: "soft" }, "Nothing to compare with yet. The two networks will stand side by side: totals with their ratios, stages, memory."));
    });
  },
};

export const reconcile = {
  id: "reconcile",
  title: "Published figure",
  mount(element, context) {
    const host = el("div", { role: "status" });
    const figure = el("input", { type: "text", maxLength: 60, placeholder: "3.8 GFLOP", required: true, autocomplete: "off" });
    const form = el(
      "form",
      { class: "line" },
      labelled("A figure as it was printed", figure, "Operations, parameters, bytes or a depth: 25.6M params, 98 MB, depth 50."),
      el("button", {}, "Find how it was counted"),
    );
    form.onsubmit = (event) => {
      event.preventDefault();
      host.replaceChildren(el("p", { class: "soft" }, "Trying ways of counting…"));
      const asked = figure.value;
      showing(host, () => context.ask("reconcile", { figure: asked }), (found) => [el("h3", {}, `${found.title}${found.ok ? "" : ": nothing gives it"}`), ...report(found)]);
    };
    element.append(form, host);
    context.on("result", () => host.replaceChildren());
  },
};
