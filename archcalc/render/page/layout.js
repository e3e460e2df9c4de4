// Where boxes and lines stand: sequences as columns, branches side by side, and what
// skips over layers on rails at the right of the column.

const BOX = { least: 96, most: 230, height: 58, gap: 24, beside: 18 };
const FRAME = { side: 12, top: 28, bottom: 14 };
const RAIL = { first: 14, next: 10 };
const measure = document.createElement("canvas").getContext("2d");
const FONT = '"Helvetica Neue", Arial, "Liberation Sans", sans-serif';

function textWidth(text, font) {
  measure.font = `${font} ${FONT}`;
  return measure.measureText(text).width;
}

function shortened(text, font, room) {
  if (textWidth(text, font) <= room) return text;
  let end = text.length;
  while (end > 1 && textWidth(`${text.slice(0, end)}…`, font) > room) end -= 1;
  return `${text.slice(0, end)}…`;
}

class Layout {
  constructor(tree) {
    this.tree = tree;
    this.rows = tree.network.rows;
    this.boxes = [];
    this.frames = [];
    this.boxOf = new Map();
    this.root = this.sequence(tree.top, 0, []);
    this.lines = this.edges();
    this.resize(this.root);
    this.place(this.root, 0, 0);
    this.width = this.root.width;
    this.height = this.root.height;
  }

  // -- what stands in a column ----------------------------------------------------------

  sequence(children, depth, path) {
    const column = { kind: "column", items: [], rails: [] };
    for (let i = 0; i < children.length; ) {
      let end = i + 1;
      const beside = this.laneOf(children[i], depth) !== undefined;
      const here = [...path, { column, index: column.items.length }];
      if (beside) {
        while (end < children.length && this.laneOf(children[end], depth) !== undefined) end += 1;
        column.items.push(this.lanes(children.slice(i, end), depth, here));
      } else if (this.isSideHead(children, i, depth)) {
        end = i + 2;
        column.items.push(this.aside(children[i + 1], children[i], depth, here));
      } else {
        while (end < children.length && this.isSame(children[i], children[end], depth)) end += 1;
        column.items.push(this.item(children.slice(i, end), here));
      }
      i = end;
    }
    return column;
  }

  laneOf(at, depth) {
    return this.rows.lane[at][depth];
  }

  /** Say whether two neighbours are drawn once: equal repetitions, both closed. */
  isSame(at, other, depth) {
    const open = this.tree.open.has(at) || this.tree.open.has(other);
    const like = this.rows.like[at] === this.rows.like[other];
    return like && !open && this.laneOf(other, depth) === undefined;
  }

  /** Say whether a side head begins here, with the main line going on behind it. */
  isSideHead(children, i, depth) {
    const { aux } = this.rows;
    const next = children[i + 1];
    return aux[children[i]] && next !== undefined && !aux[next] && this.laneOf(next, depth) === undefined;
  }

  /** Put a side head beside what follows it on the main line. */
  aside(main, side, depth, path) {
    const items = [main, side].map((at) => this.sequence([at], depth, path));
    return { kind: "lanes", items, main: items[0] };
  }

  lanes(children, depth, path) {
    const lanes = new Map();
    for (const at of children) {
      const lane = this.laneOf(at, depth);
      if (!lanes.has(lane)) lanes.set(lane, []);
      lanes.get(lane).push(at);
    }
    const items = [...lanes.values()].map((part) => this.sequence(part, depth + 1, path));
    for (const lane of items.slice(0, -1)) lane.hasNeighbour = true;
    return { kind: "lanes", items };
  }

  item(same, path) {
    const at = same[0];
    if (this.tree.isHead(at) && this.tree.open.has(at)) {
      const frame = { kind: "frame", at, path };
      frame.inside = this.sequence(this.tree.children[at], 0, path);
      this.frames.push(frame);
      return frame;
    }
    const box = { kind: "box", at, same, path, lines: this.words(same) };
    this.boxes.push(box);
    for (const one of same) this.cover(one, box);
    return box;
  }

  cover(at, box) {
    this.boxOf.set(at, box);
    for (const child of this.tree.children[at]) this.cover(child, box);
  }

  words(same) {
    const at = same[0];
    const last = same.at(-1);
    const { short, what } = this.rows;
    const room = BOX.most - 20;
    const head = this.tree.isHead(at);
    const times = same.length > 1 ? ` ×${same.length}` : "";
    const name = same.length > 1 ? span(short[at], short[last]) : short[at];
    const first = shape(this.rows.shape[at]);
    const end = shape(this.rows.shape[last]);
    return {
      name: shortened(`${head ? "▸ " : ""}${name}${times}`, "600 13px", room),
      what: shortened(what[at] === short[at] ? "" : what[at], "12px", room),
      shape: shortened(first === end ? first : `${first} … ${end}`, "12px", room),
    };
  }

  // -- lines ----------------------------------------------------------------------------

  edges() {
    const found = new Map();
    this.rows.sources.forEach((sources, at) => {
      const target = this.boxOf.get(at);
      for (const one of sources) {
        const source = this.boxOf.get(one);
        if (source === target) continue;
        const key = `${source.at} ${target.at}`;
        if (!found.has(key)) found.set(key, this.edge(source, target));
      }
    });
    return [...found.values()];
  }

