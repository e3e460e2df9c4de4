// The drawing: boxes, or volumes to scale. A box that is chosen is its row and its line.

import { Stopped } from "../queue.js";
import { button, choices, el, trouble } from "./dom.js";
import { createPicture } from "./picture.js";

export const drawing = {
  id: "drawing",
  title: "Drawing",
  mount(element, context) {
    const known = (path) => context.state.look?.rows.some((row) => row.path === path);
    const said = el("div", {});
    let style = "blocks";
    const styles = choices("Style", [["blocks", "Blocks"], ["volumes", "Volumes"]], style, (wanted) => {
      style = wanted;
      draw();
    });
    const picture = createPicture("Drawing of the network", (path) => known(path) && context.choose(path), styles);
    const draw = async () => {
      try {
        const { svg, boxes } = await context.ask("draw", { style });
        picture.show(svg, boxes);
        picture.mark(context.state.row);
        said.replaceChildren();
      } catch (error) {
        said.replaceChildren(trouble(error));
        if (error instanceof Stopped) said.append(button("Compute again", draw));
      }
      picture.host.hidden = picture.tools.hidden = said.hasChildNodes();
    };
    element.append(picture.element, said);
    context.on("result", draw);
    context.on("row", (path) => picture.mark(path));
  },
};
