// The page: one pane a network, the controls above, totals side by side, formulas below.

class Pane {
  constructor(network, index) {
    this.network = network;
    this.index = index;
    this.tree = new Tree(network);
    this.tree.openTo(this.tree.comfortable(DATA.networks.length > 1 ? 40 : 60));
    this.figures = figures(network);
    this.chosen = null;
    this.drawing = new Drawing(this);
    this.table = new Table(this);
    this.facts = element("dl", { class: "facts" });
    const id = `network-${index}`;
    const title = element("h2", { id }, network.title, " ", element("code", {}, network.name));
    const notes = element("ul", { class: "notes" }, ...network.notes.map((note) => element("li", {}, note)));
    const parts = element("div", { class: "parts" }, this.drawing.root, this.table.root);
    this.root = element("section", { class: "pane", "aria-labelledby": id }, title, this.facts, parts, notes);
  }

  count() {
    this.figures = figures(this.network);
    const { totals } = this.figures;
    const facts = [
      ["params", count(totals.params)],
      [operationsTitle(), totals.operations === undefined ? "not counted" : count(totals.operations)],
      ["activations", `${count(totals.activations)}, ${bytes(totals.bytes)}`],
      ["depth", String(this.network.depth)],
    ];
    this.facts.replaceChildren(
      ...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
    );
  }

  draw() {
    this.table.draw();
    this.drawing.draw();
    this.mark();
    this.drawing.reach(this.chosen ?? 0);
  }

  /** Return the layer with the most operations, to begin with. */
  heaviest() {
    const values = this.figures.plain.operations;
    return values.reduce((most, value, at) => (value > values[most] ? at : most), 0);
  }

  mark() {
    for (const part of [this.table, this.drawing]) part.mark(this.chosen, "chosen");
  }

  /** Show the formulas of a row that is pointed at, and the row of its name elsewhere. */
  point(at) {
    const name = this.network.rows.name[at];
    for (const pane of panes) {
      const same = pane === this ? at : pane.tree.byName.get(name) ?? null;
      pane.table.mark(same, "pointed");
      pane.drawing.mark(same, "pointed");
    }
    pointed = { pane: this, at };
    explain();
  }

  /** Choose a row; choosing a group again opens or closes it. */
  choose(at, from) {
    if (this.tree.isHead(at) && (from === "drawing" || this.chosen === at)) {
      this.open(at, !this.tree.open.has(at), from);
    }
    this.chosen = at;
    this.mark();
    this.table.reach(at);
    this.drawing.reach(at);
    if (from === "drawing") this.table.show(at);
    else this.drawing.show(at);
    this.point(at);
  }

  open(at, wanted, from) {
    if (!this.tree.isHead(at) || this.tree.open.has(at) === wanted) {
      this.step(at, wanted, from);
      return;
    }
    this.tree.toggle(at);
    this.chosen = at;
    this.draw();
    (from === "table" ? this.table.reach(at) : this.drawing.reach(at))?.focus({ preventScroll: true });
    this.drawing.show(at);
  }

  /** Step into an open group, or out to the group above. */
  step(at, inward, from) {
    const to = inward ? this.tree.children[at][0] : this.tree.parent[at];
    if (to === undefined || to < 0) return;
    const part = from === "table" ? this.table : this.drawing;
    part.reach(to)?.focus();
  }
}

// -- formulas ---------------------------------------------------------------------------

const byId = (id) => document.getElementById(id);
let pointed = null;

function explain() {
  const panel = byId("detail");
  const { pane, at } = pointed;
  const { rows, formulas } = pane.network;
  const { sums, totals } = pane.figures;
  const lines = formulas[rows.formulas[at]].map(([figure, formula]) => [figure, formula]);
  const one = CONVENTIONS.get(state.convention);
  const counted = sums.operations?.[at];
  if (counted !== undefined) {
    const share = `, ${percent(counted, totals.operations)} of the network`;
    const same = lines.find(([figure]) => figure === operationsTitle());
    const samples = `${count(counted)} for the batch`;
    if (same && state.batch === 1n) same[1] += share;
    else lines.push([operationsTitle(), (state.batch > 1n ? samples : count(counted)) + share]);
  }
  const where = panes.length > 1 ? `${pane.network.name}: ` : "";
  const title = element("h3", {}, `${where}${rows.name[at]} `, element("span", {}, rows.what[at]));
  const shapes = rows.sources[at].map((source) => shape(rows.shape[source])).join(", ");
  const flow = shapes ? `${shapes} → ${shape(rows.shape[at])}` : shape(rows.shape[at]);
  const list = element("dl", {}, ...lines.map(([figure, formula]) => element("div", {}, element("dt", {}, figure), element("dd", {}, formula))));
  const note = lines.length > 1 && state.batch > 1n ? "Formulas are for one sample." : "";
  panel.replaceChildren(title, element("p", { class: "flow" }, flow), list, element("p", {}, note || (one.unit ? "" : one.brief)));
}

