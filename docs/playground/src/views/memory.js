// Where the bytes are, in inference and in a step of training, and what lives when.

import { choices, el, showing } from "./dom.js";
import { createPicture } from "./picture.js";
import { report } from "./report.js";

export const memory = {
  id: "memory",
  title: "Memory",
  mount(element, context) {
    const host = el("div", {});
    const picture = createPicture("Bytes in use at each step", () => {});
    let training = false;
    const show = () =>
      showing(host, () => context.ask("memory", { training }), (found) => {
        if (found.timeline) picture.show(found.timeline);
        const drawn = found.timeline ? picture.element : el("p", { class: "soft" }, found.why);
        return [...report({ ...found, notes: [] }), drawn, ...report({ tables: [], notes: found.notes })].filter(Boolean);
      });
    const runs = [["inference", "Inference"], ["training", "A step of training"]];
    element.append(choices("Run", runs, "inference", (run) => { training = run === "training"; show(); }), host);
    context.on("result", show);
  },
};
