// The menu "Share": links, the command line, the code for embedding, the spec as a file.

import { embedding, fragmentOf, queryOf } from "./links.js";

/** Whether a document is a network of the shelf as it is. */
export const isUntouched = ({ net, original, text }) => Boolean(net) && original === text;

/** The address of what is shown: of the shelf's network as it is, or with the spec in the fragment. */
export async function addressOf(document, settings, other, tab, base = location) {
  const page = `${base.origin}${base.pathname}`;
  if (isUntouched(document) && !other) return page + queryOf({ net: document.net, settings, tab });
  const start = document.net ? `?net=${encodeURIComponent(document.net)}` : "";
  return page + start + (await fragmentOf({ text: document.text, name: document.name, settings, other, tab }));
}

/**
 * `address()` gives the link, `command()` the command line, `report(text)` tells what was done;
 * `local`: the page is served by `archcalc playground`.
 */
export function createShare(menu, { address, command, spec, local, report }) {
  const where = local ? " It opens on this machine alone, while archcalc playground runs." : "";
  const acts = {
    link: async () => copy(await address(), `The link was copied.${where}`, report),
    command: async () => copy(command(), "The command line was copied.", report),
    embed: async () => copy(embedding(await address()), `The code for embedding was copied.${where}`, report),
    save: async () => {
      const { name, text } = spec();
      save(name.replace(/\.\w+$/, "") + ".yaml", new Blob([text], { type: "application/yaml" }));
    },
  };
  for (const button of menu.querySelectorAll("[data-share]")) {
    button.onclick = async () => {
      menu.hidePopover();
      await acts[button.dataset.share]();
    };
  }
}

async function copy(text, done, report) {
  try {
    await navigator.clipboard.writeText(text);
    report(done);
  } catch {
    report(`The browser does not allow copying here. Copy it by hand: ${text}`);
  }
}

export function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
