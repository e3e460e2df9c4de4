// The network in other formats: to save, to copy, to look at.

import { button, el, trouble } from "./dom.js";
import { imageOf } from "./picture.js";

const SHARP = 2;
const MOST_SHOWN = 20_000;
const LARGEST_SIDE = 8192;

export const exports = {
  id: "export",
  title: "Export",
  mount(element, context) {
    const list = el("ul", { class: "forms" });
    const preview = el("pre", { tabIndex: 0, role: "region", "aria-label": "The text of the file", hidden: true });
    const said = el("p", { role: "status", class: "soft" });
    const make = (format, act) => async () => {
      try {
        await act(await context.ask("export", { format }));
      } catch (error) {
        said.replaceChildren(trouble(error));
      }
    };
    const save = ({ file, media, text }) => {
      context.save(file, new Blob([text], { type: media }));
      said.textContent = `${file} was saved.`;
    };
    const copy = async ({ file, text }) => {
      await navigator.clipboard.writeText(text);
      said.textContent = `The text of ${file} was copied.`;
    };
    const look = ({ file, text }) => {
      preview.textContent = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}\n…` : text;
      preview.hidden = false;
      said.scrollIntoView({ block: "nearest" });
      preview.scrollIntoView({ block: "nearest" });
      said.textContent = `${file}, ${text.length.toLocaleString("en")} characters`;
    };
    const picture = async ({ file, text }) => {
      const name = file.replace(/svg$/, "png");
      context.save(name, await pngOf(text));
      said.textContent = `${name} was saved.`;
    };
    const item = ({ format, title, media }) =>
      el(
        "li",
        {},
        el("span", {}, title),
        button("Save", make(format, save), { "aria-label": `Save ${title}` }),
        button("Copy", make(format, copy), { "aria-label": `Copy ${title}` }),
        button("Show", make(format, look), { "aria-label": `Show ${title}` }),
        media === "image/svg+xml" ? button("Save as PNG", make(format, picture), { "aria-label": `Save as PNG: ${title}` }) : null,
      );
    element.append(list, said, preview);
    context.on("result", async () => {
      preview.hidden = true;
      said.textContent = "";
      if (list.children.length) return;
      try {
        list.replaceChildren(...(await context.ask("formats")).map(item));
      } catch (error) {
        said.replaceChildren(trouble(error));
      }
    });
  },
};

/** Return a picture as PNG, as the browser draws its SVG. */
async function pngOf(svg) {
  const { image, width, height, revoke } = imageOf(svg, "");
  try {
    await image.decode();
    const sharp = Math.min(SHARP, LARGEST_SIDE / Math.max(width, height));
    const canvas = el("canvas", { width: Math.ceil(width * sharp), height: Math.ceil(height * sharp) });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  } finally {
    revoke();
  }
}
