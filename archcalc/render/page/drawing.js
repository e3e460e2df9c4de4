// The drawing of one network: boxes that can be focused, zoomed and dragged.

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 16;
const ZOOM = { step: 1.25, least: 0.1, readable: 0.5, most: 4 };

function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

class Drawing {
  constructor(pane) {
    this.pane = pane;
    this.scale = null;
    this.view = element("div", { class: "view", tabindex: "-1" });
    this.root = element(
      "div",
      { class: "drawing", role: "group", "aria-label": `Drawing of ${pane.network.title}` },
      this.buttons(),
      this.view,
    );
    this.drag();
    this.view.addEventListener("keydown", (event) => this.move(event));
    this.view.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? ZOOM.step : 1 / ZOOM.step, event);
    }, { passive: false });
  }

  buttons() {
    const made = [
      ["−", "Zoom out", () => this.zoom(1 / ZOOM.step)],
      ["+", "Zoom in", () => this.zoom(ZOOM.step)],
      ["fit", "Fit the drawing to its window", () => this.fit()],
      ["1:1", "Show the drawing in its own size", () => this.zoomTo(1)],
    ].map(([text, label, run]) => {
      const button = element("button", { type: "button", "aria-label": label, title: label }, text);
      button.addEventListener("click", run);
      return button;
    });
    return element("div", { class: "zoom" }, ...made);
  }

  draw() {
    this.layout = new Layout(this.pane.tree);
    this.marks = new Map();
    const { width, height } = this.layout;
    this.wide = width + 2 * MARGIN;
    this.high = height + 2 * MARGIN;
    const inside = svg("g", { transform: `translate(${MARGIN} ${MARGIN})` });
    this.layout.frames.forEach((frame) => inside.append(this.back(frame)));
    this.layout.lines.forEach((edge) => inside.append(this.line(edge)));
    this.layout.frames.forEach((frame) => inside.append(this.frame(frame)));
    this.layout.boxes.forEach((box) => inside.append(this.box(box)));
    const id = `arrow-${this.pane.index}`;
    const tip = svg("path", { d: "M0 0L8 4L0 8z", class: "tip" });
    const size = { markerWidth: 8, markerHeight: 8, refX: 7, refY: 4, orient: "auto" };
    const arrow = svg("marker", { id, markerUnits: "userSpaceOnUse", ...size }, tip);
    const viewBox = `0 0 ${this.wide} ${this.high}`;
    this.canvas = svg("svg", { viewBox }, svg("defs", {}, arrow), inside);
    this.view.replaceChildren(this.canvas);
    this.shade();
    if (this.scale === null) this.begin();
    else this.zoomTo(this.scale);
    this.center();
  }

  // -- elements -------------------------------------------------------------------------

  control(at, extra, ...children) {
    const { name, what, shape: sizes } = this.pane.network.rows;
    const label = [name[at], what[at], `output ${shape(sizes[at])}`].filter(Boolean).join(", ");
    const made = svg("g", { role: "button", tabindex: "-1", "aria-label": label, ...extra }, ...children);
    made.dataset.at = at;
    made.addEventListener("click", () => this.pane.choose(at, "drawing"));
    made.addEventListener("focus", () => this.pane.point(at));
    made.addEventListener("mouseenter", () => this.pane.point(at));
    return made;
  }

  box(box) {
    const { rows } = this.pane.network;
    const head = this.pane.tree.isHead(box.at);
    const frame = { x: 0, y: 0, width: box.width, height: box.height, rx: 5 };
    const middle = box.width / 2;
    const { name, what, shape: sizes } = box.lines;
    const lines = [name, what, sizes].filter(Boolean);
    const top = box.height / 2 - (lines.length - 1) * 8 + 4;
    const words = lines.map((text, i) =>
      svg("text", { x: middle, y: top + 16 * i, class: i ? "" : "name" }, text),
    );
    const share = svg("rect", { class: "share", x: 4, y: box.height - 5, height: 3, rx: 1.5, width: 0 });
    const extra = {
      class: `box ${head ? "group" : rows.role[box.at]}${rows.aux[box.at] ? " aside" : ""}`,
      transform: `translate(${box.x} ${box.y})`,
      ...(head ? { "aria-expanded": "false" } : {}),
    };
    const behind = box.same.length > 1 ? [svg("rect", { ...frame, x: 4, y: 4 })] : [];
    const made = this.control(box.at, extra, ...behind, svg("rect", frame), ...words, share);
    for (const at of box.same) this.marks.set(at, made);
    return made;
  }

  frame(frame) {
    const { x, y, width, at } = frame;
    const title = svg("text", { x: 10, y: 18, class: "name" }, `▾ ${this.layout.frameTitle(at)}`);
    const bar = svg("rect", { width, height: 24, rx: 7, class: "bar" });
    const extra = { class: "frame", "aria-expanded": "true", transform: `translate(${x} ${y})` };
    const made = this.control(at, extra, bar, title);
    this.marks.set(at, made);
    return made;
  }

  back({ x, y, width, height }) {
    return svg("rect", { x, y, width, height, rx: 7, class: "back" });
  }

  line(edge) {
    const points = this.layout.corners(edge).filter(([x, y], i, all) => {
      const before = all[i - 1];
      return !before || before[0] !== x || before[1] !== y;
    });
    const ends = { "data-from": edge.source.at, "data-to": edge.target.at };
    const marker = `url(#arrow-${this.pane.index})`;
    return svg("path", { d: rounded(points), class: "line", "marker-end": marker, ...ends });
  }

  /** Show in each box its share of the operations; fade what a search does not find. */
  shade() {
    const { sums, totals } = this.pane.figures;
    for (const box of this.layout.boxes) {
      const whole = totals.operations ?? 0n;
      let part = 0n;
      for (const at of box.same) part += sums.operations?.[at] ?? 0n;
      const share = whole ? Number((1000n * part) / whole) / 1000 : 0;
      const bar = this.marks.get(box.at).querySelector(".share");
      bar.setAttribute("width", Math.max(0, Math.min(1, share) * (box.width - 8)));
      this.marks.get(box.at).classList.toggle("faded", !box.same.some((at) => this.pane.tree.finds(at)));
    }
  }

  // -- what is pointed at ---------------------------------------------------------------

  mark(at, name) {
    this.canvas?.querySelectorAll(`.${name}`).forEach((one) => one.classList.remove(name));
    if (at === null) return;
    const seen = this.marks.get(at) ?? this.marks.get(this.pane.tree.visible(at));
    if (!seen) return;
    seen.classList.add(name);
    const own = seen.dataset.at;
    this.canvas
      .querySelectorAll(`[data-from="${own}"], [data-to="${own}"]`)
      .forEach((line) => line.classList.add(name));
  }

  show(at) {
    const seen = this.marks.get(at) ?? this.marks.get(this.pane.tree.visible(at));
    if (!seen) return;
    const [box, view] = [seen.getBoundingClientRect(), this.view.getBoundingClientRect()];
    this.view.scrollBy({
      left: box.left + box.width / 2 - view.left - view.width / 2,
      top: box.top + box.height / 2 - view.top - view.height / 2,
    });
  }

  /** Walk through the boxes with the arrow keys; Enter opens and closes groups. */
  move(event) {
    const all = [...this.view.querySelectorAll("[role=button]")].sort(
      (a, b) => a.dataset.at - b.dataset.at,
    );
    const here = all.indexOf(document.activeElement);
    const at = here < 0 ? null : Number(all[here].dataset.at);
    const steps = { ArrowDown: 1, ArrowUp: -1, Home: -here, End: all.length - 1 - here };
    if (event.key in steps) {
      const next = all[Math.max(0, Math.min(all.length - 1, here + steps[event.key]))];
      event.preventDefault();
      next.focus();
      this.show(Number(next.dataset.at));
    } else if (at !== null && ["Enter", " "].includes(event.key)) {
      event.preventDefault();
      this.pane.choose(at, "drawing");
    } else if (at !== null && ["ArrowRight", "ArrowLeft"].includes(event.key)) {
      event.preventDefault();
      this.pane.open(at, event.key === "ArrowRight", "drawing");
    } else if ("+-0".includes(event.key) && !event.ctrlKey && !event.metaKey) {
      if (event.key === "0") this.fit();
      else this.zoom(event.key === "+" ? ZOOM.step : 1 / ZOOM.step);
    }
  }

  /** Let one box be reached with the Tab key. */
  reach(at) {
    this.view.querySelectorAll("[tabindex='0']").forEach((one) => one.setAttribute("tabindex", "-1"));
    const mark = this.marks.get(at) ?? this.marks.get(this.pane.tree.visible(at));
    mark?.setAttribute("tabindex", "0");
    return mark;
  }

  // -- zoom and pan ---------------------------------------------------------------------

  zoomTo(scale) {
    this.scale = Math.max(ZOOM.least, Math.min(ZOOM.most, scale));
    this.canvas.setAttribute("width", Math.round(this.wide * this.scale));
    this.canvas.setAttribute("height", Math.round(this.high * this.scale));
  }

  /** Begin with as much room as the drawing needs, up to half of the pane. */
  begin() {
    const room = this.root.parentElement.clientWidth;
    this.root.style.setProperty("--wide", `${Math.min(this.wide + 24, room * 0.46)}px`);
    this.zoomTo(Math.max(ZOOM.readable, Math.min(1, (this.view.clientWidth - 18) / this.wide)));
  }

  /** Bring the middle line of the network into sight. */
  center() {
    const spine = (this.layout.root.spine + MARGIN) * this.scale;
    this.view.scrollLeft = spine - this.view.clientWidth / 2;
  }

  zoom(factor, event) {
    const view = this.view.getBoundingClientRect();
    const [x, y] = event
      ? [event.clientX - view.left, event.clientY - view.top]
      : [view.width / 2, view.height / 2];
    const before = this.scale;
    const [left, top] = [this.view.scrollLeft + x, this.view.scrollTop + y];
    this.zoomTo(before * factor);
    const grown = this.scale / before;
    this.view.scrollLeft = left * grown - x;
    this.view.scrollTop = top * grown - y;
  }

  fit() {
    const wide = (this.view.clientWidth - 4) / this.wide;
    const high = (this.view.clientHeight - 4) / this.high;
    this.zoomTo(Math.min(1, wide, high));
  }

  drag() {
    let from = null;
    this.view.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch" || event.button !== 0) return;
      from = [event.clientX, event.clientY, this.view.scrollLeft, this.view.scrollTop];
    });
    window.addEventListener("pointermove", (event) => {
      if (!from) return;
      this.view.scrollLeft = from[2] - (event.clientX - from[0]);
      this.view.scrollTop = from[3] - (event.clientY - from[1]);
      this.view.classList.add("dragged");
    });
    window.addEventListener("pointerup", () => {
      from = null;
      this.view.classList.remove("dragged");
    });
  }
}

/** Return a path through points with rounded corners. */
function rounded(points) {
  const [[x, y], ...others] = points;
  let path = `M${x} ${y}`;
  others.forEach(([px, py], i) => {
    const next = others[i + 1];
    if (!next) {
      path += `L${px} ${py}`;
      return;
    }
    const [bx, by] = i ? others[i - 1] : [x, y];
    const radius = Math.min(6, distance(bx, by, px, py) / 2, distance(px, py, ...next) / 2);
    const before = toward(px, py, bx, by, radius);
    const after = toward(px, py, ...next, radius);
    path += `L${before}Q${px} ${py} ${after}`;
  });
  return path;
}

function distance(x, y, a, b) {
  return Math.hypot(a - x, b - y);
}

function toward(x, y, a, b, length) {
  const whole = distance(x, y, a, b) || 1;
  return `${x + ((a - x) * length) / whole} ${y + ((b - y) * length) / whole}`;
}