  /** Return a line, on a rail of the outermost column where it passes something. */
  edge(source, target) {
    const edge = { source, target, column: null, rail: 0 };
    let at = 0;
    const [from, to] = [source.path, target.path];
    while (from[at].column === to[at].column && from[at].index === to[at].index) {
      at += 1;
      if (at >= from.length || at >= to.length) return edge;
    }
    if (from[at].column !== to[at].column) return edge;
    let span = [from[at].index, to[at].index];
    let column = span[1] > span[0] + 1 ? to[at].column : null;
    for (let deep = at + 1; !column && deep < to.length; deep += 1) {
      if (to[deep].index > 0) {
        column = to[deep].column;
        span = [-1, to[deep].index];
      }
    }
    for (let deep = at + 1; !column && deep < from.length; deep += 1) {
      const last = from[deep].column.items.length - 1;
      if (from[deep].index < last) {
        column = from[deep].column;
        span = [from[deep].index, last + 1];
      }
    }
    if (column) {
      edge.column = column;
      column.rails.push({ edge, span });
    }
    return edge;
  }

  /** Give rails their places, the shortest next to the column. */
  rails(column) {
    const taken = [];
    column.rails.sort((a, b) => a.span[1] - a.span[0] - (b.span[1] - b.span[0]));
    for (const { edge, span } of column.rails) {
      let at = 0;
      while (taken[at]?.some(([a, b]) => a < span[1] && span[0] < b)) at += 1;
      (taken[at] ??= []).push(span);
      edge.rail = at;
    }
    return taken.length ? RAIL.first + RAIL.next * taken.length : 0;
  }

  // -- sizes and places -----------------------------------------------------------------

  /** Give an item its width and height, and `spine`: where its middle line runs. */
  resize(item) {
    if (item.kind === "box") {
      const { name, what, shape: sizes } = item.lines;
      const text = [textWidth(name, "600 13px"), textWidth(what, "12px"), textWidth(sizes, "12px")];
      item.width = Math.round(Math.min(BOX.most, Math.max(BOX.least, ...text) + 24));
      item.height = BOX.height;
      item.spine = item.width / 2;
    } else if (item.kind === "frame") {
      this.resize(item.inside);
      const title = textWidth(this.frameTitle(item.at), "600 12px") + 40;
      const wide = Math.max(item.inside.width, title);
      item.spine = item.inside.spine + FRAME.side;
      item.width = wide + 2 * FRAME.side;
      item.height = item.inside.height + FRAME.top + FRAME.bottom;
    } else if (item.kind === "lanes") {
      item.items.forEach((lane) => this.resize(lane));
      item.width = sum(item.items.map((lane) => lane.width)) + BOX.beside * (item.items.length - 1);
      item.height = Math.max(...item.items.map((lane) => lane.height));
      item.spine = item.main ? item.main.spine : item.width / 2;
    } else {
      item.items.forEach((one) => this.resize(one));
      item.spine = Math.max(0, ...item.items.map((one) => one.spine));
      item.content = item.spine + Math.max(0, ...item.items.map((one) => one.width - one.spine));
      item.width = item.content + this.rails(item);
      item.height = sum(item.items.map((one) => one.height)) + BOX.gap * Math.max(0, item.items.length - 1);
    }
  }

  place(item, x, y) {
    item.x = x;
    item.y = y;
    if (item.kind === "frame") {
      this.place(item.inside, x + FRAME.side, y + FRAME.top);
    } else if (item.kind === "lanes") {
      let left = x;
      for (const lane of item.items) {
        this.place(lane, left, y);
        left += lane.width + BOX.beside;
      }
    } else if (item.kind === "column") {
      let top = y;
      for (const one of item.items) {
        this.place(one, x + item.spine - one.spine, top);
        top += one.height + BOX.gap;
      }
    }
  }

  frameTitle(at) {
    return [this.rows.short[at], this.rows.what[at]].filter(Boolean).join(": ");
  }

  /** Return the corners of a line, from below its source to its target. */
  corners({ source, target, column, rail }) {
    const x = source.x + source.spine;
    const y = source.y + source.height;
    const end = target.x + target.spine;
    if (!column) {
      const turn = target.y - BOX.gap / 2;
      return [[x, y], [x, turn], [end, turn], [end, target.y]];
    }
    const out = column.x + column.content + RAIL.first + RAIL.next * rail;
    const middle = target.y + target.height / 2;
    const turn = y + BOX.gap / 2;
    const { column: own, index } = target.path.at(-1);
    if (own.hasNeighbour && index === 0) {
      const above = target.y - BOX.gap / 2;
      return [[x, y], [x, turn], [out, turn], [out, above], [end, above], [end, target.y]];
    }
    return [[x, y], [x, turn], [out, turn], [out, middle], [target.x + target.width, middle]];
  }
}

function sum(values) {
  return values.reduce((a, b) => a + b, 0);
}

/** Return `2–6` for a.2 and a.6, the whole names where they share nothing. */
function span(first, last) {
  const end = /(\d+)$/;
  const [a, b] = [first.match(end), last.match(end)];
  const same = a && b && first.slice(0, a.index) === last.slice(0, b.index);
  return same ? `${first}–${b[0]}` : `${first} – ${last}`;
}
