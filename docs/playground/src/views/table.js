// The table, folded as in the terminal. Rows can be opened and chosen, by keys too.

import { button, el } from "./dom.js";
import { headOf, notesOf, scrolling, whatOf } from "./report.js";

const MOST = 600;
const SHARED = ["params", "macs", "flops", "activations", "activation_bytes"];

export const table = {
  id: "table",
  title: "Table",
  mount(element, context) {
    const view = new TableView(context);
    element.append(view.tools, view.host, view.notes);
    context.on("result", (look) => view.show(look));
    context.on("row", (path) => view.mark(path));
  },
};

class TableView {
  constructor(context) {
    this.context = context;
    this.opened = new Set();
    this.closed = new Set();
    this.most = MOST;
    this.exact = false;
    this.grid = el("table", { role: "treegrid", "aria-label": "Layers of the network" });
    this.host = scrolling("Table of layers", this.grid);
    this.host.classList.add("layers");
    this.notes = el("details", { class: "notes" });
    this.folding = el(
      "span",
      { class: "tools" },
      button("Open all", () => this.all(true)),
      button("Fold all", () => this.all(false)),
      el("span", { class: "soft hint" }, "Arrow keys move, Enter folds"),
    );
    const exact = el("input", { type: "checkbox", onchange: () => this.digits(exact.checked) });
    this.tools = el("div", { class: "tools apart", role: "group", "aria-label": "Rows and figures" }, this.folding, el("label", {}, exact, "All digits"));
    this.grid.addEventListener("keydown", (event) => this.key(event));
    this.grid.addEventListener("click", (event) => this.click(event));
  }

  show(look) {
    const foldable = look.folds.length > 0 || look.rows.some((row) => row.kind === "subtotal");
    if (this.look?.title !== look.title) this.most = MOST;
    this.look = look;
    this.folding.hidden = !foldable;
    this.draw();
    this.notes.replaceChildren(el("summary", {}, "What the columns count"), notesOf(look.notes) ?? "");
    this.notes.hidden = !look.notes.length;
  }

  /** What is visible: rows, and folds in place of the rows that they stand for. */
  lines() {
    const { rows, folds } = this.look;
    const folded = new Map(folds.map((fold) => [fold.first, fold]));
    const found = [];
    for (let at = 0; at < rows.length; ) {
      const fold = folded.get(at);
      if (fold && !found.includes(fold)) {
        const open = this.opened.has(fold.path);
        found.push(Object.assign(fold, { open, fold: true }));
        if (!open) {
          at = fold.end;
          continue;
        }
      }
      const row = rows[at];
      const end = row.kind === "subtotal" ? endOf(rows, at) : at + 1;
      const open = end > at + 1 ? !this.closed.has(row.path) : undefined;
      found.push({ ...row, open, first: at, end });
      at = open === false ? end : at + 1;
    }
    return found;
  }

  draw() {
    const { look } = this;
    this.seen = this.lines();
    const most = shares(look);
    const body = this.seen.slice(0, this.most).map((line) => this.rowOf(line, most));
    const left = this.seen.length - body.length;
    const foot = look.totals.map((line) => this.totalOf(line));
    const head = el("tr", { role: "row" }, ...look.columns.map((one) => Object.assign(headOf(one), { role: "columnheader" })));
    this.grid.replaceChildren(el("thead", {}, head), el("tbody", {}, ...body), el("tfoot", {}, ...foot));
    this.more?.remove();
    this.more = left > 0 ? button(`Show ${Math.min(left, MOST)} more of ${left} rows`, () => this.showMore()) : null;
    if (this.more) this.host.append(this.more);
    this.mark(this.context.state.row);
  }

  digits(all) {
    this.exact = all;
    this.draw();
  }

  showMore() {
    this.most += MOST;
    this.draw();
  }

  rowOf(line, most) {
    const props = { role: "row", class: line.fold ? "fold" : line.kind, tabIndex: -1, "aria-level": line.depth + 1 };
    if (line.open !== undefined) props["aria-expanded"] = String(line.open);
    const cells = this.look.columns.map((column, at) => {
      const cell = line.cells[column.key];
      if (at === 0) return el("th", { scope: "row", role: "rowheader" }, el("span", { class: "mark", "aria-hidden": "true" }), cell?.text ?? "", whatOf(line));
      const td = this.cellOf(cell, column);
      if (most[column.key] && line.kind === "row" && !line.fold) td.style.setProperty("--share", cell ? cell.value / most[column.key] : 0);
      return td;
    });
    const row = el("tr", { ...props, "data-path": line.path }, ...cells);
    row.style.setProperty("--depth", line.depth);
    return row;
  }

