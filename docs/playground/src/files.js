// Where a network comes from: the shelf, an example of a layer, the template, a file.

import { fileName } from "./links.js";
import { saidOf } from "./queue.js";

const LARGEST = 16 * 2 ** 20; // what the engine takes of a file
// Families of first lectures come first, the others by name.
const FIRST = ["classic", "vgg", "inception", "resnet", "densenet", "mobile"];
const byId = (id) => document.getElementById(id);

/**
 * The dialog of all networks and layers, and the dropping of files. `ask(action, payload)` asks the
 * engine, `open(document)` opens `{text, name, net?, notes?}`, `report(text)` tells of a failure.
 */
export function createFiles({ ask, open, report }) {
  const dialog = byId("begin");
  const search = byId("shelf-search");
  let shelf = null;
  let target = "this";

  async function show(where = "this") {
    target = where;
    byId("begin-title").textContent = where === "other" ? "Choose a network to compare with" : "Choose a network";
    search.value = "";
    dialog.showModal();
    search.focus();
    if (!shelf) byId("shelf-count").textContent = "Loading the list…";
    try {
      shelf ??= await ask("shelf", {});
    } catch (error) {
      byId("shelf-count").textContent = error.message;
      return;
    }
    list();
  }

  function list() {
    const found = filtered(shelf, search.value);
    byId("shelf-count").textContent = found.networks.length + found.layers.length
      ? [counted(found.networks, "network"), counted(found.layers, "layer")].filter(Boolean).join(", ")
      : "Nothing has all these words. Try a name (resnet), a year, a task (detect) or a layer (conv).";
    byId("shelf").replaceChildren(...sections(found, choose));
  }

  async function choose(kind, item) {
    dialog.close();
    if (kind === "layer") return open({ text: item.text, name: `${item.key}.yaml` }, target);
    await attempt(async () => open({ ...(await ask("source", { net: item.name })), net: item.name }, target));
  }

  /** Do `work`; where it fails, say why, and of which file. */
  async function attempt(work, file = "") {
    try {
      await work();
    } catch (error) {
      const where = file && !error.message.includes(file) ? `${file}: ` : "";
      report(where + saidOf(error));
    }
  }

  async function take(file, where = "this") {
    if (!file) return;
    if (file.size > LARGEST) return report(`${file.name} has more than 16 MiB, too much for the page. “archcalc import ${file.name}” reads it on the command line.`);
    const name = fileName(file.name);
    await attempt(async () => {
      if (/\.ya?ml$/i.test(name)) return open({ text: (await file.text()).replaceAll("\r\n", "\n"), name }, where);
      return open(await ask("read", { file: name, bytes: await inBase64(file) }), where);
    }, name);
  }

  search.addEventListener("input", () => shelf && list());
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const first = byId("shelf").querySelector("button");
    if (event.key === "Enter") first?.click();
    else first?.focus();
  });
  byId("shelf").addEventListener("keydown", walk);
  byId("begin-new").onclick = async () => {
    dialog.close();
    await attempt(async () => {
      shelf ??= await ask("shelf", {});
      open({ text: shelf.starter, name: "my-net.yaml" }, target);
    });
  };
  byId("begin-file").onclick = () => byId("file").click();
  byId("file").onchange = (event) => {
    dialog.close();
    take(event.target.files[0], target);
    event.target.value = "";
  };
  acceptDrops(take);
  return { show, starter: async () => (shelf ??= await ask("shelf", {})).starter };
}

const counted = ({ length }, what) => length && `${length} ${what}${length > 1 ? "s" : ""}`;

/** The networks and layers in whose words all words of the search stand. */
export function filtered({ networks, layers }, wanted) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (text) => words.every((word) => text.toLowerCase().includes(word));
  const about = (net) => [net.name, net.title, net.family, ...[net.task].flat(), net.year, ...(net.variants ?? [])].join(" ");
  return {
    networks: networks.filter((net) => fits(about(net))),
    layers: layers.filter((layer) => fits(`${layer.key} ${layer.title} layer`)),
  };
}

function sections({ networks, layers }, choose) {
  const families = Map.groupBy(networks, (net) => net.family);
  const place = ([family]) => (FIRST.indexOf(family) + 1 || FIRST.length + 1);
  const ordered = [...families].sort((a, b) => place(a) - place(b) || a[0].localeCompare(b[0]));
  const parts = ordered.map(([family, nets]) =>
    section(family, nets.map((net) => item(net.name, told(net), () => choose("network", net)))),
  );
  const examples = layers.map((layer) => item(layer.key, layer.title.replaceAll("`", ""), () => choose("layer", layer)));
  if (examples.length) parts.push(section("layers, each in a small example", examples));
  return parts;
}

const told = (net) => [net.title, net.year].filter(Boolean).join(", ");

function section(title, items) {
  const part = document.createElement("section");
  const head = document.createElement("h3");
  head.textContent = title;
  const list = document.createElement("ul");
  list.append(...items);
  part.append(head, list);
  return part;
}

function item(name, about, onclick) {
  const line = document.createElement("li");
  const button = document.createElement("button");
  const bold = document.createElement("b");
  const text = document.createElement("span");
  button.type = "button";
  button.onclick = onclick;
  button.title = about; // it is cut off where there is no room
  bold.textContent = name;
  text.textContent = about;
  button.append(bold, " ", text);
  line.append(button);
  return line;
}

/** Arrow keys walk through the list. */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...event.currentTarget.querySelectorAll("button")];
  const next = all[all.indexOf(document.activeElement) + step];
  (next ?? byId("shelf-search")).focus();
}

async function inBase64(file) {
  const address = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Error(`${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  });
  return address.slice(address.indexOf(",") + 1);
}

function acceptDrops(take) {
  const cover = byId("drop");
  const hasFile = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    cover.hidden = false;
  }, true);
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) cover.hidden = true;
  });
  addEventListener("drop", (event) => {
    cover.hidden = true;
    if (!hasFile(event)) return;
    event.preventDefault();
    event.stopPropagation();
    take(event.dataTransfer.files[0]);
  }, true);
}
