// The table of one network: chosen columns, sorted, searched, groups open or closed.

const COLUMNS = [
  { key: "layer", title: () => "layer", text: true },
  { key: "what", title: () => "what", text: true },
  { key: "shape", title: () => "output" },
  { key: "params", title: () => (paramsReported() ? `${state.convention} params` : "params") },
  { key: "weights", title: () => "weights" },
  { key: "biases", title: () => "biases" },
  { key: "norms", title: () => "norm params" },
  { key: "buffers", title: () => "buffers" },
  { key: "operations", title: operationsTitle },
  { key: "share", title: () => "share" },
  { key: "activations", title: () => "activations" },
  { key: "bytes", title: () => "bytes" },
  { key: "field", title: () => "field" },
  { key: "depth", title: () => "depth" },
  { key: "difference", title: () => "difference" },
];
const SHOWN = new Set(["layer", "what", "shape", "params", "operations"]);
const ALONE = ["share", "activations", "bytes"];
for (const key of DATA.networks.length > 1 ? ["difference"] : ALONE) SHOWN.add(key);
const COUNTS = new Set(["params", "weights", "biases", "norms", "buffers", "operations", "activations"]);

function paramsReported() {
  return DATA.networks.some((network) => network.params[state.convention]);
}

class Table {
  constructor(pane) {
    this.pane = pane;
    this.sort = null;
    this.body = element("tbody");
    this.headings = element("tr");
    this.foot = element("tfoot");
    const caption = element("caption", { class: "unseen" }, `Layers of ${pane.network.title}`);
    const table = element("table", {}, caption, element("thead", {}, this.headings), this.body, this.foot);
    this.root = element("div", { class: "scroll" }, table);
    this.body.addEventListener("keydown", (event) => this.move(event));
  }

  columns() {
    const first = this.pane.index === 0;
    return COLUMNS.filter(({ key }) => SHOWN.has(key) && !(key === "difference" && first));
  }

  draw() {
    const columns = this.columns();
    this.headings.replaceChildren(...columns.map((one) => this.heading(one)));
    this.lines = new Map();
    const rows = this.sorted(this.pane.tree.listed());
    this.body.replaceChildren(...rows.map((at) => this.row(at, columns)));
    this.foot.replaceChildren(...this.totals(columns));
    this.reach(this.pane.chosen ?? rows[0]);
  }

  // -- headings and order ---------------------------------------------------------------

  heading({ key, title, text }) {
    const about = key === "difference" ? `${operationsTitle()} less those of ${panes[0].network.name}` : null;
    const sorted = this.sort?.key === key ? this.sort.order : "none";
    const mark = { ascending: " ▴", descending: " ▾", none: "" }[sorted];
    const button = element("button", { type: "button" }, `${title()}${mark}`);
    button.addEventListener("click", () => this.sortBy(key));
    return element("th", { scope: "col", "aria-sort": sorted, class: text ? key : "figure", title: about }, button);
  }

  /** Sort by a column: figures from the largest down, then up, then as executed. */
  sortBy(key) {
    const text = COLUMNS.find((one) => one.key === key).text;
    const orders = text ? ["ascending", "descending"] : ["descending", "ascending"];
    const at = this.sort?.key === key ? orders.indexOf(this.sort.order) + 1 : 0;
    this.sort = at < orders.length ? { key, order: orders[at] } : null;
    this.draw();
    const column = this.columns().findIndex((one) => one.key === key);
    this.headings.children[column]?.querySelector("button").focus();
  }

  sorted(rows) {
    if (!this.sort) return rows;
    const { tree } = this.pane;
    const all = [...Array(tree.size).keys()].filter((at) => !tree.isHead(at) && tree.matches(at));
    const sign = this.sort.order === "ascending" ? 1 : -1;
    const values = new Map(all.map((at) => [at, this.comparable(at, this.sort.key)]));
    const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    return all.sort((a, b) => sign * order(values.get(a), values.get(b)) || a - b);
  }

