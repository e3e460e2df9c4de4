// The rows of a network as a tree: groups, what is open, what a search finds.

class Tree {
  constructor(network) {
    this.network = network;
    const { head, level } = network.rows;
    this.size = head.length;
    this.parent = Array(this.size).fill(-1);
    this.children = Array.from({ length: this.size }, () => []);
    this.top = [];
    this.open = new Set();
    const above = [];
    for (let at = 0; at < this.size; at += 1) {
      while (above.length && level[above.at(-1)] >= level[at]) above.pop();
      this.parent[at] = above.length ? above.at(-1) : -1;
      (above.length ? this.children[above.at(-1)] : this.top).push(at);
      if (head[at]) above.push(at);
    }
    this.byName = new Map();
    network.rows.name.forEach((name, at) => {
      if (!this.byName.has(name) || !head[at]) this.byName.set(name, at);
    });
    this.text = network.rows.name.map((name, at) =>
      plainText(`${name} ${network.rows.what[at]} ${shape(network.rows.shape[at])}`),
    );
  }

  isHead(at) {
    return this.network.rows.head[at] === 1;
  }

  /** Open all groups down to a level; 0 leaves stages closed. */
  openTo(level) {
    this.open.clear();
    for (let at = 0; at < this.size; at += 1) {
      if (this.isHead(at) && this.network.rows.level[at] < level) this.open.add(at);
    }
  }

  deepest() {
    const levels = this.network.rows.level.filter((_, at) => this.isHead(at));
    return levels.length ? Math.max(...levels) + 1 : 0;
  }

  /** Return how deep groups can be open with no more than `most` lines in sight. */
  comfortable(most) {
    for (let level = this.deepest(); level > 0; level -= 1) {
      const lines = this.network.rows.level.filter((own) => own <= level).length;
      if (lines <= most) return level;
    }
    return 0;
  }

  toggle(at) {
    if (!this.open.delete(at)) this.open.add(at);
  }

  /** Open whatever hides a row. */
  reveal(at) {
    for (let above = this.parent[at]; above >= 0; above = this.parent[above]) {
      this.open.add(above);
    }
  }

  isShown(at) {
    for (let above = this.parent[at]; above >= 0; above = this.parent[above]) {
      if (!this.open.has(above)) return false;
    }
    return true;
  }

  /** Return the outermost closed group around a row, or the row itself. */
  visible(at) {
    let seen = at;
    for (let above = this.parent[at]; above >= 0; above = this.parent[above]) {
      if (!this.open.has(above)) seen = above;
    }
    return seen;
  }

  /** Say whether a row holds every word that is searched for. */
  matches(at) {
    const words = plainText(state.search).split(" ").filter(Boolean);
    return words.every((word) => this.text[at].includes(word));
  }

  /** Say whether a row, or one inside the group, is found. */
  finds(at) {
    return this.isHead(at) ? this.children[at].some((child) => this.finds(child)) : this.matches(at);
  }

  /** Return the rows to list: the open ones, or those that a search finds. */
  listed() {
    const all = [...Array(this.size).keys()];
    if (!state.search.trim()) return all.filter((at) => this.isShown(at));
    const wanted = new Set();
    for (const at of all) {
      if (this.isHead(at) || !this.matches(at)) continue;
      for (let seen = at; seen >= 0; seen = this.parent[seen]) wanted.add(seen);
    }
    return all.filter((at) => wanted.has(at));
  }
}

function plainText(text) {
  return text.toLowerCase().replaceAll("×", "x").replace(/\s+/g, " ").trim();
}
