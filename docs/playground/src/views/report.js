// Reports of the engine: tables of typed cells, and notes below them.

import { el } from "./dom.js";

/** Return a report's tables and notes; `options.act(row)` makes the rows' names buttons. */
export function report(found, options = {}) {
  return [...found.tables.map((one) => tableOf(one, options)), notesOf(found.notes)];
}

/** Return one table with its title. */
export function tableOf(table, { act, chosen, label } = {}) {
  const { columns, rows, title } = table;
  const head = el("tr", {}, ...columns.map((one) => headOf(one)));
  const body = rows.map((row) => {
    const props = { class: row.kind, "aria-current": chosen && row.path === chosen ? "true" : null };
    const line = el("tr", props, ...columns.map((one, at) => cellOf(row, one, at, act)));
    line.style.setProperty("--depth", row.depth);
    return line;
  });
  const name = title || label || "Figures";
  const inner = el("table", {}, el("caption", { class: title ? "" : "unseen" }, name), el("thead", {}, head), el("tbody", {}, ...body));
  return scrolling(name, inner, table.note ? el("p", { class: "soft" }, table.note) : null);
}

/** A part that can be scrolled, by keys too. */
export function scrolling(name, ...children) {
  return el("div", { class: "scrolling", role: "region", tabIndex: 0, "aria-label": name }, ...children);
}

export const headOf = (column) => el("th", { scope: "col", class: `${column.align} ${column.key}`, title: column.note ?? "" }, column.title || "no.");

/** What a layer is, below its name: on phones, in place of the column. */
export const whatOf = (row) => (row.cells.what ? el("small", { class: "what" }, row.cells.what.text) : null);

function cellOf(row, column, at, act) {
  const cell = row.cells[column.key];
  if (at === 0) return el("th", { scope: "row" }, act ? act(row, cell?.text ?? "") : (cell?.text ?? ""));
  if (column.kind === "bar" && cell) return barOf(cell.value);
  return el("td", { class: `${column.align} ${column.kind}` }, cell?.text ?? "");
}

function barOf(share) {
  const bar = el("span", { class: "bar" });
  bar.style.width = `${Math.min(100, Math.max(0, 100 * share))}%`;
  return el("td", { class: "bars" }, bar, el("span", { class: "unseen" }, `${(100 * share).toFixed(1)} %`));
}

export function notesOf(notes) {
  if (!notes.length) return null;
  return el("ul", { class: "notes" }, ...notes.map((one) => el("li", { class: one.kind }, one.text, one.cite ? ` (${one.cite})` : "")));
}
