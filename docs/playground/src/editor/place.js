// A tolerant reader of YAML: it gives a tree for texts that are half typed, and says where in it
// the caret stands. The engine reads specs by its own parser; this one serves completion and hover.

const DEEPEST = 150;
const LONGEST = 2000;
const CARET = "\u0001";
const KEY = /^("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#"'{}\[\],&*!|>%@`-][^#]*?|-[^\s#][^#]*?)\s*:(?=\s|$)/;

/** A tree of `{type: "map", entries}`, `{type: "list", items}` and `{type: "word", text}`. */
export function read(text) {
  return new Reader(text).document();
}

/**
 * Where the caret stands: `trail` leads from the outermost container inwards (`{node, key}` or
 * `{node, index}`), `role` is "key", "value" or "item", and `from`…`to` is the word at the caret.
 */
export function placeAt(text, offset) {
  const tree = read(text.slice(0, offset) + CARET + text.slice(offset));
  const found = tree && search(tree, []);
  if (!found) return null;
  const { from, to } = found;
  return { ...found, tree, to: to - 1, word: text.slice(from, offset) };
}

function search(node, trail) {
  if (node.type === "word")
    return node.marked ? { role: roleOf(trail), trail, from: node.from, to: node.to, node } : null;
  if (node.type === "list") {
    for (const [index, item] of node.items.entries()) {
      const found = item && search(item, [...trail, { node, index }]);
      if (found) return found;
    }
    return null;
  }
  for (const entry of node.entries) {
    if (entry.marked) {
      const { from, to } = entry;
      return { role: "key", trail: [...trail, { node, key: entry.key }], from, to, entry };
    }
    const found = entry.value && search(entry.value, [...trail, { node, key: entry.key }]);
    if (found) return found;
  }
  return null;
}

function roleOf(trail) {
  const last = trail[trail.length - 1];
  return last && last.node.type === "list" ? "item" : "value";
}

/** The value of `key` in a map, or null. */
export function valueOf(node, key) {
  if (!node || node.type !== "map") return null;
  const entry = node.entries.find((one) => one.key === key);
  return entry ? entry.value : null;
}

export const keysOf = (node) =>
  node && node.type === "map" ? node.entries.filter((e) => !e.pending).map((e) => e.key) : [];

class Reader {
  constructor(text) {
    this.text = text;
    this.lines = [];
    let from = 0;
    for (const raw of text.split("\n")) {
      const indent = raw.length - raw.trimStart().length;
      const body = raw.trim();
      if (body && body[0] !== "#" && body !== "---") this.lines.push({ from: from + indent, indent });
      from += raw.length + 1;
    }
    this.at = 0;
    this.depth = 0;
  }

  document() {
    if (!this.lines.length) return null;
    const node = this.block(0);
    const bare = node.type === "word" && this.at >= this.lines.length;
    return bare ? { type: "map", entries: [{ ...keyed(node.raw, node.from, node.to), pending: true, value: null }] } : node;
  }

  rest(from) {
    const line = this.text.slice(from, from + LONGEST);
    const end = line.indexOf("\n");
    return end < 0 ? line : line.slice(0, end);
  }

  /** The node that begins at the current line, which is indented by `least` or more. */
  block(least) {
    const line = this.lines[this.at];
    if (!line || line.indent < least) return null;
    return this.node(line.from, line.indent);
  }

  node(from, column) {
    this.depth += 1;
    const node = this.depth > DEEPEST ? this.inline(from, column) : this.nodeAt(from, column);
    this.depth -= 1;
    return node;
  }

  nodeAt(from, column) {
    const rest = this.rest(from);
    if (/^-(\s|$)/.test(rest)) return this.list(column);
    if (KEY.test(rest)) return this.map(from, column);
    if (rest[0] === CARET || /^[A-Za-z_]/.test(rest)) {
      const next = this.lines[this.at + 1];
      if (next && next.indent === column && KEY.test(this.rest(next.from))) return this.map(from, column);
    }
    return this.inline(from, column);
  }

  list(column) {
    const node = { type: "list", items: [], flow: false };
    while (this.at < this.lines.length) {
      const line = this.lines[this.at];
      const start = this.start(line, column);
      if (start === null) break;
      const rest = this.rest(start);
      if (!/^-(\s|$)/.test(rest)) {
        if (rest[0] !== CARET && !/^[a-z]+\u0001/.test(rest)) break;
        node.items.push({ ...this.inline(start, column), bare: true });
        continue;
      }
      const space = /^-\s*/.exec(rest)[0].length;
      if (space >= rest.length) {
        this.at += 1;
        node.items.push(this.block(column + 1));
      } else {
        line.inner = start + space;
        node.items.push(this.node(start + space, column + space));
      }
    }
    return node;
  }

  /** Where a line's content at `column` begins: itself, or behind the dashes that were read. */
  start(line, column) {
    const offset = line.inner ?? line.from;
    const here = line.indent + (offset - line.from);
    return here === column ? offset : null;
  }

  map(first, column) {
    const node = { type: "map", entries: [], flow: false };
    this.lines[this.at].inner = first;
    while (this.at < this.lines.length) {
      const start = this.start(this.lines[this.at], column);
      if (start === null) break;
      const rest = this.rest(start);
      if (/^-(\s|$)/.test(rest)) break;
      const match = KEY.exec(rest);
      if (match) node.entries.push(this.entry(start, match, column));
      else node.entries.push(this.pending(start));
    }
    return node;
  }

  pending(start) {
    const word = /^[^\s#]*/.exec(this.rest(start))[0];
    this.at += 1;
    return keyed(word, start, start + word.length, { pending: true, value: null });
  }

  entry(start, match, column) {
    const entry = keyed(match[1], start, start + match[1].length, { value: null });
    const colon = start + match[0].length;
    const rest = this.rest(colon);
    const space = /^\s*/.exec(rest)[0].length;
    const body = rest.slice(space);
    if (/^[|>]/.test(body)) this.skip(column);
    else if (body && body[0] !== "#") entry.value = this.inline(colon + space, column);
    else {
      this.at += 1;
      const next = this.lines[this.at];
      const dashed = next && next.indent === column && /^-(\s|$)/.test(this.rest(next.from));
      entry.value = this.block(dashed ? column : column + 1);
    }
    return entry;
  }

  skip(column) {
    this.at += 1;
    while (this.at < this.lines.length && this.lines[this.at].indent > column) this.at += 1;
  }

  /** A value on its line: a flow collection, which may go on over lines, or a word. */
  inline(from, column) {
    const first = this.text[from];
    if (first !== "{" && first !== "[") {
      const line = this.rest(from);
      const body = /^"(?:[^"\\]|\\.)*"?|^'[^']*'?/.exec(line)?.[0] ?? line.replace(/\s+#.*$/, "").trimEnd();
      this.skip(column);
      return word(body, from);
    }
    const flow = new Flow(this.text, from, column, this.lines.slice(this.at + 1));
    const node = flow.value();
    while (this.at < this.lines.length && this.lines[this.at].from < Math.max(flow.at, from + 1)) this.at += 1;
    return node;
  }
}