// -- two networks -----------------------------------------------------------------------

function compare() {
  if (panes.length < 2) return;
  const [first, ...others] = panes;
  const keys = [
    ["params", paramsReported() ? `${state.convention} params` : "params", count],
    ["weights", "weights", count],
    ["biases", "biases", count],
    ["operations", operationsTitle(), count],
    ["activations", "activations", count],
    ["bytes", "activation bytes", bytes],
  ].filter(([key]) => panes.every((pane) => pane.figures.totals[key] !== undefined));
  const name = (pane) => element("th", { scope: "col", class: "figure" }, pane.network.name);
  const extra = others.flatMap(() => ["difference", "ratio"].map((title) => element("th", { scope: "col", class: "figure" }, title)));
  const head = element("tr", {}, element("th", { scope: "col" }, "total"), ...panes.map(name), ...extra);
  const lines = keys.map(([key, title, write]) => {
    const values = panes.map((pane) => pane.figures.totals[key]);
    const cells = values.map(write);
    for (const value of values.slice(1)) {
      const apart = value - values[0];
      const sign = apart > 0n ? "+" : apart < 0n ? "−" : "";
      cells.push(sign + write(apart < 0n ? -apart : apart), ratio(values[0], value));
    }
    return element("tr", {}, element("th", { scope: "row" }, title), ...cells.map((text) => element("td", { class: "figure" }, text)));
  });
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...lines));
  byId("comparison").hidden = false;
  byId("comparison").querySelector(".scroll").replaceChildren(table);
}

// -- controls ---------------------------------------------------------------------------

function refresh() {
  for (const pane of panes) pane.count();
  for (const pane of panes) pane.table.draw();
  for (const pane of panes) {
    pane.drawing.shade();
    pane.mark();
  }
  compare();
  explain();
  const one = CONVENTIONS.get(state.convention);
  byId("definition").textContent = `${one.name}: ${one.brief}${one.source ? ` (${one.source})` : ""}`;
}

function listen(id, event, change) {
  byId(id).addEventListener(event, () => {
    change(byId(id));
    refresh();
  });
}

function controls() {
  byId("convention").append(...DATA.conventions.map(({ name }) => element("option", {}, name)));
  byId("dtype").append(...Object.keys(DATA.dtypes).map((name) => element("option", { selected: name === state.dtype }, name)));
  listen("convention", "change", ({ value }) => (state.convention = value));
  listen("dtype", "change", ({ value }) => (state.dtype = value));
  listen("inplace", "change", ({ checked }) => (state.inplace = checked));
  listen("figures", "change", ({ value }) => (state.short = value === "short"));
  listen("search", "input", ({ value }) => (state.search = value));
  listen("batch", "input", ({ value, validity }) => {
    if (validity.valid && value) state.batch = BigInt(value);
  });
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  byId("theme").addEventListener("change", ({ target }) => {
    document.documentElement.dataset.theme = target.value === "as the system" ? "" : target.value;
  });
  levels();
  choices();
}

/** Offer how deep the groups are open. */
function levels() {
  const deepest = Math.max(...panes.map((pane) => pane.tree.deepest()));
  const words = ["stages", ...Array.from({ length: Math.max(0, deepest - 1) }, (_, i) => (i ? `level ${i + 1}` : "blocks")), "layers"];
  const select = byId("level");
  if (!deepest) {
    select.closest("label").hidden = true;
    return;
  }
  select.append(element("option", { value: "" }, "—"), ...words.map((word, level) => element("option", { value: level }, word)));
  select.addEventListener("change", () => {
    if (select.value === "") return;
    for (const pane of panes) {
      pane.tree.openTo(Number(select.value));
      pane.drawing.scale = null;
      pane.draw();
    }
  });
}

function choices() {
  const boxes = COLUMNS.slice(1).filter(({ key }) => key !== "difference" || panes.length > 1).map(({ key, title }) => {
    const box = element("input", { type: "checkbox", checked: SHOWN.has(key) });
    box.addEventListener("change", () => {
      if (box.checked) SHOWN.add(key);
      else SHOWN.delete(key);
      refresh();
    });
    const word = { operations: "operations", difference: "difference", params: "params" }[key] ?? title();
    return element("label", { class: "check" }, box, ` ${word}`);
  });
  byId("columns").querySelector("fieldset").append(...boxes);
  document.addEventListener("click", ({ target }) => {
    if (!byId("columns").contains(target)) byId("columns").open = false;
  });
}

const panes = DATA.networks.map((network, index) => new Pane(network, index));
byId("title").textContent = panes.map((pane) => pane.network.name).join(" and ");
byId("networks").append(...panes.map((pane) => pane.root));
byId("networks").classList.toggle("several", panes.length > 1);
controls();
byId("settings").open = window.matchMedia("(min-width: 60rem)").matches;
for (const pane of panes) pane.draw();
pointed = { pane: panes[0], at: panes[0].heaviest() };
refresh();