  totalOf(line) {
    const cells = this.look.columns.map((column, at) => {
      const cell = line.cells[column.key];
      return at ? this.cellOf(cell, column) : el("th", { scope: "row", role: "rowheader" }, cell?.text ?? "");
    });
    return el("tr", { role: "row", class: "total" }, ...cells);
  }

  /** A figure, short where the table doesn't show all digits; they are in its title then. */
  cellOf(cell, { align, kind, key }) {
    const short = !this.exact && cell?.short;
    const props = { role: "gridcell", class: `${align} ${kind} ${key}`, title: short ? cell.text : null };
    return el("td", props, (short || cell?.text) ?? "");
  }

  /** Mark the chosen row, or the folded one that holds it. */
  mark(path) {
    if (!this.seen) return;
    const at = this.seen.findIndex((line) => line.path === path && !(line.fold && line.open));
    const holds = at >= 0 ? at : this.holding(path);
    const rows = this.grid.tBodies[0].rows;
    for (let index = 0; index < rows.length; index += 1) {
      rows[index].setAttribute("aria-selected", String(index === holds));
      rows[index].tabIndex = index === Math.max(holds, 0) ? 0 : -1;
    }
    if (!this.grid.contains(document.activeElement)) rows[holds]?.scrollIntoView({ block: "nearest" });
  }

  holding(path) {
    const place = this.look.rows.findIndex((row) => row.path === path);
    return this.seen.findIndex((line) => line.open === false && line.first <= place && place < line.end);
  }

  all(open) {
    const heads = this.look.rows.filter((row) => row.kind === "subtotal").map((row) => row.path);
    this.opened = new Set(open ? this.look.folds.map((fold) => fold.path) : []);
    this.closed = new Set(open ? [] : heads);
    this.draw();
    this.context.announce(open ? "All rows are open." : "All blocks are folded.");
  }

  toggle(line, open = !line.open) {
    const [set, has] = line.fold ? [this.opened, open] : [this.closed, !open];
    if (has) set.add(line.path);
    else set.delete(line.path);
    const focus = this.grid.contains(document.activeElement);
    this.draw();
    if (focus) this.focus(this.seen.findIndex((one) => one.path === line.path));
  }

  focus(at) {
    const row = this.grid.tBodies[0].rows[at];
    if (!row) return;
    this.choose(this.seen[at]);
    row.focus();
  }

  choose(line) {
    this.context.choose(line.fold ? this.look.rows[line.first].path : line.path);
  }

  click(event) {
    const row = event.target.closest("tbody tr");
    if (!row) return;
    const line = this.seen[row.sectionRowIndex];
    if (event.target.closest(".mark") && line.open !== undefined) this.toggle(line);
    else this.choose(line);
  }

  key(event) {
    const row = event.target.closest("tbody tr");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = row.sectionRowIndex;
    const line = this.seen[at];
    const page = 10;
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: this.grid.tBodies[0].rows.length - 1, PageDown: at + page, PageUp: at - page };
    const last = this.grid.tBodies[0].rows.length - 1;
    if (event.key in moves) this.focus(Math.min(last, Math.max(0, moves[event.key])));
    else if (event.key === "ArrowRight" && line.open !== undefined) line.open ? this.focus(at + 1) : this.toggle(line, true);
    else if (event.key === "ArrowLeft") line.open ? this.toggle(line, false) : this.focus(this.above(at));
    else if (event.key === "Enter" || event.key === " ") line.open === undefined ? this.choose(line) : this.toggle(line);
    else return;
    event.preventDefault();
  }

  above(at) {
    for (let index = at - 1; index >= 0; index -= 1) if (this.seen[index].depth < this.seen[at].depth) return index;
    return at;
  }
}

function endOf(rows, at) {
  let end = at + 1;
  while (end < rows.length && rows[end].depth > rows[at].depth) end += 1;
  return end;
}

/** The largest value of each column whose cells have a bar behind them. */
function shares({ rows, columns }) {
  const found = {};
  for (const { key } of columns.filter((one) => SHARED.includes(one.key))) {
    const values = rows.filter((row) => row.kind === "row").map((row) => row.cells[key]?.value);
    const most = values.reduce((best, value) => (typeof value === "number" ? Math.max(best, value) : best), 0);
    if (most) found[key] = most;
  }
  return found;
}
