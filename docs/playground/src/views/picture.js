// Pictures of the engine. An SVG is shown as an image: there it runs nothing and loads nothing.

import { button, el } from "./dom.js";

const STEP = 1.25;
const SMALLEST = 0.15;
const READABLE = 0.8;

/** Return an image of an SVG text, as large as the SVG says; `revoke` frees it. */
export function imageOf(svg, alt) {
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  const [width, height] = sizeOf(svg);
  return { image: el("img", { src: url, alt, draggable: false }), width, height, revoke: () => URL.revokeObjectURL(url) };
}

export function sizeOf(svg) {
  const found = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg);
  return found ? [Number(found[1]), Number(found[2])] : [600, 400];
}

/** What a picture shows, from its own description. A document that is read here has the page's policy: no styles. */
export function aboutOf(svg) {
  const read = new DOMParser().parseFromString(svg.replace(/<style>.*?<\/style>/s, ""), "image/svg+xml");
  return ["title", "desc"].map((name) => read.querySelector(name)?.textContent ?? "").join(". ");
}

/**
 * A picture that can be made larger and smaller, with boxes that can be chosen.
 * `chosen(path)` is called when a box is; `more` stands beside the buttons for the size.
 */
export function createPicture(label, chosen, ...more) {
  const stage = el("div", { class: "stage" });
  const host = el("div", { class: "scrolling picture", role: "region", tabIndex: 0, "aria-label": label }, stage);
  const size = el("output", {});
  const tools = el(
    "div",
    { class: "tools", role: "group", "aria-label": "Size of the picture" },
    button("−", () => scale(zoom / STEP), { "aria-label": "Smaller" }),
    size,
    button("+", () => scale(zoom * STEP), { "aria-label": "Larger" }),
    button("Fit", () => scale(room() / width)),
  );
  let [zoom, fitted, width, shown] = [1, true, 600, null];

  const room = () => Math.max(host.clientWidth - 2, 1);

  /** Set the size; null is as wide as there is room, but not too small to read. */
  function scale(wanted) {
    fitted = wanted === null;
    const fit = Math.max(READABLE, room() / width);
    zoom = Math.min(fitted ? 1 : 4, Math.max(SMALLEST, wanted ?? fit));
    stage.style.width = `${width * zoom}px`;
    size.textContent = `${Math.round(100 * zoom)} %`;
  }
  new ResizeObserver(() => fitted && host.clientWidth && scale(null)).observe(host);

  return {
    element: el("div", {}, el("div", { class: "tools apart" }, ...more, tools), host),
    tools,
    host,
    show(svg, boxes = []) {
      shown?.revoke();
      shown = imageOf(svg, aboutOf(svg));
      width = shown.width;
      stage.replaceChildren(shown.image, ...overlay(boxes, shown, chosen));
      scale(fitted ? null : zoom);
    },
    /** Mark the box of a row, or the frame that holds it. */
    mark(path) {
      const options = [...stage.querySelectorAll("[role=option]")];
      const at = boxOf(options.map((one) => one.dataset.path), path);
      options.forEach((one, index) => {
        one.setAttribute("aria-selected", String(index === at));
        one.tabIndex = index === Math.max(at, 0) ? 0 : -1;
      });
      if (at >= 0 && !stage.contains(document.activeElement)) into(host, options[at]);
    },
  };
}

/** Scroll a part into view inside its host, without moving the page. */
function into(host, node) {
  const [outer, inner] = [host.getBoundingClientRect(), node.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) host.scrollTop += inner.top - outer.top - outer.height / 3;
  if (inner.left < outer.left || inner.right > outer.right) host.scrollLeft += inner.left - outer.left - outer.width / 3;
}

function overlay(boxes, { width, height }, chosen) {
  if (!boxes.length) return [];
  const list = el("div", { class: "boxes", role: "listbox", "aria-label": "Boxes of the drawing" });
  const options = boxes.map((box, at) => {
    const props = { role: "option", class: box.frame ? "frame" : "", tabIndex: at ? -1 : 0, "aria-selected": "false", title: box.about || box.path };
    const option = el("div", { ...props, "data-path": box.path, "aria-label": box.about || box.path });
    option.style.left = `${(100 * box.x) / width}%`;
    option.style.top = `${(100 * box.y) / height}%`;
    option.style.width = `${(100 * box.width) / width}%`;
    option.style.height = `${(100 * box.height) / height}%`;
    option.onclick = () => chosen(box.path);
    return option;
  });
  list.append(...options);
  list.addEventListener("keydown", (event) => {
    const at = options.indexOf(event.target);
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const next = { Home: 0, End: options.length - 1, Enter: at, " ": at }[event.key] ?? (step && at + step);
    if (next === undefined || !options[next]) return;
    event.preventDefault();
    options[next].focus();
    chosen(options[next].dataset.path);
  });
  return [list];
}

const plain = (path) => path.replace(/\.\d+(?=\.|$)/g, ".#");

/** Which box shows a row: its own, that of an equal repetition, or the frame around it. */
export function boxOf(paths, path) {
  if (!path) return -1;
  const own = paths.indexOf(path);
  if (own >= 0) return own;
  const alike = paths.map(plain).lastIndexOf(plain(path));
  if (alike >= 0) return alike;
  const above = path.lastIndexOf(".");
  return above < 0 ? -1 : boxOf(paths, path.slice(0, above));
}
