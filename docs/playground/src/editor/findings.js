// Findings in the editor: the words are underlined, and a light bulb beside the line offers fixes.

import { RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { bulb } from "../bulb.js";
import { Decoration, EditorView, GutterMarker, gutter, keymap, showTooltip } from "@codemirror/view";

// What the key beside the space bar is called.
export const MOD = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "") ? "⌘" : "Ctrl";

const setFindings = StateEffect.define();
const openMenu = StateEffect.define();

/** The place of a `{line, column}` (both from 1) in the document, held inside it. */
export function offsetOf(doc, { line, column }) {
  const found = doc.line(Math.min(Math.max(line, 1), doc.lines));
  return Math.min(found.from + Math.max(column - 1, 0), found.to);
}

/** Findings with their places, which move along with edits. */
const field = StateField.define({
  create: () => [],
  update(list, transaction) {
    for (const effect of transaction.effects) if (effect.is(setFindings)) return placed(transaction.state.doc, effect.value);
    if (!transaction.docChanged) return list;
    const at = (place, side) => transaction.changes.mapPos(place, side);
    return list.map((one) => ({ ...one, from: at(one.from, 1), to: at(one.to, -1), stale: true }));
  },
});

function placed(doc, findings) {
  const list = findings.filter((one) => one.from).map((finding) => {
    const from = offsetOf(doc, finding.from);
    const to = Math.max(from, finding.to ? offsetOf(doc, finding.to) : from);
    return { finding, from, to, stale: false };
  });
  return list.sort((a, b) => a.from - b.from || a.to - b.to);
}

const underlines = EditorView.decorations.compute([field], (state) => {
  const marks = [];
  for (const { from, to, finding } of state.field(field)) {
    const look = { class: `found ${finding.severity}` };
    if (to > from) marks.push(Decoration.mark(look).range(from, to));
    else marks.push(Decoration.line({ class: `found-line ${finding.severity}` }).range(state.doc.lineAt(from).from));
  }
  return Decoration.set(marks, true);
});

export const findingsAt = (state, at) =>
  state.field(field).filter((one) => one.from <= at && at <= Math.max(one.to, one.from + 1));

/** The fixes of the findings on the line at `at`. A fix of an older text is not offered. */
function fixesAt(state, at) {
  const line = state.doc.lineAt(at);
  const here = state.field(field).filter((one) => !one.stale && one.from >= line.from && one.from <= line.to);
  return here.flatMap((one) => one.finding.fixes);
}

class Sign extends GutterMarker {
  constructor(severity, fixes) {
    super();
    Object.assign(this, { severity, fixes });
  }

  eq(other) {
    return other.severity === this.severity && other.fixes === this.fixes;
  }

  toDOM() {
    const sign = document.createElement("span");
    sign.className = this.fixes ? "sign bulb" : `sign ${this.severity}`;
    sign.append(this.fixes ? bulb() : { error: "●", warning: "▲", hint: "•" }[this.severity]);
    sign.title = this.fixes ? `Show the fixes (${MOD}+.)` : this.severity;
    return sign;
  }
}

const RANK = ["hint", "warning", "error"];

const signs = (menu) =>
  gutter({
    class: "signs",
    initialSpacer: () => new Sign("hint", false),
    markers(view) {
      const lines = new Map();
      for (const one of view.state.field(field)) {
        const { from } = view.state.doc.lineAt(one.from);
        const before = lines.get(from) ?? { rank: 0, fixes: false };
        const fixes = before.fixes || (!one.stale && one.finding.fixes.length > 0);
        lines.set(from, { rank: Math.max(before.rank, RANK.indexOf(one.finding.severity)), fixes });
      }
      const set = new RangeSetBuilder();
      for (const [from, { rank, fixes }] of [...lines].sort((a, b) => a[0] - b[0])) set.add(from, from, new Sign(RANK[rank], fixes));
      return set.finish();
    },
    lineMarkerChange: (update) => update.startState.field(field) !== update.state.field(field),
    domEventHandlers: { mousedown: (view, block) => menu(view, block.from) },
  });

/** The menu of fixes: a list of buttons below the line, left by Escape. */
const menuField = (act) =>
  StateField.define({
    create: () => null,
    update(open, transaction) {
      for (const effect of transaction.effects) if (effect.is(openMenu)) return effect.value;
      return transaction.docChanged ? null : open;
    },
    provide: (self) =>
      showTooltip.from(self, (open) => open && { pos: open.at, above: false, create: (view) => menuOf(view, open, act) }),
  });

function menuOf(view, { fixes }, act) {
  const dom = document.createElement("div");
  dom.className = "fixes";
  dom.setAttribute("role", "menu");
  dom.setAttribute("aria-label", "Fixes");
  const close = () => {
    view.dispatch({ effects: openMenu.of(null) });
    view.focus();
  };
  const buttons = fixes.map((fix) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("role", "menuitem");
    button.textContent = fix.title;
    button.onclick = () => {
      close();
      act(fix);
    };
    return button;
  });
  dom.append(...buttons);
  dom.onkeydown = (event) => {
    const at = buttons.indexOf(event.target);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) buttons[(at + step + buttons.length) % buttons.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return { dom, mount: () => setTimeout(() => buttons[0].focus(), 0) };
}

/** Opens the menu of the line at `at`; false when it has no fix. */
function showFixes(view, at) {
  const fixes = fixesAt(view.state, at);
  if (fixes.length) view.dispatch({ effects: openMenu.of({ at, fixes }) });
  return fixes.length > 0;
}

/** The extension; `act(fix)` puts a fix into the text. */
export function findings(act) {
  const key = { key: "Mod-.", run: (view) => showFixes(view, view.state.selection.main.head) };
  return [field, underlines, signs(showFixes), menuField(act), keymap.of([key])];
}

export const showFindings = (view, list) => view.dispatch({ effects: setFindings.of(list) });

/** Puts the edits of a fix, places in the text as it was sent to the engine, into the text, as one step that can be undone. A fix of an older text does nothing. */
export function applyFix(view, fix) {
  const known = view.state.field(field).find((one) => one.finding.fixes.includes(fix));
  if (!known || known.stale) return;
  const changes = fix.edits.map(({ from, to, text }) => ({ from, to, insert: text }));
  view.dispatch({ changes, userEvent: "input.fix" });
  view.focus();
}
