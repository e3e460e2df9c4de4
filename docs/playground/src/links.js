// What an address holds: a spec in its fragment, deflated, or the name of a network of the shelf.

const LARGEST = 1_000_000;
const SETTINGS = ["variant", "input", "batch", "convention", "dtype", "training"];

/** Text as deflated bytes in the alphabet of addresses. */
export async function pack(text) {
  const bytes = await through(new Blob([text]).stream(), new CompressionStream("deflate-raw"));
  let letters = "";
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The text of `packed`; an error says that a link is broken, or that it holds too much. */
export async function unpack(packed) {
  try {
    const letters = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const text = await through(new Blob([bytes]).stream(), new DecompressionStream("deflate-raw"));
    return new TextDecoder("utf-8", { fatal: true }).decode(text).replaceAll("\r\n", "\n");
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new Error("The link is damaged: perhaps its end is missing.");
  }
}

async function through(stream, transform) {
  const reader = stream.pipeThrough(transform).getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > LARGEST) {
      reader.cancel().catch(() => {});
      throw new RangeError("The link holds more than 1 MB of text.");
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Settings as parameters of an address: `set=width=32&batch=8`. */
export function settingsToParams(settings, params = new URLSearchParams()) {
  for (const [name, value] of Object.entries(settings.set ?? {})) params.append("set", `${name}=${value}`);
  for (const key of SETTINGS) if (settings[key]) params.set(key, String(settings[key]));
  return params;
}

export function settingsFromParams(params) {
  const settings = {};
  for (const one of params.getAll("set")) {
    const [name, value] = split(one);
    if (name) (settings.set ??= {})[name] = number(value);
  }
  for (const key of SETTINGS) if (params.has(key)) settings[key] = key === "batch" ? number(params.get(key)) : params.get(key);
  if ("training" in settings) settings.training = settings.training === "true";
  return settings;
}

const split = (text) => {
  const at = text.indexOf("=");
  return at < 0 ? [text, "true"] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
};

const number = (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : text);

/** The fragment for a spec that is not, or no longer, a network of the shelf. */
export async function fragmentOf({ text, name, settings, other, tab }) {
  const params = new URLSearchParams({ spec: await pack(text), name });
  settingsToParams(settings, params);
  if (other) {
    params.set("other", await pack(other.text));
    params.set("othername", other.name);
  }
  if (tab) params.set("tab", tab);
  return `#${params}`;
}

/** The query for a network of the shelf as it is. */
export function queryOf({ net, settings, tab }) {
  const params = settingsToParams(settings, new URLSearchParams({ net }));
  if (tab) params.set("tab", tab);
  return `?${params}`;
}

/** What an address asks for: `{net?, spec?, name, settings, other?, tab?, lesson?, embed}`. */
export async function readAddress(address) {
  const { searchParams: query, hash } = new URL(address);
  const fragment = new URLSearchParams(hash.slice(1));
  const given = fragment.has("spec") ? fragment : query;
  const asked = {
    net: query.get("net"),
    embed: query.has("embed"),
    tab: given.get("tab") ?? query.get("tab"),
    lesson: query.get("lesson"),
    settings: settingsFromParams(given),
  };
  if (!fragment.has("spec")) return asked;
  asked.spec = await unpack(fragment.get("spec"));
  asked.name = fileName(fragment.get("name"));
  if (fragment.has("other")) asked.other = { text: await unpack(fragment.get("other")), name: fileName(fragment.get("othername")) };
  return asked;
}

/** A harmless name of a file. */
export const fileName = (name) => (name ?? "").replace(/[^\p{L}\p{N} ._-]/gu, "").slice(0, 80) || "spec.yaml";

/** The code that embeds a link into a page or a notebook. */
export function embedding(link) {
  const url = new URL(link);
  url.searchParams.set("embed", "");
  const address = url.href.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  return `<iframe src="${address}" title="archcalc playground" width="100%" height="640" loading="lazy" allow="clipboard-write"></iframe>`;
}
