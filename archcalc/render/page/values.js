"use strict";

// Figures of rows under the chosen convention, batch and number format, as BigInt: the
// same whole numbers that the command line prints.

const DATA = JSON.parse(document.getElementById("data").textContent);
const CONVENTIONS = new Map(DATA.conventions.map((one) => [one.name, one]));
const state = {
  convention: "macs",
  batch: 1n,
  dtype: "float32",
  inplace: true,
  short: false,
  search: "",
};

function column(values) {
  return values.map((value) => BigInt(value));
}

/** Sum rows into the heads above them; heads themselves count nothing. */
function withHeads(network, values) {
  const { head, level } = network.rows;
  const sums = values.slice();
  const open = [];
  values.forEach((value, at) => {
    while (open.length && level[open.at(-1)] >= level[at]) open.pop();
    for (const above of open) sums[above] += value;
    if (head[at]) open.push(at);
  });
  return sums;
}

function total(network, values, wanted = () => true) {
  const { head, aux } = network.rows;
  let sum = 0n;
  values.forEach((value, at) => {
    if (!head[at] && !aux[at] && wanted(at)) sum += value;
  });
  return sum;
}

/** Return the columns of figures of one network, heads summed, as the state asks. */
function figures(network) {
  const rows = network.rows;
  const plain = {
    weights: column(rows.weights),
    biases: column(rows.biases),
    norms: column(rows.norms),
    buffers: column(rows.buffers),
  };
  const reported = network.params[state.convention];
  plain.params = reported
    ? column(reported)
    : plain.weights.map((value, at) => value + plain.biases[at] + plain.norms[at]);
  const counted = network.operations[state.convention];
  const further = network.further[state.convention];
  if (counted && (further !== null || state.batch === 1n)) {
    const more = column(further ?? counted);
    plain.operations = column(counted).map((n, at) => n + more[at] * (state.batch - 1n));
  }
  const kept = state.inplace ? rows.activations : rows.kept;
  plain.activations = column(kept).map((n) => n * state.batch);
  const found = { plain, sums: {}, totals: {} };
  for (const [key, values] of Object.entries(plain)) {
    found.sums[key] = withHeads(network, values);
    found.totals[key] = total(network, values);
  }
  found.sums.bytes = found.sums.activations.map(inBytes);
  found.totals.bytes = inBytes(found.totals.activations);
  return found;
}

function inBytes(values) {
  const bits = BigInt(DATA.dtypes[state.dtype]);
  return (values * bits + 7n) / 8n;
}

// -- text -----------------------------------------------------------------------------

const SI = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"];

/** Return `value / per` with so many decimals, rounded half away from zero. */
function fixed(value, decimals, per) {
  const scale = 10n ** BigInt(decimals);
  const size = value < 0n ? -value : value;
  const scaled = (2n * size * scale + per) / (2n * per);
  const sign = value < 0n && scaled ? "-" : "";
  const whole = (scaled / scale).toLocaleString("en-US");
  if (!decimals) return sign + whole;
  return `${sign}${whole}.${String(scaled % scale).padStart(decimals, "0")}`;
}

function power(value, decimals) {
  const size = value < 0n ? -value : value;
  let at = 0;
  while (size >= 1000n ** BigInt(at + 1) && at < SI.length - 1) at += 1;
  const scale = 10n ** BigInt(at ? decimals : 0);
  const per = 1000n ** BigInt(at);
  const rounded = (2n * size * scale + per) / (2n * per);
  return rounded >= 1000n * scale && at < SI.length - 1 ? at + 1 : at;
}

function scaled(value, per) {
  const size = value < 0n ? -value : value;
  const hundredths = (200n * size + per) / (2n * per);
  return fixed(value, hundredths < 1000n ? 2 : 1, per);
}

function count(value) {
  const full = value.toLocaleString("en-US");
  if (!state.short) return full;
  const at = power(value, 1);
  const brief = at ? scaled(value, 1000n ** BigInt(at)) + SI[at] : full;
  return full.length <= brief.length ? full : brief;
}

function bytes(value) {
  const at = power(value, state.short ? 1 : 2);
  if (!at) return `${value.toLocaleString("en-US")} B`;
  const per = 1000n ** BigInt(at);
  const number = state.short ? scaled(value, per) : fixed(value, 2, per);
  return `${number} ${SI[at]}B`;
}

function percent(part, whole) {
  if (!whole) return "";
  const tenths = (2000n * part + whole) / (2n * whole);
  if (tenths === 0n && part > 0n) return "<0.1%";
  if (tenths === 1000n && part < whole) return ">99.9%";
  return `${fixed(part * 100n, 1, whole)}%`;
}

function ratio(value, other) {
  if (!other) return "";
  const whole = value / other;
  return `${fixed(value, whole >= 1000n ? 0 : whole >= 100n ? 1 : 2, other)}×`;
}

function shape(sizes) {
  return sizes ? sizes.join("×") : "";
}

function operationsTitle() {
  const one = CONVENTIONS.get(state.convention);
  const plain = { macs: "MACs", flops: "FLOPs" }[one.name];
  return plain ?? (one.unit ? `${one.name} ${one.unit}s` : `${one.name} operations`);
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