/** Reads `{…}` and `[…]`; a bracket that is never closed ends before the next step or key. */
class Flow {
  constructor(text, from, column, later) {
    this.text = text;
    this.at = from;
    this.end = text.length;
    this.depth = 0;
    for (const line of later) {
      const begins = text.slice(line.from, line.from + 200);
      if (line.indent <= column && (/^-\s/.test(begins) || KEY.test(begins.split("\n")[0]))) {
        this.end = line.from;
        break;
      }
    }
  }

  space() {
    while (this.at < this.end) {
      if (/\s/.test(this.text[this.at])) this.at += 1;
      else if (this.text[this.at] === "#" && /\s/.test(this.text[this.at - 1]))
        while (this.at < this.end && this.text[this.at] !== "\n") this.at += 1;
      else break;
    }
  }

  value() {
    const close = { "{": "}", "[": "]" }[this.text[this.at]];
    if (!close) return this.word();
    if (this.depth === DEEPEST) this.end = this.at;
    this.depth += 1;
    const node = this.collection(close);
    this.depth -= 1;
    return node;
  }

  collection(close) {
    const map = close === "}";
    const node = map ? { type: "map", entries: [], flow: true } : { type: "list", items: [], flow: true };
    this.at += 1;
    for (;;) {
      this.space();
      if (this.at >= this.end) return node;
      const sign = this.text[this.at];
      if (sign === close) {
        this.at += 1;
        return node;
      }
      if (sign === "," || sign === "}" || sign === "]") {
        this.at += 1;
        continue;
      }
      const item = this.member(map);
      if (map) node.entries.push(item);
      else node.items.push(item);
    }
  }

  member(map) {
    const value = this.value();
    this.space();
    if (value.type !== "word" || this.text[this.at] !== ":" || this.at >= this.end) {
      if (!map || value.type !== "word") return map ? { key: "", value } : value;
      return keyed(value.raw, value.from, value.to, { pending: true, value: null });
    }
    this.at += 1;
    this.space();
    const empty = this.at >= this.end || /[,}\]]/.test(this.text[this.at]);
    const entry = keyed(value.raw, value.from, value.to, { value: empty ? null : this.value() });
    return map ? entry : { type: "map", entries: [entry], flow: true };
  }

  word() {
    const rest = this.text.slice(this.at, Math.min(this.end, this.at + LONGEST));
    const body = (/^"(?:[^"\\]|\\.)*"?|^'[^']*'?/.exec(rest) ?? /^(?:[^,{}\[\]:\n]|:(?![\s,}\]]|$))*/.exec(rest))[0];
    const from = this.at;
    this.at += Math.max(body.length, 1);
    return word(body.replace(/\s+#.*$/, "").trimEnd(), from);
  }
}

const plain = (raw) => raw.replaceAll(CARET, "").replace(/^["']|["']$/g, "");

function word(raw, from) {
  return { type: "word", text: plain(raw), raw, from, to: from + raw.length, marked: raw.includes(CARET) };
}

function keyed(raw, from, to, more) {
  return { key: plain(raw), from, to, marked: raw.includes(CARET), ...more };
}