  comparable(at, key) {
    const { rows } = this.pane.network;
    const { sums } = this.pane.figures;
    if (key === "layer") return rows.name[at];
    if (key === "what") return rows.what[at];
    if (key === "shape") return rows.shape[at].reduce((a, b) => a * b, 1);
    if (key === "field") return rows.field[at] ? rows.field[at].reduce((a, b) => a * b, 1) : -1;
    if (key === "depth") return rows.depth[at];
    if (key === "share") return sums.operations?.[at] ?? 0n;
    if (key === "difference") return this.difference(at) ?? 0n;
    return sums[key]?.[at] ?? 0n;
  }

  // -- rows -----------------------------------------------------------------------------

  row(at, columns) {
    const { rows } = this.pane.network;
    const head = this.pane.tree.isHead(at);
    const classes = [head ? "head" : "", rows.aux[at] ? "aside" : ""].filter(Boolean).join(" ");
    const cells = columns.map((column) => this.cell(at, column));
    const made = element("tr", { tabindex: "-1", class: classes || null }, ...cells);
    made.dataset.at = at;
    made.addEventListener("mouseenter", () => this.pane.point(at));
    made.addEventListener("focus", () => this.pane.point(at));
    made.addEventListener("click", () => this.pane.choose(at, "table"));
    this.lines.set(at, made);
    return made;
  }

  cell(at, column) {
    if (column.key === "layer") return this.name(at);
    const text = this.text(at, column.key);
    const title = column.key === "what" && text.length > 26 ? text : null;
    const cell = element("td", { class: column.text ? column.key : "figure", title }, text);
    if (column.key === "share") this.bar(cell, at);
    return cell;
  }

  name(at) {
    const { rows } = this.pane.network;
    const { tree } = this.pane;
    const flat = this.sort !== null;
    const cell = element("th", { scope: "row", class: "layer", "aria-label": rows.name[at] });
    if (!flat) cell.style.setProperty("--level", rows.level[at]);
    if (tree.isHead(at)) {
      const open = tree.open.has(at) || state.search.trim() !== "";
      const label = `${open ? "Close" : "Open"} ${rows.name[at]}`;
      const button = element("button", { type: "button", class: "fold", tabindex: "-1", "aria-expanded": String(open), "aria-label": label }, open ? "▾" : "▸");
      button.addEventListener("click", (event) => {
        event.stopPropagation();
        this.pane.open(at, !tree.open.has(at), "table");
      });
      cell.append(button);
    }
    cell.append(flat ? rows.name[at] : rows.short[at]);
    return cell;
  }

  text(at, key) {
    const { rows } = this.pane.network;
    const { sums, totals } = this.pane.figures;
    if (key === "what") return rows.what[at];
    if (key === "shape") return shape(rows.shape[at]);
    if (key === "field") return shape(rows.field[at]);
    if (key === "depth") return String(rows.depth[at]);
    if (key === "bytes") return bytes(sums.bytes[at]);
    if (key === "difference") return signed(this.difference(at));
    if (key === "share") {
      return sums.operations ? percent(sums.operations[at], totals.operations) : "";
    }
    return sums[key] ? count(sums[key][at]) : "not counted";
  }

  bar(cell, at) {
    const { sums, totals } = this.pane.figures;
    if (!sums.operations || !totals.operations) return;
    const share = Number((10000n * sums.operations[at]) / totals.operations) / 100;
    cell.style.setProperty("--share", `${Math.min(100, share)}%`);
    cell.classList.add("bar");
  }

  /** Return what the row of this name in the first network has less, null without one. */
  difference(at) {
    const [first] = panes;
    const other = first.tree.byName.get(this.pane.network.rows.name[at]);
    const mine = this.pane.figures.sums.operations;
    if (other === undefined || !mine) return null;
    return mine[at] - first.figures.sums.operations[other];
  }

  // -- totals ---------------------------------------------------------------------------

  totals(columns) {
    const { tree, network, figures: found } = this.pane;
    const lines = [];
    if (state.search.trim()) {
      const wanted = (at) => tree.matches(at);
      const count = [...Array(tree.size).keys()].filter((at) => !tree.isHead(at) && wanted(at)).length;
      const part = sumsOf(network, found, wanted);
      lines.push(this.total(columns, `${count} found`, part, "found"));
    }
    lines.push(this.total(columns, "total", found.totals, "total"));
    if (network.rows.aux.includes(1)) {
      const aside = asideOf(network, found);
      lines.push(this.total(columns, "side heads", aside, "aside"));
    }
    return lines;
  }

  total(columns, title, values, kind) {
    const all = kind === "total";
    const { network, figures: found } = this.pane;
    const outputs = network.outputs.map((at) => shape(network.rows.shape[at])).join(", ");
    const texts = {
      shape: () => (all ? outputs : ""),
      depth: () => (all ? String(network.depth) : ""),
      bytes: () => bytes(values.bytes),
      share: () => (values.operations === undefined ? "" : percent(values.operations, found.totals.operations)),
      difference: () => (all ? signed(minus(values.operations, panes[0].figures.totals.operations)) : ""),
    };
    const cells = columns.map(({ key, text }) => {
      if (key === "layer") return element("th", { scope: "row", class: "layer" }, title);
      const counted = COUNTS.has(key) ? (values[key] === undefined ? "not counted" : count(values[key])) : "";
      return element("td", { class: text ? key : "figure" }, texts[key]?.() ?? counted);
    });
    return element("tr", { class: kind }, ...cells);
  }

  // -- what is pointed at ---------------------------------------------------------------

  mark(at, name) {
    this.body.querySelectorAll(`.${name}`).forEach((row) => row.classList.remove(name));
    if (at === null) return;
    const seen = this.lines.get(at) ?? this.lines.get(this.pane.tree.visible(at));
    seen?.classList.add(name);
  }

  reach(at) {
    this.body.querySelectorAll("[tabindex='0']").forEach((row) => row.setAttribute("tabindex", "-1"));
    const row = this.lines.get(at) ?? this.body.firstElementChild;
    row?.setAttribute("tabindex", "0");
    return row;
  }

  show(at) {
    this.lines.get(at)?.scrollIntoView({ block: "nearest" });
  }

  move(event) {
    const row = event.target.closest("tr");
    if (!row || event.target !== row) return;
    const at = Number(row.dataset.at);
    const to = {
      ArrowDown: row.nextElementSibling,
      ArrowUp: row.previousElementSibling,
      Home: this.body.firstElementChild,
      End: this.body.lastElementChild,
    };
    if (event.key in to) {
      event.preventDefault();
      const next = to[event.key] ?? row;
      this.reach(Number(next.dataset.at)).focus();
    } else if (["ArrowRight", "ArrowLeft"].includes(event.key)) {
      event.preventDefault();
      this.pane.open(at, event.key === "ArrowRight", "table");
    } else if (["Enter", " "].includes(event.key)) {
      event.preventDefault();
      this.pane.choose(at, "table");
    }
  }
}

function sumsOf(network, found, wanted) {
  const sums = {};
  for (const [key, values] of Object.entries(found.plain)) sums[key] = total(network, values, wanted);
  sums.bytes = inBytes(sums.activations);
  return sums;
}

function asideOf(network, found) {
  const sums = {};
  for (const [key, values] of Object.entries(found.plain)) {
    sums[key] = values.reduce((sum, value, at) => (network.rows.aux[at] && !network.rows.head[at] ? sum + value : sum), 0n);
  }
  sums.bytes = inBytes(sums.activations);
  return sums;
}

function minus(a, b) {
  return a === undefined || b === undefined ? null : a - b;
}

function signed(value) {
  if (value === null) return "";
  return value > 0n ? `+${count(value)}` : count(value).replace("-", "−");
}
